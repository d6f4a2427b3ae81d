// The command line of aimc-sweep.
#ifndef AIMC_TOOLS_SWEEP_OPTIONS_H
#define AIMC_TOOLS_SWEEP_OPTIONS_H

#include "Grid.h"
#include "Network.h"

namespace aimc::tools {

struct SweepOptions {
  GridOptions grid;
  std::vector<std::string> inputs;
  std::vector<std::string> calibration; // one .npy file per graph input; empty: none
  std::optional<InputScale> inputScale;
  std::string inputScaleText;
  std::optional<int64_t> batch;
  std::optional<std::string> labels;
  std::vector<std::string> expect;
  std::string outputDir = "sweep";
  bool restart = false, failFast = false;
  bool png = false;
  std::optional<std::string> plotAxis;
  std::optional<std::string> compiler, cache;
  int jobs = 0, threads = 0;
  bool quiet = false;
};

/// Parses the command line; nothing when the program should end with `exitStatus` at once: after --help or --version, or
/// after an error. Help and errors are printed only if `speaks`.
std::optional<SweepOptions> parseOptions(int argc, char **argv, bool speaks, int &exitStatus);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_OPTIONS_H
