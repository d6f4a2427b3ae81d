// Random numbers: the generator's known answer, the Gaussian transform's values, moments and end, and that no instruction set
// changes a bit.
#include "Gaussian.h"
#include "Isa.h"
#include "Kernels.h"
#include "Philox.h"

#include <gtest/gtest.h>

#include <math.h>
#include <vector>

using namespace aimc::simulator;

TEST(Philox, KnownAnswer) {
  PhiloxBlock zero = philox(0, 0, 0, 0, 0, 0);
  EXPECT_EQ(zero.w[0], 0x6627e8d5u);
  EXPECT_EQ(zero.w[1], 0xe169c58du);
  EXPECT_EQ(zero.w[2], 0xbc57ac4cu);
  EXPECT_EQ(zero.w[3], 0x9b00dbd8u);
  // The generator's published test vectors: all ones, and digits of pi.
  PhiloxBlock ones = philox(~0u, ~0u, ~0u, ~0u, ~0u, ~0u);
  EXPECT_EQ(ones.w[0], 0x408f276du);
  EXPECT_EQ(ones.w[1], 0x41c83b0eu);
  EXPECT_EQ(ones.w[2], 0xa20bc7c6u);
  EXPECT_EQ(ones.w[3], 0x6d5451fdu);
  PhiloxBlock pi = philox(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u);
  EXPECT_EQ(pi.w[0], 0xd16cfe09u);
  EXPECT_EQ(pi.w[1], 0x94fdccebu);
  EXPECT_EQ(pi.w[2], 0x5001e420u);
  EXPECT_EQ(pi.w[3], 0x24126ea1u);
}

TEST(Gaussian, GoldenValues) {
  // Blocks 0 to 3 of the zero key and address: the bits that the transform has given from the beginning, and the same numbers
  // computed in Python with its math module.
  const uint32_t bits[] = {0x3f7dbb2fu, 0xbf6cb6b3u, 0xbf1e1ba1u, 0xbef6d1a9u, 0xbe1d534fu, 0x3e392a6bu,
                           0x3f54ec98u, 0x3e4a2d9au, 0xbf97da8eu, 0x4022d27fu, 0xbe8a0f7bu, 0x3ffb065fu,
                           0xbf186c96u, 0x3eb402a0u, 0xbf661975u, 0x3ee40c4eu};
  const double values[] = {0.99113748,  -0.92466278, -0.61760905, -0.48206835, -0.15363811, 0.18082588,
                           0.83173513,  0.19743959,  -1.18635726, 2.54409773,  -0.26964933, 1.96113183,
                           -0.59540693, 0.35158254,  -0.89882600, 0.44540636};
  for (uint32_t i = 0; i < 16; i += 2) {
    PhiloxBlock block = philox(i / 4, 0, 0, 0, 0, 0);
    float g[2];
    gaussianPair(block.w[i % 4], block.w[i % 4 + 1], &g[0], &g[1]);
    for (uint32_t j = 0; j < 2; ++j) {
      EXPECT_EQ(__builtin_bit_cast(uint32_t, g[j]), bits[i + j]) << i + j;
      EXPECT_NEAR(g[j], values[i + j], 5e-7) << i + j;
    }
  }
}

TEST(Gaussian, LogarithmIsAccurate) {
  for (uint32_t k = 1; k < 1u << 24; k += k < 4096 || k > (1u << 24) - 4096 ? 2 : 998) {
    float u = float(k) * 0x1p-24f;
    double expected = std::log(double(u));
    ASSERT_NEAR(logUnit(u), expected, 2e-7 * std::abs(expected)) << k;
  }
}

TEST(Gaussian, SineAndCosineAreAccurate) {
  for (uint32_t k = 0; k < 1u << 24; k += 997) {
    float cosine, sine;
    sinCosTurn(k, &cosine, &sine);
    double angle = 2 * M_PI * double(k) / double(1 << 24);
    ASSERT_NEAR(cosine, std::cos(angle), 1.2e-7) << k;
    ASSERT_NEAR(sine, std::sin(angle), 1.2e-7) << k;
  }
}

TEST(Gaussian, LargestValue) {
  float first, second;
  gaussianPair(0, 0, &first, &second);
  EXPECT_NEAR(first, 5.768, 5e-4);
  EXPECT_EQ(second, 0.0f);
}

TEST(Gaussian, EveryInstructionSetGivesTheSameBits) {
  Stream stream = {1, 2, 3, 4, 5};
  std::vector<float> expected(1003);
  for (size_t i = 0; i < expected.size(); ++i) {
    uint64_t element = 13 + i;
    PhiloxBlock block = philox(uint32_t(element >> 2), 3, 4, 5, 1, 2);
    float g[4];
    gaussianPair(block.w[0], block.w[1], &g[0], &g[1]);
    gaussianPair(block.w[2], block.w[3], &g[2], &g[3]);
    expected[i] = g[element & 3];
  }
  for (const char *name : {"generic", "avx2", "onednn", "vnni"}) {
    const Isa *isa = findIsa(name);
    if (!isa)
      continue;
    std::vector<float> drawn(expected.size());
    isa->kernels().gaussians(stream, 13, int64_t(drawn.size()), drawn.data());
    EXPECT_EQ(drawn, expected) << name;
    for (uint64_t first : {0, 1, 2, 3, 4, 250})
      for (int64_t count : {1, 2, 5, 64, 300}) {
        std::vector<float> part(size_t(count), -1.0f);
        isa->kernels().gaussians(stream, 13 + first, count, part.data());
        EXPECT_EQ(part, std::vector<float>(expected.begin() + long(first), expected.begin() + long(first) + count)) << name;
      }
  }
}

TEST(Gaussian, Moments) {
  const int64_t count = 1 << 20;
  std::vector<float> drawn(count);
  const char *error = nullptr;
  const Isa *isa = selectIsa(&error);
  ASSERT_NE(isa, nullptr) << error;
  isa->kernels().gaussians({7, 0, 0, 0, 0}, 0, count, drawn.data());
  double sum[5] = {};
  for (float g : drawn) {
    double power = 1;
    for (double &s : sum) {
      s += power;
      power *= double(g);
    }
  }
  double n = double(count);
  EXPECT_NEAR(sum[1] / n, 0.0, 4 / std::sqrt(n));
  EXPECT_NEAR(sum[2] / n, 1.0, 4 * std::sqrt(2 / n));
  EXPECT_NEAR(sum[3] / n, 0.0, 4 * std::sqrt(15 / n));
  EXPECT_NEAR(sum[4] / n, 3.0, 4 * std::sqrt(96 / n));
}
