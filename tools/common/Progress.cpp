#include "Progress.h"

#include <cstdio>
#include <unistd.h>

namespace aimc::tools {

using Clock = std::chrono::steady_clock;

Progress::Progress(std::string label, int64_t total, Elsewhere elsewhere)
    : label(std::move(label)), total(total), started(Clock::now()), last(started) {
  bool terminal = isatty(STDERR_FILENO);
  shown = total > 0 && (terminal || elsewhere == Elsewhere::Lines);
  lines = !terminal;
}

Progress::~Progress() {
  if (drawn && !lines)
    std::fputs("\r\x1b[K", stderr);
}

void Progress::update(int64_t done) {
  Clock::time_point now = Clock::now();
  if (!shown || now - last < std::chrono::milliseconds(lines ? 10000 : 100))
    return;
  last = now;
  drawn = true;
  constexpr int64_t width = 30;
  int64_t filled = width * done / total;
  double seconds = std::chrono::duration<double>(now - started).count();
  double left = done > 0 ? seconds * static_cast<double>(total - done) / static_cast<double>(done) : 0;
  auto count = static_cast<long long>(done), all = static_cast<long long>(total);
  if (lines) {
    std::fprintf(stderr, "%s: %lld of %lld, %.0f s left\n", label.c_str(), count, all, left);
    return;
  }
  std::string bar = std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(width - filled), '.');
  std::fprintf(stderr, "\r\x1b[K%s [%s] %lld/%lld, %.0f s left", label.c_str(), bar.c_str(), count, all, left);
  std::fflush(stderr);
}

} // namespace aimc::tools
