#include "contract/GemmKernel.h"

#include <cmath>

using namespace aimc;

/// Without vector instructions of its own: std::fma is one instruction where the target has it, a correctly rounded function
/// elsewhere; the bits are the same.
template <int64_t width>
static void genericPanel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                         int64_t fromStride, float *to, int64_t toStride) {
  for (int64_t row = 0; row < m; ++row) {
    float *sums = to + row * toStride;
    for (int64_t j = 0; j < width; ++j)
      sums[j] = from ? from[row * fromStride + j] : 0.0f;
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < width; ++j)
        sums[j] = std::fma(a[row * aStride + i], panel[i * panelWidth + j], sums[j]);
  }
}

static void genericRows(int64_t count, int64_t n, const float *a, const float *const *rows, float *sums) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < n; ++j)
      sums[j] = std::fma(a[i], rows[i][j], sums[j]);
}

/// Part of a transposition: rows [first, k), columns [begin, width).
static void transposePart(const float *b, const int64_t *columns, int64_t begin, int64_t width, int64_t first, int64_t k,
                          float *panel) {
  // Column by column within short stretches: reads are consecutive, writes stay in the cache.
  constexpr int64_t stretch = 16;
  for (int64_t from = first; from < k; from += stretch)
    for (int64_t j = begin; j < width; ++j)
      for (int64_t i = from, end = k < from + stretch ? k : from + stretch; i < end; ++i)
        panel[i * panelWidth + j] = b[columns[j] + i];
}

static void genericTranspose(const float *b, const int64_t *columns, int64_t width, int64_t k, float *panel) {
  transposePart(b, columns, 0, width, 0, k, panel);
}

static constexpr PanelKernels genericKernels = {genericPanel<panelWidth>, genericPanel<panelWidth / 2>};

#if defined(__x86_64__)

#include <immintrin.h>

/// `rows` rows, `vectors` of 16 columns; the sums stay in registers.
template <int rows, int vectors>
__attribute__((target("avx512f"))) static void tile512(int64_t k, const float *a, int64_t aStride, const float *panel,
                                                       const float *from, int64_t fromStride, float *to, int64_t toStride) {
  __m512 sum[rows][vectors];
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      sum[r][v] = from ? _mm512_loadu_ps(from + r * fromStride + 16 * v) : _mm512_setzero_ps();
  for (int64_t i = 0; i < k; ++i, panel += panelWidth) {
    __m512 b[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      b[v] = _mm512_loadu_ps(panel + 16 * v);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      __m512 value = _mm512_set1_ps(a[r * aStride + i]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v)
        sum[r][v] = _mm512_fmadd_ps(value, b[v], sum[r][v]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      _mm512_storeu_ps(to + r * toStride + 16 * v, sum[r][v]);
}

/// `rows` rows of 16 columns.
template <int rows>
__attribute__((target("avx2,fma"))) static void tile256(int64_t k, const float *a, int64_t aStride, const float *panel,
                                                        const float *from, int64_t fromStride, float *to, int64_t toStride) {
  __m256 left[rows], right[rows];
#pragma GCC unroll 6
  for (int r = 0; r < rows; ++r) {
    left[r] = from ? _mm256_loadu_ps(from + r * fromStride) : _mm256_setzero_ps();
    right[r] = from ? _mm256_loadu_ps(from + r * fromStride + 8) : _mm256_setzero_ps();
  }
  for (int64_t i = 0; i < k; ++i, panel += panelWidth) {
    __m256 b0 = _mm256_loadu_ps(panel), b1 = _mm256_loadu_ps(panel + 8);
#pragma GCC unroll 6
    for (int r = 0; r < rows; ++r) {
      __m256 value = _mm256_broadcast_ss(a + r * aStride + i);
      left[r] = _mm256_fmadd_ps(value, b0, left[r]);
      right[r] = _mm256_fmadd_ps(value, b1, right[r]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < rows; ++r) {
    _mm256_storeu_ps(to + r * toStride, left[r]);
    _mm256_storeu_ps(to + r * toStride + 8, right[r]);
  }
}

using Tile = void (*)(int64_t k, const float *a, int64_t aStride, const float *panel, const float *from, int64_t fromStride,
                      float *to, int64_t toStride);

/// As few tiles of at most `most` rows as do, about equally high; tiles[r] does r rows.
static void runTiles(const Tile *tiles, int64_t most, int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel,
                     const float *from, int64_t fromStride, float *to, int64_t toStride) {
  for (int64_t row = 0, left = (m + most - 1) / most; left > 0; --left) {
    int64_t count = (m - row + left - 1) / left;
    tiles[count](k, a + row * aStride, aStride, panel, from ? from + row * fromStride : nullptr, fromStride,
                 to + row * toStride, toStride);
    row += count;
  }
}

template <int vectors>
static void avx512Panel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                        int64_t fromStride, float *to, int64_t toStride) {
  static const Tile tiles[] = {nullptr,
                               tile512<1, vectors>,
                               tile512<2, vectors>,
                               tile512<3, vectors>,
                               tile512<4, vectors>,
                               tile512<5, vectors>,
                               tile512<6, vectors>,
                               tile512<7, vectors>,
                               tile512<8, vectors>,
                               tile512<9, vectors>,
                               tile512<10, vectors>,
                               tile512<11, vectors>,
                               tile512<12, vectors>};
  runTiles(tiles, 12, m, k, a, aStride, panel, from, fromStride, to, toStride);
}

static void avx2Half(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                     int64_t fromStride, float *to, int64_t toStride) {
  static const Tile tiles[] = {nullptr, tile256<1>, tile256<2>, tile256<3>, tile256<4>, tile256<5>, tile256<6>};
  runTiles(tiles, 6, m, k, a, aStride, panel, from, fromStride, to, toStride);
}

static void avx2Panel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                      int64_t fromStride, float *to, int64_t toStride) {
  avx2Half(m, k, a, aStride, panel, from, fromStride, to, toStride);
  avx2Half(m, k, a, aStride, panel + 16, from ? from + 16 : nullptr, fromStride, to + 16, toStride);
}

__attribute__((target("avx512f"))) static void avx512Rows(int64_t count, int64_t n, const float *a, const float *const *rows,
                                                          float *sums) {
  for (int64_t j = 0; j < n; j += 16) {
    __mmask16 mask = n - j >= 16 ? 0xffff : static_cast<__mmask16>((1u << (n - j)) - 1);
    __m512 sum = _mm512_maskz_loadu_ps(mask, sums + j);
    for (int64_t i = 0; i < count; ++i)
      sum = _mm512_fmadd_ps(_mm512_set1_ps(a[i]), _mm512_maskz_loadu_ps(mask, rows[i] + j), sum);
    _mm512_mask_storeu_ps(sums + j, mask, sum);
  }
}

__attribute__((target("avx2,fma"))) static void avx2Rows(int64_t count, int64_t n, const float *a, const float *const *rows,
                                                         float *sums) {
  int64_t j = 0;
  for (; j + 8 <= n; j += 8) {
    __m256 sum = _mm256_loadu_ps(sums + j);
    for (int64_t i = 0; i < count; ++i)
      sum = _mm256_fmadd_ps(_mm256_broadcast_ss(a + i), _mm256_loadu_ps(rows[i] + j), sum);
    _mm256_storeu_ps(sums + j, sum);
  }
  for (; j < n; ++j)
    for (int64_t i = 0; i < count; ++i)
      sums[j] = _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a[i]), _mm_set_ss(rows[i][j]), _mm_set_ss(sums[j])));
}

