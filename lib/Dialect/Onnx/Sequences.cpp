//===- Sequences.cpp - sequences and optionals, resolved by inference -------------------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aimc::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Nodes in the place of others
//===--------------------------------------------------------------------------------------------------------------===//

/// A node of ai.onnx before `place`, with its name, inferred; null after an error.
static NodeOp insertNode(NodeOp place, StringRef type, int64_t opset, ValueRange inputs, ArrayRef<NamedAttribute> attrs,
                         size_t results, ShapeInference &inference) {
  OpBuilder b(place);
  SmallVector<Type> types(results, UnrankedTensorType::get(b.getF32Type()));
  auto node = NodeOp::create(b, place.getLoc(), types, type, inputs, "", opset, b.getDictionaryAttr(attrs), ArrayAttr(), 0);
  return succeeded(inference.infer(node)) ? node : NodeOp();
}

static Value insertIntegers(NodeOp place, ArrayRef<int64_t> integers) {
  OpBuilder b(place);
  auto type = RankedTensorType::get(static_cast<int64_t>(integers.size()), b.getI64Type());
  return arith::ConstantOp::create(b, place.getLoc(), DenseElementsAttr::get(type, integers));
}

static Value insertScalar(NodeOp place, Type element, int64_t value) {
  OpBuilder b(place);
  auto type = RankedTensorType::get({}, element);
  return arith::ConstantOp::create(b, place.getLoc(), DenseElementsAttr::get(type, b.getIntegerAttr(element, value)));
}

/// `value` with the dimensions `axis` of size 1 added or taken away; null after an error.
static Value changeRank(NodeOp place, Value value, StringRef type, int64_t axis, ShapeInference &inference) {
  NodeOp node = insertNode(place, type, 13, {value, insertIntegers(place, axis)}, {}, 1, inference);
  return node ? node.getOutputs()[0] : Value();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Sequences
//===--------------------------------------------------------------------------------------------------------------===//

/// The tensors of operand 0; an error when it is no sequence that is known.
static FailureOr<SmallVector<Value>> getTensors(NodeOp node, ShapeInference &inference) {
  if (const SmallVector<Value> *tensors = inference.getSequence(node.getInputs()[0]))
    return *tensors;
  node.emitNodeError() << "takes a sequence whose tensors are known when compiling, not " << node.getInputs()[0].getType();
  return failure();
}

/// The place below `limit` that operand `index` names, counted from `count` when negative; `otherwise` without the operand.
static FailureOr<int64_t> getPosition(NodeOp node, ShapeInference &inference, unsigned index, int64_t count, int64_t limit,
                                      int64_t otherwise) {
  Value operand = node.getInput(index);
  if (!operand)
    return otherwise;
  std::optional<SmallVector<int64_t>> known = inference.getIntegers(operand);
  if (!known || known->size() != 1) {
    node.emitNodeError() << "the position, input " << index << ", must be one number that is known when compiling";
    return failure();
  }
  int64_t position = known->front() < 0 ? known->front() + count : known->front();
  if (position < 0 || position >= limit) {
    node.emitNodeError() << "position " << known->front() << " is outside of the " << limit << " that there are";
    return failure();
  }
  return position;
}

static LogicalResult splitIntoSequence(NodeOp node, ShapeInference &inference) {
  Value tensor = node.getInputs()[0], split = node.getInput(1);
  Shape shape = inference.getShape(tensor);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), shape.size());
  if (failed(axis))
    return failure();
  // How many elements each part has: one, or a number, or a number for each part.
  std::optional<SmallVector<int64_t>> known = split ? inference.getIntegers(split) : SmallVector<int64_t>{1};
  Shape counts = split ? inference.getShape(split) : Shape();
  Value sizes = split;
  int64_t parts = 0;
  if (counts.size() == 1) {
    if (!isStatic(counts[0]))
      return node.emitNodeError() << "splits into a number of parts that is not known when compiling";
    parts = counts[0];
    if (failed(inference.countSplitParts(node, parts)))
      return failure();
  } else {
    Dim size = shape[*axis];
    if (!known || known->size() != 1 || known->front() < 1 || !isStatic(size))
      return node.emitNodeError() << "splits dimension " << *axis << " of " << tensor.getType()
                                  << "; its size and that of the parts must be known when compiling";
    int64_t part = known->front();
    parts = llvm::divideCeil(size, part);
    if (failed(inference.countSplitParts(node, parts)))
      return failure();
    SmallVector<int64_t> all(parts, part);
    if (size % part != 0)
      all.back() = size % part;
    sizes = insertIntegers(node, all);
  }
  SmallVector<Value> tensors;
  if (parts > 0) {
    OpBuilder b(node);
    NamedAttribute along = b.getNamedAttr("axis", b.getI64IntegerAttr(*axis));
    NodeOp splitNode = insertNode(node, "Split", 13, {tensor, sizes}, along, parts, inference);
    if (!splitNode)
      return failure();
    llvm::append_range(tensors, splitNode.getOutputs());
  }
  if (!split && node.getInt("keepdims", 1) == 0)
    for (Value &part : tensors)
      if (!(part = changeRank(node, part, "Squeeze", *axis, inference)))
        return failure();
  return inference.setSequence(node, tensors);
}

