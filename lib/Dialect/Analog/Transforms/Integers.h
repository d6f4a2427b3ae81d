//===- Integers.h - layers of quantized networks ----------------------------------------------------------------===//
//
// A quantized network says which integers its numbers are: weights (q - z) · s, inputs (q - z) · s. Tiles then hold and see
// exactly those integers. This file reads them from the payloads that make the numbers.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_INTEGERS_H
#define AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_INTEGERS_H

#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"

#include <optional>

namespace aimc::analog {

/// The operation that `value` comes from through operations that only move elements: transposes, reshapes, slices, casts of
/// type, and, if `padding`, gathers and padding with a constant. Null when it is anything but a linalg.generic of parallel
/// loops with one result.
mlir::linalg::GenericOp getElementSource(mlir::Value value, bool padding);

/// How a payload makes a number: `integer` (as a float) times `scale`; null stands for 1.
struct ScaledInteger {
  mlir::Value integer;
  mlir::Value scale;
};

/// The float payload of `op` as an integer times a scale; nothing when it is something else.
std::optional<ScaledInteger> readScaledInteger(mlir::linalg::GenericOp op);

/// Weights of a crossbar that are integers times scales.
struct IntegerWeights {
  StridedView integers; ///< [G, K, N], as float32
  StridedView scales;   ///< likewise; not set when `scale` holds for all
  float scale = 1.0f;

  float getScale(int64_t g, int64_t k, int64_t n) const {
    return scales.base ? static_cast<float>(scales.getNumber({g, k, n})) : scale;
  }
};

/// Nothing when the crossbar's weights are not made from integers and a scale.
std::optional<IntegerWeights> readIntegerWeights(CrossbarOp crossbar);

/// The stored integers of an input and what they stand for: (q - zero) · scale, `zero` and `scale` one number for all.
struct StoredIntegers {
  mlir::linalg::GenericOp op;
  int64_t low, high;     ///< of q, by its type
  int64_t zero;          ///< 0 when only a run can tell
  mlir::Value zeroPoint; ///< then a tensor of one number of q's type; else null
  float scale;
  bool isUnsigned;
  bool flipped = false; ///< q is what is stored with its highest bit inverted

  /// Signed integers counted from the least one: q + 2^(bits - 1), which the inverted highest bit is.
  StoredIntegers asUnsigned() const;
};

/// Reads an input of a layer: float32 (q - zero) · scale, or 32-bit integers q - zero, whose scale is 1. Nothing when `value`
/// is anything else, or padded with what is no such number.
std::optional<StoredIntegers> readStoredIntegers(mlir::Value value);

/// `value`, which readStoredIntegers could read, as float32 q · scale, whose padding with 0 becomes one with zero · scale; or,
/// `centered`, (q - zero) · scale, for which the zero point must be known.
mlir::Value createNumbers(mlir::OpBuilder &b, mlir::Value value, const StoredIntegers &stored, float scale,
                          bool centered = false);

/// A tensor of signed integers or floats of any width as float32, in which tiles compute.
mlir::Value toFloat(mlir::OpBuilder &b, mlir::Location loc, mlir::Value numbers);

/// A tensor of float32 as `type`: another float, or the integer next to it.
mlir::Value fromFloat(mlir::OpBuilder &b, mlir::Location loc, mlir::Value numbers, mlir::Type type);

} // namespace aimc::analog

#endif // AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_INTEGERS_H
