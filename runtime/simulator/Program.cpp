#include "Program.h"
#include "Arrays.h"
#include "Drop.h"
#include "IntegerGemm.h"
#include "Kernels.h"
#include "ReadNoise.h"
#include "Wires.h"

#include <atomic>
#include <math.h>
#include <memory>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace aimc::simulator {

aimc_status fail(const aimc_driver_host *host, aimc_status status, const char *format, ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return host->fail(host, status, message);
}

aimc_status readBlob(const aimc_driver_host *host, const fb::Blob *blob, uint64_t bytes, const char *what, const char *node,
                     const void **out) {
  *out = nullptr;
  if (!blob || blob->size() == 0)
    return AIMC_OK;
  if (blob->size() != bytes)
    return fail(host, AIMC_INVALID_MODEL, "%s: %s has %llu bytes, its shape needs %llu", node, what,
                (unsigned long long)blob->size(), (unsigned long long)bytes);
  *out = static_cast<const char *>(host->section(host, blob->section())) + blob->offset();
  return AIMC_OK;
}

static int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

aimc_status readCrossbar(const aimc_driver_host *host, const fb::Crossbar &info, Crossbar &out) {
  const char *node = info.node()->c_str();
  out.info = &info;
  out.groups = info.groups();
  out.rows = info.rows();
  out.columns = info.columns();
  out.tileRows = info.tile_rows();
  out.tileColumns = info.tile_columns();
  out.weightBits = info.weight_bits();
  out.cellBits = info.cell_bits();
  out.slices = info.slices();
  out.offset = info.encoding() == fb::Encoding::Offset;
  out.unitColumn = out.offset && info.unit_column();
  if (!out.groups || !out.rows || !out.columns || !out.tileRows || !out.tileColumns)
    return fail(host, AIMC_INVALID_MODEL, "%s: a crossbar without rows, columns or groups", node);
  if (out.weightBits < 2 || out.weightBits > 16 || out.cellBits < 1 || out.cellBits > 14)
    return fail(host, AIMC_UNSUPPORTED, "%s: %u-bit weights in %u-bit cells; the simulator takes 2..16 and 1..14 bits", node,
                out.weightBits, out.cellBits);
  out.rowTiles = ceilDivide(out.rows, out.tileRows);
  out.columnTiles = ceilDivide(out.columns, out.tileColumns);
  int64_t slices = ceilDivide(int64_t(out.weightBits) - (out.offset ? 0 : 1), out.cellBits);
  if (out.rowTiles != info.row_tiles() || out.columnTiles != info.column_tiles() || out.slices != slices)
    return fail(host, AIMC_INVALID_MODEL, "%s: %u x %u tiles and %u slices; its matrix needs %lld x %lld and %lld", node,
                info.row_tiles(), info.column_tiles(), info.slices(), (long long)out.rowTiles, (long long)out.columnTiles,
                (long long)slices);
  int64_t tileRows = out.rows < out.tileRows ? out.rows : out.tileRows;
  if (tileRows > integerGemmMaxK)
    return fail(host, AIMC_UNSUPPORTED, "%s: tiles of %lld rows; the simulator's sums hold %lld", node, (long long)tileRows,
                (long long)integerGemmMaxK);
  uint64_t tiles = uint64_t(out.groups) * uint64_t(out.rowTiles) * uint64_t(out.columnTiles);
  if (tiles >= tileLimit || info.tile_base() > tileLimit - tiles)
    return fail(host, AIMC_UNSUPPORTED, "%s: tile numbers beyond 2^24", node);
  out.fullLevel = double((int64_t(1) << (out.weightBits - 1)) - 1);

  uint64_t weights = uint64_t(out.groups) * uint64_t(out.rows) * uint64_t(out.columns);
  const void *bytes;
  if (aimc_status status = readBlob(host, info.levels(), weights * (out.weightBits <= 8 ? 1 : 2), "levels", node, &out.levels))
    return status;
  uint64_t scales = uint64_t(out.groups) * uint64_t(out.rowTiles) * uint64_t(out.columns);
  if (aimc_status status = readBlob(host, info.weight_scale(), scales * sizeof(float), "weight_scale", node, &bytes))
    return status;
  out.weightScale = static_cast<const float *>(bytes);
  if (aimc_status status = readBlob(host, info.reference(), weights * sizeof(float), "reference", node, &bytes))
    return status;
  out.reference = static_cast<const float *>(bytes);
  if (!out.levels || !out.weightScale)
    return fail(host, AIMC_INVALID_MODEL, "%s: levels or weight scales are absent", node);

  for (int64_t g = 0; g < out.groups; ++g)
    for (int64_t t = 0; t < out.rowTiles; ++t)
      for (int64_t c = 0; c < out.columnTiles; ++c) {
        Tile tile = {};
        tile.group = uint32_t(g);
        tile.rowTile = uint32_t(t);
        tile.columnTile = uint32_t(c);
        tile.k0 = t * out.tileRows;
        tile.rows = out.rows - tile.k0 < out.tileRows ? out.rows - tile.k0 : out.tileRows;
        tile.n0 = c * out.tileColumns;
        tile.width = out.columns - tile.n0 < out.tileColumns ? out.columns - tile.n0 : out.tileColumns;
        tile.columns = tile.width + (out.unitColumn ? 1 : 0);
        out.tiles.push_back(tile);
      }
  return AIMC_OK;
}

