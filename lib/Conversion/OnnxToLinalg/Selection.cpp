//===- Selection.cpp - operators that select, scatter and sort elements -----------------------------------------===//
#include "Loops.h"

using namespace mlir;
using namespace aimc::onnx;

/// The indices of a loop nest or a payload with one replaced.
static SmallVector<Value> withIndex(ValueRange indices, int64_t dimension, Value index) {
  SmallVector<Value> result(indices);
  result[dimension] = index;
  return result;
}

static SmallVector<Value> loopIndices(int64_t rank, Lowering &b) {
  SmallVector<Value> result;
  for (int64_t i = 0; i < rank; ++i)
    result.push_back(linalg::IndexOp::create(b, i));
  return result;
}

static Value compareIndex(arith::CmpIPredicate predicate, Value x, Value y, Lowering &b) {
  return arith::CmpIOp::create(b, predicate, x, y);
}

//===------------------------------------------------------------------------------------------------------------===//
// Elements by their indices
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerOneHot(NodeOp node, ValueRange inputs, Lowering &b) {
  Value places = inputs[0], values = inputs[2];
  int64_t rank = getRank(places) + 1, axis = normalizeAxis(node.getInt("axis", -1), rank);
  auto declared = cast<RankedTensorType>(getSignlessType(node.getResult(0).getType()));
  Type placeType = b.getElementType(node.getInputs()[0]);
  Value depth = declared.isDynamicDim(axis) ? toIndex(b.extractScalar(inputs[1]), b.getElementType(node.getInputs()[1]), b)
                                            : b.index(declared.getDimSize(axis));
  Sizes sizes = b.dims(places);
  sizes.insert(sizes.begin() + axis, declared.isDynamicDim(axis) ? Size(depth) : b.size(declared.getDimSize(axis)));
  b.expectEqual(b.dim(values, 0), b.size(2), "there must be two values, for off and on");
  Value off = tensor::ExtractOp::create(b, values, ValueRange{b.index(0)});
  Value on = tensor::ExtractOp::create(b, values, ValueRange{b.index(1)});
  return b.replace(node, b.compute(Access{places, b.withoutAxes(rank, axis)}, sizes, getElement(values),
                                   [&](ValueRange s) -> SmallVector<Value> {
                                     Value place = wrapNegative(toIndex(s[0], placeType, b), depth, b);
                                     Value own = linalg::IndexOp::create(b, axis);
                                     Value here = compareIndex(arith::CmpIPredicate::eq, place, own, b);
                                     return {arith::SelectOp::create(b, here, on, off)};
                                   }));
}

LogicalResult aimc::onnx::lowerGatherElements(NodeOp node, ValueRange inputs, Lowering &b) {
  Value data = inputs[0], places = inputs[1];
  int64_t rank = getRank(data), axis = normalizeAxis(node.getInt("axis", 0), rank);
  Value extent = b.asIndex(b.dim(data, axis));
  expectInside(places, data, axis, "the indices must be no more than the data but along the axis", b);
  return b.replace(node, b.compute(Access{places, b.getMultiDimIdentityMap(rank)}, b.dims(places), getElement(data),
                                   [&](ValueRange s) -> SmallVector<Value> {
                                     Value place = wrapNegative(b.castIndex(s[0], b.getIndexType()), extent, b);
                                     place = clampInto(place, extent, b);
                                     return {tensor::ExtractOp::create(b, data, withIndex(loopIndices(rank, b), axis, place))};
                                   }));
}

/// The indices that the last dimension of `places` holds at `prefix`, into dimensions of `data` from `first` on.
static SmallVector<Value> readIndices(Value places, ValueRange prefix, Value data, int64_t first, int64_t count, Lowering &b) {
  SmallVector<Value> result;
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<Value> position(prefix);
    position.push_back(b.index(i));
    Value extent = b.asIndex(b.dim(data, first + i));
    Value place = b.castIndex(tensor::ExtractOp::create(b, places, position), b.getIndexType());
    result.push_back(clampInto(wrapNegative(place, extent, b), extent, b));
  }
  return result;
}

LogicalResult aimc::onnx::lowerGatherND(NodeOp node, ValueRange inputs, Lowering &b) {
  Value data = inputs[0], places = inputs[1];
  int64_t batch = node.getInt("batch_dims", 0), prefix = getRank(places) - 1;
  int64_t count = cast<RankedTensorType>(places.getType()).getShape().back();
  Sizes sizes = b.dims(places), own = b.dims(data);
  for (int64_t i = 0; i < batch; ++i)
    b.expectEqual(sizes[i], own[i], "indices and data must have the same batch dimensions");
  sizes.pop_back();
  sizes.append(own.begin() + batch + count, own.end());
  return b.replace(node, b.computeFromIndices(sizes, getElement(data), [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> position(indices.take_front(batch));
    position.append(readIndices(places, indices.take_front(prefix), data, batch, count, b));
    llvm::append_range(position, indices.drop_front(prefix));
    return {tensor::ExtractOp::create(b, data, position)};
  }));
}

