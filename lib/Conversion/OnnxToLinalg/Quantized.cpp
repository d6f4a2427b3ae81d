//===- Quantized.cpp - quantization, integer contractions, operators on quantized tensors -----------------------===//
//
// A quantized tensor stands for (level - zero point) · scale. Integer contractions extend levels to 32 bits, subtract the zero
// points and add products as integers: (level - zero point) is a constant expression where the levels are constants. What has
// no integer arithmetic of its own computes in float32 between both conversions. Rounding is to nearest, ties to even.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace aimc::onnx;

//===------------------------------------------------------------------------------------------------------------===//
// Scalars
//===------------------------------------------------------------------------------------------------------------===//

static Value addF(Lowering &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value mulF(Lowering &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
static Value divF(Lowering &b, Value x, Value y) { return arith::DivFOp::create(b, x, y); }

static Value toFloat(Lowering &b, Value value, Type from) { return castScalar(b, value, from, b.getF32Type()); }

/// level - zero as 32-bit integers; null subtracts nothing.
static Value centerScalar(Lowering &b, Value level, Value zero, Type element) {
  Value wide = castScalar(b, level, element, b.getI32Type());
  return zero && !matchPattern(zero, m_Zero()) ? arith::SubIOp::create(b, wide, castScalar(b, zero, element, b.getI32Type()))
                                               : wide;
}

static Value dequantizeScalar(Lowering &b, Value level, Value scale, Value zero, Type element) {
  Value number = arith::SIToFPOp::create(b, b.getF32Type(), centerScalar(b, level, zero, element));
  return mulF(b, number, toFloat(b, scale, scale.getType()));
}

/// round(number / scale) + zero, saturated to what `element` holds, and to `limits` where there are any; `scale` null stands
/// for 1.
static Value quantizeScalar(Lowering &b, Value number, Value scale, Value zero, Type element,
                            std::optional<std::pair<double, double>> limits = std::nullopt) {
  Value rounded = math::RoundEvenOp::create(b, scale ? divF(b, number, toFloat(b, scale, scale.getType())) : number);
  if (zero)
    rounded = addF(b, rounded, toFloat(b, zero, element));
  if (limits) {
    rounded = arith::MaximumFOp::create(b, rounded, b.scalar(b.getF32Type(), limits->first));
    rounded = arith::MinimumFOp::create(b, rounded, b.scalar(b.getF32Type(), limits->second));
  }
  return castScalar(b, rounded, b.getF32Type(), element);
}

//===------------------------------------------------------------------------------------------------------------===//
// Tensors
//===------------------------------------------------------------------------------------------------------------===//

/// Broadcasts operands of which some may be null; the payload gets null in their places.
static Value broadcastSome(ArrayRef<Value> operands, Type element, Lowering &b,
                           llvm::function_ref<Value(ArrayRef<Value> scalars)> payload) {
  SmallVector<Value> present;
  llvm::copy_if(operands, std::back_inserter(present), [](Value operand) { return static_cast<bool>(operand); });
  return b.broadcast(present, element, [&](ValueRange arguments) -> SmallVector<Value> {
    SmallVector<Value> scalars;
    size_t next = 0;
    for (Value operand : operands)
      scalars.push_back(operand ? arguments[next++] : Value());
    return {payload(scalars)};
  });
}

/// A scale or zero point of one number, or of one for each slice along dimension `axis`, in a shape that broadcasts to `rank`
/// dimensions; parameters of higher rank are as they are.
static Value alongAxis(Value parameter, int64_t axis, int64_t rank, Lowering &b) {
  if (!parameter || getRank(parameter) != 1 || axis == rank - 1 ||
      cast<RankedTensorType>(parameter.getType()).getDimSize(0) == 1)
    return parameter;
  if (DenseElementsAttr dense; matchPattern(parameter, m_Constant(&dense)) && dense.isSplat())
    return arith::ConstantOp::create(b, dense.resizeSplat(RankedTensorType::get({}, dense.getElementType())));
  Sizes sizes(rank - axis, b.size(1));
  sizes.front() = b.dim(parameter, 0);
  return b.reshape(parameter, sizes);
}

static Type getOnnxElement(NodeOp node, unsigned input, Lowering &b) { return b.getElementType(node.getInputs()[input]); }
static Type getResultElement(NodeOp node) { return getElementTypeOrSelf(node.getResult(0).getType()); }

/// Elements of a quantized tensor minus their zero points, as 32-bit integers; null subtracts nothing.
static Value center(Value tensor, Value zero, Type element, Lowering &b) {
  int64_t rank = getRank(tensor);
  SmallVector<Access> accesses{{tensor, b.getMultiDimIdentityMap(rank)}};
  Value splat = zero ? b.splatScalar(zero) : Value();
  Sizes sizes = b.dims(tensor);
  if (zero && !splat)
    accesses.push_back(b.broadcastAccess(zero, sizes));
  return b.compute(accesses, sizes, b.getI32Type(), [&](ValueRange s) -> SmallVector<Value> {
    return {centerScalar(b, s[0], splat || !zero ? splat : s[1], element)};
  });
}

static Value dequantize(Value tensor, Value scale, Value zero, Type element, Lowering &b) {
  return broadcastSome({tensor, scale, zero}, b.getF32Type(), b,
                       [&](ArrayRef<Value> s) { return dequantizeScalar(b, s[0], s[1], s[2], element); });
}

static Value quantize(Value tensor, Value scale, Value zero, Type element, Lowering &b) {
  return broadcastSome({tensor, scale, zero}, getSignlessType(element), b,
                       [&](ArrayRef<Value> s) { return quantizeScalar(b, s[0], s[1], s[2], element); });
}

//===------------------------------------------------------------------------------------------------------------===//
// QuantizeLinear, DequantizeLinear
//===------------------------------------------------------------------------------------------------------------===//

/// How the scale and zero point of (De)QuantizeLinear lie over a tensor.
namespace {
struct Layout {
  Value tensor;              // split into blocks where there are any
  SmallVector<Value> scales; // scale, zero point; null where absent
  std::optional<int64_t> blockAxis;
};
} // namespace

/// Parameters of one number, or along `axis`, or one for each block of `block_size` elements along it.
static FailureOr<Layout> getLayout(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0], zero = getOptional(inputs, 2);
  int64_t rank = getRank(tensor), block = node.getInt("block_size", 0);
  int64_t axis = normalizeAxis(node.getInt("axis", 1), rank);
  if (block == 0) {
    for (Value parameter : {inputs[1], zero})
      if (parameter && getRank(parameter) > 1)
        return b.error(node) << "the scale has type " << parameter.getType() << ", but without blocks must have rank 0 or 1",
               failure();
    return Layout{tensor, {alongAxis(inputs[1], axis, rank, b), alongAxis(zero, axis, rank, b)}, std::nullopt};
  }
  auto type = cast<RankedTensorType>(tensor.getType());
  if (axis < 0 || axis >= rank || type.isDynamicDim(axis))
    return b.error(node) << "blocks along dimension " << axis << " need its size, but the tensor is " << type, failure();
  // [.., n, ..] to [.., blocks, block, ..]; a last block that is not full is filled up.
  int64_t size = type.getDimSize(axis), blocks = llvm::divideCeil(size, block);
  block = std::min(block, std::max<int64_t>(size, 1)); // one that reaches behind the end ends there
  if (blocks * block != size) {
    Sizes low(rank, b.size(0)), high(rank, b.size(0));
    high[axis] = b.size(blocks * block - size);
    tensor = b.pad(tensor, low, high, b.scalar(getElement(tensor), 0));
  }
  Sizes sizes = b.dims(tensor);
  sizes[axis] = b.size(blocks);
  sizes.insert(sizes.begin() + axis + 1, b.size(block));
  Layout layout{b.reshape(tensor, sizes), {}, axis};
  for (Value parameter : {inputs[1], zero}) {
    layout.scales.push_back(parameter);
    if (!parameter)
      continue;
    if (getRank(parameter) != rank)
      return b.error(node) << "a scale of blocks has the tensor's rank " << rank << ", not type " << parameter.getType(),
             failure();
    Sizes own = b.dims(parameter);
    own.insert(own.begin() + axis + 1, b.size(1));
    layout.scales.back() = b.reshape(parameter, own);
  }
  return layout;
}

/// Undoes the blocks of `layout`.
static Value joinBlocks(Value result, const Layout &layout, Value like, Lowering &b) {
  if (!layout.blockAxis)
    return result;
  int64_t axis = *layout.blockAxis;
  Sizes sizes = b.dims(result);
  sizes[axis] = b.mul(sizes[axis], sizes[axis + 1]);
  sizes.erase(sizes.begin() + axis + 1);
  return b.sliceAxis(b.reshape(result, sizes), axis, b.size(0), b.dim(like, axis));
}

LogicalResult aimc::onnx::lowerQuantizeLinear(NodeOp node, ValueRange inputs, Lowering &b) {
  Type from = getOnnxElement(node, 0, b);
  auto to = dyn_cast<IntegerType>(getResultElement(node));
  if (!to || to.getWidth() > 16)
    return b.error(node) << "cannot quantize to " << node.getResult(0).getType() << "; results of 8 or 16 bits are supported";
  FailureOr<Layout> layout = getLayout(node, inputs, b);
  if (failed(layout))
    return failure();
  // Results of 4 bits, each in a byte.
  std::optional<std::pair<double, double>> limits;
  if (int64_t stated = node.getInt("output_dtype", 0); stated == 21 || stated == 22)
    limits = stated == 21 ? std::pair(0.0, 15.0) : std::pair(-8.0, 7.0);
  Value result =
      broadcastSome({layout->tensor, layout->scales[0], layout->scales[1]}, getSignlessType(to), b,
                    [&](ArrayRef<Value> s) { return quantizeScalar(b, toFloat(b, s[0], from), s[1], s[2], to, limits); });
  return b.replace(node, joinBlocks(result, *layout, inputs[0], b));
}

LogicalResult aimc::onnx::lowerDequantizeLinear(NodeOp node, ValueRange inputs, Lowering &b) {
  Type from = getOnnxElement(node, 0, b);
  auto to = dyn_cast<FloatType>(getResultElement(node));
  if (!isa<IntegerType>(from) || from.getIntOrFloatBitWidth() > 32 || !to || to.getWidth() > 32)
    return b.error(node) << "cannot dequantize " << from << " to " << getResultElement(node);
  FailureOr<Layout> layout = getLayout(node, inputs, b);
  if (failed(layout))
    return failure();
  Value result = broadcastSome({layout->tensor, layout->scales[0], layout->scales[1]}, to, b, [&](ArrayRef<Value> s) {
    return castScalar(b, dequantizeScalar(b, s[0], s[1], s[2], from), b.getF32Type(), to);
  });
  return b.replace(node, joinBlocks(result, *layout, inputs[0], b));
}

/// Levels from 0 to 255 over the range of a tensor, with their scale and zero point.
namespace {
struct DynamicLevels {
  Value levels, scale, zero;
};
} // namespace

/// scale = (max(x, 0) - min(x, 0)) / 255, or 1 where that is 0; zero point = round(-min / scale).
static DynamicLevels quantizeDynamically(Value x, Lowering &b) {
  Type f32 = b.getF32Type(), u8 = b.getIntegerType(8, /*isSigned=*/false);
  Value none = b.scalar(f32, 0);
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, getRank(x)));
  Value most = b.reduce(x, all, none, [&](Value v, Value sum) -> Value { return arith::MaximumFOp::create(b, sum, v); });
  Value least = b.reduce(x, all, none, [&](Value v, Value sum) -> Value { return arith::MinimumFOp::create(b, sum, v); });
  AffineMap scalar = b.getMultiDimIdentityMap(0);
  Value scale = b.compute({{most, scalar}, {least, scalar}}, {}, f32, [&](ValueRange s) -> SmallVector<Value> {
    Value step = divF(b, arith::SubFOp::create(b, s[0], s[1]), b.scalar(f32, 255));
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, step, b.scalar(f32, 0));
    return {arith::SelectOp::create(b, isZero, b.scalar(f32, 1), step)};
  });
  Value zero = b.compute({{least, scalar}, {scale, scalar}}, {}, b.getI8Type(), [&](ValueRange s) -> SmallVector<Value> {
    return {quantizeScalar(b, arith::NegFOp::create(b, s[0]), s[1], {}, u8)};
  });
  return {quantize(x, scale, zero, u8, b), scale, zero};
}

