// Read noise: variances of column sums against the sums over cells, for every law, encoding and slicing.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace aimc::test;
namespace fb = aimc::fb;

/// An ideal ADC, exact devices between 0 and 25 microsiemens, and read noise alone; one tile.
static Spec readSpec(fb::ReadNoise law, float magnitude) {
  Spec spec;
  spec.K = 40;
  spec.N = 20;
  spec.R = 64;
  spec.C = 32;
  spec.B = 0;
  spec.fill(3);
  spec.bias.clear();
  spec.changeTarget = [=](fb::TargetT &target) {
    target.read_noise = law;
    target.read_magnitude = magnitude;
  };
  return spec;
}

/// Deviation of a cell of conductance g, written plainly.
static double cellDeviation(fb::ReadNoise law, double magnitude, double gMax, double g) {
  if (law == fb::ReadNoise::Independent)
    return magnitude * gMax;
  if (law == fb::ReadNoise::Proportional)
    return magnitude * g;
  return 12.58037e-3 * (1 - std::exp(-1000 * g / 215.36557)); // SONOS, nanoamperes at 1 V
}

/// Variance of the result of column n for codes X: sums over cells of X^2 sigma^2, weighted as digits are.
static double expectedVariance(const Spec &spec, fb::ReadNoise law, double magnitude, const std::vector<int> &codes,
                               int64_t n) {
  const double full = (1 << spec.c) - 1, digitsPerMicrosiemens = full / (double(spec.gMax) - spec.gMin) / spec.F;
  double sum = 0;
  for (int64_t k = 0; k < spec.K; ++k) {
    const int level = spec.levels[size_t(k * spec.N + n)];
    for (int s = 0; s < spec.S(); ++s)
      for (int i = 0; i < spec.V(); ++i) {
        const int mask = (1 << spec.c) - 1;
        const int digit =
            spec.offset ? ((level + (1 << (spec.bw - 1))) >> (s * spec.c)) & mask : (std::abs(level) >> (s * spec.c)) & mask;
        const int x = (std::abs(codes[size_t(k)]) >> (i * spec.v)) & ((1 << spec.v) - 1);
        const double g = spec.gMin + (spec.gMax - spec.gMin) * digit / full;
        double variance = std::pow(cellDeviation(law, magnitude, spec.gMax, g), 2);
        if (!spec.offset)
          variance += std::pow(cellDeviation(law, magnitude, spec.gMax, spec.gMin), 2);
        variance *= spec.F * digitsPerMicrosiemens * digitsPerMicrosiemens;
        sum += std::pow(4.0, s * spec.c + i * spec.v) * x * x * variance;
      }
  }
  const double f = double(spec.weightScale[size_t(n)]) * spec.alpha / (double(spec.L()) * spec.Q());
  return f * f * sum;
}

/// The same inputs in every row: rows differ by noise only.
static void checkVariance(const Spec &spec, fb::ReadNoise law, double magnitude) {
  const int64_t rows = 4000;
  Array x({rows, spec.K}), y({rows, spec.N}), quiet({rows, spec.N});
  std::mt19937 random(7);
  std::vector<int> codes;
  for (int64_t k = 0; k < spec.K; ++k)
    codes.push_back(int(random() % unsigned(spec.Q() + 1)) * (spec.isSigned && random() % 2 ? -1 : 1));
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < spec.K; ++k)
      x.data[size_t(r * spec.K + k)] = float(codes[size_t(k)]) / float(spec.Q());
  Host host(spec);
  SimulatedChip chip(host, AIMC_NOISY, 11);
  ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
  SimulatedChip plain(host, AIMC_QUANTIZED);
  ASSERT_EQ(plain.run(x, quiet), AIMC_OK) << host.message;
  for (int64_t n = 0; n < spec.N; ++n) {
    const double expected = expectedVariance(spec, law, magnitude, codes, n);
    double mean = 0, variance = 0;
    for (int64_t r = 0; r < rows; ++r)
      mean += double(y.data[size_t(r * spec.N + n)]) - double(quiet.data[size_t(n)]);
    mean /= double(rows);
    for (int64_t r = 0; r < rows; ++r)
      variance += std::pow(double(y.data[size_t(r * spec.N + n)]) - double(quiet.data[size_t(n)]) - mean, 2);
    variance /= double(rows - 1);
    EXPECT_LT(std::abs(mean), 4 * std::sqrt(expected / double(rows))) << "column " << n;
    // Four standard errors, and half a step of 1/127 of the largest variance in every cell.
    EXPECT_NEAR(variance / expected, 1.0, 4 * std::sqrt(2.0 / double(rows)) + 0.02) << "column " << n;
  }
}

