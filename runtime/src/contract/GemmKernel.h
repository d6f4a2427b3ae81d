//===- GemmKernel.h - Inner loops of the matrix product ---------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H
#define AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H

#include "contract/Gemm.h"

namespace aimc {

/// sums[m × panelWidth] += a[m × k] · panel[k × panelWidth], k ascending, one fused multiply-add each.
using PanelKernel = void (*)(int64_t m, int64_t k, const float *a, int64_t aStride, const float *panel, float *sums,
                             int64_t sumStride);

PanelKernel panelKernel(GemmIsa isa);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_GEMMKERNEL_H
