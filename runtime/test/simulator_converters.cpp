// Converters that err and input noise: distributions against closed forms (4 standard errors, fixed seeds), curves against
// their formulas, and bits that depend on nothing but the addresses.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <math.h>

using namespace aimc::test;

/// Results are ADC codes times the range over its largest code: y counts digits. Inputs are codes over 127.
static Spec digitSpec(int64_t K, int64_t N, int B, float range) {
  Spec spec = oneTile(K, N);
  spec.B = B;
  spec.device = aimc::fb::DeviceModel::Ideal;
  spec.adcRange.assign(size_t(N), range);
  spec.weightScale.assign(size_t(N), 127.0f * 127.0f);
  return spec;
}

static void expectGaussian(const std::vector<double> &values, double mean, double deviation) {
  Moments m(values);
  EXPECT_NEAR(m.mean, mean, 4 * deviation / std::sqrt(m.count));
  EXPECT_NEAR(m.deviation, deviation, 4 * deviation / std::sqrt(2 * m.count));
}

TEST(ConverterErrors, GainsBelongToColumns) {
  Spec spec = digitSpec(3, 2048, 16, 40000.0f);
  std::fill(spec.levels.begin(), spec.levels.end(), 100);
  spec.changeTarget = [](auto &target) { target.gain_error = .02f; };
  const std::vector<float> x = {1, 1, -.5f, .25f, 0, 0};
  const std::vector<float> y = OneRun(spec).outputs(x);
  // Input codes 127, 127, -64 and 32 times 100.
  std::vector<double> first, second;
  for (size_t n = 0; n < 2048; ++n) {
    first.push_back(double(y[n]) / 19000);
    second.push_back(double(y[2048 + n]) / 3200);
    ASSERT_NEAR(first[n], second[n], 1e-3);
  }
  expectGaussian(first, 1, .02);
  EXPECT_NE(OneRun(spec).seed(8).outputs(x), y);
  Spec plain = spec;
  plain.changeTarget = nullptr;
  EXPECT_EQ(OneRun(spec).without(AIMC_EFFECT_ADC_GAIN).outputs(x), OneRun(plain).outputs(x));
}

TEST(ConverterErrors, OffsetsAreInCodes) {
  // Nothing driven; a step of two digits: codes are rint(sigma N), whose variance is sigma^2 + 1/12.
  Spec spec = digitSpec(2, 4096, 8, 254.0f);
  spec.changeTarget = [](auto &target) { target.offset_error = 3; };
  const std::vector<float> y = OneRun(spec).outputs({0, 0, 0, 0});
  std::vector<double> codes;
  for (size_t n = 0; n < 4096; ++n) {
    codes.push_back(double(y[n]) / 2);
    ASSERT_EQ(y[n], y[4096 + n]);
  }
  expectGaussian(codes, 0, std::sqrt(9 + 1 / 12.0));
}

/// All sums from -16256 to 16256: one row of 127, one of 1.
static std::vector<float> ramp() {
  std::vector<float> x;
  for (int coarse = -127; coarse <= 127; ++coarse)
    for (int fine = coarse == -127 ? -127 : -63; fine <= (coarse == 127 ? 127 : 63); ++fine) {
      x.push_back(float(coarse) / 127);
      x.push_back(float(fine) / 127);
    }
  return x;
}

static Spec rampSpec(int64_t N, int B) {
  Spec spec = digitSpec(2, N, B, 15500.0f);
  for (int64_t n = 0; n < N; ++n)
    spec.levels[size_t(n)] = 127, spec.levels[size_t(N + n)] = 1;
  return spec;
}

TEST(ConverterErrors, Compression) {
  Spec spec = rampSpec(1, 14);
  spec.changeTarget = [](auto &target) { target.nonlinearity = .3f; };
  const std::vector<float> x = ramp();
  const std::vector<float> y = OneRun(spec).outputs(x);
  for (size_t i = 0; i < y.size(); ++i) {
    const double v = double(i) - double(y.size() / 2), expected = v / (1 + std::abs(.3 * v / 15500));
    ASSERT_NEAR(double(y[i]), expected, .5 * 15500 / 8191 + .01) << v;
  }
}

