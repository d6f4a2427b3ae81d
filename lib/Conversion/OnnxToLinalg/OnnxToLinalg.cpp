//===- OnnxToLinalg.cpp - the pass and its walk -----------------------------------------------------------------===//
//
// A walk in program order, not a dialect conversion: no pattern has to be chosen and nothing is revisited. Types change in one
// way only, from unsigned to signless elements; a map from the dialect's values to tensors carries that.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "aimc/Conversion/Passes.h"

#include "Lowering.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"

namespace aimc::onnx {
#define GEN_PASS_DEF_CONVERTONNXTOLINALGPASS
#include "aimc/Conversion/Passes.h.inc"
} // namespace aimc::onnx

using namespace mlir;
using namespace aimc::onnx;

/// Indexed like the operator table.
static const LoweringFunction loweringFunctions[] = {
#define ONNX_OPERATOR(domain, name, since, minInputs, maxInputs, shape, lowering) lowering,
#include "aimc/Dialect/Onnx/Operators.def"
};

Type aimc::onnx::getSignlessType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(getSignlessType(tensor.getElementType()));
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

//===------------------------------------------------------------------------------------------------------------===//
// Values of the two sides
//===------------------------------------------------------------------------------------------------------------===//

Value Lowering::lookup(Value onnx) const {
  auto it = values.find(onnx);
  return it == values.end() ? onnx : it->second;
}

Type Lowering::getElementType(Value onnx) const {
  auto it = argumentTypes.find(onnx);
  return getElementTypeOrSelf(it == argumentTypes.end() ? onnx.getType() : it->second);
}

InFlightDiagnostic Lowering::error(NodeOp node) {
  return mlir::emitError(node.getLoc()) << node.getNodeName() << " (" << node.getOpType() << ", opset " << node.getOpset()
                                        << "): ";
}

LogicalResult Lowering::replace(NodeOp node, ArrayRef<Value> results) {
  for (auto [index, result] : llvm::enumerate(node.getResults())) {
    auto wanted = dyn_cast<RankedTensorType>(getSignlessType(result.getType()));
    Value value = index < results.size() ? results[index] : Value();
    if (!value) {
      if (!result.use_empty())
        return error(node) << "output " << index << " is used, but only outputs below " << results.size() << " are computed";
      continue;
    }
    if (isa<NoneType>(result.getType()))
      continue;
    auto type = cast<RankedTensorType>(value.getType());
    if (!wanted || type.getElementType() != wanted.getElementType() || failed(verifyCompatibleShape(type, wanted)))
      return error(node) << "output " << index << " is " << type << " by its operands, but declared as " << result.getType();
    // What either type knows stays known.
    SmallVector<int64_t> shape;
    for (auto [own, declared] : llvm::zip(type.getShape(), wanted.getShape()))
      shape.push_back(ShapedType::isDynamic(own) ? declared : own);
    values[result] = castTo(value, wanted.clone(shape));
  }
  lowered.push_back(node);
  return success();
}

//===------------------------------------------------------------------------------------------------------------===//
// The walk
//===------------------------------------------------------------------------------------------------------------===//

/// Verifies `op` and what it holds but for nodes: lowered ones stay until the function's end, their subgraphs emptied.
static LogicalResult verifyWithoutNodes(Operation *op) {
  if (isa<NodeOp>(op))
    return success();
  bool hasNodes = op->walk([](NodeOp) { return WalkResult::interrupt(); }).wasInterrupted();
  if (failed(verify(op, /*verifyRecursively=*/!hasNodes)))
    return failure();
  for (Region &region : op->getRegions())
    for (Operation &nested : region.getOps())
      if (hasNodes && failed(verifyWithoutNodes(&nested)))
        return failure();
  return success();
}

