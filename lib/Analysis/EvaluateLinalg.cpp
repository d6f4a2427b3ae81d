//===- EvaluateLinalg.cpp - values of arithmetic on tensors -----------------------------------------------------===//
#include "Evaluator.h"

using namespace mlir;
using namespace aimc;

//===------------------------------------------------------------------------------------------------------------===//
// Elementwise operations
//===------------------------------------------------------------------------------------------------------------===//

static Payload::Operand operandFor(const StridedView &view, ArrayRef<int64_t> strides, unsigned reg) {
  return {const_cast<char *>(view.base), *storageOf(view.elementType), SmallVector<int64_t>(strides), reg};
}

FailureOr<StridedView> Evaluator::evaluateElementwise(Operation *op) {
  if (!mayCompute && isa<ShapedType>(op->getResult(0).getType()))
    return failure();
  Payload payload;
  SmallVector<StridedView> views;
  SmallVector<int64_t> sizes;
  bool splat = true;
  for (Value operand : op->getOperands()) {
    FailureOr<StridedView> view = get(operand);
    if (failed(view))
      return failure();
    if (view->getRank() > 0)
      sizes = view->sizes;
    splat &= view->isSplat();
    views.push_back(std::move(*view));
  }
  SmallVector<Payload::Operand> inputs;
  ArrayRef<int64_t> loops = splat ? ArrayRef<int64_t>() : ArrayRef(sizes);
  if (!isAffordable(getElementTypeOrSelf(op->getResult(0)), loops))
    return failure();
  SmallVector<int64_t> still(loops.size(), 0);
  for (auto [operand, view] : llvm::zip_equal(op->getOperands(), views)) {
    bool moves = !splat && view.getRank() > 0;
    inputs.push_back(
        operandFor(view, moves ? ArrayRef<int64_t>(view.strides) : ArrayRef<int64_t>(still), payload.addInput(operand)));
  }
  auto resolve = [&](Value value) { return get(value); };
  if (failed(payload.compile(op, resolve)))
    return failure();
  char *memory;
  StridedView result = allocate(getElementTypeOrSelf(op->getResult(0)), loops, &memory);
  unsigned reg = *payload.lookup(op->getResult(0), resolve);
  Payload::Operand output{memory, *storageOf(result.elementType), result.strides, reg};
  if (failed(payload.run(loops, inputs, output)))
    return failure();
  return splat ? splatOf(result, sizes) : result;
}

//===------------------------------------------------------------------------------------------------------------===//
// Linalg operations
//===------------------------------------------------------------------------------------------------------------===//

/// How far `view` moves per loop when indexed through `map`, and the offset of its first element.
static SmallVector<int64_t> stridesThrough(AffineMap map, const StridedView &view, int64_t &offset) {
  SmallVector<int64_t> at(map.getNumDims(), 0), origin = map.compose(at), strides;
  offset = 0;
  for (auto [i, stride] : llvm::zip_equal(origin, view.strides))
    offset += i * stride;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    at[d] = 1;
    SmallVector<int64_t> moved = map.compose(at);
    at[d] = 0;
    int64_t step = 0;
    for (auto [a, b, stride] : llvm::zip_equal(moved, origin, view.strides))
      step += (a - b) * stride;
    strides.push_back(step);
  }
  return strides;
}

/// Whether no iteration of the loops reads or writes outside a tensor of the given sizes.
static bool staysInside(AffineMap map, ArrayRef<int64_t> extents, ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> at(map.getNumDims(), 0), origin = map.compose(at), low = origin, high = origin;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    at[d] = extents[d] - 1;
    SmallVector<int64_t> moved = map.compose(at);
    at[d] = 0;
    for (size_t r = 0; r < moved.size(); ++r)
      (moved[r] < origin[r] ? low[r] : high[r]) += moved[r] - origin[r];
  }
  for (size_t r = 0; r < low.size(); ++r)
    if (low[r] < 0 || high[r] >= sizes[r])
      return false;
  return true;
}

namespace aimc {
/// A linalg operation, the elements of its operands and the extents of its loops.
struct LinalgOperands {
  linalg::LinalgOp op;
  SmallVector<StridedView> views;
  SmallVector<int64_t> extents;

