//===- ValueRanges.h - intervals that hold the elements of a value ----------------------------------------------===//
//
// An input that is provably >= 0 gets unsigned codes. The proof is here; a minimum seen in calibration is none.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_VALUERANGES_H
#define AIMC_ANALYSIS_VALUERANGES_H

#include "mlir/IR/Value.h"

#include <limits>
#include <memory>

namespace aimc {

/// All numbers from `low` to `high`, infinities included; empty when low > high. NaN and the sign of a zero do not count.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  static Interval empty() { return {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}; }
  bool isEmpty() const { return low > high; }
  bool operator==(const Interval &other) const { return low == other.low && high == other.high; }
};

/// Ranges of values of a program, found on demand from what they depend on and remembered; the program must not change
/// meanwhile. Reads scalar payloads of linalg operations (also reductions: pooling, sums), tensor operations, scf.for (a
/// fixpoint) and scf.if. A function argument with the attribute `analog.input_range = [low, high]` (two floats) has that range.
class ValueRanges {
public:
  ValueRanges();
  ~ValueRanges();

  /// Where every element of `value` lies.
  Interval getRange(mlir::Value value);
  bool isNonNegative(mlir::Value value) { return getRange(value).low >= 0; }

private:
  class Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace aimc

#endif // AIMC_ANALYSIS_VALUERANGES_H
