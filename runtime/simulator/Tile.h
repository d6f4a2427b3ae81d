// A tile from input digits to accumulated floats in one go: products, noise, ADC and recombination of a few rows and columns at
// a time, so that column sums stay in registers or in the first-level cache. The way by IntegerGemm and Kernels gives the same
// bits and takes whatever this one does not.
#ifndef AIMC_SIMULATOR_TILE_H
#define AIMC_SIMULATOR_TILE_H

#include "IntegerGemm.h"
#include "Random.h"
#include "ReadNoise.h"

namespace aimc::simulator {

/// One tile and a block of rows. Column arrays are [slices, columns].
struct TileWork {
  int64_t rows, k, columns;
  int64_t begin, end;            // columns to compute: `begin` a multiple of 64, and `end` too unless it is `columns`
  int slices, inputs, sliceBits; // weight slices, input slices, bits of an input slice
  int cellBits;                  // of a noiseless cell
  bool isSigned;                 // input digits
  const InputDigits *digits;     // [inputs]
  const uint8_t *patterns;       // what patterns() wrote of them
  int planes;
  const int8_t *packed[2]; // packed by the instruction set's IntegerGemm
  size_t sliceBytes;       // from one packed weight slice to the next
  const int32_t *pedestal; // [inputs, rows], added to the column sums; null: nothing

  // The ADC. Column sums, 256 * high + low of two planes, are steps; a digit is a power of two of them.
  const float *ka;
  float lowest, highest;
  float digitsPerStep;
  const double *scale;

  // Noise before the ADC, of the deviation that Kernels::deviations gives: noiseScale alone without variances, 0 where it is
  // null. Elements of a conversion start `conversionElements` apart.
  const float *noiseScale;
  const int8_t *variances;           // of the cells, packed like a plane; a step is varianceStep[slice] digits squared
  const SquaredDigits *squares;      // [inputs]
  const float *varianceStep;         // [slices]
  const float *varianceMean;         // per column, in steps
  Stream stream;                     // position and sample are each row's own
  const uint32_t *position, *sample; // [rows]; null: no noise
  uint64_t conversionElements;

  // acc = (start ? 0 : acc) + f * float32(sum - correction), then + bias.
  const float *f;
  const int64_t *fRow;      // [rows], of a row's first column in f; null: one row of f for all
  const double *correction; // [rows], null: none
  float *acc;
  const int64_t *rowOffset; // [rows], of a row's first column in acc
  bool start;
  const float *bias; // null: none
};

struct TileKernel {
  /// Whether int32 holds every sum and code on the way: `largest` bounds a product of an input digit and a cell.
  bool (*takes)(const TileWork &work, int64_t largest);
  size_t (*scratchBytes)(const TileWork &work);
  /// Bytes that patterns() writes for a row tile, 0 where run() wants none.
  size_t (*patternBytes)(const TileWork &work);
  /// Brings the digits of all input slices into the order in which run() reads them.
  void (*patterns)(const TileWork &work, uint8_t *out);
  /// Returns how many codes were clipped.
  uint64_t (*run)(const TileWork &work, void *scratch);
};

#if defined(__x86_64__)
const TileKernel &tileKernelVnni();
#endif

} // namespace aimc::simulator

#endif
