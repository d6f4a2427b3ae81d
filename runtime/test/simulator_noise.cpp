// Programming noise and ADC output noise: distributions against closed forms (4 standard errors, fixed seeds), addresses, and
// that effects switched off leave the noiseless bits.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <math.h>

using namespace aimc::test;

static const uint32_t allEffects = 3;

static Spec noisySpec() {
  Spec spec;
  spec.K = 40;
  spec.R = 16;
  spec.N = 24;
  spec.C = 10;
  spec.programmingNoise = true;
  spec.outputNoise = 1.0f;
  spec.fill(1);
  return spec;
}

TEST(Noisy, RefusesDevicesBeyondTheirStatistics) {
  Spec spec = noisySpec();
  spec.device = aimc::fb::DeviceModel::Sonos;
  Host host(spec);
  EXPECT_NE(OneRun(spec).refusal().find("Sonos devices were measured from 0 to 3.2 microsiemens, not from 0 to 25"),
            std::string::npos);
  EXPECT_EQ(SimulatedChip(host, AIMC_QUANTIZED).status, AIMC_OK) << host.message;
  EXPECT_EQ(SimulatedChip(host, AIMC_NOISY, 0, 0, allEffects).status, AIMC_OK) << host.message;
}

TEST(Noisy, WithEveryEffectOffIsQuantized) {
  for (bool offset : {false, true})
    for (int c : {2, 7, 8}) {
      Spec spec = noisySpec();
      spec.offset = offset;
      spec.c = c;
      spec.fill(2);
      std::vector<float> x = randomInputs(size_t(9 * spec.K), 3, -1.0f, 1.0f);
      std::vector<float> quantized = OneRun(spec, AIMC_QUANTIZED).outputs(x);
      EXPECT_EQ(OneRun(spec).disable(allEffects).outputs(x), quantized);
      EXPECT_NE(OneRun(spec).without(AIMC_EFFECT_PROGRAMMING).outputs(x), quantized);
      EXPECT_NE(OneRun(spec).without(AIMC_EFFECT_OUTPUT_NOISE).outputs(x), quantized);
      spec.device = aimc::fb::DeviceModel::Ideal;
      spec.outputNoise = 0.0f;
      EXPECT_EQ(OneRun(spec).outputs(x), quantized);
    }
}

TEST(Noisy, SeedsAndTrialsDiffer) {
  Spec spec = noisySpec();
  std::vector<float> x = randomInputs(size_t(4 * spec.K), 3, -1.0f, 1.0f);
  std::vector<float> first = OneRun(spec).seed(1).outputs(x);
  EXPECT_EQ(OneRun(spec).seed(1).outputs(x), first);
  EXPECT_NE(OneRun(spec).seed(2).outputs(x), first);
  EXPECT_NE(OneRun(spec).seed(1).trial(1).outputs(x), first);
}

TEST(Noisy, ThreadsAndBatchSplitsDoNotChangeBits) {
  Spec spec = noisySpec();
  const int64_t M = 301;
  std::vector<float> x = randomInputs(size_t(M * spec.K), 3, -1.0f, 1.0f);
  std::vector<float> whole = OneRun(spec).outputs(x);
  for (int threads : {2, 7})
    EXPECT_EQ(OneRun(spec).threads(threads).outputs(x), whole);
  for (int64_t batch : {1, 3, 100})
    EXPECT_EQ(OneRun(spec).threads(2).outputsInBatches(x, batch), whole) << "batch " << batch;
}

TEST(Noisy, InstructionSetsDoNotChangeBits) {
  for (bool offset : {false, true}) {
    Spec spec = noisySpec();
    spec.offset = offset;
    spec.unitColumn = offset;
    spec.c = 3;
    spec.v = 2;
    spec.fill(2);
    std::vector<float> x = randomInputs(size_t(9 * spec.K), 3, -1.0f, 1.0f);
    const std::vector<float> best = OneRun(spec).outputs(x);
    onEveryInstructionSet([&](const char *name) { EXPECT_EQ(OneRun(spec).outputs(x), best) << name; });
  }
}

