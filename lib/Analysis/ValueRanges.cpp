//===- ValueRanges.cpp ------------------------------------------------------------------------------------------===//
#include "aimc/Analysis/ValueRanges.h"

#include "LazyAnalysis.h"
#include "Payload.h"

#include "aimc/Analysis/ConstantExpression.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"

#include <cmath>
#include <functional>

using namespace mlir;
using namespace aimc;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr Interval kAny{-kInfinity, kInfinity};

//===------------------------------------------------------------------------------------------------------------===//
// Interval arithmetic
//===------------------------------------------------------------------------------------------------------------===//

static Interval join(Interval a, Interval b) {
  if (a.isEmpty())
    return b;
  if (b.isEmpty())
    return a;
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

static double plus(double a, double b, double otherwise) {
  double sum = a + b;
  return std::isnan(sum) ? otherwise : sum; // ∞ − ∞
}

static Interval add(Interval a, Interval b) { return {plus(a.low, b.low, -kInfinity), plus(a.high, b.high, kInfinity)}; }
static Interval negate(Interval a) { return {-a.high, -a.low}; }
static Interval subtract(Interval a, Interval b) { return add(a, negate(b)); }

/// 0 · ∞ is 0: a bound at infinity stands for numbers as large as you like, and NaN does not count.
static double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

static Interval multiply(Interval a, Interval b) {
  double products[] = {times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)};
  return {*std::min_element(products, products + 4), *std::max_element(products, products + 4)};
}

static Interval divide(Interval a, Interval b) {
  if (b.high <= 0)
    return divide(negate(a), negate(b));
  if (b.low < 0)
    return kAny;
  // b >= 0: its reciprocal is in [1/high, 1/low].
  return multiply(a, {1 / b.high, b.low == 0 ? kInfinity : 1 / b.low});
}

static Interval square(Interval a) {
  double low = a.low > 0 ? a.low : a.high < 0 ? -a.high : 0, high = std::max(-a.low, a.high);
  return {low * low, high * high};
}

static Interval absolute(Interval a) { return {a.low > 0 ? a.low : a.high < 0 ? -a.high : 0, std::max(-a.low, a.high)}; }

static Interval maximum(Interval a, Interval b) { return {std::max(a.low, b.low), std::max(a.high, b.high)}; }
static Interval minimum(Interval a, Interval b) { return {std::min(a.low, b.low), std::min(a.high, b.high)}; }

/// What every value of the type satisfies.
static Interval rangeOfType(Type type) {
  type = getElementTypeOrSelf(type);
  if (type.isInteger(1))
    return {0, 1};
  if (auto integer = dyn_cast<IntegerType>(type))
    return {-std::ldexp(1.0, integer.getWidth() - 1), std::ldexp(1.0, integer.getWidth() - 1) - 1};
  return kAny;
}

/// Bounds after the operation's own rounding, which is monotone: rounded like a number of that type.
static Interval rounded(Interval range, Type type) {
  type = getElementTypeOrSelf(type);
  if (range.isEmpty())
    return range;
  if (type.isF32())
    return {static_cast<float>(range.low), static_cast<float>(range.high)};
  if (type.isF16() || type.isBF16()) { // outwards by more than half a unit in the last place
    auto grow = [](double bound, double by) { return std::isinf(bound) ? bound : bound + std::fabs(bound) * by; };
    return {grow(range.low, -0x1p-7), grow(range.high, 0x1p-7)};
  }
  if (isa<IntegerType>(type)) { // wraps around
    Interval whole = rangeOfType(type);
    return range.low < whole.low || range.high > whole.high ? whole : range;
  }
  return range;
}

/// A rising function computed approximately: bounds move outwards by more than its error.
static Interval rising(Interval a, double (*f)(double)) {
  auto grow = [](double bound, double by) { return std::isinf(bound) ? bound : bound + std::fabs(bound) * by; };
  double low = f(a.low), high = f(a.high);
  return {std::isnan(low) ? -kInfinity : grow(low, -1e-5), std::isnan(high) ? kInfinity : grow(high, 1e-5)};
}

