#include "LayerReport.h"

#include "Judge.h"
#include "Layers.h"
#include "Progress.h"
#include "Table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>

namespace aimc::tools {

/// Rows of each matrix whose float results are computed from the inputs that the chip's layer really got.
static constexpr int64_t maxOwnRows = 1024;

namespace {
/// Powers over all results of a layer.
struct Powers {
  double signal = 0, noise = 0;
  double decibels() const { return noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity(); }
};

/// The float results of one run, each layer's groups in a row of their own.
class FloatResults : public LayerObserver {
public:
  explicit FloatResults(const fb::Model &model) {
    for (const fb::Dispatch *dispatch : *model.dispatches()) {
      const fb::Crossbar &crossbar = *model.crossbars()->Get(dispatch->crossbar());
      firstOfSite.push_back(results.size());
      columns.insert(columns.end(), crossbar.groups(), crossbar.columns());
      results.resize(results.size() + crossbar.groups());
    }
  }

  uint32_t observe() const override { return AIMC_OBSERVE_Y; }
  aimc_status add(const aimc_observation &seen) override {
    size_t at = matrixOf(seen);
    results[at].insert(results[at].end(), seen.y, seen.y + seen.rows * columns[at]);
    return AIMC_OK;
  }
  const Status &status() const override { return fine; }

  void clear() {
    for (std::vector<float> &values : results)
      values.clear();
  }
  size_t matrices() const { return results.size(); }
  size_t matrixOf(const aimc_observation &seen) const { return firstOfSite[seen.site] + seen.group; }
  int64_t columnsOf(size_t matrix) const { return columns[matrix]; }
  const std::vector<float> &of(size_t matrix) const { return results[matrix]; }

private:
  std::vector<size_t> firstOfSite;
  std::vector<int64_t> columns;
  std::vector<std::vector<float>> results;
  Status fine;
};

/// One way of running the network, held against the float results of the same batch.
class Comparison : public LayerObserver {
public:
  Comparison(const Container &container, const FloatResults &reference, bool withOwn)
      : container(&container), reference(&reference), through(container.model().dispatches()->size()), own(through.size()),
        position(reference.matrices()), ownRows(reference.matrices()), withOwn(withOwn) {}

  void beginBatch() { std::fill(position.begin(), position.end(), 0); }
  /// Errors when a layer ran more often or less often than in float.
  Status endBatch() const;

  uint32_t observe() const override { return AIMC_OBSERVE_Y | (withOwn ? AIMC_OBSERVE_X : 0); }
  aimc_status add(const aimc_observation &seen) override;
  const Status &status() const override { return failure; }

  const std::vector<Powers> &layers() const { return through; }
  /// What each layer adds to the error of its inputs.
  const std::vector<Powers> &ownErrors() const { return own; }
  Powers output;
  std::vector<double> accuracies;

private:
  std::string mismatch(uint32_t site) const {
    return "layer '" + container->model().dispatches()->Get(site)->node()->str() +
           "' runs as often in float as on the chip only where no branch or loop depends on values; here it does";
  }
  void addOwn(const aimc_observation &seen, size_t matrix);

