#include "container/Verify.h"

#include "container/Container.h"
#include "container/Target.h"

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cmath>
#include <cstring>
#include <set>
#include <tuple>

using namespace aimc;

static uint64_t ceilDiv(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }

/// factors[0]·factors[1]·…, or nothing when it does not fit in 63 bits.
static std::optional<uint64_t> product(std::initializer_list<uint64_t> factors) {
  uint64_t result = 1;
  for (uint64_t factor : factors)
    if (__builtin_mul_overflow(result, factor, &result) || result > INT64_MAX)
      return std::nullopt;
  return result;
}

static Status inRange(const char *what, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high)
    return invalid("%s is %" PRId64 ", outside %" PRId64 "..%" PRId64, what, value, low, high);
  return Status();
}

static Status checkFinite(const char *what, float value, float low) {
  if (!std::isfinite(value) || value < low)
    return invalid("%s is %g; it must be finite and at least %g", what, double(value), double(low));
  return Status();
}

static Status checkText(const char *what, const flatbuffers::String *text) {
  if (text && std::memchr(text->data(), 0, text->size()))
    return invalid("%s holds a zero byte", what);
  return Status();
}

static Status checkName(const char *what, const flatbuffers::String *text) {
  if (text->size() == 0)
    return invalid("%s is empty", what);
  return checkText(what, text);
}

/// FlatBuffers' own verifier looks at the alignment of a vector's length only; its numbers are read in place. One without
/// numbers may stand anywhere.
static Status checkAligned(const char *what, const flatbuffers::Vector<int64_t> *numbers) {
  if (numbers && numbers->size() != 0 && reinterpret_cast<uintptr_t>(numbers->Data()) % alignof(int64_t) != 0)
    return invalid("%s are not aligned to 8 bytes", what);
  return Status();
}

namespace {
class ModelVerifier {
public:
  ModelVerifier(const fb::Model &model, const std::vector<Section> &sections, const Parallel &parallel)
      : model(model), sections(sections), parallel(parallel) {}

  Status run();

private:
  Status checkTensor(const fb::Tensor &tensor);
  Status checkTarget(const fb::Target &target);
  Status checkCrossbar(const fb::Crossbar &crossbar);
  Status checkPlacement(const fb::Crossbar &crossbar, const fb::Placement &placement);
  Status checkOverlaps();
  Status checkLevels(const fb::Crossbar &crossbar);
  Status checkDispatch(const fb::Dispatch &dispatch);
  Status checkInputConverter(const fb::Dispatch &dispatch, const fb::Crossbar &crossbar);
  Status checkOutputConverter(const fb::Dispatch &dispatch, const fb::Crossbar &crossbar);
  Status checkHostCode(const fb::HostCode &code);

  /// The blob lies in a data section, aligned, and has exactly the size of the array; or is absent where that is allowed.
  Status checkBlob(const char *what, const fb::Blob *blob, std::initializer_list<uint64_t> shape, uint64_t elementSize,
                   bool optional = false);
  /// Every float of a present blob is finite and greater than zero.
  Status checkPositive(const char *what, const fb::Blob *blob);
  bool present(const fb::Blob *blob) const { return blob && blob->size() > 0; }
  const uint8_t *data(const fb::Blob &blob) const { return sections[blob.section()].data + blob.offset(); }

  const fb::Model &model;
  const std::vector<Section> &sections;
  const Parallel &parallel;
};
} // namespace