namespace {
/// A row of cells of one slice, per polarity: sums over the devices of a weight, in microsiemens.
struct CellRow {
  float *sums[2];
  float *variances[2] = {}; // of read noise, unless null
};

/// Devices of a cell that are programmed alike: where their random numbers come from, how many, and what one counts.
struct DeviceSet {
  Purpose programming, stuck, drift, flicker;
  int64_t devices;
  float weight;
  bool ages;
};

/// What a tile's columns read with each row driven alone at full scale, slices put together: just after programming and now.
struct Readings {
  Buffer<double> of; // per column: of this row, and the sums of their magnitudes; before and after
  int64_t columns = 0;

  bool reserve(int64_t count) {
    columns = count;
    if (!of.reserve(uint64_t(4 * count)))
      return false;
    memset(of.data(), 0, size_t(4 * count) * sizeof(double));
    return true;
  }
  double *before() { return of.data(); }
  double *after() { return of.data() + columns; }
  double *sumBefore() { return of.data() + 2 * columns; }
  double *sumAfter() { return of.data() + 3 * columns; }
  void endRow() {
    for (int64_t j = 0; j < columns; ++j) {
      sumBefore()[j] += fabs(before()[j]);
      sumAfter()[j] += fabs(after()[j]);
    }
    memset(of.data(), 0, size_t(2 * columns) * sizeof(double));
  }
};

/// The cells of one tile, [slices, polarities, rows, columns]: sums over the devices of a weight, in microsiemens.
struct TileCells {
  Buffer<float> now, programmed; // when the chip is read; just after programming, if drift is compensated
  Buffer<float> variances;       // of read noise, in squares of the conductance
  int64_t rows = 0, columns = 0;

  bool reserve(int64_t slices, const Tile &tile, bool both, bool readNoise) {
    rows = tile.rows;
    columns = tile.columns;
    const uint64_t cells = uint64_t(slices * 2 * rows * columns);
    return now.reserve(cells) && (!both || programmed.reserve(cells)) && (!readNoise || variances.reserve(cells));
  }
  float *block(Buffer<float> &of, int64_t s, int polarity) { return of.data() + (s * 2 + polarity) * rows * columns; }
  CellRow row(Buffer<float> &of, int64_t s, int64_t k) {
    return {{block(of, s, 0) + k * columns, block(of, s, 1) + k * columns}};
  }
  /// The row when the chip is read, with its variances if there are.
  CellRow rowNow(int64_t s, int64_t k) {
    CellRow cells = row(now, s, k);
    for (int polarity = 0; polarity < 2 && variances.data(); ++polarity)
      cells.variances[polarity] = block(variances, s, polarity) + k * columns;
    return cells;
  }
};

/// Programs the tiles of one crossbar; one object serves all threads.
class Programmer {
public:
  Programmer(const ProgramOptions &options, const fb::Target &target, Crossbar &crossbar)
      : options(options), target(target), crossbar(crossbar) {
    if (!options.physical())
      return;
    read = readDeviation(target);
    table = digitTable(target, crossbar.cellBits, options.effects);
    aged = options.effects.ages() && hasDrift(target.device());
    if (aged)
      aging = deviceAging(target, options.effects);
    fullSteps = ((1 << crossbar.cellBits) - 1) * crossbar.stepsPerDigit;
    const float span = target.g_max() - target.g_min();
    stepsPerMicrosiemens = float(double(fullSteps) / (double(target.devices_per_weight()) * double(span)));
    if (crossbar.offset)
      middle = float(target.devices_per_weight()) *
               (target.g_min() + span * float(1 << (crossbar.cellBits - 1)) / float((1 << crossbar.cellBits) - 1));
  }

  /// Programs a tile whose wires are ideal and packs it.
  static aimc_status programTile(void *self, int64_t index) {
    Programmer &programmer = *static_cast<Programmer *>(self);
    return programmer.pack(programmer.crossbar.tiles[size_t(index)], nullptr);
  }

  /// Programs a tile's devices into `cells`.
  aimc_status program(const Tile &tile, TileCells &cells) const;
  /// Packs what `cells` hold; null: programs row by row.
  aimc_status pack(Tile &tile, TileCells *cells);
  /// Whether readings are compared with those just after programming.
  bool compensated() const { return aged && options.compensation != AIMC_COMPENSATE_NONE; }

  std::atomic<uint64_t> saturated{0};

private:
  int32_t levelAt(const Tile &tile, int64_t k, int64_t n) const {
    int64_t index = (int64_t(tile.group) * crossbar.rows + tile.k0 + k) * crossbar.columns + tile.n0 + n;
    return crossbar.weightBits <= 8 ? static_cast<const int8_t *>(crossbar.levels)[index]
                                    : static_cast<const int16_t *>(crossbar.levels)[index];
  }

