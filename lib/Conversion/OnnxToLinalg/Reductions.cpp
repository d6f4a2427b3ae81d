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

/// Whether it adds numbers up, which takes a wider type than theirs.
static bool isSum(Reduction kind) {
  return kind != Reduction::Max && kind != Reduction::Min && kind != Reduction::Prod && kind != Reduction::LogSumExp;
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

/// Elements divided by a number of elements.
static Value divideBy(Value tensor, ArrayRef<Size> sizes, const Reducer &reducer, Lowering &b) {
  Value count = b.castIndex(b.asIndex(b.product(sizes)), b.getI64Type());
  Value divisor = castScalar(b, count, b.getI64Type(), reducer.element);
  return mapElements(tensor, b, [&](Value x) -> Value {
    if (reducer.isFloat())
      return arith::DivFOp::create(b, x, divisor);
    return reducer.isUnsigned ? Value(arith::DivUIOp::create(b, x, divisor)) : Value(arith::DivSIOp::create(b, x, divisor));
  });
}

/// ln Σ e^x as max + ln Σ e^(x - max); an infinite maximum is taken for 0, so that the difference is a number.
static Value logSumExp(Value tensor, ArrayRef<int64_t> axes, const Reducer &reducer, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = reducer.element;
  Value most = b.reduce(tensor, axes, reducer.initial(Reduction::Max), [&](Value x, Value sum) { return reducer.max(sum, x); });
  most = mapElements(most, b, [&](Value x) -> Value {
    Value infinite =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, math::AbsFOp::create(b, x), b.extreme(element, true, false));
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

/// Reduces the dimensions whose `listed` is 1, which only a run can tell, to size 1, one dimension after the other: its
/// reduction stands behind its elements, and the result begins there or at the front.
static Value reduceListed(Value tensor, ArrayRef<Size> listed, Reduction kind, const Reducer &reducer, Lowering &b) {
  for (int64_t axis = 0; axis < getRank(tensor); ++axis) {
    Value sum =
        b.reduce(tensor, axis, reducer.initial(kind), [&](Value x, Value sum) { return reducer.combine(kind, x, sum); });
    Size extent = b.dim(tensor, axis);
    Value both = b.concat(axis, ValueRange{tensor, b.reshape(sum, getKeptSizes(tensor, axis, b))});
    Sizes sizes = b.dims(tensor);
    sizes[axis] = b.select(arith::CmpIPredicate::eq, listed[axis], b.size(1), b.size(1), extent);
    Value first = b.asIndex(b.select(arith::CmpIPredicate::eq, listed[axis], b.size(1), extent, b.size(0)));
    tensor = b.computeFromIndices(sizes, reducer.element, [&](ValueRange indices) -> SmallVector<Value> {
      SmallVector<Value> position(indices);
      position[axis] = arith::AddIOp::create(b, position[axis], first);
      return {tensor::ExtractOp::create(b, both, position)};
    });
  }
  return tensor;
}

/// For each dimension of `rank`, 1 or 0: whether it is among `axes`, of which only a run can tell how many there are. None are
/// all or none
/// (`noop`).
static Sizes findListed(Value axes, int64_t rank, bool noop, Lowering &b) {
  Type boolean = b.getI1Type();
  Size count = b.dim(axes, 0), none = b.size(noop ? 0 : 1);
  Sizes listed;
  for (int64_t i = 0; i < rank; ++i) {
    Value matches = b.broadcast(axes, boolean, [&](ValueRange s) -> SmallVector<Value> {
      auto is = [&](int64_t name) -> Value {
        return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[0], b.integer(s[0].getType(), name));
      };
      return {arith::OrIOp::create(b, is(i), is(i - rank))};
    });
    Value any = b.reduce(matches, int64_t(0), b.integer(boolean, 0),
                         [&](Value x, Value sum) -> Value { return arith::OrIOp::create(b, sum, x); });
    Value found = arith::ExtUIOp::create(b, b.getI64Type(), b.extractScalar(any));
    listed.push_back(b.select(arith::CmpIPredicate::eq, count, b.size(0), none, b.castIndex(found, b.getIndexType())));
  }
  return listed;
}

/// A reduction along the dimensions whose `listed` is 1, `count` of them, which only a run can tell.
static LogicalResult lowerComputedReduce(NodeOp node, Value tensor, ArrayRef<Size> listed, size_t count, Reduction kind,
                                         const Reducer &reducer, Lowering &b) {
  int64_t rank = getRank(tensor);
  Sizes own = b.dims(tensor), counted;
  for (int64_t i = 0; i < rank; ++i) {
    counted.push_back(b.select(arith::CmpIPredicate::eq, listed[i], b.size(1), own[i], b.size(1)));
  }
  // What combines twice the same way: first every element alone, then sums, products or extremes.
  Reduction inner = kind == Reduction::Max || kind == Reduction::Min || kind == Reduction::Prod ? kind : Reduction::Sum;
  Value most;
  if (kind == Reduction::LogSumExp) {
    most = reduceListed(tensor, listed, Reduction::Max, reducer, b);
    tensor = b.broadcast({tensor, most}, reducer.element, [&](ValueRange s) -> SmallVector<Value> {
      return {math::ExpOp::create(b, arith::SubFOp::create(b, s[0], s[1]))};
    });
  } else if (kind == Reduction::L1) {
    tensor = mapElements(tensor, b, [&](Value x) { return reducer.abs(x); });
  } else if (kind == Reduction::L2 || kind == Reduction::SumSquare) {
    tensor = mapElements(tensor, b, [&](Value x) { return reducer.mul(x, x); });
  }
  Value result = reduceListed(tensor, listed, inner, reducer, b);
  if (kind == Reduction::L2)
    result = mapElements(result, b, [&](Value x) { return math::SqrtOp::create(b, x); });
  if (kind == Reduction::LogSum)
    result = mapElements(result, b, [&](Value x) { return math::LogOp::create(b, x); });
  if (kind == Reduction::LogSumExp)
    result = b.broadcast({result, most}, reducer.element, [&](ValueRange s) -> SmallVector<Value> {
      return {arith::AddFOp::create(b, math::LogOp::create(b, s[0]), s[1])};
    });
  if (kind == Reduction::Mean)
    result = divideBy(result, counted, reducer, b);
  if (!node.getInt("keepdims", 1))
    result = b.reshape(result, dropListed(b.dims(result), listed, rank - count, b));
  return b.replace(node, result);
}

/// A reduction of no dimension: each element is reduced alone.
static Value reduceAlone(Value tensor, Reduction kind, const Reducer &reducer, Lowering &b) {
  switch (kind) {
  case Reduction::L1:
  case Reduction::L2:
    return mapElements(tensor, b, [&](Value x) { return reducer.abs(x); });
  case Reduction::SumSquare:
    return mapElements(tensor, b, [&](Value x) { return reducer.mul(x, x); });
  case Reduction::LogSum:
    return mapElements(tensor, b, [&](Value x) { return math::LogOp::create(b, x); });
  default:
    return tensor;
  }
}

LogicalResult aimc::onnx::lowerReduce(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  SmallVector<int64_t> axes = node.getInts("axes");
  Sizes listed; // when a run tells
  size_t count = 0;
  if (Value operand = getOptional(inputs, 1)) {
    if (auto constants = b.constantElements(operand)) {
      axes = *constants;
    } else if (auto computed = getComputed(operand, b)) {
      count = computed->size();
      for (int64_t i = 0; i < rank; ++i)
        listed.push_back(isListed(*computed, i, rank, b));
    } else if (!isa<Attribute>(b.dim(operand, 0))) { // else there are none
      listed = findListed(operand, rank, node.getInt("noop_with_empty_axes", 0), b);
    }
  }
  bool isNothing = axes.empty() && listed.empty() && node.getInt("noop_with_empty_axes", 0);
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, axes, rank, b);
  if (failed(normalized))
    return failure();
  axes = *normalized;

  Type element = getElement(tensor), onnxElement = b.getElementType(node.getInputs().front());
  Reduction kind = getReduction(node.getOpType());
  Reducer reducer{b, element, onnxElement.isUnsignedInteger() || onnxElement.isInteger(1)};
  bool needsFloat = kind == Reduction::L2 || kind == Reduction::LogSum || kind == Reduction::LogSumExp;
  if (needsFloat && !reducer.isFloat())
    return b.error(node) << "needs float elements, not " << onnxElement;
  if (isNothing)
    return b.replace(node, reduceAlone(tensor, kind, reducer, b));
  if (!listed.empty())
    return lowerComputedReduce(node, tensor, listed, count, kind, reducer, b);

  Value result;
  if (isSum(kind))
    reducer.element = b.accumulatorOf(element);
  if (kind == Reduction::LogSumExp)
    result = logSumExp(tensor, axes, reducer, b);
  else
    result = b.reduce(tensor, axes, reducer.initial(kind), [&](Value x, Value sum) {
      return reducer.combine(kind, castScalar(b, x, element, reducer.element), sum);
    });
  if (kind == Reduction::L2)
    result = mapElements(result, b, [&](Value x) { return math::SqrtOp::create(b, x); });
  if (kind == Reduction::LogSum)
    result = mapElements(result, b, [&](Value x) { return math::LogOp::create(b, x); });
  if (kind == Reduction::Mean) {
    Sizes reduced;
    for (int64_t axis : axes)
      reduced.push_back(b.dim(tensor, axis));
    result = divideBy(result, reduced, reducer, b);
  }
  if (reducer.element != element)
    result = b.compute(Access{result, b.getMultiDimIdentityMap(getRank(result))}, b.dims(result), element,
                       [&](ValueRange s) -> SmallVector<Value> { return {castScalar(b, s[0], reducer.element, element)}; });
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
