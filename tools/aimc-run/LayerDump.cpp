#include "LayerDump.h"

#include <filesystem>
#include <fstream>

namespace aimc::tools {

namespace fs = std::filesystem;

/// Files of one matrix: those of its rows first, in the order of Matrix::rows.
static const char *const fileNames[] = {"x.npy",         "alpha.npy", "codes.npy", "y.npy", "levels.npy", "weight_scale.npy",
                                        "adc_range.npy", "bias.npy",  "layer.json"};

/// Removes matrices that an earlier dump left: directories with a layer.json in them, our files only.
static void removeEarlier(const fs::path &directory) {
  std::error_code ignored;
  for (const fs::directory_entry &entry : fs::directory_iterator(directory, ignored)) {
    if (!fs::exists(entry.path() / "layer.json", ignored))
      continue;
    for (const char *name : fileNames)
      fs::remove(entry.path() / name, ignored);
    fs::remove(entry.path(), ignored);
  }
}

Result<LayerDump> LayerDump::create(const std::string &directory, const std::string &modelPath, int64_t maxRows) {
  auto opened = Container::open(modelPath);
  if (!opened.ok())
    return Failure{opened.status().message()};
  LayerDump dump;
  dump.container = *opened;
  dump.maxRows = maxRows;

  removeEarlier(directory);
  const fb::Model &model = dump.container->model();
  for (uint32_t site = 0; site < model.dispatches()->size(); ++site) {
    const fb::Dispatch &dispatch = *model.dispatches()->Get(site);
    const fb::Crossbar &crossbar = *model.crossbars()->Get(dispatch.crossbar());
    dump.firstOfSite.push_back(dump.matrices.size());
    for (uint32_t group = 0; group < crossbar.groups(); ++group) {
      Matrix matrix{site, group, (fs::path(directory) / layerDirectory(model, site, group)).string(), {}};
      std::error_code error;
      fs::create_directories(matrix.directory, error);
      if (error)
        return Failure{matrix.directory + ": cannot create: " + error.message()};
      int64_t k = crossbar.rows(), n = crossbar.columns(), t = crossbar.row_tiles(), s = crossbar.slices();
      const bool tileScales = dispatch.tile_alpha() && dispatch.tile_alpha()->size();
      std::pair<aimc_type, std::vector<int64_t>> arrays[] = {
          {AIMC_F32, {k}},
          {AIMC_F32, tileScales ? std::vector<int64_t>{t} : std::vector<int64_t>()},
          {AIMC_I32, {t, n, s, dispatch.input_slices()}},
          {AIMC_F32, {n}}};
      for (size_t i = 0; i < std::size(arrays); ++i) {
        auto writer = NpyWriter::create(matrix.directory + "/" + fileNames[i], arrays[i].first, arrays[i].second);
        if (!writer)
          return writer.failure();
        matrix.rows.push_back(std::move(*writer));
      }
      dump.matrices.push_back(std::move(matrix));
    }
  }
  return dump;
}

uint32_t LayerDump::observe() const {
  if (complete == matrices.size())
    return 0;
  return AIMC_OBSERVE_X | AIMC_OBSERVE_ALPHA | AIMC_OBSERVE_CODES | AIMC_OBSERVE_Y;
}

Status LayerDump::addRows(Matrix &matrix, const aimc_observation &observation, int64_t rows) {
  const void *data[] = {observation.x, observation.alpha, observation.codes, observation.y};
  for (size_t i = 0; i < std::size(data); ++i) {
    if (!data[i])
      return Failure{"the driver does not show the " + std::string(fileNames[i]) + " of its layers"};
    if (Status status = matrix.rows[i].append(data[i], rows); !status)
      return status;
  }
  matrix.count += rows;
  complete += matrix.count == maxRows;
  return {};
}

aimc_status LayerDump::add(const aimc_observation &observation) {
  Matrix &matrix = matrices[firstOfSite[observation.site] + observation.group];
  int64_t rows = std::min(observation.rows, maxRows - matrix.count);
  if (rows > 0)
    failure = addRows(matrix, observation, rows);
  return failure ? AIMC_OK : AIMC_IO;
}

/// The group's part of a blob, or `count` times `absent`.
static std::vector<float> floatsOf(const Container &container, const fb::Blob *blob, uint32_t group, size_t count,
                                   float absent) {
  const auto *data = groupOf<float>(container, blob, group, count);
  return data ? std::vector<float>(data, data + count) : std::vector<float>(count, absent);
}

Status LayerDump::writeStatic(const Matrix &matrix) const {
  const fb::Dispatch &dispatch = *container->model().dispatches()->Get(matrix.site);
  const fb::Crossbar &crossbar = *container->model().crossbars()->Get(dispatch.crossbar());
  int64_t k = crossbar.rows(), n = crossbar.columns(), t = crossbar.row_tiles(), s = crossbar.slices();
  auto put = [&](const char *name, aimc_type type, const std::vector<int64_t> &shape, const void *data) {
    return writeNpy(matrix.directory + "/" + name, type, shape, data);
  };

  bool wide = crossbar.weight_bits() > 8;
  const auto *levels = groupOf<char>(*container, crossbar.levels(), matrix.group, static_cast<size_t>(k * n) << wide);
  if (Status status = put("levels.npy", wide ? AIMC_I16 : AIMC_I8, {k, n}, levels); !status)
    return status;
  auto weightScale = floatsOf(*container, crossbar.weight_scale(), matrix.group, static_cast<size_t>(t * n), 1);
  if (Status status = put("weight_scale.npy", AIMC_F32, {t, n}, weightScale.data()); !status)
    return status;
  auto adcRange = floatsOf(*container, dispatch.adc_range(), matrix.group, static_cast<size_t>(t * n * s), 1);
  if (Status status = put("adc_range.npy", AIMC_F32, {t, n, s}, adcRange.data()); !status)
    return status;
  auto bias = floatsOf(*container, dispatch.bias(), matrix.group, static_cast<size_t>(n), 0);
  if (Status status = put("bias.npy", AIMC_F32, {n}, bias.data()); !status)
    return status;

  Json layer = layerScalars(*container, matrix.site, matrix.group);
  layer["M"] = matrix.count;
  std::string path = matrix.directory + "/layer.json";
  std::ofstream file(path);
  file << layer.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  if (!file.flush())
    return Failure{path + ": cannot write"};
  return {};
}

Result<size_t> LayerDump::finish() {
  for (Matrix &matrix : matrices) {
    for (NpyWriter &writer : matrix.rows)
      if (Status status = writer.close(); !status)
        return status.failure();
    if (Status status = writeStatic(matrix); !status)
      return status.failure();
  }
  return matrices.size();
}

} // namespace aimc::tools