  const Container *container;
  const FloatResults *reference;
  std::vector<Powers> through, own; // by site
  std::vector<size_t> position;     // by matrix: elements of the batch seen so far
  std::vector<int64_t> ownRows;
  bool withOwn;
  Status failure;
};
} // namespace

Status Comparison::endBatch() const {
  for (size_t i = 0; i < position.size(); ++i)
    if (position[i] != reference->of(i).size())
      return Failure{"a layer ran " + std::to_string(position[i] / static_cast<size_t>(reference->columnsOf(i))) +
                     " rows on the chip and " +
                     std::to_string(reference->of(i).size() / static_cast<size_t>(reference->columnsOf(i))) +
                     " in float: a branch or a loop depends on values, and layers cannot be compared"};
  return {};
}

aimc_status Comparison::add(const aimc_observation &seen) {
  size_t matrix = reference->matrixOf(seen);
  const std::vector<float> &expected = reference->of(matrix);
  auto count = static_cast<size_t>(seen.rows * reference->columnsOf(matrix));
  if (position[matrix] + count > expected.size()) {
    failure = Failure{mismatch(seen.site)};
    return AIMC_FAILED;
  }
  Powers &powers = through[seen.site];
  for (size_t i = 0; i < count; ++i) {
    double ref = expected[position[matrix] + i], difference = ref - seen.y[i];
    powers.signal += ref * ref;
    powers.noise += difference * difference;
  }
  position[matrix] += count;
  if (withOwn && ownRows[matrix] < maxOwnRows)
    addOwn(seen, matrix);
  return AIMC_OK;
}

void Comparison::addOwn(const aimc_observation &seen, size_t matrix) {
  const fb::Dispatch &dispatch = *container->model().dispatches()->Get(seen.site);
  const fb::Crossbar &crossbar = *container->model().crossbars()->Get(dispatch.crossbar());
  size_t k = crossbar.rows(), n = crossbar.columns();
  const auto *weights = groupOf<float>(*container, crossbar.reference(), seen.group, k * n);
  const auto *bias = groupOf<float>(*container, dispatch.bias(), seen.group, n);
  std::vector<double> sums(n);
  int64_t rows = std::min(seen.rows, maxOwnRows - ownRows[matrix]);
  for (int64_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < n; ++column)
      sums[column] = bias ? bias[column] : 0;
    for (size_t i = 0; i < k; ++i)
      if (double x = seen.x[static_cast<size_t>(row) * k + i]; x != 0)
        for (size_t column = 0; column < n; ++column)
          sums[column] += x * weights[i * n + column];
    for (size_t column = 0; column < n; ++column) {
      double difference = sums[column] - seen.y[static_cast<size_t>(row) * n + column];
      own[seen.site].signal += sums[column] * sums[column];
      own[seen.site].noise += difference * difference;
    }
  }
  ownRows[matrix] += rows;
}

namespace {
/// A column of the table.
struct Column {
  std::string name;
  uint32_t disabledEffects;
  Comparison comparison;
};

class LayerReport {
public:
  LayerReport(const RunOptions &options, const Network &network, std::shared_ptr<const Container> container, Judge judge)
      : options(options), network(network), container(std::move(container)), judge(std::move(judge)),
        reference(this->container->model()) {}

  Status run(aimc_pool *pool);
  void print() const { options.json ? printJson() : printText(); }

private:
  void chooseColumns();
  /// Drops effects that so far left everything as the converters alone do.
  void dropIdle(std::vector<ProgrammedChip> &chips, std::vector<std::vector<OutputArray>> &outputs);
  Status runTrial(uint32_t trial, aimc_pool *pool, Progress &progress);
  void printText() const;
  void printJson() const;
  const fb::Dispatch &dispatch(size_t site) const { return *container->model().dispatches()->Get(static_cast<uint32_t>(site)); }
  size_t sites() const { return container->model().dispatches()->size(); }

  const RunOptions &options;
  const Network &network;
  std::shared_ptr<const Container> container;
  Judge judge;
  FloatResults reference;
  std::vector<Column> columns; // converters alone, each effect, all
  bool idleAreDropped = false;
  std::vector<double> floatAccuracies;
};
} // namespace

void LayerReport::chooseColumns() {
  auto add = [&](const std::string &name, uint32_t disabled, bool withOwn) {
    columns.push_back({name, disabled, Comparison(*container, reference, withOwn)});
  };
  bool noisy = options.chip.fidelity == AIMC_NOISY;
  uint32_t every = (1u << AIMC_EFFECT_COUNT) - 1, off = options.chip.disabledEffects;
  add("converters", noisy ? every : off, !noisy);
  if (!noisy)
    return;
  for (const auto &effect : effects())
    if (!(off >> effect.value & 1))
      add(effect.name, every & ~(1u << effect.value), false);
  add("all", off, true);
}

