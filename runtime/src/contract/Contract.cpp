#include "contract/Contract.h"

#include "contract/Gemm.h"
#include "contract/Scratch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace aimc;

/// Rows, columns and depth of a block: its parts of a, b and the sums stay in the second-level cache.
static constexpr int64_t blockRows = 96, blockColumns = 256, blockDepth = 256;

/// Offsets in elements of every combination of dims [first, first + count), the last fastest.
static std::vector<int64_t> offsetTable(const AffineView &map, const int64_t *strides, const int64_t *extents, uint32_t first,
                                        uint32_t count) {
  std::vector<int64_t> table = {0};
  for (uint32_t dim = first; dim < first + count; ++dim) {
    int64_t stride = linearStride(map, dim, strides);
    std::vector<int64_t> longer;
    longer.reserve(table.size() * extents[dim]);
    for (int64_t offset : table)
      for (int64_t i = 0; i < extents[dim]; ++i)
        longer.push_back(offset + i * stride);
    table = std::move(longer);
  }
  return table;
}

static int64_t origin(const AffineView &map, const int64_t *strides) {
  int64_t offset = 0;
  for (uint32_t axis = 0; axis < map.rank; ++axis)
    offset += map.offsets[axis] * strides[axis];
  return offset;
}

/// The distance between neighbouring entries, when it is the same throughout; 0 otherwise.
static int64_t evenStep(const std::vector<int64_t> &offsets) {
  if (offsets.size() < 2)
    return 1;
  int64_t step = offsets[1] - offsets[0];
  for (size_t i = 2; i < offsets.size(); ++i)
    if (offsets[i] - offsets[i - 1] != step)
      return 0;
  return step;
}

/// Decides whether the contraction goes by pixels. `rowDims` are the batch and m dims, the first `batchDims` of them batch.
static void planPixels(const AffineView &map, const aimc_buffer &a, const std::vector<int64_t> &extents,
                       const std::vector<Gather::Dim> &rowDims, const std::vector<Gather::Dim> &depthDims, uint32_t batchDims,
                       ContractionPlan &plan) {
  constexpr int64_t fewestPixels = 8, longestStride = 4, wholeImage = 96;
  plan.byPixels = false;
  if (plan.k == 0 || plan.m == 0 || plan.n == 0 || plan.batches == 0 || (plan.m > 1 && plan.cM[1] - plan.cM[0] != 1) ||
      (plan.n > 1 && (plan.m < fewestPixels || plan.cN[1] - plan.cN[0] == 1)))
    return;
  auto planImages = [&](size_t first) {
    std::vector<Gather::Dim> pixelDims(rowDims.begin() + first, rowDims.end());
    return plan.patches.plan(map, a.sizes, a.strides, extents.data(), pixelDims, depthDims);
  };
  // As many of m's outer dims as leave images large enough, and have no padding.
  size_t first = rowDims.size();
  plan.pixels = 1;
  while (first > batchDims && plan.pixels < wholeImage)
    plan.pixels *= rowDims[--first].extent;
  if (!planImages(first)) {
    first = batchDims;
    plan.pixels = plan.m;
    if (!planImages(first))
      return;
  }
  if (plan.patches.stride() > longestStride)
    return;
  std::vector<int64_t> starts = offsetTable(map, a.strides, extents.data(), 0, first);
  int64_t samples = plan.m / plan.pixels;
  for (int64_t batch = 0; batch < plan.batches; ++batch)
    for (int64_t sample = 0; sample < samples; ++sample)
      plan.images.push_back(
          {starts[batch * samples + sample], plan.bBatch[batch], plan.cBatch[batch] + plan.cM[sample * plan.pixels]});
  plan.cM.resize(plan.pixels); // the other images' lie alike; plans are kept
  plan.cM.shrink_to_fit();
  plan.byPixels = true;
}

