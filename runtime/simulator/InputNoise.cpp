#include "InputNoise.h"

namespace aimc::simulator {

void addInputNoise(const Kernels &kernels, const IntegerGemm &gemm, Stream stream, const uint32_t *position,
                   const uint32_t *sample, uint64_t first, const InputDigits &digits, int64_t rows, int64_t count,
                   float sixteenths, float *noise, const NoisyDigits &out) {
  // Adding and taking away 1.5 * 2^23 rounds to an integer, ties to even.
  constexpr float magic = 12582912.0f;
  const int plus = gemm.bytewise ? 128 : 0;
  for (int64_t r = 0; r < rows; ++r) {
    stream.position = position[r];
    stream.sample = sample[r];
    kernels.gaussians(stream, first, count, noise);
    uint8_t *high = out.high + r * count, *low = out.low + r * count;
    int32_t sum = 0;
    for (int64_t k = 0; k < count; ++k) {
      const float value = (16.0f * float(digitAt(gemm, digits, r, k)) + sixteenths * noise[k] + magic) - magic;
      const int32_t units = int32_t(value), part = ((units + 128) & 255) - 128;
      low[k] = uint8_t(part + plus);
      high[k] = uint8_t((units - part) / 256 + plus);
      sum += units;
    }
    out.sums[r] = sum;
  }
}

void noisyColumnSums(const NoisySums &from, int64_t n, float *__restrict sums) {
  const NoisySums f = from;
  for (int64_t i = 0; i < n; ++i) {
    double high = double(f.highHigh[i]), low = double(f.lowHigh[i]);
    if (f.highLow) {
      high = high * 256.0 + double(f.highLow[i]);
      low = low * 256.0 + double(f.lowLow[i]);
    }
    const double drop = f.drop ? 16.0 * double(f.drop[i]) : 0.0;
    sums[i] = float((((high * 256.0 + low) + f.pedestal) + drop) * f.digitsPerUnit);
  }
}

} // namespace aimc::simulator