/// Where codes change: [columns, 2 highest], in codes.
static std::vector<std::vector<double>> thresholds(const Spec &spec) {
  const std::vector<float> x = ramp(), y = OneRun(spec).outputs(x);
  const int highest = (1 << (spec.B - 1)) - 1;
  const double step = 15500.0 / highest;
  const int64_t rows = int64_t(x.size() / 2);
  std::vector<std::vector<double>> columns;
  for (int64_t n = 0; n < spec.N; ++n) {
    std::vector<double> found;
    int before = -highest;
    for (int64_t m = 0; m < rows; ++m) {
      const int code = int(std::lround(double(y[size_t(m * spec.N + n)]) / step));
      EXPECT_GE(code, before) << "not monotone";
      for (; before < code; ++before)
        found.push_back((double(m - rows / 2) - .5) / step);
    }
    columns.push_back(found);
  }
  return columns;
}

TEST(ConverterErrors, WidthsOfCodesDeviateAndTheEndsStay) {
  Spec spec = rampSpec(48, 6);
  spec.changeTarget = [](auto &target) { target.dnl = .1f; };
  std::vector<double> widths;
  for (const std::vector<double> &column : thresholds(spec)) {
    ASSERT_EQ(column.size(), 62u);
    EXPECT_NEAR(column.front(), -30.5, .005);
    EXPECT_NEAR(column.back(), 30.5, .005);
    for (size_t j = 1; j < 62; ++j)
      widths.push_back(column[j] - column[j - 1]);
  }
  // The walk is tilted back: of 61 widths their mean is taken off.
  expectGaussian(widths, 1, .1 * std::sqrt(60 / 61.0));
}

TEST(ConverterErrors, TheBowIsAParabola) {
  Spec spec = rampSpec(256, 6);
  spec.changeTarget = [](auto &target) { target.inl = .5f; };
  std::vector<double> middles;
  for (const std::vector<double> &column : thresholds(spec)) {
    ASSERT_EQ(column.size(), 62u);
    auto bend = [&](size_t j) { return column[j] - (double(j) - 30.5); };
    const double middle = (bend(30) + bend(31)) / 2;
    for (size_t j = 0; j < 62; ++j) {
      const double z = double(j) / 61;
      ASSERT_NEAR(bend(j), middle * 4 * z * (1 - z), .01 + .001 * std::abs(middle));
    }
    middles.push_back(middle);
  }
  expectGaussian(middles, 0, .5);
}

TEST(ConverterErrors, IdealConvertersHaveNoCurve) {
  Spec spec = digitSpec(2, 4, 0, 1);
  spec.changeTarget = [](auto &target) { target.dnl = .1f; };
  EXPECT_EQ(OneRun(spec).refusal(),
            "layer: an ideal ADC has no thresholds that adc.dnl and adc.inl could move; disable adc-linearity");
  spec.changeTarget = [](auto &target) { target.nonlinearity = .1f; };
  EXPECT_EQ(OneRun(spec).refusal(),
            "layer: an ideal ADC has no full scale, against which adc.nonlinearity is measured; disable nonlinearity");
  // Gains and offsets it has; a step is a digit.
  spec.changeTarget = [](auto &target) { target.gain_error = .5f, target.offset_error = 2; };
  std::vector<float> y = OneRun(spec).outputs({0, 0, 1, 1});
  for (size_t n = 0; n < 4; ++n) {
    EXPECT_NE(y[n], 0);
    EXPECT_NE(y[4 + n] - y[n], 127.0f * float(spec.levels[n] + spec.levels[4 + n]));
  }
}

TEST(InputNoise, VarianceOfColumnSums) {
  // sigma_in 127 per row, rounded to sixteenths, through an ideal ADC.
  Spec spec = digitSpec(40, 3, 0, 1);
  spec.changeTarget = [](auto &target) { target.input_noise = .01f; };
  const int64_t M = 4096;
  std::vector<float> x;
  for (int64_t m = 0; m < M; ++m)
    for (int64_t k = 0; k < 40; ++k)
      x.push_back(float(k * 3 - 60) / 127);
  const std::vector<float> y = OneRun(spec).outputs(x), exact = OneRun(spec).without(AIMC_EFFECT_INPUT_NOISE).outputs(x);
  for (int64_t n = 0; n < 3; ++n) {
    double squares = 0;
    for (int64_t k = 0; k < 40; ++k)
      squares += double(spec.levels[size_t(k * 3 + n)]) * double(spec.levels[size_t(k * 3 + n)]);
    std::vector<double> sums;
    for (int64_t m = 0; m < M; ++m)
      sums.push_back(double(y[size_t(m * 3 + n)]));
    expectGaussian(sums, double(exact[size_t(n)]), std::sqrt(squares * (1.27 * 1.27 + 1 / (12.0 * 256))));
  }
}

