//===- Spectral.cpp - Fourier transforms and mel filters --------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

static Value toF64(Value index, Lowering &b) {
  return arith::SIToFPOp::create(b, b.getF64Type(), b.castIndex(index, b.getI64Type()));
}

/// The Fourier transform of length `n` as a matrix [terms, channels, frequencies, 2]: a signal of `terms` samples, of one
/// channel (real) or two (real and imaginary part), times the matrix is its spectrum. Sine and cosine are computed in double
/// precision, once for each of the n angles.
static Value getFourierMatrix(Size n, Size terms, int64_t channels, Size frequencies, bool inverse, Type element, Lowering &b) {
  Type f64 = b.getF64Type();
  Value period = b.asIndex(n), one = b.index(1), step = arith::DivFOp::create(b, b.scalar(f64, 2 * M_PI), toF64(period, b));
  auto isOne = [&](Value index) { return Value(arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, one)); };
  Value waves = b.computeFromIndices({n, b.size(2)}, f64, [&](ValueRange indices) -> SmallVector<Value> {
    Value angle = arith::MulFOp::create(b, toF64(indices[0], b), step);
    Value cosine = math::CosOp::create(b, angle), sine = math::SinOp::create(b, angle);
    return {arith::SelectOp::create(b, isOne(indices[1]), sine, cosine)};
  });
  Value scale = arith::DivFOp::create(b, b.scalar(f64, 1), toF64(period, b));
  // (re + i im)(cos ∓ i sin): the sine stands where the parts differ.
  return b.computeFromIndices(
      {terms, b.size(channels), frequencies, b.size(2)}, element, [&](ValueRange i) -> SmallVector<Value> {
        Value turns = arith::RemUIOp::create(b, arith::MulIOp::create(b, i[0], i[2]), period);
        Value differ = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, i[1], i[3]);
        Value wave =
            tensor::ExtractOp::create(b, waves, ValueRange{turns, arith::SelectOp::create(b, differ, one, b.index(0))});
        Value negative = arith::AndIOp::create(b, differ, isOne(inverse ? i[1] : i[3]));
        wave = arith::SelectOp::create(b, negative, arith::NegFOp::create(b, wave), wave);
        if (inverse)
          wave = arith::MulFOp::create(b, wave, scale);
        return {castScalar(b, wave, f64, element)};
      });
}

/// An integer that the node takes as an operand of one element.
static Size readSize(NodeOp node, ValueRange inputs, unsigned index, Lowering &b) {
  if (auto known = b.constantElements(inputs[index]))
    return b.size(known->front());
  return Size(toIndex(b.extractScalar(inputs[index]), b.getElementType(node.getInputs()[index]), b));
}

/// How many frequencies of `n` are computed: a real signal's others are the conjugates of these.
static Size countFrequencies(Size n, bool onesided, Lowering &b) {
  return onesided ? b.add(b.floorDiv(n, b.size(2)), b.size(1)) : n;
}

LogicalResult aimc::onnx::lowerDFT(NodeOp node, ValueRange inputs, Lowering &b) {
  Value signal = inputs[0];
  int64_t rank = getRank(signal), axis = node.getInt("axis", 1);
  if (node.getOpset() >= 20) {
    Value operand = getOptional(inputs, 2);
    auto known = operand ? b.constantElements(operand) : SmallVector<int64_t>{-2};
    if (!known || known->size() != 1)
      return b.error(node) << "the axis must be known when compiling";
    axis = known->front();
  }
  axis = normalizeAxis(axis, rank);
  Size n = getOptional(inputs, 1) ? readSize(node, inputs, 1, b) : b.dim(signal, axis);
  // A longer transform sees zeros behind the signal, a shorter one its beginning.
  Size terms = b.min(n, b.dim(signal, axis));
  signal = b.sliceAxis(signal, axis, b.size(0), terms);
  int64_t channels = cast<RankedTensorType>(signal.getType()).getShape().back();
  Sizes sizes = b.dims(signal);
  sizes[axis] = countFrequencies(n, node.getInt("onesided", 0), b);
  sizes.back() = b.size(2);
  Value matrix = getFourierMatrix(n, terms, channels, sizes[axis], node.getInt("inverse", 0), getElement(signal), b);
  // Loops: the result's dimensions, then term and channel.
  SmallVector<unsigned> left, outer;
  for (unsigned i = 0; i < rank; ++i) {
    outer.push_back(i);
    left.push_back(i == axis ? rank : i + 1 == rank ? rank + 1 : i);
  }
  unsigned loops = rank + 2, right[] = {unsigned(rank), unsigned(rank) + 1, unsigned(axis), unsigned(rank) - 1};
  auto map = [&](ArrayRef<unsigned> dims) { return AffineMap::getMultiDimMapWithTargets(loops, dims, b.getContext()); };
  return b.replace(node, b.contract({signal, map(left)}, {matrix, map(right)}, outer, sizes));
}

