//===- ShapeInference.h - result types and integer values of onnx nodes -------------------------------*- C++ -*-===//
#ifndef AIMC_DIALECT_ONNX_SHAPEINFERENCE_H
#define AIMC_DIALECT_ONNX_SHAPEINFERENCE_H

#include "aimc/Dialect/Onnx/Onnx.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace aimc::onnx {

/// A size: itself when >= 0, the name of an unknown size when negative. Equal names are equal sizes.
using Dim = int64_t;
using Shape = llvm::SmallVector<Dim, 4>;

inline bool isStatic(Dim dim) { return dim >= 0; }

/// One element of a tensor as far as inference knows it. Integers of every width (and booleans) are `Integer`, sign- or
/// zero-extended as their type says; floats of every width are `Real`. A `Symbol` is a size without a number.
struct Scalar {
  enum class Kind : uint8_t { Unknown, Integer, Real, Symbol };

  static Scalar unknown() { return {Kind::Unknown, 0, 0}; }
  static Scalar integer(int64_t value) { return {Kind::Integer, value, 0}; }
  static Scalar real(double value) { return {Kind::Real, 0, value}; }
  static Scalar size(Dim dim) { return {isStatic(dim) ? Kind::Integer : Kind::Symbol, dim, 0}; }

  bool isKnown() const { return kind == Kind::Integer || kind == Kind::Real; }
  bool isInteger() const { return kind == Kind::Integer; }
  bool isReal() const { return kind == Kind::Real; }
  /// An integer or the name of one.
  bool isSize() const { return kind == Kind::Integer || kind == Kind::Symbol; }

  Kind kind = Kind::Unknown;
  int64_t bits = 0;  // Integer: the number; Symbol: its Dim
  double number = 0; // Real
};

/// The elements of a tensor of static shape, row-major.
struct PartialValue {
  llvm::SmallVector<int64_t, 2> shape;
  std::vector<Scalar> elements;

  bool isFullyKnown() const;
  /// All elements as integers; nothing when one is not known.
  std::optional<llvm::SmallVector<int64_t>> getIntegers() const;
};

/// Largest tensors whose elements inference follows.
inline constexpr int64_t maxIntegerElements = 1 << 16;
inline constexpr int64_t maxRealElements = 256;

/// The sum of the elements that one inference follows, at most: a file of kilobytes could have it follow terabytes.
inline constexpr int64_t maxFollowedElements = 1 << 22;
/// How many nodes of bodies of loops one inference visits: loops in loops multiply it.
inline constexpr int64_t maxLoopNodes = 1 << 17;
/// How many tensors all sequences of one inference hold: each insertion makes a sequence of its own.
inline constexpr int64_t maxSequenceTensors = 1 << 20;
/// How many tensors all `SplitToSequence` of one inference make: each takes operations of its own.
inline constexpr int64_t maxSplitParts = 1 << 13;

/// Tensors have at most this many dimensions and, those of size 0 left out, bytes.
inline constexpr int64_t maxTensorRank = 64;
inline constexpr int64_t maxTensorBytes = int64_t(1) << 47;

/// Says of a tensor with more dimensions or bytes than those how many it has; empty for all others.
std::string findTooLarge(mlir::RankedTensorType type);

/// Infers the result type of every node of a function, following the values of small tensors so that shapes computed by the
/// graph itself (Shape, Gather, Concat, …) become types. Unknown sizes are named, so that `Reshape(x, [N, -1])` of `Nx8x7x7` is
/// `Nx392`.
class ShapeInference {
public:
  /// Sets the types of all nodes of `func` in place, then its result types. Emits an error at the node that fails.
  llvm::LogicalResult run(mlir::func::FuncOp func);

  /// The same for the blocks of `region`, in order.
  llvm::LogicalResult run(mlir::Region &region);

  // For shape functions.

  /// Sizes of a ranked `value`.
  Shape getShape(mlir::Value value);
  mlir::Type getElementType(mlir::Value value);
  /// Elements of `value`, null when inference does not follow it.
  const PartialValue *getValue(mlir::Value value);
  /// Elements of `value` as integers, nothing when one is unknown.
  std::optional<llvm::SmallVector<int64_t>> getIntegers(mlir::Value value);

  /// Sets a result's type, unless the node omits that result. Whatever type it had is no longer seen: what files declare of
  /// results may be wrong, and only what operands imply holds.
  void setResult(mlir::Value result, llvm::ArrayRef<Dim> shape, mlir::Type elementType);
  /// Remembers the elements of a result whose type is set; ignored where shape or size do not allow it.
  void setValue(mlir::Value result, PartialValue value);

