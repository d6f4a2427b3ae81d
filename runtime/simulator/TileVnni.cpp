// Tiles and products by hand for AVX-512 with VNNI (vpdpbusd: four 8-bit products summed into 32 bits, exactly).
//
// Weights are packed in panels of up to 64 columns; a panel holds, for every four rows, its columns' four bytes side by side.
// Six rows times four vectors of columns keep 24 sums in registers, and every load feeds several products. Signed inputs come
// plus 128, because the instruction multiplies unsigned by signed bytes: sums start at -128 times the column's weights.
// Against oneDNN's products and the loops of Kernels.inc: 1.2 times the rate.
#include "Tile.h"

#if defined(__x86_64__)
#include "GaussianAvx512.h"

#include <string.h>

namespace aimc::simulator {

static constexpr int64_t panelColumns = 64, lanes = 16;

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

namespace {
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

template <int N> struct Constant {
  static constexpr int value = N;
};

/// body(Constant<i>()) for i in [0, N). Unlike a loop that is unrolled later, this leaves arrays in registers.
template <int N, typename Body> static inline __attribute__((always_inline)) void repeat(Body &&body) {
  if constexpr (N > 0) {
    repeat<N - 1>(body);
    body(Constant<N - 1>());
  }
}

#define ALWAYS_INLINE __attribute__((always_inline))

/// Four products of unsigned and signed bytes added to each of 16 sums, in place: GCC 12 copies the intrinsic's operand around.
static inline ALWAYS_INLINE void addProducts(__m512i &sums, __m512i digits, __m512i weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(digits), "v"(weights));
}

/// Sums of Rows rows and Vectors x 16 columns, handed to sink(row, vector, sums[Planes]).
template <int Rows, int Vectors, int Planes, typename Sink>
static inline ALWAYS_INLINE void product(const Inputs &x, const Panel *panels, int64_t quads, Sink &&sink) {
  constexpr int perRow = Vectors * Planes;
  __m512i sums[Rows * perRow];
  repeat<Rows * perRow>([&](auto i) ALWAYS_INLINE {
    constexpr int index = decltype(i)::value, v = index % perRow / Planes, p = index % Planes;
    sums[index] = panels[p].start ? _mm512_loadu_si512(panels[p].start + lanes * v) : _mm512_setzero_si512();
  });
  const int64_t rowStride = x.rowStride, quadStride = x.quadStride;
  const uint8_t *data = x.data;
  const int8_t *weights[Planes];
  repeat<Planes>([&](auto p) ALWAYS_INLINE { weights[p.value] = panels[p.value].weights; });
  for (int64_t q = 0; q < quads; ++q) {
    __m512i w[perRow];
    repeat<perRow>([&](auto i) ALWAYS_INLINE {
      constexpr int index = decltype(i)::value;
      w[index] = _mm512_loadu_si512(weights[index % Planes] + index / Planes * 64);
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
    repeat<Planes>([&](auto p) ALWAYS_INLINE { weights[p.value] += Vectors * 64; });
  }
  repeat<Rows * Vectors>([&](auto i) ALWAYS_INLINE {
    constexpr int index = decltype(i)::value;
    __m512i planes[Planes];
    repeat<Planes>([&](auto p) ALWAYS_INLINE { planes[p.value] = sums[index * Planes + p.value]; });
    sink(index / Vectors, index % Vectors, planes);
  });
}

/// Most rows at a time that leave registers for weights.
template <int Planes> static constexpr int mostRows() { return Planes == 1 ? 6 : 3; }

/// body(std::integral_constant<int, rows>, first row): rows in nearly equal parts of at most mostRows().
template <int Planes, typename Body> static inline void forRows(int64_t rows, Body &&body) {
  constexpr int most = mostRows<Planes>();
  const int64_t parts = (rows + most - 1) / most;
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
      body(Constant<most < 4 ? most : 4>(), first);
      break;
    case 5:
      body(Constant<most < 5 ? most : 5>(), first);
      break;
    default:
      body(Constant<most>(), first);
      break;
    }
    first += count;
  }
}

template <typename Body> static inline void forVectors(int64_t columns, Body &&body) {
  switch ((columns + lanes - 1) / lanes) {
  case 1:
    return body(Constant<1>());
  case 2:
    return body(Constant<2>());
  case 3:
    return body(Constant<3>());
  default:
    return body(Constant<4>());
  }
}

/// Digits that are neighbours along rows, four at a time side by side.
static void interleave(int64_t m, int64_t k, const InputDigits &a, uint8_t *out) {
  for (int64_t i = 0; i < 4 * quadsOf(k); ++i)
    for (int64_t r = 0; r < m; ++r)
      out[(i / 4 * m + r) * 4 + i % 4] = i < k ? a.data[r + i * a.columnStride] : uint8_t(0);
}

static size_t multiplyScratch(int64_t m, int64_t k) { return size_t(4 * m * quadsOf(k)); }

static bool multiply(int64_t m, int64_t n, int64_t k, const InputDigits &given, const int8_t *packed, int32_t *c, int64_t ldc,
                     void *scratch) {
  InputDigits a = given;
  if (a.columnStride != 1) {
    interleave(m, k, given, static_cast<uint8_t *>(scratch));
    a = {static_cast<const uint8_t *>(scratch), 4, 1, 4 * m, a.isSigned};
  }
  for (int64_t first = 0; first < n; first += panelColumns) {
    const int64_t columns = n - first < panelColumns ? n - first : panelColumns;
    const Panel panel = panelOf(packed, k, n, first, a.isSigned);
    forVectors(columns, [&](auto vectors) {
      constexpr int count = decltype(vectors)::value;
      const __mmask16 last = __mmask16(0xffff >> (lanes * count - columns));
      forRows<1>(m, [&](auto rows, int64_t r0) {
        auto store = [&](int r, int v, const __m512i *sums) ALWAYS_INLINE {
          int32_t *out = c + (r0 + r) * ldc + first + lanes * v;
          _mm512_mask_storeu_epi32(out, v == count - 1 ? last : __mmask16(0xffff), sums[0]);
        };
        product<decltype(rows)::value, count, 1>(inputsOf(a, r0), &panel, quadsOf(k), store);
      });
    });
  }
  return true;
}

const IntegerGemm &integerGemmVnni() {
  static const IntegerGemm gemm = {true, packedBytes, pack, multiplyScratch, multiply};
  return gemm;
}

// ---- tiles ----

namespace {
/// Constants of a panel's columns, zeros behind the last.
struct alignas(64) Constants {
  float ka[panelColumns], noiseScale[panelColumns], delta[panelColumns], f[panelColumns], bias[panelColumns];
  double scale[panelColumns];
};

/// Rows of a panel on their way through the converter.
struct alignas(64) Buffers {
  int32_t sums[2][6][panelColumns];
  int32_t codes[6][panelColumns]; // put together over input slices
  float noise[panelColumns];
};
} // namespace

static void load(const float *from, int64_t columns, float *to) {
  memset(to, 0, panelColumns * sizeof(float));
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
static inline __m512 scaled(__m512i sums, __m512d factor) {
  __m512d low = _mm512_mul_pd(_mm512_cvtepi32_pd(_mm512_castsi512_si256(sums)), factor);
  __m512d high = _mm512_mul_pd(_mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(sums, 1)), factor);
  return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)), _mm512_cvtpd_ps(high), 1);
}

