//===- Corrections.h - what the host adds to the layers of quantized networks -----------------------------------===//
//
// Tiles multiply the integers that a quantized network stores. What distinguishes those products from the layer's result is
// exact and digital: zero points, weights counted from another number than their zero point so that devices hold them, the
// level that a pair of devices lacks, and the scales.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CORRECTIONS_H
#define AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CORRECTIONS_H

#include "Contraction.h"
#include "Integers.h"

#include <array>

namespace aimc::analog {

/// Integer weights as tiles hold them: column n of group g has the levels D = q - shift, and q = D + shift + rest.
struct TileIntegers {
  StridedView levels;                              ///< [G, K, N], integers of 8 or 16 bits; set where needsInputs()
  llvm::SmallVector<int64_t> shifts;               ///< [G, N]
  llvm::SmallVector<double> sums;                  ///< [G, N], Σ_k D
  llvm::SmallVector<float> scales;                 ///< [G, N]
  llvm::SmallVector<std::array<int64_t, 3>> rests; ///< (g, k, n) of the weights whose rest is -1; 0 elsewhere
  bool scaled = false;                             ///< the crossbar's weights are D · scale, not D

  bool isShifted() const {
    return llvm::any_of(shifts, [](int64_t shift) { return shift != 0; });
  }
  /// Whether the correction is a contraction of the layer's input.
  bool needsInputs() const { return isShifted() || !rests.empty(); }
};

/// How the target's tiles hold the crossbar's weights. A column whose integers lie beyond them is counted from the number next
/// to 0 for which all fit; one that has both the type's least and its largest integer has a level less on a differential pair,
/// which becomes a rest. Nothing when the weights are no integers, a column has several scales, or tiles have fewer levels
/// still.
std::optional<TileIntegers> fitIntegers(CrossbarOp crossbar, TargetAttr target);

/// Makes `tiles`, which are not `scaled` unless they need inputs, the crossbar's weights.
void replaceWeights(CrossbarOp crossbar, const TileIntegers &tiles);

/// The result of `c` from `y`, what tiles made of it: float32, or 32-bit integers when `c` is one of integers. `stored` says
/// what the tiles saw; `x` is the layer's input without its zero point, of the type of the operation's. `sizes` are those of y.
mlir::Value correctResult(mlir::OpBuilder &b, mlir::Location loc, const Contraction &c, mlir::Value y,
                          const TileIntegers &tiles, const std::optional<StoredIntegers> &stored, mlir::Value x,
                          llvm::ArrayRef<mlir::OpFoldResult> sizes);

/// What the zero point of `c`'s input takes from its result: y - zero · scale · Σ_k W, the sum per group and column of the
/// crossbar's weights.
mlir::Value subtractZeroPoint(mlir::OpBuilder &b, mlir::Location loc, const Contraction &c, mlir::Value y, CrossbarOp crossbar,
                              const StoredIntegers &stored, llvm::ArrayRef<mlir::OpFoldResult> sizes);

} // namespace aimc::analog

#endif // AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CORRECTIONS_H
