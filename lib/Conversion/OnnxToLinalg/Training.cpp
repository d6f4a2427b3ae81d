//===- Training.cpp - steps of optimizers (ai.onnx.preview.training) --------------------------------------------===//
//
// Elementwise functions of a tensor, its gradient and the optimizer's state, as ONNX's training operators define them.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Lowering.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// Arithmetic of scalars of one float type.
struct Arithmetic {
  Lowering &b;
  Type type;

  Value number(double value) const { return b.scalar(type, value); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, x, y); }
};
} // namespace

/// Replaces the node, whose operands are the learning rate, the step's number and `kinds` groups of equally many tensors. The
/// payload makes the next values of the first tensor and of the states (all but the second) from one element of each group.
static LogicalResult lowerStep(NodeOp node, ValueRange inputs, size_t kinds, Lowering &b,
                               llvm::function_ref<SmallVector<Value>(const Arithmetic &, ValueRange)> payload) {
  size_t count = (inputs.size() - 2) / kinds;
  SmallVector<Value> results((kinds - 1) * count);
  for (size_t i = 0; i < count; ++i) {
    Value tensor = inputs[2 + i];
    Type element = getElement(tensor);
    AffineMap map = b.getMultiDimIdentityMap(getRank(tensor));
    SmallVector<Access> operands, outputs;
    for (size_t kind = 0; kind < kinds; ++kind) {
      operands.push_back({inputs[2 + kind * count + i], map});
      if (kind > 0)
        outputs.push_back({b.empty(b.dims(tensor), element), map});
    }
    SmallVector<Value> next =
        b.generic(operands, outputs, [&](ValueRange s) { return payload({b, element}, s.take_front(kinds)); });
    for (auto [kind, value] : llvm::enumerate(next))
      results[kind * count + i] = value;
  }
  return b.replace(node, results);
}

/// The learning rate or step's number as a float of type `type`.
static Value readNumber(NodeOp node, ValueRange inputs, unsigned index, Type type, Lowering &b) {
  return castScalar(b, b.extractScalar(inputs[index]), b.getElementType(node.getInputs()[index]), type);
}

/// Gradient plus that of norm_coefficient · x² / 2.
static Value regularize(NodeOp node, const Arithmetic &a, Value x, Value gradient) {
  return a.add(a.mul(a.number(node.getFloat("norm_coefficient", 0)), x), gradient);
}

LogicalResult aimc::onnx::lowerAdagrad(NodeOp node, ValueRange inputs, Lowering &b) {
  Arithmetic outer{b, getElement(inputs[2])};
  Value rate = readNumber(node, inputs, 0, outer.type, b), step = readNumber(node, inputs, 1, outer.type, b);
  rate = outer.div(rate, outer.add(outer.number(1), outer.mul(step, outer.number(node.getFloat("decay_factor", 0)))));
  return lowerStep(node, inputs, 3, b, [&](const Arithmetic &a, ValueRange s) -> SmallVector<Value> {
    Value gradient = regularize(node, a, s[0], s[1]), squares = a.add(s[2], a.mul(gradient, gradient));
    Value root = a.add(math::SqrtOp::create(b, squares), a.number(node.getFloat("epsilon", 1e-6f)));
    return {a.sub(s[0], a.div(a.mul(rate, gradient), root)), squares};
  });
}

LogicalResult aimc::onnx::lowerAdam(NodeOp node, ValueRange inputs, Lowering &b) {
  Arithmetic outer{b, getElement(inputs[2])};
  double alpha = node.getFloat("alpha", 0.9f), beta = node.getFloat("beta", 0.999f);
  Value rate = readNumber(node, inputs, 0, outer.type, b), step = readNumber(node, inputs, 1, outer.type, b);
  // 1 - a^t, for the bias of the first steps.
  auto remainder = [&](double base) { return outer.sub(outer.number(1), math::PowFOp::create(b, outer.number(base), step)); };
  Value corrected = outer.div(outer.mul(rate, math::SqrtOp::create(b, remainder(beta))), remainder(alpha));
  Value later = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, step, outer.number(0));
  rate = arith::SelectOp::create(b, later, corrected, rate);
  return lowerStep(node, inputs, 4, b, [&](const Arithmetic &a, ValueRange s) -> SmallVector<Value> {
    Value gradient = regularize(node, a, s[0], s[1]);
    auto mix = [&](double share, Value old, Value fresh) {
      return a.add(a.mul(a.number(share), old), a.mul(a.number(1 - share), fresh));
    };
    Value momentum = mix(alpha, s[2], gradient), squares = mix(beta, s[3], a.mul(gradient, gradient));
    Value root = a.add(math::SqrtOp::create(b, squares), a.number(node.getFloat("epsilon", 1e-6f)));
    Value next = a.sub(s[0], a.mul(rate, a.div(momentum, root)));
    return {a.mul(a.number(1 - double(node.getFloat("norm_coefficient_post", 0))), next), momentum, squares};
  });
}

LogicalResult aimc::onnx::lowerMomentum(NodeOp node, ValueRange inputs, Lowering &b) {
  Arithmetic outer{b, getElement(inputs[2])};
  Value rate = readNumber(node, inputs, 0, outer.type, b), step = readNumber(node, inputs, 1, outer.type, b);
  // The first step takes the gradient whole.
  Value later = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, step, outer.number(0));
  Value share = arith::SelectOp::create(b, later, outer.number(node.getFloat("beta", 0)), outer.number(1));
  bool isNesterov = node.getString("mode", "standard") == "nesterov";
  return lowerStep(node, inputs, 3, b, [&](const Arithmetic &a, ValueRange s) -> SmallVector<Value> {
    Value alpha = a.number(node.getFloat("alpha", 0)), gradient = regularize(node, a, s[0], s[1]);
    Value momentum = a.add(a.mul(alpha, s[2]), a.mul(share, gradient));
    Value direction = isNesterov ? a.add(gradient, a.mul(alpha, momentum)) : momentum;
    return {a.sub(s[0], a.mul(rate, direction)), momentum};
  });
}
