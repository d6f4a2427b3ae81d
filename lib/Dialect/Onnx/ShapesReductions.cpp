//===- ShapesReductions.cpp - shape functions of reductions, constants and control ------------------------------===//
#include "ShapeFunctions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mlir;
using namespace aimc::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Axes and integer parameters
//===--------------------------------------------------------------------------------------------------------------===//

FailureOr<int64_t> aimc::onnx::normalizeAxis(NodeOp node, int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    node.emitNodeError() << "axis " << axis << " is outside of a tensor of " << rank << " dimensions";
    return failure();
  }
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>> aimc::onnx::normalizeAxes(NodeOp node, ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> normalized = normalizeAxis(node, axis, rank);
    if (failed(normalized))
      return failure();
    if (llvm::is_contained(result, *normalized)) {
      node.emitNodeError() << "axis " << axis << " appears twice";
      return failure();
    }
    result.push_back(*normalized);
  }
  return result;
}

FailureOr<std::optional<SmallVector<int64_t>>> aimc::onnx::getIntegersOf(NodeOp node, ShapeInference &inference, StringRef name,
                                                                         unsigned index) {
  Value operand = node.getInput(index);
  if (!operand && node.getNodeAttr(name))
    return std::optional<SmallVector<int64_t>>(node.getInts(name));
  if (!operand)
    return std::optional<SmallVector<int64_t>>();
  std::optional<SmallVector<int64_t>> integers = inference.getIntegers(operand);
  if (llvm::is_contained(inference.getShape(operand), 0)) // whatever it is, there is nothing in it
    integers.emplace();
  if (!integers) {
    node.emitNodeError() << "'" << name << "' (input " << index
                         << ") is computed at run time; the shapes it decides must be known when compiling";
    return failure();
  }
  return integers;
}

std::optional<int64_t> aimc::onnx::countUnknownOf(NodeOp node, ShapeInference &inference, StringRef name, unsigned index) {
  Value operand = node.getInput(index);
  if (!operand || inference.getIntegers(operand))
    return std::nullopt;
  Shape shape = inference.getShape(operand);
  if (shape.size() > 1 || (!shape.empty() && (shape[0] <= 0 || shape[0] > 64)))
    return std::nullopt;
  return shape.empty() ? 1 : shape[0];
}

Shape aimc::onnx::getFreshShape(ShapeInference &inference, size_t rank) {
  Shape shape;
  for (size_t dim = 0; dim < rank; ++dim)
    shape.push_back(inference.freshDim());
  return shape;
}

//===--------------------------------------------------------------------------------------------------------------===//
// Reductions
//===--------------------------------------------------------------------------------------------------------------===//

/// Sum, product, maximum or minimum of known elements.
static Scalar reduceElements(StringRef op, const Scalar &a, const Scalar &b) {
  if (a.isInteger() && b.isInteger()) {
    uint64_t x = a.bits, y = b.bits;
    if (op == "ReduceSum")
      return Scalar::integer(x + y);
    if (op == "ReduceProd")
      return Scalar::integer(x * y);
    if (op == "ReduceMax")
      return Scalar::integer(std::max(a.bits, b.bits));
    if (op == "ReduceMin")
      return Scalar::integer(std::min(a.bits, b.bits));
  }
  return Scalar::unknown();
}

static void setReducedValue(NodeOp node, ShapeInference &inference, ArrayRef<bool> reduced, Type elementType) {
  const PartialValue *value = inference.getValue(node.getInputs()[0]);
  if (!value || value->elements.empty() || isa<FloatType>(elementType))
    return;
  SmallVector<int64_t> strides = getStrides(value->shape), resultShape, resultStrides;
  for (auto [size, drop] : llvm::zip(value->shape, reduced))
    resultShape.push_back(drop ? 1 : size);
  resultStrides = getStrides(resultShape);
  int64_t count = 1;
  for (int64_t size : resultShape)
    count *= size;
  std::vector<std::optional<Scalar>> sums(count);
  for (size_t flat = 0; flat < value->elements.size(); ++flat) {
    int64_t target = 0;
    for (auto [dim, drop] : llvm::enumerate(reduced))
      if (!drop)
        target += (flat / strides[dim]) % value->shape[dim] * resultStrides[dim];
    const Scalar &element = value->elements[flat];
    sums[target] = sums[target] ? convert(reduceElements(node.getOpType(), *sums[target], element), elementType) : element;
  }
  PartialValue result;
  for (const std::optional<Scalar> &sum : sums)
    result.elements.push_back(*sum);
  if (llvm::is_contained({"ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin"}, node.getOpType()))
    inference.setValue(node.getOutputs()[0], std::move(result));
}

