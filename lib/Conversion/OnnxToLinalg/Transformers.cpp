//===- Transformers.cpp - fused operators of transformer models -------------------------------------------------===//
//
// Most are of the domain com.microsoft, into which ONNX Runtime fuses what exporters write out. Matrices with constant weights
// are contractions like those of MatMul, so that they reach the tiles.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Operations.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

static Value addF(Lowering &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value mulF(Lowering &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }

/// Applies `payload` to broadcast operands.
static Value map(ValueRange operands, Lowering &b, llvm::function_ref<Value(ValueRange scalars)> payload) {
  return b.broadcast(operands, getElement(operands[0]), [&](ValueRange s) -> SmallVector<Value> { return {payload(s)}; });
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

//===------------------------------------------------------------------------------------------------------------===//
// Matrices
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerFusedMatMul(NodeOp node, ValueRange inputs, Lowering &b) {
  Value left = node.getInt("transA", 0) ? transposeMatrices(inputs[0], b) : inputs[0];
  Value right = node.getInt("transB", 0) ? transposeMatrices(inputs[1], b) : inputs[1];
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
/// like B or of the scales' type; y = A · Wᵀ.
LogicalResult aimc::onnx::lowerMatMulNBits(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t K = node.getInt("K", 0), N = node.getInt("N", 0), bits = node.getInt("bits", 4), block = node.getInt("block_size", 0);
  if (getOptional(inputs, 4) && !cast<RankedTensorType>(inputs[4].getType()).getShape().empty())
    return b.error(node) << "'g_idx' (columns in another order) is not supported";
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
  SmallVector<Value> operands{levels, scales};
  if (zero)
    operands.push_back(zero);
  Value weight = b.broadcast(operands, element, [&](ValueRange s) -> SmallVector<Value> {
    Value level = arith::ExtUIOp::create(b, i32, s[0]);
    if (zero && !packed) {
      Value number = arith::SubFOp::create(b, arith::SIToFPOp::create(b, element, level), s[2]);
      return {mulF(b, number, s[1])};
    }
    Value middle = zero ? Value(arith::ExtUIOp::create(b, i32, s[2])) : b.integer(i32, int64_t(1) << (bits - 1));
    Value number = arith::SIToFPOp::create(b, element, Value(arith::SubIOp::create(b, level, middle)));
    return {mulF(b, number, s[1])};
  });
  weight = b.sliceAxis(b.reshape(weight, {b.size(N), b.size(blocks * block)}), 1, b.size(0), b.size(K));
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

/// Layer normalization of input + skip + bias; output 3 is that sum.
LogicalResult aimc::onnx::lowerSkipLayerNormalization(NodeOp node, ValueRange inputs, Lowering &b) {
  Value sum = add(add(inputs[0], inputs[1], b), getOptional(inputs, 4), b);
  Value result = normalize(sum, inputs[2], getOptional(inputs, 3), node.getFloat("epsilon", 1e-12f), b);
  return b.replace(node, {result, Value(), Value(), sum});
}

/// Rows of `table` [V, H] that the integers of `ids` [B, S] name, added up: [B, S, H]. Null ids are the positions 0 .. S - 1.
static Value embed(Value table, Value ids, ArrayRef<Size> sizes, Lowering &b) {
  return b.computeFromIndices(sizes, getElement(table), [&](ValueRange at) -> SmallVector<Value> {
    Value row = at[1];
    if (ids) {
      // Positions [1, S] hold for the whole batch.
      bool shared = cast<RankedTensorType>(ids.getType()).getDimSize(0) == 1;
      row = tensor::ExtractOp::create(b, ids, ValueRange{shared ? b.index(0) : at[0], at[1]});
      row = arith::IndexCastOp::create(b, b.getIndexType(), row);
    }
    return {tensor::ExtractOp::create(b, table, ValueRange{row, at[2]})};
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

/// softmax(adjust(q · kᵀ · scale)) · v of tensors [B, heads, S or T, D].
static FailureOr<Value> attend(NodeOp node, Value q, Value k, Value v, double scale, Lowering &b, Adjust adjust) {
  FailureOr<Value> scores = multiplyMatrices(node, q, transposeMatrices(k, b), b);
  if (failed(scores))
    return failure();
  Sizes sizes = b.dims(*scores);
  Type element = getElement(*scores);
  Value adjusted =
      b.compute(Access{*scores, b.getMultiDimIdentityMap(4)}, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
        SmallVector<Value> at;
        for (int64_t i = 0; i < 4; ++i)
          at.push_back(linalg::IndexOp::create(b, i));
        return {adjust(mulF(b, s[0], b.scalar(element, scale)), at)};
      });
  return multiplyMatrices(node, softmax(adjusted, 3, /*logarithm=*/false, b), v, b);
}

/// The element of `tensor` that the last of the indices `at` name, where its own sizes are not 1.
static Value readBroadcast(Value tensor, ValueRange at, Lowering &b) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> position;
  for (auto [size, index] : llvm::zip(type.getShape(), at.take_back(type.getRank())))
    position.push_back(size == 1 ? b.index(0) : index);
  return tensor::ExtractOp::create(b, tensor, position);
}

/// x + (condition ? 0 : fill).
static Value keepWhere(Lowering &b, Value condition, Value x, Value fill) {
  return arith::SelectOp::create(b, condition, x, addF(b, x, fill));
}

/// Whether key j comes no later than query i, which `past` keys precede.
static Value isNotLater(Lowering &b, ValueRange at, Size past) {
  Value last = arith::AddIOp::create(b, at[2], b.asIndex(past));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::sle, at[3], last);
}

/// Operands: Q, K, V, mask?, past key?, past value?; heads are a dimension of their own, or part of the last.
LogicalResult aimc::onnx::lowerAttention(NodeOp node, ValueRange inputs, Lowering &b) {
  bool flat = getRank(inputs[0]) == 3;
  Value q = splitHeads(inputs[0], node.getInt("q_num_heads", 1), b), mask = getOptional(inputs, 3);
  Value k = splitHeads(inputs[1], node.getInt("kv_num_heads", 1), b),
        v = splitHeads(inputs[2], node.getInt("kv_num_heads", 1), b);
  Size past = b.size(0);
  if (Value pastKey = getOptional(inputs, 4)) {
    past = b.dim(pastKey, 2);
    k = tensor::ConcatOp::create(b, 2, ValueRange{pastKey, k});
    v = tensor::ConcatOp::create(b, 2, ValueRange{inputs[5], v});
  }
  auto heads = [&](Value tensor) { return cast<RankedTensorType>(tensor.getType()).getDimSize(1); };
  int64_t width = cast<RankedTensorType>(q.getType()).getDimSize(3);
  if (ShapedType::isDynamic(heads(q)) || ShapedType::isDynamic(heads(k)) || heads(q) % heads(k) != 0 ||
      ShapedType::isDynamic(width))
    return b.error(node) << "queries " << q.getType() << " and keys " << k.getType()
                         << " need static heads and widths, of which those of the keys divide those of the queries";
  int64_t times = heads(q) / heads(k);
  Type element = getElement(q);
  Value least = b.extreme(element, /*largest=*/false, /*isUnsigned=*/false);
  bool causal = node.getInt("is_causal", 0);
  float softcap = node.getFloat("softcap", 0.0f), scale = node.getFloat("scale", 0.0f);
  FailureOr<Value> result =
      attend(node, q, repeatHeads(k, times, b), repeatHeads(v, times, b),
             scale != 0.0f ? scale : 1.0 / std::sqrt(double(width)), b, [&](Value x, ValueRange at) {
               if (mask) {
                 Value allowed = readBroadcast(mask, at, b);
                 x = allowed.getType().isInteger(1) ? keepWhere(b, allowed, x, least) : addF(b, x, allowed);
               }
               if (causal)
                 x = keepWhere(b, isNotLater(b, at, past), x, least);
               if (softcap != 0.0f) {
                 Value cap = b.scalar(element, softcap);
                 x = mulF(b, math::TanhOp::create(b, arith::DivFOp::create(b, x, cap)), cap);
               }
               return x;
             });
  if (failed(result))
    return failure();
  return b.replace(node, {flat ? joinHeads(*result, b) : *result, k, v});
}

/// com.microsoft: operands input [B, S, I], weights [I, q, k, v side by side], bias?, mask?, past?, bias of the scores?.
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
  Type element = getElement(all);
  Value fill = b.scalar(element, node.getFloat("mask_filter_value", -10000.0f));
  float scale = node.getFloat("scale", 0.0f);
  FailureOr<Value> result =
      attend(node, parts[0], parts[1], parts[2], scale != 0.0f ? scale : 1.0 / std::sqrt(double(widths[0] / heads)), b,
             [&](Value x, ValueRange at) {
               if (bias)
                 x = addF(b, x, readBroadcast(bias, at, b));
               if (node.getInt("unidirectional", 0))
                 x = keepWhere(b, isNotLater(b, at, b.size(0)), x, fill);
               if (!mask)
                 return x;
               if (getRank(mask) == 1) { // how many keys each sample has
                 Value count =
                     arith::IndexCastOp::create(b, b.getIndexType(), Value(tensor::ExtractOp::create(b, mask, at[0])));
                 return keepWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at[3], count), x, fill);
               }
               SmallVector<Value> position{at[0], at[3]};
               if (getRank(mask) == 3)
                 position.insert(position.begin() + 1, at[2]);
               Value allowed = tensor::ExtractOp::create(b, mask, position);
               return keepWhere(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ne, allowed, b.integer(allowed.getType(), 0)),
                                x, fill);
             });
  return failed(result) ? failure() : b.replace(node, joinHeads(*result, b));
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
      Value position = tensor::ExtractOp::create(b, positions, ValueRange{at[0], at[2]});
      place = {arith::IndexCastOp::create(b, b.getIndexType(), position), pair};
    }
    Value cosine = tensor::ExtractOp::create(b, inputs[1], place), sine = tensor::ExtractOp::create(b, inputs[2], place);
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
