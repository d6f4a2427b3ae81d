//===- InsertConverters.cpp - DACs before, ADCs after -----------------------------------------------------------===//
#include "Common.h"
#include "Integers.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Analysis/ValueRanges.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGINSERTCONVERTERSPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Input converter
//===----------------------------------------------------------------------===//

namespace {
/// How x becomes digits.
struct InputCoding {
  int64_t bits, sliceBits, slices;
  bool isSigned;

  /// Xi: the largest digit of a slice.
  int64_t getLargestDigit() const {
    return std::min((int64_t(1) << sliceBits) - 1, (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1);
  }
};
} // namespace

static InputCoding getInputCoding(TargetAttr target, bool isSigned) {
  return {target.getInputBits(), target.getInputSliceBits(isSigned), target.getInputSlices(isSigned), isSigned};
}

//===----------------------------------------------------------------------===//
// Output converter without data
//===----------------------------------------------------------------------===//

namespace {
/// Sums over the digits D_s of one column of a row tile.
struct ColumnSums {
  int64_t absolute = 0, plain = 0, squares = 0;

  void add(int64_t digit) {
    absolute += std::abs(digit);
    plain += digit;
    squares += digit * digit;
  }
  /// A: the smaller of what the column can reach at most and four standard deviations of what it is expected to.
  float getRange(const InputCoding &input) const {
    if (absolute == 0)
      return 1.0f;
    double largest = input.getLargestDigit();
    double mean = input.isSigned ? 0.0 : largest / 4, deviation = input.isSigned ? largest / 3 : largest / 4;
    double expected = std::fabs(mean * plain) + 4 * deviation * std::sqrt(double(squares));
    return std::min(largest * absolute, expected);
  }
};
} // namespace

/// A of every converter of `crossbar` [G, T, N, S], from the levels alone.
template <typename Level>
static SmallVector<float> computeDefaultRanges(CrossbarOp crossbar, const StridedView &view, const InputCoding &input) {
  CodingAttr coding = *crossbar.getCoding();
  int64_t groups = crossbar.getGroups(), rows = crossbar.getRows(), columns = crossbar.getColumns();
  int64_t tileRows = crossbar.getGrid()->getTileRows(), slices = coding.getSlices(), cellBits = coding.getCellBits();
  int64_t mask = (int64_t(1) << cellBits) - 1;
  int64_t offset = coding.getEncoding() == Encoding::Offset ? int64_t(1) << (coding.getWeightBits() - 1) : 0;
  SmallVector<float> ranges;
  SmallVector<ColumnSums> sums(columns * slices);
  auto levels = reinterpret_cast<const Level *>(view.base);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t k = 0; k < rows; ++k) {
      for (int64_t n = 0; n < columns; ++n) {
        int64_t level = levels[g * view.strides[0] + k * view.strides[1] + n * view.strides[2]] + offset;
        for (int64_t s = 0; s < slices; ++s) {
          int64_t digit = (std::abs(level) >> (s * cellBits)) & mask;
          sums[n * slices + s].add(level < 0 ? -digit : digit);
        }
      }
      if ((k + 1) % tileRows != 0 && k + 1 != rows)
        continue;
      for (ColumnSums &column : sums) {
        ranges.push_back(column.getRange(input));
        column = {};
      }
    }
  return ranges;
}

static SmallVector<float> computeDefaultRanges(CrossbarOp crossbar, const InputCoding &input) {
  StridedView view = *viewOfAttribute(*crossbar.getLevels());
  return crossbar.getCoding()->getWeightBits() <= 8 ? computeDefaultRanges<int8_t>(crossbar, view, input)
                                                    : computeDefaultRanges<int16_t>(crossbar, view, input);
}

//===----------------------------------------------------------------------===//
// Ranges from calibration
//===----------------------------------------------------------------------===//

