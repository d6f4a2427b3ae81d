//===- Contract.h - Digital contractions ------------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_CONTRACT_H
#define AIMC_RUNTIME_CONTRACT_CONTRACT_H

#include "Parallel.h"
#include "Status.h"
#include "aimc/aimc_generated.h"
#include "aimc/env.h"
#include "contract/Gather.h"

namespace aimc {

/// Runs the contraction. Ranks and types are those of the table. Fixed order of summation unless it asks for the library.
Status contract(const fb::Contraction &contraction, const aimc_buffer &a, const aimc_buffer &b, const aimc_buffer &c,
                const Parallel &parallel);

/// A contraction whose arrays are known: batches of [m, k]·[k, n] with every address a sum of table entries.
struct ContractionPlan {
  int64_t batches, m, n, k;
  bool accumulate;
  Gather a; // rows: batches × m, columns: k
  std::vector<int64_t> bBatch, bK, bN, cBatch, cM, cN;
};

/// One pass over rows [row, row + rows) and columns [column, column + columns) of a batch through oneDNN, on one thread.
/// False when the library reports an error.
bool librarySgemm(bool transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *b,
                  int64_t bStride, bool accumulate, float *c, int64_t cStride);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_CONTRACT_H
