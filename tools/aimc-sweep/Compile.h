// Containers for the points whose parameters the compiler fixes.
#ifndef AIMC_TOOLS_SWEEP_COMPILE_H
#define AIMC_TOOLS_SWEEP_COMPILE_H

#include "Grid.h"

namespace aimc::tools {

struct CompileSettings {
  std::string compiler; // path of aimc-compile, or its name when PATH has it
  std::string cache;    // folder, made when something has to be compiled
  int jobs = 1;
  bool quiet = false, failFast = false;
};

/// The aimc-compile that stands beside this program, else the one of PATH.
std::string findCompiler();

/// The path of each source's container: its own when it is one, else the one in the cache, compiled when it is not there.
/// The name in the cache stands for everything it depends on: the compiler, its arguments, and the contents of the model, of
/// its external data and of every file an argument names. Errors have the compiler's own message; with `failFast` nothing is
/// compiled after the first.
std::vector<Result<std::string>> compileAll(const std::vector<ContainerSource> &sources, const CompileSettings &settings);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_COMPILE_H
