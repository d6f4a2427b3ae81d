// Convolutions: weights times patches, so that results are written as they lie in memory.
#include "contract/Contract.h"
#include "contract/Scratch.h"

#include <algorithm>

using namespace aimc;

static constexpr int64_t blockDepth = 128;

static int64_t blocks(int64_t extent, int64_t size) { return (extent + size - 1) / size; }

/// Where the pixels from `pixel` on lie, as many as a task has.
static void describe(const ContractionPlan &plan, int64_t pixel, PixelBlock &block) {
  int64_t pixels = std::min(plan.taskPixels, plan.pixels - pixel);
  plan.patches.tabulate(pixel, pixels, block.table);
  block.stretches.clear();
  for (int64_t i = 0; i < pixels; ++i) {
    int64_t offset = plan.cM[pixel + i] - plan.cM[0];
    if (!block.stretches.empty() && offset == block.stretches.back().offset + block.stretches.back().length)
      ++block.stretches.back().length;
    else
      block.stretches.push_back({i, 1, offset});
  }
}

void aimc::divideByPixels(ContractionPlan &plan, int32_t threads) {
  constexpr int64_t taskProducts = 1 << 19, mostSums = 1 << 16, fewestRows = 24;
  int64_t images = static_cast<int64_t>(plan.images.size());
  double products = static_cast<double>(plan.m) * plan.n * plan.k * plan.batches;
  int64_t most = threads == 1 ? 1 : 4 * int64_t(threads);
  int64_t tasks = std::clamp<int64_t>(static_cast<int64_t>(products / taskProducts), 1, most);
  plan.taskPixels = 512;
  plan.taskRows = plan.taskImages = 1;
  if (plan.n == 1) { // one table of pieces serves many channels
    plan.taskImages = blocks(images, blocks(tasks, blocks(plan.pixels, plan.taskPixels)));
  } else {
    // Rows that share their patches, pixels that share their weights: many of both, but the sums stay in the cache.
    int64_t most = plan.n > 256 && plan.pixels > 256 ? 128 : 256;
    int64_t even = blocks(plan.pixels, blocks(plan.pixels, most));
    plan.taskPixels = std::min(most, blocks(even, panelWidth) * panelWidth);
    plan.taskRows = std::min(plan.n, mostSums / plan.taskPixels);
    int64_t wanted = blocks(tasks, blocks(plan.pixels, plan.taskPixels) * images);
    if (blocks(plan.n, plan.taskRows) < wanted)
      plan.taskRows = std::min(plan.taskRows, std::max(fewestRows, (plan.n / wanted + 11) / 12 * 12));
    if (plan.taskRows == plan.n)
      plan.taskImages = std::max<int64_t>(1, images * blocks(plan.pixels, plan.taskPixels) / (64 * tasks));
  }

  constexpr size_t mostPieces = 1 << 15;
  size_t pieces = 0;
  for (int64_t pixel = 0; pixel < plan.pixels; pixel += plan.taskPixels) {
    describe(plan, pixel, plan.pixelBlocks.emplace_back());
    pieces += plan.pixelBlocks.back().table.pieces.size() + plan.pixelBlocks.back().stretches.size();
    if (pieces > mostPieces) {
      plan.pixelBlocks.clear();
      return;
    }
  }
}

/// The block that begins at `pixel`, in the plan or made now; the last result is void after the next call on this thread.
static const PixelBlock &lookUp(const ContractionPlan &plan, int64_t pixel) {
  if (!plan.pixelBlocks.empty())
    return plan.pixelBlocks[pixel / plan.taskPixels];
  static thread_local PixelBlock block;
  describe(plan, pixel, block);
  return block;
}

/// Finished sums of a row, of pixels [first, first + count) of a block, to their places in c.
static void put(const PixelBlock &block, bool accumulate, const float *sums, int64_t first, int64_t count, float *c) {
  for (const PixelBlock::Stretch &stretch : block.stretches) {
    int64_t begin = std::max(first, stretch.pixel), end = std::min(first + count, stretch.pixel + stretch.length);
    float *to = c + stretch.offset - stretch.pixel;
    if (accumulate)
      for (int64_t i = begin; i < end; ++i)
        to[i] = to[i] + sums[i];
    else if (begin < end)
      std::copy(sums + begin, sums + end, to + begin);
  }
}

