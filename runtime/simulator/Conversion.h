// Converters that err: gain, offset and thresholds that differ from column to column, and column currents that the read-out
// compresses. Layers without such effects never come here.
#ifndef AIMC_SIMULATOR_CONVERSION_H
#define AIMC_SIMULATOR_CONVERSION_H

#include "Effects.h"
#include "Kernels.h"
#include "Program.h"

#include <vector>

namespace aimc::simulator {

/// What is wrong with the converters of one tile: [slices, columns] each, or empty where nothing is. They belong to the array,
/// and layers that share it share them.
struct ConverterErrors {
  std::vector<float> compression; // kappa / A, per digit
  std::vector<float> gain;        // 1 + gamma
  std::vector<float> offset;      // digits
  std::vector<float> thresholds;  // [slices, columns, highest - lowest]: between neighbouring codes, ascending, in codes
};

/// The most thresholds that are kept for each column; ADCs of more bits have to be linear.
constexpr int maxThresholdBits = 12;

/// What errors are drawn for.
struct ErringConverters {
  const fb::Target *target;
  Effects effects;
  uint32_t seed, trial;
  const Kernels *kernels;

  bool any() const {
    return effects.isOn(AIMC_EFFECT_ADC_GAIN) || effects.isOn(AIMC_EFFECT_ADC_OFFSET) ||
           effects.isOn(AIMC_EFFECT_ADC_LINEARITY) || effects.isOn(AIMC_EFFECT_NONLINEARITY);
  }
};

/// Draws the errors of a tile's converters. ka: codes per digit of each slice and column, null for ideal converters, which have
/// neither a range to compress against nor thresholds; codes go from `lowest` to `highest`.
ConverterErrors drawConverterErrors(const ErringConverters &converters, const Crossbar &crossbar, const Tile &tile,
                                    const float *ka, float lowest, float highest);

/// Column sums in digits, rounded to float32.
void columnSums(const Conversion &conversion, int64_t n, float *sums);

/// What the converters of slice `slice` make of column sums, in place: compression, then gain and offset, then the conversion's
/// noise.
void distort(const ConverterErrors &errors, const Conversion &conversion, int64_t slice, int64_t n, float *sums);

/// Codes of distorted column sums; returns how many were clipped.
uint64_t convertDistorted(const ConverterErrors &errors, const Conversion &conversion, int64_t slice, int64_t n,
                          const float *sums, int32_t *codes);

} // namespace aimc::simulator

#endif
