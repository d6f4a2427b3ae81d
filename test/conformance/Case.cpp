//===- Case.cpp -------------------------------------------------------------------------------------------------===//
#include "Case.h"

#include "Types.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <optional>

using namespace aimc::conformance;
namespace pb = ::onnx;
namespace fs = llvm::sys::fs;

int64_t Tensor::count() const { return tools::elementCount(dims); }

std::string aimc::conformance::toString(aimc_type type, const std::vector<int64_t> &dims) {
  return tools::nameOf(type) + tools::toString(dims);
}

//===- folders --------------------------------------------------------------------------------------------------===//

static llvm::Expected<std::vector<std::string>> listFolders(const llvm::Twine &path) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; it != end && !error; it.increment(error))
    if (fs::is_directory(it->path()))
      found.push_back(it->path());
  if (error)
    return llvm::createStringError(error, "cannot list %s: %s", path.str().c_str(), error.message().c_str());
  llvm::sort(found);
  return found;
}

llvm::Expected<std::vector<Case>> aimc::conformance::findCases(llvm::StringRef root) {
  std::vector<Case> cases;
  auto groups = listFolders(root);
  if (!groups)
    return groups.takeError();
  for (const std::string &group : *groups) {
    auto folders = listFolders(group);
    if (!folders)
      return folders.takeError();
    for (std::string &folder : *folders)
      if (fs::exists(folder + "/model.onnx")) // cases that would have to be downloaded have none
        cases.push_back({(llvm::sys::path::filename(group) + "/" + llvm::sys::path::filename(folder)).str(), folder});
  }
  return cases;
}

std::vector<std::string> Case::dataSets() const {
  std::vector<std::string> sets;
  for (size_t index = 0;; ++index) {
    std::string path = folder + "/test_data_set_" + std::to_string(index);
    if (!fs::is_directory(path))
      return sets;
    sets.push_back(path);
  }
}

std::string aimc::conformance::dataFile(const std::string &dataSet, llvm::StringRef kind, size_t index) {
  std::string path = dataSet + "/" + kind.str() + "_" + std::to_string(index) + ".pb";
  return fs::exists(path) ? path : "";
}

template <typename Message> static llvm::Error parseFile(const std::string &path, Message &message) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return llvm::createStringError(file.getError(), "cannot read %s: %s", path.c_str(), file.getError().message().c_str());
  google::protobuf::LogHandler *previous = google::protobuf::SetLogHandler(nullptr);
  bool parsed = message.ParseFromArray((*file)->getBufferStart(), int((*file)->getBufferSize()));
  google::protobuf::SetLogHandler(previous);
  if (!parsed)
    return llvm::createStringError("%s is damaged", path.c_str());
  return llvm::Error::success();
}

//===- tensors --------------------------------------------------------------------------------------------------===//

static std::optional<aimc_type> typeOf(int32_t onnxType) {
  switch (onnxType) {
  case pb::TensorProto::FLOAT:
    return AIMC_F32;
  case pb::TensorProto::DOUBLE:
    return AIMC_F64;
  case pb::TensorProto::FLOAT16:
    return AIMC_F16;
  case pb::TensorProto::BFLOAT16:
    return AIMC_BF16;
  case pb::TensorProto::INT8:
    return AIMC_I8;
  case pb::TensorProto::INT16:
    return AIMC_I16;
  case pb::TensorProto::INT32:
    return AIMC_I32;
  case pb::TensorProto::INT64:
    return AIMC_I64;
  case pb::TensorProto::UINT8:
    return AIMC_U8;
  case pb::TensorProto::UINT16:
    return AIMC_U16;
  case pb::TensorProto::UINT32:
    return AIMC_U32;
  case pb::TensorProto::UINT64:
    return AIMC_U64;
  case pb::TensorProto::BOOL:
    return AIMC_BOOL;
  default:
    return std::nullopt;
  }
}

template <typename T, typename Field> static void append(const Field &field, std::vector<char> &bytes) {
  bytes.resize(field.size() * sizeof(T));
  for (int index = 0; index < field.size(); ++index) {
    T element = static_cast<T>(field[index]);
    std::memcpy(bytes.data() + index * sizeof(T), &element, sizeof(T));
  }
}

