//===- Ranges.h - converter ranges of a program's layers --------------------------------------------------------===//
#ifndef AIMC_PIPELINE_RANGES_H
#define AIMC_PIPELINE_RANGES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aimc {

/// What calibration knows of one layer.
struct LayerRanges {
  std::optional<float> alpha;   ///< input scale; absent: measured at run time
  std::vector<float> tileAlpha; ///< a scale for each row tile instead; empty: `alpha`
  std::vector<float> adcRange;  ///< A, [G, T, N, S] row-major, in column-sum units; empty: the data-free default
};

/// Ranges by layer. The file is JSON: {"node": {"alpha": a or [...], "adc_range": [...]}, ...}.
using Ranges = std::map<std::string, LayerRanges>;

llvm::Error saveRanges(const Ranges &ranges, llvm::StringRef path);

} // namespace aimc

#endif // AIMC_PIPELINE_RANGES_H