Status ModelVerifier::checkBlob(const char *what, const fb::Blob *blob, std::initializer_list<uint64_t> shape,
                                uint64_t elementSize, bool optional) {
  if (!present(blob))
    return optional ? Status() : invalid("%s are missing", what);
  if (blob->section() >= sections.size())
    return invalid("%s lie in section %u of %zu", what, blob->section(), sections.size());
  const Section &section = sections[blob->section()];
  if (section.kind < SectionKind::Tiles || section.kind > SectionKind::Constants)
    return invalid("%s lie in section %u of kind %u, which holds no arrays", what, blob->section(), uint32_t(section.kind));
  if (blob->offset() % blobAlignment != 0)
    return invalid("%s start at %" PRIu64 " of their section, not at a multiple of %" PRIu64, what, blob->offset(),
                   blobAlignment);
  if (blob->offset() > section.size || blob->size() > section.size - blob->offset())
    return invalid("%s, %" PRIu64 " bytes at %" PRIu64 ", do not fit in section %u of %" PRIu64 " bytes", what, blob->size(),
                   blob->offset(), blob->section(), section.size);
  std::optional<uint64_t> elements = product(shape), bytes = elements ? product({*elements, elementSize}) : std::nullopt;
  if (!bytes || *bytes != blob->size()) {
    std::string dims;
    for (uint64_t extent : shape)
      dims += (dims.empty() ? "" : "x") + std::to_string(extent);
    return invalid("%s have %" PRIu64 " bytes; %s elements of %" PRIu64 " bytes need %s", what, blob->size(), dims.c_str(),
                   elementSize, bytes ? std::to_string(*bytes).c_str() : "more than 2^63");
  }
  return Status();
}

Status ModelVerifier::checkPositive(const char *what, const fb::Blob *blob) {
  if (!present(blob))
    return Status();
  const float *values = reinterpret_cast<const float *>(data(*blob));
  for (uint64_t i = 0, count = blob->size() / sizeof(float); i < count; ++i)
    if (!(values[i] > 0) || std::isinf(values[i]))
      return invalid("%s hold %g at index %" PRIu64 "; they must be finite and positive", what, double(values[i]), i);
  return Status();
}

Status ModelVerifier::checkTensor(const fb::Tensor &tensor) {
  AIMC_TRY(checkName("name", tensor.name()));
  AIMC_TRY(inRange("type", tensor.type(), 0, AIMC_BOOL));
  AIMC_TRY(checkAligned("its dimensions", tensor.dims()));
  uint32_t rank = tensor.dims() ? tensor.dims()->size() : 0;
  AIMC_TRY(inRange("rank", rank, 0, maxRank));
  uint64_t elements = 8; // bytes of the widest type
  for (uint32_t i = 0; i < rank; ++i) {
    int64_t extent = tensor.dims()->Get(i);
    if (extent < -1)
      return invalid("dimension %u is %" PRId64, i, extent);
    if (extent > 0 && (__builtin_mul_overflow(elements, uint64_t(extent), &elements) || elements > INT64_MAX))
      return invalid("its static dimensions multiply to more than 2^63 bytes");
  }
  uint32_t names = tensor.dim_names() ? tensor.dim_names()->size() : 0;
  if (names != 0 && names != rank)
    return invalid("%u dimension names for rank %u", names, rank);
  for (uint32_t i = 0; i < names; ++i)
    AIMC_TRY(checkText("a dimension name", tensor.dim_names()->Get(i)));
  return inRange("batch_dim", tensor.batch_dim(), -1, int64_t(rank) - 1);
}

Status ModelVerifier::checkTarget(const fb::Target &target) {
  AIMC_TRY(checkName("name", target.name()));
  AIMC_TRY(checkText("source", target.source_yaml()));
  AIMC_TRY(inRange("array_rows", target.array_rows(), 1, 1 << 20));
  AIMC_TRY(inRange("array_columns", target.array_columns(), 1, 1 << 20));
  AIMC_TRY(inRange("arrays_per_chip", target.arrays_per_chip(), 1, INT32_MAX));
  AIMC_TRY(inRange("chips", target.chips(), 1, INT32_MAX));
  return checkPhysics(target);
}