/// The elements of a tensor without raw data; narrow types stand in int32_data.
static void readTyped(const pb::TensorProto &proto, size_t elementBytes, std::vector<char> &bytes) {
  if (proto.float_data_size())
    append<float>(proto.float_data(), bytes);
  else if (proto.double_data_size())
    append<double>(proto.double_data(), bytes);
  else if (proto.int64_data_size())
    append<int64_t>(proto.int64_data(), bytes);
  else if (proto.uint64_data_size())
    elementBytes == 8 ? append<uint64_t>(proto.uint64_data(), bytes) : append<uint32_t>(proto.uint64_data(), bytes);
  else if (elementBytes == 4)
    append<int32_t>(proto.int32_data(), bytes);
  else
    elementBytes == 2 ? append<uint16_t>(proto.int32_data(), bytes) : append<uint8_t>(proto.int32_data(), bytes);
}

llvm::Expected<Tensor> aimc::conformance::readTensor(const std::string &path) {
  pb::TensorProto proto;
  if (auto error = parseFile(path, proto))
    return std::move(error);
  std::optional<aimc_type> type = typeOf(proto.data_type());
  if (!type)
    return llvm::createStringError("%s is no tensor of numbers", llvm::sys::path::filename(path).str().c_str());
  Tensor tensor;
  tensor.type = *type;
  tensor.dims.assign(proto.dims().begin(), proto.dims().end());
  if (proto.has_raw_data())
    tensor.bytes.assign(proto.raw_data().begin(), proto.raw_data().end());
  else
    readTyped(proto, tools::sizeOf(*type), tensor.bytes);
  if (tensor.count() < 0 || tensor.bytes.size() != size_t(tensor.count()) * tools::sizeOf(*type))
    return llvm::createStringError("%s holds %zu bytes, not those of %s", llvm::sys::path::filename(path).str().c_str(),
                                   tensor.bytes.size(), toString(*type, tensor.dims).c_str());
  return tensor;
}

//===- models ---------------------------------------------------------------------------------------------------===//

/// Index of the first operand of a contraction that is a weight; 0: the operator is none.
static int firstWeight(llvm::StringRef op) {
  return llvm::StringSwitch<int>(op)
      .Cases({"Conv", "ConvTranspose", "MatMul", "Gemm", "RNN", "LSTM", "GRU", "Einsum", "ConvInteger", "MatMulInteger"}, 1)
      .Cases({"QLinearConv", "QLinearMatMul"}, 1)
      .Default(0);
}

namespace {
/// Goes through a graph and the graphs inside.
struct FactCollector {
  const pb::ModelProto &model;
  ModelFacts &facts;
  llvm::StringSet<> asWeight, otherwise;

  int64_t opsetOf(llvm::StringRef domain) const {
    for (const pb::OperatorSetIdProto &opset : model.opset_import())
      if ((opset.domain() == "ai.onnx" ? "" : opset.domain()) == domain)
        return opset.version();
    return 0;
  }

  void visit(const pb::GraphProto &graph) {
    for (const pb::NodeProto &node : graph.node()) {
      std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
      facts.operators.insert({domain, node.op_type(), opsetOf(domain)});
      int weight = firstWeight(node.op_type());
      for (int index = 0; index < node.input_size(); ++index)
        (weight && index >= weight ? asWeight : otherwise).insert(node.input(index));
      facts.hasContraction |= weight && node.input_size() > weight;
      for (const pb::AttributeProto &attr : node.attribute()) {
        if (attr.has_g())
          visit(attr.g());
        for (const pb::GraphProto &inner : attr.graphs())
          visit(inner);
      }
    }
    for (const pb::ValueInfoProto &output : graph.output())
      otherwise.insert(output.name());
  }
};
} // namespace

static std::string typeName(const pb::ValueInfoProto &info) {
  switch (info.type().value_case()) {
  case pb::TypeProto::kTensorType: {
    int32_t number = info.type().tensor_type().elem_type();
    std::optional<aimc_type> type = typeOf(number);
    return type ? aimc::tools::nameOf(*type) : number == pb::TensorProto::STRING ? "string" : "complex";
  }
  case pb::TypeProto::kSequenceType:
    return "sequence";
  case pb::TypeProto::kMapType:
    return "map";
  case pb::TypeProto::kOptionalType:
    return "optional";
  default:
    return "other";
  }
}

