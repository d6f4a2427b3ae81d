// The command line of aimc-run.
#ifndef AIMC_TOOLS_RUN_OPTIONS_H
#define AIMC_TOOLS_RUN_OPTIONS_H

#include "Types.h"

#include <optional>

namespace aimc::tools {

struct RunOptions {
  std::string model;
  std::vector<std::string> inputs;
  std::optional<std::string> outputDir;
  std::string driver = "simulator";
  std::optional<std::string> driverArgument;
  aimc_fidelity fidelity = AIMC_QUANTIZED;
  std::string fidelityName = "quantized";
  uint32_t seed = 0;
  uint32_t trials = 1;
  int32_t threads = 0;
  std::optional<int64_t> batch;
  std::optional<InputScale> inputScale;
  std::optional<std::string> labels;
  std::vector<std::string> expect;
  std::optional<std::string> dumpLayers;
  int64_t dumpRows = 4096;
  uint32_t disabledEffects = 0;
  double timeSeconds = 0;
  std::string compensationName = "tile";
  aimc_compensation compensation = AIMC_COMPENSATE_TILE;
  bool json = false;
};

/// Parses the command line; nothing when the program should end with `exitStatus` at once: after --help or --version, or
/// after an error, which has been printed.
std::optional<RunOptions> parseOptions(int argc, char **argv, int &exitStatus);

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_OPTIONS_H
