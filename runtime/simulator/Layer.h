// One use of a crossbar: addressing, converters and epilogue, read from the container's dispatch table and checked once.
#ifndef AIMC_SIMULATOR_LAYER_H
#define AIMC_SIMULATOR_LAYER_H

#include "Conversion.h"
#include "Kernels.h"
#include "Program.h"

#include <vector>

namespace aimc::simulator {

/// index of axis a = offsets[a] + sum over d of coefficients[a * dims + d] * value of d.
struct AffineMap {
  int axes = 0, dims = 0;
  const int64_t *offsets = nullptr, *coefficients = nullptr;
  int64_t coefficient(int axis, int dim) const { return coefficients[axis * dims + dim]; }
};

constexpr int maxAxes = 16, maxDims = 32;

/// Constants of the converters of one tile: [slices, columns] each.
struct TileConverters {
  std::vector<float> ka, noiseScale; // codes per digit; output noise in digits. Empty with an ideal ADC.
  std::vector<double> scale;         // 2^(cs) * delta
  std::vector<double> idealScale;    // the same for column sums that pass unchanged
};

struct Layer {
  const fb::Dispatch *info = nullptr;
  const Crossbar *crossbar = nullptr;
  const char *node = "";

  AffineMap x, y; // x: row dims, group, K dims; y: row dims, group, column
  int rowDims = 0, kDims = 0;
  std::vector<int64_t> kSizes;
  std::vector<int> rowAxis; // the axis of y whose size is the row dim's extent
  uint64_t scaleDims = 0;
  int batchDim = -1;
  int64_t batchOuter = 1, batchInner = 1;

  // input converter
  bool dynamic = false, isSigned = true;
  float alpha = 1.0f;
  std::vector<float> tileAlpha; // static scales of the row tiles; empty: alpha
  int inputBits = 8, sliceBits = 8, inputSlices = 1;
  InputRange input = {};
  int64_t largestInputDigit = 0;

  // output converter
  bool ideal = false;
  float lowestCode = 0, highestCode = 0;
  bool outputNoise = false;
  float inputNoise = 0;                   // standard deviation of an input digit in sixteenths; 0: none
  std::vector<ConverterErrors> errors;    // index as Crossbar::tiles; empty: converters do not err
  std::vector<TileConverters> converters; // index as Crossbar::tiles

  // epilogue: [G, N] each, null: none
  const float *bias = nullptr, *affineScale = nullptr, *affineOffset = nullptr;
  std::vector<float> correctedScale, correctedOffset; // the affine with a correction put on top
  uint32_t tileBase = 0;
};

struct LayerOptions {
  const aimc_driver_host *host;
  const fb::Target *target;
  bool quantized; // fidelity is not `exact`
  Effects effects;
  ErringConverters converters;
};

/// Orders the rows of crossbars such that the elements of x that lie side by side along its last axis are read one after the
/// other: what all layers on a crossbar want alike. Sums do not depend on it.
void orderRows(const fb::Model &model, std::vector<Crossbar> &crossbars);

/// Puts a correction of the layer's results on top of its affine: y = scale * (a * acc + o + b) + offset.
void correctLayer(const aimc_correction &correction, Layer &layer);

aimc_status readLayer(const LayerOptions &options, const fb::Dispatch &info, const std::vector<Crossbar> &crossbars,
                      Layer &out);

} // namespace aimc::simulator

#endif
