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
  // Blocks 0 to 3 of the zero key and address: the bits that the transform gives everywhere, and the same numbers
  // computed in Python with its math module.
  const uint32_t bits[] = {0x3f7dbb31u, 0xbf6cb6b3u, 0xbf1e1b9fu, 0xbef6d1afu, 0xbe1d5355u, 0x3e392a6au,
                           0x3f54ec98u, 0x3e4a2d9du, 0xbf97da91u, 0x4022d280u, 0xbe8a0f9bu, 0x3ffb065du,
                           0xbf186c97u, 0x3eb4029fu, 0xbf661977u, 0x3ee40c4cu};
  const double values[] = {0.99113767,  -0.92466258, -0.61760890, -0.48206854, -0.15363817, 0.18082583,
                           0.83173510,  0.19743972,  -1.18635788, 2.54409744,  -0.26964999, 1.96113174,
                           -0.59540701, 0.35158239,  -0.89882601, 0.44540635};
  for (uint32_t i = 0; i < 16; i += 2) {
    PhiloxBlock block = philox(i / 4, 0, 0, 0, 0, 0);
    float g[2];
    gaussianPair(block.w[i % 4], block.w[i % 4 + 1], &g[0], &g[1]);
    for (uint32_t j = 0; j < 2; ++j) {
      EXPECT_EQ(__builtin_bit_cast(uint32_t, g[j]), bits[i + j]) << i + j;
      EXPECT_NEAR(g[j], values[i + j], 8e-7) << i + j;
    }
  }
}

TEST(Gaussian, LogarithmIsAccurate) {
  for (uint32_t k = 1; k < 1u << 24; k += k < 4096 || k > (1u << 24) - 4096 ? 2 : 998) {
    float u = float(k) * 0x1p-24f;
    double expected = std::log(double(u));
    ASSERT_NEAR(logUnit(u), expected, 2e-7 * std::abs(expected)) << k;
    ASSERT_NEAR(minusTwiceLog(k << 8), -2 * expected, 3e-7 - 6e-7 * expected) << k;
  }
}

TEST(Gaussian, SineAndCosineAreAccurate) {
  for (uint32_t k = 0; k < 1u << 24; k += 997)
    for (uint32_t w : {k << 8, (k << 8) + 255}) {
      float cosine, sine;
      onCircle(w, 1.0f, &cosine, &sine);
      double angle = 2 * M_PI * double(w) / double(1ll << 32);
      ASSERT_NEAR(cosine, std::cos(angle), 4e-7) << w;
      ASSERT_NEAR(sine, std::sin(angle), 4e-7) << w;
    }
}

TEST(Gaussian, NothingCancelsAtTheEnds) {
  // u next to 1, and the angles around a full turn.
  EXPECT_NEAR(minusTwiceLog(0xffffffffu), 0x1p-23, 1e-13);
  float cosine, sine;
  onCircle(0xffffffffu, 2.0f, &cosine, &sine);
  EXPECT_NEAR(cosine, 2.0, 1e-6);
  EXPECT_NEAR(sine, 0.0, 1e-6);
}

TEST(Gaussian, LargestValue) {
  float first, second;
  gaussianPair(0, 0, &first, &second);
  EXPECT_NEAR(first, 5.768, 5e-4);
  EXPECT_NEAR(second, 0.0, 2e-6);
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
