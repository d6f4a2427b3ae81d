//===- Host.h - what compiled host code asks of the runtime, one header for its users ---------------------------===//
#ifndef AIMC_DIALECT_HOST_HOST_H
#define AIMC_DIALECT_HOST_HOST_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "aimc/Dialect/Host/HostDialect.h.inc"
#include "aimc/Dialect/Host/HostEnums.h.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Host/HostOps.h.inc"

namespace aimc::host {
/// Whether every index is a constant plus constants times dimensions.
bool isLinear(mlir::AffineMap map);

/// Teaches one-shot bufferization the dialect's operations on tensors.
void registerBufferization(mlir::DialectRegistry &registry);
} // namespace aimc::host

#endif // AIMC_DIALECT_HOST_HOST_H
