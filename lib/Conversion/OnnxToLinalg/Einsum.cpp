//===- Einsum.cpp - sums of products by an equation -------------------------------------------------------------===//
#include "aimc/Dialect/Onnx/Einsum.h"

#include "Lowering.h"

using namespace mlir;
using namespace aimc::onnx;

LogicalResult aimc::onnx::lowerEinsum(NodeOp node, ValueRange inputs, Lowering &b) {
  SmallVector<int64_t> ranks;
  for (Value input : inputs)
    ranks.push_back(getRank(input));
  FailureOr<Einsum> einsum = parseEinsum(node, ranks);
  if (failed(einsum))
    return failure();
  // A loop's size is the largest of its dimensions: those of size 1 broadcast.
  Sizes sizes(einsum->loops, b.size(1));
  for (auto [input, loops] : llvm::zip(inputs, einsum->operands))
    for (auto [size, loop] : llvm::zip(b.dims(input), loops))
      if (getConstantIntValue(sizes[loop]) == 1 || (isa<Attribute>(size) && getConstantIntValue(size) != 1))
        sizes[loop] = size;
  SmallVector<Access> accesses;
  for (auto [input, loops] : llvm::zip(inputs, einsum->operands)) {
    SmallVector<AffineExpr> exprs;
    for (auto [size, loop] : llvm::zip(b.dims(input), loops)) {
      bool spread = getConstantIntValue(size) == 1 && getConstantIntValue(sizes[loop]) != 1;
      exprs.push_back(spread ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(loop));
    }
    accesses.push_back({input, AffineMap::get(einsum->loops, 0, exprs, b.getContext())});
  }
  Sizes outputSizes(ArrayRef<Size>(sizes).take_front(einsum->outputRank));
  SmallVector<unsigned> outer = llvm::to_vector(llvm::seq<unsigned>(0, einsum->outputRank));
  if (accesses.size() == 2)
    return b.replace(node, b.contract(accesses[0], accesses[1], outer, outputSizes));
  Type element = getElement(inputs[0]);
  bool isFloat = isa<FloatType>(element);
  Access output{b.filled(outputSizes, b.scalar(element, 0)),
                AffineMap::getMultiDimMapWithTargets(einsum->loops, outer, b.getContext())};
  return b.replace(node, b.generic(accesses, output, [&](ValueRange s) -> SmallVector<Value> {
                            Value product = s[0];
                            for (Value factor : s.drop_front().drop_back())
                              product = isFloat ? Value(arith::MulFOp::create(b, product, factor))
                                                : Value(arith::MulIOp::create(b, product, factor));
                            return {isFloat ? Value(arith::AddFOp::create(b, s.back(), product))
                                            : Value(arith::AddIOp::create(b, s.back(), product))};
                          }).front());
}
