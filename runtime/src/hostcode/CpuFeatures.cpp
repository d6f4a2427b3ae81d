#include "hostcode/CpuFeatures.h"

#include <cstdint>

using namespace aimc;

#if defined(__x86_64__)

#include <cpuid.h>

namespace {
enum Register { Eax, Ebx, Ecx, Edx };
/// What the operating system must save for the feature's registers: bits of XCR0.
enum State : uint32_t { Any = 0, Ymm = 0x6, Zmm = 0xe6, Tiles = 0x60000 };

struct Feature {
  std::string_view name;
  uint32_t leaf, subleaf;
  Register reg;
  int bit;
  State state;
};
} // namespace

static const Feature features[] = {
    {"x87", 1, 0, Edx, 0, Any},
    {"cx8", 1, 0, Edx, 8, Any},
    {"cmov", 1, 0, Edx, 15, Any},
    {"mmx", 1, 0, Edx, 23, Any},
    {"fxsr", 1, 0, Edx, 24, Any},
    {"sse", 1, 0, Edx, 25, Any},
    {"sse2", 1, 0, Edx, 26, Any},
    {"sse3", 1, 0, Ecx, 0, Any},
    {"pclmul", 1, 0, Ecx, 1, Any},
    {"ssse3", 1, 0, Ecx, 9, Any},
    {"fma", 1, 0, Ecx, 12, Ymm},
    {"cx16", 1, 0, Ecx, 13, Any},
    {"sse4.1", 1, 0, Ecx, 19, Any},
    {"sse4.2", 1, 0, Ecx, 20, Any},
    {"crc32", 1, 0, Ecx, 20, Any},
    {"movbe", 1, 0, Ecx, 22, Any},
    {"popcnt", 1, 0, Ecx, 23, Any},
    {"aes", 1, 0, Ecx, 25, Any},
    {"xsave", 1, 0, Ecx, 26, Any},
    {"avx", 1, 0, Ecx, 28, Ymm},
    {"f16c", 1, 0, Ecx, 29, Ymm},
    {"rdrnd", 1, 0, Ecx, 30, Any},
    {"fsgsbase", 7, 0, Ebx, 0, Any},
    {"bmi", 7, 0, Ebx, 3, Any},
    {"avx2", 7, 0, Ebx, 5, Ymm},
    {"bmi2", 7, 0, Ebx, 8, Any},
    {"avx512f", 7, 0, Ebx, 16, Zmm},
    {"avx512dq", 7, 0, Ebx, 17, Zmm},
    {"rdseed", 7, 0, Ebx, 18, Any},
    {"adx", 7, 0, Ebx, 19, Any},
    {"avx512ifma", 7, 0, Ebx, 21, Zmm},
    {"avx512cd", 7, 0, Ebx, 28, Zmm},
    {"sha", 7, 0, Ebx, 29, Any},
    {"avx512bw", 7, 0, Ebx, 30, Zmm},
    {"avx512vl", 7, 0, Ebx, 31, Zmm},
    {"avx512vbmi", 7, 0, Ecx, 1, Zmm},
    {"avx512vbmi2", 7, 0, Ecx, 6, Zmm},
    {"gfni", 7, 0, Ecx, 8, Any},
    {"vaes", 7, 0, Ecx, 9, Ymm},
    {"vpclmulqdq", 7, 0, Ecx, 10, Ymm},
    {"avx512vnni", 7, 0, Ecx, 11, Zmm},
    {"avx512bitalg", 7, 0, Ecx, 12, Zmm},
    {"avx512vpopcntdq", 7, 0, Ecx, 14, Zmm},
    {"amx-bf16", 7, 0, Edx, 22, Tiles},
    {"avx512fp16", 7, 0, Edx, 23, Zmm},
    {"amx-tile", 7, 0, Edx, 24, Tiles},
    {"amx-int8", 7, 0, Edx, 25, Tiles},
    {"avxvnni", 7, 1, Eax, 4, Ymm},
    {"avx512bf16", 7, 1, Eax, 5, Zmm},
    {"xsaveopt", 0xd, 1, Eax, 0, Any},
    {"xsavec", 0xd, 1, Eax, 1, Any},
    {"xsaves", 0xd, 1, Eax, 3, Any},
    {"sahf", 0x80000001, 0, Ecx, 0, Any},
    {"lzcnt", 0x80000001, 0, Ecx, 5, Any},
    {"sse4a", 0x80000001, 0, Ecx, 6, Any},
    {"prfchw", 0x80000001, 0, Ecx, 8, Any},
    {"64bit", 0x80000001, 0, Edx, 29, Any},
};

/// Extended control register 0: which register state the operating system saves. 0 when it saves none.
static uint32_t savedState() {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 27 & 1))
    return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

std::string_view aimc::hostArchitecture() { return "x86_64"; }

bool aimc::hostSupports(std::string_view feature) {
  for (const Feature &each : features) {
    if (each.name != feature)
      continue;
    uint32_t registers[4];
    if (!__get_cpuid_count(each.leaf, each.subleaf, &registers[Eax], &registers[Ebx], &registers[Ecx], &registers[Edx]))
      return false;
    return (registers[each.reg] >> each.bit & 1) && (savedState() & each.state) == each.state;
  }
  return false;
}

#elif defined(__aarch64__)

#include <asm/hwcap.h>
#include <sys/auxv.h>

namespace {
struct Feature {
  std::string_view name;
  unsigned long bit;
};
} // namespace

static const Feature features[] = {
    {"fp-armv8", HWCAP_FP},     {"neon", HWCAP_ASIMD},       {"aes", HWCAP_AES},          {"sha2", HWCAP_SHA2},
    {"crc", HWCAP_CRC32},       {"lse", HWCAP_ATOMICS},      {"fullfp16", HWCAP_ASIMDHP}, {"rdm", HWCAP_ASIMDRDM},
    {"dotprod", HWCAP_ASIMDDP}, {"fp16fml", HWCAP_ASIMDFHM}, {"sve", HWCAP_SVE},
};

std::string_view aimc::hostArchitecture() { return "aarch64"; }

bool aimc::hostSupports(std::string_view feature) {
  unsigned long capabilities = getauxval(AT_HWCAP);
  for (const Feature &each : features)
    if (each.name == feature)
      return (capabilities & each.bit) == each.bit;
  return false;
}

#else
#error "host code runs on x86-64 and 64-bit Arm"
#endif
