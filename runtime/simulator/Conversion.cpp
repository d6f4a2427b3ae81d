#include "Conversion.h"

#include <math.h>

namespace aimc::simulator {

/// Gaussians of the converters behind each slice of a tile's columns; unit columns are counted behind the last slice.
static std::vector<float> drawColumns(const ErringConverters &converters, Purpose purpose, const Crossbar &crossbar,
                                      const Tile &tile) {
  const uint32_t number = crossbar.info->tile_base() + uint32_t(&tile - crossbar.tiles.data());
  const Stream stream = Stream::cells(converters.seed, converters.trial, purpose, number);
  std::vector<float> noise(size_t(crossbar.slices * tile.columns));
  for (int64_t s = 0; s < crossbar.slices; ++s) {
    float *row = noise.data() + s * tile.columns;
    converters.kernels->gaussians(stream, uint64_t(s * crossbar.tileColumns), tile.width, row);
    if (tile.columns > tile.width)
      converters.kernels->gaussians(stream, uint64_t(crossbar.slices * crossbar.tileColumns + s), 1, row + tile.width);
  }
  return noise;
}

/// Thresholds of one column, in codes. Widths of codes deviate by `dnl` times `noise`; the sum of deviations is a walk, tilted
/// until it ends where it began. The bow is highest in the middle. No threshold lies below its predecessor.
static void bendThresholds(int64_t count, float lowest, float dnl, const float *noise, float bow, float *thresholds) {
  const float last = float(count > 1 ? count - 1 : 1);
  float end = 0.0f;
  for (int64_t j = 1; j < count; ++j)
    end = end + dnl * noise[j];
  float walk = 0.0f, before = -INFINITY;
  for (int64_t j = 0; j < count; ++j) {
    if (j > 0)
      walk = walk + dnl * noise[j];
    const float part = float(j) / last;
    float shift = walk - part * end;
    shift = shift + bow * ((4.0f * part) * (1.0f - part));
    const float threshold = (lowest + float(j) + 0.5f) + shift;
    thresholds[j] = threshold > before ? threshold : before;
    before = thresholds[j];
  }
}

ConverterErrors drawConverterErrors(const ErringConverters &converters, const Crossbar &crossbar, const Tile &tile,
                                    const float *ka, float lowest, float highest) {
  const fb::Target &target = *converters.target;
  const size_t columns = size_t(crossbar.slices * tile.columns);
  ConverterErrors errors;
  if (converters.effects.isOn(AIMC_EFFECT_NONLINEARITY))
    for (size_t i = 0; i < columns; ++i)
      errors.compression.push_back(target.nonlinearity() * (ka[i] / highest));
  if (converters.effects.isOn(AIMC_EFFECT_ADC_GAIN)) {
    errors.gain = drawColumns(converters, Purpose::Gain, crossbar, tile);
    for (float &gain : errors.gain)
      gain = 1.0f + target.gain_error() * gain;
  }
  if (converters.effects.isOn(AIMC_EFFECT_ADC_OFFSET)) {
    errors.offset = drawColumns(converters, Purpose::Offset, crossbar, tile);
    for (size_t i = 0; i < columns; ++i)
      errors.offset[i] = (target.offset_error() * errors.offset[i]) * (ka ? float(1.0 / double(ka[i])) : 1.0f);
  }
  if (converters.effects.isOn(AIMC_EFFECT_ADC_LINEARITY)) {
    const int64_t count = int64_t(highest - lowest);
    const uint32_t number = crossbar.info->tile_base() + uint32_t(&tile - crossbar.tiles.data());
    std::vector<float> bow = drawColumns(converters, Purpose::Bow, crossbar, tile), noise(size_t(count), 0.0f);
    errors.thresholds.resize(columns * size_t(count));
    for (int64_t s = 0; s < crossbar.slices; ++s)
      for (int64_t n = 0; n < tile.columns; ++n) {
        const bool unit = n == tile.width;
        const int64_t column = unit ? crossbar.slices * crossbar.tileColumns + s : s * crossbar.tileColumns + n;
        Stream stream = Stream::conversions(converters.seed, converters.trial, Purpose::Threshold, number, 0, uint32_t(column));
        if (target.dnl() > 0)
          converters.kernels->gaussians(stream, 0, count, noise.data());
        const int64_t at = s * tile.columns + n;
        bendThresholds(count, lowest, target.dnl(), noise.data(), target.inl() * bow[size_t(at)],
                       errors.thresholds.data() + at * count);
      }
  }
  return errors;
}

void columnSums(const Conversion &c, int64_t n, float *sums) {
  if (c.low)
    for (int64_t i = 0; i < n; ++i)
      sums[i] = float(((double(c.high[i]) * 256.0 + double(c.low[i])) + c.pedestalSteps) * c.digitsPerStep);
  else
    for (int64_t i = 0; i < n; ++i)
      sums[i] = float(c.high[i] + c.pedestal);
}

void distort(const ConverterErrors &errors, const Conversion &conversion, int64_t slice, int64_t n, float *__restrict sums) {
  if (!errors.compression.empty()) {
    const float *compression = errors.compression.data() + slice * n;
    for (int64_t i = 0; i < n; ++i)
      sums[i] = sums[i] / (1.0f + fabsf(compression[i] * sums[i]));
  }
  if (!errors.gain.empty()) {
    const float *gain = errors.gain.data() + slice * n;
    for (int64_t i = 0; i < n; ++i)
      sums[i] = sums[i] * gain[i];
  }
  if (!errors.offset.empty()) {
    const float *offset = errors.offset.data() + slice * n;
    for (int64_t i = 0; i < n; ++i)
      sums[i] = sums[i] + offset[i];
  }
  if (conversion.noise)
    for (int64_t i = 0; i < n; ++i)
      sums[i] = __builtin_fmaf(conversion.noiseScale[i], conversion.noise[i], sums[i]);
}

/// How many of `count` ascending thresholds lie below v.
static int64_t countBelow(const float *thresholds, int64_t count, float v) {
  int64_t first = 0;
  while (count > 0) {
    const int64_t half = count / 2;
    const bool below = thresholds[first + half] < v;
    first = below ? first + half + 1 : first;
    count = below ? count - half - 1 : half;
  }
  return first;
}

uint64_t convertDistorted(const ConverterErrors &errors, const Conversion &c, int64_t slice, int64_t n, const float *sums,
                          int32_t *__restrict codes) {
  // Adding and taking away 1.5 * 2^23 rounds to an integer, ties to even.
  constexpr float magic = 12582912.0f;
  const float above = c.highest + 0.5f, below = c.lowest < 0.0f ? c.lowest - 0.5f : -0.50000006f;
  const int64_t count = int64_t(c.highest - c.lowest);
  const float *thresholds = errors.thresholds.empty() ? nullptr : errors.thresholds.data() + slice * n * count;
  uint64_t clipped = 0;
  for (int64_t i = 0; i < n; ++i) {
    float v = sums[i] * c.ka[i];
    clipped += uint64_t((v >= above) | (v <= below));
    if (thresholds) {
      codes[i] = int32_t(c.lowest) + int32_t(countBelow(thresholds + i * count, count, v));
      continue;
    }
    v = v < c.highest ? v : c.highest;
    v = v > c.lowest ? v : c.lowest;
    codes[i] = int32_t((v + magic) - magic);
  }
  return clipped;
}

} // namespace aimc::simulator
