//===- Register.cpp ---------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Register.h"

#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

void aimc::registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<onnx::OnnxDialect>();
}

void aimc::registerPasses() { mlir::registerAllPasses(); }
