//===- Payload.cpp - the scalar operations that constant expressions may hold -----------------------------------===//
#include "Payload.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace aimc;

//===------------------------------------------------------------------------------------------------------------===//
// The instruction table
//===------------------------------------------------------------------------------------------------------------===//

using Registers = ArrayRef<unsigned>;
using Emitter = std::function<void(Payload &, Operation *, Registers in, unsigned out)>;

static Type operandType(Operation *op, unsigned index) { return getElementTypeOrSelf(op->getOperand(index)); }
static Type resultType(Operation *op) { return getElementTypeOrSelf(op->getResult(0)); }
static unsigned widthOf(Type type) { return type.isIndex() ? 64 : type.getIntOrFloatBitWidth(); }

static int64_t signExtend(uint64_t value, unsigned width) {
  unsigned shift = 64 - width;
  return static_cast<int64_t>(value << shift) >> shift;
}
static uint64_t zeroExtend(int64_t value, unsigned width) {
  unsigned shift = 64 - width;
  return static_cast<uint64_t>(value) << shift >> shift;
}

/// Rounds a float register to a 16-bit type after an operation on it.
static void roundResult(Payload &payload, Type type, unsigned reg) {
  if (!type.isF16() && !type.isBF16())
    return;
  bool half = type.isF16();
  payload.emit([=](Frame &frame, int64_t n) {
    float *v = frame.get<float>(reg);
    for (int64_t i = 0; i < n; ++i)
      v[i] = half ? halfToFloat(floatToHalf(v[i])) : bfloatToFloat(floatToBfloat(v[i]));
  });
}

template <typename From, typename To, typename F> static void emitUnary(Payload &payload, unsigned in, unsigned out, F f) {
  payload.emit([=](Frame &frame, int64_t n) {
    const From *a = frame.get<From>(in);
    To *r = frame.get<To>(out);
    for (int64_t i = 0; i < n; ++i)
      r[i] = f(a[i]);
  });
}

template <typename From, typename To, typename F>
static void emitBinary(Payload &payload, unsigned lhs, unsigned rhs, unsigned out, F f) {
  payload.emit([=](Frame &frame, int64_t n) {
    const From *a = frame.get<From>(lhs), *b = frame.get<From>(rhs);
    To *r = frame.get<To>(out);
    for (int64_t i = 0; i < n; ++i)
      r[i] = f(a[i], b[i]);
  });
}

/// A float operation whose result is exact or correctly rounded in the type itself.
template <typename F> static Emitter floatUnary(F f) {
  return [f](Payload &payload, Operation *op, Registers in, unsigned out) {
    if (resultType(op).isF64())
      emitUnary<double, double>(payload, in[0], out, f);
    else
      emitUnary<float, float>(payload, in[0], out, f);
    roundResult(payload, resultType(op), out);
  };
}

template <typename F> static Emitter floatBinary(F f) {
  return [f](Payload &payload, Operation *op, Registers in, unsigned out) {
    if (resultType(op).isF64())
      emitBinary<double, double>(payload, in[0], in[1], out, f);
    else
      emitBinary<float, float>(payload, in[0], in[1], out, f);
    roundResult(payload, resultType(op), out);
  };
}

/// A transcendental function: computed in double, rounded once.
static Emitter function(double (*f)(double)) {
  return floatUnary([f](auto x) { return static_cast<decltype(x)>(f(static_cast<double>(x))); });
}

static Emitter function(double (*f)(double, double)) {
  return floatBinary(
      [f](auto x, auto y) { return static_cast<decltype(x)>(f(static_cast<double>(x), static_cast<double>(y))); });
}

static void emitFma(Payload &payload, Operation *op, Registers in, unsigned out) {
  unsigned a = in[0], b = in[1], c = in[2];
  bool isDouble = resultType(op).isF64();
  payload.emit([=](Frame &frame, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      if (isDouble)
        frame.get<double>(out)[i] = std::fma(frame.get<double>(a)[i], frame.get<double>(b)[i], frame.get<double>(c)[i]);
      else
        frame.get<float>(out)[i] = std::fma(frame.get<float>(a)[i], frame.get<float>(b)[i], frame.get<float>(c)[i]);
    }
  });
  roundResult(payload, resultType(op), out);
}

