#include "Npy.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aimc::tools {

namespace {
struct DescrRow {
  const char *kindAndSize; // descr without its byte order
  aimc_type type;
};

/// What a header says.
struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<int64_t> shape;
};

/// Reads the Python dictionary that a header is: three known keys in any order.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  /// Empty on success, else what is wrong.
  std::string parse(Header &header);

private:
  void skipSpace() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t'))
      rest.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skipSpace();
    if (rest.substr(0, token.size()) != token)
      return false;
    rest.remove_prefix(token.size());
    return true;
  }
  bool takeString(std::string &value);
  bool takeShape(std::vector<int64_t> &shape);

  std::string_view rest;
};
} // namespace

static const DescrRow descrRows[] = {
    {"f4", AIMC_F32}, {"f8", AIMC_F64}, {"f2", AIMC_F16},  {"V2", AIMC_BF16}, {"i1", AIMC_I8},
    {"i2", AIMC_I16}, {"i4", AIMC_I32}, {"i8", AIMC_I64},  {"u1", AIMC_U8},   {"u2", AIMC_U16},
    {"u4", AIMC_U32}, {"u8", AIMC_U64}, {"b1", AIMC_BOOL},
};

bool HeaderParser::takeString(std::string &value) {
  skipSpace();
  if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
    return false;
  size_t end = rest.find(rest[0], 1);
  if (end == std::string_view::npos)
    return false;
  value = std::string(rest.substr(1, end - 1));
  rest.remove_prefix(end + 1);
  return true;
}

bool HeaderParser::takeShape(std::vector<int64_t> &shape) {
  if (!take("("))
    return false;
  while (!take(")")) {
    skipSpace();
    int64_t size = 0;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits)
      if (__builtin_mul_overflow(size, int64_t(10), &size) || __builtin_add_overflow(size, rest[digits] - '0', &size))
        return false;
    if (digits == 0)
      return false;
    rest.remove_prefix(digits);
    take("L"); // Python 2 wrote long integers so
    shape.push_back(size);
    if (!take(",") && rest.substr(0, 1) != ")")
      return false;
  }
  return true;
}

std::string HeaderParser::parse(Header &header) {
  bool hasDescr = false, hasOrder = false, hasShape = false;
  if (!take("{"))
    return "its header is not a dictionary";
  while (!take("}")) {
    std::string key;
    if (!takeString(key) || !take(":"))
      return "its header is not a dictionary";
    if (key == "descr") {
      if (!takeString(header.descr))
        return "it holds records, not one plain element type; save one field of it alone";
      hasDescr = true;
    } else if (key == "fortran_order") {
      header.fortran = take("True");
      if (!header.fortran && !take("False"))
        return "'fortran_order' in its header is neither True nor False";
      hasOrder = true;
    } else if (key == "shape") {
      if (!takeShape(header.shape))
        return "'shape' in its header is not a tuple of sizes";
      hasShape = true;
    } else {
      return "its header has the unknown key '" + key + "'";
    }
    take(",");
  }
  if (!hasDescr || !hasOrder || !hasShape)
    return "its header lacks 'descr', 'fortran_order' or 'shape'";
  return "";
}

/// Empty on success.
static std::string parseDescr(const std::string &descr, aimc_type &type) {
  char order = descr.empty() ? '?' : descr[0];
  if (order == '>')
    return "its elements are big endian ('" + descr + "'); save it again with .astype('<" + descr.substr(1) + "')";
  for (const DescrRow &row : descrRows)
    if ((order == '<' || order == '|' || order == '=') && descr.substr(1) == row.kindAndSize) {
      type = row.type;
      return "";
    }
  return "its element type '" + descr + "' is none of float16/32/64, int8 to int64, uint8 to uint64, bool";
}

static std::string systemError(const std::string &path, const char *what) {
  return path + ": cannot " + what + ": " + std::strerror(errno);
}

