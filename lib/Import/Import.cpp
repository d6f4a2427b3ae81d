//===- Import.cpp - ONNX files into the onnx dialect ------------------------------------------------------------===//
#include "aimc/Import/Import.h"

#include "Functions.h"
#include "Npy.h"
#include "Tensor.h"

#include "aimc/Dialect/Onnx/Onnx.h"
#include "aimc/Dialect/Onnx/OperatorTable.h"
#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx/onnx_pb.h>

#include <queue>
#include <sys/mman.h>

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

using Nodes = google::protobuf::RepeatedPtrField<pb::NodeProto>;

namespace {

/// Values by ONNX name; a subgraph's scope lies inside that of the graph around it.
struct Scope {
  const Scope *parent = nullptr;
  llvm::StringMap<Value> values;

  Value lookup(StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (Value value = scope->values.lookup(name))
        return value;
    return {};
  }
};

/// Builds the module of one model.
class GraphImporter {
public:
  GraphImporter(pb::ModelProto &model, StringRef path, const ImportOptions &options, MLIRContext &context)
      : model(model), options(options), dims(options.dims), builder(&context),
        fileLoc(FileLineColLoc::get(&context, path, 0, 0)), tensors(llvm::sys::path::parent_path(path)) {}

  OwningOpRef<ModuleOp> run();

private:
  LogicalResult readOpsets();
  void collectNodeNames(const pb::GraphProto &graph);
  void collectUnknown(const Nodes &nodes, StringRef caller, llvm::StringSet<> &visited, std::string &list, size_t &count);
  LogicalResult checkOperators();
  LogicalResult checkDims();
  LogicalResult applyInputShape(StringRef name, ArrayRef<int64_t> shape);
  StringAttr nameNode(const pb::NodeProto &node, int64_t index);

  FailureOr<Type> importType(const pb::ValueInfoProto &info, SmallVectorImpl<Attribute> &dimNames);
  LogicalResult importInputs(func::FuncOp func, Scope &scope);
  LogicalResult importOutputs(func::FuncOp func, Scope &scope);
  LogicalResult importInitializers(pb::GraphProto &graph, Scope &scope);
  LogicalResult importNodes(Nodes &nodes, Scope &scope);
  LogicalResult importCall(const ModelFunction &function, pb::NodeProto &node, int64_t index, Scope &scope);
  FailureOr<SmallVector<Value>> lookupInputs(const pb::NodeProto &node, NameLoc loc, const Scope &scope);
  LogicalResult define(const std::string &name, Value value, const pb::NodeProto &node, NameLoc loc, Scope &scope);
  LogicalResult importNode(pb::NodeProto &node, int64_t index, Scope &scope);
  LogicalResult importAttribute(pb::AttributeProto &attr, Location loc, SmallVectorImpl<NamedAttribute> &attrs,
                                std::map<std::string, pb::GraphProto *> &graphs);
  LogicalResult importSubgraph(pb::GraphProto &graph, Region &region, const Scope &scope, Location loc);
  void noteNibbles(const pb::TensorProto &tensor, StringRef name);
  void stateWidth(const pb::NodeProto &node, SmallVectorImpl<NamedAttribute> &attrs);
  void checkDeclaredOutputs(func::FuncOp func, ArrayRef<Type> declared);

  int64_t getOpset(StringRef domain) const { return opsets.lookup(domain == "ai.onnx" ? "" : domain); }
  NameLoc locOf(StringRef name) { return NameLoc::get(builder.getStringAttr(name)); }

  pb::ModelProto &model;
  const ImportOptions &options;
  llvm::StringMap<int64_t> dims; // of the options, with what their shapes of inputs say
  OpBuilder builder;
  Location fileLoc;
  TensorImporter tensors;
  FunctionTable functions;
  llvm::StringMap<int64_t> opsets;       // of the model, or of the function that is being put in place of a call
  std::string prefix;                    // of the names of a function's nodes: `call/`
  llvm::StringMap<int> nibbles;          // constants of 4-bit integers and their ONNX type
  llvm::StringSet<> nodeNames;           // as the file has them
  llvm::StringSet<> usedNames;           // as the module has them
  llvm::StringMap<int64_t> lastSuffixes; // what made names unique
  std::vector<Type> declaredOutputs;
};

} // namespace

