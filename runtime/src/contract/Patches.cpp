#include "contract/Patches.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace aimc;

/// No image has more axes with padding.
static constexpr size_t maxBounds = 8;

/// Sums of step · value over every combination of the dims, the last fastest.
static std::vector<int64_t> sums(const std::vector<Gather::Dim> &dims, const std::vector<int64_t> &steps) {
  std::vector<int64_t> table = {0};
  for (size_t d = 0; d < dims.size(); ++d) {
    std::vector<int64_t> longer;
    longer.reserve(table.size() * dims[d].extent);
    for (int64_t sum : table)
      for (int64_t i = 0; i < dims[d].extent; ++i)
        longer.push_back(sum + i * steps[d]);
    table = std::move(longer);
  }
  return table;
}

bool Patches::plan(const AffineView &map, const int64_t *sizes, const int64_t *strides, const int64_t *extents,
                   const std::vector<Gather::Dim> &pixelDims, const std::vector<Gather::Dim> &depthDims) {
  *this = Patches();
  auto isIn = [](const std::vector<Gather::Dim> &dims, uint32_t dim) {
    return std::any_of(dims.begin(), dims.end(), [&](const Gather::Dim &other) { return other.dim == dim; });
  };
  std::vector<uint32_t> bounded;
  for (uint32_t axis = 0; axis < map.rank; ++axis) {
    base += map.offsets[axis] * strides[axis];
    int64_t low, high;
    if (!reach(map, axis, extents, low, high))
      return false;
    if (low >= 0 && high < sizes[axis])
      continue;
    bounded.push_back(axis);
    for (uint32_t dim = 0; dim < map.dims; ++dim)
      if (map.coefficient(axis, dim) != 0 && !isIn(pixelDims, dim) && !isIn(depthDims, dim))
        return false;
  }

  if (bounded.size() > maxBounds)
    return false;

  // The kernel positions: the depth dims from the first that reaches a bound.
  auto reachesBound = [&](const Gather::Dim &dim) {
    return std::any_of(bounded.begin(), bounded.end(), [&](uint32_t axis) { return map.coefficient(axis, dim.dim) != 0; });
  };
  std::vector<Gather::Dim> tail(std::find_if(depthDims.begin(), depthDims.end(), reachesBound), depthDims.end());
  for (const Gather::Dim &dim : tail)
    positions *= dim.extent;
  auto stepsOf = [&](const std::vector<Gather::Dim> &dims, uint32_t axis) {
    std::vector<int64_t> steps;
    for (const Gather::Dim &dim : dims)
      steps.push_back(map.coefficient(axis, dim.dim));
    return steps;
  };
  for (uint32_t axis : bounded)
    bounds.push_back({sizes[axis], map.offsets[axis], stepsOf(pixelDims, axis), sums(tail, stepsOf(tail, axis))});
  std::vector<int64_t> depthStrides;
  for (const Gather::Dim &dim : depthDims)
    depthStrides.push_back(linearStride(map, dim.dim, strides));
  offsets = sums(depthDims, depthStrides);

  for (const Gather::Dim &dim : pixelDims) {
    pixelExtents.push_back(dim.extent);
    pixelStrides.push_back(linearStride(map, dim.dim, strides));
  }
  // Dims that follow each other evenly, in memory and along every bounded axis, are one.
  for (size_t d = pixelExtents.size(); d-- > 1;) {
    auto even = [&](const std::vector<int64_t> &steps) { return steps[d - 1] == steps[d] * pixelExtents[d]; };
    bool merge = pixelExtents[d] == 1 || pixelExtents[d - 1] == 1 || even(pixelStrides);
    for (const Bound &bound : bounds)
      merge &= pixelExtents[d] == 1 || pixelExtents[d - 1] == 1 || even(bound.pixelStep);
    if (!merge)
      continue;
    size_t gone = pixelExtents[d] == 1 ? d : d - 1;
    pixelExtents[2 * d - 1 - gone] *= pixelExtents[gone];
    auto drop = [&](std::vector<int64_t> &values) { values.erase(values.begin() + gone); };
    drop(pixelExtents);
    drop(pixelStrides);
    for (Bound &bound : bounds)
      drop(bound.pixelStep);
  }
  pixelStride = pixelStrides.empty() ? 1 : pixelStrides.back();
  return true;
}