static Interval logarithm(Interval a, double one, double (*f)(double)) {
  Interval range = rising({std::max(a.low, one - 1), a.high}, f);
  return {a.low >= one ? std::max(0.0, range.low) : range.low, range.high};
}

/// The type's numbers read as unsigned.
static Interval asUnsigned(Interval a, Type type) {
  type = getElementTypeOrSelf(type);
  if (a.low >= 0 || type.isIndex() || type.isInteger(1))
    return {std::max(a.low, 0.0), a.high};
  return {0, std::ldexp(1.0, type.getIntOrFloatBitWidth()) - 1};
}

//===------------------------------------------------------------------------------------------------------------===//
// Scalar operations
//===------------------------------------------------------------------------------------------------------------===//

using Transfer = std::function<Interval(Operation *, ArrayRef<Interval>)>;

static Interval power(Interval base, Interval exponent) {
  double e = exponent.low;
  if (e == exponent.high && std::fmod(e, 2) == 0)
    return e == 2 ? square(base) : Interval{0, kInfinity};
  return base.low >= 0 ? Interval{0, kInfinity} : kAny;
}

static llvm::StringMap<Transfer> makeTransfers() {
  llvm::StringMap<Transfer> table;
  auto unary = [&](StringRef name, auto f) {
    table[name] = [f](Operation *, ArrayRef<Interval> in) -> Interval { return f(in[0]); };
  };
  auto binary = [&](StringRef name, auto f) {
    table[name] = [f](Operation *, ArrayRef<Interval> in) -> Interval { return f(in[0], in[1]); };
  };
  auto same = [](Interval a) { return a; };
  for (StringRef name : {"arith.addf", "arith.addi"})
    binary(name, add);
  for (StringRef name : {"arith.subf", "arith.subi"})
    binary(name, subtract);
  for (StringRef name : {"arith.mulf", "arith.muli"})
    binary(name, multiply);
  for (StringRef name : {"arith.maximumf", "arith.maxnumf", "arith.maxsi"})
    binary(name, maximum);
  for (StringRef name : {"arith.minimumf", "arith.minnumf", "arith.minsi"})
    binary(name, minimum);
  binary("arith.divf", divide);
  unary("arith.negf", negate);
  for (StringRef name : {"math.absf", "math.absi"})
    unary(name, absolute);
  for (StringRef name : {"arith.extf", "arith.truncf", "arith.extsi", "arith.trunci", "arith.sitofp", "arith.index_cast"})
    unary(name, same);
  for (StringRef name : {"arith.extui", "arith.uitofp", "arith.index_castui"})
    table[name] = [](Operation *op, ArrayRef<Interval> in) { return asUnsigned(in[0], op->getOperand(0).getType()); };
  // Saturation is undefined in the program, so that bounds may be cut at the type's.
  for (StringRef name : {"arith.fptosi", "arith.fptoui"})
    table[name] = [](Operation *op, ArrayRef<Interval> in) -> Interval {
      Interval whole = rangeOfType(op->getResult(0).getType());
      return {std::max(std::trunc(in[0].low), whole.low), std::min(std::trunc(in[0].high), whole.high)};
    };
  table["arith.cmpf"] = table["arith.cmpi"] = [](Operation *, ArrayRef<Interval>) { return Interval{0, 1}; };

  static const std::pair<StringRef, double (*)(double)> steps[] = {{"math.floor", std::floor},
                                                                   {"math.ceil", std::ceil},
                                                                   {"math.round", std::round},
                                                                   {"math.roundeven", std::nearbyint},
                                                                   {"math.trunc", std::trunc}};
  for (auto [name, f] : steps)
    unary(name, [f = f](Interval a) { return Interval{f(a.low), f(a.high)}; });
  for (auto [name, f] : {std::pair<StringRef, double (*)(double)>{"math.exp", std::exp}, {"math.exp2", std::exp2}})
    unary(name, [f = f](Interval a) { return Interval{std::max(0.0, rising(a, f).low), rising(a, f).high}; });
  for (auto [name, f] : {std::pair<StringRef, double (*)(double)>{"math.expm1", std::expm1},
                         {"math.cbrt", std::cbrt},
                         {"math.sinh", std::sinh},
                         {"math.asinh", std::asinh},
                         {"math.atan", std::atan}})
    unary(name, [f = f](Interval a) { return rising(a, f); });
  for (auto [name, f] : {std::pair<StringRef, double (*)(double)>{"math.tanh", std::tanh}, {"math.erf", std::erf}})
    unary(name, [f = f](Interval a) { return rising(a, f); });
  for (auto [name, f] :
       {std::pair<StringRef, double (*)(double)>{"math.log", std::log}, {"math.log2", std::log2}, {"math.log10", std::log10}})
    unary(name, [f = f](Interval a) { return logarithm(a, 1, f); });
  unary("math.log1p", [](Interval a) { return logarithm(a, 0, std::log1p); });
  for (StringRef name : {"math.sin", "math.cos"})
    unary(name, [](Interval) { return Interval{-1.00001, 1.00001}; });
  for (StringRef name : {"math.cosh", "math.erfc", "math.acos", "math.acosh"})
    unary(name, [](Interval) { return Interval{0, kInfinity}; });
  unary("math.sqrt", [](Interval a) { return Interval{std::sqrt(std::max(a.low, 0.0)), std::sqrt(std::max(a.high, 0.0))}; });
  unary("math.rsqrt", [](Interval) { return Interval{0, kInfinity}; });
  for (StringRef name : {"math.powf", "math.fpowi", "math.ipowi"})
    binary(name, power);
  table["math.fma"] = [](Operation *, ArrayRef<Interval> in) { return add(multiply(in[0], in[1]), in[2]); };
  table["linalg.index"] = table["tensor.dim"] = [](Operation *, ArrayRef<Interval>) { return Interval{0, kInfinity}; };
  table["arith.minui"] = [](Operation *op, ArrayRef<Interval> in) {
    return minimum(asUnsigned(in[0], op->getOperand(0).getType()), asUnsigned(in[1], op->getOperand(1).getType()));
  };
  return table;
}

