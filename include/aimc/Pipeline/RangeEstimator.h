//===- RangeEstimator.h - from observed magnitudes to converter ranges ------------------------------------------===//
//
// A converter's range is estimated per channel (an input scale, or one ADC column) from the magnitudes that passed it. Data is
// shown twice: first every channel's maximum is found, then a histogram over [0, maximum] is filled.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_PIPELINE_RANGEESTIMATOR_H
#define AIMC_PIPELINE_RANGEESTIMATOR_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aimc {

/// How a range is read off a histogram.
struct RangeRule {
  enum Kind {
    Percentile, ///< upper edge of the bin in which `percent` of all magnitudes are reached; 100: the maximum
    LeastError  ///< range in which the errors of a uniform quantizer with `steps` levels a side, to the `power`, are least
  };
  Kind kind = Percentile;
  double percent = 99.99, power = 2;
};

/// Reads `percentile`, `percentile:P`, `max`, `mse`, `l1` or `lp:P` (1 <= P <= 64); nothing when `text` is none of them.
std::optional<RangeRule> parseRangeRule(const std::string &text);

/// Which columns have one ADC range, slice by slice.
enum class AdcSharing { Column, Tile, Layer };

/// Histograms of magnitudes, one for each channel.
class MagnitudeHistograms {
public:
  static constexpr size_t kBins = 4096;

  explicit MagnitudeHistograms(size_t channels) : maxima(channels, 0.0f) {}

  size_t channels() const { return maxima.size(); }
  /// Bytes that counting takes.
  static size_t bytes(size_t channels) { return channels * kBins * sizeof(uint32_t); }

  /// First pass.
  void observeMaximum(size_t channel, float magnitude) {
    if (magnitude > maxima[channel])
      maxima[channel] = magnitude;
  }
  /// Between the passes: channels that get one range. It is then asked for all of them together.
  void join(const std::vector<size_t> &joined);
  /// Between the passes.
  void startCounting();
  /// Second pass, over the same data.
  void count(size_t channel, float magnitude) {
    float position = magnitude * scale[channel];
    size_t bin = position < float(kBins - 1) ? size_t(position) : kBins - 1;
    counts[channel * kBins + bin] += 1;
  }

  /// Range of `channel`; 1 when all its magnitudes were zero. `steps`: quantizer levels on one side of zero.
  float range(size_t channel, const RangeRule &rule, double steps) const {
    return range(std::vector<size_t>{channel}, rule, steps);
  }
  /// That of channels that were joined.
  float range(const std::vector<size_t> &joined, const RangeRule &rule, double steps) const;

  std::vector<float> maxima;
  std::vector<float> scale;
  std::vector<uint32_t> counts;
};

} // namespace aimc

#endif // AIMC_PIPELINE_RANGEESTIMATOR_H
