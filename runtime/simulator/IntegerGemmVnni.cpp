// Integer products for AVX-512 with VNNI.
#include "IntegerGemm.h"

#if defined(__x86_64__)
#include "ProductVnni.h"

#include <string.h>

namespace aimc::simulator {

static size_t packedBytes(int64_t k, int64_t n) { return size_t(paddedColumns(n) * (4 + 4 * quadsOf(k))); }

static void pack(const int8_t *b, int64_t k, int64_t n, int64_t ldb, int8_t *packed) {
  int32_t *start = reinterpret_cast<int32_t *>(packed);
  memset(packed, 0, packedBytes(k, n));
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j)
      start[j] -= 128 * b[i * ldb + j];
  int8_t *out = packed + paddedColumns(n) * 4;
  for (int64_t first = 0; first < n; first += panelColumns) {
    const int64_t columns = n - first < panelColumns ? n - first : panelColumns, padded = paddedColumns(columns);
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < columns; ++j)
        out[(i / 4 * padded + j) * 4 + i % 4] = b[i * ldb + first + j];
    out += quadsOf(k) * 4 * padded;
  }
}

/// Digits that are neighbours along rows, four at a time side by side.
static void interleave(int64_t m, int64_t k, const InputDigits &a, uint8_t *out) {
  for (int64_t i = 0; i < 4 * quadsOf(k); ++i)
    for (int64_t r = 0; r < m; ++r)
      out[(i / 4 * m + r) * 4 + i % 4] = i < k ? a.data[r + i * a.columnStride] : uint8_t(0);
}

static size_t multiplyScratch(int64_t m, int64_t k) { return size_t(4 * m * quadsOf(k)); }

static bool multiply(int64_t m, int64_t n, int64_t k, const InputDigits &given, const int8_t *packed, int32_t *c, int64_t ldc,
                     void *scratch) {
  InputDigits a = given;
  if (a.columnStride != 1) {
    interleave(m, k, given, static_cast<uint8_t *>(scratch));
    a = {static_cast<const uint8_t *>(scratch), 4, 1, 4 * m, a.isSigned};
  }
  forPanels(n, true, [&](auto panelCount, auto vectorCount, int64_t first, int64_t columns) {
    constexpr int count = decltype(panelCount)::value, vectors = decltype(vectorCount)::value;
    const __mmask16 last = lastMask(columns, count * vectors);
    Panel panels[count];
    for (int p = 0; p < count; ++p)
      panels[p] = panelOf(packed, k, n, first + p * panelColumns, a.isSigned);
    forRows<4>(m, [&](auto rows, int64_t r0) {
      auto store = [&](int r, int p, int v, __m512i sums) ALWAYS_INLINE {
        int32_t *out = c + (r0 + r) * ldc + first + p * panelColumns + lanes * v;
        _mm512_mask_storeu_epi32(out, p * vectors + v == count * vectors - 1 ? last : __mmask16(0xffff), sums);
      };
      NothingElse nothing;
      product<decltype(rows)::value, count, vectors>(inputsOf(a, r0), panels, quadsOf(k), nothing, store);
    });
  });
  return true;
}

const IntegerGemm &integerGemmVnni() {
  static const IntegerGemm gemm = {true, packedBytes, pack, multiplyScratch, multiply};
  return gemm;
}

} // namespace aimc::simulator
#endif
