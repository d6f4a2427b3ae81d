#include "hostcode/Elf.h"

#include <cinttypes>
#include <cstring>
#include <elf.h>
#include <vector>

using namespace aimc;

#if defined(__x86_64__)
static constexpr uint16_t hostMachine = EM_X86_64;
/// Relocation types that need no symbol lookup beyond the object and run no code.
static constexpr uint32_t allowedRelocations[] = {R_X86_64_NONE, R_X86_64_RELATIVE, R_X86_64_64, R_X86_64_GLOB_DAT,
                                                  R_X86_64_JUMP_SLOT};
#elif defined(__aarch64__)
static constexpr uint16_t hostMachine = EM_AARCH64;
static constexpr uint32_t allowedRelocations[] = {R_AARCH64_NONE, R_AARCH64_RELATIVE, R_AARCH64_ABS64, R_AARCH64_GLOB_DAT,
                                                  R_AARCH64_JUMP_SLOT};
#endif

namespace {
struct DynamicRule {
  int64_t tag;
  const char *why;
};

class ElfChecker {
public:
  ElfChecker(const uint8_t *data, uint64_t size) : data(data), size(size) {}

  Status run(const char *entry);

private:
  Status readHeader();
  Status readSegments();
  Status readDynamic();
  Status readSymbols(const char *entry);
  Status checkRelocations(uint64_t address, uint64_t bytes, const char *what);
  Result<uint64_t> countSymbols();

  /// The bytes that `address` … `address + bytes` will have, null when they are not from the file.
  const uint8_t *at(uint64_t address, uint64_t bytes) const;
  template <typename T> bool load(uint64_t address, T &value) const {
    const uint8_t *from = at(address, sizeof value);
    if (from)
      std::memcpy(&value, from, sizeof value);
    return from != nullptr;
  }
  uint64_t dynamic(int64_t tag) const {
    for (const Elf64_Dyn &each : dynamicEntries)
      if (each.d_tag == tag)
        return each.d_un.d_val;
    return 0;
  }

  const uint8_t *data;
  uint64_t size;
  Elf64_Ehdr header = {};
  std::vector<Elf64_Phdr> segments; // PT_LOAD
  Elf64_Phdr dynamicSegment = {};
  std::vector<Elf64_Dyn> dynamicEntries;
};
} // namespace

static const DynamicRule forbidden[] = {
    {DT_NEEDED, "needs another library"},
    {DT_RPATH, "has a search path"},
    {DT_RUNPATH, "has a search path"},
    {DT_INIT, "has an initialization function"},
    {DT_INIT_ARRAY, "has constructors"},
    {DT_PREINIT_ARRAY, "has constructors"},
    {DT_FINI, "has a termination function"},
    {DT_FINI_ARRAY, "has destructors"},
    {DT_TEXTREL, "relocates its code"},
    {DT_REL, "has relocations without addends"},
    {DT_VERNEED, "needs symbol versions"},
    {DT_AUDIT, "names an auditing library"},
    {DT_DEPAUDIT, "names an auditing library"},
    {DT_FILTER, "is a filter for another library"},
    {DT_AUXILIARY, "is a filter for another library"},
};

static Status invalid(const std::string &message) { return Status(AIMC_INVALID_MODEL, message); }

const uint8_t *ElfChecker::at(uint64_t address, uint64_t bytes) const {
  for (const Elf64_Phdr &segment : segments)
    if (address >= segment.p_vaddr && address - segment.p_vaddr <= segment.p_filesz &&
        bytes <= segment.p_filesz - (address - segment.p_vaddr))
      return data + segment.p_offset + (address - segment.p_vaddr);
  return nullptr;
}

Status ElfChecker::readHeader() {
  if (size < sizeof header)
    return invalid("is too short for an ELF header");
  std::memcpy(&header, data, sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_version != EV_CURRENT)
    return invalid("is not a 64-bit little-endian ELF file");
  if (header.e_type != ET_DYN)
    return invalid("is not a shared object");
  if (header.e_machine != hostMachine)
    return invalid("is for machine " + std::to_string(header.e_machine) + ", this one is " + std::to_string(hostMachine));
  return Status();
}

