// One layer: input → codes → column sums → ADC → accumulated float, block by block on the pool.
//
//   1  dynamic scales      one maximum per region of the input
//   2  quantize            every input element once, into the box of codes
//   3  blocks              of rows x groups x column tiles: gather digits, integer products, noise, ADC, accumulate, epilogue
//
// What a block holds follows from the layer's shape alone; no result depends on how the work is cut.
#include "Chip.h"
#include "IntegerGemm.h"

#include "contract/Gemm.h"

#include <math.h>
#include <new>
#include <string.h>

namespace aimc::simulator {

std::unique_ptr<Workspace> Scratch::take() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!idle.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(idle.back());
      idle.pop_back();
      return workspace;
    }
  }
  return std::unique_ptr<Workspace>(new (std::nothrow) Workspace);
}

void Scratch::giveBack(std::unique_ptr<Workspace> workspace) {
  std::lock_guard<std::mutex> lock(mutex);
  idle.push_back(std::move(workspace));
}

namespace {

/// Where an observed block goes; null members are not asked for.
struct Observed {
  float *x = nullptr, *alpha = nullptr, *y = nullptr;
  int32_t *codes = nullptr;
};

/// Rows [first, first + rows) of one group, column tiles [tileBegin, tileEnd).
struct Block {
  int64_t first, rows, group, tileBegin, tileEnd;
};

class Run {
public:
  Run(const Chip &chip, Scratch &scratch, const aimc_dispatch_context &context, const aimc_buffer &x, const aimc_buffer &y)
      : chip(chip), scratch(scratch), context(context), layer(chip.layers[context.site]), crossbar(*layer.crossbar),
        kernels(chip.isa->kernels()), gemm(chip.isa->gemm()), x(x), y(y), exact(chip.fidelity == AIMC_EXACT),
        ideal(layer.ideal || context.run->ideal_adc), noise(layer.outputNoise && !context.run->ideal_adc) {}

  aimc_status run();

private:
  // steps 1 and 2
  aimc_status measureScales();
  aimc_status quantizeInput();
  aimc_status copyInput();
  static aimc_status measureRegions(void *self, int64_t task);
  static aimc_status quantizeLines(void *self, int64_t task);
  static aimc_status copyLines(void *self, int64_t task);
  void quantizeLine(const BoxLine &line, int64_t length, Workspace &workspace, InputCounts &counts);

  // step 3
  void chooseBlocks();
  aimc_status runBlocks();
  aimc_status observeBlocks();
  static aimc_status runBlock(void *self, int64_t task);
  static aimc_status observeBlock(void *self, int64_t task);
  aimc_status block(const Block &block, const Observed &observed);
  bool prepare(const Block &block, Workspace &workspace);
  bool exactBlock(const Block &block, Workspace &workspace);
  bool analogBlock(const Block &block, Workspace &workspace, const Observed &observed);
  InputDigits digitsOf(const Block &block, int64_t slice, int64_t k0, int64_t rows, Workspace &workspace);
  bool dropOnWires(const Tile &tile, int64_t rows, const InputDigits &digits, int32_t *low, Workspace &ws);
  void convertTile(const Block &block, const Tile &tile, Workspace &workspace, const Observed &observed);
  void updateOutputScale(const Block &block, const Tile &tile, float alpha, Workspace &workspace);
  void drawNoise(const Tile &tile, int64_t row, int64_t slice, int64_t input, Workspace &workspace);
  void epilogue(const Block &block, Workspace &workspace);
  void scatter(const Block &block, Workspace &workspace);
  void observe(const Block &block, Workspace &workspace, const Observed &observed);

  aimc_status parallel(int64_t count, aimc_status (*body)(void *, int64_t)) {
    return count == 1 ? body(this, 0) : chip.host->parallel(chip.host, count, body, this);
  }
  aimc_status outOfMemory() { return fail(chip.host, AIMC_OUT_OF_MEMORY, "%s: no memory for a block of rows", layer.node); }
  int64_t columnsOf(const Block &block) const {
    return crossbar.tile(block.group, 0, block.tileEnd - 1).n0 + crossbar.tile(block.group, 0, block.tileEnd - 1).width -
           crossbar.tile(block.group, 0, block.tileBegin).n0;
  }
  int64_t firstColumn(const Block &block) const { return crossbar.tile(block.group, 0, block.tileBegin).n0; }

