//===- aimc-opt.cpp - runs passes on MLIR files -----------------------------------------------------------------===//
#include "aimc/Analysis/Passes.h"
#include "aimc/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  aimc::registerDialects(registry);
  aimc::registerPasses();
  aimc::registerAnalysisTestPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "aimc-opt: runs the analog compiler's passes, and MLIR's, on IR from any producer\n", registry));
}
