// The noiseless chain against its plain statement (simulator_support.cpp), bit for bit.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <math.h>
#include <stdlib.h>
#include <string.h>

using namespace aimc::test;

static std::vector<uint32_t> bitsOf(const std::vector<float> &values) {
  std::vector<uint32_t> bits(values.size());
  memcpy(bits.data(), values.data(), values.size() * sizeof(float));
  return bits;
}

/// Runs a matmul of M rows, observed, and compares alpha, codes and y of every group with the reference.
static void checkMatMul(const Spec &spec, const std::vector<float> &values, int64_t M, const std::string &what,
                        bool idealAdc = false) {
  SCOPED_TRACE(what);
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  ASSERT_EQ(chip.status, AIMC_OK) << host.message;
  Array x({M, spec.G * spec.K}), y({M, spec.G * spec.N}), unobserved({M, spec.G * spec.N});
  x.data = values;
  Observations seen(spec);
  aimc_run_options options = seen.options();
  options.ideal_adc = idealAdc;
  ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK) << host.message;
  options.observe = 0;
  ASSERT_EQ(chip.run(x, unobserved, 0, &options), AIMC_OK) << host.message;
  EXPECT_EQ(bitsOf(y.data), bitsOf(unobserved.data));
  for (int64_t g = 0; g < spec.G; ++g) {
    std::vector<float> rows;
    for (int64_t m = 0; m < M; ++m)
      for (int64_t k = 0; k < spec.K; ++k)
        rows.push_back(values[size_t((m * spec.G + g) * spec.K + k)]);
    EXPECT_EQ(seen.x[size_t(g)], rows);
    std::vector<float> alpha = spec.dynamic ? rowMaxima(rows, spec.K) : std::vector<float>(size_t(M), spec.alpha);
    if (!spec.tileAlpha.empty())
      alpha.clear();
    for (int64_t m = 0; m < M; ++m)
      alpha.insert(alpha.end(), spec.tileAlpha.begin(), spec.tileAlpha.end());
    EXPECT_EQ(seen.alpha[size_t(g)], alpha);
    Expected expected = reference(spec, g, rows, alpha, idealAdc);
    EXPECT_EQ(seen.codes[size_t(g)], expected.codes);
    EXPECT_EQ(bitsOf(seen.y[size_t(g)]), bitsOf(expected.y));
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < spec.N; ++n)
        ASSERT_EQ(y.data[size_t((m * spec.G + g) * spec.N + n)], expected.y[size_t(m * spec.N + n)]);
  }
}

namespace {
/// Encodings x slicings x signs x converters.
class Chain : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override { setenv("AIMC_SIMULATOR_ISA", GetParam(), 1); }
  void TearDown() override { unsetenv("AIMC_SIMULATOR_ISA"); }
  bool available() {
    Spec spec;
    spec.fill(1);
    Host host(spec);
    return SimulatedChip(host, AIMC_QUANTIZED).status == AIMC_OK;
  }
};
} // namespace

TEST_P(Chain, EveryEncodingAndSlicing) {
  if (!available())
    GTEST_SKIP() << "this machine has no " << GetParam();
  const int weightForms[][2] = {{8, 7}, {8, 8}, {8, 2}, {4, 1}, {2, 1}, {9, 9}, {12, 4}, {16, 8}};
  const int inputForms[][2] = {{8, 7}, {8, 1}, {4, 3}, {5, 2}, {2, 1}, {12, 6}};
  uint32_t seed = 1;
  for (const auto &weights : weightForms)
    for (const auto &inputs : inputForms)
      for (int choice = 0; choice < 32; ++choice) {
        Spec spec;
        spec.bw = weights[0];
        spec.c = weights[1];
        spec.bx = inputs[0];
        spec.v = inputs[1];
        spec.offset = choice & 1;
        spec.unitColumn = spec.offset && (choice & 16);
        spec.isSigned = choice & 2;
        spec.B = choice & 4 ? 0 : 5 + int(seed % 4);
        spec.dynamic = choice & 8;
        spec.adcUnsigned = spec.offset && !spec.isSigned && spec.B;
        spec.G = 1 + seed % 2;
        spec.K = 11;
        spec.R = 4;
        spec.N = 7;
        spec.C = 3;
        spec.alpha = 0.8f;
        spec.fill(seed);
        std::vector<float> x = randomInputs(size_t(5 * spec.G * spec.K), seed, spec.isSigned ? -1.0f : -0.05f, 1.0f);
        checkMatMul(spec, x, 5,
                    "bw " + std::to_string(spec.bw) + " c " + std::to_string(spec.c) + " bx " + std::to_string(spec.bx) +
                        " v " + std::to_string(spec.v) + " choice " + std::to_string(choice));
        if (HasFailure())
          return;
        ++seed;
      }
}

