//===- Verify.cpp - what TableGen cannot say about the operations of the analog dialect -------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static std::string shapeToString(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, [&](int64_t size) { ShapedType::isDynamic(size) ? os << '?' : os << size; }, "x");
  return text;
}

/// The crossbar that `op` drives; null after an error.
static CrossbarOp lookUpCrossbar(Operation *op, FlatSymbolRefAttr symbol, SymbolTableCollection &symbols) {
  auto crossbar = symbols.lookupNearestSymbolFrom<CrossbarOp>(op, symbol);
  if (!crossbar)
    op->emitOpError() << "drives " << symbol << ", which is no analog.crossbar";
  return crossbar;
}

/// The last dimensions of `what` must be `tail`, behind the group dimension when the crossbar has one.
static LogicalResult verifyTail(Operation *op, CrossbarOp crossbar, StringRef what, Type type, ArrayRef<int64_t> tail) {
  SmallVector<int64_t> expected;
  if (crossbar.getGroups() != 1)
    expected.push_back(crossbar.getGroups());
  llvm::append_range(expected, tail);
  ArrayRef<int64_t> shape = cast<ShapedType>(type).getShape();
  if (shape.size() >= expected.size() && shape.take_back(expected.size()) == ArrayRef(expected))
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError();
  diagnostic << "has " << what << " of shape " << shapeToString(shape) << ", but crossbar @" << crossbar.getSymName()
             << " needs it to end in " << shapeToString(expected);
  diagnostic.attachNote(crossbar.getLoc()) << "the crossbar is here";
  return diagnostic;
}

/// The first dimensions of `a` and `b`, without their last `aTail` and `bTail`, must agree.
static LogicalResult verifySameRows(Operation *op, StringRef aName, Type a, unsigned aTail, StringRef bName, Type b,
                                    unsigned bTail) {
  ArrayRef<int64_t> aShape = cast<ShapedType>(a).getShape(), bShape = cast<ShapedType>(b).getShape();
  if (aShape.size() >= aTail && bShape.size() >= bTail &&
      succeeded(verifyCompatibleShape(aShape.drop_back(aTail), bShape.drop_back(bTail))))
    return success();
  return op->emitOpError() << "has rows that differ: " << aName << " is " << shapeToString(aShape) << ", " << bName << " is "
                           << shapeToString(bShape);
}

/// `elements`, if given, must be a tensor of `type` with this shape.
static LogicalResult verifyElements(Operation *op, StringRef what, std::optional<ElementsAttr> elements,
                                    ArrayRef<int64_t> shape, Type type) {
  if (!elements)
    return success();
  ShapedType actual = elements->getShapedType();
  if (actual.getShape() == shape && actual.getElementType() == type)
    return success();
  return op->emitOpError() << "has " << what << " of type " << actual << "; it must be " << RankedTensorType::get(shape, type);
}

/// Each result of `map` must be linear in its `dims` dimensions.
static LogicalResult verifyIndex(Operation *op, StringRef name, AffineMap map, unsigned dims, StringRef dimNames,
                                 unsigned results) {
  if (map.getNumDims() != dims || map.getNumSymbols() != 0 || map.getNumResults() != results)
    return op->emitOpError() << "has " << name << " " << AffineMapAttr::get(map) << "; it must map " << dims << " dimensions ("
                             << dimNames << ") to " << results << " indices";
  for (AffineExpr expr : map.getResults())
    if (!getLinearIndex(expr, dims))
      return op->emitOpError() << "has " << name << " " << AffineMapAttr::get(map)
                               << "; each index must be a constant plus integer multiples of dimensions";
  return success();
}

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

static LogicalResult verifyKSizes(Operation *op, ArrayRef<int64_t> sizes) {
  if (sizes.empty() || llvm::any_of(sizes, [](int64_t size) { return size < 1; }))
    return op->emitOpError() << "has k_sizes [" << llvm::interleaved(sizes) << "]; they must be positive, at least one";
  return success();
}

