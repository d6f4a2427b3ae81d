//===- File.cpp - the bytes of files into messages --------------------------------------------------------------===//
#include "File.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx/onnx_pb.h>

#include <sys/mman.h>

using namespace mlir;
using namespace aimc;
namespace pb = ::onnx;

std::string aimc::findNoFile(StringRef path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status) || llvm::sys::fs::is_regular_file(status))
    return "";
  return llvm::sys::fs::is_directory(status) ? "it is a directory" : "it is a pipe or a device, not a file";
}

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

bool aimc::parseQuietly(google::protobuf::MessageLite &message, StringRef bytes, bool isMapped) {
  google::protobuf::LogHandler *previous = google::protobuf::SetLogHandler(nullptr);
  PieceStream stream(bytes, isMapped);
  bool parsed = message.ParseFromZeroCopyStream(&stream);
  google::protobuf::SetLogHandler(previous);
  return parsed;
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

LogicalResult aimc::readModel(const llvm::MemoryBufferRef &bytes, bool isMapped, pb::ModelProto &model, Location loc) {
  if (bytes.getBufferSize() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return emitError(loc) << "has " << bytes.getBufferSize()
                          << " bytes; an ONNX file has at most 2 GiB, larger weights are stored as external data";
  bool parsed = parseQuietly(model, bytes.getBuffer(), isMapped);
  if (size_t depth = countNestedGraphs(bytes.getBuffer()); depth > mostNestedGraphs + 1)
    return emitError(loc) << "nests subgraphs " << depth - 1 << " deep; at most " << mostNestedGraphs << " are supported";
  if (!parsed && bytes.getBuffer().starts_with("AIMC"))
    return emitError(loc) << "is compiled already; aimc-run runs it";
  if (!parsed)
    return emitError(loc) << "is not an ONNX model, or is cut off";
  if (!model.has_graph())
    return emitError(loc) << "is not an ONNX model: it has no graph";
  return success();
}
