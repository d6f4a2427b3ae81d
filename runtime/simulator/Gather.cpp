#include "Gather.h"

namespace aimc::simulator {

/// Boxes hold fewer elements than this.
static constexpr int64_t boxLimit = int64_t(1) << 44;

aimc_status readExtents(const aimc_driver_host *host, const Layer &layer, const aimc_buffer &y, Extents &out) {
  if (y.rank != layer.y.axes)
    return fail(host, AIMC_FAILED, "%s: a result of rank %d, the index map has %d axes", layer.node, y.rank, layer.y.axes);
  for (int d = 0; d < layer.rowDims; ++d) {
    out.row[d] = y.sizes[layer.rowAxis[size_t(d)]];
    out.rows *= out.row[d];
  }
  if (out.rows == 0)
    return AIMC_OK;
  const Crossbar &crossbar = *layer.crossbar;
  for (int a = 0; a < layer.y.axes; ++a) {
    __int128 low = layer.y.offsets[a], high = low;
    for (int d = 0; d < layer.y.dims; ++d) {
      int64_t extent = d < layer.rowDims ? out.row[d] : d == layer.rowDims ? crossbar.groups : crossbar.columns;
      __int128 reach = __int128(layer.y.coefficient(a, d)) * (extent - 1);
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0 || high >= y.sizes[a])
      return fail(host, AIMC_FAILED, "%s: results reach beyond axis %d of size %lld", layer.node, a, (long long)y.sizes[a]);
  }
  return AIMC_OK;
}

static bool hasOwnScale(const Layer &layer, bool dynamic, int rowDim) { return dynamic && (layer.scaleDims >> rowDim & 1); }

aimc_status layOutBox(const aimc_driver_host *host, const Layer &layer, const aimc_buffer &x, const Extents &extents,
                      bool dynamic, int64_t copies, Box &out, Buffer<int64_t> &runOffsets) {
  if (x.rank != layer.x.axes)
    return fail(host, AIMC_FAILED, "%s: an input of rank %d, the index map has %d axes", layer.node, x.rank, layer.x.axes);
  const int group = layer.rowDims, axes = x.rank;
  const int64_t groups = layer.crossbar->groups;
  auto extentOf = [&](int d) { return d < group ? extents.row[d] : d == group ? groups : layer.kSizes[size_t(d - group - 1)]; };
  auto selectsRegion = [&](int d) { return d < group ? hasOwnScale(layer, dynamic, d) : d == group && dynamic; };

  BoxAxis axis[maxAxes];
  int64_t base[maxAxes]; // index of the loops' first element within the box
  for (int a = 0; a < axes; ++a) {
    __int128 low = layer.x.offsets[a], high = low;
    bool swept = false;
    for (int d = 0; d < layer.x.dims; ++d) {
      if (selectsRegion(d))
        continue;
      __int128 reach = __int128(layer.x.coefficient(a, d)) * (extentOf(d) - 1);
      (reach < 0 ? low : high) += reach;
      swept |= d < group && layer.x.coefficient(a, d) != 0;
    }
    if (low < -boxLimit || high > boxLimit)
      return fail(host, AIMC_FAILED, "%s: index map reaches too far along axis %d of the input", layer.node, a);
    axis[a] = {x.sizes[a], x.strides[a], int64_t(low), int64_t(high - low) + 1, a, 1, swept};
    base[a] = layer.x.offsets[a] - int64_t(low);
  }

  int64_t boxStride[maxAxes];
  __int128 elements = 1;
  for (int a = axes - 1; a >= 0; --a) {
    boxStride[a] = int64_t(elements);
    elements *= axis[a].length;
    if (elements > boxLimit)
      return fail(host, AIMC_FAILED, "%s: index map reaches too far along axis %d of the input", layer.node, a);
  }
  out.regionElements = int64_t(elements);
  int64_t keys = 1;
  for (int d = group - 1; d >= 0; --d)
    if (hasOwnScale(layer, dynamic, d)) {
      out.keyStride[d] = keys;
      keys *= extents.row[d];
    }
  out.regionGroups = dynamic ? groups : 1;
  out.regions = dynamic ? keys * out.regionGroups : copies;
  if (elements * out.regions > boxLimit)
    return fail(host, AIMC_FAILED, "%s: index map reaches too many elements of the input", layer.node);

  out.base = 0;
  for (int a = 0; a < axes; ++a)
    out.base += base[a] * boxStride[a];
  auto strideOf = [&](int d) {
    int64_t stride = 0;
    if (extentOf(d) > 1)
      for (int a = 0; a < axes; ++a)
        stride += layer.x.coefficient(a, d) * boxStride[a];
    return stride;
  };
  for (int d = 0; d < group; ++d)
    out.rowStride[d] = selectsRegion(d) ? out.keyStride[d] * out.regionGroups * out.regionElements : strideOf(d);
  out.groupStride = dynamic ? out.regionElements : strideOf(group);

  // K dims that lie densely in the box, from the last, make a run.
  int kDims = layer.kDims;
  out.run = 1;
  while (kDims > 0 && (layer.kSizes[size_t(kDims - 1)] == 1 || strideOf(group + kDims) == out.run)) {
    out.run *= layer.kSizes[size_t(kDims - 1)];
    --kDims;
  }
  int64_t runs = layer.crossbar->rows / out.run;
  if (!runOffsets.reserve(uint64_t(runs)))
    return fail(host, AIMC_OUT_OF_MEMORY, "%s: no memory for %lld offsets", layer.node, (long long)runs);
  runOffsets[0] = 0;
  int64_t filled = 1;
  for (int d = kDims - 1; d >= 0; --d) {
    int64_t stride = strideOf(group + 1 + d), size = layer.kSizes[size_t(d)];
    for (int64_t i = 1; i < size; ++i)
      for (int64_t j = 0; j < filled; ++j)
        runOffsets[i * filled + j] = runOffsets[j] + i * stride;
    filled *= size;
  }

  // Axes that are whole in every region merge into the one before.
  out.axes = 0;
  for (int a = 0; a < axes; ++a) {
    bool whole = axis[a].low == 0 && axis[a].length == axis[a].size;
    for (int d = 0; d < layer.x.dims; ++d)
      whole &= !selectsRegion(d) || layer.x.coefficient(a, d) == 0;
    BoxAxis *before = out.axes ? &out.axis[out.axes - 1] : nullptr;
    if (whole && before && before->stride == axis[a].stride * axis[a].size) {
      before->size *= axis[a].size;
      before->stride = axis[a].stride;
      before->low *= axis[a].size;
      before->length *= axis[a].size;
      before->multiplier *= axis[a].size;
    } else {
      out.axis[out.axes++] = axis[a];
    }
  }
  out.lines = out.regions;
  for (int a = 0; a + 1 < out.axes; ++a)
    out.lines *= out.axis[a].length;
  return AIMC_OK;
}

bool findPieces(const Crossbar &crossbar, const Box &box, const int64_t *runOffsets, Buffer<Piece> &pieces,
                Buffer<int64_t> &begin) {
  if (!pieces.reserve(uint64_t(crossbar.rows)) || !begin.reserve(uint64_t(crossbar.rowTiles) + 1))
    return false;
  int64_t found = 0;
  for (int64_t t = 0; t < crossbar.rowTiles; ++t) {
    const Tile &tile = crossbar.tile(0, t, 0);
    begin[t] = found;
    for (int64_t place = 0; place < tile.rows; ++place) {
      const int64_t k = crossbar.order[size_t(tile.k0 + place)], offset = runOffsets[k / box.run] + k % box.run;
      if (found > begin[t] && pieces[found - 1].offset + pieces[found - 1].length == offset)
        ++pieces[found - 1].length;
      else
        pieces[found++] = {offset, 1};
    }
  }
  begin[crossbar.rowTiles] = found;
  return true;
}

/// Where a region starts along each of the box's axes.
static void regionOrigin(const Layer &layer, const Extents &extents, const Box &box, int64_t region, int64_t *origin) {
  for (int a = 0; a < box.axes; ++a)
    origin[a] = 0;
  if (box.regions == 1 && box.regionGroups == 1)
    return;
  auto move = [&](int d, int64_t value) {
    for (int a = 0; a < box.axes; ++a)
      origin[a] += layer.x.coefficient(box.axis[a].first, d) * box.axis[a].multiplier * value;
  };
  int64_t key = region / box.regionGroups;
  if (box.regionGroups > 1)
    move(layer.rowDims, region % box.regionGroups);
  for (int d = 0; d < layer.rowDims; ++d)
    if (box.keyStride[d])
      move(d, key / box.keyStride[d] % extents.row[d]);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }

LineCursor::LineCursor(const Layer &layer, const Extents &extents, const Box &box, int64_t line)
    : layer(&layer), extents(&extents), box(&box), current() {
  const int last = box.axes - 1;
  const BoxAxis &inner = box.axis[last];
  lineLength = inner.length;
  current.stride = inner.stride;
  current.region = line / (box.lines / box.regions);
  current.destination = line * lineLength;
  int64_t rest = line % (box.lines / box.regions);
  rows = last ? box.axis[last - 1].length : 1;
  rowStride = last ? box.axis[last - 1].stride : 0;
  row = rest % rows;
  rest /= rows;
  for (int a = last - 2; a >= 0; --a) {
    index[a] = rest % box.axis[a].length;
    rest /= box.axis[a].length;
  }
  enterRegion();
}

void LineCursor::enterRegion() {
  regionOrigin(*layer, *extents, *box, current.region, origin);
  const BoxAxis &inner = box->axis[box->axes - 1];
  const int64_t start = origin[box->axes - 1] + inner.low;
  lineBefore = clamp(-start, 0, inner.length);
  lineInside = clamp(inner.size - start, 0, inner.length) - lineBefore;
  if (lineInside <= 0) {
    lineBefore = inner.length;
    lineInside = 0;
  }
  lineSource = (start + lineBefore) * inner.stride;
  enterPlane();
}

void LineCursor::enterPlane() {
  const int last = box->axes - 1;
  firstRow = last ? origin[last - 1] + box->axis[last - 1].low : 0;
  insideRows = lineInside == 0 ? 0 : last ? box->axis[last - 1].size : 1;
  planeSource = lineSource + firstRow * rowStride;
  for (int a = 0; a < last - 1; ++a) {
    const BoxAxis &axis = box->axis[a];
    const int64_t at = origin[a] + axis.low + index[a];
    if (at < 0 || at >= axis.size)
      insideRows = 0;
    planeSource += at * axis.stride;
  }
  place();
}

void LineCursor::nextPlane() {
  row = 0;
  for (int a = box->axes - 3; a >= 0; --a) {
    if (++index[a] < box->axis[a].length)
      return enterPlane();
    index[a] = 0;
  }
  if (++current.region < box->regions)
    enterRegion();
}

float regionMaximum(const Kernels &kernels, const Layer &layer, const Extents &extents, const Box &box, const float *x,
                    int64_t region) {
  int64_t origin[maxAxes], first[maxAxes], count[maxAxes], index[maxAxes] = {};
  regionOrigin(layer, extents, box, region, origin);
  for (int a = 0; a < box.axes; ++a) {
    const BoxAxis &axis = box.axis[a];
    int64_t begin = axis.swept ? 0 : clamp(origin[a] + axis.low, 0, axis.size);
    int64_t end = axis.swept ? axis.size : clamp(origin[a] + axis.low + axis.length, 0, axis.size);
    if (begin >= end)
      return 0.0f;
    first[a] = begin;
    count[a] = end - begin;
  }
  const int last = box.axes - 1;
  float largest = 0.0f;
  while (true) {
    int64_t offset = 0;
    for (int a = 0; a < box.axes; ++a)
      offset += (first[a] + index[a]) * box.axis[a].stride;
    const int64_t stride = box.axis[last].stride;
    float line = 0.0f;
    if (stride == 1) {
      line = kernels.maxAbs(x + offset, count[last]);
    } else {
      for (int64_t i = 0; i < count[last]; ++i) {
        float one = kernels.maxAbs(x + offset + i * stride, 1);
        line = one > line ? one : line;
      }
    }
    largest = line > largest ? line : largest;
    int a = last - 1;
    while (a >= 0 && ++index[a] == count[a])
      index[a--] = 0;
    if (a < 0)
      return largest;
  }
}

void gatherColumns(const uint8_t *box, const Box &layout, const int64_t *runOffsets, const RowSegment *segments,
                   int64_t segmentCount, int64_t k0, int64_t count, int64_t pitch, uint8_t *out) {
  int64_t index = k0 / layout.run, within = k0 % layout.run;
  for (int64_t k = 0; k < count; ++k) {
    const uint8_t *element = box + runOffsets[index] + within;
    uint8_t *line = out + k * pitch;
    for (int64_t i = 0; i < segmentCount; ++i) {
      const RowSegment &segment = segments[i];
      const uint8_t *source = element + segment.offset;
      uint8_t *destination = line + segment.first;
      if (segment.step == 1) {
        // Whatever is written beyond the segment is overwritten by what follows it.
        for (int64_t j = 0; j < segment.count; j += 32)
          __builtin_memcpy(destination + j, source + j, 32);
      } else {
        for (int64_t j = 0; j < segment.count; ++j)
          destination[j] = source[j * segment.step];
      }
    }
    if (++within == layout.run) {
      within = 0;
      ++index;
    }
  }
}

void gatherQuads(const Kernels &kernels, const uint8_t *box, const Box &layout, const int64_t *runOffsets,
                 const RowSegment *segments, int64_t segmentCount, int64_t k0, int64_t count, int64_t pitch, uint8_t *out) {
  int64_t index = k0 / layout.run, within = k0 % layout.run;
  auto nextElement = [&] {
    const uint8_t *element = box + runOffsets[index] + within;
    if (++within == layout.run) {
      within = 0;
      ++index;
    }
    return element;
  };
  const uint8_t *element[4], *next[4];
  int64_t read = 0;
  auto nextQuad = [&](const uint8_t **quad) {
    for (int j = 0; j < 4; ++j, ++read)
      quad[j] = read < count ? nextElement() : quad[0];
  };
  nextQuad(next);
  for (int64_t k = 0; k < count; k += 4) {
    for (int j = 0; j < 4; ++j)
      element[j] = next[j];
    if (k + 4 < count)
      nextQuad(next);
    for (int64_t i = 0; i < segmentCount; ++i) {
      const RowSegment &segment = segments[i];
      const uint8_t *lines[4];
      for (int j = 0; j < 4; ++j)
        lines[j] = element[j] + segment.offset;
      // Lines of other channels lie far away.
      for (int64_t behind = 0, reach = segment.count * segment.step; reach >= 64 && behind < reach; behind += 64)
        for (int j = 0; j < 4; ++j)
          __builtin_prefetch(next[j] + segment.offset + behind);
      // Whatever is written beyond the segment is overwritten by what follows it.
      kernels.interleave(lines, segment.step, segment.count, out + (k / 4 * pitch + segment.first) * 4);
    }
  }
}

} // namespace aimc::simulator
