// Programmed crossbars: levels become digits, digits fixed-point conductances, packed for the integer products.
#ifndef AIMC_SIMULATOR_PROGRAM_H
#define AIMC_SIMULATOR_PROGRAM_H

#include "Buffer.h"
#include "Devices.h"

#include "aimc/driver.h"

#include <vector>

namespace aimc::simulator {

struct IntegerGemm;
struct Kernels;

/// One logical tile: rows [k0, k0 + rows) and columns [n0, n0 + width) of its group's matrix. Each
/// slice is packed as a matrix of `columns` columns: the tile's own, then the unit column where there is one.
struct Tile {
  uint32_t group, rowTile, columnTile;
  int64_t k0, rows, n0, width, columns;
  // Offsets in Crossbar::packed: of the planes; from the third on of those of DropPlanes, where wires drop; of the variances.
  size_t packed[6], variances;
  size_t sliceBytes;               // from one slice of a plane to the next
  std::vector<float> varianceStep; // [slices]: a step of the cells' variances, in digits squared
  std::vector<float> varianceMean; // [slices, columns]: of a column's cells, in steps
  std::vector<float> gamma;        // drift compensation of each of `columns`; empty: 1
};

struct Crossbar {
  const fb::Crossbar *info = nullptr;
  int64_t groups, rows, columns;         // G, K, N
  int64_t tileRows, tileColumns;         // R, C
  int64_t rowTiles, columnTiles, slices; // T, column tiles, S
  uint32_t weightBits, cellBits;         // bw, c
  bool offset = false, unitColumn = false;
  double fullLevel = 0;               // L
  const void *levels = nullptr;       // [G, K, N] int8 or int16
  const float *weightScale = nullptr; // [G, T, N]
  const float *reference = nullptr;   // [G, K, N], null when stripped

  // The packed form: a digit is planes 256 * high + low (two planes) or high alone, plus the pedestal, in steps.
  int planes = 1;
  int32_t stepsPerDigit = 1;
  int32_t pedestalSteps = 0; // taken from every digit before packing: the column sum lacks pedestalSteps * sum of X
  double wireRatio = 0;      // of the approximate drop; 0: none
  bool readNoise = false;    // tiles have variances
  std::vector<Tile> tiles;   // index (group * T + row tile) * column tiles + column tile
  /// Rows of the matrix in the order in which tiles are packed and digits are read, which changes no sum; row places[k] of the
  /// packed tile holds row k of the tile that begins at `k - k mod tileRows`. Both empty: as they are.
  std::vector<int32_t> order, places;
  Buffer<int8_t> packed;
  uint64_t saturated = 0;

  const Tile &tile(int64_t group, int64_t rowTile, int64_t columnTile) const {
    return tiles[size_t((group * rowTiles + rowTile) * columnTiles + columnTile)];
  }
  /// Digit of slice s of the unit column's level 2^(bw - 1).
  int32_t unitDigit(int64_t s) const {
    return int32_t((uint64_t(1) << (weightBits - 1)) >> (uint64_t(s) * cellBits) & ((uint64_t(1) << cellBits) - 1));
  }
};

struct ProgramOptions {
  const aimc_driver_host *host;
  const Kernels *kernels;
  const IntegerGemm *gemm;
  uint32_t seed, trial;
  DeviceEffects effects;
  aimc_compensation compensation;
  bool packed;      // false: fidelity `exact`, nothing is programmed
  double wireOhm;   // between neighbouring cells of an array that is read through them; 0: wires are ideal
  double wireRatio; // of takeDrop, where the drop is approximated; 0: none

  /// Cells are conductances rather than digits.
  bool physical() const { return effects.any() || wireOhm > 0 || wireRatio > 0; }
};

/// Checks one crossbar's numbers and arrays and fills everything but the packed tiles.
aimc_status readCrossbar(const aimc_driver_host *host, const fb::Crossbar &info, Crossbar &out);

/// Programs all tiles, in parallel: each for itself where wires are ideal, array by array otherwise.
aimc_status programCrossbars(const ProgramOptions &options, const fb::Target &target, std::vector<Crossbar> &crossbars);

/// A blob's bytes: null when it is absent; an error when its size is not `bytes`.
aimc_status readBlob(const aimc_driver_host *host, const fb::Blob *blob, uint64_t bytes, const char *what, const char *node,
                     const void **out);

/// Records a formatted message, returns `status`.
aimc_status fail(const aimc_driver_host *host, aimc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

} // namespace aimc::simulator

#endif
