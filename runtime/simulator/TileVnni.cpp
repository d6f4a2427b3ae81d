// Tiles and products by hand for AVX-512 with VNNI (vpdpbusd: four 8-bit products summed into 32 bits, exactly).
//
// Weights are packed in panels of 32 columns; a panel holds, for every four rows, its columns' four bytes side by side. Six
// rows times two vectors of two panels, or of the two planes of one, keep 24 sums in registers, and every load feeds several
// products. Signed inputs come plus 128, because the instruction multiplies unsigned by signed bytes: sums start at -128 times
// the column's weights. Products alone run at 0.93 of what the instruction can do.
#include "Tile.h"

#if defined(__x86_64__)
#include "GaussianAvx512.h"

#include <string.h>

namespace aimc::simulator {

static constexpr int64_t panelColumns = 32, lanes = 16;
static constexpr int mostRows = 6;

static int64_t quadsOf(int64_t k) { return (k + 3) / 4; }
static int64_t paddedColumns(int64_t n) { return (n + lanes - 1) / lanes * lanes; }

/// Starts of the sums with signed inputs, then panels.
static size_t packedBytes(int64_t k, int64_t n) { return size_t(paddedColumns(n) * (4 + 4 * quadsOf(k))); }

static void pack(const int8_t *b, int64_t k, int64_t n, int64_t ldb, int8_t *packed) {
  int32_t *start = reinterpret_cast<int32_t *>(packed);
  memset(packed, 0, packedBytes(k, n));
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j)
      start[j] -= 128 * b[i * ldb + j];
  int8_t *out = packed + paddedColumns(n) * 4;
  for (int64_t first = 0; first < n; first += panelColumns) {
    const int64_t columns = n - first < panelColumns ? n - first : panelColumns, padded = paddedColumns(columns);
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < columns; ++j)
        out[(i / 4 * padded + j) * 4 + i % 4] = b[i * ldb + first + j];
    out += quadsOf(k) * 4 * padded;
  }
}

#define ALWAYS_INLINE __attribute__((always_inline))

namespace {
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
} // namespace

static Inputs inputsOf(const InputDigits &digits, int64_t row) {
  return {digits.data + row * digits.rowStride, digits.rowStride, digits.quadStride};
}

static Panel panelOf(const int8_t *packed, int64_t k, int64_t n, int64_t first, bool isSigned) {
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

/// Sums of Rows rows and the Vectors x 16 columns of Panels panels, handed to sink(row, panel, vector, sums).
template <int Rows, int Panels, int Vectors, typename Sink>
static inline ALWAYS_INLINE void product(const Inputs &x, const Panel *panels, int64_t quads, Sink &&sink) {
  constexpr int perRow = Panels * Vectors;
  __m512i sums[Rows * perRow];
  repeat<Rows * perRow>([&](auto i) ALWAYS_INLINE {
    constexpr int index = decltype(i)::value, p = index % perRow / Vectors, v = index % Vectors;
    sums[index] = panels[p].start ? _mm512_loadu_si512(panels[p].start + lanes * v) : _mm512_setzero_si512();
  });
  const int64_t rowStride = x.rowStride, quadStride = x.quadStride;
  const uint8_t *data = x.data;
  const int8_t *weights[Panels];
  repeat<Panels>([&](auto p) ALWAYS_INLINE { weights[p.value] = panels[p.value].weights; });
  for (int64_t q = 0; q < quads; ++q) {
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
    });
    data += quadStride;
    repeat<Panels>([&](auto p) ALWAYS_INLINE { weights[p.value] += Vectors * 64; });
  }
  // What sinks need is read from memory after this: kept in registers, it would push the weights out of the loop's.
  asm volatile("" ::: "memory");
  repeat<Rows * perRow>([&](auto i) ALWAYS_INLINE {
    constexpr int index = decltype(i)::value;
    sink(index / perRow, index % perRow / Vectors, index % Vectors, sums[index]);
  });
}