TEST_P(Chain, RowTilesWithInputScalesOfTheirOwn) {
  if (!available())
    GTEST_SKIP() << "this machine has no " << GetParam();
  uint32_t seed = 1;
  for (int choice = 0; choice < 32; ++choice, ++seed) {
    Spec spec;
    spec.offset = choice & 1;
    spec.unitColumn = spec.offset && (choice & 16);
    spec.isSigned = choice & 2;
    spec.B = choice & 4 ? 0 : 7;
    spec.v = choice & 8 ? 1 : 8 - spec.isSigned;
    spec.c = spec.offset ? 8 : 7;
    spec.adcUnsigned = spec.offset && !spec.isSigned && spec.B;
    spec.G = 1 + seed % 2;
    spec.K = choice % 3 ? 11 : 300;
    spec.R = choice % 3 ? 4 : 128;
    spec.N = 7;
    spec.C = 3;
    spec.alpha = 2.0f;
    spec.tileAlpha = {0.25f, 0.8f, 1.5f};
    spec.fill(seed);
    std::vector<float> x = randomInputs(size_t(37 * spec.G * spec.K), seed, spec.isSigned ? -1.0f : -0.05f, 1.0f);
    checkMatMul(spec, x, 37, "choice " + std::to_string(choice));
    // Equal scales are one scale, to the bit.
    spec.tileAlpha.assign(3, 0.8f);
    checkMatMul(spec, x, 37, "equal scales");
    std::vector<float> tiles = OneRun(spec, AIMC_QUANTIZED).outputs(x);
    spec.tileAlpha.clear();
    spec.alpha = 0.8f;
    EXPECT_EQ(bitsOf(tiles), bitsOf(OneRun(spec, AIMC_QUANTIZED).outputs(x)));
    if (HasFailure())
      return;
  }
}