  aimc_status outOfMemory() const {
    return fail(options.host, AIMC_OUT_OF_MEMORY, "%s: no memory to program a tile", crossbar.info->node()->c_str());
  }
  aimc_status digitsOf(const Tile &tile, int64_t s, int64_t k, int32_t *digits) const;
  void programNoiseless(const int32_t *digits, int64_t columns, int32_t *steps) const;
  void programPolarity(const Tile &tile, int64_t s, int64_t k, int polarity, const int32_t *digits, const DeviceSet &which,
                       float *sum, float *variance, float *programmedSum, float *scratch) const;
  void programDevices(const Tile &tile, int64_t s, int64_t k, const int32_t *digits, const CellRow &now,
                      const CellRow *programmed, float *scratch, bool residualToo = true) const;
  void stick(const float *uniform, int64_t count, float *g) const {
    options.kernels->stick(uniform, count, target.stuck_at_g_min(), target.stuck_at_g_max(), target.g_min(), target.g_max(), g);
  }
  void addVariances(const CellRow &cells, int64_t columns, float *variances) const;
  void packVariances(Tile &tile, const float *variances, int8_t *bytes) const;
  uint64_t toSteps(const CellRow &cells, int64_t columns, int32_t *steps) const;
  double readAlone(double steps, const Tile &tile, int64_t k) const;
  aimc_status compensateFirstPair(Tile &tile) const;
  void addReading(const Tile &tile, int64_t s, int64_t k, const CellRow &programmed, const int32_t *steps,
                  int32_t *programmedSteps, Readings &readings) const;
  void compensate(Tile &tile, Readings &readings) const;
  /// Whether residual pairs take what the first lack when the chip is read.
  bool refreshed() const { return aged && target.residual() > 0 && target.residual_at() == fb::ResidualAt::Readout; }

  static constexpr int scratchRows = 11;

  const ProgramOptions &options;
  const fb::Target &target;
  Crossbar &crossbar;
  DigitTable table;
  bool aged = false; // devices changed after programming
  Aging aging = {};
  ReadDeviation read = {};
  int32_t fullSteps = 0; // of a full-scale digit
  float stepsPerMicrosiemens = 0, middle = 0;
};
} // namespace

/// Digits of slice s of a tile's row; negative ones are those of the negative polarity.
aimc_status Programmer::digitsOf(const Tile &tile, int64_t s, int64_t k, int32_t *digits) const {
  const int32_t top = int32_t(crossbar.fullLevel), mask = (1 << crossbar.cellBits) - 1;
  const int shift = int(s * crossbar.cellBits);
  for (int64_t n = 0; n < tile.width; ++n) {
    int32_t level = levelAt(tile, k, n);
    if (level > top || level < -top - (crossbar.offset ? 1 : 0))
      return fail(options.host, AIMC_INVALID_MODEL, "%s: level %d; %u-bit weights go from %d to %d",
                  crossbar.info->node()->c_str(), level, crossbar.weightBits, -top - (crossbar.offset ? 1 : 0), top);
    if (crossbar.offset)
      digits[n] = ((level + top + 1) >> shift) & mask;
    else
      digits[n] = level < 0 ? -((-level >> shift) & mask) : (level >> shift) & mask;
  }
  if (crossbar.unitColumn)
    digits[tile.width] = crossbar.unitDigit(s);
  return AIMC_OK;
}

void Programmer::programNoiseless(const int32_t *digits, int64_t columns, int32_t *steps) const {
  for (int64_t j = 0; j < columns; ++j)
    steps[j] = digits[j] * crossbar.stepsPerDigit - crossbar.pedestalSteps;
}

/// Sums over the devices of a row of cells in steps; returns how many were limited.
uint64_t Programmer::toSteps(const CellRow &cells, int64_t columns, int32_t *steps) const {
  const float *positive = cells.sums[0], *negative = cells.sums[1];
  uint64_t beyond = 0;
  for (int64_t j = 0; j < columns; ++j) {
    float difference = crossbar.offset ? (positive[j] + negative[j]) - middle : positive[j] - negative[j];
    float value = rintf(difference * stepsPerMicrosiemens);
    beyond += fabsf(value) > 32639.0f;
    value = fminf(fmaxf(value, -32639.0f), 32639.0f);
    steps[j] = int32_t(value);
  }
  return beyond;
}

