// How good outputs are: accuracy against labels, closeness to a reference, the spread over trials.
#ifndef AIMC_TOOLS_COMMON_COMPARE_H
#define AIMC_TOOLS_COMMON_COMPARE_H

#include "Types.h"

namespace aimc::tools {

/// Mean and sample standard deviation (n − 1; 0 for one value).
struct Spread {
  double mean = 0, deviation = 0;
};
Spread spreadOf(const std::vector<double> &values);

/// Share of rows of `scores`, [labels.size(), classes], whose largest entry (the first of equals) is at the label's index.
double topOneAccuracy(const std::vector<double> &scores, const std::vector<int64_t> &labels);

struct Difference {
  double sqnrDb = 0;          // 10 log10(Σ ref² / Σ (ref − out)²), infinite when equal
  double maxAbsolute = 0;     // infinite when one of both is NaN somewhere, or when infinities differ
  double range = 0;           // max ref − min ref
  double maxRelative() const; // maxAbsolute / range
  bool equal() const { return maxAbsolute == 0; }
};
/// Both of the same size. A NaN in both counts as equal.
Difference compare(const std::vector<double> &output, const std::vector<double> &reference);

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_COMPARE_H
