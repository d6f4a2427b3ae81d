//===- ShapesTransformers.cpp - shape functions of fused operators of transformer models ------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aimc::onnx;

static bool differ(Dim a, Dim b) { return isStatic(a) && isStatic(b) && a != b; }

/// An error unless operand `index` is absent or has `rank` dimensions.
static LogicalResult expectRank(NodeOp node, ShapeInference &inference, unsigned index, size_t rank) {
  Value operand = node.getInput(index);
  if (!operand || inference.getShape(operand).size() == rank)
    return success();
  return node.emitNodeError() << "input " << index << " has type " << operand.getType() << "; the operator takes " << rank
                              << " dimensions";
}

LogicalResult aimc::onnx::inferBiasGelu(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  if (Value bias = node.getInput(1);
      bias && (failed(expectRank(node, inference, 1, 1)) || x.empty() || differ(inference.getShape(bias)[0], x.back())))
    return node.emitNodeError() << "bias " << bias.getType() << " does not fit " << node.getInputs()[0].getType();
  inference.setResult(node.getOutputs()[0], x, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferFusedMatMul(NodeOp node, ShapeInference &inference) {
  Shape a = inference.getShape(node.getInputs()[0]), b = inference.getShape(node.getInputs()[1]);
  // The rows before the batch.
  for (auto [name, shape] : {std::pair("transBatchA", &a), std::pair("transBatchB", &b)})
    if (node.getInt(name, 0) && shape->size() > 2)
      std::rotate(shape->begin(), shape->begin() + 1, shape->end() - 1);
  for (auto [name, shape] : {std::pair("transA", &a), std::pair("transB", &b)})
    if (node.getInt(name, 0) && shape->size() > 1)
      std::swap((*shape)[shape->size() - 1], (*shape)[shape->size() - 2]);
  return inferMatrixProduct(node, inference, a, b, inference.getElementType(node.getInputs()[0]));
}

LogicalResult aimc::onnx::inferMatMulNBits(NodeOp node, ShapeInference &inference) {
  int64_t K = node.getInt("K", 0), N = node.getInt("N", 0), bits = node.getInt("bits", 4), block = node.getInt("block_size", 0);
  auto isSize = [](int64_t number) { return number >= 1 && number < (int64_t(1) << 25); };
  if (!isSize(K) || !isSize(N) || !isSize(block) || (bits != 2 && bits != 4 && bits != 8))
    return node.emitNodeError() << "K " << K << ", N " << N << ", block_size " << block << " and bits " << bits
                                << "; sizes must be positive, below 2^25, and bits 2, 4 or 8";
  int64_t blocks = llvm::divideCeil(K, block);
  auto elements = [&](unsigned index) -> std::optional<int64_t> {
    int64_t count = 1;
    for (Dim dim : inference.getShape(node.getInputs()[index]))
      if (!isStatic(dim) || __builtin_mul_overflow(count, dim, &count))
        return std::nullopt;
    return count;
  };
  for (auto [index, wanted] : {std::pair(1u, N * blocks * block * bits / 8), std::pair(2u, N * blocks)})
    if (elements(index) != wanted)
      return node.emitNodeError() << "input " << index << " has type " << node.getInputs()[index].getType() << ", but "
                                  << wanted << " elements are needed";
  if (Value groups = node.getInput(4)) {
    Shape shape = inference.getShape(groups);
    bool suffices = shape.empty() || (shape.size() == 1 && isStatic(shape[0]) && shape[0] >= K);
    if (!suffices || !inference.getElementType(groups).isSignlessInteger(32))
      return node.emitNodeError() << "'g_idx' has type " << groups.getType() << ", but a block's number for each of K " << K
                                  << " rows is needed";
  }
  Shape result = inference.getShape(node.getInputs()[0]);
  if (result.empty() || differ(result.back(), K))
    return node.emitNodeError() << "input 0 has type " << node.getInputs()[0].getType() << ", but K is " << K;
  result.back() = N;
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferSkipLayerNormalization(NodeOp node, ShapeInference &inference) {
  FailureOr<Shape> shape = broadcastShapes(node, inference, {node.getInputs()[0], node.getInputs()[1]});
  if (failed(shape))
    return failure();
  if (shape->empty())
    return node.emitNodeError() << "normalizes a scalar";
  Type element = inference.getElementType(node.getInputs()[0]);
  for (unsigned index : {2, 3, 4})
    if (failed(expectRank(node, inference, index, 1)))
      return failure();
  for (auto [index, output] : llvm::enumerate(node.getOutputs())) {
    Shape own = *shape;
    if (index == 1 || index == 2)
      own.back() = 1;
    inference.setResult(output, own, element);
  }
  return success();
}

LogicalResult aimc::onnx::inferEmbedLayerNormalization(NodeOp node, ShapeInference &inference) {
  for (unsigned index : {2, 3})
    if (!node.getInput(index))
      return node.emitNodeError() << "omits input " << index << ", which the operator needs";
  for (unsigned index : {0, 1, 2, 3, 4, 7, 8})
    if (failed(expectRank(node, inference, index, 2)))
      return failure();
  for (unsigned index : {5, 6}) {
    if (!node.getInput(index))
      return node.emitNodeError() << "omits input " << index << ", which the operator needs";
    if (failed(expectRank(node, inference, index, 1)))
      return failure();
  }
  Shape ids = inference.getShape(node.getInputs()[0]), result = ids;
  result.push_back(inference.getShape(node.getInputs()[2])[1]);
  Type element = inference.getElementType(node.getInputs()[2]);
  inference.setResult(node.getOutputs()[0], result, element);
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], {ids[0]}, IntegerType::get(node.getContext(), 32));
  if (node.getOutputs().size() > 2)
    inference.setResult(node.getOutputs()[2], result, element);
  return success();
}

/// An error unless operand `mask` of com.microsoft's attention counts the keys of each sample, or masks [B, T] or [B, S, T] of
/// scores [B, heads, S, T], and operand `bias` broadcasts to them. Both may be absent.
static LogicalResult checkMasks(NodeOp node, ShapeInference &inference, unsigned mask, unsigned bias, const Shape &scores) {
  if (Value operand = node.getInput(mask)) {
    Shape own = inference.getShape(operand), wanted = {scores[0], scores[2], scores[3]};
    if (own.empty() || own.size() > 3)
      return node.emitNodeError() << "the mask has type " << operand.getType() << "; it needs 1 to 3 dimensions";
    if (own.size() == 2)
      wanted.erase(wanted.begin() + 1);
    bool fits = own.size() > 1 || !isStatic(own[0]) || !isStatic(scores[0]) || own[0] >= scores[0];
    for (auto [size, other] : llvm::zip(own, wanted))
      fits &= own.size() == 1 || !differ(size, other);
    if (!fits)
      return node.emitNodeError() << "the mask has type " << operand.getType() << " for " << scores[0] << " samples of "
                                  << scores[2] << " queries and " << scores[3] << " keys";
  }
  return expectBroadcastsTo(node, inference, bias, scores);
}

/// The width of [B, S, heads · D] or [B, heads, S, D] per head.
static Dim getWidth(ShapeInference &inference, const Shape &shape, int64_t heads) {
  return shape.size() == 4 ? shape[3] : inference.div(shape[2], heads);
}

LogicalResult aimc::onnx::inferAttention(NodeOp node, ShapeInference &inference) {
  Shape q = inference.getShape(node.getInputs()[0]), k = inference.getShape(node.getInputs()[1]);
  Shape v = inference.getShape(node.getInputs()[2]);
  if ((q.size() != 3 && q.size() != 4) || k.size() != q.size() || v.size() != q.size())
    return node.emitNodeError() << "queries, keys and values have " << q.size() << ", " << k.size() << " and " << v.size()
                                << " dimensions; all need 3 or all 4";
  int64_t heads = node.getInt("q_num_heads", 0), keyHeads = node.getInt("kv_num_heads", 0);
  if (q.size() == 3 && (heads < 1 || keyHeads < 1))
    return node.emitNodeError() << "'q_num_heads' is " << heads << " and 'kv_num_heads' " << keyHeads
                                << "; inputs of 3 dimensions need both";
  if (Value mask = node.getInput(3); mask && (inference.getShape(mask).empty() || inference.getShape(mask).size() > 4))
    return node.emitNodeError() << "the mask has type " << mask.getType() << "; it needs 1 to 4 dimensions";
  if (Value mask = node.getInput(3)) { // its keys may be fewer
    Shape scores = {q[0], q.size() == 4 ? q[1] : Dim(heads), q[q.size() - 2], inference.getShape(mask).back()};
    if (failed(expectBroadcastsTo(node, inference, 3, scores)))
      return failure();
  }
  if (static_cast<bool>(node.getInput(4)) != static_cast<bool>(node.getInput(5)))
    return node.emitNodeError() << "has only one of past key and past value";
  for (unsigned index : {4, 5})
    if (failed(expectRank(node, inference, index, 4)))
      return failure();
  Dim length = k.size() == 4 ? k[2] : k[1];
  if (Value past = node.getInput(4))
    length = inference.add(inference.getShape(past)[2], length);
  Dim valueWidth = getWidth(inference, v, keyHeads), keyCount = k.size() == 4 ? k[1] : Dim(keyHeads);
  Shape result = q.size() == 4 ? Shape{q[0], q[1], q[2], valueWidth} : Shape{q[0], q[1], inference.mul(valueWidth, heads)};
  Type element = inference.getElementType(node.getInputs()[0]);
  inference.setResult(node.getOutputs()[0], result, element);
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], {q[0], keyCount, length, getWidth(inference, k, keyHeads)}, element);
  if (node.getOutputs().size() > 2)
    inference.setResult(node.getOutputs()[2], {q[0], keyCount, length, valueWidth}, element);
  if (int64_t mode = node.getInt("qk_matmul_output_mode", 0); mode < 0 || mode > 3)
    return node.emitNodeError() << "'qk_matmul_output_mode' is " << mode << "; 0 to 3 are known";
  if (node.getOutputs().size() > 3)
    inference.setResult(node.getOutputs()[3], {q[0], q.size() == 4 ? q[1] : Dim(heads), q.size() == 4 ? q[2] : q[1], length},
                        element);
  return expectRank(node, inference, 6, 1);
}

