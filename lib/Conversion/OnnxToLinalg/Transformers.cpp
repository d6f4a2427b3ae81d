//===- Transformers.cpp - fused operators of transformer models -------------------------------------------------===//
//
// Most are of the domain com.microsoft, into which ONNX Runtime fuses what exporters write out. Matrices with constant weights
// are contractions like those of MatMul, so that they reach the tiles.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Loops.h"
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

static Value addF(Lowering &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value mulF(Lowering &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }

/// Applies `payload` to broadcast operands.
static Value map(Type element, ValueRange operands, Lowering &b, llvm::function_ref<Value(ValueRange scalars)> payload) {
  return b.broadcast(operands, element, [&](ValueRange s) -> SmallVector<Value> { return {payload(s)}; });
}

static Value map(ValueRange operands, Lowering &b, llvm::function_ref<Value(ValueRange scalars)> payload) {
  return map(getElement(operands[0]), operands, b, payload);
}

static Value add(Value x, Value y, Lowering &b) {
  return y ? map({x, y}, b, [&](ValueRange s) { return addF(b, s[0], s[1]); }) : x;
}

static Value scaled(Value tensor, double factor, Lowering &b) {
  if (factor == 1.0)
    return tensor;
  return map(tensor, b, [&](ValueRange s) { return mulF(b, s[0], b.scalar(s[0].getType(), factor)); });
}

/// Swaps the last two dimensions.
static Value transposeMatrices(Value tensor, Lowering &b) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, getRank(tensor)));
  if (permutation.size() > 1)
    std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return b.transpose(tensor, permutation);
}

//===------------------------------------------------------------------------------------------------------------===//
// Elementwise
//===------------------------------------------------------------------------------------------------------------===//

/// Gelu, BiasGelu, FastGelu: operand 1 is a bias.
LogicalResult aimc::onnx::lowerBiasGelu(NodeOp node, ValueRange inputs, Lowering &b) {
  bool fast = node.getOpType() == "FastGelu";
  Value sum = add(inputs[0], getOptional(inputs, 1), b);
  return b.replace(node, map(sum, b, [&](ValueRange s) { return gelu(b, s[0], fast); }));
}

/// x · sigmoid(alpha x).
LogicalResult aimc::onnx::lowerQuickGelu(NodeOp node, ValueRange inputs, Lowering &b) {
  return b.replace(node, map(inputs[0], b, [&](ValueRange s) {
                     Value one = b.scalar(s[0].getType(), 1), slope = b.scalar(s[0].getType(), -node.getFloat("alpha", 1.702f));
                     Value below = addF(b, one, math::ExpOp::create(b, mulF(b, s[0], slope)));
                     return Value(arith::DivFOp::create(b, s[0], below));
                   }));
}

//===------------------------------------------------------------------------------------------------------------===//
// Matrices
//===------------------------------------------------------------------------------------------------------------===//

/// [rows, batch…, columns] to [batch…, rows, columns].
static Value transposeBatch(Value tensor, Lowering &b) {
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, getRank(tensor)));
  if (permutation.size() > 2)
    std::rotate(permutation.begin(), permutation.begin() + 1, permutation.end() - 1);
  return b.transpose(tensor, permutation);
}

LogicalResult aimc::onnx::lowerFusedMatMul(NodeOp node, ValueRange inputs, Lowering &b) {
  auto operand = [&](Value tensor, StringRef batch, StringRef matrices) {
    if (node.getInt(batch, 0))
      tensor = transposeBatch(tensor, b);
    return node.getInt(matrices, 0) ? transposeMatrices(tensor, b) : tensor;
  };
  Value left = operand(inputs[0], "transBatchA", "transA"), right = operand(inputs[1], "transBatchB", "transB");
  FailureOr<Value> product = multiplyMatrices(node, left, right, b);
  return failed(product) ? failure() : b.replace(node, scaled(*product, node.getFloat("alpha", 1.0f), b));
}

/// The numbers of `bits` bits packed into bytes along the last dimension, low bits first, as a tensor [.., bytes · 8 / bits] of
/// bytes.
static Value unpackBits(Value bytes, int64_t bits, Lowering &b) {
  int64_t perByte = 8 / bits, rank = getRank(bytes);
  if (perByte == 1)
    return bytes;
  Type i8 = b.getI8Type();
  Sizes sizes = b.dims(bytes);
  sizes.push_back(b.size(perByte));
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < rank; ++i)
    exprs.push_back(b.getAffineDimExpr(i));
  SmallVector<Attribute> shiftValues;
  for (int64_t i = 0; i < perByte; ++i)
    shiftValues.push_back(IntegerAttr::get(i8, i * bits));
  Value shifts = arith::ConstantOp::create(b, DenseElementsAttr::get(RankedTensorType::get({perByte}, i8), shiftValues));
  Value numbers = b.compute({{bytes, AffineMap::get(rank + 1, 0, exprs, b.getContext())},
                             {shifts, AffineMap::get(rank + 1, 0, b.getAffineDimExpr(rank), b.getContext())}},
                            sizes, i8, [&](ValueRange s) -> SmallVector<Value> {
                              Value low = arith::ShRUIOp::create(b, s[0], s[1]);
                              return {arith::AndIOp::create(b, low, b.integer(i8, (1 << bits) - 1))};
                            });
  sizes = b.dims(bytes);
  sizes.back() = b.mul(sizes.back(), b.size(perByte));
  return b.reshape(numbers, sizes);
}

