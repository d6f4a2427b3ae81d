//===- OneThread.h - Keeps OpenMP to the calling thread ---------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTRACT_ONETHREAD_H
#define AIMC_RUNTIME_CONTRACT_ONETHREAD_H

#include <omp.h>

namespace aimc {

/// While it lives, OpenMP regions begun on this thread have one thread. oneDNN runs inside our pool's tasks, each of which
/// would otherwise get a team of its own.
class OneThread {
public:
  OneThread() : before(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before); }
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

private:
  int before;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTRACT_ONETHREAD_H
