//===- LowerToDispatch.cpp - a layer's chain to one operation ---------------------------------------------------===//
#include "Common.h"
#include "aimc/Analysis/BatchDimension.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGLOWERTODISPATCHPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

namespace {
/// A constant that a layer adds to its result: element (g, n) is the constant's at these indices.
struct Bias {
  Value constant;
  SmallVector<AffineExpr> indices;
};

/// The operations of one layer. Operands are read from them when they are replaced: they may be another layer's result.
struct Layer {
  CrossbarOp crossbar;
  GatherOp gather; ///< null: x is rows × k already
  DacOp dac;
  MvmOp mvm;
  AdcOp adc;
  RecombineOp recombine;
  SmallVector<Operation *> epilogue; ///< the reduction over row tiles, then bias and layout
  std::optional<Bias> bias;
  SmallVector<AffineExpr> yIndices; ///< per axis of the result, over (rows…, group, n)
  std::optional<BatchPosition> batch;

  unsigned getRowDims() { return cast<RankedTensorType>(dac.getX().getType()).getRank() - 1 - hasGroupAxis(); }
  bool hasGroupAxis() { return crossbar.getGroups() != 1; }
  Value getResult() const { return epilogue.back()->getResult(0); }
  StringRef getNode() { return getNodeName(recombine, crossbar.getNode()); }
};
} // namespace

/// Whether the payload of `op` is one addition of both block arguments and nothing else.
static bool isAddition(Block &body, unsigned &other, unsigned self) {
  auto add = dyn_cast<arith::AddFOp>(body.front());
  if (!add || body.getTerminator()->getPrevNode() != add || body.getTerminator()->getNumOperands() != 1 ||
      body.getTerminator()->getOperand(0) != add.getResult())
    return false;
  auto lhs = dyn_cast<BlockArgument>(add.getLhs()), rhs = dyn_cast<BlockArgument>(add.getRhs());
  if (!lhs || !rhs || lhs.getOwner() != &body || rhs.getOwner() != &body)
    return false;
  if (lhs.getArgNumber() != self)
    std::swap(lhs, rhs);
  other = rhs.getArgNumber();
  return lhs.getArgNumber() == self && other != self;
}

/// Whether `op` adds up the row tiles, axis `axis` of `partial`.
static bool isReductionOverTiles(Operation *op, Value partial, int64_t axis) {
  auto reduce = dyn_cast<linalg::ReduceOp>(op);
  unsigned other;
  return reduce && reduce.getInputs().size() == 1 && reduce.getInputs()[0] == partial &&
         reduce.getDimensions() == ArrayRef<int64_t>(axis) && isZero(reduce.getInits()[0]) &&
         isAddition(reduce.getCombiner().front(), other, 0);
}

/// Whether `expr` names none of the first `rowDims` dimensions.
static bool isIndependentOfRows(AffineExpr expr, unsigned rowDims) {
  return llvm::none_of(llvm::seq(0u, rowDims), [&](unsigned row) { return expr.isFunctionOfDim(row); });
}

/// `op` as the addition of a constant that depends on group and column only; nothing when it is something else.
static std::optional<Bias> matchBias(Operation *op, OpOperand &use, ArrayRef<AffineExpr> yIndices, unsigned rowDims) {
  auto add = dyn_cast<linalg::LinalgOp>(op);
  unsigned self = use.getOperandNumber(), other;
  if (!add || add.getNumLoops() != add.getNumParallelLoops() || op->getNumResults() != 1 ||
      !isAddition(*add.getBlock(), other, self))
    return std::nullopt;
  SmallVector<AffineMap> maps = add.getIndexingMapsArray();
  if (!maps[self].isIdentity() || !maps.back().isIdentity())
    return std::nullopt;

  Value constant = op->getOperand(other);
  SmallVector<AffineExpr> indices(maps[other].getResults());
  if (auto broadcast = constant.getDefiningOp<linalg::BroadcastOp>()) {
    constant = broadcast.getInput();
    for (int64_t axis : llvm::reverse(broadcast.getDimensions()))
      indices.erase(indices.begin() + axis);
  }
  if (!isConstantExpression(constant) || !getElementTypeOrSelf(constant.getType()).isF32())
    return std::nullopt;
  for (AffineExpr &index : indices) {
    index = index.replaceDims(yIndices);
    if (!isIndependentOfRows(index, rowDims))
      return std::nullopt;
  }
  return Bias{constant, indices};
}

