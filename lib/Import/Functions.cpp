//===- Functions.cpp - functions that a model brings along ------------------------------------------------------===//
#include "Functions.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <google/protobuf/unknown_field_set.h>

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Fields that libonnx 1.12 does not know
//===--------------------------------------------------------------------------------------------------------------===//

/// Number of `overload` in a node and in a function, and of a function's attributes with defaults.
static constexpr int kNodeOverload = 8, kFunctionOverload = 13, kFunctionDefaults = 11;

static std::string getOverload(const google::protobuf::UnknownFieldSet &fields, int number) {
  std::string overload;
  for (int i = 0; i < fields.field_count(); ++i)
    if (const auto &field = fields.field(i); field.number() == number && field.type() == field.TYPE_LENGTH_DELIMITED)
      overload = field.length_delimited();
  return overload;
}

/// Attributes of a function that have a default value.
static std::vector<pb::AttributeProto> getDefaults(const google::protobuf::UnknownFieldSet &fields) {
  std::vector<pb::AttributeProto> defaults;
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto &field = fields.field(i);
    bool isAttribute = field.number() == kFunctionDefaults && field.type() == field.TYPE_LENGTH_DELIMITED;
    if (pb::AttributeProto attr; isAttribute && attr.ParseFromString(field.length_delimited()))
      defaults.push_back(std::move(attr));
  }
  return defaults;
}

//===--------------------------------------------------------------------------------------------------------------===//
// The table
//===--------------------------------------------------------------------------------------------------------------===//

static std::string makeLabel(StringRef domain, StringRef name, StringRef overload) {
  std::string label = domain.empty() || domain == "ai.onnx" ? name.str() : (domain + "." + name).str();
  return overload.empty() ? label : label + ":" + overload.str();
}

static std::string getLabel(const pb::NodeProto &node) {
  return makeLabel(node.domain(), node.op_type(), getOverload(node.unknown_fields(), kNodeOverload));
}

/// Calls `visit` with the nodes and those of their subgraphs.
static void forEachNode(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes,
                        llvm::function_ref<void(const pb::NodeProto &)> visit) {
  for (const pb::NodeProto &node : nodes) {
    visit(node);
    for (const pb::AttributeProto &attr : node.attribute()) {
      if (attr.has_g())
        forEachNode(attr.g().node(), visit);
      for (const pb::GraphProto &graph : attr.graphs())
        forEachNode(graph.node(), visit);
    }
  }
}

static int64_t getOpset(const ModelFunction &function, const pb::NodeProto &node) {
  return function.opsets.lookup(node.domain() == "ai.onnx" ? "" : node.domain());
}

/// Adds what a node becomes to `nodes` and `bytes`. A call counts too: calls of empty functions can double like all others. Its
/// attributes may go to every node of the function.
static void addNode(const pb::NodeProto &node, const ModelFunction *callee, uint64_t &nodes, uint64_t &bytes) {
  nodes = std::min(FunctionTable::maxNodes + 1, nodes + 1 + (callee ? callee->nodes : 0));
  if (callee)
    bytes = std::min(FunctionTable::maxBytes + 1, bytes + callee->bytes + callee->nodes * node.ByteSizeLong());
}

namespace {
/// Visits functions behind those that they call and measures them.
class Measure {
public:
  Measure(const FunctionTable &table, Location loc) : table(table), loc(loc) {}

  LogicalResult visit(ModelFunction &function) {
    if (function.depth > 0)
      return success();
    if (auto *begin = llvm::find(path, &function); begin != path.end()) {
      InFlightDiagnostic error = emitError(loc) << "function '" << function.label << "' calls itself: ";
      for (ModelFunction *step : llvm::make_range(begin, path.end()))
        error << step->label << " -> ";
      return error << function.label;
    }
    if (path.size() == static_cast<size_t>(FunctionTable::maxDepth))
      return emitError(loc) << "function '" << path.front()->label << "' has calls nested deeper than "
                            << FunctionTable::maxDepth;
    path.push_back(&function);
    LogicalResult result = success();
    uint64_t nodes = 0, bytes = function.proto->ByteSizeLong();
    int depth = 0;
    forEachNode(function.proto->node(), [&](const pb::NodeProto &node) {
      auto *callee = const_cast<ModelFunction *>(table.lookup(node, getOpset(function, node)));
      if (failed(result) || (callee && failed(result = visit(*callee))))
        return;
      addNode(node, callee, nodes, bytes);
      depth = callee ? std::max(depth, callee->depth) : depth;
    });
    path.pop_back();
    function.nodes = nodes;
    function.bytes = bytes;
    function.depth = depth + 1;
    return result;
  }

private:
  const FunctionTable &table;
  Location loc;
  SmallVector<ModelFunction *> path;
};
} // namespace