TEST(ReadNoise, VarianceIsTheSumOverCells) {
  for (bool offset : {false, true})
    for (bool isSigned : {false, true})
      for (int c : {7, 2})
        for (int v : {7, 1})
          for (fb::ReadNoise law : {fb::ReadNoise::Independent, fb::ReadNoise::Proportional}) {
            Spec spec = readSpec(law, 0.03f);
            spec.offset = offset;
            spec.isSigned = isSigned;
            spec.c = c;
            spec.v = v;
            spec.F = c == 2 ? 3 : 1;
            spec.gMin = offset ? 1.0f : 0.0f;
            spec.fill(5);
            spec.bias.clear();
            SCOPED_TRACE(testing::Message() << "offset " << offset << " signed " << isSigned << " c " << c << " v " << v);
            checkVariance(spec, law, 0.03);
          }
}

TEST(ReadNoise, OfSonosDevices) {
  Spec spec = readSpec(fb::ReadNoise::Device, 0);
  spec.device = fb::DeviceModel::Sonos;
  spec.gMax = 1.6f;
  checkVariance(spec, fb::ReadNoise::Device, 0);
}

TEST(ReadNoise, JoinsTheOutputNoise) {
  Spec spec = readSpec(fb::ReadNoise::Independent, 0.05f);
  spec.N = 1;
  spec.fill(3);
  spec.bias.clear();
  spec.outputNoise = 40.0f; // digits: the ADC is ideal
  const int64_t rows = 4000;
  const std::vector<int> codes(size_t(spec.K), 127);
  const Moments y(OneRun(spec).outputs(std::vector<float>(size_t(rows * spec.K), 1.0f)));
  const double f = double(spec.weightScale[0]) / (double(spec.L()) * spec.Q());
  const double expected = expectedVariance(spec, fb::ReadNoise::Independent, 0.05, codes, 0) + f * f * 1600;
  EXPECT_NEAR(y.deviation * y.deviation / expected, 1.0, 4 * std::sqrt(2.0 / double(rows)) + 0.02);
}

TEST(ReadNoise, StuckDevicesHaveNone) {
  Spec spec = readSpec(fb::ReadNoise::Independent, 0.1f);
  auto readNoise = spec.changeTarget;
  spec.changeTarget = [=](fb::TargetT &target) {
    readNoise(target);
    target.stuck_at_g_min = 1.0f;
  };
  for (float value : OneRun(spec).outputs(randomInputs(size_t(3 * spec.K), 1, -1.0f, 1.0f)))
    EXPECT_EQ(value, 0.0f);
}

TEST(ReadNoise, DevicesWithoutStatisticsSaySo) {
  Spec spec = readSpec(fb::ReadNoise::Device, 0);
  Host host(spec);
  EXPECT_EQ(OneRun(spec).refusal(),
            "target test: nothing is known of the read noise of Pcm devices; let noise.read be independent or "
            "proportional, or disable read-noise");
  EXPECT_EQ(SimulatedChip(host, AIMC_NOISY, 0, 0, 1u << AIMC_EFFECT_READ_NOISE).status, AIMC_OK);
  EXPECT_EQ(SimulatedChip(host, AIMC_QUANTIZED).status, AIMC_OK);
}
