//===- ConstantExpression.cpp -----------------------------------------------------------------------------------===//
#include "aimc/Analysis/ConstantExpression.h"

#include "Payload.h"
#include "Storage.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace aimc;

//===------------------------------------------------------------------------------------------------------------===//
// Which operations are known
//===------------------------------------------------------------------------------------------------------------===//

/// Every result is a sum of dims times constants, plus a constant.
static bool isLinear(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
  case AffineExprKind::DimId:
    return true;
  case AffineExprKind::Add:
  case AffineExprKind::Mul: { // one side of a pure product is constant
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return expr.isPureAffine() && isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  }
  default:
    return false;
  }
}

static bool isComputable(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return false;
  for (AffineMap map : op.getIndexingMapsArray())
    if (map.getNumSymbols() || !llvm::all_of(map.getResults(), isLinear))
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [](Operation &inner) { return Payload::isSupported(&inner); });
}

static bool isComputable(Operation *op) {
  auto computable = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor ? storageOf(tensor.getElementType()).has_value() : storageOf(type).has_value();
  };
  if (!llvm::all_of(op->getResultTypes(), computable))
    return false;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return isComputable(linalgOp);
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return viewOfAttribute(constant.getValue()).has_value();
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return pad.getConstantPaddingValue() != nullptr;
  if (auto generate = dyn_cast<tensor::GenerateOp>(op))
    return llvm::all_of(generate.getBody().front().without_terminator(),
                        [](Operation &inner) { return Payload::isSupported(&inner); });
  if (isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp, tensor::ExtractSliceOp,
          tensor::InsertSliceOp, tensor::ConcatOp, tensor::EmptyOp, tensor::SplatOp, tensor::FromElementsOp, tensor::ExtractOp,
          tensor::DimOp>(op))
    return true;
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1 && Payload::isSupported(op);
}

bool ConstantExpressions::contains(Value value) {
  SmallVector<Value> worklist{value};
  SmallVector<Operation *> visited; // constant if none of what they depend on fails
  llvm::SmallPtrSet<Operation *, 16> isVisited;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    auto it = op ? known.find(op) : known.end();
    if (it != known.end() && it->second)
      continue;
    if (!op || it != known.end() || !isComputable(op)) {
      if (Operation *asked = value.getDefiningOp())
        known[asked] = false;
      return false;
    }
    if (!isVisited.insert(op).second)
      continue;
    visited.push_back(op);
    llvm::append_range(worklist, op->getOperands());
    // What regions use from outside.
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (inner != op && !op->isAncestor(operand.getParentBlock()->getParentOp()))
          worklist.push_back(operand);
    });
  }
  for (Operation *op : visited)
    known[op] = true;
  return true;
}

bool aimc::isConstantExpression(Value value) { return ConstantExpressions().contains(value); }

//===------------------------------------------------------------------------------------------------------------===//
// Evaluation
//===------------------------------------------------------------------------------------------------------------===//

/// Whether a tensor of these sizes takes at most `maxComputedBytes`.
static bool fitsBytes(Type elementType, ArrayRef<int64_t> sizes) {
  int64_t bytes = sizeOf(*storageOf(elementType));
  for (int64_t size : sizes)
    if (size == 0)
      return true;
  return llvm::none_of(sizes,
                       [&](int64_t size) { return __builtin_mul_overflow(bytes, size, &bytes) || bytes > maxComputedBytes; });
}

/// Whether loops of these extents take at most `maxComputedIterations`.
static bool fitsIterations(ArrayRef<int64_t> extents) {
  int64_t iterations = 1;
  if (llvm::is_contained(extents, 0))
    return true;
  return llvm::none_of(extents, [&](int64_t extent) {
    return __builtin_mul_overflow(iterations, extent, &iterations) || iterations > maxComputedIterations;
  });
}

namespace {
/// Evaluates one expression; remembers what it has evaluated.
class Evaluator {
public:
  /// Without `mayCompute` only what needs no arithmetic on elements and no copy.
  explicit Evaluator(bool mayCompute) : mayCompute(mayCompute) {}

  FailureOr<StridedView> get(Value value);

  /// Whether it failed since something would take too much memory or time.
  bool isTooLarge() const { return tooLarge; }

private:
  LogicalResult evaluate(Operation *op);

