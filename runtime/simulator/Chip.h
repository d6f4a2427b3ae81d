// A model programmed on the simulator, and the scratch of its callers.
#ifndef AIMC_SIMULATOR_CHIP_H
#define AIMC_SIMULATOR_CHIP_H

#include "Drop.h"
#include "Gather.h"
#include "Isa.h"
#include "Layer.h"
#include "Program.h"
#include "ReadNoise.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace aimc::simulator {

/// Counters of aimc_statistics. Sums: the order in which threads add does not show.
struct Counters {
  std::atomic<uint64_t> mvms{0}, nonfiniteInputs{0}, clippedInputs{0}, clippedCodes{0};
};

struct Chip {
  const aimc_driver_host *host = nullptr;
  const Isa *isa = nullptr;
  aimc_fidelity fidelity = AIMC_QUANTIZED;
  uint32_t seed = 0, trial = 0;
  std::vector<Crossbar> crossbars;
  std::vector<Layer> layers;
  uint64_t saturatedConductances = 0;
  mutable Counters counters;
};

/// What a block's rows feed into a row tile, per input slice.
struct TileInput {
  InputDigits digits[16];
  SquaredDigits squares[16]; // with read noise
  const int32_t *sums;       // [input slices, rows]: sums of digits, with offset encoding
  const uint8_t *patterns;   // what the instruction set's own kernel wants besides; null: nothing
};

/// What one thread needs for a block of rows.
struct Workspace {
  Buffer<uint8_t> digits, noisyDigits, patterns;
  Buffer<float> gathered, partial, panel, accumulated, noise, outputScale, distorted;
  Buffer<int32_t> sums, codes, inputSums, noisyInputSums, wideCodes, pedestals;
  Buffer<double> sliceSums, passed, corrections;
  Buffer<int64_t> rowOffset, resultOffset, region, weightOffset;
  Buffer<uint32_t> sample, position;
  Buffer<RowSegment> segments;
  int64_t segmentCount = 0;
  Buffer<TileInput> tileInputs;
  Buffer<uint8_t> gemmScratch, tileScratch, squares;
  Buffer<int32_t> varianceSums;
  Buffer<float> deviations;
  Buffer<int64_t> accumulatedRow;
  // Rows of a region share output scales: row r's start at scaleRow[r]; the regions in their order.
  Buffer<int64_t> scaleRow, scaleRegion;
  int64_t scales = 0;
  DropScratch drop;
};

/// One caller's memory, kept from call to call.
class Scratch {
public:
  /// Takes a workspace, or makes one; null when there is no memory.
  std::unique_ptr<Workspace> take();
  void giveBack(std::unique_ptr<Workspace> workspace);

  Buffer<uint8_t> codes;        // [input slices] boxes
  Buffer<float> inputs;         // a box
  Buffer<float> alphas, scales; // per region: alpha; codes per unit of x, NaN where nothing is driven
  Buffer<int64_t> runOffsets, pieceBegin;
  Buffer<Piece> pieces;
  Buffer<float> observedX, observedAlpha, observedY;
  Buffer<int32_t> observedCodes;

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<Workspace>> idle;
};

/// Runs one layer.
aimc_status dispatch(const Chip &chip, Scratch &scratch, const aimc_dispatch_context &context, const aimc_buffer &x,
                     const aimc_buffer &y);

} // namespace aimc::simulator

#endif
