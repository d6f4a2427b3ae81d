//===- Elementwise.cpp - operators on single elements, with NumPy's broadcasting --------------------------------===//
//
// A NaN that goes in comes out, as in NumPy: max, min, clip and ReLU use arith.maximumf and arith.minimumf, not maxnumf.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Operations.h"

#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace aimc::onnx;

/// What a scalar payload is made from: the node for its attributes, and the operands' element type with its signedness.
namespace {
struct Scalars {
  mutable NodeOp node;
  Lowering &b;
  ValueRange in;
  Type element; // of operand 0, as ONNX has it

  bool isFloat() const { return isa<FloatType>(element); }
  bool isUnsigned() const { return element.isUnsignedInteger() || element.isInteger(1); }
  Value x() const { return in[0]; }
  Value y() const { return in[1]; }
  Type type() const { return in[0].getType(); }
  Value number(double value) const { return b.scalar(type(), value); }
  Value attribute(StringRef name, float otherwise) const { return number(node.getFloat(name, otherwise)); }
};
} // namespace

using ScalarFunction = Value (*)(const Scalars &s);

//===--- Small expressions ---===//

static Value add(const Scalars &s, Value a, Value b) {
  return s.isFloat() ? Value(arith::AddFOp::create(s.b, a, b)) : Value(arith::AddIOp::create(s.b, a, b));
}

static Value sub(const Scalars &s, Value a, Value b) {
  return s.isFloat() ? Value(arith::SubFOp::create(s.b, a, b)) : Value(arith::SubIOp::create(s.b, a, b));
}

static Value mul(const Scalars &s, Value a, Value b) {
  return s.isFloat() ? Value(arith::MulFOp::create(s.b, a, b)) : Value(arith::MulIOp::create(s.b, a, b));
}

static Value max(const Scalars &s, Value a, Value b) {
  if (s.isFloat())
    return arith::MaximumFOp::create(s.b, a, b);
  return s.isUnsigned() ? Value(arith::MaxUIOp::create(s.b, a, b)) : Value(arith::MaxSIOp::create(s.b, a, b));
}

static Value min(const Scalars &s, Value a, Value b) {
  if (s.isFloat())
    return arith::MinimumFOp::create(s.b, a, b);
  return s.isUnsigned() ? Value(arith::MinUIOp::create(s.b, a, b)) : Value(arith::MinSIOp::create(s.b, a, b));
}

/// Compares as the element type asks; the integer predicate is the signed one.
static Value compare(const Scalars &s, arith::CmpFPredicate floats, arith::CmpIPredicate integers, Value a, Value b) {
  using P = arith::CmpIPredicate;
  if (s.isFloat())
    return arith::CmpFOp::create(s.b, floats, a, b);
  if (s.isUnsigned())
    integers = integers == P::sgt   ? P::ugt
               : integers == P::sge ? P::uge
               : integers == P::slt ? P::ult
               : integers == P::sle ? P::ule
                                    : integers;
  return arith::CmpIOp::create(s.b, integers, a, b);
}

static Value isPositive(const Scalars &s, Value x) {
  return compare(s, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, x, s.b.scalar(x.getType(), 0));
}

static Value select(const Scalars &s, Value condition, Value a, Value b) {
  return arith::SelectOp::create(s.b, condition, a, b);
}

static Value exp(const Scalars &s, Value x) { return math::ExpOp::create(s.b, x); }

static Value div(const Scalars &s, Value a, Value b) {
  if (s.isFloat())
    return arith::DivFOp::create(s.b, a, b);
  // x / 0 = x instead of a trap; signed minimum / -1 wraps.
  Value zero = s.number(0), one = s.b.integer(s.type(), 1);
  Value divisor = select(s, arith::CmpIOp::create(s.b, arith::CmpIPredicate::eq, b, zero), one, b);
  if (s.isUnsigned())
    return arith::DivUIOp::create(s.b, a, divisor);
  Value minusOne = s.b.integer(s.type(), -1);
  Value negates = arith::CmpIOp::create(s.b, arith::CmpIPredicate::eq, divisor, minusOne);
  Value quotient = arith::DivSIOp::create(s.b, a, select(s, negates, one, divisor));
  return select(s, negates, arith::SubIOp::create(s.b, zero, a), quotient);
}