/// body(Constant<rows>(), first row): rows in nearly equal parts of at most mostRows.
template <typename Body> static inline void forRows(int64_t rows, Body &&body) {
  const int64_t parts = (rows + mostRows - 1) / mostRows;
  int64_t first = 0;
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
    case 4:
      body(Constant<4>(), first);
      break;
    case 5:
      body(Constant<5>(), first);
      break;
    default:
      body(Constant<mostRows>(), first);
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

/// Digits that are neighbours along rows, four at a time side by side.
static void interleave(int64_t m, int64_t k, const InputDigits &a, uint8_t *out) {
  for (int64_t i = 0; i < 4 * quadsOf(k); ++i)
    for (int64_t r = 0; r < m; ++r)
      out[(i / 4 * m + r) * 4 + i % 4] = i < k ? a.data[r + i * a.columnStride] : uint8_t(0);
}

static size_t multiplyScratch(int64_t m, int64_t k) { return size_t(4 * m * quadsOf(k)); }

/// Bit i: column i of the last of `vectors` vectors is there.
static __mmask16 lastMask(int64_t columns, int64_t vectors) { return __mmask16(0xffff >> (lanes * vectors - columns)); }

static bool multiply(int64_t m, int64_t n, int64_t k, const InputDigits &given, const int8_t *packed, int32_t *c, int64_t ldc,
                     void *scratch) {
  InputDigits a = given;
  if (a.columnStride != 1) {
    interleave(m, k, given, static_cast<uint8_t *>(scratch));
    a = {static_cast<const uint8_t *>(scratch), 4, 1, 4 * m, a.isSigned};
  }
  forPanels(n, true, [&](auto panelCount, auto vectorCount, int64_t first, int64_t columns) {
    constexpr int count = decltype(panelCount)::value, vectors = decltype(vectorCount)::value;
    const __mmask16 last = lastMask(columns, count * vectors);
    Panel panels[count];
    for (int p = 0; p < count; ++p)
      panels[p] = panelOf(packed, k, n, first + p * panelColumns, a.isSigned);
    forRows(m, [&](auto rows, int64_t r0) {
      auto store = [&](int r, int p, int v, __m512i sums) ALWAYS_INLINE {
        int32_t *out = c + (r0 + r) * ldc + first + p * panelColumns + lanes * v;
        _mm512_mask_storeu_epi32(out, p * vectors + v == count * vectors - 1 ? last : __mmask16(0xffff), sums);
      };
      product<decltype(rows)::value, count, vectors>(inputsOf(a, r0), panels, quadsOf(k), store);
    });
  });
  return true;
}

const IntegerGemm &integerGemmVnni() {
  static const IntegerGemm gemm = {true, packedBytes, pack, multiplyScratch, multiply};
  return gemm;
}

// ---- tiles ----

namespace {
/// Constants of the columns of one or two panels, zeros behind the last.
struct alignas(64) Constants {
  static constexpr int64_t most = 2 * panelColumns;
  float ka[most], noiseScale[most], delta[most], f[most], bias[most];
  double scale[most];
};

/// Rows on their way through the converter.
struct alignas(64) Buffers {
  int32_t sums[2][mostRows][2 * panelColumns];      // by plane
  int32_t codes[mostRows][2 * panelColumns];        // put together over input slices
  int32_t variances[2][mostRows][2 * panelColumns]; // low and high part
};
} // namespace

static void load(const float *from, int64_t columns, float *to) {
  memset(to, 0, Constants::most * sizeof(float));
  if (from)
    memcpy(to, from, size_t(columns) * sizeof(float));
}

/// Every scale is a float32, so that its product with a code of 24 bits rounds the same in float32.
static bool floatScales(const TileWork &work) {
  for (int64_t i = 0; i < work.columns; ++i)
    if (double(float(work.scale[i])) != work.scale[i])
      return false;
  return true;
}

static inline __m512 roundEven(__m512 v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

/// float32(double(sums) * factor)
static inline ALWAYS_INLINE __m512 scaled(__m512i sums, __m512d factor) {
  __m512d low = _mm512_mul_pd(_mm512_cvtepi32_pd(_mm512_castsi512_si256(sums)), factor);
  __m512d high = _mm512_mul_pd(_mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(sums, 1)), factor);
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)), _mm512_cvtpd_ps(high), 1);
}

/// totals = (first ? 0 : totals) + scale * codes
static inline ALWAYS_INLINE void addDoubles(const double *scale, __m512i codes, bool first, double *totals) {
  __m512d low = _mm512_mul_pd(_mm512_load_pd(scale), _mm512_cvtepi32_pd(_mm512_castsi512_si256(codes)));
  __m512d high = _mm512_mul_pd(_mm512_load_pd(scale + 8), _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(codes, 1)));
  if (!first) {
    low = _mm512_add_pd(_mm512_loadu_pd(totals), low);
    high = _mm512_add_pd(_mm512_loadu_pd(totals + 8), high);
  }
  _mm512_storeu_pd(totals, low);
  _mm512_storeu_pd(totals + 8, high);
}

