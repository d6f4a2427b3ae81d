// A model with its data, run on one chip after the other.
#ifndef AIMC_TOOLS_RUN_NETWORK_H
#define AIMC_TOOLS_RUN_NETWORK_H

#include "DataSet.h"
#include "LayerDump.h"
#include "Options.h"
#include "Progress.h"

#include <functional>
#include <memory>

namespace aimc::tools {

template <typename T, void (*release)(T *)>
struct Releaser {
  void operator()(T *handle) const { release(handle); }
};
using Model = std::unique_ptr<aimc_model, Releaser<aimc_model, aimc_model_release>>;
using Chip = std::unique_ptr<aimc_chip, Releaser<aimc_chip, aimc_chip_release>>;
using Session = std::unique_ptr<aimc_session, Releaser<aimc_session, aimc_session_release>>;
using Pool = std::unique_ptr<aimc_pool, Releaser<aimc_pool, aimc_pool_release>>;

struct OutputArray {
  aimc_type type = AIMC_F32;
  std::vector<int64_t> dims;
  std::vector<char> data; // dense
};

struct Trial {
  std::vector<OutputArray> outputs;
  aimc_statistics statistics{};
  double programSeconds = 0, runSeconds = 0;
};

class Network {
public:
  /// Opens the model and fits the input files to it.
  static Result<Network> open(const RunOptions &options);

  const std::vector<TensorInfo> &inputs() const { return inputInfos; }
  const std::vector<TensorInfo> &outputs() const { return outputInfos; }
  const std::vector<DataSet> &dataSets() const { return data; }
  /// 1 when no input counts samples.
  int64_t samples() const { return sampleCount; }
  /// Samples of one run.
  int64_t batch() const { return batchSize; }
  int64_t runs() const { return (sampleCount + batchSize - 1) / batchSize; }

  /// Programs a chip and runs all samples on it. `dump` may be null.
  Result<Trial> run(const RunOptions &options, uint32_t trial, LayerDump *dump,
                    const std::function<void(int64_t)> &done) const;

private:
  Status readInfos();
  Status openData(const RunOptions &options);
  Status chooseBatch(const RunOptions &options);
  /// Outputs whose samples the compiler could not follow: dimension `axis` counts them where it has the batch's size.
  void guessOutputBatches(int32_t axis, int64_t size);
  Result<std::vector<OutputArray>> collect(aimc_session *session, int64_t valid) const;
  Result<OutputArray> join(const TensorInfo &info, std::vector<OutputArray> pieces) const;

  std::string name;
  Model model;
  Pool pool;
  std::vector<TensorInfo> inputInfos, outputInfos;
  std::vector<DataSet> data;
  int64_t sampleCount = 1, batchSize = 1;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_NETWORK_H