/// Result shape and which dimensions go, of a reduction over `axes` (all when there are none).
static Shape reduceShape(ArrayRef<Dim> shape, ArrayRef<bool> reduced, bool keep) {
  Shape result;
  for (auto [dim, drop] : llvm::zip(shape, reduced))
    if (!drop)
      result.push_back(dim);
    else if (keep)
      result.push_back(1);
  return result;
}

LogicalResult aimc::onnx::inferReduce(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0];
  Shape shape = inference.getShape(input);
  Type elementType = inference.getElementType(input);
  if (std::optional<int64_t> count = countUnknownOf(node, inference, "axes", 1)) {
    if (*count > static_cast<int64_t>(shape.size()))
      return node.emitNodeError() << *count << " axes of a tensor of " << shape.size() << " dimensions";
    size_t rank = node.getInt("keepdims", 1) ? shape.size() : shape.size() - *count;
    inference.setResult(node.getOutputs()[0], getFreshShape(inference, rank), elementType);
    return success();
  }
  Value operand = node.getInput(1);
  if (operand && node.getInt("keepdims", 1) && inference.getShape(operand).size() == 1 &&
      !isStatic(inference.getShape(operand)[0])) {
    inference.setResult(node.getOutputs()[0], getFreshShape(inference, shape.size()), elementType);
    return success();
  }
  FailureOr<std::optional<SmallVector<int64_t>>> axes = getIntegersOf(node, inference, "axes", 1);
  if (failed(axes))
    return failure();
  SmallVector<bool> reduced(shape.size(), false);
  if (*axes && !(*axes)->empty()) {
    FailureOr<SmallVector<int64_t>> normalized = normalizeAxes(node, **axes, shape.size());
    if (failed(normalized))
      return failure();
    for (int64_t axis : *normalized)
      reduced[axis] = true;
  } else if (node.getInt("noop_with_empty_axes", 0) == 0) {
    reduced.assign(shape.size(), true);
  }
  inference.setResult(node.getOutputs()[0], reduceShape(shape, reduced, node.getInt("keepdims", 1)), elementType);
  setReducedValue(node, inference, reduced, elementType);
  return success();
}

