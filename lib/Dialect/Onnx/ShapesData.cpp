//===- ShapesData.cpp - shape functions of operators that move elements -----------------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace aimc::onnx;

/// Sets the type of output 0, with the element type of `input`.
static void setOutput(NodeOp node, ShapeInference &inference, ArrayRef<Dim> shape, unsigned input = 0) {
  inference.setResult(node.getOutputs()[0], shape, inference.getElementType(node.getInputs()[input]));
}

/// Output 0 holds the elements of `input` in the same order.
static void keepElements(NodeOp node, ShapeInference &inference, unsigned input = 0) {
  if (const PartialValue *value = inference.getValue(node.getInputs()[input]))
    inference.setValue(node.getOutputs()[0], PartialValue(*value));
}

/// Output 0 holds the elements of input 0 that `pick` finds for each output index.
static void pickOutput(NodeOp node, ShapeInference &inference, ArrayRef<Dim> shape,
                       llvm::function_ref<int64_t(ArrayRef<int64_t> index, ArrayRef<int64_t> strides)> pick) {
  const PartialValue *value = inference.getValue(node.getInputs()[0]);
  if (!value || !isSmall(shape))
    return;
  SmallVector<int64_t> strides = getStrides(value->shape);
  inference.setValue(node.getOutputs()[0],
                     pickElements(*value, shape, [&](ArrayRef<int64_t> index) { return pick(index, strides); }));
}

//===--------------------------------------------------------------------------------------------------------------===//
// The same elements in the same order
//===--------------------------------------------------------------------------------------------------------------===//

static Dim multiply(ShapeInference &inference, ArrayRef<Dim> dims) {
  Dim product = 1;
  for (Dim dim : dims)
    product = inference.mul(product, dim);
  return product;
}

/// The sizes that are known of a reshaped result must divide the elements of the input, and be as many when all are known.
static LogicalResult checkCount(NodeOp node, ArrayRef<Dim> input, ArrayRef<Dim> result, ShapeInference &inference) {
  if (!llvm::all_of(input, isStatic))
    return success();
  Dim count = multiply(inference, input), known = 1;
  for (Dim dim : result)
    known = isStatic(dim) ? inference.mul(known, dim) : known;
  bool fits = llvm::all_of(result, isStatic) ? known == count : known == 0 ? count == 0 : count % known == 0;
  if (isStatic(known) && !fits)
    return node.emitNodeError() << "makes " << node.getOutputs()[0].getType() << " of " << node.getInputs()[0].getType()
                                << ", which has another number of elements";
  return success();
}

LogicalResult aimc::onnx::inferReshape(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]);
  Value target = node.getInputs()[1];
  Shape targetShape = inference.getShape(target);
  if (targetShape.size() != 1 || !isStatic(targetShape[0]) || targetShape[0] > 64)
    return node.emitNodeError() << "the new shape has type " << target.getType()
                                << "; its number of dimensions must be known when compiling";
  const PartialValue *sizes = inference.getValue(target);
  bool allowZero = node.getInt("allowzero", 0) != 0;
  Shape result;
  std::optional<size_t> open; // the dimension that the others leave
  size_t unknown = 0;
  for (int64_t dim = 0; dim < targetShape[0]; ++dim) {
    Scalar size = sizes ? sizes->elements[dim] : Scalar::unknown();
    if (size.isInteger() && size.bits == 0 && !allowZero) {
      if (static_cast<size_t>(dim) >= input.size())
        return node.emitNodeError() << "copies dimension " << dim << " of an input of " << input.size() << " dimensions";
      result.push_back(input[dim]);
    } else if (size.isInteger() && size.bits == -1) {
      if (open)
        return node.emitNodeError() << "leaves two dimensions open";
      open = dim;
      result.push_back(1);
    } else if (size.isInteger() && size.bits < 0) {
      return node.emitNodeError() << "size " << size.bits << " is negative";
    } else {
      unknown += !size.isSize();
      result.push_back(inference.toDim(size));
    }
  }
  // A size computed at run time follows from the others when it is the only one. It may be -1 itself: the same then.
  if (!open && unknown == 1)
    for (int64_t dim = 0; dim < targetShape[0]; ++dim)
      if (!sizes || !sizes->elements[dim].isSize()) {
        open = dim;
        result[dim] = 1;
        unknown = 0;
      }
  bool staticOthers = llvm::all_of(result, isStatic);
  if (open && unknown == 0) {
    std::optional<Dim> rest = inference.quotient(input, result);
    if (!rest)
      return node.emitNodeError() << "reshapes " << multiply(inference, input) << " elements into rows of "
                                  << multiply(inference, result);
    result[*open] = *rest;
  } else if (open) {
    result[*open] = inference.freshDim();
  } else if (staticOthers && llvm::all_of(input, isStatic) && multiply(inference, input) != multiply(inference, result)) {
    return node.emitNodeError() << "reshapes " << multiply(inference, input) << " elements into "
                                << multiply(inference, result);
  }
  setOutput(node, inference, result);
  keepElements(node, inference);
  return checkCount(node, input, result, inference);
}

