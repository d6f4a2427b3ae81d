//===- Einsum.h - the equation of an Einsum -----------------------------------------------------------*- C++ -*-===//
#ifndef AIMC_DIALECT_ONNX_EINSUM_H
#define AIMC_DIALECT_ONNX_EINSUM_H

#include "aimc/Dialect/Onnx/Onnx.h"

namespace aimc::onnx {

/// An Einsum equation with all its labels as loop numbers: first the result's dimensions in order, then those that are summed.
struct Einsum {
  llvm::SmallVector<llvm::SmallVector<unsigned>> operands; // a loop per dimension
  unsigned outputRank = 0;
  unsigned loops = 0;
};

/// Reads the node's `equation` for operands of `ranks`. Emits an error at the node when they do not fit.
llvm::FailureOr<Einsum> parseEinsum(NodeOp node, llvm::ArrayRef<int64_t> ranks);

} // namespace aimc::onnx

#endif // AIMC_DIALECT_ONNX_EINSUM_H