/// Whether two scalars are always the same number: one value, or one element of one tensor.
static bool isSame(Value a, Value b) {
  if (a == b)
    return true;
  auto x = dyn_cast<BlockArgument>(a), y = dyn_cast<BlockArgument>(b);
  if (!x || !y || x.getOwner() != y.getOwner())
    return false;
  auto op = dyn_cast_or_null<linalg::LinalgOp>(x.getOwner()->getParentOp());
  if (!op || x.getArgNumber() >= op.getNumDpsInputs() || y.getArgNumber() >= op.getNumDpsInputs())
    return false;
  OpOperand &first = op->getOpOperand(x.getArgNumber()), &second = op->getOpOperand(y.getArgNumber());
  return first.get() == second.get() && op.getMatchingIndexingMap(&first) == op.getMatchingIndexingMap(&second);
}

enum class Order { Unknown, Greater, Less };

static Order orderOf(Operation *comparison) {
  if (auto compare = dyn_cast_or_null<arith::CmpFOp>(comparison))
    switch (compare.getPredicate()) {
    case arith::CmpFPredicate::OGT:
    case arith::CmpFPredicate::OGE:
    case arith::CmpFPredicate::UGT:
    case arith::CmpFPredicate::UGE:
      return Order::Greater;
    case arith::CmpFPredicate::OLT:
    case arith::CmpFPredicate::OLE:
    case arith::CmpFPredicate::ULT:
    case arith::CmpFPredicate::ULE:
      return Order::Less;
    default:
      return Order::Unknown;
    }
  if (auto compare = dyn_cast_or_null<arith::CmpIOp>(comparison))
    switch (compare.getPredicate()) {
    case arith::CmpIPredicate::sgt:
    case arith::CmpIPredicate::sge:
      return Order::Greater;
    case arith::CmpIPredicate::slt:
    case arith::CmpIPredicate::sle:
      return Order::Less;
    default:
      return Order::Unknown;
    }
  return Order::Unknown;
}

//===------------------------------------------------------------------------------------------------------------===//
// The analysis
//===------------------------------------------------------------------------------------------------------------===//