Status ElfChecker::readSegments() {
  uint64_t count = header.e_phnum;
  if (header.e_phentsize != sizeof(Elf64_Phdr) || count == PN_XNUM || header.e_phoff > size ||
      count * sizeof(Elf64_Phdr) > size - header.e_phoff)
    return invalid("has program headers beyond its end");
  constexpr uint64_t limit = uint64_t(1) << 32; // bytes of address space
  uint64_t end = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, data + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_INTERP)
      return invalid("asks for an interpreter");
    if (segment.p_type == PT_TLS)
      return invalid("has thread-local storage");
    if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X))
      return invalid("asks for an executable stack");
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC)
      continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset || segment.p_filesz > segment.p_memsz ||
        segment.p_vaddr > limit || segment.p_memsz > limit)
      return invalid("has segment " + std::to_string(i) + " beyond its end");
    if (segment.p_type == PT_DYNAMIC) {
      dynamicSegment = segment;
      continue;
    }
    if ((segment.p_flags & PF_W) && (segment.p_flags & PF_X))
      return invalid("has a segment both writable and executable");
    if (segment.p_vaddr < end)
      return invalid("has overlapping or unordered segments");
    if (segment.p_align > 1 && ((segment.p_align & (segment.p_align - 1)) != 0 || segment.p_align > limit ||
                                (segment.p_vaddr - segment.p_offset) % segment.p_align != 0))
      return invalid("has a segment whose alignment disagrees with its place");
    end = segment.p_vaddr + segment.p_memsz;
    segments.push_back(segment);
  }
  if (segments.empty())
    return invalid("has nothing to load");
  return Status();
}

Status ElfChecker::readDynamic() {
  if (dynamicSegment.p_type != PT_DYNAMIC)
    return invalid("has no dynamic section");
  const uint8_t *from = at(dynamicSegment.p_vaddr, dynamicSegment.p_filesz);
  if (!from || dynamicSegment.p_vaddr % alignof(Elf64_Dyn) != 0)
    return invalid("has its dynamic section outside its segments");
  bool ended = false;
  for (uint64_t i = 0; i < dynamicSegment.p_filesz / sizeof(Elf64_Dyn) && !ended; ++i) {
    Elf64_Dyn entry;
    std::memcpy(&entry, from + i * sizeof entry, sizeof entry);
    ended = entry.d_tag == DT_NULL;
    dynamicEntries.push_back(entry);
  }
  if (!ended)
    return invalid("has a dynamic section without an end");
  for (const Elf64_Dyn &entry : dynamicEntries)
    for (const DynamicRule &rule : forbidden)
      if (entry.d_tag == rule.tag)
        return invalid("%s", rule.why);
  if (dynamic(DT_FLAGS) & (DF_TEXTREL | DF_STATIC_TLS))
    return invalid("relocates its code or has thread-local storage");
  if (dynamic(DT_RELASZ))
    AIMC_TRY(checkRelocations(dynamic(DT_RELA), dynamic(DT_RELASZ), "DT_RELA"));
  if (dynamic(DT_PLTRELSZ)) {
    if (dynamic(DT_PLTREL) != DT_RELA)
      return invalid("has relocations without addends");
    AIMC_TRY(checkRelocations(dynamic(DT_JMPREL), dynamic(DT_PLTRELSZ), "DT_JMPREL"));
  }
  return Status();
}

Status ElfChecker::checkRelocations(uint64_t address, uint64_t bytes, const char *what) {
  const uint8_t *from = at(address, bytes);
  if (!from || bytes % sizeof(Elf64_Rela) != 0 || address % alignof(Elf64_Rela) != 0)
    return invalid(std::string("has ") + what + " outside its segments");
  Result<uint64_t> count = countSymbols();
  if (!count.ok())
    return std::move(count).status();
  for (uint64_t i = 0; i < bytes / sizeof(Elf64_Rela); ++i) {
    Elf64_Rela relocation;
    std::memcpy(&relocation, from + i * sizeof relocation, sizeof relocation);
    bool allowed = false;
    for (uint32_t type : allowedRelocations)
      allowed |= type == ELF64_R_TYPE(relocation.r_info);
    if (!allowed)
      return invalid("has a relocation of type " + std::to_string(ELF64_R_TYPE(relocation.r_info)) +
                     ", which self-contained code does not need");
    if (ELF64_R_SYM(relocation.r_info) >= *count)
      return invalid("has a relocation to a symbol that is not there");
    bool writable = false;
    for (const Elf64_Phdr &segment : segments)
      writable |= (segment.p_flags & PF_W) && relocation.r_offset >= segment.p_vaddr && segment.p_memsz >= 8 &&
                  relocation.r_offset - segment.p_vaddr <= segment.p_memsz - 8;
    if (!writable && ELF64_R_TYPE(relocation.r_info) != 0)
      return invalid("relocates an address outside its writable segments");
  }
  return Status();
}

