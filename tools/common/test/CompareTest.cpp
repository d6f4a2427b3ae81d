#include "Compare.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace aimc::tools;

TEST(Compare, SpreadIsTheSampleDeviation) {
  Spread spread = spreadOf({2, 4, 9});
  EXPECT_DOUBLE_EQ(spread.mean, 5);
  EXPECT_DOUBLE_EQ(spread.deviation, std::sqrt(13.0)); // (9 + 1 + 16) / 2
  EXPECT_EQ(spreadOf({7}).deviation, 0);
}

TEST(Compare, TopOneTakesTheFirstOfEquals) {
  std::vector<double> scores = {1, 3, 2, /**/ 5, 5, 0, /**/ 0, 0, 1};
  EXPECT_DOUBLE_EQ(topOneAccuracy(scores, {1, 0, 2}), 1);
  EXPECT_DOUBLE_EQ(topOneAccuracy(scores, {1, 1, 0}), 1.0 / 3);
}

TEST(Compare, SqnrOfAKnownError) {
  Difference difference = compare({10, -10, 1}, {11, -9, 1});
  EXPECT_NEAR(difference.sqnrDb, 10 * std::log10(203.0 / 2), 1e-12);
  EXPECT_EQ(difference.maxAbsolute, 1);
  EXPECT_EQ(difference.range, 20);
  EXPECT_DOUBLE_EQ(difference.maxRelative(), 0.05);
}

TEST(Compare, EqualIsInfinitelyGood) {
  Difference difference = compare({1, NAN, INFINITY}, {1, NAN, INFINITY});
  EXPECT_TRUE(difference.equal());
  EXPECT_EQ(difference.sqnrDb, INFINITY);
  EXPECT_EQ(difference.maxRelative(), 0);
}

TEST(Compare, NanOnOneSideIsInfinitelyBad) {
  Difference difference = compare({1, NAN}, {1, 2});
  EXPECT_FALSE(difference.equal());
  EXPECT_EQ(difference.sqnrDb, -INFINITY);
  EXPECT_EQ(difference.maxRelative(), INFINITY);
}
