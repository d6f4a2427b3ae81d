//===- ShapesLoops.cpp - shape functions of Loop and Scan -------------------------------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace aimc::onnx;

namespace {
/// A value that a body takes: an iteration's, or one that it hands on to the next.
struct BodyValue {
  Shape shape;
  Type element;
  int64_t next = -1; // which yielded value the next iteration takes; -1: none
};
} // namespace

static YieldOp getYield(Region &body) { return body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.front().back()); }

/// Infers `body` until every carried value has a shape that its initial value and the yielded one both have: sizes that
/// change from iteration to iteration become unknown.
static LogicalResult settle(NodeOp node, ShapeInference &inference, Region &body, MutableArrayRef<BodyValue> arguments) {
  YieldOp yield = getYield(body);
  llvm::DenseSet<Dim> opened;
  bool changed = true;
  while (changed) {
    changed = false;
    if (failed(inference.countLoopPass(node, body)))
      return failure();
    inference.forget(body);
    for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
      inference.setResult(argument, value.shape, value.element);
    if (failed(inference.run(body)))
      return failure();
    for (Value next : yield.getValues())
      if (!isa<RankedTensorType>(next.getType()))
        return node.emitNodeError() << "the body yields " << next.getType() << ", not a tensor";
    for (auto [index, value] : llvm::enumerate(arguments)) {
      if (value.next < 0)
        continue;
      Value next = yield.getValues()[value.next];
      Shape shape = inference.getShape(next);
      if (shape.size() != value.shape.size() || inference.getElementType(next) != value.element)
        return node.emitNodeError() << "argument " << index << " of the body is " << body.getArgument(index).getType()
                                    << ", but the body yields " << next.getType();
      for (auto [dim, nextDim] : llvm::zip(value.shape, shape))
        if (dim != nextDim && !opened.contains(dim)) {
          dim = inference.freshDim();
          opened.insert(dim);
          changed = true;
        }
    }
  }
  return success();
}

/// The body of a node with at least `arguments` arguments (all when `exact`); an error otherwise.
static FailureOr<Region *> getBody(NodeOp node, size_t arguments) {
  Region *body = getSubgraph(node, "body");
  if (!body || !getYield(*body)) {
    node.emitNodeError() << "needs the subgraph 'body'";
    return failure();
  }
  if (body->getNumArguments() != arguments) {
    node.emitNodeError() << "the body has " << body->getNumArguments() << " inputs where the node gives " << arguments;
    return failure();
  }
  return body;
}

/// A number of one element: rank 0, or 1 where the body declares that.
static BodyValue getScalarArgument(Region &body, unsigned index, Type element) {
  auto type = dyn_cast<RankedTensorType>(body.getArgument(index).getType());
  return {type && type.getRank() == 1 ? Shape{1} : Shape(), element};
}

/// Whether a tensor of this type may hold one boolean.
static bool isOneBoolean(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getElementType().isInteger(1) && (!tensor.hasStaticShape() || tensor.getNumElements() == 1);
}

LogicalResult aimc::onnx::inferLoop(NodeOp node, ShapeInference &inference) {
  size_t carried = std::max<size_t>(node.getInputs().size(), 2) - 2;
  FailureOr<Region *> body = getBody(node, carried + 2);
  if (failed(body))
    return failure();
  size_t yielded = getYield(**body).getValues().size();
  if (yielded < carried + 1 || yielded - 1 < node.getOutputs().size())
    return node.emitNodeError() << "the body yields " << yielded << " values for " << carried << " carried ones and "
                                << node.getOutputs().size() << " outputs";
  SmallVector<BodyValue> arguments{getScalarArgument(**body, 0, IntegerType::get(node.getContext(), 64)),
                                   getScalarArgument(**body, 1, IntegerType::get(node.getContext(), 1))};
  for (auto [index, operand] : llvm::enumerate(node.getInputs().take_back(carried))) {
    if (!isa<RankedTensorType>(operand.getType()))
      return node.emitNodeError() << "omits input " << index + 2 << ", a carried value";
    arguments.push_back({inference.getShape(operand), inference.getElementType(operand), static_cast<int64_t>(index) + 1});
  }
  if (failed(settle(node, inference, **body, arguments)))
    return failure();

  ValueRange values = getYield(**body).getValues();
  if (!isOneBoolean(values[0].getType()))
    return node.emitNodeError() << "the body yields " << values[0].getType() << " as its condition, not one boolean";
  // How often it runs is known if nothing can end it early.
  auto isTrue = [&](Value value) { return inference.getIntegers(value) == SmallVector<int64_t>{1}; };
  Dim count = inference.freshDim();
  bool forever = !node.getInput(1) || isTrue(node.getInput(1));
  bool stays = isTrue(values[0]) || values[0] == Value((*body)->getArgument(1));
  if (forever && stays && node.getInput(0))
    if (std::optional<SmallVector<int64_t>> limit = inference.getIntegers(node.getInput(0)); limit && limit->size() == 1)
      count = std::max<int64_t>(limit->front(), 0);
  for (auto [index, output] : llvm::enumerate(node.getOutputs())) {
    if (index < carried) {
      inference.setResult(output, arguments[index + 2].shape, arguments[index + 2].element);
      continue;
    }
    Shape shape = inference.getShape(values[index + 1]);
    shape.insert(shape.begin(), count);
    inference.setResult(output, shape, inference.getElementType(values[index + 1]));
  }
  return success();
}

