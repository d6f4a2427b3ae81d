//===- Nodes.cpp - initializers and nodes of a graph ------------------------------------------------------------===//
#include "Graph.h"
#include "Order.h"

#include "aimc/Dialect/Onnx/Onnx.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Constants and attributes
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult GraphImporter::importInitializers(pb::GraphProto &graph, Scope &scope) {
  if (!graph.sparse_initializer().empty())
    return emitError(fileLoc) << "sparse initializer '" << graph.sparse_initializer(0).values().name()
                              << "' cannot be read; export it as a dense one";
  for (pb::TensorProto &tensor : *graph.mutable_initializer()) {
    NameLoc loc = locOf(tensor.name());
    if (scope.values.contains(tensor.name()))
      return emitError(fileLoc) << "initializer '" << tensor.name() << "' appears twice";
    FailureOr<ElementsAttr> elements = tensors.import(tensor, loc);
    if (failed(elements))
      return failure();
    scope.values[tensor.name()] = arith::ConstantOp::create(builder, loc, cast<TypedAttr>(*elements));
    noteNibbles(tensor, tensor.name());
  }
  return success();
}

LogicalResult GraphImporter::importAttribute(pb::AttributeProto &attr, Location loc, SmallVectorImpl<NamedAttribute> &attrs,
                                             std::map<std::string, pb::GraphProto *> &graphs) {
  auto type = attr.type();
  if (type == pb::AttributeProto::UNDEFINED) // files of IR version 1 do not say
    type = attr.has_f()          ? pb::AttributeProto::FLOAT
           : attr.has_i()        ? pb::AttributeProto::INT
           : attr.has_s()        ? pb::AttributeProto::STRING
           : attr.has_t()        ? pb::AttributeProto::TENSOR
           : attr.has_g()        ? pb::AttributeProto::GRAPH
           : attr.floats_size()  ? pb::AttributeProto::FLOATS
           : attr.strings_size() ? pb::AttributeProto::STRINGS
                                 : pb::AttributeProto::INTS;
  Attribute value;
  switch (type) {
  case pb::AttributeProto::FLOAT:
    value = builder.getF32FloatAttr(attr.f());
    break;
  case pb::AttributeProto::INT:
    value = builder.getI64IntegerAttr(attr.i());
    break;
  case pb::AttributeProto::STRING:
    value = builder.getStringAttr(attr.s());
    break;
  case pb::AttributeProto::FLOATS:
    value = builder.getDenseF32ArrayAttr(SmallVector<float>(attr.floats().begin(), attr.floats().end()));
    break;
  case pb::AttributeProto::INTS:
    value = builder.getDenseI64ArrayAttr(SmallVector<int64_t>(attr.ints().begin(), attr.ints().end()));
    break;
  case pb::AttributeProto::STRINGS:
    value = builder.getStrArrayAttr(SmallVector<StringRef>(attr.strings().begin(), attr.strings().end()));
    break;
  case pb::AttributeProto::TENSOR: {
    FailureOr<ElementsAttr> elements = tensors.import(*attr.mutable_t(), loc);
    if (failed(elements))
      return failure();
    value = *elements;
    break;
  }
  case pb::AttributeProto::GRAPH:
    graphs[attr.name()] = attr.mutable_g();
    return success();
  default:
    return emitError(loc) << "attribute '" << attr.name() << "' is of kind " << pb::AttributeProto::AttributeType_Name(type)
                          << ", which no operator we know has";
  }
  if (attr.name().empty())
    return emitError(loc) << "has an attribute without a name";
  attrs.push_back(builder.getNamedAttr(attr.name(), value));
  return success();
}

void GraphImporter::noteNibbles(const pb::TensorProto &tensor, StringRef name) {
  if (getStoredType(tensor.data_type()) != tensor.data_type())
    nibbles[name] = tensor.data_type();
}

/// QuantizeLinear takes its result's type from the zero point, whose 4 bits a byte does not show: the attribute says them.
void GraphImporter::stateWidth(const pb::NodeProto &node, SmallVectorImpl<NamedAttribute> &attrs) {
  if (node.op_type() != "QuantizeLinear" || node.input_size() < 3)
    return;
  auto found = nibbles.find(node.input(2));
  bool isStated = llvm::any_of(attrs, [](const NamedAttribute &attr) { return attr.getName() == "output_dtype"; });
  if (found != nibbles.end() && !isStated)
    attrs.push_back(builder.getNamedAttr("output_dtype", builder.getI64IntegerAttr(found->second)));
}

