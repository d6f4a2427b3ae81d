// The tiles of a block.
#include "Run.h"

#include "contract/Gemm.h"

#include <math.h>
#include <string.h>

namespace aimc::simulator {

bool Run::exactBlock(const Block &block, Workspace &ws, const Observed &observed) {
  const int64_t columns = columnsOf(block), tileRows = crossbar.tile(0, 0, 0).rows;
  if (!ws.gathered.reserve(uint64_t(block.rows * tileRows) + 16) || !ws.partial.reserve(uint64_t(block.rows * panelWidth)) ||
      !ws.panel.reserve(uint64_t(tileRows * panelWidth)) || !ws.weightOffset.reserve(uint64_t(tileRows)) ||
      !ws.accumulated.reserve(uint64_t(block.rows * columns)))
    return false;
  memset(ws.accumulated.data(), 0, size_t(block.rows * columns) * sizeof(float));
  int64_t neighbours[panelWidth];
  for (int64_t n = 0; n < panelWidth; ++n)
    neighbours[n] = n;
  for (int64_t k = 0; k < tileRows; ++k)
    ws.weightOffset[k] = k * crossbar.columns;
  for (int64_t t = 0; t < crossbar.rowTiles; ++t) {
    const Tile &tile = crossbar.tile(block.group, t, block.tileBegin);
    for (int64_t r = 0; r < block.rows; ++r)
      gatherRow(scratch.inputs.data() + ws.rowOffset[r], box, scratch.runOffsets.data(), tile.k0, tile.rows,
                ws.gathered.data() + r * tile.rows);
    const float *weights = crossbar.reference + (block.group * crossbar.rows + tile.k0) * crossbar.columns + firstColumn(block);
    for (int64_t n = 0; n < columns; n += panelWidth) {
      const int64_t width = columns - n < panelWidth ? columns - n : panelWidth;
      packPanels(weights + n, ws.weightOffset.data(), neighbours, tile.rows, width, ws.panel.data());
      memset(ws.partial.data(), 0, size_t(block.rows * panelWidth) * sizeof(float));
      gemmBlock(block.rows, width, tile.rows, ws.gathered.data(), tile.rows, ws.panel.data(), ws.partial.data(), panelWidth);
      for (int64_t r = 0; r < block.rows; ++r)
        for (int64_t j = 0; j < width; ++j)
          ws.accumulated[r * columns + n + j] += ws.partial[r * panelWidth + j];
    }
  }
  finish(block, {firstColumn(block), columns, columns, false}, ws, observed);
  return true;
}

/// Cuts the block's rows into stretches that lie evenly in the box.
void Run::findSegments(int64_t rows, Workspace &ws) {
  ws.segmentCount = 0;
  for (int64_t r = 0; r < rows;) {
    int64_t step = r + 1 < rows ? ws.rowOffset[r + 1] - ws.rowOffset[r] : 1;
    int64_t end = r + 1;
    while (end < rows && ws.rowOffset[end] - ws.rowOffset[end - 1] == step)
      ++end;
    ws.segments[ws.segmentCount++] = {r, end - r, ws.rowOffset[r], step};
    r = end;
  }
}

static int64_t gatherPitch(int64_t rows) { return (rows + 31) / 32 * 32; }

/// What digitsOf writes at most.
int64_t Run::digitBytes(int64_t rows) const { return (crossbar.tile(0, 0, 0).rows + 3) / 4 * 4 * gatherPitch(rows) + 64; }

/// Input digits of the block's rows for a row tile: a view of the box where rows lie evenly, gathered into `out` otherwise.
InputDigits Run::digitsOf(const Block &block, int64_t slice, const Tile &tile, uint8_t *out, Workspace &ws) {
  const uint8_t *plane = scratch.codes.data() + slice * planeBytes;
  if (!layer.tileAlpha.empty())
    plane += int64_t(tile.rowTile) * box.regionElements;
  const int64_t rows = block.rows, k0 = tile.k0, count = tile.rows;
  const RowSegment &all = ws.segments[0];
  const int64_t *runs = scratch.runOffsets.data();
  const int64_t pitch = gatherPitch(rows);
  if (!crossbar.order.empty()) {
    const int64_t first = scratch.pieceBegin[tile.rowTile], pieces = scratch.pieceBegin[tile.rowTile + 1] - first;
    for (int64_t r = 0; r < rows; ++r)
      gatherPieces(plane + ws.rowOffset[r], scratch.pieces.data() + first, pieces, out + r * count);
    return {out, count, 1, 4, layer.isSigned};
  }
  if (box.run == crossbar.rows && ws.segmentCount == 1 && (rows == 1 || all.step >= count))
    return {plane + all.offset + k0, rows == 1 ? count : all.step, 1, 4, layer.isSigned};
  if (box.run < 16 && rows >= 4 * ws.segmentCount) {
    if (gemm.bytewise) {
      gatherQuads(kernels, plane, box, runs, ws.segments.data(), ws.segmentCount, k0, count, pitch, out);
      return {out, 4, 1, 4 * pitch, layer.isSigned};
    }
    gatherColumns(plane, box, runs, ws.segments.data(), ws.segmentCount, k0, count, pitch, out);
    return {out, 1, pitch, 4 * pitch, layer.isSigned};
  }
  for (int64_t r = 0; r < rows; ++r)
    gatherRow(plane + ws.rowOffset[r], box, runs, k0, count, out + r * count);
  return {out, count, 1, 4, layer.isSigned};
}

/// sums[r] = sum over K of the digits of one input slice.
static void sumDigits(const Kernels &kernels, const IntegerGemm &gemm, const InputDigits &digits, int64_t rows, int64_t count,
                      int32_t *sums) {
  const bool plus128 = gemm.bytewise && digits.isSigned, isSigned = digits.isSigned && !plus128;
  if (digits.quadStride != 4 * digits.columnStride) {
    for (int64_t r = 0; r < rows; ++r) {
      sums[r] = 0;
      for (int64_t k = 0; k < count; ++k)
        sums[r] += digits.data[r * digits.rowStride + k / 4 * digits.quadStride + k % 4];
    }
  } else if (digits.columnStride == 1) {
    for (int64_t r = 0; r < rows; ++r)
      sums[r] = kernels.sumBytes(digits.data + r * digits.rowStride, count, isSigned);
  } else {
    memset(sums, 0, size_t(rows) * sizeof(int32_t));
    kernels.sumByteColumns(digits.data, count, digits.columnStride, rows, isSigned, sums);
  }
  for (int64_t r = 0; plus128 && r < rows; ++r)
    sums[r] -= int32_t(128 * count);
}

/// Gaussians of one row, weight slice and input slice; behind the tile's columns the unit column's.
void Run::drawNoise(const Tile &tile, int64_t row, int64_t slice, int64_t input, Workspace &ws) {
  const uint32_t number = layer.tileBase + uint32_t(&tile - crossbar.tiles.data());
  const Stream stream = Stream::conversions(chip.seed, chip.trial, Purpose::Output, number, ws.sample[row], ws.position[row]);
  const uint64_t conversion = uint64_t(slice) * uint64_t(layer.inputSlices) + uint64_t(input);
  kernels.gaussians(stream, conversion * uint64_t(crossbar.tileColumns), tile.width, ws.noise.data());
  if (tile.columns > tile.width) {
    uint64_t conversions = uint64_t(crossbar.slices) * uint64_t(layer.inputSlices);
    kernels.gaussians(stream, conversions * uint64_t(crossbar.tileColumns) + conversion, 1, ws.noise.data() + tile.width);
  }
}

/// f = float32((double)w * alpha / ((double)L * Q)) of the tile's columns [begin, end).
void Run::outputScale(const Block &block, const Tile &tile, int64_t begin, int64_t end, float alpha, float *f) const {
  const float *w = crossbar.weightScale + (block.group * crossbar.rowTiles + tile.rowTile) * crossbar.columns + tile.n0;
  kernels.outputScale(w + begin, end - begin, alpha, crossbar.fullLevel * double(layer.input.highest), f + begin);
}

/// What of a layer's tiles the instruction set's own kernel needs to know beforehand.
static TileWork workOf(const Crossbar &crossbar, const Layer &layer, int64_t rows) {
  TileWork work = {};
  work.rows = rows;
  work.k = crossbar.tile(0, 0, 0).rows;
  work.slices = int(crossbar.slices);
  work.inputs = layer.inputSlices;
  work.sliceBits = layer.sliceBits;
  work.cellBits = crossbar.cellBits;
  work.isSigned = layer.isSigned;
  work.planes = crossbar.planes;
  work.lowest = layer.lowestCode;
  work.highest = layer.highestCode;
  work.digitsPerStep = 1.0f / float(crossbar.stepsPerDigit);
  return work;
}

/// Whether the instruction set's own kernel takes the layer's tiles; nobody sees their codes then.
bool Run::takesWhole() const {
  if (!chip.isa->tiles || ideal || crossbar.unitColumn || erring || crossbar.wireRatio > 0)
    return false;
  const int64_t largestCell = (crossbar.planes == 2 ? 32768 : 255) + crossbar.pedestalSteps;
  return chip.isa->tiles().takes(workOf(crossbar, layer, blockRows), layer.largestInputDigit * largestCell);
}

/// Whether that kernel wants the digits of blocks as patterns.
bool Run::looksUp() const { return !noise && !crossbar.pedestalSteps && patternBytes(extents.rows) > 0; }

size_t Run::patternBytes(int64_t rows) const { return chip.isa->tiles().patternBytes(workOf(crossbar, layer, rows)); }

/// The whole way of a tile by the instruction set's own kernel.
bool Run::convertWhole(const Block &block, const Tile &tile, const TileInput &input, const TileResults &results,
                       Workspace &ws) {
  const TileKernel &kernel = chip.isa->tiles();
  const TileConverters &converters = layer.converters[size_t(&tile - crossbar.tiles.data())];
  const int64_t rows = block.rows;
  TileWork work = workOf(crossbar, layer, rows);
  work.k = tile.rows;
  work.columns = tile.columns;
  work.begin = results.begin;
  work.end = results.end;
  work.digits = input.digits;
  work.patterns = input.patterns;
  for (int plane = 0; plane < crossbar.planes; ++plane)
    work.packed[plane] = crossbar.packed.data() + tile.packed[plane];
  work.sliceBytes = tile.sliceBytes;
  work.ka = converters.ka.data();
  work.scale = converters.scale.data();
  if (!ws.tileScratch.reserve(kernel.scratchBytes(work)))
    return false;
  if (crossbar.pedestalSteps) {
    for (int64_t i = 0; i < work.inputs * rows; ++i)
      ws.pedestals[i] = crossbar.pedestalSteps * input.sums[i];
    work.pedestal = ws.pedestals.data();
  }
  if (crossbar.offset) {
    for (int64_t r = 0; r < rows; ++r) {
      int64_t inputSum = 0;
      for (int64_t slice = 0; slice < work.inputs; ++slice)
        inputSum += input.sums[slice * rows + r] * (int64_t(1) << (slice * layer.sliceBits));
      ws.corrections[r] = double(inputSum * (int64_t(1) << (crossbar.weightBits - 1)));
    }
    work.correction = ws.corrections.data();
  }
  if (noise) {
    const uint32_t number = layer.tileBase + uint32_t(&tile - crossbar.tiles.data());
    work.noiseScale = layer.outputNoise ? converters.noiseScale.data() : nullptr;
    if (crossbar.readNoise) {
      work.variances = crossbar.packed.data() + tile.variances;
      work.squares = input.squares;
      work.varianceStep = tile.varianceStep.data();
      work.varianceMean = tile.varianceMean.data();
    }
    work.stream = Stream::conversions(chip.seed, chip.trial, Purpose::Output, number, 0, 0);
    work.position = ws.position.data();
    work.sample = ws.sample.data();
    work.conversionElements = uint64_t(crossbar.tileColumns);
  }
  for (int64_t i = 0; i < ws.scales; ++i)
    outputScale(block, tile, results.begin, results.end, scratch.alphas[scaleOf(tile, ws.scaleRegion[i])],
                ws.outputScale.data() + i * crossbar.tileColumns);
  work.f = ws.outputScale.data();
  work.fRow = ws.scales > 1 ? ws.scaleRow.data() : nullptr;
  work.start = tile.rowTile == 0;
  work.acc = results.sums;
  work.rowOffset = results.row;
  if (results.biased && tile.rowTile + 1 == uint32_t(crossbar.rowTiles) && layer.bias)
    work.bias = layer.bias + block.group * crossbar.columns + tile.n0;
  if (uint64_t clipped = kernel.run(work, ws.tileScratch.data()))
    chip.counters.clippedCodes += clipped;
  return true;
}

/// Column sums of one row, weight slice and input slice as they reach erring converters, with noisy inputs if there are, into
/// ws.distorted.
void Run::erringSums(const Conversion &conversion, const Block &block, const Tile &tile, int64_t row, int64_t slice,
                     int64_t input, Workspace &ws) const {
  const int64_t columns = tile.columns, planes = crossbar.planes, planeSums = block.rows * crossbar.slices * columns;
  float *sums = ws.distorted.data();
  if (layer.inputNoise > 0) {
    const int64_t at = (row * crossbar.slices + slice) * columns;
    const int32_t *high = ws.sums.data() + input * 2 * planes * planeSums + at;
    const int32_t *low = high + planes * planeSums;
    const int32_t *drop = ws.sums.data() + (layer.inputSlices * 2 * planes + input) * planeSums + at;
    NoisySums noisy = {high,
                       planes == 2 ? high + planeSums : nullptr,
                       low,
                       planes == 2 ? low + planeSums : nullptr,
                       crossbar.wireRatio > 0 ? drop : nullptr,
                       double(crossbar.pedestalSteps) * double(ws.noisyInputSums[input * block.rows + row]),
                       conversion.digitsPerStep / 16};
    noisyColumnSums(noisy, columns, sums);
  } else {
    columnSums(conversion, columns, sums);
  }
  distort(errorsOf(tile), conversion, slice, columns, sums);
}

/// The ADC of all rows, slices and columns of a tile, and the way of the codes into the accumulated floats.
void Run::convertTile(const Block &block, const Tile &tile, Workspace &ws, const Observed &observed) {
  const int64_t slices = crossbar.slices, inputs = layer.inputSlices, columns = tile.columns, width = slices * columns;
  const int planes = crossbar.planes;
  const TileConverters &converters = layer.converters[size_t(&tile - crossbar.tiles.data())];
  const double *scale = ideal ? converters.idealScale.data() : converters.scale.data();
  const int64_t planeSums = block.rows * width;
  const int64_t accumulatedColumns = columnsOf(block), column = tile.n0 - firstColumn(block);
  const bool digitalOffset = crossbar.offset && !crossbar.unitColumn;
  const bool single = !ideal && slices == 1 && inputs == 1 && planes == 1 && !crossbar.unitColumn && !observed.codes && !erring;
  uint64_t clipped = 0;
  int64_t scaledRegion = -1;

  for (int64_t r = 0; r < block.rows; ++r) {
    if (ws.region[r] != scaledRegion) {
      scaledRegion = ws.region[r];
      outputScale(block, tile, 0, tile.width, scratch.alphas[scaleOf(tile, scaledRegion)], ws.outputScale.data());
    }
    Conversion conversion = {};
    conversion.digitsPerStep = 1.0 / crossbar.stepsPerDigit;
    conversion.lowest = layer.lowestCode;
    conversion.highest = layer.highestCode;
    int64_t inputSum = 0;
    auto load = [&](int64_t slice, int64_t input) {
      const int32_t *sums = ws.sums.data() + input * planes * planeSums + r * width + slice * columns;
      const int32_t digitSum = crossbar.offset ? ws.inputSums[input * block.rows + r] : 0;
      conversion.high = sums;
      conversion.low = planes == 2 ? sums + planeSums : nullptr;
      conversion.pedestal = planes == 1 ? crossbar.pedestalSteps * digitSum : 0;
      conversion.pedestalSteps = double(int64_t(crossbar.pedestalSteps) * digitSum);
      if (!ideal)
        conversion.ka = converters.ka.data() + slice * columns;
      if (noise) {
        drawNoise(tile, r, slice, input, ws);
        conversion.noise = ws.noise.data();
        conversion.noiseScale = layer.outputNoise ? converters.noiseScale.data() + slice * columns : nullptr;
        if (crossbar.readNoise) {
          kernels.deviations(ws.varianceSums.data() + input * planeSums + r * width + slice * columns,
                             ws.tileInputs[0].squares[input].rows[r], tile.varianceStep[size_t(slice)],
                             tile.varianceMean.data() + slice * columns, conversion.noiseScale, columns, ws.deviations.data());
          conversion.noiseScale = ws.deviations.data();
        }
      }
    };
    if (crossbar.offset)
      for (int64_t input = 0; input < inputs; ++input)
        inputSum += ws.inputSums[input * block.rows + r] * (int64_t(1) << (input * layer.sliceBits));
    Recombination to = {};
    to.scale = scale;
    to.f = ws.outputScale.data();
    to.acc = ws.accumulated.data() + r * accumulatedColumns + column;
    to.correction = digitalOffset ? double(inputSum * (int64_t(1) << (crossbar.weightBits - 1))) : 0.0;
    if (single) {
      load(0, 0);
      clipped += kernels.convertSingle(conversion, columns, to);
      continue;
    }
    for (int64_t slice = 0; slice < slices; ++slice)
      for (int64_t input = 0; input < inputs; ++input) {
        load(slice, input);
        double *sums = ws.sliceSums.data() + slice * columns;
        const double weight = double(int64_t(1) << (input * layer.sliceBits));
        int32_t *codes = ws.codes.data();
        if (erring)
          erringSums(conversion, block, tile, r, slice, input, ws);
        if (ideal) {
          double *passed = ws.passed.data();
          if (erring)
            for (int64_t n = 0; n < columns; ++n)
              passed[n] = double(ws.distorted[n]) * double(crossbar.stepsPerDigit);
          else
            kernels.pass(conversion, columns, passed);
          kernels.accumulateSums(passed, columns, weight, input == 0, sums);
          if (observed.codes)
            for (int64_t n = 0; n < columns; ++n)
              codes[n] = int32_t(nearbyint(passed[n] * conversion.digitsPerStep));
        } else {
          clipped += erring ? convertDistorted(errorsOf(tile), conversion, slice, columns, ws.distorted.data(), codes)
                            : kernels.convert(conversion, columns, codes);
          kernels.accumulateCodes(codes, columns, weight, input == 0, sums);
        }
        if (observed.codes) {
          const int64_t first = (r * crossbar.rowTiles + tile.rowTile) * crossbar.columns + tile.n0;
          int32_t *out = observed.codes + (first * slices + slice) * inputs + input;
          for (int64_t n = 0; n < tile.width; ++n)
            out[n * slices * inputs] = codes[n];
        }
      }
    if (crossbar.unitColumn) {
      double unit = scale[tile.width] * ws.sliceSums[tile.width];
      for (int64_t slice = 1; slice < slices; ++slice)
        unit = unit + scale[slice * columns + tile.width] * ws.sliceSums[slice * columns + tile.width];
      to.correction = unit;
    }
    kernels.recombine(ws.sliceSums.data(), slices, columns, tile.width, to);
  }
  if (clipped)
    chip.counters.clippedCodes += clipped;
}

/// Column sums of one input slice, [planes, rows, slices, columns].
bool Run::multiplyTile(const Block &block, const Tile &tile, const InputDigits &digits, int32_t *sums, Workspace &ws) {
  const int64_t width = crossbar.slices * tile.columns, rows = block.rows;
  for (int64_t plane = 0; plane < crossbar.planes; ++plane)
    for (int64_t s = 0; s < crossbar.slices; ++s)
      if (!gemm.multiply(rows, tile.columns, tile.rows, digits,
                         crossbar.packed.data() + tile.packed[plane] + size_t(s) * tile.sliceBytes,
                         sums + plane * rows * width + s * tile.columns, width, ws.gemmScratch.data()))
        return false;
  return true;
}

/// Squares times variances: [input slices, rows, slices, columns].
bool Run::multiplyVariances(const Block &block, const Tile &tile, const SquaredDigits *squares, Workspace &ws) {
  const int64_t width = crossbar.slices * tile.columns, sums = block.rows * width;
  for (int64_t input = 0; input < layer.inputSlices; ++input)
    for (int64_t s = 0; s < crossbar.slices; ++s)
      if (!gemm.multiply(block.rows, tile.columns, tile.rows, squares[input].bytes,
                         crossbar.packed.data() + tile.variances + size_t(s) * tile.sliceBytes,
                         ws.varianceSums.data() + input * sums + s * tile.columns, width, ws.gemmScratch.data()))
        return false;
  return true;
}

/// The same of digits to which noise was added: [input slices, input planes, planes, rows, slices, columns].
bool Run::multiplyNoisyDigits(const Block &block, const Tile &tile, int64_t input, const InputDigits &digits, Workspace &ws) {
  const int64_t sums = crossbar.planes * block.rows * crossbar.slices * tile.columns, rows = block.rows;
  const uint32_t number = layer.tileBase + uint32_t(&tile - crossbar.tiles.data());
  const Stream stream = Stream::conversions(chip.seed, chip.trial, Purpose::Input, number, 0, 0);
  uint8_t *high = ws.noisyDigits.data(), *low = high + rows * tile.rows;
  addInputNoise(kernels, gemm, stream, ws.position.data(), ws.sample.data(), uint64_t(input * crossbar.tileRows), digits, rows,
                tile.rows, layer.inputNoise, ws.noise.data(), {high, low, ws.noisyInputSums.data() + input * rows});
  for (int part = 0; part < 2; ++part)
    if (!multiplyTile(block, tile, {part ? low : high, tile.rows, 1, 4, true}, ws.sums.data() + (input * 2 + part) * sums, ws))
      return false;
  return true;
}

/// Takes what wires drop, in aihwkit's approximation, off the low plane of a tile's column sums.
bool Run::dropOnWires(const Tile &tile, int64_t rows, const InputDigits &digits, int32_t *low, Workspace &ws) {
  DropWork work = {rows, tile.rows, tile.columns, crossbar.slices, digits, {}, tile.sliceBytes, 0.0, low};
  for (int plane = 0; plane < 4; ++plane)
    work.packed[plane] = crossbar.packed.data() + tile.packed[2 + plane];
  const double full = double((1 << crossbar.cellBits) - 1) * crossbar.stepsPerDigit * double(layer.largestInputDigit);
  work.scale = double(tile.rows) / crossbar.wireRatio / full;
  return takeDrop(gemm, work, ws.drop);
}

/// Room for the digits of `rowTiles` row tiles.
bool Run::reserveDigits(int64_t rows, int64_t rowTiles, Workspace &ws) {
  const int64_t parts = rowTiles * layer.inputSlices;
  return ws.tileInputs.reserve(uint64_t(rowTiles)) && ws.digits.reserve(uint64_t(parts * digitBytes(rows))) &&
         (!crossbar.offset || ws.inputSums.reserve(uint64_t(parts * rows))) &&
         (!crossbar.readNoise || ws.squares.reserve(uint64_t(parts) * squareBytes(rows, crossbar.tile(0, 0, 0).rows)));
}

/// Brings the digits of a row tile, their sums and squares into ws.tileInputs[slot].
void Run::readDigits(const Block &block, int64_t rowTile, int64_t slot, Workspace &ws) {
  const Tile &tile = crossbar.tile(block.group, rowTile, block.tileBegin);
  const int64_t inputs = layer.inputSlices, rows = block.rows;
  const uint64_t squareSize = squareBytes(rows, crossbar.tile(0, 0, 0).rows);
  TileInput &out = ws.tileInputs[slot];
  out.patterns = nullptr;
  int32_t *sums = crossbar.offset ? ws.inputSums.data() + slot * inputs * rows : nullptr;
  out.sums = sums;
  for (int64_t input = 0; input < inputs; ++input) {
    const int64_t part = slot * inputs + input;
    out.digits[input] = digitsOf(block, input, tile, ws.digits.data() + part * digitBytes(rows), ws);
    if (crossbar.offset)
      sumDigits(kernels, gemm, out.digits[input], rows, tile.rows, sums + input * rows);
    if (crossbar.readNoise)
      out.squares[input] =
          squareDigits(kernels, gemm, out.digits[input], rows, tile.rows, ws.squares.data() + uint64_t(part) * squareSize);
  }
}

/// Tiles by the instruction set's own kernel. The digits of all row tiles are at hand, so that the sums of a few columns are
/// finished while they lie in the second-level cache.
bool Run::wholeBlock(const Block &block, Workspace &ws, const Observed &observed) {
  // Rows that are no power of two apart do not push each other out of the cache.
  constexpr int64_t step = 64, pitch = step + 16;
  const int64_t rows = block.rows, inputs = layer.inputSlices;
  if (!reserveDigits(rows, crossbar.rowTiles, ws) || !ws.accumulated.reserve(uint64_t(rows * pitch)) ||
      !ws.accumulatedRow.reserve(uint64_t(rows)) || !ws.outputScale.reserve(uint64_t(ws.scales * crossbar.tileColumns)) ||
      !ws.pedestals.reserve(uint64_t(inputs * rows)) || !ws.corrections.reserve(uint64_t(rows)))
    return false;
  findSegments(rows, ws);
  for (int64_t t = 0; t < crossbar.rowTiles; ++t)
    readDigits(block, t, t, ws);
  const TileKernel &kernel = chip.isa->tiles();
  if (const size_t bytes = looksUp() ? patternBytes(rows) : 0) {
    if (!ws.patterns.reserve(bytes * uint64_t(crossbar.rowTiles)))
      return false;
    for (int64_t t = 0; t < crossbar.rowTiles; ++t) {
      TileWork work = workOf(crossbar, layer, rows);
      work.k = crossbar.tile(block.group, t, block.tileBegin).rows;
      work.digits = ws.tileInputs[t].digits;
      kernel.patterns(work, ws.patterns.data() + size_t(t) * bytes);
      ws.tileInputs[t].patterns = ws.patterns.data() + size_t(t) * bytes;
    }
  }
  for (int64_t r = 0; r < rows; ++r)
    ws.accumulatedRow[r] = r * pitch;
  // Straight to the output where columns are neighbours there and nothing but a bias comes after.
  const bool direct = resultColumn == 1 && !isAffine() && !observed.y && !addend && !rectify;
  for (int64_t c = block.tileBegin; c < block.tileEnd; ++c) {
    const Tile &first = crossbar.tile(block.group, 0, c);
    for (int64_t n = 0; n < first.width; n += step) {
      const int64_t end = n + step < first.width ? n + step : first.width;
      TileResults results = {n, end, ws.accumulated.data() - n, ws.accumulatedRow.data(), !isAffine()};
      if (direct)
        results = {n, end, static_cast<float *>(y.data) + first.n0, ws.resultOffset.data(), true};
      for (int64_t t = 0; t < crossbar.rowTiles; ++t)
        if (!convertWhole(block, crossbar.tile(block.group, t, c), ws.tileInputs[t], results, ws))
          return false;
      if (!direct)
        finish(block, {first.n0 + n, end - n, pitch, results.biased}, ws, observed);
    }
  }
  return true;
}

/// Tiles step by step: the products of all slices, then their conversion.
bool Run::slicedBlock(const Block &block, Workspace &ws, const Observed &observed) {
  const int64_t inputs = layer.inputSlices, slices = crossbar.slices, planes = crossbar.planes, rows = block.rows;
  const Tile &largest = crossbar.tile(0, 0, 0);
  const int64_t width = slices * largest.columns, columns = columnsOf(block);
  if (!reserveDigits(rows, 1, ws) || !ws.accumulated.reserve(uint64_t(rows * columns)) ||
      !ws.sums.reserve(uint64_t(inputs * planes * rows * width)) || !ws.noise.reserve(uint64_t(largest.columns)) ||
      !ws.outputScale.reserve(uint64_t(largest.width)) || !ws.codes.reserve(uint64_t(largest.columns)) ||
      !ws.sliceSums.reserve(uint64_t(width)) || !ws.passed.reserve(uint64_t(largest.columns)) ||
      !ws.gemmScratch.reserve(uint64_t(gemm.scratchBytes(rows, largest.rows))))
    return false;
  if (erring && !ws.distorted.reserve(uint64_t(largest.columns)))
    return false;
  if (layer.inputNoise > 0 &&
      (!ws.sums.reserve(uint64_t(inputs * (2 * planes + 1) * rows * width)) ||
       !ws.noisyDigits.reserve(uint64_t(2 * rows * largest.rows)) || !ws.noisyInputSums.reserve(uint64_t(inputs * rows)) ||
       !ws.noise.reserve(uint64_t(largest.columns > largest.rows ? largest.columns : largest.rows))))
    return false;
  if (crossbar.readNoise &&
      (!ws.varianceSums.reserve(uint64_t(inputs * rows * width)) || !ws.deviations.reserve(uint64_t(largest.columns))))
    return false;
  findSegments(rows, ws);
  memset(ws.accumulated.data(), 0, size_t(rows * columns) * sizeof(float));
  SingleThreadedLibrary guard;
  for (int64_t t = 0; t < crossbar.rowTiles; ++t) {
    readDigits(block, t, 0, ws);
    const TileInput &given = ws.tileInputs[0];
    for (int64_t c = block.tileBegin; c < block.tileEnd; ++c) {
      const Tile &tile = crossbar.tile(block.group, t, c);
      const int64_t tileSums = rows * slices * tile.columns;
      for (int64_t input = 0; input < inputs; ++input) {
        int32_t *sums = ws.sums.data() + input * planes * tileSums, *low = sums + tileSums;
        if (layer.inputNoise > 0) {
          if (!multiplyNoisyDigits(block, tile, input, given.digits[input], ws))
            return false;
          low = ws.sums.data() + (inputs * 2 * planes + input) * tileSums; // apart from what noise is added to
          memset(low, 0, size_t(tileSums) * sizeof(int32_t));
        } else if (!multiplyTile(block, tile, given.digits[input], sums, ws)) {
          return false;
        }
        if (crossbar.wireRatio > 0 && !dropOnWires(tile, rows, given.digits[input], low, ws))
          return false;
      }
      if (crossbar.readNoise && !multiplyVariances(block, tile, given.squares, ws))
        return false;
      convertTile(block, tile, ws, observed);
    }
  }
  finish(block, {firstColumn(block), columns, columns, false}, ws, observed);
  return true;
}

} // namespace aimc::simulator
