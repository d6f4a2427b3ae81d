#include "Drop.h"

#include <math.h>
#include <stdlib.h>

namespace aimc::simulator {

/// |digit| of all rows, dense.
static void takeMagnitudes(const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t k, uint8_t *out) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < k; ++i)
      out[r * k + i] = uint8_t(abs(digitAt(gemm, digits, r, i)));
}

bool takeDrop(const IntegerGemm &gemm, const DropWork &work, DropScratch &scratch) {
  const int64_t width = work.slices * work.columns;
  const uint64_t count = uint64_t(work.rows * width);
  if (!scratch.magnitudes.reserve(uint64_t(work.rows * work.k)) || !scratch.sums.reserve(4 * count) ||
      !scratch.gemm.reserve(uint64_t(gemm.scratchBytes(work.rows, work.k))))
    return false;
  takeMagnitudes(gemm, work.digits, work.rows, work.k, scratch.magnitudes.data());
  const InputDigits magnitudes = {scratch.magnitudes.data(), work.k, 1, 4, false};
  for (int plane = 0; plane < 4; ++plane)
    for (int64_t s = 0; s < work.slices; ++s)
      if (!gemm.multiply(work.rows, work.columns, work.k, plane < 2 ? magnitudes : work.digits,
                         work.packed[plane] + size_t(s) * work.sliceBytes,
                         scratch.sums.data() + uint64_t(plane) * count + s * work.columns, width, scratch.gemm.data()))
        return false;
  const int32_t *size = scratch.sums.data(), *sizeLow = size + count, *reach = sizeLow + count, *reachLow = reach + count;
  for (uint64_t i = 0; i < count; ++i) {
    const double a = work.scale * (256.0 * double(size[i]) + double(sizeLow[i]));
    const double drop = dropFactor(a) * (256.0 * double(reach[i]) + double(reachLow[i]));
    const double left = double(work.sums[i]) - rint(drop);
    work.sums[i] = int32_t(left < -2147483647.0 ? -2147483647.0 : left > 2147483647.0 ? 2147483647.0 : left);
  }
  return true;
}

} // namespace aimc::simulator