//===--- One operand ---===//

template <typename Op> static Value unaryFloat(const Scalars &s) { return Op::create(s.b, s.x()); }

/// Rounding of an integer is the integer.
template <typename Op> static Value unaryRounding(const Scalars &s) {
  return s.isFloat() ? Value(Op::create(s.b, s.x())) : s.x();
}

static Value scalarAbs(const Scalars &s) {
  if (s.isFloat())
    return math::AbsFOp::create(s.b, s.x());
  return s.isUnsigned() ? s.x() : Value(math::AbsIOp::create(s.b, s.x()));
}

static Value scalarNeg(const Scalars &s) {
  return s.isFloat() ? Value(arith::NegFOp::create(s.b, s.x())) : sub(s, s.number(0), s.x());
}

static Value scalarNot(const Scalars &s) { return arith::XOrIOp::create(s.b, s.x(), s.b.integer(s.type(), -1)); }

static Value scalarReciprocal(const Scalars &s) { return arith::DivFOp::create(s.b, s.number(1), s.x()); }

static Value scalarRelu(const Scalars &s) { return max(s, s.x(), s.number(0)); }

static Value scalarSigmoid(const Scalars &s) {
  Value exponential = exp(s, arith::NegFOp::create(s.b, s.x()));
  return arith::DivFOp::create(s.b, s.number(1), arith::AddFOp::create(s.b, exponential, s.number(1)));
}

static Value scalarSign(const Scalars &s) {
  Value zero = s.number(0);
  Value negative = compare(s, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, s.x(), zero);
  Value minusOne = s.isFloat() ? s.number(-1) : s.b.integer(s.type(), -1);
  // What is neither keeps its value: zero, or NaN.
  return select(s, isPositive(s, s.x()), s.number(1), select(s, negative, minusOne, s.x()));
}

static Value scalarLeakyRelu(const Scalars &s) {
  Value negative = compare(s, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, s.x(), s.number(0));
  return select(s, negative, mul(s, s.x(), s.attribute("alpha", 0.01f)), s.x());
}

/// x if x > 0 else alpha (e^(x / scale) - 1)
static Value exponentialBelowZero(const Scalars &s, Value argument, Value alpha) {
  return select(s, isPositive(s, s.x()), s.x(), mul(s, alpha, math::ExpM1Op::create(s.b, argument)));
}

static Value scalarElu(const Scalars &s) { return exponentialBelowZero(s, s.x(), s.attribute("alpha", 1.0f)); }

static Value scalarCelu(const Scalars &s) {
  Value alpha = s.attribute("alpha", 1.0f);
  return exponentialBelowZero(s, arith::DivFOp::create(s.b, s.x(), alpha), alpha);
}

static Value scalarSelu(const Scalars &s) {
  Value alpha = s.attribute("alpha", 1.67326319217681884765625f), gamma = s.attribute("gamma", 1.05070102214813232421875f);
  return mul(s, gamma, exponentialBelowZero(s, s.x(), alpha));
}

static Value scalarThresholdedRelu(const Scalars &s) {
  Value above = arith::CmpFOp::create(s.b, arith::CmpFPredicate::OGT, s.x(), s.attribute("alpha", 1.0f));
  return select(s, above, s.x(), s.number(0));
}

static Value hardSigmoid(const Scalars &s, Value alpha, Value beta) {
  Value line = add(s, mul(s, alpha, s.x()), beta);
  return min(s, max(s, line, s.number(0)), s.number(1));
}

static Value scalarHardSigmoid(const Scalars &s) {
  return hardSigmoid(s, s.attribute("alpha", 0.2f), s.attribute("beta", 0.5f));
}

static Value scalarHardSwish(const Scalars &s) { return mul(s, s.x(), hardSigmoid(s, s.number(1.0 / 6), s.number(0.5))); }

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), which does not overflow.
static Value softplus(const Scalars &s) {
  Value magnitude = math::AbsFOp::create(s.b, s.x());
  Value rest = math::Log1pOp::create(s.b, exp(s, arith::NegFOp::create(s.b, magnitude)));
  return add(s, max(s, s.x(), s.number(0)), rest);
}

static Value scalarSoftsign(const Scalars &s) {
  return arith::DivFOp::create(s.b, s.x(), add(s, s.number(1), math::AbsFOp::create(s.b, s.x())));
}

