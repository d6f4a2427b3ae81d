#include "Recovery.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace aimc::tools;

TEST(Recovery, RowsOfAFitMeetAllPositionsAlike) {
  // Pixels of feature maps from 1 x 1 to 28 x 28, tokens, and a few odd ones.
  for (int64_t positions : {1, 4, 9, 28, 49, 50, 64, 77, 100, 196, 576, 784})
    for (int64_t samples : {1, 20, 256, 1000}) {
      const int64_t stride = fittedStride(positions, samples), rows = positions * samples;
      std::vector<int64_t> met(static_cast<size_t>(positions), 0);
      int64_t count = 0;
      for (int64_t row = 0; row < rows; row += stride, ++count)
        ++met[static_cast<size_t>(row % positions)];
      auto [least, most] = std::minmax_element(met.begin(), met.end());
      EXPECT_LE(*most - *least, 1) << positions << " positions, " << samples << " samples, every " << stride;
      EXPECT_LE(count, 2048);
      EXPECT_GE(count, std::min<int64_t>(rows, 1024)) << positions << " positions, " << samples << " samples";
    }
}
