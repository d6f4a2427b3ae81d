//===- Onnx.cpp - operations of the onnx dialect ----------------------------------------------------------------===//
#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

using namespace mlir;
using namespace aimc::onnx;

#include "aimc/Dialect/Onnx/OnnxDialect.cpp.inc"

#define GET_OP_CLASSES
#include "aimc/Dialect/Onnx/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "aimc/Dialect/Onnx/OnnxOps.cpp.inc"
      >();
}

StringRef NodeOp::getNodeName() {
  if (auto name = getLoc()->findInstanceOf<NameLoc>())
    return name.getName();
  return getOpType();
}

int64_t NodeOp::getInt(StringRef name, int64_t otherwise) {
  auto attr = dyn_cast_or_null<IntegerAttr>(getNodeAttr(name));
  return attr ? attr.getInt() : otherwise;
}

float NodeOp::getFloat(StringRef name, float otherwise) {
  auto attr = dyn_cast_or_null<FloatAttr>(getNodeAttr(name));
  return attr ? attr.getValue().convertToFloat() : otherwise;
}

StringRef NodeOp::getString(StringRef name, StringRef otherwise) {
  auto attr = dyn_cast_or_null<StringAttr>(getNodeAttr(name));
  return attr ? attr.getValue() : otherwise;
}

SmallVector<int64_t> NodeOp::getInts(StringRef name) {
  auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(getNodeAttr(name));
  return attr ? SmallVector<int64_t>(attr.asArrayRef()) : SmallVector<int64_t>();
}

SmallVector<float> NodeOp::getFloats(StringRef name) {
  auto attr = dyn_cast_or_null<DenseF32ArrayAttr>(getNodeAttr(name));
  return attr ? SmallVector<float>(attr.asArrayRef()) : SmallVector<float>();
}

Value NodeOp::getInput(unsigned index) {
  if (index >= getInputs().size() || isa<NoneType>(getInputs()[index].getType()))
    return {};
  return getInputs()[index];
}

InFlightDiagnostic NodeOp::emitNodeError() {
  // Not the operation's own emitError, which would append the whole operation.
  return mlir::emitError(getLoc()) << getNodeName() << " (" << getOpType() << ", opset " << getOpset() << "): ";
}

LogicalResult NodeOp::verify() {
  size_t graphs = getGraphs() ? getGraphs()->size() : 0;
  if (graphs != getSubgraphs().size())
    return emitOpError() << "lists " << graphs << " subgraphs in 'graphs' but has " << getSubgraphs().size() << " regions";
  return success();
}