/// Verifies the operations from `first` to `node`, which it became. What is found belongs to the node: sizes of its operands
/// that its shape function has no reason to relate, and that do not fit.
static LogicalResult verifyLowered(NodeOp node, Operation *first, Lowering &b) {
  // The body of a loop that is being made hangs in the air; it is verified with the node that makes the loop.
  if (!node->getParentOfType<FunctionOpInterface>())
    return success();
  std::string message;
  bool failedAny = false;
  {
    ScopedDiagnosticHandler keep(b.getContext(), [&](Diagnostic &diagnostic) {
      if (message.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
        message = diagnostic.str();
      return success();
    });
    for (Operation *op = first; op != node && !failedAny; op = op->getNextNode())
      failedAny = failed(verifyWithoutNodes(op));
  }
  if (!failedAny)
    return success();
  return b.error(node) << "its operands' sizes contradict each other: " << message;
}

LogicalResult Lowering::lowerNode(NodeOp node) {
  setInsertionPoint(node);
  setLoc(node.getLoc());
  SmallVector<Value> inputs;
  for (Value input : node.getInputs()) {
    inputs.push_back(isa<NoneType>(input.getType()) ? Value() : lookup(input));
    if (inputs.back() && !isa<RankedTensorType>(inputs.back().getType()))
      return error(node) << "operand " << inputs.size() - 1 << " has type " << input.getType()
                         << "; only ranked tensors convert";
  }
  const OperatorRow *row = lookupOperator(node.getDomain(), node.getOpType(), node.getOpset());
  if (!row)
    return error(node) << "no such operator in the operator table for domain '" << node.getDomain() << "'";
  if (inputs.size() < row->minInputs || inputs.size() > row->maxInputs)
    return error(node) << "has " << inputs.size() << " operands; the operator takes at least " << row->minInputs
                       << " and at most " << row->maxInputs;
  for (unsigned i = 0; i < row->minInputs; ++i)
    if (!inputs[i])
      return error(node) << "operand " << i << " is missing; the operator needs its first " << row->minInputs;
  for (auto [i, type] : llvm::enumerate(node.getResultTypes()))
    if (!isa<RankedTensorType, NoneType>(type))
      return error(node) << "output " << i << " has type " << type << "; only ranked tensors convert";
  Operation *before = node->getPrevNode();
  if (failed(loweringFunctions[getOperatorIndex(row)](node, inputs, *this)))
    return failure();
  return verifyLowered(node, before ? before->getNextNode() : &node->getBlock()->front(), *this);
}

/// Constants and operations of other dialects stay; they read what their operands became.
void Lowering::lowerOther(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    Type type = getSignlessType(constant.getType());
    if (type == constant.getType())
      return;
    setInsertionPoint(op);
    setLoc(op->getLoc());
    TypedAttr value;
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
      value = DenseResourceElementsAttr::get(cast<ShapedType>(type), resource.getRawHandle());
    else
      value = cast<DenseElementsAttr>(constant.getValue()).bitcast(getElementTypeOrSelf(type));
    values[constant] = arith::ConstantOp::create(*this, value);
    lowered.push_back(op);
    return;
  }
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = lookup(operand.get());
    if (value == operand.get())
      continue;
    Type wanted = getSignlessType(operand.get().getType());
    if (value.getType() != wanted) {
      setInsertionPoint(op);
      setLoc(value.getLoc());
      value = castTo(value, wanted);
    }
    operand.set(value);
  }
}

LogicalResult Lowering::lowerBlock(Block &block) {
  bool failed = false;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (isa<NoneOp>(op)) {
      lowered.push_back(&op);
      continue;
    }
    if (auto node = dyn_cast<NodeOp>(op)) {
      if (mlir::succeeded(lowerNode(node)))
        continue;
      // Something of the right type, so that the nodes behind are looked at too; the pass fails.
      failed = true;
      setInsertionPoint(node);
      for (Value result : node.getResults())
        values[result] =
            UnrealizedConversionCastOp::create(*this, getSignlessType(result.getType()), ValueRange()).getResult(0);
      if (lowered.empty() || lowered.back() != node) // else it was replaced by what did not verify
        lowered.push_back(node);
      continue;
    }
    lowerOther(&op);
    for (Region &region : op.getRegions())
      for (Block &nested : region)
        failed |= mlir::failed(lowerBlock(nested));
  }
  return failure(failed);
}

