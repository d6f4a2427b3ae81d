#include "contract/Gather.h"

#include <algorithm>
#include <cstring>

using namespace aimc;

/// Whether the extents multiply to less than 2^62; the product.
static bool multiply(const std::vector<Gather::Dim> &dims, int64_t &product) {
  product = 1;
  for (const Gather::Dim &dim : dims)
    if (__builtin_mul_overflow(product, dim.extent, &product) || product >= int64_t(1) << 62)
      return false;
  return true;
}

/// Calls visit(sum) for every combination of the dims, the last fastest, with the sum of step·value.
template <typename Visit>
static void forEachSum(const std::vector<Gather::Dim> &dims, const std::vector<int64_t> &steps, Visit &&visit) {
  std::vector<int64_t> value(dims.size());
  int64_t sum = 0;
  while (true) {
    visit(sum);
    size_t d = dims.size();
    while (d-- > 0) {
      sum += steps[d];
      if (++value[d] < dims[d].extent)
        break;
      sum -= steps[d] * value[d];
      value[d] = 0;
    }
    if (d == SIZE_MAX)
      return;
  }
}

bool Gather::plan(const AffineView &map, const int64_t *sizes, const int64_t *strides, const std::vector<Dim> &rowDims,
                  const std::vector<Dim> &columnDims, const std::vector<std::pair<uint32_t, int64_t>> &origin) {
  *this = Gather();
  if (!multiply(rowDims, rowCount) || !multiply(columnDims, columnCount))
    return false;
  if (rowCount == 0 || columnCount == 0)
    return true;
  std::vector<int64_t> extents(map.dims, 1), at(map.offsets, map.offsets + map.rank);
  for (const auto *dims : {&rowDims, &columnDims})
    for (const Dim &dim : *dims)
      extents[dim.dim] = dim.extent;
  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    for (auto [dim, value] : origin) {
      int64_t step;
      if (__builtin_mul_overflow(map.coefficient(axis, dim), value, &step) || __builtin_add_overflow(at[axis], step, &at[axis]))
        return false;
    }
  }
  AffineView moved = map;
  moved.offsets = at.data();

  std::vector<bool> bounded(map.rank);
  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    int64_t low, high;
    if (!reach(moved, axis, extents.data(), low, high))
      return false;
    bounded[axis] = low < 0 || high >= sizes[axis];
    base += at[axis] * strides[axis];
  }
  for (const Dim &dim : rowDims) {
    rowExtents.push_back(dim.extent);
    rowStrides.push_back(linearStride(map, dim.dim, strides));
  }

  // Columns: the innermost dims that step evenly through memory, with no bound on any but the last, make a run.
  std::vector<Dim> outer = columnDims;
  outer.erase(std::remove_if(outer.begin(), outer.end(), [](const Dim &dim) { return dim.extent == 1; }), outer.end());
  auto isBounded = [&](const Dim &dim) {
    for (uint32_t axis = 0; axis < map.rank; ++axis)
      if (bounded[axis] && map.coefficient(axis, dim.dim) != 0)
        return true;
    return false;
  };
  std::vector<int64_t> runSteps(map.rank);
  if (!outer.empty()) {
    Dim last = outer.back();
    outer.pop_back();
    runLength = last.extent;
    runStride = linearStride(map, last.dim, strides);
    for (uint32_t axis = 0; axis < map.rank; ++axis)
      runSteps[axis] = map.coefficient(axis, last.dim);
    bool free = !isBounded(last);
    while (free && !outer.empty() && !isBounded(outer.back()) &&
           linearStride(map, outer.back().dim, strides) == runStride * runLength) {
      runLength *= outer.back().extent;
      outer.pop_back();
    }
  }
  std::vector<int64_t> steps;
  for (const Dim &dim : outer)
    steps.push_back(linearStride(map, dim.dim, strides));
  forEachSum(outer, steps, [&](int64_t sum) { runOffsets.push_back(sum); });

  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    if (!bounded[axis])
      continue;
    Bound bound = {sizes[axis], at[axis], {}, runSteps[axis], 0, 0, {}, {}};
    for (const Dim &dim : rowDims)
      bound.rowStep.push_back(map.coefficient(axis, dim.dim));
    for (const Dim &dim : columnDims) {
      int64_t span = map.coefficient(axis, dim.dim) * (dim.extent - 1);
      (span < 0 ? bound.low : bound.high) += span;
    }
    steps.clear();
    for (const Dim &dim : outer)
      steps.push_back(map.coefficient(axis, dim.dim));
    forEachSum(outer, steps, [&](int64_t sum) { bound.runs.push_back(sum); });
    bounds.push_back(std::move(bound));
  }

  tabulateColumns();

  // Rows that are contiguous pieces at one distance?
  if (bounds.empty() && runOffsets.size() == 1 && (runStride == 1 || runLength == 1)) {
    int64_t stride = 0, span = 1;
    bool even = true;
    for (size_t d = rowExtents.size(); d-- > 0;) {
      if (rowExtents[d] == 1)
        continue;
      if (stride == 0)
        stride = rowStrides[d];
      even &= rowStrides[d] == stride * span;
      span *= rowExtents[d];
    }
    if (even && (stride >= columnCount || rowCount == 1))
      denseStride = rowCount == 1 ? columnCount : stride;
  }
  return true;
}

