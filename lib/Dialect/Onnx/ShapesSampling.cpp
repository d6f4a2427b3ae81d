//===- ShapesSampling.cpp - shape functions of operators that resample images -----------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>

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
        return node.emitNodeError()
               << "'keep_aspect_ratio_policy' needs sizes that are known when compiling; fix them with --dim";
      }
    }
    for (auto [axis, size] : llvm::zip(*normalized, *sizes)) {
      double scaled = common ? std::floor(*common * result[axis] + 0.5) : 0;
      if (scaled >= 9e15)
        return node.emitNodeError() << "scales dimension " << axis << " of size " << result[axis] << " by " << *common;
      result[axis] = common ? static_cast<Dim>(scaled) : size;
    }
  } else {
    if (scales.size() != axes.size())
      return node.emitNodeError() << "has " << scales.size() << " scales for " << axes.size() << " dimensions";
    for (auto [axis, scale] : llvm::zip(*normalized, scales)) {
      if (scale && !(*scale > 0 && std::isfinite(*scale)))
        return node.emitNodeError() << "scales dimension " << axis << " by " << *scale << "; a scale is a positive number";
      result[axis] = scaleDim(inference, result[axis], scale);
    }
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(input));
  return success();
}

LogicalResult aimc::onnx::inferGridSample(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]), grid = inference.getShape(node.getInputs()[1]);
  int64_t spatial = static_cast<int64_t>(x.size()) - 2;
  auto differ = [](Dim a, Dim b) { return isStatic(a) && isStatic(b) && a != b; };
  if (spatial < 1 || grid.size() != x.size() || differ(grid.back(), spatial) || differ(grid[0], x[0]))
    return node.emitNodeError() << "takes an image [N, C, sizes…] and a grid [N, other sizes…, number of sizes], not "
                                << node.getInputs()[0].getType() << " and " << node.getInputs()[1].getType();
  constexpr int64_t mostSizes = 6; // every one doubles the neighbours that a sample has, or takes them fourfold
  if (spatial > mostSizes)
    return node.emitNodeError() << "samples an image of " << spatial << " sizes; at most " << mostSizes << " are supported";
  Shape result = {x[0], x[1]};
  result.append(grid.begin() + 1, grid.end() - 1);
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferAffineGrid(NodeOp node, ShapeInference &inference) {
  Value theta = node.getInputs()[0];
  Shape shape = inference.getShape(theta);
  FailureOr<Shape> sizes = getSizes(node, inference, 1);
  if (failed(sizes))
    return failure();
  int64_t spatial = static_cast<int64_t>(sizes->size()) - 2;
  if (shape.size() != 3 || (spatial != 2 && spatial != 3) || shape[1] != spatial || shape[2] != spatial + 1 ||
      !isa<FloatType>(inference.getElementType(theta)))
    return node.emitNodeError() << "takes theta [N, 2, 3] for 4 sizes or [N, 3, 4] for 5, not " << theta.getType() << " for "
                                << sizes->size();
  Shape result = {shape[0]};
  result.append(sizes->begin() + 2, sizes->end());
  result.push_back(spatial);
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(theta));
  return success();
}

LogicalResult aimc::onnx::inferCenterCropPad(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  SmallVector<int64_t> axes = node.getInts("axes");
  if (axes.empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, result.size()));
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, axes, result.size());
  FailureOr<Shape> sizes = getSizes(node, inference, 1);
  if (failed(normalized) || failed(sizes))
    return failure();
  if (sizes->size() != axes.size())
    return node.emitNodeError() << "has " << sizes->size() << " sizes for " << axes.size() << " dimensions";
  for (auto [axis, size] : llvm::zip(*normalized, *sizes))
    result[axis] = size;
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferCol2Im(NodeOp node, ShapeInference &inference) {
  Shape columns = inference.getShape(node.getInputs()[0]);
  FailureOr<Shape> image = getSizes(node, inference, 1);
  if (failed(image))
    return failure();
  std::optional<SmallVector<int64_t>> kernel = inference.getIntegers(node.getInputs()[2]);
  if (!kernel)
    return node.emitNodeError() << "the patch sizes, input 2, must be known when compiling";
  size_t spatial = kernel->size();
  int64_t patch = 1;
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (int64_t size : *kernel)
    if (size < 1 || size > most || __builtin_mul_overflow(patch, size, &patch))
      return node.emitNodeError() << "patches of size " << size << " are out of range";
  if (columns.size() != 3 || spatial == 0 || image->size() != spatial || (isStatic(columns[1]) && columns[1] % patch != 0))
    return node.emitNodeError() << "columns of type " << node.getInputs()[0].getType() << " do not make images of "
                                << image->size() << " dimensions from patches of " << patch << " elements";
  for (auto [name, count] : {std::pair("strides", spatial), std::pair("dilations", spatial), std::pair("pads", 2 * spatial)}) {
    SmallVector<int64_t> numbers = node.getInts(name);
    bool isPad = StringRef(name) == "pads";
    auto isOutside = [&](int64_t n) { return n < (isPad ? 0 : 1) || n > most; };
    if ((!numbers.empty() && numbers.size() != count) || llvm::any_of(numbers, isOutside))
      return node.emitNodeError() << "'" << name << "' is [" << numbers << "]; " << count
                                  << (isPad ? " numbers" : " positive numbers") << " of at most " << most << " are needed";
  }
  Shape result = {columns[0], inference.div(columns[1], patch)};
  result.append(image->begin(), image->end());
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferMaxRoiPool(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]), regions = inference.getShape(node.getInputs()[1]);
  Type element = inference.getElementType(node.getInputs()[0]);
  SmallVector<int64_t> sizes = node.getInts("pooled_shape");
  if (x.size() != 4 || regions.size() != 2 || (isStatic(regions[1]) && regions[1] != 5) || !isa<FloatType>(element) ||
      element != inference.getElementType(node.getInputs()[1]))
    return node.emitNodeError() << "takes an image [N, C, H, W] and regions [R, 5] of one float type, not "
                                << node.getInputs()[0].getType() << " and " << node.getInputs()[1].getType();
  if (sizes.size() != 2 || sizes[0] < 1 || sizes[1] < 1)
    return node.emitNodeError() << "'pooled_shape' is [" << sizes << "], but must be two positive numbers";
  inference.setResult(node.getOutputs()[0], {regions[0], x[1], sizes[0], sizes[1]}, element);
  return success();
}