/// f(x, width) or f(x, y, width) on sign-extended values; the result is wrapped to its width.
template <typename F> static Emitter intUnary(F f) {
  return [f](Payload &payload, Operation *op, Registers in, unsigned out) {
    unsigned width = widthOf(resultType(op));
    emitUnary<int64_t, int64_t>(payload, in[0], out, [=](int64_t a) { return signExtend(f(a, width), width); });
  };
}

template <typename F> static Emitter intBinary(F f) {
  return [f](Payload &payload, Operation *op, Registers in, unsigned out) {
    unsigned width = widthOf(resultType(op));
    emitBinary<int64_t, int64_t>(payload, in[0], in[1], out,
                                 [=](int64_t a, int64_t b) { return signExtend(f(a, b, width), width); });
  };
}

/// The same on zero-extended values.
template <typename F> static Emitter unsignedBinary(F f) {
  return intBinary([f](int64_t a, int64_t b, unsigned width) {
    return static_cast<int64_t>(f(zeroExtend(a, width), zeroExtend(b, width)));
  });
}

/// Wraps around where signed overflow would be undefined.
template <typename F> static Emitter wrappingBinary(F f) {
  return intBinary([f](int64_t a, int64_t b, unsigned) {
    return static_cast<int64_t>(f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
  });
}

static int64_t divideSigned(int64_t a, int64_t b) {
  if (b == 0 || (b == -1 && a == std::numeric_limits<int64_t>::min()))
    return 0; // undefined
  return a / b;
}

static int64_t remainderSigned(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static int64_t divideFloor(int64_t a, int64_t b) {
  int64_t quotient = divideSigned(a, b);
  return b != 0 && a % (b == -1 ? 1 : b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

static int64_t divideCeil(int64_t a, int64_t b) {
  int64_t quotient = divideSigned(a, b);
  return b != 0 && a % (b == -1 ? 1 : b) != 0 && (a < 0) == (b < 0) ? quotient + 1 : quotient;
}

static void emitCmpI(Payload &payload, Operation *op, Registers in, unsigned out) {
  auto predicate = cast<arith::CmpIOp>(op).getPredicate();
  unsigned width = widthOf(operandType(op, 0));
  emitBinary<int64_t, int64_t>(payload, in[0], in[1], out, [=](int64_t a, int64_t b) -> int64_t {
    uint64_t ua = zeroExtend(a, width), ub = zeroExtend(b, width);
    switch (predicate) {
    case arith::CmpIPredicate::eq:
      return -int64_t(a == b);
    case arith::CmpIPredicate::ne:
      return -int64_t(a != b);
    case arith::CmpIPredicate::slt:
      return -int64_t(a < b);
    case arith::CmpIPredicate::sle:
      return -int64_t(a <= b);
    case arith::CmpIPredicate::sgt:
      return -int64_t(a > b);
    case arith::CmpIPredicate::sge:
      return -int64_t(a >= b);
    case arith::CmpIPredicate::ult:
      return -int64_t(ua < ub);
    case arith::CmpIPredicate::ule:
      return -int64_t(ua <= ub);
    case arith::CmpIPredicate::ugt:
      return -int64_t(ua > ub);
    case arith::CmpIPredicate::uge:
      return -int64_t(ua >= ub);
    }
    return 0;
  });
}

static bool compareFloats(arith::CmpFPredicate predicate, double a, double b) {
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  case arith::CmpFPredicate::ORD:
    return !unordered;
  case arith::CmpFPredicate::UNO:
    return unordered;
  case arith::CmpFPredicate::OEQ:
    return a == b;
  case arith::CmpFPredicate::OGT:
    return a > b;
  case arith::CmpFPredicate::OGE:
    return a >= b;
  case arith::CmpFPredicate::OLT:
    return a < b;
  case arith::CmpFPredicate::OLE:
    return a <= b;
  case arith::CmpFPredicate::ONE:
    return !unordered && a != b;
  case arith::CmpFPredicate::UEQ:
    return unordered || a == b;
  case arith::CmpFPredicate::UGT:
    return unordered || a > b;
  case arith::CmpFPredicate::UGE:
    return unordered || a >= b;
  case arith::CmpFPredicate::ULT:
    return unordered || a < b;
  case arith::CmpFPredicate::ULE:
    return unordered || a <= b;
  case arith::CmpFPredicate::UNE:
    return a != b;
  }
  return false;
}

static void emitCmpF(Payload &payload, Operation *op, Registers in, unsigned out) {
  auto predicate = cast<arith::CmpFOp>(op).getPredicate();
  auto compare = [=](auto a, auto b) { return -int64_t(compareFloats(predicate, a, b)); };
  if (operandType(op, 0).isF64())
    emitBinary<double, int64_t>(payload, in[0], in[1], out, compare);
  else
    emitBinary<float, int64_t>(payload, in[0], in[1], out, compare);
}

template <typename T> static void emitSelectOf(Payload &payload, Registers in, unsigned out) {
  unsigned c = in[0], a = in[1], b = in[2];
  payload.emit([=](Frame &frame, int64_t n) {
    const int64_t *condition = frame.get<int64_t>(c);
    const T *x = frame.get<T>(a), *y = frame.get<T>(b);
    T *r = frame.get<T>(out);
    for (int64_t i = 0; i < n; ++i)
      r[i] = condition[i] ? x[i] : y[i];
  });
}

static void emitSelect(Payload &payload, Operation *op, Registers in, unsigned out) {
  Type type = resultType(op);
  if (type.isF64())
    emitSelectOf<double>(payload, in, out);
  else if (isa<FloatType>(type))
    emitSelectOf<float>(payload, in, out);
  else
    emitSelectOf<int64_t>(payload, in, out);
}

template <typename F> static Emitter floatTest(F f) {
  return [f](Payload &payload, Operation *op, Registers in, unsigned out) {
    auto test = [f](auto x) { return -int64_t(f(x)); };
    if (operandType(op, 0).isF64())
      emitUnary<double, int64_t>(payload, in[0], out, test);
    else
      emitUnary<float, int64_t>(payload, in[0], out, test);
  };
}

static void emitFloatToFloat(Payload &payload, Operation *op, Registers in, unsigned out) {
  bool from = operandType(op, 0).isF64(), to = resultType(op).isF64();
  if (from && to)
    emitUnary<double, double>(payload, in[0], out, [](double x) { return x; });
  else if (from)
    emitUnary<double, float>(payload, in[0], out, [](double x) { return static_cast<float>(x); });
  else if (to)
    emitUnary<float, double>(payload, in[0], out, [](float x) { return static_cast<double>(x); });
  else
    emitUnary<float, float>(payload, in[0], out, [](float x) { return x; });
  roundResult(payload, resultType(op), out);
}

template <bool isSigned> static void emitIntToFloat(Payload &payload, Operation *op, Registers in, unsigned out) {
  unsigned width = widthOf(operandType(op, 0));
  auto convert = [=](int64_t x, auto zero) {
    using T = decltype(zero);
    return isSigned ? static_cast<T>(x) : static_cast<T>(zeroExtend(x, width));
  };
  if (resultType(op).isF64())
    emitUnary<int64_t, double>(payload, in[0], out, [=](int64_t x) { return convert(x, 0.0); });
  else
    emitUnary<int64_t, float>(payload, in[0], out, [=](int64_t x) { return convert(x, 0.0f); });
  roundResult(payload, resultType(op), out);
}

/// Saturates where the operation is undefined; NaN gives 0.
template <bool isSigned> static void emitFloatToInt(Payload &payload, Operation *op, Registers in, unsigned out) {
  unsigned width = widthOf(resultType(op));
  double least = isSigned ? -std::ldexp(1.0, width - 1) : 0.0, bound = std::ldexp(1.0, isSigned ? width - 1 : width);
  auto convert = [=](double x) -> int64_t {
    if (std::isnan(x))
      return 0;
    if (x <= least)
      return signExtend(isSigned ? uint64_t(1) << (width - 1) : 0, width);
    if (x >= bound)
      return signExtend((isSigned ? uint64_t(1) << (width - 1) : uint64_t(0)) - 1, width);
    return signExtend(isSigned ? static_cast<uint64_t>(static_cast<int64_t>(x)) : static_cast<uint64_t>(x), width);
  };
  if (operandType(op, 0).isF64())
    emitUnary<double, int64_t>(payload, in[0], out, convert);
  else
    emitUnary<float, int64_t>(payload, in[0], out, convert);
}

static Emitter extension(bool isSigned) {
  return [isSigned](Payload &payload, Operation *op, Registers in, unsigned out) {
    unsigned from = widthOf(operandType(op, 0)), to = widthOf(resultType(op));
    emitUnary<int64_t, int64_t>(payload, in[0], out, [=](int64_t x) {
      return signExtend(isSigned ? static_cast<uint64_t>(x) : zeroExtend(x, from), to);
    });
  };
}

static uint64_t bitsOf(Type type, Frame &frame, unsigned reg, int64_t i) {
  if (type.isF64()) {
    uint64_t bits;
    std::memcpy(&bits, frame.get<double>(reg) + i, sizeof bits);
    return bits;
  }
  if (type.isF32())
    return llvm::bit_cast<uint32_t>(frame.get<float>(reg)[i]);
  if (type.isF16())
    return floatToHalf(frame.get<float>(reg)[i]);
  if (type.isBF16())
    return floatToBfloat(frame.get<float>(reg)[i]);
  return static_cast<uint64_t>(frame.get<int64_t>(reg)[i]);
}

static void emitBitcast(Payload &payload, Operation *op, Registers in, unsigned out) {
  Type from = operandType(op, 0), to = resultType(op);
  unsigned source = in[0], width = widthOf(to);
  payload.emit([=](Frame &frame, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      uint64_t bits = bitsOf(from, frame, source, i);
      if (to.isF64())
        std::memcpy(frame.get<double>(out) + i, &bits, sizeof bits);
      else if (to.isF32())
        frame.get<float>(out)[i] = llvm::bit_cast<float>(static_cast<uint32_t>(bits));
      else if (to.isF16())
        frame.get<float>(out)[i] = halfToFloat(static_cast<uint16_t>(bits));
      else if (to.isBF16())
        frame.get<float>(out)[i] = bfloatToFloat(static_cast<uint16_t>(bits));
      else
        frame.get<int64_t>(out)[i] = signExtend(bits, width);
    }
  });
}

static void emitFPowI(Payload &payload, Operation *op, Registers in, unsigned out) {
  unsigned base = in[0], exponent = in[1];
  bool isDouble = resultType(op).isF64();
  payload.emit([=](Frame &frame, int64_t n) {
    const int64_t *e = frame.get<int64_t>(exponent);
    for (int64_t i = 0; i < n; ++i) {
      if (isDouble)
        frame.get<double>(out)[i] = std::pow(frame.get<double>(base)[i], static_cast<double>(e[i]));
      else
        frame.get<float>(out)[i] =
            static_cast<float>(std::pow(static_cast<double>(frame.get<float>(base)[i]), static_cast<double>(e[i])));
    }
  });
  roundResult(payload, resultType(op), out);
}

template <typename T> static T maximum(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<T>::quiet_NaN();
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}

template <typename T> static T minimum(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<T>::quiet_NaN();
  return a < b || (a == b && std::signbit(a)) ? a : b;
}

static llvm::StringMap<Emitter> makeTable() {
  llvm::StringMap<Emitter> table;
  auto add = [&](StringRef name, Emitter emitter) { table[name] = std::move(emitter); };

  add("arith.addf", floatBinary([](auto a, auto b) { return a + b; }));
  add("arith.subf", floatBinary([](auto a, auto b) { return a - b; }));
  add("arith.mulf", floatBinary([](auto a, auto b) { return a * b; }));
  add("arith.divf", floatBinary([](auto a, auto b) { return a / b; }));
  add("arith.remf", floatBinary([](auto a, auto b) { return std::fmod(a, b); }));
  add("arith.maximumf", floatBinary([](auto a, auto b) { return maximum(a, b); }));
  add("arith.minimumf", floatBinary([](auto a, auto b) { return minimum(a, b); }));
  add("arith.maxnumf", floatBinary([](auto a, auto b) { return std::fmax(a, b); }));
  add("arith.minnumf", floatBinary([](auto a, auto b) { return std::fmin(a, b); }));
  add("arith.negf", floatUnary([](auto a) { return -a; }));
  add("arith.cmpf", emitCmpF);
  add("arith.extf", emitFloatToFloat);
  add("arith.truncf", emitFloatToFloat);

  add("arith.addi", wrappingBinary([](uint64_t a, uint64_t b) { return a + b; }));
  add("arith.subi", wrappingBinary([](uint64_t a, uint64_t b) { return a - b; }));
  add("arith.muli", wrappingBinary([](uint64_t a, uint64_t b) { return a * b; }));
  add("arith.divsi", intBinary([](int64_t a, int64_t b, unsigned) { return divideSigned(a, b); }));
  add("arith.remsi", intBinary([](int64_t a, int64_t b, unsigned) { return remainderSigned(a, b); }));
  add("arith.floordivsi", intBinary([](int64_t a, int64_t b, unsigned) { return divideFloor(a, b); }));
  add("arith.ceildivsi", intBinary([](int64_t a, int64_t b, unsigned) { return divideCeil(a, b); }));
  add("arith.divui", unsignedBinary([](uint64_t a, uint64_t b) { return b ? a / b : 0; }));
  add("arith.remui", unsignedBinary([](uint64_t a, uint64_t b) { return b ? a % b : 0; }));
  add("arith.ceildivui", unsignedBinary([](uint64_t a, uint64_t b) { return b ? a / b + (a % b != 0) : 0; }));
  add("arith.maxsi", intBinary([](int64_t a, int64_t b, unsigned) { return std::max(a, b); }));
  add("arith.minsi", intBinary([](int64_t a, int64_t b, unsigned) { return std::min(a, b); }));
  add("arith.maxui", unsignedBinary([](uint64_t a, uint64_t b) { return std::max(a, b); }));
  add("arith.minui", unsignedBinary([](uint64_t a, uint64_t b) { return std::min(a, b); }));
  add("arith.andi", wrappingBinary([](uint64_t a, uint64_t b) { return a & b; }));
  add("arith.ori", wrappingBinary([](uint64_t a, uint64_t b) { return a | b; }));
  add("arith.xori", wrappingBinary([](uint64_t a, uint64_t b) { return a ^ b; }));
  add("arith.shli", intBinary([](int64_t a, int64_t b, unsigned width) {
        return uint64_t(b) < width ? static_cast<int64_t>(uint64_t(a) << b) : 0;
      }));
  add("arith.shrsi", intBinary([](int64_t a, int64_t b, unsigned width) { return uint64_t(b) < width ? a >> b : 0; }));
  add("arith.shrui", intBinary([](int64_t a, int64_t b, unsigned width) {
        return uint64_t(b) < width ? static_cast<int64_t>(zeroExtend(a, width) >> b) : 0;
      }));
  add("arith.cmpi", emitCmpI);
  add("arith.extsi", extension(true));
  add("arith.extui", extension(false));
  add("arith.trunci", extension(true));
  add("arith.index_cast", extension(true));
  add("arith.index_castui", extension(false));
  add("arith.sitofp", emitIntToFloat<true>);
  add("arith.uitofp", emitIntToFloat<false>);
  add("arith.fptosi", emitFloatToInt<true>);
  add("arith.fptoui", emitFloatToInt<false>);
  add("arith.bitcast", emitBitcast);
  add("arith.select", emitSelect);

  add("math.absi", intUnary([](int64_t a, unsigned) { return a < 0 ? 0 - static_cast<uint64_t>(a) : a; }));
  add("math.absf", floatUnary([](auto a) { return std::fabs(a); }));
  add("math.ceil", floatUnary([](auto a) { return std::ceil(a); }));
  add("math.floor", floatUnary([](auto a) { return std::floor(a); }));
  add("math.trunc", floatUnary([](auto a) { return std::trunc(a); }));
  add("math.round", floatUnary([](auto a) { return std::round(a); }));
  add("math.roundeven", floatUnary([](auto a) { return std::nearbyint(a); }));
  add("math.sqrt", floatUnary([](auto a) { return std::sqrt(a); }));
  add("math.copysign", floatBinary([](auto a, auto b) { return std::copysign(a, b); }));
  add("math.fma", emitFma);
  add("math.fpowi", emitFPowI);
  add("math.isnan", floatTest([](auto x) { return std::isnan(x); }));
  add("math.isinf", floatTest([](auto x) { return std::isinf(x); }));
  add("math.isfinite", floatTest([](auto x) { return std::isfinite(x); }));
  add("math.atan2", function(std::atan2));
  add("math.powf", function(std::pow));
  add("math.rsqrt", function([](double x) { return 1 / std::sqrt(x); }));
  static const std::pair<StringRef, double (*)(double)> functions[] = {
      {"acos", std::acos},   {"acosh", std::acosh}, {"asin", std::asin}, {"asinh", std::asinh}, {"atan", std::atan},
      {"atanh", std::atanh}, {"cbrt", std::cbrt},   {"cos", std::cos},   {"cosh", std::cosh},   {"erf", std::erf},
      {"erfc", std::erfc},   {"exp", std::exp},     {"exp2", std::exp2}, {"expm1", std::expm1}, {"log", std::log},
      {"log10", std::log10}, {"log1p", std::log1p}, {"log2", std::log2}, {"sin", std::sin},     {"sinh", std::sinh},
      {"tan", std::tan},     {"tanh", std::tanh}};
  for (auto [name, f] : functions)
    add(("math." + name).str(), function(f));
  return table;
}

static const Emitter *findEmitter(Operation *op) {
  static const llvm::StringMap<Emitter> table = makeTable();
  auto it = table.find(op->getName().getStringRef());
  return it == table.end() ? nullptr : &it->second;
}

//===------------------------------------------------------------------------------------------------------------===//
// Payload
//===------------------------------------------------------------------------------------------------------------===//

bool Payload::isSupported(Operation *op) {
  auto computable = [](Value value) { return storageOf(getElementTypeOrSelf(value)).has_value(); };
  if (!llvm::all_of(op->getOperands(), computable) || !llvm::all_of(op->getResults(), computable))
    return false;
  return isa<linalg::IndexOp, tensor::ExtractOp, arith::ConstantOp>(op) || findEmitter(op);
}

unsigned Payload::addInput(Value value) {
  auto [it, inserted] = registerOf.try_emplace(value, registers);
  if (inserted)
    ++registers;
  return it->second;
}

unsigned Payload::getIndexRegister(unsigned dim) {
  auto [it, inserted] = indexRegisters.try_emplace(dim, registers);
  if (inserted)
    ++registers;
  return it->second;
}

FailureOr<unsigned> Payload::lookup(Value value, Resolver resolve) {
  auto it = registerOf.find(value);
  if (it != registerOf.end())
    return it->second;
  FailureOr<StridedView> view = resolve(value);
  if (failed(view) || !view->isSplat())
    return failure();
  unsigned reg = addInput(value);
  prologue.push_back([reg, view = *view](Frame &frame, int64_t) {
    loadBlock(*storageOf(view.elementType), view.base, 0, frame.get<void>(reg), kBlock);
  });
  return reg;
}

LogicalResult Payload::compile(Operation *op, Resolver resolve) {
  if (isa<arith::ConstantOp>(op))
    return success(); // looked up by its users
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    setRegister(index, getIndexRegister(index.getDim()));
    return success();
  }
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    FailureOr<StridedView> view = resolve(extract.getTensor());
    if (failed(view))
      return failure();
    SmallVector<unsigned> indices;
    for (Value index : extract.getIndices()) {
      FailureOr<unsigned> reg = lookup(index, resolve);
      if (failed(reg))
        return failure();
      indices.push_back(*reg);
    }
    unsigned out = addInput(extract);
    emit([view = *view, storage = *storageOf(view->elementType), indices, out](Frame &frame, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        int64_t offset = 0;
        for (auto [reg, size, stride] : llvm::zip_equal(indices, view.sizes, view.strides)) {
          int64_t index = frame.get<int64_t>(reg)[i];
          if (index < 0 || index >= size) {
            frame.failed = true;
            return;
          }
          offset += index * stride;
        }
        // A block of one at lane i of the register: 4 bytes a lane for float, 8 for the others.
        void *lane = storage <= Storage::F32 ? static_cast<void *>(frame.get<float>(out) + i) : frame.get<int64_t>(out) + i;
        loadBlock(storage, view.base + offset * sizeOf(storage), 0, lane, 1);
      }
    });
    return success();
  }

  const Emitter *emitter = findEmitter(op);
  if (!emitter)
    return failure();
  SmallVector<unsigned> in;
  for (Value operand : op->getOperands()) {
    FailureOr<unsigned> reg = lookup(operand, resolve);
    if (failed(reg))
      return failure();
    in.push_back(*reg);
  }
  (*emitter)(*this, op, in, addInput(op->getResult(0)));
  return success();
}

