//===- Parallel.h - How parts ask for many threads --------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_PARALLEL_H
#define AIMC_RUNTIME_PARALLEL_H

#include "aimc/aimc.h"

#include <type_traits>

namespace aimc {

/// Runs independent pieces of work, maybe on many threads. A reference: whoever made it outlives it.
struct Parallel {
  using Body = aimc_status (*)(void *context, int64_t index);

  aimc_status (*run)(void *runner, int64_t count, Body body, void *context);
  void *runner;
  int32_t threads = 1; // how many at most; only for choosing sizes of pieces that change no result

  /// body(i) for every i in [0, count); body returns an aimc_status. The failure with the lowest index is returned.
  template <typename F> aimc_status operator()(int64_t count, F &&body) const {
    auto call = [](void *context, int64_t index) -> aimc_status {
      return (*static_cast<std::remove_reference_t<F> *>(context))(index);
    };
    return run(runner, count, call, const_cast<void *>(static_cast<const void *>(&body)));
  }

  /// On the calling thread only.
  static Parallel inlined() {
    return {[](void *, int64_t count, Body body, void *context) {
              for (int64_t i = 0; i < count; ++i)
                if (aimc_status status = body(context, i))
                  return status;
              return AIMC_OK;
            },
            nullptr};
  }
};

} // namespace aimc

#endif // AIMC_RUNTIME_PARALLEL_H