static Value scalarMish(const Scalars &s) { return mul(s, s.x(), math::TanhOp::create(s.b, softplus(s))); }

Value aimc::onnx::gelu(Lowering &b, Value x, bool tanhApproximation) {
  auto number = [&](double value) { return b.scalar(x.getType(), value); };
  auto times = [&](Value left, Value right) -> Value { return arith::MulFOp::create(b, left, right); };
  auto plus = [&](Value left, Value right) -> Value { return arith::AddFOp::create(b, left, right); };
  Value half = times(number(0.5), x);
  if (!tanhApproximation)
    return times(half, plus(number(1), math::ErfOp::create(b, times(x, number(0.7071067811865476)))));
  Value cube = times(times(x, x), x);
  Value argument = times(number(0.7978845608028654), plus(x, times(number(0.044715), cube)));
  return times(half, plus(number(1), math::TanhOp::create(b, argument)));
}

static Value scalarGelu(const Scalars &s) { return gelu(s.b, s.x(), s.node.getString("approximate", "none") == "tanh"); }

static Value scalarShrink(const Scalars &s) {
  Value zero = s.number(0), lambd = s.attribute("lambd", 0.5f), bias = s.attribute("bias", 0.0f);
  Value below = compare(s, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, s.x(), sub(s, zero, lambd));
  Value above = compare(s, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, s.x(), lambd);
  return select(s, below, add(s, s.x(), bias), select(s, above, sub(s, s.x(), bias), zero));
}

static Value scalarSwish(const Scalars &s) {
  Value exponential = exp(s, arith::NegFOp::create(s.b, mul(s, s.attribute("alpha", 1.0f), s.x())));
  return arith::DivFOp::create(s.b, s.x(), add(s, exponential, s.number(1)));
}

static Value scalarIsNaN(const Scalars &s) { return arith::CmpFOp::create(s.b, arith::CmpFPredicate::UNO, s.x(), s.x()); }

static Value scalarIsInf(const Scalars &s) {
  auto equals = [&](StringRef attribute, bool positive) -> Value {
    if (!s.node.getInt(attribute, 1))
      return s.b.integer(s.b.getI1Type(), 0);
    return arith::CmpFOp::create(s.b, arith::CmpFPredicate::OEQ, s.x(), s.b.extreme(s.type(), positive, false));
  };
  return arith::OrIOp::create(s.b, equals("detect_positive", true), equals("detect_negative", false));
}

//===--- Several operands ---===//

template <Value (*combine)(const Scalars &, Value, Value)> static Value fold(const Scalars &s) {
  Value result = s.x();
  for (Value next : s.in.drop_front())
    result = combine(s, result, next);
  return result;
}

static Value scalarMean(const Scalars &s) {
  return arith::DivFOp::create(s.b, fold<add>(s), s.number(static_cast<double>(s.in.size())));
}

/// fmod = 1: the dividend's sign, as C's; else the divisor's, as Python's.
static Value scalarMod(const Scalars &s) {
  if (s.isFloat()) {
    Value remainder = arith::RemFOp::create(s.b, s.x(), s.y());
    return remainder;
  }
  Value zero = s.number(0);
  Value isZero = arith::CmpIOp::create(s.b, arith::CmpIPredicate::eq, s.y(), zero);
  Value divisor = select(s, isZero, s.b.integer(s.type(), 1), s.y());
  if (s.isUnsigned())
    return arith::RemUIOp::create(s.b, s.x(), divisor);
  // The remainder by -1 is 0, but the division behind it may trap.
  Value negates = arith::CmpIOp::create(s.b, arith::CmpIPredicate::eq, divisor, s.b.integer(s.type(), -1));
  Value remainder = arith::RemSIOp::create(s.b, s.x(), select(s, negates, s.b.integer(s.type(), 1), divisor));
  if (s.node.getInt("fmod", 0))
    return remainder;
  Value signs = arith::XOrIOp::create(s.b, remainder, divisor);
  Value differ = arith::CmpIOp::create(s.b, arith::CmpIPredicate::slt, signs, zero);
  Value nonzero = arith::CmpIOp::create(s.b, arith::CmpIPredicate::ne, remainder, zero);
  return select(s, arith::AndIOp::create(s.b, differ, nonzero), add(s, remainder, divisor), remainder);
}

