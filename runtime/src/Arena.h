//===- Arena.h - Memory of one session --------------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_ARENA_H
#define AIMC_RUNTIME_ARENA_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace aimc {

/// Allocations that host code makes while it runs, carved out of chunks that stay for the next run, so that memory is not
/// returned to the system and faulted in again. Any number of threads at once.
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
  /// Releases every block in use but those of `keep`. When none is left, several chunks become one, hardly larger than
  /// what was ever in use at once.
  void releaseAllBut(const std::vector<void *> &keep);

private:
  using Blocks = std::map<uintptr_t, uint64_t>; // sizes by address
  bool addChunk(uint64_t size);
  void freeChunks();
  Blocks::iterator retire(Blocks::iterator block);
  void addUnused(uintptr_t start, uint64_t size);
  void removeUnused(Blocks::iterator block);

  std::mutex mutex;
  Blocks chunks, used, unused;
  std::set<std::pair<uint64_t, uintptr_t>> unusedBySize;
  uint64_t usedBytes = 0, peakBytes = 0;
};

} // namespace aimc

#endif // AIMC_RUNTIME_ARENA_H
