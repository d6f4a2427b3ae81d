// Every way through a tile gives the bits of the plain one: layers of many shapes, drawn at random, on every instruction set.
#include "Isa.h"
#include "Kernels.h"
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <math.h>
#include <string.h>

using namespace aimc::test;

namespace {
/// A layer drawn at random with inputs for it.
struct Case {
  Spec spec;
  Array x = Array({1}), y = Array({1});
  aimc_fidelity fidelity = AIMC_QUANTIZED;
  std::string name;
};
} // namespace

static Case draw(uint32_t seed) {
  std::mt19937 random(seed);
  auto pick = [&](std::initializer_list<int64_t> choices) { return *(choices.begin() + random() % choices.size()); };
  auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  Case out;
  Spec &spec = out.spec;
  spec.G = pick({1, 1, 2});
  spec.K = pick({1, 3, 9, 31, 64, 100, 257});
  spec.N = pick({1, 2, 5, 16, 33, 64, 65, 130});
  spec.R = pick({7, 64, 256});
  spec.C = pick({3, 16, 50, 64, 256});
  spec.bw = int(pick({8, 8, 4, 12}));
  spec.c = int(pick({1, 2, 7, 7, 8, 11}));
  spec.offset = chance(30);
  spec.unitColumn = spec.offset && chance(30);
  spec.isSigned = chance(50);
  spec.bx = int(pick({8, 8, 5}));
  spec.v = int(pick({1, 1, 3, spec.isSigned ? 7 : 8}));
  spec.B = int(pick({0, 8, 8, 8, 12}));
  spec.adcUnsigned = spec.offset && !spec.isSigned && spec.B;
  spec.dynamic = chance(40);
  spec.F = uint32_t(pick({1, 2}));
  spec.programmingNoise = chance(60);
  spec.outputNoise = chance(60) ? 0.7f : 0.0f;
  const aimc::fb::ReadNoise read = chance(40) ? aimc::fb::ReadNoise::Proportional : aimc::fb::ReadNoise::None;
  spec.changeTarget = [=](aimc::fb::TargetT &target) {
    target.read_noise = read;
    target.read_magnitude = 0.05f;
  };
  spec.crossbarTileBase = uint32_t(random() % 1000);
  spec.dispatchTileBase = uint32_t(random() % 1000);
  out.fidelity =
      spec.programmingNoise || spec.outputNoise > 0 || read != aimc::fb::ReadNoise::None ? AIMC_NOISY : AIMC_QUANTIZED;
  const float low = spec.isSigned ? -1.1f : -0.1f;
  if (chance(40)) {
    const int64_t kernel = pick({1, 3}), stride = pick({1, 2}), size = pick({4, 7, 20}), batch = pick({1, 3});
    const int64_t padding = kernel / 2, channels = pick({1, 3, 16, 40}), result = (size + 2 * padding - kernel) / stride + 1;
    useConvolution(spec, channels, kernel, stride, padding);
    spec.fill(seed);
    out.x = Array({batch, spec.G * channels, size, size});
    out.y = Array({batch, spec.G * spec.N, result, result});
  } else {
    const int64_t rows = pick({1, 2, 5, 6, 7, 13, 50, 150});
    spec.fill(seed);
    out.x = Array({rows, spec.G * spec.K});
    out.y = Array({rows, spec.G * spec.N});
  }
  if (chance(20)) {
    spec.affineScale = randomInputs(size_t(spec.G * spec.N), seed + 1, 0.5f, 1.5f);
    spec.affineOffset = randomInputs(size_t(spec.G * spec.N), seed + 2, -1.0f, 1.0f);
  }
  if (chance(20))
    spec.bias.clear();
  out.x.data = randomInputs(out.x.data.size(), seed, low, 1.1f);
  out.name = "seed " + std::to_string(seed);
  return out;
}

namespace {
struct Result {
  std::vector<float> y;
  aimc_statistics statistics;
};
} // namespace

static Result runOn(const char *set, Case &layer, int threads) {
  setenv("AIMC_SIMULATOR_ISA", set, 1);
  Host host(layer.spec, threads);
  SimulatedChip chip(host, layer.fidelity, 5, 6);
  unsetenv("AIMC_SIMULATOR_ISA");
  std::fill(layer.y.data.begin(), layer.y.data.end(), -77.0f);
  EXPECT_EQ(chip.run(layer.x, layer.y, 2), AIMC_OK) << host.message;
  return {layer.y.data, chip.statistics()};
}

