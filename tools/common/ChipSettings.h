// What a chip is programmed and read with, as the tools' users write it.
#ifndef AIMC_TOOLS_COMMON_CHIPSETTINGS_H
#define AIMC_TOOLS_COMMON_CHIPSETTINGS_H

#include "Result.h"
#include "aimc/aimc.h"

#include <optional>
#include <string>
#include <vector>

namespace aimc::tools {

/// What is fitted on calibration data after programming.
enum class Recovery { None, Bias, Affine };

/// Of one layer: y becomes scale * y + offset, [groups * columns] each.
struct Correction {
  std::vector<float> scale, offset;
};

/// An aimc_chip_options that owns its parts.
struct ChipSettings {
  std::string driver = "simulator";
  std::optional<std::string> driverArgument;
  aimc_fidelity fidelity = AIMC_QUANTIZED;
  uint32_t seed = 0, trial = 0;
  uint32_t disabledEffects = 0; // bit i: aimc_effect i
  std::string settings;         // "key=value,...": changes to the target
  double timeSeconds = 0;
  aimc_compensation compensation = AIMC_COMPENSATE_TILE;

  Recovery recovery = Recovery::None;
  std::vector<Correction> corrections; // of each site, or none

  /// The strings and arrays stay this object's; `list` must live as long as the options.
  aimc_chip_options options(aimc_pool *pool, std::vector<aimc_correction> &list) const;
};

/// A word and what it stands for.
template <typename T> struct Named {
  const char *name;
  T value;
};

const std::vector<Named<aimc_fidelity>> &fidelities();
const std::vector<Named<aimc_effect>> &effects();
const std::vector<Named<aimc_compensation>> &compensations();
const std::vector<Named<Recovery>> &recoveries();

/// "exact", "quantized", "noisy".
template <typename T> std::vector<std::string> namesOf(const std::vector<Named<T>> &words) {
  std::vector<std::string> names;
  for (const Named<T> &word : words)
    names.push_back(word.name);
  return names;
}

/// "exact, quantized, noisy".
std::string listOf(const std::vector<std::string> &names);

/// The value of a name that is there; `words` never is empty.
template <typename T> const Named<T> *find(const std::vector<Named<T>> &words, const std::string &name) {
  for (const Named<T> &word : words)
    if (name == word.name)
      return &word;
  return nullptr;
}
template <typename T> const char *nameOf(const std::vector<Named<T>> &words, T value) {
  for (const Named<T> &word : words)
    if (word.value == value)
      return word.name;
  return "?";
}

/// Seconds: a number with one of the units s, min, h, d; without one, seconds. The error says what a time looks like.
Result<double> parseSeconds(const std::string &text);

/// "0 s", "90 s", "5 min", "1 h", "30 d": the largest unit that gives a short number.
std::string secondsText(double seconds);

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_CHIPSETTINGS_H
