//===- Contractions.cpp - Gemm, MatMul, Conv, ConvTranspose -----------------------------------------------------===//
//
// A contraction adds to a zero-filled accumulator; a bias is added after it. Weights are read where they are: transposes are
// indexing maps, groups are reshapes.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Operations.h"

using namespace mlir;
using namespace aimc::onnx;

static Value zeros(ArrayRef<Size> sizes, Type element, Lowering &b) { return b.filled(sizes, b.scalar(element, 0)); }

static Value addScalars(Lowering &b, Value x, Value y) {
  return isa<FloatType>(x.getType()) ? Value(arith::AddFOp::create(b, x, y)) : Value(arith::AddIOp::create(b, x, y));
}

static Value mulScalars(Lowering &b, Value x, Value y) {
  return isa<FloatType>(x.getType()) ? Value(arith::MulFOp::create(b, x, y)) : Value(arith::MulIOp::create(b, x, y));
}

//===------------------------------------------------------------------------------------------------------------===//
// Matrices
//===------------------------------------------------------------------------------------------------------------===//

/// What a run must find of two matrices that are multiplied.
static constexpr StringLiteral kInner = "the left side must have as many columns as the right side has rows";

/// left · right, each read transposed if asked; both of rank 2.
static Value matmul(Value left, bool transposeLeft, Value right, bool transposeRight, Lowering &b) {
  Sizes sizes{b.dim(left, transposeLeft ? 1 : 0), b.dim(right, transposeRight ? 0 : 1)};
  b.expectEqual(b.dim(left, transposeLeft ? 0 : 1), b.dim(right, transposeRight ? 1 : 0), kInner);
  Value accumulator = zeros(sizes, getElement(left), b);
  auto op = linalg::MatmulOp::create(b, ValueRange{left, right}, ValueRange{accumulator});
  if (transposeLeft || transposeRight) {
    auto map = [&](unsigned row, unsigned column, bool transposed) {
      return AffineMap::getMultiDimMapWithTargets(
          3, transposed ? ArrayRef<unsigned>{column, row} : ArrayRef<unsigned>{row, column}, b.getContext());
    };
    op.setIndexingMapsAttr(b.getAffineMapArrayAttr({map(0, 2, transposeLeft), map(2, 1, transposeRight), map(0, 1, false)}));
  }
  return op.getResult(0);
}

LogicalResult aimc::onnx::lowerGemm(NodeOp node, ValueRange inputs, Lowering &b) {
  for (int i : {0, 1})
    if (getRank(inputs[i]) != 2)
      return b.error(node) << "operand " << i << " is " << inputs[i].getType() << ", but must have rank 2";
  Type element = getElement(inputs[0]);
  Value result = matmul(inputs[0], node.getInt("transA", 0), inputs[1], node.getInt("transB", 0), b);
  Value alpha = b.scalar(element, node.getFloat("alpha", 1.0f)), beta = b.scalar(element, node.getFloat("beta", 1.0f));
  bool scaled = node.getFloat("alpha", 1.0f) != 1.0f, bias = getOptional(inputs, 2) && node.getFloat("beta", 1.0f) != 0.0f;
  if (!scaled && !bias)
    return b.replace(node, result);
  SmallVector<Value> operands{result};
  if (bias)
    operands.push_back(inputs[2]);
  return b.replace(node, b.broadcast(operands, element, [&](ValueRange scalars) -> SmallVector<Value> {
    Value sum = scaled ? mulScalars(b, scalars[0], alpha) : scalars[0];
    if (!bias)
      return {sum};
    Value term = node.getFloat("beta", 1.0f) == 1.0f ? scalars[1] : mulScalars(b, scalars[1], beta);
    return {addScalars(b, sum, term)};
  }));
}