void Gather::tabulateColumns() {
  if (runLength >= 16)
    return;
  auto fits = [](int64_t value) { return value >= INT32_MIN / 2 && value <= INT32_MAX / 2; };
  auto fill = [&](const std::vector<int64_t> &runs, int64_t step, std::vector<int32_t> &columns) {
    columns.reserve(columnCount);
    for (int64_t run : runs)
      for (int64_t i = 0; i < runLength; ++i)
        if (fits(run) && fits(run + i * step))
          columns.push_back(static_cast<int32_t>(run + i * step));
    return static_cast<int64_t>(columns.size()) == columnCount;
  };
  bool complete = fill(runOffsets, runStride, columnOffsets);
  for (Bound &bound : bounds)
    complete &= fill(bound.runs, bound.runStep, bound.columns);
  if (!complete)
    columnOffsets.clear();
}

template <typename T> void Gather::readInside(const T *from, int64_t firstColumn, int64_t columnCount, T *out) const {
  if (!columnOffsets.empty()) {
    const int32_t *offsets = columnOffsets.data() + firstColumn;
    for (int64_t i = 0; i < columnCount; ++i)
      out[i] = from[offsets[i]];
    return;
  }
  int64_t run = firstColumn / runLength, skip = firstColumn % runLength;
  for (int64_t done = 0; done < columnCount; ++run, skip = 0) {
    int64_t count = std::min(runLength - skip, columnCount - done);
    const T *source = from + runOffsets[run] + skip * runStride;
    if (runStride == 1 && count >= 16)
      std::memcpy(out + done, source, count * sizeof(T));
    else
      for (int64_t i = 0; i < count; ++i)
        out[done + i] = source[i * runStride];
    done += count;
  }
}

/// As readInside, each run clipped to the tensor.
template <typename T>
void Gather::readBorder(const T *from, const int64_t *index, int64_t firstColumn, int64_t columnCount, T *out) const {
  if (!columnOffsets.empty() && bounds.size() <= 2) {
    const Bound &first = bounds.front(), &last = bounds.back();
    for (int64_t i = 0, c = firstColumn; i < columnCount; ++i, ++c) {
      // Below zero becomes larger than any size.
      bool inside = uint64_t(index[0] + first.columns[c]) < uint64_t(first.size) &&
                    uint64_t(index[bounds.size() - 1] + last.columns[c]) < uint64_t(last.size);
      out[i] = inside ? from[columnOffsets[c]] : T(0);
    }
    return;
  }
  int64_t run = firstColumn / runLength, skip = firstColumn % runLength;
  for (int64_t done = 0; done < columnCount; ++run, skip = 0) {
    int64_t count = std::min(runLength - skip, columnCount - done);
    // Elements [begin, end) of the run lie inside.
    int64_t begin = skip, end = skip + count;
    for (size_t b = 0; b < bounds.size() && begin < end; ++b) {
      const Bound &bound = bounds[b];
      int64_t first = index[b] + bound.runs[run], step = bound.runStep;
      if (step == 0) {
        if (first < 0 || first >= bound.size)
          end = begin;
        continue;
      }
      for (; begin < end && (first + begin * step < 0 || first + begin * step >= bound.size);)
        ++begin;
      for (; begin < end && (first + (end - 1) * step < 0 || first + (end - 1) * step >= bound.size);)
        --end;
    }
    T *to = out + done - skip;
    if (begin >= end)
      begin = end = skip + count;
    std::fill(to + skip, to + begin, T(0));
    const T *source = from + runOffsets[run];
    for (int64_t i = begin; i < end; ++i)
      to[i] = source[i * runStride];
    std::fill(to + end, to + skip + count, T(0));
    done += count;
  }
}

template <typename T>
void Gather::read(const T *tensor, int64_t firstRow, int64_t count, int64_t firstColumn, int64_t columns, T *out,
                  int64_t outStride) const {
  constexpr size_t most = 64; // more than any map has dims or axes
  int64_t value[most], index[most];
  int64_t rest = firstRow, offset = base;
  for (size_t b = 0; b < bounds.size(); ++b)
    index[b] = bounds[b].origin;
  for (size_t d = rowExtents.size(); d-- > 0;) {
    value[d] = rest % rowExtents[d];
    rest /= rowExtents[d];
    offset += value[d] * rowStrides[d];
    for (size_t b = 0; b < bounds.size(); ++b)
      index[b] += value[d] * bounds[b].rowStep[d];
  }
  for (int64_t r = 0; r < count; ++r, out += outStride) {
    bool inside = true;
    for (size_t b = 0; b < bounds.size(); ++b)
      inside &= index[b] + bounds[b].low >= 0 && index[b] + bounds[b].high < bounds[b].size;
    if (inside)
      readInside(tensor + offset, firstColumn, columns, out);
    else
      readBorder(tensor + offset, index, firstColumn, columns, out);
    for (size_t d = rowExtents.size(); d-- > 0;) {
      bool carry = ++value[d] == rowExtents[d];
      int64_t step = carry ? 1 - rowExtents[d] : 1;
      offset += step * rowStrides[d];
      for (size_t b = 0; b < bounds.size(); ++b)
        index[b] += step * bounds[b].rowStep[d];
      if (!carry)
        break;
      value[d] = 0;
    }
  }
}

#define AIMC_GATHER(T) template void Gather::read<T>(const T *, int64_t, int64_t, int64_t, int64_t, T *, int64_t) const;
AIMC_GATHER(float)
AIMC_GATHER(double)
AIMC_GATHER(int8_t)
AIMC_GATHER(uint8_t)
AIMC_GATHER(int32_t)
#undef AIMC_GATHER
