//===- Values.cpp - elements of small tensors, as inference follows them ----------------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

bool PartialValue::isFullyKnown() const {
  return llvm::all_of(elements, [](const Scalar &scalar) { return scalar.isKnown(); });
}

std::optional<SmallVector<int64_t>> PartialValue::getIntegers() const {
  SmallVector<int64_t> integers;
  for (const Scalar &scalar : elements) {
    if (!scalar.isInteger())
      return std::nullopt;
    integers.push_back(scalar.bits);
  }
  return integers;
}

//===--------------------------------------------------------------------------------------------------------------===//
// Constants
//===--------------------------------------------------------------------------------------------------------------===//

static Scalar toScalar(const APInt &bits, bool isUnsigned) {
  return Scalar::integer(isUnsigned || bits.getBitWidth() == 1 ? bits.getZExtValue() : bits.getSExtValue());
}

static double toDouble(APFloat number) {
  bool losesInfo = false;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToDouble();
}

std::shared_ptr<PartialValue> aimc::onnx::readElements(Attribute attr) {
  auto dense = dyn_cast<ElementsAttr>(attr);
  if (!dense || !isa<RankedTensorType>(dense.getShapedType()))
    return nullptr;
  Type elementType = dense.getElementType();
  bool isReal = isa<FloatType>(elementType);
  if (!isReal && !isa<IntegerType>(elementType))
    return nullptr;
  if (dense.getNumElements() > (isReal ? maxRealElements : maxIntegerElements))
    return nullptr;

  auto result = std::make_shared<PartialValue>();
  llvm::append_range(result->shape, dense.getShapedType().getShape());
  result->elements.reserve(dense.getNumElements());
  auto append = [&](DenseElementsAttr elements) {
    if (isReal)
      for (const APFloat &number : elements.getValues<APFloat>())
        result->elements.push_back(Scalar::real(toDouble(number)));
    else
      for (const APInt &bits : elements.getValues<APInt>())
        result->elements.push_back(toScalar(bits, elementType.isUnsignedInteger()));
  };
  if (auto elements = dyn_cast<DenseElementsAttr>(attr)) {
    append(elements);
    return result;
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  if (!resource || !resource.getRawHandle().getBlob() || elementType.isInteger(1))
    return nullptr;
  bool isSplat = false;
  ArrayRef<char> data = resource.getRawHandle().getBlob()->getData();
  if (!DenseElementsAttr::isValidRawBuffer(dense.getShapedType(), data, isSplat))
    return nullptr;
  append(DenseElementsAttr::getFromRawBuffer(dense.getShapedType(), data));
  return result;
}

static APFloat toAPFloat(double number, FloatType type) {
  APFloat result(number);
  bool losesInfo = false;
  result.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return result;
}

DenseElementsAttr aimc::onnx::writeElements(const PartialValue &value, Type elementType) {
  auto type = RankedTensorType::get(value.shape, elementType);
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    SmallVector<APFloat> numbers;
    for (const Scalar &scalar : value.elements)
      numbers.push_back(toAPFloat(scalar.number, floatType));
    return DenseElementsAttr::get(type, numbers);
  }
  SmallVector<APInt> integers;
  unsigned width = elementType.getIntOrFloatBitWidth();
  for (const Scalar &scalar : value.elements)
    integers.push_back(APInt(64, static_cast<uint64_t>(scalar.bits)).trunc(width));
  return DenseElementsAttr::get(type, integers);
}

int64_t aimc::onnx::truncateToInteger(double number) {
  if (!(number > -9223372036854775808.0))
    return std::isnan(number) ? 0 : std::numeric_limits<int64_t>::min();
  return number < 9223372036854775808.0 ? static_cast<int64_t>(number) : std::numeric_limits<int64_t>::max();
}

Scalar aimc::onnx::convert(const Scalar &scalar, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type)) {
    if (scalar.isReal())
      return Scalar::real(toDouble(toAPFloat(scalar.number, floatType)));
    if (!scalar.isInteger())
      return Scalar::unknown();
    // From the integer at once: a detour through double would round twice.
    APFloat number(floatType.getFloatSemantics());
    number.convertFromAPInt(APInt(64, static_cast<uint64_t>(scalar.bits)), true, APFloat::rmNearestTiesToEven);
    return Scalar::real(toDouble(number));
  }
  auto integerType = dyn_cast<IntegerType>(type);
  if (!integerType || integerType.getWidth() > 64)
    return Scalar::unknown();
  unsigned width = integerType.getWidth();
  if (scalar.kind == Scalar::Kind::Symbol)
    return width >= 32 ? scalar : Scalar::unknown();
  if (!scalar.isKnown())
    return scalar;
  if (width == 1)
    return Scalar::integer(scalar.isReal() ? scalar.number != 0 : scalar.bits != 0);
  int64_t bits = scalar.isReal() ? truncateToInteger(scalar.number) : scalar.bits;
  return toScalar(APInt(64, static_cast<uint64_t>(bits)).trunc(width), integerType.isUnsigned());
}

//===--------------------------------------------------------------------------------------------------------------===//
// Moving elements
//===--------------------------------------------------------------------------------------------------------------===//

SmallVector<int64_t> aimc::onnx::getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim-- > 1;)
    strides[dim - 1] = strides[dim] * shape[dim];
  return strides;
}

bool aimc::onnx::isSmall(ArrayRef<Dim> shape) {
  int64_t count = 1;
  for (Dim dim : shape)
    if (!isStatic(dim) || __builtin_mul_overflow(count, dim, &count))
      return false;
  return count <= maxIntegerElements;
}

/// Calls `visit` with every index of `shape`, row-major.
static void forEachIndex(ArrayRef<int64_t> shape, llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t> index(shape.size(), 0);
  while (true) {
    visit(index);
    size_t dim = shape.size();
    while (dim > 0 && ++index[dim - 1] == shape[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      return;
  }
}

PartialValue aimc::onnx::pickElements(const PartialValue &source, ArrayRef<int64_t> shape,
                                      llvm::function_ref<int64_t(ArrayRef<int64_t>)> pick) {
  PartialValue result;
  llvm::append_range(result.shape, shape);
  forEachIndex(shape, [&](ArrayRef<int64_t> index) { result.elements.push_back(source.elements[pick(index)]); });
  return result;
}

PartialValue aimc::onnx::mapBroadcast(ArrayRef<const PartialValue *> operands, ArrayRef<int64_t> shape,
                                      llvm::function_ref<Scalar(ArrayRef<Scalar>)> function) {
  SmallVector<SmallVector<int64_t>> strides;
  for (const PartialValue *operand : operands) {
    SmallVector<int64_t> own = getStrides(operand->shape);
    SmallVector<int64_t> aligned(shape.size() - own.size(), 0);
    for (auto [stride, size] : llvm::zip(own, operand->shape))
      aligned.push_back(size == 1 ? 0 : stride);
    strides.push_back(std::move(aligned));
  }
  PartialValue result;
  llvm::append_range(result.shape, shape);
  SmallVector<Scalar> elements(operands.size());
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    for (auto [element, operand, stride] : llvm::zip(elements, operands, strides)) {
      int64_t flat = 0;
      for (auto [position, step] : llvm::zip(index, stride))
        flat += position * step;
      element = operand->elements[flat];
    }
    result.elements.push_back(function(elements));
  });
  return result;
}
