//===- ShapeInference.cpp - result types and integer values of onnx nodes ---------------------------------------===//
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "ShapeFunctions.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace aimc::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Names of sizes
//===--------------------------------------------------------------------------------------------------------------===//

ShapeInference::Product ShapeInference::factor(Dim dim) {
  if (isStatic(dim))
    return {dim, {}};
  auto found = products.find(dim);
  return found == products.end() ? Product{1, {dim}} : found->second;
}

Dim ShapeInference::fromProduct(const Product &product) {
  if (product.symbols.empty() || product.coefficient == 0)
    return product.coefficient;
  if (product.coefficient == 1 && product.symbols.size() == 1)
    return product.symbols.front();
  Dim &dim = productSymbols[{product.coefficient, {product.symbols.begin(), product.symbols.end()}}];
  if (dim == 0) {
    dim = freshDim();
    products[dim] = product;
  }
  return dim;
}

Dim ShapeInference::intern(char operation, Dim a, Dim b) {
  Dim &dim = interned[{operation, a, b}];
  if (dim == 0)
    dim = freshDim();
  return dim;
}

/// Whether `result` was computed without overflow and is a size.
static bool isSize(bool overflow, int64_t result) { return !overflow && result >= 0; }

Dim ShapeInference::add(Dim a, Dim b) {
  int64_t sum = 0;
  if (isStatic(a) && isStatic(b))
    return isSize(__builtin_add_overflow(a, b, &sum), sum) ? sum : freshDim();
  if (a == 0 || b == 0)
    return a == 0 ? b : a;
  return intern('+', std::min(a, b), std::max(a, b));
}

Dim ShapeInference::sub(Dim a, Dim b) {
  int64_t difference = 0;
  if (isStatic(a) && isStatic(b))
    return isSize(__builtin_sub_overflow(a, b, &difference), difference) ? difference : freshDim();
  if (a == b)
    return 0;
  return b == 0 ? a : intern('-', a, b);
}

Dim ShapeInference::mul(Dim a, Dim b) {
  Product product = factor(a), other = factor(b);
  if (__builtin_mul_overflow(product.coefficient, other.coefficient, &product.coefficient))
    return freshDim();
  constexpr size_t mostFactors = 64; // squares of squares double them
  if (product.symbols.size() + other.symbols.size() > mostFactors)
    return freshDim();
  llvm::append_range(product.symbols, other.symbols);
  llvm::sort(product.symbols);
  return fromProduct(product);
}

Dim ShapeInference::div(Dim a, Dim b) {
  if (b == 0)
    return freshDim();
  if (isStatic(a) && isStatic(b))
    return a / b;
  if (std::optional<Dim> exact = quotient({a}, {b}))
    return *exact;
  return intern('/', a, b);
}

std::optional<Dim> ShapeInference::quotient(ArrayRef<Dim> a, ArrayRef<Dim> b) {
  Product numerator = factor(1), denominator = factor(1);
  auto multiply = [&](Product &product, ArrayRef<Dim> dims) {
    for (Dim dim : dims) {
      Product other = factor(dim);
      if (__builtin_mul_overflow(product.coefficient, other.coefficient, &product.coefficient))
        return false;
      llvm::append_range(product.symbols, other.symbols);
    }
    return true;
  };
  if (!multiply(numerator, a) || !multiply(denominator, b))
    return freshDim();
  llvm::sort(numerator.symbols);
  SmallVector<Dim, 2> left;
  for (Dim symbol : denominator.symbols) {
    auto *found = llvm::find(numerator.symbols, symbol);
    if (found == numerator.symbols.end())
      left.push_back(symbol);
    else
      numerator.symbols.erase(found);
  }
  llvm::sort(left);
  denominator.symbols = left;
  if (denominator.coefficient == 0)
    return freshDim();
  if (numerator.coefficient % denominator.coefficient == 0 && left.empty()) {
    numerator.coefficient /= denominator.coefficient;
    return fromProduct(numerator);
  }
  if (numerator.symbols.empty() && left.empty())
    return std::nullopt;
  return intern('/', fromProduct(numerator), fromProduct(denominator));
}

