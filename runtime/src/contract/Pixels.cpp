// Convolutions: weights times patches, so that results are written as they lie in memory.
#include "contract/Contract.h"
#include "contract/Scratch.h"

#include <algorithm>

using namespace aimc;

namespace {
/// Pixels that lie side by side in c.
struct Stretch {
  int64_t pixel, length, offset;
};

/// What a thread needs for a block; kept.
struct Workspace {
  Patches::Table table;
  std::vector<Stretch> stretches;
  Scratch floats;
};

/// How a contraction divides into tasks; never depends on the number of threads.
struct Blocks {
  int64_t pixels, rows, batches; // of a task

  explicit Blocks(const ContractionPlan &plan);
  int64_t pixelBlocks(const ContractionPlan &plan) const { return (plan.m + pixels - 1) / pixels; }
  int64_t rowBlocks(const ContractionPlan &plan) const { return (plan.n + rows - 1) / rows; }
  int64_t batchBlocks(const ContractionPlan &plan) const { return (plan.batches + batches - 1) / batches; }
};
} // namespace

static constexpr int64_t blockDepth = 256;

static Workspace &workspace() {
  static thread_local Workspace space;
  return space;
}

Blocks::Blocks(const ContractionPlan &plan) : pixels(512), rows(1), batches(1) {
  constexpr int64_t taskProducts = 1 << 22, mostTasks = 16, mostSums = 1 << 16, fewestRows = 24;
  double products = static_cast<double>(plan.m) * plan.n * plan.k * plan.batches;
  int64_t tasks = std::clamp<int64_t>(static_cast<int64_t>(products / taskProducts), 1, mostTasks);
  if (plan.n == 1) { // one table of pieces serves many channels
    int64_t wanted = (tasks + pixelBlocks(plan) - 1) / pixelBlocks(plan);
    batches = (plan.batches + wanted - 1) / wanted;
    return;
  }
  // Rows that share their patches, pixels that share their weights: many of both, but the sums stay in the cache.
  pixels = plan.n > 256 && plan.m > 256 ? 128 : 256;
  rows = std::min(plan.n, mostSums / pixels);
  int64_t wanted = (tasks + pixelBlocks(plan) * plan.batches - 1) / (pixelBlocks(plan) * plan.batches);
  if (rowBlocks(plan) < wanted)
    rows = std::min(rows, std::max(fewestRows, (plan.n / wanted + 11) / 12 * 12));
}

static void findStretches(const ContractionPlan &plan, int64_t pixel, int64_t pixels, std::vector<Stretch> &stretches) {
  stretches.clear();
  for (int64_t i = 0; i < pixels; ++i) {
    int64_t offset = plan.cM[pixel + i];
    if (!stretches.empty() && offset == stretches.back().offset + stretches.back().length)
      ++stretches.back().length;
    else
      stretches.push_back({i, 1, offset});
  }
}

/// One row of finished sums to its place in c.
static void put(const std::vector<Stretch> &stretches, bool accumulate, const float *sums, float *c) {
  for (const Stretch &stretch : stretches) {
    float *to = c + stretch.offset;
    const float *from = sums + stretch.pixel;
    if (accumulate)
      for (int64_t i = 0; i < stretch.length; ++i)
        to[i] = to[i] + from[i];
    else
      std::copy(from, from + stretch.length, to);
  }
}

/// Rows [row, row + rows) of b transposed, depth [depth, depth + k), as a matrix. In place where that serves.
static const float *weightBlock(const ContractionPlan &plan, const float *b, int64_t row, int64_t rows, int64_t depth, int64_t k,
                                float *copy, int64_t copyStride, int64_t &stride) {
  int64_t rowStep = plan.bNStep, step = plan.bKStep;
  constexpr int64_t page = 4096 / sizeof(float); // rows a page apart share few lines of the cache
  if (step == 1 && rowStep != 0 && (rowStep % (page / 2) != 0 || rows == 1)) {
    stride = rowStep;
    return b + plan.bN[row] + plan.bK[depth];
  }
  stride = copyStride;
  for (int64_t r = 0; r < rows; ++r) {
    const float *from = b + plan.bN[row + r];
    float *to = copy + r * copyStride;
    if (step == 1)
      std::copy(from + plan.bK[depth], from + plan.bK[depth] + k, to);
    else
      for (int64_t i = 0; i < k; ++i)
        to[i] = from[plan.bK[depth + i]];
  }
  return copy;
}

