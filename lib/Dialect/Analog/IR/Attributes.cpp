//===- Attributes.cpp - attributes of the analog dialect --------------------------------------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace aimc::analog;

#include "aimc/Dialect/Analog/IR/AnalogEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "aimc/Dialect/Analog/IR/AnalogAttributes.cpp.inc"

void AnalogDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "aimc/Dialect/Analog/IR/AnalogAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// #analog.target
//===----------------------------------------------------------------------===//

static int64_t countSlices(Encoding encoding, int64_t weightBits, int64_t cellBits) {
  return llvm::divideCeil(encoding == Encoding::Differential ? weightBits - 1 : weightBits, cellBits);
}

int64_t TargetAttr::getSlices() const { return countSlices(getEncoding(), getWeightBits(), getCellBits()); }

int64_t TargetAttr::getInputSliceBits(bool isSigned) const {
  int64_t magnitudeBits = isSigned ? getInputBits() - 1 : getInputBits();
  return getInputSliceBits() == 0 ? magnitudeBits : std::min(getInputSliceBits(), magnitudeBits);
}

int64_t TargetAttr::getInputSlices(bool isSigned) const {
  return llvm::divideCeil(isSigned ? getInputBits() - 1 : getInputBits(), getInputSliceBits(isSigned));
}

int64_t TargetAttr::getColumnStride() const {
  return (getSliceLayout() == Layout::Interleaved ? getSlices() : 1) *
         (getPolarityLayout() == Layout::Interleaved ? getPolarities() : 1);
}

int64_t TargetAttr::getArraysPerTile() const {
  return (getSliceLayout() == Layout::Separate ? getSlices() : 1) *
         (getPolarityLayout() == Layout::Separate ? getPolarities() : 1);
}

namespace {
/// A parameter, its value, and the values it may have.
struct Range {
  StringRef name;
  int64_t value, least, most;
};
} // namespace

static LogicalResult verifyRanges(function_ref<InFlightDiagnostic()> emitError, ArrayRef<Range> ranges) {
  for (const Range &range : ranges)
    if (range.value < range.least || range.value > range.most)
      return emitError() << range.name << " is " << range.value << ", outside " << range.least << ".." << range.most;
  return success();
}

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef name, int64_t tileRows,
                                 int64_t tileColumns, int64_t arrayRows, int64_t arrayColumns, int64_t arraysPerChip,
                                 int64_t chips, Encoding encoding, int64_t weightBits, int64_t cellBits, bool unitColumn,
                                 ScaleGranularity, Layout sliceLayout, Layout polarityLayout, int64_t inputBits,
                                 int64_t inputSliceBits, int64_t adcBits, DeviceModel device, APFloat gMinValue,
                                 APFloat gMaxValue, int64_t devicesPerWeight, bool, APFloat outputNoiseValue,
                                 ReadNoise readNoise, IrDrop irDrop, bool gatedRows
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high) , APFloat field
#include "aimc/parameters.def"
) {
  double gMin = gMinValue.convertToDouble(), gMax = gMaxValue.convertToDouble();
  double outputNoise = outputNoiseValue.convertToDouble();
  constexpr int64_t many = 1 << 20;
  if (failed(verifyRanges(emitError, {{"tile_rows", tileRows, 1, 65793},
                                      {"tile_columns", tileColumns, 1, many},
                                      {"array_rows", arrayRows, 1, many},
                                      {"array_columns", arrayColumns, 1, many},
                                      {"arrays_per_chip", arraysPerChip, 1, many},
                                      {"chips", chips, 1, many},
                                      {"weight_bits", weightBits, 2, 16},
                                      {"cell_bits", cellBits, 1, 14},
                                      {"input_bits", inputBits, 2, 8},
                                      {"input_slice_bits", inputSliceBits, 0, inputBits},
                                      {"adc_bits", adcBits, 0, 22},
                                      {"devices_per_weight", devicesPerWeight, 1, 16}})))
    return failure();
  if (adcBits == 1)
    return emitError() << "adc_bits is 1; an ADC has at least 2 bits, 0 makes it ideal";
  if (!(gMin >= 0.0 && gMin < gMax && std::isfinite(gMax)))
    return emitError() << "g_min is " << gMin << " and g_max " << gMax << " microsiemens; 0 <= g_min < g_max must hold";
  if (!(outputNoise >= 0.0 && std::isfinite(outputNoise)))
    return emitError() << "output_noise is " << outputNoise << "; it is a standard deviation";
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high)                                                             \
  if (double value = field.convertToDouble(); !(value >= (low) && value <= (high)))                                            \
    return emitError() << #field " is " << value << ", outside " #low ".." #high;
