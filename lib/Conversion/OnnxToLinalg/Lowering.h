//===- Lowering.h - what the lowering functions share -----------------------------------------------*- C++ -*-===//
//
// A lowering function turns one node into operations on tensors. The pass walks a function in program order, so every operand
// is lowered before its users, and a lowering can look at what its operands became: that is how the integers of a
// shape computation and the sizes of tensors are followed without a separate analysis.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H
#define AIMC_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H

#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace aimc::onnx {

using namespace mlir;

using Size = OpFoldResult;
using Sizes = SmallVector<OpFoldResult>;

/// A tensor and the map from loops to its dimensions.
struct Access {
  Value tensor;
  AffineMap map;
};

/// A builder with the location of the node that is being lowered, and the memory of a function's lowering.
class Lowering : public ImplicitLocOpBuilder {
public:
  /// Makes the scalar results of one iteration from scalars; the insertion point is inside the loop.
  using Payload = llvm::function_ref<SmallVector<Value>(ValueRange)>;

  explicit Lowering(MLIRContext *context) : ImplicitLocOpBuilder(UnknownLoc::get(context), context) {}

  //===--- The function's walk ---===//

  /// Lowers every node of `block` in place. Reports every node that has no lowering and goes on; false after any failure.
  LogicalResult lowerBlock(Block &block);
  /// Moves the operations of a subgraph to the end of `block`, lowers them, and returns the yielded tensors. `arguments` are
  /// the tensors that stand for the subgraph's arguments.
  FailureOr<SmallVector<Value>> lowerSubgraph(Region &subgraph, Block &block, ValueRange arguments = {});
  /// Gives unsigned arguments of the entry block signless types and finds arguments' dimensions of equal names equal.
  void enterFunction(FunctionOpInterface function);
  /// Deletes the nodes that were lowered.
  void eraseLowered();

  /// Ends a lowering function: `values` stand for the node's results, null for those that the lowering does not compute.
  LogicalResult replace(NodeOp node, ArrayRef<Value> values);
  /// An error at the node that begins with its name, operator and operator set.
  InFlightDiagnostic error(NodeOp node);

  /// The tensor that stands for a value of the onnx dialect.
  Value lookup(Value onnx) const;
  /// Element type of a value of the onnx dialect, with its signedness.
  Type getElementType(Value onnx) const;

  //===--- Sizes ---===//

  /// Size of a dimension: an attribute, or the earliest value that is known to hold it. Equal values are equal sizes.
  Size dim(Value tensor, int64_t dimension);
  Sizes dims(Value tensor);
  /// Says that `size` is the size of a dimension for which no operation tells it.
  void remember(Value tensor, int64_t dimension, Size size);

  Size add(Size a, Size b);
  Size sub(Size a, Size b);
  Size mul(Size a, Size b);
  Size floorDiv(Size a, Size b); // of a non-negative and a positive number; by 1 where a run has less
  Size ceilDiv(Size a, Size b);  // likewise
  Size min(Size a, Size b);
  Size max(Size a, Size b);
  /// `a` if the signed comparison holds, else `b`.
  Size select(arith::CmpIPredicate predicate, Size left, Size right, Size a, Size b);
  Size product(ArrayRef<Size> sizes);
  /// The product of `over` divided by that of `under`, which divides it; common factors cancel before anything is computed.
  Size quotient(ArrayRef<Size> over, ArrayRef<Size> under);
  Size size(int64_t value) { return getIndexAttr(value); }
  Value asIndex(Size size);
  /// Ends a run with `message` at the node unless the sizes are equal; nothing where they are seen to be, or both are known.
  void expectEqual(Size a, Size b, const Twine &message);
  /// Ends a run unless each size is the wanted one or 1.
  void expectBroadcasts(ArrayRef<Size> own, ArrayRef<Size> wanted);
  /// Ends a run with `message` at the node unless `good`.
  void expect(Value good, const Twine &message);

  /// The integers of a tensor of rank 0 or 1 and static size as indices, extracted where nothing tells them.
  Sizes elements(Value tensor);
  /// The same when they are all constants.
  std::optional<SmallVector<int64_t>> constantElements(Value tensor);
  /// A tensor of integers or of indices; `shape` is [] or [n].
  Value fromElements(ArrayRef<Size> elements, Type element, ArrayRef<int64_t> shape);

  //===--- Scalars ---===//

  /// A constant of a float, integer or index type; an integer of a number that it cannot hold is truncated, then cut off.
  Value scalar(Type type, double value);
  Value integer(Type type, int64_t value);
  Value index(int64_t value) { return integer(getIndexType(), value); }
  /// The identity of max (`largest` false) or of min (true): infinities, or the type's extreme.
  Value extreme(Type element, bool largest, bool isUnsigned);
  /// Reads a tensor of one element.
  Value extractScalar(Value tensor);
  /// `arith.index_cast` of an integer or index to an integer or index.
  Value castIndex(Value value, Type type);

  //===--- Tensors ---===//

  Value empty(ArrayRef<Size> sizes, Type element);
  Value filled(ArrayRef<Size> sizes, Value scalar);
  /// `tensor.cast` unless the type is the same.
  Value castTo(Value tensor, Type type);
  /// The value of a splat `arith.constant`, as a scalar constant; null for anything else.
  Value splatScalar(Value tensor);

