// Two Gaussians from two random words (Box and Muller). Every step is one IEEE operation on float32: a sum, a product, a fused
// multiply-add or a square root, in the order written here. Logarithm, cosine and sine are a table of 16 intervals and a short
// polynomial within one: few multiplications, because a simulation has as many Gaussians as conversions. Tables, polynomials
// and order are part of the numbers that the simulator gives: docs/numerics.md lists them.
#ifndef AIMC_SIMULATOR_GAUSSIAN_H
#define AIMC_SIMULATOR_GAUSSIAN_H

#include "Elementary.h"

namespace aimc::simulator {

/// Of a mantissa in [1 + i / 16, 1 + (i + 1) / 16): about the inverse of the middle, and -2 ln of what it is the inverse of.
/// The last one's is 1/2 exactly, so that nothing cancels just below 1.
static constexpr float inverseOf16[16] = {0.969697f,  0.9142857f,  0.8648649f,  0.82051283f, 0.7804878f, 0.74418604f,
                                          0.7111111f, 0.68085104f, 0.6530612f,  0.627451f,   0.6037736f, 0.58181816f,
                                          0.5614035f, 0.5423729f,  0.52459013f, 0.5f};
static constexpr float logarithmOf16[16] = {-0.061543256f, -0.17922431f, -0.29036397f, -0.39565146f, -0.4956724f, -0.59092844f,
                                            -0.6818531f,   -0.76882344f, -0.85216886f, -0.9321794f,  -1.009112f,  -1.0831946f,
                                            -1.1546307f,   -1.2236031f,  -1.290276f,   -1.3862944f};

/// cos((i + 1/2) pi / 8) and sin((i + 1/2) pi / 8)
static constexpr float cosineOf16[16] = {0.98078525f, 0.8314696f,   0.55557024f,  0.19509032f, -0.19509032f, -0.55557024f,
                                         -0.8314696f, -0.98078525f, -0.98078525f, -0.8314696f, -0.55557024f, -0.19509032f,
                                         0.19509032f, 0.55557024f,  0.8314696f,   0.98078525f};
static constexpr float sineOf16[16] = {0.19509032f,  0.55557024f, 0.8314696f,   0.98078525f,  0.98078525f, 0.8314696f,
                                       0.55557024f,  0.19509032f, -0.19509032f, -0.55557024f, -0.8314696f, -0.98078525f,
                                       -0.98078525f, -0.8314696f, -0.55557024f, -0.19509032f};

/// -2 ln(1 + r) = r (l1 + r (l2 + r l3)) to 8e-8 for r in [-1/32, 1/33].
static constexpr float log1 = -1.9999995f, log2 = 1.0003947f, log3 = -0.6681556f;
static constexpr float twiceLn2 = 1.3862944f;

/// sin(x pi 2^-31) = x (s1 + s3 x^2) to 2e-7, cos(x pi 2^-31) = 1 + x^2 (c2 + c4 x^2) to 4e-9 for |x| <= 2^27.
static constexpr float sine1 = 1.4629125e-09f, sine3 = -5.205496e-28f;
static constexpr float cosine2 = -1.0700628e-18f, cosine4 = 1.9049854e-37f;

/// -2 ln u of u = (2 (w >> 9) + 1) 2^-24, never negative.
static inline float minusTwiceLog(uint32_t w) {
  const float odd = float(int32_t(w >> 8 | 1));
  const uint32_t bits = __builtin_bit_cast(uint32_t, odd) - (24u << 23);
  const float exponent = float(int32_t(bits >> 23) - 127);
  const float mantissa = __builtin_bit_cast(float, (bits & 0x007fffffu) | 0x3f800000u);
  const uint32_t i = bits >> 19 & 15;
  const float r = fma32(mantissa, inverseOf16[i], -1.0f);
  const float p = fma32(fma32(log3, r, log2), r, log1);
  return fma32(p, r, fma32(exponent, -twiceLn2, logarithmOf16[i]));
}

/// radius times cosine and sine of 2 pi w / 2^32, of which an angle within a sixteenth of a turn keeps 24 bits.
static inline void onCircle(uint32_t w, float radius, float *first, float *second) {
  const uint32_t i = w >> 28;
  const float x = float(int32_t(w & 0x0fffffffu) - (1 << 27));
  const float z = x * x;
  const float s = fma32(z, sine3, sine1) * x;
  const float c = fma32(fma32(z, cosine4, cosine2), z, 1.0f);
  const float cosine = radius * cosineOf16[i], sine = radius * sineOf16[i];
  *first = fma32(cosine, c, -(sine * s));
  *second = fma32(sine, c, cosine * s);
}

/// The largest magnitude is 5.768: sqrt(-2 ln 2^-24).
static inline void gaussianPair(uint32_t w0, uint32_t w1, float *first, float *second) {
  onCircle(w1, __builtin_sqrtf(minusTwiceLog(w0)), first, second);
}

} // namespace aimc::simulator

#endif
