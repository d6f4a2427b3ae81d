//===- aimc-opt.cpp - runs passes on MLIR files -----------------------------------------------------------------===//
#include "aimc/Analysis/Passes.h"
#include "aimc/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

static const char *const overview =
    "aimc-opt: runs the analog compiler's passes, and MLIR's, on IR from any producer\n\n"
    "Passes of the compiler begin with onnx-, analog- and host-, the three stretches of the way; convert-onnx-to-linalg lies\n"
    "between the first two. They run in the order of the command line; the chip is the module's attribute analog.target.\n"
    "All of them: aimc-opt --help | grep -E -- '--(onnx|analog|host|convert-onnx)-'\n\n"
    "  aimc-compile net.onnx --emit=linalg -o net.mlir                  what the analog passes start from\n"
    "  aimc-opt net.mlir --analog-set-target=target=generic-rram --analog-select --analog-partition\n"
    "  aimc-opt net.mlir --analog-set-target --analog-select --analog-partition --analog-quantize-weights \\\n"
    "      --analog-insert-converters --analog-place --mlir-print-ir-after-change\n"
    "  aimc-opt graph.mlir --onnx-infer-shapes --convert-onnx-to-linalg --canonicalize\n";

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  aimc::registerDialects(registry);
  aimc::registerPasses();
  aimc::registerAnalysisTestPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, overview, registry));
}