LogicalResult aimc::onnx::inferFlatten(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]);
  int64_t rank = input.size(), axis = node.getInt("axis", 1);
  if (axis < -rank || axis > rank)
    return node.emitNodeError() << "axis " << axis << " is outside of a tensor of " << rank << " dimensions";
  ArrayRef<Dim> dims(input);
  size_t split = axis < 0 ? axis + rank : axis;
  setOutput(node, inference, {multiply(inference, dims.take_front(split)), multiply(inference, dims.drop_front(split))});
  keepElements(node, inference);
  return success();
}

LogicalResult aimc::onnx::inferSqueeze(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]), result;
  if (std::optional<int64_t> count = countUnknownOf(node, inference, "axes", 1)) {
    if (*count > static_cast<int64_t>(input.size()))
      return node.emitNodeError() << "drops " << *count << " of " << input.size() << " dimensions";
    setOutput(node, inference, getFreshShape(inference, input.size() - *count));
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> axes = getIntegersOf(node, inference, "axes", 1);
  if (failed(axes))
    return failure();
  if (*axes) {
    FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, **axes, input.size());
    if (failed(normalized))
      return failure();
    for (auto [dim, size] : llvm::enumerate(input))
      if (!llvm::is_contained(*normalized, static_cast<int64_t>(dim)))
        result.push_back(size);
      else if (isStatic(size) && size != 1)
        return node.emitNodeError() << "drops dimension " << dim << " of size " << size << ", not 1";
  } else {
    for (auto [dim, size] : llvm::enumerate(input))
      if (!isStatic(size))
        return node.emitNodeError() << "drops all dimensions of size 1, and the size of dimension " << dim
                                    << " is not known; give it with --dim";
      else if (size != 1)
        result.push_back(size);
  }
  setOutput(node, inference, result);
  keepElements(node, inference);
  return success();
}

LogicalResult aimc::onnx::inferUnsqueeze(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]), result;
  if (std::optional<int64_t> count = countUnknownOf(node, inference, "axes", 1)) {
    setOutput(node, inference, getFreshShape(inference, input.size() + *count));
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> axes = getIntegersOf(node, inference, "axes", 1);
  if (failed(axes))
    return failure();
  if (!*axes)
    return node.emitNodeError() << "has no axes";
  size_t rank = input.size() + (*axes)->size();
  if (rank > maxTensorRank)
    return node.emitNodeError() << "makes a tensor of " << rank << " dimensions; one has at most " << maxTensorRank;
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, **axes, rank);
  if (failed(normalized))
    return failure();
  const Dim *next = input.begin();
  for (size_t dim = 0; dim < rank; ++dim)
    result.push_back(llvm::is_contained(*normalized, static_cast<int64_t>(dim)) ? 1 : *next++);
  setOutput(node, inference, result);
  keepElements(node, inference);
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Elements in another order, or some of them
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferTranspose(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]), result;
  SmallVector<int64_t> perm = node.getInts("perm");
  if (perm.empty())
    for (size_t dim = input.size(); dim-- > 0;)
      perm.push_back(dim);
  if (perm.size() != input.size())
    return node.emitNodeError() << "'perm' has " << perm.size() << " numbers for an input of " << input.size() << " dimensions";
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, perm, input.size());
  if (failed(normalized))
    return failure();
  for (int64_t dim : *normalized)
    result.push_back(input[dim]);
  setOutput(node, inference, result);
  pickOutput(node, inference, result, [&](ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
    int64_t flat = 0;
    for (auto [position, dim] : llvm::zip(index, *normalized))
      flat += position * strides[dim];
    return flat;
  });
  return success();
}