/// Batched product; batch dimensions broadcast.
static Value batchMatmul(Value left, Value right, Lowering &b) {
  int64_t leftRank = getRank(left), rightRank = getRank(right), rank = std::max(leftRank, rightRank);
  Sizes leftSizes = b.dims(left), rightSizes = b.dims(right);
  ArrayRef<Size> leftBatch = ArrayRef<Size>(leftSizes).drop_back(2), rightBatch = ArrayRef<Size>(rightSizes).drop_back(2);
  Size m = leftSizes[leftRank - 2], k = leftSizes.back(), n = rightSizes.back();

  if (leftBatch == rightBatch && b.canSplit(leftBatch)) {
    b.expectEqual(k, rightSizes[rightRank - 2], kInner);
    Size batch = b.product(leftBatch);
    Value leftFlat = b.reshape(left, {batch, m, k}), rightFlat = b.reshape(right, {batch, rightSizes[rightRank - 2], n});
    Value accumulator = zeros({batch, m, n}, getElement(left), b);
    Value product = linalg::BatchMatmulOp::create(b, ValueRange{leftFlat, rightFlat}, ValueRange{accumulator}).getResult(0);
    Sizes sizes(leftBatch);
    sizes.append({m, n});
    return b.reshape(product, sizes);
  }
  // Loops: batch…, m, n, k.
  SmallVector<Size> batch(rank - 2, b.size(1));
  for (ArrayRef<Size> own : {leftBatch, rightBatch})
    for (auto [i, size] : llvm::enumerate(own)) {
      Size &known = batch[batch.size() - own.size() + i];
      if (getConstantIntValue(known) == 1)
        known = size;
      else if (!isa<Attribute>(known) && getConstantIntValue(size) != 1)
        known = isa<Attribute>(size) ? size : b.select(arith::CmpIPredicate::eq, known, b.size(1), size, known);
    }
  auto access = [&](Value tensor, ArrayRef<Size> own, unsigned row, unsigned column) {
    // The batch part as an elementwise operand reads it; matrices are whole.
    Sizes wanted(batch);
    Sizes all = b.dims(tensor);
    wanted.append({all[own.size()], all[own.size() + 1]});
    Access batched = b.broadcastAccess(tensor, wanted);
    SmallVector<AffineExpr> exprs(batched.map.getResults().drop_back(2));
    exprs.append({b.getAffineDimExpr(row), b.getAffineDimExpr(column)});
    return Access{batched.tensor, AffineMap::get(rank + 1, 0, exprs, b.getContext())};
  };
  unsigned mLoop = rank - 2, nLoop = rank - 1, kLoop = rank;
  Sizes sizes(batch);
  sizes.append({m, n});
  return b.contract(access(left, leftBatch, mLoop, kLoop), access(right, rightBatch, kLoop, nLoop),
                    llvm::to_vector(llvm::seq<unsigned>(0, rank)), sizes);
}

FailureOr<Value> aimc::onnx::multiplyMatrices(NodeOp node, Value left, Value right, Lowering &b) {
  if (getRank(left) == 0 || getRank(right) == 0)
    return b.error(node) << "operands " << left.getType() << " and " << right.getType() << " must have rank 1 or more",
           failure();
  // A vector is a matrix of one row or column, which the result does not have.
  bool leftVector = getRank(left) == 1, rightVector = getRank(right) == 1;
  if (leftVector)
    left = b.reshape(left, {b.size(1), b.dim(left, 0)});
  if (rightVector)
    right = b.reshape(right, {b.dim(right, 0), b.size(1)});

  Value result;
  Sizes leftSizes = b.dims(left);
  if (getRank(right) == 2 && !b.canSplit(ArrayRef<Size>(leftSizes).drop_back())) {
    // Rows that cannot be told apart afterwards stay separate loops: rows…, column, k.
    unsigned rows = leftSizes.size() - 1;
    SmallVector<unsigned> outer = llvm::to_vector(llvm::seq<unsigned>(0, rows + 1)), own = outer;
    own.back() = rows + 1;
    auto map = [&](ArrayRef<unsigned> loops) { return AffineMap::getMultiDimMapWithTargets(rows + 2, loops, b.getContext()); };
    Sizes sizes(ArrayRef<Size>(leftSizes).drop_back());
    sizes.push_back(b.dim(right, 1));
    result = b.contract({left, map(own)}, {right, map({rows + 1, rows})}, outer, sizes);
  } else if (getRank(right) == 2) {
    // One matrix for the whole left side: its leading dimensions are rows.
    Size rows = b.product(ArrayRef<Size>(leftSizes).drop_back());
    result = matmul(b.reshape(left, {rows, leftSizes.back()}), false, right, false, b);
    Sizes sizes(ArrayRef<Size>(leftSizes).drop_back());
    sizes.push_back(b.dim(right, 1));
    result = b.reshape(result, sizes);
  } else {
    result = batchMatmul(left, right, b);
  }
  Sizes sizes = b.dims(result);
  if (leftVector)
    sizes.erase(sizes.end() - 2);
  if (rightVector)
    sizes.pop_back();
  return b.reshape(result, sizes);
}

