#include "hostcode/Elf.h"
#include "TestModel.h"
#include "aimc/env.h"
#include "hostcode/CpuFeatures.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <random>

using namespace aimc;
using namespace aimc::test;

/// On a heap block of exactly that size, so that AddressSanitizer sees any step beyond.
static Status check(const std::vector<uint8_t> &bytes) {
  std::vector<uint8_t> exact(bytes);
  exact.shrink_to_fit();
  return checkElf(exact.data(), exact.size(), AIMC_ENTRY_SYMBOL);
}

TEST(Elf, HostCodeThatStandsOnItsOwnIsSound) { EXPECT_TRUE(check(hostCode("multiply")).ok()); }

TEST(Elf, WhatHostCodeMustNotHave) {
  struct Case {
    const char *object, *message;
  };
  const Case cases[] = {
      {"undefined", "needs the symbol puts"},      {"constructor", "has constructors"},
      {"threadlocal", "has thread-local storage"}, {"noentry", "does not export aimc_entry"},
      {"needed", "needs another library"},         {"data", "has aimc_entry, which is not code"},
  };
  for (const Case &each : cases) {
    Status status = check(hostCode(each.object));
    EXPECT_EQ(status.code(), AIMC_INVALID_MODEL) << each.object;
    EXPECT_EQ(status.message(), std::string("the host code is not sound: ") + each.message);
  }
}

TEST(Elf, AnotherMachineOrKind) {
  std::vector<uint8_t> bytes = hostCode("multiply");
  auto &header = *reinterpret_cast<Elf64_Ehdr *>(bytes.data());
  header.e_machine = EM_RISCV;
  EXPECT_NE(check(bytes).message().find("is for machine 243"), std::string::npos);
  header.e_type = ET_EXEC;
  EXPECT_NE(check(bytes).message().find("is not a shared object"), std::string::npos);
}

TEST(Elf, TruncationIsAnError) {
  std::vector<uint8_t> bytes = hostCode("multiply");
  const auto &header = *reinterpret_cast<const Elf64_Ehdr *>(bytes.data());
  uint64_t loaded = 0;
  for (int i = 0; i < header.e_phnum; ++i) {
    const auto &segment = reinterpret_cast<const Elf64_Phdr *>(bytes.data() + header.e_phoff)[i];
    if (segment.p_type == PT_LOAD)
      loaded = std::max(loaded, segment.p_offset + segment.p_filesz);
  }
  for (uint64_t size = 0; size < loaded; size += size < 1024 ? 1 : 61)
    EXPECT_EQ(check({bytes.begin(), bytes.begin() + size}).code(), AIMC_INVALID_MODEL) << size;
}

namespace {
/// The sound object "multiply", to be changed at places that its own tables name.
class Object {
public:
  Object() : bytes(hostCode("multiply")) {}
  std::vector<uint8_t> bytes;

  Elf64_Ehdr &header() { return *reinterpret_cast<Elf64_Ehdr *>(bytes.data()); }
  /// The first segment of a type whose flags hold `flags`.
  Elf64_Phdr &segment(uint32_t type, uint32_t flags = 0) {
    auto *segments = reinterpret_cast<Elf64_Phdr *>(bytes.data() + header().e_phoff);
    for (int i = 0; i < header().e_phnum; ++i)
      if (segments[i].p_type == type && (segments[i].p_flags & flags) == flags)
        return segments[i];
    ADD_FAILURE() << "no segment of type " << type;
    return segments[0];
  }
  Elf64_Dyn &dynamic(int64_t tag) {
    auto *entry = reinterpret_cast<Elf64_Dyn *>(bytes.data() + segment(PT_DYNAMIC).p_offset);
    for (; entry->d_tag != tag; ++entry)
      if (entry->d_tag == DT_NULL) {
        ADD_FAILURE() << "no dynamic entry " << tag;
        break;
      }
    return *entry;
  }
  template <typename T = uint32_t> T &at(uint64_t address) {
    auto *segments = reinterpret_cast<Elf64_Phdr *>(bytes.data() + header().e_phoff);
    for (int i = 0; i < header().e_phnum; ++i)
      if (segments[i].p_type == PT_LOAD && address - segments[i].p_vaddr < segments[i].p_filesz)
        return *reinterpret_cast<T *>(bytes.data() + segments[i].p_offset + (address - segments[i].p_vaddr));
    ADD_FAILURE() << "nothing at " << address;
    return *reinterpret_cast<T *>(bytes.data());
  }
  /// Within the entry function: its segment may begin with the file's header.
  uint64_t code() { return (symbol(1).st_value + 7) / 8 * 8; }
  Elf64_Sym &symbol(int index) { return (&at<Elf64_Sym>(dynamic(DT_SYMTAB).d_un.d_val))[index]; }
  /// Makes two entries that the checks before relocations do not need name a table of one relocation, which lies in the code.
  void relocate(uint64_t offset, uint64_t info) {
    uint64_t place = code();
    at<Elf64_Rela>(place) = {offset, info, 0};
    dynamic(DT_SYMENT) = {DT_RELASZ, {sizeof(Elf64_Rela)}};
    dynamic(DT_STRSZ) = {DT_RELA, {place}};
  }
  /// Makes an entry name a hash table of the older kind in the code.
  uint32_t *plainHash() {
    uint64_t place = code();
    dynamic(DT_SYMENT) = {DT_HASH, {place}};
    return &at(place);
  }
};

/// A change to a sound object, and what is then said of it.
struct Damage {
  const char *message;
  void (*change)(Object &);
};
} // namespace

