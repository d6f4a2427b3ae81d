//===- Check.h - one case from its model to its verdict ---------------------------------------------------------===//
#ifndef AIMC_TEST_CONFORMANCE_CHECK_H
#define AIMC_TEST_CONFORMANCE_CHECK_H

#include "Case.h"

namespace mlir {
class DialectRegistry;
}

namespace aimc::conformance {

enum class Mode {
  Digital, // everything on the host
  Dynamic, // likewise, the dimensions of the inputs open
  Exact    // weights on crossbars, fidelity exact; what feeds only weights becomes constant
};
inline constexpr Mode kModes[] = {Mode::Digital, Mode::Dynamic, Mode::Exact};

/// "digital", "dynamic" or "exact".
const char *nameOf(Mode mode);

/// Whether there is something to run of a case in `mode` that other modes do not run.
bool hasMode(const ModelFacts &facts, Mode mode);

/// Bounds as in the ONNX backend tests for floating-point results: |found − expected| ≤ absolute + relative · |expected|.
/// Integers and booleans, types and shapes are equal.
struct Tolerance {
  double relative = 1e-3, absolute = 1e-7;
};

struct Verdict {
  bool passed = false;
  std::string reason; // of a failure, in one line
};

/// Compiles, loads, runs and compares. Everything it does stays in this process, whose temporary files go to `scratch`.
Verdict check(const Case &which, const ModelFacts &facts, Mode mode, const Tolerance &tolerance,
              const mlir::DialectRegistry &registry, const std::string &scratch);

} // namespace aimc::conformance

#endif // AIMC_TEST_CONFORMANCE_CHECK_H