#include "aimc/parameters.def"
  if (magnitude.isNonZero() && device < DeviceModel::NormalIndependent)
    return emitError() << "magnitude is " << magnitude.convertToDouble() << ", but device " << stringifyDeviceModel(device)
                       << " has statistics of its own; it is for the generic devices";
  if (double stuck = stuck_at_g_min.convertToDouble() + stuck_at_g_max.convertToDouble(); stuck > 1)
    return emitError() << "stuck_at_g_min and stuck_at_g_max add up to " << stuck << "; they are probabilities";
  if (read_magnitude.isNonZero() && readNoise != ReadNoise::Independent && readNoise != ReadNoise::Proportional)
    return emitError() << "read_magnitude is " << read_magnitude.convertToDouble() << ", but read_noise is "
                       << stringifyReadNoise(readNoise) << "; it goes with independent and proportional";
  if (irDrop != IrDrop::None && wire_resistance.isZero())
    return emitError() << "ir_drop is " << stringifyIrDrop(irDrop) << ", but wire_resistance is 0";
  if (irDrop == IrDrop::Exact && gatedRows)
    return emitError() << "ir_drop is exact, but gated_rows is true: rows that float are another network for every input; "
                          "choose approximate";
  if (unitColumn && encoding != Encoding::Offset)
    return emitError() << "unit_column needs offset encoding";
  if (irDrop == IrDrop::Exact && unitColumn)
    return emitError() << "ir_drop is exact, but unit_column is true: a unit column has no place in an array; compute the "
                          "offset digitally (unit_column = false) or choose approximate";
  if (tileRows > arrayRows)
    return emitError() << "a tile of " << tileRows << " rows does not fit an array of " << arrayRows;
  int64_t polarities = encoding == Encoding::Differential ? 2 : 1;
  int64_t stride = (sliceLayout == Layout::Interleaved ? countSlices(encoding, weightBits, cellBits) : 1) *
                   (polarityLayout == Layout::Interleaved ? polarities : 1);
  if (tileColumns * stride > arrayColumns)
    return emitError() << "a tile of " << tileColumns << " columns takes " << tileColumns * stride << " columns with " << stride
                       << " interleaved parts; array '" << name << "' has " << arrayColumns;
  return success();
}

//===----------------------------------------------------------------------===//
// #analog.coding
//===----------------------------------------------------------------------===//

LogicalResult CodingAttr::verify(function_ref<InFlightDiagnostic()> emitError, Encoding encoding, int64_t weightBits,
                                 int64_t cellBits, int64_t slices, bool unitColumn, ScaleGranularity) {
  if (failed(verifyRanges(emitError, {{"weight_bits", weightBits, 2, 16}, {"cell_bits", cellBits, 1, 14}})))
    return failure();
  if (slices != countSlices(encoding, weightBits, cellBits))
    return emitError() << "slices is " << slices << ", but " << weightBits << " weight bits on cells of " << cellBits
                       << " take " << countSlices(encoding, weightBits, cellBits);
  if (unitColumn && encoding != Encoding::Offset)
    return emitError() << "unit_column needs offset encoding";
  return success();
}
