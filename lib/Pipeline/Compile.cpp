//===- Compile.cpp ----------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Compile.h"

#include "aimc/Import/Import.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace aimc;
using namespace mlir;

static OwningOpRef<ModuleOp> load(const CompileOptions &options, MLIRContext &context) {
  StringRef path = options.input;
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc"))
    return parseSourceFile<ModuleOp>(path, ParserConfig(&context));
  ImportOptions importOptions;
  importOptions.dims = options.dims;
  return importOnnx(path, importOptions, context);
}

static LogicalResult print(ModuleOp module, const CompileOptions &options) {
  std::string error;
  auto file = openOutputFile(options.output.empty() ? "-" : options.output, &error);
  if (!file)
    return emitError(UnknownLoc::get(module.getContext())) << error;
  OpPrintingFlags flags;
  flags.elideLargeResourceString(64);
  flags.elideLargeElementsAttrs(64);
  module.print(file->os(), flags);
  file->keep();
  return success();
}

LogicalResult aimc::compile(const CompileOptions &options, MLIRContext &context) {
  OwningOpRef<ModuleOp> module = load(options, context);
  if (!module)
    return failure();
  if (options.stage == Stage::Onnx)
    return print(*module, options);
  return module->emitError("this build stops at --emit=onnx");
}