/// Follows the transpose or collapse `op`; returns whether the result's axes are still linear, every row with its own.
static bool followLayout(Operation *op, SmallVector<AffineExpr> &yIndices, unsigned rowDims) {
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    yIndices = llvm::map_to_vector(transpose.getPermutation(), [&](int64_t axis) { return yIndices[axis]; });
    return true;
  }
  auto collapse = dyn_cast<tensor::CollapseShapeOp>(op);
  if (!collapse)
    return false;
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  SmallVector<AffineExpr> collapsed;
  for (const ReassociationIndices &axes : collapse.getReassociationIndices()) {
    if (axes.size() > 1 && llvm::any_of(axes, [&](int64_t axis) {
          return !isIndependentOfRows(yIndices[axis], rowDims) || ShapedType::isDynamic(shape[axis]);
        }))
      return false;
    AffineExpr index = yIndices[axes[0]];
    for (int64_t axis : ArrayRef<int64_t>(axes).drop_front())
      index = index * shape[axis] + yIndices[axis];
    collapsed.push_back(index);
  }
  if (collapse.getReassociationIndices().empty())
    return false;
  yIndices = collapsed;
  return true;
}

/// Adds a bias that follows a tensor.expand_shape of a layer's rows before that operation, so that the layer can take it.
static void hoistBias(RecombineOp recombine) {
  Value y = recombine.getY();
  auto getOnlyUser = [&]() -> Operation * { return y.hasOneUse() ? *y.user_begin() : nullptr; };
  while (isa_and_nonnull<linalg::ReduceOp, linalg::TransposeOp>(getOnlyUser()))
    y = getOnlyUser()->getResult(0);
  auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(getOnlyUser());
  auto producer = y.getDefiningOp<DestinationStyleOpInterface>();
  if (!expand || !expand->hasOneUse() || !producer)
    return;
  Builder attributes(expand.getContext());
  SmallVector<AffineExpr> expandedAxes;
  for (int64_t axis = 0; axis < expand.getResultType().getRank(); ++axis)
    expandedAxes.push_back(attributes.getAffineDimExpr(axis));
  OpOperand &use = *expand->use_begin();
  Operation *add = use.getOwner();
  std::optional<Bias> bias = matchBias(add, use, expandedAxes, /*rowDims=*/0);
  if (!bias || add->getResult(0).getType() != expand.getResultType())
    return;

  // Axes that were split apart have no index before; the bias must not depend on them.
  SmallVector<AffineExpr> axes(expandedAxes.size());
  for (auto [axis, parts] : llvm::enumerate(expand.getReassociationIndices()))
    for (int64_t part : parts) {
      if (parts.size() > 1 && llvm::any_of(bias->indices, [&](AffineExpr index) { return index.isFunctionOfDim(part); }))
        return;
      axes[part] = attributes.getAffineDimExpr(axis);
    }
  unsigned rank = cast<RankedTensorType>(y.getType()).getRank();
  SmallVector<AffineExpr> indices = llvm::map_to_vector(bias->indices, [&](AffineExpr e) { return e.replaceDims(axes); });
  AffineMap identity = AffineMap::getMultiDimIdentityMap(rank, expand.getContext());
  SmallVector<AffineMap> maps = {identity, AffineMap::get(rank, 0, indices, expand.getContext()), identity};

  OpBuilder b(add);
  auto sum = linalg::GenericOp::create(
      b, add->getLoc(), y.getType(), ValueRange{y, bias->constant}, producer.getDpsInits().front(), maps,
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel), [](OpBuilder &b, Location loc, ValueRange values) {
        linalg::YieldOp::create(b, loc, Value(arith::AddFOp::create(b, loc, values[0], values[1])));
      });
  Value moved = tensor::ExpandShapeOp::create(b, expand.getLoc(), expand.getResultType(), sum->getResult(0),
                                              expand.getReassociationIndices(), expand.getMixedOutputShape());
  add->getResult(0).replaceAllUsesWith(moved);
  eraseUnused({add->getResult(0)});
}

/// The operation before `op` in the chain, or null after an error that names both.
template <typename OpTy> static OpTy getLink(Operation *op, Value operand) {
  auto link = operand.getDefiningOp<OpTy>();
  if (!link)
    op->emitError() << "broken chain: " << op->getName() << " needs an operand made by " << OpTy::getOperationName();
  return link;
}

