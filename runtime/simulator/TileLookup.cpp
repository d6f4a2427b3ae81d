#include "TileLookup.h"

#if defined(__x86_64__)
#include "ProductVnni.h"

#include <string.h>

namespace aimc::simulator {

static constexpr int64_t lines = 6, wide = 64, together = 4; // word lines of a table, rows, columns
static constexpr int most = 8;                               // input slices

static int64_t groupsOf(int64_t k) { return (k + lines - 1) / lines; }
static int64_t blocksOf(int64_t rows) { return (rows + wide - 1) / wide; }

bool takesLookup(const TileWork &work) {
  static const bool available = __builtin_cpu_supports("avx512vbmi");
  // 2^24: put together in float32 exactly. 2^15: column sums fit 16 bits.
  return available && work.planes == 1 && work.cellBits <= 4 && work.sliceBits == 1 && work.inputs >= 4 &&
         work.inputs <= most && !work.isSigned && !work.position && !work.pedestal && work.rows >= wide / 2 &&
         work.highest * float(1 << work.inputs) < 16777216.0f && work.k << work.cellBits < 32768;
}

size_t patternBytes(const TileWork &work) { return size_t(blocksOf(work.rows) * groupsOf(work.k) * most * wide); }

void patterns(const TileWork &work, uint8_t *out) {
  const int64_t groups = groupsOf(work.k), quads = quadsOf(work.k);
  memset(out, 0, patternBytes(work));
  for (int input = 0; input < work.inputs; ++input) {
    const InputDigits &digits = work.digits[input];
    for (int64_t r = 0; r < work.rows; ++r) {
      const uint8_t *row = digits.data + r * digits.rowStride;
      uint8_t *to = out + r / wide * groups * most * wide + input * wide + r % wide;
      for (int64_t g = 0; g < groups; ++g) {
        const int64_t quad = g * lines / 4;
        uint32_t low, high = 0;
        memcpy(&low, row + quad * digits.quadStride, sizeof low);
        if (quad + 1 < quads)
          memcpy(&high, row + (quad + 1) * digits.quadStride, sizeof high);
        const uint64_t six = (uint64_t(high) << 32 | low) >> (g * lines % 4 * 8);
        // Bits behind the last word line meet cells of 0.
        to[g * most * wide] = uint8_t(__builtin_ia32_pext_di(six, 0x010101010101));
      }
    }
  }
}

namespace {
/// A column of one weight slice.
struct Tables {
  __m512i *entries;       // [groups]
  uint8_t *above, *below; // [groups]: what a group adds at most, and takes away
};

/// Six bytes of column `at` in a panel.
struct PanelColumn {
  const int8_t *weights;
  int64_t pitch; // from quad to quad
};
} // namespace

static PanelColumn columnOf(const TileWork &work, int64_t slice, int64_t n) {
  const int64_t first = n / panelColumns * panelColumns, rest = work.columns - first;
  const int64_t padded = paddedColumns(rest < panelColumns ? rest : panelColumns);
  const int8_t *packed = work.packed[0] + slice * work.sliceBytes;
  return {panelOf(packed, work.k, work.columns, first, false).weights + (n - first) * 4, padded * 4};
}

static void buildTables(const TileWork &work, const PanelColumn &column, const Tables &tables) {
  // Bit e of masks[b]: entry e has bit b.
  constexpr uint64_t masks[lines] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
                                     0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000};
  const int64_t groups = groupsOf(work.k), quads = quadsOf(work.k);
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t quad = g * lines / 4;
    uint32_t low, high = 0;
    memcpy(&low, column.weights + quad * column.pitch, sizeof low);
    if (quad + 1 < quads)
      memcpy(&high, column.weights + (quad + 1) * column.pitch, sizeof high);
    const uint64_t six = (uint64_t(high) << 32 | low) >> (g * lines % 4 * 8) & 0xffffffffffff;
    __m512i entries = _mm512_setzero_si512();
    repeat<lines>([&](auto b) ALWAYS_INLINE {
      entries = _mm512_mask_add_epi8(entries, masks[b.value], entries, _mm512_set1_epi8(char(six >> (8 * b.value))));
    });
    tables.entries[g] = entries;
    const __m128i zero = _mm_setzero_si128(), cells = _mm_cvtsi64_si128(int64_t(six));
    tables.above[g] = uint8_t(_mm_cvtsi128_si32(_mm_sad_epu8(_mm_max_epi8(cells, zero), zero)));
    tables.below[g] = uint8_t(_mm_cvtsi128_si32(_mm_sad_epu8(_mm_sub_epi8(zero, _mm_min_epi8(cells, zero)), zero)));
  }
}

