#include "contract/Affine.h"

using namespace aimc;

uint32_t aimc::drivenAxis(const AffineView &map, uint32_t dim) {
  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    bool alone = map.offsets[axis] == 0;
    for (uint32_t other = 0; other < map.dims; ++other)
      alone &= map.coefficient(axis, other) == (other == dim ? 1 : 0);
    if (alone)
      return axis;
  }
  return map.rank;
}

bool aimc::reach(const AffineView &map, uint32_t axis, const int64_t *extents, int64_t &low, int64_t &high) {
  constexpr int64_t limit = int64_t(1) << 62;
  low = high = map.offsets[axis];
  for (uint32_t dim = 0; dim < map.dims; ++dim) {
    int64_t span;
    if (__builtin_mul_overflow(map.coefficient(axis, dim), extents[dim] - 1, &span) || span > limit || span < -limit)
      return false;
    int64_t &end = span < 0 ? low : high;
    end += span;
    if (low < -limit || high > limit)
      return false;
  }
  return true;
}

bool aimc::staysWithin(const AffineView &map, const int64_t *extents, const int64_t *sizes) {
  for (uint32_t dim = 0; dim < map.dims; ++dim)
    if (extents[dim] <= 0)
      return true;
  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    int64_t low, high;
    if (!reach(map, axis, extents, low, high) || low < 0 || high >= sizes[axis])
      return false;
  }
  return true;
}

int64_t aimc::linearStride(const AffineView &map, uint32_t dim, const int64_t *strides) {
  int64_t stride = 0;
  for (uint32_t axis = 0; axis < map.rank; ++axis)
    stride += map.coefficient(axis, dim) * strides[axis];
  return stride;
}