TEST(Noisy, RowsOfOneSampleKeepTheirNoiseInEveryBatch) {
  // Rows are outer x batch x inner = 2 x samples x 3.
  Spec spec = noisySpec();
  spec.batchOuter = 2;
  spec.batchInner = 3;
  const int64_t samples = 4;
  std::vector<float> x = randomInputs(size_t(2 * samples * 3 * spec.K), 3, -1.0f, 1.0f);
  std::vector<float> whole = OneRun(spec).outputs(x);
  for (int64_t sample = 0; sample < samples; ++sample) {
    std::vector<float> part;
    for (int64_t outer = 0; outer < 2; ++outer) {
      auto begin = x.begin() + (outer * samples + sample) * 3 * spec.K;
      part.insert(part.end(), begin, begin + 3 * spec.K);
    }
    std::vector<float> y = OneRun(spec).firstSample(sample).outputs(part);
    for (int64_t outer = 0; outer < 2; ++outer)
      for (int64_t i = 0; i < 3 * spec.N; ++i)
        ASSERT_EQ(y[size_t(outer * 3 * spec.N + i)], whole[size_t((outer * samples + sample) * 3 * spec.N + i)]);
  }
}

TEST(Noisy, PixelsHaveTheirOwnNoiseInEveryBatch) {
  Spec spec;
  spec.N = spec.C = 3;
  useConvolution(spec, 2, 3, 1, 1);
  spec.outputNoise = 30.0f;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_NOISY);
  Array x({2, 2, 4, 4}), y({2, 3, 4, 4}), oneX({1, 2, 4, 4}), oneY({1, 3, 4, 4});
  ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  for (int64_t sample = 0; sample < 2; ++sample) {
    options.sample_offset = sample;
    ASSERT_EQ(chip.run(oneX, oneY, 0, &options), AIMC_OK) << host.message;
    EXPECT_EQ(oneY.data, std::vector<float>(y.data.begin() + sample * 48, y.data.begin() + (sample + 1) * 48));
  }
  // Nothing is driven: what a pixel's three columns show is noise, and no two pixels show the same.
  for (int64_t a = 0; a < 32; ++a)
    for (int64_t b = 0; b < a; ++b) {
      int same = 0;
      for (int64_t n = 0; n < 3; ++n)
        same += y.data[size_t(a / 16 * 48 + n * 16 + a % 16)] == y.data[size_t(b / 16 * 48 + n * 16 + b % 16)];
      EXPECT_LT(same, 3) << a << " " << b;
    }
}

TEST(Noisy, InvocationsAndTilesHaveTheirOwnNoise) {
  Spec spec = noisySpec();
  spec.programmingNoise = false;
  Host host(spec);
  SimulatedChip chip(host, AIMC_NOISY);
  Array x({2, spec.K}), first({2, spec.N}), second({2, spec.N});
  ASSERT_EQ(chip.run(x, first, 0), AIMC_OK);
  ASSERT_EQ(chip.run(x, second, 1), AIMC_OK);
  EXPECT_NE(first.data, second.data);
  Spec moved = spec;
  moved.dispatchTileBase = 100;
  EXPECT_NE(OneRun(moved).outputs(x.data), first.data);
}

// ---- programming: distributions ----

/// One row driven at full scale at a time, read through an ideal ADC: y is the difference of conductances in digits, 128 x 128
/// of them.
static std::vector<double> programmedDigits(int level, float gMin, float gMax, uint32_t devices, bool offset = false,
                                            aimc::fb::DeviceModel device = aimc::fb::DeviceModel::Pcm) {
  Spec spec = oneTile(128, 128);
  spec.device = device;
  spec.gMin = gMin;
  spec.gMax = gMax;
  spec.F = devices;
  spec.offset = offset;
  spec.c = offset ? 8 : 7;
  spec.programmingNoise = true;
  std::fill(spec.levels.begin(), spec.levels.end(), level);
  std::fill(spec.weightScale.begin(), spec.weightScale.end(), float(spec.L()));
  const std::vector<float> y = OneRun(spec).seed(42).outputs(identity(128));
  return std::vector<double>(y.begin(), y.end());
}

static double pcmSigma(double u) { return 0.26348 + 1.9650 * u - 1.1731 * u * u; }

// A device at 0: max(0, sigma N) has mean sigma / sqrt(2 pi) = .10511 microsiemens and deviation
// sigma sqrt(1/2 - 1/(2 pi)) = .15382.
static const double unusedMean = 0.10511, unusedDeviation = 0.15382;

TEST(Programming, DeviationOfALevel) {
  const double count = 128 * 128, digit = 25.0 / 127;
  for (int level : {32, 64, 100, 127}) {
    Moments m(programmedDigits(level, 0.0f, 25.0f, 1));
    double expected = std::sqrt(pcmSigma(level / 127.0) * pcmSigma(level / 127.0) + unusedDeviation * unusedDeviation) / digit;
    EXPECT_NEAR(m.mean, level - unusedMean / digit, 4 * expected / std::sqrt(count)) << level;
    EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * count)) << level;
  }
}