LogicalResult aimc::onnx::lowerMatMul(NodeOp node, ValueRange inputs, Lowering &b) {
  FailureOr<Value> result = multiplyMatrices(node, inputs[0], inputs[1], b);
  return failed(result) ? failure() : b.replace(node, *result);
}

//===------------------------------------------------------------------------------------------------------------===//
// Convolutions
//===------------------------------------------------------------------------------------------------------------===//

Value aimc::onnx::addBias(Value tensor, Value bias, Lowering &b) {
  if (!bias)
    return tensor;
  int64_t rank = getRank(tensor);
  Access channel{bias, AffineMap::get(rank, 0, b.getAffineDimExpr(1), b.getContext())};
  return b.compute({{tensor, b.getMultiDimIdentityMap(rank)}, channel}, b.dims(tensor), getElement(tensor),
                   [&](ValueRange scalars) -> SmallVector<Value> { return {addScalars(b, scalars[0], scalars[1])}; });
}

/// The named convolution `Op` of a padded input.
template <typename Op>
static Value namedConv(Value input, Value weight, ArrayRef<Size> outputSizes, const Windows &windows, Lowering &b) {
  Value accumulator = zeros(outputSizes, getElement(input), b);
  return Op::create(b, TypeRange{accumulator.getType()}, ValueRange{input, weight}, ValueRange{accumulator},
                    b.getI64VectorAttr(windows.strides), b.getI64VectorAttr(windows.dilations))
      .getResult(0);
}

/// input [N, G, C, spatial…] · weight [G, F, C, kernel…] → [N, G, F, windows…] as a `linalg.generic`.
static Value genericGroupedConv(Value input, Value weight, ArrayRef<Size> outputSizes, const Windows &windows, Lowering &b) {
  unsigned spatial = windows.rank(), c = 3 + spatial, loops = 4 + 2 * spatial;
  // Loops: n, g, f, windows…, c, kernel…
  SmallVector<AffineExpr> inputExprs, weightExprs;
  for (unsigned loop : {0u, 1u, c})
    inputExprs.push_back(b.getAffineDimExpr(loop));
  for (unsigned loop : {1u, 2u, c})
    weightExprs.push_back(b.getAffineDimExpr(loop));
  for (unsigned i = 0; i < spatial; ++i) {
    AffineExpr window = b.getAffineDimExpr(3 + i), kernel = b.getAffineDimExpr(c + 1 + i);
    inputExprs.push_back(window * windows.strides[i] + kernel * windows.dilations[i]);
    weightExprs.push_back(kernel);
  }
  return b.contract({input, AffineMap::get(loops, 0, inputExprs, b.getContext())},
                    {weight, AffineMap::get(loops, 0, weightExprs, b.getContext())},
                    llvm::to_vector(llvm::seq<unsigned>(0, 3 + spatial)), outputSizes);
}

/// One filter per channel: input [N, C, spatial…] · weight [C, kernel…].
static Value depthwiseConv(Value input, Value weight, ArrayRef<Size> outputSizes, const Windows &windows, Lowering &b) {
  Sizes filter = b.dims(weight);
  filter.erase(filter.begin() + 1);
  weight = b.reshape(weight, filter);
  switch (windows.rank()) {
  case 1:
    return namedConv<linalg::DepthwiseConv1DNcwCwOp>(input, weight, outputSizes, windows, b);
  case 2:
    return namedConv<linalg::DepthwiseConv2DNchwChwOp>(input, weight, outputSizes, windows, b);
  default:
    return namedConv<linalg::DepthwiseConv3DNcdhwCdhwOp>(input, weight, outputSizes, windows, b);
  }
}