namespace {
/// Sums of 64 rows for Units columns or weight slices and all input slices.
template <int Units> struct Sums {
  __m512i words[Units][most][2]; // what was moved out of bytes
  __m512i bytes[Units][most];
};
} // namespace

static inline ALWAYS_INLINE __m512i lowWords(__m512i bytes) { return _mm512_cvtepi8_epi16(_mm512_castsi512_si256(bytes)); }
static inline ALWAYS_INLINE __m512i highWords(__m512i bytes) {
  return _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(bytes, 1));
}

/// Adds each row's entry. In one piece, for GCC 12 collects entries until registers run out.
static inline ALWAYS_INLINE void addEntries(__m512i &sums, __m512i pattern, __m512i entries) {
  __m512i found;
  asm("vpermb %3, %2, %1\n\tvpaddb %1, %0, %0" : "+v"(sums), "=&v"(found) : "v"(pattern), "v"(entries));
}

/// Sums stay in bytes as long as no input could make them leave; then they move to words.
template <int Units> static void lookUp(int64_t groups, const uint8_t *patterns, const Tables *tables, Sums<Units> &sums) {
  memset(sums.words, 0, sizeof sums.words);
  __m512i bytes[Units][most];
  repeat<Units * most>([&](auto i) ALWAYS_INLINE { bytes[i.value / most][i.value % most] = _mm512_setzero_si512(); });
  int above[Units] = {}, below[Units] = {};
  for (int64_t g = 0; g < groups; ++g) {
    bool leaves = false;
    for (int u = 0; u < Units; ++u) {
      above[u] += tables[u].above[g];
      below[u] += tables[u].below[g];
      leaves |= above[u] > 127 || below[u] > 128;
    }
    if (__builtin_expect(leaves, 0)) {
      repeat<Units * most>([&](auto i) ALWAYS_INLINE {
        constexpr int u = decltype(i)::value / most, b = decltype(i)::value % most;
        sums.words[u][b][0] = _mm512_add_epi16(sums.words[u][b][0], lowWords(bytes[u][b]));
        sums.words[u][b][1] = _mm512_add_epi16(sums.words[u][b][1], highWords(bytes[u][b]));
        bytes[u][b] = _mm512_setzero_si512();
      });
      for (int u = 0; u < Units; ++u) {
        above[u] = tables[u].above[g];
        below[u] = tables[u].below[g];
      }
    }
    __m512i entries[Units];
    repeat<Units>([&](auto u) ALWAYS_INLINE { entries[u.value] = tables[u.value].entries[g]; });
    repeat<most>([&](auto b) ALWAYS_INLINE {
      const __m512i pattern = _mm512_load_si512(patterns + (g * most + b.value) * wide);
      repeat<Units>([&](auto u) ALWAYS_INLINE { addEntries(bytes[u.value][b.value], pattern, entries[u.value]); });
    });
  }
  repeat<Units * most>(
      [&](auto i) ALWAYS_INLINE { sums.bytes[i.value / most][i.value % most] = bytes[i.value / most][i.value % most]; });
}

namespace {
struct Adc {
  __m512 ka, lowest, highest;
};
} // namespace

/// The codes of all input slices put together, 64 rows. `cuts` counts what the range cut, lane by lane.
static void convert(const __m512i (*words)[2], const __m512i *bytes, int inputs, const Adc &adc, __m512 *merged,
                    __m512i &cuts) {
  for (int v = 0; v < 4; ++v)
    merged[v] = _mm512_setzero_ps();
  for (int input = inputs - 1; input >= 0; --input) {
    const __m512i halves[2] = {_mm512_add_epi16(words[input][0], lowWords(bytes[input])),
                               _mm512_add_epi16(words[input][1], highWords(bytes[input]))};
    repeat<4>([&](auto vector) ALWAYS_INLINE {
      constexpr int v = decltype(vector)::value;
      const __m256i half = v % 2 ? _mm512_extracti64x4_epi64(halves[v / 2], 1) : _mm512_castsi512_si256(halves[v / 2]);
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(half));
      const __m512 rounded = _mm512_roundscale_ps(_mm512_mul_ps(sum, adc.ka), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      const __m512 code = _mm512_max_ps(adc.lowest, _mm512_min_ps(adc.highest, rounded));
      const __m512i differ = _mm512_xor_si512(_mm512_castps_si512(rounded), _mm512_castps_si512(code));
      cuts = _mm512_add_epi32(cuts, _mm512_min_epu32(differ, _mm512_set1_epi32(1)));
      merged[v] = _mm512_add_ps(_mm512_add_ps(merged[v], merged[v]), code);
    });
  }
}