/// Merges neighbouring loops that walk every operand like one longer loop.
static void coalesce(SmallVectorImpl<int64_t> &extents, MutableArrayRef<Payload::Operand> operands) {
  for (unsigned d = extents.size(); d-- > 1;) {
    bool mergeable = llvm::all_of(
        operands, [&](const Payload::Operand &operand) { return operand.strides[d - 1] == operand.strides[d] * extents[d]; });
    if (!mergeable)
      continue;
    extents[d - 1] *= extents[d];
    extents.erase(extents.begin() + d);
    for (Payload::Operand &operand : operands) {
      operand.strides[d - 1] = operand.strides[d];
      operand.strides.erase(operand.strides.begin() + d);
    }
  }
}

LogicalResult Payload::run(ArrayRef<int64_t> loopExtents, ArrayRef<Operand> inputs, ArrayRef<Operand> outputs) const {
  SmallVector<int64_t> extents(loopExtents);
  if (llvm::is_contained(extents, 0))
    return success();
  SmallVector<Operand> operands(inputs);
  operands.append(outputs.begin(), outputs.end());
  if (indexRegisters.empty())
    coalesce(extents, operands);
  unsigned loops = extents.size();

  // The loop that blocks run along: the longest, innermost of equals, in which every iteration has outputs of its own,
  // so that the order of updates to any one output stays the loops' order.
  std::optional<unsigned> along;
  for (unsigned d = 0; d < loops; ++d) {
    bool owned = llvm::all_of(ArrayRef(operands).drop_front(inputs.size()),
                              [&](const Operand &output) { return output.strides[d] != 0; });
    if (owned && (!along || std::min(extents[d], kBlock) >= std::min(extents[*along], kBlock)))
      along = d;
  }

  Frame frame(registers);
  for (const auto &fill : prologue)
    fill(frame, kBlock);
  SmallVector<int64_t> position(loops, 0);
  int64_t length = along ? extents[*along] : 1;
  do {
    for (int64_t start = 0; start < length; start += kBlock) {
      int64_t n = std::min(kBlock, length - start);
      if (along)
        position[*along] = start;
      auto addressOf = [&](const Operand &operand) {
        int64_t offset = 0;
        for (unsigned d = 0; d < loops; ++d)
          offset += position[d] * operand.strides[d];
        return operand.base + offset * sizeOf(operand.storage);
      };
      auto strideOf = [&](const Operand &operand) { return along ? operand.strides[*along] * sizeOf(operand.storage) : 0; };
      for (auto [dim, reg] : indexRegisters)
        for (int64_t i = 0; i < n; ++i)
          frame.get<int64_t>(reg)[i] = position[dim] + (along == dim ? i : 0);
      for (const Operand &input : ArrayRef(operands).take_front(inputs.size()))
        loadBlock(input.storage, addressOf(input), strideOf(input), frame.get<void>(input.reg), n);
      for (const auto &kernel : code)
        kernel(frame, n);
      if (frame.failed)
        return failure();
      for (const Operand &output : ArrayRef(operands).drop_front(inputs.size()))
        storeBlock(output.storage, frame.get<void>(output.reg), addressOf(output), strideOf(output), n);
    }
    if (along)
      position[*along] = 0;
    // Next iteration of the other loops.
    unsigned d = loops;
    while (d-- > 0) {
      if (along == d)
        continue;
      if (++position[d] < extents[d])
        break;
      position[d] = 0;
    }
    if (d == ~0u)
      break;
  } while (true);
  return success();
}
