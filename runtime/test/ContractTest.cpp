#include "contract/Contract.h"
#include "contract/Gemm.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace aimc;

static std::vector<float> randomFloats(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

/// The order of summation in one line.
static std::vector<float> chain(int64_t m, int64_t n, int64_t k, const std::vector<float> &a, const std::vector<float> &b) {
  std::vector<float> c(m * n);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t l = 0; l < k; ++l)
        c[i * n + j] = std::fma(a[i * k + l], b[l * n + j], c[i * n + j]);
  return c;
}

TEST(Gemm, EveryInstructionSetGivesTheBitsOfTheChain) {
  const int64_t m = 29, n = 45, k = 37;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2), expected = chain(m, n, k, a, b);
  std::vector<int64_t> rows(k), columns(n);
  for (int64_t i = 0; i < k; ++i)
    rows[i] = i * n;
  std::iota(columns.begin(), columns.end(), 0);
  std::vector<float> packed(panelColumns(n) * k);
  packPanels(b.data(), rows.data(), columns.data(), k, n, packed.data());
  for (int isa = 0; isa <= static_cast<int>(bestIsa()); ++isa) {
    alignas(64) static float sums[29 * 64];
    std::fill(std::begin(sums), std::end(sums), 0.0f);
    gemmBlock(m, n, k, a.data(), k, packed.data(), sums, 64, static_cast<GemmIsa>(isa));
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        ASSERT_EQ(sums[i * 64 + j], expected[i * n + j]) << "instruction set " << isa << " at " << i << ", " << j;
  }
}

namespace {
struct Strided {
  aimc_buffer buffer;
  std::vector<int64_t> sizes, strides;
  Strided(std::vector<float> &data, std::vector<int64_t> extents) : sizes(extents), strides(extents.size()) {
    int64_t stride = 1;
    for (size_t i = sizes.size(); i-- > 0; stride *= sizes[i])
      strides[i] = stride;
    buffer = {data.data(), nullptr, sizes.data(), strides.data(), static_cast<int32_t>(sizes.size()), AIMC_F32};
  }
};
} // namespace

static std::unique_ptr<fb::AffineIndexT> affine(std::vector<int64_t> offsets, std::vector<int64_t> coefficients) {
  auto index = std::make_unique<fb::AffineIndexT>();
  index->offsets = std::move(offsets);
  index->coefficients = std::move(coefficients);
  return index;
}

static Status run(const fb::ContractionT &table, Strided &a, Strided &b, Strided &c) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Contraction::Pack(builder, &table));
  return contract(*flatbuffers::GetRoot<fb::Contraction>(builder.GetBufferPointer()), a.buffer, b.buffer, c.buffer,
                  Parallel::inlined());
}

static fb::ContractionT matmul(bool transposedB) {
  fb::ContractionT table;
  table.node = "matmul";
  table.m_dims = table.n_dims = table.k_dims = 1;
  table.a = affine({0, 0}, {1, 0, 0, 0, 0, 1});
  table.b = transposedB ? affine({0, 0}, {0, 1, 0, 0, 0, 1}) : affine({0, 0}, {0, 0, 1, 0, 1, 0});
  table.c = affine({0, 0}, {1, 0, 0, 0, 1, 0});
  table.type = AIMC_F32;
  return table;
}

TEST(Contract, AMatrixProductLargerThanABlockHasTheBitsOfTheChain) {
  const int64_t m = 101, n = 300, k = 600;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2);
  std::vector<float> c(m * n, 99);
  Strided as(a, {m, k}), bs(b, {k, n}), cs(c, {m, n});
  ASSERT_TRUE(run(matmul(false), as, bs, cs).ok());
  EXPECT_EQ(c, chain(m, n, k, a, b));
}

TEST(Gemm, EveryInstructionSetPacksATransposedMatrix) {
  const int64_t n = 77, k = 37;
  auto b = randomFloats(n * (k + 3), 1);
  std::vector<int64_t> rows(k), columns(n);
  std::iota(rows.begin(), rows.end(), 2);
  for (int64_t j = 0; j < n; ++j)
    columns[j] = j * (k + 3);
  for (int isa = 0; isa <= static_cast<int>(bestIsa()); ++isa) {
    std::vector<float> packed(panelColumns(n) * k, 99);
    packPanels(b.data(), rows.data(), columns.data(), k, n, packed.data(), static_cast<GemmIsa>(isa));
    for (int64_t j = 0; j < panelColumns(n); ++j)
      for (int64_t i = 0; i < k; ++i)
        ASSERT_EQ(packed[(j / panelWidth * k + i) * panelWidth + j % panelWidth], j < n ? b[j * (k + 3) + i + 2] : 0.0f)
            << "instruction set " << isa << " at " << i << ", " << j;
  }
}

