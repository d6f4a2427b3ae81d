//===- Partition.cpp - matrices to tiles ------------------------------------------------------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGPARTITIONPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc::analog;

static GridAttr getGrid(CrossbarOp crossbar, TargetAttr target) {
  return GridAttr::get(crossbar.getContext(), target.getTileRows(), target.getTileColumns(),
                       llvm::divideCeil(int64_t(crossbar.getRows()), target.getTileRows()),
                       llvm::divideCeil(int64_t(crossbar.getColumns()), target.getTileColumns()));
}

/// y[…, n] becomes the sum over t of tiled y[…, t, n].
static void partition(MatMulOp matmul, CrossbarOp crossbar) {
  OpBuilder b(matmul);
  Location loc = matmul.getLoc();
  auto type = cast<RankedTensorType>(matmul.getY().getType());
  SmallVector<int64_t> shape(type.getShape());
  int64_t tileAxis = shape.size() - 1;
  shape.insert(shape.end() - 1, crossbar.getRowTiles());
  Value partial = TiledMatMulOp::create(b, loc, RankedTensorType::get(shape, b.getF32Type()), matmul.getCrossbarAttr(),
                                        matmul.getX(), matmul.getKindAttr(), matmul.getTileBaseAttr());

  // All axes but the last are those of x.
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, matmul.getX());
  sizes.back() = b.getIndexAttr(type.getShape().back());
  Value empty = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
  Value init = linalg::FillOp::create(b, loc, zero, empty)->getResult(0);
  auto sum = linalg::ReduceOp::create(b, loc, partial, init, tileAxis, [](OpBuilder &b, Location loc, ValueRange values) {
    linalg::YieldOp::create(b, loc, Value(arith::AddFOp::create(b, loc, values[0], values[1])));
  });
  matmul.replaceAllUsesWith(sum->getResult(0));
  matmul.erase();
}

namespace {
struct AnalogPartitionPass : aimc::analog::impl::AnalogPartitionPassBase<AnalogPartitionPass> {
  void runOnOperation() override {
    TargetAttr target = getTargetOrError(getOperation());
    if (!target)
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    for (CrossbarOp crossbar : getOperation().getOps<CrossbarOp>())
      if (!crossbar.getGrid())
        crossbar.setGridAttr(getGrid(crossbar, target));
    getOperation().walk([&](MatMulOp matmul) { partition(matmul, symbols.lookup<CrossbarOp>(matmul.getCrossbar())); });
  }
};
} // namespace
