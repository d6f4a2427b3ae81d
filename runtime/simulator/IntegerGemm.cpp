#include "IntegerGemm.h"

#include <dnnl.h>
#include <omp.h>
#include <string.h>

namespace aimc::simulator {

SingleThreadedLibrary::SingleThreadedLibrary() : previous(omp_get_max_threads()) {
  if (previous != 1)
    omp_set_num_threads(1);
}

SingleThreadedLibrary::~SingleThreadedLibrary() {
  if (previous != 1)
    omp_set_num_threads(previous);
}

static size_t rowMajorBytes(int64_t k, int64_t n) { return size_t(k) * size_t(n); }

static void packRowMajor(const int8_t *b, int64_t k, int64_t n, int64_t ldb, int8_t *packed) {
  for (int64_t i = 0; i < k; ++i)
    memcpy(packed + i * n, b + i * ldb, size_t(n));
}

static size_t noScratch(int64_t, int64_t) { return 0; }

template <typename A>
static void multiplyPlain(int64_t m, int64_t n, int64_t k, const A *a, int64_t rowStride, int64_t columnStride,
                          const int8_t *__restrict b, int32_t *__restrict c, int64_t ldc) {
  for (int64_t r = 0; r < m; ++r) {
    int32_t *row = c + r * ldc;
    memset(row, 0, size_t(n) * sizeof(int32_t));
    for (int64_t i = 0; i < k; ++i) {
      int32_t x = a[r * rowStride + i * columnStride];
      if (x == 0)
        continue;
      for (int64_t j = 0; j < n; ++j)
        row[j] += x * b[i * n + j];
    }
  }
}

static bool multiplyGeneric(int64_t m, int64_t n, int64_t k, const InputDigits &a, const int8_t *packed, int32_t *c,
                            int64_t ldc, void *) {
  if (a.isSigned)
    multiplyPlain(m, n, k, reinterpret_cast<const int8_t *>(a.data), a.rowStride, a.columnStride, packed, c, ldc);
  else
    multiplyPlain(m, n, k, a.data, a.rowStride, a.columnStride, packed, c, ldc);
  return true;
}

const IntegerGemm &integerGemmGeneric() {
  static const IntegerGemm gemm = {false, rowMajorBytes, packRowMajor, noScratch, multiplyGeneric};
  return gemm;
}

#if defined(__x86_64__)
static bool multiplyOneDnn(int64_t m, int64_t n, int64_t k, const InputDigits &a, const int8_t *packed, int32_t *c, int64_t ldc,
                           void *) {
  char transposed = a.columnStride == 1 ? 'N' : 'T';
  int64_t lda = a.columnStride == 1 ? a.rowStride : a.columnStride;
  if (m == 1 && a.columnStride == 1)
    lda = k;
  const int32_t noOffset = 0;
  if (!a.isSigned)
    return dnnl_gemm_u8s8s32(transposed, 'N', 'F', m, n, k, 1.0f, a.data, lda, 0, packed, n, 0, 0.0f, c, ldc, &noOffset) ==
           dnnl_success;
  const int8_t *digits = reinterpret_cast<const int8_t *>(a.data);
  return dnnl_gemm_s8s8s32(transposed, 'N', 'F', m, n, k, 1.0f, digits, lda, 0, packed, n, 0, 0.0f, c, ldc, &noOffset) ==
         dnnl_success;
}

const IntegerGemm &integerGemmOneDnn() {
  static const IntegerGemm gemm = {false, rowMajorBytes, packRowMajor, noScratch, multiplyOneDnn};
  return gemm;
}
#endif

} // namespace aimc::simulator
