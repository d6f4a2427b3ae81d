//===- ShapesContractions.cpp - shape functions of contractions, recurrences, pooling and normalization ---------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace aimc::onnx;

static bool differ(Dim a, Dim b) { return isStatic(a) && isStatic(b) && a != b; }

/// An error unless `operand` has `rank` dimensions.
static LogicalResult expectRank(NodeOp node, ShapeInference &inference, unsigned index, size_t rank) {
  size_t actual = inference.getShape(node.getInputs()[index]).size();
  if (actual != rank)
    return node.emitNodeError() << "input " << index << " has " << actual << " dimensions; the operator takes " << rank;
  return success();
}

/// An error unless all operands among the first `count` have one element type.
static LogicalResult expectOneType(NodeOp node, ShapeInference &inference, unsigned count) {
  Type first = inference.getElementType(node.getInputs()[0]);
  for (unsigned index = 1; index < count; ++index)
    if (Value operand = node.getInput(index); operand && inference.getElementType(operand) != first)
      return node.emitNodeError() << "element types " << first << " and " << inference.getElementType(operand) << " differ";
  return success();
}

/// An error unless operand `index` is absent or a vector of `size` numbers.
static LogicalResult expectVector(NodeOp node, ShapeInference &inference, unsigned index, Dim size) {
  Value operand = node.getInput(index);
  if (!operand)
    return success();
  Shape shape = inference.getShape(operand);
  if (shape.size() != 1 || differ(shape[0], size))
    return node.emitNodeError() << "input " << index << " has type " << operand.getType() << " for " << size << " channels";
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Matrix products
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::expectBroadcastsTo(NodeOp node, ShapeInference &inference, unsigned index, const Shape &result) {
  Value operand = node.getInput(index);
  Shape shape = operand ? inference.getShape(operand) : Shape();
  if (shape.size() > result.size())
    return node.emitNodeError() << "input " << index << " has " << shape.size() << " dimensions; the operator takes at most "
                                << result.size();
  for (size_t back = 1; back <= shape.size(); ++back)
    if (Dim own = shape[shape.size() - back], whole = result[result.size() - back]; own != 1 && differ(own, whole))
      return node.emitNodeError() << "input " << index << " has size " << own << " where the product has " << whole;
  return success();
}

LogicalResult aimc::onnx::inferGemm(NodeOp node, ShapeInference &inference) {
  if (failed(expectRank(node, inference, 0, 2)) || failed(expectRank(node, inference, 1, 2)) ||
      failed(expectOneType(node, inference, 3)))
    return failure();
  Shape a = inference.getShape(node.getInputs()[0]), b = inference.getShape(node.getInputs()[1]);
  if (node.getInt("transA", 0))
    std::swap(a[0], a[1]);
  if (node.getInt("transB", 0))
    std::swap(b[0], b[1]);
  if (differ(a[1], b[0]))
    return node.emitNodeError() << "multiplies " << a[1] << " columns with " << b[0] << " rows";
  Shape result = {a[0], b[1]};
  if (failed(expectBroadcastsTo(node, inference, 2, result)))
    return failure();
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferMatrixProduct(NodeOp node, ShapeInference &inference, Shape a, Shape b, Type elementType) {
  if (a.empty() || b.empty())
    return node.emitNodeError() << "multiplies a scalar; both inputs need at least one dimension";
  bool vectorA = a.size() == 1, vectorB = b.size() == 1;
  if (vectorA)
    a.insert(a.begin(), 1);
  if (vectorB)
    b.push_back(1);
  Dim rows = b[b.size() - 2], columns = a.back();
  if (differ(rows, columns))
    return node.emitNodeError() << "multiplies " << columns << " columns with " << rows << " rows";
  Shape result;
  size_t rank = std::max(a.size(), b.size());
  for (size_t back = rank; back > 2; --back) {
    Dim left = back <= a.size() ? a[a.size() - back] : 1, right = back <= b.size() ? b[b.size() - back] : 1;
    std::optional<Dim> both = inference.broadcast(left, right);
    if (!both)
      return node.emitNodeError() << "batch sizes " << left << " and " << right << " do not broadcast";
    result.push_back(*both);
  }
  if (!vectorA)
    result.push_back(a[a.size() - 2]);
  if (!vectorB)
    result.push_back(b.back());
  inference.setResult(node.getOutputs()[0], result, elementType);
  return success();
}

LogicalResult aimc::onnx::inferMatMul(NodeOp node, ShapeInference &inference) {
  if (failed(expectOneType(node, inference, 2)))
    return failure();
  ValueRange inputs = node.getInputs();
  return inferMatrixProduct(node, inference, inference.getShape(inputs[0]), inference.getShape(inputs[1]),
                            inference.getElementType(inputs[0]));
}

//===--------------------------------------------------------------------------------------------------------------===//
// Windows
//===--------------------------------------------------------------------------------------------------------------===//

namespace {
/// Window attributes with their defaults filled in, one entry per spatial dimension (`pads`: two).
struct Window {
  SmallVector<int64_t> kernel, strides, dilations, pads;
  StringRef autoPad;

  size_t rank() const { return kernel.size(); }
  int64_t extent(size_t dim) const { return dilations[dim] * (kernel[dim] - 1) + 1; }
};
} // namespace

/// An error unless attribute `name` is absent or has `count` numbers, all of them at least `least`.
static FailureOr<SmallVector<int64_t>> getWindowAttr(NodeOp node, StringRef name, size_t count, int64_t otherwise,
                                                     int64_t least) {
  SmallVector<int64_t> numbers = node.getInts(name);
  if (numbers.empty())
    return SmallVector<int64_t>(count, otherwise);
  if (numbers.size() != count) {
    node.emitNodeError() << "'" << name << "' has " << numbers.size() << " numbers where " << count << " are needed";
    return failure();
  }
  for (int64_t number : numbers)
    if (number < least || number > std::numeric_limits<int32_t>::max()) {
      node.emitNodeError() << "'" << name << "' contains " << number << ", which is out of range";
      return failure();
    }
  return numbers;
}

static FailureOr<Window> getWindow(NodeOp node, ArrayRef<int64_t> kernel) {
  Window window;
  for (int64_t size : kernel)
    if (size < 1 || size > std::numeric_limits<int32_t>::max()) {
      node.emitNodeError() << "the kernel has size " << size << ", which is out of range";
      return failure();
    }
  llvm::append_range(window.kernel, kernel);
  FailureOr<SmallVector<int64_t>> strides = getWindowAttr(node, "strides", kernel.size(), 1, 1);
  FailureOr<SmallVector<int64_t>> dilations = getWindowAttr(node, "dilations", kernel.size(), 1, 1);
  FailureOr<SmallVector<int64_t>> pads = getWindowAttr(node, "pads", 2 * kernel.size(), 0, 0);
  if (failed(strides) || failed(dilations) || failed(pads))
    return failure();
  window.strides = *strides;
  window.dilations = *dilations;
  window.pads = *pads;
  window.autoPad = node.getString("auto_pad", "NOTSET");
  if (!llvm::is_contained({"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}, window.autoPad)) {
    node.emitNodeError() << "'auto_pad' is " << window.autoPad << ", not NOTSET, SAME_UPPER, SAME_LOWER or VALID";
    return failure();
  }
  return window;
}

/// Adds a number that may be negative.
static Dim shift(ShapeInference &inference, Dim dim, int64_t by) {
  return by < 0 ? inference.sub(dim, -by) : inference.add(dim, by);
}

/// Number of window positions along spatial dimension `dim` of `size` elements.
static FailureOr<Dim> countPositions(NodeOp node, ShapeInference &inference, const Window &window, size_t dim, Dim size,
                                     bool ceilMode) {
  int64_t stride = window.strides[dim];
  if (window.autoPad.starts_with("SAME"))
    return inference.div(inference.add(size, stride - 1), stride);
  bool valid = window.autoPad == "VALID";
  int64_t before = valid ? 0 : window.pads[dim], after = valid ? 0 : window.pads[dim + window.rank()];
  int64_t slack = before + after - window.extent(dim);
  if (!isStatic(size)) {
    if (stride == 1)
      return shift(inference, size, slack + 1);
    return inference.add(inference.div(shift(inference, size, slack + (ceilMode ? stride - 1 : 0)), stride), 1);
  }
  if (size + slack < 0) {
    node.emitNodeError() << "window of " << window.extent(dim) << " is larger than the padded input of "
                         << size + before + after << ", spatial dimension " << dim;
    return failure();
  }
  int64_t positions = (size + slack + (ceilMode ? stride - 1 : 0)) / stride + 1;
  // A window may not begin in the padding after the input.
  if (ceilMode && (positions - 1) * stride >= size + before)
    --positions;
  return positions;
}

LogicalResult aimc::onnx::inferConvolution(NodeOp node, ShapeInference &inference, unsigned input, unsigned weight,
                                           std::optional<unsigned> bias, Type elementType) {
  Shape x = inference.getShape(node.getInputs()[input]), w = inference.getShape(node.getInputs()[weight]);
  if (x.size() < 3)
    return node.emitNodeError() << "input " << input << " has " << x.size() << " dimensions; a convolution needs at least 3";
  if (failed(expectRank(node, inference, weight, x.size())))
    return failure();
  int64_t group = node.getInt("group", 1);
  if (group < 1 || (isStatic(w[0]) && w[0] % group != 0))
    return node.emitNodeError() << "group " << group << " does not divide " << w[0] << " output channels";
  Dim channels = inference.mul(w[1], group);
  if (differ(x[1], channels) || isStatic(w[1]) != isStatic(channels))
    return node.emitNodeError() << "input has " << x[1] << " channels; the weight takes " << w[1] << " in each of " << group
                                << " groups";
  if (bias && failed(expectVector(node, inference, *bias, w[0])))
    return failure();
  SmallVector<int64_t> kernel = node.getInts("kernel_shape");
  if (!kernel.empty() && kernel.size() != x.size() - 2)
    return node.emitNodeError() << "'kernel_shape' has " << kernel.size() << " numbers where " << x.size() - 2 << " are needed";
  for (size_t dim = 0; dim + 2 < w.size(); ++dim) {
    if (!isStatic(w[dim + 2]) && kernel.empty())
      return node.emitNodeError() << "the kernel's size is not known";
    if (!kernel.empty() && differ(w[dim + 2], kernel[dim]))
      return node.emitNodeError() << "'kernel_shape' says " << kernel[dim] << " where the weight has " << w[dim + 2];
  }
  if (kernel.empty())
    kernel.assign(w.begin() + 2, w.end());
  FailureOr<Window> window = getWindow(node, kernel);
  if (failed(window))
    return failure();
  Shape result = {x[0], w[0]};
  for (size_t dim = 0; dim < kernel.size(); ++dim) {
    FailureOr<Dim> positions = countPositions(node, inference, *window, dim, x[dim + 2], false);
    if (failed(positions))
      return failure();
    result.push_back(*positions);
  }
  inference.setResult(node.getOutputs()[0], result, elementType);
  return success();
}

LogicalResult aimc::onnx::inferConv(NodeOp node, ShapeInference &inference) {
  if (failed(expectOneType(node, inference, 3)))
    return failure();
  return inferConvolution(node, inference, 0, 1, 2, inference.getElementType(node.getInputs()[0]));
}

LogicalResult aimc::onnx::inferFusedConv(NodeOp node, ShapeInference &inference) {
  if (failed(inferConvolution(node, inference, 0, 1, 2, inference.getElementType(node.getInputs()[0]))))
    return failure();
  Value result = node.getOutputs()[0];
  return isa<NoneType>(result.getType()) ? success() : expectBroadcastsTo(node, inference, 3, inference.getShape(result));
}

LogicalResult aimc::onnx::inferConvTranspose(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]), w = inference.getShape(node.getInputs()[1]);
  if (x.size() < 3)
    return node.emitNodeError() << "input 0 has " << x.size() << " dimensions; a convolution needs at least 3";
  if (failed(expectRank(node, inference, 1, x.size())) || failed(expectOneType(node, inference, 3)))
    return failure();
  int64_t group = node.getInt("group", 1);
  Dim channels = inference.mul(w[1], std::max<int64_t>(group, 1));
  if (group < 1 || differ(x[1], w[0]) || (isStatic(w[0]) && w[0] % group != 0) || isStatic(w[1]) != isStatic(channels))
    return node.emitNodeError() << "input has " << x[1] << " channels; the weight takes " << w[0] << " in " << group
                                << " groups";
  if (failed(expectVector(node, inference, 2, channels)))
    return failure();
  SmallVector<int64_t> kernel(w.begin() + 2, w.end());
  if (llvm::any_of(kernel, [](Dim dim) { return !isStatic(dim); }))
    return node.emitNodeError() << "the kernel's size is not known";
  FailureOr<Window> window = getWindow(node, kernel);
  FailureOr<SmallVector<int64_t>> extra = getWindowAttr(node, "output_padding", kernel.size(), 0, 0);
  FailureOr<SmallVector<int64_t>> outputShape = getWindowAttr(node, "output_shape", kernel.size(), -1, 0);
  if (failed(window) || failed(extra) || failed(outputShape))
    return failure();
  Shape result = {x[0], channels};
  for (size_t dim = 0; dim < kernel.size(); ++dim) {
    int64_t stride = window->strides[dim];
    if ((*outputShape)[dim] >= 0) {
      result.push_back((*outputShape)[dim]);
    } else if (window->autoPad.starts_with("SAME")) {
      result.push_back(inference.mul(x[dim + 2], stride));
    } else {
      bool valid = window->autoPad == "VALID";
      int64_t pads = valid ? 0 : window->pads[dim] + window->pads[dim + kernel.size()];
      int64_t more = window->extent(dim) - stride + (*extra)[dim] - pads;
      result.push_back(shift(inference, inference.mul(x[dim + 2], stride), more));
      if (isStatic(x[dim + 2]) && !isStatic(result.back()))
        return node.emitNodeError() << "pads of " << pads << " leave nothing of spatial dimension " << dim
                                    << ", which has size " << x[dim + 2] << ", stride " << stride << " and a window of "
                                    << window->extent(dim);
    }
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

FailureOr<Shape> aimc::onnx::inferPositions(NodeOp node, ShapeInference &inference, ArrayRef<Dim> spatial) {
  SmallVector<int64_t> kernel = node.getInts("kernel_shape");
  if (spatial.empty() || kernel.size() != spatial.size())
    return node.emitNodeError() << "'kernel_shape' has " << kernel.size() << " numbers for an input of " << spatial.size() + 2
                                << " dimensions";
  FailureOr<Window> window = getWindow(node, kernel);
  if (failed(window))
    return failure();
  Shape result;
  for (size_t dim = 0; dim < kernel.size(); ++dim) {
    FailureOr<Dim> positions = countPositions(node, inference, *window, dim, spatial[dim], node.getInt("ceil_mode", 0));
    if (failed(positions))
      return failure();
    result.push_back(*positions);
  }
  return result;
}

LogicalResult aimc::onnx::inferPool(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  FailureOr<Shape> positions = inferPositions(node, inference, ArrayRef<Dim>(x).drop_front(std::min<size_t>(x.size(), 2)));
  if (failed(positions))
    return failure();
  Shape result = {x[0], x[1]};
  result.append(*positions);
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  if (node.getOutputs().size() > 1 && node.getOpType() == "MaxPool")
    inference.setResult(node.getOutputs()[1], result, IntegerType::get(node.getContext(), 64));
  return success();
}

LogicalResult aimc::onnx::inferLpPool(NodeOp node, ShapeInference &inference) {
  if (int64_t p = node.getInt("p", 2); p < 1)
    return node.emitNodeError() << "'p' is " << p << ", but must be positive";
  if (!isa<FloatType>(inference.getElementType(node.getInputs()[0])))
    return node.emitNodeError() << "takes floats, not " << node.getInputs()[0].getType();
  return node.getOpType() == "GlobalLpPool" ? inferGlobalPool(node, inference) : inferPool(node, inference);
}

LogicalResult aimc::onnx::inferDeformConv(NodeOp node, ShapeInference &inference) {
  for (unsigned index : {0, 1, 2, 4})
    if (node.getInput(index) && failed(expectRank(node, inference, index, 4)))
      return failure();
  for (unsigned index : {1, 2, 3, 4})
    if (Value operand = node.getInput(index);
        operand && inference.getElementType(operand) != inference.getElementType(node.getInputs()[0]))
      return node.emitNodeError() << "input " << index << " has type " << operand.getType() << ", input 0 "
                                  << node.getInputs()[0].getType() << "; their elements must be of one type";
  Shape x = inference.getShape(node.getInputs()[0]), w = inference.getShape(node.getInputs()[1]);
  int64_t groups = node.getInt("offset_group", 1);
  if (groups < 1 || (isStatic(x[1]) && x[1] % groups != 0))
    return node.emitNodeError() << "'offset_group' " << groups << " does not divide " << x[1] << " channels";
  if (failed(inferConvolution(node, inference, 0, 1, 3, inference.getElementType(node.getInputs()[0]))))
    return failure();
  // An offset for each dimension, group and place in the kernel, or one weight.
  if (isa<NoneType>(node.getOutputs()[0].getType()))
    return success();
  Shape result = inference.getShape(node.getOutputs()[0]);
  for (auto [index, numbers] : {std::pair(2u, 2), std::pair(4u, 1)}) {
    Value operand = node.getInput(index);
    if (!operand)
      continue;
    Shape own = inference.getShape(operand);
    Dim channels = inference.mul(inference.mul(inference.mul(w[2], w[3]), groups), numbers);
    if (differ(own[1], channels) || differ(own[2], result[2]) || differ(own[3], result[3]))
      return node.emitNodeError() << "input " << index << " has type " << operand.getType() << " where " << channels
                                  << " channels of " << result[2] << "x" << result[3] << " are needed";
  }
  return success();
}

LogicalResult aimc::onnx::inferGlobalPool(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  if (result.size() < 2)
    return node.emitNodeError() << "input 0 has " << result.size() << " dimensions; the operator takes at least 2";
  std::fill(result.begin() + 2, result.end(), 1);
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Recurrences
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferRecurrent(NodeOp node, ShapeInference &inference) {
  for (unsigned index : {0, 1, 2})
    if (failed(expectRank(node, inference, index, 3)))
      return failure();
  Shape x = inference.getShape(node.getInputs()[0]), w = inference.getShape(node.getInputs()[1]);
  Shape r = inference.getShape(node.getInputs()[2]);
  StringRef direction = node.getString("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return node.emitNodeError() << "'direction' is " << direction << ", not forward, reverse or bidirectional";
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  int64_t gates = node.getOpType() == "LSTM" ? 4 : node.getOpType() == "GRU" ? 3 : 1;
  Dim hidden = node.getInt("hidden_size", -1);
  if (!isStatic(hidden))
    hidden = r[2];
  if (differ(w[0], directions) || differ(r[0], directions))
    return node.emitNodeError() << "weights have " << w[0] << " and " << r[0] << " directions; 'direction' is " << direction;
  if (differ(w[1], inference.mul(hidden, gates)) || differ(r[1], inference.mul(hidden, gates)) || differ(r[2], hidden))
    return node.emitNodeError() << "weights of " << w[1] << " and " << r[1] << "x" << r[2] << " do not fit " << gates
                                << " gates of " << hidden << " units";
  if (differ(w[2], x[2]))
    return node.emitNodeError() << "input has " << x[2] << " features; the weight takes " << w[2];

  if (Value bias = node.getInput(3)) {
    Shape shape = inference.getShape(bias);
    if (shape.size() != 2 || differ(shape[0], directions) || differ(shape[1], inference.mul(hidden, 2 * gates)))
      return node.emitNodeError() << "input 3 has type " << bias.getType() << "; the biases of " << directions
                                  << " directions and " << gates << " gates of " << hidden << " units do not fit";
  }
  bool batchFirst = node.getInt("layout", 0) != 0;
  Dim steps = x[batchFirst ? 1 : 0], batch = x[batchFirst ? 0 : 1];
  Shape sequence = batchFirst ? Shape{batch, steps, directions, hidden} : Shape{steps, directions, batch, hidden};
  Shape state = batchFirst ? Shape{batch, directions, hidden} : Shape{directions, batch, hidden};
  for (unsigned index : {5, 6})
    if (Value initial = node.getInput(index)) {
      Shape shape = inference.getShape(initial);
      bool fits = shape.size() == 3;
      for (size_t dim = 0; fits && dim < 3; ++dim)
        fits = !differ(shape[dim], state[dim]);
      if (!fits)
        return node.emitNodeError() << "input " << index << " has type " << initial.getType() << ", which is not " << directions
                                    << " states of " << hidden << " units for the batch";
    }
  for (auto [index, output] : llvm::enumerate(node.getOutputs()))
    inference.setResult(output, index == 0 ? sequence : state, inference.getElementType(node.getInputs()[0]));
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Normalization
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferBatchNormalization(NodeOp node, ShapeInference &inference) {
  bool trains = node.getOpset() < 7 && node.getInt("is_test", 0) == 0; // without the running statistics as inputs and outputs
  if (trains || node.getInt("spatial", 1) != 1)
    return node.emitNodeError() << "is in training mode or not per channel; export the model for inference";
  Shape x = inference.getShape(node.getInputs()[0]);
  if (x.empty())
    return node.emitNodeError() << "normalizes a scalar";
  Dim channels = x.size() > 1 ? x[1] : 1;
  for (unsigned index : {1, 2, 3, 4}) {
    if (failed(expectRank(node, inference, index, 1)))
      return failure();
    Dim size = inference.getShape(node.getInputs()[index])[0];
    if (differ(size, channels))
      return node.emitNodeError() << "input " << index << " has " << size << " elements for " << channels << " channels";
    channels = isStatic(channels) ? channels : size;
  }
  if (x.size() > 1)
    x[1] = channels;
  for (auto [index, output] : llvm::enumerate(node.getOutputs()))
    inference.setResult(output, index == 0 ? x : Shape{channels}, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferSoftmax(NodeOp node, ShapeInference &inference) {
  int64_t rank = inference.getShape(node.getInputs()[0]).size();
  if (failed(normalizeAxis(node, node.getInt("axis", node.getOpset() < 13 ? 1 : -1), rank)))
    return failure();
  return inferUnary(node, inference);
}

LogicalResult aimc::onnx::inferChannelNormalization(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  if (x.size() < 3)
    return node.emitNodeError() << "input 0 has " << x.size() << " dimensions; the operator takes at least 3";
  if (int64_t size = node.getInt("size", 0);
      node.getOpType() == "LRN" && (size < 1 || size > std::numeric_limits<int32_t>::max()))
    return node.emitNodeError() << "'size' is " << size << "; a window has 1 to " << std::numeric_limits<int32_t>::max()
                                << " channels";
  Dim channels = x[1];
  for (unsigned index = 1; index < node.getInputs().size(); ++index) {
    if (failed(expectVector(node, inference, index, channels)))
      return failure();
    channels = isStatic(channels) ? channels : inference.getShape(node.getInputs()[index])[0];
  }
  return inferUnary(node, inference);
}

LogicalResult aimc::onnx::inferLayerNormalization(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", -1), x.size());
  if (failed(axis))
    return failure();
  Shape statistics = x;
  std::fill(statistics.begin() + *axis, statistics.end(), 1);
  for (unsigned index : {1, 2}) {
    Value operand = node.getInput(index);
    if (!operand)
      continue;
    Shape shape = inference.getShape(operand);
    if (shape.size() > x.size())
      return node.emitNodeError() << "input " << index << " has " << shape.size() << " dimensions, the input " << x.size();
    for (size_t back = 1; back <= shape.size(); ++back)
      if (shape[shape.size() - back] != 1 && differ(shape[shape.size() - back], x[x.size() - back]))
        return node.emitNodeError() << "input " << index << " has size " << shape[shape.size() - back]
                                    << " where the input has " << x[x.size() - back];
  }
  Type stash = getTypeOfOnnxNumber(node.getContext(), node.getInt("stash_type", 1));
  for (auto [index, output] : llvm::enumerate(node.getOutputs()))
    inference.setResult(output, index == 0 ? x : statistics,
                        index == 0 || !stash ? inference.getElementType(node.getInputs()[0]) : stash);
  return success();
}
