//===- Gather.h - Rows of a matrix out of a strided tensor ------*- C++ -*-===//
//
// A convolution is a matrix product whose left matrix repeats its input's elements: row (sample, y, x), column (channel, ky,
// kx). Gather reads blocks of such rows without forming the matrix; indices outside the tensor read as zero.
//
//===----------------------------------------------------------------------===//
#ifndef AIMC_RUNTIME_CONTRACT_GATHER_H
#define AIMC_RUNTIME_CONTRACT_GATHER_H

#include "contract/Affine.h"

#include <vector>

namespace aimc {

class Gather {
public:
  /// One dim of the affine index and how far it runs.
  struct Dim {
    uint32_t dim;
    int64_t extent;
  };

  /// Rows run over `rowDims`, columns over `columnDims`, the last fastest; every other dim of the map stays 0 and may be moved
  /// by `origin`. Sizes and strides are the tensor's, in elements. False when an index can leave 62 bits.
  bool plan(const AffineView &map, const int64_t *sizes, const int64_t *strides, const std::vector<Dim> &rowDims,
            const std::vector<Dim> &columnDims, const std::vector<std::pair<uint32_t, int64_t>> &origin = {});

  int64_t rows() const { return rowCount; }
  int64_t columns() const { return columnCount; }

  /// out[r * outStride + c] = element (firstRow + r, firstColumn + c), for r < rowCount and c < columnCount.
  /// T: float, double, int8_t, uint8_t, int32_t.
  template <typename T>
  void read(const T *tensor, int64_t firstRow, int64_t rowCount, int64_t firstColumn, int64_t columnCount, T *out,
            int64_t outStride) const;

  /// When rows are contiguous pieces of the tensor a constant distance apart and nothing is padding: that distance, so that
  /// the tensor itself can serve as the matrix; else 0.
  int64_t denseRowStride() const { return denseStride; }
  /// Where element (0, 0) lies, in elements from the tensor's first.
  int64_t start() const { return base; }

private:
  /// An axis whose index can leave the tensor.
  struct Bound {
    int64_t size;
    int64_t origin;               // index at row 0, column 0
    std::vector<int64_t> rowStep; // per row dim
    int64_t runStep;              // along a run
    int64_t low, high;            // of what columns add
    std::vector<int64_t> runs;    // what each run's first column adds
    std::vector<int32_t> columns; // what each column adds, beside columnOffsets
  };
  void tabulateColumns();

  template <typename T> void readInside(const T *from, int64_t firstColumn, int64_t columnCount, T *out) const;
  template <typename T>
  void readBorder(const T *from, const int64_t *index, int64_t firstColumn, int64_t columnCount, T *out) const;

  int64_t rowCount = 0, columnCount = 0, base = 0, denseStride = 0;
  std::vector<int64_t> rowExtents, rowStrides;
  int64_t runLength = 1, runStride = 1; // columns come in runs of this many, this far apart
  std::vector<int64_t> runOffsets;      // where each run begins
  std::vector<Bound> bounds;
  // Short runs are read element by element; empty when runs are long or an offset does not fit.
  std::vector<int32_t> columnOffsets;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_GATHER_H
