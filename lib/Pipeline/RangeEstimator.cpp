//===- RangeEstimator.cpp ---------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/RangeEstimator.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

using namespace aimc;

/// The number behind `prefix`, which begins `text`.
static std::optional<double> readParameter(const std::string &text, const std::string &prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0)
    return std::nullopt;
  char *end = nullptr;
  double number = std::strtod(text.c_str() + prefix.size(), &end);
  return end == text.c_str() + prefix.size() || *end ? std::nullopt : std::optional(number);
}

std::optional<RangeRule> aimc::parseRangeRule(const std::string &text) {
  if (text == "percentile")
    return RangeRule{};
  if (text == "max")
    return RangeRule{RangeRule::Percentile, 100.0, 0.0};
  if (text == "mse")
    return RangeRule{RangeRule::LeastError, 0.0, 2.0};
  if (text == "l1")
    return RangeRule{RangeRule::LeastError, 0.0, 1.0};
  if (std::optional<double> power = readParameter(text, "lp:"))
    return *power >= 1.0 && *power <= 64.0 ? std::optional(RangeRule{RangeRule::LeastError, 0.0, *power}) : std::nullopt;
  std::optional<double> percent = readParameter(text, "percentile:");
  if (!percent || !(*percent > 0.0 && *percent <= 100.0))
    return std::nullopt;
  return RangeRule{RangeRule::Percentile, *percent, 0.0};
}

void MagnitudeHistograms::join(const std::vector<size_t> &joined) {
  float largest = 0.0f;
  for (size_t channel : joined)
    largest = std::max(largest, maxima[channel]);
  for (size_t channel : joined)
    maxima[channel] = largest;
}

void MagnitudeHistograms::startCounting() {
  counts.assign(maxima.size() * kBins, 0);
  scale.resize(maxima.size());
  for (size_t c = 0; c < maxima.size(); ++c)
    scale[c] = maxima[c] > 0.0f ? float(kBins) / maxima[c] : 0.0f;
}

static float percentileOf(const std::vector<uint64_t> &bins, float maximum, double percent) {
  uint64_t total = 0;
  for (uint64_t count : bins)
    total += count;
  double wanted = percent / 100.0 * double(total);
  uint64_t reached = 0;
  for (size_t b = 0; b < bins.size(); ++b) {
    reached += bins[b];
    if (double(reached) >= wanted)
      return float(double(maximum) * double(b + 1) / double(bins.size()));
  }
  return maximum;
}

static double raise(double error, double power) {
  return power == 2.0 ? error * error : power == 1.0 ? error : std::pow(error, power);
}

/// Inside a range r with step r / steps a value is off by up to half a step, evenly spread: to the power p (step/2)^p / (p + 1)
/// on average, and never by more than itself; beyond r it is off by what was clipped.
static float leastErrorOf(const std::vector<uint64_t> &bins, float maximum, double power, double steps) {
  constexpr size_t kCandidates = 128;
  double width = double(maximum) / double(bins.size()), best = std::numeric_limits<double>::infinity();
  double range = maximum;
  for (size_t i = kCandidates; i > 0; --i) {
    double candidate = double(maximum) * double(i) / double(kCandidates), half = candidate / steps / 2.0, error = 0.0;
    double inside = raise(half, power) / (power + 1.0);
    for (size_t b = 0; b < bins.size(); ++b) {
      if (!bins[b])
        continue;
      double magnitude = (double(b) + 0.5) * width;
      error += double(bins[b]) * (magnitude < half        ? raise(magnitude, power)
                                  : magnitude > candidate ? raise(magnitude - candidate, power)
                                                          : inside);
    }
    if (error < best) {
      best = error;
      range = candidate;
    }
  }
  return float(range);
}

float MagnitudeHistograms::range(const std::vector<size_t> &joined, const RangeRule &rule, double steps) const {
  const float maximum = maxima[joined.front()];
  if (maximum == 0.0f)
    return 1.0f;
  if (rule.kind == RangeRule::Percentile && rule.percent >= 100.0)
    return maximum;
  std::vector<uint64_t> bins(kBins, 0);
  for (size_t channel : joined)
    for (size_t b = 0; b < kBins; ++b)
      bins[b] += counts[channel * kBins + b];
  return rule.kind == RangeRule::Percentile ? percentileOf(bins, maximum, rule.percent)
                                            : leastErrorOf(bins, maximum, rule.power, steps);
}