LogicalResult aimc::onnx::lowerSTFT(NodeOp node, ValueRange inputs, Lowering &b) {
  Value signal = inputs[0], window = getOptional(inputs, 2);
  Type element = getElement(signal);
  Size step = readSize(node, inputs, 1, b), n = window ? b.dim(window, 0) : readSize(node, inputs, 3, b);
  int64_t channels = cast<RankedTensorType>(signal.getType()).getShape().back();
  Size frames = b.add(b.floorDiv(b.sub(b.dim(signal, 1), n), step), b.size(1));
  Value hop = b.asIndex(step);
  Value parts =
      b.computeFromIndices({b.dim(signal, 0), frames, n, b.size(channels)}, element, [&](ValueRange i) -> SmallVector<Value> {
        Value place = arith::AddIOp::create(b, arith::MulIOp::create(b, i[1], hop), i[2]);
        Value sample = tensor::ExtractOp::create(b, signal, ValueRange{i[0], place, i[3]});
        if (window)
          sample = arith::MulFOp::create(b, sample, tensor::ExtractOp::create(b, window, i[2]));
        return {sample};
      });
  Size frequencies = countFrequencies(n, node.getInt("onesided", 1), b);
  Value matrix = getFourierMatrix(n, n, channels, frequencies, /*inverse=*/false, element, b);
  auto map = [&](ArrayRef<unsigned> dims) { return AffineMap::getMultiDimMapWithTargets(6, dims, b.getContext()); };
  return b.replace(node, b.contract({parts, map({0, 1, 4, 5})}, {matrix, map({4, 5, 2, 3})}, {0, 1, 2, 3},
                                    {b.dim(signal, 0), frames, frequencies, b.size(2)}));
}

/// Triangles over the bins of a spectrum, their corners equally far apart in mel, 2595 log10(1 + f / 700).
LogicalResult aimc::onnx::lowerMelWeightMatrix(NodeOp node, ValueRange inputs, Lowering &b) {
  Type f64 = b.getF64Type(), i64 = b.getI64Type();
  auto number = [&](unsigned index) {
    return castScalar(b, b.extractScalar(inputs[index]), b.getElementType(node.getInputs()[index]), f64);
  };
  auto toMel = [&](Value hertz) -> Value {
    Value ratio = arith::AddFOp::create(b, b.scalar(f64, 1), arith::DivFOp::create(b, hertz, b.scalar(f64, 700)));
    return arith::MulFOp::create(b, b.scalar(f64, 2595), math::Log10Op::create(b, ratio));
  };
  Size bands = readSize(node, inputs, 0, b), length = readSize(node, inputs, 1, b);
  Size corners = b.add(bands, b.size(2)), bins = b.add(b.floorDiv(length, b.size(2)), b.size(1));
  Value low = toMel(number(3)), high = toMel(number(4)), rate = number(2);
  Value step = arith::DivFOp::create(b, arith::SubFOp::create(b, high, low), toF64(b.asIndex(corners), b));
  Value samples = toF64(b.asIndex(b.add(length, b.size(1))), b);
  Value places = b.computeFromIndices(corners, i64, [&](ValueRange i) -> SmallVector<Value> {
    Value mel = arith::AddFOp::create(b, low, arith::MulFOp::create(b, toF64(i[0], b), step));
    Value power = math::PowFOp::create(b, b.scalar(f64, 10), arith::DivFOp::create(b, mel, b.scalar(f64, 2595)));
    Value hertz = arith::MulFOp::create(b, b.scalar(f64, 700), arith::SubFOp::create(b, power, b.scalar(f64, 1)));
    Value bin = math::FloorOp::create(b, arith::DivFOp::create(b, arith::MulFOp::create(b, samples, hertz), rate));
    return {castScalar(b, bin, f64, i64)};
  });
  Type element = getElementTypeOrSelf(node.getResult(0).getType());
  return b.replace(node, b.computeFromIndices({bins, bands}, getSignlessType(element), [&](ValueRange i) -> SmallVector<Value> {
    auto corner = [&](int64_t offset) {
      Value place = arith::AddIOp::create(b, i[1], b.index(offset));
      return b.castIndex(tensor::ExtractOp::create(b, places, place), b.getIndexType());
    };
    Value left = corner(0), top = corner(1), right = corner(2), bin = i[0], zero = b.scalar(f64, 0), one = b.scalar(f64, 1);
    auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
      return Value(arith::CmpIOp::create(b, predicate, x, y));
    };
    auto slope = [&](Value from, Value to) {
      Value width = toF64(arith::SubIOp::create(b, to, from), b);
      return Value(arith::DivFOp::create(b, toF64(arith::SubIOp::create(b, bin, from), b), width));
    };
    // The flank of a triangle of no width is its top.
    Value rising =
        arith::AndIOp::create(b, compare(arith::CmpIPredicate::sge, bin, left), compare(arith::CmpIPredicate::slt, bin, top));
    Value falling =
        arith::AndIOp::create(b, compare(arith::CmpIPredicate::sgt, bin, top), compare(arith::CmpIPredicate::slt, bin, right));
    Value weight = arith::SelectOp::create(b, compare(arith::CmpIPredicate::eq, bin, top), one, zero);
    weight = arith::SelectOp::create(b, rising, slope(left, top), weight);
    weight = arith::SelectOp::create(b, falling, slope(right, top), weight);
    return {castScalar(b, weight, f64, element)};
  }));
}
