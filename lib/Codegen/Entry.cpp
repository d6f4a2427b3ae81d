//===- Entry.cpp - the entry function of host code, and its outputs ---------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Host/Host.h"
#include "aimc/env.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTENTRYPASS
#define GEN_PASS_DEF_HOSTHANDOVEROUTPUTSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// The function to compile; null, with an error, when there is none or more than one.
static func::FuncOp findMain(ModuleOp module) {
  func::FuncOp main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isDeclaration()) {
    module.emitError("host code is compiled from a function '@main', which this module lacks");
    return {};
  }
  for (auto other : module.getOps<func::FuncOp>())
    if (other != main && !other.isDeclaration() && !SymbolTable::symbolKnownUseEmpty(other, main)) {
      InFlightDiagnostic diag = main.emitError() << "calls '@" << other.getName() << "', which cannot be inlined";
      diag.attachNote(other.getLoc()) << "a recursive function, or one with several blocks";
      return {};
    }
  for (Type type : llvm::concat<const Type>(main.getArgumentTypes(), main.getResultTypes()))
    if (!isa<RankedTensorType>(type)) {
      main.emitError() << "has an input or output of type " << type << "; host code exchanges ranked tensors";
      return {};
    }
  if (!main.getBody().hasOneBlock()) {
    main.emitError() << "has " << main.getBody().getBlocks().size()
                     << " blocks; host code is compiled from one, with control flow in scf";
    return {};
  }
  return main;
}

/// What the runtime needs of a layer when it runs is the number of its site; the rest stands in the container.
static void lowerDispatches(ModuleOp module) {
  module.walk([](analog::DispatchOp op) {
    OpBuilder builder(op);
    auto call = host::DispatchOp::create(builder, op.getLoc(), op->getResultTypes(), op.getSite(), op.getX(), op.getInit());
    op->replaceAllUsesWith(call);
    op.erase();
  });
}

namespace {
struct HostEntryPass : codegen::impl::HostEntryPassBase<HostEntryPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    func::FuncOp main = findMain(module);
    if (!main)
      return signalPassFailure();
    OpBuilder builder(&getContext());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    auto entry = func::FuncOp::create(main.getLoc(), AIMC_ENTRY_SYMBOL,
                                      builder.getFunctionType({pointer, pointer, pointer}, builder.getI32Type()));
    Block *block = entry.addEntryBlock();
    builder.setInsertionPointToStart(block);
    for (BlockArgument argument : main.getArguments())
      argument.replaceAllUsesWith(
          host::InputOp::create(builder, argument.getLoc(), argument.getType(), argument.getArgNumber()));
    block->getOperations().splice(block->end(), main.getBody().front().getOperations());

    Operation *terminator = block->getTerminator();
    builder.setInsertionPoint(terminator);
    for (auto [index, value] : llvm::enumerate(terminator->getOperands()))
      host::OutputOp::create(builder, value.getLoc(), index, value, /*owned=*/false);
    Value success = arith::ConstantIntOp::create(builder, terminator->getLoc(), builder.getI32Type(), 0);
    func::ReturnOp::create(builder, terminator->getLoc(), success);
    terminator->erase();

    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      op.erase();
    module.push_back(entry);
    lowerDispatches(module);
  }
};
} // namespace

//===- outputs own their buffers --------------------------------------------------------------------------------===//

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
