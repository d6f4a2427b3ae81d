//===- SizesTest.cpp - arithmetic with sizes that have only a name ----------------------------------------------===//
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include <gtest/gtest.h>

using namespace aimc::onnx;

namespace {
struct Sizes : testing::Test {
  ShapeInference inference;
  Dim n = inference.freshDim(), m = inference.freshDim();
};
} // namespace

TEST_F(Sizes, NumbersAreNumbers) {
  EXPECT_EQ(inference.add(3, 4), 7);
  EXPECT_EQ(inference.sub(7, 4), 3);
  EXPECT_EQ(inference.mul(3, 4), 12);
  EXPECT_EQ(inference.div(13, 4), 3);
}

TEST_F(Sizes, NeutralNumbersKeepAName) {
  EXPECT_EQ(inference.add(n, 0), n);
  EXPECT_EQ(inference.sub(n, 0), n);
  EXPECT_EQ(inference.mul(1, n), n);
  EXPECT_EQ(inference.div(n, 1), n);
  EXPECT_EQ(inference.mul(n, 0), 0);
  EXPECT_EQ(inference.sub(n, n), 0);
}

TEST_F(Sizes, EqualExpressionsAreEqualSizes) {
  EXPECT_EQ(inference.add(n, m), inference.add(m, n));
  EXPECT_EQ(inference.mul(inference.mul(n, 4), m), inference.mul(m, inference.mul(4, n)));
  EXPECT_EQ(inference.div(inference.add(n, 1), 2), inference.div(inference.add(1, n), 2));
  EXPECT_NE(inference.add(n, 1), inference.add(n, 2));
  EXPECT_NE(n, m);
}

TEST_F(Sizes, FactorsCancel) {
  Dim product = inference.mul(inference.mul(n, 12), m);
  EXPECT_EQ(inference.div(product, 12), inference.mul(n, m));
  EXPECT_EQ(inference.div(inference.div(product, m), 4), inference.mul(n, 3));
  EXPECT_EQ(inference.quotient({n, 8, 7, 7}, {n}), std::optional<Dim>(392));
  EXPECT_EQ(inference.quotient({n, 8}, {4}), std::optional<Dim>(inference.mul(n, 2)));
}

TEST_F(Sizes, OnlyNumbersCanLeaveARemainder) {
  EXPECT_EQ(inference.quotient({2, 3}, {4}), std::nullopt);
  EXPECT_TRUE(inference.quotient({n, 3}, {4}).has_value());
}

TEST_F(Sizes, HugeNumbersBecomeNames) {
  Dim huge = int64_t(1) << 62;
  EXPECT_FALSE(isStatic(inference.mul(huge, 4)));
  EXPECT_FALSE(isStatic(inference.add(huge, huge)));
  EXPECT_FALSE(isStatic(inference.sub(3, 4)));
  EXPECT_FALSE(isStatic(inference.div(3, 0)));
}

TEST_F(Sizes, Broadcast) {
  EXPECT_EQ(inference.broadcast(n, 1), std::optional<Dim>(n));
  EXPECT_EQ(inference.broadcast(1, n), std::optional<Dim>(n));
  EXPECT_EQ(inference.broadcast(n, n), std::optional<Dim>(n));
  EXPECT_EQ(inference.broadcast(n, 5), std::optional<Dim>(5));
  EXPECT_EQ(inference.broadcast(4, 5), std::nullopt);
  EXPECT_EQ(inference.broadcast(n, m), inference.broadcast(m, n));
  EXPECT_NE(inference.broadcast(n, m), std::optional<Dim>(n));
}
