#include "Results.h"

#include "Table.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace aimc::tools {

std::vector<Metric> metricsOf(bool hasLabels, size_t references) {
  std::vector<Metric> metrics;
  if (hasLabels)
    metrics.push_back(
        {"accuracy", "top-1 accuracy in %", 100, "%.2f", [](const Outcome &outcome) { return *outcome.judgement.accuracy; }});
  for (size_t i = 0; i < references; ++i) {
    std::string suffix = references > 1 ? "_" + std::to_string(i) : "",
                of = references > 1 ? " of output " + std::to_string(i) : "";
    metrics.push_back({"sqnr_db" + suffix, "SQNR" + of + " in dB", 1, "%.2f",
                       [i](const Outcome &outcome) { return outcome.judgement.differences[i].sqnrDb; }});
    metrics.push_back({"max_relative" + suffix, "largest error" + of + ", relative to the range", 1, "%.4f",
                       [i](const Outcome &outcome) { return outcome.judgement.differences[i].maxRelative(); }, false});
  }
  return metrics;
}

static double quantileOf(const std::vector<double> &sorted, double share) {
  double at = share * static_cast<double>(sorted.size() - 1);
  auto below = static_cast<size_t>(at);
  if (below + 1 == sorted.size() || sorted[below] == sorted[below + 1])
    return sorted[below];
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

Distribution distributionOf(std::vector<double> values) {
  Distribution distribution;
  if (values.empty())
    return distribution;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  bool equal = sorted.front() == sorted.back(); // infinite values too: they have no spread worth computing
  Spread spread = equal ? Spread{sorted.front(), 0} : spreadOf(values);
  distribution.mean = spread.mean;
  distribution.deviation = spread.deviation;
  distribution.least = sorted.front();
  distribution.q05 = quantileOf(sorted, .05);
  distribution.q25 = quantileOf(sorted, .25);
  distribution.median = quantileOf(sorted, .5);
  distribution.q75 = quantileOf(sorted, .75);
  distribution.q95 = quantileOf(sorted, .95);
  distribution.most = sorted.back();
  distribution.values = std::move(values);
  return distribution;
}

Distribution SweepResults::distribution(size_t cell, const Metric &metric) const {
  std::vector<double> values;
  for (const Outcome &outcome : cells[cell])
    if (outcome.ran())
      values.push_back(metric.of(outcome));
  return distributionOf(std::move(values));
}

const Outcome *SweepResults::baselineOf(const Cell &cell) const {
  for (size_t i = 0; i < baselines.size(); ++i)
    if (grid->containers[grid->baselines[i].container].model == grid->containers[cell.container].model)
      return baselines[i].ran() ? &baselines[i] : nullptr;
  return nullptr;
}

static const struct {
  const char *name;
  double Distribution::*field;
} summaries[] = {{"mean", &Distribution::mean}, {"std", &Distribution::deviation}, {"min", &Distribution::least},
                 {"q05", &Distribution::q05},   {"q25", &Distribution::q25},       {"median", &Distribution::median},
                 {"q75", &Distribution::q75},   {"q95", &Distribution::q95},       {"max", &Distribution::most}};

static const struct {
  const char *name;
  uint64_t aimc_statistics::*field;
} counters[] = {{"mvms", &aimc_statistics::mvms},
                {"nonfinite_inputs", &aimc_statistics::nonfinite_inputs},
                {"clipped_inputs", &aimc_statistics::clipped_inputs},
                {"clipped_codes", &aimc_statistics::clipped_codes},
                {"saturated_conductances", &aimc_statistics::saturated_conductances}};

/// The shortest text that reads back as the same number.
static std::string numberText(double value) {
  if (!std::isfinite(value))
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return Json(value).dump();
}

static std::string csvText(const std::string &text) {
  if (text.find_first_of(",\"\n") == std::string::npos)
    return text;
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// A value in tables that programs read: times are seconds, numbers are numbers.
static Json valueOf(const Axis &axis, size_t value) {
  if (axis.isTime()) {
    double seconds = *parseSeconds(axis.values[value]);
    return seconds == std::floor(seconds) && seconds < 1e15 ? Json(static_cast<int64_t>(seconds)) : Json(seconds);
  }
  Json parsed = Json::parse(axis.values[value], nullptr, /*allow_exceptions=*/false);
  return parsed.is_number() ? parsed : Json(axis.values[value]);
}

static std::string csvChoice(const SweepResults &results, const Cell &cell) {
  std::string line;
  for (size_t i = 0; i < cell.choice.size(); ++i) {
    Json value = valueOf(results.grid->axes[i], cell.choice[i]);
    line += csvText(value.is_string() ? value.get<std::string>() : value.dump()) + ",";
  }
  return line;
}

static std::string resultsCsv(const SweepResults &results) {
  std::string text;
  for (const Axis &axis : results.grid->axes)
    text += csvText(axis.label()) + ",";
  text += "trial";
  for (const Metric &metric : results.metrics)
    text += "," + metric.name;
  for (const auto &counter : counters)
    text += "," + std::string(counter.name);
  text += ",error\n";
  for (size_t i = 0; i < results.cells.size(); ++i) {
    std::string choice = csvChoice(results, results.grid->cells[i]);
    for (size_t trial = 0; trial < results.cells[i].size(); ++trial) {
      const Outcome &outcome = results.cells[i][trial];
      text += choice + std::to_string(trial);
      for (const Metric &metric : results.metrics)
        text += "," + (outcome.ran() ? numberText(metric.of(outcome)) : "");
      for (const auto &counter : counters)
        text += "," + (outcome.ran() ? std::to_string(outcome.statistics.*counter.field) : "");
      text += "," + csvText(outcome.failure) + "\n";
    }
  }
  return text;
}

static size_t failedOf(const std::vector<Outcome> &trials) {
  return static_cast<size_t>(
      std::count_if(trials.begin(), trials.end(), [](const Outcome &outcome) { return !outcome.ran(); }));
}

static std::string summaryCsv(const SweepResults &results) {
  std::string text;
  for (const Axis &axis : results.grid->axes)
    text += csvText(axis.label()) + ",";
  text += "trials";
  for (const Metric &metric : results.metrics)
    for (const auto &summary : summaries)
      text += "," + metric.name + "_" + summary.name;
  text += ",failed\n";
  for (size_t i = 0; i < results.cells.size(); ++i) {
    text += csvChoice(results, results.grid->cells[i]) + std::to_string(results.cells[i].size() - failedOf(results.cells[i]));
    for (const Metric &metric : results.metrics) {
      Distribution distribution = results.distribution(i, metric);
      for (const auto &summary : summaries)
        text += "," + numberText(distribution.*summary.field);
    }
    text += "," + std::to_string(failedOf(results.cells[i])) + "\n";
  }
  return text;
}

static Json distributionJson(const Distribution &distribution) {
  Json json;
  for (const auto &summary : summaries)
    json[summary.name] = numberToJson(distribution.*summary.field);
  for (double value : distribution.values)
    json["trials"].push_back(numberToJson(value));
  return json;
}

static Json toJson(const SweepResults &results) {
  const Grid &grid = *results.grid;
  Json json;
  json["aimc_sweep"] = 1;
  json["version"] = aimc_version();
  json["samples"] = results.samples;
  json["trials"] = grid.trials;
  json["axes"] = Json::array();
  for (const Axis &axis : grid.axes) {
    Json entry;
    entry["name"] = axis.label();
    for (size_t i = 0; i < axis.values.size(); ++i)
      entry["values"].push_back(valueOf(axis, i));
    json["axes"].push_back(std::move(entry));
  }
  json["points"] = Json::array();
  for (size_t i = 0; i < results.cells.size(); ++i) {
    Json point;
    point["at"] = Json::object();
    for (size_t axis = 0; axis < grid.axes.size(); ++axis)
      point["at"][grid.axes[axis].label()] = valueOf(grid.axes[axis], grid.cells[i].choice[axis]);
    for (const Metric &metric : results.metrics)
      point[metric.name] = distributionJson(results.distribution(i, metric));
    for (const auto &counter : counters)
      for (const Outcome &outcome : results.cells[i])
        if (outcome.ran())
          point[counter.name].push_back(outcome.statistics.*counter.field);
    for (size_t trial = 0; trial < results.cells[i].size(); ++trial)
      if (const Outcome &outcome = results.cells[i][trial]; !outcome.ran())
        point["failed"].push_back(Json::object({{"trial", trial}, {"error", outcome.failure}}));
    json["points"].push_back(std::move(point));
  }
  for (size_t i = 0; i < results.baselines.size(); ++i) {
    Json entry;
    entry["model"] = grid.containers[grid.baselines[i].container].model;
    for (const Metric &metric : results.metrics)
      if (results.baselines[i].ran())
        entry[metric.name] = numberToJson(metric.of(results.baselines[i]));
    if (!results.baselines[i].ran())
      entry["error"] = results.baselines[i].failure;
    json["baselines"].push_back(std::move(entry));
  }
  return json;
}

Status writeWhole(const std::string &path, const std::string &text) {
  std::string unfinished = path + "." + std::to_string(getpid());
  std::ofstream file(unfinished, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (!file.fail())
    std::filesystem::rename(unfinished, path, error);
  if (file.fail() || error) {
    std::string reason = error ? error.message() : std::strerror(errno);
    std::filesystem::remove(unfinished, error);
    return Failure{path + ": cannot write: " + reason};
  }
  return {};
}

Status writeTables(const SweepResults &results, const std::string &directory) {
  std::string json = toJson(results).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::pair<const char *, std::string> files[] = {
      {"results.csv", resultsCsv(results)}, {"summary.csv", summaryCsv(results)}, {"results.json", json}};
  for (const auto &[name, text] : files)
    if (Status status = writeWhole(directory + "/" + name, text); !status)
      return status;
  return {};
}

static std::string formatted(const char *format, double value) {
  if (std::isnan(value))
    return "-";
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string summaryText(const SweepResults &results) {
  const Grid &grid = *results.grid;
  std::vector<std::string> head;
  for (const Axis &axis : grid.axes)
    head.push_back(axis.label());
  for (const Metric &metric : results.metrics)
    for (const std::string &name : {metric.name + (metric.factor == 100 ? " %" : ""), std::string("± std"), std::string("5 %"),
                                    std::string("median"), std::string("95 %")})
      head.push_back(name);
  head.push_back("trials");
  Table table(std::string(grid.axes.size(), 'l') + std::string(head.size() - grid.axes.size(), 'r'));
  table.add(std::move(head));
  for (size_t i = 0; i < results.cells.size(); ++i) {
    std::vector<std::string> row;
    for (size_t axis = 0; axis < grid.axes.size(); ++axis)
      row.push_back(displayOf(grid.axes[axis], grid.cells[i].choice[axis]));
    for (const Metric &metric : results.metrics) {
      Distribution d = results.distribution(i, metric);
      for (double value : {d.mean, d.deviation, d.q05, d.median, d.q95})
        row.push_back(formatted(metric.format, metric.factor * value));
    }
    row.push_back(std::to_string(results.cells[i].size() - failedOf(results.cells[i])));
    table.add(std::move(row));
  }
  std::string text = table.toString();
  for (size_t i = 0; i < results.baselines.size(); ++i) {
    text += "exact: " + grid.containers[grid.baselines[i].container].model;
    for (const Metric &metric : results.metrics)
      text += "  " + metric.name + " " +
              (results.baselines[i].ran() ? formatted(metric.format, metric.factor * metric.of(results.baselines[i])) : "-");
    text += "\n";
  }
  return text;
}

} // namespace aimc::tools
