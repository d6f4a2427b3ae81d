//===- Patches.h - Patches of an image, pixels side by side -----*- C++ -*-===//
//
// The transpose of what Gather reads: row k (channel, ky, kx), column p (sample, y, x). Neighbouring pixels read neighbouring
// elements of the tensor, so that a row of the matrix is a few pieces of the tensor's rows, the same pieces for every channel.
//
//===----------------------------------------------------------------------===//
#ifndef AIMC_RUNTIME_CONTRACT_PATCHES_H
#define AIMC_RUNTIME_CONTRACT_PATCHES_H

#include "contract/Affine.h"
#include "contract/Gather.h"
#include "contract/Gemm.h"

#include <vector>

namespace aimc {

class Patches {
public:
  /// Pixels come in groups of this many; a panel of Gemm.h holds two.
  static constexpr int64_t lanes = 16;

  /// Consecutive elements of the tensor that lie in one group of pixels.
  struct Piece {
    int64_t offset; // of the group's pixel 0, were it part of the piece
    uint16_t mask;  // pixels of the group that are
    uint8_t first, last;
  };

  /// The pieces of a stretch of pixels: group g at kernel position t has `each` of them (those without pixels have mask 0),
  /// from pieces[(g · positions + t) · each] on.
  struct Table {
    std::vector<Piece> pieces;
    int64_t groups, each;
  };

  /// Pixels run over `pixelDims`, rows over `depthDims`, the last fastest; the map's other dims move the tensor's start only.
  /// False when they reach an axis whose index can leave the tensor. Gather::plan has accepted the same dims.
  bool plan(const AffineView &map, const int64_t *sizes, const int64_t *strides, const int64_t *extents,
            const std::vector<Gather::Dim> &pixelDims, const std::vector<Gather::Dim> &depthDims);

  /// Looks up where pixels [first, first + count) lie.
  void tabulate(int64_t first, int64_t count, Table &table) const;

  /// Packs rows [firstRow, firstRow + rows) of a table's pixels into panels as packPanels does; whole panels, zero beyond.
  /// `tensor` is its start for the dims that are neither pixels nor depth.
  void pack(const Table &table, const float *tensor, int64_t firstRow, int64_t rows, float *packed,
            GemmIsa isa = bestIsa()) const;

  /// sums[i · sumStride + p] = the chain of weights[i][k] · element(k, p) of tensor i for k ascending, for every pixel of the
  /// table's groups; up to mostTensors tensors.
  void weigh(const Table &table, int64_t count, const float *const *tensors, const float *const *weights, float *sums,
             int64_t sumStride, GemmIsa isa = bestIsa()) const;
  static constexpr int64_t mostTensors = 4;

  /// Distance of neighbouring pixels in the tensor, along the last pixel dim.
  int64_t stride() const { return pixelStride; }
  int64_t rows() const { return static_cast<int64_t>(offsets.size()); }

private:
  /// An axis whose index can leave the tensor.
  struct Bound {
    int64_t size, origin;
    std::vector<int64_t> pixelStep; // per pixel dim
    std::vector<int64_t> positions; // what each kernel position adds
  };
  friend struct PatchKernels;

  int64_t base = 0, pixelStride = 1;
  std::vector<int64_t> pixelExtents, pixelStrides;
  std::vector<int64_t> offsets; // by row
  int64_t positions = 1;        // rows r and r + positions read the same pieces
  std::vector<Bound> bounds;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_PATCHES_H