namespace {
/// Some columns of a tile: one or two panels of one plane, or one panel of two planes.
template <int Planes, int Panels, int Vectors> class PanelRun {
public:
  static_assert(Planes * Panels <= 2);

  PanelRun(const TileWork &work, int64_t first, int64_t columns, const PhiloxKeys &keys, double *totals)
      : work(work), keys(keys), first(first), columns(columns), last(lastMask(columns, perRow)),
        added(work.start ? __mmask16(0) : __mmask16(0xffff)), totals(totals) {}

  uint64_t run() {
    const bool direct = work.slices == 1 && work.inputs == 1 && !work.correction && floatScales(work);
    for (int slice = 0; slice < work.slices; ++slice) {
      loadConstants(slice);
      forRows(work.rows, [&](auto rows, int64_t r0) {
        constexpr int count = decltype(rows)::value;
        if (Planes == 1 && direct && !work.position && !work.pedestal)
          straight<count>(r0);
        else if (direct)
          convertDirect<count>(r0);
        else
          convertSliced<count>(r0, slice);
      });
    }
    return clipped;
  }

private:
  static constexpr int perRow = Panels * Vectors; // vectors of columns

  void loadConstants(int slice) {
    const int64_t at = slice * work.columns + first;
    load(work.ka + at, columns, constants.ka);
    load(work.noiseScale ? work.noiseScale + at : nullptr, columns, constants.noiseScale);
    load(work.f + first, columns, constants.f);
    load(work.bias ? work.bias + first : nullptr, columns, constants.bias);
    memset(constants.scale, 0, sizeof constants.scale);
    memcpy(constants.scale, work.scale + at, size_t(columns) * sizeof(double));
    for (int64_t i = 0; i < columns; ++i)
      constants.delta[i] = float(constants.scale[i]);
    memset(constants.delta + columns, 0, size_t(Constants::most - columns) * sizeof(float));
    for (int i = 0; i < Planes * Panels; ++i)
      panels[i] = panelOf(work.packed[i / Panels] + slice * work.sliceBytes, work.k, work.columns,
                          first + i % Panels * panelColumns, work.digits[0].isSigned);
    for (int p = 0; p < Panels && work.variances; ++p)
      variances[p] = panelOf(work.variances + slice * work.sliceBytes, work.k, work.columns, first + p * panelColumns, false);
  }

  /// The code of a sum in digits.
  ALWAYS_INLINE __m512 code(int v, __m512 sum, uint64_t &cuts) const {
    __m512 rounded = roundEven(_mm512_mul_ps(sum, _mm512_load_ps(constants.ka + lanes * v)));
    __m512 code = _mm512_max_ps(_mm512_min_ps(rounded, _mm512_set1_ps(work.highest)), _mm512_set1_ps(work.lowest));
    cuts += uint64_t(__builtin_popcount(_mm512_cmp_ps_mask(rounded, code, _CMP_NEQ_OQ)));
    return code;
  }

  /// A row of the accumulated floats and of their factors.
  struct Target {
    float *acc;
    const float *f;
  };

  ALWAYS_INLINE Target targetOf(int64_t r) const {
    Target target = {work.acc + work.rowOffset[r] + first, work.fRow ? work.f + work.fRow[r] + first : constants.f};
    for (int v = 0; v < perRow; ++v)
      __builtin_prefetch(target.acc + lanes * v, 1);
    return target;
  }

  ALWAYS_INLINE void accumulate(const Target &target, int v, __m512 sum) const {
    float *acc = target.acc + lanes * v;
    const __mmask16 mask = v + 1 < perRow ? __mmask16(0xffff) : last;
    // Sums never become -0, so that adding a bias of 0 changes nothing.
    __m512 after = _mm512_add_ps(_mm512_maskz_loadu_ps(mask & added, acc),
                                 _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, target.f + lanes * v), sum));
    _mm512_mask_storeu_ps(acc, mask, _mm512_add_ps(after, _mm512_load_ps(constants.bias + lanes * v)));
  }

  /// A single code on its way into the accumulated floats.
  ALWAYS_INLINE void accumulateCode(const Target &target, int v, __m512 code) const {
    accumulate(target, v, _mm512_mul_ps(code, _mm512_load_ps(constants.delta + lanes * v)));
  }

  /// One slice, no noise: codes never leave registers.
  template <int Rows> void straight(int64_t r0) {
    Target targets[Rows];
    for (int r = 0; r < Rows; ++r)
      targets[r] = targetOf(r0 + r);
    uint64_t cuts = 0;
    auto convert = [&](int r, int p, int v, __m512i sums) ALWAYS_INLINE {
      const int column = p * Vectors + v;
      accumulateCode(targets[r], column, code(column, _mm512_cvtepi32_ps(sums), cuts));
    };
    product<Rows, Planes * Panels, Vectors>(inputsOf(work.digits[0], r0), panels, quadsOf(work.k), convert);
    clipped += cuts;
  }

  template <int Rows> ALWAYS_INLINE void sumsOf(int64_t r0, int input) {
    auto store = [&](int r, int p, int v, __m512i sums) ALWAYS_INLINE {
      _mm512_store_si512(buffers.sums[p / Panels][r] + (p % Panels * Vectors + v) * lanes, sums);
    };
    product<Rows, Planes * Panels, Vectors>(inputsOf(work.digits[input], r0), panels, quadsOf(work.k), store);
    if (work.variances)
      variancesOf<Rows>(r0, input);
  }

  /// Variances that read noise adds, one product for the squares' low bytes and one for the high ones.
  template <int Rows> __attribute__((noinline)) void variancesOf(int64_t r0, int input) {
    const SquaredDigits &squares = work.squares[input];
    for (int part = 0; part < (squares.high.data ? 2 : 1); ++part) {
      auto store = [&](int r, int p, int v, __m512i sums)
                       ALWAYS_INLINE { _mm512_store_si512(buffers.variances[part][r] + (p * Vectors + v) * lanes, sums); };
      product<Rows, Panels, Vectors>(inputsOf(part ? squares.high : squares.low, r0), variances, quadsOf(work.k), store);
    }
    if (!squares.high.data)
      memset(buffers.variances[1], 0, sizeof buffers.variances[1]);
  }

  /// Standard deviation of row r's noise before the ADC, in digits.
  ALWAYS_INLINE __m512 deviation(int r, int slice, int column) const {
    __m512 base = _mm512_load_ps(constants.noiseScale + lanes * column);
    if (!work.variances)
      return base;
    __m512i sums = _mm512_add_epi32(_mm512_slli_epi32(_mm512_load_si512(buffers.variances[1][r] + lanes * column), 8),
                                    _mm512_load_si512(buffers.variances[0][r] + lanes * column));
    __m512 variance = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_set1_ps(work.varianceStep[slice]));
    return _mm512_sqrt_ps(_mm512_add_ps(variance, _mm512_mul_ps(base, base)));
  }

  /// Gaussians of the first 32 columns from `column` on of rows r and other.
  ALWAYS_INLINE void drawNoise(int64_t r, int64_t other, uint64_t conversion, int64_t column, __m512 *noise) const {
    const uint64_t element = conversion * work.conversionElements + uint64_t(first + column);
    const Eight a = {uint32_t(element >> 2), work.position[r], work.sample[r]};
    const Eight b = {uint32_t(element >> 2), work.position[other], work.sample[other]};
    if (element & 3) {
      shiftedNoise(a, int(element & 3), noise);
      shiftedNoise(b, int(element & 3), noise + 2);
    } else {
      gaussians2x32(a, b, work.stream.purposeTile, keys, noise);
    }
  }

  /// Elements that start within a block: one more block behind the eight.
  __attribute__((noinline)) void shiftedNoise(Eight eight, int within, __m512 *noise) const {
    float all[2 * panelColumns];
    __m512 out[4];
    Eight behind = eight;
    behind.firstBlock += 8;
    gaussians2x32(eight, behind, work.stream.purposeTile, keys, out);
    for (int v = 0; v < 4; ++v)
      _mm512_storeu_ps(all + lanes * v, out[v]);
    for (int v = 0; v < 2; ++v)
      noise[v] = _mm512_loadu_ps(all + within + lanes * v);
  }

  /// Codes of rows [r0, r0 + Rows), two at a time, to sink(row, vector, code).
  template <int Rows, typename Sink> ALWAYS_INLINE void convertRows(int64_t r0, int slice, int input, Sink &&sink) {
    const __m512d factor = _mm512_set1_pd(work.digitsPerStep);
    const uint64_t conversion = uint64_t(slice) * uint64_t(work.inputs) + uint64_t(input);
    uint64_t cuts = 0;
    for (int r = 0; r < Rows; r += 2)
      for (int p = 0; p < Panels; ++p) {
        const int count = r + 1 < Rows ? 2 : 1;
        __m512 noise[4];
        if (work.position)
          drawNoise(r0 + r, r0 + r + count - 1, conversion, p * panelColumns, noise);
        for (int i = 0; i < count; ++i) {
          const __m512i pedestal = _mm512_set1_epi32(work.pedestal ? work.pedestal[input * work.rows + r0 + r + i] : 0);
          for (int v = 0; v < Vectors; ++v) {
            const int column = p * Vectors + v;
            __m512i sums = _mm512_load_si512(buffers.sums[0][r + i] + lanes * column);
            if (Planes == 2)
              sums = _mm512_add_epi32(_mm512_slli_epi32(sums, 8), _mm512_load_si512(buffers.sums[1][r + i] + lanes * column));
            sums = _mm512_add_epi32(sums, pedestal);
            __m512 digits = Planes == 2 ? scaled(sums, factor) : _mm512_cvtepi32_ps(sums);
            if (work.position)
              digits = _mm512_add_ps(digits, _mm512_mul_ps(deviation(r + i, slice, column), noise[2 * i + v]));
            sink(r + i, column, code(column, digits, cuts));
          }
        }
      }
    clipped += cuts;
  }

  template <int Rows> void convertDirect(int64_t r0) {
    Target targets[Rows];
    for (int r = 0; r < Rows; ++r)
      targets[r] = targetOf(r0 + r);
    sumsOf<Rows>(r0, 0);
    convertRows<Rows>(r0, 0, 0, [&](int r, int v, __m512 code) ALWAYS_INLINE { accumulateCode(targets[r], v, code); });
  }

  template <int Rows> void convertSliced(int64_t r0, int slice) {
    for (int input = 0; input < work.inputs; ++input) {
      sumsOf<Rows>(r0, input);
      const __m128i shift = _mm_cvtsi32_si128(input * work.sliceBits);
      convertRows<Rows>(r0, slice, input, [&](int r, int v, __m512 code) ALWAYS_INLINE {
        __m512i weighted = _mm512_sll_epi32(_mm512_cvtps_epi32(code), shift);
        int32_t *codes = buffers.codes[r] + lanes * v;
        _mm512_store_si512(codes, input ? _mm512_add_epi32(_mm512_load_si512(codes), weighted) : weighted);
      });
    }
    for (int r = 0; r < Rows; ++r) {
      const Target target = targetOf(r0 + r);
      const __m512d correction = _mm512_set1_pd(work.correction ? work.correction[r0 + r] : 0.0);
      for (int v = 0; v < perRow; ++v) {
        double *total = totals + (r0 + r) * Constants::most + lanes * v;
        addDoubles(constants.scale + lanes * v, _mm512_load_si512(buffers.codes[r] + lanes * v), slice == 0, total);
        if (slice + 1 < work.slices)
          continue;
        __m256 low = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total), correction));
        __m256 high = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total + 8), correction));
        accumulate(target, v, _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1));
      }
    }
  }

  const TileWork &work;
  const PhiloxKeys &keys;
  const int64_t first, columns;
  const __mmask16 last, added; // columns of the last vector; of sums that are there already
  double *const totals;
  uint64_t clipped = 0;
  Panel panels[Planes * Panels], variances[Panels];
  Constants constants;
  Buffers buffers;
};
} // namespace