LogicalResult aimc::onnx::inferConcat(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 1), result.size());
  if (failed(axis))
    return failure();
  for (auto [index, operand] : llvm::enumerate(node.getInputs().drop_front())) {
    Shape shape = inference.getShape(operand);
    if (shape.size() != result.size())
      return node.emitNodeError() << "joins tensors of " << result.size() << " and " << shape.size() << " dimensions";
    for (auto [dim, size] : llvm::enumerate(shape)) {
      if (static_cast<int64_t>(dim) == *axis)
        result[dim] = inference.add(result[dim], size);
      else if (isStatic(size) && isStatic(result[dim]) && size != result[dim])
        return node.emitNodeError() << "input " << index + 1 << " has size " << size << " along dimension " << dim
                                    << " where input 0 has " << result[dim];
      else if (isStatic(size))
        result[dim] = size;
    }
    if (inference.getElementType(operand) != inference.getElementType(node.getInputs()[0]))
      return node.emitNodeError() << "joins element types " << inference.getElementType(node.getInputs()[0]) << " and "
                                  << inference.getElementType(operand);
  }
  setOutput(node, inference, result);

  SmallVector<const PartialValue *> values;
  int64_t outer = 1;
  for (Value operand : node.getInputs()) {
    const PartialValue *value = inference.getValue(operand);
    if (!value || !isSmall(result)) {
      // A vector some of whose pieces are followed and the others at least counted.
      if (result.size() != 1 || !isSmall(result))
        return success();
      values.push_back(nullptr);
    } else {
      values.push_back(value);
    }
  }
  if (llvm::is_contained(result, 0))
    return success(); // rows of nothing, and maybe very many
  for (Dim size : ArrayRef<Dim>(result).take_front(*axis))
    outer *= size;
  PartialValue joined;
  for (int64_t row = 0; row < outer; ++row)
    for (auto [operand, value] : llvm::zip(node.getInputs(), values)) {
      if (!value) {
        joined.elements.insert(joined.elements.end(), inference.getShape(operand)[0], Scalar::unknown());
        continue;
      }
      size_t length = value->elements.size() / outer;
      joined.elements.insert(joined.elements.end(), value->elements.begin() + row * length,
                             value->elements.begin() + (row + 1) * length);
    }
  inference.setValue(node.getOutputs()[0], std::move(joined));
  return success();
}

LogicalResult aimc::onnx::inferGather(NodeOp node, ShapeInference &inference) {
  Shape data = inference.getShape(node.getInputs()[0]), indices = inference.getShape(node.getInputs()[1]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), data.size());
  if (failed(axis))
    return failure();
  Shape result(data.begin(), data.begin() + *axis);
  llvm::append_range(result, indices);
  result.append(data.begin() + *axis + 1, data.end());
  setOutput(node, inference, result);

  std::optional<SmallVector<int64_t>> picked = inference.getIntegers(node.getInputs()[1]);
  if (!picked || !isStatic(data[*axis]))
    return success();
  for (int64_t &position : *picked) {
    if (position < -data[*axis] || position >= data[*axis])
      return node.emitNodeError() << "index " << position << " is outside of dimension " << *axis << " of size " << data[*axis];
    position += position < 0 ? data[*axis] : 0;
  }
  SmallVector<int64_t> indexStrides = llvm::all_of(indices, isStatic) ? getStrides(indices) : SmallVector<int64_t>();
  pickOutput(node, inference, result, [&](ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
    int64_t flat = 0, which = 0;
    for (auto [dim, position] : llvm::enumerate(index)) {
      size_t inIndices = dim - *axis;
      if (static_cast<int64_t>(dim) < *axis)
        flat += position * strides[dim];
      else if (inIndices < indices.size())
        which += position * indexStrides[inIndices];
      else
        flat += position * strides[dim - indices.size() + 1];
    }
    return flat + (*picked)[which] * strides[*axis];
  });
  return success();
}

