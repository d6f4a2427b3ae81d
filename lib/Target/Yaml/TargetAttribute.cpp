//===- TargetAttribute.cpp - a description as #analog.target, and the pass that sets it -------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Target/Passes.h"
#include "aimc/Target/TargetDescription.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace aimc;

namespace aimc {
#define GEN_PASS_DEF_ANALOGSETTARGETPASS
#include "aimc/Target/Passes.h.inc"
} // namespace aimc

llvm::Expected<analog::TargetAttr> aimc::toAttribute(const TargetDescription &target, MLIRContext *context, int64_t chips) {
  context->loadDialect<analog::AnalogDialect>();
  std::string model = target.device; // enumerators are identifiers
  std::replace(model.begin(), model.end(), '-', '_');
  auto encoding = analog::symbolizeEncoding(target.encoding);
  auto scale = analog::symbolizeScaleGranularity(target.scale);
  auto slices = analog::symbolizeLayout(target.sliceLayout), polarities = analog::symbolizeLayout(target.polarityLayout);
  auto device = analog::symbolizeDeviceModel(model);
  auto readNoise = analog::symbolizeReadNoise(target.readNoise);
  auto irDrop = analog::symbolizeIrDrop(target.irDrop);
  assert(encoding && scale && slices && polarities && device && readNoise && irDrop &&
         "words are checked when the file is read");

  std::string message;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto atTarget = [&] { return mlir::emitError(UnknownLoc::get(context)); };
  llvm::function_ref<InFlightDiagnostic()> emitError = atTarget;
  auto attribute = analog::TargetAttr::getChecked(
      emitError, context, StringRef(target.name), target.tileRows, target.tileColumns, target.arrayRows, target.arrayColumns,
      target.arraysPerChip, chips, *encoding, target.weightBits, target.cellBits, target.unitColumn, *scale, *slices,
      *polarities, target.inputBits, target.inputSliceBits, target.adcBits, *device, llvm::APFloat(target.gMinMicrosiemens),
      llvm::APFloat(target.gMaxMicrosiemens), target.devicesPerWeight, target.programmingNoise,
      llvm::APFloat(target.outputNoiseLsb), *readNoise, *irDrop, target.gatedRows
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high)                                                             \
  , llvm::APFloat(target.parameters[static_cast<size_t>(Parameter::Name)])
#include "aimc/parameters.def"
  );
  if (!attribute)
    return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s: %s", target.fileName.c_str(), message.c_str());
  return attribute;
}

namespace {
class AnalogSetTargetPass : public aimc::impl::AnalogSetTargetPassBase<AnalogSetTargetPass> {
public:
  using AnalogSetTargetPassBase::AnalogSetTargetPassBase;

  void runOnOperation() override {
    llvm::Expected<TargetDescription> description = loadTarget(target.getValue());
    if (!description)
      return fail(description.takeError());
    llvm::Expected<analog::TargetAttr> attribute = toAttribute(*description, &getContext(), chips.getValue());
    if (!attribute)
      return fail(attribute.takeError());
    getOperation()->setAttr(analog::AnalogDialect::getTargetAttrName(), *attribute);
  }

private:
  void fail(llvm::Error error) {
    emitError(getOperation().getLoc()) << llvm::toString(std::move(error));
    signalPassFailure();
  }
};
} // namespace
