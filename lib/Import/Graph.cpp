//===- Graph.cpp - a graph into one function --------------------------------------------------------------------===//
#include "Graph.h"

#include "Order.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"
#include "aimc/Dialect/Onnx/ShapeInference.h"

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

LogicalResult GraphImporter::readOpsets() {
  for (const pb::OperatorSetIdProto &opset : model.opset_import())
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  if (model.opset_import().empty() && model.ir_version() < 3)
    opsets[""] = 1; // files from before operator sets had versions
  return success();
}

void GraphImporter::collectNodeNames(const pb::GraphProto &graph) {
  for (const pb::NodeProto &node : graph.node()) {
    nodeNames.insert(node.name());
    forEachSubgraph(node, [&](const pb::GraphProto &subgraph) { collectNodeNames(subgraph); });
  }
}

/// Lists nodes whose operator is neither known nor a function, those of called functions too; `caller` goes before their names.
void GraphImporter::collectUnknown(const Nodes &nodes, StringRef caller, llvm::StringSet<> &visited, std::string &list,
                                   size_t &count) {
  llvm::raw_string_ostream stream(list);
  for (auto [index, node] : llvm::enumerate(nodes)) {
    int64_t opset = getOpset(node.domain());
    if (const ModelFunction *function = functions.lookup(node, opset)) {
      if (visited.insert(function->label).second) {
        llvm::StringMap<int64_t> outer = std::exchange(opsets, function->opsets);
        collectUnknown(function->proto->node(), function->label + "/", visited, list, count);
        opsets = std::move(outer);
      }
    } else if (!aimc::onnx::lookupOperator(node.domain(), node.op_type(), opset)) {
      ++count;
      stream << "\n  " << caller;
      if (node.name().empty())
        stream << node.op_type() << '_' << index;
      else
        stream << node.name();
      stream << " (" << node.op_type() << ", domain " << (node.domain().empty() ? "ai.onnx" : node.domain());
      if (opset)
        stream << ", opset " << opset << ")";
      else
        stream << ", which the model does not import)";
    }
    forEachSubgraph(node,
                    [&](const pb::GraphProto &subgraph) { collectUnknown(subgraph.node(), caller, visited, list, count); });
  }
}

LogicalResult GraphImporter::checkOperators() {
  std::string list;
  llvm::StringSet<> visited;
  size_t count = 0;
  collectUnknown(model.graph().node(), "", visited, list, count);
  if (count == 0)
    return success();
  return emitError(fileLoc) << count << (count == 1 ? " node uses an operator" : " nodes use operators")
                            << " that cannot be compiled:" << list;
}

OwningOpRef<ModuleOp> GraphImporter::run() {
  if (failed(readOpsets()) || failed(functions.read(model, fileLoc)) || failed(checkOperators()) || failed(checkDims()))
    return {};
  collectNodeNames(model.graph());
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLoc);
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += (producer.empty() ? "" : " ") + model.producer_version();
  (*module)->setAttr("onnx.producer", builder.getStringAttr(producer));
  builder.setInsertionPointToEnd(module->getBody());
  auto func = func::FuncOp::create(builder, fileLoc, "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(func.addEntryBlock());

  Scope scope;
  if (failed(importInitializers(*model.mutable_graph(), scope)) || failed(importInputs(func, scope)) ||
      failed(importNodes(*model.mutable_graph()->mutable_node(), scope)) || failed(importOutputs(func, scope)))
    return {};
  aimc::onnx::ShapeInference inference;
  if (failed(inference.run(func)))
    return {};
  checkDeclaredOutputs(func, declaredOutputs);
  return module;
}
