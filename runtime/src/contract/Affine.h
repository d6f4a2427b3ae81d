//===- Affine.h - Affine indices of the container ---------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_AFFINE_H
#define AIMC_RUNTIME_CONTRACT_AFFINE_H

#include "aimc/aimc_generated.h"

#include <cstdint>

namespace aimc {

/// No array has a larger extent in one dimension.
constexpr int64_t maxExtent = int64_t(1) << 40;

/// index of axis a = offsets[a] + sum over d of coefficients[a * dims + d] * value of dim d.
struct AffineView {
  const int64_t *offsets, *coefficients;
  uint32_t rank, dims;

  int64_t coefficient(uint32_t axis, uint32_t dim) const { return coefficients[axis * dims + dim]; }
};

inline AffineView view(const fb::AffineIndex &index, uint32_t dims) {
  // FlatBuffers' numbers are little-endian and aligned, as this machine's are.
  return {reinterpret_cast<const int64_t *>(index.offsets()->Data()),
          reinterpret_cast<const int64_t *>(index.coefficients()->Data()), index.offsets()->size(), dims};
}

/// The axis that `dim` alone drives with coefficient 1 from offset 0, whose extent is the dim's; `rank` when there is none.
uint32_t drivenAxis(const AffineView &map, uint32_t dim);

/// Smallest and largest index of `axis` while each dim d runs over [0, extents[d]), all extents positive; false when they do
/// not fit in 62 bits.
bool reach(const AffineView &map, uint32_t axis, const int64_t *extents, int64_t &low, int64_t &high);

/// Whether every index lies in [0, sizes[axis]). True when an extent is zero: nothing is indexed.
bool staysWithin(const AffineView &map, const int64_t *extents, const int64_t *sizes);

/// Distance in elements between neighbours along `dim` in an array of these strides.
int64_t linearStride(const AffineView &map, uint32_t dim, const int64_t *strides);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_AFFINE_H