//===--------------------------------------------------------------------------------------------------------------===//
// Values by name
//===--------------------------------------------------------------------------------------------------------------===//

/// The values of a node's inputs, null where one is omitted; trailing omissions are dropped.
FailureOr<SmallVector<Value>> GraphImporter::lookupInputs(const pb::NodeProto &node, NameLoc loc, const Scope &scope) {
  SmallVector<Value> inputs;
  for (const std::string &name : node.input()) {
    if (name.empty()) {
      inputs.push_back({});
    } else if (Value value = scope.lookup(name)) {
      // An input that the call of a function omits is omitted by the nodes that read it.
      inputs.push_back(value.getDefiningOp<aimc::onnx::NoneOp>() ? Value() : value);
    } else {
      emitError(loc) << loc.getName().getValue() << " (" << node.op_type() << ", opset " << getOpset(node.domain())
                     << "): input '" << name << "' is defined nowhere";
      return failure();
    }
  }
  while (!inputs.empty() && !inputs.back())
    inputs.pop_back();
  return inputs;
}

LogicalResult GraphImporter::define(const std::string &name, Value value, const pb::NodeProto &node, NameLoc loc,
                                    Scope &scope) {
  if (name.empty())
    return success();
  if (scope.values.contains(name))
    return emitError(loc) << loc.getName().getValue() << " (" << node.op_type() << "): '" << name << "' is already defined";
  scope.values[name] = value;
  return success();
}

//===--------------------------------------------------------------------------------------------------------------===//
// Nodes
//===--------------------------------------------------------------------------------------------------------------===//

StringAttr GraphImporter::nameNode(const pb::NodeProto &node, int64_t index) {
  std::string base = prefix + (node.name().empty() ? node.op_type() + "_" + std::to_string(index) : node.name());
  std::string name = base;
  bool isOwn = !node.name().empty();
  while (usedNames.contains(name) || (!isOwn && nodeNames.contains(name))) {
    name = base + "_" + std::to_string(++lastSuffixes[base]);
    isOwn = false;
  }
  usedNames.insert(name);
  return builder.getStringAttr(name);
}

