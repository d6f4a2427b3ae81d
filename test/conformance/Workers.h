//===- Workers.h - many tasks, each in a process of its own -----------------------------------------------------===//
#ifndef AIMC_TEST_CONFORMANCE_WORKERS_H
#define AIMC_TEST_CONFORMANCE_WORKERS_H

#include "Check.h"

#include "llvm/ADT/STLExtras.h"

namespace aimc::conformance {

/// Runs `task(i)` for i in [0, count), each in a forked process, at most `jobs` at a time. A process that dies or takes longer
/// than `seconds` has failed, with that as the reason. `finished(i, verdict)` is called in this process, in order of
/// completion.
void runForked(size_t count, unsigned jobs, double seconds, llvm::function_ref<Verdict(size_t)> task,
               llvm::function_ref<void(size_t, const Verdict &)> finished);

} // namespace aimc::conformance

#endif // AIMC_TEST_CONFORMANCE_WORKERS_H