/// One polarity of a row of cells of slice s, every device drawn by its address: adds `which.weight` times the conductances to
/// `sum`, what they were before they aged to `programmedSum`, unless that is null, and with read noise their variances to
/// `variance`. Digits of the other polarity are 0 here.
void Programmer::programPolarity(const Tile &tile, int64_t s, int64_t k, int polarity, const int32_t *digits,
                                 const DeviceSet &which, float *sum, float *variance, float *programmedSum,
                                 float *scratch) const {
  const int64_t columns = tile.columns;
  const uint32_t tileNumber = crossbar.info->tile_base() + uint32_t(&tile - crossbar.tiles.data());
  const Stream programming = Stream::cells(options.seed, options.trial, which.programming, tileNumber);
  const Stream stuck = Stream::cells(options.seed, options.trial, which.stuck, tileNumber);
  const Stream drift = Stream::cells(options.seed, options.trial, which.drift, tileNumber);
  const Stream flicker = Stream::readout(options.seed, options.trial, which.flicker, tileNumber, options.effects.seconds);
  float *goal = scratch, *sigma = goal + columns, *mu = sigma + columns, *spread = mu + columns, *noise = spread + columns,
        *moreNoise = noise + columns, *uniform = moreNoise + columns, *g = uniform + columns;
  // Offset encoding has one device per cell; the unit column takes the first address of the other polarity.
  int64_t begin = 0, count = crossbar.offset ? tile.width : columns;
  if (crossbar.offset && polarity) {
    begin = tile.width;
    count = columns - tile.width;
  }
  const int64_t end = begin + count;
  for (int64_t j = begin; j < end; ++j) {
    int32_t digit = polarity && !crossbar.offset ? -digits[j] : digits[j];
    digit = digit > 0 ? digit : 0;
    goal[j] = table.target[size_t(digit)];
    sigma[j] = table.sigma[size_t(digit)];
    if (aged && which.ages) {
      mu[j] = table.mu[size_t(digit)];
      spread[j] = table.spread[size_t(digit)];
    }
  }
  for (int64_t f = 0; f < which.devices && count; ++f) {
    uint64_t element = uint64_t((((s * 2 + polarity) * which.devices + f) * crossbar.tileRows + k) * crossbar.tileColumns);
    if (!options.effects.programming) {
      memset(noise + begin, 0, size_t(count) * sizeof(float));
    } else if (hasUniformErrors(target.device())) {
      options.kernels->uniforms(programming, element, count, noise + begin);
      for (int64_t j = begin; j < end; ++j)
        noise[j] = noise[j] - 0.5f;
    } else {
      options.kernels->gaussians(programming, element, count, noise + begin);
    }
    options.kernels->programDevices(goal + begin, sigma + begin, noise + begin, count, g + begin);
    if (options.effects.stuck) {
      options.kernels->uniforms(stuck, element, count, uniform + begin);
      stick(uniform + begin, count, g + begin);
    }
    if (programmedSum)
      for (int64_t j = begin; j < end; ++j)
        programmedSum[j] = programmedSum[j] + which.weight * g[j];
    if (aged && which.ages) {
      if (options.effects.drift)
        options.kernels->gaussians(drift, element, count, noise + begin);
      if (options.effects.flicker)
        options.kernels->gaussians(flicker, element, count, moreNoise + begin);
      options.kernels->ageDevices(aging, mu + begin, spread + begin, noise + begin, moreNoise + begin, count, g + begin);
      if (options.effects.stuck)
        stick(uniform + begin, count, g + begin);
    }
    for (int64_t j = begin; j < end; ++j)
      sum[j] = sum[j] + which.weight * g[j];
    if (!options.effects.read)
      continue;
    memset(noise + begin, 0, size_t(count) * sizeof(float));
    options.kernels->addReadVariance(read, g + begin, count, noise + begin);
    const float stuckBelow = options.effects.stuck ? target.stuck_at_g_min() + target.stuck_at_g_max() : 0.0f;
    const float squared = which.weight * which.weight;
    for (int64_t j = begin; j < end; ++j)
      variance[j] = variance[j] + (stuckBelow > 0 && uniform[j] < stuckBelow ? 0.0f : squared * noise[j]);
  }
}

/// One row of cells of slice s; `programmed`, unless null, receives what the row was before it aged. A residual pair takes, in
/// parts of r, what the first pair lacks: just after programming, or, where it is refreshed, when the chip is read, against
/// what the tile's gamma restores. `scratch` holds scratchRows rows.
void Programmer::programDevices(const Tile &tile, int64_t s, int64_t k, const int32_t *digits, const CellRow &now,
                                const CellRow *programmed, float *scratch, bool residualToo) const {
  const int64_t columns = tile.columns, devices = target.devices_per_weight();
  const float part = residualToo ? target.residual() : 0.0f;
  const bool refreshes = refreshed();
  float *rest = scratch + (scratchRows - 3) * columns;
  const CellRow kept = {{rest, rest + columns}};
  const CellRow *first = programmed ? programmed : part > 0 && !refreshes ? &kept : nullptr;
  const DeviceSet pair = {Purpose::Programming, Purpose::Stuck, Purpose::Drift, Purpose::Flicker, devices, 1.0f, true};
  for (int polarity = 0; polarity < 2; ++polarity) {
    memset(now.sums[polarity], 0, size_t(columns) * sizeof(float));
    if (options.effects.read)
      memset(now.variances[polarity], 0, size_t(columns) * sizeof(float));
    if (first)
      memset(first->sums[polarity], 0, size_t(columns) * sizeof(float));
    programPolarity(tile, s, k, polarity, digits, pair, now.sums[polarity], now.variances[polarity],
                    first ? first->sums[polarity] : nullptr, scratch);
  }
  if (!(part > 0))
    return;
  const int32_t full = (1 << crossbar.cellBits) - 1;
  const float digitMicrosiemens = (target.g_max() - target.g_min()) / float(full), devicesOfPair = float(devices);
  int32_t *lacking = reinterpret_cast<int32_t *>(rest + 2 * columns);
  const CellRow &measured = refreshes ? now : *first;
  for (int64_t j = 0; j < columns; ++j) {
    const float has = (measured.sums[0][j] - measured.sums[1][j]) / devicesOfPair;
    const float gamma = refreshes && !tile.gamma.empty() ? tile.gamma[size_t(j)] : 1.0f;
    const float digit = rintf((digitMicrosiemens * float(digits[j]) / gamma - has) / (part * digitMicrosiemens));
    lacking[j] = int32_t(fminf(fmaxf(digit, -float(full)), float(full)));
  }
  const DeviceSet residual = {Purpose::ResidualProgramming,
                              Purpose::ResidualStuck,
                              Purpose::ResidualDrift,
                              Purpose::ResidualFlicker,
                              1,
                              part * devicesOfPair,
                              !refreshes};
  for (int polarity = 0; polarity < 2; ++polarity)
    programPolarity(tile, s, k, polarity, lacking, residual, now.sums[polarity], now.variances[polarity],
                    programmed && !refreshes ? programmed->sums[polarity] : nullptr, scratch);
}