//===--------------------------------------------------------------------------------------------------------------===//
// Operators
//===--------------------------------------------------------------------------------------------------------------===//

LogicalResult GraphImporter::readOpsets() {
  for (const pb::OperatorSetIdProto &opset : model.opset_import())
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  if (model.opset_import().empty() && model.ir_version() < 3)
    opsets[""] = 1; // files from before operator sets had versions
  return success();
}

static void forEachSubgraph(const pb::NodeProto &node, llvm::function_ref<void(const pb::GraphProto &)> visit) {
  for (const pb::AttributeProto &attr : node.attribute()) {
    if (attr.has_g())
      visit(attr.g());
    for (const pb::GraphProto &graph : attr.graphs())
      visit(graph);
  }
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

//===--------------------------------------------------------------------------------------------------------------===//
// Inputs and outputs
//===--------------------------------------------------------------------------------------------------------------===//

/// What `--dim` calls dimension `index` of `info`: its own name, else `<input>.<index>`; empty where the size is fixed.
static std::string getDimName(const pb::ValueInfoProto &info, int index) {
  const auto &dim = info.type().tensor_type().shape().dim(index);
  if (dim.has_dim_value() && dim.dim_value() > 0) // old exporters write 0 or -1 for "any"
    return "";
  return dim.dim_param().empty() ? info.name() + "." + std::to_string(index) : dim.dim_param();
}

LogicalResult GraphImporter::checkDims() {
  llvm::StringSet<> names;
  std::string list;
  for (const pb::ValueInfoProto &info : model.graph().input())
    for (int index = 0; index < info.type().tensor_type().shape().dim_size(); ++index)
      if (std::string name = getDimName(info, index); !name.empty() && names.insert(name).second)
        list += (list.empty() ? "" : ", ") + name;
  for (const auto &entry : options.dims) {
    if (!names.contains(entry.getKey()))
      return emitError(fileLoc) << "no dimension is called '" << entry.getKey() << "'; the model has "
                                << (list.empty() ? "none" : list);
    if (entry.getValue() < 0)
      return emitError(fileLoc) << "dimension '" << entry.getKey() << "' cannot be " << entry.getValue();
  }
  for (const auto &entry : options.inputShapes)
    if (failed(applyInputShape(entry.getKey(), entry.getValue())))
      return failure();
  return success();
}

/// "1x?x3".
static std::string toString(ArrayRef<int64_t> shape) {
  auto text = [](int64_t size) { return size < 0 ? "?" : std::to_string(size); };
  return llvm::join(llvm::map_range(shape, text), "x");
}

/// Gives input `name` the sizes that are known of `shape`, and its named dimensions theirs wherever they stand.
LogicalResult GraphImporter::applyInputShape(StringRef name, ArrayRef<int64_t> shape) {
  auto isNamed = [&](const auto &proto) { return proto.name() == name; };
  auto info = llvm::find_if(*model.mutable_graph()->mutable_input(), isNamed);
  bool isInput = info != model.graph().input().end();
  if (!isInput || llvm::any_of(model.graph().initializer(), isNamed)) {
    InFlightDiagnostic diagnostic = emitError(fileLoc) << "--input-shape names '" << name << "', which is "
                                                       << (isInput ? "a constant" : "no input") << "; inputs are";
    for (const pb::ValueInfoProto &known : model.graph().input())
      if (llvm::none_of(model.graph().initializer(), [&](const auto &tensor) { return tensor.name() == known.name(); }))
        diagnostic << " '" << known.name() << "'";
    return diagnostic;
  }
  if (!info->type().has_tensor_type())
    return success(); // importInputs says so
  pb::TypeProto::Tensor &type = *info->mutable_type()->mutable_tensor_type();
  if (!type.has_shape())
    for (size_t index = 0; index < shape.size(); ++index)
      type.mutable_shape()->add_dim();
  std::string given = "--input-shape " + name.str() + "=" + toString(shape);
  if (size_t(type.shape().dim_size()) != shape.size())
    return emitError(fileLoc) << given << " has " << shape.size() << " dimensions; the input has " << type.shape().dim_size();
  for (auto [index, size] : llvm::enumerate(shape)) {
    if (size < 0)
      continue;
    std::string dim = getDimName(*info, index);
    int64_t fixed = type.shape().dim(index).dim_value();
    if (dim.empty() && size != fixed)
      return emitError(fileLoc) << given << ": dimension " << index << " is " << fixed << " in the model, not " << size;
    if (dim.empty())
      continue;
    auto [known, isNew] = dims.try_emplace(dim, size);
    if (!isNew && known->getValue() != size)
      return emitError(fileLoc) << given << ": dimension " << index << " is called '" << dim << "' and is " << known->getValue()
                                << " elsewhere, not " << size;
  }
  return success();
}

/// The tensor type that `info` declares and its dimensions' names. Null when it declares an element type but no shape.
FailureOr<Type> GraphImporter::importType(const pb::ValueInfoProto &info, SmallVectorImpl<Attribute> &dimNames) {
  if (!info.type().has_tensor_type()) {
    emitError(fileLoc) << "'" << info.name() << "' is not a tensor";
    return failure();
  }
  const auto &tensor = info.type().tensor_type();
  Type elementType = aimc::onnx::getTypeOfOnnxNumber(builder.getContext(), getStoredType(tensor.elem_type()));
  if (!elementType) {
    emitError(fileLoc) << "'" << info.name() << "' has ONNX element type " << tensor.elem_type()
                       << ", which is not a number type we know";
    return failure();
  }
  if (!tensor.has_shape())
    return Type();
  SmallVector<int64_t> shape;
  for (auto [index, dim] : llvm::enumerate(tensor.shape().dim())) {
    std::string name = getDimName(info, index);
    auto overridden = dims.find(name);
    shape.push_back(name.empty() ? dim.dim_value() : overridden != dims.end() ? overridden->getValue() : ShapedType::kDynamic);
    if (StringRef(dim.dim_param()).contains('\0')) {
      emitError(fileLoc) << "the name of dimension " << index << " of '" << info.name() << "' holds a zero byte";
      return failure();
    }
    dimNames.push_back(builder.getStringAttr(dim.dim_param()));
  }
  auto type = RankedTensorType::get(shape, elementType);
  if (std::string reason = aimc::onnx::findTooLarge(type); !reason.empty()) {
    emitError(fileLoc) << "'" << info.name() << "' " << reason;
    return failure();
  }
  return Type(type);
}

/// Inputs and outputs are called by their names, which containers end with a zero byte.
static LogicalResult checkName(StringRef what, int index, StringRef name, llvm::StringSet<> &names, Location loc) {
  if (name.empty())
    return emitError(loc) << what << " " << index << " has no name";
  if (name.contains('\0'))
    return emitError(loc) << "the name of " << what << " " << index << " holds a zero byte";
  if (!names.insert(name).second)
    return emitError(loc) << what << " '" << name << "' appears twice";
  return success();
}

LogicalResult GraphImporter::importInputs(func::FuncOp func, Scope &scope) {
  llvm::StringSet<> names;
  for (const auto &[index, info] : llvm::enumerate(model.graph().input())) {
    if (failed(checkName("input", index, info.name(), names, fileLoc)))
      return failure();
    if (scope.values.contains(info.name()))
      continue; // an initializer: a constant, whatever the file allows a caller to override
    SmallVector<Attribute> dimNames;
    FailureOr<Type> type = importType(info, dimNames);
    if (failed(type))
      return failure();
    if (!*type)
      return emitError(fileLoc) << "input '" << info.name() << "' has no shape; give it one with --input-shape";
    NamedAttribute attrs[] = {builder.getNamedAttr("onnx.name", builder.getStringAttr(info.name())),
                              builder.getNamedAttr("onnx.dims", builder.getArrayAttr(dimNames))};
    if (failed(func.insertArgument(func.getNumArguments(), *type, builder.getDictionaryAttr(attrs), locOf(info.name()))))
      return failure();
    scope.values[info.name()] = func.getArguments().back();
  }
  return success();
}

LogicalResult GraphImporter::importOutputs(func::FuncOp func, Scope &scope) {
  SmallVector<Value> results;
  llvm::StringSet<> names;
  for (auto [index, info] : llvm::enumerate(model.graph().output())) {
    if (failed(checkName("output", index, info.name(), names, fileLoc)))
      return failure();
    Value value = scope.lookup(info.name());
    if (!value)
      return emitError(fileLoc) << "output '" << info.name() << "' is computed by no node";
    SmallVector<Attribute> dimNames;
    FailureOr<Type> type = Type();
    if (info.has_type() && failed(type = importType(info, dimNames)))
      return failure();
    declaredOutputs.push_back(*type);
    NamedAttribute attrs[] = {builder.getNamedAttr("onnx.name", builder.getStringAttr(info.name())),
                              builder.getNamedAttr("onnx.dims", builder.getArrayAttr(dimNames))};
    if (failed(func.insertResult(index, value.getType(), builder.getDictionaryAttr(attrs))))
      return failure();
    results.push_back(value);
  }
  if (results.empty())
    return emitError(fileLoc) << "the graph has no outputs";
  func::ReturnOp::create(builder, fileLoc, results);
  return success();
}

/// Outputs whose inferred type contradicts the declared one: the graph is believed, and the user told.
void GraphImporter::checkDeclaredOutputs(func::FuncOp func, ArrayRef<Type> declared) {
  for (auto [info, inferred, type] : llvm::zip(model.graph().output(), func.getResultTypes(), declared))
    if (type && (failed(verifyCompatibleShape(type, inferred)) || getElementTypeOrSelf(type) != getElementTypeOrSelf(inferred)))
      emitWarning(fileLoc) << "output '" << info.name() << "' is declared as " << type << "; the graph computes " << inferred;
}

//===--------------------------------------------------------------------------------------------------------------===//
// Nodes
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

namespace {
/// Names that a subgraph defines, inside those of the graphs around it.
struct DefinedNames {
  const DefinedNames *parent = nullptr;
  llvm::StringSet<> names;

  bool contains(StringRef name) const { return names.contains(name) || (parent && parent->contains(name)); }
};
} // namespace

/// Names that `node` and its subgraphs read and do not define themselves.
static void collectReads(const pb::NodeProto &node, const DefinedNames &defined, llvm::StringSet<> &reads) {
  for (const std::string &name : node.input())
    if (!name.empty() && !defined.contains(name))
      reads.insert(name);
  forEachSubgraph(node, [&](const pb::GraphProto &graph) {
    DefinedNames inner{&defined, {}};
    for (const pb::TensorProto &tensor : graph.initializer())
      inner.names.insert(tensor.name());
    for (const pb::ValueInfoProto &input : graph.input())
      inner.names.insert(input.name());
    for (const pb::NodeProto &child : graph.node())
      for (const std::string &name : child.output())
        inner.names.insert(name);
    for (const pb::NodeProto &child : graph.node())
      collectReads(child, inner, reads);
    for (const pb::ValueInfoProto &output : graph.output())
      if (!inner.contains(output.name()))
        reads.insert(output.name());
  });
}

/// An order of the nodes in which every value is defined before it is read, the file's own where that is one. Nothing when
/// there is a cycle, of which `onCycle` is a node.
static std::optional<std::vector<int>> sortNodes(const Nodes &nodes, int &onCycle) {
  llvm::StringMap<int> producer;
  for (int index = 0; index < nodes.size(); ++index)
    for (const std::string &name : nodes[index].output())
      if (!name.empty())
        producer.try_emplace(name, index);
  std::vector<std::vector<int>> readers(nodes.size());
  std::vector<int> waits(nodes.size(), 0);
  for (int index = 0; index < nodes.size(); ++index) {
    llvm::StringSet<> reads;
    collectReads(nodes[index], {}, reads);
    for (const auto &entry : reads) {
      auto found = producer.find(entry.getKey());
      if (found == producer.end())
        continue;
      readers[found->second].push_back(index);
      ++waits[index];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int index = 0; index < nodes.size(); ++index)
    if (waits[index] == 0)
      ready.push(index);
  std::vector<int> order;
  while (!ready.empty()) {
    int index = ready.top();
    ready.pop();
    order.push_back(index);
    for (int reader : readers[index])
      if (--waits[reader] == 0)
        ready.push(reader);
  }
  for (onCycle = 0; onCycle < nodes.size(); ++onCycle)
    if (waits[onCycle] > 0)
      return std::nullopt;
  return order;
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

//===--------------------------------------------------------------------------------------------------------------===//
// Files
//===--------------------------------------------------------------------------------------------------------------===//

namespace {
/// Hands bytes over piece by piece. Of a mapped file it gives back the pages that protobuf has copied, which would otherwise
/// stand in memory beside their copies; a page that is read again comes from the file again.
class PieceStream : public google::protobuf::io::ZeroCopyInputStream {
public:
  PieceStream(StringRef bytes, bool isMapped) : bytes(bytes), isMapped(isMapped) {}

  bool Next(const void **data, int *size) override {
    if (isMapped && position != 0) // a mapping begins at the start of a page
      ::madvise(const_cast<char *>(bytes.data()), position / pieceBytes * pieceBytes, MADV_DONTNEED);
    size_t length = std::min(pieceBytes, bytes.size() - position);
    *data = bytes.data() + position;
    *size = static_cast<int>(length);
    position += length;
    return length != 0;
  }
  void BackUp(int count) override { position -= count; }
  bool Skip(int count) override {
    bool inside = static_cast<size_t>(count) <= bytes.size() - position;
    position = inside ? position + count : bytes.size();
    return inside;
  }
  int64_t ByteCount() const override { return position; }

private:
  static constexpr size_t pieceBytes = size_t(16) << 20;

  StringRef bytes;
  bool isMapped;
  size_t position = 0;
};
} // namespace

/// Protobuf would print its own errors.
static bool parseQuietly(google::protobuf::MessageLite &message, StringRef bytes, bool isMapped = false) {
  google::protobuf::LogHandler *previous = google::protobuf::SetLogHandler(nullptr);
  PieceStream stream(bytes, isMapped);
  bool parsed = message.ParseFromZeroCopyStream(&stream);
  google::protobuf::SetLogHandler(previous);
  return parsed;
}

/// "FLOAT[2, 3]".
static std::string describe(int type, ArrayRef<std::string> dims) {
  std::string name = pb::TensorProto::DataType_IsValid(type) ? pb::TensorProto::DataType_Name(pb::TensorProto::DataType(type))
                                                             : "type " + std::to_string(type);
  return name + "[" + llvm::join(dims, ", ") + "]";
}

static std::string describe(const pb::TensorProto &tensor) {
  SmallVector<std::string> dims;
  for (int64_t size : tensor.dims())
    dims.push_back(std::to_string(size));
  return describe(tensor.data_type(), dims);
}

static std::string describe(const pb::TypeProto::Tensor &type) {
  SmallVector<std::string> dims;
  for (const auto &dim : type.shape().dim())
    dims.push_back(dim.has_dim_value() ? std::to_string(dim.dim_value()) : "?");
  return describe(type.elem_type(), dims);
}

/// ONNX's number of a .npy file's element type.
static pb::TensorProto::DataType numberOf(aimc_type type) {
  switch (type) {
  case AIMC_F32:
    return pb::TensorProto::FLOAT;
  case AIMC_F64:
    return pb::TensorProto::DOUBLE;
  case AIMC_F16:
    return pb::TensorProto::FLOAT16;
  case AIMC_BF16:
    return pb::TensorProto::BFLOAT16;
  case AIMC_I8:
    return pb::TensorProto::INT8;
  case AIMC_I16:
    return pb::TensorProto::INT16;
  case AIMC_I32:
    return pb::TensorProto::INT32;
  case AIMC_I64:
    return pb::TensorProto::INT64;
  case AIMC_U8:
    return pb::TensorProto::UINT8;
  case AIMC_U16:
    return pb::TensorProto::UINT16;
  case AIMC_U32:
    return pb::TensorProto::UINT32;
  case AIMC_U64:
    return pb::TensorProto::UINT64;
  case AIMC_BOOL:
    return pb::TensorProto::BOOL;
  }
  llvm_unreachable("all types are above");
}

/// Why what stands at `path` is not read; empty for a file, and for nothing, which whoever opens it will find. A pipe without a
/// writer would be waited for, a device without an end would fill the memory.
static std::string findNoFile(StringRef path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status) || llvm::sys::fs::is_regular_file(status))
    return "";
  return llvm::sys::fs::is_directory(status) ? "it is a directory" : "it is a pipe or a device, not a file";
}

/// Reads the value of an input that becomes a constant.
static LogicalResult readTensorFile(StringRef path, pb::TensorProto &tensor, Location loc) {
  if (std::string reason = findNoFile(path); !reason.empty())
    return emitError(loc) << path << " cannot be read: " << reason;
  if (path.ends_with(".npy")) {
    auto file = tools::NpyFile::open(path.str());
    if (!file)
      return emitError(loc) << file.error();
    if (!file->isRowMajor())
      return emitError(loc) << path << " is stored column by column; save it row by row";
    tensor.set_data_type(numberOf(file->type()));
    for (int64_t size : file->shape())
      tensor.add_dims(size);
    tensor.set_raw_data(file->data(), file->size() * tools::sizeOf(file->type()));
    return success();
  }
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = file.getError())
    return emitError(loc) << path << " cannot be read: " << error.message();
  if ((*file)->getBufferSize() > size_t(std::numeric_limits<int>::max()) || !parseQuietly(tensor, (*file)->getBuffer()))
    return emitError(loc) << path << " is neither a .npy file nor an ONNX tensor";
  return success();
}

