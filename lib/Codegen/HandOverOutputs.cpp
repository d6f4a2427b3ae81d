//===- HandOverOutputs.cpp - outputs own their buffers ----------------------------------------------------------===//
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTHANDOVEROUTPUTSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// The allocation whose whole elements `value` shows, through reshapes; null when it is something else.
static memref::AllocOp allocationOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return alloc;
    if (!isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

static memref::DeallocOp deallocationOf(memref::AllocOp alloc) {
  memref::DeallocOp found;
  for (Operation *user : alloc->getUsers())
    if (auto dealloc = dyn_cast<memref::DeallocOp>(user)) {
      if (found)
        return {};
      found = dealloc;
    }
  return found;
}

static void copyIntoOwn(host::OutputOp output) {
  OpBuilder builder(output);
  Location loc = output.getLoc();
  auto type = cast<MemRefType>(output.getValue().getType());
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      sizes.push_back(memref::DimOp::create(builder, loc, output.getValue(), dim));
  Value own = memref::AllocOp::create(builder, loc, MemRefType::get(type.getShape(), type.getElementType()), sizes);
  linalg::makeMemRefCopyOp(builder, loc, output.getValue(), own);
  output.getValueMutable().set(own);
}

namespace {
struct HostHandOverOutputsPass : codegen::impl::HostHandOverOutputsPassBase<HostHandOverOutputsPass> {
  void runOnOperation() override {
    SmallVector<host::OutputOp> outputs;
    getOperation().walk([&](host::OutputOp output) { outputs.push_back(output); });
    for (host::OutputOp output : outputs) {
      memref::AllocOp alloc = allocationOf(output.getValue());
      memref::DeallocOp dealloc = alloc ? deallocationOf(alloc) : memref::DeallocOp();
      if (dealloc && alloc->getBlock() == output->getBlock() && dealloc->getBlock() == output->getBlock())
        dealloc.erase();
      else
        copyIntoOwn(output);
      output.setOwned(true);
      // Nothing may fail once the caller owns an output.
      output->moveBefore(output->getBlock()->getTerminator());
    }
  }
};
} // namespace