TEST(InputNoise, ColumnsOfATileShareIt) {
  Spec spec = digitSpec(5, 4, 0, 1);
  spec.C = 2;
  for (int64_t k = 0; k < 5; ++k)
    for (int64_t n = 0; n < 4; ++n)
      spec.levels[size_t(k * 4 + n)] = int(10 * k + 3);
  spec.changeTarget = [](auto &target) { target.input_noise = .05f; };
  const std::vector<float> y = OneRun(spec).outputs(std::vector<float>(10, .5f));
  for (size_t m = 0; m < 2; ++m) {
    EXPECT_EQ(y[m * 4], y[m * 4 + 1]);
    EXPECT_EQ(y[m * 4 + 2], y[m * 4 + 3]);
    EXPECT_NE(y[m * 4], y[m * 4 + 2]);
  }
  EXPECT_NE(y[0], y[4]);
}

TEST(InputNoise, TheDigitalOffsetIsThatOfTheCode) {
  // Offset encoding: what the noise of an input adds to the offset stays in the result, as a level of 0 shows.
  Spec spec = digitSpec(1, 1, 0, 1);
  spec.offset = true;
  spec.c = 8;
  spec.levels = {0};
  spec.changeTarget = [](auto &target) { target.input_noise = .01f; };
  const int64_t M = 4096;
  const std::vector<float> y = OneRun(spec).outputs(std::vector<float>(size_t(M), .5f));
  expectGaussian({y.begin(), y.end()}, 0, 128 * std::sqrt(1.27 * 1.27 + 1 / (12.0 * 256)));
}

/// Slices, bit-serial inputs, tiles, and every effect of inputs, devices and converters.
static Spec everything(bool offset) {
  Spec spec;
  spec.K = 40;
  spec.R = 16;
  spec.N = 24;
  spec.C = 10;
  spec.c = 3;
  spec.v = 2;
  spec.F = 2;
  spec.offset = spec.unitColumn = offset;
  spec.programmingNoise = true;
  spec.outputNoise = .5f;
  spec.fill(2);
  spec.changeTarget = [](auto &target) {
    target.stuck_at_g_min = .02f, target.input_noise = .01f, target.gain_error = .02f, target.offset_error = .5f;
    target.dnl = .1f, target.inl = .2f, target.nonlinearity = .1f;
    target.ir_drop = aimc::fb::IrDrop::Approximate, target.wire_resistance = 20;
  };
  return spec;
}

TEST(EveryEffect, ThreadsBatchesAndInstructionSetsDoNotChangeBits) {
  for (bool offset : {false, true}) {
    const Spec spec = everything(offset);
    const int64_t M = 101;
    const std::vector<float> x = randomInputs(size_t(M * spec.K), 3, -1.0f, 1.0f);
    const std::vector<float> whole = OneRun(spec).outputs(x);
    for (int threads : {2, 7})
      EXPECT_EQ(OneRun(spec).threads(threads).outputs(x), whole);
    for (int64_t batch : {1, 30})
      EXPECT_EQ(OneRun(spec).threads(2).outputsInBatches(x, batch), whole) << "batch " << batch;
    onEveryInstructionSet([&](const char *name) { EXPECT_EQ(OneRun(spec).outputs(x), whole) << name; });
  }
}

TEST(EveryEffect, OffIsQuantized) {
  for (bool offset : {false, true}) {
    const Spec spec = everything(offset);
    const std::vector<float> x = randomInputs(size_t(9 * spec.K), 3, -1.0f, 1.0f);
    const std::vector<float> quantized = OneRun(spec, AIMC_QUANTIZED).outputs(x);
    EXPECT_EQ(OneRun(spec).disable(~0u).outputs(x), quantized);
    // Each alone makes a difference.
    for (aimc_effect effect :
         {AIMC_EFFECT_PROGRAMMING, AIMC_EFFECT_OUTPUT_NOISE, AIMC_EFFECT_STUCK, AIMC_EFFECT_INPUT_NOISE, AIMC_EFFECT_ADC_GAIN,
          AIMC_EFFECT_ADC_OFFSET, AIMC_EFFECT_ADC_LINEARITY, AIMC_EFFECT_NONLINEARITY, AIMC_EFFECT_IR_DROP})
      EXPECT_NE(OneRun(spec).disable(~(1u << effect)).outputs(x), quantized) << effect;
  }
}
