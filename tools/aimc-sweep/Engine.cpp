#include "Engine.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace aimc::tools {

/// "VmHWM" of /proc/self/status and the like, in bytes; 0 when it is not there.
static uint64_t kilobytesOf(const char *file, const std::string &name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (line.compare(0, name.size() + 1, name + ":") == 0)
      return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
  return 0;
}

static uint64_t numberIn(const char *file) {
  std::ifstream stream(file);
  uint64_t number = 0;
  return stream >> number ? number : 0;
}

/// What this process and its neighbours may still take: the machine's, or the control group's when that is less.
static uint64_t availableMemory() {
  uint64_t available = kilobytesOf("/proc/meminfo", "MemAvailable");
  uint64_t most = numberIn("/sys/fs/cgroup/memory.max"), used = numberIn("/sys/fs/cgroup/memory.current");
  if (most > 0 && used > 0)
    available = std::min(available, most - std::min(used, most));
  return available;
}

/// Makes the peak, VmHWM, start again from the present; where the system forbids that the peak stays what it was.
static void resetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

Engine::Engine(const std::vector<Run> &runs, const Judge &judge, int jobs, int threads, int neighbours)
    : runs(runs), judge(judge), jobs(jobs), threads(threads), neighbours(neighbours) {
  for (int i = 0; i < jobs; ++i)
    workers.emplace_back([this] { work(); });
}

Engine::~Engine() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
    queue.clear();
  }
  moreWork.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

int Engine::wants() const {
  std::lock_guard<std::mutex> lock(mutex);
  return std::max(0, limit - running);
}

int Engine::busy() const {
  std::lock_guard<std::mutex> lock(mutex);
  return running + static_cast<int>(finished.size());
}

std::string Engine::remark() const {
  std::lock_guard<std::mutex> lock(mutex);
  return limitRemark;
}

void Engine::start(size_t run) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    queue.push_back(run);
    ++running;
  }
  moreWork.notify_one();
}

std::optional<FinishedRun> Engine::wait(int milliseconds) {
  std::unique_lock<std::mutex> lock(mutex);
  moreFinished.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return !finished.empty(); });
  if (finished.empty())
    return std::nullopt;
  FinishedRun run = std::move(finished.front());
  finished.pop_front();
  return run;
}

void Engine::limitByMemory(uint64_t before) {
  uint64_t peak = kilobytesOf("/proc/self/status", "VmHWM");
  uint64_t each = std::max<uint64_t>(peak > before ? peak - before : 0, 1 << 20);
  uint64_t available = availableMemory() / static_cast<uint64_t>(neighbours);
  // The first run's memory is free again, or kept for the next; a tenth stays for what differs between runs.
  uint64_t fit = std::max<uint64_t>((available - available / 10) / each, 1);
  std::lock_guard<std::mutex> lock(mutex);
  limit = static_cast<int>(std::min<uint64_t>(fit, static_cast<uint64_t>(jobs)));
  if (limit < jobs)
    limitRemark = "a run takes " + std::to_string(each >> 20) + " MiB, " + std::to_string(available >> 20) +
                  " MiB are free: " + std::to_string(limit) + " instead of " + std::to_string(jobs) + " at once";
}

FinishedRun Engine::execute(size_t index, aimc_pool *pool) const {
  const Run &run = runs[index];
  FinishedRun result;
  result.index = index;
  if (!run.network) {
    result.outcome = Failure{run.place + ": " + run.obstacle};
    return result;
  }
  Result<Trial> trial = run.network->run(run.chip, pool, nullptr, [](int64_t) {});
  if (!trial) {
    result.outcome = Failure{run.place + ": " + trial.error()};
    return result;
  }
  Result<Judgement> judgement = judge.judge(*run.network, trial->outputs);
  if (!judgement)
    result.outcome = Failure{run.place + ": " + judgement.error()};
  else
    result.outcome = Outcome{std::move(*judgement), trial->statistics};
  return result;
}

void Engine::work() {
  Result<Pool> pool = Failure{};
  bool poolIsWide = false;
  for (;;) {
    size_t index;
    bool first;
    {
      std::unique_lock<std::mutex> lock(mutex);
      moreWork.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping)
        return;
      index = queue.front();
      queue.pop_front();
      first = isFirst;
      isFirst = false;
    }
    uint64_t before = 0;
    if (first) {
      resetPeak();
      before = kilobytesOf("/proc/self/status", "VmHWM");
    }
    if (!pool || poolIsWide) {
      std::unique_lock<std::mutex> lock(mutex);
      int share = first ? threads : std::max(1, threads / limit);
      lock.unlock();
      poolIsWide = first;
      pool = createPool(share);
    }
    FinishedRun result = pool ? execute(index, pool->get()) : FinishedRun{index, pool.failure()};
    if (first && result.outcome)
      limitByMemory(before);
    {
      std::lock_guard<std::mutex> lock(mutex);
      isFirst = isFirst || (first && !result.outcome); // what failed says nothing of the memory
      --running;
      finished.push_back(std::move(result));
    }
    moreFinished.notify_one();
  }
}

} // namespace aimc::tools