LogicalResult aimc::onnx::lowerDynamicQuantizeLinear(NodeOp node, ValueRange inputs, Lowering &b) {
  DynamicLevels result = quantizeDynamically(inputs[0], b);
  return b.replace(node, {result.levels, result.scale, result.zero});
}

//===------------------------------------------------------------------------------------------------------------===//
// Integer contractions
//===------------------------------------------------------------------------------------------------------------===//

/// round(sum · (scaleX · scaleW / scaleY)) + zeroY.
static Value requantize(Value sum, Value scaleX, Value scaleW, Value scaleY, Value zeroY, Type element, Lowering &b) {
  return broadcastSome({sum, scaleX, scaleW, scaleY, zeroY}, getSignlessType(element), b, [&](ArrayRef<Value> s) {
    auto number = [&](Value v) { return toFloat(b, v, v.getType()); };
    Value factor = divF(b, mulF(b, number(s[1]), number(s[2])), number(s[3]));
    Value real = mulF(b, arith::SIToFPOp::create(b, b.getF32Type(), s[0]), factor);
    return quantizeScalar(b, real, {}, s[4], element);
  });
}

/// Zero points of a left factor lie along its rows, of a right one along its columns.
static Value alongRows(Value parameter, Value factor, Lowering &b) {
  return alongAxis(parameter, std::max<int64_t>(getRank(factor) - 2, 0), getRank(factor), b);
}

