//===- Numeric.cpp - determinants and window functions ----------------------------------------------------------===//
#include "Loops.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

/// Elimination with the largest element of each column as pivot; matrices one after the other.
LogicalResult aimc::onnx::lowerDet(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  Type element = getElement(tensor);
  if (!isa<FloatType>(element))
    return b.error(node) << "needs float matrices, not " << tensor.getType();
  Sizes sizes = b.dims(tensor), outer(ArrayRef<Size>(sizes).drop_back(2));
  Size n = sizes.back();
  Value extent = b.asIndex(n), one = b.index(1), zero = b.scalar(element, 0);
  auto at = [](ValueRange batch, Value row, Value column) {
    SmallVector<Value> position(batch);
    position.append({row, column});
    return position;
  };
  Value work = b.compute(Access{tensor, b.getMultiDimIdentityMap(sizes.size())}, sizes, element,
                         [](ValueRange s) -> SmallVector<Value> { return {s[0]}; });
  Value result = forEachIndex(
      outer, {work, b.empty(outer, element)},
      [&](ValueRange batch, ValueRange state) -> SmallVector<Value> {
        auto reduced = forEachIndex(
            n, {state[0], b.scalar(element, 1)},
            [&](ValueRange k, ValueRange inner) -> SmallVector<Value> {
              Value matrix = inner[0];
              // The pivot, from row k on.
              Value below = arith::SubIOp::create(b, extent, k[0]);
              Value pivot = forEachIndex(
                                Size(below), k[0],
                                [&](ValueRange i, ValueRange best) -> SmallVector<Value> {
                                  Value row = arith::AddIOp::create(b, k[0], i[0]);
                                  Value x = math::AbsFOp::create(b, tensor::ExtractOp::create(b, matrix, at(batch, row, k[0])));
                                  Value most =
                                      math::AbsFOp::create(b, tensor::ExtractOp::create(b, matrix, at(batch, best[0], k[0])));
                                  return {arith::SelectOp::create(b, isBefore(x, most, element, true, b), row, best[0])};
                                },
                                b)
                                .front();
              Value swapped = forEachIndex(
                                  n, matrix,
                                  [&](ValueRange column, ValueRange m) -> SmallVector<Value> {
                                    Value own = tensor::ExtractOp::create(b, m[0], at(batch, k[0], column[0]));
                                    Value other = tensor::ExtractOp::create(b, m[0], at(batch, pivot, column[0]));
                                    Value first = tensor::InsertOp::create(b, other, m[0], at(batch, k[0], column[0]));
                                    Value isSame = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, pivot, k[0]);
                                    return {tensor::InsertOp::create(b, arith::SelectOp::create(b, isSame, other, own), first,
                                                                     at(batch, pivot, column[0]))};
                                  },
                                  b)
                                  .front();
              Value diagonal = tensor::ExtractOp::create(b, swapped, at(batch, k[0], k[0]));
              Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, diagonal, zero);
              Value divisor = arith::SelectOp::create(b, isZero, b.scalar(element, 1), diagonal);
              Size rest = Value(arith::SubIOp::create(b, below, one));
              Value next = forEachIndex(
                               {rest, rest}, swapped,
                               [&](ValueRange i, ValueRange m) -> SmallVector<Value> {
                                 // The last column first: column k, which holds the factor, stays.
                                 Value row = arith::AddIOp::create(b, arith::AddIOp::create(b, k[0], one), i[0]);
                                 Value column = arith::AddIOp::create(b, arith::AddIOp::create(b, k[0], one), i[1]);
                                 Value factor = arith::DivFOp::create(
                                     b, tensor::ExtractOp::create(b, m[0], at(batch, row, k[0])), divisor);
                                 Value x = tensor::ExtractOp::create(b, m[0], at(batch, row, column));
                                 Value over = tensor::ExtractOp::create(b, m[0], at(batch, k[0], column));
                                 Value left = arith::SubFOp::create(b, x, arith::MulFOp::create(b, factor, over));
                                 return {tensor::InsertOp::create(b, left, m[0], at(batch, row, column))};
                               },
                               b)
                               .front();
              Value isSame = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, pivot, k[0]);
              Value product = arith::MulFOp::create(b, inner[1], diagonal);
              return {next, arith::SelectOp::create(b, isSame, product, arith::NegFOp::create(b, product))};
            },
            b);
        return {reduced[0], tensor::InsertOp::create(b, reduced[1], state[1], batch)};
      },
      b)[1];
  return b.replace(node, result);
}

/// Sums of cosines of the window's length: Hann, Hamming, Blackman.
LogicalResult aimc::onnx::lowerWindow(NodeOp node, ValueRange inputs, Lowering &b) {
  StringRef name = node.getOpType();
  double constant = name == "HannWindow" ? 0.5 : name == "HammingWindow" ? 25.0 / 46 : 0.42;
  double first = name == "BlackmanWindow" ? -0.5 : constant - 1, second = name == "BlackmanWindow" ? 0.08 : 0;
  auto declared = cast<RankedTensorType>(node.getResult(0).getType());
  Size size = declared.isDynamicDim(0) ? Size(toIndex(b.extractScalar(inputs[0]), b.getElementType(node.getInputs()[0]), b))
                                       : b.size(declared.getDimSize(0));
  Type f64 = b.getF64Type();
  Size period = node.getInt("periodic", 1) ? size : b.sub(size, b.size(1));
  Value length = arith::SIToFPOp::create(b, f64, b.castIndex(b.asIndex(period), b.getI64Type()));
  return b.replace(node, b.computeFromIndices(size, declared.getElementType(), [&](ValueRange indices) -> SmallVector<Value> {
    Value place = arith::SIToFPOp::create(b, f64, b.castIndex(indices[0], b.getI64Type()));
    Value turn = arith::MulFOp::create(b, arith::DivFOp::create(b, place, length), b.scalar(f64, 2 * M_PI));
    Value sum = b.scalar(f64, constant);
    for (auto [times, weight] : {std::pair(1.0, first), std::pair(2.0, second)}) {
      if (weight == 0)
        continue;
      Value wave = math::CosOp::create(b, arith::MulFOp::create(b, turn, b.scalar(f64, times)));
      sum = arith::AddFOp::create(b, sum, arith::MulFOp::create(b, wave, b.scalar(f64, weight)));
    }
    return {castScalar(b, sum, f64, declared.getElementType())};
  }));
}
