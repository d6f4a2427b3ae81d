//===- Pool.h - Threads -----------------------------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_POOL_H
#define AIMC_RUNTIME_POOL_H

#include "Parallel.h"
#include "Status.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace aimc {

/// A fixed set of threads that serves any number of callers at once. The caller of `run` takes part in its own work; indices
/// are handed out one by one in ascending order. Called from inside a pool's work, `run` works on the calling thread alone.
class Pool {
public:
  /// `threads` counts the caller; 0: one per hardware thread, or what AIMC_THREADS says.
  static Result<std::shared_ptr<Pool>> create(int32_t threads);
  /// The process's own, made at first use and never destroyed.
  static std::shared_ptr<Pool> process();
  /// Whether the calling thread is inside a pool's work.
  static bool inside();

  ~Pool();
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  int32_t threads() const { return static_cast<int32_t>(workers.size()) + 1; }

  /// Runs body(context, i) for every i in [0, count). After a failure no further index is begun. Returns the failure with the
  /// lowest index among those that ran, its message recorded for the calling thread.
  aimc_status run(int64_t count, Parallel::Body body, void *context);

  Parallel parallel() {
    return {[](void *pool, int64_t count, Parallel::Body body, void *context) {
              return static_cast<Pool *>(pool)->run(count, body, context);
            },
            this, threads()};
  }

private:
  struct Job;

  Pool() = default;
  static void *workerMain(void *pool);
  void work();
  Job *nextJob() const;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<Job *> jobs;            // with indices left
  std::atomic<uint64_t> submitted{0}; // jobs ever; a hint for those who wait actively
  bool stopping = false, isSpinning = false;
  std::vector<pthread_t> workers;
};

} // namespace aimc

#endif // AIMC_RUNTIME_POOL_H