/// The contents of a ranges file; an empty object when `path` is empty.
static FailureOr<llvm::json::Object> readRanges(ModuleOp module, StringRef path) {
  if (path.empty())
    return llvm::json::Object();
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file)
    return module.emitError() << "cannot read ranges from " << path << ": " << file.getError().message();
  llvm::Expected<llvm::json::Value> json = llvm::json::parse((*file)->getBuffer());
  if (!json)
    return module.emitError() << path << ": " << llvm::toString(json.takeError());
  llvm::json::Object *layers = json->getAsObject();
  if (!layers)
    return module.emitError() << path << ": ranges are a JSON object with an entry for each node";
  for (auto &layer : *layers) {
    llvm::json::Object *entries = layer.second.getAsObject();
    if (!entries)
      return module.emitError() << path << ": '" << layer.first.str()
                                << R"(' must be an object {"alpha": …, "adc_range": […]})";
    for (auto &entry : *entries)
      if (entry.first != "alpha" && entry.first != "adc_range")
        return module.emitError() << path << ": '" << layer.first.str() << "' has an unknown key '" << entry.first.str()
                                  << "'; known are 'alpha' and 'adc_range'";
  }
  return std::move(*layers);
}

/// A range as float32: positive and finite; 0 stands for something that was never driven, which any range fits.
static FailureOr<float> toRange(Operation *op, const llvm::json::Value &value, const Twine &what) {
  std::optional<double> number = value.getAsNumber();
  float range = number ? *number : -1.0f;
  if (!(range >= 0.0f && std::isfinite(range)))
    return op->emitError() << what << " must be a number that is finite and not negative";
  return range == 0.0f ? 1.0f : range;
}

/// "alpha" of `layer`, one number; null when it is measured at run time, or row tiles have one each.
static FailureOr<FloatAttr> getAlpha(Operation *op, StringRef node, const llvm::json::Object *layer) {
  const llvm::json::Value *value = layer ? layer->get("alpha") : nullptr;
  if (!value || value->getAsArray() || value->getAsString() == StringRef("dynamic"))
    return FloatAttr();
  FailureOr<float> alpha = toRange(op, *value, "ranges of '" + node + "': alpha");
  if (failed(alpha))
    return failure();
  return Builder(op->getContext()).getF32FloatAttr(*alpha);
}

/// "alpha" of `layer`, one number for each row tile; null when it is something else.
static FailureOr<DenseF32ArrayAttr> getTileAlpha(Operation *op, StringRef node, const llvm::json::Object *layer,
                                                 CrossbarOp crossbar) {
  const llvm::json::Value *value = layer ? layer->get("alpha") : nullptr;
  const llvm::json::Array *numbers = value ? value->getAsArray() : nullptr;
  if (!numbers)
    return DenseF32ArrayAttr();
  if (int64_t(numbers->size()) != crossbar.getRowTiles())
    return op->emitError() << "ranges of '" << node << "': alpha has " << numbers->size() << " numbers, but its crossbar has "
                           << crossbar.getRowTiles() << " row tiles; calibrate again for this target";
  SmallVector<float> scales;
  for (const llvm::json::Value &number : *numbers) {
    FailureOr<float> scale = toRange(op, number, "ranges of '" + node + "': alpha");
    if (failed(scale))
      return failure();
    scales.push_back(*scale);
  }
  return Builder(op->getContext()).getDenseF32ArrayAttr(scales);
}

/// "adc_range" of `layer`, as many numbers as there are converters; the data-free default when it is absent.
static FailureOr<SmallVector<float>> getAdcRange(Operation *op, StringRef node, const llvm::json::Object *layer,
                                                 CrossbarOp crossbar, const InputCoding &input) {
  const llvm::json::Value *value = layer ? layer->get("adc_range") : nullptr;
  if (!value)
    return computeDefaultRanges(crossbar, input);
  int64_t converters = crossbar.getGroups() * crossbar.getRowTiles() * crossbar.getColumns() * crossbar.getSlices();
  const llvm::json::Array *numbers = value->getAsArray();
  if (!numbers || int64_t(numbers->size()) != converters)
    return op->emitError() << "ranges of '" << node << "': adc_range has " << (numbers ? numbers->size() : 0)
                           << " numbers, but its crossbar has " << converters << " converters (" << crossbar.getGroups()
                           << " groups x " << crossbar.getRowTiles() << " row tiles x " << crossbar.getColumns()
                           << " columns x " << crossbar.getSlices() << " slices); calibrate again for this target";
  SmallVector<float> ranges;
  for (const llvm::json::Value &number : *numbers) {
    FailureOr<float> range = toRange(op, number, "ranges of '" + node + "': adc_range");
    if (failed(range))
      return failure();
    ranges.push_back(*range);
  }
  return ranges;
}

