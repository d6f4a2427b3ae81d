// Read noise: variances of column sums against the sums over cells, for every law, encoding and slicing.
#include "Isa.h"
#include "ReadNoise.h"
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace aimc::test;
using namespace aimc::simulator;
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
static void checkVariance(const Spec &spec, fb::ReadNoise law, double magnitude, const std::vector<int> &codes) {
  const int64_t rows = 4000;
  Array x({rows, spec.K}), y({rows, spec.N}), quiet({rows, spec.N});
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

/// Codes drawn evenly.
static void checkVariance(const Spec &spec, fb::ReadNoise law, double magnitude) {
  std::mt19937 random(7);
  std::vector<int> codes;
  for (int64_t k = 0; k < spec.K; ++k)
    codes.push_back(int(random() % unsigned(spec.Q() + 1)) * (spec.isSigned && random() % 2 ? -1 : 1));
  checkVariance(spec, law, magnitude, codes);
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

// Squares below half a unit, which together are more than a quarter of the variance.
TEST(ReadNoise, OfSmallInputsBesideALargeOne) {
  Spec spec = readSpec(fb::ReadNoise::Proportional, 0.03f);
  spec.K = 200;
  spec.R = 256;
  spec.fill(5);
  spec.bias.clear();
  std::vector<int> codes(size_t(spec.K), 5);
  codes[77] = 127;
  checkVariance(spec, fb::ReadNoise::Proportional, 0.03, codes);
}

enum class Layout { Rows, Columns, Quads };

/// Digits of any layout, [rows, k].
struct Laid {
  std::vector<uint8_t> bytes;
  InputDigits digits;
};

static Laid lay(const std::vector<int> &x, int64_t rows, int64_t k, bool isSigned, bool bytewise, Layout layout) {
  const int64_t pitch = (rows + 15) / 16 * 16;
  Laid out = {std::vector<uint8_t>(size_t(pitch * (k + 3)), 0x5a), {}};
  InputDigits &digits = out.digits;
  digits = {out.bytes.data(), k, 1, 4, isSigned};
  if (layout == Layout::Columns)
    digits = {out.bytes.data(), 1, pitch, 4 * pitch, isSigned};
  if (layout == Layout::Quads)
    digits = {out.bytes.data(), 4, 1, 4 * pitch, isSigned};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < k; ++i)
      out.bytes[size_t(r * digits.rowStride + i / 4 * digits.quadStride + i % 4 * digits.columnStride)] =
          uint8_t(x[size_t(r * k + i)] + (bytewise && isSigned ? 128 : 0));
  return out;
}

/// Deviations [rows, columns] of one slice as they reach the converter.
static std::vector<float> deviationsOn(const Isa &isa, const Laid &laid, int64_t rows, int64_t k, int64_t columns,
                                       const std::vector<int8_t> &variances, const std::vector<float> &mean, float step,
                                       const std::vector<float> &base) {
  const Kernels &kernels = isa.kernels();
  const IntegerGemm &gemm = isa.gemm();
  aimc::simulator::Buffer<uint8_t> squares, scratch;
  aimc::simulator::Buffer<int8_t> packed;
  EXPECT_TRUE(squares.reserve(squareBytes(rows, k)) && scratch.reserve(gemm.scratchBytes(rows, k)) &&
              packed.reserve(gemm.packedBytes(k, columns)));
  gemm.pack(variances.data(), k, columns, columns, packed.data());
  const SquaredDigits squared = squareDigits(kernels, gemm, laid.digits, rows, k, squares.data());
  std::vector<int32_t> sums(size_t(rows * columns));
  std::vector<float> out(size_t(rows * columns));
  SingleThreadedLibrary guard;
  EXPECT_TRUE(gemm.multiply(rows, columns, k, squared.bytes, packed.data(), sums.data(), columns, scratch.data()));
  for (int64_t r = 0; r < rows; ++r)
    kernels.deviations(sums.data() + r * columns, squared.rows[r], step, mean.data(), base.data(), columns,
                       out.data() + r * columns);
  return out;
}

// With S the largest square of a row, a square loses at most S / 255.5 as it becomes a byte, nothing where S is below 256, and
// never more than itself. Of that only what the variance of its cell differs from its column's mean counts.
TEST(ReadNoise, SquaresAsBytesLoseLittle) {
  const int64_t rows = 19, columns = 33;
  const float step = 0.0123f;
  std::mt19937 random(3);
  for (int64_t k : {1, 40, 203, 256, 1102})
    for (bool isSigned : {false, true}) {
      const int most = isSigned ? 127 : 255;
      std::vector<int> x(size_t(rows * k), 0);
      for (int64_t r = 0; r < rows; ++r) {
        // Nothing at all, digits whose squares fit, evenly drawn ones, a large one among small ones.
        const int kind = int(r % 4), limit = kind == 0 ? 0 : kind == 1 ? 15 : kind == 2 ? most - int(r) : most / 22;
        for (int64_t i = 0; i < k; ++i)
          x[size_t(r * k + i)] = int(random() % unsigned(limit + 1)) * (isSigned && random() % 2 ? -1 : 1);
        if (kind == 3)
          x[size_t(r * k + random() % k)] = most;
      }
      // Variances from nothing to the largest in one column, alike in the next.
      std::vector<int8_t> variances(size_t(k * columns));
      for (size_t i = 0; i < variances.size(); ++i)
        variances[i] = int8_t(i % columns % 2 ? 90 + random() % 38 : std::lround(127 * std::pow(random() % 1000 / 999.0, 4)));
      std::vector<float> base(columns), mean(columns);
      for (int64_t n = 0; n < columns; ++n) {
        double sum = 0;
        for (int64_t i = 0; i < k; ++i)
          sum += variances[size_t(i * columns + n)];
        mean[size_t(n)] = float(sum / double(k));
        base[size_t(n)] = n % 3 ? 0.5f * float(n) : 0.0f;
      }
      std::vector<float> first;
      for (const char *name : {"generic", "avx2", "onednn", "vnni"})
        for (Layout layout : {Layout::Rows, Layout::Columns, Layout::Quads}) {
          const Isa *isa = findIsa(name);
          if (!isa || (layout == Layout::Quads && !isa->gemm().bytewise))
            continue;
          SCOPED_TRACE(testing::Message() << name << " layout " << int(layout) << " k " << k << " signed " << isSigned);
          const Laid laid = lay(x, rows, k, isSigned, isa->gemm().bytewise, layout);
          const std::vector<float> deviations = deviationsOn(*isa, laid, rows, k, columns, variances, mean, step, base);
          if (first.empty())
            first = deviations;
          ASSERT_EQ(deviations, first);
        }
      for (int64_t r = 0; r < rows; ++r) {
        double largest = 0;
        for (int64_t i = 0; i < k; ++i)
          largest = std::max(largest, std::pow(x[size_t(r * k + i)], 2));
        for (int64_t n = 0; n < columns; ++n) {
          double exact = std::pow(base[size_t(n)], 2), lost = 0;
          for (int64_t i = 0; i < k; ++i) {
            const double square = std::pow(x[size_t(r * k + i)], 2), variance = variances[size_t(i * columns + n)];
            exact += step * square * variance;
            if (largest > 255)
              lost += step * std::min(square, largest / 255.5) * std::abs(variance - mean[size_t(n)]);
          }
          const double given = std::pow(first[size_t(r * columns + n)], 2);
          EXPECT_NEAR(given, exact, lost + 4e-7 * exact) << "row " << r << " column " << n << " k " << k;
          // What squares lose has either sign.
          if (r % 4 == 2 && k >= 200) {
            EXPECT_NEAR(given / exact, 1, 1e-3) << "row " << r << " column " << n << " k " << k;
          }
        }
      }
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