LogicalResult FunctionTable::read(const pb::ModelProto &model, Location loc) {
  llvm::StringMap<int64_t> modelOpsets;
  auto readOpsets = [](const auto &imports, llvm::StringMap<int64_t> &opsets) {
    for (const pb::OperatorSetIdProto &opset : imports)
      opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  };
  readOpsets(model.opset_import(), modelOpsets);
  std::vector<ModelFunction *> order;
  for (const pb::FunctionProto &proto : model.functions()) {
    std::string label = makeLabel(proto.domain(), proto.name(), getOverload(proto.unknown_fields(), kFunctionOverload));
    std::unique_ptr<ModelFunction> &function = functions[label];
    if (function)
      return emitError(loc) << "function '" << label << "' appears twice";
    function = std::make_unique<ModelFunction>();
    function->label = label;
    function->proto = &proto;
    function->opsets = modelOpsets; // for domains that the function does not import itself
    readOpsets(proto.opset_import(), function->opsets);
    function->defaults = getDefaults(proto.unknown_fields());
    order.push_back(function.get());
  }
  Measure measure(*this, loc);
  for (ModelFunction *function : order)
    if (failed(measure.visit(*function)))
      return failure();
  uint64_t nodes = 0, bytes = 0;
  forEachNode(model.graph().node(), [&](const pb::NodeProto &node) {
    if (const ModelFunction *callee = lookup(node, modelOpsets.lookup(node.domain() == "ai.onnx" ? "" : node.domain())))
      addNode(node, callee, nodes, bytes);
  });
  if (nodes > maxNodes)
    return emitError(loc) << "the model's functions, put in place of their calls, are more than " << maxNodes << " nodes";
  if (bytes > maxBytes)
    return emitError(loc) << "the model's functions, put in place of their calls, take more than " << maxBytes << " bytes";
  return success();
}

const ModelFunction *FunctionTable::lookup(const pb::NodeProto &node, int64_t opset) const {
  if (functions.empty() || aimc::onnx::lookupOperator(node.domain(), node.op_type(), opset))
    return nullptr;
  auto found = functions.find(getLabel(node));
  return found == functions.end() ? nullptr : found->second.get();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Calls
//===--------------------------------------------------------------------------------------------------------------===//

using Attributes = llvm::StringMap<const pb::AttributeProto *>;

/// Replaces references to the function's attributes in `nodes` and their subgraphs.
static void bindAttributes(google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes, const Attributes &values) {
  for (pb::NodeProto &node : nodes) {
    auto &attrs = *node.mutable_attribute();
    for (int i = attrs.size(); i-- > 0;) {
      pb::AttributeProto &attr = attrs[i];
      if (attr.has_g())
        bindAttributes(*attr.mutable_g()->mutable_node(), values);
      for (pb::GraphProto &graph : *attr.mutable_graphs())
        bindAttributes(*graph.mutable_node(), values);
      if (attr.ref_attr_name().empty())
        continue;
      auto found = values.find(attr.ref_attr_name());
      if (found == values.end()) {
        attrs.DeleteSubrange(i, 1);
        continue;
      }
      std::string name = attr.name();
      attr = *found->second;
      attr.set_name(name);
    }
  }
}

google::protobuf::RepeatedPtrField<pb::NodeProto> ModelFunction::instantiate(const pb::NodeProto &call) const {
  Attributes values;
  for (const pb::AttributeProto &attr : defaults)
    values[attr.name()] = &attr;
  for (const pb::AttributeProto &attr : call.attribute())
    values[attr.name()] = &attr;
  google::protobuf::RepeatedPtrField<pb::NodeProto> nodes = proto->node();
  bindAttributes(nodes, values);
  return nodes;
}
