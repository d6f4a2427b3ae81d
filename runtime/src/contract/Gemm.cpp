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

void aimc::packPanels(const float *b, const int64_t *kOffsets, const int64_t *nOffsets, int64_t k, int64_t n, float *packed) {
  for (int64_t first = 0; first < n; first += panelWidth, packed += k * panelWidth) {
    int64_t width = std::min(panelWidth, n - first);
    const int64_t *columns = nOffsets + first;
    if (width < panelWidth)
      std::fill(packed, packed + k * panelWidth, 0.0f);
    if (consecutive(columns, width)) {
      for (int64_t i = 0; i < k; ++i)
        std::memcpy(packed + i * panelWidth, b + kOffsets[i] + columns[0], width * sizeof(float));
      continue;
    }
    // Column by column within short stretches of k: reads are consecutive where b's k is, writes stay in the cache.
    constexpr int64_t stretch = 16;
    for (int64_t begin = 0; begin < k; begin += stretch)
      for (int64_t j = 0; j < width; ++j)
        for (int64_t i = begin, end = std::min(begin + stretch, k); i < end; ++i)
          packed[i * panelWidth + j] = b[kOffsets[i] + columns[j]];
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
  PanelKernel kernel = panelKernel(isa);
  for (int64_t first = 0; first < n; first += panelWidth, packed += k * panelWidth)
    kernel(m, k, a, aStride, packed, sums + first, sumStride);
}