  bool isEmpty() { return llvm::is_contained(extents, 0); }
  Block &getBody() { return *op.getBlock(); }
  const StridedView &viewOf(OpOperand &operand) { return views[operand.getOperandNumber()]; }
  AffineMap mapOf(OpOperand &operand) { return op.getMatchingIndexingMap(&operand); }

  /// What the body calls an element of `operand`; null where it has no name for it.
  Value argumentOf(OpOperand &operand);
  /// Whether the body reads elements of `operand`.
  bool isRead(OpOperand &operand);
  /// What the body yields for an element of `init`.
  Value yieldedFor(OpOperand &init);
  /// Whether the elements of each result are one number: all loops are parallel, and the body reads splats only.
  bool giveSplats();
};
} // namespace aimc

Value LinalgOperands::argumentOf(OpOperand &operand) {
  Block &body = getBody();
  bool hasArgumentPerOperand = body.getNumArguments() == op->getNumOperands();
  unsigned number = operand.getOperandNumber();
  bool hasArgument = number < body.getNumArguments() && (hasArgumentPerOperand || op.isDpsInput(&operand));
  return hasArgument ? body.getArgument(number) : Value();
}

bool LinalgOperands::isRead(OpOperand &operand) {
  Value argument = argumentOf(operand);
  return argument && !argument.use_empty();
}

Value LinalgOperands::yieldedFor(OpOperand &init) {
  return getBody().getTerminator()->getOperand(init.getOperandNumber() - op.getNumDpsInputs());
}

bool LinalgOperands::giveSplats() {
  if (isEmpty() || op.getNumLoops() != op.getNumParallelLoops())
    return false;
  if (llvm::any_of(getBody().without_terminator(), [](Operation &inner) { return isa<linalg::IndexOp>(inner); }))
    return false;
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) { return !isRead(operand) || viewOf(operand).isSplat(); });
}

/// The operands' elements; the loops' extents come from their sizes. Fails where sizes contradict each other, or indices leave
/// an operand.
FailureOr<LinalgOperands> Evaluator::readOperands(linalg::LinalgOp op) {
  LinalgOperands operands{op, {}, SmallVector<int64_t>(op.getNumLoops(), -1)};
  for (OpOperand &operand : op->getOpOperands()) {
    FailureOr<StridedView> view = get(operand.get());
    if (failed(view))
      return failure();
    for (auto [expr, size] : llvm::zip(operands.mapOf(operand).getResults(), view->sizes))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        int64_t &extent = operands.extents[dim.getPosition()];
        if (extent >= 0 && extent != size)
          return failure();
        extent = size;
      }
    operands.views.push_back(std::move(*view));
  }
  if (llvm::is_contained(operands.extents, -1))
    return failure();
  for (OpOperand &operand : op->getOpOperands())
    if (!operands.isEmpty() && !staysInside(operands.mapOf(operand), operands.extents, operands.viewOf(operand).sizes))
      return failure();
  return operands;
}

/// The result for `init` where it repeats elements of an operand, or one from outside: a view of them. Nothing where it must be
/// computed.
FailureOr<std::optional<StridedView>> Evaluator::viewOfResult(LinalgOperands &operands, OpOperand &init) {
  linalg::LinalgOp op = operands.op;
  Value yielded = operands.yieldedFor(init);
  std::optional<StridedView> source;
  AffineMap sourceMap;
  if (auto argument = dyn_cast<BlockArgument>(yielded); argument && argument.getOwner() == &operands.getBody()) {
    for (OpOperand &operand : op->getOpOperands())
      if (operands.argumentOf(operand) == yielded) {
        source = operands.viewOf(operand);
        sourceMap = operands.mapOf(operand);
      }
  } else if (!yielded.getDefiningOp() || !op->isAncestor(yielded.getDefiningOp())) {
    FailureOr<StridedView> outside = get(yielded);
    if (failed(outside))
      return failure();
    source = *outside;
    sourceMap = AffineMap::get(op.getNumLoops(), 0, op.getContext());
  }
  AffineMap map = operands.mapOf(init);
  if (!source || !map.isPermutation() || operands.isEmpty())
    return std::optional<StridedView>();
  int64_t offset;
  SmallVector<int64_t> strides = stridesThrough(sourceMap, *source, offset);
  StridedView view{
      source->elementType, source->base + offset * source->getElementSize(), operands.viewOf(init).sizes, {}, source->owner};
  for (AffineExpr expr : map.getResults())
    view.strides.push_back(strides[cast<AffineDimExpr>(expr).getPosition()]);
  return std::optional(std::move(view));
}

