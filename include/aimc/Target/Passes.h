//===- Passes.h - passes that read target descriptions ----------------------------------------------------------===//
#ifndef AIMC_TARGET_PASSES_H
#define AIMC_TARGET_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace aimc {
namespace analog {
class AnalogDialect;
} // namespace analog

#define GEN_PASS_DECL
#include "aimc/Target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Target/Passes.h.inc"
} // namespace aimc

#endif // AIMC_TARGET_PASSES_H
