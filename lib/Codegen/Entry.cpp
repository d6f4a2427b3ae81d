//===- Entry.cpp - the entry function of host code --------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Host/Host.h"
#include "aimc/env.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTENTRYPASS
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
