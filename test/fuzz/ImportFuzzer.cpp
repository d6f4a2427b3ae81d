//===- ImportFuzzer.cpp - any bytes through the importer and down to linalg -------------------------------------===//
//
// Whatever the bytes are, the importer either makes a module that verifies or says what is wrong; so does the way from there to
// linalg. The mutator changes models as models: names, sizes, operators, attributes and whole nodes, rather than bytes.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Mutate.h"

#include "aimc/Conversion/Passes.h"
#include "aimc/Dialect/Onnx/Onnx.h"
#include "aimc/Dialect/Onnx/Passes.h"
#include "aimc/Import/Import.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <onnx/onnx_pb.h>

using namespace mlir;

/// A finding: libFuzzer keeps the input of an aborted run.
static void fail(StringRef what) {
  llvm::errs() << "FINDING: " << what << "\n";
  std::abort();
}

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registry.insert<aimc::onnx::OnnxDialect, arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect, math::MathDialect,
                  scf::SCFDialect, tensor::TensorDialect>();
  func::registerInlinerExtension(registry);
  return registry;
}

/// Runs one pass; what it leaves must verify.
static bool runPass(ModuleOp module, std::unique_ptr<Pass> pass, bool onFunctions, const size_t &errors) {
  std::string name = pass->getName().str();
  PassManager pm(module->getContext());
  pm.enableVerifier(false);
  if (onFunctions)
    pm.addNestedPass<func::FuncOp>(std::move(pass));
  else
    pm.addPass(std::move(pass));
  if (failed(pm.run(module))) {
    if (errors == 0)
      fail(name + " failed without an error");
    return false;
  }
  if (failed(verify(module)))
    fail(name + " made a module that does not verify");
  return true;
}

static void toLinalg(ModuleOp module, const size_t &errors) {
  using namespace aimc::onnx;
  (void)(runPass(module, createOnnxFoldConstants(), true, errors) && runPass(module, createOnnxCanonicalize(), true, errors) &&
         runPass(module, createOnnxFoldBatchNorm(), true, errors) && runPass(module, createOnnxCanonicalize(), true, errors) &&
         runPass(module, createConvertOnnxToLinalgPass(), false, errors) &&
         runPass(module, createInlinerPass(), false, errors) && runPass(module, createCanonicalizerPass(), false, errors) &&
         runPass(module, createCSEPass(), false, errors));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const DialectRegistry registry = makeRegistry();
  static const bool isVerbose = std::getenv("AIMC_FUZZ_VERBOSE");
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  size_t errors = 0;
  context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
    std::string text = diagnostic.str(); // printing a message is part of the way too
    if (isVerbose)
      llvm::errs() << diagnostic.getLocation() << ": " << text << "\n";
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  });
  llvm::MemoryBufferRef bytes(StringRef(reinterpret_cast<const char *>(data), size), "fuzz.onnx");
  OwningOpRef<ModuleOp> module = aimc::importOnnx(bytes, {}, context);
  if (!module) {
    if (errors == 0)
      fail("the importer failed without an error");
    return 0;
  }
  if (errors != 0)
    fail("the importer emitted an error and went on");
  if (failed(verify(*module)))
    fail("the importer made a module that does not verify");
  toLinalg(*module, errors);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  onnx::ModelProto model;
  return aimc::fuzz::mutate(model, data, size, maxSize, seed);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t firstSize, const uint8_t *second, size_t secondSize,
                                            uint8_t *out, size_t maxSize, unsigned seed) {
  onnx::ModelProto model, other;
  return aimc::fuzz::crossOver(model, other, first, firstSize, second, secondSize, out, maxSize, seed);
}

/// libMLIR is not instrumented: memory that its allocators poison or not says nothing.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_leaks=0:detect_odr_violation=0"; }
extern "C" const char *__ubsan_default_options() { return "print_stacktrace=1"; }
