//===- ColumnsLast.cpp - arrays between layers have the columns of a layer side by side --------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGCOLUMNSLASTPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

/// An order of axes: axis i of the array in that order is axis order[i] of the array.
using Order = SmallVector<int64_t, 4>;

/// All axes in their order, `axis` behind them.
static Order moveToEnd(int64_t rank, int64_t axis) {
  Order order;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      order.push_back(i);
  order.push_back(axis);
  return order;
}

static AffineMap reorderResults(AffineMap map, ArrayRef<int64_t> order) {
  SmallVector<AffineExpr> results = llvm::map_to_vector(order, [&](int64_t axis) { return map.getResult(axis); });
  return AffineMap::get(map.getNumDims(), 0, results, map.getContext());
}

/// Whether `init` holds nothing yet, or one number everywhere.
static bool isUniform(Value init) {
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    init = fill.getOutputs()[0];
  return init.getDefiningOp<tensor::EmptyOp>() != nullptr;
}

static Value reorderUniform(OpBuilder &b, Value init, ArrayRef<int64_t> order) {
  if (auto fill = init.getDefiningOp<linalg::FillOp>()) {
    Value empty = reorderUniform(b, fill.getOutputs()[0], order);
    return linalg::FillOp::create(b, fill.getLoc(), fill.getInputs(), ValueRange{empty})->getResult(0);
  }
  auto empty = init.getDefiningOp<tensor::EmptyOp>();
  SmallVector<OpFoldResult> sizes = empty.getMixedSizes();
  return tensor::EmptyOp::create(b, empty.getLoc(), applyPermutation(sizes, order), empty.getType().getElementType());
}

/// Whether `op` computes every element from one element, or from a window, of one array and others that are smaller: it may
/// read and write in any order. Digital contractions have an order of their own.
static bool followsOrder(linalg::LinalgOp op) {
  if (!isa<linalg::GenericOp, linalg::AddOp, linalg::SubOp, linalg::MulOp, linalg::DivOp, linalg::MaxOp, linalg::MinOp,
           linalg::PoolingNchwMaxOp, linalg::PoolingNchwSumOp>(op) ||
      op->getNumResults() != 1 || op.hasIndexSemantics() || op.getNumDpsInits() != 1)
    return false;
  return op.getNumReductionLoops() == 0 ||
         llvm::count_if(op.getDpsInputs(), [](Value input) { return !input.getDefiningOp<tensor::EmptyOp>(); }) == 1;
}

namespace {
/// Which arrays get another order, then the program with them.
class Reordering {
public:
  void propose(Operation *op);
  bool dropUnfit();
  void rewrite(Operation *op);
  void eraseReplaced();

private:
  Order orderBehind(Operation *op) const;
  Order orderBehind(linalg::LinalgOp op) const;
  bool takesOrder(OpOperand &use) const;
  const Order *find(Value value) const {
    auto found = orders.find(value);
    return found == orders.end() ? nullptr : &found->second;
  }
  void replace(Operation *old, Value reordered);
  void rewriteDispatch(DispatchOp op);
  void rewritePad(tensor::PadOp op);
  void rewriteLinalg(linalg::LinalgOp op);

  llvm::MapVector<Value, Order> orders;
  DenseMap<Value, Value> reordered;
  SmallVector<Operation *> replaced;
};
} // namespace

