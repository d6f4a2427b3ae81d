#include "contract/Gather.h"

#include <gtest/gtest.h>
#include <random>

using namespace aimc;

TEST(Gather, RowsOfAPaddedConvolution) {
  // x[h, w] of 2 × 3, kernel 2 × 2, padding 1 left and above: row (y, x), column (ky, kx).
  const float x[] = {1, 2, 3, 4, 5, 6};
  const int64_t offsets[] = {-1, -1}, coefficients[] = {1, 0, 1, 0, 0, 1, 0, 1};
  const int64_t sizes[] = {2, 3}, strides[] = {3, 1};
  Gather gather;
  ASSERT_TRUE(gather.plan({offsets, coefficients, 2, 4}, sizes, strides, {{0, 2}, {1, 3}}, {{2, 2}, {3, 2}}));
  std::vector<float> out(6 * 4, -1);
  gather.read(x, 0, 6, 0, 4, out.data(), 4);
  EXPECT_EQ(out, (std::vector<float>{0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 2, 3, 0, 1, 0, 4, 1, 2, 4, 5, 2, 3, 5, 6}));
}

TEST(Gather, AMatrixIsItsOwnRows) {
  const int64_t offsets[] = {0, 0}, coefficients[] = {1, 0, 0, 1}, sizes[] = {4, 5}, strides[] = {7, 1};
  Gather gather;
  ASSERT_TRUE(gather.plan({offsets, coefficients, 2, 2}, sizes, strides, {{0, 4}}, {{1, 5}}));
  EXPECT_EQ(gather.denseRowStride(), 7);
}

/// Every strided, dilated, padded, transposed case against indexing element by element.
TEST(Gather, AgreesWithIndexing) {
  std::mt19937 random(1);
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int round = 0; round < 300; ++round) {
    // Dims: n, oy, ox | c, ky, kx. Axes: n, c, y, x in some order of memory.
    int64_t extents[6], sizes[4], strides[4];
    for (int64_t &extent : extents)
      extent = pick(1, 5);
    int64_t step = pick(1, 2), dilation = pick(1, 2), pad = pick(0, 3);
    sizes[0] = extents[0];
    sizes[1] = extents[3];
    sizes[2] = pick(1, 8);
    sizes[3] = pick(1, 8);
    std::vector<int> order = {0, 1, 2, 3};
    std::shuffle(order.begin(), order.end(), random);
    int64_t total = 1;
    for (int axis : order) {
      strides[axis] = total;
      total *= sizes[axis];
    }
    const int64_t offsets[4] = {0, 0, -pad, -pad};
    const int64_t coefficients[24] = {1, 0,    0, 0, 0,        0, 0, 0, 0,    1, 0, 0,
                                      0, step, 0, 0, dilation, 0, 0, 0, step, 0, 0, dilation};
    std::vector<int32_t> x(total);
    for (int64_t i = 0; i < total; ++i)
      x[i] = static_cast<int32_t>(i + 1);
    Gather gather;
    ASSERT_TRUE(gather.plan({offsets, coefficients, 4, 6}, sizes, strides, {{0, extents[0]}, {1, extents[1]}, {2, extents[2]}},
                            {{3, extents[3]}, {4, extents[4]}, {5, extents[5]}}));
    int64_t firstRow = pick(0, gather.rows() - 1), rows = pick(0, gather.rows() - firstRow);
    int64_t firstColumn = pick(0, gather.columns() - 1), columns = pick(0, gather.columns() - firstColumn);
    std::vector<int32_t> out(rows * (columns + 1), -7);
    gather.read(x.data(), firstRow, rows, firstColumn, columns, out.data(), columns + 1);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        int64_t row = firstRow + r, column = firstColumn + c;
        int64_t n = row / extents[2] / extents[1], oy = row / extents[2] % extents[1], ox = row % extents[2];
        int64_t channel = column / extents[5] / extents[4], ky = column / extents[5] % extents[4], kx = column % extents[5];
        int64_t iy = oy * step + ky * dilation - pad, ix = ox * step + kx * dilation - pad;
        bool inside = iy >= 0 && iy < sizes[2] && ix >= 0 && ix < sizes[3];
        int32_t expected = inside ? x[n * strides[0] + channel * strides[1] + iy * strides[2] + ix * strides[3]] : 0;
        ASSERT_EQ(out[r * (columns + 1) + c], expected) << "round " << round << " row " << row << " column " << column;
      }
    for (int64_t r = 0; r < rows; ++r)
      ASSERT_EQ(out[r * (columns + 1) + columns], -7);
  }
}
