// A progress bar on the standard error, when that is a terminal.
#ifndef AIMC_TOOLS_COMMON_PROGRESS_H
#define AIMC_TOOLS_COMMON_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <string>

namespace aimc::tools {

class Progress {
public:
  /// What there is when the standard error is no terminal: nothing at all, or a line every ten seconds.
  enum class Elsewhere { Nothing, Lines };
  Progress(std::string label, int64_t total, Elsewhere elsewhere = Elsewhere::Nothing);
  /// Wipes the bar.
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Redraws at most ten times a second.
  void update(int64_t done);

private:
  std::string label;
  int64_t total;
  bool shown, drawn = false;
  bool lines; // instead of a bar
  std::chrono::steady_clock::time_point started, last;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_PROGRESS_H