/// Gives the inputs that `constInputs` names their values as initializers.
static LogicalResult addConstInputs(pb::GraphProto &graph, const llvm::StringMap<std::string> &constInputs, Location loc) {
  for (const auto &entry : constInputs) {
    StringRef name = entry.getKey();
    auto isNamed = [&](const auto &proto) { return proto.name() == name; };
    auto input = llvm::find_if(graph.input(), isNamed);
    if (input == graph.input().end()) {
      InFlightDiagnostic diagnostic = emitError(loc)
                                      << "'" << name << "' should become a constant, but is no input; inputs are";
      for (const pb::ValueInfoProto &known : graph.input())
        diagnostic << " '" << known.name() << "'";
      return diagnostic;
    }
    auto initializer = llvm::find_if(*graph.mutable_initializer(), isNamed);
    pb::TensorProto &tensor = initializer == graph.mutable_initializer()->end() ? *graph.add_initializer() : *initializer;
    tensor.Clear();
    if (failed(readTensorFile(entry.getValue(), tensor, loc)))
      return failure();
    tensor.set_name(name.str());
    const pb::TypeProto::Tensor &type = input->type().tensor_type();
    bool fits = type.elem_type() == tensor.data_type() && (!type.has_shape() || type.shape().dim_size() == tensor.dims_size());
    for (int i = 0; fits && type.has_shape() && i < tensor.dims_size(); ++i)
      fits = type.shape().dim(i).dim_value() <= 0 || type.shape().dim(i).dim_value() == tensor.dims(i);
    if (!fits)
      return emitError(loc) << entry.getValue() << " holds " << describe(tensor) << "; input '" << name << "' is "
                            << describe(type);
  }
  return success();
}

