#include "Layers.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace aimc::tools {

const char *nameOf(fb::Kind kind) {
  switch (kind) {
  case fb::Kind::MatMul:
    return "matmul";
  case fb::Kind::Convolution:
    return "convolution";
  case fb::Kind::RecurrentInput:
    return "recurrent-input";
  case fb::Kind::RecurrentState:
    break;
  }
  return "recurrent-state";
}

static const char *nameOf(fb::ScaleGranularity scale) {
  switch (scale) {
  case fb::ScaleGranularity::Column:
    return "column";
  case fb::ScaleGranularity::Tile:
    return "tile";
  case fb::ScaleGranularity::Matrix:
    break;
  }
  return "matrix";
}

/// One group's affine as {"a": [N], "o": [N]}, null when the layer has none.
static Json affineOf(const Container &container, const fb::Dispatch &dispatch, const fb::Crossbar &crossbar, uint32_t group) {
  size_t columns = crossbar.columns();
  const auto *scale = groupOf<float>(container, dispatch.affine_scale(), group, columns);
  const auto *offset = groupOf<float>(container, dispatch.affine_offset(), group, columns);
  if (!scale && !offset)
    return nullptr;
  Json affine;
  affine["a"] = scale ? std::vector<float>(scale, scale + columns) : std::vector<float>(columns, 1.0f);
  affine["o"] = offset ? std::vector<float>(offset, offset + columns) : std::vector<float>(columns, 0.0f);
  return affine;
}

Json layerScalars(const Container &container, uint32_t site, uint32_t group) {
  const fb::Dispatch &dispatch = *container.model().dispatches()->Get(site);
  const fb::Crossbar &crossbar = *container.model().crossbars()->Get(dispatch.crossbar());
  Json layer;
  layer["node"] = dispatch.node()->str();
  layer["kind"] = nameOf(dispatch.kind());
  layer["site"] = site;
  layer["crossbar"] = crossbar.symbol()->str();
  layer["group"] = group;
  layer["groups"] = crossbar.groups();
  layer["K"] = crossbar.rows();
  layer["N"] = crossbar.columns();
  layer["R"] = crossbar.tile_rows();
  layer["C"] = crossbar.tile_columns();
  layer["T"] = crossbar.row_tiles();
  layer["column_tiles"] = crossbar.column_tiles();
  layer["encoding"] = crossbar.encoding() == fb::Encoding::Offset ? "offset" : "differential";
  layer["bw"] = crossbar.weight_bits();
  layer["c"] = crossbar.cell_bits();
  layer["S"] = crossbar.slices();
  layer["L"] = (1 << (crossbar.weight_bits() - 1)) - 1;
  layer["unit_column"] = crossbar.unit_column();
  layer["weight_scale_per"] = nameOf(crossbar.scale());
  layer["bx"] = dispatch.input_bits();
  layer["signed"] = dispatch.input_signed();
  layer["v"] = dispatch.input_slice_bits();
  layer["V"] = dispatch.input_slices();
  layer["Q"] = dispatch.input_signed() ? std::max((1 << (dispatch.input_bits() - 1)) - 1, 1) : (1 << dispatch.input_bits()) - 1;
  layer["alpha"] = dispatch.dynamic() ? Json("dynamic") : Json(dispatch.alpha());
  if (dispatch.tile_alpha() && dispatch.tile_alpha()->size())
    layer["alpha"] = std::vector<float>(dispatch.tile_alpha()->begin(), dispatch.tile_alpha()->end());
  layer["B"] = dispatch.adc_bits() ? Json(dispatch.adc_bits()) : Json("ideal");
  layer["adc_unsigned"] = dispatch.adc_unsigned();
  layer["affine"] = affineOf(container, dispatch, crossbar, group);
  return layer;
}

std::string layerDirectory(const fb::Model &model, uint32_t site, uint32_t group) {
  const fb::Dispatch &dispatch = *model.dispatches()->Get(site);
  std::string node = dispatch.node()->str().substr(0, 80);
  for (char &c : node) {
    bool kept = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    if (!kept)
      c = '_';
  }
  std::string name = std::to_string(site) + "_" + node;
  if (model.crossbars()->Get(dispatch.crossbar())->groups() > 1)
    name += "_g" + std::to_string(group);
  return name;
}

double Occupancy::utilisation(const fb::Target &target) const {
  double all = static_cast<double>(arrays.size()) * target.array_rows() * target.array_columns();
  return all > 0 ? static_cast<double>(cells) / all : 0;
}

static void addTo(Occupancy &occupancy, const fb::Crossbar &crossbar) {
  if (!crossbar.placements())
    return;
  // Where a cell is a pair of devices, both polarities lie at the same place.
  std::set<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>> corners;
  for (const fb::Placement *placement : *crossbar.placements()) {
    if (corners.emplace(placement->chip(), placement->array(), placement->row(), placement->column()).second)
      occupancy.cells += static_cast<uint64_t>(placement->rows()) * placement->columns();
    occupancy.arrays.emplace_back(placement->chip(), placement->array());
  }
  std::sort(occupancy.arrays.begin(), occupancy.arrays.end());
  occupancy.arrays.erase(std::unique(occupancy.arrays.begin(), occupancy.arrays.end()), occupancy.arrays.end());
}

Occupancy occupancyOf(const fb::Crossbar &crossbar) {
  Occupancy occupancy;
  addTo(occupancy, crossbar);
  return occupancy;
}

Occupancy occupancyOf(const fb::Model &model) {
  Occupancy occupancy;
  for (const fb::Crossbar *crossbar : *model.crossbars())
    addTo(occupancy, *crossbar);
  return occupancy;
}

std::string toString(const Occupancy &occupancy) {
  std::map<uint32_t, std::string> chips;
  const auto &arrays = occupancy.arrays;
  for (size_t i = 0; i < arrays.size();) {
    size_t last = i;
    while (last + 1 < arrays.size() && arrays[last + 1].first == arrays[i].first &&
           arrays[last + 1].second == arrays[last].second + 1)
      ++last;
    std::string &text = chips[arrays[i].first];
    text += (text.empty() ? "" : ", ") + std::to_string(arrays[i].second);
    if (last > i)
      text += "-" + std::to_string(arrays[last].second);
    i = last + 1;
  }
  std::string text;
  for (const auto &[chip, ranges] : chips)
    text +=
        (text.empty() ? "" : "; ") + (chips.size() > 1 || chip > 0 ? "chip " + std::to_string(chip) + ": " + ranges : ranges);
  return text;
}

} // namespace aimc::tools