#if defined(__x86_64__)
static constexpr uint64_t absolute = R_X86_64_64, relative = R_X86_64_RELATIVE, copy = R_X86_64_COPY;
#else
static constexpr uint64_t absolute = R_AARCH64_ABS64, relative = R_AARCH64_RELATIVE, copy = R_AARCH64_COPY;
#endif

static const Damage damages[] = {
    {"is too short for an ELF header", [](Object &o) { o.bytes.resize(sizeof(Elf64_Ehdr) - 1); }},
    {"is not a 64-bit little-endian ELF file", [](Object &o) { o.header().e_ident[EI_CLASS] = ELFCLASS32; }},
    {"is not a 64-bit little-endian ELF file", [](Object &o) { o.header().e_ident[EI_DATA] = ELFDATA2MSB; }},
    {"has program headers beyond its end", [](Object &o) { o.header().e_phoff = o.bytes.size() - 1; }},
    {"has program headers beyond its end", [](Object &o) { o.header().e_phentsize = 32; }},
    {"asks for an interpreter", [](Object &o) { o.segment(PT_GNU_STACK).p_type = PT_INTERP; }},
    {"has thread-local storage", [](Object &o) { o.segment(PT_GNU_STACK).p_type = PT_TLS; }},
    {"asks for an executable stack", [](Object &o) { o.segment(PT_GNU_STACK).p_flags |= PF_X; }},
    {"has segment 0 beyond its end", [](Object &o) { o.segment(PT_LOAD).p_filesz = ~uint64_t(0); }},
    {"has segment 0 beyond its end", [](Object &o) { o.segment(PT_LOAD).p_memsz = 0; }},
    {"has a segment both writable and executable", [](Object &o) { o.segment(PT_LOAD, PF_X).p_flags |= PF_W; }},
    {"has overlapping or unordered segments", [](Object &o) { o.segment(PT_LOAD, PF_X).p_vaddr += 1 << 24; }},
    {"has a segment whose alignment disagrees with its place", [](Object &o) { o.segment(PT_LOAD).p_align = 3; }},
    {"has a segment whose alignment disagrees with its place", [](Object &o) { o.segment(PT_LOAD, PF_X).p_vaddr += 8; }},
    {"has nothing to load",
     [](Object &o) {
       auto *segments = reinterpret_cast<Elf64_Phdr *>(o.bytes.data() + o.header().e_phoff);
       for (int i = 0; i < o.header().e_phnum; ++i)
         if (segments[i].p_type == PT_LOAD)
           segments[i].p_type = PT_NULL;
     }},
    {"has no dynamic section", [](Object &o) { o.segment(PT_DYNAMIC).p_type = PT_NULL; }},
    {"has its dynamic section outside its segments", [](Object &o) { o.segment(PT_DYNAMIC).p_vaddr += 4; }},
    {"has its dynamic section outside its segments", [](Object &o) { o.segment(PT_DYNAMIC).p_vaddr = 1 << 30; }},
    {"has a dynamic section without an end", [](Object &o) { o.segment(PT_DYNAMIC).p_filesz = sizeof(Elf64_Dyn); }},
    {"relocates its code or has thread-local storage", [](Object &o) { o.dynamic(DT_SYMENT) = {DT_FLAGS, {DF_TEXTREL}}; }},
    {"relocates its code or has thread-local storage", [](Object &o) { o.dynamic(DT_SYMENT) = {DT_FLAGS, {DF_STATIC_TLS}}; }},
    {"has relocations without addends", [](Object &o) { o.dynamic(DT_SYMENT) = {DT_PLTRELSZ, {sizeof(Elf64_Rela)}}; }},
    {"has DT_RELA outside its segments",
     [](Object &o) {
       o.relocate(0, relative);
       o.dynamic(DT_RELA).d_un.d_val = uint64_t(1) << 40;
     }},
    {"has DT_RELA outside its segments",
     [](Object &o) {
       o.relocate(0, relative);
       o.dynamic(DT_RELASZ).d_un.d_val = sizeof(Elf64_Rela) - 1;
     }},
    {"which self-contained code does not need", [](Object &o) { o.relocate(0, copy); }},
    {"has a relocation to a symbol that is not there",
     [](Object &o) { o.relocate(0, ELF64_R_INFO(uint64_t(1000), absolute)); }},
    {"relocates an address outside its writable segments", [](Object &o) { o.relocate(0, relative); }},
    {"has no symbol hash table", [](Object &o) { o.dynamic(DT_GNU_HASH).d_tag = DT_DEBUG; }},
    {"has its symbol hash table outside its segments",
     [](Object &o) { o.dynamic(DT_GNU_HASH).d_un.d_val = uint64_t(1) << 40; }},
    {"has its symbol hash table outside its segments", [](Object &o) { o.plainHash()[0] = 1 << 30; }},
    {"has a symbol hash table that points beyond the symbols",
     [](Object &o) { (&o.at(o.dynamic(DT_GNU_HASH).d_un.d_val))[1] = 1 << 20; }},
    {"has a symbol hash table that points beyond the symbols",
     [](Object &o) {
       uint32_t *table = o.plainHash(); // buckets, chains, the only bucket, the only chain
       table[0] = table[1] = 1;
       table[2] = 5;
     }},
    {"has a symbol hash chain without an end",
     [](Object &o) {
       uint64_t hash = o.dynamic(DT_GNU_HASH).d_un.d_val;
       const uint32_t *table = &o.at(hash);
       uint64_t chains = hash + 16 + 8 * uint64_t(table[2]) + 4 * uint64_t(table[0]);
       const Elf64_Phdr &segment = o.segment(PT_LOAD); // the tables stand in the first one
       std::fill(&o.at<uint8_t>(chains), o.bytes.data() + segment.p_offset + segment.p_filesz, 0);
     }},
    {"has its symbol table outside its segments", [](Object &o) { o.dynamic(DT_SYMENT).d_un.d_val = 1; }},
    {"has its symbol table outside its segments", [](Object &o) { o.dynamic(DT_SYMTAB).d_un.d_val = uint64_t(1) << 40; }},
    {"has its symbol table outside its segments", [](Object &o) { o.dynamic(DT_STRSZ).d_un.d_val = 0; }},
    {"has a symbol whose name is outside its string table", [](Object &o) { o.symbol(1).st_name = 1 << 20; }},
    {"has aimc_entry, a thread-local variable or a function chosen at load",
     [](Object &o) { o.symbol(1).st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC); }},
    {"has aimc_entry, which is not code", [](Object &o) { o.symbol(1).st_value = uint64_t(1) << 40; }},
};