void LayerReport::dropIdle(std::vector<ProgrammedChip> &chips, std::vector<std::vector<OutputArray>> &outputs) {
  auto sameAsConverters = [&](const Column &column) {
    const std::vector<Powers> &a = columns[0].comparison.layers(), &b = column.comparison.layers();
    return std::equal(a.begin(), a.end(), b.begin(), [](const Powers &x, const Powers &y) { return x.noise == y.noise; });
  };
  for (size_t i = columns.size() - 1; i-- > 1;) {
    if (!sameAsConverters(columns[i]))
      continue;
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(i));
    chips.erase(chips.begin() + static_cast<std::ptrdiff_t>(i));
    outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(i));
  }
  idleAreDropped = true;
}

Status LayerReport::runTrial(uint32_t trial, aimc_pool *pool, Progress &progress) {
  ChipSettings exact = options.chip;
  exact.fidelity = AIMC_EXACT;
  exact.disabledEffects = 0;
  Result<ProgrammedChip> floatChip = network.program(exact, pool);
  if (!floatChip)
    return floatChip.failure();
  std::vector<ProgrammedChip> chips;
  for (const Column &column : columns) {
    ChipSettings settings = options.chip;
    settings.trial = trial;
    settings.disabledEffects = column.disabledEffects;
    Result<ProgrammedChip> chip = network.program(settings, pool);
    if (!chip)
      return chip.failure();
    chips.push_back(std::move(*chip));
  }
  // Of the first output, batch after batch: the float network's, then each column's.
  std::vector<OutputArray> floatOutputs;
  std::vector<std::vector<OutputArray>> outputs(columns.size());
  for (int64_t begin = 0; begin < network.samples(); begin += network.batch()) {
    reference.clear();
    Result<std::vector<OutputArray>> expected = network.runBatch(*floatChip, begin, &reference);
    if (!expected)
      return expected.failure();
    floatOutputs.push_back(std::move((*expected)[0]));
    for (size_t i = 0; i < columns.size(); ++i) {
      Comparison &comparison = columns[i].comparison;
      comparison.beginBatch();
      Result<std::vector<OutputArray>> found = network.runBatch(chips[i], begin, &comparison);
      if (!found)
        return found.failure();
      if (Status status = comparison.endBatch(); !status)
        return status;
      outputs[i].push_back(std::move((*found)[0]));
    }
    if (!idleAreDropped)
      dropIdle(chips, outputs);
    progress.update(trial * network.samples() + std::min(begin + network.batch(), network.samples()));
  }

  Result<OutputArray> expected = network.join(0, std::move(floatOutputs));
  if (!expected)
    return expected.failure();
  std::vector<double> signal = asDoubles(*expected);
  auto judged = [&](OutputArray array, std::vector<double> &accuracies) -> Status {
    std::vector<OutputArray> one;
    one.push_back(std::move(array));
    Result<Judgement> judgement = judge.judge(network, one);
    if (!judgement)
      return judgement.failure();
    if (judgement->accuracy)
      accuracies.push_back(*judgement->accuracy);
    return {};
  };
  if (trial == 0)
    if (Status status = judged(std::move(*expected), floatAccuracies); !status)
      return status;
  for (size_t i = 0; i < columns.size(); ++i) {
    Result<OutputArray> found = network.join(0, std::move(outputs[i]));
    if (!found)
      return found.failure();
    std::vector<double> values = asDoubles(*found);
    Powers &powers = columns[i].comparison.output;
    for (size_t k = 0; k < values.size(); ++k) {
      powers.signal += signal[k] * signal[k];
      powers.noise += (signal[k] - values[k]) * (signal[k] - values[k]);
    }
    if (Status status = judged(std::move(*found), columns[i].comparison.accuracies); !status)
      return status;
  }
  return {};
}