  const Chip &chip;
  Scratch &scratch;
  const aimc_dispatch_context &context;
  const Layer &layer;
  const Crossbar &crossbar;
  const Kernels &kernels;
  const IntegerGemm &gemm;
  const aimc_buffer &x, &y;
  const bool exact, ideal, noise;

  Extents extents;
  Box box;
  int64_t planeBytes = 0;    // distance of the input slices' boxes
  int64_t linesPerTask = 1, regionsPerTask = 1;
  int64_t resultBase = 0, resultRow[maxDims] = {}, resultGroup = 0, resultColumn = 0; // strides of y
  int64_t blockRows = 1, rowBlocks = 1, chunks = 1;

  // observation
  int64_t observedFirst = 0, observedGroup = 0;
};

} // namespace

// ---- steps 1 and 2: the input ----

aimc_status Run::measureRegions(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t end = (task + 1) * run.regionsPerTask;
  end = end < run.box.regions ? end : run.box.regions;
  for (int64_t region = task * run.regionsPerTask; region < end; ++region)
    run.scratch.alphas[region] = regionMaximum(run.kernels, run.layer, run.extents, run.box,
                                               static_cast<const float *>(run.x.data), region);
  return AIMC_OK;
}

aimc_status Run::measureScales() {
  if (!scratch.alphas.reserve(uint64_t(box.regions)) || !scratch.scales.reserve(uint64_t(box.regions)))
    return outOfMemory();
  if (layer.dynamic) {
    regionsPerTask = 65536 / box.regionElements + 1;
    int64_t tasks = (box.regions + regionsPerTask - 1) / regionsPerTask;
    if (aimc_status status = parallel(tasks, measureRegions))
      return status;
  } else {
    scratch.alphas[0] = layer.alpha;
  }
  for (int64_t region = 0; region < box.regions; ++region) {
    float alpha = scratch.alphas[region];
    float scale = layer.input.highest / alpha;
    scratch.scales[region] = alpha == 0.0f || !isfinite(scale) ? NAN : scale;
  }
  return AIMC_OK;
}

void Run::quantizeLine(const BoxLine &line, int64_t length, Workspace &workspace, InputCounts &counts) {
  const int slices = layer.inputSlices;
  uint8_t *codes = scratch.codes.data() + line.destination;
  const float scale = scratch.scales[line.region];
  const bool driven = scale == scale;
  for (int slice = 0; slice < slices; ++slice) {
    uint8_t *plane = codes + slice * planeBytes;
    memset(plane, 0, size_t(driven ? line.before : length));
    if (driven)
      memset(plane + line.before + line.inside, 0, size_t(length - line.before - line.inside));
  }
  if (!line.inside)
    return;
  const float *values = static_cast<const float *>(x.data) + line.source;
  if (line.stride != 1) {
    float *dense = workspace.gathered.data();
    for (int64_t i = 0; i < line.inside; ++i)
      dense[i] = values[i * line.stride];
    values = dense;
  }
  InputCounts found;
  if (!driven) {
    // Nothing is driven, but what is not a number still counts.
    found = kernels.quantize(values, line.inside, 0.0f, layer.input, workspace.digits.data());
  } else if (slices == 1) {
    found = kernels.quantize(values, line.inside, scale, layer.input, codes + line.before);
  } else {
    int32_t *wide = workspace.wideCodes.data();
    found = kernels.quantizeWide(values, line.inside, scale, layer.input, wide);
    for (int slice = 0; slice < slices; ++slice)
      kernels.slice(wide, line.inside, slice * layer.sliceBits, layer.sliceBits, codes + slice * planeBytes + line.before);
  }
  counts.nonfinite += found.nonfinite;
  counts.clipped += found.clipped;
}