/// Attributes of the input converter.
template <typename OpTy> static LogicalResult verifyInputConverter(OpTy op) {
  int64_t bits = op.getInputBits(), sliceBits = op.getInputSliceBits();
  int64_t magnitudeBits = op.getInputSigned() ? bits - 1 : bits;
  if (magnitudeBits < 1 || bits > 16)
    return op.emitOpError() << "has input_bits " << bits << "; it must be in " << (op.getInputSigned() ? 2 : 1) << "..16";
  if (sliceBits < 1 || sliceBits > magnitudeBits)
    return op.emitOpError() << "has input_slice_bits " << sliceBits << "; it must be in 1.." << magnitudeBits;
  return success();
}

template <typename OpTy> static LogicalResult verifyInputSlices(OpTy op) {
  if (failed(verifyInputConverter(op)))
    return failure();
  int64_t magnitudeBits = op.getInputSigned() ? op.getInputBits() - 1 : op.getInputBits();
  int64_t slices = llvm::divideCeil(magnitudeBits, op.getInputSliceBits());
  if (int64_t(op.getInputSlices()) != slices)
    return op.emitOpError() << "has " << op.getInputSlices() << " input_slices, but " << magnitudeBits << " bits in slices of "
                            << op.getInputSliceBits() << " make " << slices;
  if (op.getAlpha() && !(op.getAlpha()->isFinite() && !op.getAlpha()->isNegative() && op.getAlpha()->isNonZero()))
    return op.emitOpError() << "has alpha " << op.getAlphaAttr().getValueAsDouble() << "; it must be positive and finite";
  std::optional<ArrayRef<float>> tileAlpha = op.getTileAlpha();
  if (!tileAlpha)
    return success();
  if (op.getAlpha() || op.getScaleDims() != 0)
    return op.emitOpError() << "has tile_alpha and " << (op.getAlpha() ? "alpha" : "scale_dims")
                            << "; scales are one, measured, or one for each row tile";
  for (float alpha : *tileAlpha)
    if (!(alpha > 0.0f && std::isfinite(alpha)))
      return op.emitOpError() << "has " << alpha << " in tile_alpha; it must be positive and finite";
  return success();
}

/// Attributes of the output converter.
template <typename OpTy> static LogicalResult verifyOutputConverter(OpTy op) {
  int64_t bits = op.getAdcBits();
  if (bits < 0 || bits == 1 || bits > 22)
    return op.emitOpError() << "has adc_bits " << bits << "; it must be in 2..22, or 0 for an ideal ADC";
  if ((bits == 0) == bool(op.getAdcRange()))
    return op.emitOpError() << "has adc_bits " << bits << (bits == 0 ? " (ideal) and an adc_range" : " but no adc_range");
  return success();
}

