#include "Pool.h"

#include "LastError.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <thread>

using namespace aimc;

static constexpr int32_t maxThreads = 1024;
static thread_local bool insideWork = false;

/// One call of `run`, on its caller's stack.
struct Pool::Job {
  int64_t count;
  Parallel::Body body;
  void *context;
  int processor; // of the caller
  std::atomic<int64_t> next{0};

  std::mutex mutex; // guards what follows
  std::condition_variable done;
  std::atomic<int> helpers{0}; // changes under the mutex
  int64_t failedIndex = INT64_MAX;
  aimc_status failure = AIMC_OK;
  std::string message;

  bool exhausted() const { return next.load(std::memory_order_relaxed) >= count; }

  void share() {
    insideWork = true;
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;)
      if (aimc_status status = body(context, i))
        fail(i, status);
    insideWork = false;
  }

  void fail(int64_t index, aimc_status status) {
    next.store(count, std::memory_order_relaxed);
    std::lock_guard<std::mutex> lock(mutex);
    if (index >= failedIndex)
      return;
    failedIndex = index;
    failure = status;
    message = lastError();
  }
};

bool Pool::inside() { return insideWork; }

/// Waits actively for a little while, since sleeping and waking take longer than most layers of a small network. Not when
/// threads share processors.
template <typename Done> static void spinUntil(const Done &done) {
  constexpr std::chrono::microseconds longest(30);
  auto end = std::chrono::steady_clock::now() + longest;
  do
    for (int i = 0; i < 32; ++i) {
      if (done())
        return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  while (std::chrono::steady_clock::now() < end);
}

/// A scheduler may wake a thread on the processor of the one that woke it and leave it there while others idle (Linux does
/// where no two processors share a cache, as on virtual machines): the two would take turns. The woken one moves to another.
static void moveAwayFrom(int processor) {
  if (processor < 0 || sched_getcpu() != processor)
    return;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return;
  cpu_set_t others = allowed;
  CPU_CLR(processor, &others);
  if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0)
    sched_setaffinity(0, sizeof allowed, &allowed);
}

static int32_t defaultThreads() {
  if (const char *text = std::getenv("AIMC_THREADS")) {
    long value = std::strtol(text, nullptr, 10);
    if (value >= 1)
      return static_cast<int32_t>(std::min<long>(value, maxThreads));
  }
  return std::clamp<int32_t>(static_cast<int32_t>(std::thread::hardware_concurrency()), 1, maxThreads);
}

Result<std::shared_ptr<Pool>> Pool::create(int32_t threads) {
  if (threads < 0 || threads > maxThreads)
    return error(AIMC_INVALID_ARGUMENT, "%d threads; a pool has 1 to %d, or 0 for one per hardware thread", threads,
                 maxThreads);
  if (threads == 0)
    threads = defaultThreads();
  std::shared_ptr<Pool> pool(new Pool);
  pool->workers.reserve(threads - 1);
  pool->isSpinning = threads <= static_cast<int32_t>(std::thread::hardware_concurrency());
  for (int32_t i = 1; i < threads; ++i) {
    pthread_t thread;
    if (int code = pthread_create(&thread, nullptr, workerMain, pool.get()))
      return error(AIMC_OUT_OF_MEMORY, "cannot start thread %d of %d: %s", i + 1, threads, std::strerror(code));
    pool->workers.push_back(thread);
  }
  return pool;
}

std::shared_ptr<Pool> Pool::process() {
  static std::shared_ptr<Pool> *pool = [] {
    Result<std::shared_ptr<Pool>> made = create(0);
    if (!made.ok()) // no thread to be had: everything still runs, on the callers' own
      made = create(1);
    return new std::shared_ptr<Pool>(*made);
  }();
  return *pool;
}

Pool::~Pool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  wake.notify_all();
  for (pthread_t thread : workers)
    pthread_join(thread, nullptr);
}

Pool::Job *Pool::nextJob() const {
  auto found = std::find_if(jobs.begin(), jobs.end(), [](Job *job) { return !job->exhausted(); });
  return found == jobs.end() ? nullptr : *found;
}

void *Pool::workerMain(void *pool) {
  static_cast<Pool *>(pool)->work();
  return nullptr;
}

void Pool::work() {
  uint64_t seen = 0;
  while (true) {
    if (isSpinning)
      spinUntil([&] { return submitted.load(std::memory_order_relaxed) != seen; });
    std::unique_lock<std::mutex> lock(mutex);
    Job *job = nullptr;
    wake.wait(lock, [&] { return stopping || (job = nextJob()); });
    if (stopping)
      return;
    seen = submitted.load(std::memory_order_relaxed);
    // The job cannot go away while it is in `jobs`, whose mutex is held, nor while it has helpers.
    {
      std::lock_guard<std::mutex> jobLock(job->mutex);
      ++job->helpers;
    }
    lock.unlock();
    moveAwayFrom(job->processor);
    job->share();
    {
      std::lock_guard<std::mutex> jobLock(job->mutex);
      if (--job->helpers == 0)
        job->done.notify_all();
    }
  }
}

static aimc_status runInline(int64_t count, Parallel::Body body, void *context) {
  for (int64_t i = 0; i < count; ++i)
    if (aimc_status status = body(context, i))
      return status;
  return AIMC_OK;
}

aimc_status Pool::run(int64_t count, Parallel::Body body, void *context) {
  if (insideWork || workers.empty() || count <= 1)
    return runInline(count, body, context);
  Job job;
  job.count = count;
  job.body = body;
  job.context = context;
  job.processor = sched_getcpu();
  {
    std::lock_guard<std::mutex> lock(mutex);
    jobs.push_back(&job);
    submitted.fetch_add(1, std::memory_order_relaxed);
  }
  if (count - 1 >= static_cast<int64_t>(workers.size()))
    wake.notify_all();
  else
    for (int64_t i = 1; i < count; ++i)
      wake.notify_one();
  job.share();
  {
    std::lock_guard<std::mutex> lock(mutex);
    jobs.erase(std::find(jobs.begin(), jobs.end(), &job));
  }
  if (isSpinning)
    spinUntil([&] { return job.helpers.load(std::memory_order_relaxed) == 0; });
  std::unique_lock<std::mutex> lock(job.mutex);
  job.done.wait(lock, [&] { return job.helpers == 0; });
  if (job.failure != AIMC_OK)
    lastError() = job.message;
  return job.failure;
}
