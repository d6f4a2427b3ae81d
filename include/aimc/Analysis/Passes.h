//===- Passes.h - passes that analyses make possible ------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_PASSES_H
#define AIMC_ANALYSIS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
namespace arith {
class ArithDialect;
}
namespace tensor {
class TensorDialect;
}
} // namespace mlir

namespace aimc {
#define GEN_PASS_DECL
#include "aimc/Analysis/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Analysis/Passes.h.inc"

/// Passes that print what the analyses know, for their tests (aimc-opt only).
void registerAnalysisTestPasses();
} // namespace aimc

#endif // AIMC_ANALYSIS_PASSES_H