//===----------------------------------------------------------------------===//
// The chain
//===----------------------------------------------------------------------===//

/// Row dimensions that select their own dynamic α, as a bit mask: each row of a product has one; of a convolution, each
/// combination of rows that move no window over x (the sample).
static int64_t getScaleDims(TiledMatMulOp op, unsigned rowDims) {
  int64_t all = (int64_t(1) << rowDims) - 1;
  auto gather = op.getX().getDefiningOp<GatherOp>();
  if (op.getKind() != Kind::Convolution || !gather)
    return all;
  AffineMap map = gather.getXMap();
  for (AffineExpr expr : map.getResults()) {
    auto isIn = [&](unsigned d) { return expr.isFunctionOfDim(d); };
    bool movesWindow = llvm::any_of(llvm::seq(rowDims + 1, map.getNumDims()), isIn);
    for (unsigned row = 0; row < rowDims; ++row)
      if (movesWindow && isIn(row))
        all &= ~(int64_t(1) << row);
  }
  return all;
}

/// The α with which codes are the integers that a quantized network stores, X = q: Q · scale. Null where x is not stored so,
/// has a zero point, or has more integers than there are codes; of a signed type all but the least one must fit.
static FloatAttr getAlphaOfIntegers(const std::optional<StoredIntegers> &stored, const InputCoding &input, Builder &b) {
  if (!stored || stored->zero != 0)
    return {};
  int64_t most = (int64_t(1) << (input.isSigned ? input.bits - 1 : input.bits)) - 1;
  if (stored->high > most)
    return {};
  return b.getF32FloatAttr(float(most) * stored->scale);
}