/// Rows × pixels of one batch, over the whole depth.
static aimc_status productBlock(const ContractionPlan &plan, const float *a, const float *b, float *c, int64_t batch, int64_t row,
                                int64_t rows, int64_t pixel, int64_t pixels) {
  Workspace &space = workspace();
  int64_t width = panelColumns(pixels), weightStride = blockDepth + 16;
  float *sums = space.floats.get<float>(rows * width + blockDepth * width + rows * weightStride);
  if (!sums)
    return AIMC_OUT_OF_MEMORY;
  float *packed = sums + rows * width, *copy = packed + blockDepth * width;
  plan.patches.tabulate(pixel, pixels, space.table);
  std::fill(sums, sums + rows * width, 0.0f);
  for (int64_t depth = 0; depth < plan.k; depth += blockDepth) {
    int64_t k = std::min(blockDepth, plan.k - depth), stride;
    plan.patches.pack(space.table, a + plan.aBatch[batch], depth, k, packed);
    const float *weights = weightBlock(plan, b + plan.bBatch[batch], row, rows, depth, k, copy, weightStride, stride);
    gemmBlock(rows, pixels, k, weights, stride, packed, sums, width);
  }
  findStretches(plan, pixel, pixels, space.stretches);
  for (int64_t r = 0; r < rows; ++r)
    put(space.stretches, plan.accumulate, sums + r * width, c + plan.cBatch[batch] + plan.cN[row + r]);
  return AIMC_OK;
}

/// Pixels of several batches with one row of weights each: a depthwise convolution.
static aimc_status depthwiseBlock(const ContractionPlan &plan, const float *a, const float *b, float *c, int64_t batch,
                                  int64_t batches, int64_t pixel, int64_t pixels) {
  Workspace &space = workspace();
  float *sums = space.floats.get<float>(pixels + Patches::lanes + plan.k);
  if (!sums)
    return AIMC_OUT_OF_MEMORY;
  float *copy = sums + (pixels + Patches::lanes - 1) / Patches::lanes * Patches::lanes;
  plan.patches.tabulate(pixel, pixels, space.table);
  findStretches(plan, pixel, pixels, space.stretches);
  for (int64_t i = batch; i < batch + batches; ++i) {
    int64_t stride;
    const float *weights = weightBlock(plan, b + plan.bBatch[i], 0, 1, 0, plan.k, copy, plan.k, stride);
    plan.patches.weigh(space.table, a + plan.aBatch[i], weights, sums);
    put(space.stretches, plan.accumulate, sums, c + plan.cBatch[i] + plan.cN[0]);
  }
  return AIMC_OK;
}

aimc_status aimc::contractByPixels(const ContractionPlan &plan, const float *a, const float *b, float *c,
                                   const Parallel &parallel) {
  Blocks blocks(plan);
  int64_t pixelBlocks = blocks.pixelBlocks(plan), rowBlocks = blocks.rowBlocks(plan);
  return parallel(blocks.batchBlocks(plan) * rowBlocks * pixelBlocks, [&](int64_t i) {
    int64_t row = i % rowBlocks * blocks.rows, pixel = i / rowBlocks % pixelBlocks * blocks.pixels;
    int64_t batch = i / rowBlocks / pixelBlocks * blocks.batches;
    int64_t pixels = std::min(blocks.pixels, plan.m - pixel);
    if (plan.n == 1)
      return depthwiseBlock(plan, a, b, c, batch, std::min(blocks.batches, plan.batches - batch), pixel, pixels);
    return productBlock(plan, a, b, c, batch, row, std::min(blocks.rows, plan.n - row), pixel, pixels);
  });
}