  /// `linalg.generic` over the loops of the maps; reduction loops are those that no output uses. `outputs` give the initial
  /// values.
  SmallVector<Value> generic(ArrayRef<Access> inputs, ArrayRef<Access> outputs, Payload payload);
  /// A tensor of `sizes` whose every element the payload computes.
  Value compute(ArrayRef<Access> inputs, ArrayRef<Size> sizes, Type element, Payload payload);
  /// The same without inputs, from the element's indices.
  Value computeFromIndices(ArrayRef<Size> sizes, Type element, Payload payload);
  /// NumPy's broadcasting. A dimension that is statically 1 is broadcast; two sizes known only at run time are taken for equal
  /// if the same value holds them, and otherwise read through a minimum; a run ends where neither they are equal nor one is 1.
  Value broadcast(ValueRange operands, Type element, Payload payload);
  Sizes broadcastSizes(ValueRange operands);
  /// `tensor` read as an operand of a result with `sizes`.
  Access broadcastAccess(Value tensor, ArrayRef<Size> sizes);

  /// Type in which many numbers of type `element` are added: for floats a wider one, so that how many they are does not show in
  /// the sum's last digits; integers as they are.
  Type accumulatorOf(Type element);
  /// Σ term(x) of a tensor of floats over `axes`, which the result does not have; of its type, added up in accumulatorOf.
  Value sum(Value tensor, ArrayRef<int64_t> axes, llvm::function_ref<Value(Value x)> term);
  /// Combines along `axes`, which the result does not have.
  Value reduce(Value tensor, ArrayRef<int64_t> axes, Value initial,
               llvm::function_ref<Value(Value element, Value sum)> combine);
  /// Sum of products over the loops of the maps; the result's dimensions are the loops `outer`, in order. A run ends where the
  /// factors differ in the size of a loop that both have.
  Value contract(Access left, Access right, ArrayRef<unsigned> outer, ArrayRef<Size> outputSizes);
  /// The map of `reduce`'s result in loops over all dimensions of its operand.
  AffineMap withoutAxes(int64_t rank, ArrayRef<int64_t> axes);

  /// The same elements in order with other sizes; `collapse_shape` and `expand_shape` where the sizes tell how.
  Value reshape(Value tensor, ArrayRef<Size> sizes);
  /// The parts behind each other along `axis`; a run ends where they differ in another dimension.
  Value concat(int64_t axis, ValueRange parts);
  /// Whether one dimension can be split into these: no more than one is dynamic, as lowering `memref.expand_shape` asks.
  bool canSplit(ArrayRef<Size> sizes);
  Value transpose(Value tensor, ArrayRef<int64_t> permutation);
  /// Unit strides; drops the dimensions in `dropped`, which have size 1.
  Value slice(Value tensor, ArrayRef<Size> offsets, ArrayRef<Size> sizes, ArrayRef<int64_t> dropped = {});
  /// `count` elements of dimension `axis` from `offset`.
  Value sliceAxis(Value tensor, int64_t axis, Size offset, Size count);
  Value pad(Value tensor, ArrayRef<Size> low, ArrayRef<Size> high, Value value);

private:
  LogicalResult lowerNode(NodeOp node);
  void lowerOther(Operation *op);
  void adopt(Value tensor, RankedTensorType type);
  Value equal(Size a, Size b);
  Value unrolled(ValueRange operands, Type element, Payload payload);
  std::optional<Size> traceDim(Value tensor, int64_t dimension);

  DenseMap<Value, Value> values;       // of the onnx dialect → lowered
  DenseMap<Value, Type> argumentTypes; // of arguments that were unsigned
  DenseMap<std::pair<Value, int64_t>, Size> sizes;
  SmallVector<Operation *> lowered;
};

using LoweringFunction = LogicalResult (*)(NodeOp node, ValueRange inputs, Lowering &b);

/// Signless form of an element or tensor type; other types as they are.
Type getSignlessType(Type type);
/// `axes` counted from the front for a tensor of `rank` dimensions; an error when one is outside or there twice. Inference has
/// asked the same of those that it knew; lowering may know more.
FailureOr<SmallVector<int64_t>> normalizeAxes(NodeOp node, ArrayRef<int64_t> axes, int64_t rank, Lowering &b);
/// Axis counted from the end when negative.
inline int64_t normalizeAxis(int64_t axis, int64_t rank) { return axis < 0 ? axis + rank : axis; }
inline int64_t getRank(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }
inline Type getElement(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }
inline Value getOptional(ValueRange inputs, size_t index) { return index < inputs.size() ? inputs[index] : Value(); }

/// Whether dimension `i` of `rank` is among `axes`, which may be known only at run time and count from the end: 1 or 0.
Size isListed(ArrayRef<Size> axes, int64_t i, int64_t rank, Lowering &b);
/// The `count` sizes that remain when those whose `listed` is 1 are dropped.
Sizes dropListed(ArrayRef<Size> sizes, ArrayRef<Size> listed, size_t count, Lowering &b);
/// The integers of an optional operand when only a run can tell them; nothing when it is absent, constant or empty.
std::optional<Sizes> getComputed(Value operand, Lowering &b);

/// Whether an integer comes from dimensions, so that it cannot be negative.
bool isDimension(Value value);

/// Scalar conversion as `Cast` defines it; `to` may be unsigned. Floats become integers by truncation, saturating, NaN as 0.
Value castScalar(Lowering &b, Value value, Type from, Type to);

// One declaration per row; families repeat theirs.
#define ONNX_OPERATOR(domain, name, since, minInputs, maxInputs, shape, lowering)                                              \
  LogicalResult lowering(NodeOp node, ValueRange inputs, Lowering &b);
#include "aimc/Dialect/Onnx/Operators.def"

} // namespace aimc::onnx

#endif // AIMC_LIB_CONVERSION_ONNXTOLINALG_LOWERING_H