TEST(Paths, EveryInstructionSetGivesTheBitsOfThePlainOne) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= 80; ++seed) {
    Case layer = draw(seed);
    const Result plain = runOn("generic", layer, 1);
    for (const char *set : {"avx2", "onednn", "vnni"}) {
      if (!aimc::simulator::findIsa(set))
        continue;
      const Result other = runOn(set, layer, int(1 + seed % 3));
      ASSERT_EQ(memcmp(plain.y.data(), other.y.data(), plain.y.size() * sizeof(float)), 0) << layer.name << " on " << set;
      ASSERT_EQ(plain.statistics.clipped_codes, other.statistics.clipped_codes) << layer.name << " on " << set;
      ASSERT_EQ(plain.statistics.clipped_inputs, other.statistics.clipped_inputs) << layer.name << " on " << set;
      ++compared;
    }
  }
  if (!compared)
    GTEST_SKIP() << "this machine has the plain instruction set only";
}

TEST(Paths, BitSerialInputsThatAreLookedUpGiveTheBitsOfThePlainOne) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    auto pick = [&](std::initializer_list<int> choices) { return *(choices.begin() + random() % choices.size()); };
    Case layer;
    Spec &spec = layer.spec;
    spec.K = pick({5, 31, 300, 520});
    spec.N = pick({1, 3, 50, 70});
    spec.R = pick({64, 255, 256});
    spec.C = pick({33, 64});
    spec.c = pick({1, 2, 3, 4});
    spec.bx = pick({8, 8, 5});
    spec.v = 1;
    spec.isSigned = false;
    spec.offset = spec.adcUnsigned = pick({0, 1});
    spec.B = pick({6, 8, 10});
    spec.dynamic = pick({0, 1});
    spec.fill(seed);
    if (seed % 4 == 0) // every cell full: sums leave bytes soonest
      std::fill(spec.levels.begin(), spec.levels.end(), seed % 8 ? spec.L() : -spec.L());
    const int64_t rows = pick({33, 64, 150, 260});
    layer.x = Array({rows, spec.K});
    layer.y = Array({rows, spec.N});
    layer.x.data = randomInputs(layer.x.data.size(), seed, 0.0f, 1.1f);
    const Result plain = runOn("generic", layer, 1);
    if (!aimc::simulator::findIsa("vnni"))
      continue;
    const Result other = runOn("vnni", layer, int(1 + seed % 3));
    ASSERT_EQ(memcmp(plain.y.data(), other.y.data(), plain.y.size() * sizeof(float)), 0) << "seed " << seed;
    ASSERT_EQ(plain.statistics.clipped_codes, other.statistics.clipped_codes) << "seed " << seed;
    ++compared;
  }
  if (!compared)
    GTEST_SKIP() << "this machine has no AVX-512 VNNI";
}

TEST(Paths, OutputScalesAreRoundedQuotients) {
  std::mt19937 random(3);
  for (const char *set : {"generic", "avx2", "vnni"}) {
    const aimc::simulator::Isa *isa = aimc::simulator::findIsa(set);
    if (!isa)
      continue;
    std::vector<float> w(1001), f(w.size());
    for (double divisor : {1.0, 15.0, 127.0 * 127.0, 127.0 * 255.0, 32767.0 * 32767.0, 2047.0 * 65535.0})
      for (float alpha : {1.0f, 16777213.0f, 0.1f, 3e38f, 1e-40f, 0.0f, INFINITY}) {
        for (float &value : w)
          value = ldexpf(float(random() >> 8 | 1), int(random() % 60) - 40);
        // Quotients halfway between two floats, where alpha is odd and has 24 bits.
        for (int odd = 3; odd < 99; odd += 2)
          w[size_t(odd)] = float(odd) * float(divisor);
        isa->kernels().outputScale(w.data(), int64_t(w.size()), alpha, divisor, f.data());
        for (size_t i = 0; i < w.size(); ++i) {
          const float expected = float(double(w[i]) * double(alpha) / divisor);
          ASSERT_EQ(memcmp(&f[i], &expected, sizeof expected), 0) << set << ": " << w[i] << " * " << alpha << " / " << divisor;
        }
      }
  }
}

/// What a layer's results become.
static float finished(float result, const aimc_finish &finish, size_t i) {
  const float sum = finish.addend ? result + finish.addend[i] : result;
  return finish.rectify ? std::max(sum, 0.0f) : sum;
}

/// Whose axes are one behind the other as `order` says.
static Array reordered(const Array &array, const std::vector<size_t> &order) {
  std::vector<int64_t> sizes;
  for (size_t axis : order)
    sizes.push_back(array.sizes[axis]);
  Array out(sizes);
  std::vector<int64_t> index(order.size());
  for (float &element : out.data) {
    int64_t at = 0;
    for (size_t axis = 0; axis < order.size(); ++axis)
      at += index[axis] * array.strides[order[axis]];
    element = array.data[size_t(at)];
    for (size_t axis = order.size(); axis-- > 0 && ++index[axis] == sizes[axis];)
      index[axis] = 0;
  }
  return out;
}

