//===- QuantizeWeights.cpp - weights to conductance levels ------------------------------------------------------===//
//
// The arithmetic is that of docs/numerics.md, section 1: float32, every operation rounded, ties to even.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

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
template <typename Body>
static void forEachWeight(int64_t first, int64_t last, int64_t columns, Body body) {
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

static LogicalResult quantize(CrossbarOp crossbar, TargetAttr target) {
  if (!crossbar.getGrid())
    return crossbar.emitOpError() << "has no grid; run analog-partition first";
  Value value = crossbar.getWeightsValue();
  FailureOr<StridedView> view = value ? evaluateView(value) : FailureOr<StridedView>(failure());
  if (failed(view))
    return crossbar.emitOpError() << "'" << crossbar.getNode() << "' has no weights that can be evaluated";
  WeightView weights(*view);
  MLIRContext *context = crossbar.getContext();
  Builder b(context);

  int64_t groups = crossbar.getGroups(), rows = crossbar.getRows(), columns = crossbar.getColumns();
  int64_t rowTiles = crossbar.getRowTiles();
  SmallVector<float> scales(groups * rowTiles * columns);
  for (int64_t i = 0; i < groups * rowTiles; ++i)
    if (!computeScales(weights, crossbar, target.getScale(), i / rowTiles, i % rowTiles,
                       MutableArrayRef(scales).slice(i * columns, columns)))
      return crossbar.emitOpError() << "'" << crossbar.getNode()
                                    << "' has weights that are not finite; keep it digital with --digital-nodes="
                                    << crossbar.getNode();
  if (target.getScale() == ScaleGranularity::Matrix)
    shareInMatrices(scales, groups);
  std::replace(scales.begin(), scales.end(), 0.0f, 1.0f);

  int64_t weightBits = target.getWeightBits();
  auto levelsType = RankedTensorType::get({groups, rows, columns}, b.getIntegerType(weightBits <= 8 ? 8 : 16));
  ElementsAttr levels = makeElements(levelsType, (crossbar.getSymName() + "_levels").str(), [&](char *data) {
    if (weightBits <= 8)
      computeLevels(weights, crossbar, weightBits, scales, reinterpret_cast<int8_t *>(data));
    else
      computeLevels(weights, crossbar, weightBits, scales, reinterpret_cast<int16_t *>(data));
  });
  auto scaleType = RankedTensorType::get({groups, rowTiles, columns}, b.getF32Type());
  crossbar.setCodingAttr(CodingAttr::get(context, target.getEncoding(), weightBits, target.getCellBits(), target.getSlices(),
                                         target.getUnitColumn(), target.getScale()));
  crossbar.setLevelsAttr(levels);
  crossbar.setWeightScaleAttr(makeElements(scaleType, (crossbar.getSymName() + "_weight_scale").str(), [&](char *data) {
    std::memcpy(data, scales.data(), scales.size() * sizeof(float));
  }));
  return success();
}

namespace {
struct AnalogQuantizeWeightsPass : aimc::analog::impl::AnalogQuantizeWeightsPassBase<AnalogQuantizeWeightsPass> {
  void runOnOperation() override {
    TargetAttr target = getTargetOrError(getOperation());
    if (!target)
      return signalPassFailure();
    for (CrossbarOp crossbar : getOperation().getOps<CrossbarOp>())
      if (!crossbar.getCoding() && failed(quantize(crossbar, target)))
        return signalPassFailure();
  }
};
} // namespace