LogicalResult aimc::onnx::inferFusedAttention(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]), w = inference.getShape(node.getInputs()[1]);
  SmallVector<int64_t> widths = node.getInts("qkv_hidden_sizes");
  int64_t heads = node.getInt("num_heads", 0);
  if (x.size() != 3 || w.size() != 2 || !isStatic(w[1]) || heads < 1 || (widths.empty() ? w[1] % 3 != 0 : widths.size() != 3))
    return node.emitNodeError() << "input " << node.getInputs()[0].getType() << " and weights " << node.getInputs()[1].getType()
                                << " do not split into queries, keys and values of " << heads << " heads";
  if (widths.empty())
    widths.assign(3, w[1] / 3);
  auto isPart = [&](int64_t width) { return width >= 0 && width <= w[1]; };
  if (!llvm::all_of(widths, isPart) || widths[0] != widths[1] || widths[0] + widths[1] + widths[2] != w[1] ||
      widths[0] % heads != 0 || widths[2] % heads != 0)
    return node.emitNodeError() << "'qkv_hidden_sizes' [" << widths << "] do not fit " << heads << " heads and weights "
                                << node.getInputs()[1].getType();
  Type element = inference.getElementType(node.getInputs()[0]);
  inference.setResult(node.getOutputs()[0], {x[0], x[1], widths[2]}, element);
  Dim length = x[1];
  if (Value past = node.getInput(4)) {
    if (failed(expectRank(node, inference, 4, 5)))
      return failure();
    Shape shape = inference.getShape(past);
    if (differ(shape[0], 2) || differ(shape[2], heads) || differ(shape[4], widths[0] / heads) || widths[2] != widths[0])
      return node.emitNodeError() << "past keys and values " << past.getType() << " do not fit " << heads << " heads of "
                                  << widths[0] / heads << " and " << widths[2] / heads;
    length = inference.add(length, shape[3]);
  }
  if (failed(checkMasks(node, inference, 3, 5, {x[0], heads, x[1], length})))
    return failure();
  if (node.getOutputs().size() > 1 && !isa<NoneType>(node.getOutputs()[1].getType())) {
    if (widths[2] != widths[0])
      return node.emitNodeError() << "keys of width " << widths[0] << " and values of width " << widths[2]
                                  << " do not stack in output 1";
    inference.setResult(node.getOutputs()[1], {2, x[0], heads, length, widths[0] / heads}, element);
  }
  return success();
}