static LogicalResult insertConverters(TiledMatMulOp op, CrossbarOp crossbar, TargetAttr target, ValueRanges &valueRanges,
                                      const llvm::json::Object &ranges) {
  if (!crossbar.getLevels())
    return op.emitOpError() << "drives crossbar @" << crossbar.getSymName()
                            << " without levels; run analog-quantize-weights first";
  OpBuilder b(op);
  Location loc = op.getLoc();
  StringRef node = getNodeName(op, crossbar.getNode());
  const llvm::json::Object *layer = ranges.getObject(llvm::json::fixUTF8(node)); // names may be any bytes
  std::optional<StoredIntegers> stored = readStoredIntegers(op.getX());
  bool isUnsigned = (stored && stored->zero == 0 && stored->isUnsigned) || valueRanges.isNonNegative(op.getX());
  InputCoding input = getInputCoding(target, !isUnsigned);
  int64_t groupDims = crossbar.getGroups() != 1;

  auto withTail = [](ArrayRef<int64_t> head, ArrayRef<int64_t> tail, Type type) {
    SmallVector<int64_t> shape(head);
    llvm::append_range(shape, tail);
    return RankedTensorType::get(shape, type);
  };
  auto xType = cast<RankedTensorType>(op.getX().getType());
  ArrayRef<int64_t> lead = xType.getShape().drop_back(); // rows…, (group)
  int64_t rows = crossbar.getRows(), columns = crossbar.getColumns(), rowTiles = crossbar.getRowTiles();
  int64_t slices = crossbar.getSlices();

  FailureOr<FloatAttr> alpha = getAlpha(op, node, layer);
  FailureOr<DenseF32ArrayAttr> tileAlpha = getTileAlpha(op, node, layer, crossbar);
  if (failed(alpha) || failed(tileAlpha))
    return failure();
  if (FloatAttr exact = getAlphaOfIntegers(stored, input, b)) {
    alpha = exact;
    tileAlpha = DenseF32ArrayAttr();
  }
  SmallVector<int64_t> scaleTail;
  IntegerAttr tileRows;
  if (*tileAlpha) {
    scaleTail.push_back(rowTiles);
    tileRows = b.getI64IntegerAttr(crossbar.getGrid()->getTileRows());
  }
  int64_t scaleDims = *alpha || *tileAlpha ? 0 : getScaleDims(op, lead.size() - groupDims);
  auto dac = DacOp::create(b, loc, withTail(lead, {rows, input.slices}, VoltageType::get(b.getContext())),
                           withTail(lead, scaleTail, b.getF32Type()), op.getX(), b.getI64IntegerAttr(input.bits),
                           b.getBoolAttr(input.isSigned), b.getI64IntegerAttr(input.sliceBits),
                           b.getI64IntegerAttr(input.slices), *alpha, b.getI64IntegerAttr(scaleDims), *tileAlpha, tileRows);

  SmallVector<int64_t> codes = {rowTiles, columns, slices, input.slices};
  Value currents = MvmOp::create(b, loc, withTail(lead, codes, CurrentType::get(b.getContext())), op.getCrossbarAttr(),
                                 dac.getVoltages(), op.getKindAttr(), op.getTileBaseAttr());
  ElementsAttr adcRange;
  if (target.getAdcBits() != 0) {
    FailureOr<SmallVector<float>> numbers = getAdcRange(op, node, layer, crossbar, input);
    if (failed(numbers))
      return failure();
    auto type = RankedTensorType::get({int64_t(crossbar.getGroups()), rowTiles, columns, slices}, b.getF32Type());
    adcRange = DenseElementsAttr::get(type, ArrayRef<float>(*numbers));
  }
  bool adcUnsigned = target.getEncoding() == Encoding::Offset && !input.isSigned;
  Value digits = AdcOp::create(b, loc, withTail(lead, codes, b.getI32Type()), op.getCrossbarAttr(), currents,
                               b.getI64IntegerAttr(target.getAdcBits()), b.getBoolAttr(adcUnsigned), adcRange);
  Value y =
      RecombineOp::create(b, loc, op.getY().getType(), op.getCrossbarAttr(), digits, dac.getScales(),
                          b.getI64IntegerAttr(input.bits), b.getBoolAttr(input.isSigned), b.getI64IntegerAttr(input.sliceBits));
  op.replaceAllUsesWith(y);
  return success();
}

namespace {
struct AnalogInsertConvertersPass : aimc::analog::impl::AnalogInsertConvertersPassBase<AnalogInsertConvertersPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    TargetAttr target = getTargetOrError(module);
    FailureOr<llvm::json::Object> layers = readRanges(module, ranges.getValue());
    if (!target || failed(layers))
      return signalPassFailure();

    SymbolTable symbols(module);
    ValueRanges valueRanges;
    SmallVector<TiledMatMulOp> uses;
    llvm::StringSet<> nodes;
    module.walk([&](TiledMatMulOp op) { uses.push_back(op); });
    for (TiledMatMulOp op : uses) {
      auto crossbar = symbols.lookup<CrossbarOp>(op.getCrossbar());
      nodes.insert(llvm::json::fixUTF8(getNodeName(op, crossbar.getNode())));
      if (failed(insertConverters(op, crossbar, target, valueRanges, *layers)))
        return signalPassFailure();
    }
    for (TiledMatMulOp op : uses) // not before: the analysis remembers values
      op.erase();
    for (auto &layer : *layers)
      if (!nodes.contains(layer.first.str()))
        module.emitWarning() << ranges.getValue() << " has ranges of '" << layer.first.str() << "', which is on no tile";
  }
};
} // namespace
