#include "container/Writer.h"

#include "container/Checksum.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace aimc;

static uint64_t roundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

static Status ioError(const std::string &path, const char *verb) {
  return error(AIMC_IO, "%s: cannot %s: %s", path.c_str(), verb, std::strerror(errno));
}

Result<std::unique_ptr<Writer>> Writer::create(const std::string &path) {
  // The finished file is renamed to its path: a device or a pipe there would be replaced, not written to.
  struct stat existing;
  if (::stat(path.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode))
    return error(AIMC_IO, "%s: cannot create: it exists and is no regular file", path.c_str());
  static std::atomic<unsigned> count;
  std::string temporary = path + ".part" + std::to_string(::getpid()) + "-" + std::to_string(count++);
  int descriptor = ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return ioError(path, "create");
  return std::unique_ptr<Writer>(new Writer(path, std::move(temporary), descriptor));
}

Writer::Writer(std::string path, std::string temporary, int descriptor)
    : path(std::move(path)), temporary(std::move(temporary)), descriptor(descriptor), position(sectionAlignment) {
  block.reserve(checksumBlock);
}

Writer::~Writer() {
  if (descriptor < 0)
    return;
  ::close(descriptor);
  ::unlink(temporary.c_str());
}

Result<uint32_t> Writer::beginSection(SectionKind kind, uint32_t flags) {
  assert(!open && "the previous section is still open");
  open = true;
  position = roundUp(position, sectionAlignment);
  table.push_back({static_cast<uint32_t>(kind), flags, position, 0, 0, 0});
  written = 0;
  hashes.clear();
  return static_cast<uint32_t>(table.size() - 1);
}

Status Writer::append(const void *data, size_t size) {
  assert(open && "no section is open");
  const uint8_t *from = static_cast<const uint8_t *>(data);
  written += size;
  while (size > 0) {
    size_t part = std::min<size_t>(size, checksumBlock - block.size());
    block.insert(block.end(), from, from + part);
    from += part;
    size -= part;
    if (block.size() == checksumBlock)
      AIMC_TRY(flushBlock());
  }
  return Status();
}

Result<uint64_t> Writer::align(uint64_t alignment) {
  std::vector<uint8_t> zeros(roundUp(written, alignment) - written);
  AIMC_TRY(append(zeros.data(), zeros.size()));
  return written;
}

Result<fb::Blob> Writer::appendBlob(const void *data, size_t size) {
  Result<uint64_t> offset = align(blobAlignment);
  if (!offset.ok())
    return std::move(offset).status();
  AIMC_TRY(append(data, size));
  return fb::Blob(static_cast<uint32_t>(table.size() - 1), 0, *offset, size);
}

Status Writer::endSection() {
  assert(open && "no section is open");
  if (!block.empty())
    AIMC_TRY(flushBlock());
  table.back().size = written;
  table.back().checksum = combineBlocks(hashes);
  open = false;
  return Status();
}

Status Writer::flushBlock() {
  hashes.push_back(xxh64(block.data(), block.size()));
  AIMC_TRY(writeAt(block.data(), block.size(), position));
  position += block.size();
  block.clear();
  return Status();
}

Status Writer::writeAt(const void *data, size_t size, uint64_t offset) {
  const uint8_t *from = static_cast<const uint8_t *>(data);
  while (size > 0) {
    ssize_t count = ::pwrite(descriptor, from, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return ioError(path, "write");
    from += count;
    size -= static_cast<size_t>(count);
    offset += static_cast<uint64_t>(count);
  }
  return Status();
}

Status Writer::finish() {
  assert(!open && "a section is still open");
  ContainerHeader header = {};
  std::memcpy(header.magic, containerMagic, sizeof header.magic);
  header.major = containerMajor;
  header.minor = containerMinor;
  header.headerSize = sizeof header;
  header.sectionCount = static_cast<uint32_t>(table.size());
  header.tableOffset = roundUp(position, blobAlignment);
  size_t tableSize = table.size() * sizeof(SectionEntry);
  header.fileSize = header.tableOffset + tableSize;
  header.entrySize = sizeof(SectionEntry);
  header.tableChecksum = xxh64(table.data(), tableSize);
  header.headerChecksum = xxh64(&header, offsetof(ContainerHeader, headerChecksum));
  AIMC_TRY(writeAt(table.data(), tableSize, header.tableOffset));
  AIMC_TRY(writeAt(&header, sizeof header, 0));
  if (::fsync(descriptor) != 0)
    return ioError(path, "write");
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return ioError(path, "rename the finished file to it");
  ::close(std::exchange(descriptor, -1));
  return Status();
}
