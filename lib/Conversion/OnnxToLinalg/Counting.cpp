//===- Counting.cpp - operators that count equal things ---------------------------------------------------------===//
#include "Loops.h"

using namespace mlir;
using namespace aimc::onnx;

static Value compareIndex(arith::CmpIPredicate predicate, Value x, Value y, Lowering &b) {
  return arith::CmpIOp::create(b, predicate, x, y);
}

static Value readIndex(Value tensor, Value place, Lowering &b) {
  return b.castIndex(tensor::ExtractOp::create(b, tensor, place), b.getIndexType());
}

//===------------------------------------------------------------------------------------------------------------===//
// Unique
//===------------------------------------------------------------------------------------------------------------===//

namespace {
/// Slices [:, i, :] of a tensor [outer, items, inner], in an order of their own: element by element, NaN behind all numbers.
struct Items {
  Value tensor;
  Type element; // with its signedness
  Lowering &b;

  Size count() const { return b.dim(tensor, 1); }

  Value isLess(Value x, Value y) const {
    Value less = isBefore(x, y, element, /*larger=*/false, b);
    if (!isa<FloatType>(element))
      return less;
    auto isNaN = [&](Value v) { return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, v, v); };
    Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, x, x);
    return arith::OrIOp::create(b, less, arith::AndIOp::create(b, isNaN(y), isNumber));
  }

  /// -1, 0 or 1 as an index: how the first elements in which the slices differ compare.
  Value compare(Value i, Value j) const {
    Size outer = b.dim(tensor, 0), inner = b.dim(tensor, 2);
    Value extent = b.asIndex(inner), limit = b.asIndex(b.mul(outer, inner)), zero = b.index(0);
    return whileTrue(
        {zero, zero},
        [&](ValueRange state) -> Value {
          return arith::AndIOp::create(b, compareIndex(arith::CmpIPredicate::slt, state[0], limit, b),
                                       compareIndex(arith::CmpIPredicate::eq, state[1], zero, b));
        },
        [&](ValueRange state) -> SmallVector<Value> {
          Value row = arith::DivUIOp::create(b, state[0], extent), column = arith::RemUIOp::create(b, state[0], extent);
          Value x = tensor::ExtractOp::create(b, tensor, ValueRange{row, i, column});
          Value y = tensor::ExtractOp::create(b, tensor, ValueRange{row, j, column});
          Value order = arith::SelectOp::create(b, isLess(x, y), b.index(-1), zero);
          order = arith::SelectOp::create(b, isLess(y, x), b.index(1), order);
          return {arith::AddIOp::create(b, state[0], b.index(1)), order};
        },
        b)[1];
  }
};

/// Kinds of equal items, in order of their first appearance. `first` and `counts` have a place for every item.
struct Kinds {
  Value number; // an index
  Value first;  // of every kind, its first item
  Value counts; // of every kind, its items
  Value kindOf; // of every item
};
} // namespace

static Kinds findKinds(const Items &items, Lowering &b) {
  Type i64 = b.getI64Type();
  Value zeros = b.filled(items.count(), b.integer(i64, 0)), one = b.index(1);
  auto found = forEachIndex(
      items.count(), {b.index(0), zeros, zeros, zeros},
      [&](ValueRange i, ValueRange state) -> SmallVector<Value> {
        Value known = state[0], first = state[1];
        // The first kind whose first item equals this one, or the next free number.
        Value kind = whileTrue(
            {b.index(0), b.integer(b.getI1Type(), 0)},
            [&](ValueRange search) -> Value {
              Value open = arith::XOrIOp::create(b, search[1], b.integer(b.getI1Type(), 1));
              return arith::AndIOp::create(b, compareIndex(arith::CmpIPredicate::slt, search[0], known, b), open);
            },
            [&](ValueRange search) -> SmallVector<Value> {
              Value order = items.compare(readIndex(first, search[0], b), i[0]);
              Value same = compareIndex(arith::CmpIPredicate::eq, order, b.index(0), b);
              return {arith::SelectOp::create(b, same, search[0], arith::AddIOp::create(b, search[0], one)), same};
            },
            b)[0];
        Value isNew = compareIndex(arith::CmpIPredicate::eq, kind, known, b);
        Value item = b.castIndex(i[0], i64);
        Value leader = arith::SelectOp::create(b, isNew, item, tensor::ExtractOp::create(b, first, kind));
        Value count = arith::AddIOp::create(b, tensor::ExtractOp::create(b, state[2], kind), b.integer(i64, 1));
        return {arith::SelectOp::create(b, isNew, arith::AddIOp::create(b, known, one), known),
                tensor::InsertOp::create(b, leader, first, kind), tensor::InsertOp::create(b, count, state[2], kind),
                tensor::InsertOp::create(b, b.castIndex(kind, i64), state[3], i[0])};
      },
      b);
  return {found[0], found[1], found[2], found[3]};
}

