// The inner loops, compiled once per instruction set from one source (Kernels.inc). All sets give the same bits: the loops hold
// IEEE operations only, in an order that vectorization does not change, and integer arithmetic.
#ifndef AIMC_SIMULATOR_KERNELS_H
#define AIMC_SIMULATOR_KERNELS_H

#include "Random.h"

#include <stddef.h>
#include <stdint.h>

namespace aimc::simulator {

/// An input converter: codes are clip(rint(x * scale)) in [lowest, highest].
struct InputRange {
  float lowest, highest;
  bool isSigned;
  uint8_t flipped = 0; // bits that are turned over in a code's byte
};

struct InputCounts {
  uint64_t nonfinite = 0, clipped = 0;
};

/// The columns of one row of one tile and slice on their way through the ADC.
struct Conversion {
  const int32_t *high;     // column sums; in steps of 256 units when `low` is there
  const int32_t *low;      // null: one plane
  int32_t pedestal;        // one plane: added to every sum
  double pedestalSteps;    // two planes: added to every 256 * high + low
  double digitsPerStep;    // two planes: a step in digits
  const float *noise;      // standard Gaussians, null: none
  const float *noiseScale; // per column, in digits
  const float *ka;         // per column: codes per digit
  float lowest, highest;   // codes
};

/// Where recombined sums go: acc += f * float32(I - correction).
struct Recombination {
  const double *scale; // per slice and column: 2^(cs) * delta
  const float *f;      // per column
  double correction;
  float *acc; // per column
};

constexpr int64_t wireLanes = 16; // drives that are solved together

/// One row of an array of cells whose wires have a resistance (Wires.cpp), for wireLanes drives: arrays are [columns], or
/// [columns, lanes] and 64-byte aligned.
struct WireRow {
  int64_t columns;
  const double *conductance;
  const double *rowGain, *rowStep;     // of the row's elimination
  const double *endStep;               // of the columns' elimination that ends here
  const double *beginGain, *beginStep; // of the columns' elimination that begins here
  double *field;                       // that elimination, replaced by the new one
  const double *before;                // the new one in the row before
  double *line;                        // column potentials of the row before, replaced by this row's
  double *scratch;                     // the row's elimination
  double *lacking;                     // [lanes]: raised to the largest conductance times column potential
};

/// How devices change with the time since programming: drift, then 1/f noise. Microsiemens.
struct Aging {
  float logTime; // ln((t + t0) / t0); 0: no drift
  float flicker; // sqrt(ln((T + tr) / (2 tr))); 0: no 1/f noise
  float inverseGMax;
  // Relative 1/f noise Qs of u = programmed g / Gmax, limited to [low, high]: offset + slope ln u below the threshold, the
  // cubic above; with `power` offset exp(slope ln u) everywhere.
  bool power;
  float threshold, slope, offset, cubic[4], low, high;
};

/// Deviation of a device's conductance g from one product to the next, in microsiemens: constant + slope g + top (1 - exp(-rate
/// g)). A device that is stuck has none.
struct ReadDeviation {
  float constant, slope, top, rate;
};

/// How bytes hold input digits X: (byte ^ flipped) - zero.
struct DigitBytes {
  uint8_t flipped, zero;
};

/// A row of squares as bytes: each is a byte times `unit` and a rest.
struct SquaredRow {
  float unit; // a power of two from 1 to 256
  float rest; // sum of the rests, in units
};

/// Of the unit of a row's squares: the least for which all fit into bytes.
static inline int logOfUnit(uint8_t largestDigit) {
  int shift = 0;
  while ((largestDigit * largestDigit + (1 << shift >> 1)) >> shift > 255)
    ++shift;
  return shift;
}

/// A row's rest in units, of what squareEach adds up for its n digits.
static inline float restOf(int32_t rests, int64_t n) { return float(rests - 128 * int32_t(n)) * (1.0f / 256); }

/// How results leave: plus an addend, which lies like the output (null: nothing), then cut at 0; past the caches, as far as
/// that goes.
struct Finish {
  const float *addend;
  bool rectify, past;
};

struct Kernels {
  /// Codes of x[0..n), one byte each: int8 when signed, uint8 otherwise, exclusive or range.flipped. `scale` is finite.
  InputCounts (*quantize)(const float *x, int64_t n, float scale, InputRange range, uint8_t *codes);
  /// The same as int32, for converters of more than 8 bits or several slices.
  InputCounts (*quantizeWide)(const float *x, int64_t n, float scale, InputRange range, int32_t *codes);
  /// Slice `shift / bits` of each code: ((|X| >> shift) & (2^bits - 1)) with X's sign, exclusive or `flipped`.
  void (*slice)(const int32_t *codes, int64_t n, int shift, int bits, uint8_t flipped, uint8_t *digits);
  /// max |x|; NaN is passed over.
  float (*maxAbs)(const float *x, int64_t n);
  /// Sum of n bytes (int8 when isSigned, uint8 otherwise).
  int32_t (*sumBytes)(const uint8_t *x, int64_t n, bool isSigned);
  /// sums[r] += the bytes x[k * stride + r], r in [0, rows), k in [0, n).
  void (*sumByteColumns)(const uint8_t *x, int64_t n, int64_t stride, int64_t rows, bool isSigned, int32_t *sums);

