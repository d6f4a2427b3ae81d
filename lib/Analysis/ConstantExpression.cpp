//===- ConstantExpression.cpp - what is constant, and its value -------------------------------------------------===//
#include "aimc/Analysis/ConstantExpression.h"

#include "Evaluator.h"

using namespace mlir;
using namespace aimc;

//===------------------------------------------------------------------------------------------------------------===//
// Which operations are known
//===------------------------------------------------------------------------------------------------------------===//

/// Every result is a sum of dims times constants, plus a constant.
static bool isLinear(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Constant:
  case AffineExprKind::DimId:
    return true;
  case AffineExprKind::Add:
  case AffineExprKind::Mul: { // one side of a pure product is constant
    auto binary = cast<AffineBinaryOpExpr>(expr);
    return expr.isPureAffine() && isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  }
  default:
    return false;
  }
}

static bool hasComputableBody(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics())
    return false;
  for (AffineMap map : op.getIndexingMapsArray())
    if (map.getNumSymbols() || !llvm::all_of(map.getResults(), isLinear))
      return false;
  return llvm::all_of(op.getBlock()->without_terminator(), [](Operation &inner) { return Payload::isSupported(&inner); });
}

bool aimc::isComputable(Operation *op) {
  auto computable = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor ? storageOf(tensor.getElementType()).has_value() : storageOf(type).has_value();
  };
  if (!llvm::all_of(op->getResultTypes(), computable))
    return false;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return hasComputableBody(linalgOp);
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return viewOfAttribute(constant.getValue()).has_value();
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return pad.getConstantPaddingValue() != nullptr;
  if (auto generate = dyn_cast<tensor::GenerateOp>(op))
    return llvm::all_of(generate.getBody().front().without_terminator(),
                        [](Operation &inner) { return Payload::isSupported(&inner); });
  if (isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp, tensor::ExtractSliceOp,
          tensor::InsertSliceOp, tensor::ConcatOp, tensor::EmptyOp, tensor::SplatOp, tensor::FromElementsOp, tensor::ExtractOp,
          tensor::DimOp>(op))
    return true;
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1 && Payload::isSupported(op);
}

bool ConstantExpressions::contains(Value value) {
  SmallVector<Value> worklist{value};
  SmallVector<Operation *> visited; // constant if none of what they depend on fails
  llvm::SmallPtrSet<Operation *, 16> isVisited;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    auto it = op ? known.find(op) : known.end();
    if (it != known.end() && it->second)
      continue;
    if (!op || it != known.end() || !isComputable(op)) {
      if (Operation *asked = value.getDefiningOp())
        known[asked] = false;
      return false;
    }
    if (!isVisited.insert(op).second)
      continue;
    visited.push_back(op);
    llvm::append_range(worklist, op->getOperands());
    // What regions use from outside.
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (inner != op && !op->isAncestor(operand.getParentBlock()->getParentOp()))
          worklist.push_back(operand);
    });
  }
  for (Operation *op : visited)
    known[op] = true;
  return true;
}

bool aimc::isConstantExpression(Value value) { return ConstantExpressions().contains(value); }

//===------------------------------------------------------------------------------------------------------------===//
// Interface
//===------------------------------------------------------------------------------------------------------------===//

std::optional<StridedView> aimc::asStridedView(Value value) {
  FailureOr<StridedView> view = Evaluator(/*mayCompute=*/false).get(value);
  return succeeded(view) ? std::optional<StridedView>(std::move(*view)) : std::nullopt;
}

FailureOr<StridedView> aimc::evaluateView(Value value, bool *tooLarge) {
  Evaluator evaluator(/*mayCompute=*/true);
  FailureOr<StridedView> view = evaluator.get(value);
  if (tooLarge)
    *tooLarge = evaluator.isTooLarge();
  return view;
}

FailureOr<ConstantData> aimc::evaluate(Value value) {
  FailureOr<StridedView> view = evaluateView(value);
  if (failed(view) || (!view->isContiguous() && !fitsBytes(view->elementType, view->sizes)))
    return failure();
  return ConstantData(makeContiguous(*view));
}
