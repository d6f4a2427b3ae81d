//===- StridedView.h - tensors in memory and as attributes ------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_STRIDEDVIEW_H
#define AIMC_ANALYSIS_STRIDEDVIEW_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <memory>
#include <optional>

namespace aimc {

/// A tensor in memory, possibly not contiguous: element (i0, i1, …) lies i0·strides[0] + i1·strides[1] + … elements
/// after `base`. A stride may be 0 (a broadcast or splat) or negative.
///
/// Elements are stored as builtin resources store them: native byte order, integers in the least power-of-two number of
/// bytes that holds them, i1 as one byte of 0 or 1, index as 64 bits.
struct StridedView {
  mlir::Type elementType;
  const char *base = nullptr;
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<int64_t> strides; // in elements
  /// Keeps computed memory alive. Null when the memory is an attribute's, which lives as long as its context or until
  /// its resource is dropped.
  std::shared_ptr<const void> owner;

  int64_t getRank() const { return sizes.size(); }
  int64_t getNumElements() const;
  /// Bytes per element.
  int64_t getElementSize() const;
  /// Every element is the one at `base`.
  bool isSplat() const;
  /// Row-major without gaps.
  bool isContiguous() const;
  mlir::RankedTensorType getType() const;
  /// Address of the element at `index`.
  const char *getAddress(llvm::ArrayRef<int64_t> index) const;
  /// The element at `index`, converted.
  double getNumber(llvm::ArrayRef<int64_t> index) const;
};

/// The elements of a tensor (or of a scalar: rank 0), row-major without gaps.
class ConstantData {
public:
  /// `view` must be contiguous.
  explicit ConstantData(StridedView view) : view(std::move(view)) {}

  mlir::RankedTensorType getType() const { return view.getType(); }
  mlir::Type getElementType() const { return view.elementType; }
  llvm::ArrayRef<int64_t> getShape() const { return view.sizes; }
  int64_t getNumElements() const { return view.getNumElements(); }
  llvm::ArrayRef<char> getBytes() const { return {view.base, static_cast<size_t>(getNumElements() * view.getElementSize())}; }
  /// The elements as T, which must be the C type of the element type (float, double, int8_t …; f16 is uint16_t).
  template <typename T> llvm::ArrayRef<T> as() const {
    assert(static_cast<int64_t>(sizeof(T)) == view.getElementSize() && "not the element type");
    return {reinterpret_cast<const T *>(view.base), static_cast<size_t>(getNumElements())};
  }
  /// Element number `index` in row-major order, converted.
  double getNumber(int64_t index) const;
  float at(int64_t index) const { return static_cast<float>(getNumber(index)); }

private:
  StridedView view;
};

/// Strides of row-major sizes without gaps, in elements.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> sizes);

/// New memory for a tensor, row-major; `*memory` is its writable address.
StridedView allocate(mlir::Type elementType, llvm::ArrayRef<int64_t> sizes, char **memory, bool zero = false);

/// Copies `from` to memory at `to`, whose strides are in elements.
void copyInto(const StridedView &from, char *to, llvm::ArrayRef<int64_t> toStrides);

/// The view with other sizes in the same row-major order; nothing where that needs a copy.
std::optional<StridedView> reshapeInPlace(const StridedView &view, llvm::ArrayRef<int64_t> sizes);

/// New memory for a scalar of a float type (`number`) or an integer type (`integer`).
StridedView viewOfScalar(mlir::Type elementType, int64_t integer, double number);

/// The elements of a constant attribute (dense, splat, dense_resource, a scalar attribute); nothing for other attributes.
std::optional<StridedView> viewOfAttribute(mlir::Attribute attribute);

/// A copy of `view`, row-major without gaps; `view` itself if it has that form.
StridedView makeContiguous(const StridedView &view);

/// An elements attribute with the numbers of `view`: a splat stays a splat; up to `inlineBytes` dense, above a resource
/// named `name` (made unique) that takes over the view's memory when it is computed and contiguous.
mlir::ElementsAttr toElementsAttr(const StridedView &view, llvm::StringRef name, int64_t inlineBytes = 1024);

} // namespace aimc

#endif // AIMC_ANALYSIS_STRIDEDVIEW_H