/// W[n, k] = (q - zero) · scale in blocks along k: B [N, blocks, bytes of a block], scales [N · blocks], zero points packed
/// like B or of the scales' type; y = A · Wᵀ. g_idx [K] says for every k whose block's scale and zero point hold, as quantizers
/// leave it that order columns by importance.
LogicalResult aimc::onnx::lowerMatMulNBits(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t K = node.getInt("K", 0), N = node.getInt("N", 0), bits = node.getInt("bits", 4), block = node.getInt("block_size", 0);
  int64_t blocks = llvm::divideCeil(K, block);
  Type element = getElement(inputs[0]), i32 = b.getI32Type();
  Value levels = unpackBits(inputs[1], bits, b), zero = getOptional(inputs, 3);
  levels = b.reshape(levels, {b.size(N), b.size(blocks), b.size(block)});
  Value scales = b.reshape(inputs[2], {b.size(N), b.size(blocks), b.size(1)});
  bool packed = zero && isa<IntegerType>(getElement(zero));
  if (packed) {
    // Every row of zero points begins at a byte.
    zero = b.reshape(zero, {b.size(N), b.size(llvm::divideCeil(blocks * bits, 8))});
    zero = b.sliceAxis(unpackBits(zero, bits, b), 1, b.size(0), b.size(blocks));
  }
  if (zero)
    zero = b.reshape(zero, {b.size(N), b.size(blocks), b.size(1)});
  auto dequantize = [&](Value stored, Value scale, Value zeroPoint) -> Value {
    Value level = arith::ExtUIOp::create(b, i32, stored);
    if (zero && !packed)
      return mulF(b, arith::SubFOp::create(b, arith::SIToFPOp::create(b, element, level), zeroPoint), scale);
    Value middle = zero ? Value(arith::ExtUIOp::create(b, i32, zeroPoint)) : b.integer(i32, int64_t(1) << (bits - 1));
    return mulF(b, arith::SIToFPOp::create(b, element, Value(arith::SubIOp::create(b, level, middle))), scale);
  };
  Value weight;
  if (Value groups = getOptional(inputs, 4); groups && !cast<RankedTensorType>(groups.getType()).getShape().empty()) {
    levels = b.sliceAxis(b.reshape(levels, {b.size(N), b.size(blocks * block)}), 1, b.size(0), b.size(K));
    groups = b.sliceAxis(groups, 0, b.size(0), b.size(K));
    AffineMap columns = AffineMap::get(2, 0, b.getAffineDimExpr(1), b.getContext());
    weight = b.compute({{levels, b.getMultiDimIdentityMap(2)}, {groups, columns}}, {b.size(N), b.size(K)}, element,
                       [&](ValueRange s) -> SmallVector<Value> {
                         Value group = arith::MaxSIOp::create(b, s[1], b.integer(i32, 0));
                         group = arith::MinSIOp::create(b, group, b.integer(i32, blocks - 1));
                         SmallVector<Value> index = {linalg::IndexOp::create(b, 0), b.castIndex(group, b.getIndexType()),
                                                     b.index(0)};
                         Value scale = tensor::ExtractOp::create(b, scales, index);
                         return {dequantize(s[0], scale, zero ? Value(tensor::ExtractOp::create(b, zero, index)) : Value())};
                       });
  } else {
    SmallVector<Value> operands{levels, scales};
    if (zero)
      operands.push_back(zero);
    weight = b.broadcast(operands, element,
                         [&](ValueRange s) -> SmallVector<Value> { return {dequantize(s[0], s[1], zero ? s[2] : Value())}; });
    weight = b.sliceAxis(b.reshape(weight, {b.size(N), b.size(blocks * block)}), 1, b.size(0), b.size(K));
  }
  FailureOr<Value> product = multiplyMatrices(node, inputs[0], transposeMatrices(weight, b), b);
  return failed(product) ? failure() : b.replace(node, add(*product, getOptional(inputs, 5), b));
}

