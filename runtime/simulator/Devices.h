// Device models: conductances of digits, their programming error, and how they change with time.
#ifndef AIMC_SIMULATOR_DEVICES_H
#define AIMC_SIMULATOR_DEVICES_H

#include "Kernels.h"

#include "aimc/aimc_generated.h"

#include <vector>

namespace aimc::simulator {

/// Which effects on devices are on, and when the chip is read.
struct DeviceEffects {
  bool programming = false;
  bool drift = false;
  bool flicker = false; // 1/f noise
  bool stuck = false;
  bool read = false;  // read noise
  double seconds = 0; // since programming

  /// Cells are conductances: they differ from their targets, or from product to product.
  bool any() const { return programming || stuck || read || ages(); }
  /// Devices change after programming.
  bool ages() const { return (drift || flicker) && seconds > 0; }
};

/// What programming a digit gives: a Gaussian around `target` with deviation `sigma`, both in microsiemens, cut at 0 (uniform
/// errors: sigma is their range, target its middle); and its drift exponent, |Gaussian| around `mu` with deviation `spread`.
struct DigitTable {
  std::vector<float> target, sigma, mu, spread; // index: digit
};

/// Programming errors of this model are uniform; all others are Gaussian.
bool hasUniformErrors(fb::DeviceModel model);

/// True when devices of this model drift and have 1/f noise.
bool hasDrift(fb::DeviceModel model);

/// The last time, in seconds since programming, for which a model's statistics are known: 0 for devices that do not change,
/// infinity for those that drift by a law.
double longestSeconds(fb::DeviceModel model);

/// The conductances for which a model was measured, in microsiemens.
struct MeasuredRange {
  float lowest, highest;
};
MeasuredRange measuredRange(fb::DeviceModel model, double seconds);

/// True when something is known of the read noise of devices of this model.
bool hasReadNoise(fb::DeviceModel model);

/// As the target's read_noise and read_magnitude say; all 0 for ReadNoise::None.
ReadDeviation readDeviation(const fb::Target &target);

/// For the digits 0 .. 2^cellBits - 1 of a target's devices.
DigitTable digitTable(const fb::Target &target, uint32_t cellBits, const DeviceEffects &effects);

/// How devices change until the time of `effects`; a model that drifts.
Aging deviceAging(const fb::Target &target, const DeviceEffects &effects);

} // namespace aimc::simulator

#endif
