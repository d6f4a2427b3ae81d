// Runs of a sweep, several at once, each on a thread of its own with a pool of its own.
#ifndef AIMC_TOOLS_SWEEP_ENGINE_H
#define AIMC_TOOLS_SWEEP_ENGINE_H

#include "Journal.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace aimc::tools {

/// One chip of one cell.
struct Run {
  const Network *network = nullptr; // null: there is none, and `obstacle` says why
  std::string obstacle = {};
  size_t container = 0; // of Grid::containers
  ChipSettings chip;
  std::string place; // in the grid, for messages
};

struct FinishedRun {
  size_t index = 0;
  Result<Outcome> outcome = Failure{};
};

class Engine {
public:
  /// At most `jobs` runs at once, on `threads` threads in all, and only as many as fit the memory: the first runs alone, and
  /// what it took says how many. `neighbours`: processes that share the memory, this one counted.
  Engine(const std::vector<Run> &runs, const Judge &judge, int jobs, int threads, int neighbours);
  /// Waits for the runs that are under way.
  ~Engine();
  Engine(const Engine &) = delete;

  /// How many more runs it would take now.
  int wants() const;
  void start(size_t run);
  /// Runs under way.
  int busy() const;
  /// The next finished run; nothing when none finishes within `milliseconds`.
  std::optional<FinishedRun> wait(int milliseconds);
  /// A remark on how many run at once when the memory limits it, empty otherwise.
  std::string remark() const;

private:
  void work();
  FinishedRun execute(size_t index, aimc_pool *pool) const;
  void limitByMemory(uint64_t before);

  const std::vector<Run> &runs;
  const Judge &judge;
  int jobs, threads, neighbours;

  mutable std::mutex mutex;
  std::condition_variable moreWork, moreFinished;
  std::deque<size_t> queue;
  std::deque<FinishedRun> finished;
  int limit = 1, running = 0; // running: queued or under way
  bool isFirst = true, stopping = false;
  std::string limitRemark;
  std::vector<std::thread> workers;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_ENGINE_H
