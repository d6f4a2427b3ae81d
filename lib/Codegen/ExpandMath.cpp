//===- ExpandMath.cpp - mathematical functions become arithmetic ------------------------------------------------===//
//
// Each function is range reduction, a polynomial and reconstruction; special values go through selects, so that loops
// vectorize. Functions whose float32 form would lose digits inside (pow, trigonometric ones, inverses) compute in float64 and
// round once.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include "aimc/Codegen/Passes.h"

#include <cmath>

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTEXPANDMATHPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

namespace {
/// Arithmetic on scalars of one type, float32 or float64, and the functions built from it.
class Functions {
public:
  Functions(OpBuilder &builder, Location loc, FloatType type) : b(loc, builder), type(type), single(type.isF32()) {}

  Value exp(Value x) { return keepNan(x, exponential(clamped(x), /*minusOne=*/false)); }
  Value exp2(Value x);
  Value expm1(Value x);
  Value log(Value x);
  Value log1p(Value x);
  Value log2(Value x) { return mul(log(x), c(M_LOG2E)); }
  Value log10(Value x) { return mul(log(x), c(M_LOG10E)); }
  Value pow(Value x, Value y);
  Value cbrt(Value x) { return copySign(exp(div(log(abs(x)), c(3.0))), x); }
  Value tanh(Value x);
  Value sinh(Value x);
  Value cosh(Value x);
  Value asinh(Value x);
  Value acosh(Value x);
  Value atanh(Value x);
  Value sin(Value x) { return sinOrCos(x, 0); }
  Value cos(Value x) { return sinOrCos(x, 1); }
  Value tan(Value x) { return div(sin(x), cos(x)); }
  Value atan(Value x);
  Value atan2(Value y, Value x);
  Value asin(Value x) { return atan(div(x, sqrt(mul(sub(c(1), x), add(c(1), x))))); }
  Value acos(Value x) { return mul(c(2), atan(sqrt(div(sub(c(1), x), add(c(1), x))))); }
  Value erf(Value x);
  Value erfc(Value x);
  Value rem(Value x, Value y);
  Value rsqrt(Value x) { return div(c(1), sqrt(x)); }
  Value round(Value x);

private:
  Value c(double value) { return arith::ConstantOp::create(b, FloatAttr::get(type, value)); }
  Value i(int64_t value) { return arith::ConstantOp::create(b, IntegerAttr::get(intType(), value)); }
  Type intType() { return b.getIntegerType(single ? 32 : 64); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value fma(Value x, Value y, Value z) { return math::FmaOp::create(b, x, y, z); }
  Value neg(Value x) { return arith::NegFOp::create(b, x); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(b, x); }
  Value nearest(Value x) { return math::RoundEvenOp::create(b, x); }
  Value trunc(Value x) { return math::TruncOp::create(b, x); }
  Value copySign(Value magnitude, Value sign) { return math::CopySignOp::create(b, magnitude, sign); }
  Value less(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
  Value infinity() { return c(INFINITY); }
  Value nan() { return c(NAN); }
  Value keepNan(Value x, Value otherwise) {
    return select(arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x), x, otherwise);
  }
  /// coefficients[0] + coefficients[1] x + …
  Value polynomial(Value x, ArrayRef<double> coefficients);
  /// 2^n for a whole n of a normal result.
  Value powerOfTwo(Value n);
  Value scaled(Value x, Value n);
  Value clamped(Value x);
  Value exponential(Value x, bool minusOne);
  Value sinOrCos(Value x, int quarter);
  /// e^(x²) erfc(x) for x >= 0.
  Value scaledErfc(Value x);

  ImplicitLocOpBuilder b;
  FloatType type;
  bool single;
};
} // namespace

Value Functions::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = c(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, c(coefficient));
  return sum;
}

Value Functions::powerOfTwo(Value n) {
  Value whole = arith::FPToSIOp::create(b, intType(), n);
  Value biased = arith::AddIOp::create(b, whole, i(single ? 127 : 1023));
  return arith::BitcastOp::create(b, type, arith::ShLIOp::create(b, biased, i(single ? 23 : 52)));
}

