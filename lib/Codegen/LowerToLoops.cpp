//===- LowerToLoops.cpp - linalg on memrefs becomes loops, large ones parallel ----------------------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTLOWERTOLOOPSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// What a dynamic extent is taken for when work is estimated.
static constexpr int64_t assumedExtent = 256;

/// Reductions of at most this many elements are unrolled by LLVM, so that the loop around them vectorizes.
static constexpr int64_t unrolledReduction = 32;

//===- dimensions that are contiguous everywhere become one -----------------------------------------------------===//

/// Whether every operand that has dims [first, last] can show them as one dimension of the same loop.
static bool canCollapse(linalg::LinalgOp op, ReassociationIndicesRef group) {
  utils::IteratorType kind = op.getIteratorTypesArray()[group.front()];
  for (int64_t dim : group)
    if (op.getIteratorTypesArray()[dim] != kind)
      return false;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isProjectedPermutation() || !linalg::isDimSequencePreserved(map, group))
      return false;
    std::optional<unsigned> first = map.getResultPosition(getAffineDimExpr(group.front(), op.getContext()));
    if (!first)
      continue;
    auto type = cast<MemRefType>(operand.get().getType());
    SmallVector<ReassociationIndices> axes;
    for (int64_t axis = 0; axis < type.getRank();) {
      ReassociationIndices &indices = axes.emplace_back();
      int64_t length = axis == *first ? group.size() : 1;
      for (int64_t i = 0; i < length; ++i)
        indices.push_back(axis++);
    }
    if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, axes))
      return false;
  }
  return true;
}

static linalg::LinalgOp collapse(RewriterBase &rewriter, linalg::LinalgOp op) {
  if (op.hasIndexSemantics())
    return op;
  if (!isa<linalg::GenericOp>(op.getOperation())) {
    rewriter.setInsertionPoint(op);
    FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return op;
    op = *generic;
  }
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    if (!groups.empty()) {
      ReassociationIndices longer = groups.back();
      longer.push_back(dim);
      if (canCollapse(op, longer)) {
        groups.back() = longer;
        continue;
      }
    }
    groups.push_back({static_cast<int64_t>(dim)});
  }
  if (groups.size() == op.getNumLoops())
    return op;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::CollapseResult> collapsed = linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(collapsed))
    return op;
  rewriter.eraseOp(op);
  return collapsed->collapsedOp;
}

//===- the loop nest --------------------------------------------------------------------------------------------===//

namespace {
/// Emits the loops of one operation: `outer` parallel ones, then reductions, then, when that vectorizes, an inner parallel one.
class LoopNest {
public:
  LoopNest(RewriterBase &rewriter, linalg::LinalgOp op, int64_t sequentialWork, int64_t grainWork)
      : rewriter(rewriter), op(op), loc(op.getLoc()), sequentialWork(sequentialWork), grainWork(grainWork) {}
  void emit();

private:
  void orderDims();
  void emitParallel(ArrayRef<unsigned> dims);
  void emitOuter(ArrayRef<unsigned> dims);
  void emitReductions(ArrayRef<unsigned> dims);
  void emitInRegisters();
  SmallVector<Value> emitInRegisters(ArrayRef<unsigned> dims, SmallVector<Value> carried);
  scf::ForOp emitFor(unsigned dim, ValueRange carried = {});
  /// Emits the payload on the current indices; `accumulators` are the destinations' old values.
  SmallVector<Value> emitPayload(ValueRange accumulators);
  SmallVector<Value> loadDestinations();
  void storeDestinations(ValueRange values);
  SmallVector<Value> indicesOf(OpOperand &operand);
  bool canAccumulateInRegisters();
  int64_t staticExtent(unsigned dim) { return extents[dim] == ShapedType::kDynamic ? assumedExtent : extents[dim]; }
  int64_t workPerPoint();

  RewriterBase &rewriter;
  linalg::LinalgOp op;
  Location loc;
  int64_t sequentialWork, grainWork;
  SmallVector<int64_t> extents;   // by loop; dynamic ones as such
  SmallVector<Value> bounds, ivs; // by loop
  SmallVector<unsigned> outer, reductions, inner;
};
} // namespace

int64_t LoopNest::workPerPoint() {
  int64_t work = 1;
  for (Operation &payload : op.getBlock()->without_terminator())
    work += isa<math::MathDialect>(payload.getDialect()) || isa<arith::DivFOp, arith::RemFOp>(payload) ? 10 : 1;
  return work;
}

