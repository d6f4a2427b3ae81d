//===- Loops.h - loops that carry tensors, for what is no linalg.generic --------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H
#define AIMC_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H

#include "Lowering.h"

namespace aimc::onnx {

/// What one iteration makes of the values that a loop carries; the insertion point is inside the loop.
using LoopBody = llvm::function_ref<SmallVector<Value>(ValueRange indices, ValueRange carried)>;

/// `scf.for` nests over all indices below `sizes`, the last one fastest. The carried values' last state.
SmallVector<Value> forEachIndex(ArrayRef<Size> sizes, ValueRange carried, LoopBody body, Lowering &b);

/// `scf.while`: runs `body` as long as `condition`, an i1 made from the carried values, holds.
SmallVector<Value> whileTrue(ValueRange carried, llvm::function_ref<Value(ValueRange)> condition,
                             llvm::function_ref<SmallVector<Value>(ValueRange)> body, Lowering &b);

/// Values of either branch of an `scf.if`.
SmallVector<Value> branch(Value condition, llvm::function_ref<SmallVector<Value>()> then,
                          llvm::function_ref<SmallVector<Value>()> otherwise, Lowering &b);

/// `x` before `y` in an order: larger (or smaller) as the element type, which keeps its signedness, compares.
Value isBefore(Value x, Value y, Type element, bool larger, Lowering &b);

/// `x` combined with `y` as ONNX's `reduction` attributes name it: add, mul, max, min; "none" is `y`.
Value combineBy(StringRef reduction, Value x, Value y, Type element, Lowering &b);

/// A scalar integer or float as an index.
Value toIndex(Value scalar, Type element, Lowering &b);

/// `index`, counted from the end of `extent` elements when negative.
Value wrapNegative(Value index, Value extent, Lowering &b);

/// Ends a run with `message` at the node unless `tensor` has the sizes `wanted`: for elements that are read by the indices of
/// another tensor's loops.
void expectSizes(Value tensor, ArrayRef<Size> wanted, const Twine &message, Lowering &b);

/// Ends a run with `message` at the node where `tensor` is larger than `whole` in a dimension other than `axis`.
void expectInside(Value tensor, Value whole, int64_t axis, const Twine &message, Lowering &b);

/// `index` limited to 0 … extent - 1.
Value clampInto(Value index, Value extent, Lowering &b);

} // namespace aimc::onnx

#endif // AIMC_LIB_CONVERSION_ONNXTOLINALG_LOOPS_H