TEST(Gemm, FewRowsGiveTheBitsOfTheChain) {
  const int64_t m = 3, n = 45, k = 37;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2), expected = chain(m, n, k, a, b);
  std::vector<int64_t> rows(k);
  for (int64_t i = 0; i < k; ++i)
    rows[i] = i * n;
  for (int isa = 0; isa <= static_cast<int>(bestIsa()); ++isa) {
    std::vector<float> sums(m * n);
    gemmFewRows(m, n, k, a.data(), k, b.data(), rows.data(), sums.data(), n, static_cast<GemmIsa>(isa));
    EXPECT_EQ(sums, expected) << "instruction set " << isa;
  }
}

TEST(Contract, ABatchOfOneHasTheBitsOfItsRowInALargerBatch) {
  const int64_t m = 9, n = 70, k = 300;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2), expected = chain(m, n, k, a, b);
  for (int64_t row = 0; row < m; ++row) {
    std::vector<float> one(a.begin() + row * k, a.begin() + (row + 1) * k), c(n);
    Strided as(one, {1, k}), bs(b, {k, n}), cs(c, {1, n});
    ASSERT_TRUE(run(matmul(false), as, bs, cs).ok());
    EXPECT_EQ(c, std::vector<float>(expected.begin() + row * n, expected.begin() + (row + 1) * n));
  }
}

TEST(Contract, TransposedBHasTheSameBits) {
  const int64_t m = 5, n = 70, k = 300;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2);
  std::vector<float> transposed(n * k), c(m * n);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j)
      transposed[j * k + i] = b[i * n + j];
  Strided as(a, {m, k}), bs(transposed, {n, k}), cs(c, {m, n});
  ASSERT_TRUE(run(matmul(true), as, bs, cs).ok());
  EXPECT_EQ(c, chain(m, n, k, a, b));
}

TEST(Contract, AccumulateAddsTheFinishedSum) {
  std::vector<float> a = {1, 2}, b = {3, 4}, c = {10};
  Strided as(a, {1, 2}), bs(b, {2, 1}), cs(c, {1, 1});
  fb::ContractionT table = matmul(false);
  table.accumulate = true;
  ASSERT_TRUE(run(table, as, bs, cs).ok());
  EXPECT_EQ(c[0], 21);
}

TEST(Contract, AnEmptySumIsZero) {
  std::vector<float> a(1), b(1), c = {5, 5};
  Strided as(a, {2, 0}), bs(b, {0, 1}), cs(c, {2, 1});
  ASSERT_TRUE(run(matmul(false), as, bs, cs).ok());
  EXPECT_EQ(c, (std::vector<float>{0, 0}));
}

TEST(Contract, TheLibraryAgreesToRounding) {
  const int64_t m = 530, n = 40, k = 64;
  auto a = randomFloats(m * k, 1), b = randomFloats(k * n, 2);
  std::vector<float> c(m * n), expected = chain(m, n, k, a, b);
  Strided as(a, {m, k}), bs(b, {k, n}), cs(c, {m, n});
  fb::ContractionT table = matmul(false);
  table.library = true;
  ASSERT_TRUE(run(table, as, bs, cs).ok());
  for (size_t i = 0; i < c.size(); ++i)
    ASSERT_NEAR(c[i], expected[i], 1e-4);
}

TEST(Contract, SmallerArraysThanTheDimsAreAnError) {
  std::vector<float> a(6), b(6), c(6);
  Strided as(a, {2, 3}), bs(b, {3, 1}), cs(c, {2, 2});
  Status status = run(matmul(false), as, bs, cs);
  EXPECT_EQ(status.code(), AIMC_FAILED);
  EXPECT_EQ(status.message(), "b or c is smaller than the contraction's dims");
}

