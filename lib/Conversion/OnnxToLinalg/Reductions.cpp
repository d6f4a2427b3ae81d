//===- Reductions.cpp - Reduce*, ArgMax, ArgMin -----------------------------------------------------------------===//
#include "Lowering.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace aimc::onnx;

namespace {
enum class Reduction { L1, L2, LogSum, LogSumExp, Max, Mean, Min, Prod, Sum, SumSquare };
}

static Reduction getReduction(StringRef name) {
  return llvm::StringSwitch<Reduction>(name)
      .Case("ReduceL1", Reduction::L1)
      .Case("ReduceL2", Reduction::L2)
      .Case("ReduceLogSum", Reduction::LogSum)
      .Case("ReduceLogSumExp", Reduction::LogSumExp)
      .Case("ReduceMax", Reduction::Max)
      .Case("ReduceMean", Reduction::Mean)
      .Case("ReduceMin", Reduction::Min)
      .Case("ReduceProd", Reduction::Prod)
      .Case("ReduceSumSquare", Reduction::SumSquare)
      .Default(Reduction::Sum);
}

/// One reduction of elements of `element`, with or without the reduced dimensions.
namespace {
struct Reducer {
  Lowering &b;
  Type element;
  bool isUnsigned;

  bool isFloat() const { return isa<FloatType>(element); }
  Value add(Value x, Value y) const {
    return isFloat() ? Value(arith::AddFOp::create(b, x, y)) : Value(arith::AddIOp::create(b, x, y));
  }
  Value mul(Value x, Value y) const {
    return isFloat() ? Value(arith::MulFOp::create(b, x, y)) : Value(arith::MulIOp::create(b, x, y));
  }
  Value max(Value x, Value y) const {
    if (isFloat())
      return arith::MaximumFOp::create(b, x, y);
    return isUnsigned ? Value(arith::MaxUIOp::create(b, x, y)) : Value(arith::MaxSIOp::create(b, x, y));
  }
  Value min(Value x, Value y) const {
    if (isFloat())
      return arith::MinimumFOp::create(b, x, y);
    return isUnsigned ? Value(arith::MinUIOp::create(b, x, y)) : Value(arith::MinSIOp::create(b, x, y));
  }
  Value abs(Value x) const {
    if (isFloat())
      return math::AbsFOp::create(b, x);
    return isUnsigned ? x : Value(math::AbsIOp::create(b, x));
  }
  Value combine(Reduction kind, Value x, Value sum) const {
    switch (kind) {
    case Reduction::L1:
      return add(sum, abs(x));
    case Reduction::L2:
    case Reduction::SumSquare:
      return add(sum, mul(x, x));
    case Reduction::Max:
      return max(sum, x);
    case Reduction::Min:
      return min(sum, x);
    case Reduction::Prod:
      return mul(sum, x);
    default:
      return add(sum, x);
    }
  }
  Value initial(Reduction kind) const {
    if (kind == Reduction::Max || kind == Reduction::Min)
      return b.extreme(element, kind == Reduction::Min, isUnsigned);
    return b.scalar(element, kind == Reduction::Prod ? 1 : 0);
  }
};
} // namespace

/// `function` of every element.
static Value mapElements(Value tensor, Lowering &b, llvm::function_ref<Value(Value)> function) {
  return b.compute(Access{tensor, b.getMultiDimIdentityMap(getRank(tensor))}, b.dims(tensor), getElement(tensor),
                   [&](ValueRange scalars) -> SmallVector<Value> { return {function(scalars[0])}; });
}

/// Sizes of `tensor` with 1 for every reduced dimension.
static Sizes getKeptSizes(Value tensor, ArrayRef<int64_t> axes, Lowering &b) {
  Sizes sizes = b.dims(tensor);
  for (int64_t axis : axes)
    sizes[axis] = b.size(1);
  return sizes;
}

/// ln Σ e^x as max + ln Σ e^(x - max); an infinite maximum is taken for 0, so that the difference is a number.
static Value logSumExp(Value tensor, ArrayRef<int64_t> axes, const Reducer &reducer, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = reducer.element;
  Value most = b.reduce(tensor, axes, reducer.initial(Reduction::Max), [&](Value x, Value sum) { return reducer.max(sum, x); });
  most = mapElements(most, b, [&](Value x) -> Value {
    Value infinite = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, math::AbsFOp::create(b, x), b.extreme(element, true, false));
    return arith::SelectOp::create(b, infinite, b.scalar(element, 0), x);
  });
  Access own{tensor, b.getMultiDimIdentityMap(rank)}, largest{most, b.withoutAxes(rank, axes)};
  Value sums = b.filled(b.dims(most), b.scalar(element, 0));
  Value sum = b.generic({own, largest}, Access{sums, b.withoutAxes(rank, axes)}, [&](ValueRange scalars) -> SmallVector<Value> {
    Value difference = arith::SubFOp::create(b, scalars[0], scalars[1]);
    return {arith::AddFOp::create(b, scalars[2], math::ExpOp::create(b, difference))};
  }).front();
  return b.broadcast({sum, most}, element, [&](ValueRange scalars) -> SmallVector<Value> {
    return {arith::AddFOp::create(b, math::LogOp::create(b, scalars[0]), scalars[1])};
  });
}