static Value denseConv(Value input, Value weight, ArrayRef<Size> outputSizes, const Windows &windows, Lowering &b) {
  switch (windows.rank()) {
  case 1:
    return namedConv<linalg::Conv1DNcwFcwOp>(input, weight, outputSizes, windows, b);
  case 2:
    return namedConv<linalg::Conv2DNchwFchwOp>(input, weight, outputSizes, windows, b);
  default:
    return namedConv<linalg::Conv3DNcdhwFcdhwOp>(input, weight, outputSizes, windows, b);
  }
}

static Value groupedConv(Value input, Value weight, int64_t groups, ArrayRef<Size> outputSizes, const Windows &windows,
                         Lowering &b) {
  auto split = [&](ArrayRef<Size> sizes, size_t dimension) {
    Sizes result(sizes);
    result[dimension] = b.size(groups);
    result.insert(result.begin() + dimension + 1, b.floorDiv(sizes[dimension], b.size(groups)));
    return result;
  };
  input = b.reshape(input, split(b.dims(input), 1));
  weight = b.reshape(weight, split(b.dims(weight), 0));
  Sizes sizes = split(outputSizes, 1);
  Value result = windows.rank() == 2 ? namedConv<linalg::Conv2DNgchwGfchwOp>(input, weight, sizes, windows, b)
                                     : genericGroupedConv(input, weight, sizes, windows, b);
  return b.reshape(result, outputSizes);
}

/// The kernel's shape, which must be static; `first` is the first spatial dimension.
static FailureOr<SmallVector<int64_t>> getKernel(NodeOp node, Value weight, Lowering &b) {
  auto type = cast<RankedTensorType>(weight.getType());
  if (type.getRank() < 3 || type.getRank() > 5 || !type.hasStaticShape())
    return b.error(node) << "the weight is " << type << ", but must be static and have 1 to 3 spatial dimensions", failure();
  SmallVector<int64_t> kernel(type.getShape().drop_front(2));
  SmallVector<int64_t> stated = node.getInts("kernel_shape");
  if (!stated.empty() && stated != kernel)
    return b.error(node) << "'kernel_shape' is [" << stated << "], but the weight is " << type, failure();
  return kernel;
}

FailureOr<Value> aimc::onnx::convolve(NodeOp node, Value input, Value weight, Lowering &b) {
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, weight, b);
  if (failed(kernel))
    return failure();
  FailureOr<Windows> windows = getWindows(node, input, *kernel, b);
  if (failed(windows))
    return failure();
  auto inputType = cast<RankedTensorType>(input.getType());
  ArrayRef<int64_t> weightShape = cast<RankedTensorType>(weight.getType()).getShape();
  int64_t groups = node.getInt("group", 1), channels = groups * weightShape[1];
  if (groups < 1 || weightShape[0] % groups != 0 || (!inputType.isDynamicDim(1) && inputType.getDimSize(1) != channels))
    return b.error(node) << "the weight " << weight.getType() << " with group " << groups << " needs " << channels
                         << " input channels; the input is " << inputType,
           failure();

  b.expectEqual(b.dim(input, 1), b.size(channels), "the weight needs " + Twine(channels) + " input channels");
  Value padded = padSpatial(input, *windows, b.scalar(inputType.getElementType(), 0), b);
  Sizes outputSizes{b.dim(input, 0), b.size(weightShape[0])};
  outputSizes.append(windows->outputs);
  if (groups == 1)
    return denseConv(padded, weight, outputSizes, *windows, b);
  if (weightShape[1] == 1 && weightShape[0] == groups)
    return depthwiseConv(padded, weight, outputSizes, *windows, b);
  return groupedConv(padded, weight, groups, outputSizes, *windows, b);
}

LogicalResult aimc::onnx::lowerConv(NodeOp node, ValueRange inputs, Lowering &b) {
  FailureOr<Value> result = convolve(node, inputs[0], inputs[1], b);
  return failed(result) ? failure() : b.replace(node, addBias(*result, getOptional(inputs, 2), b));
}

