// Which instruction sets the simulator uses on this machine.
#ifndef AIMC_SIMULATOR_ISA_H
#define AIMC_SIMULATOR_ISA_H

namespace aimc::simulator {

struct Kernels;
struct IntegerGemm;
struct TileKernel;

struct Isa {
  const char *name; // "generic", "avx2", "onednn", "vnni"
  const Kernels &(*kernels)();
  const IntegerGemm &(*gemm)();
  const TileKernel &(*tiles)(); // null: tiles go by the two above
};

/// The best set of this machine, or the one that the environment variable AIMC_SIMULATOR_ISA names when the machine has it.
/// Null with *error set to a message otherwise. Results do not depend on the set.
const Isa *selectIsa(const char **error);

/// The set of that name; null when this machine or this build lacks it.
const Isa *findIsa(const char *name);

} // namespace aimc::simulator

#endif