/// Crossbar `op` drives must have been through the pass that sets `what`.
static LogicalResult verifyStage(Operation *op, CrossbarOp crossbar, bool reached, StringRef what) {
  if (reached)
    return success();
  return op->emitOpError() << "drives crossbar @" << crossbar.getSymName() << ", which has no " << what;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult CrossbarOp::verify() {
  Builder b(getContext());
  int64_t groups = getGroups(), rows = getRows(), columns = getColumns();
  if (groups < 1 || rows < 1 || columns < 1)
    return emitOpError() << "has extents " << groups << "x" << rows << "x" << columns << "; they must be positive";
  if (Value weights = getWeightsValue()) {
    auto expected = RankedTensorType::get({groups, rows, columns}, b.getF32Type());
    if (weights.getType() != expected)
      return emitOpError() << "yields " << weights.getType() << ", but its extents make it " << expected;
  }
  if (std::optional<GridAttr> grid = getGrid()) {
    if (grid->getTileRows() < 1 || grid->getTileColumns() < 1)
      return emitOpError() << "has tiles of " << grid->getTileRows() << "x" << grid->getTileColumns()
                           << "; they must be positive";
    int64_t rowTiles = llvm::divideCeil(rows, grid->getTileRows());
    int64_t columnTiles = llvm::divideCeil(columns, grid->getTileColumns());
    if (grid->getRowTiles() != rowTiles || grid->getColumnTiles() != columnTiles)
      return emitOpError() << "has a grid of " << grid->getRowTiles() << "x" << grid->getColumnTiles() << " tiles, but " << rows
                           << "x" << columns << " weights in tiles of " << grid->getTileRows() << "x" << grid->getTileColumns()
                           << " take " << rowTiles << "x" << columnTiles;
  }
  if (getCoding() && !getGrid())
    return emitOpError() << "has a coding but no grid";
  if (!getCoding() && (getLevels() || getWeightScale()))
    return emitOpError() << "has levels or weight_scale but no coding";
  if (!getCoding() && getPlacement())
    return emitOpError() << "has a placement but no coding";
  if (!getCoding())
    return success();
  Type levelType = b.getIntegerType(getCoding()->getWeightBits() <= 8 ? 8 : 16);
  if (failed(verifyElements(*this, "levels", getLevels(), {groups, rows, columns}, levelType)) ||
      failed(verifyElements(*this, "weight_scale", getWeightScale(), {groups, getRowTiles(), columns}, b.getF32Type())))
    return failure();
  if (!getPlacement())
    return success();
  int64_t polarities = getCoding()->getEncoding() == Encoding::Differential ? 2 : 1;
  int64_t parts = groups * getRowTiles() * getGrid()->getColumnTiles() * getSlices() * polarities;
  if (int64_t(getPlacement()->size()) != parts)
    return emitOpError() << "has " << getPlacement()->size() << " placements for " << parts
                         << " parts (tiles, slices and polarities)";
  return success();
}

LogicalResult GatherOp::verify() {
  unsigned kDims = getKSizes().size();
  auto patches = cast<RankedTensorType>(getPatches().getType());
  if (failed(verifyKSizes(*this, getKSizes())))
    return failure();
  if (getXMap().getNumDims() < 1 + kDims)
    return emitOpError() << "has x_map " << getXMapAttr() << " with fewer dimensions than a group and " << kDims << " of k";
  if (failed(verifyIndex(*this, "x_map", getXMap(), getRowDims() + 1 + kDims, "rows, group, k",
                         cast<RankedTensorType>(getX().getType()).getRank())))
    return failure();
  if (patches.getRank() != getRowDims() + 1 && patches.getRank() != getRowDims() + 2)
    return emitOpError() << "has a result of rank " << patches.getRank() << "; " << getRowDims()
                         << " row dimensions and k make " << getRowDims() + 1 << ", with a group " << getRowDims() + 2;
  if (patches.getShape().back() != product(getKSizes()))
    return emitOpError() << "has a result that ends in " << patches.getShape().back() << ", but k_sizes multiply to "
                         << product(getKSizes());
  if (getSizes().size() != size_t(patches.getNumDynamicDims()))
    return emitOpError() << "has " << getSizes().size() << " sizes for " << patches.getNumDynamicDims()
                         << " dynamic dimensions of its result";
  return success();
}

LogicalResult MatMulOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyTail(*this, crossbar, "x", getX().getType(), crossbar.getRows())) ||
      failed(verifyTail(*this, crossbar, "a result", getY().getType(), crossbar.getColumns())))
    return failure();
  return verifySameRows(*this, "x", getX().getType(), 1, "the result", getY().getType(), 1);
}

LogicalResult TiledMatMulOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyStage(*this, crossbar, bool(crossbar.getGrid()), "grid")) ||
      failed(verifyTail(*this, crossbar, "x", getX().getType(), crossbar.getRows())) ||
      failed(
          verifyTail(*this, crossbar, "a result", getY().getType(), {crossbar.getRowTiles(), int64_t(crossbar.getColumns())})))
    return failure();
  return verifySameRows(*this, "x", getX().getType(), 1, "the result", getY().getType(), 2);
}

