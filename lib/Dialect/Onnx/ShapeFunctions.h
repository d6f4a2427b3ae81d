//===- ShapeFunctions.h - the shape functions that Operators.def names --------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_DIALECT_ONNX_SHAPEFUNCTIONS_H
#define AIMC_LIB_DIALECT_ONNX_SHAPEFUNCTIONS_H

#include "aimc/Dialect/Onnx/OperatorTable.h"
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace aimc::onnx {

#define ONNX_OPERATOR(domain, name, since, minInputs, maxInputs, shape, lowering)                                              \
  llvm::LogicalResult shape(NodeOp node, ShapeInference &inference);
#include "aimc/Dialect/Onnx/Operators.def"

/// Element types and numbers of dimensions of a node's operands against those that its operator takes; an error where they
/// differ.
llvm::LogicalResult checkOperandTypes(NodeOp node);

/// `axis` counted from the front for a tensor of `rank` dimensions. Emits an error when it is outside -rank .. rank - 1.
llvm::FailureOr<int64_t> normalizeAxis(NodeOp node, int64_t axis, int64_t rank);

/// The same for several axes, which must differ.
llvm::FailureOr<llvm::SmallVector<int64_t>> normalizeAxes(NodeOp node, llvm::ArrayRef<int64_t> axes, int64_t rank);

/// Integers that a node takes as attribute `name` or, from a later version on, as operand `index`, which goes before the
/// attribute. Nothing when the node gives neither; an error when the operand's values are not known.
llvm::FailureOr<std::optional<llvm::SmallVector<int64_t>>> getIntegersOf(NodeOp node, ShapeInference &inference,
                                                                         llvm::StringRef name, unsigned index);

/// How many integers operand `index` holds when only a run can tell which; nothing when they are known, when the node gives
/// them otherwise or not at all, or when not even their number is known.
std::optional<int64_t> countUnknownOf(NodeOp node, ShapeInference &inference, llvm::StringRef name, unsigned index);

/// `rank` sizes that are nowhere else known.
Shape getFreshShape(ShapeInference &inference, size_t rank);

/// Sizes that operand `index`, an integer vector, holds; fresh ones where they are unknown. An error when not even their
/// number is known or one is negative.
llvm::FailureOr<Shape> getSizes(NodeOp node, ShapeInference &inference, unsigned index);

/// An error unless operand `index` is absent or broadcasts to `result`, with the rank of `result` at most.
llvm::LogicalResult expectBroadcastsTo(NodeOp node, ShapeInference &inference, unsigned index, const Shape &result);

/// The result of NumPy's matmul of tensors of shapes `a` and `b`, with elements of `elementType`.
llvm::LogicalResult inferMatrixProduct(NodeOp node, ShapeInference &inference, Shape a, Shape b, mlir::Type elementType);

/// The result of the convolution that the node's attributes describe; `input`, `weight`, `bias` number its operands.
llvm::LogicalResult inferConvolution(NodeOp node, ShapeInference &inference, unsigned input, unsigned weight,
                                     std::optional<unsigned> bias, mlir::Type elementType);

/// Number of windows of pooling along each of the `spatial` sizes.
llvm::FailureOr<Shape> inferPositions(NodeOp node, ShapeInference &inference, llvm::ArrayRef<Dim> spatial);

/// Broadcast shape of the given operands; an error at the node when they do not broadcast.
llvm::FailureOr<Shape> broadcastShapes(NodeOp node, ShapeInference &inference, mlir::ValueRange operands);

/// Applies `function` to the elements of `operands` as they broadcast to `shape`.
PartialValue mapBroadcast(llvm::ArrayRef<const PartialValue *> operands, llvm::ArrayRef<int64_t> shape,
                          llvm::function_ref<Scalar(llvm::ArrayRef<Scalar>)> function);

/// Fills a tensor of `shape` with elements of `source`: `pick` turns an output index into a flat source index.
PartialValue pickElements(const PartialValue &source, llvm::ArrayRef<int64_t> shape,
                          llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> pick);

/// Row-major strides of a static shape.
llvm::SmallVector<int64_t> getStrides(llvm::ArrayRef<int64_t> shape);

/// Whether all sizes are known and the elements few enough to be followed one by one.
bool isSmall(llvm::ArrayRef<Dim> shape);

} // namespace aimc::onnx

#endif // AIMC_LIB_DIALECT_ONNX_SHAPEFUNCTIONS_H
