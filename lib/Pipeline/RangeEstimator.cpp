//===- RangeEstimator.cpp ---------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/RangeEstimator.h"

#include <cmath>
#include <cstdlib>
#include <limits>

using namespace aimc;

std::optional<RangeRule> aimc::parseRangeRule(const std::string &text) {
  if (text == "percentile")
    return RangeRule{};
  if (text == "max")
    return RangeRule{RangeRule::Percentile, 100.0};
  if (text == "mse")
    return RangeRule{RangeRule::SquaredError, 0.0};
  if (text == "l1")
    return RangeRule{RangeRule::AbsoluteError, 0.0};
  const std::string prefix = "percentile:";
  if (text.compare(0, prefix.size(), prefix) != 0)
    return std::nullopt;
  char *end = nullptr;
  double percent = std::strtod(text.c_str() + prefix.size(), &end);
  if (end == text.c_str() + prefix.size() || *end || !(percent > 0.0 && percent <= 100.0))
    return std::nullopt;
  return RangeRule{RangeRule::Percentile, percent};
}

void MagnitudeHistograms::startCounting() {
  counts.assign(maxima.size() * kBins, 0);
  scale.resize(maxima.size());
  for (size_t c = 0; c < maxima.size(); ++c)
    scale[c] = maxima[c] > 0.0f ? float(kBins) / maxima[c] : 0.0f;
}

float MagnitudeHistograms::range(size_t channel, const RangeRule &rule, double steps) const {
  if (maxima[channel] == 0.0f)
    return 1.0f;
  if (rule.kind == RangeRule::Percentile)
    return rule.percent >= 100.0 ? maxima[channel] : percentile(channel, rule.percent);
  return leastError(channel, rule.kind == RangeRule::SquaredError, steps);
}

float MagnitudeHistograms::percentile(size_t channel, double percent) const {
  const uint32_t *bins = &counts[channel * kBins];
  uint64_t total = 0;
  for (size_t b = 0; b < kBins; ++b)
    total += bins[b];
  double wanted = percent / 100.0 * double(total);
  uint64_t reached = 0;
  for (size_t b = 0; b < kBins; ++b) {
    reached += bins[b];
    if (double(reached) >= wanted)
      return float(double(maxima[channel]) * double(b + 1) / double(kBins));
  }
  return maxima[channel];
}

/// Inside a range r with step r / steps a value is off by up to half a step, evenly spread: step² / 12 on average when squared,
/// step / 4 otherwise, and never by more than itself; beyond r it is off by what was clipped.
static double expectedError(double magnitude, double range, double steps, bool squared) {
  double step = range / steps;
  double error = magnitude > range ? magnitude - range : squared ? step / std::sqrt(12.0) : step / 4.0;
  if (magnitude < step / 2.0)
    error = magnitude;
  return squared ? error * error : error;
}

float MagnitudeHistograms::leastError(size_t channel, bool squared, double steps) const {
  constexpr size_t kCandidates = 128;
  const uint32_t *bins = &counts[channel * kBins];
  double width = double(maxima[channel]) / double(kBins), best = std::numeric_limits<double>::infinity();
  double range = maxima[channel];
  for (size_t i = kCandidates; i > 0; --i) {
    double candidate = double(maxima[channel]) * double(i) / double(kCandidates), error = 0.0;
    for (size_t b = 0; b < kBins; ++b)
      if (bins[b])
        error += double(bins[b]) * expectedError((double(b) + 0.5) * width, candidate, steps, squared);
    if (error < best) {
      best = error;
      range = candidate;
    }
  }
  return float(range);
}
