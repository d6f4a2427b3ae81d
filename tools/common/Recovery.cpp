#include "Recovery.h"

#include "Layers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace aimc::tools {

/// Rows of each matrix that a fit rests on.
static constexpr int64_t fittedRows = 2048;

namespace {
/// What a fit needs of one column: sums over rows of the chip's y, the float y, and their products.
struct Moments {
  double count = 0, y = 0, reference = 0, squares = 0, products = 0;

  void add(double value, double expected) {
    if (!std::isfinite(value) || !std::isfinite(expected))
      return;
    count += 1;
    y += value;
    reference += expected;
    squares += value * value;
    products += value * expected;
  }
};

/// One group of one layer.
struct Matrix {
  std::vector<Moments> columns;
  int64_t stride = 0, untilNext = 0; // of the rows that count
};

/// Computes the float results of a layer's inputs and holds the chip's against them.
class Fit : public LayerObserver {
public:
  explicit Fit(const Network &data) : container(data.container()), samples(data.samples()), batch(data.batch()), sums() {
    for (const fb::Dispatch *dispatch : *container.model().dispatches()) {
      const fb::Crossbar &crossbar = *container.model().crossbars()->Get(dispatch->crossbar());
      sites.emplace_back(crossbar.groups());
      for (Matrix &matrix : sites.back())
        matrix.columns.resize(crossbar.columns());
    }
  }
  uint32_t observe() const override { return AIMC_OBSERVE_X | AIMC_OBSERVE_Y; }
  aimc_status add(const aimc_observation &seen) override;
  const Status &status() const override { return failure; }
  const std::vector<Matrix> &groupsOf(size_t site) const { return sites[site]; }

private:
  void addRow(const float *x, const float *y, const float *weights, const float *bias, size_t k, std::vector<Moments> &columns);

  const Container &container;
  int64_t samples, batch; // of the data, and of one run
  std::vector<std::vector<Matrix>> sites;
  std::vector<double> sums;
  Status failure;
};
} // namespace

void Fit::addRow(const float *x, const float *y, const float *weights, const float *bias, size_t k,
                 std::vector<Moments> &columns) {
  const size_t n = columns.size();
  sums.assign(n, 0.0);
  for (size_t i = 0; i < k; ++i)
    if (const double input = x[i]; input != 0)
      for (size_t column = 0; column < n; ++column)
        sums[column] += input * weights[i * n + column];
  for (size_t column = 0; column < n; ++column)
    columns[column].add(y[column], sums[column] + (bias ? bias[column] : 0.0f));
}

int64_t fittedStride(int64_t positions, int64_t samples) {
  int64_t stride = (positions * samples + fittedRows - 1) / fittedRows;
  while (std::gcd(stride, positions) != 1)
    ++stride;
  return stride;
}

aimc_status Fit::add(const aimc_observation &seen) {
  const fb::Dispatch &dispatch = *container.model().dispatches()->Get(seen.site);
  const fb::Crossbar &crossbar = *container.model().crossbars()->Get(dispatch.crossbar());
  Matrix &matrix = sites[seen.site][seen.group];
  const size_t k = crossbar.rows(), n = crossbar.columns();
  const auto *weights = groupOf<float>(container, crossbar.reference(), seen.group, k * n);
  const auto *bias = groupOf<float>(container, dispatch.bias(), seen.group, n);
  if (!weights) {
    failure = Failure{"layer '" + dispatch.node()->str() +
                      "' was compiled with --strip-reference, so that there are no float weights to fit it to"};
    return AIMC_FAILED;
  }
  if (matrix.stride == 0)
    matrix.stride = fittedStride(std::max<int64_t>(seen.rows / batch, 1), samples);
  int64_t row = matrix.untilNext;
  for (; row < seen.rows; row += matrix.stride)
    addRow(seen.x + static_cast<size_t>(row) * k, seen.y + static_cast<size_t>(row) * n, weights, bias, k, matrix.columns);
  matrix.untilNext = row - seen.rows;
  return AIMC_OK;
}

/// The correction of one column. One that hardly moves shows no slope, and a slope far from 1 corrects nothing.
static void fitColumn(const Moments &m, Recovery recovery, float &scale, float &offset) {
  if (m.count < 2)
    return;
  const double mean = m.y / m.count, expected = m.reference / m.count;
  const double variance = m.squares / m.count - mean * mean, covariance = m.products / m.count - mean * expected;
  double slope = 1;
  if (recovery == Recovery::Affine && variance > 1e-9 * (m.squares / m.count) && covariance > 0.5 * variance &&
      covariance < 2 * variance)
    slope = covariance / variance;
  scale = static_cast<float>(slope);
  offset = static_cast<float>(expected - slope * mean);
}

Result<std::vector<Correction>> fitCorrections(const Network &calibration, const ChipSettings &chip, aimc_pool *pool) {
  Result<ProgrammedChip> programmed = calibration.program(chip, pool);
  if (!programmed)
    return programmed.failure();
  Fit fit(calibration);
  for (int64_t begin = 0; begin < calibration.samples(); begin += calibration.batch())
    if (auto outputs = calibration.runBatch(*programmed, begin, &fit); !outputs)
      return outputs.failure();
  std::vector<Correction> corrections;
  for (size_t site = 0; site < calibration.container().model().dispatches()->size(); ++site) {
    Correction correction;
    for (const Matrix &matrix : fit.groupsOf(site))
      for (const Moments &column : matrix.columns) {
        correction.scale.push_back(1.0f);
        correction.offset.push_back(0.0f);
        fitColumn(column, chip.recovery, correction.scale.back(), correction.offset.back());
      }
    corrections.push_back(std::move(correction));
  }
  return corrections;
}

} // namespace aimc::tools
