// Read noise: every cell deviates anew in every product. What independent Gaussians of a column's cells add to its sum is one
// Gaussian of variance sum over k of X^2 sigma^2 (docs/numerics.md), so it costs one more product: squares of input digits
// times the cells' variances. What squares lose as they become bytes is made up for by its sum over the row times the mean of
// the column's variances.
#ifndef AIMC_SIMULATOR_READNOISE_H
#define AIMC_SIMULATOR_READNOISE_H

#include "Buffer.h"
#include "IntegerGemm.h"
#include "Kernels.h"

namespace aimc::simulator {

/// Variances of cells are whole steps of 1/127 of the largest of their slice in the tile.
constexpr float varianceSteps = 127.0f;

/// Squares of one input slice's digits.
struct SquaredDigits {
  InputDigits bytes;
  const SquaredRow *rows;
};

/// Bytes that squareDigits writes.
uint64_t squareBytes(int64_t rows, int64_t k);

/// Squares rows x k digits into `out`, which is aligned to 64 bytes; they lie as the digits do.
SquaredDigits squareDigits(const Kernels &kernels, const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t k,
                           uint8_t *out);

} // namespace aimc::simulator

#endif
