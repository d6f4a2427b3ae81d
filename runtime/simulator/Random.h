// Addresses of random numbers: what they are for and where. A number is a function of its address alone.
#ifndef AIMC_SIMULATOR_RANDOM_H
#define AIMC_SIMULATOR_RANDOM_H

#include <stdint.h>

namespace aimc::simulator {

/// The top byte of the fourth counter word.
enum class Purpose : uint32_t {
  Programming = 1,          // one per device: error made when programming
  Output = 2,               // one per conversion: noise before the ADC, of the read-out and of the cells
  Drift = 3,                // one per device: its drift exponent
  Flicker = 4,              // one per device and readout: 1/f noise
  Stuck = 5,                // one uniform number per device: whether it is stuck
  Input = 6,                // one per row of a tile and input slice: noise of an input digit
  Gain = 8,                 // one per column and weight slice: the ADC's gain error
  Offset = 9,               // the same: its offset
  Threshold = 10,           // one per code of a column's ADC: the width of a step
  Bow = 11,                 // one per column and weight slice: the bow of the ADC's curve
  ResidualProgramming = 12, // as the first three and Flicker, for residual pairs
  ResidualStuck = 13,
  ResidualDrift = 14,
  ResidualFlicker = 15,
};

/// A line of Gaussians: consecutive elements of one (key, position, sample, purpose, tile).
struct Stream {
  uint32_t seed, trial; // key
  uint32_t position;    // counter word 1
  uint32_t sample;      // counter word 2
  uint32_t purposeTile; // counter word 3

  static Stream cells(uint32_t seed, uint32_t trial, Purpose purpose, uint32_t tile) {
    return {seed, trial, 0, 0, uint32_t(purpose) << 24 | tile};
  }
  /// Draws of a readout `seconds` after programming: another time, other draws.
  static Stream readout(uint32_t seed, uint32_t trial, Purpose purpose, uint32_t tile, double seconds) {
    const uint64_t bits = __builtin_bit_cast(uint64_t, seconds);
    return {seed, trial, uint32_t(bits), uint32_t(bits >> 32), uint32_t(purpose) << 24 | tile};
  }
  static Stream conversions(uint32_t seed, uint32_t trial, Purpose purpose, uint32_t tile, uint32_t sample, uint32_t position) {
    return {seed, trial, position, sample, uint32_t(purpose) << 24 | tile};
  }
};

/// Tile numbers have 24 bits.
constexpr uint64_t tileLimit = 1u << 24;

} // namespace aimc::simulator

#endif