TEST(Programming, EveryModelAtFiveConductances) {
  struct Model {
    aimc::fb::DeviceModel device;
    double gMin, gMax;
    double (*sigma)(double g); // microsiemens
  };
  const Model models[] = {
      {aimc::fb::DeviceModel::Pcm, 0, 25, [](double g) { return pcmSigma(g / 25); }},
      {aimc::fb::DeviceModel::PcmHermes, 0, 10.35,
       [](double g) {
         double u = g / 10.35;
         return 0.15781817 + 2.32443916 * u - 2.16310839 * u * u + 0.68841818 * u * u * u;
       }},
      {aimc::fb::DeviceModel::RramNeurram, 0, 40,
       [](double g) {
         double u = g / 40;
         return .348 + 16.030 * u - 43.853 * u * u + 45.393 * u * u * u - 16.815 * u * u * u * u;
       }},
      {aimc::fb::DeviceModel::RramMilo, 50, 225, [](double g) { return std::max(0.0, 4.782321 - .009107 * g); }},
  };
  const double count = 128 * 128;
  for (const Model &model : models)
    for (int level : {48, 64, 80, 100, 127}) {
      const double digit = (model.gMax - model.gMin) / 127;
      Moments m(programmedDigits(level, float(model.gMin), float(model.gMax), 1, false, model.device));
      double used = model.sigma(model.gMin + level * digit), unused = model.sigma(model.gMin), mean = level;
      if (model.gMin == 0) { // cut at 0
        mean -= unused / std::sqrt(2 * M_PI) / digit;
        unused *= std::sqrt(0.5 - 0.5 / M_PI);
      }
      double expected = std::sqrt(used * used + unused * unused) / digit;
      EXPECT_NEAR(m.mean, mean, 4 * expected / std::sqrt(count)) << int(model.device) << " level " << level;
      EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * count)) << int(model.device) << " level " << level;
    }
}

TEST(Programming, ModelsKeepToTheirMeasuredRange) {
  Spec spec = noisySpec();
  spec.device = aimc::fb::DeviceModel::RramMilo;
  spec.gMin = 40;
  spec.gMax = 225;
  EXPECT_EQ(OneRun(spec).refusal(),
            "target test: RramMilo devices were measured from 50 to 225 microsiemens, not from 40 to 225");
}

TEST(Programming, TheUnusedDevicePullsWeightsTowardsZero) {
  // E[w'] = w - .0042045 sign(w): a full-scale digit is 127.
  const double count = 128 * 128;
  for (int level : {-100, -64, 64, 100}) {
    Moments m(programmedDigits(level, 0.0f, 25.0f, 1));
    double expected = level / 127.0 - std::copysign(0.0042045, level);
    EXPECT_NEAR(m.mean / 127, expected, 4 * m.deviation / 127 / std::sqrt(count)) << level;
  }
  Moments zero(programmedDigits(0, 0.0f, 25.0f, 1));
  EXPECT_NEAR(zero.mean, 0.0, 4 * zero.deviation / std::sqrt(count));
  // The difference of two such devices has kurtosis 4.204.
  EXPECT_NEAR(zero.deviation, std::sqrt(2.0) * unusedDeviation * 127 / 25, 4 * zero.deviation * std::sqrt(3.204 / (4 * count)));
}

TEST(Programming, AveragedDevices) {
  Moments one(programmedDigits(64, 0.0f, 25.0f, 1)), four(programmedDigits(64, 0.0f, 25.0f, 4));
  EXPECT_NEAR(four.deviation, one.deviation / 2, 4 * one.deviation / std::sqrt(128.0 * 128));
}

TEST(Programming, ScalesWithTheLargestConductance) {
  // sigma is multiplied by Gmax / 25; in digits nothing changes when Gmin is 0.
  Moments small(programmedDigits(64, 0.0f, 5.0f, 1)), large(programmedDigits(64, 0.0f, 25.0f, 1));
  EXPECT_NEAR(small.deviation, large.deviation, 1e-3 * large.deviation);
}

TEST(Programming, AConductancePedestal) {
  // Gmin 5, Gmax 25: u = (5 + 20 d / 127) / 25, both devices far from 0.
  const double digit = 20.0 / 127, count = 128 * 128;
  Moments m(programmedDigits(64, 5.0f, 25.0f, 1));
  double used = pcmSigma((5 + 64 * digit) / 25), unused = pcmSigma(5.0 / 25);
  double expected = std::sqrt(used * used + unused * unused) / digit;
  EXPECT_NEAR(m.mean, 64, 4 * expected / std::sqrt(count));
  EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * count));
}

