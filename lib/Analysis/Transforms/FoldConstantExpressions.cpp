//===- FoldConstantExpressions.cpp ------------------------------------------------------------------------------===//
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Analysis/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace aimc;

namespace aimc {
#define GEN_PASS_DEF_FOLDCONSTANTEXPRESSIONSPASS
#include "aimc/Analysis/Passes.h.inc"
} // namespace aimc

/// Values that the program should go on computing: constants themselves and what costs no more than they do.
static bool isLeftAlone(Operation *op) { return isa<arith::ConstantOp, tensor::EmptyOp, linalg::FillOp, tensor::SplatOp>(op); }

/// The resource that `value` shows whole and in order, if it does.
static DenseResourceElementsAttr findSharedResource(Value value, const StridedView &view) {
  Operation *op = value.getDefiningOp();
  while (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, tensor::ReshapeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  auto constant = dyn_cast<arith::ConstantOp>(op);
  auto resource = constant ? dyn_cast<DenseResourceElementsAttr>(constant.getValue()) : DenseResourceElementsAttr();
  if (!resource || !view.isContiguous() || view.getNumElements() != resource.getNumElements() ||
      view.base != resource.getRawHandle().getBlob()->getData().data())
    return {};
  return resource;
}

static TypedAttr makeAttribute(Value value, const StridedView &view, int64_t inlineBytes) {
  if (!isa<ShapedType>(value.getType()))
    return cast<TypedAttr>(*toElementsAttr(view, "", inlineBytes).value_begin<Attribute>());
  if (DenseResourceElementsAttr resource = findSharedResource(value, view))
    return DenseResourceElementsAttr::get(view.getType(), resource.getRawHandle());
  return toElementsAttr(view, "folded", inlineBytes);
}

/// A tensor that repeats its elements: as a constant it would be larger than what it is made of.
static bool isLargeBroadcast(const StridedView &view, int64_t inlineBytes) {
  if (view.isSplat() || view.getNumElements() * view.getElementSize() <= inlineBytes)
    return false;
  return llvm::any_of(llvm::zip_equal(view.sizes, view.strides),
                      [](auto dim) { return std::get<0>(dim) > 1 && std::get<1>(dim) == 0; });
}

static bool isInside(const llvm::SetVector<Operation *> &ops, Operation *op) {
  while (op && !ops.contains(op))
    op = op->getParentOp();
  return op;
}

namespace {
class FoldConstantExpressionsPass : public aimc::impl::FoldConstantExpressionsPassBase<FoldConstantExpressionsPass> {
public:
  using FoldConstantExpressionsPassBase::FoldConstantExpressionsPassBase;
  void runOnOperation() override;

private:
  /// Replaces `value`, or leaves a broadcast or what would take too much to compute, and adds what it is made of to `worklist`.
  LogicalResult fold(Value value, SmallVectorImpl<Value> &worklist);
};
} // namespace

LogicalResult FoldConstantExpressionsPass::fold(Value value, SmallVectorImpl<Value> &worklist) {
  bool tooLarge = false;
  FailureOr<StridedView> view = evaluateView(value, &tooLarge);
  if (failed(view) && !tooLarge)
    return emitError(value.getLoc()) << "this constant expression indexes outside its operands or divides its elements "
                                        "unevenly among dimensions; correct the shapes it is computed from";
  if (tooLarge || isLargeBroadcast(*view, inlineBytes)) {
    for (Value operand : value.getDefiningOp()->getOperands())
      if (!isLeftAlone(operand.getDefiningOp()))
        worklist.push_back(operand);
    return success();
  }
  OpBuilder builder(value.getDefiningOp());
  Value folded = arith::ConstantOp::create(builder, value.getLoc(), makeAttribute(value, *view, inlineBytes));
  if (folded.getType() != value.getType())
    folded = tensor::CastOp::create(builder, value.getLoc(), value.getType(), folded);
  value.replaceAllUsesWith(folded);
  return success();
}

void FoldConstantExpressionsPass::runOnOperation() {
  // A value is maximal when some user is not a constant expression itself.
  SmallVector<Value> maximal;
  llvm::SetVector<Operation *> constant;
  ConstantExpressions expressions;
  getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->getDialect() && op->getDialect()->getNamespace() == "analog" && op->getNumRegions())
      return WalkResult::skip(); // crossbars keep their weights as they are written
    if (op->getNumResults() && llvm::all_of(op->getResults(), [&](Value result) { return expressions.contains(result); })) {
      constant.insert(op);
      return WalkResult::skip();
    }
    return WalkResult::advance();
  });
  for (Operation *op : constant) {
    if (isLeftAlone(op))
      continue;
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !isInside(constant, user); }))
        maximal.push_back(result);
  }
  while (!maximal.empty())
    if (failed(fold(maximal.pop_back_val(), maximal)))
      return signalPassFailure();
  IRRewriter rewriter(&getContext());
  (void)eraseUnreachableBlocks(rewriter, getOperation()->getRegions());
  (void)runRegionDCE(rewriter, getOperation()->getRegions());
}
