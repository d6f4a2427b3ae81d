// Which effects a target lists, and which of them a chip has on.
#ifndef AIMC_SIMULATOR_EFFECTS_H
#define AIMC_SIMULATOR_EFFECTS_H

#include "aimc/aimc.h"
#include "aimc/aimc_generated.h"

#include <stdint.h>

namespace aimc::simulator {

/// Bit i: aimc_effect i is in the target and not disabled. Drift and 1/f noise belong to the device model; they act at
/// time_seconds > 0 only.
class Effects {
public:
  /// No effect but in fidelity noisy.
  Effects(const fb::Target &target, const aimc_chip_options &options);
  Effects() = default;

  bool isOn(aimc_effect effect) const { return bits >> effect & 1; }

private:
  uint32_t bits = 0;
};

} // namespace aimc::simulator

#endif