LogicalResult DacOp::verify() {
  if (failed(verifyInputSlices(*this)))
    return failure();
  auto x = cast<RankedTensorType>(getX().getType()), voltages = cast<RankedTensorType>(getVoltages().getType());
  SmallVector<int64_t> expected(x.getShape());
  expected.push_back(getInputSlices());
  if (x.getRank() < 1 || failed(verifyCompatibleShape(voltages.getShape(), expected)))
    return emitOpError() << "has voltages of shape " << shapeToString(voltages.getShape()) << "; x and " << getInputSlices()
                         << " input slices make " << shapeToString(expected);
  if (bool(getTileAlpha()) != bool(getTileRows()))
    return emitOpError() << "has one of tile_alpha and tile_rows; they go together";
  if (!getTileAlpha())
    return verifySameRows(*this, "x", x, 1, "the scales", getScales().getType(), 0);
  auto scales = cast<RankedTensorType>(getScales().getType());
  int64_t elements = x.getShape().back(), rows = *getTileRows(), tiles = getTileAlpha()->size();
  if (rows < 1 || ShapedType::isDynamic(elements) || tiles != int64_t(llvm::divideCeil(elements, rows)))
    return emitOpError() << "has " << tiles << " scales in tile_alpha for " << elements << " elements in tiles of " << rows;
  if (scales.getRank() < 1 || scales.getShape().back() != tiles)
    return emitOpError() << "has scales of shape " << shapeToString(scales.getShape()) << "; it must end in " << tiles
                         << ", the row tiles of tile_alpha";
  return verifySameRows(*this, "x", x, 1, "the scales", scales, 1);
}

LogicalResult MvmOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyStage(*this, crossbar, bool(crossbar.getCoding()), "coding")))
    return failure();
  int64_t inputSlices = cast<ShapedType>(getVoltages().getType()).getShape().back();
  if (failed(verifyTail(*this, crossbar, "voltages", getVoltages().getType(), {int64_t(crossbar.getRows()), inputSlices})) ||
      failed(verifyTail(*this, crossbar, "currents", getCurrents().getType(),
                        {crossbar.getRowTiles(), int64_t(crossbar.getColumns()), crossbar.getSlices(), inputSlices})))
    return failure();
  return verifySameRows(*this, "voltages", getVoltages().getType(), 2, "currents", getCurrents().getType(), 4);
}

LogicalResult AdcOp::verify() {
  if (failed(verifyOutputConverter(*this)))
    return failure();
  if (failed(verifyCompatibleShape(getCurrents().getType(), getCodes().getType())))
    return emitOpError() << "has currents " << getCurrents().getType() << " but codes " << getCodes().getType();
  return success();
}

/// Shape of one value per ADC: [G, T, N, S].
static SmallVector<int64_t> getConverterShape(CrossbarOp crossbar) {
  return {int64_t(crossbar.getGroups()), crossbar.getRowTiles(), int64_t(crossbar.getColumns()), crossbar.getSlices()};
}

LogicalResult AdcOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyStage(*this, crossbar, bool(crossbar.getCoding()), "coding")))
    return failure();
  int64_t inputSlices = cast<ShapedType>(getCurrents().getType()).getShape().back();
  if (failed(verifyTail(*this, crossbar, "currents", getCurrents().getType(),
                        {crossbar.getRowTiles(), int64_t(crossbar.getColumns()), crossbar.getSlices(), inputSlices})))
    return failure();
  return verifyElements(*this, "adc_range", getAdcRange(), getConverterShape(crossbar), Builder(getContext()).getF32Type());
}

LogicalResult RecombineOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyStage(*this, crossbar, bool(crossbar.getCoding()), "coding")) ||
      failed(verifyInputConverter(*this)))
    return failure();
  int64_t magnitudeBits = getInputSigned() ? getInputBits() - 1 : getInputBits();
  int64_t inputSlices = llvm::divideCeil(magnitudeBits, int64_t(getInputSliceBits()));
  int64_t columns = crossbar.getColumns();
  // Tail of the codes: tiles, columns, slices, input slices; the scales have the first of them or none.
  auto rankOf = [](Value value) { return cast<ShapedType>(value.getType()).getRank(); };
  SmallVector<int64_t> scalesTail;
  if (rankOf(getScales()) == rankOf(getCodes()) - 3)
    scalesTail.push_back(crossbar.getRowTiles());
  if (failed(verifyTail(*this, crossbar, "codes", getCodes().getType(),
                        {crossbar.getRowTiles(), columns, crossbar.getSlices(), inputSlices})) ||
      failed(verifyTail(*this, crossbar, "scales", getScales().getType(), scalesTail)) ||
      failed(verifyTail(*this, crossbar, "a result", getY().getType(), {crossbar.getRowTiles(), columns})))
    return failure();
  if (failed(verifySameRows(*this, "codes", getCodes().getType(), 4, "scales", getScales().getType(), scalesTail.size())))
    return failure();
  return verifySameRows(*this, "codes", getCodes().getType(), 4, "the result", getY().getType(), 2);
}