static int64_t ceilDiv(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

/// Cuts [first, last) to where 0 <= value + step · i < size.
static void clip(int64_t value, int64_t step, int64_t size, int64_t &first, int64_t &last) {
  if (step == 0) {
    if (value < 0 || value >= size)
      last = first;
    return;
  }
  if (step < 0) { // value + step · i >= 0 and < size, read backwards
    first = std::max(first, ceilDiv(value - size + 1, -step));
    last = std::min(last, value < 0 ? 0 : value / -step + 1);
  } else {
    first = std::max(first, step == 1 ? -value : ceilDiv(-value, step));
    last = std::min(last, step == 1 ? size - value : ceilDiv(size - value, step));
  }
}

void Patches::tabulate(int64_t first, int64_t count, Table &table) const {
  table.pieces.clear();
  table.groups = (count + lanes - 1) / lanes;
  size_t dims = pixelExtents.size();
  std::vector<int64_t> value(dims), index(bounds.size());
  int64_t offset = base, rest = first;
  for (size_t b = 0; b < bounds.size(); ++b)
    index[b] = bounds[b].origin;
  for (size_t d = dims; d-- > 0;) {
    value[d] = rest % pixelExtents[d];
    rest /= pixelExtents[d];
    offset += value[d] * pixelStrides[d];
    for (size_t b = 0; b < bounds.size(); ++b)
      index[b] += value[d] * bounds[b].pixelStep[d];
  }

  // Pixels of a group that lie side by side: `length` from lane `lane` on; their index on each bounded axis.
  struct Stretch {
    int64_t lane, length, offset;
    int64_t index[maxBounds];
  };
  int64_t run = dims == 0 ? 1 : pixelExtents[dims - 1];
  bool inOneRun = first % run + count <= run, isAligned = first % lanes == 0 && run % lanes == 0;
  table.each = inOneRun || isAligned ? 1 : std::min(lanes, (lanes - 2) / run + 2);
  table.pieces.reserve(table.groups * positions * table.each);
  Stretch stretches[lanes];
  for (int64_t done = 0; done < count;) {
    int64_t end = std::min(done + lanes, count), found = 0;
    for (int64_t lane = 0; done < end;) {
      int64_t length = dims == 0 ? 1 : std::min(end - done, run - value[dims - 1]);
      Stretch &stretch = stretches[found++];
      stretch = {lane, length, offset, {}};
      std::copy(index.begin(), index.end(), stretch.index);
      lane += length;
      done += length;
      // On to the pixel after these.
      int64_t step = length;
      for (size_t d = dims; d-- > 0;) {
        bool carry = (value[d] += step) == pixelExtents[d];
        if (carry)
          step -= pixelExtents[d];
        offset += step * pixelStrides[d];
        for (size_t b = 0; b < bounds.size(); ++b)
          index[b] += step * bounds[b].pixelStep[d];
        if (!carry)
          break;
        value[d] = 0;
        step = 1;
      }
    }
    for (int64_t t = 0; t < positions; ++t)
      for (int64_t i = 0; i < table.each; ++i) {
        const Stretch &stretch = stretches[std::min(i, found - 1)];
        int64_t begin = 0, last = i < found ? stretch.length : 0;
        for (size_t b = 0; b < bounds.size(); ++b)
          clip(stretch.index[b] + bounds[b].positions[t], dims == 0 ? 0 : bounds[b].pixelStep[dims - 1], bounds[b].size, begin,
               last);
        int64_t from = stretch.lane + begin, to = stretch.lane + std::max(begin, last);
        table.pieces.push_back({stretch.offset - stretch.lane * pixelStride,
                                static_cast<uint16_t>(begin < last ? (1u << to) - (1u << from) : 0), static_cast<uint8_t>(from),
                                static_cast<uint8_t>(to)});
      }
  }
}

namespace aimc {
/// Loops over groups and rows of a table.
struct PatchKernels {
  using Table = Patches::Table;
  using Piece = Patches::Piece;

  /// Every element of row `row` of a group, 0 where no piece lies.
  static void read(const Patches &patches, const Table &table, const float *tensor, int64_t group, int64_t row, float *values) {
    const Piece *piece = table.pieces.data() + (group * patches.positions + row % patches.positions) * table.each;
    std::fill(values, values + Patches::lanes, 0.0f);
    for (const Piece *end = piece + table.each; piece != end; ++piece) {
      const float *from = tensor + patches.offsets[row] + piece->offset;
      if (patches.pixelStride == 1)
        std::copy(from + piece->first, from + piece->last, values + piece->first);
      else
        for (int64_t i = piece->first; i < piece->last; ++i)
          values[i] = from[i * patches.pixelStride];
    }
  }

  static void pack(const Patches &patches, const Table &table, const float *tensor, int64_t firstRow, int64_t rows,
                   float *packed) {
    for (int64_t group = 0; group < table.groups; ++group)
      for (int64_t row = 0; row < rows; ++row)
        read(patches, table, tensor, group, firstRow + row,
             packed + (group / 2 * rows + row) * panelWidth + group % 2 * Patches::lanes);
  }

  static void weigh(const Patches &patches, const Table &table, int64_t count, const float *const *tensors,
                    const float *const *weights, float *sums, int64_t sumStride) {
    for (int64_t tensor = 0; tensor < count; ++tensor)
      for (int64_t group = 0; group < table.groups; ++group) {
        float *to = sums + tensor * sumStride + group * Patches::lanes;
        std::fill(to, to + Patches::lanes, 0.0f);
        for (int64_t row = 0; row < patches.rows(); ++row) {
          float values[Patches::lanes];
          read(patches, table, tensors[tensor], group, row, values);
          for (int64_t i = 0; i < Patches::lanes; ++i)
            to[i] = std::fma(weights[tensor][row], values[i], to[i]);
        }
      }
  }

#if defined(__x86_64__)
#define AIMC_AVX2 __attribute__((target("avx2,fma")))

  /// A row of a group whose pixels lie side by side, in two halves.
  AIMC_AVX2 static inline void read256(const Piece *piece, const Piece *end, const float *tensor, __m256 &low, __m256 &high) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), eight = _mm256_set1_epi32(8);
    low = high = _mm256_setzero_ps();
    for (; piece != end; ++piece) {
      __m256i first = _mm256_set1_epi32(piece->first), last = _mm256_set1_epi32(piece->last),
              upper = _mm256_add_epi32(lane, eight);
      __m256i lowMask = _mm256_andnot_si256(_mm256_cmpgt_epi32(first, lane), _mm256_cmpgt_epi32(last, lane));
      __m256i highMask = _mm256_andnot_si256(_mm256_cmpgt_epi32(first, upper), _mm256_cmpgt_epi32(last, upper));
      low = _mm256_or_ps(low, _mm256_maskload_ps(tensor + piece->offset, lowMask));
      high = _mm256_or_ps(high, _mm256_maskload_ps(tensor + piece->offset + 8, highMask));
    }
  }

  AIMC_AVX2 static void pack256(const Patches &patches, const Table &table, const float *tensor, int64_t firstRow, int64_t rows,
                                float *packed) {
    int64_t positions = patches.positions, each = table.each;
    for (int64_t group = 0; group < table.groups; ++group) {
      float *to = packed + group / 2 * rows * panelWidth + group % 2 * Patches::lanes;
      for (int64_t row = 0; row < rows; ++row, to += panelWidth) {
        const Piece *pieces = table.pieces.data() + (group * positions + (firstRow + row) % positions) * each;
        __m256 low, high;
        read256(pieces, pieces + each, tensor + patches.offsets[firstRow + row], low, high);
        _mm256_storeu_ps(to, low);
        _mm256_storeu_ps(to + 8, high);
      }
    }
  }

  AIMC_AVX2 static void weigh256(const Patches &patches, const Table &table, int64_t count, const float *const *tensors,
                                 const float *const *weights, float *sums, int64_t sumStride) {
    int64_t positions = patches.positions, each = table.each;
    for (int64_t tensor = 0; tensor < count; ++tensor)
      for (int64_t group = 0; group < table.groups; ++group) {
        __m256 lowSum = _mm256_setzero_ps(), highSum = _mm256_setzero_ps();
        for (int64_t row = 0; row < patches.rows(); ++row) {
          const Piece *pieces = table.pieces.data() + (group * positions + row % positions) * each;
          __m256 low, high, weight = _mm256_broadcast_ss(weights[tensor] + row);
          read256(pieces, pieces + each, tensors[tensor] + patches.offsets[row], low, high);
          lowSum = _mm256_fmadd_ps(weight, low, lowSum);
          highSum = _mm256_fmadd_ps(weight, high, highSum);
        }
        float *to = sums + tensor * sumStride + group * Patches::lanes;
        _mm256_storeu_ps(to, lowSum);
        _mm256_storeu_ps(to + 8, highSum);
      }
  }
#undef AIMC_AVX2

#define AIMC_AVX512 __attribute__((target("avx512f,bmi2")))
#define AIMC_AVX512_INLINE __attribute__((target("avx512f,bmi2"), always_inline)) static inline

  /// Pixels side by side in memory: a piece is one masked load, which reads nothing outside its mask.
  struct Contiguous {
    AIMC_AVX512_INLINE __m512 read(__m512 value, const Piece &piece, const float *tensor, int64_t) {
      return _mm512_mask_loadu_ps(value, piece.mask, tensor + piece.offset);
    }
  };

  /// Every other element: two loads, of which the even elements are kept.
  struct Alternate {
    AIMC_AVX512_INLINE __m512 read(__m512 value, const Piece &piece, const float *tensor, int64_t) {
      const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
      const float *from = tensor + piece.offset;
      uint32_t spread = _pdep_u32(piece.mask, 0x55555555);
      __m512 low = _mm512_maskz_loadu_ps(static_cast<__mmask16>(spread), from);
      __m512 high = _mm512_maskz_loadu_ps(static_cast<__mmask16>(spread >> 16), from + 16);
      return _mm512_mask_mov_ps(value, piece.mask, _mm512_permutex2var_ps(low, even, high));
    }
  };

  /// Elements at any distance.
  struct Strided {
    AIMC_AVX512_INLINE __m512 read(__m512 value, const Piece &piece, const float *tensor, int64_t stride) {
      alignas(64) float values[Patches::lanes];
      _mm512_store_ps(values, value);
      for (int64_t i = piece.first; i < piece.last; ++i)
        values[i] = tensor[piece.offset + i * stride];
      return _mm512_load_ps(values);
    }
  };

  /// A row of a group; `each` pieces, 0: as many as the table has.
  template <typename Reader, int each>
  AIMC_AVX512_INLINE __m512 readGroup(const Piece *pieces, int64_t number, const float *tensor, int64_t stride) {
    __m512 value = _mm512_setzero_ps();
    if (each == 0)
      for (int64_t i = 0; i < number; ++i)
        value = Reader::read(value, pieces[i], tensor, stride);
#pragma GCC unroll 5
    for (int i = 0; i < each; ++i)
      value = Reader::read(value, pieces[i], tensor, stride);
    return value;
  }

  /// Position by position, so that the pieces stay in registers while the channels go by.
  template <typename Reader, int each>
  AIMC_AVX512 static void pack512(const Patches &patches, const Table &table, const float *tensor, int64_t firstRow,
                                  int64_t rows, float *packed) {
    int64_t stride = patches.pixelStride, step = table.each, positions = patches.positions;
    const int64_t *offsets = patches.offsets.data() + firstRow;
    for (int64_t group = 0; group < table.groups; ++group) {
      float *to = packed + group / 2 * rows * panelWidth + group % 2 * Patches::lanes;
      for (int64_t first = 0; first < std::min(positions, rows); ++first) {
        const Piece *piece = table.pieces.data() + (group * positions + (firstRow + first) % positions) * step;
        Piece pieces[each + 1];
        for (int i = 0; i < each; ++i)
          pieces[i] = piece[i];
        for (int64_t row = first; row < rows; row += positions)
          _mm512_storeu_ps(to + row * panelWidth,
                           readGroup<Reader, each>(each == 0 ? piece : pieces, step, tensor + offsets[row], stride));
      }
    }
  }

  template <typename Reader, int each, int count>
  AIMC_AVX512 static void weighTensors(const Patches &patches, const Table &table, const float *const *tensors,
                                       const float *const *weights, float *sums, int64_t sumStride) {
    int64_t stride = patches.pixelStride, step = table.each, rows = patches.rows(), span = patches.positions * step;
    const int64_t *offsets = patches.offsets.data();
    for (int64_t group = 0; group < table.groups; ++group, sums += Patches::lanes) {
      const Piece *first = table.pieces.data() + group * span, *last = first + span, *piece = first;
      __m512 sum[count];
#pragma GCC unroll 4
      for (int i = 0; i < count; ++i)
        sum[i] = _mm512_setzero_ps();
      for (int64_t row = 0; row < rows; ++row) {
#pragma GCC unroll 4
        for (int i = 0; i < count; ++i) {
          __m512 value = readGroup<Reader, each>(piece, step, tensors[i] + offsets[row], stride);
          sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(weights[i][row]), value, sum[i]);
        }
        piece += step;
        piece = piece == last ? first : piece;
      }
#pragma GCC unroll 4
      for (int i = 0; i < count; ++i)
        _mm512_storeu_ps(sums + i * sumStride, sum[i]);
    }
  }

  template <typename Reader, int each>
  static void weigh512(const Patches &patches, const Table &table, int64_t count, const float *const *tensors,
                       const float *const *weights, float *sums, int64_t sumStride) {
    static_assert(Patches::mostTensors == 4);
    if (count == 4)
      return weighTensors<Reader, each, 4>(patches, table, tensors, weights, sums, sumStride);
    for (int64_t i = 0; i < count; ++i)
      weighTensors<Reader, each, 1>(patches, table, tensors + i, weights + i, sums + i * sumStride, sumStride);
  }

  template <typename Reader> static auto pack512(int64_t each) {
    return each == 1   ? pack512<Reader, 1>
           : each == 2 ? pack512<Reader, 2>
           : each == 3 ? pack512<Reader, 3>
           : each == 4 ? pack512<Reader, 4>
           : each == 5 ? pack512<Reader, 5>
                       : pack512<Reader, 0>;
  }
  template <typename Reader> static auto weigh512(int64_t each) {
    return each == 1   ? weigh512<Reader, 1>
           : each == 2 ? weigh512<Reader, 2>
           : each == 3 ? weigh512<Reader, 3>
           : each == 4 ? weigh512<Reader, 4>
           : each == 5 ? weigh512<Reader, 5>
                       : weigh512<Reader, 0>;
  }
