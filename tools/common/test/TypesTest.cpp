#include "Types.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace aimc::tools;

TEST(Types, HalfKnownValues) {
  struct {
    float value;
    uint16_t bits;
  } rows[] = {{0.0f, 0x0000},         {-0.0f, 0x8000},    {1.0f, 0x3c00},     {-2.0f, 0xc000},
              {65504.0f, 0x7bff},     {0.1f, 0x2e66},     {0x1p-24f, 0x0001}, {0x1p-14f, 0x0400},
              {0x1.ff8p-15f, 0x03ff}, {65519.0f, 0x7bff}, {65520.0f, 0x7c00}, {INFINITY, 0x7c00}};
  for (auto row : rows)
    EXPECT_EQ(floatToHalf(row.value), row.bits) << row.value;
  EXPECT_EQ(halfToFloat(0x7bff), 65504.0f);
  EXPECT_EQ(halfToFloat(0x0001), 0x1p-24f);
  EXPECT_EQ(halfToFloat(0xc000), -2.0f);
  EXPECT_TRUE(std::isnan(halfToFloat(0x7e00)));
  EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(NAN))));
}

TEST(Types, HalfTiesGoToEven) {
  EXPECT_EQ(floatToHalf(0x1p-25f), 0x0000);        // half of the smallest
  EXPECT_EQ(floatToHalf(0x1.8p-24f), 0x0002);      // one and a half
  EXPECT_EQ(floatToHalf(1.0f + 0x1p-11f), 0x3c00); // between 1 and its neighbour
  EXPECT_EQ(floatToHalf(2.0f - 0x1p-12f), 0x4000); // carries into the exponent
}

TEST(Types, EveryHalfSurvivesTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    float value = halfToFloat(static_cast<uint16_t>(bits));
    if (!std::isnan(value)) {
      ASSERT_EQ(floatToHalf(value), bits);
    }
  }
}

TEST(Types, BfloatRoundsToEven) {
  EXPECT_EQ(floatToBfloat(1.0f), 0x3f80);
  EXPECT_EQ(floatToBfloat(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(floatToBfloat(1.0f + 0x1.8p-7f), 0x3f82);
  EXPECT_EQ(bfloatToFloat(0xc040), -3.0f);
}

TEST(Types, RatioScaleDivides) {
  uint8_t bytes[256];
  float floats[256];
  for (int i = 0; i < 256; ++i)
    bytes[i] = static_cast<uint8_t>(i);
  Result<InputScale> scale = InputScale::parse("1/255");
  ASSERT_TRUE(scale);
  ASSERT_TRUE(convertElements(bytes, AIMC_U8, 1, 256, floats, AIMC_F32, *scale));
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(floats[i], static_cast<float>(i) / 255.0f);
}

TEST(Types, DecimalScaleMultiplies) {
  int16_t from[] = {-3, 0, 7};
  float to[3];
  ASSERT_TRUE(convertElements(from, AIMC_I16, 1, 3, to, AIMC_F32, *InputScale::parse("0.1")));
  EXPECT_EQ(to[0], -3.0f * 0.1f);
  EXPECT_EQ(to[1], 0.0f);
  EXPECT_EQ(to[2], 7.0f * 0.1f);
}

TEST(Types, ScaleErrors) {
  for (const char *text : {"", "1/", "/255", "1/0", "0", "abc", "1/2/3", "inf", "1 /2x"}) {
    Result<InputScale> scale = InputScale::parse(text);
    ASSERT_FALSE(scale) << text;
    EXPECT_EQ(scale.error(),
              "input scale '" + std::string(text) + "' is not a number or a ratio of two, both nonzero, as in 1/255 or 0.5");
  }
}

TEST(Types, ScaleLeavesFloatsAlone) {
  double from[] = {0.5, -4};
  float to[2];
  ASSERT_TRUE(convertElements(from, AIMC_F64, 1, 2, to, AIMC_F32, *InputScale::parse("1/255")));
  EXPECT_EQ(to[0], 0.5f);
  EXPECT_EQ(to[1], -4.0f);
}

TEST(Types, IntegersMustFit) {
  int64_t from[] = {1, 200, -1};
  uint8_t to[3];
  EXPECT_TRUE(convertElements(from, AIMC_I64, 1, 2, to, AIMC_U8, {}));
  EXPECT_EQ(to[1], 200);
  EXPECT_EQ(convertElements(from, AIMC_I64, 1, 3, to, AIMC_U8, {}).error(), "value -1 of int64 data does not fit uint8");
  uint64_t large[] = {std::numeric_limits<uint64_t>::max()};
  int64_t narrow[1];
  EXPECT_FALSE(convertElements(large, AIMC_U64, 1, 1, narrow, AIMC_I64, {}));
  EXPECT_EQ(convertElements(from, AIMC_I64, 1, 2, to, AIMC_BOOL, {}).error(), "value 200 of int64 data does not fit bool");
}

TEST(Types, FloatsDoNotBecomeIntegers) {
  float from[] = {1};
  int32_t to[1];
  EXPECT_EQ(convertElements(from, AIMC_F32, 1, 1, to, AIMC_I32, {}).error(),
            "float32 data cannot become int32 without losing fractions");
}

TEST(Types, StrideSkipsElements) {
  int32_t from[] = {1, 2, 3, 4, 5};
  int32_t to[3];
  ASSERT_TRUE(convertElements(from, AIMC_I32, 2, 3, to, AIMC_I32, {}));
  EXPECT_EQ(to[0], 1);
  EXPECT_EQ(to[1], 3);
  EXPECT_EQ(to[2], 5);
}

TEST(Types, ElementCountRefusesOverflow) {
  EXPECT_EQ(elementCount({2, 3, 4}), 24);
  EXPECT_EQ(elementCount({}), 1);
  EXPECT_EQ(elementCount({-1, 3}), -1);
  EXPECT_EQ(elementCount({int64_t(1) << 40, int64_t(1) << 40}), -1);
}