  /// out[4 * i + j] = lines[j][i * step], i in [0, n). May read and write as if n were the next multiple of 16.
  void (*interleave)(const uint8_t *const *lines, int64_t step, int64_t n, uint8_t *out);

  /// out[n * stride + r] = finish of in[r * pitch + n], r in [0, rows), n in [0, columns).
  void (*transpose)(const float *in, int64_t pitch, int64_t rows, int64_t columns, float *out, int64_t stride,
                    const Finish &finish);
  /// out[offset[r] + n] = finish of in[r * pitch + n], r in [0, rows), n in [0, columns).
  void (*finishRows)(const float *in, int64_t pitch, int64_t rows, int64_t columns, const int64_t *offset, float *out,
                     const Finish &finish);

  /// Squares of a row of n digits in units, rounded half up.
  SquaredRow (*square)(const uint8_t *digits, int64_t n, DigitBytes form, uint8_t *out);
  /// largest = max(largest, |X|) of n digits.
  void (*raise)(const uint8_t *digits, int64_t n, DigitBytes form, uint8_t *largest);
  /// out = X^2 in units, rounded half up; rests += 128 and the rest in 256ths of a unit. `scale`: 256 / unit of each digit's
  /// row.
  void (*squareEach)(const uint8_t *digits, int64_t n, DigitBytes form, const uint16_t *scale, uint8_t *out, uint16_t *rests);
  /// Deviations before a conversion: sqrt(fma(max(fma(rest, mean, float32(sums)), 0), unit * step, base^2)); null base: 0.
  void (*deviations)(const int32_t *sums, const SquaredRow &row, float step, const float *mean, const float *base, int64_t n,
                     float *out);

  /// ADC codes of n columns; returns how many were clipped.
  uint64_t (*convert)(const Conversion &conversion, int64_t n, int32_t *codes);
  /// Column sums through an ideal ADC: whole steps, noise rounded to a step.
  void (*pass)(const Conversion &conversion, int64_t n, double *sums);
  /// sums = (first ? 0 : sums) + weight * codes.
  void (*accumulateCodes)(const int32_t *codes, int64_t n, double weight, bool first, double *sums);
  void (*accumulateSums)(const double *codes, int64_t n, double weight, bool first, double *sums);
  /// acc += f * float32(sum over s ascending of scale[s] * sums[s] - correction); rows of `sums` and `scale` are `stride`
  /// apart.
  void (*recombine)(const double *sums, int64_t slices, int64_t stride, int64_t n, const Recombination &to);
  /// f = float32(double(w) * double(alpha) / divisor), n columns; the divisor is from 1 to 2^40.
  void (*outputScale)(const float *w, int64_t n, float alpha, double divisor, float *f);
  /// convert and recombine in one go: one weight slice, one input slice, one plane. The same bits.
  uint64_t (*convertSingle)(const Conversion &conversion, int64_t n, const Recombination &to);

  /// out = max(0, target + sigma * noise): one device of each of n cells as programmed.
  void (*programDevices)(const float *target, const float *sigma, const float *noise, int64_t n, float *out);
  /// Ages n devices: nu = |mu + deviation * driftNoise|, g exp(-nu logTime), 1/f noise with flickerNoise, cut at 0.
  void (*ageDevices)(const Aging &aging, const float *mu, const float *deviation, const float *driftNoise,
                     const float *flickerNoise, int64_t n, float *g);

  /// variance += (deviation of a device of g)^2
  void (*addReadVariance)(const ReadDeviation &deviation, const float *g, int64_t n, float *variance);

  /// Gaussians of elements [first, first + n).
  void (*gaussians)(const Stream &stream, uint64_t first, int64_t n, float *out);

  /// Numbers (k + 1/2) 2^-23 with k in [0, 2^23) of elements [first, first + n): uniform between 0 and 1, both left out.
  void (*uniforms)(const Stream &stream, uint64_t first, int64_t n, float *out);
  /// g = low where uniform < atLow, high where it is below atLow + atHigh: n devices of which some are stuck.
  void (*stick)(const float *uniform, int64_t n, float atLow, float atHigh, float low, float high, float *g);

  /// Ends the columns' elimination in a row, solves the row, and begins their next elimination.
  void (*wireRow)(const WireRow &row);
};

const Kernels &kernelsGeneric();
#if defined(__x86_64__)
const Kernels &kernelsAvx2();
const Kernels &kernelsAvx512();
#endif

} // namespace aimc::simulator

#endif
