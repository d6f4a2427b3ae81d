// Two Gaussians from two random words (Box and Muller). Every step is one IEEE operation on float32: a sum, a product, a fused
// multiply-add or a square root, in the order written here. The polynomials are those of Cephes (logf.c, expf.c and sinf.c
// by S. Moshier); their coefficients and this order are part of the numbers that the simulator gives: docs/numerics.md lists
// them.
#ifndef AIMC_SIMULATOR_GAUSSIAN_H
#define AIMC_SIMULATOR_GAUSSIAN_H

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

/// cos and sin of 2 pi k / 2^24.
static inline void sinCosTurn(uint32_t k, float *cosine, float *sine) {
  // k = quadrant 2^22 + r with r in [-2^21, 2^21): the angle r 2 pi / 2^24 lies in [-pi/4, pi/4].
  int32_t quadrant = int32_t(k + 0x200000u) >> 22;
  float x = float(int32_t(k) - (quadrant << 22)) * 3.74507028e-7f;
  float z = x * x;
  float s = fma32(z, -1.9515295891e-4f, 8.3321608736e-3f);
  s = fma32(s, z, -1.6666654611e-1f);
  s = fma32(s * z, x, x);
  float c = fma32(z, 2.443315711809948e-5f, -1.388731625493765e-3f);
  c = fma32(c, z, 4.166664568298827e-2f);
  c = fma32(c * z, z, fma32(z, -0.5f, 1.0f));
  bool swap = quadrant & 1;
  uint32_t cosBits = __builtin_bit_cast(uint32_t, swap ? s : c) ^ (uint32_t((quadrant + 1) & 2) << 30);
  uint32_t sinBits = __builtin_bit_cast(uint32_t, swap ? c : s) ^ (uint32_t(quadrant & 2) << 30);
  *cosine = __builtin_bit_cast(float, cosBits);
  *sine = __builtin_bit_cast(float, sinBits);
}

/// The largest magnitude is 5.768: sqrt(-2 ln 2^-24).
static inline void gaussianPair(uint32_t w0, uint32_t w1, float *first, float *second) {
  float u = float(int32_t(2 * (w0 >> 9) + 1)) * 0x1p-24f;
  float radius = __builtin_sqrtf(-2.0f * logUnit(u));
  float cosine, sine;
  sinCosTurn(w1 >> 8, &cosine, &sine);
  *first = radius * cosine;
  *second = radius * sine;
}

} // namespace aimc::simulator

#endif
