// The static part of a container's layers: what aimc-inspect prints and aimc-run --dump-layers writes beside the observed
// rows.
#ifndef AIMC_TOOLS_COMMON_LAYERS_H
#define AIMC_TOOLS_COMMON_LAYERS_H

#include "Types.h"
#include "container/Container.h"

#include <nlohmann/json.hpp>

namespace aimc::tools {

using Json = nlohmann::ordered_json;

/// "convolution", "matmul", "recurrent-input", "recurrent-state".
const char *nameOf(fb::Kind kind);

/// K: row dimension of the matrix as its layer sees it, and the other scalars under their names in docs/numerics.md. `group`:
/// which of the crossbar's groups; arrays (the affine) are that group's.
Json layerScalars(const Container &container, uint32_t site, uint32_t group);

/// `<site>_<node>`, with `_g<group>` when there are several; [A-Za-z0-9_.-] of the node's name kept, the rest turned into
/// '_'.
std::string layerDirectory(const fb::Model &model, uint32_t site, uint32_t group);

/// How a crossbar fills the arrays it lies in.
struct Occupancy {
  uint64_t cells = 0;                                // in use; one that holds both polarities counts once
  std::vector<std::pair<uint32_t, uint32_t>> arrays; // (chip, array), ascending, each once
  /// Cells over all cells of those arrays.
  double utilisation(const fb::Target &target) const;
};
Occupancy occupancyOf(const fb::Crossbar &crossbar);
/// All crossbars together; arrays that several share count once.
Occupancy occupancyOf(const fb::Model &model);

/// "0-4, 7" for one chip; "chip 0: 0-4, 7; chip 1: 0" for several.
std::string toString(const Occupancy &occupancy);

/// Layer-wise view of a blob: element [group] of an array whose first dimension is the group; null when absent.
template <typename T> const T *groupOf(const Container &container, const fb::Blob *blob, uint32_t group, size_t elementsEach) {
  const auto *data = static_cast<const T *>(container.blob(blob));
  return data ? data + group * elementsEach : nullptr;
}

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_LAYERS_H
