// One call of a layer: input → codes → column sums → ADC → accumulated float, block by block on the pool.
//
//   Input.cpp     dynamic scales: one maximum per region of the input; codes: every input element once, into the box
//   Dispatch.cpp  blocks of rows x groups x column tiles, epilogue, results
//   Tiles.cpp     a block's tiles: gather digits, integer products, noise, ADC, accumulate
//   Observe.cpp   what an observer is told
//
// What a block holds follows from the layer's shape alone; no result depends on how the work is cut.
#ifndef AIMC_SIMULATOR_RUN_H
#define AIMC_SIMULATOR_RUN_H

#include "Chip.h"
#include "InputNoise.h"
#include "IntegerGemm.h"
#include "Kernels.h"
#include "ReadNoise.h"
#include "Tile.h"

namespace aimc::simulator {

static inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Where an observed block goes; null members are not asked for.
struct Observed {
  float *x = nullptr, *alpha = nullptr, *y = nullptr;
  int32_t *codes = nullptr;
};

/// Rows [first, first + rows) of one group, column tiles [tileBegin, tileEnd).
struct Block {
  int64_t first, rows, group, tileBegin, tileEnd;
};

/// Accumulated columns [first, first + count) of a block's group; rows are `pitch` apart.
struct Columns {
  int64_t first, count, pitch;
  bool biased; // the bias is in them
};

/// Which columns of a tile its kernel computes, and where it leaves their sums: column n of row r at sums[row[r] + n].
struct TileResults {
  int64_t begin, end;
  float *sums;
  const int64_t *row;
  bool biased; // with the bias
};

class Run {
public:
  Run(const Chip &chip, Scratch &scratch, const aimc_dispatch_context &context, const aimc_buffer &x, const aimc_buffer &y)
      : chip(chip), scratch(scratch), context(context), layer(chip.layers[context.site]), crossbar(*layer.crossbar),
        kernels(chip.isa->kernels()), gemm(chip.isa->gemm()), range(inputRange(layer.input, gemm)), x(x), y(y),
        exact(chip.fidelity == AIMC_EXACT), ideal(layer.ideal || context.run->ideal_adc),
        noise((layer.outputNoise || crossbar.readNoise) && !context.run->ideal_adc),
        erring(layer.inputNoise > 0 || !layer.errors.empty()) {}

  aimc_status run();

private:
  // steps 1 and 2
  void setScale(int64_t region);
  aimc_status quantizeInput();
  aimc_status copyInput();
  void measureRegion(int64_t region);
  static aimc_status measureRegions(void *self, int64_t task);
  static aimc_status quantizeRegions(void *self, int64_t task);
  static aimc_status quantizeTask(void *self, int64_t task);
  static aimc_status copyLines(void *self, int64_t task);
  aimc_status quantizeStretch(int64_t firstLine, int64_t lastLine);
  void quantizeLines(const LineCursor &from, int64_t count, int64_t source, int64_t elements, Workspace &workspace,
                     InputCounts &counts);

