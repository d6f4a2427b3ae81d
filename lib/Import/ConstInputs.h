//===- ConstInputs.h - inputs that become constants ---------------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_CONSTINPUTS_H
#define AIMC_LIB_IMPORT_CONSTINPUTS_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/LogicalResult.h"

#include <string>

namespace onnx {
class GraphProto;
} // namespace onnx

namespace aimc {

/// Gives the inputs that `constInputs` names their values, read from .npy files or ONNX tensors, as initializers. Errors at
/// `loc`: a name of no input, a file that cannot be read, a value whose type or shape is not the input's.
llvm::LogicalResult addConstInputs(::onnx::GraphProto &graph, const llvm::StringMap<std::string> &constInputs,
                                   mlir::Location loc);

} // namespace aimc

#endif // AIMC_LIB_IMPORT_CONSTINPUTS_H