LogicalResult aimc::onnx::inferRoiAlign(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]), regions = inference.getShape(node.getInputs()[1]);
  int64_t height = node.getInt("output_height", 1), width = node.getInt("output_width", 1);
  if (x.size() != 4 || regions.size() != 2 || (isStatic(regions[1]) && regions[1] != 4) || height < 1 || width < 1)
    return node.emitNodeError() << "takes an image [N, C, H, W] and regions [R, 4], not " << node.getInputs()[0].getType()
                                << " and " << node.getInputs()[1].getType();
  Value images = node.getInputs()[2];
  if (Dim count = inference.getShape(images)[0]; isStatic(count) && isStatic(regions[0]) && count != regions[0])
    return node.emitNodeError() << "input 2 has type " << images.getType() << ", but each of " << regions[0]
                                << " regions needs the number of its image";
  inference.setResult(node.getOutputs()[0], {regions[0], x[1], height, width}, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferMaxUnpool(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  SmallVector<int64_t> kernel = node.getInts("kernel_shape"), strides = node.getInts("strides"), pads = node.getInts("pads");
  if (result.size() != kernel.size() + 2)
    return node.emitNodeError() << "'kernel_shape' has " << kernel.size() << " numbers for an input of " << result.size()
                                << " dimensions";
  if (failed(verifyCompatibleShape(node.getInputs()[0].getType(), node.getInputs()[1].getType())))
    return node.emitNodeError() << "its indices are " << node.getInputs()[1].getType() << ", its input "
                                << node.getInputs()[0].getType();
  strides.resize(kernel.size(), 1);
  pads.resize(2 * kernel.size(), 0);
  for (ArrayRef<int64_t> numbers : {ArrayRef<int64_t>(kernel), ArrayRef<int64_t>(strides), ArrayRef<int64_t>(pads)})
    for (int64_t number : numbers)
      if (number < 0 || number > std::numeric_limits<int32_t>::max())
        return node.emitNodeError() << "'kernel_shape', 'strides' or 'pads' holds " << number << ", which is out of range";
  if (node.getInput(2)) {
    FailureOr<Shape> sizes = getSizes(node, inference, 2);
    if (failed(sizes))
      return failure();
    if (sizes->size() != result.size())
      return node.emitNodeError() << "has " << sizes->size() << " sizes for " << result.size() << " dimensions";
    result = *sizes;
  } else {
    for (size_t i = 0; i < kernel.size(); ++i) {
      Dim &dim = result[i + 2], size = dim;
      int64_t rest = kernel[i] - strides[i] - pads[i] - pads[i + kernel.size()];
      dim = inference.mul(dim, strides[i]);
      dim = rest < 0 ? inference.sub(dim, -rest) : inference.add(dim, rest);
      if (isStatic(size) && !isStatic(dim))
        return node.emitNodeError() << "'pads' leave nothing of spatial dimension " << i << " of size " << size;
    }
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferDet(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  size_t rank = shape.size();
  if (rank < 2 || (isStatic(shape[rank - 1]) && isStatic(shape[rank - 2]) && shape[rank - 1] != shape[rank - 2]))
    return node.emitNodeError() << "takes square matrices, not " << node.getInputs()[0].getType();
  shape.resize(rank - 2);
  inference.setResult(node.getOutputs()[0], shape, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferWindow(NodeOp node, ShapeInference &inference) {
  const PartialValue *value = inference.getValue(node.getInputs()[0]);
  Dim size = value && value->elements.size() == 1 ? inference.toDim(value->elements.front()) : inference.freshDim();
  Type element = getTypeOfOnnxNumber(node.getContext(), node.getInt("output_datatype", 1));
  if (!element || !isa<FloatType>(element))
    return node.emitNodeError() << "'output_datatype' " << node.getInt("output_datatype", 1) << " is not a float type";
  inference.setResult(node.getOutputs()[0], {size}, element);
  return success();
}