  bool isAffordable(Type elementType, ArrayRef<int64_t> sizes) {
    tooLarge |= !fitsBytes(elementType, sizes);
    return !tooLarge;
  }
  bool isAffordable(ArrayRef<int64_t> extents) {
    tooLarge |= !fitsIterations(extents);
    return !tooLarge;
  }

  FailureOr<StridedView> evaluateOne(arith::ConstantOp op);
  FailureOr<StridedView> evaluateOne(tensor::ExpandShapeOp op);
  FailureOr<StridedView> evaluateOne(tensor::CollapseShapeOp op);
  FailureOr<StridedView> evaluateOne(tensor::ReshapeOp op);
  FailureOr<StridedView> evaluateOne(tensor::ExtractSliceOp op);
  FailureOr<StridedView> evaluateOne(tensor::InsertSliceOp op);
  FailureOr<StridedView> evaluateOne(tensor::ConcatOp op);
  FailureOr<StridedView> evaluateOne(tensor::PadOp op);
  FailureOr<StridedView> evaluateOne(tensor::EmptyOp op);
  FailureOr<StridedView> evaluateOne(tensor::SplatOp op);
  FailureOr<StridedView> evaluateOne(tensor::FromElementsOp op);
  FailureOr<StridedView> evaluateOne(tensor::ExtractOp op);
  FailureOr<StridedView> evaluateOne(tensor::DimOp op);
  FailureOr<StridedView> evaluateOne(tensor::GenerateOp op);
  FailureOr<StridedView> evaluateOne(tensor::CastOp op) { return get(op.getSource()); }
  FailureOr<StridedView> evaluateElementwise(Operation *op);
  LogicalResult evaluateLinalg(linalg::LinalgOp op);

  FailureOr<int64_t> getInteger(Value value);
  FailureOr<SmallVector<int64_t>> getIntegers(ArrayRef<OpFoldResult> values);
  FailureOr<StridedView> reshape(const StridedView &view, ArrayRef<int64_t> sizes);

  bool mayCompute;
  bool tooLarge = false;
  llvm::DenseMap<Value, StridedView> known;
};
} // namespace

