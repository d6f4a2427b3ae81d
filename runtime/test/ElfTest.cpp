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