/// Memory for the result of `init`, one element of it when `splat`; filled from `init` where the loops add to it or leave
/// elements out.
static StridedView allocateResult(LinalgOperands &operands, OpOperand &init, bool splat, char **memory) {
  const StridedView &initial = operands.viewOf(init);
  StridedView result = allocate(initial.elementType, splat ? ArrayRef<int64_t>() : ArrayRef(initial.sizes), memory);
  if (!operands.isRead(init) && operands.mapOf(init).isPermutation())
    return result;
  if (splat)
    copyInto({initial.elementType, initial.base, {}, {}, initial.owner}, *memory, result.strides);
  else
    copyInto(initial, *memory, result.strides);
  return result;
}

/// Runs the body for the results of `inits`.
LogicalResult Evaluator::compute(LinalgOperands &operands, ArrayRef<OpOperand *> inits) {
  linalg::LinalgOp op = operands.op;
  bool splat = operands.giveSplats();
  ArrayRef<int64_t> loops = splat ? ArrayRef<int64_t>() : ArrayRef(operands.extents);
  if (!isAffordable(loops))
    return failure();
  for (OpOperand *init : inits)
    if (const StridedView &view = operands.viewOf(*init); !splat && !isAffordable(view.elementType, view.sizes))
      return failure();

  Payload payload;
  SmallVector<Payload::Operand> inputs, outputs;
  // `view` as the loops read or write it, from `base`.
  auto operandOf = [&](OpOperand &operand, const StridedView &view, const char *base, unsigned reg) {
    int64_t offset = 0;
    SmallVector<int64_t> strides = splat ? SmallVector<int64_t>() : stridesThrough(operands.mapOf(operand), view, offset);
    return Payload::Operand{const_cast<char *>(base) + offset * view.getElementSize(), *storageOf(view.elementType), strides,
                            reg};
  };
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (!operands.isRead(*input))
      continue;
    const StridedView &view = operands.viewOf(*input);
    inputs.push_back(operandOf(*input, view, view.base, payload.addInput(operands.argumentOf(*input))));
  }
  SmallVector<StridedView> results;
  for (OpOperand *init : inits) {
    char *memory;
    StridedView result = allocateResult(operands, *init, splat, &memory);
    outputs.push_back(operandOf(*init, result, memory, 0));
    if (operands.isRead(*init)) {
      outputs.back().reg = payload.addInput(operands.argumentOf(*init));
      inputs.push_back(outputs.back());
    }
    results.push_back(std::move(result));
  }
  auto resolve = [&](Value value) { return get(value); };
  for (Operation &inner : operands.getBody().without_terminator())
    if (failed(payload.compile(&inner, resolve)))
      return failure();
  for (auto [init, output] : llvm::zip_equal(inits, outputs)) {
    FailureOr<unsigned> reg = payload.lookup(operands.yieldedFor(*init), resolve);
    if (failed(reg))
      return failure();
    output.reg = *reg;
  }
  if (failed(payload.run(loops, inputs, outputs)))
    return failure();
  for (auto [init, result] : llvm::zip_equal(inits, results))
    known[op.getTiedOpResult(init)] = splat ? splatOf(result, operands.viewOf(*init).sizes) : result;
  return success();
}

LogicalResult Evaluator::evaluateLinalg(linalg::LinalgOp op) {
  FailureOr<LinalgOperands> operands = readOperands(op);
  if (failed(operands))
    return failure();
  SmallVector<OpOperand *> computed;
  for (OpOperand &init : op.getDpsInitsMutable()) {
    FailureOr<std::optional<StridedView>> view = viewOfResult(*operands, init);
    if (failed(view))
      return failure();
    if (*view)
      known[op.getTiedOpResult(&init)] = std::move(**view);
    else
      computed.push_back(&init);
  }
  if (computed.empty())
    return success();
  return mayCompute ? compute(*operands, computed) : failure();
}