/// x · 2^n in two steps, right where 2^n alone would overflow or the result is subnormal.
Value Functions::scaled(Value x, Value n) {
  Value half = math::FloorOp::create(b, mul(n, c(0.5)));
  return mul(mul(x, powerOfTwo(half)), powerOfTwo(sub(n, half)));
}

/// x within the range beyond which e^x is 0 or infinite anyway.
Value Functions::clamped(Value x) {
  double low = single ? -104.5 : -746.0, high = single ? 89.0 : 710.0;
  x = select(less(x, c(low)), c(low), x);
  return select(less(c(high), x), c(high), x);
}

/// e^r − 1 = r + r²/2 + … for |r| <= ln 2 / 2.
static ArrayRef<double> exponentialSeries(bool single) {
  static const double series[] = {
      1.0,         1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,         1.0 / 5040,
      1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
  return ArrayRef(series).take_front(single ? 7 : 13);
}

Value Functions::exponential(Value x, bool minusOne) {
  Value n = nearest(mul(x, c(M_LOG2E)));
  // ln 2 in two parts, the first short enough for n · high to be exact.
  double high = single ? 0.693359375 : 6.93147180369123816490e-01;
  double low = single ? -2.12194440054690583e-4 : 1.90821492927058770002e-10;
  Value r = fma(neg(n), c(low), fma(neg(n), c(high), x));
  Value p = mul(r, polynomial(r, exponentialSeries(single)));
  if (!minusOne)
    return scaled(add(p, c(1)), n);
  Value power = powerOfTwo(n);
  return fma(p, power, sub(power, c(1)));
}

Value Functions::exp2(Value x) {
  double low = single ? -151.0 : -1076.0, high = single ? 129.0 : 1025.0;
  Value inside = select(less(x, c(low)), c(low), x);
  inside = select(less(c(high), inside), c(high), inside);
  Value n = nearest(inside);
  Value r = mul(sub(inside, n), c(M_LN2));
  return keepNan(x, scaled(fma(r, polynomial(r, exponentialSeries(single)), c(1)), n));
}

Value Functions::expm1(Value x) {
  double limit = single ? 80.0 : 700.0;
  Value inside = select(less(x, c(-limit)), c(-limit), select(less(c(limit), x), c(limit), x));
  Value result = select(less(c(limit), x), exp(x), exponential(inside, /*minusOne=*/true));
  return keepNan(x, result);
}

Value Functions::log(Value x) {
  // Subnormals first get an exponent.
  Value tiny = less(x, c(single ? 0x1p-126 : 0x1p-1022));
  Value normal = select(tiny, mul(x, c(0x1p54)), x);
  Value bits = arith::BitcastOp::create(b, intType(), normal);
  Value exponent = arith::SubIOp::create(b, arith::ShRUIOp::create(b, bits, i(single ? 23 : 52)), i(single ? 127 : 1023));
  Value e = arith::SIToFPOp::create(b, type, exponent);
  e = select(tiny, sub(e, c(54)), e);
  Value fraction = arith::AndIOp::create(b, bits, i(single ? 0x7fffff : 0xfffffffffffff));
  Value m = arith::BitcastOp::create(b, type, arith::OrIOp::create(b, fraction, i(single ? 0x3f800000 : 0x3ff0000000000000)));
  Value large = less(c(M_SQRT2), m);
  m = select(large, mul(m, c(0.5)), m);
  e = select(large, add(e, c(1)), e);
  // ln m = 2 artanh s, s = (m − 1)/(m + 1).
  Value s = div(sub(m, c(1)), add(m, c(1)));
  Value z = mul(s, s);
  static const double series[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                  2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
  Value tail = mul(mul(s, z), polynomial(z, ArrayRef(series).take_front(single ? 4 : 10)));
  double high = single ? 0.693359375 : 6.93147180369123816490e-01;
  double low = single ? -2.12194440054690583e-4 : 1.90821492927058770002e-10;
  Value result = fma(e, c(high), add(mul(s, c(2)), fma(e, c(low), tail)));
  result = select(equal(x, infinity()), x, result);
  result = select(equal(x, c(0)), neg(infinity()), result);
  result = select(less(x, c(0)), nan(), result);
  return keepNan(x, result);
}

Value Functions::log1p(Value x) {
  Value u = add(c(1), x);
  Value corrected = mul(log(u), div(x, sub(u, c(1))));
  return select(equal(u, c(1)), x, select(equal(u, infinity()), u, select(equal(u, c(0)), neg(infinity()), corrected)));
}

Value Functions::pow(Value x, Value y) {
  Value magnitude = exp(mul(y, log(abs(x))));
  Value halfY = mul(y, c(0.5));
  Value whole = equal(trunc(y), y), even = equal(trunc(halfY), halfY);
  Value odd =
      arith::AndIOp::create(b, whole, arith::XOrIOp::create(b, even, arith::ConstantIntOp::create(b, b.getI1Type(), 1)));
  Value negative = select(whole, select(odd, neg(magnitude), magnitude), nan());
  Value result = select(less(x, c(0)), negative, magnitude);
  return select(equal(y, c(0)), c(1), select(equal(x, c(1)), c(1), result));
}

Value Functions::tanh(Value x) {
  Value a = abs(x);
  Value limit = c(single ? 10.0 : 20.0);
  Value t = expm1(mul(c(2), select(less(limit, a), limit, a)));
  return keepNan(x, copySign(div(t, add(t, c(2))), x));
}

Value Functions::sinh(Value x) {
  Value a = abs(x);
  Value t = expm1(a);
  Value small = mul(c(0.5), add(t, div(t, add(t, c(1)))));
  return copySign(select(less(a, c(20)), small, exp(sub(a, c(M_LN2)))), x);
}

Value Functions::cosh(Value x) {
  Value a = abs(x);
  return add(exp(sub(a, c(M_LN2))), exp(sub(neg(a), c(M_LN2))));
}

Value Functions::asinh(Value x) {
  Value a = abs(x), square = mul(a, a);
  Value small = log1p(add(a, div(square, add(c(1), sqrt(add(square, c(1)))))));
  return copySign(select(less(c(1e8), a), add(log(a), c(M_LN2)), small), x);
}

Value Functions::acosh(Value x) {
  Value t = sub(x, c(1));
  Value small = log1p(add(t, sqrt(mul(t, add(t, c(2))))));
  return select(less(c(1e8), x), add(log(x), c(M_LN2)), small);
}

Value Functions::atanh(Value x) {
  Value a = abs(x);
  return copySign(mul(c(0.5), log1p(div(mul(c(2), a), sub(c(1), a)))), x);
}

/// Sine, or with `quarter` 1 cosine: the quarter turn nearest to x, then series on |r| <= π/4.
Value Functions::sinOrCos(Value x, int quarter) {
  Value n = nearest(mul(x, c(M_2_PI)));
  Value r = fma(neg(n), c(1.57079632679489655800e+00), x);
  r = fma(neg(n), c(6.12323399573676603587e-17), r);
  Value z = mul(r, r);
  static const double sine[] = {1.0,          -1.0 / 6,        1.0 / 120,          -1.0 / 5040,
                                1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800.0, -1.0 / 1307674368000.0};
  static const double cosine[] = {1.0,
                                  -1.0 / 2,
                                  1.0 / 24,
                                  -1.0 / 720,
                                  1.0 / 40320,
                                  -1.0 / 3628800,
                                  1.0 / 479001600,
                                  -1.0 / 87178291200.0,
                                  1.0 / 20922789888000.0};
  Value s = mul(r, polynomial(z, sine)), co = polynomial(z, cosine);
  Value turn = arith::FPToSIOp::create(b, intType(), n);
  turn = arith::AddIOp::create(b, turn, i(quarter));
  auto bit = [&](int64_t mask) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, arith::AndIOp::create(b, turn, i(mask)), i(0));
  };
  Value result = select(bit(1), co, s);
  result = select(bit(2), neg(result), result);
  // No angle is left in an infinite argument.
  return select(less(abs(x), infinity()), result, nan());
}

