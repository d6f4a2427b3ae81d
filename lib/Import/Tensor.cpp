//===- Tensor.cpp - ONNX tensors into elements attributes -------------------------------------------------------===//
#include "Tensor.h"

#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <onnx/onnx_pb.h>

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

/// Numbers of `field` as `count` elements of type `T`, or nothing when there are more or fewer.
template <typename T, typename Field> static std::shared_ptr<std::string> pack(const Field &field, int64_t count) {
  if (field.size() != count)
    return nullptr;
  auto bytes = std::make_shared<std::string>(count * sizeof(T), '\0');
  for (int64_t index = 0; index < count; ++index) {
    T element = static_cast<T>(field[index]);
    std::memcpy(bytes->data() + index * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

/// The elements of a tensor that keeps them in a typed field. ONNX puts narrow types into int32_data, 16-bit floats as bits.
static std::shared_ptr<std::string> packTyped(const pb::TensorProto &tensor, int64_t count, int &found) {
  switch (tensor.data_type()) {
  case pb::TensorProto::FLOAT:
    return found = tensor.float_data_size(), pack<float>(tensor.float_data(), count);
  case pb::TensorProto::DOUBLE:
    return found = tensor.double_data_size(), pack<double>(tensor.double_data(), count);
  case pb::TensorProto::INT64:
    return found = tensor.int64_data_size(), pack<int64_t>(tensor.int64_data(), count);
  case pb::TensorProto::UINT64:
    return found = tensor.uint64_data_size(), pack<uint64_t>(tensor.uint64_data(), count);
  case pb::TensorProto::UINT32:
    return found = tensor.uint64_data_size(), pack<uint32_t>(tensor.uint64_data(), count);
  case pb::TensorProto::INT32:
    return found = tensor.int32_data_size(), pack<int32_t>(tensor.int32_data(), count);
  case pb::TensorProto::INT16:
  case pb::TensorProto::UINT16:
  case pb::TensorProto::FLOAT16:
  case pb::TensorProto::BFLOAT16:
    return found = tensor.int32_data_size(), pack<uint16_t>(tensor.int32_data(), count);
  default: // INT8, UINT8, BOOL
    return found = tensor.int32_data_size(), pack<uint8_t>(tensor.int32_data(), count);
  }
}

/// The value of an external_data entry as a number; 0 when absent, nothing when it is none.
static std::optional<uint64_t> getNumber(const pb::TensorProto &tensor, StringRef key) {
  for (const pb::StringStringEntryProto &entry : tensor.external_data())
    if (entry.key() == key) {
      uint64_t number = 0;
      if (StringRef(entry.value()).getAsInteger(10, number))
        return std::nullopt;
      return number;
    }
  return 0;
}

FailureOr<TensorImporter::Bytes> TensorImporter::getExternal(pb::TensorProto &tensor, uint64_t expected,
                                                             llvm::function_ref<InFlightDiagnostic()> emitError) {
  namespace path = llvm::sys::path;
  StringRef location;
  for (const pb::StringStringEntryProto &entry : tensor.external_data())
    if (entry.key() == "location")
      location = entry.value();
  bool climbs =
      llvm::any_of(llvm::make_range(path::begin(location), path::end(location)), [](StringRef part) { return part == ".."; });
  if (location.empty() || location.contains('\0') || path::is_absolute(location) || climbs) {
    emitError() << "external data '" << location << "' is not a path inside the model's folder";
    return failure();
  }
  std::optional<uint64_t> offset = getNumber(tensor, "offset"), length = getNumber(tensor, "length");
  if (!offset || !length) {
    emitError() << "external data '" << location << "': offset and length must be numbers";
    return failure();
  }
  if (*length != 0 && *length != expected) {
    emitError() << "external data '" << location << "': length " << *length << ", but the dimensions need " << expected
                << " bytes";
    return failure();
  }

  std::shared_ptr<llvm::MemoryBuffer> &file = files[location];
  if (!file) {
    SmallString<256> full(folder), real, realFolder;
    path::append(full, location);
    if (std::error_code error = llvm::sys::fs::real_path(full, real)) {
      emitError() << "external data '" << full << "': " << error.message();
      return failure();
    }
    if (llvm::sys::fs::real_path(folder.empty() ? "." : folder, realFolder) || !StringRef(real).starts_with(realFolder) ||
        (!realFolder.ends_with("/") && !StringRef(real).drop_front(realFolder.size()).starts_with("/"))) {
      emitError() << "external data '" << location << "' leads out of the model's folder";
      return failure();
    }
    if (!llvm::sys::fs::is_regular_file(real)) { // a pipe would be waited for
      emitError() << "external data '" << full << "' is not a file";
      return failure();
    }
    auto buffer = llvm::MemoryBuffer::getFile(real, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (std::error_code error = buffer.getError()) {
      emitError() << "external data '" << full << "': " << error.message();
      return failure();
    }
    file = std::move(*buffer);
  }
  uint64_t size = file->getBufferSize();
  if (*offset > size || expected > size - *offset) {
    emitError() << "external data '" << location << "' has " << size << " bytes; " << expected << " are needed from offset "
                << *offset;
    return failure();
  }
  return Bytes{{file->getBufferStart() + *offset, static_cast<size_t>(expected)}, file};
}

FailureOr<TensorImporter::Bytes> TensorImporter::getBytes(pb::TensorProto &tensor, int64_t count, int64_t elementBytes,
                                                          llvm::function_ref<InFlightDiagnostic()> emitError) {
  int64_t expected = count * elementBytes;
  if (tensor.data_location() == pb::TensorProto::EXTERNAL)
    return getExternal(tensor, expected, emitError);
  std::shared_ptr<std::string> bytes;
  if (tensor.has_raw_data()) {
    bytes.reset(tensor.release_raw_data());
    if (static_cast<int64_t>(bytes->size()) != expected) {
      emitError() << "holds " << bytes->size() << " bytes; its dimensions need " << expected;
      return failure();
    }
  } else {
    int found = 0;
    bytes = packTyped(tensor, count, found);
    if (!bytes) {
      emitError() << "holds " << found << " elements; its dimensions need " << count;
      return failure();
    }
  }
  return Bytes{{bytes->data(), bytes->size()}, bytes};
}

int aimc::getStoredType(int number) {
  return number == kUint4 ? int(pb::TensorProto::UINT8) : number == kInt4 ? int(pb::TensorProto::INT8) : number;
}

/// `count` integers of 4 bits, two in a byte, the low one first, as one byte each.
static std::shared_ptr<std::string> unpackNibbles(llvm::ArrayRef<char> bytes, int64_t count, bool isSigned) {
  auto unpacked = std::make_shared<std::string>(count, '\0');
  for (int64_t i = 0; i < count; ++i) {
    int nibble = (static_cast<uint8_t>(bytes[i / 2]) >> (4 * (i % 2))) & 15;
    (*unpacked)[i] = static_cast<char>(isSigned && nibble > 7 ? nibble - 16 : nibble);
  }
  return unpacked;
}

FailureOr<ElementsAttr> TensorImporter::import(pb::TensorProto &tensor, Location loc) {
  auto emitTensorError = [&] { return emitError(loc) << "tensor '" << tensor.name() << "': "; };
  bool isNibbles = tensor.data_type() == kUint4 || tensor.data_type() == kInt4;
  Type elementType = aimc::onnx::getTypeOfOnnxNumber(loc.getContext(), getStoredType(tensor.data_type()));
  if (!elementType) {
    emitTensorError() << "ONNX element type " << tensor.data_type() << " is not a number type we know";
    return failure();
  }
  if (tensor.has_segment()) {
    emitTensorError() << "is cut into segments, which no ONNX file should be";
    return failure();
  }
  bool isBool = elementType.isInteger(1);
  int64_t elementBytes = isBool ? 1 : elementType.getIntOrFloatBitWidth() / 8, count = 1, bytesNeeded = 0;
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  for (int64_t size : shape)
    if (size < 0) {
      emitTensorError() << "dimension " << size << " is negative";
      return failure();
    }
  if (std::string reason = aimc::onnx::findTooLarge(RankedTensorType::get(shape, elementType)); !reason.empty()) {
    emitTensorError() << reason;
    return failure();
  }
  for (int64_t size : shape)
    count *= size;
  bytesNeeded = count * elementBytes;
  FailureOr<Bytes> bytes = getBytes(tensor, isNibbles ? (count + 1) / 2 : count, elementBytes, emitTensorError);
  if (failed(bytes))
    return failure();
  if (isNibbles) {
    std::shared_ptr<std::string> unpacked = unpackNibbles(bytes->data, count, tensor.data_type() == kInt4);
    bytes = Bytes{{unpacked->data(), unpacked->size()}, unpacked};
  }

  auto type = RankedTensorType::get(shape, elementType);
  if (isBool) {
    SmallVector<bool> bits;
    for (char byte : bytes->data)
      bits.push_back(byte != 0);
    return ElementsAttr(DenseElementsAttr::get(type, bits));
  }
  if (bytesNeeded <= maxInlineBytes)
    return ElementsAttr(DenseElementsAttr::getFromRawBuffer(type, bytes->data));
  AsmResourceBlob blob(
      bytes->data, elementBytes, [owner = bytes->owner](void *, size_t, size_t) mutable { owner.reset(); },
      /*dataIsMutable=*/false);
  // A Constant's tensor has no name of its own.
  auto node = dyn_cast<NameLoc>(loc);
  StringRef name = !tensor.name().empty() ? StringRef(tensor.name()) : node ? node.getName().getValue() : StringRef("constant");
  return ElementsAttr(DenseResourceElementsAttr::get(type, name, std::move(blob)));
}
