//===- Passes.h - from linalg on tensors to the LLVM dialect ----------------------------------------------------===//
#ifndef AIMC_CODEGEN_PASSES_H
#define AIMC_CODEGEN_PASSES_H

#include "mlir/Pass/Pass.h"

namespace aimc::codegen {

#define GEN_PASS_DECL
#include "aimc/Codegen/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Codegen/Passes.h.inc"

} // namespace aimc::codegen

#endif // AIMC_CODEGEN_PASSES_H
