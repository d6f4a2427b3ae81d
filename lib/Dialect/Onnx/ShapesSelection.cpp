//===- ShapesSelection.cpp - shape functions of operators that select, scatter and sort -------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace aimc::onnx;

static Type getI64(NodeOp node) { return IntegerType::get(node.getContext(), 64); }

/// The size that a tensor of one number holds; a fresh one when it is not known.
static Dim getSizeOf(ShapeInference &inference, Value operand) {
  const PartialValue *value = inference.getValue(operand);
  if (!value || value->elements.size() != 1)
    return inference.freshDim();
  return inference.toDim(convert(value->elements.front(), IntegerType::get(operand.getContext(), 64)));
}

LogicalResult aimc::onnx::inferOneHot(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", -1), result.size() + 1);
  if (failed(axis))
    return failure();
  Shape values = inference.getShape(node.getInputs()[2]);
  if (values.size() != 1 || (isStatic(values[0]) && values[0] != 2))
    return node.emitNodeError() << "takes two values, for off and on, not " << node.getInputs()[2].getType();
  result.insert(result.begin() + *axis, getSizeOf(inference, node.getInputs()[1]));
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[2]));
  return success();
}

LogicalResult aimc::onnx::inferTopK(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", -1), result.size());
  if (failed(axis))
    return failure();
  Dim count = node.getInputs().size() > 1 ? getSizeOf(inference, node.getInputs()[1]) : node.getInt("k", -1);
  if (node.getInputs().size() < 2 && count < 1)
    return node.emitNodeError() << "needs a positive 'k'";
  if (isStatic(count) && isStatic(result[*axis]) && count > result[*axis])
    return node.emitNodeError() << "selects " << count << " of " << result[*axis] << " elements along dimension " << *axis;
  result[*axis] = count;
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], result, getI64(node));
  return success();
}

static bool differ(Dim a, Dim b) { return isStatic(a) && isStatic(b) && a != b; }

/// An error when indices that pick along `axis` reach beyond the data along another dimension, which has no index of its own.
static LogicalResult expectInside(NodeOp node, ArrayRef<Dim> indices, ArrayRef<Dim> data, int64_t axis) {
  for (auto [dim, size, limit] : llvm::enumerate(indices, data))
    if (static_cast<int64_t>(dim) != axis && isStatic(size) && isStatic(limit) && size > limit)
      return node.emitNodeError() << "the indices have size " << size << " along dimension " << dim << " where the data have "
                                  << limit;
  return success();
}

/// An error when sizes are known to differ.
static LogicalResult expectSame(NodeOp node, StringRef what, ArrayRef<Dim> actual, ArrayRef<Dim> wanted) {
  for (auto [dim, size, other] : llvm::enumerate(actual, wanted))
    if (differ(size, other))
      return node.emitNodeError() << what << " have size " << size << " along dimension " << dim << " where " << other
                                  << " is needed";
  return success();
}