/// Variances of a row's weights: of both polarities, in squared microsiemens.
void Programmer::addVariances(const CellRow &cells, int64_t columns, float *variances) const {
  for (int64_t j = 0; j < columns; ++j)
    variances[j] = cells.variances[0][j] + cells.variances[1][j];
}

/// Variances [rows, slices, columns] as steps of their slice's largest in the tile, packed.
void Programmer::packVariances(Tile &tile, const float *variances, int8_t *bytes) const {
  const int64_t columns = tile.columns, width = crossbar.slices * columns;
  const double digits = double(stepsPerMicrosiemens) / crossbar.stepsPerDigit;
  for (int64_t s = 0; s < crossbar.slices; ++s) {
    float largest = 0;
    for (int64_t k = 0; k < tile.rows; ++k)
      for (int64_t j = 0; j < columns; ++j)
        largest = fmaxf(largest, variances[k * width + s * columns + j]);
    const float scale = largest > 0 ? varianceSteps / largest : 0.0f;
    std::vector<int64_t> sums(size_t(columns), 0);
    for (int64_t k = 0; k < tile.rows; ++k)
      for (int64_t j = 0; j < columns; ++j) {
        bytes[k * columns + j] = int8_t(rintf(fminf(variances[k * width + s * columns + j] * scale, varianceSteps)));
        sums[size_t(j)] += bytes[k * columns + j];
      }
    for (int64_t sum : sums)
      tile.varianceMean.push_back(float(double(sum) / double(tile.rows)));
    tile.varianceStep.push_back(float(double(largest) / double(varianceSteps) * (digits * digits)));
    options.gemm->pack(bytes, tile.rows, columns, columns,
                       crossbar.packed.data() + tile.variances + size_t(s) * tile.sliceBytes);
  }
}

/// What a column reads with row k driven alone at full scale.
double Programmer::readAlone(double steps, const Tile &tile, int64_t k) const {
  if (!(crossbar.wireRatio > 0))
    return steps;
  const double a = double(tile.rows) / crossbar.wireRatio * (fabs(steps) / double(fullSteps));
  return steps - dropFactor(a) * (dropReach(k, tile.rows) * steps);
}

/// Adds one slice of row k, whose cells now have `steps`, to the row's readings.
void Programmer::addReading(const Tile &tile, int64_t s, int64_t k, const CellRow &programmed, const int32_t *steps,
                            int32_t *programmedSteps, Readings &readings) const {
  toSteps(programmed, tile.columns, programmedSteps);
  const double weight = double(uint64_t(1) << (uint64_t(s) * crossbar.cellBits));
  double *before = readings.before(), *after = readings.after();
  for (int64_t j = 0; j < tile.columns; ++j) {
    before[j] += weight * readAlone(double(programmedSteps[j] + crossbar.pedestalSteps), tile, k);
    after[j] += weight * readAlone(double(steps[j] + crossbar.pedestalSteps), tile, k);
  }
}

/// gamma from the sums over rows of what each column read just after programming and now, in steps.
void Programmer::compensate(Tile &tile, Readings &readings) const {
  const double *before = readings.sumBefore(), *after = readings.sumAfter();
  const double least = 1e-4 * double(fullSteps);
  auto ratio = [&](double first, double second, double cells) {
    first = first / cells;
    second = second / cells;
    return float((first > least ? first : least) / (second > least ? second : least));
  };
  const double rows = double(tile.rows);
  tile.gamma.resize(size_t(tile.columns));
  if (options.compensation == AIMC_COMPENSATE_COLUMN) {
    for (int64_t j = 0; j < tile.columns; ++j)
      tile.gamma[size_t(j)] = ratio(before[j], after[j], rows);
    return;
  }
  double first = 0, second = 0;
  for (int64_t j = 0; j < tile.width; ++j) {
    first += before[j];
    second += after[j];
  }
  const float gamma = ratio(first, second, rows * double(tile.width));
  for (float &column : tile.gamma)
    column = gamma;
}