//===------------------------------------------------------------------------------------------------------------===//
// Normalization
//===------------------------------------------------------------------------------------------------------------===//

/// (x - mean) / √(variance + epsilon) · gamma + beta along the last dimension.
static Value normalize(Value tensor, Value gamma, Value beta, float epsilon, Lowering &b) {
  int64_t rank = getRank(tensor);
  auto [mean, inverse] = moments(tensor, rank - 1, epsilon, b);
  AffineMap kept = b.withoutAxes(rank, rank - 1);
  AffineMap last = AffineMap::get(rank, 0, b.getAffineDimExpr(rank - 1), b.getContext());
  SmallVector<Access> accesses{{tensor, b.getMultiDimIdentityMap(rank)}, {mean, kept}, {inverse, kept}, {gamma, last}};
  if (beta)
    accesses.push_back({beta, last});
  return b.compute(accesses, b.dims(tensor), getElement(tensor), [&](ValueRange s) -> SmallVector<Value> {
    Value normal = mulF(b, mulF(b, arith::SubFOp::create(b, s[0], s[1]), s[2]), s[3]);
    return {beta ? addF(b, normal, s[4]) : normal};
  });
}

/// x / √(mean of x² + epsilon) · gamma along the last dimension.
static Value normalizeByRoot(Value tensor, Value gamma, float epsilon, Lowering &b) {
  int64_t rank = getRank(tensor);
  Type element = getElement(tensor), wide = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
  Value count = b.castIndex(b.asIndex(b.dim(tensor, rank - 1)), b.getI64Type());
  count = b.createOrFold<arith::SIToFPOp>(wide, count);
  AffineMap kept = b.withoutAxes(rank, rank - 1), last = AffineMap::get(rank, 0, b.getAffineDimExpr(rank - 1), b.getContext());
  Access sums{b.filled(ArrayRef<Size>(b.dims(tensor)).drop_back(), b.scalar(wide, 0)), kept},
      own{tensor, b.getMultiDimIdentityMap(rank)};
  Value squares = b.generic(own, sums, [&](ValueRange s) -> SmallVector<Value> {
                     Value x = castScalar(b, s[0], element, wide);
                     return {addF(b, s[1], mulF(b, x, x))};
                   }).front();
  return b.compute({own, {squares, kept}, {gamma, last}}, b.dims(tensor), element, [&](ValueRange s) -> SmallVector<Value> {
    Value mean = addF(b, arith::DivFOp::create(b, s[1], count), b.scalar(wide, epsilon));
    Value normal = arith::DivFOp::create(b, castScalar(b, s[0], element, wide), math::SqrtOp::create(b, mean));
    return {castScalar(b, mulF(b, normal, castScalar(b, s[2], element, wide)), wide, element)};
  });
}

/// Layer normalization of input + skip + bias; output 3 is that sum. The simplified one has no mean and no beta.
LogicalResult aimc::onnx::lowerSkipLayerNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  bool simplified = node.getOpType() == "SkipSimplifiedLayerNormalization";
  float epsilon = node.getFloat("epsilon", 1e-12f);
  Value sum = add(add(inputs[0], inputs[1], b), getOptional(inputs, simplified ? 3 : 4), b);
  Value result =
      simplified ? normalizeByRoot(sum, inputs[2], epsilon, b) : normalize(sum, inputs[2], getOptional(inputs, 3), epsilon, b);
  return b.replace(node, {result, Value(), Value(), sum});
}

/// The element of `tensor` at `place`, of which each index is kept within the tensor.
static Value readWithin(Value tensor, ValueRange place, Lowering &b) {
  SmallVector<Value> position;
  for (auto [size, index] : llvm::zip_equal(b.dims(tensor), place))
    position.push_back(clampInto(index, b.asIndex(size), b));
  return tensor::ExtractOp::create(b, tensor, position);
}

/// Rows of `table` [V, H] that the integers of `ids` [B, S] name, added up: [B, S, H]. Null ids are the positions 0 .. S - 1.
static Value embed(Value table, Value ids, ArrayRef<Size> sizes, Lowering &b) {
  return b.computeFromIndices(sizes, getElement(table), [&](ValueRange at) -> SmallVector<Value> {
    Value row = at[1];
    if (ids) {
      // Positions [1, S] hold for the whole batch.
      bool shared = cast<RankedTensorType>(ids.getType()).getDimSize(0) == 1;
      row = readWithin(ids, {shared ? b.index(0) : at[0], at[1]}, b);
      row = arith::IndexCastOp::create(b, b.getIndexType(), row);
    }
    return {readWithin(table, {row, at[2]}, b)};
  });
}