std::optional<Dim> ShapeInference::broadcast(Dim a, Dim b) {
  if (a == b || b == 1)
    return a;
  if (a == 1)
    return b;
  if (isStatic(a) && isStatic(b))
    return std::nullopt;
  if (isStatic(a) || isStatic(b))
    return std::max(a, b); // a static size other than 1 wins
  return intern('b', std::min(a, b), std::max(a, b));
}

Dim ShapeInference::toDim(const Scalar &scalar) {
  if (scalar.kind == Scalar::Kind::Symbol || (scalar.isInteger() && scalar.bits >= 0))
    return scalar.bits;
  return freshDim();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Types and values
//===--------------------------------------------------------------------------------------------------------------===//

Shape ShapeInference::getShape(Value value) {
  auto found = shapes.find(value);
  if (found != shapes.end())
    return found->second;
  ArrayAttr names;
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
      names = func.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "onnx.dims");
  Shape shape;
  for (auto [index, size] : llvm::enumerate(cast<RankedTensorType>(value.getType()).getShape())) {
    StringRef name;
    if (names && index < names.size())
      if (auto attr = dyn_cast<StringAttr>(names[index]))
        name = attr.getValue();
    if (!ShapedType::isDynamic(size)) {
      shape.push_back(size);
    } else if (name.empty()) {
      shape.push_back(freshDim());
    } else {
      Dim &dim = named[name];
      if (dim == 0)
        dim = freshDim();
      shape.push_back(dim);
    }
  }
  shapes[value] = shape;
  return shape;
}

Type ShapeInference::getElementType(Value value) { return getElementTypeOrSelf(value.getType()); }

const PartialValue *ShapeInference::getValue(Value value) {
  auto found = values.find(value);
  if (found != values.end())
    return found->second.get();
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return nullptr;
  std::shared_ptr<PartialValue> elements = readElements(constant);
  if (elements && !follow(elements->elements.size()))
    elements = nullptr;
  return (values[value] = std::move(elements)).get();
}

std::optional<SmallVector<int64_t>> ShapeInference::getIntegers(Value value) {
  const PartialValue *elements = getValue(value);
  return elements ? elements->getIntegers() : std::nullopt;
}

void ShapeInference::setResult(Value result, ArrayRef<Dim> shape, Type elementType) {
  if (isa<NoneType>(result.getType()))
    return;
  SmallVector<int64_t> sizes;
  for (Dim dim : shape)
    sizes.push_back(isStatic(dim) ? dim : ShapedType::kDynamic);
  result.setType(RankedTensorType::get(sizes, elementType));
  shapes[result] = Shape(shape);
}

bool ShapeInference::follow(int64_t count) {
  if (count > maxFollowedElements - followed)
    return false;
  followed += count;
  return true;
}

LogicalResult ShapeInference::countLoopPass(NodeOp node, Region &body) {
  body.walk([&](Operation *) { ++loopNodes; });
  if (loopNodes <= maxLoopNodes)
    return success();
  return node.emitNodeError() << "lies in loops in loops: inference visited more than " << maxLoopNodes
                              << " nodes of their bodies without an end";
}

void ShapeInference::forget(Region &region) {
  auto drop = [&](Value value) {
    if (isa<NoneType>(value.getType()))
      return;
    shapes.erase(value);
    if (auto found = values.find(value); found != values.end()) {
      followed -= found->second ? found->second->elements.size() : 0;
      values.erase(found);
    }
    Type element = getElementTypeOrSelf(value.getType());
    auto ranked = dyn_cast<RankedTensorType>(value.getType());
    if (ranked && isa<BlockArgument>(value))
      value.setType(RankedTensorType::get(SmallVector<int64_t>(ranked.getRank(), ShapedType::kDynamic), element));
    else
      value.setType(UnrankedTensorType::get(element));
  };
  for (Block &block : region) {
    for (BlockArgument argument : block.getArguments())
      drop(argument);
    for (NodeOp node : block.getOps<NodeOp>()) {
      for (Value output : node.getOutputs())
        drop(output);
      for (Region &subgraph : node.getSubgraphs())
        forget(subgraph);
    }
  }
}