LogicalResult aimc::onnx::lowerScatter(NodeOp node, ValueRange inputs, Lowering &b) {
  Value data = inputs[0], places = inputs[1], updates = inputs[2];
  Type element = b.getElementType(node.getInputs()[0]);
  StringRef reduction = node.getString("reduction", "none");
  if (!llvm::is_contained({"none", "add", "mul", "max", "min"}, reduction))
    return b.error(node) << "reduction '" << reduction << "' is not known";
  bool whole = node.getOpType() == "ScatterND";
  int64_t axis = whole ? 0 : normalizeAxis(node.getInt("axis", 0), getRank(data)), prefix = getRank(places) - 1;
  int64_t count = whole ? cast<RankedTensorType>(places.getType()).getShape().back() : 0;
  Sizes wanted = b.dims(places), own = b.dims(data);
  if (whole) {
    wanted.pop_back();
    wanted.append(own.begin() + count, own.end());
  } else {
    expectInside(places, data, axis, "the indices must be no more than the data but along the axis", b);
  }
  expectSizes(updates, wanted, "the updates must fit indices and data", b);
  Value result = forEachIndex(
                     b.dims(updates), data,
                     [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
                       SmallVector<Value> position;
                       if (whole) {
                         position = readIndices(places, indices.take_front(prefix), data, 0, count, b);
                         llvm::append_range(position, indices.drop_front(prefix));
                       } else {
                         Value extent = b.asIndex(b.dim(data, axis));
                         Value place = b.castIndex(tensor::ExtractOp::create(b, places, indices), b.getIndexType());
                         position = withIndex(indices, axis, clampInto(wrapNegative(place, extent, b), extent, b));
                       }
                       Value update = tensor::ExtractOp::create(b, updates, indices);
                       if (reduction != "none")
                         update = combineBy(reduction, tensor::ExtractOp::create(b, carried[0], position), update, element, b);
                       return {tensor::InsertOp::create(b, update, carried[0], position)};
                     },
                     b)
                     .front();
  return b.replace(node, result);
}

LogicalResult aimc::onnx::lowerTrilu(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  if (rank < 2)
    return b.error(node) << "needs a tensor of rank 2 or more, not " << tensor.getType();
  Value diagonal = getOptional(inputs, 1) ? toIndex(b.extractScalar(inputs[1]), b.getI64Type(), b) : b.index(0);
  bool upper = node.getInt("upper", 1);
  Type element = getElement(tensor);
  Value zero = b.scalar(element, 0);
  return b.replace(node, b.compute(Access{tensor, b.getMultiDimIdentityMap(rank)}, b.dims(tensor), element,
                                   [&](ValueRange s) -> SmallVector<Value> {
                                     Value row = linalg::IndexOp::create(b, rank - 2),
                                           column = linalg::IndexOp::create(b, rank - 1);
                                     Value limit = arith::AddIOp::create(b, row, diagonal);
                                     Value kept = compareIndex(upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle,
                                                               column, limit, b);
                                     return {arith::SelectOp::create(b, kept, s[0], zero)};
                                   }));
}

LogicalResult aimc::onnx::lowerEyeLike(NodeOp node, ValueRange inputs, Lowering &b) {
  Type element = getSignlessType(getElementTypeOrSelf(node.getResult(0).getType()));
  Value diagonal = b.index(node.getInt("k", 0)), one = b.scalar(element, 1), zero = b.scalar(element, 0);
  return b.replace(node, b.computeFromIndices(b.dims(inputs[0]), element, [&](ValueRange indices) -> SmallVector<Value> {
    Value wanted = arith::AddIOp::create(b, indices[0], diagonal);
    return {arith::SelectOp::create(b, compareIndex(arith::CmpIPredicate::eq, wanted, indices[1], b), one, zero)};
  }));
}