/// A padded, strided, grouped convolution NCHW: dims n, g | y, x | f | c, ky, kx, both paths, against the definition.
TEST(Contract, AGroupedConvolution) {
  const int64_t N = 2, G = 2, H = 7, W = 6, F = 3, C = 2, K = 3, step = 2, pad = 1, OH = 4, OW = 3;
  auto x = randomFloats(N * G * C * H * W, 1), w = randomFloats(G * F * C * K * K, 2);
  fb::ContractionT table;
  table.node = "conv";
  table.batch_dims = 2;
  table.m_dims = 2;
  table.n_dims = 1;
  table.k_dims = 3;
  // dims:                 n  g  y  x  f  c ky kx
  table.a = affine({0, 0, 0, -pad, -pad},
                   {1, 0, 0,    0, 0, 0, 0, 0, /**/ 0, 1, 0, 0,    0, 0, 0, 0, /**/ 0, 0, 0, 0, 0, 1, 0, 0, /**/
                    0, 0, step, 0, 0, 0, 1, 0, /**/ 0, 0, 0, step, 0, 0, 0, 1});
  table.b = affine({0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0, 0, 0, /**/ 0, 0, 0, 0, 0, 1, 0, 0, /**/
                                     0, 0, 0, 0, 0, 0, 1, 0, /**/ 0, 0, 0, 0, 0, 0, 0, 1});
  table.c = affine({0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0, 0, /**/ 0, 1, 0, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0, 0, 0, /**/
                                     0, 0, 1, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0, 0, 0});
  table.type = AIMC_F32;
  for (bool library : {false, true}) {
    table.library = library;
    std::vector<float> y(N * G * F * OH * OW, 99);
    Strided as(x, {N, G, C, H, W}), bs(w, {G, F, C, K, K}), cs(y, {N, G, F, OH, OW});
    ASSERT_TRUE(run(table, as, bs, cs).ok());
    size_t at = 0;
    for (int64_t n = 0; n < N; ++n)
      for (int64_t gf = 0; gf < G * F; ++gf)
        for (int64_t oy = 0; oy < OH; ++oy)
          for (int64_t ox = 0; ox < OW; ++ox, ++at) {
            float sum = 0;
            for (int64_t c = 0; c < C; ++c)
              for (int64_t ky = 0; ky < K; ++ky)
                for (int64_t kx = 0; kx < K; ++kx) {
                  int64_t iy = oy * step + ky - pad, ix = ox * step + kx - pad;
                  if (iy >= 0 && iy < H && ix >= 0 && ix < W)
                    sum =
                        std::fma(x[((n * G * C + gf / F * C + c) * H + iy) * W + ix], w[((gf * C + c) * K + ky) * K + kx], sum);
                }
            if (library)
              ASSERT_NEAR(y[at], sum, 1e-5) << at;
            else
              ASSERT_EQ(y[at], sum) << at;
          }
  }
}

/// The same convolution with one group per channel, several strides and image widths: its results in the fixed order.
TEST(Contract, ADepthwiseConvolution) {
  const int64_t N = 2, C = 5, H = 9, K = 3, pad = 2;
  for (int64_t step : {1, 2, 3, 5})
    for (int64_t W : {4, 7, 20, 33}) {
      const int64_t OH = (H + 2 * pad - K) / step + 1, OW = (W + 2 * pad - K) / step + 1;
      auto x = randomFloats(N * C * H * W, 1), w = randomFloats(C * K * K, 2);
      fb::ContractionT table;
      table.node = "depthwise";
      table.batch_dims = 1;
      table.m_dims = 3;
      table.k_dims = 2;
      // dims:                           c  n  y     x     ky kx
      table.a = affine({0, 0, -pad, -pad}, {0, 1, 0,    0, 0, 0, /**/ 1, 0, 0, 0,    0, 0, /**/
                                            0, 0, step, 0, 1, 0, /**/ 0, 0, 0, step, 0, 1});
      table.b = affine({0, 0, 0}, {1, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0, /**/ 0, 0, 0, 0, 0, 1});
      table.c = affine({0, 0, 0, 0}, {0, 1, 0, 0, 0, 0, /**/ 1, 0, 0, 0, 0, 0, /**/ 0, 0, 1, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0});
      table.type = AIMC_F32;
      std::vector<float> y(N * C * OH * OW, 99);
      Strided as(x, {N, C, H, W}), bs(w, {C, K, K}), cs(y, {N, C, OH, OW});
      ASSERT_TRUE(run(table, as, bs, cs).ok());
      size_t at = 0;
      for (int64_t nc = 0; nc < N * C; ++nc)
        for (int64_t oy = 0; oy < OH; ++oy)
          for (int64_t ox = 0; ox < OW; ++ox, ++at) {
            float sum = 0;
            for (int64_t ky = 0; ky < K; ++ky)
              for (int64_t kx = 0; kx < K; ++kx) {
                int64_t iy = oy * step + ky - pad, ix = ox * step + kx - pad;
                if (iy >= 0 && iy < H && ix >= 0 && ix < W)
                  sum = std::fma(x[(nc * H + iy) * W + ix], w[(nc % C * K + ky) * K + kx], sum);
              }
            ASSERT_EQ(y[at], sum) << "step " << step << ", width " << W << ", at " << at;
          }
    }
}

