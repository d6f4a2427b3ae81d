//===- Format.h - Byte layout of an .aimc container -------------*- C++ -*-===//
//
// docs/container.md explains every field. All numbers are little-endian.
//
//===----------------------------------------------------------------------===//
#ifndef AIMC_RUNTIME_CONTAINER_FORMAT_H
#define AIMC_RUNTIME_CONTAINER_FORMAT_H

#include <cstdint>

namespace aimc {

constexpr char containerMagic[4] = {'A', 'I', 'M', 'C'};
constexpr uint16_t containerMajor = 1;
constexpr uint16_t containerMinor = 0;

/// Every section starts at a multiple of this, so that a mapped section is aligned for any use.
constexpr uint64_t sectionAlignment = 4096;
/// Every array inside a section starts at a multiple of this.
constexpr uint64_t blobAlignment = 64;
/// A section's checksum is taken over blocks of this size.
constexpr uint64_t checksumBlock = uint64_t(4) << 20;

enum class SectionKind : uint32_t {
  Metadata = 1,  // the flatbuffer of runtime/schema/aimc.fbs; exactly one
  Tiles = 2,     // conductance levels and weight scales
  Ranges = 3,    // ADC ranges, biases, affines
  Reference = 4, // float weights
  Constants = 5, // what host code reads
  HostCode = 6,  // an ELF shared object
};

/// A reader that does not know the section's kind may skip it.
constexpr uint32_t sectionOptional = 1;

struct ContainerHeader {
  char magic[4];
  uint16_t major;
  uint16_t minor;
  uint32_t headerSize; // of this struct; a newer minor version may append to it
  uint32_t sectionCount;
  uint64_t fileSize;
  uint64_t tableOffset;
  uint32_t entrySize; // of a SectionEntry; a newer minor version may append to it
  uint32_t reserved;
  uint64_t tableChecksum;
  uint64_t reserved2;
  uint64_t headerChecksum; // over the bytes before this field
};
static_assert(sizeof(ContainerHeader) == 64);

struct SectionEntry {
  uint32_t kind;
  uint32_t flags;
  uint64_t offset; // from the file's start
  uint64_t size;
  uint64_t checksum;
  uint64_t reserved;
};
static_assert(sizeof(SectionEntry) == 40);

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_FORMAT_H
