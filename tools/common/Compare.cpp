#include "Compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace aimc::tools {

static constexpr double infinity = std::numeric_limits<double>::infinity();

Spread spreadOf(const std::vector<double> &values) {
  Spread spread;
  if (values.empty())
    return spread;
  auto n = static_cast<double>(values.size());
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2)
    return spread;
  double squares = 0;
  for (double value : values)
    squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (n - 1));
  return spread;
}

double topOneAccuracy(const std::vector<double> &scores, const std::vector<int64_t> &labels) {
  size_t classes = scores.size() / labels.size(), right = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    auto row = scores.begin() + static_cast<std::ptrdiff_t>(i * classes);
    right += std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row == labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double Difference::maxRelative() const {
  if (maxAbsolute == 0)
    return 0;
  return range > 0 ? maxAbsolute / range : infinity;
}

Difference compare(const std::vector<double> &output, const std::vector<double> &reference) {
  Difference difference;
  double signal = 0, noise = 0, least = infinity, most = -infinity;
  for (size_t i = 0; i < reference.size(); ++i) {
    double ref = reference[i], out = output[i];
    if (std::isfinite(ref)) {
      least = std::min(least, ref);
      most = std::max(most, ref);
      signal += ref * ref;
    }
    if (ref == out || (std::isnan(ref) && std::isnan(out)))
      continue;
    double error = std::isnan(ref - out) ? infinity : std::fabs(ref - out);
    noise += error * error;
    difference.maxAbsolute = std::max(difference.maxAbsolute, error);
  }
  difference.range = most > least ? most - least : 0;
  difference.sqnrDb = noise > 0 ? 10 * std::log10(signal / noise) : infinity;
  return difference;
}

} // namespace aimc::tools
