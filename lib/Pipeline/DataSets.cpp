//===- DataSets.cpp ---------------------------------------------------------------------------------------------===//
#include "DataSets.h"

#include "DataSet.h"
#include "Progress.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"

#include <memory>

using namespace aimc;

/// Samples of one run where the model leaves the batch open.
static constexpr int64_t kDynamicBatch = 50;

static llvm::Error asError(const std::string &message) { return llvm::createStringError(message); }

static llvm::Expected<std::vector<std::string>> listFiles(llvm::StringRef path) {
  if (!llvm::sys::fs::is_directory(path))
    return std::vector<std::string>{path.str()};
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(path, error), end; it != end && !error; it.increment(error))
    if (llvm::StringRef(it->path()).ends_with(".npy"))
      files.push_back(it->path());
  if (error)
    return llvm::createStringError(error, "cannot list %s: %s", path.str().c_str(), error.message().c_str());
  llvm::sort(files);
  return files;
}

namespace {
struct Data {
  std::vector<tools::DataSet> inputs;
  int64_t samples = 1;
  int64_t batch = 1;
  bool isFixed = false; ///< the model takes `batch` samples and no other number
};
} // namespace

static llvm::Expected<Data> openData(const aimc_model *model, llvm::StringRef path, llvm::StringRef inputScale) {
  std::optional<tools::InputScale> scale;
  if (!inputScale.empty()) {
    auto parsed = tools::InputScale::parse(inputScale.str());
    if (!parsed)
      return asError(parsed.error());
    scale = *parsed;
  }
  auto files = listFiles(path);
  if (!files)
    return files.takeError();
  int32_t count = aimc_model_input_count(model);
  if (int32_t(files->size()) != count)
    return llvm::createStringError(
        "inputs of the model: %d, .npy files of %s: %zu; put one for each input into a folder, their "
        "names in the order of the inputs",
        count, path.str().c_str(), files->size());
  Data data;
  data.samples = -1;
  data.batch = kDynamicBatch;
  for (int32_t i = 0; i < count; ++i) {
    aimc_tensor_info info = {};
    info.struct_size = sizeof(info);
    if (aimc_model_input(model, i, &info) != AIMC_OK)
      return llvm::createStringError("%s", aimc_last_error());
    auto set = tools::DataSet::open((*files)[i], tools::TensorInfo(info), scale);
    if (!set)
      return asError(set.error());
    int64_t samples = set->samples();
    if (samples >= 0 && data.samples >= 0 && samples != data.samples)
      return llvm::createStringError("%s holds %lld samples and %s holds %lld", (*files)[0].c_str(), (long long)data.samples,
                                     (*files)[i].c_str(), (long long)samples);
    if (samples >= 0)
      data.samples = samples;
    if (info.batch_dim >= 0 && info.dims[info.batch_dim] >= 0)
      data.batch = info.dims[info.batch_dim], data.isFixed = true;
    data.inputs.push_back(std::move(*set));
  }
  if (data.samples < 0)
    data.samples = data.batch = 1; // no input has a batch dimension
  return data;
}

llvm::Error aimc::runDataSet(const aimc_model *model, aimc_chip *chip, llvm::StringRef path, llvm::StringRef inputScale,
                             const aimc_run_options &options, const std::string &label,
                             llvm::function_ref<void(const std::string &)> doubt) {
  auto data = openData(model, path, inputScale);
  if (!data)
    return data.takeError();
  for (const tools::DataSet &input : data->inputs)
    llvm::for_each(input.doubts(), doubt);
  aimc_session *raw = nullptr;
  if (aimc_session_create(chip, &raw) != AIMC_OK)
    return llvm::createStringError("%s", aimc_last_error());
  std::unique_ptr<aimc_session, decltype(&aimc_session_release)> session(raw, aimc_session_release);
  std::optional<tools::Progress> progress;
  if (!label.empty())
    progress.emplace(label, data->samples);
  for (int64_t begin = 0; begin < data->samples; begin += data->batch) {
    int64_t left = data->samples - begin;
    if (data->isFixed && left < data->batch && begin > 0)
      break; // filling up would count the last sample several times
    int64_t count = data->isFixed ? data->batch : std::min(data->batch, left);
    std::vector<std::vector<char>> bytes(data->inputs.size());
    std::vector<std::vector<int64_t>> dims;
    std::vector<aimc_array> arrays;
    for (auto [i, input] : llvm::enumerate(data->inputs)) {
      if (auto status = input.read(begin, count, bytes[i]); !status)
        return asError(status.error());
      dims.push_back(input.dims(count));
      aimc_tensor_info info = {};
      info.struct_size = sizeof(info);
      aimc_model_input(model, i, &info);
      arrays.push_back({bytes[i].data(), info.type, int32_t(dims[i].size()), nullptr});
    }
    for (size_t i = 0; i < arrays.size(); ++i)
      arrays[i].dims = dims[i].data();
    aimc_run_options runOptions = options;
    runOptions.sample_offset = begin;
    if (aimc_session_run(raw, arrays.data(), int32_t(arrays.size()), &runOptions) != AIMC_OK)
      return llvm::createStringError("%s", aimc_last_error());
    if (progress)
      progress->update(std::min(begin + count, data->samples));
  }
  return llvm::Error::success();
}
