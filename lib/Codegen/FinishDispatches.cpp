//===- FinishDispatches.cpp - sums and ReLUs right behind a layer become part of it ------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

#include <optional>

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTFINISHDISPATCHESPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// The row-major buffer whose elements `view` shows in one dimension: an allocation, an input or a constant. Null otherwise.
static Value flattened(Value view) {
  if (cast<MemRefType>(view.getType()).getRank() != 1)
    return {};
  while (auto collapse = view.getDefiningOp<memref::CollapseShapeOp>())
    view = collapse.getSrc();
  bool known = isa_and_nonnull<memref::AllocOp, host::InputOp, host::ConstantOp>(view.getDefiningOp());
  return known && cast<MemRefType>(view.getType()).getLayout().isIdentity() ? view : Value();
}

/// The buffer of which `value` is element `index`; null when it is none.
static Value elementOf(Value value, Value index) {
  auto load = value.getDefiningOp<memref::LoadOp>();
  return load && load.getIndices().size() == 1 && load.getIndices().front() == index ? flattened(load.getMemRef()) : Value();
}

namespace {
/// y = y + addend (null: nothing), then max(y, 0).
struct Finish {
  Value addend;
  bool rectify;
};
} // namespace

/// What the loop does to the elements of `y`, when that is all it does.
static std::optional<Finish> finishOf(host::ParallelOp loop, Value y) {
  Block &body = loop.getBody().front();
  Value index = body.getArgument(0);
  auto stores = llvm::to_vector(body.getOps<memref::StoreOp>());
  if (!loop.getBody().hasOneBlock() || stores.size() != 1 || stores[0].getIndices().size() != 1 ||
      stores[0].getIndices().front() != index || flattened(stores[0].getMemRef()) != y)
    return std::nullopt;
  for (Operation &op : body.without_terminator())
    if (!isa<memref::LoadOp, memref::StoreOp>(op) && (op.getNumRegions() || !isMemoryEffectFree(&op)))
      return std::nullopt;
  Finish finish = {{}, false};
  Value value = stores[0].getValueToStore();
  if (auto rectified = value.getDefiningOp<arith::MaximumFOp>()) {
    bool zeroFirst = matchPattern(rectified.getLhs(), m_PosZeroFloat());
    if (!zeroFirst && !matchPattern(rectified.getRhs(), m_PosZeroFloat()))
      return std::nullopt;
    value = zeroFirst ? rectified.getRhs() : rectified.getLhs();
    finish.rectify = true;
  }
  if (auto sum = value.getDefiningOp<arith::AddFOp>()) {
    Value first = elementOf(sum.getLhs(), index), second = elementOf(sum.getRhs(), index);
    finish.addend = first == y ? second : first;
    if ((first == y) == (second == y) || !finish.addend || finish.addend.getType() != y.getType())
      return std::nullopt;
    return finish;
  }
  return finish.rectify && elementOf(value, index) == y ? std::optional<Finish>(finish) : std::nullopt;
}

/// The loop that comes after the dispatch with nothing but allocations, their end, which is handed out, and address
/// computations between.
static host::ParallelOp loopBehind(host::DispatchOp dispatch, SmallVectorImpl<Operation *> &ends) {
  for (Operation *op = dispatch->getNextNode(); op; op = op->getNextNode()) {
    if (auto loop = dyn_cast<host::ParallelOp>(op))
      return loop;
    if (isa<memref::DeallocOp>(op))
      ends.push_back(op);
    else if (!isa<memref::AllocOp>(op) && !isMemoryEffectFree(op))
      return nullptr;
  }
  return nullptr;
}

namespace {
struct HostFinishDispatchesPass : codegen::impl::HostFinishDispatchesPassBase<HostFinishDispatchesPass> {
  void runOnOperation() override {
    SmallVector<host::DispatchOp> dispatches;
    getOperation().walk([&](host::DispatchOp dispatch) { dispatches.push_back(dispatch); });
    for (host::DispatchOp dispatch : dispatches) {
      SmallVector<Operation *> ends;
      host::ParallelOp loop = loopBehind(dispatch, ends);
      Value x = dispatch.getX(), y = dispatch.getY();
      if (!loop || !y.getDefiningOp<memref::AllocOp>() || !x.getDefiningOp() || x == y)
        continue;
      std::optional<Finish> finish = finishOf(loop, y);
      if (!finish)
        continue;
      OpBuilder builder(loop);
      auto finished = host::DispatchFinishOp::create(builder, dispatch.getLoc(), dispatch.getSiteAttr(), x, y, finish->addend,
                                                     finish->rectify ? builder.getUnitAttr() : UnitAttr());
      for (Operation *op : llvm::reverse(ends))
        op->moveAfter(finished);
      dispatch.erase();
      loop.erase();
    }
  }
};
} // namespace