TEST_P(Chain, LargerTiles) {
  if (!available())
    GTEST_SKIP() << "this machine has no " << GetParam();
  for (bool isSigned : {true, false}) {
    Spec spec;
    spec.K = 300;
    spec.R = 256;
    spec.N = 70;
    spec.C = 64;
    spec.isSigned = isSigned;
    spec.v = 8 - isSigned;
    spec.alpha = 0.9f;
    spec.fill(5);
    spec.affineScale = randomInputs(70, 8, 0.9f, 1.1f);
    spec.affineOffset = randomInputs(70, 9, -0.1f, 0.1f);
    checkMatMul(spec, randomInputs(size_t(37 * spec.K), 6, -1.0f, 1.0f), 37, "larger tiles");
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Chain, testing::Values("generic", "avx2", "onednn", "vnni"),
                         [](const auto &info) { return std::string(info.param); });

TEST(Quantized, IdealAdcEqualsTheIntegerProduct) {
  for (bool offset : {false, true})
    for (int c = 1; c <= 8; ++c)
      for (int v = 1; v <= 7; ++v) {
        Spec spec;
        spec.offset = offset;
        spec.c = c;
        spec.v = v;
        spec.B = 0;
        spec.K = 20;
        spec.R = 20;
        spec.N = 4;
        spec.C = 4;
        spec.alpha = 127.0f; // x holds the codes themselves
        spec.fill(3);
        spec.bias.clear();
        spec.weightScale.assign(4, 127.0f);
        std::vector<float> x = randomInputs(20, 4, -127.0f, 127.0f);
        for (float &value : x)
          value = std::rint(value);
        Host host(spec);
        SimulatedChip chip(host, AIMC_QUANTIZED);
        Array in({1, 20}), out({1, 4});
        in.data = x;
        ASSERT_EQ(chip.run(in, out), AIMC_OK) << host.message;
        for (int n = 0; n < 4; ++n) {
          int64_t sum = 0;
          for (int k = 0; k < 20; ++k)
            sum += int64_t(x[size_t(k)]) * spec.levels[size_t(k * 4 + n)];
          EXPECT_EQ(out.data[size_t(n)], float(sum)) << "offset " << offset << " c " << c << " v " << v;
        }
      }
}

// Inputs >= 0 and offset cells through an unsigned ADC; signed inputs and pairs take a bit more. Steps are one digit. With a
// bit less the full column is clipped.
TEST(Quantized, LosslessAdcBits) {
  // R, v, c: ceil(log2(R (2^v - 1)(2^c - 1) + 1)) bits.
  const int known[][4] = {{128, 1, 2, 9}, {128, 1, 1, 8}, {256, 1, 4, 12}, {128, 2, 2, 11}};
  for (const auto &row : known)
    for (bool isSigned : {false, true}) {
      SCOPED_TRACE(testing::Message() << row[0] << " rows, " << row[1] << " and " << row[2] << " bits, signed " << isSigned);
      Spec spec;
      spec.K = spec.R = row[0];
      spec.v = row[1];
      spec.c = row[2];
      spec.bw = spec.bx = isSigned ? 5 : 4;
      spec.isSigned = isSigned;
      spec.offset = spec.adcUnsigned = !isSigned;
      spec.N = 3;
      spec.C = 3;
      spec.fill(2);
      for (int k = 0; k < row[0]; ++k) {
        spec.levels[size_t(k * 3)] = spec.L(); // a full column
        spec.levels[size_t(k * 3 + 1)] = isSigned ? -spec.L() : spec.L();
      }
      Spec ideal = spec;
      ideal.B = 0;
      ideal.adcUnsigned = false;
      Host reference(ideal);
      SimulatedChip idealChip(reference, AIMC_QUANTIZED);
      Array x({2, row[0]}), y({2, 3}), expected({2, 3});
      x.data = randomInputs(x.data.size(), 3, isSigned ? -1.0f : 0.0f, 1.0f);
      std::fill(x.data.begin(), x.data.begin() + row[0], 1.0f);
      ASSERT_EQ(idealChip.run(x, expected), AIMC_OK) << reference.message;
      for (int fewer : {0, 1}) {
        spec.B = row[3] + isSigned - fewer;
        spec.adcRange.assign(size_t(3 * spec.S()), float((1 << (spec.B - isSigned)) - 1));
        Host host(spec);
        SimulatedChip chip(host, AIMC_QUANTIZED);
        ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
        if (fewer) {
          EXPECT_GT(chip.statistics().clipped_codes, 0u);
          continue;
        }
        EXPECT_EQ(y.data, expected.data);
        EXPECT_EQ(chip.statistics().clipped_codes, 0u);
      }
    }
}

TEST(Quantized, IdealAdcRunOption) {
  Spec spec;
  spec.K = 30;
  spec.R = 8;
  spec.fill(1);
  checkMatMul(spec, randomInputs(size_t(6 * spec.K), 2, -1.0f, 1.0f), 6, "ideal_adc", true);
}

TEST(Quantized, PowersOfTwoScaleDynamicInputsWithoutChangingCodes) {
  Spec spec;
  spec.dynamic = true;
  spec.K = 30;
  spec.R = 30;
  spec.fill(1);
  std::vector<float> values = randomInputs(size_t(spec.K), 2, -1.0f, 1.0f);
  std::vector<int32_t> first;
  for (float factor : {1.0f, 0.25f, 1024.0f}) {
    Host host(spec);
    SimulatedChip chip(host, AIMC_QUANTIZED);
    Array x({1, spec.K}), y({1, spec.N});
    for (size_t i = 0; i < values.size(); ++i)
      x.data[i] = values[i] * factor;
    Observations seen(spec);
    aimc_run_options options = seen.options();
    ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK);
    if (first.empty())
      first = seen.codes[0];
    EXPECT_EQ(seen.codes[0], first);
  }
}

TEST(Quantized, InputsThatAreNotNumbers) {
  Spec spec;
  spec.K = 6;
  spec.R = 6;
  spec.N = 1;
  spec.C = 1;
  spec.B = 0;
  spec.fill(1);
  spec.bias.clear();
  spec.levels = {1, 1, 1, 1, 1, 1};
  spec.weightScale = {127.0f};
  spec.alpha = 127.0f;
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({2, 6}), y({2, 1});
  x.data = {NAN, 5.0f, 0.5f, 1.5f, 2.5f, -0.5f, INFINITY, INFINITY, -INFINITY, 1000.0f, 0.0f, 1.0f};
  ASSERT_EQ(chip.run(x, y), AIMC_OK);
  EXPECT_EQ(y.data[0], 0 + 5 + 0 + 2 + 2 - 0);
  EXPECT_EQ(y.data[1], 127 + 127 - 127 + 127 + 0 + 1);
  aimc_statistics statistics = chip.statistics();
  EXPECT_EQ(statistics.nonfinite_inputs, 4u);
  EXPECT_EQ(statistics.clipped_inputs, 1u);
  EXPECT_EQ(statistics.mvms, 2u);
}

