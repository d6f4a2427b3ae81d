//===- Losses.cpp - NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss, Hardmax ---------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace aimc::onnx;

/// Logarithms of the softmax along dimension 1.
static Value logSoftmax(Value tensor, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor);
  AffineMap identity = b.getMultiDimIdentityMap(rank), kept = b.withoutAxes(rank, 1);
  Value most = b.reduce(tensor, 1, b.extreme(element, false, false),
                        [&](Value x, Value sum) -> Value { return arith::MaximumFOp::create(b, sum, x); });
  Value differences = b.compute({{tensor, identity}, {most, kept}}, b.dims(tensor), element,
                                [&](ValueRange s) -> SmallVector<Value> { return {arith::SubFOp::create(b, s[0], s[1])}; });
  Value sum = b.reduce(differences, 1, b.scalar(element, 0),
                       [&](Value x, Value sum) -> Value { return arith::AddFOp::create(b, sum, math::ExpOp::create(b, x)); });
  return b.compute({{differences, identity}, {sum, kept}}, b.dims(tensor), element, [&](ValueRange s) -> SmallVector<Value> {
    return {arith::SubFOp::create(b, s[0], math::LogOp::create(b, s[1]))};
  });
}

/// -weight[t] · scores[n, t, d…] for the target t = target[n, d…], reduced as the node says.
static Value negativeLikelihood(NodeOp node, Value scores, Value target, Value weight, Lowering &b) {
  int64_t rank = getRank(target);
  Type element = getElement(scores);
  StringRef reduction = node.getString("reduction", "mean");
  Value zero = b.scalar(element, 0), one = b.scalar(element, 1), classes = b.asIndex(b.dim(scores, 1));
  bool ignores = static_cast<bool>(node.getNodeAttr("ignore_index"));
  Type targetType = b.getElementType(node.getInputs()[1]);
  Value ignored = b.integer(b.getI64Type(), node.getInt("ignore_index", 0));
  Sizes wanted = b.dims(scores);
  wanted.erase(wanted.begin() + 1);
  expectSizes(target, wanted, "there must be a target for each sample and place", b);
  if (weight)
    b.expectEqual(b.dim(weight, 0), b.dim(scores, 1), "there must be a weight for each class");
  Access targets{target, b.getMultiDimIdentityMap(rank)};
  auto weigh = [&](Value t) -> Value {
    Value place = clampInto(wrapNegative(toIndex(t, targetType, b), classes, b), classes, b);
    Value own = weight ? Value(tensor::ExtractOp::create(b, weight, place)) : one;
    if (!ignores)
      return own;
    Value skip = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, castScalar(b, t, targetType, b.getI64Type()), ignored);
    return arith::SelectOp::create(b, skip, zero, own);
  };
  Value weights =
      b.compute(targets, b.dims(target), element, [&](ValueRange s) -> SmallVector<Value> { return {weigh(s[0])}; });
  Access weightAccess{weights, b.getMultiDimIdentityMap(rank)};
  Value losses = b.compute({targets, weightAccess}, b.dims(target), element, [&](ValueRange s) -> SmallVector<Value> {
    Value place = clampInto(wrapNegative(toIndex(s[0], targetType, b), classes, b), classes, b);
    SmallVector<Value> position;
    for (int64_t i = 0; i < rank; ++i)
      position.push_back(linalg::IndexOp::create(b, i));
    position.insert(position.begin() + 1, place);
    Value score = tensor::ExtractOp::create(b, scores, position);
    Value term = arith::NegFOp::create(b, arith::MulFOp::create(b, s[1], score));
    Value counts = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, s[1], zero);
    return {arith::SelectOp::create(b, counts, term, zero)};
  });
  if (reduction == "none")
    return losses;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  auto sum = [&](Value tensor) {
    return b.reduce(tensor, axes, zero, [&](Value x, Value sum) -> Value { return arith::AddFOp::create(b, sum, x); });
  };
  Value total = sum(losses);
  if (reduction == "sum")
    return total;
  return b.broadcast({total, sum(weights)}, element,
                     [&](ValueRange s) -> SmallVector<Value> { return {arith::DivFOp::create(b, s[0], s[1])}; });
}

LogicalResult aimc::onnx::lowerLoss(NodeOp node, ValueRange inputs, Lowering &b) {
  if (!isa<FloatType>(getElement(inputs[0])))
    return b.error(node) << "needs float scores, not " << inputs[0].getType();
  bool softmax = node.getOpType() == "SoftmaxCrossEntropyLoss";
  Value scores = softmax ? logSoftmax(inputs[0], b) : inputs[0];
  SmallVector<Value> results{negativeLikelihood(node, scores, inputs[1], getOptional(inputs, 2), b)};
  if (softmax)
    results.push_back(scores);
  results.resize(node.getNumResults());
  return b.replace(node, results);
}

LogicalResult aimc::onnx::lowerHardmax(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  Sizes own = b.dims(tensor);
  bool flattens = node.getOpset() < 13;
  int64_t axis = normalizeAxis(node.getInt("axis", flattens ? 1 : -1), own.size());
  if (flattens) { // everything from the axis on is one vector
    tensor =
        b.reshape(tensor, {b.product(ArrayRef<Size>(own).take_front(axis)), b.product(ArrayRef<Size>(own).drop_front(axis))});
    axis = 1;
  }
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor), i64 = b.getI64Type();
  AffineMap identity = b.getMultiDimIdentityMap(rank), kept = b.withoutAxes(rank, axis);
  Sizes sizes = b.dims(tensor), outer = sizes;
  outer.erase(outer.begin() + axis);
  Access bests{b.filled(outer, b.extreme(element, false, false)), kept}, places{b.filled(outer, b.integer(i64, 0)), kept};
  Value place = b.generic(Access{tensor, identity}, {bests, places}, [&](ValueRange s) -> SmallVector<Value> {
    Value better = isBefore(s[0], s[1], element, true, b);
    Value index = b.castIndex(linalg::IndexOp::create(b, axis), i64);
    return {arith::SelectOp::create(b, better, s[0], s[1]), arith::SelectOp::create(b, better, index, s[2])};
  })[1];
  Value one = b.scalar(element, 1), zero = b.scalar(element, 0);
  Value result = b.compute(Access{place, kept}, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    Value index = b.castIndex(linalg::IndexOp::create(b, axis), i64);
    return {arith::SelectOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[0], index), one, zero)};
  });
  return b.replace(node, b.reshape(result, own));
}