#undef AIMC_AVX512
#undef AIMC_AVX512_INLINE
#endif
};
} // namespace aimc

void Patches::pack(const Table &table, const float *tensor, int64_t firstRow, int64_t rows, float *packed, GemmIsa isa) const {
  (void)isa;
  if (table.groups % 2 != 0) {
    float *to = packed + table.groups / 2 * rows * panelWidth + lanes;
    for (int64_t row = 0; row < rows; ++row, to += panelWidth)
      std::memset(to, 0, lanes * sizeof(float));
  }
  auto *kernel = PatchKernels::pack;
#if defined(__x86_64__)
  if (isa == GemmIsa::Avx512)
    kernel = pixelStride == 1   ? PatchKernels::pack512<PatchKernels::Contiguous>(table.each)
             : pixelStride == 2 ? PatchKernels::pack512<PatchKernels::Alternate>(table.each)
                                : PatchKernels::pack512<PatchKernels::Strided>(table.each);
  else if (isa == GemmIsa::Avx2 && pixelStride == 1)
    kernel = PatchKernels::pack256;
#endif
  kernel(*this, table, tensor, firstRow, rows, packed);
}

void Patches::weigh(const Table &table, int64_t count, const float *const *tensors, const float *const *weights, float *sums,
                    int64_t sumStride, GemmIsa isa) const {
  (void)isa;
  auto *kernel = PatchKernels::weigh;
#if defined(__x86_64__)
  if (isa == GemmIsa::Avx512)
    kernel = pixelStride == 1   ? PatchKernels::weigh512<PatchKernels::Contiguous>(table.each)
             : pixelStride == 2 ? PatchKernels::weigh512<PatchKernels::Alternate>(table.each)
                                : PatchKernels::weigh512<PatchKernels::Strided>(table.each);
  else if (isa == GemmIsa::Avx2 && pixelStride == 1)
    kernel = PatchKernels::weigh256;
#endif
  kernel(*this, table, count, tensors, weights, sums, sumStride);
}