TEST(Quantized, DynamicScaleOfZeroDrivesNothing) {
  Spec spec;
  spec.dynamic = true;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({2, spec.K}), y({2, spec.N});
  x.data[size_t(spec.K)] = NAN;
  x.data[size_t(spec.K) + 1] = 1e-45f; // so small that Q / alpha is not finite
  ASSERT_EQ(chip.run(x, y), AIMC_OK);
  for (size_t i = 0; i < y.data.size(); ++i)
    EXPECT_EQ(y.data[i], spec.bias[i % size_t(spec.N)]);
  EXPECT_EQ(chip.statistics().nonfinite_inputs, 1u);
}

TEST(Quantized, DynamicScalesPassOverNaN) {
  Spec spec;
  spec.dynamic = true;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({2, spec.K}), y({2, spec.N});
  x.data = {0.5f, NAN, -3.0f, 1.0f, 0.0f, 0.5f, INFINITY, -3.0f, 1.0f, 0.0f};
  Observations seen(spec);
  aimc_run_options options = seen.options(AIMC_OBSERVE_ALPHA);
  ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK) << host.message;
  EXPECT_EQ(seen.alpha[0], (std::vector<float>{3.0f, INFINITY}));
  std::vector<float> withZero = {0.5f, 0.0f, -3.0f, 1.0f, 0.0f};
  EXPECT_EQ(std::vector<float>(y.data.begin(), y.data.begin() + spec.N), reference(spec, 0, withZero, {3.0f}).y);
}

TEST(Quantized, StaticScaleOfZeroIsOne) {
  Spec spec;
  spec.alpha = 0.0f;
  spec.fill(1);
  Spec one = spec;
  one.alpha = 1.0f;
  Host host(spec), oneHost(one);
  SimulatedChip chip(host, AIMC_QUANTIZED), oneChip(oneHost, AIMC_QUANTIZED);
  Array x({3, spec.K}), y({3, spec.N}), expected({3, spec.N});
  x.data = randomInputs(x.data.size(), 1, -1.0f, 1.0f);
  ASSERT_EQ(chip.run(x, y), AIMC_OK);
  ASSERT_EQ(oneChip.run(x, expected), AIMC_OK);
  EXPECT_EQ(y.data, expected.data);
}

TEST(Quantized, CountsClippedCodes) {
  Spec spec;
  spec.K = spec.R = 4;
  spec.N = spec.C = 2;
  spec.fill(1);
  spec.levels = {127, 1, 127, 1, 127, 1, 127, 1};
  spec.adcRange = {1000.0f, 1000.0f};
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({3, 4}), y({3, 2});
  std::fill(x.data.begin(), x.data.end(), 1.0f);
  ASSERT_EQ(chip.run(x, y), AIMC_OK);
  EXPECT_EQ(chip.statistics().clipped_codes, 3u);
}

TEST(Quantized, TheEndOfARangeIsNotClipping) {
  Spec spec;
  spec.K = spec.R = 2;
  spec.N = spec.C = 1;
  spec.fill(1);
  spec.alpha = 127.0f; // codes are the inputs, rounded
  spec.levels = {1, 1};
  spec.adcRange = {127.0f}; // one code per digit
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({4, 2}), y({4, 1});
  x.data = {127.4f, 0.0f, -127.4f, 0.0f, 127.5f, 1.0f, -127.0f, -1.0f}; // 127.5 rounds to 128
  ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
  EXPECT_EQ(chip.statistics().clipped_inputs, 1u);
  EXPECT_EQ(chip.statistics().clipped_codes, 2u); // sums 127, -127, 128, -128
}

// ---- convolutions ----

struct ConvolutionCase {
  int64_t groups, channels, size, kernel, stride, padding, N;
  bool dynamic, tiled = false;
};

