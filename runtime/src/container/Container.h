//===- Container.h - Reads .aimc containers ---------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_CONTAINER_H
#define AIMC_RUNTIME_CONTAINER_CONTAINER_H

#include "Parallel.h"
#include "Status.h"
#include "aimc/aimc_generated.h"
#include "container/Format.h"
#include "container/MappedFile.h"

#include <memory>
#include <vector>

namespace aimc {

struct Section {
  SectionKind kind; // may be a kind this version does not know, when the section is optional
  uint32_t flags;
  uint64_t offset; // in the file
  uint64_t size;
  const uint8_t *data;
};

/// A container whose every byte that this version understands has been checked: structure, checksums, metadata and the values
/// it refers to. Immutable; arrays are used where they lie in the mapped file.
class Container {
public:
  /// Maps and verifies the file. `parallel` speeds up the checksums of large sections.
  static Result<std::shared_ptr<const Container>> open(const std::string &path, const Parallel &parallel = Parallel::inlined());
  /// Verifies bytes of the caller, which must outlive the container; 64-byte aligned.
  static Result<std::shared_ptr<const Container>> openMemory(const void *data, size_t size,
                                                             const Parallel &parallel = Parallel::inlined());

  const fb::Model &model() const { return *metadata; }
  const std::vector<Section> &sections() const { return sectionList; }
  uint64_t fileSize() const { return size; }
  uint16_t minorVersion() const { return minor; }

  /// The array that a blob of the metadata names; null when it is absent.
  const void *blob(const fb::Blob *blob) const {
    return blob && blob->size() ? sectionList[blob->section()].data + blob->offset() : nullptr;
  }

private:
  Status read(const uint8_t *data, size_t size, const Parallel &parallel);
  Status readHeader(const uint8_t *data, ContainerHeader &header);
  Status readTable(const uint8_t *data, const ContainerHeader &header, std::vector<uint64_t> &checksums);
  Status checkLayout(const ContainerHeader &header) const;
  Status readMetadata();

  MappedFile file;
  uint64_t size = 0;
  uint16_t minor = 0;
  std::vector<Section> sectionList;
  const fb::Model *metadata = nullptr;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_CONTAINER_H
