//===- Arena.h - Memory of one session --------------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_ARENA_H
#define AIMC_RUNTIME_ARENA_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace aimc {

/// Allocations that host code makes while it runs. Freed blocks are kept for the next run, whose requests are the same, so
/// that memory is not returned to the system and faulted in again. Any number of threads at once.
class Arena {
public:
  Arena() = default;
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  /// 64-byte aligned, not cleared; null when there is no memory. `bytes` 0 gives a block too.
  void *allocate(uint64_t bytes);
  void release(void *allocation);
  /// Whether `begin` starts a range of `bytes` within the block `allocation`, which must be one of this arena in use.
  bool holds(void *allocation, const void *begin, uint64_t bytes);
  /// Releases every block in use but those of `keep`.
  void releaseAllBut(const std::vector<void *> &keep);

private:
  using Blocks = std::map<void *, uint64_t>;
  void *use(void *start, uint64_t size);
  Blocks::iterator retire(Blocks::iterator block);
  void trim(uint64_t size);

  std::mutex mutex;
  Blocks used;                            // sizes by address
  std::multimap<uint64_t, void *> unused; // addresses by size
  uint64_t usedBytes = 0, unusedBytes = 0, peakBytes = 0;
};

} // namespace aimc

#endif // AIMC_RUNTIME_ARENA_H