/// The same kinds, numbered in the items' order.
static Kinds sortKinds(const Items &items, const Kinds &kinds, Lowering &b) {
  Type i64 = b.getI64Type();
  Value zeros = b.filled(items.count(), b.integer(i64, 0));
  auto ranked = forEachIndex(
      Size(kinds.number), {zeros, zeros, zeros},
      [&](ValueRange kind, ValueRange state) -> SmallVector<Value> {
        Value own = readIndex(kinds.first, kind[0], b);
        Value rank = forEachIndex(
                         Size(kinds.number), b.index(0),
                         [&](ValueRange other, ValueRange sum) -> SmallVector<Value> {
                           Value order = items.compare(readIndex(kinds.first, other[0], b), own);
                           Value before = compareIndex(arith::CmpIPredicate::slt, order, b.index(0), b);
                           return {arith::SelectOp::create(b, before, arith::AddIOp::create(b, sum[0], b.index(1)), sum[0])};
                         },
                         b)
                         .front();
        return {tensor::InsertOp::create(b, tensor::ExtractOp::create(b, kinds.first, kind[0]), state[0], rank),
                tensor::InsertOp::create(b, tensor::ExtractOp::create(b, kinds.counts, kind[0]), state[1], rank),
                tensor::InsertOp::create(b, b.castIndex(rank, i64), state[2], kind[0])};
      },
      b);
  Access kindOf{kinds.kindOf, b.getMultiDimIdentityMap(1)};
  Value rankOf = b.compute(kindOf, items.count(), i64, [&](ValueRange s) -> SmallVector<Value> {
    return {tensor::ExtractOp::create(b, ranked[2], b.castIndex(s[0], b.getIndexType()))};
  });
  return {kinds.number, ranked[0], ranked[1], rankOf};
}

LogicalResult aimc::onnx::lowerUnique(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  Sizes sizes = b.dims(tensor);
  int64_t axis = node.getNodeAttr("axis") ? normalizeAxis(node.getInt("axis", 0), sizes.size()) : -1;
  Size outer = axis < 0 ? b.size(1) : b.product(ArrayRef<Size>(sizes).take_front(axis));
  Size inner = axis < 0 ? b.size(1) : b.product(ArrayRef<Size>(sizes).drop_front(axis + 1));
  Size count = axis < 0 ? b.product(sizes) : sizes[axis];
  Items items{b.reshape(tensor, {outer, count, inner}), b.getElementType(node.getInputs()[0]), b};
  Kinds kinds = findKinds(items, b);
  if (node.getInt("sorted", 1))
    kinds = sortKinds(items, kinds, b);
  Value values =
      b.computeFromIndices({outer, Size(kinds.number), inner}, getElement(tensor), [&](ValueRange i) -> SmallVector<Value> {
        return {tensor::ExtractOp::create(b, items.tensor, ValueRange{i[0], readIndex(kinds.first, i[1], b), i[2]})};
      });
  if (axis < 0)
    sizes = {Size(kinds.number)};
  else
    sizes[axis] = kinds.number;
  auto cut = [&](Value list) { return b.sliceAxis(list, 0, b.size(0), kinds.number); };
  return b.replace(node, {b.reshape(values, sizes), cut(kinds.first), kinds.kindOf, cut(kinds.counts)});
}

//===------------------------------------------------------------------------------------------------------------===//
// TfIdfVectorizer
//===------------------------------------------------------------------------------------------------------------===//

/// How often every sequence of `pool` [sequences, length] stands in every row of `tokens` [rows, places], its elements up to
/// `skips` places apart from each other.
static Value countSequences(Value tokens, Value pool, int64_t skips, Lowering &b) {
  int64_t sequences = cast<RankedTensorType>(pool.getType()).getDimSize(0),
          length = cast<RankedTensorType>(pool.getType()).getDimSize(1);
  Type i64 = b.getI64Type();
  // Loops: row, sequence, distance, start. A sequence of one element has no distances.
  int64_t distances = length == 1 ? 1 : skips + 1;
  MLIRContext *context = b.getContext();
  Access steps{b.empty(b.size(distances), i64), AffineMap::get(4, 0, b.getAffineDimExpr(2), context)};
  Access starts{tokens, AffineMap::getMultiDimMapWithTargets(4, {0, 3}, context)};
  Access counts{b.filled({b.dim(tokens, 0), b.size(sequences)}, b.integer(i64, 0)),
                AffineMap::getMultiDimMapWithTargets(4, {0, 1}, context)};
  Value extent = b.asIndex(b.dim(tokens, 1)), last = b.asIndex(b.sub(b.dim(tokens, 1), b.size(1)));
  return b
      .generic({steps, starts}, counts,
               [&](ValueRange s) -> SmallVector<Value> {
                 Value row = linalg::IndexOp::create(b, 0), sequence = linalg::IndexOp::create(b, 1);
                 Value place = linalg::IndexOp::create(b, 3), match;
                 Value step = arith::AddIOp::create(b, linalg::IndexOp::create(b, 2), b.index(1));
                 for (int64_t i = 0; i < length; ++i) {
                   Value token = tensor::ExtractOp::create(b, tokens, ValueRange{row, arith::MinSIOp::create(b, place, last)});
                   Value wanted = tensor::ExtractOp::create(b, pool, ValueRange{sequence, b.index(i)});
                   Value same = arith::AndIOp::create(b, compareIndex(arith::CmpIPredicate::eq, token, wanted, b),
                                                      compareIndex(arith::CmpIPredicate::slt, place, extent, b));
                   match = match ? Value(arith::AndIOp::create(b, match, same)) : same;
                   place = arith::AddIOp::create(b, place, step);
                 }
                 return {arith::AddIOp::create(b, s[2], arith::ExtUIOp::create(b, i64, match))};
               })
      .front();
}