  // step 3
  void chooseBlocks();
  aimc_status runBlocks();
  aimc_status observeBlocks();
  static aimc_status runBlock(void *self, int64_t task);
  static aimc_status observeBlock(void *self, int64_t task);
  aimc_status block(const Block &block, const Observed &observed);
  bool prepare(const Block &block, Workspace &workspace);
  bool exactBlock(const Block &block, Workspace &workspace, const Observed &observed);
  bool slicedBlock(const Block &block, Workspace &workspace, const Observed &observed);
  InputDigits digitsOf(const Block &block, int64_t slice, const Tile &tile, uint8_t *out, Workspace &workspace);
  bool takesWhole() const;
  bool looksUp() const;
  size_t patternBytes(int64_t rows) const;
  bool wholeBlock(const Block &block, Workspace &workspace, const Observed &observed);
  bool convertWhole(const Block &block, const Tile &tile, const TileInput &input, const TileResults &results,
                    Workspace &workspace);
  bool reserveDigits(int64_t rows, int64_t rowTiles, Workspace &workspace);
  void readDigits(const Block &block, int64_t rowTile, int64_t slot, Workspace &workspace);
  void findSegments(int64_t rows, Workspace &workspace);
  int64_t digitBytes(int64_t rows) const;
  bool multiplyTile(const Block &block, const Tile &tile, const InputDigits &digits, int32_t *sums, Workspace &workspace);
  bool multiplyNoisyDigits(const Block &block, const Tile &tile, int64_t input, const InputDigits &digits,
                           Workspace &workspace);
  bool dropOnWires(const Tile &tile, int64_t rows, const InputDigits &digits, int32_t *low, Workspace &workspace);
  void erringSums(const Conversion &conversion, const Block &block, const Tile &tile, int64_t row, int64_t slice, int64_t input,
                  Workspace &workspace) const;
  void convertTile(const Block &block, const Tile &tile, Workspace &workspace, const Observed &observed);
  void outputScale(const Block &block, const Tile &tile, int64_t begin, int64_t end, float alpha, float *f) const;
  bool multiplyVariances(const Block &block, const Tile &tile, const SquaredDigits *squares, Workspace &workspace);
  void drawNoise(const Tile &tile, int64_t row, int64_t slice, int64_t input, Workspace &workspace);
  void finish(const Block &block, const Columns &columns, Workspace &workspace, const Observed &observed);
  void epilogue(const Block &block, const Columns &columns, Workspace &workspace);
  void scatter(const Block &block, const Columns &columns, const Workspace &workspace);
  void observe(const Block &block, Workspace &workspace, const Observed &observed);

  /// Which input scale a row of the tile has: each row tile has one, or each region of the box.
  int64_t scaleOf(const Tile &tile, int64_t region) const { return layer.tileAlpha.empty() ? region : int64_t(tile.rowTile); }
  int64_t scalesPerRow() const { return layer.tileAlpha.empty() ? 1 : crossbar.rowTiles; }
  const ConverterErrors &errorsOf(const Tile &tile) const {
    static const ConverterErrors none;
    return layer.errors.empty() ? none : layer.errors[size_t(&tile - crossbar.tiles.data())];
  }
  aimc_status parallel(int64_t count, aimc_status (*body)(void *, int64_t)) {
    return count == 1 ? body(this, 0) : chip.host->parallel(chip.host, count, body, this);
  }
  aimc_status outOfMemory() { return fail(chip.host, AIMC_OUT_OF_MEMORY, "%s: no memory for a block of rows", layer.node); }
  int64_t columnsOf(const Block &block) const {
    return crossbar.tile(block.group, 0, block.tileEnd - 1).n0 + crossbar.tile(block.group, 0, block.tileEnd - 1).width -
           crossbar.tile(block.group, 0, block.tileBegin).n0;
  }
  bool isAffine() const { return !exact && (layer.affineScale || layer.affineOffset); }
  static InputRange inputRange(InputRange range, const IntegerGemm &gemm) {
    range.flipped = gemm.bytewise && range.isSigned ? 128 : 0;
    return range;
  }
  int64_t firstColumn(const Block &block) const { return crossbar.tile(block.group, 0, block.tileBegin).n0; }

  const Chip &chip;
  Scratch &scratch;
  const aimc_dispatch_context &context;
  const Layer &layer;
  const Crossbar &crossbar;
  const Kernels &kernels;
  const IntegerGemm &gemm;
  const InputRange range; // with codes as the products want them
  const aimc_buffer &x, &y;
  const bool exact, ideal, noise;
  const bool erring; // input digits or converters take the long way

  Extents extents;
  Box box;
  int64_t planeBytes = 0; // distance of the input slices' boxes
  int64_t linesPerTask = 1, regionsPerTask = 1;
  int64_t resultBase = 0, resultRow[maxDims] = {}, resultGroup = 0, resultColumn = 0; // strides of y
  int64_t blockRows = 1, rowBlocks = 1;
  int64_t chunks = 1, chunkTiles = 1; // column tiles are cut into
  bool whole = false;                 // tiles by the instruction set's own kernel

  // what becomes of results on their way out
  const float *addend = nullptr;
  bool rectify = false;

  // observation
  int64_t observedFirst = 0, observedGroup = 0;
};

} // namespace aimc::simulator

#endif
