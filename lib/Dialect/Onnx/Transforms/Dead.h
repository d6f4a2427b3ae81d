//===- Dead.h - erasing what nobody uses --------------------------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_DIALECT_ONNX_TRANSFORMS_DEAD_H
#define AIMC_LIB_DIALECT_ONNX_TRANSFORMS_DEAD_H

#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"

namespace aimc::onnx {

/// Erases the nodes, constants and other pure operations of `region` whose results have no use, the last first so that what
/// only they used goes with them. ONNX nodes have no effects.
inline void eraseDead(mlir::Region &region) {
  for (mlir::Block &block : region)
    for (mlir::Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (op.use_empty() && (mlir::isa<NodeOp>(op) || mlir::isOpTriviallyDead(&op))) {
        op.erase();
        continue;
      }
      if (auto node = mlir::dyn_cast<NodeOp>(op))
        for (mlir::Region &subgraph : node.getSubgraphs())
          eraseDead(subgraph);
    }
}

} // namespace aimc::onnx

#endif // AIMC_LIB_DIALECT_ONNX_TRANSFORMS_DEAD_H