Status LayerReport::run(aimc_pool *pool) {
  chooseColumns();
  Progress progress("running", network.samples() * options.trials);
  for (uint32_t trial = 0; trial < options.trials; ++trial)
    if (Status status = runTrial(trial, pool, progress); !status)
      return status;
  return {};
}

static std::string decibelText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return std::isfinite(value) ? text : value > 0 ? "exact" : "-";
}

static std::string percentText(const std::vector<double> &accuracies) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", 100 * spreadOf(accuracies).mean);
  return text;
}

void LayerReport::printText() const {
  Table table("rlr" + std::string(columns.size(), 'r'));
  // A row: what stands before the columns, then what `show` makes of each.
  auto add = [&](std::vector<std::string> row, const std::function<std::string(const Column &)> &show) {
    for (const Column &column : columns)
      row.push_back(show(column));
    table.add(std::move(row));
  };
  add({"#", "node", "own"}, [](const Column &column) { return column.name; });
  for (size_t site = 0; site < sites(); ++site)
    add({std::to_string(site), dispatch(site).node()->str(),
         decibelText(columns.back().comparison.ownErrors()[site].decibels())},
        [&](const Column &column) { return decibelText(column.comparison.layers()[site].decibels()); });
  add({"", "'" + network.outputs()[0].name + "'", ""},
      [](const Column &column) { return decibelText(column.comparison.output.decibels()); });
  if (!floatAccuracies.empty())
    add({"", "top-1 accuracy, float " + percentText(floatAccuracies) + " %", ""},
        [](const Column &column) { return percentText(column.comparison.accuracies); });

  std::printf("%s: %s, %lld samples%s\n", network.path().c_str(), nameOf(fidelities(), options.chip.fidelity),
              static_cast<long long>(network.samples()),
              options.trials > 1 ? (", " + std::to_string(options.trials) + " trials").c_str() : "");
  std::printf("SQNR in dB against the float network: of each layer as its inputs reach it, with the converters alone, with "
              "one effect "
              "more, and with all;\nown: with all, against float on the inputs that it really got\n\n");
  std::fputs(table.toString().c_str(), stdout);
}

void LayerReport::printJson() const {
  auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  Json json;
  json["model"] = network.path();
  json["fidelity"] = nameOf(fidelities(), options.chip.fidelity);
  json["seed"] = options.chip.seed;
  json["trials"] = options.trials;
  json["samples"] = network.samples();
  json["layers"] = Json::array();
  for (size_t site = 0; site < sites(); ++site) {
    Json layer;
    layer["site"] = site;
    layer["node"] = dispatch(site).node()->str();
    layer["kind"] = nameOf(dispatch(site).kind());
    layer["own_sqnr_db"] = number(columns.back().comparison.ownErrors()[site].decibels());
    for (const Column &column : columns)
      layer["sqnr_db"][column.name] = number(column.comparison.layers()[site].decibels());
    json["layers"].push_back(std::move(layer));
  }
  json["output"]["name"] = network.outputs()[0].name;
  for (const Column &column : columns)
    json["output"]["sqnr_db"][column.name] = number(column.comparison.output.decibels());
  if (!floatAccuracies.empty()) {
    json["top1_accuracy"]["float"] = floatAccuracies[0];
    for (const Column &column : columns)
      json["top1_accuracy"][column.name] = column.comparison.accuracies;
  }
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

Status reportLayers(const RunOptions &options, const Network &network, aimc_pool *pool) {
  auto opened = Container::open(network.path());
  if (!opened.ok())
    return Failure{opened.status().message()};
  if ((*opened)->model().dispatches()->size() == 0)
    return Failure{network.path() + ": everything is on the host; there is no layer to report on"};
  Result<Judge> judge = Judge::open(options.labels, {});
  if (!judge)
    return judge.failure();
  LayerReport report(options, network, *opened, std::move(*judge));
  if (Status status = report.run(pool); !status)
    return status;
  report.print();
  return {};
}

} // namespace aimc::tools