/// Puts the function's nodes in place of the call; their names begin with that of the call.
LogicalResult GraphImporter::importCall(const ModelFunction &function, pb::NodeProto &node, int64_t index, Scope &scope) {
  NameLoc loc = NameLoc::get(nameNode(node, index));
  FailureOr<SmallVector<Value>> inputs = lookupInputs(node, loc, scope);
  if (failed(inputs))
    return failure();
  const pb::FunctionProto &proto = *function.proto;
  if (inputs->size() > static_cast<size_t>(proto.input_size()) || node.output_size() > proto.output_size())
    return emitError(loc) << loc.getName().getValue() << " (" << node.op_type() << "): has " << inputs->size() << " inputs and "
                          << node.output_size() << " outputs; function '" << function.label << "' has " << proto.input_size()
                          << " and " << proto.output_size();
  Scope inner;
  aimc::onnx::NoneOp none; // what the call omits
  for (int i = 0; i < proto.input_size(); ++i) {
    Value value = static_cast<size_t>(i) < inputs->size() ? (*inputs)[i] : Value();
    if (!value && !none)
      none = aimc::onnx::NoneOp::create(builder, loc, builder.getNoneType());
    if (!value)
      value = none;
    if (failed(define(proto.input(i), value, node, loc, inner)))
      return failure();
  }
  Nodes body = function.instantiate(node);
  llvm::StringMap<int64_t> outerOpsets = std::exchange(opsets, function.opsets);
  std::string outerPrefix = std::exchange(prefix, (loc.getName().getValue() + "/").str());
  LogicalResult result = importNodes(body, inner);
  opsets = std::move(outerOpsets);
  prefix = std::move(outerPrefix);
  if (failed(result))
    return failure();
  for (int i = 0; i < node.output_size(); ++i) {
    Value value = inner.lookup(proto.output(i));
    if (!value)
      return emitError(loc) << loc.getName().getValue() << " (" << node.op_type() << "): output '" << proto.output(i)
                            << "' of function '" << function.label << "' is computed by no node";
    if (failed(define(node.output(i), value, node, loc, scope)))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::importNode(pb::NodeProto &node, int64_t index, Scope &scope) {
  if (StringRef(node.name()).contains('\0') || StringRef(node.op_type()).contains('\0'))
    return emitError(fileLoc) << "the name of node " << index << " (" << node.op_type().c_str() << ") holds a zero byte";
  if (const ModelFunction *function = functions.lookup(node, getOpset(node.domain())))
    return importCall(*function, node, index, scope);
  NameLoc loc = NameLoc::get(nameNode(node, index));
  FailureOr<SmallVector<Value>> inputs = lookupInputs(node, loc, scope);
  if (failed(inputs))
    return failure();
  for (Value &input : *inputs)
    if (!input)
      input = aimc::onnx::NoneOp::create(builder, loc, builder.getNoneType());

  SmallVector<NamedAttribute> attrs;
  std::map<std::string, pb::GraphProto *> graphs;
  llvm::StringSet<> attrNames;
  for (pb::AttributeProto &attr : *node.mutable_attribute()) {
    if (!attrNames.insert(attr.name()).second)
      return emitError(loc) << "attribute '" << attr.name() << "' appears twice";
    if (node.op_type() == "Constant" && node.output_size() > 0 && attr.has_t())
      noteNibbles(attr.t(), node.output(0));
    if (failed(importAttribute(attr, loc, attrs, graphs)))
      return failure();
  }
  stateWidth(node, attrs);
  SmallVector<StringRef> graphNames;
  for (auto &[name, graph] : graphs)
    graphNames.push_back(name);

  // Types come from inference; an omitted output keeps `none`.
  SmallVector<Type> types;
  for (const std::string &name : node.output())
    types.push_back(name.empty() ? Type(builder.getNoneType()) : UnrankedTensorType::get(builder.getF32Type()));
  while (types.size() > 1 && isa<NoneType>(types.back()))
    types.pop_back();
  if (types.empty())
    return emitError(loc) << "has no outputs";

  StringRef domain = node.domain() == "ai.onnx" ? StringRef() : StringRef(node.domain());
  auto op = aimc::onnx::NodeOp::create(builder, loc, types, node.op_type(), *inputs, domain, getOpset(domain),
                                       builder.getDictionaryAttr(attrs),
                                       graphs.empty() ? ArrayAttr() : builder.getStrArrayAttr(graphNames), graphs.size());
  for (auto [region, entry] : llvm::zip(op.getSubgraphs(), graphs))
    if (failed(importSubgraph(*entry.second, region, scope, loc)))
      return failure();
  for (auto [name, result] : llvm::zip(node.output(), op.getOutputs()))
    if (failed(define(name, result, node, loc, scope)))
      return failure();
  return success();
}

LogicalResult GraphImporter::importNodes(Nodes &nodes, Scope &scope) {
  int onCycle = 0;
  std::optional<std::vector<int>> order = sortNodes(nodes, onCycle);
  if (!order) {
    const pb::NodeProto &node = nodes[onCycle];
    return emitError(fileLoc) << "node '" << (node.name().empty() ? node.op_type() : node.name())
                              << "' depends on its own output; the graph must not have cycles";
  }
  for (int index : *order)
    if (failed(importNode(nodes[index], index, scope)))
      return failure();
  return success();
}

LogicalResult GraphImporter::importSubgraph(pb::GraphProto &graph, Region &region, const Scope &scope, Location loc) {
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&region);
  Scope inner{&scope, {}};
  if (failed(importInitializers(graph, inner)))
    return failure();
  for (const pb::ValueInfoProto &info : graph.input()) {
    // The node's operands decide the types; what the file declares is a start.
    SmallVector<Attribute> dimNames;
    FailureOr<Type> type = Type();
    if (info.has_type() && failed(type = importType(info, dimNames)))
      return failure();
    if (!*type)
      *type = UnrankedTensorType::get(builder.getF32Type());
    if (inner.values.contains(info.name()))
      return emitError(loc) << "input '" << info.name() << "' of a subgraph is already defined";
    inner.values[info.name()] = region.addArgument(*type, locOf(info.name()));
  }
  if (failed(importNodes(*graph.mutable_node(), inner)))
    return failure();
  SmallVector<Value> results;
  for (const pb::ValueInfoProto &output : graph.output()) {
    results.push_back(inner.lookup(output.name()));
    if (!results.back())
      return emitError(loc) << "output '" << output.name() << "' of a subgraph is computed by no node";
  }
  aimc::onnx::YieldOp::create(builder, loc, results);
  return success();
}
