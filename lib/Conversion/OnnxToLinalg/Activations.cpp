//===- Activations.cpp - functions of one number that other operators name --------------------------------------===//
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace aimc::onnx;
using A = Activation;

Activation aimc::onnx::getActivation(StringRef name) {
  return llvm::StringSwitch<Activation>(name)
      .CaseLower("affine", {A::Affine, 1.0f, 0.0f})
      .CaseLower("elu", {A::Elu, 1.0f, 0.0f})
      .CaseLower("hardsigmoid", {A::HardSigmoid, 0.2f, 0.5f})
      .CaseLower("leakyrelu", {A::LeakyRelu, 0.01f, 0.0f})
      .CaseLower("relu", {A::Relu})
      .CaseLower("scaledtanh", {A::ScaledTanh, 1.0f, 1.0f})
      .CaseLower("sigmoid", {A::Sigmoid})
      .CaseLower("softplus", {A::Softplus})
      .CaseLower("softsign", {A::Softsign})
      .CaseLower("tanh", {A::Tanh})
      .CaseLower("thresholdedrelu", {A::ThresholdedRelu, 1.0f, 0.0f})
      .Default({});
}

bool Activation::hasAlpha() const {
  return kind == Affine || kind == Elu || kind == HardSigmoid || kind == LeakyRelu || kind == ScaledTanh ||
         kind == ThresholdedRelu;
}

bool Activation::hasBeta() const { return kind == Affine || kind == HardSigmoid || kind == ScaledTanh; }

Value aimc::onnx::activate(Lowering &b, const Activation &activation, Value x) {
  auto number = [&](double value) { return b.scalar(x.getType(), value); };
  auto add = [&](Value left, Value right) -> Value { return arith::AddFOp::create(b, left, right); };
  auto mul = [&](Value left, Value right) -> Value { return arith::MulFOp::create(b, left, right); };
  Value zero = number(0), one = number(1), alpha = number(activation.alpha), beta = number(activation.beta);
  auto exp = [&](Value value) -> Value { return math::ExpOp::create(b, value); };
  auto tanh = [&](Value value) -> Value { return math::TanhOp::create(b, value); };
  auto divide = [&](Value left, Value right) -> Value { return arith::DivFOp::create(b, left, right); };
  auto select = [&](arith::CmpFPredicate predicate, Value limit, Value yes, Value no) -> Value {
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, predicate, x, limit), yes, no);
  };
  switch (activation.kind) {
  case Activation::Affine:
    return add(mul(alpha, x), beta);
  case Activation::Elu:
    return select(arith::CmpFPredicate::OLT, zero, mul(alpha, math::ExpM1Op::create(b, x)), x);
  case Activation::HardSigmoid:
    return arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, add(mul(alpha, x), beta), zero), one);
  case Activation::LeakyRelu:
    return select(arith::CmpFPredicate::OLT, zero, mul(alpha, x), x);
  case Activation::Relu:
    return arith::MaximumFOp::create(b, x, zero);
  case Activation::ScaledTanh:
    return mul(alpha, tanh(mul(beta, x)));
  case Activation::Sigmoid:
    return divide(one, add(exp(arith::NegFOp::create(b, x)), one));
  case Activation::Softplus: {
    Value rest = math::Log1pOp::create(b, exp(arith::NegFOp::create(b, math::AbsFOp::create(b, x))));
    return add(arith::MaximumFOp::create(b, x, zero), rest);
  }
  case Activation::Softsign:
    return divide(x, add(one, math::AbsFOp::create(b, x)));
  case Activation::Tanh:
    return tanh(x);
  case Activation::ThresholdedRelu:
    return select(arith::CmpFPredicate::OGE, alpha, x, zero);
  case Activation::Unknown:
    break;
  }
  llvm_unreachable("activations are checked when the attributes are read");
}
