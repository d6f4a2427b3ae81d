//===- Calibration.cpp ------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Calibration.h"

#include "llvm/Support/Parallel.h"

#include <cmath>
#include <functional>
#include <map>
#include <memory>

using namespace aimc;

/// Histograms that are filled at the same time may take this much memory.
static constexpr size_t kHistogramBudget = size_t(512) << 20;

using ModelPtr = std::unique_ptr<aimc_model, decltype(&aimc_model_release)>;
using ChipPtr = std::unique_ptr<aimc_chip, decltype(&aimc_chip_release)>;

static llvm::Error lastError(llvm::StringRef doing) {
  return llvm::createStringError("%s: %s", doing.str().c_str(), aimc_last_error());
}

/// A model on a chip; the chip goes first.
struct Program {
  ModelPtr model;
  ChipPtr chip;
};

static llvm::Expected<Program> programChip(llvm::Expected<aimc_model *> built, aimc_fidelity fidelity) {
  if (!built)
    return built.takeError();
  ModelPtr model(*built, aimc_model_release);
  aimc_chip_options options = {};
  options.struct_size = sizeof(options);
  options.fidelity = fidelity;
  aimc_chip *chip = nullptr;
  if (aimc_chip_create(model.get(), &options, &chip) != AIMC_OK)
    return lastError("calibration cannot program the simulator");
  return Program{std::move(model), ChipPtr(chip, aimc_chip_release)};
}

/// Runs the data set and shows every observation to `see`.
static llvm::Error observe(const CalibrationTask &task, const Program &program, uint32_t what, bool idealAdc,
                           llvm::StringRef name, const std::function<void(const aimc_observation &)> &see) {
  aimc_run_options options = {};
  options.struct_size = sizeof(options);
  options.observe = what;
  options.ideal_adc = idealAdc;
  options.user = const_cast<std::function<void(const aimc_observation &)> *>(&see);
  options.observer = [](void *user, const aimc_observation *observation) -> aimc_status {
    (*static_cast<const std::function<void(const aimc_observation &)> *>(user))(*observation);
    return AIMC_OK;
  };
  return task.run(program.model.get(), program.chip.get(), options, name);
}

/// Channels of input histograms: one for each layer, or for each of its row tiles.
static std::vector<size_t> firstChannels(const CalibrationTask &task) {
  std::vector<size_t> first = {0};
  for (const CalibrationSite &site : task.sites)
    first.push_back(first.back() + (task.tileScales ? size_t(site.rowTiles) : 1));
  return first;
}

/// Calls see(channel, |x|) for all finite inputs of the observation.
template <typename See>
static void forEachInput(const CalibrationTask &task, size_t channel, const aimc_observation &seen, See see) {
  const CalibrationSite &site = task.sites[seen.site];
  const int64_t tileRows = task.tileScales ? site.tileRows : site.rows;
  for (int64_t row = 0; row < seen.rows; ++row)
    for (int64_t k = 0; k < site.rows; ++k)
      if (float magnitude = std::fabs(seen.x[row * site.rows + k]); std::isfinite(magnitude))
        see(channel + size_t(k / tileRows), magnitude);
}

static llvm::Error measureInputs(const CalibrationTask &task, const Program &program, Ranges &ranges) {
  const std::vector<size_t> first = firstChannels(task);
  MagnitudeHistograms inputs(first.back());
  std::vector<bool> ran(task.sites.size(), false);
  if (auto error = observe(task, program, AIMC_OBSERVE_X, false, "input maxima", [&](const aimc_observation &seen) {
        forEachInput(task, first[seen.site], seen,
                     [&](size_t channel, float magnitude) { inputs.observeMaximum(channel, magnitude); });
        ran[seen.site] = true;
      }))
    return error;
  inputs.startCounting();
  if (auto error = observe(task, program, AIMC_OBSERVE_X, false, "input histograms", [&](const aimc_observation &seen) {
        forEachInput(task, first[seen.site], seen, [&](size_t channel, float magnitude) { inputs.count(channel, magnitude); });
      }))
    return error;
  for (auto [index, site] : llvm::enumerate(task.sites)) {
    if (!ran[index]) // a branch that no sample takes keeps the data-free defaults
      continue;
    LayerRanges &layer = ranges[site.node];
    for (size_t channel = first[index]; channel < first[index + 1]; ++channel) {
      const float alpha = inputs.range(channel, task.rule, site.inputSteps);
      if (task.tileScales)
        layer.tileAlpha.push_back(alpha);
      else
        layer.alpha = alpha;
    }
  }
  return llvm::Error::success();
}

static size_t columnCount(const CalibrationSite &site) { return site.groups * site.rowTiles * site.columns * site.slices; }