static Status makePlan(const fb::Contraction &contraction, const aimc_buffer &a, const aimc_buffer &b, const aimc_buffer &c,
                       ContractionPlan &plan) {
  uint32_t m = contraction.batch_dims(), n = m + contraction.m_dims(), k = n + contraction.n_dims();
  uint32_t dims = k + contraction.k_dims();
  AffineView aMap = view(*contraction.a(), dims), bMap = view(*contraction.b(), dims), cMap = view(*contraction.c(), dims);
  std::vector<int64_t> extents(dims);
  for (uint32_t dim = 0; dim < dims; ++dim)
    extents[dim] = dim < k ? c.sizes[drivenAxis(cMap, dim)] : b.sizes[drivenAxis(bMap, dim)];

  // c does not move with k, so an empty k leaves it to be cleared: only the other dims count.
  std::vector<int64_t> cExtents(extents.begin(), extents.end());
  std::fill(cExtents.begin() + k, cExtents.end(), 1);
  if (!staysWithin(bMap, extents.data(), b.sizes) || !staysWithin(cMap, cExtents.data(), c.sizes))
    return error(AIMC_FAILED, "b or c is smaller than the contraction's dims");
  std::vector<Gather::Dim> rowDims, columnDims;
  for (uint32_t dim = 0; dim < n; ++dim)
    rowDims.push_back({dim, extents[dim]});
  for (uint32_t dim = k; dim < dims; ++dim)
    columnDims.push_back({dim, extents[dim]});
  if (!plan.a.plan(aMap, a.sizes, a.strides, rowDims, columnDims))
    return error(AIMC_FAILED, "an index of a does not fit in 62 bits");

  auto table = [&](const AffineView &map, const aimc_buffer &array, uint32_t first, uint32_t count) {
    return offsetTable(map, array.strides, extents.data(), first, count);
  };
  plan.bBatch = table(bMap, b, 0, m);
  plan.bK = table(bMap, b, k, dims - k);
  plan.bN = table(bMap, b, n, k - n);
  plan.cBatch = table(cMap, c, 0, m);
  plan.cM = table(cMap, c, m, n - m);
  plan.cN = table(cMap, c, n, k - n);
  int64_t bOrigin = origin(bMap, b.strides), cOrigin = origin(cMap, c.strides);
  for (int64_t &offset : plan.bBatch)
    offset += bOrigin;
  for (int64_t &offset : plan.cBatch)
    offset += cOrigin;
  plan.batches = static_cast<int64_t>(plan.cBatch.size());
  plan.m = static_cast<int64_t>(plan.cM.size());
  plan.n = static_cast<int64_t>(plan.cN.size());
  plan.k = static_cast<int64_t>(plan.bK.size());
  plan.bKStep = evenStep(plan.bK);
  plan.bNStep = evenStep(plan.bN);
  plan.cMStep = evenStep(plan.cM);
  plan.cNStep = evenStep(plan.cN);
  plan.accumulate = contraction.accumulate();
  planPixels(aMap, a, extents, rowDims, columnDims, m, plan);
  return Status();
}

/// Puts finished sums where they belong in c: rows × columns from (row, column) of a batch.
template <typename T>
static void scatter(const ContractionPlan &plan, T *c, int64_t batch, int64_t row, int64_t rows, int64_t column,
                    int64_t columns, const T *sums, int64_t sumStride) {
  T *block = c + plan.cBatch[batch];
  const int64_t *rowOffsets = plan.cM.data() + row, *columnOffsets = plan.cN.data() + column;
  auto put = [&](T &to, T sum) { to = plan.accumulate ? to + sum : sum; };
  // Along whichever of rows and columns c is contiguous in: for a convolution NCHW the rows.
  bool rowsInner = rows > 1 && rowOffsets[1] - rowOffsets[0] == 1;
  if (rowsInner)
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t r = 0; r < rows; ++r)
        put(block[rowOffsets[r] + columnOffsets[j]], sums[r * sumStride + j]);
  else
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t j = 0; j < columns; ++j)
        put(block[rowOffsets[r] + columnOffsets[j]], sums[r * sumStride + j]);
}

