//===- Onnx.h - the thin onnx dialect, one header for its users -------------------------------------------------===//
#ifndef AIMC_DIALECT_ONNX_ONNX_H
#define AIMC_DIALECT_ONNX_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "aimc/Dialect/Onnx/OnnxDialect.h.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Onnx/OnnxOps.h.inc"

#endif // AIMC_DIALECT_ONNX_ONNX_H