/// activation(convolution + bias + summand); the parameters of the activation stand in `activation_params`, and there are no
/// others: Clip's are its limits.
LogicalResult aimc::onnx::lowerFusedConv(NodeOp node, ValueRange inputs, Lowering &b) {
  StringRef name = node.getString("activation", "");
  SmallVector<float> parameters = node.getFloats("activation_params");
  Activation activation = getActivation(name);
  bool clips = name == "Clip";
  if (!clips && !name.empty() && activation.kind == Activation::Unknown)
    return b.error(node) << "activation '" << name << "' is not known";
  size_t wanted = clips ? 2 : activation.hasAlpha() + activation.hasBeta();
  if (parameters.size() != wanted && (clips || !parameters.empty()))
    return b.error(node) << "activation '" << name << "' takes " << wanted << " numbers, but 'activation_params' has "
                         << parameters.size();
  if (!clips && !parameters.empty())
    activation.alpha = parameters.front();
  if (activation.hasBeta() && !parameters.empty())
    activation.beta = parameters.back();

  FailureOr<Value> result = convolve(node, inputs[0], inputs[1], b);
  if (failed(result))
    return failure();
  SmallVector<Value> operands{addBias(*result, getOptional(inputs, 2), b)};
  if (Value summand = getOptional(inputs, 3))
    operands.push_back(summand);
  return b.replace(node, b.broadcast(operands, getElement(*result), [&](ValueRange s) -> SmallVector<Value> {
    Value x = s.size() > 1 ? addScalars(b, s[0], s[1]) : s[0];
    if (clips)
      return {arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, x, b.scalar(x.getType(), parameters[0])),
                                        b.scalar(x.getType(), parameters[1]))};
    return {name.empty() ? x : activate(b, activation, x)};
  }));
}

