// A libFuzzer target: whatever the bytes are, a container either opens, and then every table can be read and its host code be
// checked, or is refused with a message. Checksums are made right first, since chance would never find one.
#include "aimc/env.h"
#include "container/Checksum.h"
#include "container/Container.h"
#include "hostcode/Elf.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace aimc;

/// Makes the checksums of header, table and sections right, as far as these lie inside.
static void repair(uint8_t *data, size_t size) {
  ContainerHeader header;
  if (size < sizeof header)
    return;
  std::memcpy(&header, data, sizeof header);
  uint64_t tableSize = uint64_t(header.sectionCount) * header.entrySize;
  if (header.entrySize >= sizeof(SectionEntry) && header.tableOffset <= size && tableSize <= size - header.tableOffset) {
    for (uint32_t i = 0; i < header.sectionCount; ++i) {
      uint8_t *place = data + header.tableOffset + uint64_t(i) * header.entrySize;
      SectionEntry entry;
      std::memcpy(&entry, place, sizeof entry);
      if (entry.offset > size || entry.size > size - entry.offset || entry.size > checksumBlock)
        continue;
      entry.checksum =
          combineBlocks(entry.size ? std::vector<uint64_t>{xxh64(data + entry.offset, entry.size)} : std::vector<uint64_t>{});
      std::memcpy(place, &entry, sizeof entry);
    }
    header.tableChecksum = xxh64(data + header.tableOffset, tableSize);
  }
  header.fileSize = size;
  header.headerChecksum = xxh64(&header, offsetof(ContainerHeader, headerChecksum));
  std::memcpy(data, &header, sizeof header);
}

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

/// Changes bytes of the header, the table or one section; most of a small file is padding between them.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  ContainerHeader header;
  if (size < sizeof header || seed % 64 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(&header, data, sizeof header);
  std::vector<std::pair<uint64_t, uint64_t>> parts = {{0, sizeof header}};
  auto add = [&](uint64_t offset, uint64_t bytes) {
    if (offset <= size && bytes != 0 && bytes <= size - offset)
      parts.push_back({offset, bytes});
  };
  add(header.tableOffset, uint64_t(header.sectionCount) * sizeof(SectionEntry));
  for (uint64_t i = 0; i < header.sectionCount && i < 16; ++i) {
    uint64_t place = header.tableOffset + i * sizeof(SectionEntry);
    if (header.tableOffset > size || place > size - sizeof(SectionEntry))
      break;
    SectionEntry entry;
    std::memcpy(&entry, data + place, sizeof entry);
    for (int copies = entry.kind == uint32_t(SectionKind::Metadata) ? 4 : 1; copies > 0; --copies)
      add(entry.offset, entry.size);
  }
  auto [offset, bytes] = parts[seed / 64 % parts.size()];
  size_t changed = LLVMFuzzerMutate(data + offset, bytes, bytes);
  std::memset(data + offset + changed, 0, bytes - changed);
  return size;
}

static void require(bool holds, const char *what) {
  if (holds)
    return;
  std::fprintf(stderr, "FINDING: %s\n", what);
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  void *copy = nullptr; // ends where the bytes end, so that AddressSanitizer sees any step beyond
  if (::posix_memalign(&copy, blobAlignment, size) != 0)
    return 0;
  std::memcpy(copy, data, size);
  repair(static_cast<uint8_t *>(copy), size);
  {
    auto container = Container::openMemory(copy, size);
    if (container.ok()) {
      for (const fb::HostCode *code : *(*container)->model().host_code()) {
        const Section &section = (*container)->sections()[code->section()];
        Status status = checkElf(section.data, section.size, AIMC_ENTRY_SYMBOL);
        require(status.ok() || !status.message().empty(), "host code was refused without a message");
      }
      fb::ModelT unpacked;
      (*container)->model().UnPackTo(&unpacked);
    } else {
      require(!container.status().message().empty(), "a container was refused without a message");
    }
  }
  std::free(copy);
  return 0;
}