FailureOr<StridedView> Evaluator::get(Value value) {
  auto it = known.find(value);
  if (it != known.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  if (!op || !isComputable(op) || failed(evaluate(op)))
    return failure();
  return known.lookup(value);
}

LogicalResult Evaluator::evaluate(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return evaluateLinalg(linalgOp);
  FailureOr<StridedView> view =
      llvm::TypeSwitch<Operation *, FailureOr<StridedView>>(op)
          .Case<arith::ConstantOp, tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp,
                tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ConcatOp, tensor::PadOp, tensor::EmptyOp,
                tensor::SplatOp, tensor::FromElementsOp, tensor::ExtractOp, tensor::DimOp, tensor::GenerateOp>(
              [&](auto known) { return evaluateOne(known); })
          .Default([&](Operation *other) { return evaluateElementwise(other); });
  if (failed(view))
    return failure();
  known[op->getResult(0)] = std::move(*view);
  return success();
}

FailureOr<int64_t> Evaluator::getInteger(Value value) {
  FailureOr<StridedView> view = get(value);
  if (failed(view) || view->getRank() != 0)
    return failure();
  return static_cast<int64_t>(view->getNumber({}));
}

FailureOr<SmallVector<int64_t>> Evaluator::getIntegers(ArrayRef<OpFoldResult> values) {
  SmallVector<int64_t> integers;
  for (OpFoldResult value : values) {
    std::optional<int64_t> integer = getConstantIntValue(value);
    if (!integer) {
      FailureOr<int64_t> computed = getInteger(cast<Value>(value));
      if (failed(computed))
        return failure();
      integer = *computed;
    }
    integers.push_back(*integer);
  }
  return integers;
}

FailureOr<StridedView> Evaluator::reshape(const StridedView &view, ArrayRef<int64_t> sizes) {
  int64_t elements = 1;
  for (int64_t size : sizes)
    elements *= size;
  if (elements != view.getNumElements())
    return failure();
  if (std::optional<StridedView> inPlace = reshapeInPlace(view, sizes))
    return *inPlace;
  if (!mayCompute || !isAffordable(view.elementType, view.sizes))
    return failure();
  return *reshapeInPlace(makeContiguous(view), sizes);
}

FailureOr<StridedView> Evaluator::evaluateOne(arith::ConstantOp op) {
  std::optional<StridedView> view = viewOfAttribute(op.getValue());
  if (!view)
    return failure();
  return *view;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::ExpandShapeOp op) {
  FailureOr<StridedView> view = get(op.getSrc());
  FailureOr<SmallVector<int64_t>> sizes = getIntegers(op.getMixedOutputShape());
  if (failed(view) || failed(sizes))
    return failure();
  return reshape(*view, *sizes);
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::CollapseShapeOp op) {
  FailureOr<StridedView> view = get(op.getSrc());
  if (failed(view))
    return failure();
  SmallVector<int64_t> sizes;
  for (const auto &group : op.getReassociationIndices()) {
    sizes.push_back(1);
    for (int64_t dim : group)
      sizes.back() *= view->sizes[dim];
  }
  return reshape(*view, sizes);
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::ReshapeOp op) {
  FailureOr<StridedView> view = get(op.getSource()), shape = get(op.getShape());
  if (failed(view) || failed(shape))
    return failure();
  SmallVector<int64_t> sizes;
  for (int64_t i = 0; i < shape->sizes[0]; ++i)
    sizes.push_back(static_cast<int64_t>(shape->getNumber(i)));
  return reshape(*view, sizes);
}

/// The part of `view` at offsets, of the sizes, every stride-th element; nothing if it leaves the view.
static FailureOr<StridedView> sliceOf(const StridedView &view, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                                      ArrayRef<int64_t> strides) {
  StridedView slice = view;
  for (int64_t d = 0; d < view.getRank(); ++d) {
    int64_t last = offsets[d] + (sizes[d] - 1) * strides[d];
    if (sizes[d] < 0 || (sizes[d] > 0 && (offsets[d] < 0 || offsets[d] >= view.sizes[d] || last < 0 || last >= view.sizes[d])))
      return failure();
    slice.sizes[d] = sizes[d];
    slice.strides[d] *= strides[d];
  }
  if (slice.getNumElements() > 0)
    slice.base = view.getAddress(offsets);
  return slice;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::ExtractSliceOp op) {
  FailureOr<StridedView> view = get(op.getSource());
  FailureOr<SmallVector<int64_t>> offsets = getIntegers(op.getMixedOffsets()), sizes = getIntegers(op.getMixedSizes()),
                                  strides = getIntegers(op.getMixedStrides());
  if (failed(view) || failed(offsets) || failed(sizes) || failed(strides))
    return failure();
  FailureOr<StridedView> slice = sliceOf(*view, *offsets, *sizes, *strides);
  if (failed(slice))
    return failure();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  StridedView result{slice->elementType, slice->base, {}, {}, slice->owner};
  for (int64_t d = 0; d < slice->getRank(); ++d) {
    if (dropped.test(d))
      continue;
    result.sizes.push_back(slice->sizes[d]);
    result.strides.push_back(slice->strides[d]);
  }
  return result;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::InsertSliceOp op) {
  FailureOr<StridedView> source = get(op.getSource()), dest = get(op.getDest());
  FailureOr<SmallVector<int64_t>> offsets = getIntegers(op.getMixedOffsets()), sizes = getIntegers(op.getMixedSizes()),
                                  strides = getIntegers(op.getMixedStrides());
  if (!mayCompute || failed(source) || failed(dest) || failed(offsets) || failed(sizes) || failed(strides) ||
      !isAffordable(dest->elementType, dest->sizes))
    return failure();
  char *memory;
  StridedView result = allocate(dest->elementType, dest->sizes, &memory);
  copyInto(*dest, memory, result.strides);
  FailureOr<StridedView> part = sliceOf(result, *offsets, *sizes, *strides);
  if (failed(part))
    return failure();
  FailureOr<StridedView> shaped = reshape(*source, *sizes); // gives dropped dimensions back
  if (failed(shaped))
    return failure();
  copyInto(*shaped, memory + (part->base - result.base), part->strides);
  return result;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::ConcatOp op) {
  if (!mayCompute)
    return failure();
  SmallVector<StridedView> parts;
  int64_t dim = op.getDim(), size = 0;
  for (Value input : op.getInputs()) {
    FailureOr<StridedView> part = get(input);
    if (failed(part))
      return failure();
    size += part->sizes[dim];
    parts.push_back(std::move(*part));
  }
  SmallVector<int64_t> sizes = parts.front().sizes;
  sizes[dim] = size;
  if (!isAffordable(parts.front().elementType, sizes))
    return failure();
  char *memory;
  StridedView result = allocate(parts.front().elementType, sizes, &memory);
  for (const StridedView &part : parts) {
    copyInto(part, memory, result.strides);
    memory += part.sizes[dim] * result.strides[dim] * result.getElementSize();
  }
  return result;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::PadOp op) {
  FailureOr<StridedView> source = get(op.getSource()), value = get(op.getConstantPaddingValue());
  FailureOr<SmallVector<int64_t>> low = getIntegers(op.getMixedLowPad()), high = getIntegers(op.getMixedHighPad());
  if (!mayCompute || failed(source) || failed(value) || failed(low) || failed(high))
    return failure();
  SmallVector<int64_t> sizes = source->sizes;
  for (int64_t d = 0; d < source->getRank(); ++d) {
    sizes[d] += (*low)[d] + (*high)[d];
    if ((*low)[d] < 0 || (*high)[d] < 0)
      return failure();
  }
  if (!isAffordable(source->elementType, sizes))
    return failure();
  char *memory;
  StridedView result = allocate(source->elementType, sizes, &memory);
  StridedView fill{source->elementType, value->base, sizes, SmallVector<int64_t>(sizes.size(), 0), value->owner};
  copyInto(fill, memory, result.strides);
  int64_t offset = 0;
  for (int64_t d = 0; d < source->getRank(); ++d)
    offset += (*low)[d] * result.strides[d];
  copyInto(*source, memory + offset * result.getElementSize(), result.strides);
  return result;
}

/// `scalar` (rank 0) as every element of a tensor.
static StridedView splatOf(const StridedView &scalar, ArrayRef<int64_t> sizes) {
  return {scalar.elementType, scalar.base, SmallVector<int64_t>(sizes), SmallVector<int64_t>(sizes.size(), 0), scalar.owner};
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::EmptyOp op) {
  FailureOr<SmallVector<int64_t>> sizes = getIntegers(op.getMixedSizes());
  if (failed(sizes))
    return failure();
  return splatOf(viewOfScalar(op.getType().getElementType(), 0, 0), *sizes); // its elements are undefined; zero will do
}

/// The static sizes of `type` with the values of `dynamic` in the places of unknown ones.
static FailureOr<SmallVector<int64_t>> fillSizes(RankedTensorType type, ArrayRef<int64_t> dynamic) {
  SmallVector<int64_t> sizes(type.getShape());
  for (int64_t &size : sizes)
    if (ShapedType::isDynamic(size)) {
      if (dynamic.empty())
        return failure();
      size = dynamic.front();
      dynamic = dynamic.drop_front();
    }
  return sizes;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::SplatOp op) {
  FailureOr<StridedView> scalar = get(op.getInput());
  FailureOr<SmallVector<int64_t>> dynamic = getIntegers(getAsOpFoldResult(op.getDynamicSizes()));
  if (failed(scalar) || failed(dynamic))
    return failure();
  FailureOr<SmallVector<int64_t>> sizes = fillSizes(op.getType(), *dynamic);
  if (failed(sizes))
    return failure();
  return splatOf(*scalar, *sizes);
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::FromElementsOp op) {
  char *memory;
  StridedView result = allocate(op.getType().getElementType(), op.getType().getShape(), &memory);
  for (Value element : op.getElements()) {
    FailureOr<StridedView> scalar = get(element);
    if (failed(scalar))
      return failure();
    std::memcpy(memory, scalar->base, result.getElementSize());
    memory += result.getElementSize();
  }
  return result;
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::ExtractOp op) {
  FailureOr<StridedView> view = get(op.getTensor());
  FailureOr<SmallVector<int64_t>> index = getIntegers(getAsOpFoldResult(op.getIndices()));
  if (failed(view) || failed(index))
    return failure();
  for (auto [i, size] : llvm::zip_equal(*index, view->sizes))
    if (i < 0 || i >= size)
      return failure();
  return StridedView{view->elementType, view->getAddress(*index), {}, {}, view->owner};
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::DimOp op) {
  FailureOr<StridedView> view = get(op.getSource());
  FailureOr<int64_t> dim = getInteger(op.getIndex());
  if (failed(view) || failed(dim) || *dim < 0 || *dim >= view->getRank())
    return failure();
  return viewOfScalar(op.getType(), view->sizes[*dim], 0);
}

FailureOr<StridedView> Evaluator::evaluateOne(tensor::GenerateOp op) {
  FailureOr<SmallVector<int64_t>> dynamic = getIntegers(getAsOpFoldResult(op.getDynamicExtents()));
  if (!mayCompute || failed(dynamic))
    return failure();
  FailureOr<SmallVector<int64_t>> sizes = fillSizes(op.getType(), *dynamic);
  if (failed(sizes) || !isAffordable(op.getType().getElementType(), *sizes))
    return failure();
  Payload payload;
  auto resolve = [&](Value value) { return get(value); };
  Block &body = op.getBody().front();
  for (BlockArgument index : body.getArguments())
    payload.setRegister(index, payload.getIndexRegister(index.getArgNumber()));
  for (Operation &inner : body.without_terminator())
    if (failed(payload.compile(&inner, resolve)))
      return failure();
  FailureOr<unsigned> reg = payload.lookup(body.getTerminator()->getOperand(0), resolve);
  if (failed(reg))
    return failure();
  char *memory;
  StridedView result = allocate(op.getType().getElementType(), *sizes, &memory);
  Payload::Operand output{memory, *storageOf(result.elementType), result.strides, *reg};
  if (failed(payload.run(*sizes, {}, output)))
    return failure();
  return result;
}

static Payload::Operand operandFor(const StridedView &view, ArrayRef<int64_t> strides, unsigned reg) {
  return {const_cast<char *>(view.base), *storageOf(view.elementType), SmallVector<int64_t>(strides), reg};
}

FailureOr<StridedView> Evaluator::evaluateElementwise(Operation *op) {
  if (!mayCompute && isa<ShapedType>(op->getResult(0).getType()))
    return failure();
  Payload payload;
  SmallVector<StridedView> views;
  SmallVector<int64_t> sizes;
  bool splat = true;
  for (Value operand : op->getOperands()) {
    FailureOr<StridedView> view = get(operand);
    if (failed(view))
      return failure();
    if (view->getRank() > 0)
      sizes = view->sizes;
    splat &= view->isSplat();
    views.push_back(std::move(*view));
  }
  SmallVector<Payload::Operand> inputs;
  ArrayRef<int64_t> loops = splat ? ArrayRef<int64_t>() : ArrayRef(sizes);
  if (!isAffordable(getElementTypeOrSelf(op->getResult(0)), loops))
    return failure();
  SmallVector<int64_t> still(loops.size(), 0);
  for (auto [operand, view] : llvm::zip_equal(op->getOperands(), views)) {
    bool moves = !splat && view.getRank() > 0;
    inputs.push_back(
        operandFor(view, moves ? ArrayRef<int64_t>(view.strides) : ArrayRef<int64_t>(still), payload.addInput(operand)));
  }
  auto resolve = [&](Value value) { return get(value); };
  if (failed(payload.compile(op, resolve)))
    return failure();
  char *memory;
  StridedView result = allocate(getElementTypeOrSelf(op->getResult(0)), loops, &memory);
  unsigned reg = *payload.lookup(op->getResult(0), resolve);
  Payload::Operand output{memory, *storageOf(result.elementType), result.strides, reg};
  if (failed(payload.run(loops, inputs, output)))
    return failure();
  return splat ? splatOf(result, sizes) : result;
}

/// How far `view` moves per loop when indexed through `map`, and the offset of its first element.
static SmallVector<int64_t> stridesThrough(AffineMap map, const StridedView &view, int64_t &offset) {
  SmallVector<int64_t> at(map.getNumDims(), 0), origin = map.compose(at), strides;
  offset = 0;
  for (auto [i, stride] : llvm::zip_equal(origin, view.strides))
    offset += i * stride;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    at[d] = 1;
    SmallVector<int64_t> moved = map.compose(at);
    at[d] = 0;
    int64_t step = 0;
    for (auto [a, b, stride] : llvm::zip_equal(moved, origin, view.strides))
      step += (a - b) * stride;
    strides.push_back(step);
  }
  return strides;
}

