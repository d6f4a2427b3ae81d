//===- Pooling.cpp - MaxPool, AveragePool, LpPool and their global forms ----------------------------------------===//
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace aimc::onnx;

/// Combines the elements of every window of a padded tensor; the loops are those of `linalg.pooling_nchw_*`.
static Value combineWindows(Value padded, Value initial, const Windows &windows, Sizes outputSizes,
                            llvm::function_ref<Value(Value element, Value sum)> combine, Lowering &b) {
  unsigned spatial = windows.rank(), outer = 2 + spatial, loops = outer + spatial;
  SmallVector<AffineExpr> exprs{b.getAffineDimExpr(0), b.getAffineDimExpr(1)}, kernelExprs;
  for (unsigned i = 0; i < spatial; ++i) {
    AffineExpr kernel = b.getAffineDimExpr(outer + i);
    exprs.push_back(b.getAffineDimExpr(2 + i) * windows.strides[i] + kernel * windows.dilations[i]);
    kernelExprs.push_back(kernel);
  }
  Value kernel = tensor::EmptyOp::create(b, windows.kernel, getElement(padded));
  Access input{padded, AffineMap::get(loops, 0, exprs, b.getContext())};
  Access window{kernel, AffineMap::get(loops, 0, kernelExprs, b.getContext())};
  Access output{b.filled(outputSizes, initial), b.getMultiDimIdentityMap(loops).getMajorSubMap(outer)};
  return b
      .generic({input, window}, output,
               [&](ValueRange arguments) -> SmallVector<Value> { return {combine(arguments[0], arguments[2])}; })
      .front();
}

template <typename Op>
static Value namedPool(Value padded, Value initial, const Windows &windows, Sizes outputSizes, Lowering &b) {
  Value kernel = tensor::EmptyOp::create(b, windows.kernel, getElement(padded)), output = b.filled(outputSizes, initial);
  return Op::create(b, TypeRange{output.getType()}, ValueRange{padded, kernel}, ValueRange{output},
                    b.getI64VectorAttr(windows.strides), b.getI64VectorAttr(windows.dilations))
      .getResult(0);
}

static Value maxPool(Value tensor, const Windows &windows, Sizes outputSizes, bool isUnsigned, Lowering &b) {
  Type element = getElement(tensor);
  Value least = b.extreme(element, /*largest=*/false, isUnsigned);
  Value padded = padSpatial(tensor, windows, least, b);
  if (windows.rank() == 1 && !isUnsigned)
    return namedPool<linalg::PoolingNcwMaxOp>(padded, least, windows, outputSizes, b);
  if (windows.rank() == 2 && !isUnsigned)
    return namedPool<linalg::PoolingNchwMaxOp>(padded, least, windows, outputSizes, b);
  return combineWindows(
      padded, least, windows, outputSizes,
      [&](Value x, Value most) -> Value {
        if (isa<FloatType>(element))
          return arith::MaximumFOp::create(b, x, most);
        return isUnsigned ? Value(arith::MaxUIOp::create(b, x, most)) : Value(arith::MaxSIOp::create(b, x, most));
      },
      b);
}

/// Where the largest element of every window is, as an index into all elements of the tensor; the first one if it is there
/// twice. `columnMajor` counts the spatial dimensions in the opposite order.
static Value maxPlaces(Value tensor, const Windows &windows, Sizes outputSizes, bool isUnsigned, bool columnMajor,
                       Lowering &b) {
  unsigned spatial = windows.rank(), outer = 2 + spatial, loops = outer + spatial;
  Type element = getElement(tensor), i64 = b.getI64Type();
  SmallVector<AffineExpr> kernelExprs;
  for (unsigned i = 0; i < spatial; ++i)
    kernelExprs.push_back(b.getAffineDimExpr(outer + i));
  AffineMap own = b.getMultiDimIdentityMap(loops).getMajorSubMap(outer);
  Access window{tensor::EmptyOp::create(b, windows.kernel, element), AffineMap::get(loops, 0, kernelExprs, b.getContext())};
  Access bests{b.filled(outputSizes, b.extreme(element, false, isUnsigned)), own};
  Access places{b.filled(outputSizes, b.integer(i64, -1)), own};
  SmallVector<Value> extents, low;
  for (Size size : b.dims(tensor))
    extents.push_back(b.asIndex(size));
  for (Size size : windows.low)
    low.push_back(b.asIndex(size));
  return b.generic(window, {bests, places}, [&](ValueRange arguments) -> SmallVector<Value> {
    auto loop = [&](unsigned i) { return Value(linalg::IndexOp::create(b, i)); };
    auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
      return Value(arith::CmpIOp::create(b, predicate, x, y));
    };
    Value zero = b.index(0), inside = b.integer(b.getI1Type(), 1);
    SmallVector<Value> position{loop(0), loop(1)};
    for (unsigned i = 0; i < spatial; ++i) {
      Value start = arith::MulIOp::create(b, loop(2 + i), b.index(windows.strides[i]));
      Value step = arith::MulIOp::create(b, loop(outer + i), b.index(windows.dilations[i]));
      Value place = arith::SubIOp::create(b, arith::AddIOp::create(b, start, step), low[i]);
      Value here = arith::AndIOp::create(b, compare(arith::CmpIPredicate::sge, place, zero),
                                         compare(arith::CmpIPredicate::slt, place, extents[2 + i]));
      inside = arith::AndIOp::create(b, inside, here);
      position.push_back(arith::SelectOp::create(b, here, place, zero));
    }
    Value x = tensor::ExtractOp::create(b, tensor, position), better;
    if (isa<FloatType>(element))
      better = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, arguments[1]);
    else
      better = compare(isUnsigned ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt, x, arguments[1]);
    // A window of least elements has its first element as its place.
    better =
        arith::OrIOp::create(b, better, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, arguments[2], b.integer(i64, 0)));
    better = arith::AndIOp::create(b, better, inside);
    SmallVector<unsigned> order{0, 1};
    for (unsigned i = 0; i < spatial; ++i)
      order.push_back(columnMajor ? outer - 1 - i : 2 + i);
    Value index = zero;
    for (unsigned dimension : order)
      index = arith::AddIOp::create(b, arith::MulIOp::create(b, index, extents[dimension]), position[dimension]);
    Value number = arith::IndexCastOp::create(b, i64, index);
    return {arith::SelectOp::create(b, better, x, arguments[1]), arith::SelectOp::create(b, better, number, arguments[2])};
  })[1];
}