TEST(Programming, OffsetEncodingHasOneDevice) {
  const double digit = 20.0 / 255, count = 128 * 128;
  Moments m(programmedDigits(40, 5.0f, 25.0f, 1, true));
  double expected = pcmSigma((5 + 168 * digit) / 25) / digit;
  EXPECT_NEAR(m.mean, 40, 4 * expected / std::sqrt(count));
  EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * count));
}

TEST(Programming, OutputVariance) {
  // var(y) = (w alpha / (L Q))^2 sum X^2 sum_s 4^(cs) (2^c - 1)^2 (sigma+^2 + sigma-^2) / (F (Gmax - Gmin)^2).
  Spec spec;
  spec.K = spec.R = 16;
  spec.N = spec.C = 64;
  spec.c = 3;
  spec.B = 0;
  spec.F = 2;
  spec.gMin = 5.0f;
  spec.programmingNoise = true;
  spec.fill(3);
  spec.bias.clear();
  std::vector<float> x = randomInputs(16, 4, -1.0f, 1.0f);
  std::vector<float> noiseless = OneRun(spec, AIMC_QUANTIZED).outputs(x);
  double ratio = 0;
  const int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<float> y = OneRun(spec).seed(5).trial(uint32_t(trial)).outputs(x);
    for (int64_t n = 0; n < spec.N; ++n) {
      double variance = 0;
      for (int64_t k = 0; k < spec.K; ++k) {
        double code = std::rint(x[size_t(k)] * 127.0f);
        int level = spec.levels[size_t(k * spec.N + n)];
        for (int s = 0; s < spec.S(); ++s) {
          int d = (std::abs(level) >> (3 * s)) & 7;
          double used = pcmSigma((5 + 20 * d / 7.0) / 25), unused = pcmSigma(5.0 / 25);
          variance += code * code * std::pow(64, s) * 49 * (used * used + unused * unused) / (spec.F * 400.0);
        }
      }
      double f = double(spec.weightScale[size_t(n)]) / (127.0 * 127.0);
      double error = double(y[size_t(n)]) - double(noiseless[size_t(n)]);
      ratio += error * error / (f * f * variance);
    }
  }
  const double count = trials * 64.0;
  EXPECT_NEAR(ratio / count, 1.0, 4 * std::sqrt(2 / count));
}

TEST(Programming, CountsSaturatedConductances) {
  Spec spec;
  spec.K = 40;
  spec.fill(1);
  spec.programmingNoise = true;
  spec.gMin = 24.9f; // a span of .1 microsiemens: errors of 1 microsiemens leave the 16-bit range
  Host host(spec);
  SimulatedChip chip(host, AIMC_NOISY);
  ASSERT_EQ(chip.status, AIMC_OK);
  EXPECT_GT(chip.statistics().saturated_conductances, 40u);
}

// ---- output noise ----

TEST(OutputNoise, DeviationIsInCodes) {
  // Nothing driven, a step of one digit: codes are rint(sigma N), whose variance is sigma^2 + 1/12.
  Spec spec;
  spec.K = spec.R = 2;
  spec.N = spec.C = 64;
  spec.outputNoise = 3.0f;
  spec.fill(1);
  spec.bias.clear();
  spec.adcRange.assign(64, 127.0f);
  spec.weightScale.assign(64, 127.0f * 127.0f);
  const int64_t M = 512;
  std::vector<float> y = OneRun(spec).seed(9).outputs(std::vector<float>(size_t(M * 2)));
  Moments m(y);
  double count = double(y.size()), expected = std::sqrt(9 + 1 / 12.0);
  EXPECT_NEAR(m.mean, 0.0, 4 * expected / std::sqrt(count));
  EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * count));
}

TEST(OutputNoise, GrowsWithTheSquareRootOfRowTiles) {
  for (int64_t tiles : {1, 4, 16}) {
    Spec spec;
    spec.R = 2;
    spec.K = 2 * tiles;
    spec.N = spec.C = 64;
    spec.outputNoise = 3.0f;
    spec.fill(1);
    spec.bias.clear();
    spec.adcRange.assign(size_t(64 * tiles), 127.0f);
    spec.weightScale.assign(size_t(64 * tiles), 127.0f * 127.0f);
    std::vector<float> y = OneRun(spec).seed(9).outputs(std::vector<float>(size_t(256 * spec.K)));
    Moments m(y);
    double expected = std::sqrt((9 + 1 / 12.0) * double(tiles));
    EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2.0 * double(y.size()))) << tiles;
  }
}