/// Patches of 2 channels, 3 × 2 kernel with padding, for every instruction set and several strides, against the definition.
TEST(Patches, EveryInstructionSetReadsThePatches) {
  const int64_t N = 2, C = 2, H = 6, KY = 3, KX = 2, pad = 1;
  for (int64_t step : {1, 2, 3})
    for (int64_t W : {3, 8, 17, 40}) {
      const int64_t OH = (H + 2 * pad - KY) / step + 1, OW = (W + 2 * pad - KX) / step + 1;
      const int64_t pixels = N * OH * OW, rows = C * KY * KX;
      auto x = randomFloats(N * C * H * W, 1);
      const int64_t offsets[] = {0, 0, -pad, -pad}, sizes[] = {N, C, H, W}, strides[] = {C * H * W, H * W, W, 1};
      // dims:                   n  y  x  c ky kx
      const int64_t steps[] = {1, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0, /**/ 0, step, 0, 0, 1, 0, /**/ 0, 0, step, 0, 0, 1};
      const int64_t extents[] = {N, OH, OW, C, KY, KX};
      Patches patches;
      ASSERT_TRUE(patches.plan({offsets, steps, 4, 6}, sizes, strides, extents, {{0, N}, {1, OH}, {2, OW}},
                               {{3, C}, {4, KY}, {5, KX}}));
      ASSERT_EQ(patches.rows(), rows);
      auto element = [&](int64_t row, int64_t pixel) {
        int64_t n = pixel / OW / OH, iy = pixel / OW % OH * step + row / KX % KY - pad, ix = pixel % OW * step + row % KX - pad;
        return iy < 0 || iy >= H || ix < 0 || ix >= W ? 0.0f : x[((n * C + row / KX / KY) * H + iy) * W + ix];
      };
      const int64_t first = 3, count = pixels - 5, firstRow = 2;
      auto weights = randomFloats(rows, 3);
      for (int isa = 0; isa <= static_cast<int>(bestIsa()); ++isa) {
        Patches::Table table;
        patches.tabulate(first, count, table);
        std::vector<float> packed(panelColumns(count) * (rows - firstRow), 99), sums(count + Patches::lanes, 99);
        patches.pack(table, x.data(), firstRow, rows - firstRow, packed.data(), static_cast<GemmIsa>(isa));
        const float *tensor = x.data(), *weight = weights.data();
        patches.weigh(table, 1, &tensor, &weight, sums.data(), 0, static_cast<GemmIsa>(isa));
        for (int64_t p = 0; p < panelColumns(count); ++p)
          for (int64_t row = firstRow; row < rows; ++row)
            ASSERT_EQ(packed[(p / panelWidth * (rows - firstRow) + row - firstRow) * panelWidth + p % panelWidth],
                      p < count ? element(row, first + p) : 0.0f)
                << "instruction set " << isa << ", step " << step << ", width " << W << ", pixel " << p << ", row " << row;
        for (int64_t p = 0; p < count; ++p) {
          float sum = 0;
          for (int64_t row = 0; row < rows; ++row)
            sum = std::fma(weights[row], element(row, first + p), sum);
          ASSERT_EQ(sums[p], sum) << "instruction set " << isa << ", step " << step << ", width " << W << ", pixel " << p;
        }
      }
    }
}
