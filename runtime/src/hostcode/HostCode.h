//===- HostCode.h - Loads the compiled digital part -------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_HOSTCODE_HOSTCODE_H
#define AIMC_RUNTIME_HOSTCODE_HOSTCODE_H

#include "aimc/env.h"
#include "container/Container.h"

namespace aimc {

/// The container's host code for this machine, mapped and ready to be called. Native code of the model's author runs from
/// here on: load models from people whose programs you would run.
class HostCode {
public:
  /// Picks the first host code whose triple and features fit this machine, checks it and maps it.
  static Result<std::shared_ptr<const HostCode>> load(const Container &container);

  ~HostCode();
  HostCode(const HostCode &) = delete;
  HostCode &operator=(const HostCode &) = delete;

  aimc_entry_fn entry() const { return function; }

private:
  HostCode(void *library, int descriptor) : library(library), descriptor(descriptor) {}

  void *library;
  int descriptor;
  aimc_entry_fn function = nullptr;
};

} // namespace aimc

#endif // AIMC_RUNTIME_HOSTCODE_HOSTCODE_H
