//===- Tensor.h - ONNX tensors into elements attributes -----------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_TENSOR_H
#define AIMC_LIB_IMPORT_TENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace aimc {

/// Elements up to this many bytes stand in the IR; larger ones are resources.
inline constexpr int64_t maxInlineBytes = 1024;

/// Numbers of `TensorProto.DataType` that libonnx 1.12 does not know: integers of 4 bits.
inline constexpr int kUint4 = 21, kInt4 = 22;

/// The type, as ONNX numbers it, in which elements of type `number` stand in memory: integers of 4 bits take a byte each.
int getStoredType(int number);

/// Makes elements attributes of one model's tensors.
class TensorImporter {
public:
  /// `folder` is where external data must lie.
  explicit TensorImporter(llvm::StringRef folder) : folder(folder) {}

  /// The elements of `tensor`, whose embedded data it takes away. Emits an error at `loc` for data that do not fit its
  /// dimensions, for element types without a counterpart, and for external data that are missing, short or elsewhere.
  mlir::FailureOr<mlir::ElementsAttr> import(::onnx::TensorProto &tensor, mlir::Location loc);

private:
  /// Bytes and whatever keeps them alive.
  struct Bytes {
    llvm::ArrayRef<char> data;
    std::shared_ptr<void> owner;
  };

  mlir::FailureOr<Bytes> getBytes(::onnx::TensorProto &tensor, int64_t count, int64_t elementBytes,
                                  llvm::function_ref<mlir::InFlightDiagnostic()> emitError);
  mlir::FailureOr<Bytes> getExternal(::onnx::TensorProto &tensor, uint64_t expected,
                                     llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  std::string folder;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
};

} // namespace aimc

#endif // AIMC_LIB_IMPORT_TENSOR_H
