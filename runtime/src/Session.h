//===- Session.h - Runs a programmed model ----------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_SESSION_H
#define AIMC_RUNTIME_SESSION_H

#include "Arena.h"
#include "Chip.h"
#include "contract/Contract.h"

#include <vector>

namespace aimc {

/// Scratch of one caller. One run at a time.
class Session {
public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Chip> chip);
  ~Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  const Chip &chip() const { return *owner; }

  /// Runs the network once; on success the outputs are valid until the next run. `options` is complete.
  Status run(const aimc_array *inputs, int32_t inputCount, const aimc_run_options &options);
  /// Output `index` of the last run, which must have succeeded.
  Result<aimc_array> output(int32_t index) const;

private:
  friend struct Environment;

  /// A strided array with room for its sizes and strides.
  struct Array {
    aimc_buffer buffer = {};
    std::vector<int64_t> sizes, strides;
    explicit Array(int32_t rank, aimc_type type);
    void point(aimc_buffer &at);
  };
  struct Output {
    void *data = nullptr, *allocation = nullptr;
    std::vector<int64_t> dims;
  };

  explicit Session(std::shared_ptr<const Chip> chip);
  Status checkInputs(const aimc_array *inputs, int32_t inputCount) const;
  Status callHostCode(const aimc_array *inputs, std::vector<aimc_buffer> &outs);
  Status adopt(const aimc_buffer &buffer, const TensorInfo &info, Output &output);

  std::shared_ptr<const Chip> owner;
  aimc_env env = {};
  void *scratch = nullptr;
  Arena arena;
  std::vector<Array> inputArrays, outputArrays;
  std::vector<CachedPlan> plans; // by contraction

  // Of the current or last run.
  const aimc_run_options *runOptions = nullptr;
  std::vector<int64_t> invocations; // by site
  std::vector<Output> outputs;
  bool finished = false;
};

} // namespace aimc

#endif // AIMC_RUNTIME_SESSION_H
