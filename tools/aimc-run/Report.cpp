#include "Report.h"

#include "Compare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace aimc::tools {

static std::vector<double> asDoubles(const void *data, aimc_type type, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i)
    values[i] = elementAsDouble(data, type, i);
  return values;
}

/// "3 runs", "1 run".
static std::string counted(uint64_t count, const std::string &noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// The file's elements; it has to be row-major.
static Result<std::vector<double>> readValues(const NpyFile &file) {
  if (!file.isRowMajor())
    return Failure{file.path() + ": its array is column-major; save it again with np.ascontiguousarray"};
  return asDoubles(file.data(), file.type(), file.size());
}

Result<Report> Report::create(const RunOptions &options, const Network &network) {
  Report report;
  report.options = &options;
  report.network = &network;
  if (options.labels) {
    Result<NpyFile> file = NpyFile::open(*options.labels);
    if (!file)
      return file.failure();
    if (isFloat(file->type()))
      return Failure{file->path() + ": labels are integers, the file holds " + nameOf(file->type())};
    Result<std::vector<double>> values = readValues(*file);
    if (!values)
      return values.failure();
    report.labels.assign(values->begin(), values->end());
    if (report.labels.empty())
      return Failure{file->path() + ": it holds no label"};
  }
  if (options.expect.size() > network.outputs().size())
    return Failure{"--expect is given " + std::to_string(options.expect.size()) + " times, " + options.model + " has " +
                   counted(network.outputs().size(), "output")};
  for (const std::string &path : options.expect) {
    Result<NpyFile> file = NpyFile::open(path);
    if (!file)
      return file.failure();
    Result<std::vector<double>> values = readValues(*file);
    if (!values)
      return values.failure();
    report.references.push_back({path, file->shape(), std::move(*values), {}, {}, {}});
  }
  return report;
}

/// Scores are [labels, classes], with any further dimensions of size 1 or counted by the labels.
Status Report::addAccuracy(const OutputArray &scores) {
  const TensorInfo &info = network->outputs()[0];
  int64_t size = elementCount(scores.dims), count = static_cast<int64_t>(labels.size());
  int64_t classes = size % count == 0 ? size / count : 0;
  bool perSample = count == network->samples();
  bool perRow = !scores.dims.empty() && scores.dims.back() == classes;
  if (classes < 2 || !(perSample || perRow))
    return Failure{*options->labels + ": " + std::to_string(count) + " labels do not fit output '" + info.name + "' " +
                   toString(scores.dims) + " of " + std::to_string(network->samples()) +
                   " samples; give one label for each sample"};
  auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  if (*least < 0 || *most >= classes)
    return Failure{*options->labels + ": label " + std::to_string(*least < 0 ? *least : *most) + " is none of the " +
                   std::to_string(classes) + " classes of output '" + info.name + "' " + toString(scores.dims)};
  accuracies.push_back(topOneAccuracy(asDoubles(scores.data.data(), scores.type, size), labels));
  return {};
}

Status Report::add(const Trial &trial) {
  if (options->labels)
    if (Status status = addAccuracy(trial.outputs[0]); !status)
      return status;
  for (size_t i = 0; i < references.size(); ++i) {
    Reference &reference = references[i];
    const OutputArray &output = trial.outputs[i];
    int64_t size = elementCount(output.dims);
    if (static_cast<size_t>(size) != reference.values.size())
      return Failure{reference.path + ": output '" + network->outputs()[i].name + "' has shape " + toString(output.dims) +
                     ", the reference " + toString(reference.dims)};
    Difference difference = compare(asDoubles(output.data.data(), output.type, size), reference.values);
    reference.sqnrDb.push_back(difference.sqnrDb);
    reference.maxAbsolute.push_back(difference.maxAbsolute);
    reference.maxRelative.push_back(difference.maxRelative());
  }
  seconds.push_back(trial.runSeconds);
  programSeconds.push_back(trial.programSeconds);
  statistics.mvms += trial.statistics.mvms;
  statistics.nonfinite_inputs += trial.statistics.nonfinite_inputs;
  statistics.clipped_inputs += trial.statistics.clipped_inputs;
  statistics.clipped_codes += trial.statistics.clipped_codes;
  statistics.saturated_conductances += trial.statistics.saturated_conductances;
  return {};
}

void Report::setDump(const std::string &directory, size_t matrices) {
  dumpDirectory = directory;
  dumped = matrices;
}

void Report::setWritten(const std::string &directory, Json written) {
  outputDirectory = directory;
  outputs = std::move(written);
}

static std::string formatted(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// "mean ± deviation unit"; the deviation only when there are several values.
static std::string spreadText(const std::vector<double> &values, const char *format, const std::string &unit) {
  // Equal values, infinite ones too, have no spread worth computing.
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end())
    return formatted(format, values[0]) + unit + (values.size() > 1 ? " in each trial" : "");
  Spread spread = spreadOf(values);
  return formatted(format, spread.mean) + " ± " + formatted(format, spread.deviation) + unit;
}

void Report::printText() const {
  double total = 0;
  for (double value : seconds)
    total += value;
  auto trials = static_cast<double>(seconds.size());
  double rate = total > 0 ? static_cast<double>(network->samples()) * trials / total : 0;
  // A digital network never asks the chip for anything.
  bool digital = options->driver == "simulator" && statistics.mvms == 0;
  if (digital)
    std::printf("%s: everything on the host", options->model.c_str());
  else
    std::printf("%s: %s, %s", options->model.c_str(), options->driver.c_str(), options->fidelityName.c_str());
  if (!digital && options->fidelity == AIMC_NOISY)
    std::printf(", seed %u, %s", options->seed, counted(seconds.size(), "trial").c_str());
  std::printf("\n%s in %s of %lld: %.2f s, %.0f samples/s\n", counted(network->samples(), "sample").c_str(),
              counted(network->runs(), "run").c_str(), static_cast<long long>(network->batch()), total, rate);
  if (!accuracies.empty()) {
    std::vector<double> percents;
    for (double accuracy : accuracies)
      percents.push_back(100 * accuracy);
    std::printf("top-1 accuracy %s\n", spreadText(percents, "%.2f", " %").c_str());
  }
  for (size_t i = 0; i < references.size(); ++i)
    std::printf("'%s' against %s: SQNR %s, largest error %s\n", network->outputs()[i].name.c_str(),
                references[i].path.c_str(), spreadText(references[i].sqnrDb, "%.2f", " dB").c_str(),
                spreadText(references[i].maxRelative, "%.3g", " of the range").c_str());
  struct {
    uint64_t count;
    const char *what;
  } oddities[] = {{statistics.nonfinite_inputs, "activations NaN or infinite"},
                  {statistics.clipped_inputs, "input codes clipped"},
                  {statistics.clipped_codes, "ADC codes clipped"},
                  {statistics.saturated_conductances, "conductances saturated"}};
  for (const auto &oddity : oddities)
    if (oddity.count)
      std::printf("%llu %s\n", static_cast<unsigned long long>(oddity.count), oddity.what);
  if (!dumpDirectory.empty())
    std::printf("dumped %s to %s\n", dumped == 1 ? "1 weight matrix" : (std::to_string(dumped) + " weight matrices").c_str(),
                dumpDirectory.c_str());
  if (!outputDirectory.empty())
    std::printf("wrote %s to %s\n", counted(outputs.size(), "output").c_str(), outputDirectory.c_str());
}

/// {"mean", "std", "trials"}; infinities are null, which is all JSON has for them.
static Json spreadJson(const std::vector<double> &values) {
  bool equal = std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
  Spread spread = equal ? Spread{values[0], 0} : spreadOf(values);
  Json json;
  json["mean"] = spread.mean;
  json["std"] = spread.deviation;
  json["trials"] = values;
  return json;
}

Json Report::toJson() const {
  Json json;
  json["model"] = options->model;
  json["driver"] = options->driver;
  json["fidelity"] = options->fidelityName;
  json["seed"] = options->seed;
  json["trials"] = seconds.size();
  json["samples"] = network->samples();
  json["batch"] = network->batch();
  json["runs"] = network->runs();
  json["program_seconds"] = programSeconds;
  json["run_seconds"] = seconds;
  if (!accuracies.empty())
    json["top1_accuracy"] = spreadJson(accuracies);
  for (size_t i = 0; i < references.size(); ++i) {
    const Reference &reference = references[i];
    Json entry;
    entry["output"] = network->outputs()[i].name;
    entry["reference"] = reference.path;
    entry["equal"] = *std::max_element(reference.maxAbsolute.begin(), reference.maxAbsolute.end()) == 0;
    entry["sqnr_db"] = spreadJson(reference.sqnrDb);
    entry["max_absolute_error"] = spreadJson(reference.maxAbsolute);
    entry["max_relative_error"] = spreadJson(reference.maxRelative);
    json["expect"].push_back(std::move(entry));
  }
  json["statistics"]["mvms"] = statistics.mvms;
  json["statistics"]["nonfinite_inputs"] = statistics.nonfinite_inputs;
  json["statistics"]["clipped_inputs"] = statistics.clipped_inputs;
  json["statistics"]["clipped_codes"] = statistics.clipped_codes;
  json["statistics"]["saturated_conductances"] = statistics.saturated_conductances;
  if (!dumpDirectory.empty())
    json["dumped_layers"] = dumpDirectory;
  if (!outputDirectory.empty()) {
    json["output_dir"] = outputDirectory;
    json["outputs"] = outputs;
  }
  return json;
}

void Report::print() const {
  if (options->json)
    std::printf("%s\n", toJson().dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  else
    printText();
}

Result<Json> writeOutputs(const std::string &directory, const std::vector<TensorInfo> &infos,
                          const std::vector<OutputArray> &arrays) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return Failure{directory + ": cannot create: " + error.message()};
  Json outputs = Json::array();
  for (size_t i = 0; i < arrays.size(); ++i) {
    std::string file = "output_" + std::to_string(i) + ".npy";
    if (Status status = writeNpy(directory + "/" + file, arrays[i].type, arrays[i].dims, arrays[i].data.data()); !status)
      return status.failure();
    Json entry;
    entry["name"] = infos[i].name;
    entry["file"] = file;
    entry["type"] = nameOf(arrays[i].type);
    entry["shape"] = arrays[i].dims;
    outputs.push_back(std::move(entry));
  }
  std::string path = directory + "/outputs.json";
  std::ofstream file(path);
  file << outputs.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  if (!file.flush())
    return Failure{path + ": cannot write"};
  return outputs;
}

} // namespace aimc::tools