/// Every input element spreads a kernel: patches[n, s…, g, j] = Σ_c input[n, g, c, s…] · weight[g, c, j], j over filters and
/// kernel, is the contraction; each output element then gathers the patches that reach it.
LogicalResult aimc::onnx::lowerConvTranspose(NodeOp node, ValueRange inputs, Lowering &b) {
  Value input = inputs[0], weight = inputs[1];
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, weight, b);
  if (failed(kernel))
    return failure();
  size_t spatial = kernel->size();
  if (getRank(input) != static_cast<int64_t>(spatial) + 2)
    return b.error(node) << "the input is " << input.getType() << ", but the weight is " << weight.getType();
  ArrayRef<int64_t> weightShape = cast<RankedTensorType>(weight.getType()).getShape();
  int64_t groups = node.getInt("group", 1);
  if (groups < 1 || weightShape[0] % groups != 0)
    return b.error(node) << "group " << groups << " does not divide the " << weightShape[0] << " input channels";
  auto perDimension = [&](StringRef name, int64_t otherwise, size_t count) {
    SmallVector<int64_t> values = node.getInts(name);
    values.resize(count, otherwise);
    return values;
  };
  SmallVector<int64_t> strides = perDimension("strides", 1, spatial), dilations = perDimension("dilations", 1, spatial),
                       pads = perDimension("pads", 0, 2 * spatial), extra = perDimension("output_padding", 0, spatial),
                       stated = node.getInts("output_shape");
  StringRef automatic = node.getString("auto_pad", "NOTSET");

  // Result sizes and the padding below.
  Sizes outputSizes{b.dim(input, 0), b.size(weightShape[1] * groups)}, low;
  for (size_t i = 0; i < spatial; ++i) {
    Size full = b.add(b.mul(b.sub(b.dim(input, i + 2), b.size(1)), b.size(strides[i])),
                      b.size(dilations[i] * ((*kernel)[i] - 1) + 1 + extra[i]));
    bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
    if (stated.empty() && !same) {
      bool valid = automatic == "VALID";
      low.push_back(b.size(valid ? 0 : pads[i]));
      outputSizes.push_back(b.sub(full, b.size(valid ? 0 : pads[i] + pads[i + spatial])));
      continue;
    }
    Size wanted = stated.empty() ? b.mul(b.dim(input, i + 2), b.size(strides[i])) : b.size(stated[stated.size() - spatial + i]);
    Size total = b.max(b.size(0), b.sub(full, wanted)), less = b.floorDiv(total, b.size(2));
    low.push_back(automatic == "SAME_UPPER" ? less : b.sub(total, less));
    outputSizes.push_back(wanted);
  }

  // patches[n, s…, g, j]; loops: n, s…, g, j, c.
  Type element = getElement(input);
  int64_t perGroup = weightShape[0] / groups, kernelSize = 1;
  for (int64_t size : *kernel)
    kernelSize *= size;
  Sizes inputSizes = b.dims(input), grouped{inputSizes[0], b.size(groups), b.size(perGroup)}, patchSizes{inputSizes[0]};
  grouped.append(inputSizes.begin() + 2, inputSizes.end());
  patchSizes.append(inputSizes.begin() + 2, inputSizes.end());
  patchSizes.append({b.size(groups), b.size(weightShape[1] * kernelSize)});
  unsigned g = 1 + spatial, j = g + 1, c = j + 1, loops = c + 1;
  SmallVector<unsigned> inputLoops{0, g, c}, weightLoops{g, c, j}, outer;
  for (unsigned i = 0; i < spatial; ++i)
    inputLoops.push_back(1 + i);
  for (unsigned i = 0; i < c; ++i)
    outer.push_back(i);
  auto map = [&](ArrayRef<unsigned> targets) { return AffineMap::getMultiDimMapWithTargets(loops, targets, b.getContext()); };
  Value flat = b.reshape(weight, {b.size(groups), b.size(perGroup), b.size(weightShape[1] * kernelSize)});
  Value patches = b.contract({b.reshape(input, grouped), map(inputLoops)}, {flat, map(weightLoops)}, outer, patchSizes);

  // y[n, m, o…] = Σ_k patches[n, (o + low - k · dilation) / stride, g, (m, k)] where that position exists; the kernel is a
  // reduction over an empty tensor of its shape.
  Value window = tensor::EmptyOp::create(b, *kernel, element);
  unsigned outputRank = 2 + spatial;
  SmallVector<AffineExpr> windowExprs;
  for (unsigned i = 0; i < spatial; ++i)
    windowExprs.push_back(b.getAffineDimExpr(outputRank + i));
  Access windowAccess{window, AffineMap::get(outputRank + spatial, 0, windowExprs, b.getContext())};
  Access output{zeros(outputSizes, element, b),
                AffineMap::getMultiDimIdentityMap(outputRank + spatial, b.getContext()).getMajorSubMap(outputRank)};
  SmallVector<Value> lowValues, limits;
  for (size_t i = 0; i < spatial; ++i) {
    lowValues.push_back(b.asIndex(low[i]));
    limits.push_back(b.asIndex(inputSizes[2 + i]));
  }
  Value result = b.generic(windowAccess, output, [&](ValueRange arguments) -> SmallVector<Value> {
                    auto loop = [&](unsigned i) { return Value(linalg::IndexOp::create(b, i)); };
                    auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
                      return Value(arith::CmpIOp::create(b, predicate, x, y));
                    };
                    Value zero = b.index(0), exists = b.integer(b.getI1Type(), 1), filters = b.index(weightShape[1]);
                    SmallVector<Value> position{loop(0)};
                    Value column = arith::RemSIOp::create(b, loop(1), filters);
                    for (unsigned i = 0; i < spatial; ++i) {
                      Value k = loop(outputRank + i), stride = b.index(strides[i]);
                      Value reach = arith::MulIOp::create(b, k, b.index(dilations[i]));
                      Value numerator = arith::SubIOp::create(b, arith::AddIOp::create(b, loop(2 + i), lowValues[i]), reach);
                      Value place = arith::DivSIOp::create(b, numerator, stride);
                      Value whole = compare(arith::CmpIPredicate::eq, arith::MulIOp::create(b, place, stride), numerator);
                      Value above = compare(arith::CmpIPredicate::sge, numerator, zero),
                            below = compare(arith::CmpIPredicate::slt, place, limits[i]);
                      Value here = arith::AndIOp::create(b, whole, arith::AndIOp::create(b, above, below));
                      exists = arith::AndIOp::create(b, exists, here);
                      position.push_back(arith::SelectOp::create(b, here, place, zero));
                      column = arith::AddIOp::create(b, arith::MulIOp::create(b, column, b.index((*kernel)[i])), k);
                    }
                    position.push_back(arith::DivSIOp::create(b, loop(1), filters));
                    position.push_back(column);
                    Value patch = tensor::ExtractOp::create(b, patches, position);
                    Value term = arith::SelectOp::create(b, exists, patch, b.scalar(element, 0));
                    return {addScalars(b, arguments[1], term)};
                  }).front();
  return b.replace(node, addBias(result, getOptional(inputs, 2), b));
}