LogicalResult aimc::onnx::inferSlice(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]), result = input;
  bool asOperands = node.getInputs().size() > 1;
  // Each parameter as scalars, since a limit may be a size without a number.
  auto read = [&](StringRef name, unsigned index) -> std::optional<std::vector<Scalar>> {
    if (!asOperands) {
      if (!node.getNodeAttr(name))
        return std::nullopt;
      std::vector<Scalar> scalars;
      for (int64_t number : node.getInts(name))
        scalars.push_back(Scalar::integer(number));
      return scalars;
    }
    Value operand = node.getInput(index);
    if (!operand)
      return std::nullopt;
    if (const PartialValue *value = inference.getValue(operand))
      return value->elements;
    Shape shape = inference.getShape(operand);
    return std::vector<Scalar>(shape.size() == 1 && isSmall(shape) ? shape[0] : 0, Scalar::unknown());
  };
  std::optional<std::vector<Scalar>> starts = read("starts", 1), ends = read("ends", 2), steps = read("steps", 4);
  auto isMissing = [&](size_t count) {
    return !starts || !ends || starts->size() != count || ends->size() != count || (steps && steps->size() != count);
  };
  if (std::optional<int64_t> count = countUnknownOf(node, inference, "axes", 3); asOperands && count) {
    if (isMissing(*count) || *count > static_cast<int64_t>(input.size()))
      return node.emitNodeError() << "needs starts, ends, axes and steps of one length, at most " << input.size();
    // Any dimension may be cut.
    setOutput(node, inference, getFreshShape(inference, input.size()));
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> axes = getIntegersOf(node, inference, "axes", 3);
  if (failed(axes))
    return failure();
  if (!starts || isMissing(*axes ? (*axes)->size() : starts->size()))
    return node.emitNodeError() << "needs starts, ends, axes and steps of one length";
  SmallVector<int64_t> axisList;
  if (*axes)
    axisList = **axes;
  else
    for (size_t dim = 0; dim < starts->size(); ++dim)
      axisList.push_back(dim);
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, axisList, input.size());
  if (failed(normalized))
    return failure();

  SmallVector<int64_t> first(input.size(), 0), stride(input.size(), 1);
  bool known = true;
  for (auto [position, axis] : llvm::enumerate(*normalized)) {
    Scalar start = (*starts)[position], end = (*ends)[position];
    Scalar step = steps ? (*steps)[position] : Scalar::integer(1);
    if (step.isInteger() && step.bits == 0)
      return node.emitNodeError() << "step 0 along dimension " << axis;
    Dim size = input[axis];
    constexpr int64_t far = std::numeric_limits<int32_t>::max();
    if (start.isInteger() && end.isInteger() && step.isInteger() && isStatic(size)) {
      // NumPy's rules: negative limits count from the end, limits outside are moved to the border.
      int64_t low = step.bits < 0 ? -1 : 0, high = step.bits < 0 ? size - 1 : size;
      auto place = [&](int64_t limit) { return std::clamp(limit < 0 ? limit + size : limit, low, high); };
      int64_t from = place(start.bits), to = place(end.bits);
      uint64_t span = step.bits < 0 ? std::max<int64_t>(from - to, 0) : std::max<int64_t>(to - from, 0);
      uint64_t width = step.bits < 0 ? 0 - static_cast<uint64_t>(step.bits) : step.bits;
      first[axis] = from;
      stride[axis] = step.bits;
      result[axis] = span == 0 ? 0 : (span - 1) / width + 1;
      continue;
    }
    known = false;
    bool unitStep = step.isInteger() && step.bits == 1;
    bool wholeEnd = (end.isInteger() && end.bits >= far) || (end.kind == Scalar::Kind::Symbol && end.bits == size);
    if (unitStep && start.isInteger() && start.bits >= 0 && wholeEnd)
      result[axis] = start.bits == 0 ? size : inference.sub(size, start.bits);
    else if (unitStep && start.isInteger() && start.bits == 0 && end.isInteger() && end.bits < 0)
      result[axis] = inference.sub(size, 0 - static_cast<uint64_t>(end.bits));
    else if (step.isInteger() && step.bits == -1 && start.isInteger() && start.bits == -1 && end.isInteger() &&
             end.bits <= -far)
      result[axis] = size;
    else
      result[axis] = inference.freshDim();
  }
  setOutput(node, inference, result);
  if (known)
    pickOutput(node, inference, result, [&](ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
      int64_t flat = 0;
      for (auto [dim, position] : llvm::enumerate(index))
        flat += (first[dim] + position * stride[dim]) * strides[dim];
      return flat;
    });
  return success();
}