Result<NpyFile> NpyFile::open(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return Failure{systemError(path, "open")};
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return Failure{path + ": not a regular file"};
  }
  auto bytes = static_cast<size_t>(status.st_size);
  if (bytes < 10) {
    ::close(descriptor);
    return Failure{path + ": not a .npy file: " + std::to_string(bytes) + " bytes are less than its shortest header"};
  }
  void *map = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
  ::close(descriptor);
  if (map == MAP_FAILED)
    return Failure{systemError(path, "map")};

  NpyFile file;
  file.name = path;
  file.mapping = std::shared_ptr<const void>(map, [bytes](const void *p) { munmap(const_cast<void *>(p), bytes); });

  const auto *begin = static_cast<const unsigned char *>(map);
  if (std::memcmp(begin, "\x93NUMPY", 6) != 0)
    return Failure{path + ": not a .npy file: it does not begin with \\x93NUMPY"};
  unsigned major = begin[6];
  if (major < 1 || major > 3)
    return Failure{path + ": .npy version " + std::to_string(major) + "." + std::to_string(begin[7]) +
                   " is none of 1, 2 and 3"};
  size_t headerAt = major == 1 ? 10 : 12;
  if (bytes < headerAt)
    return Failure{path + ": cut off within its header"};
  size_t headerSize = begin[8] | begin[9] << 8;
  if (major > 1)
    headerSize |= static_cast<size_t>(begin[10]) << 16 | static_cast<size_t>(begin[11]) << 24;
  if (headerSize > bytes - headerAt)
    return Failure{path + ": cut off within its header"};

  Header header;
  std::string wrong =
      HeaderParser(std::string_view(reinterpret_cast<const char *>(begin) + headerAt, headerSize)).parse(header);
  if (wrong.empty())
    wrong = parseDescr(header.descr, file.elementType);
  if (!wrong.empty())
    return Failure{path + ": " + wrong};

  file.dims = std::move(header.shape);
  file.count = elementCount(file.dims);
  size_t needed = 0, present = bytes - headerAt - headerSize;
  if (file.count < 0 || __builtin_mul_overflow(static_cast<size_t>(file.count), sizeOf(file.elementType), &needed))
    return Failure{path + ": its shape " + toString(file.dims) + " has more elements than fit memory"};
  if (needed > present)
    return Failure{path + ": cut off: shape " + toString(file.dims) + " of " + nameOf(file.elementType) + " takes " +
                   std::to_string(needed) + " bytes, the file has " + std::to_string(present)};

  file.first = begin + headerAt + headerSize;
  file.rowMajor = !header.fortran || file.dims.size() < 2;
  file.steps.assign(file.dims.size(), 1);
  int64_t step = 1;
  for (size_t i = 0; i < file.dims.size(); ++i) {
    size_t axis = file.rowMajor ? file.dims.size() - 1 - i : i;
    file.steps[axis] = step;
    step *= file.dims[axis];
  }
  return file;
}

/// Magic, version, dictionary and padding. The dictionary has room for any first dimension, so that it can be rewritten in
/// place.
static std::string headerText(aimc_type type, const std::vector<int64_t> &shape) {
  std::string descr;
  for (const DescrRow &row : descrRows)
    if (row.type == type)
      descr = (sizeOf(type) == 1 ? "|" : "<") + std::string(row.kindAndSize);
  std::string tuple;
  for (int64_t size : shape)
    tuple += std::to_string(size) + ", ";
  if (shape.size() > 1)
    tuple.resize(tuple.size() - 2);
  else if (shape.size() == 1)
    tuple.resize(tuple.size() - 1);
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + tuple + "), }";
  size_t room = shape.empty() ? 0 : 20 - std::to_string(shape[0]).size();
  size_t total = (10 + text.size() + room + 1 + 63) / 64 * 64;
  text.resize(total - 10 - 1, ' ');
  text += '\n';
  std::string magic("\x93NUMPY\x01\x00", 8);
  magic += static_cast<char>(text.size() & 255);
  magic += static_cast<char>(text.size() >> 8);
  return magic + text;
}

/// `mode` as of fopen.
static Status writeBytes(const std::string &path, const char *mode, const void *data, size_t bytes) {
  std::FILE *file = std::fopen(path.c_str(), mode);
  if (!file)
    return Failure{systemError(path, "create")};
  bool complete = bytes == 0 || std::fwrite(data, 1, bytes, file) == bytes;
  complete &= std::fclose(file) == 0;
  if (!complete)
    return Failure{systemError(path, "write")};
  return {};
}

static std::vector<int64_t> withRows(int64_t rows, std::vector<int64_t> inner) {
  inner.insert(inner.begin(), rows);
  return inner;
}

Result<NpyWriter> NpyWriter::create(const std::string &path, aimc_type type, std::vector<int64_t> inner) {
  NpyWriter writer;
  writer.name = path;
  writer.elementType = type;
  writer.inner = std::move(inner);
  std::string header = headerText(type, withRows(0, writer.inner));
  if (Status status = writeBytes(path, "wbe", header.data(), header.size()); !status)
    return status.failure();
  return writer;
}

Status NpyWriter::append(const void *data, int64_t rows) {
  written += rows;
  return writeBytes(name, "abe", data, static_cast<size_t>(rows * elementCount(inner)) * sizeOf(elementType));
}

Status NpyWriter::close() {
  std::string header = headerText(elementType, withRows(written, inner));
  return writeBytes(name, "r+be", header.data(), header.size());
}

Status writeNpy(const std::string &path, aimc_type type, const std::vector<int64_t> &shape, const void *data) {
  std::string header = headerText(type, shape);
  if (Status status = writeBytes(path, "wbe", header.data(), header.size()); !status)
    return status;
  return writeBytes(path, "abe", data, static_cast<size_t>(elementCount(shape)) * sizeOf(type));
}

} // namespace aimc::tools
