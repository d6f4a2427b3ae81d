// 64 Gaussians at once: the steps of Philox.h and Gaussian.h, each on vectors of 16. They are chains of dependent operations,
// which the processor cannot look far enough ahead to overlap; between the products of matrices they cost little but their own
// multiplications.
#ifndef AIMC_SIMULATOR_GAUSSIANAVX512_H
#define AIMC_SIMULATOR_GAUSSIANAVX512_H

#include "Random.h"

#include <immintrin.h>

namespace aimc::simulator {

struct PhiloxKeys {
  __m512i k0[10], k1[10];
};

static inline PhiloxKeys philoxKeys(uint32_t k0, uint32_t k1) {
  PhiloxKeys keys;
  for (int round = 0; round < 10; ++round) {
    keys.k0[round] = _mm512_set1_epi64(int64_t(k0));
    keys.k1[round] = _mm512_set1_epi64(int64_t(k1));
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return keys;
}

static inline __m512i exclusiveOr(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

/// Eight consecutive blocks of one position and sample.
struct Eight {
  uint32_t firstBlock, position, sample;
};

/// 64 Gaussians, 32 of each of two rows, in steps of about a dozen operations that can be taken between others.
class GaussianSteps {
public:
  static constexpr int steps = 23;

  /// Steps in order, from 0 on; the last one writes a's 32 Gaussians and then b's to `out`.
  template <int step>
  inline __attribute__((always_inline)) void take(const Eight &a, const Eight &b, uint32_t purposeTile, const PhiloxKeys &keys,
                                                  __m512 *out) {
    if constexpr (step == 0)
      begin(a, purposeTile, ofA);
    if constexpr (step == 5)
      begin(b, purposeTile, ofB);
    if constexpr (step < 5)
      twoRounds<2 * step>(keys, ofA);
    else if constexpr (step < 10)
      twoRounds<2 * (step - 5)>(keys, ofB);
    else if constexpr (step == 10 || step == 16)
      beginLogarithm(merged(step == 10 ? 0 : 2));
    else if constexpr (step == 11 || step == 17)
      continueLogarithm();
    else if constexpr (step == 12 || step == 18)
      endRadius();
    else if constexpr (step == 13 || step == 19)
      beginTurn(merged(step == 13 ? 1 : 3));
    else if constexpr (step == 14 || step == 20)
      continueTurn();
    else if constexpr (step == 15)
      endTurn(g0, g1);
    else if constexpr (step == 21)
      endTurn(g2, g3);
    else if constexpr (step == 22)
      arrange(out);
  }

private:
  // Words live in the low halves of 64-bit lanes, whose high halves nobody reads, so that a round is two products, two shifts
  // and two exclusive ors. Lane m has block 4 (m mod 2) + m / 2, so that interleaving the results puts them in order.
  static inline __attribute__((always_inline)) void begin(const Eight &eight, uint32_t purposeTile, __m512i *words) {
    words[0] = _mm512_add_epi32(_mm512_set1_epi64(int64_t(eight.firstBlock)), _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7));
    words[1] = _mm512_set1_epi64(int64_t(eight.position));
    words[2] = _mm512_set1_epi64(int64_t(eight.sample));
    words[3] = _mm512_set1_epi64(int64_t(purposeTile));
  }

  template <int first> static inline __attribute__((always_inline)) void twoRounds(const PhiloxKeys &keys, __m512i *words) {
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53), m1 = _mm512_set1_epi64(0xCD9E8D57);
#pragma GCC unroll 2
    for (int round = first; round < first + 2; ++round) {
      const __m512i p0 = _mm512_mul_epu32(words[0], m0), p1 = _mm512_mul_epu32(words[2], m1);
      words[0] = exclusiveOr(_mm512_srli_epi64(p1, 32), words[1], keys.k0[round]);
      words[2] = exclusiveOr(_mm512_srli_epi64(p0, 32), words[3], keys.k1[round]);
      words[1] = p1;
      words[3] = p0;
    }
  }

  /// a's words in the even 32-bit lanes, b's in the odd ones.
  inline __attribute__((always_inline)) __m512i merged(int word) const {
    return _mm512_mask_shuffle_epi32(ofA[word], 0xAAAA, ofB[word], _MM_PERM_ENUM(0xA0));
  }

  /// ln u of u = (2 (w0 >> 9) + 1) 2^-24: the power of two goes straight to the exponent.
  inline __attribute__((always_inline)) void beginLogarithm(__m512i w0) {
    const __m512i odd = _mm512_or_si512(_mm512_srli_epi32(w0, 8), _mm512_set1_epi32(1));
    const __m512i uBits = _mm512_castps_si512(_mm512_cvtepi32_ps(odd));
    const __m512i bits = _mm512_add_epi32(uBits, _mm512_set1_epi32(0x3f800000 - 0x3f3504f3 - (24 << 23)));
    exponent = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127)));
    const __m512i mantissa =
        _mm512_add_epi32(_mm512_and_si512(bits, _mm512_set1_epi32(0x007fffff)), _mm512_set1_epi32(0x3f3504f3));
    x = _mm512_sub_ps(_mm512_castsi512_ps(mantissa), _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(_mm512_set1_ps(7.0376836292e-2f), x, _mm512_set1_ps(-1.1514610310e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.1676998740e-1f));
  }

  inline __attribute__((always_inline)) void continueLogarithm() {
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(-1.2420140846e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.4249322787e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(-1.6668057665e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(2.0000714765e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(-2.4999993993e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(3.3333331174e-1f));
  }

  /// sqrt(-2 ln u)
  inline __attribute__((always_inline)) void endRadius() {
    const __m512 z = _mm512_mul_ps(x, x);
    __m512 y = _mm512_mul_ps(_mm512_mul_ps(x, z), p);
    y = _mm512_fmadd_ps(exponent, _mm512_set1_ps(-2.12194440e-4f), y);
    y = _mm512_fmadd_ps(z, _mm512_set1_ps(-0.5f), y);
    y = _mm512_fmadd_ps(exponent, _mm512_set1_ps(0.693359375f), _mm512_add_ps(x, y));
    radius = _mm512_sqrt_ps(_mm512_mul_ps(_mm512_set1_ps(-2.0f), y));
  }

  /// Cosine and sine of 2 pi k / 2^24.
  inline __attribute__((always_inline)) void beginTurn(__m512i w1) {
    turned = _mm512_add_epi32(_mm512_srli_epi32(w1, 8), _mm512_set1_epi32(0x200000));
    // k - (quadrant << 22): the low 22 bits of `turned`, less 2^21.
    const __m512i rest = _mm512_sub_epi32(_mm512_and_si512(turned, _mm512_set1_epi32(0x3fffff)), _mm512_set1_epi32(0x200000));
    x = _mm512_mul_ps(_mm512_cvtepi32_ps(rest), _mm512_set1_ps(3.74507028e-7f));
    const __m512 z = _mm512_mul_ps(x, x);
    p = _mm512_fmadd_ps(z, _mm512_set1_ps(-1.9515295891e-4f), _mm512_set1_ps(8.3321608736e-3f));
    p = _mm512_fmadd_ps(p, z, _mm512_set1_ps(-1.6666654611e-1f));
    p = _mm512_fmadd_ps(_mm512_mul_ps(p, z), x, x);
  }

  inline __attribute__((always_inline)) void continueTurn() {
    const __m512 z = _mm512_mul_ps(x, x);
    __m512 c = _mm512_fmadd_ps(z, _mm512_set1_ps(2.443315711809948e-5f), _mm512_set1_ps(-1.388731625493765e-3f));
    c = _mm512_fmadd_ps(c, z, _mm512_set1_ps(4.166664568298827e-2f));
    x = _mm512_fmadd_ps(_mm512_mul_ps(c, z), z, _mm512_fmadd_ps(z, _mm512_set1_ps(-0.5f), _mm512_set1_ps(1.0f)));
  }

  /// Of x and p, cosine and sine before quadrants count.
  inline __attribute__((always_inline)) void endTurn(__m512 &first, __m512 &second) const {
    // Odd quadrants swap; bit 1 of quadrant + 1 negates the cosine, bit 1 of quadrant the sine.
    const __mmask16 swap = _mm512_test_epi32_mask(turned, _mm512_set1_epi32(1 << 22));
    __m512 cosine = _mm512_mask_blend_ps(swap, x, p), sine = _mm512_mask_blend_ps(swap, p, x);
    const __m512i signBit = _mm512_set1_epi32(int32_t(0x80000000u));
    const __m512i cosineSign = _mm512_slli_epi32(_mm512_add_epi32(turned, _mm512_set1_epi32(1 << 22)), 8);
    const __m512i sineSign = _mm512_slli_epi32(turned, 8);
    // sign ^ (shifted & signBit)
    cosine = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(cosine), cosineSign, signBit, 0x78));
    sine = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(sine), sineSign, signBit, 0x78));
    first = _mm512_mul_ps(radius, cosine);
    second = _mm512_mul_ps(radius, sine);
  }

  inline __attribute__((always_inline)) void arrange(__m512 *out) const {
    const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(g0, g1)), high01 = _mm512_castps_pd(_mm512_unpackhi_ps(g0, g1));
    const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(g2, g3)), high23 = _mm512_castps_pd(_mm512_unpackhi_ps(g2, g3));
    out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
    out[2] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
    out[1] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
    out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
  }

  __m512i ofA[4], ofB[4], turned;
  __m512 exponent, x, p, radius, g0, g1, g2, g3;
};

} // namespace aimc::simulator

#endif
