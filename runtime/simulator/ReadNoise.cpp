#include "ReadNoise.h"

#include <string.h>

namespace aimc::simulator {

static int64_t roundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

/// Of the squares of all rows; products read up to 3 bytes behind the last.
static int64_t planeBytes(int64_t rows, int64_t k) { return roundUp(rows * roundUp(k, 4) + 3, 64); }

namespace {
/// What lines of digits that lie side by side need besides, an element for each.
struct LineScratch {
  int32_t *sums;
  uint16_t *scale, *rests;
  uint8_t *largest, *last;

  static int64_t bytes(int64_t lanes) { return roundUp(lanes * (4 + 2 + 2 + 1 + 1), 64); }
  LineScratch(uint8_t *memory, int64_t lanes)
      : sums(reinterpret_cast<int32_t *>(memory)), scale(reinterpret_cast<uint16_t *>(sums + lanes)), rests(scale + lanes),
        largest(reinterpret_cast<uint8_t *>(rests + lanes)), last(largest + lanes) {}
};
} // namespace

uint64_t squareBytes(int64_t rows, int64_t k) {
  return uint64_t(planeBytes(rows, k) + roundUp(rows * int64_t(sizeof(SquaredRow)), 64) + LineScratch::bytes(4 * rows));
}

/// Digits of all rows side by side, one or four of each row.
static SquaredDigits squareLines(const Kernels &kernels, const InputDigits &digits, DigitBytes form, int64_t rows, int64_t k,
                                 uint8_t *out, SquaredRow *squared, uint8_t *memory) {
  const int64_t each = digits.columnStride == 1 ? 4 : 1, lanes = each * rows, lines = (k + each - 1) / each;
  const int64_t stride = each == 4 ? digits.quadStride : digits.columnStride;
  const LineScratch scratch(memory, lanes);
  // Behind the last digits of rows are zeros.
  if (const int64_t rest = k % each)
    for (int64_t i = 0; i < lanes; ++i)
      scratch.last[i] = i % each < rest ? digits.data[(lines - 1) * stride + i] : form.zero ^ form.flipped;
  auto line = [&](int64_t i) { return k % each && i + 1 == lines ? scratch.last : digits.data + i * stride; };
  memset(scratch.largest, 0, size_t(lanes));
  for (int64_t i = 0; i < lines; ++i)
    kernels.raise(line(i), lanes, form, scratch.largest);
  for (int64_t r = 0; r < rows; ++r) {
    uint8_t largest = 0;
    for (int64_t j = 0; j < each; ++j)
      largest = scratch.largest[r * each + j] > largest ? scratch.largest[r * each + j] : largest;
    const int shift = logOfUnit(largest);
    squared[r].unit = float(1 << shift);
    for (int64_t j = 0; j < each; ++j)
      scratch.scale[r * each + j] = uint16_t(256 >> shift);
  }
  memset(scratch.sums, 0, size_t(lanes) * sizeof(int32_t));
  memset(scratch.rests, 0, size_t(lanes) * sizeof(uint16_t));
  for (int64_t i = 0; i < lines; ++i) {
    kernels.squareEach(line(i), lanes, form, scratch.scale, out + i * lanes, scratch.rests);
    if (i % 256 != 255 && i + 1 < lines)
      continue;
    for (int64_t j = 0; j < lanes; ++j)
      scratch.sums[j] += scratch.rests[j];
    memset(scratch.rests, 0, size_t(lanes) * sizeof(uint16_t));
  }
  for (int64_t r = 0; r < rows; ++r) {
    int32_t rests = 0;
    for (int64_t j = 0; j < each; ++j)
      rests += scratch.sums[r * each + j];
    squared[r].rest = restOf(rests, each * lines);
  }
  if (each == 4)
    return {{out, 4, 1, lanes, false}, squared};
  return {{out, 1, lanes, 4 * lanes, false}, squared};
}

SquaredDigits squareDigits(const Kernels &kernels, const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t k,
                           uint8_t *out) {
  const uint8_t zero = digits.isSigned ? 128 : 0;
  const DigitBytes form = {gemm.bytewise ? uint8_t(0) : zero, zero};
  uint8_t *behind = out + planeBytes(rows, k);
  SquaredRow *squared = reinterpret_cast<SquaredRow *>(behind);
  if (digits.columnStride != 1 || digits.quadStride != 4)
    return squareLines(kernels, digits, form, rows, k, out, squared, behind + roundUp(rows * int64_t(sizeof(SquaredRow)), 64));
  for (int64_t r = 0; r < rows; ++r)
    squared[r] = kernels.square(digits.data + r * digits.rowStride, k, form, out + r * k);
  return {{out, k, 1, 4, false}, squared};
}

} // namespace aimc::simulator