/// Patches by indexing, scales by looking at each sample's input, everything else by the reference.
static void checkConvolution(const ConvolutionCase &c, int threads, std::vector<float> *result = nullptr) {
  Spec spec;
  spec.G = c.groups;
  spec.N = c.N;
  useConvolution(spec, c.channels, c.kernel, c.stride, c.padding);
  spec.R = 16;
  spec.C = 8;
  spec.dynamic = c.dynamic;
  spec.alpha = 0.7f;
  for (int64_t t = 0; c.tiled && t < spec.T(); ++t)
    spec.tileAlpha.push_back(0.4f + 0.3f * float(t));
  spec.fill(11);
  const int64_t B = 3, out = (c.size + 2 * c.padding - c.kernel) / c.stride + 1;
  Host host(spec, threads);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  ASSERT_EQ(chip.status, AIMC_OK) << host.message;
  Array x({B, c.groups * c.channels, c.size, c.size}), y({B, c.groups * c.N, out, out});
  x.data = randomInputs(x.data.size(), 12, -1.0f, 1.0f);
  Observations seen(spec);
  aimc_run_options options = seen.options();
  ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK) << host.message;
  if (result)
    *result = y.data;
  for (int64_t g = 0; g < c.groups; ++g) {
    std::vector<float> rows, alpha;
    for (int64_t b = 0; b < B; ++b) {
      float largest = 0.0f;
      for (int64_t i = 0; i < c.channels * c.size * c.size; ++i)
        largest = std::max(largest, std::abs(x.data[size_t((b * c.groups + g) * c.channels * c.size * c.size + i)]));
      for (int64_t i = 0; i < out; ++i)
        for (int64_t j = 0; j < out; ++j) {
          if (c.tiled)
            alpha.insert(alpha.end(), spec.tileAlpha.begin(), spec.tileAlpha.end());
          else
            alpha.push_back(c.dynamic ? largest : spec.alpha);
          for (int64_t channel = 0; channel < c.channels; ++channel)
            for (int64_t u = 0; u < c.kernel; ++u)
              for (int64_t v = 0; v < c.kernel; ++v) {
                int64_t h = i * c.stride + u - c.padding, w = j * c.stride + v - c.padding;
                bool inside = h >= 0 && h < c.size && w >= 0 && w < c.size;
                rows.push_back(inside ? x.data[size_t((((b * c.groups + g) * c.channels + channel) * c.size + h) * c.size + w)]
                                      : 0.0f);
              }
        }
    }
    EXPECT_EQ(seen.x[size_t(g)], rows);
    EXPECT_EQ(seen.alpha[size_t(g)], alpha);
    Expected expected = reference(spec, g, rows, alpha);
    EXPECT_EQ(seen.codes[size_t(g)], expected.codes);
    EXPECT_EQ(bitsOf(seen.y[size_t(g)]), bitsOf(expected.y));
    for (int64_t m = 0; m < B * out * out; ++m)
      for (int64_t n = 0; n < c.N; ++n) {
        int64_t b = m / (out * out), pixel = m % (out * out);
        ASSERT_EQ(y.data[size_t(((b * c.groups + g) * c.N + n) * out * out + pixel)], expected.y[size_t(m * c.N + n)]);
      }
  }
}

TEST(Convolution, PatchesPaddingStridesAndGroups) {
  for (bool dynamic : {false, true}) {
    checkConvolution({1, 3, 9, 3, 1, 1, 10, dynamic}, 1);
    checkConvolution({1, 2, 8, 3, 2, 1, 5, dynamic}, 2);
    checkConvolution({2, 3, 7, 3, 1, 2, 9, dynamic}, 3);
    checkConvolution({1, 17, 6, 1, 1, 0, 4, dynamic}, 1);
    checkConvolution({1, 4, 6, 1, 2, 0, 4, dynamic}, 2); // a stride that passes pixels over: they count for the scale
    checkConvolution({3, 2, 20, 5, 1, 0, 3, dynamic}, 7);
    checkConvolution({2, 3, 7, 3, 1, 2, 9, false, dynamic}, 3); // the second time with a scale for each row tile
  }
}

TEST(Convolution, ThreadsDoNotChangeBits) {
  std::vector<float> one, other;
  checkConvolution({2, 3, 9, 3, 1, 1, 10, true}, 1, &one);
  for (int threads : {2, 7}) {
    checkConvolution({2, 3, 9, 3, 1, 1, 10, true}, threads, &other);
    EXPECT_EQ(bitsOf(one), bitsOf(other));
  }
}

