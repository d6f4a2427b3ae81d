#include "Network.h"

#include "Recovery.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace aimc::tools {

using Clock = std::chrono::steady_clock;

static constexpr int64_t defaultBatch = 128;

static double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

static Failure lastError() { return Failure{aimc_last_error()}; }

Result<Pool> createPool(int32_t threads) {
  aimc_pool *pool = nullptr;
  if (aimc_pool_create(threads, &pool) != AIMC_OK)
    return lastError();
  return Pool(pool);
}

Result<Network> Network::open(const NetworkOptions &options) {
  Network network;
  network.name = options.model;
  aimc_model *model = nullptr;
  if (aimc_model_open(options.model.c_str(), &model) != AIMC_OK)
    return lastError();
  network.model.reset(model);
  if (Status status = network.readInfos(); !status)
    return status.failure();
  if (Status status = network.openData(options); !status)
    return status.failure();
  if (Status status = network.chooseBatch(options); !status)
    return status.failure();
  if (options.calibration.empty())
    return network;
  Result<Network> calibration = open({options.model, options.calibration, options.inputScale, options.batch});
  if (!calibration)
    return calibration.failure();
  calibration->firstSample = int64_t(1) << 31; // beyond every data set
  aimc::Result<std::shared_ptr<const Container>> container = Container::open(options.model);
  if (!container.ok())
    return Failure{container.status().message()};
  calibration->file = *container;
  network.calibration = std::make_shared<const Network>(std::move(*calibration));
  return network;
}

Status Network::readInfos() {
  aimc_tensor_info info{};
  info.struct_size = sizeof info;
  for (int32_t i = 0; i < aimc_model_input_count(model.get()); ++i) {
    if (aimc_model_input(model.get(), i, &info) != AIMC_OK)
      return lastError();
    inputInfos.emplace_back(info);
  }
  for (int32_t i = 0; i < aimc_model_output_count(model.get()); ++i) {
    if (aimc_model_output(model.get(), i, &info) != AIMC_OK)
      return lastError();
    outputInfos.emplace_back(info);
  }
  return {};
}

Status Network::openData(const NetworkOptions &options) {
  if (options.inputs.size() != inputInfos.size()) {
    std::string text = name + " takes " + std::to_string(inputInfos.size()) +
                       (inputInfos.size() == 1 ? " input file, " : " input files, ") + std::to_string(options.inputs.size()) +
                       (options.inputs.size() == 1 ? " is given" : " are given");
    if (!inputInfos.empty())
      text += "; in order:";
    for (const TensorInfo &info : inputInfos)
      text += "\n  '" + info.name + "' " + info.toString();
    return Failure{text};
  }
  bool scaled = false;
  const DataSet *counting = nullptr;
  data.reserve(inputInfos.size());
  for (size_t i = 0; i < inputInfos.size(); ++i) {
    auto set = DataSet::open(options.inputs[i], inputInfos[i], options.inputScale);
    if (!set)
      return set.failure();
    data.push_back(std::move(*set));
    const DataSet &last = data.back();
    scaled |= last.isScaled();
    if (last.samples() < 0)
      continue;
    if (counting && counting->samples() != last.samples())
      return Failure{counting->path() + " has " + std::to_string(counting->samples()) + " samples, " + last.path() + " has " +
                     std::to_string(last.samples()) + "; give as many of each"};
    counting = &last;
    sampleCount = last.samples();
  }
  if (options.inputScale && !scaled)
    return Failure{"--input-scale is given, but no input file holds integers for a float input; leave it out"};
  return {};
}

Status Network::chooseBatch(const NetworkOptions &options) {
  // Set by an input whose batch was fixed when the model was compiled.
  const TensorInfo *fixed = nullptr, *counting = nullptr;
  for (const TensorInfo &info : inputInfos) {
    if (info.batchDim < 0)
      continue;
    counting = &info;
    if (info.dims[info.batchDim] < 0)
      continue;
    if (fixed && fixed->dims[fixed->batchDim] != info.dims[info.batchDim])
      return Failure{name + ": inputs '" + fixed->name + "' " + fixed->toString() + " and '" + info.name + "' " +
                     info.toString() + " have different batches"};
    fixed = &info;
  }
  batchSize = fixed ? fixed->dims[fixed->batchDim] : std::min(options.batch.value_or(defaultBatch), sampleCount);
  if (options.batch && (fixed ? *options.batch != batchSize : !counting))
    return Failure{"--batch=" + std::to_string(*options.batch) + ": " +
                   (fixed ? "input '" + fixed->name + "' " + fixed->toString() + " has a batch of " +
                                std::to_string(batchSize) + ", fixed when the model was compiled; leave --batch out"
                          : "no input of " + name + " counts samples; leave it out")};
  if (counting)
    guessOutputBatches(counting->batchDim, fixed ? batchSize : -1);
  return {};
}