LogicalResult aimc::onnx::lowerReverseSequence(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), batch = node.getInt("batch_axis", 1), time = node.getInt("time_axis", 0);
  if (batch < 0 || time < 0 || batch >= rank || time >= rank || batch == time)
    return b.error(node) << "'batch_axis' " << batch << " and 'time_axis' " << time << " must be two dimensions of "
                         << tensor.getType();
  Value extent = b.asIndex(b.dim(tensor, time)); // a sequence is no longer than that, whatever the lengths say
  AffineMap lengths = AffineMap::get(rank, 0, b.getAffineDimExpr(batch), b.getContext());
  return b.replace(
      node, b.compute(Access{inputs[1], lengths}, b.dims(tensor), getElement(tensor), [&](ValueRange s) -> SmallVector<Value> {
        Value length = arith::MinSIOp::create(b, b.castIndex(s[0], b.getIndexType()), extent);
        Value place = linalg::IndexOp::create(b, time);
        Value mirrored = arith::SubIOp::create(b, arith::SubIOp::create(b, length, b.index(1)), place);
        Value inside = compareIndex(arith::CmpIPredicate::slt, place, length, b);
        Value source = arith::SelectOp::create(b, inside, mirrored, place);
        return {tensor::ExtractOp::create(b, tensor, withIndex(loopIndices(rank, b), time, source))};
      }));
}

//===------------------------------------------------------------------------------------------------------------===//
// Sums along a dimension, sorting
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerCumSum(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  bool exclusive = node.getInt("exclusive", 0), reverse = node.getInt("reverse", 0);
  Type element = getElement(tensor);
  // The axis may be a number that only the run knows: every index asks whether it is the one.
  Value axis = toIndex(b.extractScalar(inputs[1]), b.getElementType(node.getInputs()[1]), b);
  axis = wrapNegative(axis, b.index(rank), b);
  SmallVector<Value> along, last;
  Sizes sizes = b.dims(tensor);
  for (int64_t i = 0; i < rank; ++i) {
    along.push_back(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, axis, b.index(i)));
    last.push_back(b.asIndex(b.sub(sizes[i], b.size(1))));
  }
  Value zero = b.scalar(element, 0), one = b.index(1), none = b.index(0);
  Value sums =
      forEachIndex(
          sizes, b.empty(sizes, element),
          [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
            SmallVector<Value> own, previous;
            Value isFirst = b.integer(b.getI1Type(), 0);
            for (int64_t i = 0; i < rank; ++i) {
              Value place = indices[i];
              if (reverse)
                place = arith::SelectOp::create(b, along[i], arith::SubIOp::create(b, last[i], place), place);
              Value first = arith::AndIOp::create(b, along[i], compareIndex(arith::CmpIPredicate::eq, indices[i], none, b));
              isFirst = arith::OrIOp::create(b, isFirst, first);
              Value before =
                  reverse ? Value(arith::AddIOp::create(b, place, one)) : Value(arith::SubIOp::create(b, place, one));
              Value moves = arith::AndIOp::create(b, along[i], compareIndex(arith::CmpIPredicate::ne, indices[i], none, b));
              own.push_back(place);
              previous.push_back(arith::SelectOp::create(b, moves, before, place));
            }
            Value sum = tensor::ExtractOp::create(b, carried[0], previous);
            Value term = tensor::ExtractOp::create(b, tensor, exclusive ? previous : own);
            Value next = combineBy("add", sum, term, element, b);
            next = arith::SelectOp::create(b, isFirst, exclusive ? zero : term, next);
            return {tensor::InsertOp::create(b, next, carried[0], own)};
          },
          b)
          .front();
  return b.replace(node, sums);
}

/// Insertion into the sorted list of the best so far, which has a place more than is asked for: what falls off lands there.
/// Equal elements keep their order.
LogicalResult aimc::onnx::lowerTopK(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor), axis = normalizeAxis(node.getInt("axis", -1), rank);
  Type element = b.getElementType(node.getInputs()[0]), i64 = b.getI64Type();
  bool largest = node.getInt("largest", 1);
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  Size count = !declared.isDynamicDim(axis) ? b.size(declared.getDimSize(axis))
               : inputs.size() > 1          ? Size(toIndex(b.extractScalar(inputs[1]), i64, b))
                                            : b.size(node.getInt("k", 1));
  Sizes own = b.dims(tensor), sizes = own, outer = own;
  sizes[axis] = b.add(count, b.size(1));
  outer.erase(outer.begin() + axis);
  outer.push_back(own[axis]); // elements of one list come in order
  Value limit = b.asIndex(count), zero = b.index(0), one = b.index(1);
  Value bests = b.filled(sizes, b.scalar(getElement(tensor), 0)), places = b.filled(sizes, b.integer(i64, 0));
  auto results = forEachIndex(
      outer, {bests, places},
      [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
        SmallVector<Value> position(indices.drop_back());
        position.insert(position.begin() + axis, indices.back());
        Value x = tensor::ExtractOp::create(b, tensor, position), place = indices.back();
        auto at = [&](Value slot) { return withIndex(position, axis, slot); };
        Value start = arith::MinSIOp::create(b, place, limit);
        auto moved = whileTrue(
            {start, carried[0], carried[1]},
            [&](ValueRange state) -> Value {
              Value below = arith::SubIOp::create(b, state[0], one),
                    some = compareIndex(arith::CmpIPredicate::sgt, state[0], zero, b);
              Value other = tensor::ExtractOp::create(b, state[1], at(arith::MaxSIOp::create(b, below, zero)));
              return arith::AndIOp::create(b, some, isBefore(x, other, element, largest, b));
            },
            [&](ValueRange state) -> SmallVector<Value> {
              Value below = arith::SubIOp::create(b, state[0], one);
              Value best = tensor::ExtractOp::create(b, state[1], at(below)),
                    index = tensor::ExtractOp::create(b, state[2], at(below));
              return {below, tensor::InsertOp::create(b, best, state[1], at(state[0])),
                      tensor::InsertOp::create(b, index, state[2], at(state[0]))};
            },
            b);
        Value number = b.castIndex(place, i64);
        return {tensor::InsertOp::create(b, x, moved[1], at(moved[0])),
                tensor::InsertOp::create(b, number, moved[2], at(moved[0]))};
      },
      b);
  return b.replace(node, {b.sliceAxis(results[0], axis, b.size(0), count), b.sliceAxis(results[1], axis, b.size(0), count)});
}

