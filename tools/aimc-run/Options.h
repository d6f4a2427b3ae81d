// The command line of aimc-run.
#ifndef AIMC_TOOLS_RUN_OPTIONS_H
#define AIMC_TOOLS_RUN_OPTIONS_H

#include "Network.h"

namespace aimc::tools {

struct RunOptions {
  NetworkOptions network;
  ChipSettings chip;
  uint32_t trials = 1;
  int32_t threads = 0;
  std::optional<std::string> outputDir;
  std::optional<std::string> labels;
  std::vector<std::string> expect;
  std::optional<std::string> dumpLayers;
  int64_t dumpRows = 4096;
  std::optional<std::string> report; // "layers"
  bool json = false;
};

/// Parses the command line; nothing when the program should end with `exitStatus` at once: after --help or --version, or
/// after an error, which has been printed.
std::optional<RunOptions> parseOptions(int argc, char **argv, int &exitStatus);

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_OPTIONS_H