/// How deep graphs of subgraphs may nest: protobuf's own limit of 100 messages, three to a graph, is a little higher.
static constexpr size_t mostNestedGraphs = 30;

/// How deep graphs nest in the bytes of a model, counted without recursion; damaged bytes end the count.
static size_t countNestedGraphs(StringRef bytes) {
  enum Kind { Model, Graph, Node, Attribute, Other };
  auto childOf = [](Kind kind, int field) {
    switch (kind) {
    case Model:
      return field == pb::ModelProto::kGraphFieldNumber ? Graph : Other;
    case Graph:
      return field == pb::GraphProto::kNodeFieldNumber ? Node : Other;
    case Node:
      return field == pb::NodeProto::kAttributeFieldNumber ? Attribute : Other;
    case Attribute:
      return field == pb::AttributeProto::kGFieldNumber || field == pb::AttributeProto::kGraphsFieldNumber ? Graph : Other;
    case Other:
      return Other;
    }
    llvm_unreachable("all kinds are above");
  };
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  struct Level {
    Kind kind;
    google::protobuf::io::CodedInputStream::Limit outer;
  };
  std::vector<Level> levels{{Model, 0}};
  size_t graphs = 0, deepest = 0;
  while (true) {
    uint32_t tag = stream.ReadTag();
    if (tag == 0) {
      if (levels.size() == 1 || !stream.ConsumedEntireMessage())
        return deepest;
      graphs -= levels.back().kind == Graph;
      stream.PopLimit(levels.back().outer);
      levels.pop_back();
      continue;
    }
    bool hasLength = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    Kind child = hasLength ? childOf(levels.back().kind, WireFormatLite::GetTagFieldNumber(tag)) : Other;
    uint32_t length = 0;
    if (child == Other ? !WireFormatLite::SkipField(&stream, tag) : !stream.ReadVarint32(&length))
      return deepest;
    if (child == Other)
      continue;
    levels.push_back({child, stream.PushLimit(static_cast<int>(length))});
    deepest = std::max(deepest, graphs += child == Graph);
  }
}

