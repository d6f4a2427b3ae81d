#include "Parameters.h"

#include <charconv>
#include <sstream>

namespace aimc::tools {

static Status setSeed(ChipSettings &settings, const std::string &value) {
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), settings.seed);
  if (error != std::errc() || end != value.data() + value.size())
    return Failure{"'" + value + "' is no seed; write an integer from 0 to 4294967295"};
  return {};
}

static Status setTime(ChipSettings &settings, const std::string &value) {
  Result<double> seconds = parseSeconds(value);
  if (!seconds)
    return seconds.failure();
  settings.timeSeconds = *seconds;
  return {};
}

static Status setFidelity(ChipSettings &settings, const std::string &value) {
  const auto *word = find(fidelities(), value);
  if (!word)
    return Failure{"'" + value + "' is none of " + listOf(namesOf(fidelities()))};
  settings.fidelity = word->value;
  return {};
}

static Status setCompensation(ChipSettings &settings, const std::string &value) {
  const auto *word = find(compensations(), value);
  if (!word)
    return Failure{"'" + value + "' is none of " + listOf(namesOf(compensations()))};
  settings.compensation = word->value;
  return {};
}

static Status setRecovery(ChipSettings &settings, const std::string &value) {
  const auto *word = find(recoveries(), value);
  if (!word)
    return Failure{"'" + value + "' is none of " + listOf(namesOf(recoveries()))};
  settings.recovery = word->value;
  return {};
}

/// "all", "none", "programming+drift" (these alone), "all-flicker" (all but these).
static Status setEffects(ChipSettings &settings, const std::string &value) {
  uint32_t every = 0, named = 0;
  for (const auto &effect : effects())
    every |= 1u << effect.value;
  bool without = value.rfind("all-", 0) == 0;
  settings.disabledEffects = value == "none" ? every : 0;
  if (value == "none" || value == "all")
    return {};
  // Names of effects hold '-' themselves, so that '+' divides in both forms.
  std::istringstream words(without ? value.substr(4) : value);
  for (std::string name; std::getline(words, name, '+');) {
    const auto *effect = find(effects(), name);
    if (!effect)
      return Failure{"'" + name +
                     "' is no effect; write all, none, names such as programming+drift, or all-drift+flicker for all "
                     "but these; effects are " +
                     listOf(namesOf(effects()))};
    named |= 1u << effect->value;
  }
  settings.disabledEffects = without ? named : every & ~named;
  return {};
}

const std::vector<RunParameter> &runParameters() {
  static const std::vector<RunParameter> table = {
      {"fidelity", "exact|quantized|noisy", "what is simulated (default noisy)", false, setFidelity},
      {"seed", "N", "of everything random; trials of one seed are different chips already", false, setSeed},
      {"time", "90, 10s, 5min, 1h, 1d", "since programming", true, setTime},
      {"compensate", "tile|column|none", "of drift", true, setCompensation},
      {"recover", "none|bias|affine", "columns fitted on the data of --calibrate after programming", true, setRecovery},
      {"effects", "all|none|A+B|all-A+B", "all that the target lists, none, these alone, or all but these", true, setEffects},
  };
  return table;
}

const RunParameter *findRunParameter(const std::string &name) {
  for (const RunParameter &parameter : runParameters())
    if (name == parameter.name)
      return &parameter;
  return nullptr;
}

const std::vector<CompileParameter> &compileParameters() {
  static const std::vector<CompileParameter> table = {
      {"target", "the chip: a name or a file"},
      {"chips", "how many of it"},
      {"range-rule", "percentile:P, max, mse, l1, lp:P"},
      {"weight-clip", "K root mean squares, or mse"},
      {"input-scales", "layer, tile"},
      {"adc-ranges", "column, tile, layer"},
      {"digital-nodes", "nodes that stay digital"},
      {"analog-nodes", "nodes that go on crossbars"},
  };
  return table;
}

/// Keys that leave levels, tiles and code as they are.
static bool isSetting(const std::string &key, bool isCompiled) {
  std::string section = key.substr(0, key.find('.'));
  return section == "device" || section == "noise" || section == "wires" ||
         (section == "adc" && (isCompiled || key != "adc.bits"));
}

Result<ParameterKind> kindOf(const std::string &name, bool isCompiled) {
  if (findRunParameter(name))
    return ParameterKind::Run;
  for (const CompileParameter &parameter : compileParameters())
    if (name == parameter.name)
      return ParameterKind::CompileOption;
  size_t dot = name.find('.');
  if (dot != std::string::npos && dot > 0 && dot + 1 < name.size())
    return isSetting(name, isCompiled) ? ParameterKind::Setting : ParameterKind::TargetKey;
  if (name == "trial" || name == "trials")
    return Failure{"trials are what --trials counts"};
  std::vector<std::string> known;
  for (const RunParameter &parameter : runParameters())
    known.push_back(parameter.name);
  for (const CompileParameter &parameter : compileParameters())
    known.push_back(parameter.name);
  return Failure{"there is no parameter '" + name + "'; known are " + listOf(known) +
                 ", and the keys of a target, such as adc.bits"};
}

std::string compilerArgument(const std::string &name, const std::string &value) {
  bool isKey = name.find('.') != std::string::npos;
  return (isKey ? "--target-set=" : "--") + name + "=" + value;
}

} // namespace aimc::tools
