//===- QuantizeWeights.cpp - weights to conductance levels ------------------------------------------------------===//
//
// The arithmetic is that of docs/numerics.md, section 1: float32, every operation rounded, ties to even.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "Integers.h"

#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>
#include <limits>

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGQUANTIZEWEIGHTSPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

/// Larger tensors of levels are resources: a reader sees the digits of small ones.
static constexpr int64_t mostInlineLevels = 64 * 1024;

namespace {
/// The weights of one crossbar, [G, K, N], read where they lie.
class WeightView {
public:
  explicit WeightView(const StridedView &view)
      : base(reinterpret_cast<const float *>(view.base)), strides{view.strides[0], view.strides[1], view.strides[2]} {}

  float operator()(int64_t g, int64_t k, int64_t n) const { return base[g * strides[0] + k * strides[1] + n * strides[2]]; }

private:
  const float *base;
  int64_t strides[3];
};
} // namespace

/// Visits rows [first, last) x [0, columns) in blocks, so that a transposed view is read by whole cache lines.
template <typename Body> static void forEachWeight(int64_t first, int64_t last, int64_t columns, Body body) {
  constexpr int64_t block = 64;
  for (int64_t kBlock = first; kBlock < last; kBlock += block)
    for (int64_t nBlock = 0; nBlock < columns; nBlock += block)
      for (int64_t k = kBlock; k < std::min(kBlock + block, last); ++k)
        for (int64_t n = nBlock; n < std::min(nBlock + block, columns); ++n)
          body(k, n);
}

/// w of every column of one row tile: the largest |W| among what shares the scale, 1 where all are zero. Returns whether all
/// weights are finite.
static bool computeScales(const WeightView &weights, CrossbarOp crossbar, ScaleGranularity granularity, int64_t g, int64_t t,
                          MutableArrayRef<float> scales) {
  int64_t rows = crossbar.getRows(), columns = crossbar.getColumns();
  GridAttr grid = *crossbar.getGrid();
  bool finite = true;
  std::fill(scales.begin(), scales.end(), 0.0f);
  int64_t first = t * grid.getTileRows(), last = std::min(first + grid.getTileRows(), rows);
  forEachWeight(first, last, columns, [&](int64_t k, int64_t n) {
    float magnitude = std::fabs(weights(g, k, n));
    finite = finite && std::isfinite(magnitude);
    scales[n] = std::max(scales[n], magnitude);
  });
  int64_t shared = granularity == ScaleGranularity::Column ? 1 : grid.getTileColumns();
  for (int64_t n = 0; n < columns; n += shared) {
    auto columnsOfTile = scales.slice(n, std::min(shared, columns - n));
    std::fill(columnsOfTile.begin(), columnsOfTile.end(), *llvm::max_element(columnsOfTile));
  }
  return finite;
}

/// One scale for each of the crossbar's matrices.
static void shareInMatrices(MutableArrayRef<float> scales, int64_t groups) {
  int64_t size = scales.size() / groups;
  for (int64_t g = 0; g < groups; ++g) {
    auto matrix = scales.slice(g * size, size);
    std::fill(matrix.begin(), matrix.end(), *llvm::max_element(matrix));
  }
}

//===----------------------------------------------------------------------===//
// Clipping
//===----------------------------------------------------------------------===//

namespace {
/// Which weights a scale still holds: all, those within so many root mean squares, or those that make the squared error least.
struct Clip {
  enum Rule { None, Deviations, SquaredError } rule = None;
  double deviations = 0;
};

/// Which entry of the scales [G, T, N] stands for all that share a scale with it: the first of a column, a tile, a matrix.
class Sharing {
public:
  Sharing(CrossbarOp crossbar, ScaleGranularity granularity)
      : columns(crossbar.getColumns()), rowTiles(crossbar.getRowTiles()), tileRows(crossbar.getGrid()->getTileRows()),
        tileColumns(crossbar.getGrid()->getTileColumns()), granularity(granularity) {}

  int64_t operator()(int64_t g, int64_t t, int64_t n) const {
    if (granularity == ScaleGranularity::Matrix)
      return g * rowTiles * columns;
    return (g * rowTiles + t) * columns + (granularity == ScaleGranularity::Tile ? n / tileColumns * tileColumns : n);
  }
  int64_t ofWeight(int64_t g, int64_t k, int64_t n) const { return (*this)(g, k / tileRows, n); }

private:
  int64_t columns, rowTiles, tileRows, tileColumns;
  ScaleGranularity granularity;
};
} // namespace