/// The exponent as a number when it is a constant.
static std::optional<double> getConstantNumber(Value value) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return static_cast<double>(integer.getValue().getSExtValue());
  return std::nullopt;
}

static Value scalarPow(const Scalars &s) {
  std::optional<double> exponent = getConstantNumber(s.y());
  if (exponent == 1)
    return s.x();
  if (exponent == 2)
    return mul(s, s.x(), s.x());
  if (exponent == 3)
    return mul(s, mul(s, s.x(), s.x()), s.x());
  if (exponent == 0.5 && s.isFloat())
    return math::SqrtOp::create(s.b, s.x());
  if (exponent == -1 && s.isFloat())
    return scalarReciprocal(s);
  Type exponentType = s.b.getElementType(s.node.getInputs()[1]);
  if (s.isFloat())
    return math::PowFOp::create(s.b, s.x(), castScalar(s.b, s.y(), exponentType, s.element));
  return math::IPowIOp::create(s.b, s.x(), castScalar(s.b, s.y(), exponentType, s.element));
}

static Value scalarPRelu(const Scalars &s) {
  Value negative = compare(s, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, s.x(), s.number(0));
  return select(s, negative, mul(s, s.x(), s.y()), s.x());
}

static Value scalarBitShift(const Scalars &s) {
  Value width = s.b.integer(s.type(), s.type().getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(s.b, arith::CmpIPredicate::ult, s.y(), width);
  Value amount = select(s, inside, s.y(), s.number(0));
  Value shifted = s.node.getString("direction", "LEFT") == "LEFT" ? Value(arith::ShLIOp::create(s.b, s.x(), amount))
                                                                  : Value(arith::ShRUIOp::create(s.b, s.x(), amount));
  return select(s, inside, shifted, s.number(0));
}

template <typename Op> static Value binary(const Scalars &s) { return Op::create(s.b, s.x(), s.y()); }

template <arith::CmpFPredicate floats, arith::CmpIPredicate integers> static Value comparison(const Scalars &s) {
  return compare(s, floats, integers, s.x(), s.y());
}

static Value scalarWhere(const Scalars &s) { return arith::SelectOp::create(s.b, s.in[0], s.in[1], s.in[2]); }

//===--- The table ---===//

static ScalarFunction findScalarFunction(StringRef name) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  static const llvm::StringMap<ScalarFunction> functions = {
      {"Abs", scalarAbs},
      {"Acos", unaryFloat<math::AcosOp>},
      {"Acosh", unaryFloat<math::AcoshOp>},
      {"Add", fold<add>},
      {"And", binary<arith::AndIOp>},
      {"Asin", unaryFloat<math::AsinOp>},
      {"Asinh", unaryFloat<math::AsinhOp>},
      {"Atan", unaryFloat<math::AtanOp>},
      {"Atanh", unaryFloat<math::AtanhOp>},
      {"BitShift", scalarBitShift},
      {"BitwiseAnd", binary<arith::AndIOp>},
      {"BitwiseNot", scalarNot},
      {"BitwiseOr", binary<arith::OrIOp>},
      {"BitwiseXor", binary<arith::XOrIOp>},
      {"Ceil", unaryRounding<math::CeilOp>},
      {"Celu", scalarCelu},
      {"Cos", unaryFloat<math::CosOp>},
      {"Cosh", unaryFloat<math::CoshOp>},
      {"Div", fold<div>},
      {"Elu", scalarElu},
      {"Equal", comparison<F::OEQ, I::eq>},
      {"Erf", unaryFloat<math::ErfOp>},
      {"Exp", unaryFloat<math::ExpOp>},
      {"Floor", unaryRounding<math::FloorOp>},
      {"Gelu", scalarGelu},
      {"Greater", comparison<F::OGT, I::sgt>},
      {"GreaterOrEqual", comparison<F::OGE, I::sge>},
      {"HardSigmoid", scalarHardSigmoid},
      {"HardSwish", scalarHardSwish},
      {"IsInf", scalarIsInf},
      {"IsNaN", scalarIsNaN},
      {"LeakyRelu", scalarLeakyRelu},
      {"Less", comparison<F::OLT, I::slt>},
      {"LessOrEqual", comparison<F::OLE, I::sle>},
      {"Log", unaryFloat<math::LogOp>},
      {"Max", fold<max>},
      {"Mean", scalarMean},
      {"Min", fold<min>},
      {"Mish", scalarMish},
      {"Mod", scalarMod},
      {"Mul", fold<mul>},
      {"Neg", scalarNeg},
      {"Not", scalarNot},
      {"Or", binary<arith::OrIOp>},
      {"PRelu", scalarPRelu},
      {"Pow", scalarPow},
      {"Reciprocal", scalarReciprocal},
      {"Relu", scalarRelu},
      {"Round", unaryRounding<math::RoundEvenOp>},
      {"Selu", scalarSelu},
      {"Shrink", scalarShrink},
      {"Sigmoid", scalarSigmoid},
      {"Sign", scalarSign},
      {"Sin", unaryFloat<math::SinOp>},
      {"Sinh", unaryFloat<math::SinhOp>},
      {"Softplus", softplus},
      {"Softsign", scalarSoftsign},
      {"Sqrt", unaryFloat<math::SqrtOp>},
      {"Sub", fold<sub>},
      {"Sum", fold<add>},
      {"Swish", scalarSwish},
      {"Tan", unaryFloat<math::TanOp>},
      {"Tanh", unaryFloat<math::TanhOp>},
      {"ThresholdedRelu", scalarThresholdedRelu},
      {"Where", scalarWhere},
      {"Xor", binary<arith::XOrIOp>},
  };
  return functions.lookup(name);
}