Value Functions::atan(Value x) {
  Value a = abs(x);
  Value inverted = less(c(1), a);
  Value t = select(inverted, div(c(1), a), a);
  // Twice the half angle: t <= tan(π/16) afterwards.
  for (int step = 0; step < 2; ++step)
    t = div(t, add(c(1), sqrt(fma(t, t, c(1)))));
  Value z = mul(t, t);
  static const double series[] = {1.0,      -1.0 / 3,  1.0 / 5,  -1.0 / 7,  1.0 / 9, -1.0 / 11,
                                  1.0 / 13, -1.0 / 15, 1.0 / 17, -1.0 / 19, 1.0 / 21};
  Value angle = mul(c(4), mul(t, polynomial(z, series)));
  return copySign(select(inverted, sub(c(M_PI_2), angle), angle), x);
}

Value Functions::atan2(Value y, Value x) {
  Value ax = abs(x), ay = abs(y);
  Value both = equal(add(ax, ay), c(0));
  Value angle = select(both, c(0), atan(div(ay, ax)));
  // A negative zero counts as negative.
  Value turned = less(copySign(c(1), x), c(0));
  return copySign(select(turned, sub(c(M_PI), angle), angle), y);
}

Value Functions::scaledErfc(Value x) {
  // (1 + 2x) e^(x²) erfc(x) in t = (x − 15/4)/(x + 15/4) [Shepherd and Laframboise 1981], interpolated at Chebyshev nodes.
  static const double coefficients[] = {
      1.2375126308378275,    -0.14024059858554697,   0.0035854154854644293,   0.0822767384901452,      -0.10880393014174886,
      0.09230432116037748,   -0.05869339858963677,   0.028362277418956403,    -0.009746579558029276,   0.0017556258528952959,
      0.0002937136655913464, -0.0002901540805408439, 5.1649098892676674e-05,  2.2384239155087858e-05,  -1.1444146237686863e-05,
      -9.73559896746393e-07, 1.7516376488273497e-06, -5.7218230592504586e-08, -2.5866850713877736e-07, 2.326350870135564e-08,
      3.867533422706992e-08, -3.744210077967468e-09, -5.1739902082237005e-09, 3.111433375782796e-10,   4.2514714351274743e-10};
  Value t = div(sub(x, c(3.75)), add(x, c(3.75)));
  return div(polynomial(t, coefficients), fma(c(2), x, c(1)));
}