static std::optional<Clip> parseClip(StringRef text) {
  if (text.empty())
    return Clip();
  if (text == "mse")
    return Clip{Clip::SquaredError, 0};
  double deviations;
  if (text.getAsDouble(deviations) || !(deviations > 0) || !std::isfinite(deviations))
    return std::nullopt;
  return Clip{Clip::Deviations, deviations};
}

static void clipToDeviations(const WeightView &weights, CrossbarOp crossbar, const Sharing &sharing, double deviations,
                             MutableArrayRef<float> scales) {
  int64_t columns = crossbar.getColumns();
  std::vector<double> squares(scales.size()), counts(scales.size());
  for (int64_t g = 0, groups = crossbar.getGroups(); g < groups; ++g)
    forEachWeight(0, crossbar.getRows(), columns, [&](int64_t k, int64_t n) {
      int64_t share = sharing.ofWeight(g, k, n);
      squares[share] += double(weights(g, k, n)) * double(weights(g, k, n));
      counts[share] += 1;
    });
  for (int64_t i = 0, size = scales.size(); i < size; ++i) {
    int64_t share = sharing(i / columns / crossbar.getRowTiles(), i / columns % crossbar.getRowTiles(), i % columns);
    if (double limit = deviations * std::sqrt(squares[share] / counts[share]); limit > 0)
      scales[i] = std::min(scales[i], static_cast<float>(limit));
  }
}

static void clipToLeastError(const WeightView &weights, CrossbarOp crossbar, const Sharing &sharing, int64_t weightBits,
                             MutableArrayRef<float> scales) {
  constexpr int candidates = 48;
  auto candidate = [](float scale, int c) { return scale * (static_cast<float>(64 - c) / 64.0f); };
  int64_t columns = crossbar.getColumns();
  const float most = (1 << (weightBits - 1)) - 1;
  std::vector<float> chosen(scales.begin(), scales.end());
  std::vector<double> least(scales.size(), std::numeric_limits<double>::infinity()), errors(scales.size());
  for (int c = 0; c < candidates; ++c) {
    std::fill(errors.begin(), errors.end(), 0.0);
    for (int64_t g = 0, groups = crossbar.getGroups(); g < groups; ++g)
      forEachWeight(0, crossbar.getRows(), columns, [&](int64_t k, int64_t n) {
        int64_t share = sharing.ofWeight(g, k, n);
        float scale = candidate(scales[share], c), weight = weights(g, k, n);
        float level = std::min(std::max(std::nearbyint(weight * (most / scale)), -most), most);
        double error = double(weight) - double(level) * double(scale) / double(most);
        errors[share] += error * error;
      });
    for (size_t i = 0; i < errors.size(); ++i)
      if (errors[i] < least[i]) {
        least[i] = errors[i];
        chosen[i] = candidate(scales[i], c);
      }
  }
  for (int64_t i = 0, size = scales.size(); i < size; ++i)
    scales[i] = chosen[sharing(i / columns / crossbar.getRowTiles(), i / columns % crossbar.getRowTiles(), i % columns)];
}

template <typename Level>
static void computeLevels(const WeightView &weights, CrossbarOp crossbar, int64_t weightBits, ArrayRef<float> scales,
                          Level *levels) {
  int64_t groups = crossbar.getGroups(), rows = crossbar.getRows(), columns = crossbar.getColumns();
  int64_t tileRows = crossbar.getGrid()->getTileRows(), rowTiles = crossbar.getRowTiles();
  float most = (1 << (weightBits - 1)) - 1;
  SmallVector<float> factors(columns);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t t = 0; t < rowTiles; ++t) {
      for (int64_t n = 0; n < columns; ++n)
        factors[n] = most / scales[(g * rowTiles + t) * columns + n];
      forEachWeight(t * tileRows, std::min((t + 1) * tileRows, rows), columns, [&](int64_t k, int64_t n) {
        float level = std::nearbyint(weights(g, k, n) * factors[n]);
        levels[(g * rows + k) * columns + n] = static_cast<Level>(std::min(std::max(level, -most), most));
      });
    }
}

//===----------------------------------------------------------------------===//
// Weights of quantized networks
//===----------------------------------------------------------------------===//