class ValueRanges::Impl : public LazyAnalysis<ValueRanges::Impl, Interval> {
public:
  Interval transfer(Value value);
  std::optional<Cycle> cycleOf(Operation *op);
  bool isWorthwhile(Operation *op) { return !constants.contains(op->getResult(0)); } // weights are large
  static Interval join(Interval a, Interval b) { return ::join(a, b); }
  static Interval widen(Interval before, Interval after, unsigned round);

private:
  Interval ofArgument(BlockArgument argument);
  Interval ofResult(OpResult result);
  Interval ofLinalg(linalg::LinalgOp op, OpResult result);
  Interval ofPaddedExtreme(linalg::LinalgOp op, unsigned index, Interval range);
  Interval ofScalar(Operation *op);
  Interval ofSelect(arith::SelectOp op);
  Interval ofConstant(arith::ConstantOp op);
  Interval joinOf(ValueRange values);

  ConstantExpressions constants;
};

static std::optional<Interval> declaredRange(BlockArgument argument) {
  auto function = dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  auto attribute = function ? function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "analog.input_range") : ArrayAttr();
  if (!attribute || attribute.size() != 2)
    return std::nullopt;
  auto low = dyn_cast<FloatAttr>(attribute[0]), high = dyn_cast<FloatAttr>(attribute[1]);
  if (!low || !high)
    return std::nullopt;
  return Interval{low.getValueAsDouble(), high.getValueAsDouble()};
}

Interval ValueRanges::Impl::joinOf(ValueRange values) {
  Interval range = Interval::empty();
  for (Value value : values)
    range = join(range, get(value));
  return range;
}

Interval ValueRanges::Impl::transfer(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return ofArgument(argument);
  return ofResult(cast<OpResult>(value));
}

Interval ValueRanges::Impl::ofArgument(BlockArgument argument) {
  Operation *parent = argument.getOwner()->getParentOp();
  if (std::optional<Interval> declared = declaredRange(argument))
    return *declared;
  if (auto op = dyn_cast<linalg::LinalgOp>(parent)) // inputs, and outputs that are not accumulators
    if (argument.getArgNumber() < op->getNumOperands())
      return get(op->getOperand(argument.getArgNumber()));
  if (auto loop = dyn_cast<scf::ForOp>(parent); loop && argument == loop.getInductionVar())
    return join(get(loop.getLowerBound()), get(loop.getUpperBound()));
  if (isa<tensor::GenerateOp>(parent))
    return {0, kInfinity};
  return rangeOfType(argument.getType());
}

Interval ValueRanges::Impl::ofResult(OpResult result) {
  Operation *op = result.getOwner();
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return ofLinalg(linalgOp, result);
  StringRef name = op->getName().getStringRef();
  if (name == "analog.gather") // padding is 0
    return join(get(op->getOperand(0)), {0, 0});
  return llvm::TypeSwitch<Operation *, Interval>(op)
      .Case([&](arith::ConstantOp constant) { return ofConstant(constant); })
      .Case<tensor::EmptyOp>([](auto) { return Interval::empty(); })
      .Case<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp, tensor::ExtractSliceOp,
            tensor::ExtractOp, tensor::GatherOp, tensor::SplatOp>([&](auto) { return get(op->getOperand(0)); })
      .Case<tensor::InsertSliceOp, tensor::InsertOp>(
          [&](auto insert) { return join(get(op->getOperand(0)), get(insert.getDest())); })
      .Case<tensor::ConcatOp, tensor::FromElementsOp>([&](auto) { return joinOf(op->getOperands()); })
      .Case([&](tensor::PadOp pad) { return join(get(pad.getSource()), get(pad.getBody()->getTerminator()->getOperand(0))); })
      .Case([&](tensor::GenerateOp generate) { return get(generate.getBody().front().getTerminator()->getOperand(0)); })
      .Case([&](linalg::SoftmaxOp) { return Interval{0, 1.00001}; })
      .Case([&](scf::ForOp loop) {
        unsigned index = result.getResultNumber();
        return get(loop.getRegionIterArgs()[index]); // holds for the initial value and for every iteration's
      })
      .Case([&](scf::IfOp branch) {
        unsigned index = result.getResultNumber();
        return join(get(branch.thenYield().getOperand(index)), get(branch.elseYield().getOperand(index)));
      })
      .Case([&](arith::SelectOp select) { return ofSelect(select); })
      .Default([&](Operation *) { return ofScalar(op); });
}