/// Operands: ids, segments?, tables of words, positions, segments?, gamma, beta, mask?, positions?.
LogicalResult aimc::onnx::lowerEmbedLayerNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value ids = inputs[0], segments = getOptional(inputs, 1), segmentTable = getOptional(inputs, 4),
        mask = getOptional(inputs, 7);
  Sizes sizes{b.dim(ids, 0), b.dim(ids, 1), b.dim(inputs[2], 1)};
  Value sum = add(embed(inputs[2], ids, sizes, b), embed(inputs[3], getOptional(inputs, 8), sizes, b), b);
  if (segments && segmentTable)
    sum = add(sum, embed(segmentTable, segments, sizes, b), b);
  // mask_index: how many elements of each sample's mask are 1.
  Type i32 = b.getI32Type();
  Value zero = b.integer(i32, 0);
  Value counts = mask ? b.reduce(mask, 1, zero,
                                 [&](Value x, Value n) -> Value {
                                   Value one = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, x, zero);
                                   return arith::AddIOp::create(b, n, arith::ExtUIOp::create(b, i32, one));
                                 })
                      : b.filled(sizes[0], zero);
  Value result = normalize(sum, inputs[5], inputs[6], node.getFloat("epsilon", 1e-12f), b);
  return b.replace(node, {result, counts, sum});
}

//===------------------------------------------------------------------------------------------------------------===//
// Attention
//===------------------------------------------------------------------------------------------------------------===//

/// [B, S, heads · D] to [B, heads, S, D]; what has rank 4 already is that.
static Value splitHeads(Value tensor, int64_t heads, Lowering &b) {
  if (getRank(tensor) == 4)
    return tensor;
  Sizes sizes = b.dims(tensor);
  Value split = b.reshape(tensor, {sizes[0], sizes[1], b.size(heads), b.floorDiv(sizes[2], b.size(heads))});
  return b.transpose(split, {0, 2, 1, 3});
}

/// [B, heads, S, D] to [B, S, heads · D].
static Value joinHeads(Value tensor, Lowering &b) {
  Value moved = b.transpose(tensor, {0, 2, 1, 3});
  Sizes sizes = b.dims(moved);
  return b.reshape(moved, {sizes[0], sizes[1], b.mul(sizes[2], sizes[3])});
}

/// Keys and values of fewer heads serve several heads of queries one after the other: [B, heads, T, D] to [B, heads · times, T,
/// D].
static Value repeatHeads(Value tensor, int64_t times, Lowering &b) {
  if (times == 1)
    return tensor;
  Sizes sizes = b.dims(tensor), wide{sizes[0], sizes[1], b.size(times), sizes[2], sizes[3]};
  AffineMap from = AffineMap::getMultiDimMapWithTargets(5, ArrayRef<unsigned>{0, 1, 3, 4}, b.getContext());
  Value repeated =
      b.compute(Access{tensor, from}, wide, getElement(tensor), [](ValueRange s) -> SmallVector<Value> { return {s[0]}; });
  return b.reshape(repeated, {sizes[0], b.mul(sizes[1], b.size(times)), sizes[2], sizes[3]});
}

/// What stands before the softmax: `adjust` gets a score, already scaled, and its indices (batch, head, query, key).
using Adjust = llvm::function_ref<Value(Value score, ValueRange at)>;

/// The result and the stages on the way: products scaled, capped, masked, and their softmax.
struct Attended {
  Value result, scores[4];
};

/// softmax(adjust(cap(q · kᵀ · scale))) · v of tensors [B, heads, S or T, D]; a cap of 0 caps nothing. Narrow floats become f32
/// for what stands between the products. All stages are made if `stages`.
static FailureOr<Attended> attend(NodeOp node, Value q, Value k, Value v, double scale, double cap, bool stages, Lowering &b,
                                  Adjust adjust) {
  FailureOr<Value> scores = multiplyMatrices(node, q, transposeMatrices(k, b), b);
  if (failed(scores))
    return failure();
  Sizes sizes = b.dims(*scores);
  Type element = getElement(*scores), wide = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
  auto capped = [&](Value x) {
    if (cap == 0)
      return x;
    Value limit = b.scalar(wide, cap);
    return mulF(b, math::TanhOp::create(b, arith::DivFOp::create(b, x, limit)), limit);
  };
  auto step = [&](Value tensor, llvm::function_ref<Value(Value)> payload) {
    return b.compute(Access{tensor, b.getMultiDimIdentityMap(4)}, sizes, wide, [&](ValueRange s) -> SmallVector<Value> {
      return {payload(castScalar(b, s[0], getElement(tensor), wide))};
    });
  };
  auto adjusted = [&](Value x) {
    SmallVector<Value> at;
    for (int64_t i = 0; i < 4; ++i)
      at.push_back(linalg::IndexOp::create(b, i));
    return adjust(x, at);
  };
  auto scaledBy = [&](Value x) { return mulF(b, x, b.scalar(wide, scale)); };
  Attended attended;
  if (stages) {
    attended.scores[0] = step(*scores, scaledBy);
    attended.scores[1] = step(attended.scores[0], capped);
    attended.scores[2] = step(attended.scores[1], adjusted);
  } else {
    attended.scores[2] = step(*scores, [&](Value x) { return adjusted(capped(scaledBy(x))); });
  }
  auto narrow = [&](Value tensor) {
    return wide == element ? tensor : map(element, tensor, b, [&](ValueRange s) { return castScalar(b, s[0], wide, element); });
  };
  attended.scores[3] = narrow(softmax(attended.scores[2], 3, /*logarithm=*/false, b));
  for (int i : {0, 1, 2})
    if (stages)
      attended.scores[i] = narrow(attended.scores[i]);
  FailureOr<Value> result = multiplyMatrices(node, attended.scores[3], v, b);
  if (failed(result))
    return failure();
  attended.result = *result;
  return attended;
}