/// Rows [row, row + rows) of b transposed, depth [depth, depth + k), as a matrix. In place where that serves.
static const float *weightBlock(const ContractionPlan &plan, const float *b, int64_t row, int64_t rows, int64_t depth,
                                int64_t k, float *copy, int64_t copyStride, int64_t &stride) {
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

/// The stretch that holds as many pixels of the block from `pixel` on as the panel kernel writes; null when there is none.
static const PixelBlock::Stretch *holding(const PixelBlock &block, int64_t pixel, int64_t pixels) {
  int64_t count = pixels - pixel > panelWidth / 2 ? panelWidth : panelWidth / 2;
  for (const PixelBlock::Stretch &stretch : block.stretches)
    if (stretch.pixel <= pixel && pixel < stretch.pixel + stretch.length)
      return pixel + count <= stretch.pixel + stretch.length ? &stretch : nullptr;
  return nullptr;
}

/// Rows × pixels of one image, over the whole depth. Panels whose pixels lie side by side in c end there, the others in sums
/// that are put where they belong.
static aimc_status productBlock(const ContractionPlan &plan, const float *a, const float *b, float *c,
                                const ContractionPlan::Image &image, int64_t row, int64_t rows, int64_t pixel, int64_t pixels) {
  static thread_local Scratch scratch;
  int64_t width = panelColumns(pixels), weightStride = blockDepth + 16, panels = width / panelWidth;
  float *sums = scratch.get<float>(rows * width + blockDepth * width + rows * weightStride);
  if (!sums)
    return AIMC_OUT_OF_MEMORY;
  float *packed = sums + rows * width, *copy = packed + blockDepth * width;
  const PixelBlock &block = lookUp(plan, pixel);
  float *to = c + image.c + plan.cN[row];
  bool areRowsEven = plan.cNStep != 0 || rows == 1, isDirect = !plan.accumulate && areRowsEven;
  for (int64_t depth = 0; depth < plan.k; depth += blockDepth) {
    int64_t k = std::min(blockDepth, plan.k - depth), stride;
    plan.patches.pack(block.table, a + image.a, depth, k, packed);
    const float *weights = weightBlock(plan, b + image.b, row, rows, depth, k, copy, weightStride, stride);
    for (int64_t panel = 0; panel < panels; ++panel) {
      int64_t first = panel * panelWidth;
      const float *from = depth == 0 ? nullptr : sums + first;
      const PixelBlock::Stretch *place = isDirect && depth + k == plan.k ? holding(block, first, pixels) : nullptr;
      float *end = place ? to + place->offset + first - place->pixel : sums + first;
      gemmPanel(rows, pixels - first, k, weights, stride, packed + first * k, from, width, end, place ? plan.cNStep : width);
    }
  }
  for (int64_t first = 0; first < pixels; first += panelWidth)
    if (!isDirect || !holding(block, first, pixels))
      for (int64_t r = 0; r < rows; ++r)
        put(block, plan.accumulate, sums + r * width, first, std::min(panelWidth, pixels - first),
            c + image.c + plan.cN[row + r]);
  return AIMC_OK;
}

/// Pixels of several images with one row of weights each: a depthwise convolution.
static aimc_status depthwiseBlock(const ContractionPlan &plan, const float *a, const float *b, float *c, int64_t image,
                                  int64_t images, int64_t pixel, int64_t pixels) {
  constexpr int64_t most = Patches::mostTensors;
  static thread_local Scratch scratch;
  int64_t width = (pixels + Patches::lanes - 1) / Patches::lanes * Patches::lanes;
  float *sums = scratch.get<float>(most * (width + plan.k));
  if (!sums)
    return AIMC_OUT_OF_MEMORY;
  const PixelBlock &block = lookUp(plan, pixel);
  for (int64_t end = image + images; image < end; image += most) {
    const ContractionPlan::Image *some = plan.images.data() + image;
    int64_t count = std::min(most, end - image);
    const float *tensors[most], *weights[most];
    for (int64_t i = 0; i < count; ++i) {
      int64_t stride;
      tensors[i] = a + some[i].a;
      weights[i] = weightBlock(plan, b + some[i].b, 0, 1, 0, plan.k, sums + most * width + i * plan.k, plan.k, stride);
    }
    plan.patches.weigh(block.table, count, tensors, weights, sums, width);
    for (int64_t i = 0; i < count; ++i)
      put(block, plan.accumulate, sums + i * width, 0, pixels, c + some[i].c + plan.cN[0]);
  }
  return AIMC_OK;
}

aimc_status aimc::contractByPixels(const ContractionPlan &plan, const float *a, const float *b, float *c,
                                   const Parallel &parallel) {
  int64_t images = static_cast<int64_t>(plan.images.size());
  int64_t pixelBlocks = blocks(plan.pixels, plan.taskPixels), rowBlocks = blocks(plan.n, plan.taskRows);
  return parallel(blocks(images, plan.taskImages) * rowBlocks * pixelBlocks, [&](int64_t i) {
    int64_t row = i % rowBlocks * plan.taskRows, pixel = i / rowBlocks % pixelBlocks * plan.taskPixels;
    int64_t image = i / rowBlocks / pixelBlocks * plan.taskImages, count = std::min(plan.taskImages, images - image);
    int64_t pixels = std::min(plan.taskPixels, plan.pixels - pixel);
    if (plan.n == 1)
      return depthwiseBlock(plan, a, b, c, image, count, pixel, pixels);
    aimc_status status = AIMC_OK;
    for (int64_t end = image + count; image < end && status == AIMC_OK; ++image)
      status = productBlock(plan, a, b, c, plan.images[image], row, std::min(plan.taskRows, plan.n - row), pixel, pixels);
    return status;
  });
}