Value Functions::erfc(Value x) {
  Value a = abs(x);
  Value inside = select(less(c(30), a), c(30), a);
  Value tail = mul(exp(neg(mul(inside, inside))), scaledErfc(inside));
  return keepNan(x, select(less(x, c(0)), sub(c(2), tail), tail));
}

Value Functions::erf(Value x) {
  Value a = abs(x), z = mul(x, x);
  if (single) { // x P(x²) near 0, else 1 − e^Q(|x|), both minimax
    static const double near[] = {1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4};
    static const double far[] = {-1.28717512e-1, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2,
                                 -3.88396438e-3, 3.83197126e-4,  -1.72853470e-5};
    Value limit = c(4.5);
    Value t = select(less(limit, a), limit, a);
    Value power = fma(t, polynomial(t, far), neg(t));
    Value outer = copySign(sub(c(1), exp(power)), x);
    return select(less(a, c(0.927734375)), fma(polynomial(z, near), x, x), keepNan(x, outer));
  }
  static const double series[] = {1.0,        -1.0 / 3,     1.0 / 10,     -1.0 / 42,      1.0 / 216,        -1.0 / 1320,
                                  1.0 / 9360, -1.0 / 75600, 1.0 / 685440, -1.0 / 6894720, 1.0 / 76204800.0, -1.0 / 918086400.0};
  Value small = mul(mul(x, c(M_2_SQRTPI)), polynomial(z, series));
  return select(less(a, c(0.5)), small, copySign(sub(c(1), erfc(a)), x));
}