/// Every slice and polarity of a tile is placed once at most. With the extents right, that bounds the cells by the levels.
static Status checkPlacedOnce(const fb::Crossbar &crossbar) {
  auto place = [](const fb::Placement *p) {
    return std::make_tuple(p->group(), p->row_tile(), p->column_tile(), p->slice(), p->polarity());
  };
  std::vector<const fb::Placement *> placements(crossbar.placements()->begin(), crossbar.placements()->end());
  std::sort(placements.begin(), placements.end(), [&](auto *a, auto *b) { return place(a) < place(b); });
  for (size_t i = 1; i < placements.size(); ++i)
    if (place(placements[i - 1]) == place(placements[i]))
      return invalid("group %u, row tile %u, column tile %u, slice %u, polarity %u is placed twice", placements[i]->group(),
                     placements[i]->row_tile(), placements[i]->column_tile(), placements[i]->slice(),
                     placements[i]->polarity());
  return Status();
}

Status ModelVerifier::checkCrossbar(const fb::Crossbar &crossbar) {
  AIMC_TRY(checkName("symbol", crossbar.symbol()));
  AIMC_TRY(checkText("node", crossbar.node()));
  if (!model.target())
    return invalid("the model has no target");
  AIMC_TRY(inRange("groups", crossbar.groups(), 1, INT32_MAX));
  AIMC_TRY(inRange("rows", crossbar.rows(), 1, INT32_MAX));
  AIMC_TRY(inRange("columns", crossbar.columns(), 1, INT32_MAX));
  AIMC_TRY(inRange("tile_rows", crossbar.tile_rows(), 1, INT32_MAX));
  AIMC_TRY(inRange("tile_columns", crossbar.tile_columns(), 1, INT32_MAX));
  int64_t rowTiles = ceilDiv(crossbar.rows(), crossbar.tile_rows());
  int64_t columnTiles = ceilDiv(crossbar.columns(), crossbar.tile_columns());
  AIMC_TRY(inRange("row_tiles", crossbar.row_tiles(), rowTiles, rowTiles));
  AIMC_TRY(inRange("column_tiles", crossbar.column_tiles(), columnTiles, columnTiles));
  AIMC_TRY(inRange("encoding", int64_t(crossbar.encoding()), 0, int64_t(fb::Encoding::MAX)));
  AIMC_TRY(inRange("scale", int64_t(crossbar.scale()), 0, int64_t(fb::ScaleGranularity::MAX)));
  AIMC_TRY(inRange("weight_bits", crossbar.weight_bits(), 2, 16));
  AIMC_TRY(inRange("cell_bits", crossbar.cell_bits(), 1, 14));
  bool offset = crossbar.encoding() == fb::Encoding::Offset;
  int64_t slices = ceilDiv(crossbar.weight_bits() - (offset ? 0 : 1), crossbar.cell_bits());
  AIMC_TRY(inRange("slices", crossbar.slices(), slices, slices));
  if (crossbar.unit_column() && !offset)
    return invalid("a unit column needs the offset encoding");

  // Noise addresses have 24 bits for a tile and 34 for a cell of it.
  std::optional<uint64_t> tiles = product({crossbar.groups(), crossbar.row_tiles(), crossbar.column_tiles()});
  if (!tiles || *tiles + crossbar.tile_base() > 1 << 24)
    return invalid("%ux%ux%u tiles from number %u; at most 2^24 can be told apart", crossbar.groups(), crossbar.row_tiles(),
                   crossbar.column_tiles(), crossbar.tile_base());
  AIMC_TRY(checkDeviceCount(crossbar, model.target()->devices_per_weight()));

  uint64_t groups = crossbar.groups(), rows = crossbar.rows(), columns = crossbar.columns();
  AIMC_TRY(checkBlob("weight scales", crossbar.weight_scale(), {groups, crossbar.row_tiles(), columns}, 4));
  AIMC_TRY(checkPositive("weight scales", crossbar.weight_scale()));
  AIMC_TRY(checkBlob("reference weights", crossbar.reference(), {groups, rows, columns}, 4, /*optional=*/true));
  AIMC_TRY(checkBlob("levels", crossbar.levels(), {groups, rows, columns}, crossbar.weight_bits() <= 8 ? 1 : 2));
  AIMC_TRY(checkLevels(crossbar));
  if (crossbar.placements())
    for (const fb::Placement *placement : *crossbar.placements())
      AIMC_TRY(checkPlacement(crossbar, *placement));
  return crossbar.placements() ? checkPlacedOnce(crossbar) : Status();
}

