// 64 Gaussians at once: the steps of Philox.h and Gaussian.h, each on vectors of 16. They are chains of dependent operations,
// which the processor cannot look far enough ahead to overlap; between the products of matrices they cost little but their own
// multiplications.
#ifndef AIMC_SIMULATOR_GAUSSIANAVX512_H
#define AIMC_SIMULATOR_GAUSSIANAVX512_H

#include "Gaussian.h"
#include "Random.h"

#include <immintrin.h>
#include <utility>

namespace aimc::simulator {

/// Keys of the ten rounds.
struct PhiloxKeys {
  uint32_t k0[10], k1[10];
};

static inline PhiloxKeys philoxKeys(uint32_t k0, uint32_t k1) {
  PhiloxKeys keys;
  for (int round = 0; round < 10; ++round) {
    keys.k0[round] = k0;
    keys.k1[round] = k1;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return keys;
}

/// a ^ b ^ key, with the key from memory: GCC copies keys to its stack otherwise, and a store of 64 bytes takes as long as one
/// and a half products.
static inline __attribute__((always_inline)) __m512i exclusiveOr(__m512i a, __m512i b, const uint32_t &key) {
  asm("vpternlogd $0x96, %2%{1to16%}, %1, %0" : "+v"(a) : "v"(b), "m"(key));
  return a;
}

/// Eight consecutive blocks of one position and sample.
struct EightBlocks {
  uint32_t firstBlock, position, sample;
};

/// 64 Gaussians, 32 of each of two rows, in steps of about a dozen operations that can be taken between others.
class GaussianSteps {
public:
  static constexpr int steps = 17;

  /// Steps in order, from 0 on; the last one writes a's 32 Gaussians and then b's to `out`.
  template <int step>
  inline __attribute__((always_inline)) void take(const EightBlocks &a, const EightBlocks &b, uint32_t purposeTile,
                                                  const PhiloxKeys &keys, __m512 *out) {
    if constexpr (step == 0)
      begin(a, b, purposeTile);
    if constexpr (step < 10)
      round(keys.k0[step], keys.k1[step]);
    else if constexpr (step == 10 || step == 13)
      beginRadius(words[step == 10 ? 0 : 2]);
    else if constexpr (step == 11 || step == 14)
      endRadius(words[step == 11 ? 1 : 3]);
    else if constexpr (step == 12)
      turn(g0, g1);
    else if constexpr (step == 15)
      turn(g2, g3);
    else if constexpr (step == 16)
      arrange(out);
  }

private:
  // Lane 2 m has block 4 (m mod 2) + m / 2 of a, lane 2 m + 1 that of b, so that interleaving the results puts them in order.
  inline __attribute__((always_inline)) void begin(const EightBlocks &a, const EightBlocks &b, uint32_t purposeTile) {
    words[0] = _mm512_add_epi32(_mm512_set1_epi64(int64_t(a.firstBlock | uint64_t(b.firstBlock) << 32)),
                                _mm512_setr_epi32(0, 0, 4, 4, 1, 1, 5, 5, 2, 2, 6, 6, 3, 3, 7, 7));
    words[1] = _mm512_set1_epi64(int64_t(a.position | uint64_t(b.position) << 32));
    words[2] = _mm512_set1_epi64(int64_t(a.sample | uint64_t(b.sample) << 32));
    words[3] = _mm512_set1_epi32(int32_t(purposeTile));
  }

  /// One round. Products of even and of odd lanes are put side by side, which swaps the middle lanes of every four; after an
  /// even number of rounds all are where they were.
  inline __attribute__((always_inline)) void round(const uint32_t &k0, const uint32_t &k1) {
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53), m1 = _mm512_set1_epi64(0xCD9E8D57);
    const __m512 even0 = _mm512_castsi512_ps(_mm512_mul_epu32(words[0], m0)),
                 odd0 = _mm512_castsi512_ps(_mm512_mul_epu32(_mm512_srli_epi64(words[0], 32), m0)),
                 even1 = _mm512_castsi512_ps(_mm512_mul_epu32(words[2], m1)),
                 odd1 = _mm512_castsi512_ps(_mm512_mul_epu32(_mm512_srli_epi64(words[2], 32), m1));
    const __m512i w1 = _mm512_shuffle_epi32(words[1], _MM_PERM_ENUM(0xD8)),
                  w3 = _mm512_shuffle_epi32(words[3], _MM_PERM_ENUM(0xD8));
    words[0] = exclusiveOr(_mm512_castps_si512(_mm512_shuffle_ps(even1, odd1, 0xDD)), w1, k0);
    words[2] = exclusiveOr(_mm512_castps_si512(_mm512_shuffle_ps(even0, odd0, 0xDD)), w3, k1);
    words[1] = _mm512_castps_si512(_mm512_shuffle_ps(even1, odd1, 0x88));
    words[3] = _mm512_castps_si512(_mm512_shuffle_ps(even0, odd0, 0x88));
  }

  static inline __attribute__((always_inline)) __m512 of16(const float *table, __m512i index) {
    return _mm512_permutexvar_ps(index, _mm512_loadu_ps(table));
  }

  /// -2 ln u, up to the polynomial: the power of two goes straight to the exponent.
  inline __attribute__((always_inline)) void beginRadius(__m512i w0) {
    const __m512i odd = _mm512_or_si512(_mm512_srli_epi32(w0, 8), _mm512_set1_epi32(1));
    const __m512i bits = _mm512_sub_epi32(_mm512_castps_si512(_mm512_cvtepi32_ps(odd)), _mm512_set1_epi32(24 << 23));
    const __m512 u = _mm512_castsi512_ps(bits);
    const __m512i interval = _mm512_srli_epi32(bits, 19); // its low four bits
    const __m512 mantissa = _mm512_getmant_ps(u, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src);
    x = _mm512_fmadd_ps(mantissa, of16(inverseOf16, interval), _mm512_set1_ps(-1.0f));
    p = _mm512_fmadd_ps(_mm512_getexp_ps(u), _mm512_set1_ps(-twiceLn2), of16(logarithmOf16, interval));
  }

  /// sqrt(-2 ln u), and the angle within a sixteenth of a turn.
  inline __attribute__((always_inline)) void endRadius(__m512i w1) {
    __m512 q = _mm512_fmadd_ps(_mm512_set1_ps(log3), x, _mm512_set1_ps(log2));
    q = _mm512_fmadd_ps(q, x, _mm512_set1_ps(log1));
    radius = _mm512_sqrt_ps(_mm512_fmadd_ps(q, x, p));
    sixteenth = _mm512_srli_epi32(w1, 28);
    x = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_and_si512(w1, _mm512_set1_epi32(0x0fffffff)), _mm512_set1_epi32(1 << 27)));
    z = _mm512_mul_ps(x, x);
  }

  inline __attribute__((always_inline)) void turn(__m512 &first, __m512 &second) const {
    const __m512 s = _mm512_mul_ps(_mm512_fmadd_ps(z, _mm512_set1_ps(sine3), _mm512_set1_ps(sine1)), x);
    __m512 c = _mm512_fmadd_ps(z, _mm512_set1_ps(cosine4), _mm512_set1_ps(cosine2));
    c = _mm512_fmadd_ps(c, z, _mm512_set1_ps(1.0f));
    const __m512 cosine = _mm512_mul_ps(radius, of16(cosineOf16, sixteenth));
    const __m512 sine = _mm512_mul_ps(radius, of16(sineOf16, sixteenth));
    first = _mm512_fmsub_ps(cosine, c, _mm512_mul_ps(sine, s));
    second = _mm512_fmadd_ps(sine, c, _mm512_mul_ps(cosine, s));
  }

  inline __attribute__((always_inline)) void arrange(__m512 *out) const {
    const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(g0, g1)), high01 = _mm512_castps_pd(_mm512_unpackhi_ps(g0, g1));
    const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(g2, g3)), high23 = _mm512_castps_pd(_mm512_unpackhi_ps(g2, g3));
    out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
    out[2] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
    out[1] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
    out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
  }

  __m512i words[4], sixteenth;
  __m512 x, z, p, radius, g0, g1, g2, g3;
};

template <int... step>
static inline void takeSteps(std::integer_sequence<int, step...>, const EightBlocks &a, const EightBlocks &b,
                             uint32_t purposeTile, const PhiloxKeys &keys, __m512 *out) {
  GaussianSteps steps;
  (steps.take<step>(a, b, purposeTile, keys, out), ...);
}

/// All steps at once: a's 32 Gaussians and then b's.
static inline void drawGaussians(const EightBlocks &a, const EightBlocks &b, uint32_t purposeTile, const PhiloxKeys &keys,
                                 __m512 *out) {
  takeSteps(std::make_integer_sequence<int, GaussianSteps::steps>(), a, b, purposeTile, keys, out);
}

} // namespace aimc::simulator

#endif
