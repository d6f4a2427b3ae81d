#include "ReadNoise.h"

namespace aimc::simulator {

static int64_t roundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

static uint64_t planeBytes(int64_t rows, int64_t k) { return uint64_t(roundUp(rows * roundUp(k, 4), 64) + 64); }

uint64_t squareBytes(int64_t rows, int64_t k) { return 2 * planeBytes(rows, k); }

SquaredDigits squareDigits(const Kernels &kernels, const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t k,
                           int64_t largest, uint8_t *out) {
  // Lines of neighbours: rows, columns, or four columns side by side.
  const bool quads = digits.quadStride != 4 * digits.columnStride;
  int64_t lines = rows, length = k, stride = digits.rowStride;
  InputDigits low = {out, k, 1, 4, false};
  if (quads) {
    lines = (k + 3) / 4, length = 4 * rows, stride = digits.quadStride;
    low = {out, 4, 1, 4 * rows, false};
  } else if (digits.columnStride != 1) {
    lines = k, length = rows, stride = digits.columnStride;
    low = {out, 1, rows, 4 * rows, false};
  }
  const uint8_t zero = gemm.bytewise && digits.isSigned ? 128 : 0;
  const bool isSigned = digits.isSigned && !gemm.bytewise;
  InputDigits high = low;
  high.data = largest * largest > 255 ? out + planeBytes(rows, k) : nullptr;
  for (int64_t i = 0; i < lines; ++i)
    kernels.square(digits.data + i * stride, length, zero, isSigned, out + i * length,
                   high.data ? out + planeBytes(rows, k) + i * length : nullptr);
  return {low, high};
}

} // namespace aimc::simulator
