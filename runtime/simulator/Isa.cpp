#include "Isa.h"
#include "IntegerGemm.h"
#include "Kernels.h"
#include "Tile.h"

#include <stdlib.h>
#include <string.h>

namespace aimc::simulator {

static bool always() { return true; }

#if defined(__x86_64__)
static bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

static bool hasVnni() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}
#endif

namespace {
struct Candidate {
  Isa isa;
  bool (*available)();
};
} // namespace

// Best first.
static const Candidate candidates[] = {
#if defined(__x86_64__)
    {{"vnni", kernelsAvx512, integerGemmVnni, tileKernelVnni}, hasVnni},
    {{"onednn", kernelsAvx512, integerGemmOneDnn, nullptr}, hasVnni},
    {{"avx2", kernelsAvx2, integerGemmAvx2, nullptr}, hasAvx2},
#endif
    {{"generic", kernelsGeneric, integerGemmGeneric, nullptr}, always},
};

const Isa *findIsa(const char *name) {
  for (const Candidate &candidate : candidates)
    if (!strcmp(candidate.isa.name, name) && candidate.available())
      return &candidate.isa;
  return nullptr;
}

const Isa *selectIsa(const char **error) {
  const char *wanted = getenv("AIMC_SIMULATOR_ISA");
  if (wanted && *wanted) {
    const Isa *isa = findIsa(wanted);
    if (!isa)
      *error = "AIMC_SIMULATOR_ISA names no instruction set of this machine: use generic, avx2, onednn or vnni";
    return isa;
  }
  for (const Candidate &candidate : candidates)
    if (candidate.available())
      return &candidate.isa;
  return nullptr;
}

} // namespace aimc::simulator
