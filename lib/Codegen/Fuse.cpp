//===- Fuse.cpp - elementwise chains become one loop each, in place where possible ------------------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include "aimc/Codegen/Passes.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTFUSEELEMENTWISEPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

static bool isExpensive(Operation &op) {
  return isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(op) ||
         (isa<math::MathDialect>(op.getDialect()) && !isa<math::AbsFOp, math::FmaOp, math::FloorOp, math::CeilOp>(op));
}

/// A producer goes into its only user unless it would compute something expensive once per broadcast element.
static bool shouldFuse(OpOperand *fused) {
  Operation *producer = fused->get().getDefiningOp();
  auto consumer = dyn_cast<linalg::LinalgOp>(fused->getOwner());
  if (!producer || !consumer || !producer->hasOneUse())
    return false;
  bool broadcasts = consumer.getMatchingIndexingMap(fused).getNumResults() < consumer.getNumLoops();
  auto generic = dyn_cast<linalg::GenericOp>(producer);
  return !broadcasts || !generic || llvm::none_of(*generic.getBody(), isExpensive);
}

namespace {
/// softmax and its like become plain linalg.
struct DecomposeAggregate : OpInterfaceRewritePattern<linalg::AggregatedOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::AggregatedOpInterface op, PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (failed(parts))
      return rewriter.notifyMatchFailure(op, "cannot be decomposed");
    rewriter.replaceOp(op, *parts);
    return success();
  }
};
} // namespace

/// Whether host code computed `value` into memory of its own, so that writing over it costs no copy.
static bool isFreshlyComputed(Value value) {
  auto op = value.getDefiningOp<DestinationStyleOpInterface>();
  if (!op)
    return false;
  Value init = op.getTiedOpOperand(cast<OpResult>(value))->get();
  return init.getDefiningOp<tensor::EmptyOp>() || init.getDefiningOp<linalg::FillOp>() || isFreshlyComputed(init);
}

/// Lets an elementwise operation write over an operand of the same type that has no other use.
static void writeInPlace(linalg::GenericOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() || op.getNumDpsInits() != 1)
    return;
  OpOperand *init = op.getDpsInitOperand(0);
  AffineMap map = op.getMatchingIndexingMap(init);
  if (!map.isIdentity() || !init->get().getDefiningOp<tensor::EmptyOp>() || op.payloadUsesValueFromOperand(init))
    return;
  for (OpOperand *input : op.getDpsInputOperands())
    if (input->get().getType() == init->get().getType() && op.getMatchingIndexingMap(input) == map &&
        input->get().hasOneUse() && input->get().getParentBlock() == op->getBlock() && isFreshlyComputed(input->get())) {
      init->set(input->get());
      return;
    }
}

namespace {
struct HostFuseElementwisePass : codegen::impl::HostFuseElementwisePassBase<HostFuseElementwisePass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet generalize(context);
    generalize.add<DecomposeAggregate>(context);
    tensor::populateDecomposeTensorConcatPatterns(generalize);
    linalg::populateLinalgNamedOpsGeneralizationPatterns(generalize);
    if (failed(applyPatternsGreedily(getOperation(), std::move(generalize))))
      return signalPassFailure();

    RewritePatternSet fuse(context);
    linalg::populateElementwiseOpsFusionPatterns(fuse, shouldFuse);
    linalg::populateFoldReshapeOpsByExpansionPatterns(fuse, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(fuse);
    affine::AffineApplyOp::getCanonicalizationPatterns(fuse, context);
    linalg::GenericOp::getCanonicalizationPatterns(fuse, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(fuse, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(fuse, context);
    context->getLoadedDialect<linalg::LinalgDialect>()->getCanonicalizationPatterns(fuse);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(fuse);
    if (failed(applyPatternsGreedily(getOperation(), std::move(fuse))))
      return signalPassFailure();

    getOperation().walk(writeInPlace);
  }
};
} // namespace