static inline __m512i addDoubles(const double *scale, __m512i codes, bool first, double *totals) {
  __m512d low = _mm512_mul_pd(_mm512_load_pd(scale), _mm512_cvtepi32_pd(_mm512_castsi512_si256(codes)));
  __m512d high = _mm512_mul_pd(_mm512_load_pd(scale + 8), _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(codes, 1)));
  if (!first) {
    low = _mm512_add_pd(_mm512_loadu_pd(totals), low);
    high = _mm512_add_pd(_mm512_loadu_pd(totals + 8), high);
  }
  _mm512_storeu_pd(totals, low);
  _mm512_storeu_pd(totals + 8, high);
  return codes;
}

namespace {
/// The rows of one panel of a tile.
template <int Vectors, int Planes> class PanelRun {
public:
  PanelRun(const TileWork &work, int64_t first, double *totals)
      : work(work), first(first), columns(work.columns - first < panelColumns ? work.columns - first : panelColumns),
        totals(totals), factor(_mm512_set1_pd(work.digitsPerStep)), lowest(_mm512_set1_ps(work.lowest)),
        highest(_mm512_set1_ps(work.highest)), last(__mmask16(0xffff >> (lanes * Vectors - columns))),
        added(work.start ? __mmask16(0) : __mmask16(0xffff)), keys(philoxKeys(work.stream.seed, work.stream.trial)) {}

  uint64_t run() {
    const bool direct = work.slices == 1 && work.inputs == 1 && !work.correction && floatScales(work);
    for (int slice = 0; slice < work.slices; ++slice) {
      loadConstants(slice);
      forRows<Planes>(work.rows, [&](auto rows, int64_t r0) {
        constexpr int count = decltype(rows)::value;
        if (Planes == 1 && direct && !work.noiseScale && !work.pedestal)
          straight<count>(r0);
        else if (direct)
          convertDirect<count>(r0);
        else
          convertSliced<count>(r0, slice);
      });
    }
    return uint64_t(_mm512_reduce_add_epi32(clipped));
  }

private:
  void loadConstants(int slice) {
    const int64_t at = slice * work.columns + first;
    load(work.ka + at, columns, constants.ka);
    load(work.noiseScale ? work.noiseScale + at : nullptr, columns, constants.noiseScale);
    load(work.f + first, columns, constants.f);
    load(work.bias ? work.bias + first : nullptr, columns, constants.bias);
    memset(constants.scale, 0, sizeof constants.scale);
    memcpy(constants.scale, work.scale + at, size_t(columns) * sizeof(double));
    for (int64_t i = 0; i < panelColumns; ++i)
      constants.delta[i] = float(constants.scale[i]);
    const InputDigits &digits = work.digits[0];
    for (int p = 0; p < Planes; ++p)
      panels[p] = panelOf(work.packed[p] + slice * work.sliceBytes, work.k, work.columns, first, digits.isSigned);
  }

  /// The code of a voltage in units of codes.
  ALWAYS_INLINE __m512 code(__m512 v) {
    __m512 rounded = roundEven(v);
    __m512 code = _mm512_max_ps(_mm512_min_ps(rounded, highest), lowest);
    __mmask16 cut = _mm512_cmp_ps_mask(rounded, code, _CMP_NEQ_OQ);
    clipped = _mm512_mask_sub_epi32(clipped, cut, clipped, _mm512_set1_epi32(-1));
    return code;
  }

  ALWAYS_INLINE void accumulate(int64_t r, int v, __m512 sum) {
    float *acc = work.acc + work.rowOffset[r] + first + lanes * v;
    const __mmask16 mask = v + 1 < Vectors ? __mmask16(0xffff) : last;
    __m512 f = work.fPitch ? _mm512_maskz_loadu_ps(mask, work.f + r * work.fPitch + first + lanes * v)
                           : _mm512_load_ps(constants.f + lanes * v);
    // Sums never become -0, so that adding a bias of 0 changes nothing.
    __m512 before = _mm512_maskz_loadu_ps(mask & added, acc);
    __m512 after = _mm512_add_ps(before, _mm512_mul_ps(f, sum));
    _mm512_mask_storeu_ps(acc, mask, _mm512_add_ps(after, _mm512_load_ps(constants.bias + lanes * v)));
  }

  /// One slice, no noise: codes never leave registers.
  template <int Rows> void straight(int64_t r0) {
    auto convert = [&](int r, int v, const __m512i *sums) ALWAYS_INLINE {
      __m512 voltage = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[0]), _mm512_load_ps(constants.ka + lanes * v));
      accumulate(r0 + r, v, _mm512_mul_ps(code(voltage), _mm512_load_ps(constants.delta + lanes * v)));
    };
    product<Rows, Vectors, Planes>(inputsOf(work.digits[0], r0), panels, quadsOf(work.k), convert);
  }

  template <int Rows> void sumsOf(int64_t r0, int input) {
    auto store = [&](int r, int v, const __m512i *sums) ALWAYS_INLINE {
      for (int p = 0; p < Planes; ++p)
        _mm512_store_si512(buffers.sums[p][r] + lanes * v, sums[p]);
    };
    product<Rows, Vectors, Planes>(inputsOf(work.digits[input], r0), panels, quadsOf(work.k), store);
  }

  /// Gaussians of row r, this slice and input slice.
  void drawNoise(int64_t r, uint64_t conversion) {
    Stream stream = work.stream;
    stream.position = work.position[r];
    stream.sample = work.sample[r];
    const uint64_t element = conversion * work.conversionElements + uint64_t(first);
    __m512 out[4];
    gaussians64(stream, keys, uint32_t(element >> 2), out);
    const int64_t within = int64_t(element & 3);
    if (within == 0) {
      for (int v = 0; v < Vectors; ++v)
        _mm512_store_ps(buffers.noise + lanes * v, out[v]);
      return;
    }
    // Elements that start within a block: one more block behind the sixteen.
    float all[2 * panelColumns];
    for (int v = 0; v < 4; ++v)
      _mm512_storeu_ps(all + lanes * v, out[v]);
    gaussians64(stream, keys, uint32_t(element >> 2) + 16, out);
    _mm512_storeu_ps(all + panelColumns, out[0]);
    memcpy(buffers.noise, all + within, sizeof buffers.noise);
  }

  /// Column sum of row r of the register block as float32, in digits.
  ALWAYS_INLINE __m512 digits(int r, int v, __m512i pedestal) {
    __m512i sums = _mm512_load_si512(buffers.sums[0][r] + lanes * v);
    if (Planes == 2)
      sums = _mm512_add_epi32(_mm512_slli_epi32(sums, 8), _mm512_load_si512(buffers.sums[1][r] + lanes * v));
    sums = _mm512_add_epi32(sums, pedestal);
    return Planes == 2 ? scaled(sums, factor) : _mm512_cvtepi32_ps(sums);
  }

  template <typename Sink> void convertRow(int r, int64_t row, int slice, int input, Sink &&sink) {
    const __m512i pedestal = _mm512_set1_epi32(work.pedestal ? work.pedestal[input * work.rows + row] : 0);
    if (work.noiseScale)
      drawNoise(row, uint64_t(slice) * uint64_t(work.inputs) + uint64_t(input));
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      __m512 p = digits(r, v, pedestal);
      if (work.noiseScale)
        p = _mm512_add_ps(p, _mm512_mul_ps(_mm512_load_ps(constants.noiseScale + lanes * v),
                                           _mm512_load_ps(buffers.noise + lanes * v)));
      sink(v, code(_mm512_mul_ps(p, _mm512_load_ps(constants.ka + lanes * v))));
    }
  }

  template <int Rows> void convertDirect(int64_t r0) {
    sumsOf<Rows>(r0, 0);
    for (int r = 0; r < Rows; ++r)
      convertRow(r, r0 + r, 0, 0, [&](int v, __m512 code) ALWAYS_INLINE {
        accumulate(r0 + r, v, _mm512_mul_ps(code, _mm512_load_ps(constants.delta + lanes * v)));
      });
  }

  template <int Rows> void convertSliced(int64_t r0, int slice) {
    for (int input = 0; input < work.inputs; ++input) {
      sumsOf<Rows>(r0, input);
      const __m128i shift = _mm_cvtsi32_si128(input * work.sliceBits);
      for (int r = 0; r < Rows; ++r)
        convertRow(r, r0 + r, slice, input, [&](int v, __m512 code) ALWAYS_INLINE {
          __m512i weighted = _mm512_sll_epi32(_mm512_cvtps_epi32(code), shift);
          int32_t *codes = buffers.codes[r] + lanes * v;
          _mm512_store_si512(codes, input ? _mm512_add_epi32(_mm512_load_si512(codes), weighted) : weighted);
        });
    }
    for (int r = 0; r < Rows; ++r)
      for (int v = 0; v < Vectors; ++v) {
        double *total = totals + (r0 + r) * panelColumns + lanes * v;
        addDoubles(constants.scale + lanes * v, _mm512_load_si512(buffers.codes[r] + lanes * v), slice == 0, total);
        if (slice + 1 < work.slices)
          continue;
        const __m512d correction = _mm512_set1_pd(work.correction ? work.correction[r0 + r] : 0.0);
        __m256 low = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total), correction));
        __m256 high = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total + 8), correction));
        accumulate(r0 + r, v, _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1));
      }
  }

  const TileWork &work;
  const int64_t first, columns;
  double *const totals;
  const __m512d factor;
  const __m512 lowest, highest;
  const __mmask16 last, added; // columns of the last vector; of sums that are there already
  const PhiloxKeys keys;
  __m512i clipped = _mm512_setzero_si512();
  Panel panels[Planes];
  Constants constants;
  Buffers buffers;
};
} // namespace

static bool takes(const TileWork &work, int64_t largest) {
  const double code = double(work.highest) * double(int64_t(1) << (work.inputs * work.sliceBits));
  // A single code is exact in float32, and so are sums of them below 2^24; those put together fit int32.
  return work.k * largest <= INT32_MAX && code < double(INT32_MAX);
}

static size_t tileScratch(const TileWork &work) { return size_t(work.rows) * panelColumns * sizeof(double); }

static uint64_t run(const TileWork &work, void *scratch) {
  uint64_t clipped = 0;
  for (int64_t first = 0; first < work.columns; first += panelColumns)
    forVectors(work.columns - first, [&](auto vectors) {
      constexpr int count = decltype(vectors)::value;
      if (work.planes == 2)
        clipped += PanelRun<count, 2>(work, first, static_cast<double *>(scratch)).run();
      else
        clipped += PanelRun<count, 1>(work, first, static_cast<double *>(scratch)).run();
    });
  return clipped;
}

const TileKernel &tileKernelVnni() {
  static const TileKernel kernel = {takes, tileScratch, run};
  return kernel;
}

} // namespace aimc::simulator
#endif