LogicalResult aimc::onnx::lowerElementwise(NodeOp node, ValueRange inputs, Lowering &b) {
  ScalarFunction function = findScalarFunction(node.getOpType());
  assert(function && "an elementwise row of the operator table without its scalar function");
  Type element = b.getElementType(node.getInputs().front());
  Type result = getSignlessType(getElementTypeOrSelf(node.getResult(0).getType()));
  return b.replace(node, b.broadcast(inputs, result, [&](ValueRange scalars) -> SmallVector<Value> {
    return {function(Scalars{node, b, scalars, element})};
  }));
}

LogicalResult aimc::onnx::lowerAligned(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t rank = getRank(inputs[0]), operandRank = getRank(inputs[1]);
  Sizes sizes = b.dims(inputs[1]);
  sizes.append(rank - getAlignedAxis(node, rank, operandRank) - operandRank, b.size(1));
  return lowerElementwise(node, {inputs[0], b.reshape(inputs[1], sizes)}, b);
}

LogicalResult aimc::onnx::lowerClip(NodeOp node, ValueRange inputs, Lowering &b) {
  Type element = b.getElementType(node.getInputs().front());
  SmallVector<Value> limits;
  for (auto [index, name] : {std::pair(1, "min"), std::pair(2, "max")}) {
    Value limit = getOptional(inputs, index);
    if (auto number = dyn_cast_or_null<FloatAttr>(node.getNodeAttr(name)))
      limits.push_back(b.scalar(getSignlessType(element), number.getValueAsDouble()));
    else
      limits.push_back(limit ? b.extractScalar(limit) : Value());
  }
  return b.replace(node, b.broadcast(inputs.front(), getSignlessType(element), [&](ValueRange scalars) -> SmallVector<Value> {
    Scalars s{node, b, scalars, element};
    Value result = s.x();
    if (limits[0])
      result = max(s, result, limits[0]);
    if (limits[1])
      result = min(s, result, limits[1]);
    return {result};
  }));
}

//===------------------------------------------------------------------------------------------------------------===//
// Element types
//===------------------------------------------------------------------------------------------------------------===//

