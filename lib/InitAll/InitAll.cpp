//===- InitAll.cpp ----------------------------------------------------------------------------------------------===//
#include "aimc/InitAll.h"

#include "aimc/Analysis/Passes.h"
#include "aimc/Codegen/Codegen.h"
#include "aimc/Codegen/Passes.h"
#include "aimc/Conversion/Passes.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"
#include "aimc/Dialect/Host/Host.h"
#include "aimc/Dialect/Onnx/Onnx.h"
#include "aimc/Dialect/Onnx/Passes.h"
#include "aimc/Target/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void aimc::registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<analog::AnalogDialect, host::HostDialect, onnx::OnnxDialect>();
  analog::registerBufferizableOpInterfaceExternalModels(registry);
  host::registerBufferization(registry);
}

void aimc::registerPasses() {
  mlir::registerAllPasses();
  analog::registerAnalogPasses();
  onnx::registerOnnxPasses();
  registerAnalysisPasses();
  onnx::registerConversionPasses();
  registerTargetPasses();
  codegen::registerCodegenPasses();
  codegen::registerHostPipeline();
}
