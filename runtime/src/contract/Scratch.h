//===- Scratch.h - Working memory of one thread -----------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_SCRATCH_H
#define AIMC_RUNTIME_CONTRACT_SCRATCH_H

#include <cstddef>
#include <cstdlib>

namespace aimc {

/// A 64-byte aligned buffer that grows and is kept. One per thread and use: declare it static thread_local.
class Scratch {
public:
  Scratch() = default;
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  ~Scratch() { std::free(start); }

  /// Room for `count` elements, not cleared; null when there is no memory. The last result is void after the next call.
  template <typename T> T *get(size_t count) {
    size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
    if (bytes > capacity) {
      std::free(start);
      start = std::aligned_alloc(64, bytes);
      capacity = start ? bytes : 0;
    }
    return static_cast<T *>(start);
  }

private:
  void *start = nullptr;
  size_t capacity = 0;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_SCRATCH_H
