// The tables of a sweep.
#ifndef AIMC_TOOLS_SWEEP_RESULTS_H
#define AIMC_TOOLS_SWEEP_RESULTS_H

#include "Journal.h"

#include <cmath>
#include <functional>

namespace aimc::tools {

/// What is measured of each run.
struct Metric {
  std::string name;  // of its column: "accuracy", "sqnr_db"
  std::string title; // of its plot: "top-1 accuracy in %"
  double factor = 1; // from the column's numbers to the plot's and the printed table's
  const char *format = "%.2f";
  std::function<double(const Outcome &)> of;
  bool isPlotted = true;
};
/// By the labels and references that there are.
std::vector<Metric> metricsOf(bool hasLabels, size_t references);

/// Values of one metric at one point, over its trials.
struct Distribution {
  std::vector<double> values; // in the order of the trials, without those that failed
  double mean = NAN, deviation = NAN, least = NAN, q05 = NAN, q25 = NAN, median = NAN, q75 = NAN, q95 = NAN, most = NAN;
};
/// Quantiles are interpolated linearly between the sorted values; all is NaN without any.
Distribution distributionOf(std::vector<double> values);

struct SweepResults {
  const Grid *grid = nullptr;
  int64_t samples = 0;
  std::vector<Metric> metrics;
  std::vector<std::vector<Outcome>> cells; // by cell, then trial
  std::vector<Outcome> baselines;          // by Grid::baselines

  Distribution distribution(size_t cell, const Metric &metric) const;
  /// The float network of a cell's model, null when it was not asked for or failed.
  const Outcome *baselineOf(const Cell &cell) const;
};

/// results.csv, summary.csv, results.json: the same bytes for the same sweep, however it was run. Files appear whole.
Status writeTables(const SweepResults &results, const std::string &directory);

/// The summary as aligned text.
std::string summaryText(const SweepResults &results);

/// Writes a file under another name first, so that it appears whole.
Status writeWhole(const std::string &path, const std::string &text);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_RESULTS_H
