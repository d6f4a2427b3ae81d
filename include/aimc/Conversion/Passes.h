//===- Passes.h - conversions between dialects ------------------------------------------------------------------===//
#ifndef AIMC_CONVERSION_PASSES_H
#define AIMC_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace aimc::onnx {

#define GEN_PASS_DECL
#include "aimc/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "aimc/Conversion/Passes.h.inc"

} // namespace aimc::onnx

#endif // AIMC_CONVERSION_PASSES_H
