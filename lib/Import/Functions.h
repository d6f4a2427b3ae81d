//===- Functions.h - functions that a model brings along ----------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_FUNCTIONS_H
#define AIMC_LIB_IMPORT_FUNCTIONS_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/LogicalResult.h"

#include <onnx/onnx_pb.h>

#include <memory>
#include <string>
#include <vector>

namespace aimc {

/// A function of ModelProto.functions.
struct ModelFunction {
  /// `domain.name`, with `:overload` where there is one: for messages.
  std::string label;
  const ::onnx::FunctionProto *proto = nullptr;
  /// Versions of the operator sets that its nodes mean, by domain ("" for ai.onnx).
  llvm::StringMap<int64_t> opsets;
  /// Attributes with a default value.
  std::vector<::onnx::AttributeProto> defaults;
  /// Nodes that one call becomes, itself and those of functions that it calls included, and bytes that these take in the file.
  uint64_t nodes = 0, bytes = 0;
  /// Calls inside each other, its own included.
  int depth = 0;

  /// The nodes of one call: references to the function's attributes are replaced by the call's attributes, else by defaults;
  /// an attribute that has neither is absent.
  google::protobuf::RepeatedPtrField<::onnx::NodeProto> instantiate(const ::onnx::NodeProto &call) const;
};

/// All functions of a model, which stays alive as long as the table.
class FunctionTable {
public:
  /// Most nodes that the calls of a model may become, bytes that these take, and calls inside each other.
  static constexpr uint64_t maxNodes = 1 << 18;
  static constexpr uint64_t maxBytes = uint64_t(1) << 31;
  static constexpr int maxDepth = 64;

  /// Reads the functions. An error at `loc` for two of one name, for calls that lead back to where they began (all are named),
  /// and for more nodes or nesting than the limits.
  llvm::LogicalResult read(const ::onnx::ModelProto &model, mlir::Location loc);

  /// The function that a node calls, null when it calls none. Operators that the compiler knows go before functions of their
  /// name.
  const ModelFunction *lookup(const ::onnx::NodeProto &node, int64_t opset) const;

private:
  llvm::StringMap<std::unique_ptr<ModelFunction>> functions;
};

} // namespace aimc

#endif // AIMC_LIB_IMPORT_FUNCTIONS_H
