//===- Random.cpp - operators with random results ---------------------------------------------------------------===//
//
// ONNX leaves the generator open. Here element i of a node's result is drawn from word 0 and 1 of Philox4x32-10 [Salmon 2011]
// at counter i, with the node's `seed` and name as the key: every run, on any machine, with any number of threads, gives the
// same numbers, and two nodes give different ones.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/xxhash.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// The random numbers of one node.
class Generator {
public:
  Generator(NodeOp node, Lowering &b) : b(b) {
    // `seed` is a float, of Dropout an integer.
    Attribute seed = node.getNodeAttr("seed");
    if (auto integer = dyn_cast_or_null<IntegerAttr>(seed))
      key[0] = static_cast<uint32_t>(integer.getInt());
    else if (auto number = dyn_cast_or_null<FloatAttr>(seed))
      key[0] = static_cast<uint32_t>(number.getValue().bitcastToAPInt().getZExtValue());
    uint64_t name = llvm::xxh3_64bits(node.getNodeName());
    key[1] = static_cast<uint32_t>(name ^ (name >> 32));
  }

  /// Two numbers, 0 <= u < 1, of an f64 in steps of 2⁻³², else in steps of 2⁻²⁴; `place` numbers the element.
  std::pair<Value, Value> draw(Value place, FloatType type) {
    auto [first, second] = words(place);
    return {toUniform(first, type), toUniform(second, type)};
  }

  /// A number of the standard normal distribution, by Box and Muller.
  Value drawNormal(Value place, FloatType type) {
    auto [u, v] = draw(place, type);
    Value logarithm = math::LogOp::create(b, arith::SubFOp::create(b, b.scalar(type, 1), u));
    Value radius = math::SqrtOp::create(b, arith::MulFOp::create(b, b.scalar(type, -2), logarithm));
    return arith::MulFOp::create(b, radius, math::CosOp::create(b, arith::MulFOp::create(b, b.scalar(type, 2 * M_PI), v)));
  }

private:
  /// 32-bit numbers in i64.
  std::pair<Value, Value> words(Value place) {
    Type i64 = b.getI64Type();
    Value mask = b.integer(i64, 0xffffffff), shift = b.integer(i64, 32);
    Value number = b.castIndex(place, i64), zero = b.integer(i64, 0);
    auto low = [&](Value x) { return Value(arith::AndIOp::create(b, x, mask)); };
    auto high = [&](Value x) { return Value(arith::ShRUIOp::create(b, x, shift)); };
    Value c[] = {low(number), high(number), zero, zero};
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      Value p = arith::MulIOp::create(b, c[0], b.integer(i64, 0xD2511F53)),
            q = arith::MulIOp::create(b, c[2], b.integer(i64, 0xCD9E8D57));
      Value first = arith::XOrIOp::create(b, arith::XOrIOp::create(b, high(q), c[1]), b.integer(i64, k0));
      Value third = arith::XOrIOp::create(b, arith::XOrIOp::create(b, high(p), c[3]), b.integer(i64, k1));
      c[0] = first, c[1] = low(q), c[2] = third, c[3] = low(p);
    }
    return {c[0], c[1]};
  }

  Value toUniform(Value word, FloatType type) {
    unsigned bits = type.isF64() ? 32 : 24;
    Value number = arith::ShRUIOp::create(b, word, b.integer(b.getI64Type(), 32 - bits));
    return arith::MulFOp::create(b, arith::SIToFPOp::create(b, type, number), b.scalar(type, std::ldexp(1.0, -int(bits))));
  }

  Lowering &b;
  uint32_t key[2] = {0, 0};
};
} // namespace

/// The type in which the numbers of a result are drawn: its own, of 16-bit floats and integers f32.
static FloatType getWideType(Type element, Lowering &b) {
  return element.isF64() ? cast<FloatType>(element) : cast<FloatType>(b.getF32Type());
}

/// Number of the element at the current indices of a linalg payload.
static Value getPlace(ArrayRef<Size> sizes, Lowering &b) {
  Value place = b.index(0);
  for (auto [i, size] : llvm::enumerate(sizes))
    place = arith::AddIOp::create(b, arith::MulIOp::create(b, place, b.asIndex(size)), linalg::IndexOp::create(b, i));
  return place;
}

LogicalResult aimc::onnx::lowerRandom(NodeOp node, ValueRange inputs, Lowering &b) {
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  Sizes sizes;
  if (inputs.empty())
    for (int64_t size : declared.getShape())
      sizes.push_back(b.size(size));
  else
    sizes = b.dims(inputs[0]);
  Generator generator(node, b);
  FloatType wide = getWideType(declared.getElementType(), b);
  bool isNormal = node.getOpType().starts_with("RandomNormal");
  double low = node.getFloat("low", 0), high = node.getFloat("high", 1), mean = node.getFloat("mean", 0),
         scale = node.getFloat("scale", 1);
  return b.replace(node, b.computeFromIndices(sizes, declared.getElementType(), [&](ValueRange) -> SmallVector<Value> {
    Value place = getPlace(sizes, b);
    Value number = isNormal ? generator.drawNormal(place, wide) : generator.draw(place, wide).first;
    Value scaled = arith::MulFOp::create(b, number, b.scalar(wide, isNormal ? scale : high - low));
    return {castScalar(b, arith::AddFOp::create(b, scaled, b.scalar(wide, isNormal ? mean : low)), wide,
                       declared.getElementType())};
  }));
}

