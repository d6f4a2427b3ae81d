// Logarithm and exponential in float32. Every step is one IEEE operation in the order written here: a sum, a product, or a
// fused multiply-add, so that every machine gives the same bits. The polynomials are those of Cephes (logf.c and expf.c by S.
// Moshier); docs/numerics.md lists them.
#ifndef AIMC_SIMULATOR_ELEMENTARY_H
#define AIMC_SIMULATOR_ELEMENTARY_H

#include <stdint.h>

namespace aimc::simulator {

static inline float fma32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

/// ln u for a normal u > 0.
static inline float logUnit(float u) {
  // u = m 2^e with m in [sqrt(1/2), sqrt(2)).
  uint32_t bits = __builtin_bit_cast(uint32_t, u) + (0x3f800000u - 0x3f3504f3u);
  float e = float(int32_t(bits >> 23) - 127);
  float f = __builtin_bit_cast(float, (bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = fma32(p, f, -1.1514610310e-1f);
  p = fma32(p, f, 1.1676998740e-1f);
  p = fma32(p, f, -1.2420140846e-1f);
  p = fma32(p, f, 1.4249322787e-1f);
  p = fma32(p, f, -1.6668057665e-1f);
  p = fma32(p, f, 2.0000714765e-1f);
  p = fma32(p, f, -2.4999993993e-1f);
  p = fma32(p, f, 3.3333331174e-1f);
  float y = (f * z) * p;
  y = fma32(e, -2.12194440e-4f, y);
  y = fma32(z, -0.5f, y);
  return fma32(e, 0.693359375f, f + y);
}

/// exp x for |x| <= 80 (limited to that).
static inline float expOf(float x) {
  x = x < -80.0f ? -80.0f : x;
  x = x > 80.0f ? 80.0f : x;
  // x = n ln 2 + r with |r| <= ln(2) / 2; adding and taking away 1.5 * 2^23 rounds to an integer.
  float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  float r = fma32(n, -0.693359375f, x);
  r = fma32(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = fma32(p, r, 1.3981999507e-3f);
  p = fma32(p, r, 8.3334519073e-3f);
  p = fma32(p, r, 4.1665795894e-2f);
  p = fma32(p, r, 1.6666665459e-1f);
  p = fma32(p, r, 5.0000001201e-1f);
  float y = fma32(p, r * r, r) + 1.0f;
  return y * __builtin_bit_cast(float, uint32_t(int32_t(n) + 127) << 23);
}

} // namespace aimc::simulator

#endif
