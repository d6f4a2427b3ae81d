#include "contract/Gemm.h"

#include "contract/GemmKernel.h"

#include <algorithm>
#include <cstring>

using namespace aimc;

static bool consecutive(const int64_t *offsets, int64_t count) {
  for (int64_t i = 1; i < count; ++i)
    if (offsets[i] != offsets[i - 1] + 1)
      return false;
  return true;
}

/// Whole rows of b one after the other, each dealt to the panels.
static void packRows(const float *b, const int64_t *kOffsets, int64_t k, int64_t n, float *packed) {
  int64_t whole = n / panelWidth, rest = n % panelWidth;
  for (int64_t i = 0; i < k; ++i) {
    const float *from = b + kOffsets[i];
    float *to = packed + i * panelWidth;
    for (int64_t panel = 0; panel < whole; ++panel, from += panelWidth, to += k * panelWidth)
      std::memcpy(to, from, panelWidth * sizeof(float));
    for (int64_t j = 0; rest != 0 && j < panelWidth; ++j)
      to[j] = j < rest ? from[j] : 0.0f;
  }
}

void aimc::packPanels(const float *b, const int64_t *kOffsets, const int64_t *nOffsets, int64_t k, int64_t n, float *packed,
                      GemmIsa isa) {
  if (consecutive(nOffsets, n))
    return packRows(b + nOffsets[0], kOffsets, k, n, packed);
  TransposeKernel transpose = consecutive(kOffsets, k) ? transposeKernel(isa) : nullptr;
  for (int64_t first = 0; first < n; first += panelWidth, packed += k * panelWidth) {
    int64_t width = std::min(panelWidth, n - first);
    const int64_t *columns = nOffsets + first;
    if (width < panelWidth)
      std::fill(packed, packed + k * panelWidth, 0.0f);
    if (transpose) {
      transpose(b + kOffsets[0], columns, width, k, packed);
      continue;
    }
    // Column by column within short stretches of k: writes stay in the cache.
    constexpr int64_t stretch = 16;
    for (int64_t begin = 0; begin < k; begin += stretch)
      for (int64_t j = 0; j < width; ++j)
        for (int64_t i = begin, end = std::min(begin + stretch, k); i < end; ++i)
          packed[i * panelWidth + j] = b[kOffsets[i] + columns[j]];
  }
}

bool aimc::fewRows(int64_t m, const int64_t *nOffsets, int64_t n) { return m <= 3 && consecutive(nOffsets, n); }

void aimc::gemmFewRows(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *b,
                       const int64_t *kOffsets, float *sums, int64_t sumStride, GemmIsa isa) {
  constexpr int64_t group = 4;
  RowsKernel kernel = rowsKernel(isa);
  for (int64_t first = 0; first < k; first += group) {
    const float *rows[group];
    int64_t count = std::min(group, k - first);
    for (int64_t i = 0; i < count; ++i)
      rows[i] = b + kOffsets[first + i];
    for (int64_t r = 0; r < m; ++r)
      kernel(count, n, a + r * aStride + first, rows, sums + r * sumStride);
  }
}

GemmIsa aimc::bestIsa() {
#if defined(__x86_64__)
  static const GemmIsa best = __builtin_cpu_supports("avx512f")                                 ? GemmIsa::Avx512
                              : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? GemmIsa::Avx2
                                                                                                : GemmIsa::Generic;
  return best;
#else
  return GemmIsa::Generic;
#endif
}

void aimc::gemmBlock(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *packed, float *sums,
                     int64_t sumStride, GemmIsa isa) {
  for (int64_t first = 0; first < n; first += panelWidth, packed += k * panelWidth)
    gemmPanel(m, n - first, k, a, aStride, packed, sums + first, sumStride, sums + first, sumStride, isa);
}

void aimc::gemmPanel(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                     int64_t fromStride, float *to, int64_t toStride, GemmIsa isa) {
  PanelKernels kernels = panelKernels(isa);
  (n > panelWidth / 2 ? kernels.whole : kernels.half)(m, k, a, aStride, panel, from, fromStride, to, toStride);
}