/// Some iteration of every reduction runs, so that no result is the bare initial value.
static bool reducesSomething(linalg::LinalgOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  for (auto [extent, iterator] : llvm::zip_equal(extents, op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction && (ShapedType::isDynamic(extent) || extent == 0))
      return false;
  return true;
}

/// Whether every window of `op`, which reads `pad` through `map`, holds an element of what was padded. A padded dimension is
/// read at p + d·k, with a reduction loop k < K of its own and p >= 0 from the other loops, within the padded tensor. So p is
/// not behind the source when high <= (K - 1)·d; the window reaches the source when low <= (K - 1)·d, and does not step over it
/// when the source has d elements or more.
static bool windowsMeetSource(tensor::PadOp pad, linalg::LinalgOp op, AffineMap map) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  llvm::SmallBitVector taken(extents.size());
  for (auto [expr, low, high, size] :
       llvm::zip_equal(map.getResults(), pad.getStaticLow(), pad.getStaticHigh(), pad.getSourceType().getShape())) {
    if (low == 0 && high == 0)
      continue;
    SmallVector<int64_t> coefficients; // of the loops, then a constant; more where the expression divides
    if (failed(getFlattenedAffineExpr(expr, map.getNumDims(), map.getNumSymbols(), &coefficients)) ||
        coefficients.size() != extents.size() + 1 || llvm::any_of(coefficients, [](int64_t c) { return c < 0; }))
      return false;
    std::optional<unsigned> window;
    for (auto [loop, iterator] : llvm::enumerate(iterators))
      if (iterator == utils::IteratorType::reduction && coefficients[loop] != 0) {
        if (window || taken.test(loop))
          return false;
        window = loop;
      }
    if (!window || ShapedType::isDynamic(extents[*window]))
      return false;
    taken.set(*window);
    int64_t step = coefficients[*window];
    std::optional<int64_t> reach = llvm::checkedMul(extents[*window] - 1, step);
    if (!reach || low < 0 || high < 0 || low > *reach || high > *reach) // a size that a run tells is negative here
      return false;
    int64_t least = *reach - low - high + 1; // what a window needs at least
    if (std::max(size, least) < step)
      return false;
  }
  return true;
}

/// The greatest of a window is not below any of its elements, the least not above: what a pool pads with is never its result.
Interval ValueRanges::Impl::ofPaddedExtreme(linalg::LinalgOp op, unsigned index, Interval range) {
  Operation *extreme = op.getBlock()->getTerminator()->getOperand(index).getDefiningOp();
  bool isMax = isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(extreme);
  if (!isMax && !isa_and_nonnull<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(extreme))
    return range;
  Value most = op.getRegionOutputArgs()[index];
  if (!llvm::is_contained(extreme->getOperands(), most))
    return range;
  auto element = dyn_cast<BlockArgument>(extreme->getOperand(extreme->getOperand(0) == most ? 1 : 0));
  if (!element || element.getOwner() != op.getBlock() || element.getArgNumber() >= op.getNumDpsInputs())
    return range;
  OpOperand &input = op->getOpOperand(element.getArgNumber());
  auto pad = input.get().getDefiningOp<tensor::PadOp>();
  if (!pad || !windowsMeetSource(pad, op, op.getMatchingIndexingMap(&input)))
    return range;
  Interval source = get(pad.getSource());
  if (source.isEmpty())
    return range;
  return isMax ? Interval{std::max(range.low, source.low), range.high} : Interval{range.low, std::min(range.high, source.high)};
}

Interval ValueRanges::Impl::ofLinalg(linalg::LinalgOp op, OpResult result) {
  unsigned index = result.getResultNumber();
  Interval range = get(op.getBlock()->getTerminator()->getOperand(index));
  return reducesSomething(op) ? ofPaddedExtreme(op, index, range) : join(range, get(op.getDpsInits()[index]));
}

