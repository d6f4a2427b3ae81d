//===- Normalization.cpp - BatchNormalization, InstanceNormalization, LayerNormalization, LRN, Softmax ----------===//
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace aimc::onnx;

static Value addF(Lowering &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value subF(Lowering &b, Value x, Value y) { return arith::SubFOp::create(b, x, y); }
static Value mulF(Lowering &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
static Value divF(Lowering &b, Value x, Value y) { return arith::DivFOp::create(b, x, y); }

/// The map of a tensor whose one dimension is loop `dimension`.
static AffineMap mapOfDimension(int64_t rank, int64_t dimension, Lowering &b) {
  return AffineMap::get(rank, 0, b.getAffineDimExpr(dimension), b.getContext());
}

/// A number of elements as a float.
static Value countOf(Value tensor, ArrayRef<int64_t> axes, Type element, Lowering &b) {
  Sizes sizes;
  for (int64_t axis : axes)
    sizes.push_back(b.dim(tensor, axis));
  Value count = b.castIndex(b.asIndex(b.product(sizes)), b.getI64Type());
  return b.createOrFold<arith::SIToFPOp>(element, count);
}

static Value meanOf(Value sums, Value count, Lowering &b) {
  return b.compute(Access{sums, b.getMultiDimIdentityMap(getRank(sums))}, b.dims(sums), getElement(sums),
                   [&](ValueRange scalars) -> SmallVector<Value> { return {divF(b, scalars[0], count)}; });
}

/// Means over `axes` and sums of squared distances from them, without those dimensions.
static std::pair<Value, Value> meansAndSquares(Value tensor, ArrayRef<int64_t> axes, Value count, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor), wide = b.accumulatorOf(element);
  AffineMap kept = b.withoutAxes(rank, axes);
  Value mean = meanOf(b.sum(tensor, axes, [](Value x) { return x; }), count, b);
  Access own{tensor, b.getMultiDimIdentityMap(rank)}, means{mean, kept}, sums{b.filled(b.dims(mean), b.scalar(wide, 0)), kept};
  Value squares = b.generic({own, means}, sums, [&](ValueRange scalars) -> SmallVector<Value> {
                     Value difference = castScalar(b, subF(b, scalars[0], scalars[1]), element, wide);
                     return {addF(b, scalars[2], mulF(b, difference, difference))};
                   }).front();
  if (wide == element)
    return {mean, squares};
  squares = b.compute(Access{squares, b.getMultiDimIdentityMap(getRank(squares))}, b.dims(mean), element,
                      [&](ValueRange scalars) -> SmallVector<Value> { return {castScalar(b, scalars[0], wide, element)}; });
  return {mean, squares};
}

std::pair<Value, Value> aimc::onnx::moments(Value tensor, ArrayRef<int64_t> axes, float epsilon, Lowering &b) {
  Type element = getElement(tensor);
  Value count = countOf(tensor, axes, element, b);
  auto [mean, squares] = meansAndSquares(tensor, axes, count, b);
  Value inverse = b.compute(Access{squares, b.getMultiDimIdentityMap(getRank(squares))}, b.dims(squares), element,
                            [&](ValueRange scalars) -> SmallVector<Value> {
                              Value variance = addF(b, divF(b, scalars[0], count), b.scalar(element, epsilon));
                              return {divF(b, b.scalar(element, 1), math::SqrtOp::create(b, variance))};
                            });
  return {mean, inverse};
}

/// Elements of a 16-bit float tensor as f32; others as they are.
static Value widened(Value tensor, Type type, Lowering &b) {
  Type from = getElement(tensor);
  if (from == type)
    return tensor;
  return b.broadcast(tensor, type,
                     [&](ValueRange scalars) -> SmallVector<Value> { return {castScalar(b, scalars[0], from, type)}; });
}

/// With the statistics of the batch itself; the running ones, results 1 and 2, move towards them.
static LogicalResult lowerTraining(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), channelDim = rank > 1 ? 1 : 0;
  Type element = getElement(tensor);
  for (Value input : inputs)
    if (getElement(input) != element)
      return b.error(node) << "operands of types " << tensor.getType() << " and " << input.getType() << " train together";
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (axis != channelDim)
      axes.push_back(axis);
  Value count = countOf(tensor, axes, element, b);
  auto [mean, squares] = meansAndSquares(tensor, axes, count, b);
  Value variance = meanOf(squares, count, b);
  AffineMap channel = mapOfDimension(rank, channelDim, b);
  SmallVector<Access> accesses{{tensor, b.getMultiDimIdentityMap(rank)},
                               {mean, channel},
                               {variance, channel},
                               {inputs[1], channel},
                               {inputs[2], channel}};
  Value result = b.compute(accesses, b.dims(tensor), element, [&](ValueRange s) -> SmallVector<Value> {
    Value deviation = math::SqrtOp::create(b, addF(b, s[2], b.scalar(element, node.getFloat("epsilon", 1e-5f))));
    return {addF(b, mulF(b, divF(b, subF(b, s[0], s[1]), deviation), s[3]), s[4])};
  });
  float momentum = node.getFloat("momentum", 0.9f);
  auto moved = [&](Value running, Value current) {
    return b.broadcast({running, current}, element, [&](ValueRange s) -> SmallVector<Value> {
      return {addF(b, mulF(b, s[0], b.scalar(element, momentum)), mulF(b, s[1], b.scalar(element, 1 - momentum)))};
    });
  };
  SmallVector<Value> results{result, moved(inputs[3], mean), moved(inputs[4], variance)};
  if (node.getNumResults() > results.size())
    return b.error(node) << "has " << node.getNumResults() << " outputs; in training mode there are 3";
  results.truncate(node.getNumResults());
  return b.replace(node, results);
}

