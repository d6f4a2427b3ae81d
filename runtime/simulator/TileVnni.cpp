// Tiles by hand for AVX-512 with VNNI. The noise and the converters of one group of rows are interleaved with the products of
// the next, in steps of about a dozen operations: near enough for the processor to reorder, which alone cannot look far enough
// ahead; and evenly, because products leave only half of its vector operations to others.
#include "Tile.h"

#if defined(__x86_64__)
#include "GaussianAvx512.h"
#include "ProductVnni.h"
#include "TileLookup.h"

#include <string.h>

namespace aimc::simulator {

namespace {
/// Constants of the columns of one or two panels, zeros behind the last. Noise and ka are in steps: powers of two of a digit,
/// so that nothing is rounded by it.
struct alignas(64) Constants {
  static constexpr int64_t most = 2 * panelColumns;
  float ka[most], noiseScale[most], varianceMean[most], delta[most], f[most], bias[most];
  double scale[most];
  float none[most] = {}; // accumulated before the first row tile
};

/// A row before the converter, and where its codes go.
struct Row {
  int64_t index;
  const int32_t *sums, *variances;
  const __m512 *noise;
  SquaredRow squared;
  int32_t pedestal;
  const float *before, *f;
  float *acc;
};

constexpr int mostRows = 8; // of a group

/// A group of rows on its way through the converter, in turns: a row with all its vectors, or with noise two rows of a panel.
struct alignas(64) Pending {
  int32_t sums[mostRows][2 * panelColumns];
  int32_t variances[mostRows][2 * panelColumns];
  __m512 noise[2][2]; // of two rows of a panel
  int64_t first;      // row
  int rows, slice, input;
  int next = 0, turns = 0; // which turn is next, and how many there are
};

/// The way of codes into the accumulated floats.
enum class Way {
  Direct, // one weight slice and one input slice
  Sliced,
};
} // namespace

static inline __m512 roundEven(__m512 v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

static inline ALWAYS_INLINE __m512 joined(__m256 low, __m256 high) {
  return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
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
      : work(work), keys(keys), first(first), columns(columns), last(lastMask(columns, perRow)), lowest(work.lowest),
        highest(work.highest), totals(totals) {}

  uint64_t run() {
    const bool direct = work.slices == 1 && work.inputs == 1 && !work.correction && floatScales();
    return direct ? convert<Way::Direct>() : convert<Way::Sliced>();
  }

private:
  static constexpr int perRow = Panels * Vectors;   // vectors of columns
  static constexpr int group = Planes == 2 ? 8 : 4; // rows that are multiplied together

  /// Turns of the converter take about as many quads of products as let all turns of a group of rows fit.
  template <Way way> uint64_t convert() {
    const int64_t quads = quadsOf(work.k);
    if (work.position) {
      if constexpr (Planes == 2 && Vectors == 2)
        if (quads / (turnsOf<true>(group) / Planes) >= 32)
          return convert<way, true, 32>();
      return convert<way, true, Planes == 2 ? 8 : 16>();
    }
    if constexpr (perRow * Planes == 4)
      if (quads / (turnsOf<false>(group) / Planes) >= 16)
        return convert<way, false, 16>();
    return convert<way, false, 4>();
  }

  template <bool Noisy> static constexpr int turnsOf(int rows) { return Noisy ? (rows + 1) / 2 * Panels : rows; }

  /// A function for each length of turns: several in one leave fewer registers to each.
  template <Way way, bool Noisy, int Quads> __attribute__((noinline)) uint64_t convert() {
    __m512i cuts = _mm512_setzero_si512();
    for (int slice = 0; slice < work.slices; ++slice) {
      loadConstants(slice);
      forRows<group>(work.rows, [&](auto rows, int64_t r0) {
        constexpr int count = decltype(rows)::value;
        for (int input = 0; input < work.inputs; ++input)
          if constexpr (count == group && !Noisy && Planes == 1)
            multiplyRows<way, Noisy, Quads, count>(r0, slice, input, cuts);
          else
            multiplyApart<way, Noisy, count == group ? Quads : 0, count>(r0, slice, input, cuts);
      });
      finish<way, Noisy>(pending[!filling], cuts);
    }
    return uint64_t(_mm512_reduce_add_epi32(cuts));
  }

  float *accumulated(int64_t row) const { return work.acc + work.rowOffset[row] + first; }

  ALWAYS_INLINE Row rowOf(const Pending &rows, int r) const {
    const int64_t row = rows.first + r;
    float *acc = accumulated(row);
    return {row,
            rows.sums[r],
            rows.variances[r],
            rows.noise[r & 1],
            work.variances ? work.squares[rows.input].rows[row] : SquaredRow{},
            work.pedestal ? work.pedestal[rows.input * work.rows + row] : 0,
            work.start ? constants.none : acc,
            work.fRow ? work.f + work.fRow[row] + first : constants.f,
            acc};
  }

  /// Every scale is a float32, so that its product with a code of 24 bits rounds the same in float32.
  bool floatScales() const {
    bool all = true;
    for (int64_t i = 0; i < columns; ++i)
      all &= double(float(work.scale[first + i])) == work.scale[first + i];
    return all;
  }

  /// Constants of a vector of columns, 0 where there are none.
  __m512 load(const float *from, int64_t at, int v) const {
    return from ? _mm512_maskz_loadu_ps(v + 1 < perRow ? __mmask16(0xffff) : last, from + at + lanes * v) : _mm512_setzero_ps();
  }

  void loadConstants(int slice) {
    if (work.variances)
      varianceStep = work.varianceStep[slice] / (work.digitsPerStep * work.digitsPerStep);
    const int64_t at = slice * work.columns + first;
    repeat<perRow>([&](auto vector) ALWAYS_INLINE {
      constexpr int v = decltype(vector)::value;
      _mm512_store_ps(constants.ka + lanes * v, _mm512_mul_ps(load(work.ka, at, v), _mm512_set1_ps(work.digitsPerStep)));
      _mm512_store_ps(constants.noiseScale + lanes * v,
                      _mm512_div_ps(load(work.noiseScale, at, v), _mm512_set1_ps(work.digitsPerStep)));
      _mm512_store_ps(constants.varianceMean + lanes * v, load(work.varianceMean, at, v));
      _mm512_store_ps(constants.f + lanes * v, load(work.f, first, v));
      _mm512_store_ps(constants.bias + lanes * v, load(work.bias, first, v));
      const __mmask16 mask = v + 1 < perRow ? __mmask16(0xffff) : last;
      const double *from = work.scale + at + lanes * v;
      const __m512d low = _mm512_maskz_loadu_pd(__mmask8(mask), from),
                    high = _mm512_maskz_loadu_pd(__mmask8(mask >> 8), from + 8);
      _mm512_store_pd(constants.scale + lanes * v, low);
      _mm512_store_pd(constants.scale + lanes * v + 8, high);
      _mm512_store_ps(constants.delta + lanes * v, joined(_mm512_cvtpd_ps(low), _mm512_cvtpd_ps(high)));
    });
    for (int i = 0; i < Planes * Panels; ++i)
      panels[i] = panelOf(work.packed[i / Panels] + slice * work.sliceBytes, work.k, work.columns,
                          first + i % Panels * panelColumns, work.digits[0].isSigned);
    for (int p = 0; p < Panels && work.variances; ++p)
      variances[p] = panelOf(work.variances + slice * work.sliceBytes, work.k, work.columns, first + p * panelColumns, false);
  }

  /// What happens to the rows before during a product, a turn in Quads quads.
  template <Way way, bool Noisy, int Quads> struct Conversion {
    static constexpr int quads = Quads;
    static constexpr int steps = Noisy ? GaussianSteps::steps + 2 * Vectors : perRow;
    PanelRun &run;
    Pending &rows;
    int panel = 0, first = 0, other = 0; // with noise: rows `first` and `other`, which are one where rows are odd
    Row row = {};
    __m512i cuts = _mm512_setzero_si512();
    EightBlocks ofFirst = {}, ofOther = {};
    bool shifted = false;
    GaussianSteps noise = {};

    ALWAYS_INLINE bool begin() {
      if (rows.next == rows.turns)
        return false;
      const int turn = rows.next++;
      if (Noisy) {
        panel = turn % Panels;
        first = turn / Panels * 2;
        other = first + 1 < rows.rows ? first + 1 : first;
        const uint64_t element = run.firstElement(rows, panel);
        ofFirst = run.blocks(rows.first + first, element);
        ofOther = run.blocks(rows.first + other, element);
        shifted = element & 3;
      } else {
        row = run.rowOf(rows, turn);
      }
      return true;
    }

    /// The steps that are due after `half` of 2 * quads halves.
    template <int half> ALWAYS_INLINE void step() {
      constexpr int first = half * steps / (2 * quads), end = (half + 1) * steps / (2 * quads);
      repeat<end - first>([&](auto i) ALWAYS_INLINE { take<first + decltype(i)::value>(); });
    }

    template <int step> ALWAYS_INLINE void take() {
      if constexpr (!Noisy) {
        run.convertVector<way, false>(rows, row, step, cuts);
      } else if constexpr (step < GaussianSteps::steps) {
        noise.template take<step>(ofFirst, ofOther, run.work.stream.purposeTile, run.keys, rows.noise[0]);
        if (step == GaussianSteps::steps - 1 && shifted)
          run.drawShifted(rows, first, other, panel);
      } else {
        constexpr int index = step - GaussianSteps::steps, second = index / Vectors, v = index % Vectors;
        // The same row twice would be added twice.
        if (second && other == first)
          return;
        if (v == 0)
          row = run.rowOf(rows, first + second);
        run.convertVector<way, true>(rows, row, panel * Vectors + v, cuts);
      }
    }
  };

  /// Products of rows [r0, r0 + Rows) and one input slice, while the rows before go through the converter.
  template <Way way, bool Noisy, int Quads, int Rows>
  ALWAYS_INLINE void multiplyRows(int64_t r0, int slice, int input, __m512i &cuts) {
    Pending &filled = pending[filling], &before = pending[!filling];
    // Without noise, turns come too soon after these to gain by it.
    for (int r = 0; Noisy && r < Rows; ++r)
      for (int v = 0; v < perRow; ++v)
        __builtin_prefetch(accumulated(r0 + r) + lanes * v, 1);
    auto store = [&](int r, int p, int v, __m512i sums)
                     ALWAYS_INLINE { _mm512_store_si512(filled.sums[r] + (p * Vectors + v) * lanes, sums); };
    NothingElse nothing;
    const Inputs x = inputsOf(work.digits[input], r0);
    const int64_t quads = quadsOf(work.k);
    if constexpr (Rows == group) {
      Conversion<way, Noisy, Quads> conversion{*this, before};
      product<Rows, Panels, Vectors, Planes>(x, panels, quads, conversion, store);
      cuts = _mm512_add_epi32(cuts, conversion.cuts);
    } else {
      product<Rows, Panels, Vectors, Planes>(x, panels, quads, nothing, store);
    }
    // Variances that read noise adds.
    if (Noisy && work.variances) {
      auto keep = [&](int r, int p, int v, __m512i sums)
                      ALWAYS_INLINE { _mm512_store_si512(filled.variances[r] + (p * Vectors + v) * lanes, sums); };
      product<Rows, Panels, Vectors>(inputsOf(work.squares[input].bytes, r0), variances, quads, nothing, keep);
    }
    if (before.next < before.turns)
      finish<way, Noisy>(before, cuts);
    filled.first = r0;
    filled.rows = Rows;
    filled.slice = slice;
    filled.input = input;
    filled.next = 0;
    filled.turns = turnsOf<Noisy>(Rows);
    filling = !filling;
  }

  /// The same as a function of its own: what is short gains by being part of its caller, what is long loses registers.
  template <Way way, bool Noisy, int Quads, int Rows>
  __attribute__((noinline)) void multiplyApart(int64_t r0, int slice, int input, __m512i &cuts) {
    multiplyRows<way, Noisy, Quads, Rows>(r0, slice, input, cuts);
  }

  /// The turns that are left, without products.
  template <Way way, bool Noisy> __attribute__((noinline)) void finish(Pending &rows, __m512i &cuts) {
    using Rest = Conversion<way, Noisy, 1>;
    Rest rest{*this, rows};
    while (rest.begin())
      repeat<Rest::steps>([&](auto step) ALWAYS_INLINE { rest.template take<decltype(step)::value>(); });
    cuts = _mm512_add_epi32(cuts, rest.cuts);
  }

  /// Number of the first Gaussian of a panel's columns in a row's stream.
  uint64_t firstElement(const Pending &rows, int panel) const {
    const uint64_t conversion = uint64_t(rows.slice) * uint64_t(work.inputs) + uint64_t(rows.input);
    return conversion * work.conversionElements + uint64_t(first + panel * panelColumns);
  }

  EightBlocks blocks(int64_t row, uint64_t element) const {
    return {uint32_t(element >> 2), work.position[row], work.sample[row]};
  }

  /// Elements that start within a block: one more block behind the eight.
  __attribute__((noinline)) void drawShifted(Pending &rows, int row, int other, int panel) const {
    const uint64_t element = firstElement(rows, panel);
    for (int i = 0; i < 2; ++i) {
      const EightBlocks eight = blocks(rows.first + (i ? other : row), element),
                        behind = blocks(rows.first + (i ? other : row), element + 32);
      float all[2 * panelColumns];
      __m512 noise[4];
      drawGaussians(eight, behind, work.stream.purposeTile, keys, noise);
      memcpy(all, noise, sizeof all);
      memcpy(rows.noise[i], all + (element & 3), panelColumns * sizeof(float));
    }
  }

  /// The codes of a vector of a row's columns, and their way into the accumulated floats.
  template <Way way, bool Noisy>
  ALWAYS_INLINE void convertVector(const Pending &rows, const Row &row, int column, __m512i &cuts) {
    const __m512 code = codeOf(columnSum<Noisy>(row, column), column, cuts);
    if constexpr (way == Way::Sliced)
      merge(rows, row, column, code);
    else
      accumulate(row, column, _mm512_mul_ps(code, _mm512_load_ps(constants.delta + lanes * column)));
  }

  /// Puts the codes of input slices and weight slices together; the last ones complete the sum.
  ALWAYS_INLINE void merge(const Pending &rows, const Row &row, int column, __m512 code) {
    int32_t *codes = merged[row.index - rows.first] + lanes * column;
    __m512i sum = _mm512_sll_epi32(_mm512_cvtps_epi32(code), _mm_cvtsi32_si128(rows.input * work.sliceBits));
    if (rows.input)
      sum = _mm512_add_epi32(_mm512_load_si512(codes), sum);
    if (rows.input + 1 < work.inputs) {
      _mm512_store_si512(codes, sum);
      return;
    }
    double *total = totals + row.index * Constants::most + lanes * column;
    addDoubles(constants.scale + lanes * column, sum, rows.slice == 0, total);
    if (rows.slice + 1 < work.slices)
      return;
    const __m512d correction = _mm512_set1_pd(work.correction ? work.correction[row.index] : 0.0);
    accumulate(row, column,
               joined(_mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total), correction)),
                      _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_loadu_pd(total + 8), correction))));
  }

  /// What reaches the converter, in steps.
  template <bool Noisy> ALWAYS_INLINE __m512 columnSum(const Row &row, int column) const {
    __m512i sums = _mm512_load_si512(row.sums + lanes * column);
    if (work.pedestal)
      sums = _mm512_add_epi32(sums, _mm512_set1_epi32(row.pedestal));
    const __m512 steps = _mm512_cvtepi32_ps(sums);
    return Noisy ? _mm512_fmadd_ps(deviation(row, column), row.noise[column % Vectors], steps) : steps;
  }

  /// Standard deviation of a row's noise before the ADC, in steps.
  ALWAYS_INLINE __m512 deviation(const Row &row, int column) const {
    const __m512 base = _mm512_load_ps(constants.noiseScale + lanes * column);
    if (!work.variances)
      return base;
    const __m512 mean = _mm512_load_ps(constants.varianceMean + lanes * column);
    const __m512 sums = _mm512_cvtepi32_ps(_mm512_load_si512(row.variances + lanes * column));
    const __m512 variance = _mm512_max_ps(_mm512_fmadd_ps(_mm512_set1_ps(row.squared.rest), mean, sums), _mm512_setzero_ps());
    const __m512 unit = _mm512_set1_ps(row.squared.unit * varianceStep);
    return _mm512_sqrt_ps(_mm512_fmadd_ps(variance, unit, _mm512_mul_ps(base, base)));
  }

  /// The code of a sum in steps. `cuts` counts, lane by lane, codes that the range cut.
  ALWAYS_INLINE __m512 codeOf(__m512 sum, int column, __m512i &cuts) const {
    const __m512 rounded = roundEven(_mm512_mul_ps(sum, _mm512_load_ps(constants.ka + lanes * column)));
    // Of two zeros the second operand is taken: what is not cut keeps its bits.
    const __m512 code = _mm512_max_ps(_mm512_set1_ps(lowest), _mm512_min_ps(_mm512_set1_ps(highest), rounded));
    const __m512i differ = _mm512_xor_si512(_mm512_castps_si512(rounded), _mm512_castps_si512(code));
    cuts = _mm512_add_epi32(cuts, _mm512_min_epu32(differ, _mm512_set1_epi32(1)));
    return code;
  }

  /// Sums never become -0, so that adding a bias of 0 changes nothing.
  ALWAYS_INLINE void accumulate(const Row &row, int v, __m512 sum) const {
    const __mmask16 mask = v + 1 < perRow ? __mmask16(0xffff) : last;
    const __m512 before = _mm512_maskz_loadu_ps(mask, row.before + lanes * v);
    const __m512 after = _mm512_add_ps(before, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, row.f + lanes * v), sum));
    _mm512_mask_storeu_ps(row.acc + lanes * v, mask, _mm512_add_ps(after, _mm512_load_ps(constants.bias + lanes * v)));
  }

  const TileWork &work;
  const PhiloxKeys &keys;
  const int64_t first, columns;
  const __mmask16 last; // columns of the last vector
  const float lowest, highest;
  float varianceStep = 0.0f; // in squared steps
  double *const totals;
  bool filling = false;
  Panel panels[Planes * Panels], variances[Panels];
  Constants constants;
  alignas(64) int32_t merged[group][2 * panelColumns]; // codes put together over input slices
  Pending pending[2];
};
} // namespace

static bool takes(const TileWork &work, int64_t largest) {
  const double code = double(work.highest) * double(int64_t(1) << (work.inputs * work.sliceBits));
  // A single code is exact in float32, and so are sums of them below 2^24; those put together fit int32.
  return work.k * largest <= INT32_MAX && code < double(INT32_MAX);
}

static size_t tileScratch(const TileWork &work) {
  return work.patterns ? lookupScratch(work) : size_t(work.rows) * Constants::most * sizeof(double);
}

static size_t patternsOf(const TileWork &work) { return takesLookup(work) ? patternBytes(work) : 0; }

static uint64_t run(const TileWork &work, void *scratch) {
  if (work.patterns)
    return runLookup(work, scratch);
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
  static const TileKernel kernel = {takes, tileScratch, patternsOf, patterns, run};
  return kernel;
}

} // namespace aimc::simulator
#endif