/// The tile's gamma from its first pairs alone.
aimc_status Programmer::compensateFirstPair(Tile &tile) const {
  const int64_t columns = tile.columns;
  Buffer<int32_t> row;
  Buffer<float> scratch;
  Readings readings;
  if (!row.reserve(uint64_t(3 * columns)) || !scratch.reserve(uint64_t((scratchRows + 6) * columns)) ||
      !readings.reserve(columns))
    return outOfMemory();
  int32_t *digits = row.data(), *steps = digits + columns, *programmedSteps = steps + columns;
  float *sums = scratch.data() + scratchRows * columns;
  const CellRow now = {{sums, sums + columns}, {sums + 4 * columns, sums + 5 * columns}};
  const CellRow programmed = {{sums + 2 * columns, sums + 3 * columns}};
  for (int64_t k = 0; k < tile.rows; ++k) {
    for (int64_t s = 0; s < crossbar.slices; ++s) {
      if (aimc_status status = digitsOf(tile, s, k, digits))
        return status;
      programDevices(tile, s, k, digits, now, &programmed, scratch.data(), /*residualToo=*/false);
      toSteps(now, columns, steps);
      addReading(tile, s, k, programmed, steps, programmedSteps, readings);
    }
    readings.endRow();
  }
  compensate(tile, readings);
  return AIMC_OK;
}

aimc_status Programmer::program(const Tile &tile, TileCells &cells) const {
  Buffer<int32_t> digits;
  Buffer<float> scratch;
  if (!digits.reserve(uint64_t(tile.columns)) || !scratch.reserve(uint64_t(scratchRows * tile.columns)) ||
      !cells.reserve(crossbar.slices, tile, compensated(), options.effects.read))
    return outOfMemory();
  for (int64_t s = 0; s < crossbar.slices; ++s)
    for (int64_t k = 0; k < tile.rows; ++k) {
      if (aimc_status status = digitsOf(tile, s, k, digits.data()))
        return status;
      const CellRow programmed = compensated() ? cells.row(cells.programmed, s, k) : CellRow();
      const CellRow now = cells.rowNow(s, k);
      programDevices(tile, s, k, digits.data(), now, compensated() ? &programmed : nullptr, scratch.data());
      // Through wires, deviations stay the same part of what a cell conducts.
      for (int polarity = 0; polarity < 2 && options.effects.read; ++polarity)
        for (int64_t j = 0; j < tile.columns; ++j) {
          const float g = now.sums[polarity][j];
          now.variances[polarity][j] = g > 0 ? now.variances[polarity][j] / (g * g) : 0.0f;
        }
    }
  return AIMC_OK;
}

/// Planes that a tile is packed in: its cells', and those of DropPlanes.
static int packedPlanes(const Crossbar &crossbar) { return crossbar.wireRatio > 0 ? 6 : crossbar.planes; }

/// Steps as 256 * high + low, both int8; the low plane lies `planeBytes` behind the high one.
static void splitRow(const int32_t *steps, int64_t columns, uint64_t planeBytes, int8_t *high) {
  int8_t *low = high + planeBytes;
  for (int64_t j = 0; j < columns; ++j) {
    int32_t part = ((steps[j] + 128) & 255) - 128;
    low[j] = int8_t(part);
    high[j] = int8_t((steps[j] - part) / 256);
  }
}

