//===- Interface.cpp - inputs and outputs of a graph ------------------------------------------------------------===//
#include "Graph.h"

#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

//===--------------------------------------------------------------------------------------------------------------===//
// Sizes that the user gives
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

//===--------------------------------------------------------------------------------------------------------------===//
// Types
//===--------------------------------------------------------------------------------------------------------------===//

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

//===--------------------------------------------------------------------------------------------------------------===//
// Arguments and results
//===--------------------------------------------------------------------------------------------------------------===//

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