LogicalResult aimc::onnx::lowerBatchNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  if (node.getInt("training_mode", 0))
    return lowerTraining(node, inputs, b);
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor);
  // Two numbers per channel from the constants alone, then one multiplication and addition per element.
  Value factor = b.broadcast({inputs[1], inputs[4]}, element, [&](ValueRange scalars) -> SmallVector<Value> {
    Value variance = addF(b, scalars[1], b.scalar(element, node.getFloat("epsilon", 1e-5f)));
    return {divF(b, scalars[0], math::SqrtOp::create(b, variance))};
  });
  Value offset = b.broadcast({inputs[2], inputs[3], factor}, element, [&](ValueRange scalars) -> SmallVector<Value> {
    return {subF(b, scalars[0], mulF(b, scalars[1], scalars[2]))};
  });
  AffineMap channel = mapOfDimension(rank, rank > 1 ? 1 : 0, b);
  return b.replace(node, b.compute({{tensor, b.getMultiDimIdentityMap(rank)}, {factor, channel}, {offset, channel}},
                                   b.dims(tensor), element, [&](ValueRange scalars) -> SmallVector<Value> {
                                     return {addF(b, mulF(b, scalars[0], scalars[1]), scalars[2])};
                                   }));
}

LogicalResult aimc::onnx::lowerInstanceNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  if (rank < 3)
    return b.error(node) << "needs a tensor of rank 3 or more, not " << tensor.getType();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  auto [mean, inverse] = moments(tensor, axes, node.getFloat("epsilon", 1e-5f), b);
  AffineMap sample = b.withoutAxes(rank, axes), channel = mapOfDimension(rank, 1, b);
  SmallVector<Access> accesses{
      {tensor, b.getMultiDimIdentityMap(rank)}, {mean, sample}, {inverse, sample}, {inputs[1], channel}, {inputs[2], channel}};
  return b.replace(node, b.compute(accesses, b.dims(tensor), getElement(tensor), [&](ValueRange s) -> SmallVector<Value> {
    return {addF(b, mulF(b, mulF(b, subF(b, s[0], s[1]), s[2]), s[3]), s[4])};
  }));
}

LogicalResult aimc::onnx::lowerLayerNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]), axis = normalizeAxis(node.getInt("axis", -1), rank);
  Type element = getElement(inputs[0]);
  Type stash = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
  Value tensor = widened(inputs[0], stash, b);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(axis, rank));
  auto [mean, inverse] = moments(tensor, axes, node.getFloat("epsilon", 1e-5f), b);
  AffineMap kept = b.withoutAxes(rank, axes);
  Sizes sizes = b.dims(tensor);
  SmallVector<Access> accesses{
      {tensor, b.getMultiDimIdentityMap(rank)}, {mean, kept}, {inverse, kept}, b.broadcastAccess(inputs[1], sizes)};
  Value bias = getOptional(inputs, 2);
  if (bias)
    accesses.push_back(b.broadcastAccess(bias, sizes));
  Value result = b.compute(accesses, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    Value normal = castScalar(b, mulF(b, subF(b, s[0], s[1]), s[2]), stash, element);
    Value scaled = mulF(b, normal, s[3]);
    return {bias ? addF(b, scaled, s[4]) : scaled};
  });
  SmallVector<Value> results{result};
  for (Value moment : {mean, inverse}) {
    size_t index = results.size();
    bool used = index < node.getNumResults() && isa<RankedTensorType>(node.getResult(index).getType());
    Sizes momentSizes = b.dims(tensor);
    for (int64_t reduced : axes)
      momentSizes[reduced] = b.size(1);
    results.push_back(used ? b.reshape(moment, momentSizes) : Value());
  }
  return b.replace(node, results);
}

