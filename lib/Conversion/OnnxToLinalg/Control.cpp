//===- Control.cpp - operators with subgraphs -------------------------------------------------------------------===//
#include "Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace aimc::onnx;

/// The subgraph of an attribute.
static Region *getGraph(NodeOp node, StringRef name) {
  ArrayAttr names = node.getGraphsAttr();
  for (size_t i = 0; names && i < names.size(); ++i)
    if (cast<StringAttr>(names[i]).getValue() == name)
      return &node.getSubgraphs()[i];
  return nullptr;
}

LogicalResult aimc::onnx::lowerIf(NodeOp node, ValueRange inputs, Lowering &b) {
  Region *thenGraph = getGraph(node, "then_branch"), *elseGraph = getGraph(node, "else_branch");
  if (!thenGraph || !elseGraph)
    return b.error(node) << "needs the subgraphs 'then_branch' and 'else_branch'";
  SmallVector<Type> types;
  for (Type type : node.getResultTypes())
    types.push_back(getSignlessType(type));
  auto branch = scf::IfOp::create(b, types, b.extractScalar(inputs.front()), /*withElseRegion=*/true);
  bool failedAny = false;
  for (auto [graph, region] : {std::pair(thenGraph, &branch.getThenRegion()), std::pair(elseGraph, &branch.getElseRegion())}) {
    Block &block = region->front();
    FailureOr<SmallVector<Value>> values = b.lowerSubgraph(*graph, block);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&block);
    SmallVector<Value> results;
    failedAny |= failed(values);
    for (auto [i, type] : llvm::enumerate(types)) {
      if (failed(values) || i >= values->size()) {
        results.push_back(UnrealizedConversionCastOp::create(b, type, ValueRange()).getResult(0));
        continue;
      }
      Value value = b.lookup((*values)[i]);
      auto own = dyn_cast<RankedTensorType>(value.getType()), wanted = dyn_cast<RankedTensorType>(type);
      if (!own || !wanted || own.getElementType() != wanted.getElementType() || failed(verifyCompatibleShape(own, wanted)))
        return b.error(node) << "output " << i << " of a branch is " << value.getType() << ", but declared as " << type;
      results.push_back(b.castTo(value, type));
    }
    scf::YieldOp::create(b, results);
  }
  if (failedAny)
    return failure();
  SmallVector<Value> results(branch.getResults());
  return b.replace(node, results);
}
