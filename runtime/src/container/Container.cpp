#include "container/Container.h"

#include "container/Checksum.h"
#include "container/Verify.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>

using namespace aimc;

Result<std::shared_ptr<const Container>> Container::open(const std::string &path, const Parallel &parallel) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file.ok())
    return std::move(file).status();
  auto container = std::make_shared<Container>();
  container->file = std::move(*file);
  AIMC_TRY(container->read(container->file.data(), container->file.size(), parallel).in(path));
  return std::shared_ptr<const Container>(std::move(container));
}

Result<std::shared_ptr<const Container>> Container::openMemory(const void *data, size_t size, const Parallel &parallel) {
  if (reinterpret_cast<uintptr_t>(data) % blobAlignment != 0)
    return error(AIMC_INVALID_ARGUMENT, "the container's bytes start at %p, not at a multiple of 64", data);
  auto container = std::make_shared<Container>();
  AIMC_TRY(container->read(static_cast<const uint8_t *>(data), size, parallel));
  return std::shared_ptr<const Container>(std::move(container));
}

Status Container::readHeader(const uint8_t *data, ContainerHeader &header) {
  if (size < sizeof header)
    return invalid("%" PRIu64 " bytes are too few for an .aimc container, whose header has %zu", size, sizeof header);
  std::memcpy(&header, data, sizeof header);
  if (std::memcmp(header.magic, containerMagic, sizeof header.magic) != 0)
    return invalid("not an .aimc container: it does not begin with AIMC; aimc-compile makes one of a model");
  // The version comes first: what follows may mean something else in another one.
  if (header.major != containerMajor)
    return Status(AIMC_UNSUPPORTED, "format version " + std::to_string(header.major) + "." + std::to_string(header.minor) +
                                        "; this runtime reads " + std::to_string(containerMajor) +
                                        ".x: compile the model again with a matching compiler");
  if (header.headerChecksum != xxh64(&header, offsetof(ContainerHeader, headerChecksum)))
    return invalid("the header is damaged: its checksum does not match");
  if (header.fileSize != size)
    return invalid("the file has %" PRIu64 " bytes, its header says %" PRIu64 ": truncated or appended to", size,
                   header.fileSize);
  if (header.headerSize < sizeof header || header.headerSize > sectionAlignment)
    return invalid("header size %u is outside %zu..%" PRIu64, header.headerSize, sizeof header, sectionAlignment);
  minor = header.minor;
  return Status();
}

Status Container::readTable(const uint8_t *data, const ContainerHeader &header, std::vector<uint64_t> &checksums) {
  if (header.entrySize < sizeof(SectionEntry) || header.entrySize > 4096 || header.entrySize % 8 != 0)
    return invalid("section table entries of %u bytes; at least %zu, at most 4096 and a multiple of 8 are possible",
                   header.entrySize, sizeof(SectionEntry));
  uint64_t tableSize = uint64_t(header.sectionCount) * header.entrySize; // below 2^32 * 2^12
  if (header.tableOffset < header.headerSize || header.tableOffset > size || tableSize > size - header.tableOffset)
    return invalid("the section table, %" PRIu64 " bytes at %" PRIu64
                   ", does not lie between the header and the end at %" PRIu64,
                   tableSize, header.tableOffset, size);
  if (header.tableChecksum != xxh64(data + header.tableOffset, tableSize))
    return invalid("the section table is damaged: its checksum does not match");
  for (uint32_t i = 0; i < header.sectionCount; ++i) {
    SectionEntry entry;
    std::memcpy(&entry, data + header.tableOffset + uint64_t(i) * header.entrySize, sizeof entry);
    if (entry.offset < header.headerSize || entry.offset > size || entry.size > size - entry.offset)
      return invalid("section %u, %" PRIu64 " bytes at %" PRIu64 ", does not lie between the header and the end at %" PRIu64, i,
                     entry.size, entry.offset, size);
    if (entry.offset % sectionAlignment != 0)
      return invalid("section %u starts at %" PRIu64 ", not at a multiple of %" PRIu64, i, entry.offset, sectionAlignment);
    bool known = entry.kind >= uint32_t(SectionKind::Metadata) && entry.kind <= uint32_t(SectionKind::HostCode);
    if (!known && !(entry.flags & sectionOptional))
      return Status(AIMC_UNSUPPORTED, "section " + std::to_string(i) + " is of kind " + std::to_string(entry.kind) +
                                          ", which this runtime does not know and the model needs");
    sectionList.push_back({static_cast<SectionKind>(entry.kind), entry.flags, entry.offset, entry.size, data + entry.offset});
    checksums.push_back(entry.checksum);
  }
  return Status();
}