static FailureOr<Layer> matchLayer(RecombineOp recombine, SymbolTable &symbols, BatchDimension &batch) {
  Layer layer;
  layer.recombine = recombine;
  layer.crossbar = symbols.lookup<CrossbarOp>(recombine.getCrossbar());
  if (!(layer.adc = getLink<AdcOp>(recombine, recombine.getCodes())) ||
      !(layer.mvm = getLink<MvmOp>(layer.adc, layer.adc.getCurrents())) ||
      !(layer.dac = getLink<DacOp>(layer.mvm, layer.mvm.getVoltages())))
    return failure();
  if (recombine.getScales() != layer.dac.getScales())
    return recombine.emitError() << "broken chain: the scales are not those of the analog.dac that drives the crossbar";
  for (FlatSymbolRefAttr other : {layer.adc.getCrossbarAttr(), layer.mvm.getCrossbarAttr()})
    if (other != recombine.getCrossbarAttr())
      return recombine.emitError() << "broken chain: it recombines " << recombine.getCrossbarAttr() << " from codes of "
                                   << other;
  if (std::optional<uint64_t> rows = layer.dac.getTileRows(); rows && int64_t(*rows) != layer.crossbar.getGrid()->getTileRows())
    return recombine.emitError() << "broken chain: the analog.dac has a scale for every " << *rows << " rows, but tiles of @"
                                 << layer.crossbar.getSymName() << " have " << layer.crossbar.getGrid()->getTileRows();
  layer.gather = layer.dac.getX().getDefiningOp<GatherOp>();

  unsigned rowDims = layer.getRowDims();
  int64_t tileAxis = rowDims + layer.hasGroupAxis();
  if (!recombine->hasOneUse() || !isReductionOverTiles(*recombine->user_begin(), recombine.getY(), tileAxis))
    return recombine.emitError() << "broken chain: the only use must be a linalg.reduce that adds up axis " << tileAxis
                                 << ", the row tiles, from zero";
  layer.epilogue.push_back(*recombine->user_begin());

  MLIRContext *context = recombine.getContext();
  for (unsigned d = 0; d < rowDims + 2; ++d)
    if (d != rowDims || layer.hasGroupAxis())
      layer.yIndices.push_back(getAffineDimExpr(d, context));
  while (layer.getResult().hasOneUse()) {
    OpOperand &use = *layer.getResult().use_begin();
    Operation *next = use.getOwner();
    if (use.getOperandNumber() == 0 && followLayout(next, layer.yIndices, rowDims)) {
      layer.epilogue.push_back(next);
      continue;
    }
    if (layer.bias || !(layer.bias = matchBias(next, use, layer.yIndices, rowDims)))
      break;
    layer.epilogue.push_back(next);
  }

  Value x = layer.dac.getX();
  layer.batch = batch.get(x);
  if (layer.batch && layer.batch->dim >= int64_t(rowDims))
    layer.batch = std::nullopt;
  if (!layer.batch && !batch.isIndependent(x))
    recombine.emitRemark() << "'" << layer.getNode()
                           << "': the batch cannot be followed to this layer; its noise depends on how data are split into "
                              "batches";
  return layer;
}

//===----------------------------------------------------------------------===//
// Replacing
//===----------------------------------------------------------------------===//

/// The bias as [G, N]; null without one.
static FailureOr<ElementsAttr> evaluateBias(Layer &layer) {
  if (!layer.bias)
    return ElementsAttr();
  FailureOr<StridedView> view = evaluateView(layer.bias->constant);
  if (failed(view))
    return layer.epilogue.back()->emitError() << "'" << layer.getNode() << "': its constant bias cannot be evaluated";
  MLIRContext *context = layer.dac.getContext();
  unsigned rowDims = layer.getRowDims();
  int64_t groups = layer.crossbar.getGroups(), columns = layer.crossbar.getColumns();
  AffineMap map = AffineMap::get(rowDims + 2, 0, layer.bias->indices, context);
  SmallVector<LinearIndex> axes =
      llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) { return *getLinearIndex(expr, rowDims + 2); });
  SmallVector<float> numbers;
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t n = 0; n < columns; ++n) {
      SmallVector<int64_t> index = llvm::map_to_vector(axes, [&](const LinearIndex &axis) {
        return axis.constant + axis.coefficients[rowDims] * g + axis.coefficients[rowDims + 1] * n;
      });
      numbers.push_back(view->getNumber(index));
    }
  auto type = RankedTensorType::get({groups, columns}, Float32Type::get(context));
  return ElementsAttr(DenseElementsAttr::get(type, ArrayRef<float>(numbers)));
}

/// An uninitialized tensor of the result's type: its dynamic axes are rows.
static Value createInit(OpBuilder &b, Layer &layer) {
  Location loc = layer.dac.getLoc();
  SmallVector<OpFoldResult> rowSizes =
      layer.gather ? getMixedValues(layer.gather.getPatches().getType().getShape(), layer.gather.getSizes(), b)
                   : tensor::getMixedSizes(b, loc, layer.dac.getX());
  auto type = cast<RankedTensorType>(layer.getResult().getType());
  SmallVector<Value> dynamicSizes;
  for (auto [size, index] : llvm::zip_equal(type.getShape(), layer.yIndices))
    if (ShapedType::isDynamic(size))
      dynamicSizes.push_back(getValueOrCreateConstantIndexOp(b, loc, rowSizes[cast<AffineDimExpr>(index).getPosition()]));
  return tensor::EmptyOp::create(b, loc, type, dynamicSizes);
}