aimc_status Run::quantizeLines(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const int64_t length = run.box.axis[run.box.axes - 1].length;
  std::unique_ptr<Workspace> workspace = run.scratch.take();
  if (!workspace || !workspace->gathered.reserve(uint64_t(length)) || !workspace->wideCodes.reserve(uint64_t(length)) ||
      !workspace->digits.reserve(uint64_t(length)))
    return run.outOfMemory();
  int64_t end = (task + 1) * run.linesPerTask;
  end = end < run.box.lines ? end : run.box.lines;
  InputCounts counts;
  for (int64_t line = task * run.linesPerTask; line < end; ++line)
    run.quantizeLine(boxLine(run.layer, run.extents, run.box, line), length, *workspace, counts);
  run.scratch.giveBack(std::move(workspace));
  if (counts.nonfinite)
    run.chip.counters.nonfiniteInputs += counts.nonfinite;
  if (counts.clipped)
    run.chip.counters.clippedInputs += counts.clipped;
  return AIMC_OK;
}

aimc_status Run::quantizeInput() {
  if (aimc_status status = measureScales())
    return status;
  planeBytes = (box.regions * box.regionElements + 127) / 64 * 64;
  if (!scratch.codes.reserve(uint64_t(planeBytes * layer.inputSlices)))
    return outOfMemory();
  int64_t length = box.axis[box.axes - 1].length;
  linesPerTask = 65536 / length + 1;
  return parallel((box.lines + linesPerTask - 1) / linesPerTask, quantizeLines);
}

aimc_status Run::copyLines(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const int64_t length = run.box.axis[run.box.axes - 1].length;
  int64_t end = (task + 1) * run.linesPerTask;
  end = end < run.box.lines ? end : run.box.lines;
  for (int64_t index = task * run.linesPerTask; index < end; ++index) {
    BoxLine line = boxLine(run.layer, run.extents, run.box, index);
    float *destination = run.scratch.inputs.data() + line.destination;
    const float *source = static_cast<const float *>(run.x.data) + line.source;
    memset(destination, 0, size_t(line.before) * sizeof(float));
    if (line.stride == 1)
      memcpy(destination + line.before, source, size_t(line.inside) * sizeof(float));
    else
      for (int64_t i = 0; i < line.inside; ++i)
        destination[line.before + i] = source[i * line.stride];
    int64_t behind = line.before + line.inside;
    memset(destination + behind, 0, size_t(length - behind) * sizeof(float));
  }
  return AIMC_OK;
}

aimc_status Run::copyInput() {
  if (!scratch.inputs.reserve(uint64_t(box.regions * box.regionElements)))
    return outOfMemory();
  int64_t length = box.axis[box.axes - 1].length;
  linesPerTask = 65536 / length + 1;
  return parallel((box.lines + linesPerTask - 1) / linesPerTask, copyLines);
}

// ---- step 3: blocks ----

/// Rows of the block one by one: where they read, where they write, who they are.
bool Run::prepare(const Block &block, Workspace &ws) {
  const uint64_t rows = uint64_t(block.rows);
  if (!ws.rowOffset.reserve(rows) || !ws.resultOffset.reserve(rows) || !ws.region.reserve(rows) || !ws.sample.reserve(rows) ||
      !ws.position.reserve(rows) || !ws.segments.reserve(rows) ||
      !ws.accumulated.reserve(rows * uint64_t(columnsOf(block))))
    return false;
  const int dims = layer.rowDims;
  int64_t value[maxDims];
  int64_t rest = block.first;
  for (int d = dims - 1; d >= 0; --d) {
    value[d] = rest % extents.row[d];
    rest /= extents.row[d];
  }
  const bool known = layer.batchDim >= 0;
  const int64_t within = layer.batchOuter * layer.batchInner; // MVMs of one sample along the batch dim
  const int64_t samples = known ? extents.row[layer.batchDim] / within : 1;
  const int64_t positions = known && samples > 0 ? extents.rows / samples : extents.rows;
  for (int64_t r = 0; r < block.rows; ++r) {
    int64_t offset = box.base + block.group * box.groupStride, key = 0;
    int64_t result = resultBase + block.group * resultGroup;
    int64_t sample = 0, position = 0;
    for (int d = 0; d < dims; ++d) {
      offset += value[d] * box.rowStride[d];
      key += value[d] * box.keyStride[d];
      result += value[d] * resultRow[d];
      if (known && d == layer.batchDim && samples > 0) {
        sample = value[d] / layer.batchInner % samples;
        position = position * within + value[d] / (layer.batchInner * samples) * layer.batchInner + value[d] % layer.batchInner;
      } else {
        position = position * extents.row[d] + value[d];
      }
    }
    ws.rowOffset[r] = offset;
    ws.resultOffset[r] = result;
    ws.region[r] = box.regionGroups > 1 ? key * box.regionGroups + block.group : key;
    ws.sample[r] = uint32_t(sample + context.run->sample_offset);
    ws.position[r] = uint32_t(uint64_t(context.invocation) * uint64_t(positions) + uint64_t(position));
    for (int d = dims - 1; d >= 0 && ++value[d] == extents.row[d]; --d)
      value[d] = 0;
  }
  memset(ws.accumulated.data(), 0, rows * uint64_t(columnsOf(block)) * sizeof(float));
  return true;
}