/// Chooses the order of the loops. The innermost dimension of the destination goes inside the reductions when it is contiguous
/// there and the reductions are too long to be unrolled.
void LoopNest::orderDims() {
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  int64_t reduced = 1;
  for (unsigned dim = 0; dim < op.getNumLoops(); ++dim) {
    (linalg::isParallelIterator(kinds[dim]) ? outer : reductions).push_back(dim);
    if (!linalg::isParallelIterator(kinds[dim]))
      reduced *= staticExtent(dim);
  }
  if (reductions.empty() || outer.empty() || reduced <= unrolledReduction || op.hasIndexSemantics())
    return;
  auto innermost = [&](OpOperand &operand) -> std::optional<unsigned> {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (map.getNumResults() == 0)
      return std::nullopt;
    auto dim = dyn_cast<AffineDimExpr>(map.getResults().back());
    return dim ? std::optional<unsigned>(dim.getPosition()) : std::nullopt;
  };
  std::optional<unsigned> contiguous = innermost(*op.getDpsInitOperand(0));
  if (!contiguous || !llvm::is_contained(outer, *contiguous) || staticExtent(*contiguous) < 4)
    return;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (map.isFunctionOfDim(*contiguous) && innermost(operand) != contiguous)
      return;
  }
  llvm::erase(outer, *contiguous);
  inner.push_back(*contiguous);
}

/// Destinations can stay in registers over the reductions when no other loop lies within these.
bool LoopNest::canAccumulateInRegisters() {
  return inner.empty() && !reductions.empty() &&
         llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &init) { return op.payloadUsesValueFromOperand(&init); });
}

void LoopNest::emit() {
  rewriter.setInsertionPoint(op);
  for (Range range : op.createLoopRanges(rewriter, loc)) {
    std::optional<int64_t> extent = getConstantIntValue(range.size);
    extents.push_back(extent ? *extent : ShapedType::kDynamic);
    bounds.push_back(getValueOrCreateConstantIndexOp(rewriter, loc, range.size));
  }
  ivs.resize(bounds.size());
  orderDims();

  int64_t work = workPerPoint();
  for (unsigned dim = 0; dim < extents.size(); ++dim)
    work *= std::max<int64_t>(staticExtent(dim), 1);
  // A loop of unknown length decides at run time: one share runs where it is.
  bool isShort =
      work < sequentialWork && llvm::none_of(outer, [&](unsigned dim) { return extents[dim] == ShapedType::kDynamic; });
  bool nested = op->getParentOfType<host::ParallelOp>() != nullptr;
  if (nested || outer.empty() || isShort)
    emitOuter(outer);
  else
    emitParallel(outer);
  rewriter.eraseOp(op);
}

/// Makes the leading dimensions one parallel loop: as many as needed for iterations smaller than a share.
void LoopNest::emitParallel(ArrayRef<unsigned> dims) {
  OpBuilder::InsertionGuard guard(rewriter);
  int64_t work = workPerPoint();
  for (unsigned dim = 0; dim < extents.size(); ++dim)
    work *= std::max<int64_t>(staticExtent(dim), 1);
  unsigned leading = 0;
  while (leading == 0 || (leading + 1 < dims.size() && work > grainWork))
    work = std::max<int64_t>(work / std::max<int64_t>(staticExtent(dims[leading++]), 1), 1);
  // The work of an iteration, as far as it is known only at run time.
  SmallVector<Value> dynamicExtents;
  int64_t staticWork = workPerPoint();
  for (unsigned dim = 0; dim < extents.size(); ++dim) {
    if (llvm::is_contained(dims.take_front(leading), dim))
      continue;
    if (extents[dim] == ShapedType::kDynamic)
      dynamicExtents.push_back(bounds[dim]);
    else
      staticWork *= std::max<int64_t>(extents[dim], 1);
  }
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  Value grain = arith::ConstantIndexOp::create(rewriter, loc, std::max<int64_t>(grainWork / staticWork, 1));
  for (Value extent : dynamicExtents)
    grain = arith::DivUIOp::create(rewriter, loc, grain, arith::MaxUIOp::create(rewriter, loc, extent, one));
  if (!dynamicExtents.empty())
    grain = arith::MaxUIOp::create(rewriter, loc, grain, one);
  Value count = bounds[dims[0]];
  for (unsigned dim : dims.slice(1, leading - 1))
    count = arith::MulIOp::create(rewriter, loc, count, bounds[dim]);

  auto loop = host::ParallelOp::create(rewriter, loc, count, grain);
  Block *body = rewriter.createBlock(&loop.getBody(), {}, rewriter.getIndexType(), loc);
  Value rest = body->getArgument(0);
  for (unsigned dim : llvm::reverse(dims.slice(1, leading - 1))) {
    ivs[dim] = arith::RemUIOp::create(rewriter, loc, rest, bounds[dim]);
    rest = arith::DivUIOp::create(rewriter, loc, rest, bounds[dim]);
  }
  ivs[dims[0]] = rest;
  emitOuter(dims.drop_front(leading));
  host::YieldOp::create(rewriter, loc);
}

