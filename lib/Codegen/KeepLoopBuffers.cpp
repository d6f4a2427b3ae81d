//===- KeepLoopBuffers.cpp - tensors that loops carry stay in one buffer ----------------------------------------===//
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

#include "aimc/Codegen/Passes.h"

namespace aimc::codegen {
#define GEN_PASS_DEF_HOSTKEEPLOOPBUFFERSPASS
#include "aimc/Codegen/Passes.h.inc"
} // namespace aimc::codegen

using namespace mlir;
using namespace aimc;

/// Whether `value` is `destination` after insertions and loops that carry it: it is in that buffer anyway.
static bool isInPlace(Value value, Value destination) {
  while (value != destination) {
    auto result = dyn_cast<OpResult>(value);
    if (!result)
      return false;
    if (auto insert = dyn_cast<tensor::InsertOp>(result.getOwner()))
      value = insert.getDest();
    else if (auto loop = dyn_cast<scf::ForOp>(result.getOwner()))
      value = loop.getInitArgs()[result.getResultNumber()];
    else if (auto loop = dyn_cast<scf::WhileOp>(result.getOwner());
             loop && llvm::equal(loop.getConditionOp().getArgs(), loop.getBeforeArguments()))
      value = loop.getInits()[result.getResultNumber()];
    else
      return false;
  }
  return true;
}

/// Each use of an empty tensor gets its own beside it, so that the place where the result goes can take its stead.
static void separateEmptyTensors(Operation *root) {
  SmallVector<tensor::EmptyOp> empties;
  root->walk([&](tensor::EmptyOp empty) { empties.push_back(empty); });
  for (tensor::EmptyOp empty : empties)
    for (OpOperand &use : llvm::make_early_inc_range(empty->getUses())) {
      OpBuilder builder(use.getOwner());
      use.set(builder.clone(*empty)->getResult(0));
    }
  for (tensor::EmptyOp empty : empties)
    empty.erase();
}

/// Whether `a` and `b`, of one type, have equal sizes at run time as far as can be told.
static bool haveEqualSizes(Value a, Value b) {
  auto type = cast<RankedTensorType>(a.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim)) {
      FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual({a, dim}, {b, dim});
      if (failed(equal) || !*equal)
        return false;
    }
  return true;
}

/// What the loop yields is written to where the loop found it.
static void keepBuffers(scf::ForOp loop) {
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  OpBuilder builder(yield);
  for (auto [init, argument, yielded] : llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(), yield->getOpOperands())) {
    if (!isa<RankedTensorType>(argument.getType()) || isInPlace(yielded.get(), argument) ||
        !haveEqualSizes(yielded.get(), init))
      continue;
    auto kept = bufferization::MaterializeInDestinationOp::create(builder, yield.getLoc(), yielded.get(), argument);
    yielded.set(kept.getResult());
  }
}

namespace {
struct HostKeepLoopBuffersPass : codegen::impl::HostKeepLoopBuffersPassBase<HostKeepLoopBuffersPass> {
  void runOnOperation() override {
    separateEmptyTensors(getOperation());
    getOperation().walk(keepBuffers);
  }
};
} // namespace