/// Calls see(column, |P|) for all column sums of the observation: one column after the other, so that its histogram stays in
/// the cache, and columns in parallel.
template <typename See> static void forEachSum(const CalibrationSite &site, const aimc_observation &seen, See see) {
  size_t columns = site.rowTiles * site.columns * site.slices, base = seen.group * columns;
  llvm::parallelFor(0, columns, [&](size_t column) {
    for (int64_t row = 0; row < seen.rows; ++row) {
      const int32_t *sums = seen.codes + (row * columns + column) * site.inputSlices;
      for (int64_t slice = 0; slice < site.inputSlices; ++slice)
        see(base + column, std::fabs(float(sums[slice])));
    }
  });
}

/// Columns of a site that have one range, as `sharing` says.
static std::vector<std::vector<size_t>> sharedColumns(const CalibrationSite &site, AdcSharing sharing) {
  std::map<std::vector<int64_t>, std::vector<size_t>> shared;
  size_t column = 0;
  for (int64_t g = 0; g < site.groups; ++g)
    for (int64_t t = 0; t < site.rowTiles; ++t)
      for (int64_t n = 0; n < site.columns; ++n)
        for (int64_t s = 0; s < site.slices; ++s) {
          std::vector<int64_t> key = {s};
          if (sharing != AdcSharing::Layer)
            key.insert(key.end(), {g, t, sharing == AdcSharing::Tile ? n / site.tileColumns : n});
          shared[key].push_back(column++);
        }
  std::vector<std::vector<size_t>> lists;
  for (auto &entry : shared)
    lists.push_back(std::move(entry.second));
  return lists;
}

/// Histograms for the columns of sites [begin, end); those of other sites have no channel.
static llvm::Error measureColumns(const CalibrationTask &task, const Program &program, size_t begin, size_t end,
                                  Ranges &ranges) {
  std::vector<MagnitudeHistograms> sums;
  for (size_t i = begin; i < end; ++i)
    sums.emplace_back(columnCount(task.sites[i]));
  auto forMeasured = [&](const aimc_observation &seen, auto see) {
    if (seen.site < begin || seen.site >= end)
      return;
    MagnitudeHistograms &histograms = sums[seen.site - begin];
    forEachSum(task.sites[seen.site], seen, [&](size_t column, float magnitude) { see(histograms, column, magnitude); });
  };
  if (auto error = observe(task, program, AIMC_OBSERVE_CODES, true, "column maxima", [&](const aimc_observation &seen) {
        forMeasured(seen, [](MagnitudeHistograms &h, size_t column, float m) { h.observeMaximum(column, m); });
      }))
    return error;
  for (size_t i = begin; i < end; ++i)
    for (const std::vector<size_t> &columns : sharedColumns(task.sites[i], task.adcSharing))
      sums[i - begin].join(columns);
  if (task.rule.kind != RangeRule::Percentile || task.rule.percent < 100.0) {
    for (MagnitudeHistograms &histograms : sums)
      histograms.startCounting();
    if (auto error = observe(task, program, AIMC_OBSERVE_CODES, true, "column histograms", [&](const aimc_observation &seen) {
          forMeasured(seen, [](MagnitudeHistograms &h, size_t column, float m) { h.count(column, m); });
        }))
      return error;
  }
  for (size_t i = begin; i < end; ++i) {
    const CalibrationSite &site = task.sites[i];
    if (!ranges.count(site.node)) // it never ran
      continue;
    std::vector<float> &adcRange = ranges[site.node].adcRange;
    adcRange.resize(sums[i - begin].channels());
    for (const std::vector<size_t> &columns : sharedColumns(site, task.adcSharing)) {
      const float range = sums[i - begin].range(columns, task.rule, site.adcSteps);
      for (size_t column : columns)
        adcRange[column] = range;
    }
  }
  return llvm::Error::success();
}

/// Sites [begin, result) whose histograms fit the budget together; at least one.
static size_t endOfShare(const CalibrationTask &task, size_t begin) {
  size_t bytes = 0, end = begin;
  do
    bytes += MagnitudeHistograms::bytes(columnCount(task.sites[end++]));
  while (end < task.sites.size() && bytes + MagnitudeHistograms::bytes(columnCount(task.sites[end])) <= kHistogramBudget);
  return end;
}

llvm::Expected<Ranges> aimc::calibrate(const CalibrationTask &task) {
  Ranges ranges;
  {
    auto exact = programChip(task.build(ranges), AIMC_EXACT);
    if (!exact)
      return exact.takeError();
    if (auto error = measureInputs(task, *exact, ranges))
      return error;
  }
  bool anyConverter = llvm::any_of(task.sites, [](const CalibrationSite &site) { return site.adcSteps > 0.0; });
  if (!anyConverter)
    return ranges;

  auto quantized = programChip(task.build(ranges), AIMC_QUANTIZED);
  if (!quantized)
    return quantized.takeError();
  for (size_t begin = 0; begin < task.sites.size();) {
    size_t end = endOfShare(task, begin);
    if (auto error = measureColumns(task, *quantized, begin, end, ranges))
      return error;
    begin = end;
  }
  return ranges;
}