LogicalResult aimc::onnx::lowerLRN(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), size = node.getInt("size", 1);
  if (rank < 2 || size < 1)
    return b.error(node) << "needs a tensor of rank 2 or more and a positive size, not " << tensor.getType() << " and " << size;
  Type element = getElement(tensor);
  Value zero = b.scalar(element, 0);
  // Sums of squares over a window of channels; the padding adds nothing.
  Sizes low(rank, b.size(0)), high(rank, b.size(0));
  low[1] = b.size((size - 1) / 2);
  high[1] = b.size(size / 2);
  Value padded = b.pad(tensor, low, high, zero), window = tensor::EmptyOp::create(b, ArrayRef<int64_t>{size}, element);
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    exprs.push_back(b.getAffineDimExpr(i) + (i == 1 ? b.getAffineDimExpr(rank) : b.getAffineConstantExpr(0)));
  AffineMap own = b.getMultiDimIdentityMap(rank + 1).getMajorSubMap(rank);
  Value squares =
      b.generic({{padded, AffineMap::get(rank + 1, 0, exprs, b.getContext())}, {window, mapOfDimension(rank + 1, rank, b)}},
                Access{b.filled(b.dims(tensor), zero), own},
                [&](ValueRange s) -> SmallVector<Value> { return {addF(b, s[2], mulF(b, s[0], s[0]))}; })
          .front();
  return b.replace(node, b.broadcast({tensor, squares}, element, [&](ValueRange s) -> SmallVector<Value> {
    Value weight = b.scalar(element, node.getFloat("alpha", 1e-4f) / size);
    Value base = addF(b, b.scalar(element, node.getFloat("bias", 1.0f)), mulF(b, weight, s[1]));
    return {divF(b, s[0], math::PowFOp::create(b, base, b.scalar(element, node.getFloat("beta", 0.75f))))};
  }));
}

//===------------------------------------------------------------------------------------------------------------===//
// Softmax
//===------------------------------------------------------------------------------------------------------------===//

/// The largest element is subtracted first.
Value aimc::onnx::softmax(Value tensor, ArrayRef<int64_t> axes, bool logarithm, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor);
  AffineMap identity = b.getMultiDimIdentityMap(rank), kept = b.withoutAxes(rank, axes);
  Sizes sizes = b.dims(tensor);
  Value most = b.reduce(tensor, axes, b.extreme(element, false, false),
                        [&](Value x, Value sum) -> Value { return arith::MaximumFOp::create(b, sum, x); });
  Value differences = b.compute({{tensor, identity}, {most, kept}}, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    Value difference = subF(b, s[0], s[1]);
    return {logarithm ? difference : Value(math::ExpOp::create(b, difference))};
  });
  Value sum = b.reduce(differences, axes, b.scalar(element, 0),
                       [&](Value x, Value sum) { return addF(b, sum, logarithm ? Value(math::ExpOp::create(b, x)) : x); });
  return b.compute({{differences, identity}, {sum, kept}}, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    return {logarithm ? subF(b, s[0], math::LogOp::create(b, s[1])) : divF(b, s[0], s[1])};
  });
}

/// Softmax or its logarithm over several axes at once.
static LogicalResult softmaxOver(NodeOp node, Value tensor, ArrayRef<int64_t> axes, Lowering &b) {
  if (!isa<FloatType>(getElement(tensor)))
    return b.error(node) << "needs float elements, not " << tensor.getType();
  return b.replace(node, softmax(tensor, axes, node.getOpType() == "LogSoftmax", b));
}

LogicalResult aimc::onnx::lowerSoftmax(NodeOp node, ValueRange inputs, Lowering &b) {
  return softmaxOver(node, inputs[0], normalizeAxis(node.getInt("axis", -1), getRank(inputs[0])), b);
}

/// Before operator set 13 everything from `axis` on is one vector.
LogicalResult aimc::onnx::lowerSoftmaxFlattened(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]), axis = normalizeAxis(node.getInt("axis", 1), rank);
  return softmaxOver(node, inputs[0], llvm::to_vector(llvm::seq<int64_t>(axis, rank)), b);
}