/// Calls found(i) for a level outside [low, high]; plain minima and maxima first, which the compiler turns into vectors.
template <typename T> static bool allWithin(const T *levels, uint64_t count, int low, int high) {
  T smallest = 0, largest = 0;
  for (uint64_t i = 0; i < count; ++i) {
    smallest = std::min(smallest, levels[i]);
    largest = std::max(largest, levels[i]);
  }
  return smallest >= low && largest <= high;
}

Status ModelVerifier::checkLevels(const fb::Crossbar &crossbar) {
  int top = (1 << (crossbar.weight_bits() - 1)) - 1;
  int low = crossbar.encoding() == fb::Encoding::Offset ? -top - 1 : -top;
  const uint8_t *levels = data(*crossbar.levels());
  uint64_t width = crossbar.weight_bits() <= 8 ? 1 : 2, count = crossbar.levels()->size() / width;
  constexpr uint64_t part = uint64_t(1) << 20;
  std::atomic<bool> sound{true};
  parallel(static_cast<int64_t>(ceilDiv(count, part)), [&](int64_t i) {
    uint64_t begin = static_cast<uint64_t>(i) * part, size = std::min(part, count - begin);
    bool within = width == 1 ? allWithin(reinterpret_cast<const int8_t *>(levels) + begin, size, low, top)
                             : allWithin(reinterpret_cast<const int16_t *>(levels) + begin, size, low, top);
    if (!within)
      sound = false;
    return AIMC_OK;
  });
  return sound ? Status() : invalid("a level lies outside %d..%d", low, top);
}

/// Size of tile number `tile` of an extent cut into tiles.
static int64_t extentOfTile(int64_t extent, int64_t tileExtent, int64_t tile) {
  return std::min(tileExtent, extent - tile * tileExtent);
}

/// No cell of any array belongs to two placements, but slices and polarities of a tile may share all their unit cells (layout
/// `cell`). Those of one array are visited by their first rows; for each column it
/// suffices to know who took it last and up to which row.
Status ModelVerifier::checkOverlaps() {
  struct Placed {
    const fb::Placement *placement;
    const fb::Crossbar *crossbar;
    std::pair<uint32_t, uint32_t> array() const { return {placement->chip(), placement->array()}; }
    /// The tile, and where it lies in its array.
    auto place() const {
      return std::make_tuple(crossbar, placement->group(), placement->row_tile(), placement->column_tile(), placement->row(),
                             placement->column(), placement->column_stride());
    }
  };
  struct Taken {
    uint64_t untilRow = 0;
    const Placed *placed = nullptr;
  };
  std::vector<Placed> all;
  for (const fb::Crossbar *crossbar : *model.crossbars())
    if (crossbar->placements())
      for (const fb::Placement *placement : *crossbar->placements())
        all.push_back({placement, crossbar});
  std::sort(all.begin(), all.end(), [](const Placed &a, const Placed &b) {
    return std::make_pair(a.array(), a.placement->row()) < std::make_pair(b.array(), b.placement->row());
  });
  std::vector<Taken> columns(all.empty() ? 0 : model.target()->array_columns());
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    for (end = begin; end < all.size() && all[end].array() == all[begin].array(); ++end) {
      const fb::Placement &placement = *all[end].placement;
      for (uint32_t j = 0; j < placement.columns(); ++j) {
        uint32_t column = placement.column() + j * placement.column_stride();
        Taken &taken = columns[column];
        if (taken.untilRow > placement.row() && taken.placed->place() != all[end].place())
          return invalid("chip %u, array %u: row %u, column %u belongs to crossbar %s and to crossbar %s", placement.chip(),
                         placement.array(), placement.row(), column, taken.placed->crossbar->symbol()->c_str(),
                         all[end].crossbar->symbol()->c_str());
        taken = {uint64_t(placement.row()) + placement.rows(), &all[end]};
      }
    }
    for (size_t i = begin; i < end; ++i)
      for (uint32_t j = 0; j < all[i].placement->columns(); ++j)
        columns[all[i].placement->column() + j * all[i].placement->column_stride()] = Taken();
  }
  return Status();
}