/// One block of results: rows × columns of one batch, over the whole depth.
static aimc_status fixedOrderBlock(const ContractionPlan &plan, const float *a, const float *b, float *c, int64_t batch,
                                   int64_t row, int64_t column) {
  static thread_local Scratch scratch;
  int64_t rows = std::min(blockRows, plan.m - row), columns = std::min(blockColumns, plan.n - column);
  int64_t sumStride = panelColumns(columns), aStride = blockDepth + 16; // not a power of two: rows fall in different sets
  float *sums = scratch.get<float>(rows * sumStride + rows * aStride + blockDepth * sumStride);
  if (!sums)
    return AIMC_OUT_OF_MEMORY;
  float *gathered = sums + rows * sumStride, *packed = gathered + rows * aStride;
  std::fill(sums, sums + rows * sumStride, 0.0f);
  int64_t direct = plan.a.denseRowStride();
  for (int64_t depth = 0; depth < plan.k; depth += blockDepth) {
    int64_t k = std::min(blockDepth, plan.k - depth);
    if (!direct)
      plan.a.read(a, batch * plan.m + row, rows, depth, k, gathered, aStride);
    const float *left = direct ? a + plan.a.start() + (batch * plan.m + row) * direct + depth : gathered;
    int64_t leftStride = direct ? direct : aStride;
    const int64_t *kOffsets = plan.bK.data() + depth, *nOffsets = plan.bN.data() + column;
    const float *right = b + plan.bBatch[batch];
    if (fewRows(rows, nOffsets, columns)) {
      gemmFewRows(rows, columns, k, left, leftStride, right + nOffsets[0], kOffsets, sums, sumStride);
      continue;
    }
    packPanels(right, kOffsets, nOffsets, k, columns, packed);
    gemmBlock(rows, columns, k, left, leftStride, packed, sums, sumStride);
  }
  scatter(plan, c, batch, row, rows, column, columns, sums, sumStride);
  return AIMC_OK;
}

/// Doubles: rare, so plain loops in the same order.
static aimc_status doubleRow(const ContractionPlan &plan, const double *a, const double *b, double *c, int64_t batch,
                             int64_t row) {
  static thread_local Scratch scratch;
  double *left = scratch.get<double>(plan.k + plan.n + 1);
  if (!left)
    return AIMC_OUT_OF_MEMORY;
  double *sums = left + plan.k;
  plan.a.read(a, batch * plan.m + row, 1, 0, plan.k, left, plan.k);
  std::fill(sums, sums + plan.n, 0.0);
  for (int64_t k = 0; k < plan.k; ++k)
    for (int64_t n = 0; n < plan.n; ++n)
      sums[n] = std::fma(left[k], b[plan.bBatch[batch] + plan.bK[k] + plan.bN[n]], sums[n]);
  scatter(plan, c, batch, row, 1, 0, plan.n, sums, plan.n);
  return AIMC_OK;
}

/// One block of rows through the library. b is used in place when it is a row-major matrix or the transpose of one.
static aimc_status libraryBlock(const ContractionPlan &plan, const float *a, const float *b, float *c, int64_t batch,
                                int64_t row, int64_t rows, int64_t column, int64_t columns) {
  static thread_local Scratch scratch;
  int64_t kStep = plan.bKStep, nStep = plan.bNStep;
  bool plainB = nStep == 1 && (kStep >= columns || plan.k == 1), transposedB = kStep == 1 && nStep >= plan.k;
  bool plainC = plan.cNStep == 1 && (plan.cMStep >= columns || plan.m == 1);
  int64_t direct = plan.a.denseRowStride();
  bool packB = !plainB && !transposedB;
  float *gathered =
      scratch.get<float>((direct ? 0 : rows * plan.k) + (packB ? plan.k * columns : 0) + (plainC ? 0 : rows * columns) + 1);
  if (!gathered)
    return AIMC_OUT_OF_MEMORY;
  float *packed = gathered + (direct ? 0 : rows * plan.k), *results = packed + (packB ? plan.k * columns : 0);

  const float *left = a + plan.a.start() + (batch * plan.m + row) * direct;
  if (!direct) {
    plan.a.read(a, batch * plan.m + row, rows, 0, plan.k, gathered, plan.k);
    left = gathered;
  }
  const float *right = b + plan.bBatch[batch] + plan.bN[column];
  int64_t rightStride = transposedB ? nStep : kStep;
  if (packB) {
    for (int64_t k = 0; k < plan.k; ++k)
      for (int64_t n = 0; n < columns; ++n)
        packed[k * columns + n] = b[plan.bBatch[batch] + plan.bK[k] + plan.bN[column + n]];
    right = packed;
    rightStride = columns;
  } else if (plainB && plan.k == 1) {
    rightStride = columns;
  }
  float *to = plainC ? c + plan.cBatch[batch] + plan.cM[row] + plan.cN[column] : results;
  int64_t toStride = plainC && plan.m > 1 ? plan.cMStep : columns;
  bool done = librarySgemm(!packB && !plainB, rows, columns, plan.k, left, direct ? direct : plan.k, right, rightStride,
                           plainC && plan.accumulate, to, toStride);
  if (done && !plainC)
    scatter(plan, c, batch, row, rows, column, columns, results, columns);
  return done ? AIMC_OK : AIMC_FAILED;
}