/// Product of centered inputs and weights of `element` with zero points along their columns.
static FailureOr<Value> multiplyIntegers(NodeOp node, Value left, Value weight, Value zero, Type element, Lowering &b) {
  return multiplyMatrices(node, left, center(weight, zero, element, b), b);
}

/// Convolution of centered inputs with weights of `element` with zero points of their output channels.
static FailureOr<Value> convolveIntegers(NodeOp node, Value x, Value weight, Value zero, Type element, Lowering &b) {
  return convolve(node, x, center(weight, alongAxis(zero, 0, getRank(weight), b), element, b), b);
}

LogicalResult aimc::onnx::lowerMatMulInteger(NodeOp node, ValueRange inputs, Lowering &b) {
  Value left = center(inputs[0], alongRows(getOptional(inputs, 2), inputs[0], b), getOnnxElement(node, 0, b), b);
  FailureOr<Value> product = multiplyIntegers(node, left, inputs[1], getOptional(inputs, 3), getOnnxElement(node, 1, b), b);
  return failed(product) ? failure() : b.replace(node, *product);
}

LogicalResult aimc::onnx::lowerQLinearMatMul(NodeOp node, ValueRange inputs, Lowering &b) {
  Value left = center(inputs[0], alongRows(inputs[2], inputs[0], b), getOnnxElement(node, 0, b), b);
  FailureOr<Value> product = multiplyIntegers(node, left, inputs[3], inputs[5], getOnnxElement(node, 3, b), b);
  if (failed(product))
    return failure();
  return b.replace(node, requantize(*product, alongRows(inputs[1], *product, b), inputs[4], inputs[6], inputs[7],
                                    getResultElement(node), b));
}