//===------------------------------------------------------------------------------------------------------------===//
// By groups, by root mean square, by length
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerGroupNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  Sizes own = b.dims(tensor), split{own[0]};
  int64_t groups = node.getInt("num_groups", 1);
  Type element = getElement(tensor), stash = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
  Size perGroup = b.floorDiv(own[1], b.size(groups));
  split.append({b.size(groups), perGroup});
  split.append(own.begin() + 2, own.end());
  Value grouped = widened(b.reshape(tensor, split), stash, b);
  int64_t rank = split.size();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  auto [mean, inverse] = moments(grouped, axes, node.getFloat("epsilon", 1e-5f), b);
  AffineMap kept = b.withoutAxes(rank, axes);
  SmallVector<Access> accesses{{grouped, b.getMultiDimIdentityMap(rank)}, {mean, kept}, {inverse, kept}};
  // Scale and bias belong to groups before operator set 21, to channels from then on.
  for (Value parameter : inputs.drop_front()) {
    if (node.getOpset() < 21) {
      accesses.push_back({parameter, mapOfDimension(rank, 1, b)});
      continue;
    }
    SmallVector<AffineExpr> exprs{b.getAffineDimExpr(1), b.getAffineDimExpr(2)};
    accesses.push_back({b.reshape(parameter, {b.size(groups), perGroup}), AffineMap::get(rank, 0, exprs, b.getContext())});
  }
  Value result = b.compute(accesses, split, element, [&](ValueRange s) -> SmallVector<Value> {
    Value normal = castScalar(b, mulF(b, subF(b, s[0], s[1]), s[2]), stash, element);
    return {addF(b, mulF(b, normal, s[3]), s[4])};
  });
  return b.replace(node, b.reshape(result, own));
}

LogicalResult aimc::onnx::lowerRMSNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]), axis = normalizeAxis(node.getInt("axis", -1), rank);
  Type element = getElement(inputs[0]), stash = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
  Value tensor = widened(inputs[0], stash, b);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(axis, rank));
  Value count = countOf(tensor, axes, stash, b);
  Value squares = b.sum(tensor, axes, [&](Value x) { return mulF(b, x, x); });
  Value epsilon = b.scalar(stash, node.getFloat("epsilon", 1e-5f));
  Sizes sizes = b.dims(tensor);
  SmallVector<Access> accesses{
      {tensor, b.getMultiDimIdentityMap(rank)}, {squares, b.withoutAxes(rank, axes)}, b.broadcastAccess(inputs[1], sizes)};
  return b.replace(node, b.compute(accesses, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    Value root = math::SqrtOp::create(b, addF(b, divF(b, s[1], count), epsilon));
    return {mulF(b, castScalar(b, divF(b, s[0], root), stash, element), s[2])};
  }));
}

LogicalResult aimc::onnx::lowerMeanVarianceNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor);
  SmallVector<int64_t> axes = node.getInts("axes");
  if (axes.empty())
    axes = {0, 2, 3};
  for (int64_t &axis : axes) {
    axis = normalizeAxis(axis, rank);
    if (axis < 0 || axis >= rank)
      return b.error(node) << "axis " << axis << " is outside of " << tensor.getType();
  }
  // The variance alone: the operator adds its small number to the deviation.
  Value count = countOf(tensor, axes, element, b);
  AffineMap own = b.getMultiDimIdentityMap(rank), kept = b.withoutAxes(rank, axes);
  auto [mean, squares] = meansAndSquares(tensor, axes, count, b);
  return b.replace(node, b.compute({{tensor, own}, {mean, kept}, {squares, kept}}, b.dims(tensor), element,
                                   [&](ValueRange s) -> SmallVector<Value> {
                                     Value deviation = math::SqrtOp::create(b, divF(b, s[2], count));
                                     return {divF(b, subF(b, s[0], s[1]), addF(b, deviation, b.scalar(element, 1e-9)))};
                                   }));
}

LogicalResult aimc::onnx::lowerLpNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), axis = normalizeAxis(node.getInt("axis", -1), rank);
  Type element = getElement(tensor);
  bool square = node.getInt("p", 2) == 2;
  Value zero = b.scalar(element, 0);
  Value sums = b.sum(tensor, axis, [&](Value x) { return square ? mulF(b, x, x) : Value(math::AbsFOp::create(b, x)); });
  return b.replace(node, b.compute({{tensor, b.getMultiDimIdentityMap(rank)}, {sums, b.withoutAxes(rank, axis)}},
                                   b.dims(tensor), element, [&](ValueRange s) -> SmallVector<Value> {
                                     Value length = square ? Value(math::SqrtOp::create(b, s[1])) : s[1];
                                     Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, length, zero);
                                     return {arith::SelectOp::create(b, isZero, zero, divF(b, s[0], length))};
                                   }));
}