static LogicalResult concatSequence(NodeOp node, ShapeInference &inference, SmallVector<Value> tensors) {
  if (tensors.empty())
    return node.emitNodeError() << "joins a sequence that is empty";
  int64_t axis = node.getInt("axis", 0);
  if (node.getInt("new_axis", 0)) {
    FailureOr<int64_t> normalized = normalizeAxis(node, axis, inference.getShape(tensors[0]).size() + 1);
    if (failed(normalized))
      return failure();
    axis = *normalized;
    for (Value &tensor : tensors)
      if (!(tensor = changeRank(node, tensor, "Unsqueeze", axis, inference)))
        return failure();
  }
  OpBuilder b(node);
  NodeOp concat = insertNode(node, "Concat", 13, tensors, b.getNamedAttr("axis", b.getI64IntegerAttr(axis)), 1, inference);
  if (!concat)
    return failure();
  inference.replaceResult(node, concat.getOutputs()[0]);
  return success();
}

LogicalResult aimc::onnx::inferSequence(NodeOp node, ShapeInference &inference) {
  StringRef type = node.getOpType();
  if (type == "SequenceEmpty" || type == "SequenceConstruct") {
    for (Value input : node.getInputs())
      if (inference.getSequence(input))
        return node.emitNodeError() << "makes a sequence of sequences, which is none of tensors";
    return inference.setSequence(node, SmallVector<Value>(node.getInputs()));
  }
  if (type == "SplitToSequence") {
    if (inference.getSequence(node.getInputs()[0]))
      return node.emitNodeError() << "splits a tensor, not a sequence";
    return splitIntoSequence(node, inference);
  }
  FailureOr<SmallVector<Value>> tensors = getTensors(node, inference);
  if (failed(tensors))
    return failure();
  int64_t count = tensors->size();
  if (type == "SequenceLength") {
    inference.replaceResult(node, insertScalar(node, IntegerType::get(node.getContext(), 64), count));
    return success();
  }
  if (type == "ConcatFromSequence")
    return concatSequence(node, inference, *tensors);
  if (type == "SequenceInsert") {
    FailureOr<int64_t> position = getPosition(node, inference, 2, count, count + 1, count);
    if (failed(position))
      return failure();
    tensors->insert(tensors->begin() + *position, node.getInputs()[1]);
    return inference.setSequence(node, *tensors);
  }
  FailureOr<int64_t> position = getPosition(node, inference, 1, count, count, count - 1);
  if (failed(position))
    return failure();
  if (type == "SequenceAt") {
    inference.replaceResult(node, (*tensors)[*position]);
    return success();
  }
  if (count == 0)
    return node.emitNodeError() << "takes a tensor out of a sequence that is empty";
  tensors->erase(tensors->begin() + *position); // SequenceErase
  return inference.setSequence(node, *tensors);
}

//===--------------------------------------------------------------------------------------------------------------===//
// Optionals
//===--------------------------------------------------------------------------------------------------------------===//

/// An optional that holds something is what it holds.
LogicalResult aimc::onnx::inferOptional(NodeOp node, ShapeInference &inference) {
  Value input = node.getInput(0);
  if (node.getOpType() == "OptionalHasElement") {
    inference.replaceResult(node, insertScalar(node, IntegerType::get(node.getContext(), 1), input ? 1 : 0));
    return success();
  }
  inference.replaceResult(node, input);
  return success();
}
