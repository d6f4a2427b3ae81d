#include "contract/GemmKernel.h"

#include <cmath>

using namespace aimc;

/// Without vector instructions of its own: std::fma is one instruction where the target has it, a correctly rounded function
/// elsewhere; the bits are the same.
static void genericPanel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, float *sums,
                         int64_t sumStride) {
  for (int64_t row = 0; row < m; ++row)
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < panelWidth; ++j)
        sums[row * sumStride + j] = std::fma(a[row * aStride + i], panel[i * panelWidth + j], sums[row * sumStride + j]);
}

#if defined(__x86_64__)

#include <immintrin.h>

/// `rows` rows of one panel, the sums in registers.
template <int rows>
__attribute__((target("avx512f"))) static void tile512(int64_t k, const float *a, int64_t aStride, const float *panel,
                                                       float *sums, int64_t sumStride) {
  __m512 left[rows], right[rows];
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r) {
    left[r] = _mm512_load_ps(sums + r * sumStride);
    right[r] = _mm512_load_ps(sums + r * sumStride + 16);
  }
  for (int64_t i = 0; i < k; ++i, panel += panelWidth) {
    __m512 b0 = _mm512_loadu_ps(panel), b1 = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      __m512 value = _mm512_set1_ps(a[r * aStride + i]);
      left[r] = _mm512_fmadd_ps(value, b0, left[r]);
      right[r] = _mm512_fmadd_ps(value, b1, right[r]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r) {
    _mm512_store_ps(sums + r * sumStride, left[r]);
    _mm512_store_ps(sums + r * sumStride + 16, right[r]);
  }
}

/// `rows` rows of half a panel.
template <int rows>
__attribute__((target("avx2,fma"))) static void tile256(int64_t k, const float *a, int64_t aStride, const float *panel,
                                                        float *sums, int64_t sumStride) {
  __m256 left[rows], right[rows];
#pragma GCC unroll 6
  for (int r = 0; r < rows; ++r) {
    left[r] = _mm256_load_ps(sums + r * sumStride);
    right[r] = _mm256_load_ps(sums + r * sumStride + 8);
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
    _mm256_store_ps(sums + r * sumStride, left[r]);
    _mm256_store_ps(sums + r * sumStride + 8, right[r]);
  }
}

template <int rows>
static void halves256(int64_t k, const float *a, int64_t aStride, const float *panel, float *sums, int64_t sumStride) {
  tile256<rows>(k, a, aStride, panel, sums, sumStride);
  tile256<rows>(k, a, aStride, panel + 16, sums + 16, sumStride);
}

using Tile = void (*)(int64_t k, const float *a, int64_t aStride, const float *panel, float *sums, int64_t sumStride);

/// Full tiles of `most` rows, then one for the rest; tiles[r] does r rows.
static void runTiles(const Tile *tiles, int64_t most, int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel,
                     float *sums, int64_t sumStride) {
  for (int64_t row = 0; row < m; row += most) {
    int64_t count = m - row < most ? m - row : most;
    tiles[count](k, a + row * aStride, aStride, panel, sums + row * sumStride, sumStride);
  }
}

static void avx512Panel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, float *sums,
                        int64_t sumStride) {
  static const Tile tiles[] = {nullptr,    tile512<1>, tile512<2>, tile512<3>,  tile512<4>,  tile512<5>, tile512<6>,
                               tile512<7>, tile512<8>, tile512<9>, tile512<10>, tile512<11>, tile512<12>};
  runTiles(tiles, 12, m, k, a, aStride, panel, sums, sumStride);
}

static void avx2Panel(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, float *sums,
                      int64_t sumStride) {
  static const Tile tiles[] = {nullptr, halves256<1>, halves256<2>, halves256<3>, halves256<4>, halves256<5>, halves256<6>};
  runTiles(tiles, 6, m, k, a, aStride, panel, sums, sumStride);
}

PanelKernel aimc::panelKernel(GemmIsa isa) {
  switch (isa) {
  case GemmIsa::Avx512:
    return avx512Panel;
  case GemmIsa::Avx2:
    return avx2Panel;
  case GemmIsa::Generic:
    return genericPanel;
  }
  return genericPanel;
}

#else

PanelKernel aimc::panelKernel(GemmIsa) { return genericPanel; }

#endif