/// Says that no iteration touches what another one writes: `host-bind` tells LLVM, which vectorizes without checking for
/// overlap.
static void markIndependent(scf::ForOp loop) {
  loop->setAttr("llvm.loop_annotation",
                LLVM::LoopAnnotationAttr::get(loop.getContext(), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}));
}

scf::ForOp LoopNest::emitFor(unsigned dim, ValueRange carried) {
  Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0);
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  auto loop = scf::ForOp::create(rewriter, loc, zero, bounds[dim], one, carried);
  ivs[dim] = loop.getInductionVar();
  if (carried.empty())
    rewriter.setInsertionPoint(loop.getBody()->getTerminator());
  else
    rewriter.setInsertionPointToStart(loop.getBody());
  return loop;
}

void LoopNest::emitOuter(ArrayRef<unsigned> dims) {
  if (dims.empty()) {
    if (canAccumulateInRegisters())
      storeDestinations(emitInRegisters(reductions, loadDestinations()));
    else
      emitReductions(reductions);
    return;
  }
  OpBuilder::InsertionGuard guard(rewriter);
  scf::ForOp loop = emitFor(dims.front());
  if (dims.size() == 1 && inner.empty())
    markIndependent(loop);
  emitOuter(dims.drop_front());
}

/// Reductions outside, the contiguous dimension inside; destinations in memory.
void LoopNest::emitReductions(ArrayRef<unsigned> dims) {
  OpBuilder::InsertionGuard guard(rewriter);
  for (unsigned dim : dims)
    emitFor(dim);
  for (unsigned dim : inner)
    markIndependent(emitFor(dim));
  storeDestinations(emitPayload(loadDestinations()));
}

SmallVector<Value> LoopNest::emitInRegisters(ArrayRef<unsigned> dims, SmallVector<Value> carried) {
  if (dims.empty())
    return emitPayload(carried);
  OpBuilder::InsertionGuard guard(rewriter);
  scf::ForOp loop = emitFor(dims.front(), carried);
  SmallVector<Value> next = emitInRegisters(dims.drop_front(), llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
  scf::YieldOp::create(rewriter, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> LoopNest::indicesOf(OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      indices.push_back(ivs[dim.getPosition()]);
      continue;
    }
    OpFoldResult index =
        affine::makeComposedFoldedAffineApply(rewriter, loc, AffineMap::get(map.getNumDims(), 0, expr), getAsOpFoldResult(ivs));
    indices.push_back(getValueOrCreateConstantIndexOp(rewriter, loc, index));
  }
  return indices;
}

SmallVector<Value> LoopNest::loadDestinations() {
  SmallVector<Value> values;
  for (OpOperand &init : op.getDpsInitsMutable())
    values.push_back(op.payloadUsesValueFromOperand(&init)
                         ? memref::LoadOp::create(rewriter, loc, init.get(), indicesOf(init)).getResult()
                         : Value());
  return values;
}

void LoopNest::storeDestinations(ValueRange values) {
  for (auto [value, init] : llvm::zip_equal(values, op.getDpsInitsMutable()))
    memref::StoreOp::create(rewriter, loc, value, init.get(), indicesOf(init));
}

SmallVector<Value> LoopNest::emitPayload(ValueRange accumulators) {
  IRMapping mapping;
  for (OpOperand *input : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (!isa<MemRefType>(input->get().getType()))
      mapping.map(argument, input->get());
    else if (!argument.use_empty())
      mapping.map(argument, memref::LoadOp::create(rewriter, loc, input->get(), indicesOf(*input)).getResult());
  }
  for (auto [init, value] : llvm::zip_equal(op.getDpsInitsMutable(), accumulators))
    if (value)
      mapping.map(op.getMatchingBlockArgument(&init), value);
  for (Operation &payload : op.getBlock()->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(payload))
      mapping.map(index.getResult(), ivs[index.getDim()]);
    else
      rewriter.clone(payload, mapping);
  }
  return llvm::map_to_vector(op.getBlock()->getTerminator()->getOperands(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}

//===- the pass -------------------------------------------------------------------------------------------------===//

namespace {
struct HostLowerToLoopsPass : codegen::impl::HostLowerToLoopsPassBase<HostLowerToLoopsPass> {
  using Base::Base;
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp copy) { copies.push_back(copy); });
    for (memref::CopyOp copy : copies) {
      rewriter.setInsertionPoint(copy);
      linalg::makeMemRefCopyOp(rewriter, copy.getLoc(), copy.getSource(), copy.getTarget());
      rewriter.eraseOp(copy);
    }
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      if (!op.hasPureBufferSemantics()) {
        op.emitError() << "is still on tensors; bufferize before loops";
        return signalPassFailure();
      }
      LoopNest(rewriter, collapse(rewriter, op), sequentialWork, grainWork).emit();
    }
  }
};
} // namespace
