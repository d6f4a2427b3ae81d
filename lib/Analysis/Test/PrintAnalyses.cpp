//===- PrintAnalyses.cpp - prints what the analyses know, for their tests ---------------------------------------===//
#include "aimc/Analysis/BatchDimension.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Analysis/Passes.h"
#include "aimc/Analysis/ValueRanges.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace aimc;

namespace {
/// What a test pass says of a marked value, as a remark at its operation.
template <typename Derived> class PrintPass : public PassWrapper<Derived, OperationPass<ModuleOp>> {
protected:
  /// Calls `describe` for every result of an operation with the attribute `test.print`.
  void print(llvm::function_ref<std::string(Value)> describe) {
    this->getOperation().walk([&](Operation *op) {
      if (op->hasAttr("test.print"))
        for (Value result : op->getResults())
          op->emitRemark() << describe(result);
    });
  }
};

class PrintConstantsPass : public PrintPass<PrintConstantsPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintConstantsPass)
  StringRef getArgument() const override { return "test-print-constants"; }
  StringRef getDescription() const override { return "prints the values of constant expressions marked test.print"; }
  void runOnOperation() override;
};

class PrintRangesPass : public PrintPass<PrintRangesPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintRangesPass)
  StringRef getArgument() const override { return "test-print-ranges"; }
  StringRef getDescription() const override { return "prints the ranges of values marked test.print"; }
  void runOnOperation() override;
};

class PrintBatchPass : public PrintPass<PrintBatchPass> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintBatchPass)
  StringRef getArgument() const override { return "test-print-batch"; }
  StringRef getDescription() const override { return "prints where the batch is in values marked test.print"; }
  void runOnOperation() override;
};
} // namespace

static std::string describeConstant(Value value) {
  if (!isConstantExpression(value))
    return "not constant";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (std::optional<StridedView> view = asStridedView(value)) {
    os << "in place, strides [";
    llvm::interleaveComma(view->strides, os);
    os << "]: ";
  } else {
    os << "computed: ";
  }
  FailureOr<ConstantData> data = evaluate(value);
  if (failed(data))
    return "cannot be evaluated";
  os << data->getType() << " [";
  for (int64_t i = 0, e = std::min<int64_t>(data->getNumElements(), 16); i < e; ++i)
    os << (i ? ", " : "") << llvm::format("%g", data->getNumber(i));
  os << (data->getNumElements() > 16 ? ", …]" : "]");
  return text;
}

void PrintConstantsPass::runOnOperation() { print(describeConstant); }

void PrintRangesPass::runOnOperation() {
  ValueRanges ranges;
  print([&](Value value) {
    Interval range = ranges.getRange(value);
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "[" << llvm::format("%g", range.low) << ", " << llvm::format("%g", range.high) << "]"
       << (ranges.isNonNegative(value) ? " non-negative" : "");
    return text;
  });
}

void PrintBatchPass::runOnOperation() {
  BatchDimension batch;
  print([&](Value value) -> std::string {
    if (batch.isIndependent(value))
      return "no batch";
    std::optional<BatchPosition> position = batch.get(value);
    if (!position)
      return "mixed";
    std::string text;
    llvm::raw_string_ostream(text) << "dim " << position->dim << ": " << position->outer << " x batch x " << position->inner;
    return text;
  });
}

void aimc::registerAnalysisTestPasses() {
  PassRegistration<PrintConstantsPass>();
  PassRegistration<PrintRangesPass>();
  PassRegistration<PrintBatchPass>();
}
