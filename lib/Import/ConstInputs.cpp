//===- ConstInputs.cpp - inputs that become constants -----------------------------------------------------------===//
#include "ConstInputs.h"

#include "File.h"
#include "Npy.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <onnx/onnx_pb.h>

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

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

LogicalResult aimc::addConstInputs(pb::GraphProto &graph, const llvm::StringMap<std::string> &constInputs, Location loc) {
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