Status Container::checkLayout(const ContainerHeader &header) const {
  struct Range {
    uint64_t begin, end;
    std::string name;
  };
  std::vector<Range> ranges = {
      {0, header.headerSize, "the header"},
      {header.tableOffset, header.tableOffset + uint64_t(header.sectionCount) * header.entrySize, "the section table"}};
  for (size_t i = 0; i < sectionList.size(); ++i)
    ranges.push_back({sectionList[i].offset, sectionList[i].offset + sectionList[i].size, "section " + std::to_string(i)});
  std::sort(ranges.begin(), ranges.end(),
            [](const Range &a, const Range &b) { return std::make_pair(a.begin, a.end) < std::make_pair(b.begin, b.end); });
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].begin < ranges[i - 1].end)
      return invalid("%s and %s overlap at byte %" PRIu64, ranges[i - 1].name.c_str(), ranges[i].name.c_str(), ranges[i].begin);
  return Status();
}

static Status checkChecksums(const std::vector<Section> &sections, const std::vector<uint64_t> &checksums,
                             const Parallel &parallel) {
  for (size_t i = 0; i < sections.size(); ++i) {
    const Section &section = sections[i];
    std::vector<uint64_t> hashes((section.size + checksumBlock - 1) / checksumBlock);
    parallel(static_cast<int64_t>(hashes.size()), [&](int64_t block) {
      uint64_t begin = static_cast<uint64_t>(block) * checksumBlock;
      hashes[block] = xxh64(section.data + begin, std::min(checksumBlock, section.size - begin));
      return AIMC_OK;
    });
    if (combineBlocks(hashes) != checksums[i])
      return invalid("section %zu, %" PRIu64 " bytes at %" PRIu64 ", is damaged: its checksum does not match", i, section.size,
                     section.offset);
  }
  return Status();
}

Status Container::readMetadata() {
  const Section *found = nullptr;
  for (const Section &section : sectionList) {
    if (section.kind != SectionKind::Metadata)
      continue;
    if (found)
      return invalid("two metadata sections; there must be one");
    found = &section;
  }
  if (!found)
    return invalid("no metadata section");
  // FlatBuffers asserts this limit; below eight bytes there is no file identifier to look at.
  if (found->size < 8 || found->size >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return invalid("a metadata section of %" PRIu64 " bytes", found->size);
  flatbuffers::Verifier verifier(found->data, found->size, /*max_depth=*/8, /*max_tables=*/1000000);
  if (!fb::VerifyModelBuffer(verifier))
    return invalid("the metadata section is not a sound flatbuffer of this format");
  metadata = fb::GetModel(found->data);
  return Status();
}

Status Container::read(const uint8_t *data, size_t bytes, const Parallel &parallel) {
  size = bytes;
  ContainerHeader header;
  std::vector<uint64_t> checksums;
  AIMC_TRY(readHeader(data, header));
  AIMC_TRY(readTable(data, header, checksums));
  AIMC_TRY(checkLayout(header));
  AIMC_TRY(checkChecksums(sectionList, checksums, parallel));
  AIMC_TRY(readMetadata());
  return verifyModel(*metadata, sectionList, parallel);
}