static int64_t blocks(int64_t extent, int64_t size) { return (extent + size - 1) / size; }

static Status outcome(aimc_status status) {
  return status == AIMC_OK              ? Status()
         : status == AIMC_OUT_OF_MEMORY ? error(status, "no memory for a block of the contraction")
                                        : error(status, "oneDNN's matrix product failed");
}

/// Makes the plan unless it is the one that `kept` holds.
static Status lookUpPlan(const fb::Contraction &contraction, const aimc_buffer &a, const aimc_buffer &b, const aimc_buffer &c,
                         int32_t threads, CachedPlan &kept) {
  static thread_local std::vector<int64_t> key;
  key.clear();
  for (const aimc_buffer *array : {&a, &b, &c}) {
    key.insert(key.end(), array->sizes, array->sizes + array->rank);
    key.insert(key.end(), array->strides, array->strides + array->rank);
  }
  if (!kept.key.empty() && kept.key == key)
    return Status();
  kept.key.clear();
  kept.plan = ContractionPlan();
  AIMC_TRY(makePlan(contraction, a, b, c, kept.plan));
  if (kept.plan.byPixels)
    divideByPixels(kept.plan, threads);
  kept.key = key;
  return Status();
}

Status aimc::contract(const fb::Contraction &contraction, const aimc_buffer &a, const aimc_buffer &b, const aimc_buffer &c,
                      const Parallel &parallel, CachedPlan *cache) {
  CachedPlan own;
  CachedPlan &kept = cache ? *cache : own;
  const ContractionPlan &plan = kept.plan;
  AIMC_TRY(lookUpPlan(contraction, a, b, c, parallel.threads, kept));
  if (plan.batches == 0 || plan.m == 0 || plan.n == 0)
    return Status();
  if (contraction.type() == AIMC_F64)
    return outcome(parallel(plan.batches * plan.m, [&](int64_t i) {
      return doubleRow(plan, static_cast<const double *>(a.data), static_cast<const double *>(b.data),
                       static_cast<double *>(c.data), i / plan.m, i % plan.m);
    }));

  const float *left = static_cast<const float *>(a.data), *right = static_cast<const float *>(b.data);
  float *to = static_cast<float *>(c.data);
  bool isSmall = plan.batches * plan.m * plan.n <= sequentialProducts / std::max<int64_t>(plan.k, 1);
  const Parallel &threads = isSmall ? Parallel::inlined() : parallel;
  if (plan.byPixels)
    return outcome(contractByPixels(plan, left, right, to, threads));
  // The library wants larger blocks: it blocks by itself.
  bool library = contraction.library() && plan.k > 0;
  int64_t height = library ? 512 : blockRows, width = library ? 1024 : blockColumns;
  int64_t rowBlocks = blocks(plan.m, height), columnBlocks = blocks(plan.n, width);
  return outcome(threads(plan.batches * rowBlocks * columnBlocks, [&](int64_t i) {
    int64_t column = i % columnBlocks * width, row = i / columnBlocks % rowBlocks * height;
    int64_t batch = i / columnBlocks / rowBlocks;
    if (!library)
      return fixedOrderBlock(plan, left, right, to, batch, row, column);
    return libraryBlock(plan, left, right, to, batch, row, std::min(height, plan.m - row), column,
                        std::min(width, plan.n - column));
  }));
}
