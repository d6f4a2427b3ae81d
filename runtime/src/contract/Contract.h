//===- Contract.h - Digital contractions ------------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_CONTRACT_H
#define AIMC_RUNTIME_CONTRACT_CONTRACT_H

#include "Parallel.h"
#include "Status.h"
#include "aimc/aimc_generated.h"
#include "aimc/env.h"
#include "contract/Patches.h"

namespace aimc {

/// A stretch of a convolution's pixels: how they lie in a and in c.
struct PixelBlock {
  /// Pixels that lie side by side in c.
  struct Stretch {
    int64_t pixel, length, offset; // the first one's place in the block
  };
  Patches::Table table;
  std::vector<Stretch> stretches;
};

/// A contraction whose arrays' sizes are known: batches of [m, k]·[k, n] with every address a sum of table entries.
struct ContractionPlan {
  int64_t batches, m, n, k;
  bool accumulate;
  Gather a;                                            // rows: batches × m, columns: k
  std::vector<int64_t> bBatch, bK, bN, cBatch, cM, cN; // cM: of the first image when byPixels
  int64_t bKStep, bNStep, cMStep, cNStep;              // distance of neighbours where it is the same throughout, else 0
  // A convolution's results lie side by side along m in c, as do its inputs in a: it is computed the other way round. The
  // outermost dims of m, samples of an image each, then count as batches.
  bool byPixels = false;
  struct Image {
    int64_t a, b, c; // where each begins
  };
  std::vector<Image> images;
  int64_t pixels;  // of an image
  Patches patches; // rows: k
  int64_t taskPixels, taskRows, taskImages;
  std::vector<PixelBlock> pixelBlocks; // of taskPixels each; empty when they would take much memory
};

/// The plan of one contraction's last call, which the next one of the same sizes and strides uses again.
struct CachedPlan {
  std::vector<int64_t> key;
  ContractionPlan plan;
};

/// Runs the contraction. Ranks and types are those of the table. Fixed order of summation unless it asks for the library.
/// `cache` may be null and is one contraction's, of one caller at a time.
Status contract(const fb::Contraction &contraction, const aimc_buffer &a, const aimc_buffer &b, const aimc_buffer &c,
                const Parallel &parallel, CachedPlan *cache = nullptr);

/// Divides a plan that is `byPixels` into tasks for so many threads; results do not depend on it.
void divideByPixels(ContractionPlan &plan, int32_t threads);
/// Runs a float32 contraction whose plan is `byPixels`, in the fixed order.
aimc_status contractByPixels(const ContractionPlan &plan, const float *a, const float *b, float *c, const Parallel &parallel);

/// Multiply-adds below which waking other threads costs more than they save.
constexpr int64_t sequentialProducts = 1 << 19;

/// One pass over rows [row, row + rows) and columns [column, column + columns) of a batch through oneDNN, on one thread.
/// False when the library reports an error.
bool librarySgemm(bool transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *b,
                  int64_t bStride, bool accumulate, float *c, int64_t cStride);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_CONTRACT_H
