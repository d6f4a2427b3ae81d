//===- Register.cpp ---------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Register.h"

#include "aimc/Analysis/Passes.h"
#include "aimc/Conversion/OnnxToLinalg.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"
#include "aimc/Dialect/Onnx/Onnx.h"
#include "aimc/Target/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void aimc::registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<analog::AnalogDialect, onnx::OnnxDialect>();
  analog::registerBufferizableOpInterfaceExternalModels(registry);
}

void aimc::registerPasses() {
  mlir::registerAllPasses();
  analog::registerAnalogPasses();
  registerAnalysisPasses();
  onnx::registerConversionPasses();
  registerTargetPasses();
}
