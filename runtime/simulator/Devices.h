// Device models: conductances of digits and their programming error.
#ifndef AIMC_SIMULATOR_DEVICES_H
#define AIMC_SIMULATOR_DEVICES_H

#include "aimc/aimc_generated.h"

#include <vector>

namespace aimc::simulator {

/// What programming a digit gives: a Gaussian around `target` with deviation `sigma`, both in microsiemens, cut at 0.
struct DigitTable {
  std::vector<float> target, sigma; // index: digit
};

/// True when the simulator knows how devices of this model deviate from their targets.
bool hasProgrammingNoise(fb::DeviceModel model);

/// False when the target's conductances leave the range for which its model was measured.
bool isWithinMeasuredRange(const fb::Target &target);

/// For the digits 0 .. 2^cellBits - 1 of a target's devices.
DigitTable digitTable(const fb::Target &target, uint32_t cellBits);

} // namespace aimc::simulator

#endif
