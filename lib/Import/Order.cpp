//===- Order.cpp - nodes in the order of their values -----------------------------------------------------------===//
#include "Order.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <onnx/onnx_pb.h>

#include <queue>
#include <string>

using namespace llvm;
using namespace aimc;
namespace pb = ::onnx;

void aimc::forEachSubgraph(const pb::NodeProto &node, llvm::function_ref<void(const pb::GraphProto &)> visit) {
  for (const pb::AttributeProto &attr : node.attribute()) {
    if (attr.has_g())
      visit(attr.g());
    for (const pb::GraphProto &graph : attr.graphs())
      visit(graph);
  }
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

std::optional<std::vector<int>> aimc::sortNodes(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes, int &onCycle) {
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
