//===- Layout.h - a contraction's operands as a crossbar has them -----------------------------------------------===//
//
// A crossbar is a matrix for each group, its input a row for each product, its result likewise. Linalg operations have their
// dimensions in any order, several where a crossbar has one, and none where it has one of extent 1.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_LAYOUT_H
#define AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_LAYOUT_H

#include "Contraction.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace aimc::analog {

/// Clones the operations that make `value` at the builder's position.
mlir::Value cloneExpression(mlir::OpBuilder &b, mlir::Value value, mlir::IRMapping &mapping);

/// `weights` as tensor<G×K×N×f32>: transposed to the order (group, k, column), then reshaped.
mlir::Value buildMatrix(mlir::OpBuilder &b, mlir::Location loc, const Contraction &c, mlir::Value weights);

/// Extents of y's axes; those of an operation that fills y need no such operation.
llvm::SmallVector<mlir::OpFoldResult> getInitSizes(mlir::OpBuilder &b, mlir::Location loc, mlir::Value init);

/// The rows that drive the crossbar: x itself, or patches of it.
mlir::Value buildPatches(mlir::OpBuilder &b, mlir::Location loc, const Contraction &c,
                         llvm::ArrayRef<mlir::OpFoldResult> rowSizes);

/// [rows…, (group), N] as the linalg operation's result is laid out.
mlir::Value restoreLayout(mlir::OpBuilder &b, mlir::Location loc, const Contraction &c, mlir::Value y,
                          llvm::ArrayRef<mlir::OpFoldResult> sizes);

} // namespace aimc::analog

#endif // AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_LAYOUT_H