//===------------------------------------------------------------------------------------------------------------===//
// As many elements as there are
//===------------------------------------------------------------------------------------------------------------===//

/// How many elements of a tensor differ from zero, as an index.
static Value countNonzero(Value tensor, llvm::function_ref<Value(Value)> isNonzero, Lowering &b) {
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, getRank(tensor)));
  Value count = b.reduce(tensor, axes, b.integer(b.getI64Type(), 0), [&](Value x, Value sum) -> Value {
    return arith::AddIOp::create(b, sum, arith::ExtUIOp::create(b, b.getI64Type(), isNonzero(x)));
  });
  return b.castIndex(b.extractScalar(count), b.getIndexType());
}

LogicalResult aimc::onnx::lowerNonZero(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  Type element = b.getElementType(node.getInputs()[0]), i64 = b.getI64Type();
  auto isNonzero = [&](Value x) { return castScalar(b, x, element, b.getI1Type()); };
  // A place more than there are: what counts for nothing is written there.
  Value count = countNonzero(tensor, [&](Value x) { return element.isInteger(1) ? x : isNonzero(x); }, b);
  Sizes sizes{b.size(rank), b.add(count, b.size(1))};
  Value result = forEachIndex(
      b.dims(tensor), {b.index(0), b.filled(sizes, b.integer(i64, 0))},
      [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
        Value x = tensor::ExtractOp::create(b, tensor, indices);
        Value taken = element.isInteger(1) ? x : isNonzero(x);
        Value list = carried[1];
        for (int64_t i = 0; i < rank; ++i)
          list = tensor::InsertOp::create(b, b.castIndex(indices[i], i64), list, ValueRange{b.index(i), carried[0]});
        Value next = arith::AddIOp::create(b, carried[0], b.index(1));
        return {arith::SelectOp::create(b, taken, next, carried[0]), list};
      },
      b)[1];
  return b.replace(node, b.sliceAxis(result, 1, b.size(0), count));
}

LogicalResult aimc::onnx::lowerCompress(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0], condition = inputs[1];
  int64_t axis = 0;
  if (node.getNodeAttr("axis"))
    axis = normalizeAxis(node.getInt("axis", 0), getRank(tensor));
  else
    tensor = b.reshape(tensor, b.product(b.dims(tensor)));
  // The places of what is taken, then a gather.
  Type i64 = b.getI64Type();
  Value count = countNonzero(condition, [](Value x) { return x; }, b);
  Value places = b.filled(b.add(count, b.size(1)), b.integer(i64, 0));
  places = forEachIndex(
      b.dims(condition), {b.index(0), places},
      [&](ValueRange indices, ValueRange carried) -> SmallVector<Value> {
        Value taken = tensor::ExtractOp::create(b, condition, indices);
        Value list = tensor::InsertOp::create(b, b.castIndex(indices[0], i64), carried[1], carried[0]);
        return {arith::SelectOp::create(b, taken, arith::AddIOp::create(b, carried[0], b.index(1)), carried[0]), list};
      },
      b)[1];
  Sizes sizes = b.dims(tensor);
  Value extent = b.asIndex(sizes[axis]); // a condition may be longer, but takes nothing behind the end
  sizes[axis] = count;
  return b.replace(node, b.computeFromIndices(sizes, getElement(tensor), [&](ValueRange indices) -> SmallVector<Value> {
    Value place = b.castIndex(tensor::ExtractOp::create(b, places, indices[axis]), b.getIndexType());
    place = clampInto(place, extent, b);
    return {tensor::ExtractOp::create(b, tensor, withIndex(indices, axis, place))};
  }));
}
