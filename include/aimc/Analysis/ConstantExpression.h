//===- ConstantExpression.h - values of constant subgraphs ------------------------------------------------------===//
//
// A weight is a constant under any chain of transposes, reshapes, slices and scalar arithmetic. Nothing folds such a
// chain into the program; whoever needs the numbers asks here.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_CONSTANTEXPRESSION_H
#define AIMC_ANALYSIS_CONSTANTEXPRESSION_H

#include "aimc/Analysis/StridedView.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace aimc {

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

} // namespace aimc

#endif // AIMC_ANALYSIS_CONSTANTEXPRESSION_H
