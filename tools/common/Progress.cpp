#include "Progress.h"

#include <cstdio>
#include <unistd.h>

namespace aimc::tools {

using Clock = std::chrono::steady_clock;

Progress::Progress(std::string label, int64_t total)
    : label(std::move(label)), total(total), shown(total > 0 && isatty(STDERR_FILENO)), started(Clock::now()), last(started) {
}

Progress::~Progress() {
  if (drawn)
    std::fputs("\r\x1b[K", stderr);
}

void Progress::update(int64_t done) {
  Clock::time_point now = Clock::now();
  if (!shown || now - last < std::chrono::milliseconds(100))
    return;
  last = now;
  drawn = true;
  constexpr int64_t width = 30;
  int64_t filled = width * done / total;
  double seconds = std::chrono::duration<double>(now - started).count();
  double left = done > 0 ? seconds * static_cast<double>(total - done) / static_cast<double>(done) : 0;
  std::string bar = std::string(static_cast<size_t>(filled), '#') + std::string(static_cast<size_t>(width - filled), '.');
  std::fprintf(stderr, "\r\x1b[K%s [%s] %lld/%lld, %.0f s left", label.c_str(), bar.c_str(), static_cast<long long>(done),
               static_cast<long long>(total), left);
  std::fflush(stderr);
}

} // namespace aimc::tools
