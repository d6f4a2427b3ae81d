//===- Gemm.h - Matrix products with one order of summation -----*- C++ -*-===//
//
// Every element of a result is the chain fma(a[k], b[k], sum) for k ascending from sum = 0 in float32. Neither blocking nor
// threads nor instruction set changes it, so results are the same bits everywhere.
//
//===----------------------------------------------------------------------===//
#ifndef AIMC_RUNTIME_CONTRACT_GEMM_H
#define AIMC_RUNTIME_CONTRACT_GEMM_H

#include <cstdint>

namespace aimc {

/// Columns of b come in panels of this many.
constexpr int64_t panelWidth = 32;

/// Instruction sets that the kernel is written for; the default is the best that the machine has.
enum class GemmIsa { Generic, Avx2, Avx512 };
GemmIsa bestIsa();

/// Columns in whole panels.
constexpr int64_t panelColumns(int64_t columns) { return (columns + panelWidth - 1) / panelWidth * panelWidth; }

/// Packs a k × n block of b into panels: packed[(p * k + i) * panelWidth + j] = b(i, p * panelWidth + j), zero beyond
/// n. Element (i, j) is b[kOffsets[i] + nOffsets[j]].
void packPanels(const float *b, const int64_t *kOffsets, const int64_t *nOffsets, int64_t k, int64_t n, float *packed,
                GemmIsa isa = bestIsa());

/// sums[m × panelColumns(n)] continues the chains of a[m × k] · b over this block's k. `a` has rows aStride apart, `packed` is
/// packPanels' result, `sums` has rows sumStride apart, at least panelColumns(n), and begins as zeros for the first block.
void gemmBlock(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *packed, float *sums,
               int64_t sumStride, GemmIsa isa = bestIsa());

/// One panel of gemmBlock from sums at `from`, null for zeros, to sums at `to`, which may be the same. It writes panelWidth
/// columns when n is more than half of that, else half of it.
void gemmPanel(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *panel, const float *from,
               int64_t fromStride, float *to, int64_t toStride, GemmIsa isa = bestIsa());

/// Whether gemmFewRows serves these rows and columns: packing b would cost more than the product.
bool fewRows(int64_t m, const int64_t *nOffsets, int64_t n);

/// As gemmBlock, b unpacked: row i of it is the n consecutive elements from b[kOffsets[i]].
void gemmFewRows(int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *b, const int64_t *kOffsets,
                 float *sums, int64_t sumStride, GemmIsa isa = bestIsa());

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_GEMM_H