Status ModelVerifier::checkPlacement(const fb::Crossbar &crossbar, const fb::Placement &placement) {
  const fb::Target &target = *model.target();
  int64_t polarities = crossbar.encoding() == fb::Encoding::Differential ? 2 : 1;
  AIMC_TRY(inRange("placement: group", placement.group(), 0, int64_t(crossbar.groups()) - 1));
  AIMC_TRY(inRange("placement: row_tile", placement.row_tile(), 0, int64_t(crossbar.row_tiles()) - 1));
  AIMC_TRY(inRange("placement: column_tile", placement.column_tile(), 0, int64_t(crossbar.column_tiles()) - 1));
  AIMC_TRY(inRange("placement: slice", placement.slice(), 0, int64_t(crossbar.slices()) - 1));
  AIMC_TRY(inRange("placement: polarity", placement.polarity(), 0, polarities - 1));
  AIMC_TRY(inRange("placement: chip", placement.chip(), 0, int64_t(target.chips()) - 1));
  AIMC_TRY(inRange("placement: array", placement.array(), 0, int64_t(target.arrays_per_chip()) - 1));
  int64_t rows = extentOfTile(crossbar.rows(), crossbar.tile_rows(), placement.row_tile());
  int64_t columns = extentOfTile(crossbar.columns(), crossbar.tile_columns(), placement.column_tile());
  AIMC_TRY(inRange("placement: rows", placement.rows(), rows, rows));
  AIMC_TRY(inRange("placement: columns", placement.columns(), columns, columns));
  AIMC_TRY(inRange("placement: column_stride", placement.column_stride(), 1, target.array_columns()));
  AIMC_TRY(inRange("placement: last row", int64_t(placement.row()) + placement.rows() - 1, 0, target.array_rows() - 1));
  int64_t lastColumn = placement.column() + int64_t(placement.columns() - 1) * placement.column_stride();
  return inRange("placement: last column", lastColumn, 0, target.array_columns() - 1);
}

/// Lengths and magnitudes of an affine index over `dims` dims; its rank is the number of offsets.
static Status checkIndex(const char *what, const fb::AffineIndex &index, uint64_t dims) {
  AIMC_TRY(checkAligned("its offsets", index.offsets()));
  AIMC_TRY(checkAligned("its coefficients", index.coefficients()));
  uint64_t rank = index.offsets()->size();
  AIMC_TRY(inRange((std::string(what) + ": rank").c_str(), int64_t(rank), 0, maxRank));
  if (index.coefficients()->size() != rank * dims)
    return invalid("%s: %u coefficients for %" PRIu64 " axes and %" PRIu64 " dims", what, index.coefficients()->size(), rank,
                   dims);
  // With extents below 2^40 (checked when the arrays are known) no index leaves 64 bits.
  constexpr int64_t limit = int64_t(1) << 20;
  for (const auto *numbers : {index.offsets(), index.coefficients()})
    for (int64_t number : *numbers)
      if (number < -limit * limit || number > limit * limit)
        return invalid("%s: %" PRId64 " is beyond what an array can have", what, number);
  return Status();
}

/// Some axis is driven by `dim` alone with coefficient 1, from offset 0: that axis gives the dim its extent.
static bool drivesAnAxis(const fb::AffineIndex &index, uint64_t dims, uint64_t dim) {
  for (uint64_t axis = 0; axis < index.offsets()->size(); ++axis) {
    bool alone = index.offsets()->Get(axis) == 0;
    for (uint64_t other = 0; other < dims; ++other)
      alone &= index.coefficients()->Get(axis * dims + other) == (other == dim ? 1 : 0);
    if (alone)
      return true;
  }
  return false;
}