/// The remainder of x/y truncated, with x's sign; exact while |x/y| < 2^53.
Value Functions::rem(Value x, Value y) {
  Value ax = abs(x), ay = abs(y);
  Value r = fma(neg(trunc(div(ax, ay))), ay, ax);
  r = select(less(r, c(0)), add(r, ay), r);
  r = select(less(r, ay), r, sub(r, ay));
  r = select(equal(ay, infinity()), ax, r);
  return keepNan(y, copySign(r, x));
}

/// To nearest, halves away from zero: the largest value below ½ never carries a smaller fraction over.
Value Functions::round(Value x) { return trunc(add(x, copySign(c(single ? 0x1.fffffep-2 : 0x1.fffffffffffffp-2), x))); }

//===- from operations to functions -----------------------------------------------------------------------------===//

using Unary = Value (Functions::*)(Value);
using Binary = Value (Functions::*)(Value, Value);

/// `value` in another float type.
static Value convert(OpBuilder &b, Location loc, Value value, FloatType to) {
  auto from = cast<FloatType>(value.getType());
  if (from == to)
    return value;
  if (from.getWidth() < to.getWidth())
    return arith::ExtFOp::create(b, loc, to, value);
  return arith::TruncFOp::create(b, loc, to, value);
}

namespace {
/// Replaces `OpTy` on any float type by a function in float32 or, where `wide`, float64.
template <typename OpTy, typename Function> struct Expand : OpRewritePattern<OpTy> {
  Expand(MLIRContext *context, Function function, bool wide)
      : OpRewritePattern<OpTy>(context), function(function), wide(wide) {}
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    auto type = dyn_cast<FloatType>(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "is not on scalars");
    FloatType inner = wide || type.isF64() ? FloatType(rewriter.getF64Type()) : FloatType(rewriter.getF32Type());
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(convert(rewriter, op.getLoc(), operand, inner));
    Functions functions(rewriter, op.getLoc(), inner);
    Value result;
    if constexpr (std::is_same_v<Function, Unary>)
      result = (functions.*function)(operands[0]);
    else
      result = (functions.*function)(operands[0], operands[1]);
    rewriter.replaceOp(op, convert(rewriter, op.getLoc(), result, type));
    return success();
  }
  Function function;
  bool wide;
};

/// x^n for a whole n of another type: through float64, exact for bases and exponents that it holds.
struct ExpandFPowI : OpRewritePattern<math::FPowIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::FPowIOp op, PatternRewriter &rewriter) const override {
    if (!isa<FloatType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "is not on scalars");
    Value base = convert(rewriter, op.getLoc(), op.getLhs(), rewriter.getF64Type());
    Value exponent = arith::SIToFPOp::create(rewriter, op.getLoc(), rewriter.getF64Type(), op.getRhs());
    Value power = math::PowFOp::create(rewriter, op.getLoc(), base, exponent);
    rewriter.replaceOp(op, convert(rewriter, op.getLoc(), power, cast<FloatType>(op.getType())));
    return success();
  }
};