/// float(sum) · (scaleX · scaleW) + bias; `bias` may be null.
static Value rescale(Value sum, Value scaleX, Value scaleW, Value bias, Lowering &b) {
  return broadcastSome({sum, scaleX, scaleW, bias}, b.getF32Type(), b, [&](ArrayRef<Value> s) {
    Value number = mulF(b, arith::SIToFPOp::create(b, b.getF32Type(), s[0]), mulF(b, s[1], s[2]));
    return s[3] ? addF(b, number, s[3]) : number;
  });
}

/// Operands: two factors of levels, their scales, their zero points, then a bias of floats.
LogicalResult aimc::onnx::lowerMatMulIntegerToFloat(NodeOp node, ValueRange inputs, Lowering &b) {
  Value left = center(inputs[0], alongRows(getOptional(inputs, 4), inputs[0], b), getOnnxElement(node, 0, b), b);
  FailureOr<Value> product = multiplyIntegers(node, left, inputs[1], getOptional(inputs, 5), getOnnxElement(node, 1, b), b);
  if (failed(product))
    return failure();
  return b.replace(node, rescale(*product, alongRows(inputs[2], *product, b), inputs[3], getOptional(inputs, 6), b));
}

/// Operands: a factor of floats, which is quantized to its own range, one of levels with its scale and zero point, then a bias.
LogicalResult aimc::onnx::lowerDynamicQuantizeMatMul(NodeOp node, ValueRange inputs, Lowering &b) {
  DynamicLevels x = quantizeDynamically(inputs[0], b);
  Value left = center(x.levels, x.zero, b.getIntegerType(8, /*isSigned=*/false), b);
  FailureOr<Value> product = multiplyIntegers(node, left, inputs[1], getOptional(inputs, 3), getOnnxElement(node, 1, b), b);
  return failed(product) ? failure() : b.replace(node, rescale(*product, x.scale, inputs[2], getOptional(inputs, 4), b));
}