/// Number of elements, nothing when a size is unknown or the product is out of all proportion.
static std::optional<int64_t> countElements(ArrayRef<Dim> shape) {
  int64_t count = 1;
  for (Dim dim : shape)
    if (!isStatic(dim) || __builtin_mul_overflow(count, dim, &count))
      return std::nullopt;
  return count;
}

void ShapeInference::setValue(Value result, PartialValue value) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type)
    return;
  std::optional<int64_t> count = countElements(getShape(result));
  int64_t limit = isa<FloatType>(type.getElementType()) ? maxRealElements : maxIntegerElements;
  if (!count || *count > limit || *count != static_cast<int64_t>(value.elements.size()) || !follow(*count))
    return;
  value.shape.assign(type.getShape().begin(), type.getShape().end());
  values[result] = std::make_shared<PartialValue>(std::move(value));
}

//===--------------------------------------------------------------------------------------------------------------===//
// The walk
//===--------------------------------------------------------------------------------------------------------------===//

std::string aimc::onnx::findTooLarge(RankedTensorType type) {
  if (type.getRank() > maxTensorRank)
    return llvm::formatv("has {0} dimensions; a tensor has at most {1}", type.getRank(), maxTensorRank);
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    if (size > 0 && !ShapedType::isDynamic(size) && (__builtin_mul_overflow(bytes, size, &bytes) || bytes > maxTensorBytes))
      return llvm::formatv("is {0}, which takes more than {1} bytes, more than any machine has", type, maxTensorBytes);
  return "";
}

/// Every operand of a node is omitted or a ranked tensor, and there are as many as the row wants.
static LogicalResult checkOperands(NodeOp node, const OperatorRow &row, const ShapeInference &inference) {
  unsigned count = node.getInputs().size();
  if (count < row.minInputs || count > row.maxInputs) {
    InFlightDiagnostic error = node.emitNodeError() << "has " << count << " inputs; the operator takes ";
    if (row.maxInputs == unbounded)
      return error << "at least " << row.minInputs;
    if (row.minInputs == row.maxInputs)
      return error << row.minInputs;
    return error << row.minInputs << " to " << row.maxInputs;
  }
  for (auto [index, operand] : llvm::enumerate(node.getInputs())) {
    if (isa<NoneType>(operand.getType())) {
      bool isListed = row.maxInputs == unbounded && row.minInputs > 0;
      if (index < row.minInputs || isListed)
        return node.emitNodeError() << "omits input " << index << ", which the operator needs";
    } else if (inference.getSequence(operand)) {
      if (row.shape != inferSequence && row.shape != inferOptional)
        return node.emitNodeError() << "input " << index << " is a sequence; only operators on sequences take one";
    } else if (!isa<RankedTensorType>(operand.getType())) {
      return node.emitNodeError() << "input " << index << " has type " << operand.getType() << ", not a ranked tensor";
    }
  }
  return success();
}

/// A subgraph that no shape function reads would stay without types.
static LogicalResult checkSubgraphs(NodeOp node) {
  StringRef type = node.getDomain().empty() ? node.getOpType() : "";
  SmallVector<StringRef, 2> known;
  if (type == "If")
    known = {"then_branch", "else_branch"};
  else if (type == "Loop" || type == "Scan")
    known = {"body"};
  ArrayAttr graphs = node.getGraphsAttr();
  for (Attribute attr : graphs ? graphs.getValue() : ArrayRef<Attribute>())
    if (StringRef name = cast<StringAttr>(attr).getValue(); !llvm::is_contained(known, name))
      return node.emitNodeError() << "has a subgraph '" << name << "', which the operator does not take";
  return success();
}