LogicalResult aimc::onnx::inferSplit(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), input.size());
  if (failed(axis))
    return failure();
  size_t count = node.getOutputs().size();
  if (std::optional<int64_t> unknown = countUnknownOf(node, inference, "split", 1)) {
    if (*unknown != static_cast<int64_t>(count))
      return node.emitNodeError() << "has " << *unknown << " sizes for " << count << " outputs";
    for (Value output : node.getOutputs()) {
      input[*axis] = inference.freshDim();
      inference.setResult(output, input, inference.getElementType(node.getInputs()[0]));
    }
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> sizes = getIntegersOf(node, inference, "split", 1);
  if (failed(sizes))
    return failure();
  Dim whole = input[*axis];
  SmallVector<Dim> parts;
  if (*sizes) {
    int64_t sum = 0;
    for (int64_t size : **sizes) {
      if (size < 0 || __builtin_add_overflow(sum, size, &sum))
        return node.emitNodeError() << "part of size " << size;
      parts.push_back(size);
    }
    if (parts.size() != count)
      return node.emitNodeError() << "has " << parts.size() << " sizes for " << count << " outputs";
    if (isStatic(whole) && sum != whole)
      return node.emitNodeError() << "splits dimension " << *axis << " of size " << whole << " into parts that sum to " << sum;
  } else if (isStatic(whole)) {
    int64_t part = (whole + count - 1) / count; // the last one may be smaller, from opset 18 on
    if (node.getOpset() < 18 && whole % static_cast<int64_t>(count) != 0)
      return node.emitNodeError() << "dimension " << *axis << " of size " << whole << " does not divide into " << count
                                  << " parts";
    for (size_t index = 0; index < count; ++index)
      parts.push_back(std::clamp<int64_t>(whole - part * static_cast<int64_t>(index), 0, part));
  } else {
    parts.assign(count, count == 1 ? whole : inference.div(whole, count));
    if (node.getOpset() >= 18 && count > 1)
      for (Dim &part : parts)
        part = inference.freshDim();
  }

  const PartialValue *value = inference.getValue(node.getInputs()[0]);
  int64_t offset = 0;
  for (auto [output, part] : llvm::zip(node.getOutputs(), parts)) {
    Shape shape = input;
    shape[*axis] = part;
    inference.setResult(output, shape, inference.getElementType(node.getInputs()[0]));
    if (!value || !isSmall(shape))
      continue;
    SmallVector<int64_t> strides = getStrides(value->shape);
    inference.setValue(output, pickElements(*value, shape, [&](ArrayRef<int64_t> index) {
                         int64_t flat = offset * strides[*axis];
                         for (auto [position, stride] : llvm::zip(index, strides))
                           flat += position * stride;
                         return flat;
                       }));
    offset += part;
  }
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// More elements
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferExpand(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]);
  FailureOr<Shape> target = getSizes(node, inference, 1);
  if (failed(target))
    return failure();
  Shape result = *target;
  if (input.size() > result.size())
    result.insert(result.begin(), input.size() - result.size(), 1);
  for (size_t back = 1; back <= input.size(); ++back) {
    Dim &dim = result[result.size() - back];
    std::optional<Dim> both = inference.broadcast(dim, input[input.size() - back]);
    if (!both)
      return node.emitNodeError() << "expands size " << input[input.size() - back] << " to " << dim << ", dimension " << back
                                  << " from the back";
    dim = *both;
  }
  setOutput(node, inference, result);
  if (const PartialValue *value = inference.getValue(node.getInputs()[0]); value && isSmall(result))
    inference.setValue(node.getOutputs()[0], mapBroadcast({value}, result, [](ArrayRef<Scalar> x) { return x[0]; }));
  return success();
}