/// Number of elements that count in the windows along spatial dimension `i`, as numbers of type `element`: those of the tensor,
/// and of its padding if it counts. The overhang of `ceil_mode` never does.
static Value countElements(Value tensor, const Windows &windows, size_t i, bool countPadding, Type element, Lowering &b) {
  Size begin = countPadding ? b.size(0) : windows.low[i], end = b.add(windows.low[i], b.dim(tensor, i + 2));
  if (countPadding)
    end = b.add(end, windows.high[i]);
  Value first = b.asIndex(begin), last = b.asIndex(end);
  return b.computeFromIndices(windows.outputs[i], element, [&](ValueRange indices) -> SmallVector<Value> {
    Value start = arith::MulIOp::create(b, indices[0], b.index(windows.strides[i]));
    // Kernel positions k with first <= start + k · dilation < last.
    Value kernel = b.index(windows.kernel[i]), zero = b.index(0), dilation = b.index(windows.dilations[i]);
    auto position = [&](Value limit) {
      Value distance = arith::MaxSIOp::create(b, arith::SubIOp::create(b, limit, start), zero);
      Value roundUp = arith::AddIOp::create(b, distance, b.index(windows.dilations[i] - 1));
      return Value(arith::MinSIOp::create(b, arith::DivSIOp::create(b, roundUp, dilation), kernel));
    };
    // Never negative, which the analysis of ranges sees by the maximum only.
    Value count = arith::MaxSIOp::create(b, arith::SubIOp::create(b, position(last), position(first)), zero);
    Value integer = arith::IndexCastOp::create(b, b.getI32Type(), count);
    return {arith::SIToFPOp::create(b, element, integer)};
  });
}

/// Sums of the windows of a float tensor [N, C, spatial…]; padding adds nothing.
static Value sumWindows(Value tensor, const Windows &windows, Sizes outputSizes, Lowering &b) {
  Value zero = b.scalar(getElement(tensor), 0), padded = padSpatial(tensor, windows, zero, b);
  return combineWindows(
      padded, zero, windows, outputSizes, [&](Value x, Value sum) -> Value { return arith::AddFOp::create(b, sum, x); }, b);
}

Value aimc::onnx::averagePool(Value tensor, const Windows &windows, Sizes outputSizes, bool countPadding, bool countOverhang,
                              Lowering &b) {
  Type element = getElement(tensor);
  Value zero = b.scalar(element, 0), padded = padSpatial(tensor, windows, zero, b), sum;
  if (windows.rank() == 1)
    sum = namedPool<linalg::PoolingNcwSumOp>(padded, zero, windows, outputSizes, b);
  else if (windows.rank() == 2)
    sum = namedPool<linalg::PoolingNchwSumOp>(padded, zero, windows, outputSizes, b);
  else
    sum = combineWindows(
        padded, zero, windows, outputSizes, [&](Value x, Value total) -> Value { return arith::AddFOp::create(b, total, x); },
        b);

  // Every window has all its elements unless it reaches into something that does not count.
  auto isZero = [](Size size) { return getConstantIntValue(size) == 0; };
  bool full = (countOverhang || llvm::all_of(windows.overhang, isZero)) &&
              (countPadding || (llvm::all_of(windows.low, isZero) && llvm::all_of(windows.high, isZero)));
  int64_t rank = getRank(sum);
  double all = 1;
  SmallVector<Access> inputs{{sum, b.getMultiDimIdentityMap(rank)}};
  for (size_t i = 0; i < windows.rank(); ++i) {
    all *= static_cast<double>(windows.kernel[i]);
    if (!full)
      inputs.push_back({countElements(tensor, windows, i, countPadding, element, b),
                        AffineMap::get(rank, 0, b.getAffineDimExpr(i + 2), b.getContext())});
  }
  return b.compute(inputs, b.dims(sum), element, [&](ValueRange arguments) -> SmallVector<Value> {
    Value count = full ? b.scalar(element, all) : arguments[1];
    for (size_t i = 2; i < inputs.size(); ++i)
      count = arith::MulFOp::create(b, count, arguments[i]);
    return {arith::DivFOp::create(b, arguments[0], count)};
  });
}

