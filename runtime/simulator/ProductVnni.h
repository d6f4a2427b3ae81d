// Products of 8-bit numbers by AVX-512 VNNI (vpdpbusd: four products summed into 32 bits, exactly).
//
// Weights are packed in panels of 32 columns; a panel holds, for every four rows, its columns' four bytes side by side. Four
// rows times two vectors of two panels, or eight rows times those of one, keep 16 sums in registers, and every load feeds
// several products. Signed inputs come plus 128, because the instruction multiplies unsigned by signed bytes: sums start at
// -128 times the column's weights.
#ifndef AIMC_SIMULATOR_PRODUCTVNNI_H
#define AIMC_SIMULATOR_PRODUCTVNNI_H

#include "IntegerGemm.h"

#include <immintrin.h>

namespace aimc::simulator {

constexpr int64_t panelColumns = 32, lanes = 16;

static inline int64_t quadsOf(int64_t k) { return (k + 3) / 4; }
static inline int64_t paddedColumns(int64_t n) { return (n + lanes - 1) / lanes * lanes; }

#define ALWAYS_INLINE __attribute__((always_inline))

template <int N> struct Constant {
  static constexpr int value = N;
};

/// A panel of one plane of packed weights.
struct Panel {
  const int8_t *weights;
  const int32_t *start; // of sums; null: 0
};

struct Inputs {
  const uint8_t *data;
  int64_t rowStride, quadStride;
};

static inline Inputs inputsOf(const InputDigits &digits, int64_t row) {
  return {digits.data + row * digits.rowStride, digits.rowStride, digits.quadStride};
}

/// Packed weights are starts of the sums with signed inputs, then panels.
static inline Panel panelOf(const int8_t *packed, int64_t k, int64_t n, int64_t first, bool isSigned) {
  const int64_t padded = paddedColumns(n);
  return {packed + padded * 4 + first * 4 * quadsOf(k), isSigned ? reinterpret_cast<const int32_t *>(packed) + first : nullptr};
}

/// body(Constant<i>()) for i in [0, N). Unlike a loop that is unrolled later, this leaves arrays in registers.
template <int N, typename Body> static inline ALWAYS_INLINE void repeat(Body &&body) {
  if constexpr (N > 0) {
    repeat<N - 1>(body);
    body(Constant<N - 1>());
  }
}

/// Four products of unsigned and signed bytes added to each of 16 sums, in place: GCC 12 copies the intrinsic's operand around.
static inline ALWAYS_INLINE void addProducts(__m512i &sums, __m512i digits, __m512i weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(digits), "v"(weights));
}

/// Other work for the processor to do during products, which keep its multipliers busy and little else.
struct NothingElse {
  static constexpr int quads = 4; // that a turn takes
  /// Whether there is something to do during the next turn.
  bool begin() { return false; }
  /// What comes after half a quad, `half` of 2 * quads.
  template <int half> void step() {}
};

