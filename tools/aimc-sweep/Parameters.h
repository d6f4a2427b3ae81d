// What a sweep may vary: settings of a programmed chip, and what the compiler fixes in a container.
#ifndef AIMC_TOOLS_SWEEP_PARAMETERS_H
#define AIMC_TOOLS_SWEEP_PARAMETERS_H

#include "ChipSettings.h"

namespace aimc::tools {

/// A setting of a chip that needs no new container.
struct RunParameter {
  const char *name;
  const char *values; // how its values look, for --help
  const char *description;
  bool ofNoise; // without meaning unless the fidelity is noisy
  /// The error is about the value.
  Status (*set)(ChipSettings &settings, const std::string &value);
};
const std::vector<RunParameter> &runParameters();
const RunParameter *findRunParameter(const std::string &name);

/// An option of aimc-compile.
struct CompileParameter {
  const char *name; // without "--"
  const char *description;
};
const std::vector<CompileParameter> &compileParameters();

/// How a parameter gets its value.
enum class ParameterKind {
  Run,           // a row of runParameters
  Setting,       // a key of the target that any chip can have changed; the runtime checks it
  CompileOption, // a row of compileParameters
  TargetKey      // a key of the target that the compiler fixes, and checks
};
/// The sections device, noise and wires of a target, and adc's errors, are settings of a chip. So is adc.bits if the model
/// `isCompiled`; otherwise the compiler fixes it, whose ranges may depend on it. The error lists what is known.
Result<ParameterKind> kindOf(const std::string &name, bool isCompiled);

/// aimc-compile's argument for a parameter of the two later kinds.
std::string compilerArgument(const std::string &name, const std::string &value);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_PARAMETERS_H