TEST(Quantized, StridedInputsAndOutputs) {
  Spec spec;
  spec.K = 37;
  spec.R = 16;
  spec.N = 6;
  spec.dynamic = true;
  spec.fill(3);
  const int64_t M = 9;
  std::vector<float> values = randomInputs(size_t(M * spec.K), 4, -1.0f, 1.0f);
  Array x({M, spec.K}), y({M, spec.N});
  x.strides = {1, M}; // column-major both
  y.strides = {1, M};
  for (int64_t m = 0; m < M; ++m)
    for (int64_t k = 0; k < spec.K; ++k)
      x.data[size_t(m + k * M)] = values[size_t(m * spec.K + k)];
  Expected expected = reference(spec, 0, values, rowMaxima(values, spec.K));
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
  for (int64_t m = 0; m < M; ++m)
    for (int64_t n = 0; n < spec.N; ++n)
      EXPECT_EQ(y.data[size_t(m + n * M)], expected.y[size_t(m * spec.N + n)]);
}

TEST(Quantized, ObserversSeeManyRowsInOrder) {
  Spec spec;
  spec.K = 200;
  spec.G = 2;
  spec.R = 4; // 50 row tiles: codes fill several stretches
  spec.N = 30;
  spec.c = 2;
  spec.v = 1;
  spec.fill(3);
  const int64_t M = 300;
  Host host(spec, 3);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({M, spec.G * spec.K}), y({M, spec.G * spec.N});
  x.data = randomInputs(x.data.size(), 4, -1.0f, 1.0f);
  Observations seen(spec);
  aimc_run_options options = seen.options();
  ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK) << host.message;
  EXPECT_GT(seen.order.size(), 2u);
  EXPECT_TRUE(std::is_sorted(seen.order.begin(), seen.order.end()));
  for (int64_t g = 0; g < spec.G; ++g)
    for (int64_t m = 0; m < M; ++m) {
      for (int64_t k = 0; k < spec.K; ++k)
        ASSERT_EQ(seen.x[size_t(g)][size_t(m * spec.K + k)], x.data[size_t((m * spec.G + g) * spec.K + k)]);
      for (int64_t n = 0; n < spec.N; ++n)
        ASSERT_EQ(seen.y[size_t(g)][size_t(m * spec.N + n)], y.data[size_t((m * spec.G + g) * spec.N + n)]);
    }
  EXPECT_EQ(seen.codes[1].size(), size_t(M * spec.T() * spec.N * spec.S() * spec.V()));
}

TEST(Quantized, NoRowsAreNoWork) {
  Spec spec;
  spec.fill(1);
  Host host(spec);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  Array x({0, spec.K}), y({0, spec.N});
  EXPECT_EQ(chip.run(x, y), AIMC_OK) << host.message;
}

// ---- exact ----

TEST(Exact, IsTheFloatProductPlusBias) {
  Spec spec;
  spec.G = 2;
  spec.K = 23;
  spec.R = 8;
  spec.N = 21;
  spec.fill(4);
  spec.affineScale.assign(size_t(spec.G * spec.N), 3.0f); // corrects analog errors: not in exact
  Host host(spec);
  SimulatedChip chip(host, AIMC_EXACT);
  ASSERT_EQ(chip.status, AIMC_OK) << host.message;
  Array x({6, spec.G * spec.K}), y({6, spec.G * spec.N});
  x.data = randomInputs(x.data.size(), 5, -1.0f, 1.0f);
  Observations seen(spec);
  aimc_run_options options = seen.options();
  ASSERT_EQ(chip.run(x, y, 0, &options), AIMC_OK) << host.message;
  for (int64_t m = 0; m < 6; ++m)
    for (int64_t g = 0; g < spec.G; ++g)
      for (int64_t n = 0; n < spec.N; ++n) {
        double sum = double(spec.bias[size_t(g * spec.N + n)]);
        for (int64_t k = 0; k < spec.K; ++k)
          sum += double(x.data[size_t((m * spec.G + g) * spec.K + k)]) *
                 double(spec.reference[size_t((g * spec.K + k) * spec.N + n)]);
        EXPECT_NEAR(y.data[size_t((m * spec.G + g) * spec.N + n)], sum, 1e-5);
      }
  EXPECT_EQ(seen.x[1][0], x.data[size_t(spec.K)]);
  EXPECT_EQ(seen.order, (std::vector<int64_t>{0, 1000000000}));
  EXPECT_TRUE(seen.codes[0].empty());
}

TEST(Exact, NeedsTheReference) {
  Spec spec;
  spec.fill(4);
  spec.reference.clear();
  Host host(spec);
  SimulatedChip chip(host, AIMC_EXACT);
  Array x({1, spec.K}), y({1, spec.N});
  EXPECT_EQ(chip.run(x, y), AIMC_UNSUPPORTED);
  EXPECT_NE(host.message.find("--strip-reference"), std::string::npos) << host.message;
}