/// The element of `tensor` that the last of the indices `at` name, where its own sizes are not 1. One that only a run knows may
/// be 1 too: the caller has asked that it is that or what the index counts.
static Value readBroadcast(Value tensor, ValueRange at, Lowering &b) {
  SmallVector<Value> position;
  for (auto [size, index] : llvm::zip(b.dims(tensor), at.take_back(getRank(tensor)))) {
    if (isa<Attribute>(size))
      position.push_back(getConstantIntValue(size) == 1 ? b.index(0) : index);
    else
      position.push_back(arith::MinSIOp::create(b, index, arith::SubIOp::create(b, b.asIndex(size), b.index(1))));
  }
  return tensor::ExtractOp::create(b, tensor, position);
}

/// Sizes of the scores of queries and keys [B, heads, S or T, D].
static Sizes getScoreSizes(Value q, Value k, Lowering &b) { return {b.dim(q, 0), b.dim(q, 1), b.dim(q, 2), b.dim(k, 2)}; }

/// x + (condition ? 0 : fill).
static Value keepWhere(Lowering &b, Value condition, Value x, Value fill) {
  return arith::SelectOp::create(b, condition, x, addF(b, x, fill));
}

/// Whether key j comes no later than query i, which `past` keys precede.
static Value isNotLater(Lowering &b, ValueRange at, Size past) {
  Value last = arith::AddIOp::create(b, at[2], b.asIndex(past));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, at[3], last);
}

/// Operands: Q, K, V, mask?, past key?, past value?, numbers of keys?; heads are a dimension of their own, or part of the last.
LogicalResult aimc::onnx::lowerAttention(NodeOp node, ValueRange inputs, Lowering &b) {
  bool flat = getRank(inputs[0]) == 3;
  Value q = splitHeads(inputs[0], node.getInt("q_num_heads", 1), b), mask = getOptional(inputs, 3),
        counts = getOptional(inputs, 6);
  Value k = splitHeads(inputs[1], node.getInt("kv_num_heads", 1), b),
        v = splitHeads(inputs[2], node.getInt("kv_num_heads", 1), b);
  Size past = b.size(0);
  if (Value pastKey = getOptional(inputs, 4)) {
    past = b.dim(pastKey, 2);
    k = b.concat(2, ValueRange{pastKey, k});
    v = b.concat(2, ValueRange{inputs[5], v});
  }
  auto heads = [&](Value tensor) { return cast<RankedTensorType>(tensor.getType()).getDimSize(1); };
  int64_t width = cast<RankedTensorType>(q.getType()).getDimSize(3);
  if (ShapedType::isDynamic(heads(q)) || ShapedType::isDynamic(heads(k)) || heads(k) == 0 || heads(q) % heads(k) != 0 ||
      ShapedType::isDynamic(width))
    return b.error(node) << "queries " << q.getType() << " and keys " << k.getType()
                         << " need static heads and widths, of which those of the keys divide those of the queries";
  int64_t times = heads(q) / heads(k);
  bool causal = node.getInt("is_causal", 0), stages = node.getNumResults() > 3 && !isa<NoneType>(node.getResult(3).getType());
  float scale = node.getFloat("scale", 0.0f);
  // Where the mask has fewer keys than there are, the others are masked.
  Size maskKeys = mask ? b.dim(mask, getRank(mask) - 1) : b.size(0), keys = b.dim(k, 2);
  bool maybeShort = mask && getConstantIntValue(maskKeys) != 1 && maskKeys != keys;
  if (mask) {
    Sizes wanted = getScoreSizes(q, k, b);
    wanted.back() = maskKeys;
    b.expectBroadcasts(b.dims(mask), ArrayRef<Size>(wanted).take_back(getRank(mask)));
  }
  if (counts)
    b.expectEqual(b.dim(counts, 0), b.dim(q, 0), "there must be a number of keys for each sample");
  FailureOr<Attended> attended = attend(
      node, q, repeatHeads(k, times, b), repeatHeads(v, times, b), scale != 0.0f ? scale : 1.0 / std::sqrt(double(width)),
      node.getFloat("softcap", 0.0f), stages, b, [&](Value x, ValueRange at) {
        Type element = x.getType();
        Value least = b.extreme(element, /*largest=*/false, /*isUnsigned=*/false);
        auto isBelow = [&](Value limit) { return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at[3], limit); };
        if (mask) {
          SmallVector<Value> place(at);
          Value limit = b.asIndex(maskKeys);
          if (maybeShort) {
            Value last = arith::SubIOp::create(b, limit, b.index(1));
            place[3] = arith::MinSIOp::create(b, at[3], last);
          }
          Value allowed = readBroadcast(mask, place, b);
          bool isFlag = allowed.getType().isInteger(1);
          x = isFlag ? keepWhere(b, allowed, x, least) : addF(b, x, castScalar(b, allowed, allowed.getType(), element));
          if (maybeShort)
            x = keepWhere(b, isBelow(limit), x, least);
        }
        if (!counts)
          return causal ? keepWhere(b, isNotLater(b, at, past), x, least) : x;
        // The sample's keys end at its count, and its queries are the last of them.
        Value count = b.castIndex(tensor::ExtractOp::create(b, counts, at[0]), b.getIndexType());
        if (causal) {
          Value before = inputs[4] ? b.asIndex(past) : Value(arith::SubIOp::create(b, count, b.asIndex(b.dim(q, 2))));
          x = keepWhere(b, isNotLater(b, at, Size(before)), x, least);
        }
        return keepWhere(b, isBelow(count), x, least);
      });
  if (failed(attended))
    return failure();
  Value result = flat ? joinHeads(attended->result, b) : attended->result;
  return b.replace(node, {result, k, v, attended->scores[node.getInt("qk_matmul_output_mode", 0)]});
}