LogicalResult aimc::onnx::inferMultiHeadAttention(NodeOp node, ShapeInference &inference) {
  for (unsigned index : {1, 2})
    if (!node.getInput(index))
      return node.emitNodeError() << "omits input " << index << "; queries, keys and values are taken one by one, not packed";
  for (unsigned index : {8, 9})
    if (node.getInput(index))
      return node.emitNodeError() << "has input " << index << "; past keys and values that share memory with the present ones "
                                  << "are not known: give inputs 6 and 7 alone";
  Shape q = inference.getShape(node.getInputs()[0]), k = inference.getShape(node.getInputs()[1]);
  Shape v = inference.getShape(node.getInputs()[2]);
  int64_t heads = node.getInt("num_heads", 0);
  if ((k.size() != 3 && k.size() != 4) || v.size() != k.size())
    return node.emitNodeError() << "keys and values have " << k.size() << " and " << v.size()
                                << " dimensions; both need 3 or both 4";
  if (heads < 1 || !isStatic(q[2]) || q[2] % heads != 0)
    return node.emitNodeError() << "queries of type " << node.getInputs()[0].getType() << " do not split into " << heads
                                << " heads";
  bool split = k.size() == 4;
  Dim keyWidth = split ? inference.mul(k[3], heads) : k[2], valueWidth = split ? inference.mul(v[3], heads) : v[2];
  auto isOther = [&](const Shape &shape) { return differ(shape[0], q[0]) || (split && differ(shape[1], heads)); };
  if (isOther(k) || isOther(v) || differ(keyWidth, q[2]) || (isStatic(valueWidth) && valueWidth % heads != 0) ||
      differ(k[split ? 2 : 1], v[split ? 2 : 1]))
    return node.emitNodeError() << "keys " << node.getInputs()[1].getType() << " and values " << node.getInputs()[2].getType()
                                << " do not fit each other or queries of type " << node.getInputs()[0].getType();
  if (Value bias = node.getInput(3);
      bias && isStatic(keyWidth) && isStatic(valueWidth) && differ(inference.getShape(bias)[0], 2 * q[2] + valueWidth))
    return node.emitNodeError() << "the bias has type " << bias.getType() << ", but " << 2 * q[2] + valueWidth
                                << " elements are needed";
  if (static_cast<bool>(node.getInput(6)) != static_cast<bool>(node.getInput(7)))
    return node.emitNodeError() << "has only one of past keys and past values";
  Dim length = k[split ? 2 : 1];
  if (Value past = node.getInput(6)) {
    Shape keys = inference.getShape(past), values = inference.getShape(node.getInput(7));
    for (auto [shape, width] : {std::pair(keys, q[2]), {values, valueWidth}})
      if (differ(shape[0], q[0]) || differ(shape[1], heads) || differ(shape[2], keys[2]) ||
          differ(shape[3], inference.div(width, heads)))
        return node.emitNodeError() << "past keys " << past.getType() << " and values " << node.getInput(7).getType()
                                    << " do not fit " << heads << " heads of queries of type " << node.getInputs()[0].getType();
    length = inference.add(keys[2], length);
  }
  if (failed(checkMasks(node, inference, 4, 5, {q[0], heads, q[1], length})))
    return failure();
  Type element = inference.getElementType(node.getInputs()[0]);
  inference.setResult(node.getOutputs()[0], {q[0], q[1], valueWidth}, element);
  auto isAsked = [&](size_t index) {
    return node.getOutputs().size() > index && !isa<NoneType>(node.getOutputs()[index].getType());
  };
  if (isAsked(1))
    inference.setResult(node.getOutputs()[1], {q[0], heads, length, inference.div(q[2], heads)}, element);
  if (isAsked(2))
    inference.setResult(node.getOutputs()[2], {q[0], heads, length, inference.div(valueWidth, heads)}, element);
  if (isAsked(3))
    return node.emitNodeError() << "has output 3; products of queries and keys are not handed out";
  return success();
}

