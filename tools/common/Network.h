// A model with its data, run on one chip after the other.
#ifndef AIMC_TOOLS_COMMON_NETWORK_H
#define AIMC_TOOLS_COMMON_NETWORK_H

#include "ChipSettings.h"
#include "DataSet.h"
#include "container/Container.h"

#include <functional>
#include <memory>

namespace aimc::tools {

template <typename T, void (*release)(T *)> struct Releaser {
  void operator()(T *handle) const { release(handle); }
};
using Model = std::unique_ptr<aimc_model, Releaser<aimc_model, aimc_model_release>>;
using Chip = std::unique_ptr<aimc_chip, Releaser<aimc_chip, aimc_chip_release>>;
using Session = std::unique_ptr<aimc_session, Releaser<aimc_session, aimc_session_release>>;
using Pool = std::unique_ptr<aimc_pool, Releaser<aimc_pool, aimc_pool_release>>;

/// A pool of `threads` workers, 0: one per hardware thread.
Result<Pool> createPool(int32_t threads);

/// Which model runs on which samples.
struct NetworkOptions {
  std::string model;
  std::vector<std::string> inputs; // one .npy file per graph input
  std::optional<InputScale> inputScale;
  std::optional<int64_t> batch;              // samples of a run
  std::vector<std::string> calibration = {}; // one .npy file per graph input, for recovery; empty: none
};

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

/// Sees the layers of a run.
class LayerObserver {
public:
  virtual ~LayerObserver() = default;
  /// AIMC_OBSERVE_… bits of the next run, 0: nothing more.
  virtual uint32_t observe() const = 0;
  /// AIMC_OK, or something else that ends the run; `status` then says why.
  virtual aimc_status add(const aimc_observation &observation) = 0;
  virtual const Status &status() const = 0;
};

/// A chip with one session.
struct ProgrammedChip {
  Chip chip;
  Session session;
};

/// Immutable once open: any number of threads may run it, each on its own chip.
class Network {
public:
  /// Opens the model and fits the input files to it.
  static Result<Network> open(const NetworkOptions &options);

  const std::string &path() const { return name; }
  /// Of a network that is open for calibration.
  const Container &container() const { return *file; }
  const std::vector<TensorInfo> &inputs() const { return inputInfos; }
  const std::vector<TensorInfo> &outputs() const { return outputInfos; }
  const std::vector<DataSet> &dataSets() const { return data; }
  /// 1 when no input counts samples.
  int64_t samples() const { return sampleCount; }
  /// Samples of one run.
  int64_t batch() const { return batchSize; }
  int64_t runs() const { return (sampleCount + batchSize - 1) / batchSize; }

  /// With recovery, a chip of the same seed and trial is fitted on the calibration data first.
  Result<ProgrammedChip> program(const ChipSettings &settings, aimc_pool *pool) const;
  /// Runs the batch of samples from `begin` on. Its outputs lack those of samples that only fill a fixed batch up. `observer`
  /// may be null.
  Result<std::vector<OutputArray>> runBatch(const ProgrammedChip &chip, int64_t begin, LayerObserver *observer) const;
  /// Programs a chip and runs all samples on it. `done` hears how many are through.
  Result<Trial> run(const ChipSettings &settings, aimc_pool *pool, LayerObserver *observer,
                    const std::function<void(int64_t)> &done) const;
  /// One array of the batches' ones, along the batch dimension; along a new first one where an output has none.
  Result<OutputArray> join(size_t output, std::vector<OutputArray> pieces) const;

private:
  Status readInfos();
  Status openData(const NetworkOptions &options);
  Status chooseBatch(const NetworkOptions &options);
  /// Outputs whose samples the compiler could not follow: dimension `axis` counts them where it has the batch's size.
  void guessOutputBatches(int32_t axis, int64_t size);
  Result<std::vector<OutputArray>> collect(aimc_session *session, int64_t valid) const;

  std::string name;
  std::shared_ptr<const Container> file;
  std::shared_ptr<const Network> calibration;
  int64_t firstSample = 0; // where noise counts samples from
  Model model;
  std::vector<TensorInfo> inputInfos, outputInfos;
  std::vector<DataSet> data;
  int64_t sampleCount = 1, batchSize = 1;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_NETWORK_H
