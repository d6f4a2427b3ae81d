//===- Import.h - ONNX files into the onnx dialect ----------------------------------------------------*- C++ -*-===//
#ifndef AIMC_IMPORT_IMPORT_H
#define AIMC_IMPORT_IMPORT_H

#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstdint>
#include <string>

namespace mlir {
class MLIRContext;
class ModuleOp;
} // namespace mlir

namespace aimc {

struct ImportOptions {
  /// Open dimensions of the graph's inputs by name, and the sizes they take wherever that name stands (`--dim NAME=N`). A
  /// dimension without a name is called `<input>.<index>`.
  llvm::StringMap<int64_t> dims;
  /// Shapes of the graph's inputs by the input's name (`--input-shape NAME=1x3xHxW`); an element that is negative leaves the
  /// dimension as the file has it. Says the same of a named dimension as `dims`, or it is an error.
  llvm::StringMap<llvm::SmallVector<int64_t, 4>> inputShapes;
  /// Inputs of the graph that become constants, and the files with their values: .npy, or an ONNX tensor (.pb). A value takes
  /// the place of an initializer too.
  llvm::StringMap<std::string> constInputs;
};

/// Reads the ONNX model at `path` into a module with one function `main`, types inferred. Weights stored outside the file are
/// mapped, not read. A null result means failure; the reasons were emitted as diagnostics of `context`. Loads the dialects it
/// needs. No file, however damaged, makes it crash.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, const ImportOptions &options, mlir::MLIRContext &context);

/// The same for a model in memory; the buffer's identifier names it in diagnostics, and external data lie in the folder of that
/// path.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::MemoryBufferRef bytes, const ImportOptions &options,
                                             mlir::MLIRContext &context);

} // namespace aimc

#endif // AIMC_IMPORT_IMPORT_H