/// s of every column of one row tile; whether what shares a scale on tiles has one s that is positive and finite.
static bool readScales(const IntegerWeights &weights, CrossbarOp crossbar, ScaleGranularity granularity, int64_t g, int64_t t,
                       MutableArrayRef<float> scales) {
  int64_t rows = crossbar.getRows(), columns = crossbar.getColumns(), tileRows = crossbar.getGrid()->getTileRows();
  std::fill(scales.begin(), scales.end(), weights.scale);
  bool equal = true;
  if (weights.scales.base) {
    WeightView view(weights.scales);
    for (int64_t n = 0; n < columns; ++n)
      scales[n] = view(g, t * tileRows, n);
    forEachWeight(t * tileRows, std::min((t + 1) * tileRows, rows), columns,
                  [&](int64_t k, int64_t n) { equal = equal && view(g, k, n) == scales[n]; });
  }
  int64_t shared = granularity == ScaleGranularity::Column ? 1 : crossbar.getGrid()->getTileColumns();
  for (int64_t n = 0; n < columns; n += shared)
    equal = equal && llvm::all_equal(scales.slice(n, std::min(shared, columns - n)));
  return equal && llvm::all_of(scales, [](float scale) { return scale > 0.0f && std::isfinite(scale); });
}

/// Levels that are the network's own integers: w = L · s, D = q. Returns false, with a remark, when the tiles cannot hold them;
/// then `scales` and `levels` are undefined. A differential pair holds -L..L: a level of -L - 1 becomes -L.
template <typename Level>
static bool storeIntegers(const IntegerWeights &weights, CrossbarOp crossbar, TargetAttr target, MutableArrayRef<float> scales,
                          Level *levels) {
  int64_t groups = crossbar.getGroups(), rows = crossbar.getRows(), columns = crossbar.getColumns();
  int64_t rowTiles = crossbar.getRowTiles(), most = (int64_t(1) << (target.getWeightBits() - 1)) - 1;
  WeightView integers(weights.integers);
  int64_t largest = 0, least = 0, clipped = 0;
  bool offset = target.getEncoding() == Encoding::Offset;
  for (int64_t g = 0; g < groups; ++g)
    forEachWeight(0, rows, columns, [&](int64_t k, int64_t n) {
      int64_t level = integers(g, k, n);
      largest = std::max(largest, level);
      least = std::min(least, level);
      if (level == -most - 1 && !offset) {
        ++clipped;
        level = -most;
      }
      levels[(g * rows + k) * columns + n] = static_cast<Level>(level);
    });
  bool equal = true;
  for (int64_t i = 0; i < groups * rowTiles; ++i)
    equal = equal &&
            readScales(weights, crossbar, target.getScale(), i / rowTiles, i % rowTiles, scales.slice(i * columns, columns));
  if (target.getScale() == ScaleGranularity::Matrix)
    equal = equal && llvm::all_equal(scales);
  if (largest > most || least < -most - 1 || !equal) {
    InFlightDiagnostic remark = crossbar.emitRemark()
                                << "'" << crossbar.getNode() << "': its integer weights are quantized again: ";
    if (equal)
      remark << "they lie in " << least << ".." << largest << ", those of tiles in " << -most << ".." << most;
    else
      remark << "their scales differ where those of tiles do not (scale = " << stringifyScaleGranularity(target.getScale())
             << ")";
    return false;
  }
  if (clipped != 0)
    crossbar.emitRemark() << "'" << crossbar.getNode() << "': " << clipped << " weights of " << -most - 1 << " become " << -most
                          << ", the least level of a differential pair";
  for (float &scale : scales)
    scale *= most;
  return true;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Elements of `type` that `fill` writes: dense when small, a resource named after the crossbar otherwise.
static ElementsAttr makeElements(RankedTensorType type, StringRef name, function_ref<void(char *)> fill) {
  int64_t bytes = type.getNumElements() * (type.getElementTypeBitWidth() / 8);
  if (type.getNumElements() <= mostInlineLevels) {
    SmallVector<char> data(bytes);
    fill(data.data());
    return DenseElementsAttr::getFromRawBuffer(type, data);
  }
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(bytes, /*align=*/64);
  fill(blob.getMutableData().data());
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

/// Scales of all row tiles, [G, T, N]. Returns whether all weights are finite.
static bool computeAllScales(const WeightView &weights, CrossbarOp crossbar, ScaleGranularity granularity,
                             MutableArrayRef<float> scales) {
  int64_t columns = crossbar.getColumns(), rowTiles = crossbar.getRowTiles(), groups = crossbar.getGroups();
  for (int64_t i = 0; i < groups * rowTiles; ++i)
    if (!computeScales(weights, crossbar, granularity, i / rowTiles, i % rowTiles, scales.slice(i * columns, columns)))
      return false;
  if (granularity == ScaleGranularity::Matrix)
    shareInMatrices(scales, groups);
  std::replace(scales.begin(), scales.end(), 0.0f, 1.0f);
  return true;
}

/// Fills `scales` and `levels`: integers of a quantized network as they are, other weights by their largest magnitudes.
template <typename Level>
static LogicalResult fillLevels(CrossbarOp crossbar, TargetAttr target, Clip clip, MutableArrayRef<float> scales,
                                Level *levels) {
  Value value = crossbar.getWeightsValue();
  std::optional<IntegerWeights> integers = value ? readIntegerWeights(crossbar) : std::nullopt;
  if (integers && storeIntegers(*integers, crossbar, target, scales, levels))
    return success();
  FailureOr<StridedView> view = value ? evaluateView(value) : FailureOr<StridedView>(failure());
  if (failed(view))
    return crossbar.emitOpError() << "'" << crossbar.getNode() << "' has no weights that can be evaluated";
  WeightView weights(*view);
  if (!computeAllScales(weights, crossbar, target.getScale(), scales))
    return crossbar.emitOpError() << "'" << crossbar.getNode()
                                  << "' has weights that are not finite; keep it digital with --digital-nodes="
                                  << crossbar.getNode();
  const Sharing sharing(crossbar, target.getScale());
  if (clip.rule == Clip::Deviations)
    clipToDeviations(weights, crossbar, sharing, clip.deviations, scales);
  else if (clip.rule == Clip::SquaredError)
    clipToLeastError(weights, crossbar, sharing, target.getWeightBits(), scales);
  computeLevels(weights, crossbar, target.getWeightBits(), scales, levels);
  return success();
}

static LogicalResult quantize(CrossbarOp crossbar, TargetAttr target, Clip clip) {
  if (!crossbar.getGrid())
    return crossbar.emitOpError() << "has no grid; run analog-partition first";
  Builder b(crossbar.getContext());
  int64_t groups = crossbar.getGroups(), rows = crossbar.getRows(), columns = crossbar.getColumns();
  int64_t rowTiles = crossbar.getRowTiles(), weightBits = target.getWeightBits();
  SmallVector<float> scales(groups * rowTiles * columns);
  auto levelsType = RankedTensorType::get({groups, rows, columns}, b.getIntegerType(weightBits <= 8 ? 8 : 16));
  LogicalResult result = success();
  ElementsAttr levels = makeElements(levelsType, (crossbar.getSymName() + "_levels").str(), [&](char *data) {
    result = weightBits <= 8 ? fillLevels(crossbar, target, clip, scales, reinterpret_cast<int8_t *>(data))
                             : fillLevels(crossbar, target, clip, scales, reinterpret_cast<int16_t *>(data));
  });
  if (failed(result))
    return failure();
  auto scaleType = RankedTensorType::get({groups, rowTiles, columns}, b.getF32Type());
  crossbar.setCodingAttr(CodingAttr::get(b.getContext(), target.getEncoding(), weightBits, target.getCellBits(),
                                         target.getSlices(), target.getUnitColumn(), target.getScale()));
  crossbar.setLevelsAttr(levels);
  crossbar.setWeightScaleAttr(makeElements(scaleType, (crossbar.getSymName() + "_weight_scale").str(), [&](char *data) {
    std::memcpy(data, scales.data(), scales.size() * sizeof(float));
  }));
  return success();
}

namespace {
struct AnalogQuantizeWeightsPass : aimc::analog::impl::AnalogQuantizeWeightsPassBase<AnalogQuantizeWeightsPass> {
  using AnalogQuantizeWeightsPassBase::AnalogQuantizeWeightsPassBase;

  void runOnOperation() override {
    TargetAttr target = getTargetOrError(getOperation());
    if (!target)
      return signalPassFailure();
    std::optional<Clip> rule = parseClip(clip.getValue());
    if (!rule) {
      getOperation().emitError() << "weights are clipped to a number of root mean squares above 0 or by 'mse', not to '"
                                 << clip.getValue() << "'";
      return signalPassFailure();
    }
    for (CrossbarOp crossbar : getOperation().getOps<CrossbarOp>())
      if (!crossbar.getCoding() && failed(quantize(crossbar, target, *rule)))
        return signalPassFailure();
  }
};
} // namespace