FailureOr<SmallVector<Value>> Lowering::lowerSubgraph(Region &subgraph, Block &block, ValueRange arguments) {
  InsertionGuard guard(*this);
  Location outer = getLoc();
  // The subgraph's arguments go with the node; a cast, which goes too, takes their uses.
  setInsertionPointToEnd(&block);
  for (auto [argument, value] : llvm::zip(subgraph.getArguments(), arguments)) {
    auto standIn = UnrealizedConversionCastOp::create(*this, argument.getType(), value);
    argument.replaceAllUsesWith(standIn.getResult(0));
    values[standIn.getResult(0)] = value;
    lowered.push_back(standIn);
  }
  block.getOperations().splice(block.end(), subgraph.front().getOperations());
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield)
    return mlir::emitError(outer) << "a subgraph of the node does not end in onnx.yield", failure();
  LogicalResult result = lowerBlock(block);
  setLoc(outer);
  if (failed(result))
    return failure();
  SmallVector<Value> results(yield.getValues());
  yield.erase();
  return results;
}

void Lowering::enterFunction(FunctionOpInterface function) {
  DenseMap<StringAttr, Size> named;
  Block &entry = function.getFunctionBody().front();
  setInsertionPointToStart(&entry);
  setLoc(function.getLoc());
  for (BlockArgument argument : entry.getArguments()) {
    Type type = getSignlessType(argument.getType());
    if (type != argument.getType()) {
      argumentTypes[argument] = argument.getType();
      argument.setType(type);
    }
    auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "onnx.dims");
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!names || !tensor || static_cast<int64_t>(names.size()) != tensor.getRank())
      continue;
    for (auto [i, attribute] : llvm::enumerate(names)) {
      auto name = dyn_cast<StringAttr>(attribute);
      if (!name || name.empty() || !tensor.isDynamicDim(i))
        continue;
      auto it = named.find(name);
      if (it == named.end())
        named[name] = dim(argument, i);
      else
        remember(argument, i, it->second);
    }
  }
}

void Lowering::eraseLowered() {
  for (Operation *op : llvm::reverse(lowered)) {
    op->dropAllUses();
    op->erase();
  }
  lowered.clear();
}

//===------------------------------------------------------------------------------------------------------------===//
// Functions
//===------------------------------------------------------------------------------------------------------------===//

/// Signless arguments and results; those that were unsigned are marked.
static void convertSignature(func::FuncOp function) {
  Builder b(function.getContext());
  SmallVector<Type> inputs, results;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    inputs.push_back(getSignlessType(type));
    if (inputs.back() != type)
      function.setArgAttr(i, "onnx.unsigned", b.getUnitAttr());
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    results.push_back(getSignlessType(type));
    if (results.back() != type)
      function.setResultAttr(i, "onnx.unsigned", b.getUnitAttr());
  }
  function.setFunctionType(b.getFunctionType(inputs, results));
}

static LogicalResult convertFunction(func::FuncOp function) {
  convertSignature(function);
  if (function.isExternal())
    return success();
  Lowering lowering(function.getContext());
  lowering.enterFunction(function);
  LogicalResult result = success();
  for (Block &block : function.getBody())
    if (failed(lowering.lowerBlock(block)))
      result = failure();
  lowering.eraseLowered();
  return result;
}

namespace {
struct ConvertOnnxToLinalgPass : aimc::onnx::impl::ConvertOnnxToLinalgPassBase<ConvertOnnxToLinalgPass> {
  void runOnOperation() final {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      if (failed(convertFunction(function)))
        signalPassFailure();
  }
};
} // namespace