/// Whether `key` of `sample` counts by a mask of one dimension: where the keys of each of `samples` samples end, and, if it has
/// twice as many elements, behind that where they begin.
static Value isBetween(Lowering &b, Value mask, Value sample, Value key, Size samples) {
  auto read = [&](Value place) { return b.castIndex(tensor::ExtractOp::create(b, mask, place), b.getIndexType()); };
  Value counts = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, key, read(sample));
  Size length = b.dim(mask, 0);
  if (length == samples)
    return counts;
  Value size = b.asIndex(length), behind = arith::AddIOp::create(b, sample, b.asIndex(samples));
  Value hasBegins = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, behind, size);
  Value begin = arith::SelectOp::create(b, hasBegins, read(arith::SelectOp::create(b, hasBegins, behind, sample)), b.index(0));
  return arith::AndIOp::create(b, counts, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, key, begin));
}

/// What a mask of com.microsoft's attention must be for scores of `sizes`: one of one dimension as isBetween reads it, or [B,
/// T], or [B, S, T], with the sizes themselves.
static void expectMask(Value mask, ArrayRef<Size> sizes, Lowering &b) {
  Sizes own = b.dims(mask), wanted{sizes[0], sizes[2], sizes[3]};
  if (own.size() == 2)
    wanted.erase(wanted.begin() + 1);
  if (own.size() > 1) {
    for (auto [size, other] : llvm::zip(own, wanted))
      b.expectEqual(size, other, "the mask must have the sizes of the scores that it masks");
  } else if (own[0] != sizes[0]) {
    b.expect(arith::CmpIOp::create(b, arith::CmpIPredicate::sge, b.asIndex(own[0]), b.asIndex(sizes[0])),
             "the mask must have a number of keys for each sample");
  }
}

