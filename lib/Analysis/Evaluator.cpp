//===- Evaluator.cpp - values of constant expressions -----------------------------------------------------------===//
#include "Evaluator.h"

#include "aimc/Analysis/ConstantExpression.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace aimc;

bool aimc::fitsBytes(Type elementType, ArrayRef<int64_t> sizes) {
  int64_t bytes = sizeOf(*storageOf(elementType));
  for (int64_t size : sizes)
    if (size == 0)
      return true;
  return llvm::none_of(sizes,
                       [&](int64_t size) { return __builtin_mul_overflow(bytes, size, &bytes) || bytes > maxComputedBytes; });
}

bool aimc::fitsIterations(ArrayRef<int64_t> extents) {
  int64_t iterations = 1;
  if (llvm::is_contained(extents, 0))
    return true;
  return llvm::none_of(extents, [&](int64_t extent) {
    return __builtin_mul_overflow(iterations, extent, &iterations) || iterations > maxComputedIterations;
  });
}

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

StridedView aimc::splatOf(const StridedView &scalar, ArrayRef<int64_t> sizes) {
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