static bool dependsOn(const fb::AffineIndex &index, uint64_t dims, uint64_t dim) {
  for (uint64_t axis = 0; axis < index.offsets()->size(); ++axis)
    if (index.coefficients()->Get(axis * dims + dim) != 0)
      return true;
  return false;
}

Status ModelVerifier::checkDispatch(const fb::Dispatch &dispatch) {
  AIMC_TRY(checkText("node", dispatch.node()));
  AIMC_TRY(inRange("kind", int64_t(dispatch.kind()), 0, int64_t(fb::Kind::MAX)));
  AIMC_TRY(inRange("crossbar", dispatch.crossbar(), 0, int64_t(model.crossbars()->size()) - 1));
  const fb::Crossbar &crossbar = *model.crossbars()->Get(dispatch.crossbar());
  uint32_t rowDims = dispatch.row_dims(), kDims = dispatch.k_sizes() ? dispatch.k_sizes()->size() : 0;
  AIMC_TRY(checkAligned("its k sizes", dispatch.k_sizes()));
  AIMC_TRY(inRange("row_dims", rowDims, 0, maxRank));
  AIMC_TRY(inRange("k dims", kDims, 1, maxDims - 1 - maxRank));
  uint64_t k = 1;
  for (int64_t size : *dispatch.k_sizes()) {
    AIMC_TRY(inRange("a k size", size, 1, INT32_MAX));
    if (__builtin_mul_overflow(k, uint64_t(size), &k) || k > INT32_MAX)
      return invalid("the k sizes multiply to more than 2^31");
  }
  if (k != crossbar.rows())
    return invalid("the k sizes multiply to %" PRIu64 ", its crossbar has %u rows", k, crossbar.rows());
  AIMC_TRY(checkIndex("x", *dispatch.x(), rowDims + 1 + kDims));
  AIMC_TRY(checkIndex("y", *dispatch.y(), rowDims + 2));
  for (uint32_t dim = 0; dim < rowDims; ++dim)
    if (!drivesAnAxis(*dispatch.y(), rowDims + 2, dim))
      return invalid("no axis of y has the extent of row dim %u", dim);
  if (rowDims < 64 && dispatch.scale_dims() >> rowDims != 0)
    return invalid("scale_dims 0x%" PRIx64 " names dims beyond the %u row dims", dispatch.scale_dims(), rowDims);
  AIMC_TRY(inRange("batch_dim", dispatch.batch_dim(), -1, int64_t(rowDims) - 1));
  AIMC_TRY(inRange("batch_outer", dispatch.batch_outer(), 1, INT32_MAX));
  AIMC_TRY(inRange("batch_inner", dispatch.batch_inner(), 1, INT32_MAX));
  AIMC_TRY(checkInputConverter(dispatch, crossbar));
  return checkOutputConverter(dispatch, crossbar);
}

Status ModelVerifier::checkInputConverter(const fb::Dispatch &dispatch, const fb::Crossbar &crossbar) {
  AIMC_TRY(inRange("input_bits", dispatch.input_bits(), dispatch.input_signed() ? 2 : 1, 16));
  AIMC_TRY(inRange("input_slice_bits", dispatch.input_slice_bits(), 1, 16));
  int64_t slices = ceilDiv(dispatch.input_bits() - (dispatch.input_signed() ? 1 : 0), dispatch.input_slice_bits());
  AIMC_TRY(inRange("input_slices", dispatch.input_slices(), slices, slices));
  if (const auto *alphas = dispatch.tile_alpha(); alphas && alphas->size()) {
    if (dispatch.dynamic())
      return invalid("tile_alpha has %u scales, but dynamic ones are measured", alphas->size());
    AIMC_TRY(inRange("scales in tile_alpha", alphas->size(), crossbar.row_tiles(), crossbar.row_tiles()));
    for (float alpha : *alphas)
      AIMC_TRY(checkFinite("tile_alpha", alpha, 0));
  }
  return dispatch.dynamic() ? Status() : checkFinite("alpha", dispatch.alpha(), 0);
}

