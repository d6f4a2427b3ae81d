// 16-bit multiplies: pairs of products are summed in 32 bits and cannot saturate (2 * 255 * 128 < 2^31).
#include "IntegerGemm.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace aimc::simulator {

// Weights are packed in panels of 16 columns; a panel holds, for each pair of rows, 16 pairs of bytes.
static constexpr int64_t panelColumns = 16;

static int64_t pairsOf(int64_t k) { return (k + 1) / 2; }
static int64_t panelsOf(int64_t n) { return (n + panelColumns - 1) / panelColumns; }

static size_t packedBytes(int64_t k, int64_t n) { return size_t(panelsOf(n) * pairsOf(k) * panelColumns * 2); }

static void pack(const int8_t *b, int64_t k, int64_t n, int64_t ldb, int8_t *packed) {
  for (int64_t panel = 0; panel < panelsOf(n); ++panel)
    for (int64_t pair = 0; pair < pairsOf(k); ++pair)
      for (int64_t j = 0; j < panelColumns; ++j)
        for (int64_t i = 0; i < 2; ++i) {
          int64_t row = 2 * pair + i, column = panel * panelColumns + j;
          *packed++ = row < k && column < n ? b[row * ldb + column] : int8_t(0);
        }
}

static size_t scratchBytes(int64_t m, int64_t k) { return size_t(m * pairsOf(k)) * sizeof(int32_t); }

/// The inputs as pairs of 16-bit numbers, row by row.
template <typename A>
static void widen(int64_t m, int64_t k, const A *a, int64_t rowStride, int64_t columnStride, int16_t *__restrict out) {
  for (int64_t r = 0; r < m; ++r) {
    const A *row = a + r * rowStride;
    if (columnStride == 1)
      for (int64_t i = 0; i < k; ++i)
        out[i] = row[i];
    else
      for (int64_t i = 0; i < k; ++i)
        out[i] = row[i * columnStride];
    if (k & 1)
      out[k] = 0;
    out += 2 * pairsOf(k);
  }
}

template <int Rows>
static inline void block(int64_t pairs, const int16_t *a, const int8_t *panel, int64_t columns, int32_t *c, int64_t ldc) {
  __m256i acc[Rows][2];
  for (int r = 0; r < Rows; ++r)
    acc[r][0] = acc[r][1] = _mm256_setzero_si256();
  for (int64_t p = 0; p < pairs; ++p) {
    const __m128i *bytes = reinterpret_cast<const __m128i *>(panel + p * 2 * panelColumns);
    __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes));
    __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes + 1));
    for (int r = 0; r < Rows; ++r) {
      int32_t pair;
      __builtin_memcpy(&pair, a + 2 * (r * pairs + p), sizeof pair);
      __m256i x = _mm256_set1_epi32(pair);
      acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(x, b0));
      acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(x, b1));
    }
  }
  for (int r = 0; r < Rows; ++r) {
    if (columns == panelColumns) {
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(c + r * ldc), acc[r][0]);
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(c + r * ldc + 8), acc[r][1]);
      continue;
    }
    alignas(32) int32_t sums[panelColumns];
    _mm256_store_si256(reinterpret_cast<__m256i *>(sums), acc[r][0]);
    _mm256_store_si256(reinterpret_cast<__m256i *>(sums + 8), acc[r][1]);
    for (int64_t j = 0; j < columns; ++j)
      c[r * ldc + j] = sums[j];
  }
}

static bool multiply(int64_t m, int64_t n, int64_t k, const InputDigits &a, const int8_t *packed, int32_t *c, int64_t ldc,
                     void *scratch) {
  int16_t *wide = static_cast<int16_t *>(scratch);
  if (a.isSigned)
    widen(m, k, reinterpret_cast<const int8_t *>(a.data), a.rowStride, a.columnStride, wide);
  else
    widen(m, k, a.data, a.rowStride, a.columnStride, wide);
  int64_t pairs = pairsOf(k);
  for (int64_t panel = 0; panel < panelsOf(n); ++panel) {
    const int8_t *weights = packed + panel * pairs * 2 * panelColumns;
    int64_t column = panel * panelColumns;
    int64_t columns = n - column < panelColumns ? n - column : panelColumns;
    int64_t r = 0;
    for (; r + 4 <= m; r += 4)
      block<4>(pairs, wide + 2 * r * pairs, weights, columns, c + r * ldc + column, ldc);
    for (; r < m; ++r)
      block<1>(pairs, wide + 2 * r * pairs, weights, columns, c + r * ldc + column, ldc);
  }
  return true;
}

const IntegerGemm &integerGemmAvx2() {
  static const IntegerGemm gemm = {false, packedBytes, pack, scratchBytes, multiply};
  return gemm;
}

} // namespace aimc::simulator
#endif
