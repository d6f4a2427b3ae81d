#include "Summary.h"

namespace aimc::tools {

static Json tensorsOf(const flatbuffers::Vector<flatbuffers::Offset<fb::Tensor>> &tensors) {
  Json list = Json::array();
  for (const fb::Tensor *tensor : tensors) {
    Json entry;
    entry["name"] = tensor->name()->str();
    entry["type"] = nameOf(static_cast<aimc_type>(tensor->type()));
    entry["shape"] = Json::array();
    if (tensor->dims())
      for (int64_t size : *tensor->dims())
        entry["shape"].push_back(size < 0 ? Json(nullptr) : Json(size));
    entry["dim_names"] = Json::array();
    if (tensor->dim_names())
      for (const flatbuffers::String *name : *tensor->dim_names())
        entry["dim_names"].push_back(name->str());
    entry["batch_dim"] = tensor->batch_dim() < 0 ? Json(nullptr) : Json(tensor->batch_dim());
    list.push_back(std::move(entry));
  }
  return list;
}

/// A field's name with its unit, as in "offset_error_lsb".
static std::string nameWithUnit(const std::string &field, const std::string &unit) {
  return field + (unit == "LSB" ? "_lsb" : unit.empty() ? "" : "_" + unit);
}

static Json targetOf(const fb::Model &model) {
  const fb::Target *target = model.target();
  if (!target)
    return nullptr;
  Json json;
  json["name"] = target->name()->str();
  json["array_rows"] = target->array_rows();
  json["array_columns"] = target->array_columns();
  json["arrays_per_chip"] = target->arrays_per_chip();
  json["chips"] = target->chips();
  json["device"] = fb::EnumNameDeviceModel(target->device());
  json["g_min_us"] = target->g_min();
  json["g_max_us"] = target->g_max();
  json["devices_per_weight"] = target->devices_per_weight();
  json["programming_noise"] = target->programming_noise();
  json["output_noise_lsb"] = target->output_noise();
  json["read_noise"] = fb::EnumNameReadNoise(target->read_noise());
  json["ir_drop"] = fb::EnumNameIrDrop(target->ir_drop());
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high) json[nameWithUnit(#field, unit)] = target->field();
#include "aimc/parameters.def"
  json["source_yaml"] = target->source_yaml() ? Json(target->source_yaml()->str()) : Json(nullptr);

  Occupancy used = occupancyOf(model);
  json["arrays_used"] = used.arrays.size();
  json["cells_used"] = used.cells;
  json["utilisation"] = used.utilisation(*target);
  return json;
}

static Json placementsOf(const fb::Crossbar &crossbar) {
  Json list = Json::array();
  if (!crossbar.placements())
    return list;
  for (const fb::Placement *placement : *crossbar.placements()) {
    Json entry;
    entry["group"] = placement->group();
    entry["row_tile"] = placement->row_tile();
    entry["column_tile"] = placement->column_tile();
    entry["slice"] = placement->slice();
    entry["polarity"] = placement->polarity() ? "negative" : "positive";
    entry["chip"] = placement->chip();
    entry["array"] = placement->array();
    entry["row"] = placement->row();
    entry["column"] = placement->column();
    entry["rows"] = placement->rows();
    entry["columns"] = placement->columns();
    entry["column_stride"] = placement->column_stride();
    list.push_back(std::move(entry));
  }
  return list;
}

static Json crossbarsOf(const fb::Model &model) {
  Json list = Json::array();
  for (const fb::Crossbar *crossbar : *model.crossbars()) {
    Occupancy used = occupancyOf(*crossbar);
    Json entry;
    entry["symbol"] = crossbar->symbol()->str();
    entry["node"] = crossbar->node()->str();
    entry["groups"] = crossbar->groups();
    entry["K"] = crossbar->rows();
    entry["N"] = crossbar->columns();
    entry["row_tiles"] = crossbar->row_tiles();
    entry["column_tiles"] = crossbar->column_tiles();
    entry["has_reference"] = crossbar->reference() && crossbar->reference()->size() > 0;
    entry["tile_base"] = crossbar->tile_base();
    entry["arrays"] = toString(used);
    entry["arrays_used"] = used.arrays.size();
    entry["cells_used"] = used.cells;
    entry["utilisation"] = model.target() ? Json(used.utilisation(*model.target())) : Json(nullptr);
    entry["placements"] = placementsOf(*crossbar);
    list.push_back(std::move(entry));
  }
  return list;
}

/// One entry per weight matrix, as --dump-layers of aimc-run has one directory.
static Json layersOf(const Container &container) {
  const fb::Model &model = container.model();
  Json list = Json::array();
  for (uint32_t site = 0; site < model.dispatches()->size(); ++site) {
    const fb::Crossbar &crossbar = *model.crossbars()->Get(model.dispatches()->Get(site)->crossbar());
    Occupancy used = occupancyOf(crossbar);
    for (uint32_t group = 0; group < crossbar.groups(); ++group) {
      Json layer = layerScalars(container, site, group);
      layer["directory"] = layerDirectory(model, site, group);
      layer["arrays"] = toString(used);
      layer["utilisation"] = model.target() ? Json(used.utilisation(*model.target())) : Json(nullptr);
      list.push_back(std::move(layer));
    }
  }
  return list;
}

/// "node: reason" of the metadata, split.
static Json digitalNodesOf(const fb::Model &model) {
  Json list = Json::array();
  if (!model.digital_nodes())
    return list;
  for (const flatbuffers::String *text : *model.digital_nodes()) {
    std::string line = text->str();
    size_t colon = line.rfind(": ");
    Json entry;
    entry["node"] = line.substr(0, colon);
    entry["reason"] = colon == std::string::npos ? "" : line.substr(colon + 2);
    list.push_back(std::move(entry));
  }
  return list;
}

static Json contractionsOf(const fb::Model &model) {
  Json list = Json::array();
  for (const fb::Contraction *contraction : *model.contractions()) {
    Json entry;
    entry["node"] = contraction->node()->str();
    entry["type"] = nameOf(static_cast<aimc_type>(contraction->type()));
    entry["library"] = contraction->library();
    list.push_back(std::move(entry));
  }
  return list;
}

static Json hostCodeOf(const Container &container) {
  Json list = Json::array();
  for (const fb::HostCode *code : *container.model().host_code()) {
    Json entry;
    entry["triple"] = code->triple()->str();
    entry["cpu"] = code->cpu()->str();
    entry["features"] = Json::array();
    if (code->features())
      for (const flatbuffers::String *feature : *code->features())
        entry["features"].push_back(feature->str());
    entry["section"] = code->section();
    entry["size"] = container.sections()[code->section()].size;
    list.push_back(std::move(entry));
  }
  return list;
}

static Json sectionsOf(const Container &container) {
  // Indexed by SectionKind.
  static const char *const names[] = {"unknown", "metadata", "tiles", "ranges", "reference", "constants", "host-code"};
  Json list = Json::array();
  for (const Section &section : container.sections()) {
    auto kind = static_cast<size_t>(section.kind);
    Json entry;
    entry["kind"] = kind < std::size(names) ? names[kind] : names[0];
    entry["offset"] = section.offset;
    entry["size"] = section.size;
    list.push_back(std::move(entry));
  }
  return list;
}

Json summarize(const Container &container, const std::string &path) {
  const fb::Model &model = container.model();
  Json json;
  json["file"] = path;
  json["size"] = container.fileSize();
  json["version"] = std::to_string(containerMajor) + "." + std::to_string(container.minorVersion());
  json["producer"] = model.producer()->str();
  json["graph"] = model.graph() ? model.graph()->str() : "";
  json["inputs"] = tensorsOf(*model.inputs());
  json["outputs"] = tensorsOf(*model.outputs());
  json["target"] = targetOf(model);
  json["layers"] = layersOf(container);
  json["crossbars"] = crossbarsOf(model);
  json["digital_nodes"] = digitalNodesOf(model);
  json["contractions"] = contractionsOf(model);
  json["host_code"] = hostCodeOf(container);
  json["sections"] = sectionsOf(container);
  return json;
}

} // namespace aimc::tools