static void reorder(std::vector<int64_t> &offsets, std::vector<int64_t> &coefficients, const std::vector<size_t> &order) {
  const size_t dims = coefficients.size() / offsets.size();
  const std::vector<int64_t> o = offsets, c = coefficients;
  for (size_t axis = 0; axis < order.size(); ++axis) {
    offsets[axis] = o[order[axis]];
    std::copy_n(c.begin() + long(order[axis] * dims), dims, coefficients.begin() + long(axis * dims));
  }
}

TEST(Paths, ChannelsBehindPixelsGiveTheSameBits) {
  int compared = 0;
  const std::vector<size_t> order = {0, 2, 3, 1}, back = {0, 3, 1, 2};
  for (const char *set : {"generic", "avx2", "vnni"})
    for (uint32_t seed = 1; seed <= 60 && aimc::simulator::findIsa(set); ++seed) {
      Case layer = draw(seed);
      if (layer.y.sizes.size() != 4)
        continue;
      const Result expected = runOn(set, layer, 1);
      reorder(layer.spec.xOffsets, layer.spec.xCoefficients, order);
      reorder(layer.spec.yOffsets, layer.spec.yCoefficients, order);
      const std::vector<int64_t> sizes = layer.y.sizes;
      layer.x = reordered(layer.x, order);
      layer.y = reordered(layer.y, order);
      Array y(layer.y.sizes);
      const Result found = runOn(set, layer, 3);
      y.data = found.y;
      ASSERT_EQ(reordered(y, back).data, expected.y) << layer.name << " on " << set;
      ASSERT_EQ(found.statistics.clipped_codes, expected.statistics.clipped_codes) << layer.name << " on " << set;
      ++compared;
    }
  EXPECT_GT(compared, 15);
}

TEST(Paths, ResultsAreFinishedOnTheirWay) {
  for (const char *set : {"generic", "avx2", "vnni"})
    for (uint32_t seed = 1; seed <= 40 && aimc::simulator::findIsa(set); ++seed) {
      Case layer = draw(seed);
      const Result alone = runOn(set, layer, 1);
      setenv("AIMC_SIMULATOR_ISA", set, 1);
      Host host(layer.spec, 3);
      SimulatedChip chip(host, layer.fidelity, 5, 6);
      unsetenv("AIMC_SIMULATOR_ISA");
      const std::vector<float> addend = randomInputs(layer.y.data.size(), seed, -2.0f, 2.0f);
      aimc_finish finish = {};
      finish.size = sizeof finish;
      finish.version = AIMC_DRIVER_VERSION;
      finish.addend = seed % 3 ? addend.data() : nullptr;
      finish.rectify = seed % 2;
      ASSERT_EQ(chip.run(layer.x, layer.y, 2, nullptr, &finish), AIMC_OK) << host.message;
      ASSERT_EQ(finish.taken, 1);
      for (size_t i = 0; i < alone.y.size(); ++i)
        ASSERT_EQ(layer.y.data[i], finished(alone.y[i], finish, i)) << "element " << i << ", " << layer.name << " on " << set;
    }
}

TEST(Paths, LargeResultsPastTheCaches) {
  // 64 x 64 pixels of 520 channels are more than 8 MB, in whole lines.
  Spec spec;
  spec.N = 520;
  spec.C = 256;
  useConvolution(spec, 1, 1, 1, 0);
  spec.fill(1);
  Array x({1, 1, 64, 64}), y({1, 520, 64, 64});
  x.data = randomInputs(x.data.size(), 3, -1.0f, 1.0f);
  Host host(spec, 2);
  SimulatedChip chip(host, AIMC_QUANTIZED);
  const std::vector<float> addend = randomInputs(y.data.size(), 4, -2.0f, 2.0f);
  ASSERT_EQ(chip.run(x, y), AIMC_OK) << host.message;
  const std::vector<float> alone = y.data;
  aimc_finish finish = {sizeof finish, AIMC_DRIVER_VERSION, addend.data(), 1, 0};
  ASSERT_EQ(chip.run(x, y, 0, nullptr, &finish), AIMC_OK) << host.message;
  ASSERT_EQ(finish.taken, 1);
  for (size_t i = 0; i < alone.size(); ++i)
    ASSERT_EQ(y.data[i], finished(alone[i], finish, i)) << "element " << i;
  // A row of pixels alone has too few results for that.
  SimulatedChip same(host, AIMC_QUANTIZED);
  Array row({1, 1, 1, 64}), part({1, 520, 1, 64});
  std::copy(x.data.begin(), x.data.begin() + 64, row.data.begin());
  ASSERT_EQ(same.run(row, part), AIMC_OK) << host.message;
  for (size_t n = 0; n < 520; ++n)
    for (size_t i = 0; i < 64; ++i)
      ASSERT_EQ(part.data[n * 64 + i], alone[n * 4096 + i]) << "channel " << n << ", pixel " << i;
}
