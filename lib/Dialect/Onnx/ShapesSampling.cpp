//===- ShapesSampling.cpp - shape functions of operators that resample images -----------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

/// Scales of a Resize as far as they are known; empty when the node gives none.
static SmallVector<std::optional<double>> getScales(NodeOp node, ShapeInference &inference, Value operand) {
  SmallVector<std::optional<double>> scales;
  for (float scale : node.getFloats("scales"))
    scales.push_back(scale);
  if (!operand)
    return scales;
  if (const PartialValue *value = inference.getValue(operand)) {
    for (const Scalar &scale : value->elements)
      scales.push_back(scale.isReal() ? std::optional<double>(scale.number) : std::nullopt);
    return scales;
  }
  Shape shape = inference.getShape(operand);
  if (shape.size() == 1 && isStatic(shape[0]) && isSmall(shape))
    scales.assign(shape[0], std::nullopt);
  return scales;
}

/// The size that `scale` makes of `dim`, computed in single precision and rounded down.
static Dim scaleDim(ShapeInference &inference, Dim dim, std::optional<double> scale) {
  if (scale == 1.0)
    return dim;
  if (scale && isStatic(dim)) {
    double scaled = std::floor(static_cast<float>(*scale) * static_cast<float>(dim));
    return scaled >= 0 && scaled < 9e15 ? static_cast<Dim>(scaled) : inference.freshDim();
  }
  if (scale && *scale >= 1 && *scale == std::floor(*scale) && *scale < 1e9)
    return inference.mul(dim, static_cast<Dim>(*scale));
  return inference.freshDim();
}

LogicalResult aimc::onnx::inferResize(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0];
  Shape result = inference.getShape(input);
  bool early = node.getOpType() == "Upsample" || node.getOpset() < 11;
  SmallVector<int64_t> axes = node.getInts("axes");
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, result.size()));
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, axes, result.size());
  if (failed(normalized))
    return failure();
  SmallVector<std::optional<double>> scales = getScales(node, inference, node.getInput(early ? 1 : 2));
  Value sizeOperand = early ? Value() : node.getInput(3);
  if (scales.empty() && sizeOperand) {
    FailureOr<Shape> sizes = getSizes(node, inference, 3);
    if (failed(sizes))
      return failure();
    if (sizes->size() != axes.size())
      return node.emitNodeError() << "has " << sizes->size() << " sizes for " << axes.size() << " dimensions";
    StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
    std::optional<double> common;
    for (auto [axis, size] : llvm::zip(*normalized, *sizes)) {
      if (policy != "stretch" && isStatic(size) && isStatic(result[axis]) && result[axis] > 0) {
        double scale = static_cast<double>(size) / result[axis];
        common = !common ? scale : policy == "not_larger" ? std::min(*common, scale) : std::max(*common, scale);
      } else if (policy != "stretch") {
        return node.emitNodeError() << "'keep_aspect_ratio_policy' needs sizes that are known when compiling; fix them with --dim";
      }
    }
    for (auto [axis, size] : llvm::zip(*normalized, *sizes))
      result[axis] = common ? static_cast<Dim>(std::floor(*common * result[axis] + 0.5)) : size;
  } else {
    if (scales.size() != axes.size())
      return node.emitNodeError() << "has " << scales.size() << " scales for " << axes.size() << " dimensions";
    for (auto [axis, scale] : llvm::zip(*normalized, scales))
      result[axis] = scaleDim(inference, result[axis], scale);
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(input));
  return success();
}
