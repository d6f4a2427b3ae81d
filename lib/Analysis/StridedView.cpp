//===- StridedView.cpp - tensors in memory and as attributes ----------------------------------------------------===//
#include "aimc/Analysis/StridedView.h"

#include "Storage.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;
using namespace aimc;

int64_t StridedView::getNumElements() const {
  int64_t elements = 1;
  for (int64_t size : sizes)
    elements *= size;
  return elements;
}

int64_t StridedView::getElementSize() const { return sizeOf(*storageOf(elementType)); }

bool StridedView::isSplat() const {
  return llvm::all_of(llvm::zip_equal(sizes, strides), [](auto dim) { return std::get<0>(dim) == 1 || std::get<1>(dim) == 0; });
}

SmallVector<int64_t> aimc::rowMajorStrides(ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;)
    strides[i - 1] = strides[i] * sizes[i];
  return strides;
}

bool StridedView::isContiguous() const {
  if (getNumElements() == 0)
    return true;
  SmallVector<int64_t> expected = rowMajorStrides(sizes);
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != 1 && strides[i] != expected[i])
      return false;
  return true;
}

RankedTensorType StridedView::getType() const { return RankedTensorType::get(sizes, elementType); }

const char *StridedView::getAddress(ArrayRef<int64_t> index) const {
  int64_t offset = 0;
  for (auto [i, stride] : llvm::zip_equal(index, strides))
    offset += i * stride;
  return base + offset * getElementSize();
}

double StridedView::getNumber(ArrayRef<int64_t> index) const { return loadNumber(*storageOf(elementType), getAddress(index)); }

double ConstantData::getNumber(int64_t index) const {
  return loadNumber(*storageOf(view.elementType), view.base + index * view.getElementSize());
}

StridedView aimc::allocate(Type elementType, ArrayRef<int64_t> sizes, char **memory, bool zero) {
  StridedView view{elementType, nullptr, SmallVector<int64_t>(sizes), rowMajorStrides(sizes), nullptr};
  size_t bytes = std::max<int64_t>(view.getNumElements() * view.getElementSize(), 1);
  std::shared_ptr<char> owner(static_cast<char *>(zero ? std::calloc(bytes, 1) : std::malloc(bytes)), std::free);
  if (!owner)
    llvm::report_bad_alloc_error("not enough memory for a constant");
  *memory = owner.get();
  view.base = owner.get();
  view.owner = std::move(owner);
  return view;
}

template <typename Unit>
static void copyLoop(const char *from, ArrayRef<int64_t> fromStrides, char *to, ArrayRef<int64_t> toStrides,
                     ArrayRef<int64_t> sizes) {
  if (sizes.size() == 1) {
    for (int64_t i = 0; i < sizes[0]; ++i)
      std::memcpy(to + i * toStrides[0] * int64_t(sizeof(Unit)), from + i * fromStrides[0] * int64_t(sizeof(Unit)),
                  sizeof(Unit));
    return;
  }
  for (int64_t i = 0; i < sizes[0]; ++i)
    copyLoop<Unit>(from + i * fromStrides[0] * int64_t(sizeof(Unit)), fromStrides.drop_front(),
                   to + i * toStrides[0] * int64_t(sizeof(Unit)), toStrides.drop_front(), sizes.drop_front());
}

void aimc::copyInto(const StridedView &from, char *to, ArrayRef<int64_t> toStrides) {
  if (from.getNumElements() == 0)
    return;
  // A leading loop of one makes rank 0 no exception.
  SmallVector<int64_t> sizes{1}, fromStrides{0}, strides{0};
  sizes.append(from.sizes);
  fromStrides.append(from.strides);
  strides.append(toStrides.begin(), toStrides.end());
  auto copy = [&](auto unit) { copyLoop<decltype(unit)>(from.base, fromStrides, to, strides, sizes); };
  switch (from.getElementSize()) {
  case 1:
    return copy(uint8_t());
  case 2:
    return copy(uint16_t());
  case 4:
    return copy(uint32_t());
  default:
    return copy(uint64_t());
  }
}

StridedView aimc::makeContiguous(const StridedView &view) {
  if (view.isContiguous())
    return view;
  char *memory;
  StridedView copy = allocate(view.elementType, view.sizes, &memory);
  copyInto(view, memory, copy.strides);
  return copy;
}

