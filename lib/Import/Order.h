//===- Order.h - nodes in the order of their values ---------------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_ORDER_H
#define AIMC_LIB_IMPORT_ORDER_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <google/protobuf/repeated_field.h>

#include <optional>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
} // namespace onnx

namespace aimc {

/// Calls `visit` with the graphs of the node's attributes, not with those inside them.
void forEachSubgraph(const ::onnx::NodeProto &node, llvm::function_ref<void(const ::onnx::GraphProto &)> visit);

/// An order of the nodes in which every value is defined before it is read, the file's own where that is one. Nothing when
/// there is a cycle, of which `onCycle` is a node.
std::optional<std::vector<int>> sortNodes(const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes, int &onCycle);

} // namespace aimc

#endif // AIMC_LIB_IMPORT_ORDER_H