/// softmax(q · kᵀ · scale + bias + mask) · v of tensors [B, heads, S or T, D] as com.microsoft's operators define it, with
/// heads joined: [B, S, heads · D]. `mask` counts the keys of every sample, or has 0 where a key does not count; `bias`
/// broadcasts to the scores; of the keys, `before` precede those of the queries. Both may be null.
static FailureOr<Value> attendMasked(NodeOp node, Value q, Value k, Value v, Value mask, Value bias, Size before, Lowering &b) {
  Sizes sizes = getScoreSizes(q, k, b);
  if (mask)
    expectMask(mask, sizes, b);
  if (bias)
    b.expectBroadcasts(b.dims(bias), ArrayRef<Size>(sizes).take_back(getRank(bias)));
  int64_t width = cast<RankedTensorType>(q.getType()).getDimSize(3);
  float scale = node.getFloat("scale", 0.0f);
  FailureOr<Attended> attended =
      attend(node, q, k, v, scale != 0.0f ? scale : 1.0 / std::sqrt(double(width)), 0, false, b, [&](Value x, ValueRange at) {
        Value fill = b.scalar(x.getType(), node.getFloat("mask_filter_value", -10000.0f));
        if (bias)
          x = addF(b, x, castScalar(b, readBroadcast(bias, at, b), getElement(bias), x.getType()));
        if (node.getInt("unidirectional", 0))
          x = keepWhere(b, isNotLater(b, at, before), x, fill);
        if (!mask)
          return x;
        if (getRank(mask) == 1)
          return keepWhere(b, isBetween(b, mask, at[0], at[3], sizes[0]), x, fill);
        SmallVector<Value> position{at[0], at[3]};
        if (getRank(mask) == 3)
          position.insert(position.begin() + 1, at[2]);
        Value allowed = tensor::ExtractOp::create(b, mask, position);
        return keepWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ne, allowed, b.integer(allowed.getType(), 0)), x,
                         fill);
      });
  return failed(attended) ? FailureOr<Value>(failure()) : FailureOr<Value>(joinHeads(attended->result, b));
}

/// com.microsoft: operands input [B, S, I], weights [I, q, k, v side by side], bias?, mask?, past keys and values [2, B, heads,
/// P, D]?, bias of the scores?. Output 1 are the keys and values with those of the past, of one shape.
LogicalResult aimc::onnx::lowerFusedAttention(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t heads = node.getInt("num_heads", 1);
  FailureOr<Value> product = multiplyMatrices(node, inputs[0], inputs[1], b);
  if (failed(product))
    return failure();
  Value all = add(*product, getOptional(inputs, 2), b), mask = getOptional(inputs, 3), bias = getOptional(inputs, 5);
  int64_t total = cast<RankedTensorType>(inputs[1].getType()).getDimSize(1), offset = 0;
  SmallVector<int64_t> widths = node.getInts("qkv_hidden_sizes");
  if (widths.empty())
    widths.assign(3, total / 3);
  SmallVector<Value> parts;
  for (int64_t width : widths) {
    parts.push_back(splitHeads(b.sliceAxis(all, 2, b.size(offset), b.size(width)), heads, b));
    offset += width;
  }
  Size before = b.size(0);
  if (Value past = getOptional(inputs, 4)) {
    before = b.dim(past, 3);
    for (int i : {0, 1}) {
      Sizes offsets(5, b.size(0)), sizes = b.dims(past);
      offsets[0] = b.size(i);
      sizes[0] = b.size(1);
      parts[1 + i] = b.concat(2, ValueRange{b.slice(past, offsets, sizes, 0), parts[1 + i]});
    }
  }
  FailureOr<Value> attended = attendMasked(node, parts[0], parts[1], parts[2], mask, bias, before, b);
  if (failed(attended))
    return failure();
  Value present;
  if (node.getNumResults() > 1 && !isa<NoneType>(node.getResult(1).getType())) {
    SmallVector<Value> stacked;
    for (int i : {1, 2}) {
      Sizes sizes = b.dims(parts[i]);
      sizes.insert(sizes.begin(), b.size(1));
      stacked.push_back(b.reshape(parts[i], sizes));
    }
    present = b.concat(0, stacked);
  }
  return b.replace(node, {*attended, present});
}

/// com.microsoft: operands queries [B, S, heads · D], keys and values [B, T, heads · D] or [B, heads, T, D], bias of those that
/// have no dimension of heads, with room for all three?, mask?, bias of the scores?, past keys?, past values [B, heads, P, D]?.
LogicalResult aimc::onnx::lowerMultiHeadAttention(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t heads = node.getInt("num_heads", 1);
  Value bias = getOptional(inputs, 3), pastKey = getOptional(inputs, 6), pastValue = getOptional(inputs, 7);
  SmallVector<Value> parts(inputs.take_front(3));
  Size offset = b.size(0);
  for (Value &part : parts) {
    bool flat = getRank(part) == 3;
    Size width = flat ? b.dim(part, 2) : b.mul(b.size(heads), b.dim(part, 3));
    if (bias && flat)
      part = add(part, b.sliceAxis(bias, 0, offset, width), b);
    offset = b.add(offset, width);
    part = splitHeads(part, heads, b);
  }
  if (bias)
    b.expectEqual(offset, b.dim(bias, 0), "the bias must have as many elements as queries, keys and values together are wide");
  if (pastKey) {
    parts[1] = b.concat(2, ValueRange{pastKey, parts[1]});
    parts[2] = b.concat(2, ValueRange{pastValue, parts[2]});
  }
  FailureOr<Value> attended = attendMasked(node, parts[0], parts[1], parts[2], getOptional(inputs, 4), getOptional(inputs, 5),
                                           pastKey ? b.dim(pastKey, 2) : b.size(0), b);
  return failed(attended) ? failure() : b.replace(node, {*attended, parts[1], parts[2]});
}