std::optional<StridedView> aimc::reshapeInPlace(const StridedView &view, ArrayRef<int64_t> sizes) {
  StridedView result{view.elementType, view.base, SmallVector<int64_t>(sizes), {}, view.owner};
  if (view.getNumElements() == 0) {
    result.strides = rowMajorStrides(sizes);
    return result;
  }
  // Runs of dimensions that step evenly, innermost first: (elements, stride).
  SmallVector<std::pair<int64_t, int64_t>> runs;
  for (size_t d = view.sizes.size(); d-- > 0;) {
    if (view.sizes[d] == 1)
      continue;
    if (!runs.empty() && view.strides[d] == runs.back().first * runs.back().second)
      runs.back().first *= view.sizes[d];
    else
      runs.push_back({view.sizes[d], view.strides[d]});
  }
  // Each new dimension must divide what is left of a run.
  result.strides.assign(sizes.size(), 0);
  size_t run = 0;
  for (size_t d = sizes.size(); d-- > 0;) {
    if (sizes[d] == 1)
      continue;
    if (run == runs.size() || runs[run].first % sizes[d] != 0)
      return std::nullopt;
    result.strides[d] = runs[run].second;
    runs[run].first /= sizes[d];
    runs[run].second *= sizes[d];
    if (runs[run].first == 1)
      ++run;
  }
  return result;
}

//===------------------------------------------------------------------------------------------------------------===//
// Attributes
//===------------------------------------------------------------------------------------------------------------===//

StridedView aimc::viewOfScalar(Type elementType, int64_t integer, double number) {
  char *memory;
  StridedView view = allocate(elementType, {}, &memory, /*zero=*/true);
  if (auto type = dyn_cast<FloatType>(elementType)) {
    llvm::APFloat value(number);
    bool inexact;
    value.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    uint64_t bits = value.bitcastToAPInt().getZExtValue();
    std::memcpy(memory, &bits, view.getElementSize()); // little endian, as all our hosts are
  } else {
    int64_t bits = elementType.isInteger(1) ? integer & 1 : integer;
    std::memcpy(memory, &bits, view.getElementSize());
  }
  return view;
}

std::optional<StridedView> aimc::viewOfAttribute(Attribute attribute) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
    if (!storageOf(integer.getType()))
      return std::nullopt;
    return viewOfScalar(integer.getType(), integer.getValue().getSExtValue(), 0);
  }
  if (auto number = dyn_cast<FloatAttr>(attribute)) {
    if (!storageOf(number.getType()))
      return std::nullopt;
    return viewOfScalar(number.getType(), 0, number.getValueAsDouble());
  }
  auto elements = dyn_cast<ElementsAttr>(attribute);
  if (!elements || !storageOf(elements.getElementType()) || !elements.getShapedType().hasStaticShape())
    return std::nullopt;
  ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  Type elementType = elements.getElementType();
  StridedView view{elementType, nullptr, SmallVector<int64_t>(shape), rowMajorStrides(shape), nullptr};

  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t bytes = view.getNumElements() * view.getElementSize();
    if (!blob || static_cast<int64_t>(blob->getData().size()) < bytes)
      return std::nullopt;
    view.base = blob->getData().data();
    if (reinterpret_cast<uintptr_t>(view.base) % view.getElementSize() == 0)
      return view;
    char *memory;
    StridedView aligned = allocate(elementType, shape, &memory);
    std::memcpy(memory, view.base, bytes);
    return aligned;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  if (elementType.isInteger(1)) { // packed bits
    char *memory;
    StridedView unpacked = allocate(elementType, dense.isSplat() ? ArrayRef<int64_t>() : shape, &memory);
    if (dense.isSplat())
      *memory = dense.getSplatValue<bool>();
    else
      for (bool bit : dense.getValues<bool>())
        *memory++ = bit;
    if (dense.isSplat()) {
      unpacked.sizes.assign(shape.begin(), shape.end());
      unpacked.strides.assign(shape.size(), 0);
    }
    return unpacked;
  }
  view.base = dense.getRawData().data();
  if (dense.isSplat())
    view.strides.assign(shape.size(), 0);
  return view;
}

ElementsAttr aimc::toElementsAttr(const StridedView &view, StringRef name, int64_t inlineBytes) {
  RankedTensorType type = view.getType();
  bool splat = view.isSplat() && view.getNumElements() > 0;
  int64_t elements = splat ? 1 : view.getNumElements(), bytes = elements * view.getElementSize();
  StridedView source = view;
  if (splat) {
    source.sizes.clear();
    source.strides.clear();
  }
  if (bytes <= inlineBytes || elements == 1) {
    source = makeContiguous(source);
    if (view.elementType.isInteger(1)) {
      SmallVector<bool> bits(source.base, source.base + elements);
      return DenseElementsAttr::get(type, bits);
    }
    return DenseElementsAttr::getFromRawBuffer(type, ArrayRef(source.base, bytes));
  }
  source = makeContiguous(source);
  ArrayRef<char> data(source.base, bytes);
  // Computed memory is handed over; an attribute's own is copied, because its resource may be dropped before ours.
  AsmResourceBlob blob = source.owner ? UnmanagedAsmResourceBlob::allocateWithAlign(
                                            data, view.getElementSize(), [owner = source.owner](void *, size_t, size_t) {},
                                            /*dataIsMutable=*/false)
                                      : HeapAsmResourceBlob::allocateAndCopyWithAlign(data, 64, /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}