  /// Counts the nodes of a loop's body, which inference is about to visit; an error at `node` when there have been too many.
  llvm::LogicalResult countLoopPass(NodeOp node, mlir::Region &body);

  /// Infers one node. Emits an error at the node when its operands do not fit.
  llvm::LogicalResult infer(NodeOp node);

  // A sequence is known by the tensors that it holds; one whose tensors are not known cannot be compiled. What reads it is
  // replaced by what it does to the tensors, and the operators on sequences go.

  /// The tensors of a sequence, null when `value` is none that inference knows.
  const llvm::SmallVector<mlir::Value> *getSequence(mlir::Value value) const;
  /// Says which tensors the node's only result holds; an error at the node when all sequences together hold too many.
  llvm::LogicalResult setSequence(NodeOp node, llvm::SmallVector<mlir::Value> tensors);
  /// Counts the tensors into which the node is about to split one; an error at the node when there have been too many.
  llvm::LogicalResult countSplitParts(NodeOp node, int64_t parts);
  /// Puts `value` in the place of the node's only result; the node goes.
  void replaceResult(NodeOp node, mlir::Value value);

  /// Drops all that is known of the arguments and nodes of `region`, their types too: its next run starts anew. Arguments keep
  /// their rank, which the body of a loop decides for the number of the iteration.
  void forget(mlir::Region &region);

  /// A size that is nowhere else known.
  Dim freshDim() { return --lastSymbol; }
  /// Size arithmetic; division rounds down.
  Dim add(Dim a, Dim b);
  Dim sub(Dim a, Dim b);
  Dim mul(Dim a, Dim b);
  Dim div(Dim a, Dim b);
  /// product(a) / product(b), nothing when static sizes leave a remainder.
  std::optional<Dim> quotient(llvm::ArrayRef<Dim> a, llvm::ArrayRef<Dim> b);
  /// The size that `a` and `b` broadcast to, nothing when they do not.
  std::optional<Dim> broadcast(Dim a, Dim b);
  Dim toDim(const Scalar &scalar);

private:
  struct Product {
    int64_t coefficient = 1;
    llvm::SmallVector<Dim, 2> symbols; // sorted
  };

  /// An error when `op`, which ends a region, takes a sequence.
  llvm::LogicalResult checkTerminator(mlir::Operation *op);
  void eraseResolved();

  Product factor(Dim dim);
  Dim fromProduct(const Product &product);
  Dim intern(char operation, Dim a, Dim b);

  /// Whether `count` more elements can be followed; counts them if so.
  bool follow(int64_t count);

  Dim lastSymbol = 0;
  int64_t followed = 0;
  int64_t loopNodes = 0;
  int64_t sequenceTensors = 0;
  int64_t splitParts = 0;
  llvm::StringMap<Dim> named;
  llvm::DenseMap<mlir::Value, Shape> shapes;
  llvm::DenseMap<mlir::Value, std::shared_ptr<PartialValue>> values;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> sequences;
  llvm::SetVector<mlir::Operation *> resolved; // on sequences
  llvm::DenseMap<Dim, Product> products;
  std::map<std::pair<int64_t, std::vector<Dim>>, Dim> productSymbols;
  std::map<std::tuple<char, Dim, Dim>, Dim> interned;
};

/// Elements of a constant, null when there are too many or their type is not a number.
std::shared_ptr<PartialValue> readElements(mlir::Attribute elements);

/// The constant with these elements, all of which are known.
mlir::DenseElementsAttr writeElements(const PartialValue &value, mlir::Type elementType);

/// The nearest integer that 64 bits hold, towards zero; not-a-number is 0.
int64_t truncateToInteger(double number);

/// `scalar` rounded, truncated or converted to what `type` can hold.
Scalar convert(const Scalar &scalar, mlir::Type type);

/// The element type that a number of ONNX's `TensorProto.DataType` stands for, null for strings, complex and unknown numbers.
mlir::Type getTypeOfOnnxNumber(mlir::MLIRContext *context, int64_t number);

/// The elements that a `Constant` node holds in whichever attribute it uses; null when they are not numbers.
mlir::ElementsAttr getConstantElements(NodeOp node);

/// The dimension of operand 0, which has `rank`, where operand 1 of `operandRank` begins, as operators before operator set 7
/// broadcast: attribute `axis`, PRelu's channels, or so that both end together.
int64_t getAlignedAxis(NodeOp node, int64_t rank, int64_t operandRank);

/// The subgraph of attribute `name`, null when the node has none of that name.
mlir::Region *getSubgraph(NodeOp node, llvm::StringRef name);

} // namespace aimc::onnx

#endif // AIMC_DIALECT_ONNX_SHAPEINFERENCE_H