bool Run::exactBlock(const Block &block, Workspace &ws) {
  const int64_t columns = columnsOf(block), tileRows = crossbar.tile(0, 0, 0).rows;
  if (!ws.gathered.reserve(uint64_t(block.rows * tileRows) + 16) || !ws.partial.reserve(uint64_t(block.rows * panelWidth)) ||
      !ws.panel.reserve(uint64_t(tileRows * panelWidth)) || !ws.weightOffset.reserve(uint64_t(tileRows)))
    return false;
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
    const float *weights =
        crossbar.reference + (block.group * crossbar.rows + tile.k0) * crossbar.columns + firstColumn(block);
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
  return true;
}

/// Input digits of the block's rows for one row tile: a view of the box where rows lie evenly, gathered otherwise.
InputDigits Run::digitsOf(const Block &block, int64_t slice, int64_t k0, int64_t count, Workspace &ws) {
  const uint8_t *plane = scratch.codes.data() + slice * planeBytes;
  const int64_t rows = block.rows;
  int64_t segmentCount = 0;
  for (int64_t r = 0; r < rows;) {
    int64_t step = r + 1 < rows ? ws.rowOffset[r + 1] - ws.rowOffset[r] : 1;
    int64_t end = r + 1;
    while (end < rows && ws.rowOffset[end] - ws.rowOffset[end - 1] == step)
      ++end;
    ws.segments[segmentCount++] = {r, end - r, ws.rowOffset[r], step};
    r = end;
  }
  const RowSegment &all = ws.segments[0];
  if (box.run == crossbar.rows && segmentCount == 1 && (rows == 1 || all.step >= count))
    return {plane + all.offset + k0, rows == 1 ? count : all.step, 1, layer.isSigned};

  const int64_t *runs = scratch.runOffsets.data();
  const int64_t tileRows = crossbar.tile(0, 0, 0).rows, pitch = (rows + 31) / 32 * 32;
  uint8_t *out = ws.digits.data() + slice * (tileRows * pitch + 64);
  if (box.run < 16 && rows >= 4 * segmentCount) {
    gatherColumns(plane, box, runs, ws.segments.data(), segmentCount, k0, count, pitch, out);
    return {out, 1, pitch, layer.isSigned};
  }
  for (int64_t r = 0; r < rows; ++r)
    gatherRow(plane + ws.rowOffset[r], box, runs, k0, count, out + r * count);
  return {out, count, 1, layer.isSigned};
}

/// sums[r] = sum over K of the digits of one input slice.
static void sumDigits(const Kernels &kernels, const InputDigits &digits, int64_t rows, int64_t count, int32_t *sums) {
  if (digits.columnStride == 1) {
    for (int64_t r = 0; r < rows; ++r)
      sums[r] = kernels.sumBytes(digits.data + r * digits.rowStride, count, digits.isSigned);
    return;
  }
  memset(sums, 0, size_t(rows) * sizeof(int32_t));
  kernels.sumByteColumns(digits.data, count, digits.columnStride, rows, digits.isSigned, sums);
}