//===- open dimensions ------------------------------------------------------------------------------------------===//

/// Inputs of an operator whose shape is part of its meaning, as bits.
static unsigned structuralInputs(llvm::StringRef op) {
  constexpr unsigned first = 1, second = 2, third = 4, fourth = 8, fifth = 16;
  return llvm::StringSwitch<unsigned>(op)
      .Case("ConstantOfShape", first)
      .Cases({"Expand", "Pad", "Reshape", "Split", "Squeeze", "Tile", "Unsqueeze", "Upsample"}, second)
      .Cases({"ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean"}, second)
      .Cases({"ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"}, second)
      .Cases({"Conv", "ConvInteger", "ConvTranspose"}, second)
      .Case("MaxUnpool", third)
      .Cases({"GRU", "LSTM", "RNN"}, second | third)
      .Case("QLinearConv", fourth)
      .Case("Resize", second | third | fourth)
      .Case("Slice", second | third | fourth | fifth)
      .Default(0);
}

/// Takes the sizes from inputs and outputs of `graph` as writeDynamicModel says; whether an input had one.
static bool openDims(pb::GraphProto &graph) {
  llvm::StringSet<> kept, lastKept;
  for (const pb::TensorProto &tensor : graph.initializer())
    kept.insert(tensor.name());
  for (const pb::NodeProto &node : graph.node()) {
    for (int index = 0; index < node.input_size(); ++index)
      if (structuralInputs(node.op_type()) >> index & 1)
        kept.insert(node.input(index));
    if (node.op_type() == "GatherND" || node.op_type() == "ScatterND") // how many dimensions they index
      lastKept.insert(node.input(1));
  }
  auto open = [&](pb::ValueInfoProto &value) {
    bool opened = false;
    if (!value.type().has_tensor_type() || !value.type().tensor_type().has_shape())
      return opened;
    auto &dims = *value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim();
    for (int index = 0; index < dims.size() - int(lastKept.contains(value.name())); ++index) {
      opened |= dims[index].dim_value() > 0;
      dims[index].clear_dim_value();
    }
    return opened;
  };
  bool opened = false;
  for (pb::ValueInfoProto &input : *graph.mutable_input())
    if (!kept.contains(input.name()))
      opened |= open(input);
  for (pb::ValueInfoProto &output : *graph.mutable_output())
    open(output);
  return opened;
}

llvm::Expected<ModelFacts> aimc::conformance::readFacts(const Case &which) {
  pb::ModelProto model;
  if (auto error = parseFile(which.model(), model))
    return std::move(error);
  ModelFacts facts;
  FactCollector collector{model, facts, {}, {}};
  collector.visit(model.graph());
  llvm::StringSet<> initializers;
  for (const pb::TensorProto &tensor : model.graph().initializer())
    initializers.insert(tensor.name());
  for (const pb::ValueInfoProto &input : model.graph().input()) {
    facts.types.insert(typeName(input));
    if (initializers.contains(input.name()))
      continue;
    facts.inputs.push_back(input.name());
    if (collector.asWeight.contains(input.name()) && !collector.otherwise.contains(input.name()))
      facts.weights.insert(input.name());
  }
  for (const pb::ValueInfoProto &output : model.graph().output())
    facts.types.insert(typeName(output));
  facts.canOpenDims = openDims(*model.mutable_graph());
  return facts;
}

llvm::Error aimc::conformance::writeDynamicModel(const Case &which, const std::string &path) {
  pb::ModelProto model;
  if (auto error = parseFile(which.model(), model))
    return error;
  openDims(*model.mutable_graph());
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  if (error)
    return llvm::createStringError(error, "cannot write %s: %s", path.c_str(), error.message().c_str());
  file << model.SerializeAsString();
  file.close();
  return file.has_error() ? llvm::createStringError(file.error(), "cannot write %s", path.c_str()) : llvm::Error::success();
}
