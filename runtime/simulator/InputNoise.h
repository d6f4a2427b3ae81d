// Noise of the input converters. A noisy digit is a whole number of sixteenths, in two int8 planes, so that products stay
// exact.
#ifndef AIMC_SIMULATOR_INPUTNOISE_H
#define AIMC_SIMULATOR_INPUTNOISE_H

#include "IntegerGemm.h"
#include "Kernels.h"

namespace aimc::simulator {

/// Digits with noise: 256 * high + low sixteenths, [rows, count] each, both signed and as the product wants signed digits; per
/// row their sum.
struct NoisyDigits {
  uint8_t *high, *low;
  int32_t *sums;
};

/// out = rint(16 X + sixteenths N). N is addressed by `stream` with each row's position and sample, elements from `first` on.
/// `noise` holds `count` numbers.
void addInputNoise(const Kernels &kernels, const IntegerGemm &gemm, Stream stream, const uint32_t *position,
                   const uint32_t *sample, uint64_t first, const InputDigits &digits, int64_t rows, int64_t count,
                   float sixteenths, float *noise, const NoisyDigits &out);

/// Column sums of noisy digits: products of the input planes (high, low) with the planes of the conductances; `low` of a pair
/// is null where there is one plane.
struct NoisySums {
  const int32_t *highHigh, *highLow; // high input plane
  const int32_t *lowHigh, *lowLow;   // low input plane
  const int32_t *drop;               // added, in steps; null: nothing
  double pedestal;                   // added, in steps times sixteenths
  double digitsPerUnit;              // 1 / (16 steps)
};

/// In digits, rounded to float32 once.
void noisyColumnSums(const NoisySums &from, int64_t n, float *sums);

} // namespace aimc::simulator

#endif