/// The result has the type of operand 0.
LogicalResult aimc::onnx::inferRotaryEmbedding(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  if (x.size() != 3 && x.size() != 4)
    return node.emitNodeError() << "input 0 has " << x.size() << " dimensions; the operator takes 3 or 4";
  if (x.size() == 3 && node.getInt("num_heads", 0) < 1)
    return node.emitNodeError() << "an input of 3 dimensions needs 'num_heads'";
  for (unsigned index : {1, 2})
    if (failed(expectRank(node, inference, index, node.getInput(3) ? 2 : 3)))
      return failure();
  if (failed(expectRank(node, inference, 3, 2)))
    return failure();
  inference.setResult(node.getOutputs()[0], x, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferTensorScatter(NodeOp node, ShapeInference &inference) {
  Shape cache = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", -2), cache.size());
  if (failed(axis) || failed(expectRank(node, inference, 1, cache.size())) || failed(expectRank(node, inference, 2, 1)))
    return failure();
  if (*axis == 0)
    return node.emitNodeError() << "'axis' is the batch dimension";
  Shape update = inference.getShape(node.getInputs()[1]);
  bool fits = true;
  for (size_t i = 0; i < cache.size(); ++i)
    fits &= static_cast<int64_t>(i) == *axis || !differ(update[i], cache[i]);
  if (Value starts = node.getInput(2))
    fits &= !differ(inference.getShape(starts)[0], cache[0]);
  if (!fits)
    return node.emitNodeError() << "an update of type " << node.getInputs()[1].getType()
                                << " and its places do not fit a cache of type " << node.getInputs()[0].getType();
  inference.setResult(node.getOutputs()[0], cache, inference.getElementType(node.getInputs()[0]));
  return success();
}
