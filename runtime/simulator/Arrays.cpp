#include "Arrays.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace aimc::simulator {

namespace {
/// One placement, with the numbers of its tile and array.
struct Placed {
  size_t tile, array;
  const fb::Placement *placement;
};

/// Sets of arrays that share tiles, by their lowest member.
class Sets {
public:
  explicit Sets(size_t count) : parent(count) { std::iota(parent.begin(), parent.end(), size_t(0)); }
  size_t find(size_t i) {
    while (parent[i] != i)
      i = parent[i] = parent[parent[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = find(a);
    b = find(b);
    parent[std::max(a, b)] = std::min(a, b);
  }

private:
  std::vector<size_t> parent;
};
} // namespace

/// Checks one crossbar's placements and appends them in the order tile, slice, polarity. `firstTile` numbers its tiles.
static aimc_status readPlacements(const aimc_driver_host *host, const fb::Target &target, const Crossbar &crossbar,
                                  size_t firstTile, std::vector<Placed> &out) {
  const char *node = crossbar.info->node()->c_str();
  if (crossbar.unitColumn)
    return fail(host, AIMC_UNSUPPORTED,
                "%s: exact IR drop needs the place of every column, and unit columns have none; compute the offset digitally "
                "(weights.unit_column: false) or approximate the drop (wires.ir_drop: approximate)",
                node);
  const uint32_t polarities = crossbar.offset ? 1 : 2;
  const size_t parts = size_t(crossbar.slices) * polarities;
  std::vector<Placed> placed(crossbar.tiles.size() * parts);
  if (crossbar.info->placements())
    for (const fb::Placement *placement : *crossbar.info->placements()) {
      const size_t index =
          (size_t(placement->group()) * size_t(crossbar.rowTiles) + placement->row_tile()) * size_t(crossbar.columnTiles) +
          placement->column_tile();
      const Tile &tile = crossbar.tiles[index];
      if (placement->rows() != tile.rows || placement->columns() != tile.width || placement->column_stride() < 1)
        return fail(host, AIMC_INVALID_MODEL, "%s: a tile of %lld x %lld weights placed on %u x %u cells, %u columns apart",
                    node, (long long)tile.rows, (long long)tile.width, placement->rows(), placement->columns(),
                    placement->column_stride());
      Placed &place = placed[index * parts + placement->slice() * polarities + placement->polarity()];
      if (place.placement)
        return fail(host, AIMC_INVALID_MODEL, "%s: two placements of slice %u, polarity %u of one tile", node,
                    placement->slice(), placement->polarity());
      place = {firstTile + index, size_t(placement->chip()) * target.arrays_per_chip() + placement->array(), placement};
    }
  for (const Placed &place : placed)
    if (!place.placement)
      return fail(host, AIMC_INVALID_MODEL, "%s: exact IR drop needs the place of every tile; the container lacks placements",
                  node);
  out.insert(out.end(), placed.begin(), placed.end());
  return AIMC_OK;
}

/// Parts of one tile at the same place share unit cells: they get column wires in the order slice, polarity.
static void shareCells(PhysicalArray &array) {
  std::map<std::pair<size_t, std::pair<int64_t, int64_t>>, int64_t> taken; // (tile, place) -> parts there
  std::vector<int64_t> position;
  for (const ArrayPart &part : array.parts)
    position.push_back(taken[{part.tile, {part.row, part.column}}]++);
  for (const auto &entry : taken)
    array.devicesPerCell = std::max(array.devicesPerCell, entry.second);
  for (size_t i = 0; i < array.parts.size(); ++i) {
    ArrayPart &part = array.parts[i];
    part.column = part.column * array.devicesPerCell + position[i];
    part.columnStride *= array.devicesPerCell;
  }
}

aimc_status groupArrays(const aimc_driver_host *host, const fb::Target &target, const std::vector<Crossbar> &crossbars,
                        std::vector<ArrayGroup> &out) {
  std::vector<Placed> all;
  std::vector<ArrayTile> tiles;
  for (size_t c = 0; c < crossbars.size(); ++c) {
    if (aimc_status status = readPlacements(host, target, crossbars[c], tiles.size(), all))
      return status;
    for (size_t t = 0; t < crossbars[c].tiles.size(); ++t)
      tiles.push_back({c, t});
  }

  // Arrays by number, dense; then the sets of those that a tile ties together.
  std::map<size_t, size_t> numbers;
  for (const Placed &place : all)
    numbers.emplace(place.array, 0);
  size_t count = 0;
  for (auto &entry : numbers)
    entry.second = count++;
  Sets sets(count);
  std::vector<size_t> arrayOfTile(tiles.size(), count);
  for (const Placed &place : all) {
    const size_t array = numbers[place.array];
    size_t &first = arrayOfTile[place.tile];
    first = first == count ? array : first;
    sets.join(first, array);
  }

  std::map<size_t, size_t> groupOfSet;
  std::vector<size_t> groupOfArray(count), placeOfArray(count);
  for (const auto &entry : numbers) {
    const size_t array = entry.second;
    auto found = groupOfSet.emplace(sets.find(array), out.size());
    if (found.second)
      out.emplace_back();
    ArrayGroup &group = out[groupOfArray[array] = found.first->second];
    placeOfArray[array] = group.arrays.size();
    group.arrays.push_back(
        {uint32_t(entry.first / target.arrays_per_chip()), uint32_t(entry.first % target.arrays_per_chip()), 1, {}});
  }
  std::vector<size_t> placeOfTile(tiles.size());
  for (size_t t = 0; t < tiles.size(); ++t) {
    ArrayGroup &group = out[groupOfArray[arrayOfTile[t]]];
    placeOfTile[t] = group.tiles.size();
    group.tiles.push_back(tiles[t]);
  }
  for (const Placed &place : all) {
    const size_t array = numbers[place.array];
    const fb::Placement &placement = *place.placement;
    out[groupOfArray[array]].arrays[placeOfArray[array]].parts.push_back(
        {placeOfTile[place.tile], int64_t(placement.slice()), int64_t(placement.polarity()), int64_t(placement.row()),
         int64_t(placement.column()), int64_t(placement.column_stride())});
  }
  for (ArrayGroup &group : out)
    for (PhysicalArray &array : group.arrays)
      shareCells(array);
  return AIMC_OK;
}

} // namespace aimc::simulator
