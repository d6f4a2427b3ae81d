//===- Writer.h - Writes .aimc containers -----------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_WRITER_H
#define AIMC_RUNTIME_CONTAINER_WRITER_H

#include "Status.h"
#include "aimc/aimc_generated.h"
#include "container/Format.h"

#include <memory>
#include <vector>

namespace aimc {

/// Writes a container section by section; memory use does not depend on the sections' sizes. The file appears under its name
/// only when `finish` succeeds: until then the bytes go to a temporary file beside it, which the destructor removes.
///
///   writer = Writer::create("model.aimc")
///   writer->beginSection(SectionKind::Tiles)
///   levels = writer->appendBlob(data, size)      // into the metadata's tables
///   writer->endSection()
///   … any number of sections of any data kind, in any order …
///   writer->beginSection(SectionKind::Metadata); writer->append(flatbuffer); writer->endSection()
///   writer->finish()
class Writer {
public:
  static Result<std::unique_ptr<Writer>> create(const std::string &path);
  ~Writer();
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  /// Opens the next section and returns its index in the section table. One section is open at a time.
  Result<uint32_t> beginSection(SectionKind kind, uint32_t flags = 0);
  /// Adds bytes to the open section.
  Status append(const void *data, size_t size);
  /// Pads the open section with zero bytes to a multiple of `alignment` and returns its size so far.
  Result<uint64_t> align(uint64_t alignment);
  /// Adds an array, aligned as the format asks, and returns where it lies.
  Result<fb::Blob> appendBlob(const void *data, size_t size);
  Status endSection();
  /// Size of the open section so far: where the next byte goes.
  uint64_t sectionSize() const { return written; }

  /// Writes table and header, then gives the file its name.
  Status finish();

private:
  Writer(std::string path, std::string temporary, int descriptor);
  Status flushBlock();
  Status writeAt(const void *data, size_t size, uint64_t offset);

  std::string path, temporary;
  int descriptor;
  std::vector<SectionEntry> table;
  bool open = false;
  uint64_t position;            // in the file, where the next block goes
  uint64_t written = 0;         // bytes of the open section, buffered ones included
  std::vector<uint8_t> block;   // bytes of the open section not yet in the file, less than a checksum block
  std::vector<uint64_t> hashes; // of the open section's blocks
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_WRITER_H