/// Turns pairs of elements of every head by angles whose cosines and sines are given: for positions, or for [B, S].
LogicalResult aimc::onnx::lowerRotaryEmbedding(NodeOp node, ValueRange inputs, Lowering &b) {
  Value x = inputs[0], positions = getOptional(inputs, 3);
  bool flat = getRank(x) == 3, interleaved = node.getInt("interleaved", 0);
  Value split = splitHeads(x, node.getInt("num_heads", 1), b);
  int64_t width = cast<RankedTensorType>(split.getType()).getDimSize(3), rotated = node.getInt("rotary_embedding_dim", 0);
  if (ShapedType::isDynamic(width))
    return b.error(node) << "the width of the heads of " << x.getType() << " is not known";
  if (rotated == 0)
    rotated = width;
  Type element = getElement(x);
  Value result = b.computeFromIndices(b.dims(split), element, [&](ValueRange at) -> SmallVector<Value> {
    auto index = [&](int64_t value) { return b.index(value); };
    auto select = [&](Value condition, Value yes, Value no) { return Value(arith::SelectOp::create(b, condition, yes, no)); };
    Value half = index(rotated / 2), d = at[3], own = tensor::ExtractOp::create(b, split, at);
    Value turns = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, d, index(rotated));
    Value inside = select(turns, d, index(0)), pair, first, partner;
    if (interleaved) {
      pair = arith::DivUIOp::create(b, inside, index(2));
      Value odd = arith::RemUIOp::create(b, inside, index(2));
      first = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, odd, index(0));
      partner = arith::XOrIOp::create(b, inside, index(1));
    } else {
      pair = arith::RemUIOp::create(b, inside, half);
      first = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, inside, half);
      partner = select(first, arith::AddIOp::create(b, inside, half), arith::SubIOp::create(b, inside, half));
    }
    SmallVector<Value> place{at[0], at[2], pair};
    if (positions) {
      Value position = readWithin(positions, {at[0], at[2]}, b);
      place = {arith::IndexCastOp::create(b, b.getIndexType(), position), pair};
    }
    Value cosine = readWithin(inputs[1], place, b), sine = readWithin(inputs[2], place, b);
    Value other = mulF(b, tensor::ExtractOp::create(b, split, ValueRange{at[0], at[1], at[2], partner}), sine);
    Value along = mulF(b, own, cosine);
    Value turned = select(first, arith::SubFOp::create(b, along, other), addF(b, along, other));
    return {select(turns, turned, own)};
  });
  return b.replace(node, flat ? joinHeads(result, b) : result);
}

/// A cache with `update` written along `axis` from each sample's index on; circular: beyond the end at the beginning.
LogicalResult aimc::onnx::lowerTensorScatter(NodeOp node, ValueRange inputs, Lowering &b) {
  Value cache = inputs[0], update = inputs[1], starts = getOptional(inputs, 2);
  int64_t axis = normalizeAxis(node.getInt("axis", -2), getRank(cache));
  bool circular = node.getString("mode", "linear") == "circular";
  Value size = b.asIndex(b.dim(cache, axis)), count = b.asIndex(b.dim(update, axis));
  Sizes wanted = b.dims(cache);
  wanted[axis] = b.dim(update, axis);
  expectSizes(update, wanted, "the update must fit the cache but along the axis", b);
  if (starts)
    b.expectEqual(b.dim(starts, 0), b.dim(cache, 0), "there must be a place for each sample");
  return b.replace(node, b.computeFromIndices(b.dims(cache), getElement(cache), [&](ValueRange at) -> SmallVector<Value> {
    Value start = b.index(0);
    if (starts)
      start = arith::IndexCastOp::create(b, b.getIndexType(), Value(tensor::ExtractOp::create(b, starts, at[0])));
    Value offset = arith::SubIOp::create(b, at[axis], start);
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, offset, b.index(0));
    if (circular)
      offset = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, offset, size), offset);
    Value inside = arith::AndIOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::sge, offset, b.index(0)),
                                         arith::CmpIOp::create(b, arith::CmpIPredicate::slt, offset, count));
    SmallVector<Value> position(at);
    position[axis] = arith::SelectOp::create(b, inside, offset, b.index(0));
    Value written = tensor::ExtractOp::create(b, update, position), old = tensor::ExtractOp::create(b, cache, at);
    return {arith::SelectOp::create(b, inside, written, old)};
  }));
}
