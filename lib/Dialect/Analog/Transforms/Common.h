//===- Common.h - what several passes of the analog dialect need ------------------------------------------------===//
#ifndef AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_COMMON_H
#define AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_COMMON_H

#include "mlir/IR/Value.h"

namespace aimc::analog {

/// Whether `value` is a tensor of zeros: a constant, or filled with one.
bool isZero(mlir::Value value);

/// Erases the operations that made `values` and everything before them that nobody needs any more.
void eraseUnused(llvm::SmallVector<mlir::Value> values);

/// The name of the node that `op` belongs to: its location's, `otherwise` when it has none.
llvm::StringRef getNodeName(mlir::Operation *op, llvm::StringRef otherwise);

} // namespace aimc::analog

#endif // AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_COMMON_H