/// Parses the bytes of a file.
static LogicalResult readModel(const llvm::MemoryBufferRef &bytes, bool isMapped, pb::ModelProto &model, Location loc) {
  if (bytes.getBufferSize() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return emitError(loc) << "has " << bytes.getBufferSize()
                          << " bytes; an ONNX file has at most 2 GiB, larger weights are stored as external data";
  bool parsed = parseQuietly(model, bytes.getBuffer(), isMapped);
  if (size_t depth = countNestedGraphs(bytes.getBuffer()); depth > mostNestedGraphs + 1)
    return emitError(loc) << "nests subgraphs " << depth - 1 << " deep; at most " << mostNestedGraphs << " are supported";
  if (!parsed)
    return emitError(loc) << "is not an ONNX model, or is cut off";
  if (!model.has_graph())
    return emitError(loc) << "is not an ONNX model: it has no graph";
  return success();
}

static OwningOpRef<ModuleOp> importModel(pb::ModelProto &model, StringRef path, const ImportOptions &options,
                                         MLIRContext &context) {
  if (failed(addConstInputs(*model.mutable_graph(), options.constInputs, FileLineColLoc::get(&context, path, 0, 0))))
    return {};
  return GraphImporter(model, path, options, context).run();
}

OwningOpRef<ModuleOp> aimc::importOnnx(llvm::MemoryBufferRef bytes, const ImportOptions &options, MLIRContext &context) {
  context.loadDialect<aimc::onnx::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
  Location loc = FileLineColLoc::get(&context, bytes.getBufferIdentifier(), 0, 0);
  pb::ModelProto model;
  if (failed(readModel(bytes, /*isMapped=*/false, model, loc)))
    return {};
  return importModel(model, bytes.getBufferIdentifier(), options, context);
}

OwningOpRef<ModuleOp> aimc::importOnnx(StringRef path, const ImportOptions &options, MLIRContext &context) {
  context.loadDialect<aimc::onnx::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
  Location loc = FileLineColLoc::get(&context, path, 0, 0);
  if (std::string reason = findNoFile(path); !reason.empty()) {
    emitError(loc) << "cannot be read: " << reason;
    return {};
  }
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = file.getError()) {
    emitError(loc) << "cannot be read: " << error.message();
    return {};
  }
  pb::ModelProto model;
  if (failed(readModel(**file, (*file)->getBufferKind() == llvm::MemoryBuffer::MemoryBuffer_MMap, model, loc)))
    return {};
  file->reset(); // protobuf has copied what it needs
  return importModel(model, path, options, context);
}