/// Whether no iteration of the loops reads or writes outside a tensor of the given sizes.
static bool staysInside(AffineMap map, ArrayRef<int64_t> extents, ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> at(map.getNumDims(), 0), origin = map.compose(at), low = origin, high = origin;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    at[d] = extents[d] - 1;
    SmallVector<int64_t> moved = map.compose(at);
    at[d] = 0;
    for (size_t r = 0; r < moved.size(); ++r)
      (moved[r] < origin[r] ? low[r] : high[r]) += moved[r] - origin[r];
  }
  for (size_t r = 0; r < low.size(); ++r)
    if (low[r] < 0 || high[r] >= sizes[r])
      return false;
  return true;
}

LogicalResult Evaluator::evaluateLinalg(linalg::LinalgOp op) {
  Block &body = *op.getBlock();
  auto yield = body.getTerminator();
  auto resolve = [&](Value value) { return get(value); };

  // Operands as views, and the loops' extents from their sizes.
  SmallVector<StridedView> views;
  SmallVector<int64_t> extents(op.getNumLoops(), -1);
  for (OpOperand &operand : op->getOpOperands()) {
    FailureOr<StridedView> view = get(operand.get());
    if (failed(view))
      return failure();
    for (auto [expr, size] : llvm::zip(op.getMatchingIndexingMap(&operand).getResults(), view->sizes))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        if (extents[dim.getPosition()] >= 0 && extents[dim.getPosition()] != size)
          return failure();
        extents[dim.getPosition()] = size;
      }
    views.push_back(std::move(*view));
  }
  if (llvm::is_contained(extents, -1))
    return failure();
  bool empty = llvm::is_contained(extents, 0);
  for (OpOperand &operand : op->getOpOperands()) {
    const StridedView &view = views[operand.getOperandNumber()];
    if (!empty && !staysInside(op.getMatchingIndexingMap(&operand), extents, view.sizes))
      return failure();
  }

  // Results that repeat elements of an operand are views of it.
  bool hasArgumentPerOperand = body.getNumArguments() == op->getNumOperands();
  auto argumentOf = [&](OpOperand &operand) -> Value {
    unsigned number = operand.getOperandNumber();
    return number < body.getNumArguments() && (hasArgumentPerOperand || op.isDpsInput(&operand)) ? body.getArgument(number)
                                                                                                 : Value();
  };
  SmallVector<OpOperand *> computed;
  for (OpOperand &init : op.getDpsInitsMutable()) {
    Value yielded = yield->getOperand(init.getOperandNumber() - op.getNumDpsInputs()), result = op.getTiedOpResult(&init);
    const StridedView &shape = views[init.getOperandNumber()];
    AffineMap map = op.getMatchingIndexingMap(&init);
    const StridedView *source = nullptr;
    AffineMap sourceMap;
    StridedView scalar;
    if (auto argument = dyn_cast<BlockArgument>(yielded); argument && argument.getOwner() == &body) {
      for (OpOperand &operand : op->getOpOperands())
        if (argumentOf(operand) == yielded) {
          source = &views[operand.getOperandNumber()];
          sourceMap = op.getMatchingIndexingMap(&operand);
        }
    } else if (!yielded.getDefiningOp() || !op->isAncestor(yielded.getDefiningOp())) {
      FailureOr<StridedView> outside = get(yielded);
      if (failed(outside))
        return failure();
      scalar = *outside;
      source = &scalar;
      sourceMap = AffineMap::get(op.getNumLoops(), 0, op.getContext());
    }
    if (!source || !map.isPermutation() || empty) {
      computed.push_back(&init);
      continue;
    }
    int64_t offset;
    SmallVector<int64_t> strides = stridesThrough(sourceMap, *source, offset);
    StridedView view{source->elementType, source->base + offset * source->getElementSize(), shape.sizes, {}, source->owner};
    for (AffineExpr expr : map.getResults())
      view.strides.push_back(strides[cast<AffineDimExpr>(expr).getPosition()]);
    known[result] = std::move(view);
  }
  if (computed.empty())
    return success();
  if (!mayCompute)
    return failure();

  // Arithmetic on splats only gives a splat.
  bool usesIndex = llvm::any_of(body.without_terminator(), [](Operation &inner) { return isa<linalg::IndexOp>(inner); });
  bool splat = !empty && !usesIndex && op.getNumLoops() == op.getNumParallelLoops() &&
               llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
                 Value argument = argumentOf(operand);
                 return !argument || argument.use_empty() || views[operand.getOperandNumber()].isSplat();
               });

  if (!splat && !isAffordable(extents))
    return failure();
  for (OpOperand *init : computed)
    if (const StridedView &view = views[init->getOperandNumber()]; !splat && !isAffordable(view.elementType, view.sizes))
      return failure();

  Payload payload;
  SmallVector<Payload::Operand> inputs, outputs;
  for (OpOperand *input : op.getDpsInputOperands()) {
    Value argument = argumentOf(*input);
    if (!argument || argument.use_empty())
      continue;
    const StridedView &view = views[input->getOperandNumber()];
    int64_t offset;
    SmallVector<int64_t> strides = stridesThrough(op.getMatchingIndexingMap(input), view, offset);
    Payload::Operand operand = operandFor(view, strides, payload.addInput(argument));
    operand.base += offset * view.getElementSize();
    inputs.push_back(std::move(operand));
  }
  SmallVector<StridedView> results;
  for (OpOperand *init : computed) {
    const StridedView &initial = views[init->getOperandNumber()];
    AffineMap map = op.getMatchingIndexingMap(init);
    Value argument = argumentOf(*init);
    bool isRead = argument && !argument.use_empty();
    char *memory;
    StridedView result = allocate(initial.elementType, splat ? ArrayRef<int64_t>() : ArrayRef(initial.sizes), &memory);
    if (isRead || !map.isPermutation()) {
      StridedView from = initial;
      if (splat)
        from = StridedView{initial.elementType, initial.base, {}, {}, initial.owner};
      copyInto(from, memory, result.strides);
    }
    SmallVector<int64_t> strides(splat ? 0 : op.getNumLoops(), 0);
    int64_t offset = 0;
    if (!splat)
      strides = stridesThrough(map, result, offset);
    Payload::Operand operand{memory + offset * result.getElementSize(), *storageOf(result.elementType), strides, 0};
    if (isRead) {
      operand.reg = payload.addInput(argument);
      inputs.push_back(operand);
    }
    outputs.push_back(std::move(operand));
    results.push_back(std::move(result));
  }
  if (splat)
    for (Payload::Operand &operand : inputs)
      operand.strides.clear();
  for (Operation &inner : body.without_terminator())
    if (failed(payload.compile(&inner, resolve)))
      return failure();
  for (auto [init, output] : llvm::zip_equal(computed, outputs)) {
    FailureOr<unsigned> reg = payload.lookup(yield->getOperand(init->getOperandNumber() - op.getNumDpsInputs()), resolve);
    if (failed(reg))
      return failure();
    output.reg = *reg;
  }
  if (failed(payload.run(splat ? ArrayRef<int64_t>() : ArrayRef(extents), inputs, outputs)))
    return failure();
  for (auto [init, result] : llvm::zip_equal(computed, results))
    known[op.getTiedOpResult(init)] = splat ? splatOf(result, views[init->getOperandNumber()].sizes) : result;
  return success();
}

//===------------------------------------------------------------------------------------------------------------===//
// Interface
//===------------------------------------------------------------------------------------------------------------===//

std::optional<StridedView> aimc::asStridedView(Value value) {
  FailureOr<StridedView> view = Evaluator(/*mayCompute=*/false).get(value);
  return succeeded(view) ? std::optional<StridedView>(std::move(*view)) : std::nullopt;
}

FailureOr<StridedView> aimc::evaluateView(Value value, bool *tooLarge) {
  Evaluator evaluator(/*mayCompute=*/true);
  FailureOr<StridedView> view = evaluator.get(value);
  if (tooLarge)
    *tooLarge = evaluator.isTooLarge();
  return view;
}

FailureOr<ConstantData> aimc::evaluate(Value value) {
  FailureOr<StridedView> view = evaluateView(value);
  if (failed(view) || (!view->isContiguous() && !fitsBytes(view->elementType, view->sizes)))
    return failure();
  return ConstantData(makeContiguous(*view));
}
