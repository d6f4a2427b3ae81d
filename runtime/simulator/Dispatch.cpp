// The order of work: blocks of rows x groups x column tiles.
#include "Run.h"

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

/// Rows of the block one by one: where they read, where they write, who they are.
bool Run::prepare(const Block &block, Workspace &ws) {
  const uint64_t rows = uint64_t(block.rows);
  if (!ws.rowOffset.reserve(rows) || !ws.resultOffset.reserve(rows) || !ws.region.reserve(rows) || !ws.sample.reserve(rows) ||
      !ws.position.reserve(rows) || !ws.segments.reserve(rows) || !ws.scaleRow.reserve(rows) || !ws.scaleRegion.reserve(rows))
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
  ws.scales = 0;
  for (int64_t r = 0; r < block.rows; ++r) {
    if (ws.scales == 0 || ws.scaleRegion[ws.scales - 1] != ws.region[r])
      ws.scaleRegion[ws.scales++] = ws.region[r];
    ws.scaleRow[r] = (ws.scales - 1) * crossbar.tileColumns;
  }
  return true;
}

/// Affine correction (not in fidelity `exact`) and bias.
void Run::epilogue(const Block &block, const Columns &columns, Workspace &ws) {
  const int64_t at = block.group * crossbar.columns + columns.first;
  const bool affine = isAffine(), bias = layer.bias && !columns.biased;
  for (int64_t r = 0; (affine || bias) && r < block.rows; ++r) {
    float *row = ws.accumulated.data() + r * columns.pitch;
    if (affine)
      for (int64_t n = 0; n < columns.count; ++n) {
        float scaled = (layer.affineScale ? layer.affineScale[at + n] : 1.0f) * row[n];
        row[n] = scaled + (layer.affineOffset ? layer.affineOffset[at + n] : 0.0f);
      }
    if (bias)
      for (int64_t n = 0; n < columns.count; ++n)
        row[n] = row[n] + layer.bias[at + n];
  }
}

void Run::scatter(const Block &block, const Columns &columns, const Workspace &ws) {
  float *out = static_cast<float *>(y.data) + columns.first * resultColumn;
  if (resultColumn == 1) {
    const Finish how = {addend ? addend + columns.first : nullptr, rectify, false};
    kernels.finishRows(ws.accumulated.data(), columns.pitch, block.rows, columns.count, ws.resultOffset.data(), out, how);
    return;
  }
  // Stretches of rows that are neighbours in the output, as pixels are. Whoever reads them finds the caches full of others.
  const bool past = extents.rows * crossbar.groups * crossbar.columns * int64_t(sizeof(float)) >= int64_t(8) << 20;
  for (int64_t r = 0; r < block.rows;) {
    int64_t end = r + 1;
    while (end < block.rows && ws.resultOffset[end] == ws.resultOffset[end - 1] + 1)
      ++end;
    const int64_t at = ws.resultOffset[r] + columns.first * resultColumn;
    const Finish how = {addend ? addend + at : nullptr, rectify, past};
    kernels.transpose(ws.accumulated.data() + r * columns.pitch, columns.pitch, end - r, columns.count,
                      static_cast<float *>(y.data) + at, resultColumn, how);
    r = end;
  }
}

/// What is left to do with accumulated sums: epilogue, then to the observer and to where they belong.
void Run::finish(const Block &block, const Columns &columns, Workspace &ws, const Observed &observed) {
  epilogue(block, columns, ws);
  for (int64_t r = 0; observed.y && r < block.rows; ++r)
    memcpy(observed.y + r * crossbar.columns + columns.first, ws.accumulated.data() + r * columns.pitch,
           size_t(columns.count) * sizeof(float));
  scatter(block, columns, ws);
}

aimc_status Run::block(const Block &block, const Observed &observed) {
  std::unique_ptr<Workspace> workspace = scratch.take();
  if (!workspace || !prepare(block, *workspace) ||
      !(exact                      ? exactBlock(block, *workspace, observed)
        : whole && !observed.codes ? wholeBlock(block, *workspace, observed)
                                   : slicedBlock(block, *workspace, observed)))
    return outOfMemory();
  observe(block, *workspace, observed);
  scratch.giveBack(std::move(workspace));
  return AIMC_OK;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }

/// Rows such that a block's column sums stay in the second-level cache or, where whole tiles are one step, that digits of all
/// row tiles do, or at least in the third-level one: long stretches of pixels are quickest to write. Few rows: smaller blocks,
/// column tiles side by side.
void Run::chooseBlocks() {
  const Tile &largest = crossbar.tile(0, 0, 0);
  whole = !exact && takesWhole();
  // What the kernels take together; looking sums up pays for its tables when they serve many rows.
  const bool lookedUp = whole && looksUp();
  const int64_t step = lookedUp ? 64 : 8, fewest = lookedUp ? 256 : 24, tasks = 8;
  const int64_t sumBytes =
      exact ? 2 * largest.rows
            : int64_t(sizeof(int32_t)) * layer.inputSlices * crossbar.planes * crossbar.slices * largest.columns;
  int64_t fitting = clamp((int64_t(256) << 10) / sumBytes, fewest, 240);
  if (whole) {
    const int64_t digits = layer.inputSlices * crossbar.rows;
    const int64_t least = clamp((int64_t(2) << 20) / digits, fewest, 240);
    fitting = lookedUp ? fewest : clamp((int64_t(512) << 10) / digits, least, 480);
  }
  const int64_t blocks = ceilDivide(extents.rows, fitting);
  const int64_t spread = ceilDivide(tasks, crossbar.groups * crossbar.columnTiles), finest = ceilDivide(extents.rows, fewest);
  rowBlocks = clamp(spread < finest ? spread : finest, blocks, extents.rows);
  blockRows = ceilDivide(ceilDivide(extents.rows, rowBlocks), step) * step;
  blockRows = blockRows < extents.rows ? blockRows : extents.rows;
  rowBlocks = ceilDivide(extents.rows, blockRows);
  chunks = clamp(ceilDivide(tasks, rowBlocks * crossbar.groups), 1, crossbar.columnTiles);
  chunkTiles = ceilDivide(crossbar.columnTiles, chunks);
  chunks = ceilDivide(crossbar.columnTiles, chunkTiles);
}

aimc_status Run::runBlock(void *self, int64_t task) {
  Run &run = *static_cast<Run *>(self);
  int64_t chunk = task % run.chunks, group = task / run.chunks % run.crossbar.groups;
  int64_t first = task / run.chunks / run.crossbar.groups * run.blockRows;
  int64_t rows = run.extents.rows - first < run.blockRows ? run.extents.rows - first : run.blockRows;
  int64_t begin = chunk * run.chunkTiles, end = begin + run.chunkTiles;
  end = end < run.crossbar.columnTiles ? end : run.crossbar.columnTiles;
  return run.block({first, rows, group, begin, end}, Observed());
}

aimc_status Run::runBlocks() { return parallel(rowBlocks * crossbar.groups * chunks, runBlock); }

aimc_status Run::run() {
  if (aimc_status status = readExtents(chip.host, layer, y, extents))
    return status;
  if (extents.rows == 0)
    return AIMC_OK;
  if (layer.batchDim >= 0 && extents.row[layer.batchDim] % (layer.batchOuter * layer.batchInner))
    return fail(chip.host, AIMC_FAILED, "%s: %lld rows along the batch dimension are no multiple of %lld x %lld", layer.node,
                (long long)extents.row[layer.batchDim], (long long)layer.batchOuter, (long long)layer.batchInner);
  const int64_t copies = exact || layer.tileAlpha.empty() ? 1 : crossbar.rowTiles;
  if (aimc_status status = layOutBox(chip.host, layer, x, extents, !exact && layer.dynamic, copies, box, scratch.runOffsets))
    return status;
  if (!crossbar.order.empty() && !findPieces(crossbar, box, scratch.runOffsets.data(), scratch.pieces, scratch.pieceBegin))
    return outOfMemory();
  for (int a = 0; a < layer.y.axes; ++a) {
    const int64_t stride = y.strides[a];
    resultBase += layer.y.offsets[a] * stride;
    for (int d = 0; d < layer.rowDims; ++d)
      resultRow[d] += layer.y.coefficient(a, d) * stride;
    resultGroup += layer.y.coefficient(a, layer.rowDims) * stride;
    resultColumn += layer.y.coefficient(a, layer.rowDims + 1) * stride;
  }
  if (context.finish) {
    addend = context.finish->addend;
    rectify = context.finish->rectify != 0;
    context.finish->taken = 1;
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