LogicalResult aimc::onnx::inferScan(NodeOp node, ShapeInference &inference) {
  int64_t scanned = node.getInt("num_scan_inputs", 0), given = node.getInputs().size();
  if (scanned < 1 || scanned > given)
    return node.emitNodeError() << "scans " << scanned << " of " << given << " inputs";
  int64_t states = given - scanned;
  FailureOr<Region *> body = getBody(node, node.getInputs().size());
  if (failed(body))
    return failure();
  ValueRange values = getYield(**body).getValues();
  if (static_cast<int64_t>(values.size()) < states || values.size() < node.getOutputs().size())
    return node.emitNodeError() << "the body yields " << values.size() << " values for " << states << " states and "
                                << node.getOutputs().size() << " outputs";
  SmallVector<BodyValue> arguments;
  SmallVector<int64_t> axes = node.getInts("scan_input_axes"), outputAxes = node.getInts("scan_output_axes");
  Dim count = 0;
  for (auto [index, operand] : llvm::enumerate(node.getInputs())) {
    Shape shape = inference.getShape(operand);
    int64_t position = static_cast<int64_t>(index) - states;
    if (position >= 0) {
      int64_t axis = position < static_cast<int64_t>(axes.size()) ? axes[position] : 0;
      FailureOr<int64_t> normalized = normalizeAxis(node, axis, shape.size());
      if (failed(normalized))
        return failure();
      if (position == 0 || isStatic(shape[*normalized]))
        count = shape[*normalized];
      shape.erase(shape.begin() + *normalized);
    }
    arguments.push_back({shape, inference.getElementType(operand), position < 0 ? static_cast<int64_t>(index) : -1});
  }
  if (failed(settle(node, inference, **body, arguments)))
    return failure();
  for (auto [index, value] : llvm::enumerate(values)) { // of which the node may leave the last ones out
    Value output = index < node.getOutputs().size() ? node.getOutputs()[index] : Value();
    int64_t position = static_cast<int64_t>(index) - states;
    if (position < 0) {
      if (output)
        inference.setResult(output, arguments[index].shape, arguments[index].element);
      continue;
    }
    Shape shape = inference.getShape(value);
    int64_t axis = position < static_cast<int64_t>(outputAxes.size()) ? outputAxes[position] : 0;
    FailureOr<int64_t> normalized = normalizeAxis(node, axis, shape.size() + 1);
    if (failed(normalized))
      return failure();
    shape.insert(shape.begin() + *normalized, count);
    if (output)
      inference.setResult(output, shape, inference.getElementType(value));
  }
  return success();
}

LogicalResult aimc::onnx::inferBatchedScan(NodeOp node, ShapeInference &inference) {
  ValueRange operands = node.getInputs().drop_front();
  int64_t scanned = node.getInt("num_scan_inputs", 0), given = operands.size();
  if (scanned < 1 || scanned > given)
    return node.emitNodeError() << "scans " << scanned << " of " << given << " inputs behind the lengths";
  int64_t states = given - scanned;
  FailureOr<Region *> body = getBody(node, operands.size());
  if (failed(body))
    return failure();
  ValueRange values = getYield(**body).getValues();
  if (static_cast<int64_t>(values.size()) < states || values.size() < node.getOutputs().size())
    return node.emitNodeError() << "the body yields " << values.size() << " values for " << states << " states and "
                                << node.getOutputs().size() << " outputs";
  SmallVector<BodyValue> arguments;
  SmallVector<Dim> leading; // batch, steps
  for (auto [index, operand] : llvm::enumerate(operands)) {
    bool isState = static_cast<int64_t>(index) < states;
    size_t outer = isState ? 1 : 2;
    if (!isa<RankedTensorType>(operand.getType()) || inference.getShape(operand).size() < outer)
      return node.emitNodeError() << "input " << index + 1 << " has type " << operand.getType() << "; it needs "
                                  << (isState ? "a dimension of samples" : "dimensions of samples and of steps");
    Shape shape = inference.getShape(operand);
    if (!isState && leading.empty())
      leading.assign(shape.begin(), shape.begin() + 2);
    arguments.push_back({Shape(shape.begin() + outer, shape.end()), inference.getElementType(operand),
                         isState ? static_cast<int64_t>(index) : -1});
  }
  if (failed(settle(node, inference, **body, arguments)))
    return failure();
  for (auto [index, output] : llvm::enumerate(node.getOutputs())) {
    Shape shape = inference.getShape(values[index]);
    shape.insert(shape.begin(), leading.begin(), leading.begin() + (static_cast<int64_t>(index) < states ? 1 : 2));
    inference.setResult(output, shape, inference.getElementType(values[index]));
  }
  return success();
}
