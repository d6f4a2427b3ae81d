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
static void fail(const Twine &what) {
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

static const DialectRegistry &getRegistry() {
  static const DialectRegistry registry = makeRegistry();
  return registry;
}

namespace {
/// A context and the passes down to linalg. Making them costs more than a small model does, so many models share them, but not
/// so many that what a context keeps until its end would fill the memory.
class Session {
public:
  static constexpr int mostModels = 256;

  Session() : context(getRegistry(), MLIRContext::Threading::DISABLED) {
    using namespace aimc::onnx;
    addPass(createOnnxFoldConstantsPass(), true);
    addPass(createOnnxCanonicalizePass(), true);
    addPass(createOnnxWidenFloatsPass(), true);
    addPass(createOnnxFoldBatchNormPass(), true);
    addPass(createOnnxCanonicalizePass(), true);
    addPass(createConvertOnnxToLinalgPass(), false);
    own = passes.size();
    addPass(createInlinerPass(), false);
    addPass(createCanonicalizerPass(), false);
    addPass(createCSEPass(), false);
  }

  void run(llvm::MemoryBufferRef bytes);

private:
  /// Passes run one by one, so that a finding names the one whose result does not verify.
  void addPass(std::unique_ptr<Pass> pass, bool onFunctions) {
    names.push_back(pass->getName().str());
    auto &pm = *passes.emplace_back(std::make_unique<PassManager>(&context));
    pm.enableVerifier(false);
    if (onFunctions)
      pm.addNestedPass<func::FuncOp>(std::move(pass));
    else
      pm.addPass(std::move(pass));
  }

  MLIRContext context;
  std::vector<std::string> names;
  std::vector<std::unique_ptr<PassManager>> passes;
  size_t own; // how many passes are ours; MLIR's follow
};
} // namespace

void Session::run(llvm::MemoryBufferRef bytes) {
  static const bool isVerbose = std::getenv("AIMC_FUZZ_VERBOSE");
  size_t errors = 0;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    std::string text = diagnostic.str(); // printing a message is part of the way too
    if (isVerbose)
      llvm::errs() << diagnostic.getLocation() << ": " << text << "\n";
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  });
  OwningOpRef<ModuleOp> module = aimc::importOnnx(bytes, {}, context);
  if (!module) {
    if (errors == 0)
      fail("the importer failed without an error");
    return;
  }
  if (errors != 0)
    fail("the importer emitted an error and went on");
  if (failed(verify(*module)))
    fail("the importer made a module that does not verify");
  for (auto [index, pass] : llvm::enumerate(passes)) {
    if (failed(pass->run(*module))) {
      if (errors == 0)
        fail(names[index] + " failed without an error");
      return;
    }
    // MLIR's passes may carry a known size past open ones to where another stands: the verifier says so, at the node.
    if (failed(verify(*module))) {
      if (index < own || errors == 0)
        fail(names[index] + " made a module that does not verify");
      return;
    }
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static std::unique_ptr<Session> session;
  static int models = 0;
  if (models++ % Session::mostModels == 0)
    session = std::make_unique<Session>();
  session->run({StringRef(reinterpret_cast<const char *>(data), size), "fuzz.onnx"});
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
