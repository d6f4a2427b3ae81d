//===- Container.h - a compiled program into an .aimc file ------------------------------------------------------===//
#ifndef AIMC_TARGET_CONTAINER_H
#define AIMC_TARGET_CONTAINER_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"

namespace aimc {

namespace codegen {
struct HostObject;
struct HostProgram;
} // namespace codegen

struct ContainerOptions {
  bool stripReference = false; ///< leave the float weights out
  std::string targetYaml;      ///< the chip's description as read, for inspection
};

/// Writes `program` and its host code (`objects` are `host` compiled for one machine each) to `path`; the file appears only
/// when it is complete. `program` is the module after analog-lower-to-dispatch: crossbars with levels and placement,
/// dispatches, and `main`, whose signature names inputs and outputs. Weights are evaluated and written matrix by matrix.
llvm::LogicalResult writeContainer(mlir::ModuleOp program, const codegen::HostProgram &host,
                                   llvm::ArrayRef<codegen::HostObject> objects, const ContainerOptions &options,
                                   llvm::StringRef path);

} // namespace aimc

#endif // AIMC_TARGET_CONTAINER_H
