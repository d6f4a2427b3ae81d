// Programs that a sweep starts.
#ifndef AIMC_TOOLS_SWEEP_COMMAND_H
#define AIMC_TOOLS_SWEEP_COMMAND_H

#include "Result.h"

#include <vector>

namespace aimc::tools {

/// Runs words[0], looked for on PATH unless it has a '/', and waits for it. Both of its streams go to the file `log`. Errors:
/// it cannot be started, followed by `hint`; its exit status is not 0: "PURPOSE failed: ", the command and what it said.
Status runCommand(const std::vector<std::string> &words, const std::string &log, const std::string &purpose,
                  const std::string &hint);

/// Whether PATH has an executable of this name.
bool isOnPath(const std::string &program);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_COMMAND_H