LogicalResult ShapeInference::infer(NodeOp node) {
  const OperatorRow *row = lookupOperator(node.getDomain(), node.getOpType(), node.getOpset());
  if (!row)
    return node.emitNodeError() << "is not an operator we know";
  if (failed(checkOperands(node, *row, *this)) || failed(checkOperandTypes(node)) || failed(checkSubgraphs(node)) ||
      failed(row->shape(node, *this)))
    return failure();
  if (resolved.contains(node)) {
    if (node.getOutputs().size() != 1)
      return node.emitNodeError() << "has " << node.getOutputs().size() << " outputs; the operator gives one";
    return success();
  }
  for (auto [index, result] : llvm::enumerate(node.getOutputs())) {
    if (!isa<RankedTensorType, NoneType>(result.getType()))
      return node.emitNodeError() << "has no output " << index;
    if (auto type = dyn_cast<RankedTensorType>(result.getType()))
      if (std::string reason = findTooLarge(type); !reason.empty())
        return node.emitNodeError() << "output " << index << " " << reason;
  }
  return success();
}

LogicalResult ShapeInference::checkTerminator(Operation *op) {
  for (Value operand : op->getOperands())
    if (getSequence(operand))
      return emitError(operand.getLoc()) << "a sequence cannot leave its graph; its tensors are known in one graph only";
  return success();
}

LogicalResult ShapeInference::run(Region &region) {
  for (Block &block : region) {
    // A shape function may put nodes before its own.
    for (Operation &op : llvm::make_early_inc_range(block))
      if (auto node = dyn_cast<NodeOp>(op); node && failed(infer(node)))
        return failure();
    if (!block.empty() && failed(checkTerminator(&block.back())))
      return failure();
  }
  return success();
}

const SmallVector<Value> *ShapeInference::getSequence(Value value) const {
  auto found = sequences.find(value);
  return found == sequences.end() ? nullptr : &found->second;
}

LogicalResult ShapeInference::setSequence(NodeOp node, SmallVector<Value> tensors) {
  sequenceTensors += tensors.size();
  if (sequenceTensors > maxSequenceTensors)
    return node.emitNodeError() << "makes a sequence of " << tensors.size()
                                << " tensors; all sequences of a model hold at most " << maxSequenceTensors;
  sequences[node.getOutputs()[0]] = std::move(tensors);
  resolved.insert(node);
  return success();
}

LogicalResult ShapeInference::countSplitParts(NodeOp node, int64_t parts) {
  if (parts > maxSplitParts - splitParts)
    return node.emitNodeError() << "splits into " << parts << " parts; all such nodes of a model make at most "
                                << maxSplitParts;
  splitParts += parts;
  return success();
}

void ShapeInference::replaceResult(NodeOp node, Value value) {
  Value result = node.getOutputs()[0];
  if (const SmallVector<Value> *tensors = getSequence(value))
    sequences[result] = SmallVector<Value>(*tensors);
  result.replaceAllUsesWith(value);
  resolved.insert(node);
}

/// Deletes what works on sequences, users first. What is still used stays: it lies in a branch that cannot run.
void ShapeInference::eraseResolved() {
  auto operations = resolved.takeVector();
  for (Operation *op : llvm::reverse(operations)) {
    if (!op->use_empty())
      continue;
    for (Value result : op->getResults()) {
      shapes.erase(result);
      values.erase(result);
      sequences.erase(result);
    }
    op->erase();
  }
}

LogicalResult ShapeInference::run(func::FuncOp func) {
  if (func.isExternal())
    return success();
  if (failed(run(func.getBody())))
    return failure();
  eraseResolved();
  auto returnOp = dyn_cast<func::ReturnOp>(func.getBody().back().getTerminator());
  if (returnOp)
    func.setFunctionType(FunctionType::get(func.getContext(), func.getArgumentTypes(), returnOp.getOperandTypes()));
  return success();
}