void Network::guessOutputBatches(int32_t axis, int64_t size) {
  for (TensorInfo &info : outputInfos)
    if (info.batchDim < 0 && static_cast<size_t>(axis) < info.dims.size() && info.dims[axis] == size)
      info.batchDim = axis;
}

/// The first `count` of `size` entries of dimension `axis`.
static void keepFirst(OutputArray &array, int32_t axis, int64_t count) {
  int64_t outer = 1, inner = static_cast<int64_t>(sizeOf(array.type)), size = array.dims[axis];
  for (int32_t i = 0; i < axis; ++i)
    outer *= array.dims[i];
  for (size_t i = axis + 1; i < array.dims.size(); ++i)
    inner *= array.dims[i];
  for (int64_t i = 1; i < outer; ++i)
    std::memmove(&array.data[i * count * inner], &array.data[i * size * inner], static_cast<size_t>(count * inner));
  array.dims[axis] = count;
  array.data.resize(static_cast<size_t>(outer * count * inner));
}

/// The outputs of a run, without those of samples from `valid` on.
Result<std::vector<OutputArray>> Network::collect(aimc_session *session, int64_t valid) const {
  std::vector<OutputArray> arrays;
  for (size_t i = 0; i < outputInfos.size(); ++i) {
    aimc_array array{};
    if (aimc_session_output(session, static_cast<int32_t>(i), &array) != AIMC_OK)
      return lastError();
    OutputArray copy;
    copy.type = array.type;
    copy.dims.assign(array.dims, array.dims + array.rank);
    const char *bytes = static_cast<const char *>(array.data);
    copy.data.assign(bytes, bytes + static_cast<size_t>(elementCount(copy.dims)) * sizeOf(copy.type));
    int32_t axis = outputInfos[i].batchDim;
    if (valid < batchSize && axis >= 0) {
      // A dimension may count several entries for each sample.
      if (copy.dims[axis] % batchSize != 0)
        return Failure{"output '" + outputInfos[i].name + "' has shape " + toString(copy.dims) + " for a batch of " +
                       std::to_string(batchSize) + ", which does not tell whose entries are whose; give a multiple of " +
                       std::to_string(batchSize) + " samples"};
      keepFirst(copy, axis, copy.dims[axis] / batchSize * valid);
    }
    arrays.push_back(std::move(copy));
  }
  return arrays;
}

Result<OutputArray> Network::join(size_t output, std::vector<OutputArray> pieces) const {
  const TensorInfo &info = outputInfos[output];
  if (pieces.size() == 1)
    return std::move(pieces[0]);
  OutputArray whole;
  whole.type = pieces[0].type;
  size_t axis = info.batchDim < 0 ? 0 : static_cast<size_t>(info.batchDim);
  int64_t total = 0, outer = 1, inner = static_cast<int64_t>(sizeOf(whole.type));
  const std::vector<int64_t> first = pieces[0].dims;
  for (OutputArray &piece : pieces) {
    for (size_t i = 0; i < piece.dims.size(); ++i)
      if ((info.batchDim < 0 || i != axis) && piece.dims[i] != first[i])
        return Failure{"output '" + info.name + "' has shape " + toString(first) + " in one run and " + toString(piece.dims) +
                       " in another; --batch=" + std::to_string(sampleCount) + " makes one run of them"};
    if (info.batchDim < 0)
      piece.dims.insert(piece.dims.begin(), 1);
    total += piece.dims[axis];
  }
  whole.dims = pieces[0].dims;
  whole.dims[axis] = total;
  for (size_t i = 0; i < axis; ++i)
    outer *= whole.dims[i];
  for (size_t i = axis + 1; i < whole.dims.size(); ++i)
    inner *= whole.dims[i];
  whole.data.reserve(static_cast<size_t>(outer * total * inner));
  for (int64_t i = 0; i < outer; ++i)
    for (const OutputArray &piece : pieces) {
      auto from = piece.data.begin() + i * piece.dims[axis] * inner;
      whole.data.insert(whole.data.end(), from, from + piece.dims[axis] * inner);
    }
  return whole;
}