Interval ValueRanges::Impl::ofSelect(arith::SelectOp op) {
  Value yes = op.getTrueValue(), no = op.getFalseValue();
  Interval yesRange = get(yes), noRange = get(no);
  Operation *comparison = op.getCondition().getDefiningOp();
  Order order = orderOf(comparison);
  if (order == Order::Unknown)
    return join(yesRange, noRange);
  // In the true branch greater > less; in the false branch greater <= less.
  Value greater = comparison->getOperand(order == Order::Greater ? 0 : 1);
  Value less = comparison->getOperand(order == Order::Greater ? 1 : 0);
  Interval greaterRange = get(greater), lessRange = get(less);
  if (isSame(yes, greater))
    yesRange.low = std::max(yesRange.low, lessRange.low);
  if (isSame(yes, less))
    yesRange.high = std::min(yesRange.high, greaterRange.high);
  if (isSame(no, greater))
    noRange.high = std::min(noRange.high, lessRange.high);
  if (isSame(no, less))
    noRange.low = std::max(noRange.low, greaterRange.low);
  return join(yesRange, noRange);
}

Interval ValueRanges::Impl::ofConstant(arith::ConstantOp op) {
  std::optional<StridedView> view = viewOfAttribute(op.getValue());
  if (!view)
    return rangeOfType(op.getType());
  Interval range = Interval::empty();
  StridedView first = *view; // of a splat
  if (view->isSplat() && view->getNumElements() > 0) {
    first.sizes.clear();
    first.strides.clear();
  }
  ConstantData data(makeContiguous(first));
  if (data.getElementType().isF32()) {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (float number : data.as<float>()) { // NaN compares false
      low = number < low ? number : low;
      high = number > high ? number : high;
    }
    return {low, high};
  }
  for (int64_t i = 0, e = data.getNumElements(); i < e; ++i) {
    double number = data.getNumber(i);
    if (!std::isnan(number))
      range = {std::min(range.low, number), std::max(range.high, number)};
  }
  return range;
}

Interval ValueRanges::Impl::ofScalar(Operation *op) {
  static const llvm::StringMap<Transfer> transfers = makeTransfers();
  Type type = op->getNumResults() ? op->getResult(0).getType() : Type();
  auto it = transfers.find(op->getName().getStringRef());
  if (it == transfers.end() || op->getNumResults() != 1)
    return op->getNumResults() == 1 ? rangeOfType(type) : kAny;
  SmallVector<Interval> in;
  for (Value operand : op->getOperands()) {
    in.push_back(get(operand));
    if (in.back().isEmpty())
      return Interval::empty();
  }
  if (isa<arith::MulFOp, arith::MulIOp>(op) && isSame(op->getOperand(0), op->getOperand(1)))
    return rounded(square(in[0]), type);
  return rounded(it->second(op, in), type);
}

std::optional<Cycle> ValueRanges::Impl::cycleOf(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return Cycle{op, llvm::to_vector_of<Value>(loop.getRegionIterArgs()), llvm::to_vector_of<Value>(loop.getInitArgs()),
                 llvm::to_vector_of<Value>(loop.getYieldedValues())};
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || linalgOp.getNumReductionLoops() == 0 || linalgOp.getBlock()->getNumArguments() != op->getNumOperands())
    return std::nullopt;
  return Cycle{op, llvm::to_vector_of<Value>(linalgOp.getRegionOutputArgs()), llvm::to_vector_of<Value>(linalgOp.getDpsInits()),
               llvm::to_vector_of<Value>(linalgOp.getBlock()->getTerminator()->getOperands())};
}

Interval ValueRanges::Impl::widen(Interval before, Interval after, unsigned round) {
  if (round < 3 || before.isEmpty())
    return after;
  // Unstable bounds jump to the next of a few, so that signs survive.
  if (after.low < before.low)
    after.low = after.low >= 1 ? 1 : after.low >= 0 ? 0 : after.low >= -1 ? -1 : -kInfinity;
  if (after.high > before.high)
    after.high = after.high <= -1 ? -1 : after.high <= 0 ? 0 : after.high <= 1 ? 1 : kInfinity;
  return after;
}

ValueRanges::ValueRanges() : impl(std::make_unique<Impl>()) {}
ValueRanges::~ValueRanges() = default;
Interval ValueRanges::getRange(Value value) { return impl->get(value); }