Status ModelVerifier::checkOutputConverter(const fb::Dispatch &dispatch, const fb::Crossbar &crossbar) {
  uint64_t groups = crossbar.groups(), columns = crossbar.columns();
  if (dispatch.adc_bits() != 0) {
    AIMC_TRY(inRange("adc_bits", dispatch.adc_bits(), 2, 22));
    AIMC_TRY(checkBlob("ADC ranges", dispatch.adc_range(), {groups, crossbar.row_tiles(), columns, crossbar.slices()}, 4));
    AIMC_TRY(checkPositive("ADC ranges", dispatch.adc_range()));
    if (dispatch.adc_unsigned() && (crossbar.encoding() != fb::Encoding::Offset || dispatch.input_signed()))
      return invalid("unsigned ADC codes need the offset encoding and unsigned inputs");
  } else if (present(dispatch.adc_range())) {
    return invalid("ADC ranges for an ideal ADC");
  }
  AIMC_TRY(checkBlob("biases", dispatch.bias(), {groups, columns}, 4, /*optional=*/true));
  AIMC_TRY(checkBlob("affine scales", dispatch.affine_scale(), {groups, columns}, 4, /*optional=*/true));
  AIMC_TRY(checkBlob("affine offsets", dispatch.affine_offset(), {groups, columns}, 4, /*optional=*/true));

  // Column sums are 32-bit integers.
  uint64_t rows = std::min(crossbar.rows(), crossbar.tile_rows());
  uint64_t inputBits = std::min(dispatch.input_bits(), dispatch.input_slice_bits());
  uint64_t cellBits = std::min(crossbar.cell_bits(), crossbar.weight_bits());
  uint64_t largest = rows * ((uint64_t(1) << inputBits) - 1) * ((uint64_t(1) << cellBits) - 1); // below 2^63
  if (largest > INT32_MAX)
    return invalid("column sums over %" PRIu64 " rows of %" PRIu64 "-bit inputs and %" PRIu64 "-bit cells may exceed 2^31",
                   rows, inputBits, cellBits);
  std::optional<uint64_t> tiles = product({groups, crossbar.row_tiles(), crossbar.column_tiles()});
  if (!tiles || *tiles + dispatch.tile_base() > 1 << 24)
    return invalid("tiles from number %u; at most 2^24 can be told apart", dispatch.tile_base());
  return Status();
}

static Status checkContraction(const fb::Contraction &contraction) {
  AIMC_TRY(checkText("node", contraction.node()));
  for (uint32_t count : {contraction.batch_dims(), contraction.m_dims(), contraction.n_dims(), contraction.k_dims()})
    AIMC_TRY(inRange("a number of dims", count, 0, maxDims));
  uint32_t m = contraction.batch_dims(), n = m + contraction.m_dims(), k = n + contraction.n_dims();
  uint32_t dims = k + contraction.k_dims();
  AIMC_TRY(inRange("the number of dims", dims, 0, maxDims));
  AIMC_TRY(checkIndex("a", *contraction.a(), dims));
  AIMC_TRY(checkIndex("b", *contraction.b(), dims));
  AIMC_TRY(checkIndex("c", *contraction.c(), dims));
  for (uint32_t dim = 0; dim < dims; ++dim) {
    if (dim < k ? !drivesAnAxis(*contraction.c(), dims, dim) : !drivesAnAxis(*contraction.b(), dims, dim))
      return invalid("no axis of %s has the extent of dim %u", dim < k ? "c" : "b", dim);
    if (dim >= n && dim < k && dependsOn(*contraction.a(), dims, dim))
      return invalid("a depends on dim %u, an n dim", dim);
    if (dim >= m && dim < n && dependsOn(*contraction.b(), dims, dim))
      return invalid("b depends on dim %u, an m dim", dim);
    if (dim >= k && dependsOn(*contraction.c(), dims, dim))
      return invalid("c depends on dim %u, a k dim", dim);
  }
  if (contraction.type() != AIMC_F32 && contraction.type() != AIMC_F64)
    return invalid("type %u; contractions have f32 (0) or f64 (1)", contraction.type());
  return Status();
}

