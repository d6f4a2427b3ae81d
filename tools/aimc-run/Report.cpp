#include "Report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace aimc::tools {

/// "3 runs", "1 run".
static std::string counted(uint64_t count, const std::string &noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Result<Report> Report::create(const RunOptions &options, const Network &network) {
  Report report;
  report.options = &options;
  report.network = &network;
  Result<Judge> judge = Judge::open(options.labels, options.expect);
  if (!judge)
    return judge.failure();
  if (Status status = judge->fit(network); !status)
    return status.failure();
  report.judge = std::move(*judge);
  report.closeness.resize(report.judge.references().size());
  return report;
}

Status Report::add(const Trial &trial) {
  Result<Judgement> judgement = judge.judge(*network, trial.outputs);
  if (!judgement)
    return judgement.failure();
  if (judgement->accuracy)
    accuracies.push_back(*judgement->accuracy);
  for (size_t i = 0; i < closeness.size(); ++i) {
    const Difference &difference = judgement->differences[i];
    closeness[i].sqnrDb.push_back(difference.sqnrDb);
    closeness[i].maxAbsolute.push_back(difference.maxAbsolute);
    closeness[i].maxRelative.push_back(difference.maxRelative());
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

/// "wrote out/output_0.npy: 'logits' f32[1000, 10]" for each output; of many, for the first.
static std::string writtenText(const std::string &directory, const Json &outputs) {
  const size_t most = 8;
  auto pathOf = [&](const std::string &file) { return (std::filesystem::path(directory) / file).lexically_normal().string(); };
  std::string text;
  for (size_t i = 0; i < std::min(outputs.size(), most); ++i) {
    std::string dims;
    for (const Json &dim : outputs[i]["shape"])
      dims += (dims.empty() ? "" : ", ") + std::to_string(dim.get<int64_t>());
    text += "wrote " + pathOf(outputs[i]["file"]) + ": '" + outputs[i]["name"].get<std::string>() + "' " +
            outputs[i]["type"].get<std::string>() + "[" + dims + "]\n";
  }
  if (outputs.size() > most)
    text += "and " + std::to_string(outputs.size() - most) + " more, which " + pathOf("outputs.json") + " lists\n";
  return text;
}

void Report::printText() const {
  double total = 0;
  for (double value : seconds)
    total += value;
  auto trials = static_cast<double>(seconds.size());
  double rate = total > 0 ? static_cast<double>(network->samples()) * trials / total : 0;
  // A digital network never asks the chip for anything.
  bool digital = options->chip.driver == "simulator" && statistics.mvms == 0;
  if (digital)
    std::printf("%s: everything on the host", network->path().c_str());
  else
    std::printf("%s: %s, %s", network->path().c_str(), options->chip.driver.c_str(),
                nameOf(fidelities(), options->chip.fidelity));
  if (!digital && options->chip.fidelity == AIMC_NOISY)
    std::printf(", seed %u, %s", options->chip.seed, counted(seconds.size(), "trial").c_str());
  std::printf("\n%s in %s of %lld: %.2f s, %.0f samples/s\n", counted(network->samples(), "sample").c_str(),
              counted(network->runs(), "run").c_str(), static_cast<long long>(network->batch()), total, rate);
  if (!accuracies.empty()) {
    std::vector<double> percents;
    for (double accuracy : accuracies)
      percents.push_back(100 * accuracy);
    std::printf("top-1 accuracy %s\n", spreadText(percents, "%.2f", " %").c_str());
  }
  for (size_t i = 0; i < closeness.size(); ++i)
    std::printf("'%s' against %s: SQNR %s, largest error %s\n", network->outputs()[i].name.c_str(),
                judge.references()[i].path.c_str(), spreadText(closeness[i].sqnrDb, "%.2f", " dB").c_str(),
                spreadText(closeness[i].maxRelative, "%.3g", " of the range").c_str());
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
    std::fputs(writtenText(outputDirectory, outputs).c_str(), stdout);
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
  json["model"] = network->path();
  json["driver"] = options->chip.driver;
  json["fidelity"] = nameOf(fidelities(), options->chip.fidelity);
  json["seed"] = options->chip.seed;
  json["trials"] = seconds.size();
  json["samples"] = network->samples();
  json["batch"] = network->batch();
  json["runs"] = network->runs();
  json["program_seconds"] = programSeconds;
  json["run_seconds"] = seconds;
  if (!accuracies.empty())
    json["top1_accuracy"] = spreadJson(accuracies);
  for (size_t i = 0; i < closeness.size(); ++i) {
    const Closeness &reference = closeness[i];
    Json entry;
    entry["output"] = network->outputs()[i].name;
    entry["reference"] = judge.references()[i].path;
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