static Value floatToInteger(Lowering &b, Value value, IntegerType to) {
  auto from = cast<FloatType>(value.getType());
  unsigned width = to.getWidth();
  Type signless = getSignlessType(to);
  // Half precision overflows before the widest integers do: convert through single precision.
  if (from.getWidth() < 32)
    return floatToInteger(b, arith::ExtFOp::create(b, b.getF32Type(), value), to);
  APInt least = to.isUnsigned() ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  APInt most = to.isUnsigned() ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  auto bound = [&](const APInt &limit) {
    APFloat number(from.getFloatSemantics());
    number.convertFromAPInt(limit, !to.isUnsigned(), APFloat::rmTowardZero);
    return Value(arith::ConstantOp::create(b, FloatAttr::get(from, number)));
  };
  Value low = bound(least), high = bound(most);
  Value number = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, value, value);
  Value finite = arith::SelectOp::create(b, number, value, b.scalar(from, 0));
  Value clamped = arith::MaximumFOp::create(b, arith::MinimumFOp::create(b, finite, high), low);
  Value result = to.isUnsigned() ? Value(arith::FPToUIOp::create(b, signless, clamped))
                                 : Value(arith::FPToSIOp::create(b, signless, clamped));
  // The float below the largest integer may be less than it.
  Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, value, high);
  Value largest = arith::ConstantOp::create(b, IntegerAttr::get(signless, most));
  return arith::SelectOp::create(b, above, largest, result);
}

Value aimc::onnx::castScalar(Lowering &b, Value value, Type from, Type to) {
  if (from == to)
    return value;
  Type signless = getSignlessType(to);
  bool fromUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  if (to.isInteger(1)) {
    if (isa<FloatType>(from))
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, b.scalar(from, 0));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, b.integer(value.getType(), 0));
  }
  if (auto fromFloat = dyn_cast<FloatType>(from)) {
    auto toFloat = dyn_cast<FloatType>(to);
    if (!toFloat)
      return floatToInteger(b, value, cast<IntegerType>(to));
    if (fromFloat.getWidth() < toFloat.getWidth())
      return arith::ExtFOp::create(b, to, value);
    if (fromFloat.getWidth() > toFloat.getWidth())
      return arith::TruncFOp::create(b, to, value);
    return arith::TruncFOp::create(b, to, arith::ExtFOp::create(b, b.getF32Type(), value)); // f16 and bf16
  }
  if (isa<FloatType>(to))
    return fromUnsigned ? Value(arith::UIToFPOp::create(b, to, value)) : Value(arith::SIToFPOp::create(b, to, value));
  unsigned fromWidth = from.getIntOrFloatBitWidth(), toWidth = to.getIntOrFloatBitWidth();
  if (fromWidth == toWidth)
    return value;
  if (fromWidth > toWidth)
    return arith::TruncIOp::create(b, signless, value);
  return fromUnsigned ? Value(arith::ExtUIOp::create(b, signless, value)) : Value(arith::ExtSIOp::create(b, signless, value));
}

/// The low 4 bits of a number as a byte, their highest a sign if `isSigned`; floats are rounded first, halves away from zero,
/// as ONNX Runtime does.
static Value castToNibble(Lowering &b, Value value, Type from, bool isSigned) {
  Type i8 = b.getI8Type();
  if (isa<FloatType>(from)) {
    value = castScalar(b, math::RoundOp::create(b, value), from, b.getI64Type());
    from = b.getI64Type();
  }
  value = castScalar(b, value, from, i8);
  if (!isSigned)
    return arith::AndIOp::create(b, value, b.integer(i8, 15));
  Value four = b.integer(i8, 4);
  return arith::ShRSIOp::create(b, arith::ShLIOp::create(b, value, four), four);
}

LogicalResult aimc::onnx::lowerCast(NodeOp node, ValueRange inputs, Lowering &b) {
  Type from = b.getElementType(node.getInputs().front());
  Type to = getElementTypeOrSelf(node.getResult(0).getType());
  int64_t number = node.getOpType() == "Cast" ? node.getInt("to", 0) : 0;
  bool isNibble = number == 21 || number == 22;
  if (isNibble && from.isIntOrFloat())
    return b.replace(node, b.broadcast(inputs.front(), b.getI8Type(), [&](ValueRange scalars) -> SmallVector<Value> {
      return {castToNibble(b, scalars[0], from, /*isSigned=*/number == 22)};
    }));
  if (from == to)
    return b.replace(node, inputs.front());
  if (!from.isIntOrFloat() || !to.isIntOrFloat())
    return b.error(node) << "cannot convert elements of type " << from << " to " << to;
  return b.replace(node, b.broadcast(inputs.front(), getSignlessType(to), [&](ValueRange scalars) -> SmallVector<Value> {
    return {castScalar(b, scalars[0], from, to)};
  }));
}
