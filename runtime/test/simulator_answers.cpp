// Answers that are known in closed form, through whole layers; docs/numerics.md lists them with those of the other files.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <math.h>

using namespace aimc::test;

/// One weight of full scale with an ideal ADC: y is what the input converter makes of x, alpha its full scale.
static Spec converter(int bits, float alpha) {
  Spec spec;
  spec.K = spec.N = spec.R = spec.C = 1;
  spec.bx = bits;
  spec.v = bits - 1;
  spec.B = 0;
  spec.alpha = alpha;
  spec.levels = {spec.L()};
  spec.weightScale = {1.0f};
  return spec;
}

/// Signal to quantization noise in dB of inputs at x, each with its weight.
static double sqnr(const Spec &spec, const std::vector<float> &x, const std::vector<double> &weight) {
  const std::vector<float> y = OneRun(spec, AIMC_QUANTIZED).outputs(x);
  double signal = 0, noise = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double error = double(y[i]) - double(x[i]);
    signal += weight[i] * double(x[i]) * double(x[i]);
    noise += weight[i] * error * error;
  }
  return 10 * log10(signal / noise);
}

/// Midpoints of `count` equal parts of [-limit, limit].
static std::vector<float> grid(int count, double limit) {
  std::vector<float> x;
  for (int i = 0; i < count; ++i)
    x.push_back(float(limit * ((2 * i + 1.0) / count - 1)));
  return x;
}

// 2^b - 1 codes; the outermost are half as wide.
TEST(Sqnr, UniformInputsOfFullScale) {
  for (int bits : {4, 6, 8}) {
    const std::vector<float> x = grid(254 * 1001, 1.0);
    const double found = sqnr(converter(bits, 1.0f), x, std::vector<double>(x.size(), 1.0));
    EXPECT_NEAR(found, 20 * log10(exp2(bits) - 2), 0.002) << bits;
    EXPECT_TRUE(bits != 8 || fabs(found - 48.10) <= 0.007) << found;
  }
}

TEST(Sqnr, GaussianInputsAtTheirBestClip) {
  const struct {
    int bits;
    double clip, decibel; // clip in standard deviations
  } known[] = {{4, 2.474, 18.90}, {6, 3.270, 29.71}, {8, 3.921, 40.54}};
  const std::vector<float> x = grid(400001, 8.0);
  std::vector<double> density;
  for (float value : x)
    density.push_back(exp(-0.5 * double(value) * double(value)));
  for (const auto &row : known) {
    const double best = sqnr(converter(row.bits, float(row.clip)), x, density);
    EXPECT_NEAR(best, row.decibel, 0.006) << row.bits;
    for (double other : {0.98, 1.02})
      EXPECT_LT(sqnr(converter(row.bits, float(row.clip * other)), x, density), best) << row.bits << ", " << other;
  }
}

// Cells that conduct at digit 0 too: an ideal reference column takes it away, pairs have it twice.
TEST(Quantized, OffsetAndDifferentialAgreeForAnyOnOffRatio) {
  for (int c : {2, 4, 7})
    for (float gMin : {0.0f, 0.025f, 2.5f, 12.5f, 22.5f}) {
      Spec spec;
      spec.K = 40;
      spec.R = 16;
      spec.N = 24;
      spec.C = 10;
      spec.B = 0;
      spec.c = c;
      spec.gMin = gMin;
      spec.fill(3);                                           // levels that a pair holds
      spec.device = aimc::fb::DeviceModel::NormalIndependent; // of magnitude 0: conductances, but no errors
      spec.programmingNoise = true;
      const std::vector<float> x = randomInputs(size_t(9 * spec.K), 4, -1.0f, 1.0f);
      const std::vector<float> differential = OneRun(spec).outputs(x);
      spec.offset = true;
      EXPECT_EQ(OneRun(spec).outputs(x), differential) << c << " bits, " << gMin << " microsiemens";
      EXPECT_EQ(OneRun(spec, AIMC_QUANTIZED).outputs(x), differential) << c << " bits, " << gMin << " microsiemens";
    }
}

// The mean over N chips that are programmed anew, and convert anew, deviates 1 / sqrt(N) as much.
TEST(Averaging, NFold) {
  Spec spec;
  spec.K = spec.R = 4;
  spec.N = spec.C = 4000;
  spec.programmingNoise = true;
  spec.outputNoise = 3.0f;
  spec.bias.clear();
  spec.levels.assign(size_t(spec.K * spec.N), 64);
  spec.weightScale.assign(size_t(spec.N), 1.0f);
  spec.adcRange.assign(size_t(spec.N), 4.0f * 127 * 127);
  const std::vector<float> x(size_t(spec.K), 1.0f);
  std::vector<double> sum(size_t(spec.N)), single;
  auto deviation = [](const std::vector<double> &values) {
    double mean = 0, square = 0;
    for (double value : values)
      mean += value / double(values.size());
    for (double value : values)
      square += (value - mean) * (value - mean) / double(values.size() - 1);
    return sqrt(square);
  };
  for (uint32_t trial = 0; trial < 16; ++trial) {
    const std::vector<float> y = OneRun(spec).seed(1).trial(trial).outputs(x);
    for (size_t n = 0; n < y.size(); ++n)
      sum[n] += double(y[n]);
    if (trial == 0)
      single.assign(y.begin(), y.end());
    const double count = trial + 1;
    if (count != 4 && count != 16)
      continue;
    // Either deviation is known to 1 / sqrt(2 N) of itself, N columns.
    EXPECT_NEAR(deviation(sum) / count / deviation(single), 1 / sqrt(count), 4 / sqrt(count) / sqrt(double(spec.N)));
  }
}