LogicalResult aimc::onnx::inferTile(NodeOp node, ShapeInference &inference) {
  Shape input = inference.getShape(node.getInputs()[0]), result;
  FailureOr<Shape> repeats = getSizes(node, inference, 1);
  if (failed(repeats))
    return failure();
  if (repeats->size() != input.size())
    return node.emitNodeError() << "has " << repeats->size() << " repeats for an input of " << input.size() << " dimensions";
  for (auto [size, count] : llvm::zip(input, *repeats))
    result.push_back(inference.mul(size, count));
  setOutput(node, inference, result);
  pickOutput(node, inference, result, [&](ArrayRef<int64_t> index, ArrayRef<int64_t> strides) {
    int64_t flat = 0;
    for (auto [dim, position] : llvm::enumerate(index))
      flat += position % input[dim] * strides[dim];
    return flat;
  });
  return success();
}

LogicalResult aimc::onnx::inferPad(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  FailureOr<std::optional<SmallVector<int64_t>>> axes = getIntegersOf(node, inference, "axes", 3);
  if (failed(axes))
    return failure();
  SmallVector<int64_t> axisList;
  for (size_t dim = 0; dim < result.size() && !*axes; ++dim)
    axisList.push_back(dim);
  FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, *axes ? **axes : axisList, result.size());
  if (failed(normalized))
    return failure();
  size_t count = normalized->size();
  if (countUnknownOf(node, inference, "pads", 1) == static_cast<int64_t>(2 * count)) {
    for (int64_t axis : *normalized)
      result[axis] = inference.freshDim();
    setOutput(node, inference, result);
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> pads = getIntegersOf(node, inference, "pads", 1);
  if (failed(pads))
    return failure();
  if (!*pads || (*pads)->size() != 2 * count)
    return node.emitNodeError() << "has " << (*pads ? (*pads)->size() : 0) << " pads where " << 2 * count << " are needed";
  for (auto [position, axis] : llvm::enumerate(*normalized)) {
    int64_t before = (**pads)[position], after = (**pads)[position + count], sum = 0;
    constexpr int64_t least = std::numeric_limits<int64_t>::min(); // has no opposite
    if (__builtin_add_overflow(before, after, &sum) || llvm::is_contained({before, after, sum}, least))
      return node.emitNodeError() << "pads dimension " << axis << " by " << before << " and " << after;
    Dim padded = sum < 0 ? inference.sub(result[axis], -sum) : inference.add(result[axis], sum);
    if (isStatic(result[axis]) && !isStatic(padded))
      return node.emitNodeError() << "pads dimension " << axis << " of size " << result[axis] << " by " << before << " and "
                                  << after;
    result[axis] = padded;
  }
  setOutput(node, inference, result);
  return success();
}

/// Block size and input shape [N, C, H, W] of the two depth operators.
static FailureOr<int64_t> getBlockSize(NodeOp node, ArrayRef<Dim> shape) {
  int64_t block = node.getInt("blocksize", 0);
  if (shape.size() != 4 || block < 1 || block > std::numeric_limits<int16_t>::max()) {
    node.emitNodeError() << "takes 4 dimensions and a positive 'blocksize', not " << shape.size() << " and " << block;
    return failure();
  }
  return block;
}

LogicalResult aimc::onnx::inferDepthToSpace(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> block = getBlockSize(node, shape);
  if (failed(block))
    return failure();
  if (isStatic(shape[1]) && shape[1] % (*block * *block) != 0)
    return node.emitNodeError() << shape[1] << " channels do not fill blocks of " << *block << "x" << *block;
  setOutput(
      node, inference,
      {shape[0], inference.div(shape[1], *block * *block), inference.mul(shape[2], *block), inference.mul(shape[3], *block)});
  return success();
}

LogicalResult aimc::onnx::inferSpaceToDepth(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> block = getBlockSize(node, shape);
  if (failed(block))
    return failure();
  for (unsigned dim : {2, 3})
    if (isStatic(shape[dim]) && shape[dim] % *block != 0)
      return node.emitNodeError() << "dimension " << dim << " of size " << shape[dim] << " does not divide into blocks of "
                                  << *block;
  setOutput(
      node, inference,
      {shape[0], inference.mul(shape[1], *block * *block), inference.div(shape[2], *block), inference.div(shape[3], *block)});
  return success();
}
