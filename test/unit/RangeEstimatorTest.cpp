//===- RangeEstimatorTest.cpp -----------------------------------------------------------------------------------===//
#include "aimc/Pipeline/RangeEstimator.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace aimc;

static float rangeOf(const std::vector<float> &data, const char *rule, double steps = 127.0) {
  MagnitudeHistograms histograms(2);
  for (float value : data)
    histograms.observeMaximum(1, value);
  histograms.startCounting();
  for (float value : data)
    histograms.count(1, value);
  return histograms.range(1, *parseRangeRule(rule), steps);
}

/// Magnitudes of a standard Gaussian at evenly spaced probabilities: Φ⁻¹ by bisection of erf.
static std::vector<float> halfGaussian(int count) {
  std::vector<float> values(count);
  for (int i = 0; i < count; ++i) {
    double low = 0.0, high = 10.0, target = (i + 0.5) / count;
    for (int step = 0; step < 60; ++step) {
      double middle = 0.5 * (low + high);
      (std::erf(middle / std::sqrt(2.0)) < target ? low : high) = middle;
    }
    values[i] = float(low);
  }
  return values;
}

TEST(RangeRule, ReadsWhatTheHelpNames) {
  EXPECT_EQ(parseRangeRule("percentile")->percent, 99.99);
  EXPECT_EQ(parseRangeRule("percentile:99.5")->percent, 99.5);
  EXPECT_EQ(parseRangeRule("max")->percent, 100.0);
  EXPECT_EQ(parseRangeRule("mse")->power, 2.0);
  EXPECT_EQ(parseRangeRule("l1")->power, 1.0);
  EXPECT_EQ(parseRangeRule("lp:2.5")->power, 2.5);
  for (const char *wrong :
       {"", "percentile:", "percentile:0", "percentile:101", "percentile:9x", "mean", "lp:", "lp:0.5", "lp:65", "lp:x"})
    EXPECT_FALSE(parseRangeRule(wrong)) << wrong;
}

TEST(RangeEstimator, MaximumIsExact) { EXPECT_EQ(rangeOf({0.1f, 7.3f, 2.0f}, "max"), 7.3f); }

TEST(RangeEstimator, AllZeroGivesOne) { EXPECT_EQ(rangeOf({0.0f, 0.0f}, "percentile"), 1.0f); }

TEST(RangeEstimator, PercentileIsTheUpperEdgeOfItsBin) {
  // 4096 values, one in each bin: half of them are reached in bin 2047, whose upper edge is 2048/4096 of the maximum.
  std::vector<float> values;
  for (int bin = 0; bin < 4096; ++bin)
    values.push_back(float(bin) + 0.5f);
  values.back() = 4096.0f;
  EXPECT_EQ(rangeOf(values, "percentile:50"), 2048.0f);
}

TEST(RangeEstimator, PercentileLeavesOutliersOut) {
  std::vector<float> values(99999, 1.0f);
  values.push_back(1000.0f);
  EXPECT_LE(rangeOf(values, "percentile"), 1.25f);
}

/// Best clip of a Gaussian: 3.270 σ at 6 bits and 3.921 σ at 8 (docs/numerics.md), to the grid of 1/128 of the maximum.
TEST(RangeEstimator, SquaredErrorFindsTheBestClipOfAGaussian) {
  std::vector<float> values = halfGaussian(200000);
  EXPECT_NEAR(rangeOf(values, "mse", 31.0), 3.270f, 0.12f);
  EXPECT_NEAR(rangeOf(values, "mse", 127.0), 3.921f, 0.12f);
}

TEST(RangeEstimator, PowersGoFromTheAbsoluteErrorToTheMaximum) {
  std::vector<float> values = halfGaussian(20000);
  EXPECT_EQ(rangeOf(values, "lp:1", 31.0), rangeOf(values, "l1", 31.0));
  EXPECT_EQ(rangeOf(values, "lp:2", 31.0), rangeOf(values, "mse", 31.0));
  EXPECT_LT(rangeOf(values, "l1", 31.0), rangeOf(values, "mse", 31.0));
  EXPECT_LT(rangeOf(values, "mse", 31.0), rangeOf(values, "lp:4", 31.0));
  // The least of the largest errors: what the outermost value loses by clipping is half a step, range / 62, at most.
  EXPECT_NEAR(rangeOf(values, "lp:64", 31.0), values.back() / (1 + 1 / 62.0), values.back() / 64);
}

TEST(RangeEstimator, JoinedChannelsAreOne) {
  std::vector<float> values = halfGaussian(20000);
  MagnitudeHistograms halves(3);
  auto channelOf = [](size_t i) { return i % 2 ? size_t(0) : size_t(2); };
  for (size_t i = 0; i < values.size(); ++i)
    halves.observeMaximum(channelOf(i), values[i]);
  halves.join({0, 2});
  halves.startCounting();
  for (size_t i = 0; i < values.size(); ++i)
    halves.count(channelOf(i), values[i]);
  for (const char *rule : {"max", "percentile:99", "mse", "l1"})
    EXPECT_EQ(halves.range({0, 2}, *parseRangeRule(rule), 127.0), rangeOf(values, rule)) << rule;
}