LogicalResult aimc::onnx::lowerPool(NodeOp node, ValueRange inputs, Lowering &b) {
  SmallVector<int64_t> kernel = node.getInts("kernel_shape");
  FailureOr<Windows> windows = getWindows(node, inputs[0], kernel, b);
  if (failed(windows))
    return failure();
  Sizes outputSizes{b.dim(inputs[0], 0), b.dim(inputs[0], 1)};
  outputSizes.append(windows->outputs);
  Type element = b.getElementType(node.getInputs().front());
  if (node.getOpType() == "MaxPool") {
    bool isUnsigned = element.isUnsignedInteger(), places = node.getNumResults() > 1 && !node.getResult(1).use_empty();
    Value largest = maxPool(inputs[0], *windows, outputSizes, isUnsigned, b);
    return b.replace(
        node, {largest,
               places ? maxPlaces(inputs[0], *windows, outputSizes, isUnsigned, node.getInt("storage_order", 0), b) : Value()});
  }
  if (!isa<FloatType>(element))
    return b.error(node) << "the average of " << element << " is not defined";
  return b.replace(
      node, averagePool(inputs[0], *windows, outputSizes, node.getInt("count_include_pad", 0), /*countOverhang=*/false, b));
}

LogicalResult aimc::onnx::lowerGlobalPool(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor);
  if (!isa<FloatType>(element) || rank < 3)
    return b.error(node) << "needs a float tensor of rank 3 or more, not " << tensor.getType();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  Sizes sizes{b.dim(tensor, 0), b.dim(tensor, 1)}, elements;
  for (int64_t axis : axes)
    elements.push_back(b.dim(tensor, axis));
  bool isMax = node.getOpType() == "GlobalMaxPool";
  Type wide = isMax ? element : b.accumulatorOf(element);
  Value initial = isMax ? b.extreme(element, false, false) : b.scalar(wide, 0);
  Value result = b.reduce(tensor, axes, initial, [&](Value x, Value sum) -> Value {
    if (isMax)
      return arith::MaximumFOp::create(b, sum, x);
    return arith::AddFOp::create(b, sum, castScalar(b, x, element, wide));
  });
  if (!isMax) {
    Value count = arith::IndexCastOp::create(b, b.getI64Type(), b.asIndex(b.product(elements)));
    Value number = b.createOrFold<arith::SIToFPOp>(wide, count);
    result =
        b.compute(Access{result, b.getMultiDimIdentityMap(2)}, sizes, element, [&](ValueRange scalars) -> SmallVector<Value> {
          return {castScalar(b, arith::DivFOp::create(b, scalars[0], number), wide, element)};
        });
  }
  sizes.append(rank - 2, b.size(1));
  return b.replace(node, b.reshape(result, sizes));
}

/// Elements of `tensor` as `power` makes them.
static Value raised(Value tensor, double power, Lowering &b) {
  Type element = getElement(tensor);
  return b.compute(Access{tensor, b.getMultiDimIdentityMap(getRank(tensor))}, b.dims(tensor), element,
                   [&](ValueRange s) -> SmallVector<Value> {
                     Value x = math::AbsFOp::create(b, s[0]);
                     if (power == 1)
                       return {x};
                     if (power == 2)
                       return {arith::MulFOp::create(b, x, x)};
                     if (power == 0.5)
                       return {math::SqrtOp::create(b, x)};
                     return {math::PowFOp::create(b, x, b.scalar(element, power))};
                   });
}

/// (Σ |x|^p)^(1/p) over windows; padding adds nothing.
LogicalResult aimc::onnx::lowerLpPool(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  double p = node.getInt("p", 2);
  Value powers = raised(tensor, p, b);
  if (node.getOpType() == "GlobalLpPool") {
    int64_t rank = getRank(tensor);
    Sizes sizes{b.dim(tensor, 0), b.dim(tensor, 1)};
    Value sum = b.reduce(powers, llvm::to_vector(llvm::seq<int64_t>(2, rank)), b.scalar(getElement(tensor), 0),
                         [&](Value x, Value sum) -> Value { return arith::AddFOp::create(b, sum, x); });
    sizes.append(rank - 2, b.size(1));
    return b.replace(node, b.reshape(raised(sum, 1 / p, b), sizes));
  }
  FailureOr<Windows> windows = getWindows(node, tensor, node.getInts("kernel_shape"), b);
  if (failed(windows))
    return failure();
  Sizes sizes{b.dim(tensor, 0), b.dim(tensor, 1)};
  sizes.append(windows->outputs);
  return b.replace(node, raised(sumWindows(powers, *windows, sizes, b), 1 / p, b));
}