LogicalResult aimc::onnx::inferGatherElements(NodeOp node, ShapeInference &inference) {
  Shape data = inference.getShape(node.getInputs()[0]), indices = inference.getShape(node.getInputs()[1]);
  if (data.size() != indices.size())
    return node.emitNodeError() << "data have " << data.size() << " dimensions and indices " << indices.size()
                                << "; they must have equally many";
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), data.size());
  if (failed(axis) || failed(expectInside(node, indices, data, *axis)))
    return failure();
  inference.setResult(node.getOutputs()[0], indices, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferGatherND(NodeOp node, ShapeInference &inference) {
  Shape data = inference.getShape(node.getInputs()[0]), indices = inference.getShape(node.getInputs()[1]);
  int64_t batch = node.getInt("batch_dims", 0), rank = data.size();
  if (indices.empty() || !isStatic(indices.back()))
    return node.emitNodeError() << "the indices have type " << node.getInputs()[1].getType()
                                << "; their last size must be known when compiling";
  if (batch < 0 || batch >= static_cast<int64_t>(indices.size()) || batch + indices.back() > rank)
    return node.emitNodeError() << "indices of " << indices.back() << " numbers behind " << batch
                                << " batch dimensions do not fit data of " << rank << " dimensions";
  ArrayRef<Dim> ownBatch(indices);
  if (failed(expectSame(node, "the indices", ownBatch.take_front(batch), ArrayRef<Dim>(data).take_front(batch))))
    return failure();
  Shape result(indices.begin(), indices.end() - 1);
  result.append(data.begin() + batch + indices.back(), data.end());
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferScatter(NodeOp node, ShapeInference &inference) {
  Shape data = inference.getShape(node.getInputs()[0]), indices = inference.getShape(node.getInputs()[1]);
  Shape updates = inference.getShape(node.getInputs()[2]);
  if (node.getOpType() == "ScatterND") {
    if (indices.empty() || !isStatic(indices.back()))
      return node.emitNodeError() << "the indices have type " << node.getInputs()[1].getType()
                                  << "; their last size must be known when compiling";
    if (indices.back() > static_cast<Dim>(data.size()))
      return node.emitNodeError() << "indices of type " << node.getInputs()[1].getType() << " do not fit data of "
                                  << data.size() << " dimensions";
    if (updates.size() != indices.size() - 1 + data.size() - indices.back())
      return node.emitNodeError() << "updates have " << updates.size() << " dimensions where "
                                  << indices.size() - 1 + data.size() - indices.back() << " are needed";
    Shape wanted(indices.begin(), indices.end() - 1);
    wanted.append(data.begin() + indices.back(), data.end());
    if (failed(expectSame(node, "the updates", updates, wanted)))
      return failure();
  } else {
    if (data.size() != indices.size() || data.size() != updates.size())
      return node.emitNodeError() << "data have " << data.size() << ", indices " << indices.size() << " and updates "
                                  << updates.size() << " dimensions; they must have equally many";
    FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), data.size());
    if (failed(axis) || failed(expectInside(node, indices, data, *axis)) ||
        failed(expectSame(node, "the updates", updates, indices)))
      return failure();
  }
  inference.setResult(node.getOutputs()[0], data, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferNonZero(NodeOp node, ShapeInference &inference) {
  Dim rank = inference.getShape(node.getInputs()[0]).size();
  inference.setResult(node.getOutputs()[0], {rank, inference.freshDim()}, getI64(node));
  return success();
}

LogicalResult aimc::onnx::inferCompress(NodeOp node, ShapeInference &inference) {
  Shape result = inference.getShape(node.getInputs()[0]);
  Dim count = inference.freshDim();
  if (std::optional<SmallVector<int64_t>> condition = inference.getIntegers(node.getInputs()[1]))
    count = llvm::count_if(*condition, [](int64_t taken) { return taken != 0; });
  if (node.getNodeAttr("axis")) {
    FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), result.size());
    if (failed(axis))
      return failure();
    result[*axis] = count;
  } else {
    result = {count};
  }
  inference.setResult(node.getOutputs()[0], result, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferEyeLike(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0];
  Shape shape = inference.getShape(input);
  if (shape.size() != 2)
    return node.emitNodeError() << "takes a matrix, not " << input.getType();
  Type element = node.getNodeAttr("dtype") ? getTypeOfOnnxNumber(node.getContext(), node.getInt("dtype", 1))
                                           : inference.getElementType(input);
  if (!element)
    return node.emitNodeError() << "'dtype' " << node.getInt("dtype", 1) << " is not a number type we know";
  inference.setResult(node.getOutputs()[0], shape, element);
  return success();
}

LogicalResult aimc::onnx::inferNonMaxSuppression(NodeOp node, ShapeInference &inference) {
  Shape boxes = inference.getShape(node.getInputs()[0]), scores = inference.getShape(node.getInputs()[1]);
  if (boxes.size() != 3 || scores.size() != 3)
    return node.emitNodeError() << "takes boxes [batch, boxes, 4] and scores [batch, classes, boxes], not "
                                << node.getInputs()[0].getType() << " and " << node.getInputs()[1].getType();
  if (failed(expectSame(node, "the boxes", boxes, {scores[0], scores[2], 4})))
    return failure();
  inference.setResult(node.getOutputs()[0], {inference.freshDim(), 3}, getI64(node));
  return success();
}

LogicalResult aimc::onnx::inferLoss(NodeOp node, ShapeInference &inference) {
  Shape scores = inference.getShape(node.getInputs()[0]), target = inference.getShape(node.getInputs()[1]);
  Type element = inference.getElementType(node.getInputs()[0]);
  if (scores.size() < 2 || target.size() + 1 != scores.size())
    return node.emitNodeError() << "takes scores [N, C, …] and targets [N, …], not " << node.getInputs()[0].getType() << " and "
                                << node.getInputs()[1].getType();
  Shape wanted = scores;
  wanted.erase(wanted.begin() + 1);
  if (failed(expectSame(node, "the targets", target, wanted)))
    return failure();
  if (Value weights = node.getInput(2); weights && differ(inference.getShape(weights)[0], scores[1]))
    return node.emitNodeError() << "the weights are " << weights.getType() << " for " << scores[1] << " classes";
  StringRef reduction = node.getString("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return node.emitNodeError() << "reduction '" << reduction << "' is not known";
  inference.setResult(node.getOutputs()[0], reduction == "none" ? target : Shape(), element);
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], scores, element);
  return success();
}

LogicalResult aimc::onnx::inferGroupNormalization(NodeOp node, ShapeInference &inference) {
  Shape x = inference.getShape(node.getInputs()[0]);
  int64_t groups = node.getInt("num_groups", 0);
  if (x.size() < 2 || groups < 1 || (isStatic(x[1]) && x[1] % groups != 0))
    return node.emitNodeError() << groups << " groups do not divide the channels of " << node.getInputs()[0].getType();
  for (Value parameter : node.getInputs().drop_front())
    if (inference.getShape(parameter).size() != 1)
      return node.emitNodeError() << "scale and bias are vectors, not " << parameter.getType();
  inference.setResult(node.getOutputs()[0], x, inference.getElementType(node.getInputs()[0]));
  return success();
}

LogicalResult aimc::onnx::inferLpNormalization(NodeOp node, ShapeInference &inference) {
  int64_t p = node.getInt("p", 2);
  if (p != 1 && p != 2)
    return node.emitNodeError() << "'p' is " << p << "; 1 and 2 are known";
  if (failed(normalizeAxis(node, node.getInt("axis", -1), inference.getShape(node.getInputs()[0]).size())))
    return failure();
  return inferUnary(node, inference);
}
