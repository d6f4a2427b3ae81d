#include "Judge.h"

#include <algorithm>

namespace aimc::tools {

static std::vector<double> asDoubles(const void *data, aimc_type type, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    values[i] = elementAsDouble(data, type, i);
  return values;
}

std::vector<double> asDoubles(const OutputArray &array) {
  return asDoubles(array.data.data(), array.type, elementCount(array.dims));
}

/// The file's elements; it has to be row-major.
static Result<std::vector<double>> readValues(const NpyFile &file) {
  if (!file.isRowMajor())
    return Failure{file.path() + ": its array is column-major; save it again with np.ascontiguousarray"};
  return asDoubles(file.data(), file.type(), file.size());
}

Result<Judge> Judge::open(const std::optional<std::string> &labels, const std::vector<std::string> &expect) {
  Judge judge;
  if (labels) {
    judge.labelsPath = *labels;
    Result<NpyFile> file = NpyFile::open(*labels);
    if (!file)
      return file.failure();
    if (isFloat(file->type()))
      return Failure{file->path() + ": labels are integers, the file holds " + nameOf(file->type())};
    Result<std::vector<double>> values = readValues(*file);
    if (!values)
      return values.failure();
    judge.labels.assign(values->begin(), values->end());
    if (judge.labels.empty())
      return Failure{file->path() + ": it holds no label"};
  }
  for (const std::string &path : expect) {
    Result<NpyFile> file = NpyFile::open(path);
    if (!file)
      return file.failure();
    Result<std::vector<double>> values = readValues(*file);
    if (!values)
      return values.failure();
    judge.expected.push_back({path, file->shape(), std::move(*values)});
  }
  return judge;
}

Status Judge::fit(const Network &network) const {
  size_t outputs = network.outputs().size();
  if (expected.size() > outputs)
    return Failure{"--expect is given " + std::to_string(expected.size()) + " times, " + network.path() + " has " +
                   std::to_string(outputs) + (outputs == 1 ? " output" : " outputs")};
  return {};
}

/// Scores are [labels, classes], with any further dimensions of size 1 or counted by the labels.
Result<double> Judge::accuracyOf(const Network &network, const OutputArray &scores) const {
  const TensorInfo &info = network.outputs()[0];
  int64_t size = elementCount(scores.dims), count = static_cast<int64_t>(labels.size());
  int64_t classes = size % count == 0 ? size / count : 0;
  bool perSample = count == network.samples();
  bool perRow = !scores.dims.empty() && scores.dims.back() == classes;
  if (classes < 2 || !(perSample || perRow))
    return Failure{labelsPath + ": " + std::to_string(count) + " labels do not fit output '" + info.name + "' " +
                   toString(scores.dims) + " of " + std::to_string(network.samples()) +
                   " samples; give one label for each sample"};
  auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  if (*least < 0 || *most >= classes)
    return Failure{labelsPath + ": label " + std::to_string(*least < 0 ? *least : *most) + " is none of the " +
                   std::to_string(classes) + " classes of output '" + info.name + "' " + toString(scores.dims)};
  return topOneAccuracy(asDoubles(scores), labels);
}

Result<Judgement> Judge::judge(const Network &network, const std::vector<OutputArray> &outputs) const {
  Judgement judgement;
  if (!labels.empty()) {
    Result<double> accuracy = accuracyOf(network, outputs[0]);
    if (!accuracy)
      return accuracy.failure();
    judgement.accuracy = *accuracy;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const Reference &reference = expected[i];
    const OutputArray &output = outputs[i];
    int64_t size = elementCount(output.dims);
    if (static_cast<size_t>(size) != reference.values.size())
      return Failure{reference.path + ": output '" + network.outputs()[i].name + "' has shape " + toString(output.dims) +
                     ", the reference " + toString(reference.dims)};
    judgement.differences.push_back(compare(asDoubles(output), reference.values));
  }
  return judgement;
}

} // namespace aimc::tools