/// Sums of Rows rows and the Vectors x 16 columns of Panels panels, handed to sink(row, panel, vector, sums), with Other work
/// done meanwhile, as far as `quads` go. `panels` are those of one plane after the other, higher ones first: what is summed up
/// counts 256 times as much in the next.
template <int Rows, int Panels, int Vectors, int Planes = 1, typename Other, typename Sink>
static inline ALWAYS_INLINE void product(const Inputs &x, const Panel *panels, int64_t quads, Other &other, Sink &&sink) {
  constexpr int perRow = Panels * Vectors;
  __m512i sums[Rows * perRow];
  repeat<Planes>([&](auto planeNumber) ALWAYS_INLINE {
    constexpr int plane = decltype(planeNumber)::value;
    const Panel *const ofPlane = panels + plane * Panels;
    repeat<Rows * perRow>([&](auto i) ALWAYS_INLINE {
      constexpr int index = decltype(i)::value, p = index % perRow / Vectors, v = index % Vectors;
      const __m512i start = ofPlane[p].start ? _mm512_loadu_si512(ofPlane[p].start + lanes * v) : _mm512_setzero_si512();
      sums[index] = plane ? _mm512_add_epi32(_mm512_slli_epi32(sums[index], 8), start) : start;
    });
    const int64_t rowStride = x.rowStride, quadStride = x.quadStride;
    const uint8_t *data = x.data;
    const int8_t *weights[Panels];
    repeat<Panels>([&](auto p) ALWAYS_INLINE { weights[p.value] = ofPlane[p.value].weights; });
    auto addQuad = [&](auto &&half) ALWAYS_INLINE {
      __m512i w[perRow];
      repeat<perRow>([&](auto i) ALWAYS_INLINE {
        constexpr int index = decltype(i)::value;
        w[index] = _mm512_loadu_si512(weights[index / Vectors] + index % Vectors * 64);
      });
      repeat<Rows>([&](auto r) ALWAYS_INLINE {
        constexpr int row = decltype(r)::value;
        int32_t quad;
        __builtin_memcpy(&quad, data + row * rowStride, sizeof quad);
        const __m512i digits = _mm512_set1_epi32(quad);
        repeat<perRow>([&](auto i) ALWAYS_INLINE {
          constexpr int index = decltype(i)::value;
          addProducts(sums[row * perRow + index], digits, w[index]);
        });
        if constexpr (row == Rows / 2)
          half();
      });
      data += quadStride;
      repeat<Panels>([&](auto p) ALWAYS_INLINE { weights[p.value] += Vectors * 64; });
    };
    int64_t q = 0;
    while (q + Other::quads <= quads && other.begin()) {
      repeat<Other::quads>([&](auto i) ALWAYS_INLINE {
        addQuad([&]() ALWAYS_INLINE { other.template step<2 * decltype(i)::value>(); });
        other.template step<2 * decltype(i)::value + 1>();
      });
      q += Other::quads;
    }
    for (; q + 4 <= quads; q += 4)
      repeat<4>([&](auto) ALWAYS_INLINE { addQuad([] {}); });
    for (; q < quads; ++q)
      addQuad([] {});
  });
  // What sinks need is read from memory after this: kept in registers, it would push the weights out of the loop's.
  asm volatile("" ::: "memory");
  repeat<Rows * perRow>([&](auto i) ALWAYS_INLINE {
    constexpr int index = decltype(i)::value;
    sink(index / perRow, index % perRow / Vectors, index % Vectors, sums[index]);
  });
}

/// body(Constant<rows>(), first row): groups of Most rows, and what is left in nearly equal parts of at most four.
template <int Most, typename Body> static inline void forRows(int64_t rows, Body &&body) {
  int64_t first = 0;
  for (; Most > 4 && first + Most <= rows; first += Most)
    body(Constant<Most>(), first);
  const int64_t parts = (rows - first + 3) / 4;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t count = (rows - first) / (parts - part);
    switch (count) {
    case 1:
      body(Constant<1>(), first);
      break;
    case 2:
      body(Constant<2>(), first);
      break;
    case 3:
      body(Constant<3>(), first);
      break;
    default:
      body(Constant<4>(), first);
      break;
    }
    first += count;
  }
}

/// body(Constant<panels>(), Constant<vectors>(), first column, columns): whole panels two at a time when `pairs`.
template <typename Body> static inline void forPanels(int64_t n, bool pairs, Body &&body) {
  int64_t first = 0;
  for (; pairs && first + 2 * panelColumns <= n; first += 2 * panelColumns)
    body(Constant<2>(), Constant<2>(), first, 2 * panelColumns);
  for (; first < n; first += panelColumns) {
    const int64_t columns = n - first < panelColumns ? n - first : panelColumns;
    if (columns > lanes)
      body(Constant<1>(), Constant<2>(), first, columns);
    else
      body(Constant<1>(), Constant<1>(), first, columns);
  }
}

/// Bit i: column i of the last of `vectors` vectors is there.
static inline __mmask16 lastMask(int64_t columns, int64_t vectors) { return __mmask16(0xffff >> (lanes * vectors - columns)); }

} // namespace aimc::simulator

#endif