namespace {
/// What became of 64 rows of a few columns.
struct alignas(64) Results {
  double totals[together][wide];
  float values[together][wide];
};
} // namespace

/// totals = (first ? 0 : totals) + scale * merged
static void addSlice(double scale, const __m512 *merged, bool first, double *totals) {
  const __m512d factor = _mm512_set1_pd(scale);
  for (int v = 0; v < 8; ++v) {
    const __m256 half = v % 2 ? _mm512_extractf32x8_ps(merged[v / 2], 1) : _mm512_castps512_ps256(merged[v / 2]);
    const __m512d product = _mm512_mul_pd(factor, _mm512_cvtps_pd(half));
    _mm512_store_pd(totals + 8 * v, first ? product : _mm512_add_pd(_mm512_load_pd(totals + 8 * v), product));
  }
}

/// Rows [r0, r0 + rows) of columns [n, n + columns) into the accumulated floats.
static void accumulate(const TileWork &work, int64_t r0, int64_t rows, int64_t n, int64_t columns, Results &results) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r)
      results.values[c][r] = float(results.totals[c][r] - (work.correction ? work.correction[r0 + r] : 0.0));
  for (int64_t r = 0; r < rows; ++r) {
    float *acc = work.acc + work.rowOffset[r0 + r] + n;
    const float *f = work.f + (work.fRow ? work.fRow[r0 + r] : 0) + n;
    for (int64_t c = 0; c < columns; ++c) {
      const float after = (work.start ? 0.0f : acc[c]) + f[c] * results.values[c][r];
      acc[c] = work.bias ? after + work.bias[n + c] : after;
    }
  }
}

static size_t tableBytes(const TileWork &work) { return size_t(groupsOf(work.k)) * (sizeof(__m512i) + 2); }

size_t lookupScratch(const TileWork &work) { return size_t(together * work.slices) * (tableBytes(work) + 64) + 128; }

uint64_t runLookup(const TileWork &work, void *scratch) {
  const int64_t groups = groupsOf(work.k), blocks = blocksOf(work.rows);
  const int units = int(together) * work.slices;
  __m512i *entries = reinterpret_cast<__m512i *>((reinterpret_cast<uintptr_t>(scratch) + 63) / 64 * 64);
  uint8_t *bounds = reinterpret_cast<uint8_t *>(entries + units * groups);
  auto tablesOf = [&](int64_t unit) {
    return Tables{entries + unit * groups, bounds + 2 * unit * groups, bounds + (2 * unit + 1) * groups};
  };
  __m512i cuts = _mm512_setzero_si512();
  for (int64_t n = work.begin; n < work.end; n += together) {
    const int64_t columns = work.end - n < together ? work.end - n : together, used = columns * work.slices;
    for (int64_t unit = 0; unit < used; ++unit)
      buildTables(work, columnOf(work, unit % work.slices, n + unit / work.slices), tablesOf(unit));
    for (int64_t block = 0; block < blocks; ++block) {
      const uint8_t *patterns = work.patterns + block * groups * most * wide;
      Results results;
      auto finish = [&](int64_t unit, const __m512i(*words)[2], const __m512i *bytes) {
        const int64_t slice = unit % work.slices, column = unit / work.slices, at = slice * work.columns + n + column;
        const Adc adc = {_mm512_set1_ps(work.ka[at]), _mm512_set1_ps(work.lowest), _mm512_set1_ps(work.highest)};
        __m512 merged[4];
        convert(words, bytes, work.inputs, adc, merged, cuts);
        addSlice(work.scale[at], merged, slice == 0, results.totals[column]);
      };
      int64_t unit = 0;
      for (; unit + 2 <= used; unit += 2) {
        const Tables tables[2] = {tablesOf(unit), tablesOf(unit + 1)};
        Sums<2> sums;
        lookUp<2>(groups, patterns, tables, sums);
        finish(unit, sums.words[0], sums.bytes[0]);
        finish(unit + 1, sums.words[1], sums.bytes[1]);
      }
      if (unit < used) {
        const Tables tables[1] = {tablesOf(unit)};
        Sums<1> sums;
        lookUp<1>(groups, patterns, tables, sums);
        finish(unit, sums.words[0], sums.bytes[0]);
      }
      const int64_t rest = work.rows - block * wide;
      accumulate(work, block * wide, rest < wide ? rest : wide, n, columns, results);
    }
  }
  return uint64_t(_mm512_reduce_add_epi32(cuts));
}

} // namespace aimc::simulator
#endif