/// alpha · A · B + C, where C counts in steps of alpha · scaleA · scaleB; of floats unless a zero point of the result is given.
LogicalResult aimc::onnx::lowerQGemm(NodeOp node, ValueRange inputs, Lowering &b) {
  auto factor = [&](Value tensor, StringRef transposed) {
    return node.getInt(transposed, 0) ? b.transpose(tensor, {1, 0}) : tensor;
  };
  Value left = factor(center(inputs[0], getOptional(inputs, 2), getOnnxElement(node, 0, b), b), "transA");
  FailureOr<Value> product =
      multiplyIntegers(node, left, factor(inputs[3], "transB"), getOptional(inputs, 5), getOnnxElement(node, 3, b), b);
  if (failed(product))
    return failure();
  Value sum = *product;
  if (Value c = getOptional(inputs, 6))
    sum = b.broadcast({sum, c}, b.getI32Type(),
                      [&](ValueRange s) -> SmallVector<Value> { return {arith::AddIOp::create(b, s[0], s[1])}; });
  Value scale = inputs[1];
  if (float alpha = node.getFloat("alpha", 1.0f); alpha != 1.0f)
    scale = b.broadcast(scale, b.getF32Type(),
                        [&](ValueRange s) -> SmallVector<Value> { return {mulF(b, b.scalar(b.getF32Type(), alpha), s[0])}; });
  Value zero = getOptional(inputs, 8);
  return b.replace(node, zero ? requantize(sum, scale, inputs[4], inputs[7], zero, getResultElement(node), b)
                              : rescale(sum, scale, inputs[4], {}, b));
}

LogicalResult aimc::onnx::lowerConvInteger(NodeOp node, ValueRange inputs, Lowering &b) {
  Value x = center(inputs[0], getOptional(inputs, 2), getOnnxElement(node, 0, b), b);
  FailureOr<Value> sums = convolveIntegers(node, x, inputs[1], getOptional(inputs, 3), getOnnxElement(node, 1, b), b);
  return failed(sums) ? failure() : b.replace(node, *sums);
}

LogicalResult aimc::onnx::lowerQLinearConv(NodeOp node, ValueRange inputs, Lowering &b) {
  Value x = center(inputs[0], inputs[2], getOnnxElement(node, 0, b), b);
  FailureOr<Value> sums = convolveIntegers(node, x, inputs[3], inputs[5], getOnnxElement(node, 3, b), b);
  if (failed(sums))
    return failure();
  Value total = addBias(*sums, getOptional(inputs, 8), b), scaleW = alongAxis(inputs[4], 1, getRank(total), b);
  return b.replace(node, requantize(total, inputs[1], scaleW, inputs[6], inputs[7], getResultElement(node), b));
}

//===------------------------------------------------------------------------------------------------------------===//
// com.microsoft: operators on quantized tensors
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerQLinearBinary(NodeOp node, ValueRange inputs, Lowering &b) {
  Type left = getOnnxElement(node, 0, b), right = getOnnxElement(node, 3, b), result = getResultElement(node);
  bool adds = node.getOpType() == "QLinearAdd";
  SmallVector<Value> operands(inputs);
  operands.resize(8);
  return b.replace(node, broadcastSome(operands, getSignlessType(result), b, [&](ArrayRef<Value> s) {
                     Value x = dequantizeScalar(b, s[0], s[1], s[2], left), y = dequantizeScalar(b, s[3], s[4], s[5], right);
                     return quantizeScalar(b, adds ? addF(b, x, y) : mulF(b, x, y), s[6], s[7], result);
                   }));
}

LogicalResult aimc::onnx::lowerQLinearUnary(NodeOp node, ValueRange inputs, Lowering &b) {
  Type from = getOnnxElement(node, 0, b), result = getResultElement(node), f32 = b.getF32Type();
  bool sigmoid = node.getOpType() == "QLinearSigmoid";
  SmallVector<Value> operands(inputs);
  operands.resize(5);
  return b.replace(node, broadcastSome(operands, getSignlessType(result), b, [&](ArrayRef<Value> s) {
                     Value x = dequantizeScalar(b, s[0], s[1], s[2], from), one = b.scalar(f32, 1), y;
                     if (sigmoid) {
                       y = divF(b, one, addF(b, one, math::ExpOp::create(b, arith::NegFOp::create(b, x))));
                     } else {
                       Value negative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, b.scalar(f32, 0));
                       y = arith::SelectOp::create(b, negative, mulF(b, x, b.scalar(f32, node.getFloat("alpha", 0.01f))), x);
                     }
                     return quantizeScalar(b, y, s[3], s[4], result);
                   }));
}