LogicalResult DispatchOp::verify() {
  if (failed(verifyInputSlices(*this)) || failed(verifyOutputConverter(*this)) || failed(verifyKSizes(*this, getKSizes())))
    return failure();
  auto x = cast<ShapedType>(getX().getType()), init = cast<ShapedType>(getInit().getType());
  if (isa<TensorType>(x) != isa<TensorType>(init))
    return emitOpError() << "has x of type " << x << " but init of type " << init << "; both are tensors or both memrefs";
  if (getResult().size() != (isa<TensorType>(init) ? 1u : 0u) || (!getResult().empty() && getResult()[0].getType() != init))
    return emitOpError() << "has result types (" << llvm::interleaved(getResult().getTypes()) << ") for init of type " << init;
  if (getXMap().getNumDims() < 1 + getKSizes().size())
    return emitOpError() << "has x_map " << getXMapAttr() << " with fewer dimensions than a group and " << getKSizes().size()
                         << " of k";
  unsigned rowDims = getRowDims();
  if (failed(verifyIndex(*this, "x_map", getXMap(), rowDims + 1 + getKSizes().size(), "rows, group, k", x.getRank())) ||
      failed(verifyIndex(*this, "y_map", getYMap(), rowDims + 2, "rows, group, n", init.getRank())))
    return failure();
  for (unsigned row = 0; row < rowDims; ++row)
    if (!getRowAxis(getYMap(), row))
      return emitOpError() << "has y_map " << getYMapAttr() << ", in which row dimension " << row
                           << " drives no axis alone with coefficient 1";
  if (rowDims > 63 || (uint64_t(getScaleDims()) >> rowDims) != 0)
    return emitOpError() << "has scale_dims " << getScaleDims() << " but only " << rowDims << " row dimensions";
  int64_t batchDim = getBatchDim(), batchOuter = getBatchOuter(), batchInner = getBatchInner();
  if (batchDim < -1 || batchDim >= int64_t(rowDims) || batchOuter < 1 || batchInner < 1)
    return emitOpError() << "has batch_dim " << batchDim << " (outer " << batchOuter << ", inner " << batchInner << ") of "
                         << rowDims << " row dimensions";
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CrossbarOp crossbar = lookUpCrossbar(*this, getCrossbarAttr(), symbols);
  if (!crossbar || failed(verifyStage(*this, crossbar, bool(crossbar.getCoding()), "coding")))
    return failure();
  if (product(getKSizes()) != int64_t(crossbar.getRows()))
    return emitOpError() << "has k_sizes that multiply to " << product(getKSizes()) << ", but crossbar @"
                         << crossbar.getSymName() << " has " << crossbar.getRows() << " rows";
  if (getTileAlpha() && int64_t(getTileAlpha()->size()) != crossbar.getRowTiles())
    return emitOpError() << "has " << getTileAlpha()->size() << " scales in tile_alpha, but crossbar @" << crossbar.getSymName()
                         << " has " << crossbar.getRowTiles() << " row tiles";
  Type f32 = Builder(getContext()).getF32Type();
  SmallVector<int64_t> perColumn = {int64_t(crossbar.getGroups()), int64_t(crossbar.getColumns())};
  if (failed(verifyElements(*this, "adc_range", getAdcRange(), getConverterShape(crossbar), f32)) ||
      failed(verifyElements(*this, "bias", getBias(), perColumn, f32)) ||
      failed(verifyElements(*this, "affine_scale", getAffineScale(), perColumn, f32)))
    return failure();
  return verifyElements(*this, "affine_offset", getAffineOffset(), perColumn, f32);
}