/// Gaussians of one row, weight slice and input slice; behind the tile's columns the unit column's.
void Run::drawNoise(const Tile &tile, int64_t row, int64_t slice, int64_t input, Workspace &ws) {
  const uint32_t number = layer.tileBase + uint32_t(&tile - crossbar.tiles.data());
  const Stream stream =
      Stream::conversions(chip.seed, chip.trial, Purpose::Output, number, ws.sample[row], ws.position[row]);
  const uint64_t conversion = uint64_t(slice) * uint64_t(layer.inputSlices) + uint64_t(input);
  kernels.gaussians(stream, conversion * uint64_t(crossbar.tileColumns), tile.width, ws.noise.data());
  if (tile.columns > tile.width) {
    uint64_t conversions = uint64_t(crossbar.slices) * uint64_t(layer.inputSlices);
    kernels.gaussians(stream, conversions * uint64_t(crossbar.tileColumns) + conversion, 1, ws.noise.data() + tile.width);
  }
}

/// f = float32((double)w * alpha / ((double)L * Q)) of the tile's columns.
void Run::updateOutputScale(const Block &block, const Tile &tile, float alpha, Workspace &ws) {
  const float *w = crossbar.weightScale + (block.group * crossbar.rowTiles + tile.rowTile) * crossbar.columns + tile.n0;
  const double divisor = crossbar.fullLevel * double(layer.input.highest);
  float *f = ws.outputScale.data();
  for (int64_t n = 0; n < tile.width; ++n)
    f[n] = float(double(w[n]) * double(alpha) / divisor);
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
  const bool single = !ideal && slices == 1 && inputs == 1 && planes == 1 && !crossbar.unitColumn && !observed.codes;
  uint64_t clipped = 0;
  int64_t scaledRegion = -1;

  for (int64_t r = 0; r < block.rows; ++r) {
    if (ws.region[r] != scaledRegion) {
      scaledRegion = ws.region[r];
      updateOutputScale(block, tile, scratch.alphas[scaledRegion], ws);
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
        conversion.noiseScale = converters.noiseScale.data() + slice * columns;
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
        if (ideal) {
          double *passed = ws.passed.data();
          kernels.pass(conversion, columns, passed);
          kernels.accumulateSums(passed, columns, weight, input == 0, sums);
          if (observed.codes)
            for (int64_t n = 0; n < columns; ++n)
              codes[n] = int32_t(nearbyint(passed[n] * conversion.digitsPerStep));
        } else {
          clipped += kernels.convert(conversion, columns, codes);
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

/// Takes what wires drop, in aihwkit's approximation, off the low plane of a tile's column sums.
bool Run::dropOnWires(const Tile &tile, int64_t rows, const InputDigits &digits, int32_t *low, Workspace &ws) {
  DropWork work = {rows, tile.rows, crossbar.slices * tile.columns, digits, {}, 0.0, low};
  for (int plane = 0; plane < 4; ++plane)
    work.planes.packed[plane] = crossbar.packed.data() + tile.packed[2 + plane];
  const double full = double((1 << crossbar.cellBits) - 1) * crossbar.stepsPerDigit * double(layer.largestInputDigit);
  work.scale = double(tile.rows) / crossbar.wireRatio / full;
  return takeDrop(gemm, work, ws.drop);
}

bool Run::analogBlock(const Block &block, Workspace &ws, const Observed &observed) {
  const int64_t inputs = layer.inputSlices, slices = crossbar.slices, planes = crossbar.planes, rows = block.rows;
  const Tile &largest = crossbar.tile(0, 0, 0);
  const int64_t width = slices * largest.columns, pitch = (rows + 31) / 32 * 32;
  if (!ws.digits.reserve(uint64_t(inputs * (largest.rows * pitch + 64))) || !ws.inputSums.reserve(uint64_t(inputs * rows)) ||
      !ws.sums.reserve(uint64_t(inputs * planes * rows * width)) || !ws.noise.reserve(uint64_t(largest.columns)) ||
      !ws.outputScale.reserve(uint64_t(largest.width)) || !ws.codes.reserve(uint64_t(largest.columns)) ||
      !ws.sliceSums.reserve(uint64_t(width)) || !ws.passed.reserve(uint64_t(largest.columns)) ||
      !ws.gemmScratch.reserve(uint64_t(gemm.scratchBytes(rows, largest.rows))))
    return false;
  SingleThreadedLibrary guard;
  for (int64_t t = 0; t < crossbar.rowTiles; ++t) {
    InputDigits digits[16];
    const Tile &first = crossbar.tile(block.group, t, block.tileBegin);
    for (int64_t input = 0; input < inputs; ++input) {
      digits[input] = digitsOf(block, input, first.k0, first.rows, ws);
      if (crossbar.offset)
        sumDigits(kernels, digits[input], rows, first.rows, ws.inputSums.data() + input * rows);
    }
    for (int64_t c = block.tileBegin; c < block.tileEnd; ++c) {
      const Tile &tile = crossbar.tile(block.group, t, c);
      const int64_t tileWidth = slices * tile.columns;
      for (int64_t input = 0; input < inputs; ++input)
        for (int64_t plane = 0; plane < planes; ++plane)
          if (!gemm.multiply(rows, tileWidth, tile.rows, digits[input], crossbar.packed.data() + tile.packed[plane],
                             ws.sums.data() + (input * planes + plane) * rows * tileWidth, tileWidth, ws.gemmScratch.data()))
            return false;
      for (int64_t input = 0; input < inputs && crossbar.wireRatio > 0; ++input)
        if (!dropOnWires(tile, rows, digits[input], ws.sums.data() + (input * planes + 1) * rows * tileWidth, ws))
          return false;
      convertTile(block, tile, ws, observed);
    }
  }
  return true;
}

/// Affine correction (not in fidelity `exact`) and bias.
void Run::epilogue(const Block &block, Workspace &ws) {
  const int64_t columns = columnsOf(block), at = block.group * crossbar.columns + firstColumn(block);
  const bool affine = !exact && (layer.affineScale || layer.affineOffset);
  for (int64_t r = 0; r < block.rows; ++r) {
    float *row = ws.accumulated.data() + r * columns;
    if (affine)
      for (int64_t n = 0; n < columns; ++n) {
        float scaled = (layer.affineScale ? layer.affineScale[at + n] : 1.0f) * row[n];
        row[n] = scaled + (layer.affineOffset ? layer.affineOffset[at + n] : 0.0f);
      }
    if (layer.bias)
      for (int64_t n = 0; n < columns; ++n)
        row[n] = row[n] + layer.bias[at + n];
  }
}

void Run::scatter(const Block &block, Workspace &ws) {
  const int64_t columns = columnsOf(block);
  float *out = static_cast<float *>(y.data) + firstColumn(block) * resultColumn;
  if (resultColumn == 1) {
    for (int64_t r = 0; r < block.rows; ++r)
      memcpy(out + ws.resultOffset[r], ws.accumulated.data() + r * columns, size_t(columns) * sizeof(float));
    return;
  }
  const int64_t tile = 16;
  for (int64_t n0 = 0; n0 < columns; n0 += tile)
    for (int64_t r0 = 0; r0 < block.rows; r0 += tile) {
      int64_t n1 = n0 + tile < columns ? n0 + tile : columns, r1 = r0 + tile < block.rows ? r0 + tile : block.rows;
      for (int64_t n = n0; n < n1; ++n)
        for (int64_t r = r0; r < r1; ++r)
          out[ws.resultOffset[r] + n * resultColumn] = ws.accumulated[r * columns + n];
    }
}

void Run::observe(const Block &block, Workspace &ws, const Observed &observed) {
  if (observed.x)
    for (int64_t r = 0; r < block.rows; ++r) {
      const float *row = scratch.inputs.data() + ws.rowOffset[r];
      float *out = observed.x + r * crossbar.rows;
      for (int64_t i = 0; i < crossbar.rows / box.run; ++i)
        memcpy(out + i * box.run, row + scratch.runOffsets[i], size_t(box.run) * sizeof(float));
    }
  if (observed.alpha)
    for (int64_t r = 0; r < block.rows; ++r)
      observed.alpha[r] = scratch.alphas[ws.region[r]];
  if (observed.y)
    memcpy(observed.y, ws.accumulated.data(), size_t(block.rows * crossbar.columns) * sizeof(float));
}

aimc_status Run::block(const Block &block, const Observed &observed) {
  std::unique_ptr<Workspace> workspace = scratch.take();
  if (!workspace || !prepare(block, *workspace) ||
      !(exact ? exactBlock(block, *workspace) : analogBlock(block, *workspace, observed)))
    return outOfMemory();
  epilogue(block, *workspace);
  scatter(block, *workspace);
  observe(block, *workspace, observed);
  scratch.giveBack(std::move(workspace));
  return AIMC_OK;
}

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Rows such that a block's column sums stay in the second-level cache; few rows: column tiles side by side.
void Run::chooseBlocks() {
  const Tile &largest = crossbar.tile(0, 0, 0);
  int64_t sumBytes = exact ? 2 * largest.rows
                           : int64_t(sizeof(int32_t)) * layer.inputSlices * crossbar.planes * crossbar.slices * largest.columns;
  int64_t rows = (int64_t(256) << 10) / sumBytes / 16 * 16;
  blockRows = rows < 16 ? 16 : rows > 256 ? 256 : rows;
  blockRows = blockRows < extents.rows ? blockRows : extents.rows;
  rowBlocks = ceilDivide(extents.rows, blockRows);
  chunks = rowBlocks * crossbar.groups >= 8 ? 1 : crossbar.columnTiles;
}

aimc_status Run::runBlock(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t chunk = task % run.chunks, group = task / run.chunks % run.crossbar.groups;
  int64_t first = task / run.chunks / run.crossbar.groups * run.blockRows;
  int64_t rows = run.extents.rows - first < run.blockRows ? run.extents.rows - first : run.blockRows;
  bool all = run.chunks == 1;
  return run.block({first, rows, group, all ? 0 : chunk, all ? run.crossbar.columnTiles : chunk + 1}, Observed());
}

aimc_status Run::runBlocks() { return parallel(rowBlocks * crossbar.groups * chunks, runBlock); }

/// Blocks of the observed stretch: rows [observedFirst + task * blockRows, ...) of observedGroup.
aimc_status Run::observeBlock(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  const uint32_t wanted = run.context.run->observe;
  const int64_t offset = task * run.blockRows, first = run.observedFirst + offset;
  const int64_t rows = run.extents.rows - first < run.blockRows ? run.extents.rows - first : run.blockRows;
  const Crossbar &crossbar = run.crossbar;
  Observed observed;
  if (wanted & AIMC_OBSERVE_X)
    observed.x = run.scratch.observedX.data() + offset * crossbar.rows;
  if (wanted & AIMC_OBSERVE_Y)
    observed.y = run.scratch.observedY.data() + offset * crossbar.columns;
  if (!run.exact && (wanted & AIMC_OBSERVE_ALPHA))
    observed.alpha = run.scratch.observedAlpha.data() + offset;
  if (!run.exact && (wanted & AIMC_OBSERVE_CODES))
    observed.codes = run.scratch.observedCodes.data() +
                     offset * crossbar.rowTiles * crossbar.columns * crossbar.slices * run.layer.inputSlices;
  return run.block({first, rows, run.observedGroup, 0, crossbar.columnTiles}, observed);
}

/// Groups one after the other, rows in order, told to the observer on this thread.
aimc_status Run::observeBlocks() {
  const aimc_run_options &options = *context.run;
  const uint32_t wanted = options.observe;
  const bool codes = !exact && (wanted & AIMC_OBSERVE_CODES), alphas = !exact && (wanted & AIMC_OBSERVE_ALPHA);
  const int64_t codesPerRow = crossbar.rowTiles * crossbar.columns * crossbar.slices * (exact ? 1 : layer.inputSlices);
  const int64_t rowBytes = 4 * (crossbar.rows + crossbar.columns + (codes ? codesPerRow : 0));
  int64_t stretch = (int64_t(32) << 20) / rowBytes + 1;
  blockRows = blockRows < stretch ? blockRows : stretch;
  stretch = stretch / blockRows * blockRows;
  stretch = stretch < extents.rows ? stretch : extents.rows;
  if ((wanted & AIMC_OBSERVE_X && !scratch.observedX.reserve(uint64_t(stretch * crossbar.rows))) ||
      (wanted & AIMC_OBSERVE_Y && !scratch.observedY.reserve(uint64_t(stretch * crossbar.columns))) ||
      (alphas && !scratch.observedAlpha.reserve(uint64_t(stretch))) ||
      (codes && !scratch.observedCodes.reserve(uint64_t(stretch * codesPerRow))))
    return outOfMemory();
  for (observedGroup = 0; observedGroup < crossbar.groups; ++observedGroup)
    for (observedFirst = 0; observedFirst < extents.rows; observedFirst += stretch) {
      int64_t rows = extents.rows - observedFirst < stretch ? extents.rows - observedFirst : stretch;
      if (aimc_status status = parallel(ceilDivide(rows, blockRows), observeBlock))
        return status;
      aimc_observation observation = {};
      observation.struct_size = sizeof observation;
      observation.site = context.site;
      observation.group = uint32_t(observedGroup);
      observation.invocation = context.invocation;
      observation.first_row = observedFirst;
      observation.rows = rows;
      observation.x = wanted & AIMC_OBSERVE_X ? scratch.observedX.data() : nullptr;
      observation.alpha = alphas ? scratch.observedAlpha.data() : nullptr;
      observation.codes = codes ? scratch.observedCodes.data() : nullptr;
      observation.y = wanted & AIMC_OBSERVE_Y ? scratch.observedY.data() : nullptr;
      if (aimc_status status = options.observer(options.user, &observation))
        return fail(chip.host, status, "%s: the observer ended the run", layer.node);
    }
  return AIMC_OK;
}

aimc_status Run::run() {
  if (aimc_status status = readExtents(chip.host, layer, y, extents))
    return status;
  if (extents.rows == 0)
    return AIMC_OK;
  if (layer.batchDim >= 0 && extents.row[layer.batchDim] % (layer.batchOuter * layer.batchInner))
    return fail(chip.host, AIMC_FAILED, "%s: %lld rows along the batch dimension are no multiple of %lld x %lld", layer.node,
                (long long)extents.row[layer.batchDim], (long long)layer.batchOuter, (long long)layer.batchInner);
  if (aimc_status status =
          layOutBox(chip.host, layer, x, extents, !exact && layer.dynamic, box, scratch.runOffsets))
    return status;
  for (int a = 0; a < layer.y.axes; ++a) {
    const int64_t stride = y.strides[a];
    resultBase += layer.y.offsets[a] * stride;
    for (int d = 0; d < layer.rowDims; ++d)
      resultRow[d] += layer.y.coefficient(a, d) * stride;
    resultGroup += layer.y.coefficient(a, layer.rowDims) * stride;
    resultColumn += layer.y.coefficient(a, layer.rowDims + 1) * stride;
  }
  const bool observing = context.run->observer && context.run->observe;
  if (!exact)
    if (aimc_status status = quantizeInput())
      return status;
  if (exact || (observing && context.run->observe & AIMC_OBSERVE_X))
    if (aimc_status status = copyInput())
      return status;
  chooseBlocks();
  chip.counters.mvms += uint64_t(extents.rows) * uint64_t(crossbar.groups);
  return observing ? observeBlocks() : runBlocks();
}

aimc_status dispatch(const Chip &chip, Scratch &scratch, const aimc_dispatch_context &context, const aimc_buffer &x,
                     const aimc_buffer &y) {
  if (context.site >= chip.layers.size())
    return fail(chip.host, AIMC_FAILED, "dispatch %u of %zu", context.site, chip.layers.size());
  const Layer &layer = chip.layers[context.site];
  if (chip.fidelity == AIMC_EXACT && !layer.crossbar->reference)
    return fail(chip.host, AIMC_UNSUPPORTED,
                "%s: compiled with --strip-reference, so fidelity `exact` has no weights; use quantized or noisy", layer.node);
  if (context.run->ideal_adc && chip.fidelity != AIMC_QUANTIZED)
    return fail(chip.host, AIMC_INVALID_ARGUMENT, "%s: ideal_adc goes with fidelity quantized only", layer.node);
  return Run(chip, scratch, context, x, y).run();
}

} // namespace aimc::simulator