Result<ProgrammedChip> Network::program(const ChipSettings &settings, aimc_pool *pool) const {
  ProgrammedChip programmed;
  if (settings.recovery != Recovery::None && settings.corrections.empty() && settings.fidelity != AIMC_EXACT && calibration) {
    ChipSettings recovered = settings;
    Result<std::vector<Correction>> fitted = fitCorrections(*calibration, settings, pool);
    if (!fitted)
      return fitted.failure();
    recovered.corrections = std::move(*fitted);
    return program(recovered, pool);
  }
  std::vector<aimc_correction> list;
  aimc_chip_options options = settings.options(pool, list);
  aimc_chip *chip = nullptr;
  if (aimc_chip_create(model.get(), &options, &chip) != AIMC_OK)
    return lastError();
  programmed.chip.reset(chip);
  aimc_session *session = nullptr;
  if (aimc_session_create(chip, &session) != AIMC_OK)
    return lastError();
  programmed.session.reset(session);
  return programmed;
}

Result<std::vector<OutputArray>> Network::runBatch(const ProgrammedChip &chip, int64_t begin, LayerObserver *observer) const {
  int64_t valid = std::min(batchSize, sampleCount - begin);
  // A free batch shrinks at the end, a fixed one is filled up.
  bool isFree = std::all_of(inputInfos.begin(), inputInfos.end(),
                            [](const TensorInfo &info) { return info.batchDim < 0 || info.dims[info.batchDim] < 0; });
  int64_t count = isFree ? valid : batchSize;
  std::vector<std::vector<char>> bytes(data.size());
  std::vector<std::vector<int64_t>> dims(data.size());
  std::vector<aimc_array> arrays(data.size());
  for (size_t i = 0; i < data.size(); ++i) {
    if (Status status = data[i].read(begin, count, bytes[i]); !status)
      return status.failure();
    dims[i] = data[i].dims(count);
    arrays[i] = {bytes[i].data(), inputInfos[i].type, static_cast<int32_t>(dims[i].size()), dims[i].data()};
  }
  aimc_run_options options{};
  options.struct_size = sizeof options;
  options.sample_offset = firstSample + begin;
  if (observer && observer->observe()) {
    options.observe = observer->observe();
    options.observer = [](void *user, const aimc_observation *observation) {
      return static_cast<LayerObserver *>(user)->add(*observation);
    };
    options.user = observer;
  }
  if (aimc_session_run(chip.session.get(), arrays.data(), static_cast<int32_t>(arrays.size()), &options) != AIMC_OK)
    return observer && !observer->status() ? observer->status().failure() : lastError();
  return collect(chip.session.get(), isFree ? batchSize : valid);
}

Result<Trial> Network::run(const ChipSettings &settings, aimc_pool *pool, LayerObserver *observer,
                           const std::function<void(int64_t)> &done) const {
  Trial trial;
  Clock::time_point start = Clock::now();
  Result<ProgrammedChip> chip = program(settings, pool);
  if (!chip)
    return chip.failure();
  trial.programSeconds = secondsSince(start);

  start = Clock::now();
  std::vector<std::vector<OutputArray>> pieces(outputInfos.size());
  for (int64_t begin = 0; begin < sampleCount; begin += batchSize) {
    Result<std::vector<OutputArray>> outputs = runBatch(*chip, begin, observer);
    if (!outputs)
      return outputs.failure();
    for (size_t i = 0; i < outputs->size(); ++i)
      pieces[i].push_back(std::move((*outputs)[i]));
    done(std::min(begin + batchSize, sampleCount));
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    Result<OutputArray> whole = join(i, std::move(pieces[i]));
    if (!whole)
      return whole.failure();
    trial.outputs.push_back(std::move(*whole));
  }
  trial.runSeconds = secondsSince(start);
  trial.statistics.struct_size = sizeof trial.statistics;
  if (aimc_chip_statistics(chip->chip.get(), &trial.statistics) != AIMC_OK)
    return lastError();
  return trial;
}

} // namespace aimc::tools
