//===- File.h - the bytes of files into messages ------------------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_FILE_H
#define AIMC_LIB_IMPORT_FILE_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <string>

namespace google::protobuf {
class MessageLite;
} // namespace google::protobuf

namespace onnx {
class ModelProto;
} // namespace onnx

namespace aimc {

/// Why what stands at `path` is not read; empty for a file, and for nothing, which whoever opens it will find. A pipe without a
/// writer would be waited for, a device without an end would fill the memory.
std::string findNoFile(llvm::StringRef path);

/// Parses without protobuf's own error output. `isMapped` says that `bytes` are a whole mapped file: pages that were copied are
/// given back.
bool parseQuietly(google::protobuf::MessageLite &message, llvm::StringRef bytes, bool isMapped = false);

/// Parses the bytes of a model's file. Errors at `loc`: 2 GiB and more, subgraphs nested too deep, no model, no graph.
llvm::LogicalResult readModel(const llvm::MemoryBufferRef &bytes, bool isMapped, ::onnx::ModelProto &model, mlir::Location loc);

} // namespace aimc

#endif // AIMC_LIB_IMPORT_FILE_H
