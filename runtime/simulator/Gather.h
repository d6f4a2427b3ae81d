// How the rows of a layer read its input.
//
// The input is brought once into a box: the smallest dense array that holds every index the layer reads, zeros where that is
// padding. With a dynamic scale there is one box per scale and group (a region). In the box every read lies inside, and its
// offset is linear in the row dims, the group and the K dims; so a block of patches is gathered by copying runs of bytes.
#ifndef AIMC_SIMULATOR_GATHER_H
#define AIMC_SIMULATOR_GATHER_H

#include "Buffer.h"
#include "Layer.h"

#include "aimc/env.h"

namespace aimc::simulator {

struct BoxAxis {
  int64_t size, stride; // of x, in elements
  int64_t low, length;  // indices [origin + low, origin + low + length) are in the box
  int first;            // axis of x, the first of those merged into this one
  int64_t multiplier;   // elements of the merged axes behind it
  bool swept;           // row dims without a scale of their own move along it
};

/// Layout of a call's box. Elements of region r start at r * regionElements.
struct Box {
  int axes = 0; // neighbouring axes without padding are merged
  BoxAxis axis[maxAxes];
  int64_t regionElements = 0;
  int64_t regions = 1;
  int64_t lines = 0; // of all regions; a line runs along the last axis

  // Offset of an element = base + sum over row dims + group * groupStride + the K element's.
  int64_t base = 0;
  int64_t rowStride[maxDims] = {};
  int64_t groupStride = 0;
  // The region of a row: (sum of keyStride * value of row dim) * groups + group when dynamic, 0 otherwise.
  int64_t keyStride[maxDims] = {};
  int64_t regionGroups = 1; // groups when dynamic, otherwise 1

  // K elements come in runs of `run` neighbours; run i starts at runOffsets[i] (in the scratch).
  int64_t run = 1;
};

/// The loops' extents of one call.
struct Extents {
  int64_t row[maxDims];
  int64_t rows = 1; // product
};

/// Reads extents from y and checks that every result lies within it.
aimc_status readExtents(const aimc_driver_host *host, const Layer &layer, const aimc_buffer &y, Extents &out);

/// Lays out the box. `dynamic`: one region per input scale. Otherwise `copies` regions that all hold the same elements.
/// `runOffsets` receives K / run offsets.
aimc_status layOutBox(const aimc_driver_host *host, const Layer &layer, const aimc_buffer &x, const Extents &extents,
                      bool dynamic, int64_t copies, Box &out, Buffer<int64_t> &runOffsets);

/// One line of the box: where it lies in x and in the box, and what of it is padding.
struct BoxLine {
  int64_t region;
  int64_t destination;    // offset in the box
  int64_t before, inside; // elements of padding before x's elements, and those; the rest is padding behind
  int64_t source, stride; // offset of the first inside element in x, distance of neighbours
};

/// The lines of a box in their order.
class LineCursor {
public:
  LineCursor(const Layer &layer, const Extents &extents, const Box &box, int64_t line);
  const BoxLine &line() const { return current; }
  void next() {
    current.destination += lineLength;
    if (++row < rows)
      place();
    else
      nextPlane();
  }

private:
  void enterRegion();
  void enterPlane();
  void nextPlane();
  /// Lines of a plane differ in their index along the axis before the last only.
  void place() {
    const bool inside = uint64_t(firstRow + row) < uint64_t(insideRows);
    current.before = inside ? lineBefore : lineLength;
    current.inside = inside ? lineInside : 0;
    current.source = planeSource + row * rowStride;
  }

  const Layer *layer;
  const Extents *extents;
  const Box *box;
  BoxLine current;
  int64_t row, rows, firstRow, rowStride;
  int64_t insideRows;                                      // 0: nothing of the plane lies in x
  int64_t planeSource, lineSource, lineBefore, lineInside; // of lines that are not padding
  int64_t lineLength;
  int64_t origin[maxAxes], index[maxAxes]; // the region's; the plane's within it
};

/// Largest |x| over one region: what one sample's input of the group holds (axes that rows sweep count whole).
float regionMaximum(const Kernels &kernels, const Layer &layer, const Extents &extents, const Box &box, const float *x,
                    int64_t region);

/// Copies K elements [k0, k0 + count) of one row. Reads and writes up to 64 bytes beyond the last element.
template <typename T>
static inline void gatherRow(const T *row, const Box &box, const int64_t *runOffsets, int64_t k0, int64_t count, T *out) {
  int64_t index = k0 / box.run, within = k0 % box.run;
  while (count > 0) {
    const T *source = row + runOffsets[index] + within;
    int64_t length = box.run - within < count ? box.run - within : count;
    if (length * int64_t(sizeof(T)) <= 16)
      __builtin_memcpy(out, source, 16);
    else
      __builtin_memcpy(out, source, size_t(length) * sizeof(T));
    out += length;
    count -= length;
    within = 0;
    ++index;
  }
}

/// Elements of a row that lie side by side in the box, at an offset from the row's.
struct Piece {
  int64_t offset, length;
};

/// Copies the pieces of one row one behind the other. Reads and writes up to 16 bytes beyond the last element.
static inline void gatherPieces(const uint8_t *row, const Piece *pieces, int64_t count, uint8_t *out) {
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t *source = row + pieces[i].offset;
    const int64_t length = pieces[i].length;
    if (length <= 16) {
      __builtin_memcpy(out, source, 16);
    } else if (length <= 32) {
      __builtin_memcpy(out, source, 16);
      __builtin_memcpy(out + length - 16, source + length - 16, 16);
    } else {
      __builtin_memcpy(out, source, size_t(length));
    }
    out += length;
  }
}

/// The pieces in which a crossbar with an order of its own reads a row: those of row tile t are [begin[t], begin[t + 1]).
/// False: no memory.
bool findPieces(const Crossbar &crossbar, const Box &box, const int64_t *runOffsets, Buffer<Piece> &pieces,
                Buffer<int64_t> &begin);

/// A stretch of rows whose offsets are `step` apart.
struct RowSegment {
  int64_t first, count, offset, step;
};

/// Copies K elements [k0, k0 + count) of all rows of the segments, K outermost: out[(k - k0) * pitch + row].
void gatherColumns(const uint8_t *box, const Box &layout, const int64_t *runOffsets, const RowSegment *segments,
                   int64_t segmentCount, int64_t k0, int64_t count, int64_t pitch, uint8_t *out);

/// The same, four K elements side by side: out[((k - k0) / 4 * pitch + row) * 4 + (k - k0) mod 4]; behind the last element of
/// K any byte.
void gatherQuads(const Kernels &kernels, const uint8_t *box, const Box &layout, const int64_t *runOffsets,
                 const RowSegment *segments, int64_t segmentCount, int64_t k0, int64_t count, int64_t pitch, uint8_t *out);

} // namespace aimc::simulator

#endif