TEST(Elf, EveryDamageIsNamed) {
  for (const Damage &each : damages) {
    Object object;
    each.change(object);
    Status status = check(object.bytes);
    EXPECT_EQ(status.code(), AIMC_INVALID_MODEL) << each.message;
    EXPECT_NE(status.message().find(each.message), std::string::npos) << each.message << ", not: " << status.message();
  }
}

TEST(Elf, EveryForbiddenDynamicEntryIsNamed) {
  const std::pair<int64_t, const char *> entries[] = {
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
  for (auto [tag, message] : entries) {
    Object object;
    object.dynamic(DT_SYMENT).d_tag = tag;
    EXPECT_EQ(check(object.bytes).message(), std::string("the host code is not sound: ") + message);
  }
}

/// No damage makes the check itself step outside.
TEST(Elf, RandomBytes) {
  std::mt19937 random(1);
  const std::vector<uint8_t> sound = hostCode("multiply");
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> bytes = sound;
    for (int flips = round % 4; flips >= 0; --flips)
      bytes[random() % (round % 2 ? 1024 : bytes.size())] = round % 3 ? 0xff : static_cast<uint8_t>(random());
    refused += !check(bytes).ok();
  }
  EXPECT_GT(refused, 500);
}

TEST(CpuFeatures, KnowsWhatEveryProcessorHas) {
#if defined(__x86_64__)
  EXPECT_TRUE(hostSupports("sse2"));
  EXPECT_EQ(hostSupports("avx2"), bool(__builtin_cpu_supports("avx2")));
  EXPECT_EQ(hostSupports("avx512f"), bool(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(hostSupports("fma"), bool(__builtin_cpu_supports("fma")));
#else
  EXPECT_TRUE(hostSupports("neon"));
#endif
  EXPECT_FALSE(hostSupports("warp-drive"));
}
