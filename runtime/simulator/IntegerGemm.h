// Exact integer matrix products: 8-bit inputs times signed 8-bit weights, 32-bit sums.
#ifndef AIMC_SIMULATOR_INTEGERGEMM_H
#define AIMC_SIMULATOR_INTEGERGEMM_H

#include <stddef.h>
#include <stdint.h>

namespace aimc::simulator {

/// An [m, k] matrix of input digits: element (r, i) is data[r * rowStride + (i / 4) * quadStride + (i mod 4) * columnStride].
/// rowStride or columnStride is 1; quadStride is 4 * columnStride unless four digits of all rows lie side by side, which only
/// products that say so take.
struct InputDigits {
  const uint8_t *data; // int8 when isSigned; plus 128 where the product wants them so
  int64_t rowStride, columnStride, quadStride;
  bool isSigned;
};

/// Implementations differ in speed only. K is at most integerGemmMaxK, so that no sum leaves int32.
struct IntegerGemm {
  /// It takes signed digits plus 128, and digits four by four; up to 3 bytes behind a row's last are read.
  bool bytewise;
  /// Bytes that pack() writes for a [k, n] matrix.
  size_t (*packedBytes)(int64_t k, int64_t n);
  /// Brings a [k, n] matrix, rows ldb apart, into the order that multiply() reads.
  void (*pack)(const int8_t *b, int64_t k, int64_t n, int64_t ldb, int8_t *packed);
  /// Bytes of scratch that multiply() needs.
  size_t (*scratchBytes)(int64_t m, int64_t k);
  /// c[r * ldc + j] = sum of a(r, i) * b(i, j). False: the library refused (out of memory).
  bool (*multiply)(int64_t m, int64_t n, int64_t k, const InputDigits &a, const int8_t *packed, int32_t *c, int64_t ldc,
                   void *scratch);
};

/// Digit (r, i) of what multiply() takes.
static inline int digitAt(const IntegerGemm &gemm, const InputDigits &digits, int64_t r, int64_t i) {
  const uint8_t byte = digits.data[r * digits.rowStride + i / 4 * digits.quadStride + i % 4 * digits.columnStride];
  if (!digits.isSigned)
    return byte;
  return gemm.bytewise ? int(byte) - 128 : int(int8_t(byte));
}

constexpr int64_t integerGemmMaxK = 65793; // 2^31 / (255 * 128), rounded down

const IntegerGemm &integerGemmGeneric();
#if defined(__x86_64__)
const IntegerGemm &integerGemmAvx2();   // vpmaddwd on 16-bit pairs: never saturates
const IntegerGemm &integerGemmVnni();   // vpdpbusd of AVX-512
const IntegerGemm &integerGemmOneDnn(); // only on machines with VNNI or AMX: elsewhere oneDNN saturates
#endif

/// While it lives, oneDNN runs single-threaded on this thread.
class SingleThreadedLibrary {
public:
  SingleThreadedLibrary();
  ~SingleThreadedLibrary();
  SingleThreadedLibrary(const SingleThreadedLibrary &) = delete;

private:
  int previous;
};

} // namespace aimc::simulator

#endif