/// Of a result whose operands are in the orders found so far; empty: as it is.
Order Reordering::orderBehind(Operation *op) const {
  if (auto dispatch = dyn_cast<DispatchOp>(op)) {
    AffineMap map = dispatch.getYMap();
    if (dispatch->getNumResults() != 1 || !dispatch.getInit().getDefiningOp<tensor::EmptyOp>())
      return {};
    SmallVector<int64_t> axes;
    for (auto [axis, index] : llvm::enumerate(map.getResults()))
      if (index.isFunctionOfDim(map.getNumDims() - 1))
        axes.push_back(axis);
    if (axes.size() != 1 || axes[0] + 1 == map.getNumResults())
      return {};
    return moveToEnd(map.getNumResults(), axes[0]);
  }
  if (auto pad = dyn_cast<tensor::PadOp>(op)) {
    const Order *order = pad.getConstantPaddingValue() ? find(pad.getSource()) : nullptr;
    return order ? *order : Order();
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp ? orderBehind(linalgOp) : Order();
}

Order Reordering::orderBehind(linalg::LinalgOp op) const {
  if (!followsOrder(op) || !isUniform(op.getDpsInits()[0]))
    return {};
  // The loop that runs along the last axis of what is in another order.
  AffineExpr last;
  for (OpOperand *input : op.getDpsInputOperands()) {
    const Order *order = find(input->get());
    if (!order)
      continue;
    AffineExpr dim = op.getMatchingIndexingMap(input).getResult(order->back());
    if (!isa<AffineDimExpr>(dim) || (last && dim != last))
      return {};
    last = dim;
  }
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!last || map.getNumResults() < 3 || !map.isProjectedPermutation())
    return {};
  // Whatever is as large as the result must be in that order too.
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap read = op.getMatchingIndexingMap(input);
    auto loops = llvm::count_if(llvm::seq(0u, read.getNumDims()), [&](unsigned dim) { return read.isFunctionOfDim(dim); });
    if (loops >= int64_t(map.getNumResults()) && !find(input->get()))
      return {};
  }
  std::optional<unsigned> axis = map.getResultPosition(last);
  return axis && *axis + 1 < map.getNumResults() ? moveToEnd(map.getNumResults(), *axis) : Order();
}

void Reordering::propose(Operation *op) {
  Order order = orderBehind(op);
  if (!order.empty())
    orders[op->getResult(0)] = order;
}

/// Whether what uses an array in another order can read it so.
bool Reordering::takesOrder(OpOperand &use) const {
  Operation *user = use.getOwner();
  if (auto dim = dyn_cast<tensor::DimOp>(user))
    return dim.getConstantIndex().has_value();
  if (isa<DispatchOp>(user))
    return use.getOperandNumber() == 0;
  if (isa<tensor::PadOp>(user))
    return use.getOperandNumber() == 0 && find(user->getResult(0));
  auto op = dyn_cast<linalg::LinalgOp>(user);
  if (!op || !followsOrder(op) || !op.isDpsInput(&use))
    return false;
  return find(user->getResult(0)) || op.getNumReductionLoops() > 0;
}

/// Takes back the orders that a use does not take or that no longer follow; returns whether there were any.
bool Reordering::dropUnfit() {
  SmallVector<Value> unfit;
  for (auto &[value, order] : orders)
    if (orderBehind(value.getDefiningOp()) != order ||
        !llvm::all_of(value.getUses(), [&](OpOperand &use) { return takesOrder(use); }))
      unfit.push_back(value);
  for (Value value : unfit)
    orders.erase(value);
  return !unfit.empty();
}

void Reordering::replace(Operation *old, Value value) {
  reordered[old->getResult(0)] = value;
  replaced.push_back(old);
}

void Reordering::rewriteDispatch(DispatchOp op) {
  if (const Order *order = find(op.getX())) {
    op.setXMap(reorderResults(op.getXMap(), *order));
    op.getXMutable().assign(reordered.lookup(op.getX()));
  }
  const Order *order = op->getNumResults() ? find(op->getResult(0)) : nullptr;
  if (!order)
    return;
  OpBuilder b(op);
  auto changed = cast<DispatchOp>(b.clone(*op));
  changed.setYMap(reorderResults(op.getYMap(), *order));
  changed.getInitMutable().assign(reorderUniform(b, op.getInit(), *order));
  changed->moveAfter(changed.getInit().getDefiningOp());
  changed->getResult(0).setType(changed.getInit().getType());
  replace(op, changed->getResult(0));
}