aimc_status Programmer::pack(Tile &tile, TileCells *cells) {
  const int64_t columns = tile.columns, width = columns * crossbar.slices;
  Buffer<int8_t> planes;
  Buffer<int32_t> row;
  Buffer<float> scratch;
  Readings readings;
  const bool reads = compensated() && !refreshed(); // else gamma is known, or there is none
  const uint64_t planeBytes = uint64_t(tile.rows) * uint64_t(width);
  if (!planes.reserve(6 * planeBytes) || !row.reserve(uint64_t(5 * columns)) ||
      !scratch.reserve(uint64_t((scratchRows + 6) * columns)) || !readings.reserve(columns))
    return outOfMemory();
  int32_t *digits = row.data(), *steps = digits + columns, *programmedSteps = steps + columns;
  int32_t *magnitudes = programmedSteps + columns, *reached = magnitudes + columns;
  if (compensated() && refreshed())
    if (aimc_status status = compensateFirstPair(tile))
      return status;
  float *sums = scratch.data() + scratchRows * columns;
  CellRow now = {{sums, sums + columns}, {sums + 4 * columns, sums + 5 * columns}};
  CellRow programmed = {{sums + 2 * columns, sums + 3 * columns}};
  Buffer<float> variances;
  if (options.effects.read && !variances.reserve(planeBytes))
    return outOfMemory();
  for (int64_t k = 0; k < tile.rows; ++k) {
    const int64_t place = crossbar.places.empty() ? k : crossbar.places[size_t(tile.k0 + k)];
    for (int64_t s = 0; s < crossbar.slices; ++s) {
      if (cells) {
        now = cells->rowNow(s, k);
        for (int polarity = 0; polarity < 2 && options.effects.read; ++polarity)
          for (int64_t j = 0; j < columns; ++j)
            now.variances[polarity][j] *= now.sums[polarity][j] * now.sums[polarity][j];
        if (reads)
          programmed = cells->row(cells->programmed, s, k);
      } else {
        if (aimc_status status = digitsOf(tile, s, k, digits))
          return status;
        if (options.physical())
          programDevices(tile, s, k, digits, now, reads ? &programmed : nullptr, scratch.data());
        else
          programNoiseless(digits, columns, steps);
      }
      if (options.physical())
        if (uint64_t beyond = toSteps(now, columns, steps))
          saturated += beyond;
      if (options.effects.read)
        addVariances(now, columns, variances.data() + place * width + s * columns);
      int8_t *high = planes.data() + place * width + s * columns;
      if (crossbar.planes == 1) {
        for (int64_t j = 0; j < columns; ++j)
          high[j] = int8_t(steps[j]);
        continue;
      }
      splitRow(steps, columns, planeBytes, high);
      if (crossbar.wireRatio > 0) {
        const double reach = dropReach(k, tile.rows);
        for (int64_t j = 0; j < columns; ++j) {
          const int32_t digit = steps[j] + crossbar.pedestalSteps;
          magnitudes[j] = abs(digit) < 32639 ? abs(digit) : 32639;
          reached[j] = int32_t(rint(double(digit) * reach));
        }
        splitRow(magnitudes, columns, planeBytes, high + 2 * planeBytes);
        splitRow(reached, columns, planeBytes, high + 4 * planeBytes);
      }
      if (reads)
        addReading(tile, s, k, programmed, steps, programmedSteps, readings);
    }
    if (reads)
      readings.endRow();
  }
  if (reads)
    compensate(tile, readings);
  for (int plane = 0; plane < packedPlanes(crossbar); ++plane)
    for (int64_t s = 0; s < crossbar.slices; ++s)
      options.gemm->pack(planes.data() + uint64_t(plane) * planeBytes + s * columns, tile.rows, columns, width,
                         crossbar.packed.data() + tile.packed[plane] + size_t(s) * tile.sliceBytes);
  if (options.effects.read)
    packVariances(tile, variances.data(), planes.data());
  return AIMC_OK;
}

/// Chooses the packed form and makes room for it.
static aimc_status layOut(const ProgramOptions &options, Crossbar &crossbar) {
  const int32_t fullDigit = (1 << crossbar.cellBits) - 1;
  crossbar.wireRatio = options.wireRatio;
  if (options.physical()) {
    crossbar.planes = 2;
    for (crossbar.stepsPerDigit = 1; 2 * crossbar.stepsPerDigit * fullDigit <= 1 << 14;)
      crossbar.stepsPerDigit *= 2;
    crossbar.pedestalSteps = crossbar.offset ? (1 << (crossbar.cellBits - 1)) * crossbar.stepsPerDigit : 0;
  } else {
    // Digits that int8 cannot hold: unsigned 8-bit ones move by 128, wider ones take two planes.
    crossbar.pedestalSteps = crossbar.offset && crossbar.cellBits == 8 ? 128 : 0;
    crossbar.planes = crossbar.cellBits <= 7 || crossbar.pedestalSteps ? 1 : 2;
  }
  size_t bytes = 0;
  crossbar.readNoise = options.effects.read;
  for (Tile &tile : crossbar.tiles) {
    tile.sliceBytes = (options.gemm->packedBytes(tile.rows, tile.columns) + 63) / 64 * 64;
    for (int plane = 0; plane < packedPlanes(crossbar); ++plane) {
      tile.packed[plane] = bytes;
      bytes += tile.sliceBytes * size_t(crossbar.slices);
    }
    tile.variances = bytes;
    if (crossbar.readNoise)
      bytes += tile.sliceBytes * size_t(crossbar.slices);
  }
  if (!crossbar.packed.reserve(bytes))
    return fail(options.host, AIMC_OUT_OF_MEMORY, "%s: no memory for %zu bytes of conductances", crossbar.info->node()->c_str(),
                bytes);
  return AIMC_OK;
}

namespace {
/// Chips whose wires have a resistance: an array is programmed with all that lies in it, then read.
class ArrayProgrammer {
public:
  ArrayProgrammer(const ProgramOptions &options, const fb::Target &target,
                  std::vector<std::unique_ptr<Programmer>> &programmers, std::vector<Crossbar> &crossbars,
                  const std::vector<ArrayGroup> &groups)
      : options(options), target(target), programmers(programmers), crossbars(crossbars), groups(groups) {}

  static aimc_status programGroup(void *self, int64_t index) {
    ArrayProgrammer &programmer = *static_cast<ArrayProgrammer *>(self);
    return programmer.program(programmer.groups[size_t(index)]);
  }

private:
  aimc_status program(const ArrayGroup &group);
  aimc_status read(const ArrayGroup &group, const PhysicalArray &array, std::vector<TileCells> &cells, bool now) const;

