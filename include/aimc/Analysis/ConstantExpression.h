//===- ConstantExpression.h - values of constant subgraphs ------------------------------------------------------===//
//
// A weight is a constant under any chain of transposes, reshapes, slices and scalar arithmetic. Nothing folds such a
// chain into the program; whoever needs the numbers asks here.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_CONSTANTEXPRESSION_H
#define AIMC_ANALYSIS_CONSTANTEXPRESSION_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

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
  const StridedView &getView() const { return view; }

private:
  StridedView view;
};

/// Whether `value` (a ranked tensor or a scalar) depends on constants only, through operations that `evaluate` knows:
/// constants, shape changes, slices, padding, concatenation, and linalg or elementwise operations with scalar
/// arithmetic of arith and math. Looks at operations only, not at numbers, and is cheap.
bool isConstantExpression(mlir::Value value);

/// The same for many values of a program that does not change meanwhile: remembers what it found, so that asking for
/// all values in program order takes linear time.
class ConstantExpressions {
public:
  bool contains(mlir::Value value);

private:
  llvm::DenseMap<mlir::Operation *, bool> known;
};

/// Where the elements of a constant expression lie when no arithmetic is needed to know: a constant under transposes,
/// reshapes, slices, broadcasts. Nothing otherwise, or where a reshape would need a copy.
std::optional<StridedView> asStridedView(mlir::Value value);

/// A file of a few bytes can describe terabytes of constants, or a product of them that takes days: a tensor that takes more
/// than this to compute is left to the program.
inline constexpr int64_t maxComputedBytes = int64_t(1) << 32;
inline constexpr int64_t maxComputedIterations = int64_t(1) << 34;

/// The elements of a constant expression: read in place where `asStridedView` can, computed otherwise. A splat stays
/// one element with strides 0. Fails if `value` is not a constant expression, its shape arithmetic is out of bounds, or (then
/// `*tooLarge` is set) a tensor in it would take more than the limits above.
llvm::FailureOr<StridedView> evaluateView(mlir::Value value, bool *tooLarge = nullptr);

/// The same, row-major without gaps; borrows a constant's memory where it has that form already, and fails when it has not and
/// takes more than `maxComputedBytes`.
/// Arithmetic on floats is IEEE at the type's own precision, every operation rounded separately.
llvm::FailureOr<ConstantData> evaluate(mlir::Value value);

/// The elements of a constant attribute (dense, splat, dense_resource, a scalar attribute); nothing for other attributes.
std::optional<StridedView> viewOfAttribute(mlir::Attribute attribute);

/// A copy of `view`, row-major without gaps; `view` itself if it has that form.
StridedView makeContiguous(const StridedView &view);

/// An elements attribute with the numbers of `view`: a splat stays a splat; up to `inlineBytes` dense, above a resource
/// named `name` (made unique) that takes over the view's memory when it is computed and contiguous.
mlir::ElementsAttr toElementsAttr(const StridedView &view, llvm::StringRef name, int64_t inlineBytes = 1024);

} // namespace aimc

#endif // AIMC_ANALYSIS_CONSTANTEXPRESSION_H
