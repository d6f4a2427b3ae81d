//===- Passes.h - from linalg contractions to dispatches --------------------------------------------------------===//
#ifndef AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES_H
#define AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace aimc::analog {

#define GEN_PASS_DECL
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"

} // namespace aimc::analog

#endif // AIMC_DIALECT_ANALOG_TRANSFORMS_PASSES_H