static AffineMap getXMap(Layer &layer) {
  if (layer.gather)
    return layer.gather.getXMap();
  unsigned rowDims = layer.getRowDims();
  SmallVector<AffineExpr> indices;
  for (unsigned d = 0; d < rowDims + 2; ++d)
    if (d != rowDims || layer.hasGroupAxis())
      indices.push_back(getAffineDimExpr(d, layer.dac.getContext()));
  return AffineMap::get(rowDims + 2, 0, indices, layer.dac.getContext());
}

static LogicalResult replaceLayer(Layer &layer, int64_t site) {
  FailureOr<ElementsAttr> bias = evaluateBias(layer);
  if (failed(bias))
    return failure();
  OpBuilder b(layer.recombine);
  auto i64 = [&](int64_t value) { return b.getI64IntegerAttr(value); };
  DacOp dac = layer.dac;
  AdcOp adc = layer.adc;
  AffineMap yMap = AffineMap::get(layer.getRowDims() + 2, 0, layer.yIndices, b.getContext());
  SmallVector<int64_t> kSizes =
      layer.gather ? SmallVector<int64_t>(layer.gather.getKSizes()) : SmallVector<int64_t>{int64_t(layer.crossbar.getRows())};
  BatchPosition batch = layer.batch.value_or(BatchPosition{-1, 1, 1});
  Value x = layer.gather ? layer.gather.getX() : dac.getX();
  auto dispatch = DispatchOp::create(
      b, layer.recombine.getLoc(), layer.getResult().getType(), layer.mvm.getCrossbarAttr(), x, createInit(b, layer),
      b.getStringAttr(layer.getNode()), i64(site), layer.mvm.getKindAttr(), AffineMapAttr::get(getXMap(layer)),
      AffineMapAttr::get(yMap), b.getDenseI64ArrayAttr(kSizes), dac.getScaleDimsAttr(), i64(batch.dim), i64(batch.outer),
      i64(batch.inner), dac.getInputBitsAttr(), dac.getInputSignedAttr(), dac.getInputSliceBitsAttr(), dac.getInputSlicesAttr(),
      dac.getAlphaAttr(), adc.getAdcBitsAttr(), adc.getAdcUnsignedAttr(), adc.getAdcRangeAttr(), *bias, ElementsAttr(),
      ElementsAttr(), layer.mvm.getTileBaseAttr(), dac.getTileAlphaAttr());
  layer.getResult().replaceAllUsesWith(dispatch.getResult()[0]);
  return success();
}

/// Analog operations that belong to no layer are errors.
static LogicalResult verifyNothingLeft(ModuleOp module) {
  bool complete = true;
  module.walk([&](Operation *op) {
    if (!isa_and_nonnull<AnalogDialect>(op->getDialect()) || isa<CrossbarOp, YieldOp, DispatchOp>(op))
      return;
    complete = false;
    if (isa<MatMulOp, TiledMatMulOp>(op))
      op->emitError() << "broken chain: " << op->getName() << " has no converters; run analog-insert-converters first";
    else
      op->emitError() << "broken chain: the result of " << op->getName()
                      << " is no part of a layer that ends in analog.recombine";
  });
  return success(complete);
}

namespace {
struct AnalogLowerToDispatchPass : aimc::analog::impl::AnalogLowerToDispatchPassBase<AnalogLowerToDispatchPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    SmallVector<RecombineOp> uses;
    module.walk<WalkOrder::PreOrder>([&](RecombineOp recombine) { uses.push_back(recombine); });
    llvm::for_each(uses, hoistBias);

    BatchDimension batch;
    int64_t site = 0;
    module.walk([&](DispatchOp dispatch) { site = std::max<int64_t>(site, dispatch.getSite() + 1); });

    // Match everything before anything changes: the analysis remembers values.
    SmallVector<Layer, 0> layers;
    bool matched = true;
    for (RecombineOp recombine : uses) {
      FailureOr<Layer> layer = matchLayer(recombine, symbols, batch);
      matched = matched && succeeded(layer);
      if (succeeded(layer))
        layers.push_back(std::move(*layer));
    }
    if (!matched)
      return signalPassFailure();
    for (Layer &layer : layers)
      if (failed(replaceLayer(layer, site++)))
        return signalPassFailure();
    for (Layer &layer : llvm::reverse(layers))
      eraseUnused({layer.getResult()});
    if (failed(verifyNothingLeft(module)))
      signalPassFailure();
  }
};
} // namespace
