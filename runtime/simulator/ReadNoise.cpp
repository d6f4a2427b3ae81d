#include "ReadNoise.h"

#include <string.h>

namespace aimc::simulator {

static int64_t roundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

static int64_t rowBytes(int64_t k) { return roundUp(k, 4); }

/// Of the squares of all rows; products read up to 3 bytes behind the last.
static int64_t planeBytes(int64_t rows, int64_t k) { return roundUp(rows * rowBytes(k) + 3, 64); }

/// Of digits four by four.
static int64_t quadBytes(int64_t rows, int64_t k) { return rowBytes(k) * roundUp(rows, 16); }

uint64_t squareBytes(int64_t rows, int64_t k) {
  return uint64_t(planeBytes(rows, k) + quadBytes(rows, k) + roundUp(rows * int64_t(sizeof(SquaredRow)), 64));
}

/// Four digits of all rows side by side, of digits that are neighbours along rows.
static InputDigits gatherQuads(const Kernels &kernels, const InputDigits &digits, int64_t rows, int64_t k, uint8_t *out) {
  const int64_t pitch = 4 * roundUp(rows, 16);
  for (int64_t i = 0; i < k; i += 4) {
    const uint8_t *lines[4];
    for (int64_t j = 0; j < 4; ++j)
      lines[j] = digits.data + (i + j < k ? i + j : i) * digits.columnStride;
    kernels.interleave(lines, 1, rows, out + i / 4 * pitch);
  }
  return {out, 4, 1, pitch, digits.isSigned};
}

/// Digits row by row. What follows a row's last one is undefined.
static void gatherRows(const Kernels &kernels, const InputDigits &digits, int64_t rows, int64_t k, uint8_t *quads,
                       uint8_t *out) {
  if (digits.columnStride != 1)
    return gatherRows(kernels, gatherQuads(kernels, digits, rows, k, quads), rows, k, quads, out);
  const int64_t pitch = rowBytes(k);
  if (digits.quadStride == 4) {
    for (int64_t r = 0; r < rows; ++r)
      memcpy(out + r * pitch, digits.data + r * digits.rowStride, size_t(k));
    return;
  }
  // Words change their places, as what they are called there.
  const Finish moved = {nullptr, false, false};
  kernels.transpose(reinterpret_cast<const float *>(digits.data), digits.quadStride / 4, pitch / 4, rows,
                    reinterpret_cast<float *>(out), pitch / 4, moved);
}

SquaredDigits squareDigits(const Kernels &kernels, const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t k,
                           uint8_t *out) {
  uint8_t *quads = out + planeBytes(rows, k);
  SquaredRow *squared = reinterpret_cast<SquaredRow *>(quads + quadBytes(rows, k));
  gatherRows(kernels, digits, rows, k, quads, out);
  const uint8_t zero = digits.isSigned ? 128 : 0, flipped = gemm.bytewise ? 0 : zero;
  for (int64_t r = 0; r < rows; ++r)
    squared[r] = kernels.square(out + r * rowBytes(k), k, flipped, zero);
  return {{out, rowBytes(k), 1, 4, false}, squared};
}

} // namespace aimc::simulator