void Reordering::rewritePad(tensor::PadOp op) {
  const Order *order = find(op.getResult());
  if (!order)
    return;
  OpBuilder b(op);
  auto type = cast<RankedTensorType>(op.getType());
  auto changed = tensor::PadOp::create(
      b, op.getLoc(), RankedTensorType::get(applyPermutation(type.getShape(), *order), type.getElementType()),
      reordered.lookup(op.getSource()), applyPermutation(op.getMixedLowPad(), *order),
      applyPermutation(op.getMixedHighPad(), *order), op.getConstantPaddingValue(), op.getNofold());
  replace(op, changed);
}

void Reordering::rewriteLinalg(linalg::LinalgOp op) {
  if (llvm::none_of(op.getDpsInputs(), [&](Value input) { return find(input); }))
    return;
  OpBuilder b(op);
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs;
  for (OpOperand *input : op.getDpsInputOperands()) {
    const Order *order = find(input->get());
    AffineMap map = op.getMatchingIndexingMap(input);
    maps.push_back(order ? reorderResults(map, *order) : map);
    inputs.push_back(order ? reordered.lookup(input->get()) : input->get());
  }
  OpOperand *init = op.getDpsInitOperand(0);
  const Order *order = find(op->getResult(0));
  AffineMap map = op.getMatchingIndexingMap(init);
  Value destination = order ? reorderUniform(b, init->get(), *order) : init->get();
  if (order)
    map = reorderResults(map, *order);

  // Loops run in the order of the result's axes; reductions keep theirs.
  SmallVector<unsigned> loops;
  for (AffineExpr index : map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(index))
      loops.push_back(dim.getPosition());
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim)
    if (!llvm::is_contained(loops, dim))
      loops.push_back(dim);
  SmallVector<int64_t> positions(loops.begin(), loops.end());
  AffineMap renumbered = AffineMap::getPermutationMap(invertPermutationVector(positions), op.getContext());
  maps.push_back(map);
  for (AffineMap &each : maps)
    each = each.compose(renumbered);
  SmallVector<utils::IteratorType> kinds = applyPermutation(op.getIteratorTypesArray(), positions);
  auto changed =
      linalg::GenericOp::create(b, op->getLoc(), destination.getType(), inputs, ValueRange{destination}, maps, kinds);
  IRMapping mapping;
  op->getRegion(0).cloneInto(&changed.getRegion(), mapping);
  if (order)
    return replace(op, changed->getResult(0));
  op->getResult(0).replaceAllUsesWith(changed->getResult(0));
  replaced.push_back(op);
}

void Reordering::rewrite(Operation *op) {
  if (auto dispatch = dyn_cast<DispatchOp>(op))
    return rewriteDispatch(dispatch);
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return rewritePad(pad);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return rewriteLinalg(linalgOp);
  auto dim = dyn_cast<tensor::DimOp>(op);
  const Order *order = dim ? find(dim.getSource()) : nullptr;
  std::optional<int64_t> axis = order ? dim.getConstantIndex() : std::nullopt;
  if (!axis)
    return;
  OpBuilder b(dim);
  const int64_t position = llvm::find(*order, *axis) - order->begin();
  Value size = tensor::DimOp::create(b, dim.getLoc(), reordered.lookup(dim.getSource()), position);
  dim.getResult().replaceAllUsesWith(size);
  replaced.push_back(dim);
}

void Reordering::eraseReplaced() {
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
}

namespace {
struct AnalogColumnsLastPass : aimc::analog::impl::AnalogColumnsLastPassBase<AnalogColumnsLastPass> {
  void runOnOperation() override {
    SmallVector<Operation *> program;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<CrossbarOp>(op))
        return WalkResult::skip();
      program.push_back(op);
      return WalkResult::advance();
    });
    Reordering reordering;
    for (Operation *op : program)
      reordering.propose(op);
    while (reordering.dropUnfit()) {
    }
    for (Operation *op : program)
      reordering.rewrite(op);
    reordering.eraseReplaced();
  }
};
} // namespace