/// The dynamic symbol table has no length of its own: the hash table for looking names up tells it.
Result<uint64_t> ElfChecker::countSymbols() {
  struct {
    uint32_t buckets, chains;
  } plain;
  if (uint64_t hash = dynamic(DT_HASH)) {
    if (!load(hash, plain) || !at(hash, 8 + 4 * (uint64_t(plain.buckets) + plain.chains)))
      return invalid("has its symbol hash table outside its segments");
    for (uint64_t i = 0; i < uint64_t(plain.buckets) + plain.chains; ++i) {
      uint32_t index;
      if (!load(hash + 8 + 4 * i, index) || index >= plain.chains)
        return invalid("has a symbol hash table that points beyond the symbols");
    }
    if (!dynamic(DT_GNU_HASH))
      return uint64_t(plain.chains);
  }
  struct {
    uint32_t buckets, symbolOffset, bloomWords, bloomShift;
  } gnu;
  uint64_t hash = dynamic(DT_GNU_HASH);
  if (!hash)
    return invalid("has no symbol hash table");
  if (!load(hash, gnu) || gnu.bloomWords == 0 || (gnu.bloomWords & (gnu.bloomWords - 1)) != 0 || gnu.bloomShift > 63 ||
      !at(hash, sizeof gnu + 8 * uint64_t(gnu.bloomWords) + 4 * uint64_t(gnu.buckets)))
    return invalid("has its symbol hash table outside its segments");
  uint64_t bucketStart = hash + sizeof gnu + 8 * uint64_t(gnu.bloomWords), chainStart = bucketStart + 4 * uint64_t(gnu.buckets);
  uint64_t last = 0;
  for (uint64_t i = 0; i < gnu.buckets; ++i) {
    uint32_t index;
    if (!load(bucketStart + 4 * i, index) || (index != 0 && index < gnu.symbolOffset))
      return invalid("has a symbol hash table that points beyond the symbols");
    last = std::max<uint64_t>(last, index);
  }
  if (last == 0)
    return uint64_t(gnu.symbolOffset);
  for (;; ++last) {
    uint32_t chain;
    if (!load(chainStart + 4 * (last - gnu.symbolOffset), chain))
      return invalid("has a symbol hash chain without an end");
    if (chain & 1)
      return last + 1;
  }
}

Status ElfChecker::readSymbols(const char *entry) {
  Result<uint64_t> count = countSymbols();
  if (!count.ok())
    return std::move(count).status();
  uint64_t table = dynamic(DT_SYMTAB), strings = dynamic(DT_STRTAB), stringSize = dynamic(DT_STRSZ);
  const uint8_t *names = at(strings, stringSize), *symbols = at(table, *count * sizeof(Elf64_Sym));
  if (!names || !symbols || table % alignof(Elf64_Sym) != 0 || stringSize == 0 || names[stringSize - 1] != 0 ||
      dynamic(DT_SYMENT) != sizeof(Elf64_Sym))
    return invalid("has its symbol table outside its segments");
  bool found = false;
  for (uint64_t i = 1; i < *count; ++i) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, symbols + i * sizeof symbol, sizeof symbol);
    if (symbol.st_name >= stringSize)
      return invalid("has a symbol whose name is outside its string table");
    const char *name = reinterpret_cast<const char *>(names) + symbol.st_name;
    if (symbol.st_shndx == SHN_UNDEF)
      return invalid(std::string("needs the symbol ") + name);
    if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS || ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
      return invalid(std::string("has ") + name + ", a thread-local variable or a function chosen at load");
    if (std::strcmp(name, entry) != 0)
      continue;
    bool executable = false;
    for (const Elf64_Phdr &segment : segments)
      executable |= (segment.p_flags & PF_X) && symbol.st_value >= segment.p_vaddr &&
                    symbol.st_value - segment.p_vaddr < segment.p_filesz;
    if (!executable || ELF64_ST_TYPE(symbol.st_info) != STT_FUNC)
      return invalid(std::string("has ") + name + ", which is not code");
    found = true;
  }
  return found ? Status() : invalid(std::string("does not export ") + entry);
}

Status ElfChecker::run(const char *entry) {
  AIMC_TRY(readHeader());
  AIMC_TRY(readSegments());
  AIMC_TRY(readDynamic());
  return readSymbols(entry);
}

Status aimc::checkElf(const uint8_t *data, uint64_t size, const char *entry) {
  return ElfChecker(data, size).run(entry).in("the host code is not sound");
}