/// Integers by repeated squaring; a negative exponent leaves 1, −1 or 0.
struct ExpandIPowI : OpRewritePattern<math::IPowIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::IPowIOp op, PatternRewriter &rewriter) const override {
    auto type = dyn_cast<IntegerType>(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "is not on scalars");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto constant = [&](int64_t value) -> Value { return arith::ConstantOp::create(b, IntegerAttr::get(type, value)); };
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, op.getRhs(), constant(0));
    Value exponent = arith::SelectOp::create(b, negative, arith::SubIOp::create(b, constant(0), op.getRhs()), op.getRhs());
    auto loop =
        scf::ForOp::create(b, index(0), index(type.getWidth()), index(1), ValueRange{constant(1), op.getLhs(), exponent});
    b.setInsertionPointToStart(loop.getBody());
    Value result = loop.getRegionIterArg(0), square = loop.getRegionIterArg(1), rest = loop.getRegionIterArg(2);
    Value bit = arith::TruncIOp::create(b, b.getI1Type(), rest);
    result = arith::SelectOp::create(b, bit, arith::MulIOp::create(b, result, square), result);
    Value next = arith::MulIOp::create(b, square, square);
    scf::YieldOp::create(b, ValueRange{result, next, arith::ShRUIOp::create(b, rest, constant(1))});
    b.setInsertionPointAfter(loop);
    Value power = loop.getResult(0);
    Value unit =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, arith::MulIOp::create(b, op.getLhs(), op.getLhs()), constant(1));
    Value inverse = arith::SelectOp::create(b, unit, power, constant(0));
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, negative, inverse, power);
    return success();
  }
};

/// float64 to a half type goes through float32: there is no instruction for one step.
struct NarrowInTwoSteps : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    if (!op.getIn().getType().isF64() || op.getType().getIntOrFloatBitWidth() != 16)
      return rewriter.notifyMatchFailure(op, "is one instruction");
    Value middle = arith::TruncFOp::create(rewriter, op.getLoc(), rewriter.getF32Type(), op.getIn());
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), middle);
    return success();
  }
};

template <typename OpTy> void unary(RewritePatternSet &patterns, Unary function, bool wide = false) {
  patterns.add<Expand<OpTy, Unary>>(patterns.getContext(), function, wide);
}

template <typename OpTy> void binary(RewritePatternSet &patterns, Binary function, bool wide = false) {
  patterns.add<Expand<OpTy, Binary>>(patterns.getContext(), function, wide);
}

struct HostExpandMathPass : codegen::impl::HostExpandMathPassBase<HostExpandMathPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    unary<math::ExpOp>(patterns, &Functions::exp);
    unary<math::Exp2Op>(patterns, &Functions::exp2);
    unary<math::ExpM1Op>(patterns, &Functions::expm1);
    unary<math::LogOp>(patterns, &Functions::log);
    unary<math::Log1pOp>(patterns, &Functions::log1p);
    unary<math::Log2Op>(patterns, &Functions::log2);
    unary<math::Log10Op>(patterns, &Functions::log10);
    unary<math::TanhOp>(patterns, &Functions::tanh);
    unary<math::RsqrtOp>(patterns, &Functions::rsqrt);
    unary<math::RoundOp>(patterns, &Functions::round);
    const bool wide = true;
    unary<math::SinhOp>(patterns, &Functions::sinh, wide);
    unary<math::CoshOp>(patterns, &Functions::cosh, wide);
    unary<math::AsinhOp>(patterns, &Functions::asinh, wide);
    unary<math::AcoshOp>(patterns, &Functions::acosh, wide);
    unary<math::AtanhOp>(patterns, &Functions::atanh, wide);
    unary<math::SinOp>(patterns, &Functions::sin, wide);
    unary<math::CosOp>(patterns, &Functions::cos, wide);
    unary<math::TanOp>(patterns, &Functions::tan, wide);
    unary<math::AtanOp>(patterns, &Functions::atan, wide);
    unary<math::AsinOp>(patterns, &Functions::asin, wide);
    unary<math::AcosOp>(patterns, &Functions::acos, wide);
    unary<math::ErfOp>(patterns, &Functions::erf);
    unary<math::ErfcOp>(patterns, &Functions::erfc, wide);
    unary<math::CbrtOp>(patterns, &Functions::cbrt, wide);
    binary<math::PowFOp>(patterns, &Functions::pow, wide);
    binary<math::Atan2Op>(patterns, &Functions::atan2, wide);
    binary<arith::RemFOp>(patterns, &Functions::rem, wide);
    patterns.add<ExpandFPowI, ExpandIPowI, NarrowInTwoSteps>(&getContext());
    arith::populateExpandBFloat16Patterns(patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
