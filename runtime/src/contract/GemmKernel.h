//===- GemmKernel.h - Inner loops of the matrix product ---------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H
#define AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H

#include "contract/Gemm.h"

namespace aimc {

/// to[m × width] = from[m × width] + a[m × k] · panel[k × width], k ascending, one fused multiply-add each; `from` null: zeros.
/// The panel's rows are panelWidth apart; the width is all of it or half.
using PanelKernel = void (*)(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
                             int64_t fromStride, float *to, int64_t toStride);

struct PanelKernels {
  PanelKernel whole, half;
};

PanelKernels panelKernels(GemmIsa isa);

/// sums[j] = the chain of a[i] · rows[i][j] for i ascending below `count` (at most 4), continued; for j < n.
using RowsKernel = void (*)(int64_t count, int64_t n, const float *a, const float *const *rows, float *sums);

RowsKernel rowsKernel(GemmIsa isa);

/// panel[i * panelWidth + j] = b[columns[j] + i] for i < k and j < width, at most panelWidth.
using TransposeKernel = void (*)(const float *b, const int64_t *columns, int64_t width, int64_t k, float *panel);

TransposeKernel transposeKernel(GemmIsa isa);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H