Status ModelVerifier::checkHostCode(const fb::HostCode &code) {
  AIMC_TRY(checkName("triple", code.triple()));
  AIMC_TRY(checkText("cpu", code.cpu()));
  if (code.features())
    for (const flatbuffers::String *feature : *code.features())
      AIMC_TRY(checkName("a feature", feature));
  if (code.section() >= sections.size() || sections[code.section()].kind != SectionKind::HostCode)
    return invalid("section %u is not one of host code", code.section());
  return Status();
}

/// Runs check on every element and says which one an error is about.
template <typename T, typename Check>
static Status checkAll(const char *what, const flatbuffers::Vector<flatbuffers::Offset<T>> *elements, Check &&check,
                       std::string (*name)(const T &)) {
  for (flatbuffers::uoffset_t i = 0; i < elements->size(); ++i)
    AIMC_TRY(check(*elements->Get(i)).in(what + (" " + std::to_string(i)) + name(*elements->Get(i))));
  return Status();
}

template <typename T> static std::string nodeOf(const T &element) { return " (" + element.node()->str() + ")"; }

Status ModelVerifier::run() {
  AIMC_TRY(checkText("producer", model.producer()));
  AIMC_TRY(checkText("graph", model.graph()));
  auto tensor = [&](const fb::Tensor &each) { return checkTensor(each); };
  auto tensorName = [](const fb::Tensor &each) { return " (" + each.name()->str() + ")"; };
  AIMC_TRY(checkAll<fb::Tensor>("input", model.inputs(), tensor, tensorName));
  AIMC_TRY(checkAll<fb::Tensor>("output", model.outputs(), tensor, tensorName));
  if (model.target())
    AIMC_TRY(checkTarget(*model.target()).in("target"));

  AIMC_TRY(checkAll<fb::Crossbar>(
      "crossbar", model.crossbars(), [&](const fb::Crossbar &each) { return checkCrossbar(each); }, nodeOf<fb::Crossbar>));
  std::set<std::string> symbols;
  for (const fb::Crossbar *crossbar : *model.crossbars())
    if (!symbols.insert(crossbar->symbol()->str()).second)
      return invalid("two crossbars have the symbol %s", crossbar->symbol()->c_str());
  AIMC_TRY(checkOverlaps());
  AIMC_TRY(checkAll<fb::Dispatch>(
      "dispatch", model.dispatches(), [&](const fb::Dispatch &each) { return checkDispatch(each); }, nodeOf<fb::Dispatch>));
  AIMC_TRY(checkAll<fb::Contraction>("contraction", model.contractions(), checkContraction, nodeOf<fb::Contraction>));
  AIMC_TRY(checkAll<fb::HostCode>(
      "host code", model.host_code(), [&](const fb::HostCode &each) { return checkHostCode(each); },
      [](const fb::HostCode &each) { return " (" + each.triple()->str() + ")"; }));

  int64_t constants = model.constants_section();
  AIMC_TRY(inRange("constants_section", constants, -1, int64_t(sections.size()) - 1));
  if (constants >= 0 && sections[constants].kind != SectionKind::Constants)
    return invalid("section %" PRId64 " is not one of constants", constants);
  if (model.digital_nodes())
    for (const flatbuffers::String *node : *model.digital_nodes())
      AIMC_TRY(checkText("a digital node", node));
  return Status();
}

Status aimc::verifyModel(const fb::Model &model, const std::vector<Section> &sections, const Parallel &parallel) {
  return ModelVerifier(model, sections, parallel).run();
}
