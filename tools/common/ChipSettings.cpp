#include "ChipSettings.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace aimc::tools {

aimc_chip_options ChipSettings::options(aimc_pool *pool, std::vector<aimc_correction> &list) const {
  aimc_chip_options options{};
  options.struct_size = sizeof options;
  options.driver = driver.c_str();
  options.driver_arg = driverArgument ? driverArgument->c_str() : nullptr;
  options.fidelity = fidelity;
  options.seed = seed;
  options.trial = trial;
  options.time_seconds = timeSeconds;
  options.pool = pool;
  options.disabled_effects = disabledEffects;
  options.settings = settings.c_str();
  options.compensation = compensation;
  list.clear();
  for (const Correction &correction : corrections)
    list.push_back({static_cast<uint32_t>(list.size()), static_cast<uint32_t>(correction.scale.size()), correction.scale.data(),
                    correction.offset.data()});
  options.corrections = list.data();
  options.correction_count = static_cast<uint32_t>(list.size());
  return options;
}

const std::vector<Named<aimc_fidelity>> &fidelities() {
  static const std::vector<Named<aimc_fidelity>> words = {
      {"exact", AIMC_EXACT}, {"quantized", AIMC_QUANTIZED}, {"noisy", AIMC_NOISY}};
  return words;
}

const std::vector<Named<aimc_effect>> &effects() {
  static const std::vector<Named<aimc_effect>> words = {{"programming", AIMC_EFFECT_PROGRAMMING},
                                                        {"output-noise", AIMC_EFFECT_OUTPUT_NOISE},
                                                        {"drift", AIMC_EFFECT_DRIFT},
                                                        {"flicker", AIMC_EFFECT_FLICKER},
                                                        {"stuck", AIMC_EFFECT_STUCK},
                                                        {"read-noise", AIMC_EFFECT_READ_NOISE},
                                                        {"input-noise", AIMC_EFFECT_INPUT_NOISE},
                                                        {"adc-gain", AIMC_EFFECT_ADC_GAIN},
                                                        {"adc-offset", AIMC_EFFECT_ADC_OFFSET},
                                                        {"adc-linearity", AIMC_EFFECT_ADC_LINEARITY},
                                                        {"nonlinearity", AIMC_EFFECT_NONLINEARITY},
                                                        {"ir-drop", AIMC_EFFECT_IR_DROP}};
  return words;
}

const std::vector<Named<aimc_compensation>> &compensations() {
  static const std::vector<Named<aimc_compensation>> words = {
      {"tile", AIMC_COMPENSATE_TILE}, {"column", AIMC_COMPENSATE_COLUMN}, {"none", AIMC_COMPENSATE_NONE}};
  return words;
}

const std::vector<Named<Recovery>> &recoveries() {
  static const std::vector<Named<Recovery>> words = {
      {"none", Recovery::None}, {"bias", Recovery::Bias}, {"affine", Recovery::Affine}};
  return words;
}

std::string listOf(const std::vector<std::string> &names) {
  std::string list;
  for (const std::string &name : names)
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

namespace {
struct TimeUnit {
  const char *name;
  double seconds;
};
} // namespace

static const TimeUnit timeUnits[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};

Result<double> parseSeconds(const std::string &text) {
  char *end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && std::isfinite(number) && number >= 0) {
    if (!*end)
      return number;
    for (const TimeUnit &unit : timeUnits)
      if (std::string(end) == unit.name)
        return number * unit.seconds;
  }
  return Failure{"'" + text + "' is no time; write seconds or a unit, such as 90, 10s, 5min, 1h or 1d"};
}

std::string secondsText(double seconds) {
  const TimeUnit *best = &timeUnits[0];
  for (const TimeUnit &unit : timeUnits)
    if (seconds >= unit.seconds && std::fabs(seconds / unit.seconds * 4 - std::rint(seconds / unit.seconds * 4)) < 1e-9)
      best = &unit;
  char text[64];
  std::snprintf(text, sizeof text, "%.6g %s", seconds / best->seconds, best->name);
  return text;
}

} // namespace aimc::tools