LogicalResult aimc::onnx::inferArgReduce(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  FailureOr<int64_t> axis = normalizeAxis(node, node.getInt("axis", 0), shape.size());
  if (failed(axis))
    return failure();
  SmallVector<bool> reduced(shape.size(), false);
  reduced[*axis] = true;
  inference.setResult(node.getOutputs()[0], reduceShape(shape, reduced, node.getInt("keepdims", 1)),
                      IntegerType::get(node.getContext(), 64));
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Values from shapes, and constants
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferShape(NodeOp node, ShapeInference &inference) {
  Shape shape = inference.getShape(node.getInputs()[0]);
  int64_t rank = shape.size();
  auto clamp = [&](int64_t position) { return std::clamp<int64_t>(position < 0 ? position + rank : position, 0, rank); };
  int64_t start = clamp(node.getInt("start", 0)), end = clamp(node.getInt("end", rank));
  PartialValue value;
  for (int64_t dim = start; dim < end; ++dim)
    value.elements.push_back(Scalar::size(shape[dim]));
  inference.setResult(node.getOutputs()[0], {std::max<int64_t>(end - start, 0)}, IntegerType::get(node.getContext(), 64));
  inference.setValue(node.getOutputs()[0], std::move(value));
  return success();
}

LogicalResult aimc::onnx::inferSize(NodeOp node, ShapeInference &inference) {
  Dim size = 1;
  for (Dim dim : inference.getShape(node.getInputs()[0]))
    size = inference.mul(size, dim);
  inference.setResult(node.getOutputs()[0], {}, IntegerType::get(node.getContext(), 64));
  inference.setValue(node.getOutputs()[0], {{}, {Scalar::size(size)}});
  return success();
}

ElementsAttr aimc::onnx::getConstantElements(NodeOp node) {
  Builder builder(node.getContext());
  auto vector = [&](int64_t size, Type type) { return RankedTensorType::get({size}, type); };
  if (auto value = dyn_cast_or_null<ElementsAttr>(node.getNodeAttr("value")))
    return value;
  if (auto value = dyn_cast_or_null<IntegerAttr>(node.getNodeAttr("value_int")))
    return DenseElementsAttr::get(RankedTensorType::get({}, builder.getI64Type()), value.getInt());
  if (auto value = dyn_cast_or_null<FloatAttr>(node.getNodeAttr("value_float")))
    return DenseElementsAttr::get(RankedTensorType::get({}, builder.getF32Type()), value.getValue().convertToFloat());
  if (auto value = dyn_cast_or_null<DenseI64ArrayAttr>(node.getNodeAttr("value_ints")))
    return DenseElementsAttr::get(vector(value.size(), builder.getI64Type()), value.asArrayRef());
  if (auto value = dyn_cast_or_null<DenseF32ArrayAttr>(node.getNodeAttr("value_floats")))
    return DenseElementsAttr::get(vector(value.size(), builder.getF32Type()), value.asArrayRef());
  return {};
}

LogicalResult aimc::onnx::inferConstant(NodeOp node, ShapeInference &inference) {
  ElementsAttr elements = getConstantElements(node);
  if (!elements)
    return node.emitNodeError() << "holds no tensor of numbers";
  ShapedType type = elements.getShapedType();
  inference.setResult(node.getOutputs()[0], type.getShape(), type.getElementType());
  if (std::shared_ptr<PartialValue> value = readElements(elements))
    inference.setValue(node.getOutputs()[0], *value);
  return success();
}

FailureOr<Shape> aimc::onnx::getSizes(NodeOp node, ShapeInference &inference, unsigned index) {
  Value operand = node.getInputs()[index];
  Shape operandShape = inference.getShape(operand);
  if (operandShape.size() != 1 || !isStatic(operandShape[0]) || operandShape[0] > 64) {
    node.emitNodeError() << "input " << index << " has type " << operand.getType()
                         << "; the number of sizes it holds must be known when compiling";
    return failure();
  }
  const PartialValue *value = inference.getValue(operand);
  Shape result;
  for (int64_t dim = 0; dim < operandShape[0]; ++dim) {
    if (value && value->elements[dim].isInteger() && value->elements[dim].bits < 0) {
      node.emitNodeError() << "size " << value->elements[dim].bits << " is negative";
      return failure();
    }
    result.push_back(value ? inference.toDim(value->elements[dim]) : inference.freshDim());
  }
  return result;
}

LogicalResult aimc::onnx::inferConstantOfShape(NodeOp node, ShapeInference &inference) {
  FailureOr<Shape> shape = getSizes(node, inference, 0);
  if (failed(shape))
    return failure();
  auto attr = dyn_cast_or_null<ElementsAttr>(node.getNodeAttr("value"));
  if (attr && attr.getNumElements() != 1)
    return node.emitNodeError() << "'value' has " << attr.getNumElements() << " elements; the operator takes 1";
  Type elementType = attr ? attr.getElementType() : Float32Type::get(node.getContext());
  inference.setResult(node.getOutputs()[0], *shape, elementType);
  Scalar element = Scalar::real(0);
  if (attr) {
    std::shared_ptr<PartialValue> value = readElements(attr);
    if (!value)
      return success();
    element = value->elements.front();
  }
  if (isSmall(*shape)) {
    int64_t count = 1;
    for (Dim dim : *shape)
      count *= dim;
    inference.setValue(node.getOutputs()[0], {{}, std::vector<Scalar>(count, element)});
  }
  return success();
}

LogicalResult aimc::onnx::inferRange(NodeOp node, ShapeInference &inference) {
  Type elementType = inference.getElementType(node.getInputs()[0]);
  SmallVector<Scalar> limits;
  for (Value operand : node.getInputs()) {
    const PartialValue *value = inference.getValue(operand);
    limits.push_back(value && value->elements.size() == 1 ? value->elements[0] : Scalar::unknown());
  }
  Scalar start = limits[0], limit = limits[1], delta = limits[2];
  Dim count = inference.freshDim();
  if (start.isInteger() && limit.isInteger() && delta.isInteger() && delta.bits != 0) {
    APInt span = APInt(128, limit.bits, true) - APInt(128, start.bits, true), step(128, delta.bits, true);
    APInt quotient = span.sdiv(step) + (span.srem(step) != 0 && span.isNegative() == step.isNegative() ? 1 : 0);
    count = quotient.isNegative() || !quotient.isSignedIntN(63) ? 0 : quotient.getSExtValue();
  } else if (start.isReal() && limit.isReal() && delta.isReal() && delta.number != 0) {
    double exact = std::ceil((limit.number - start.number) / delta.number);
    count = exact > 0 && exact < 9e15 ? static_cast<int64_t>(exact) : 0;
  } else if (start.isInteger() && start.bits == 0 && delta.isInteger() && delta.bits == 1 && limit.isSize()) {
    count = limit.bits;
  }
  inference.setResult(node.getOutputs()[0], {count}, elementType);
  if (start.isInteger() && delta.isInteger() && isSmall({count})) {
    PartialValue value;
    for (int64_t index = 0; index < count; ++index)
      value.elements.push_back(
          convert(Scalar::integer(static_cast<uint64_t>(start.bits) + static_cast<uint64_t>(delta.bits) * index), elementType));
    inference.setValue(node.getOutputs()[0], std::move(value));
  }
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Nothing and branches
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::inferIdentity(NodeOp node, ShapeInference &inference) {
  Value input = node.getInputs()[0], output = node.getOutputs()[0];
  inference.setResult(output, inference.getShape(input), inference.getElementType(input));
  if (const PartialValue *value = inference.getValue(input))
    inference.setValue(output, PartialValue(*value));
  return success();
}

LogicalResult aimc::onnx::inferDropout(NodeOp node, ShapeInference &inference) {
  if (node.getOutputs().size() > 1)
    inference.setResult(node.getOutputs()[1], inference.getShape(node.getInputs()[0]), IntegerType::get(node.getContext(), 1));
  return inferIdentity(node, inference);
}

Region *aimc::onnx::getSubgraph(NodeOp node, StringRef name) {
  if (std::optional<ArrayAttr> names = node.getGraphs())
    for (auto [index, attr] : llvm::enumerate(*names))
      if (cast<StringAttr>(attr).getValue() == name)
        return &node.getSubgraphs()[index];
  return nullptr;
}

/// Values that a subgraph yields; an error when their number is not that of the node's outputs.
static FailureOr<ValueRange> getYielded(NodeOp node, Region &region) {
  auto yield = region.empty() ? YieldOp() : dyn_cast<YieldOp>(region.front().back());
  if (!yield || yield.getValues().size() != node.getOutputs().size()) {
    node.emitNodeError() << "a branch yields " << (yield ? yield.getValues().size() : 0) << " values for "
                         << node.getOutputs().size() << " outputs";
    return failure();
  }
  for (auto [index, value] : llvm::enumerate(yield.getValues()))
    if (!isa<RankedTensorType>(value.getType())) {
      node.emitNodeError() << "a branch yields " << value.getType() << " as output " << index << ", not a tensor";
      return failure();
    }
  return ValueRange(yield.getValues());
}

namespace {
/// A run of inference whose diagnostics wait.
struct Attempt {
  bool succeeded = false;
  std::vector<Diagnostic> diagnostics;

  std::string firstError() const {
    auto isError = [](const Diagnostic &diagnostic) { return diagnostic.getSeverity() == DiagnosticSeverity::Error; };
    auto found = llvm::find_if(diagnostics, isError);
    return found == diagnostics.end() ? "" : found->str();
  }
  void emit(MLIRContext *context) {
    for (Diagnostic &diagnostic : diagnostics)
      context->getDiagEngine().emit(std::move(diagnostic));
  }
};
} // namespace

/// Each branch runs once: a second run of branches in branches would double at every level.
static Attempt tryBranch(NodeOp node, ShapeInference &inference, Region &branch) {
  Attempt attempt;
  ScopedDiagnosticHandler keep(node.getContext(), [&](Diagnostic &diagnostic) {
    attempt.diagnostics.push_back(std::move(diagnostic));
    return success();
  });
  attempt.succeeded = succeeded(inference.run(branch));
  return attempt;
}

/// Infers both branches. One whose sizes contradict each other cannot run, whatever the condition: the other one is all there
/// is, and the result. Null when both can run. The node remembers the choice in `onnx.only_branch`.
static FailureOr<Region *> inferBranches(NodeOp node, ShapeInference &inference, Region &thenBranch, Region &elseBranch) {
  Attempt thenRun = tryBranch(node, inference, thenBranch), elseRun = tryBranch(node, inference, elseBranch);
  MLIRContext *context = node.getContext();
  if (thenRun.succeeded == elseRun.succeeded) {
    node->removeAttr("onnx.only_branch");
    thenRun.emit(context);
    elseRun.emit(context);
    return thenRun.succeeded ? FailureOr<Region *>(nullptr) : FailureOr<Region *>(failure());
  }
  if (!node->hasAttr("onnx.only_branch"))
    mlir::emitWarning(node.getLoc()) << node.getNodeName() << " (If, opset " << node.getOpset()
                                     << "): " << (thenRun.succeeded ? "else_branch" : "then_branch")
                                     << " cannot run with these sizes and is left out: "
                                     << (thenRun.succeeded ? elseRun : thenRun).firstError();
  (thenRun.succeeded ? thenRun : elseRun).emit(context);
  node->setAttr("onnx.only_branch", StringAttr::get(context, thenRun.succeeded ? "then_branch" : "else_branch"));
  return thenRun.succeeded ? &thenBranch : &elseBranch;
}

/// What a user can do when the sizes of `node`'s inputs must decide something: the open ones, as `--dim` calls them.
static std::string adviseToFixSizes(NodeOp node) {
  auto func = node->getParentOfType<func::FuncOp>();
  llvm::SetVector<StringRef> names;
  for (unsigned i = 0; func && i < func.getNumArguments(); ++i) {
    auto type = dyn_cast<RankedTensorType>(func.getArgument(i).getType());
    auto input = func.getArgAttrOfType<StringAttr>(i, "onnx.name");
    auto dims = func.getArgAttrOfType<ArrayAttr>(i, "onnx.dims");
    for (int64_t d = 0; type && input && dims && d < type.getRank(); ++d)
      if (type.isDynamicDim(d)) {
        StringRef name = cast<StringAttr>(dims[d]).getValue();
        names.insert(name.empty() ? StringAttr::get(node.getContext(), input.getValue() + "." + Twine(d)).getValue() : name);
      }
  }
  if (names.empty())
    return "";
  return "; a fixed size may decide, give it with --dim NAME=N or --input-shape: '" + llvm::join(names, "', '") + "'";
}

LogicalResult aimc::onnx::inferIf(NodeOp node, ShapeInference &inference) {
  Region *thenBranch = getSubgraph(node, "then_branch"), *elseBranch = getSubgraph(node, "else_branch");
  if (!thenBranch || !elseBranch)
    return node.emitNodeError() << "needs a then_branch and an else_branch";
  if (thenBranch->getNumArguments() != 0 || elseBranch->getNumArguments() != 0)
    return node.emitNodeError() << "has a branch with inputs; branches take values from outside by name";
  if (std::optional<SmallVector<int64_t>> condition = inference.getIntegers(node.getInputs()[0]);
      condition && condition->size() == 1) {
    Region *taken = condition->front() ? thenBranch : elseBranch, *other = condition->front() ? elseBranch : thenBranch;
    {
      // The branch that is never taken need not make sense.
      ScopedDiagnosticHandler ignore(node.getContext(), [](Diagnostic &) { return success(); });
      (void)inference.run(*other);
    }
    if (failed(inference.run(*taken)))
      return failure();
    FailureOr<ValueRange> values = getYielded(node, *taken);
    if (failed(values))
      return failure();
    for (auto [output, value] : llvm::zip(node.getOutputs(), *values)) {
      inference.setResult(output, inference.getShape(value), inference.getElementType(value));
      if (const PartialValue *elements = inference.getValue(value))
        inference.setValue(output, PartialValue(*elements));
    }
    return success();
  }

  FailureOr<Region *> only = inferBranches(node, inference, *thenBranch, *elseBranch);
  if (failed(only))
    return failure();
  if (*only) {
    FailureOr<ValueRange> values = getYielded(node, **only);
    if (failed(values))
      return failure();
    for (auto [output, value] : llvm::zip(node.getOutputs(), *values))
      inference.setResult(output, inference.getShape(value), inference.getElementType(value));
    return success();
  }
  FailureOr<ValueRange> thenValues = getYielded(node, *thenBranch), elseValues = getYielded(node, *elseBranch);
  if (failed(thenValues) || failed(elseValues))
    return failure();
  for (auto [index, output] : llvm::enumerate(node.getOutputs())) {
    Value a = (*thenValues)[index], b = (*elseValues)[index];
    Shape shape = inference.getShape(a), other = inference.getShape(b);
    if (shape.size() != other.size() || inference.getElementType(a) != inference.getElementType(b))
      return node.emitNodeError() << "output " << index << " has type " << a.getType() << " in one branch and " << b.getType()
                                  << " in the other" << adviseToFixSizes(node);
    for (auto [dim, otherDim] : llvm::zip(shape, other))
      if (dim != otherDim)
        dim = inference.freshDim();
    inference.setResult(output, shape, inference.getElementType(a));
  }
  return success();
}