/// [N, spatial…, C] to [N, C, spatial…], or back.
static Value moveChannels(Value tensor, bool toFront, Lowering &b) {
  int64_t rank = getRank(tensor);
  SmallVector<int64_t> permutation{0};
  if (toFront)
    permutation.push_back(rank - 1);
  for (int64_t i = toFront ? 1 : 2; i < (toFront ? rank - 1 : rank); ++i)
    permutation.push_back(i);
  if (!toFront)
    permutation.push_back(1);
  return b.transpose(tensor, permutation);
}

LogicalResult aimc::onnx::lowerQLinearPool(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = dequantize(inputs[0], inputs[1], getOptional(inputs, 2), getOnnxElement(node, 0, b), b), result;
  bool channelsLast = node.getInt("channels_last", 0);
  if (channelsLast)
    tensor = moveChannels(tensor, /*toFront=*/true, b);
  Sizes outputSizes{b.dim(tensor, 0), b.dim(tensor, 1)};
  if (node.getOpType() == "QLinearGlobalAveragePool") {
    int64_t rank = getRank(tensor);
    Sizes spatial;
    for (int64_t axis = 2; axis < rank; ++axis)
      spatial.push_back(b.dim(tensor, axis));
    Value sum = b.reduce(tensor, llvm::to_vector(llvm::seq<int64_t>(2, rank)), b.scalar(b.getF32Type(), 0),
                         [&](Value x, Value sum) { return addF(b, sum, x); });
    Value count = b.castIndex(b.asIndex(b.product(spatial)), b.getI64Type());
    Value number = b.createOrFold<arith::SIToFPOp>(b.getF32Type(), count);
    result = b.compute(Access{sum, b.getMultiDimIdentityMap(2)}, outputSizes, b.getF32Type(),
                       [&](ValueRange s) -> SmallVector<Value> { return {divF(b, s[0], number)}; });
    outputSizes.append(rank - 2, b.size(1));
    result = b.reshape(result, outputSizes);
  } else {
    FailureOr<Windows> windows = getWindows(node, tensor, node.getInts("kernel_shape"), b);
    if (failed(windows))
      return failure();
    outputSizes.append(windows->outputs);
    bool all = node.getInt("count_include_pad", 0); // of ONNX Runtime's: with it every window has all its elements
    result = averagePool(tensor, *windows, outputSizes, all, /*countOverhang=*/all, b);
  }
  if (channelsLast)
    result = moveChannels(result, /*toFront=*/false, b);
  return b.replace(node, quantize(result, inputs[3], getOptional(inputs, 4), getResultElement(node), b));
}

/// Operands: the result's scale and zero point, then tensor, scale and zero point of each part.
LogicalResult aimc::onnx::lowerQLinearConcat(NodeOp node, ValueRange inputs, Lowering &b) {
  Type result = getResultElement(node);
  SmallVector<Value> parts;
  for (size_t i = 2; i + 2 < inputs.size(); i += 3) {
    Type from = getOnnxElement(node, i, b);
    parts.push_back(broadcastSome(
        {inputs[i], inputs[i + 1], inputs[i + 2], inputs[0], inputs[1]}, getSignlessType(result), b,
        [&](ArrayRef<Value> s) { return quantizeScalar(b, dequantizeScalar(b, s[0], s[1], s[2], from), s[3], s[4], result); }));
  }
  int64_t axis = normalizeAxis(node.getInt("axis", 1), getRank(parts[0]));
  return b.replace(node, b.concat(axis, parts));
}

LogicalResult aimc::onnx::lowerQLinearSoftmax(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]), axis = normalizeAxis(node.getInt("axis", -1), rank);
  Value tensor = dequantize(inputs[0], inputs[1], getOptional(inputs, 2), getOnnxElement(node, 0, b), b);
  // The attribute `opset` says which Softmax is meant: before 13 everything from `axis` on is one vector.
  int64_t end = node.getInt("opset", 13) < 13 ? rank : axis + 1;
  Value result = softmax(tensor, llvm::to_vector(llvm::seq<int64_t>(axis, end)), /*logarithm=*/false, b);
  return b.replace(node, quantize(result, inputs[3], getOptional(inputs, 4), getResultElement(node), b));
}
