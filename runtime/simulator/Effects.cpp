#include "Effects.h"
#include "Devices.h"

namespace aimc::simulator {

Effects::Effects(const fb::Target &target, const aimc_chip_options &options) {
  if (options.fidelity != AIMC_NOISY)
    return;
  const bool devices = target.device() != fb::DeviceModel::Ideal;
  const bool listed[AIMC_EFFECT_COUNT] = {
      devices && target.programming_noise(),                      // PROGRAMMING
      target.output_noise() > 0,                                  // OUTPUT_NOISE
      devices,                                                    // DRIFT
      devices && hasDrift(target.device()),                       // FLICKER
      target.stuck_at_g_min() > 0 || target.stuck_at_g_max() > 0, // STUCK
      target.read_noise() != fb::ReadNoise::None,                 // READ_NOISE
      target.input_noise() > 0,                                   // INPUT_NOISE
      target.gain_error() > 0,                                    // ADC_GAIN
      target.offset_error() > 0,                                  // ADC_OFFSET
      target.dnl() > 0 || target.inl() > 0,                       // ADC_LINEARITY
      target.nonlinearity() > 0,                                  // NONLINEARITY
      target.ir_drop() != fb::IrDrop::None,                       // IR_DROP
  };
  for (int effect = 0; effect < AIMC_EFFECT_COUNT; ++effect)
    if (listed[effect] && !(options.disabled_effects >> effect & 1))
      bits |= 1u << effect;
}

} // namespace aimc::simulator
