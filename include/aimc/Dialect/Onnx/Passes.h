//===- Passes.h - passes on the onnx dialect ----------------------------------------------------------*- C++ -*-===//
#ifndef AIMC_DIALECT_ONNX_PASSES_H
#define AIMC_DIALECT_ONNX_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace aimc::onnx {

#define GEN_PASS_DECL
#include "aimc/Dialect/Onnx/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Dialect/Onnx/Passes.h.inc"

} // namespace aimc::onnx

#endif // AIMC_DIALECT_ONNX_PASSES_H