/// 1 with the probability that the operand's element is.
LogicalResult aimc::onnx::lowerBernoulli(NodeOp node, ValueRange inputs, Lowering &b) {
  Type from = getElement(inputs[0]), to = getElementTypeOrSelf(node.getResult(0).getType());
  Generator generator(node, b);
  FloatType wide = getWideType(from, b);
  Sizes sizes = b.dims(inputs[0]);
  Access input{inputs[0], b.getMultiDimIdentityMap(sizes.size())};
  return b.replace(node, b.compute(input, sizes, getSignlessType(to), [&](ValueRange s) -> SmallVector<Value> {
    Value u = generator.draw(getPlace(sizes, b), wide).first;
    Value drawn = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, u, castScalar(b, s[0], from, wide));
    return {castScalar(b, drawn, b.getI1Type(), to)};
  }));
}

/// Classes drawn by the exponentials of their scores: the first whose share and all before it exceed u.
LogicalResult aimc::onnx::lowerMultinomial(NodeOp node, ValueRange inputs, Lowering &b) {
  Value scores = inputs[0];
  Type from = getElement(scores), to = getElementTypeOrSelf(node.getResult(0).getType());
  FloatType wide = getWideType(from, b);
  Generator generator(node, b);
  Sizes sizes{b.dim(scores, 0), b.size(node.getInt("sample_size", 1))};
  Size classes = b.dim(scores, 1);
  auto read = [&](Value row, Value column) {
    return castScalar(b, tensor::ExtractOp::create(b, scores, ValueRange{row, column}), from, wide);
  };
  Value most = b.reduce(scores, 1, b.extreme(from, /*largest=*/false, false),
                        [&](Value x, Value sum) -> Value { return arith::MaximumFOp::create(b, x, sum); });
  return b.replace(node, b.computeFromIndices(sizes, getSignlessType(to), [&](ValueRange i) -> SmallVector<Value> {
    Value peak = castScalar(b, tensor::ExtractOp::create(b, most, i[0]), from, wide);
    auto share = [&](Value column) { return math::ExpOp::create(b, arith::SubFOp::create(b, read(i[0], column), peak)); };
    Value total =
        forEachIndex(
            classes, b.scalar(wide, 0),
            [&](ValueRange k, ValueRange sum) -> SmallVector<Value> { return {arith::AddFOp::create(b, sum[0], share(k[0]))}; },
            b)
            .front();
    Value limit = arith::MulFOp::create(b, generator.draw(getPlace(sizes, b), wide).first, total);
    // Classes whose sum up to themselves does not exceed the limit; rounding must not pass the last one.
    Value passed = forEachIndex(
        classes, {b.scalar(wide, 0), b.index(0)},
        [&](ValueRange k, ValueRange state) -> SmallVector<Value> {
          Value sum = arith::AddFOp::create(b, state[0], share(k[0]));
          Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, sum, limit);
          return {sum, arith::SelectOp::create(b, below, arith::AddIOp::create(b, state[1], b.index(1)), state[1])};
        },
        b)[1];
    return {b.castIndex(clampInto(passed, b.asIndex(classes), b), getSignlessType(to))};
  }));
}

/// In training mode an element stays, divided by the share that stays, with probability 1 - ratio; else everything stays.
LogicalResult aimc::onnx::lowerDropout(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0], mode = getOptional(inputs, 2);
  Value training = mode ? b.extractScalar(mode) : b.integer(b.getI1Type(), 0);
  if (matchPattern(training, m_Zero()))
    return lowerIdentity(node, inputs, b);
  Type element = getElement(tensor);
  FloatType wide = getWideType(element, b);
  Value ratio = b.scalar(wide, 0.5), one = b.scalar(wide, 1);
  if (Value given = getOptional(inputs, 1))
    ratio = castScalar(b, b.extractScalar(given), getElement(given), wide);
  ratio = arith::SelectOp::create(b, training, ratio, b.scalar(wide, 0));
  Value scale = arith::DivFOp::create(b, one, arith::SubFOp::create(b, one, ratio));
  Sizes sizes = b.dims(tensor);
  Generator generator(node, b);
  Value mask = b.computeFromIndices(sizes, b.getI1Type(), [&](ValueRange) -> SmallVector<Value> {
    Value u = generator.draw(getPlace(sizes, b), wide).first;
    return {arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, u, ratio)};
  });
  AffineMap own = b.getMultiDimIdentityMap(sizes.size());
  Value result = b.compute({Access{tensor, own}, Access{mask, own}}, sizes, element, [&](ValueRange s) -> SmallVector<Value> {
    Value scaled = arith::MulFOp::create(b, castScalar(b, s[0], element, wide), scale);
    return {castScalar(b, arith::SelectOp::create(b, s[1], scaled, b.scalar(wide, 0)), wide, element)};
  });
  return b.replace(node, {result, mask});
}