static bool takes(const TileWork &work, int64_t largest, int64_t largestVariance) {
  const double code = double(work.highest) * double(int64_t(1) << (work.inputs * work.sliceBits));
  // A single code is exact in float32, and so are sums of them below 2^24; those put together fit int32.
  return work.k * largest <= INT32_MAX && work.k * largestVariance <= INT32_MAX && code < double(INT32_MAX);
}

static size_t tileScratch(const TileWork &work) { return size_t(work.rows) * Constants::most * sizeof(double); }

static uint64_t run(const TileWork &work, void *scratch) {
  uint64_t clipped = 0;
  const PhiloxKeys keys = philoxKeys(work.stream.seed, work.stream.trial);
  double *totals = static_cast<double *>(scratch);
  forPanels(work.columns, work.planes == 1, [&](auto panels, auto vectors, int64_t first, int64_t columns) {
    constexpr int panelCount = decltype(panels)::value, vectorCount = decltype(vectors)::value;
    if (first < work.begin || first >= work.end)
      return;
    if (work.planes == 1)
      clipped += PanelRun<1, panelCount, vectorCount>(work, first, columns, keys, totals).run();
    else if constexpr (panelCount == 1)
      clipped += PanelRun<2, 1, vectorCount>(work, first, columns, keys, totals).run();
  });
  return clipped;
}

const TileKernel &tileKernelVnni() {
  static const TileKernel kernel = {takes, tileScratch, run};
  return kernel;
}

} // namespace aimc::simulator
#endif
