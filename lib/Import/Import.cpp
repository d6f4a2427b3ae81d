//===- Import.cpp - ONNX files into the onnx dialect ------------------------------------------------------------===//
#include "aimc/Import/Import.h"

#include "ConstInputs.h"
#include "File.h"
#include "Graph.h"

#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

static OwningOpRef<ModuleOp> importModel(pb::ModelProto &model, StringRef path, const ImportOptions &options,
                                         MLIRContext &context) {
  if (failed(addConstInputs(*model.mutable_graph(), options.constInputs, FileLineColLoc::get(&context, path, 0, 0))))
    return {};
  return GraphImporter(model, path, options, context).run();
}

OwningOpRef<ModuleOp> aimc::importOnnx(llvm::MemoryBufferRef bytes, const ImportOptions &options, MLIRContext &context) {
  context.loadDialect<aimc::onnx::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
  Location loc = FileLineColLoc::get(&context, bytes.getBufferIdentifier(), 0, 0);
  pb::ModelProto model;
  if (failed(readModel(bytes, /*isMapped=*/false, model, loc)))
    return {};
  return importModel(model, bytes.getBufferIdentifier(), options, context);
}

OwningOpRef<ModuleOp> aimc::importOnnx(StringRef path, const ImportOptions &options, MLIRContext &context) {
  context.loadDialect<aimc::onnx::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
  Location loc = FileLineColLoc::get(&context, path, 0, 0);
  if (std::string reason = findNoFile(path); !reason.empty()) {
    emitError(loc) << "cannot be read: " << reason;
    return {};
  }
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = file.getError()) {
    emitError(loc) << "cannot be read: " << error.message();
    return {};
  }
  pb::ModelProto model;
  if (failed(readModel(**file, (*file)->getBufferKind() == llvm::MemoryBuffer::MemoryBuffer_MMap, model, loc)))
    return {};
  file->reset(); // protobuf has copied what it needs
  return importModel(model, path, options, context);
}