LogicalResult aimc::onnx::lowerReduce(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  SmallVector<int64_t> axes = node.getInts("axes");
  if (Value operand = getOptional(inputs, 1)) {
    auto constants = b.constantElements(operand);
    if (!constants)
      return b.error(node) << "the axes are computed at run time; only constant axes are supported";
    axes = *constants;
  }
  if (axes.empty() && node.getInt("noop_with_empty_axes", 0))
    return b.replace(node, tensor);
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  for (int64_t &axis : axes)
    axis = normalizeAxis(axis, rank);

  Type element = getElement(tensor), onnxElement = b.getElementType(node.getInputs().front());
  Reduction kind = getReduction(node.getOpType());
  Reducer reducer{b, element, onnxElement.isUnsignedInteger() || onnxElement.isInteger(1)};
  bool needsFloat = kind == Reduction::L2 || kind == Reduction::LogSum || kind == Reduction::LogSumExp;
  if (needsFloat && !reducer.isFloat())
    return b.error(node) << "needs float elements, not " << onnxElement;

  Value result;
  if (kind == Reduction::LogSumExp)
    result = logSumExp(tensor, axes, reducer, b);
  else
    result = b.reduce(tensor, axes, reducer.initial(kind), [&](Value x, Value sum) { return reducer.combine(kind, x, sum); });
  if (kind == Reduction::L2)
    result = mapElements(result, b, [&](Value x) { return math::SqrtOp::create(b, x); });
  if (kind == Reduction::LogSum)
    result = mapElements(result, b, [&](Value x) { return math::LogOp::create(b, x); });
  if (kind == Reduction::Mean) {
    Sizes reduced;
    for (int64_t axis : axes)
      reduced.push_back(b.dim(tensor, axis));
    Value count = b.castIndex(b.asIndex(b.product(reduced)), b.getI64Type());
    Value divisor = castScalar(b, count, b.getI64Type(), element);
    result = mapElements(result, b, [&](Value x) -> Value {
      if (reducer.isFloat())
        return arith::DivFOp::create(b, x, divisor);
      return reducer.isUnsigned ? Value(arith::DivUIOp::create(b, x, divisor)) : Value(arith::DivSIOp::create(b, x, divisor));
    });
  }
  if (node.getInt("keepdims", 1))
    result = b.reshape(result, getKeptSizes(tensor, axes, b));
  return b.replace(node, result);
}

LogicalResult aimc::onnx::lowerArgReduce(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), axis = normalizeAxis(node.getInt("axis", 0), rank);
  Type element = getElement(tensor), onnxElement = b.getElementType(node.getInputs().front()), index = b.getI64Type();
  bool isMax = node.getOpType() == "ArgMax", last = node.getInt("select_last_index", 0);
  bool isUnsigned = onnxElement.isUnsignedInteger();
  AffineMap map = b.withoutAxes(rank, axis);
  Sizes sizes;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      sizes.push_back(b.dim(tensor, i));
  Access bests{b.filled(sizes, b.extreme(element, !isMax, isUnsigned)), map}, places{b.filled(sizes, b.integer(index, 0)), map};
  Access input{tensor, b.getMultiDimIdentityMap(rank)};
  auto results = b.generic(input, {bests, places}, [&](ValueRange arguments) -> SmallVector<Value> {
    Value x = arguments[0], best = arguments[1], better;
    if (isa<FloatType>(element)) {
      using P = arith::CmpFPredicate;
      // A NaN is larger and smaller than anything, as in NumPy: the first one wins.
      P predicate = isMax ? (last ? P::UGE : P::UGT) : (last ? P::ULE : P::ULT);
      Value number = arith::CmpFOp::create(b, P::ORD, best, best);
      better = arith::AndIOp::create(b, arith::CmpFOp::create(b, predicate, x, best), number);
    } else {
      using P = arith::CmpIPredicate;
      P predicate = isUnsigned ? (isMax ? (last ? P::uge : P::ugt) : (last ? P::ule : P::ult))
                               : (isMax ? (last ? P::sge : P::sgt) : (last ? P::sle : P::slt));
      better = arith::CmpIOp::create(b, predicate, x, best);
    }
    Value place = arith::IndexCastOp::create(b, index, linalg::IndexOp::create(b, axis));
    return {arith::SelectOp::create(b, better, x, best), arith::SelectOp::create(b, better, place, arguments[2])};
  });
  Value result = results[1];
  if (node.getInt("keepdims", 1))
    result = b.reshape(result, getKeptSizes(tensor, axis, b));
  return b.replace(node, result);
}