LogicalResult aimc::onnx::lowerTfIdfVectorizer(NodeOp node, ValueRange inputs, Lowering &b) {
  SmallVector<int64_t> counts = node.getInts("ngram_counts"), columns = node.getInts("ngram_indexes"),
                       pool = node.getInts("pool_int64s");
  SmallVector<float> weights = node.getFloats("weights");
  int64_t least = node.getInt("min_gram_length", 1), most = node.getInt("max_gram_length", 1),
          skips = node.getInt("max_skip_count", 0);
  Type i64 = b.getI64Type(), f32 = b.getF32Type();
  Sizes sizes = b.dims(inputs[0]);
  Size rows = sizes.size() == 1 ? b.size(1) : sizes[0];
  Value tokens = b.reshape(inputs[0], {rows, sizes.back()});
  tokens = b.compute(Access{tokens, b.getMultiDimIdentityMap(2)}, b.dims(tokens), i64, [&](ValueRange s) -> SmallVector<Value> {
    return {castScalar(b, s[0], b.getElementType(node.getInputs()[0]), i64)};
  });
  int64_t outputs = *llvm::max_element(columns) + 1;
  Value result = b.filled({rows, b.size(outputs)}, b.scalar(f32, 0));
  size_t sequence = 0;
  for (auto [i, begin] : llvm::enumerate(counts)) {
    int64_t length = i + 1, end = i + 1 < counts.size() ? counts[i + 1] : pool.size(), sequences = (end - begin) / length;
    ArrayRef<int64_t> own = ArrayRef<int64_t>(pool).slice(begin, end - begin),
                      places = ArrayRef<int64_t>(columns).slice(sequence, sequences);
    sequence += sequences;
    if (length < least || length > most || sequences == 0)
      continue;
    Value numbers = arith::ConstantOp::create(b, DenseElementsAttr::get(RankedTensorType::get({sequences, length}, i64), own));
    Value found = countSequences(tokens, numbers, skips, b);
    // The sequence that a column counts; -1: none of this length.
    SmallVector<int64_t> sequenceOf(outputs, -1);
    for (auto [k, place] : llvm::enumerate(places))
      sequenceOf[place] = k;
    Value chosen = arith::ConstantOp::create(
        b, DenseElementsAttr::get(RankedTensorType::get(outputs, i64), ArrayRef<int64_t>(sequenceOf)));
    result = b.compute({Access{result, b.getMultiDimIdentityMap(2)},
                        Access{chosen, AffineMap::get(2, 0, b.getAffineDimExpr(1), b.getContext())}},
                       {rows, b.size(outputs)}, f32, [&](ValueRange s) -> SmallVector<Value> {
                         Value some = compareIndex(arith::CmpIPredicate::sge, s[1], b.integer(i64, 0), b);
                         Value place = b.castIndex(arith::SelectOp::create(b, some, s[1], b.integer(i64, 0)), b.getIndexType());
                         Value count = tensor::ExtractOp::create(b, found, ValueRange{linalg::IndexOp::create(b, 0), place});
                         return {arith::SelectOp::create(b, some, arith::SIToFPOp::create(b, f32, count), s[0])};
                       });
  }
  StringRef mode = node.getString("mode", "TF");
  if (mode != "TF") {
    if (weights.empty())
      weights.assign(outputs, 1.0f);
    Value factors =
        arith::ConstantOp::create(b, DenseElementsAttr::get(RankedTensorType::get(outputs, f32), ArrayRef<float>(weights)));
    result = b.compute(
        {Access{result, b.getMultiDimIdentityMap(2)},
         Access{factors, AffineMap::get(2, 0, b.getAffineDimExpr(1), b.getContext())}},
        {rows, b.size(outputs)}, f32, [&](ValueRange s) -> SmallVector<Value> {
          Value zero = b.scalar(f32, 0);
          if (mode == "TFIDF")
            return {arith::MulFOp::create(b, s[0], s[1])};
          return {arith::SelectOp::create(b, arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, s[0], zero), s[1], zero)};
        });
  }
  Sizes wanted = sizes.size() == 1 ? Sizes{b.size(outputs)} : Sizes{rows, b.size(outputs)};
  return b.replace(node, b.reshape(result, wanted));
}
