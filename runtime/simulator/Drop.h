// aihwkit's approximation of what the resistance of wires takes off the column sums of a tile.
#ifndef AIMC_SIMULATOR_DROP_H
#define AIMC_SIMULATOR_DROP_H

#include "Buffer.h"
#include "IntegerGemm.h"

namespace aimc::simulator {

/// The part of sum_j w[j] x[j] (1 - (1 - j/n)^2) that a column loses, for a = (n / wireRatio) sum_j |w[j]| |x[j]|; j counts
/// cells from the converter, weights and inputs are in parts of their largest. `wireRatio`: conductance of a wire between
/// neighbouring cells over that of a full-scale cell (0.35 ohm and 5 microsiemens: 571429).
inline double dropFactor(double a) { return a * (a * (0.05 * a - 0.2) + 0.5); }

/// 1 - (1 - j/n)^2 of row k of n. The converter is behind the last row: j = n - 1 - k.
inline double dropReach(int64_t k, int64_t n) {
  const double near = double(k + 1) / double(n);
  return 1.0 - near * near;
}

/// One tile, one input slice and a block of rows. `packed` are matrices beside the tile's cells, in steps, one slice after the
/// other: 256 * [0] + [1] the cells' magnitudes, 256 * [2] + [3] the cells times dropReach.
struct DropWork {
  int64_t rows, k, columns, slices;
  InputDigits digits; // as `gemm` wants them
  const int8_t *packed[4];
  size_t sliceBytes;
  double scale;  // a of one step of the magnitudes' column sum
  int32_t *sums; // [rows, slices, columns]: column sums in steps, changed
};

struct DropScratch {
  Buffer<uint8_t> magnitudes, gemm;
  Buffer<int32_t> sums;
};

/// Takes the drop, rounded to a step, off the column sums. False: no memory.
bool takeDrop(const IntegerGemm &gemm, const DropWork &work, DropScratch &scratch);

} // namespace aimc::simulator

#endif