/// Squares of 8 by 8 in registers.
__attribute__((target("avx2"))) static void avx2Transpose(const float *b, const int64_t *columns, int64_t width, int64_t k,
                                                          float *panel) {
  int64_t wholeK = k / 8 * 8, wholeWidth = width / 8 * 8;
  for (int64_t j = 0; j < wholeWidth; j += 8)
    for (int64_t i = 0; i < wholeK; i += 8) {
      __m256 row[8], pair[8], quad[8];
#pragma GCC unroll 8
      for (int r = 0; r < 8; ++r)
        row[r] = _mm256_loadu_ps(b + columns[j + r] + i);
#pragma GCC unroll 4
      for (int r = 0; r < 8; r += 2) {
        pair[r] = _mm256_unpacklo_ps(row[r], row[r + 1]);
        pair[r + 1] = _mm256_unpackhi_ps(row[r], row[r + 1]);
      }
#pragma GCC unroll 2
      for (int r = 0; r < 8; r += 4) {
        quad[r] = _mm256_shuffle_ps(pair[r], pair[r + 2], 0x44);
        quad[r + 1] = _mm256_shuffle_ps(pair[r], pair[r + 2], 0xee);
        quad[r + 2] = _mm256_shuffle_ps(pair[r + 1], pair[r + 3], 0x44);
        quad[r + 3] = _mm256_shuffle_ps(pair[r + 1], pair[r + 3], 0xee);
      }
      float *to = panel + i * panelWidth + j;
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) {
        _mm256_storeu_ps(to + r * panelWidth, _mm256_permute2f128_ps(quad[r], quad[r + 4], 0x20));
        _mm256_storeu_ps(to + (r + 4) * panelWidth, _mm256_permute2f128_ps(quad[r], quad[r + 4], 0x31));
      }
    }
  transposePart(b, columns, wholeWidth, width, 0, wholeK, panel);
  transposePart(b, columns, 0, width, wholeK, k, panel);
}

TransposeKernel aimc::transposeKernel(GemmIsa isa) { return isa == GemmIsa::Generic ? genericTranspose : avx2Transpose; }

RowsKernel aimc::rowsKernel(GemmIsa isa) {
  return isa == GemmIsa::Avx512 ? avx512Rows : isa == GemmIsa::Avx2 ? avx2Rows : genericRows;
}

PanelKernels aimc::panelKernels(GemmIsa isa) {
  switch (isa) {
  case GemmIsa::Avx512:
    return {avx512Panel<2>, avx512Panel<1>};
  case GemmIsa::Avx2:
    return {avx2Panel, avx2Half};
  case GemmIsa::Generic:
    break;
  }
  return genericKernels;
}

#else

PanelKernels aimc::panelKernels(GemmIsa) { return genericKernels; }
RowsKernel aimc::rowsKernel(GemmIsa) { return genericRows; }
TransposeKernel aimc::transposeKernel(GemmIsa) { return genericTranspose; }

#endif