  const ProgramOptions &options;
  const fb::Target &target;
  std::vector<std::unique_ptr<Programmer>> &programmers;
  std::vector<Crossbar> &crossbars;
  const std::vector<ArrayGroup> &groups;
};
} // namespace

/// Replaces the conductances of what lies in an array by their transfer through its wires.
aimc_status ArrayProgrammer::read(const ArrayGroup &group, const PhysicalArray &array, std::vector<TileCells> &cells,
                                  bool now) const {
  std::vector<CellBlock> blocks;
  for (const ArrayPart &part : array.parts) {
    TileCells &tile = cells[part.tile];
    if (!now && !programmers[group.tiles[part.tile].crossbar]->compensated())
      continue;
    blocks.push_back({part.row, part.column, tile.rows, tile.columns, part.columnStride,
                      tile.block(now ? tile.now : tile.programmed, part.slice, int(part.polarity)), tile.columns});
  }
  if (blocks.empty())
    return AIMC_OK;
  ParallelFor parallelFor = [&](int64_t count, const std::function<bool(int64_t)> &body) {
    auto call = [](void *context, int64_t i) {
      return (*static_cast<const std::function<bool(int64_t)> *>(context))(i) ? AIMC_OK : AIMC_FAILED;
    };
    return options.host->parallel(options.host, count, call, const_cast<std::function<bool(int64_t)> *>(&body)) == AIMC_OK;
  };
  WireGrid grid = {int64_t(target.array_rows()), int64_t(target.array_columns()) * array.devicesPerCell,
                   options.wireOhm / double(array.devicesPerCell), options.wireOhm,
                   double(target.g_min()) * double(target.devices_per_weight())};
  const char *name = target.name()->c_str();
  switch (readThroughWires(grid, blocks, *options.kernels, parallelFor)) {
  case WireStatus::Solved:
    return AIMC_OK;
  case WireStatus::NoMemory:
    return fail(options.host, AIMC_OUT_OF_MEMORY, "target %s: no memory for the wires of an array of %lld x %lld cells", name,
                (long long)grid.rows, (long long)grid.columns);
  case WireStatus::NotConverged:
    return fail(options.host, AIMC_UNSUPPORTED,
                "target %s: cells of array %u of chip %u conduct too well against wires of %g ohm to be solved; "
                "lower wires.resistance or device.g_max",
                name, array.array, array.chip, options.wireOhm);
  case WireStatus::InvalidArray:
    break;
  }
  return fail(options.host, AIMC_INVALID_MODEL, "target %s: two tiles take the same cells of array %u of chip %u", name,
              array.array, array.chip);
}

aimc_status ArrayProgrammer::program(const ArrayGroup &group) {
  std::vector<TileCells> cells(group.tiles.size());
  for (size_t i = 0; i < group.tiles.size(); ++i) {
    const ArrayTile &tile = group.tiles[i];
    if (aimc_status status = programmers[tile.crossbar]->program(crossbars[tile.crossbar].tiles[tile.tile], cells[i]))
      return status;
  }
  for (const PhysicalArray &array : group.arrays)
    for (bool now : {true, false})
      if (aimc_status status = read(group, array, cells, now))
        return status;
  for (size_t i = 0; i < group.tiles.size(); ++i) {
    const ArrayTile &tile = group.tiles[i];
    if (aimc_status status = programmers[tile.crossbar]->pack(crossbars[tile.crossbar].tiles[tile.tile], &cells[i]))
      return status;
  }
  return AIMC_OK;
}

aimc_status programCrossbars(const ProgramOptions &options, const fb::Target &target, std::vector<Crossbar> &crossbars) {
  if (!options.packed)
    return AIMC_OK;
  std::vector<std::unique_ptr<Programmer>> programmers;
  for (Crossbar &crossbar : crossbars) {
    if (aimc_status status = layOut(options, crossbar))
      return status;
    programmers.push_back(std::make_unique<Programmer>(options, target, crossbar));
  }
  if (options.wireOhm > 0) {
    std::vector<ArrayGroup> groups;
    if (aimc_status status = groupArrays(options.host, target, crossbars, groups))
      return status;
    ArrayProgrammer programmer(options, target, programmers, crossbars, groups);
    // Many arrays: one thread each. Few: threads share the drives of one. Neither changes a bit.
    const bool apart = groups.size() >= 8;
    if (apart)
      if (aimc_status status =
              options.host->parallel(options.host, int64_t(groups.size()), ArrayProgrammer::programGroup, &programmer))
        return status;
    for (size_t i = 0; !apart && i < groups.size(); ++i)
      if (aimc_status status = ArrayProgrammer::programGroup(&programmer, int64_t(i)))
        return status;
  }
  for (size_t i = 0; i < crossbars.size(); ++i) {
    if (!(options.wireOhm > 0))
      if (aimc_status status = options.host->parallel(options.host, int64_t(crossbars[i].tiles.size()), Programmer::programTile,
                                                      programmers[i].get()))
        return status;
    crossbars[i].saturated = programmers[i]->saturated;
  }
  return AIMC_OK;
}

} // namespace aimc::simulator
