// Which cells of which physical arrays a model's tiles take, from the placements of its crossbars.
#ifndef AIMC_SIMULATOR_ARRAYS_H
#define AIMC_SIMULATOR_ARRAYS_H

#include "Program.h"

#include <vector>

namespace aimc::simulator {

/// One slice and polarity of a tile. Columns count column wires: a unit cell that several parts share has one for each.
struct ArrayPart {
  size_t tile; // of its group
  int64_t slice, polarity;
  int64_t row, column, columnStride;
};

/// An array and all that lies in it. Unit cells have `devicesPerCell` parts, each on a column wire of its own and the next
/// after an equal share of the row wire's resistance between unit cells.
struct PhysicalArray {
  uint32_t chip, array;
  int64_t devicesPerCell;
  std::vector<ArrayPart> parts;
};

struct ArrayTile {
  size_t crossbar, tile;
};

/// Arrays that are programmed together, because tiles have parts in several.
struct ArrayGroup {
  std::vector<ArrayTile> tiles;
  std::vector<PhysicalArray> arrays;
};

/// All arrays that hold something, in groups that share no tile, both in order. An error where the placements do not say for
/// every slice and polarity of every tile where it lies, and for unit columns, which have no placement.
aimc_status groupArrays(const aimc_driver_host *host, const fb::Target &target, const std::vector<Crossbar> &crossbars,
                        std::vector<ArrayGroup> &out);

} // namespace aimc::simulator

#endif
