// Writes one container per row of a table: a single layer with random levels, scales and ADC ranges, run by the host code
// "multiply" of the runtime's tests, which hands rows of any width to the layer and takes three values back for each.
//
//   write-layers DIR
#include "TestModel.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>

using namespace aimc;

namespace {
struct Case {
  const char *name;
  uint32_t k, tileRows;
  fb::Encoding encoding;
  uint32_t weightBits, cellBits;
  uint32_t inputBits;
  bool inputSigned;
  uint32_t inputSliceBits;
  uint32_t adcBits; // 0: ideal
  bool dynamic, affine;
  enum Shape { Rows, Window, Groups } shape; // three columns; one column at three places of a row; three groups of one column
  int64_t batch = -1;
  bool tileScales = false; // every row tile has an input scale
};
} // namespace

static constexpr auto Differential = fb::Encoding::Differential;
static constexpr auto Offset = fb::Encoding::Offset;

static const Case cases[] = {
    {"plain", 40, 16, Differential, 8, 7, 8, true, 7, 8, false, false, Case::Rows},
    {"long-rows", 700, 256, Differential, 8, 7, 8, false, 8, 9, false, true, Case::Rows},
    {"window", 9, 4, Differential, 8, 7, 8, true, 7, 8, false, false, Case::Window},
    {"window-dynamic", 9, 9, Offset, 6, 2, 8, true, 1, 8, true, false, Case::Window},
    {"groups", 20, 8, Differential, 5, 2, 6, true, 2, 7, true, true, Case::Groups},
    {"weight-slices", 50, 32, Differential, 8, 2, 8, false, 8, 8, false, false, Case::Rows},
    {"bit-serial", 300, 128, Offset, 8, 2, 8, false, 1, 9, false, true, Case::Rows},
    {"bit-serial-signed", 130, 128, Offset, 4, 4, 4, true, 1, 6, true, false, Case::Rows},
    {"two-bit-slices", 64, 64, Differential, 7, 3, 7, true, 2, 5, true, false, Case::Rows},
    {"ideal-adc", 100, 30, Differential, 8, 3, 8, true, 3, 0, false, false, Case::Rows},
    {"ideal-adc-offset", 100, 30, Offset, 8, 3, 8, false, 2, 0, true, false, Case::Rows},
    {"wide-weights", 60, 25, Differential, 12, 6, 8, true, 7, 10, false, false, Case::Rows},
    {"wide-inputs", 60, 25, Differential, 8, 7, 12, true, 4, 10, true, false, Case::Rows},
    {"fixed-batch", 12, 12, Differential, 8, 7, 8, true, 7, 8, true, false, Case::Rows, 4},
    {"tile-scales", 300, 128, Differential, 8, 7, 8, true, 7, 8, false, true, Case::Rows, -1, true},
    {"tile-scales-offset", 50, 16, Offset, 8, 2, 8, false, 1, 9, false, false, Case::Rows, -1, true},
    {"tile-scales-window", 9, 4, Differential, 8, 7, 8, true, 7, 8, false, false, Case::Window, -1, true},
    {"two-bit-adc", 20, 20, Differential, 2, 1, 2, true, 1, 2, false, false, Case::Rows},
};

static std::unique_ptr<fb::AffineIndexT> affineIndex(std::vector<int64_t> offsets, std::vector<int64_t> coefficients) {
  auto index = std::make_unique<fb::AffineIndexT>();
  index->offsets = std::move(offsets);
  index->coefficients = std::move(coefficients);
  return index;
}

static std::unique_ptr<fb::TensorT> tensor(const char *name, int64_t batch, int64_t columns) {
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = name;
  tensor->type = AIMC_F32;
  tensor->dims = {batch, columns};
  tensor->dim_names = {batch < 0 ? "batch" : "", ""};
  tensor->batch_dim = 0;
  return tensor;
}

template <typename T> static std::unique_ptr<fb::Blob> blob(Writer &writer, const std::vector<T> &values) {
  return std::make_unique<fb::Blob>(*writer.appendBlob(values.data(), values.size() * sizeof(T)));
}

static uint32_t ceilDiv(uint32_t a, uint32_t b) { return (a + b - 1) / b; }

static void describeLayer(const Case &row, Writer &writer, fb::ModelT &model, std::mt19937 &random) {
  auto uniform = [&](double low, double high) {
    return static_cast<float>(std::uniform_real_distribution<>(low, high)(random));
  };
  auto crossbar = std::make_unique<fb::CrossbarT>();
  uint32_t columns = row.shape == Case::Rows ? 3 : 1, groups = row.shape == Case::Groups ? 3 : 1;
  crossbar->symbol = crossbar->node = row.name;
  crossbar->groups = groups;
  crossbar->rows = row.k;
  crossbar->columns = columns;
  crossbar->tile_rows = row.tileRows;
  crossbar->tile_columns = 4;
  crossbar->row_tiles = ceilDiv(row.k, row.tileRows);
  crossbar->column_tiles = 1;
  crossbar->encoding = row.encoding;
  crossbar->weight_bits = row.weightBits;
  crossbar->cell_bits = row.cellBits;
  crossbar->slices = ceilDiv(row.encoding == Offset ? row.weightBits : row.weightBits - 1, row.cellBits);
  int top = (1 << (row.weightBits - 1)) - 1;
  std::vector<int16_t> levels(groups * row.k * columns);
  for (int16_t &level : levels)
    level = static_cast<int16_t>(std::uniform_int_distribution<int>(row.encoding == Offset ? -top - 1 : -top, top)(random));
  std::vector<float> scales(groups * crossbar->row_tiles * columns);
  for (float &scale : scales)
    scale = uniform(0.01, 2);
  ASSERT_TRUE(writer.beginSection(SectionKind::Tiles).ok());
  crossbar->levels =
      row.weightBits > 8 ? blob(writer, levels) : blob(writer, std::vector<int8_t>(levels.begin(), levels.end()));
  crossbar->weight_scale = blob(writer, scales);
  ASSERT_TRUE(writer.endSection().ok());

  // Every slice and polarity of every tile has an array of its own.
  uint32_t array = 0, polarities = row.encoding == Offset ? 1 : 2;
  for (uint32_t group = 0; group < groups; ++group)
    for (uint32_t tile = 0; tile < crossbar->row_tiles; ++tile)
      for (uint32_t slice = 0; slice < crossbar->slices; ++slice)
        for (uint32_t polarity = 0; polarity < polarities; ++polarity)
          crossbar->placements.emplace_back(group, tile, 0, slice, polarity, 0, array++, 0, 0,
                                            std::min(row.tileRows, row.k - tile * row.tileRows), columns, 1);
  model.target->arrays_per_chip = array;

  auto dispatch = std::make_unique<fb::DispatchT>();
  dispatch->node = row.name;
  dispatch->kind = row.shape == Case::Rows ? fb::Kind::MatMul : fb::Kind::Convolution;
  dispatch->k_sizes = {row.k};
  int64_t k = row.k;
  if (row.shape == Case::Window) {
    // Place p of a row of k values reads from p − 1 on: padding on both sides.
    dispatch->row_dims = 2;
    dispatch->x = affineIndex({0, -1}, {1, 0, 0, 0, 0, 1, 0, 1});
    dispatch->y = affineIndex({0, 0}, {1, 0, 0, 0, 0, 1, 0, 0});
  } else {
    dispatch->row_dims = 1;
    dispatch->x = affineIndex({0, 0}, {1, 0, 0, 0, row.shape == Case::Groups ? k : 0, 1});
    dispatch->y = affineIndex({0, 0}, {1, 0, 0, 0, row.shape == Case::Groups ? 1 : 0, row.shape == Case::Groups ? 0 : 1});
  }
  dispatch->scale_dims = 1;
  dispatch->batch_dim = 0;
  dispatch->input_bits = row.inputBits;
  dispatch->input_signed = row.inputSigned;
  dispatch->input_slice_bits = row.inputSliceBits;
  dispatch->input_slices = ceilDiv(row.inputSigned ? row.inputBits - 1 : row.inputBits, row.inputSliceBits);
  dispatch->dynamic = row.dynamic;
  dispatch->alpha = row.dynamic ? 0 : uniform(0.5, 2);
  for (uint32_t tile = 0; row.tileScales && tile < crossbar->row_tiles; ++tile)
    dispatch->tile_alpha.push_back(uniform(0.5, 2));
  dispatch->adc_bits = row.adcBits;
  dispatch->adc_unsigned = row.encoding == Offset && !row.inputSigned;
  ASSERT_TRUE(writer.beginSection(SectionKind::Ranges).ok());
  if (row.adcBits) {
    // Some columns clip, some do not.
    std::vector<float> ranges(groups * crossbar->row_tiles * columns * crossbar->slices);
    double digits = std::pow(2.0, row.cellBits + row.inputSliceBits);
    for (float &range : ranges)
      range = std::max(1.0f, uniform(0.05, 0.6) * static_cast<float>(digits * std::sqrt(row.tileRows)));
    dispatch->adc_range = blob(writer, ranges);
  }
  auto perColumn = [&] {
    std::vector<float> values(groups * columns);
    for (float &value : values)
      value = uniform(-3, 3);
    return blob(writer, values);
  };
  dispatch->bias = perColumn();
  if (row.affine) {
    dispatch->affine_scale = perColumn();
    dispatch->affine_offset = perColumn();
  }
  ASSERT_TRUE(writer.endSection().ok());
  model.crossbars.push_back(std::move(crossbar));
  model.dispatches.push_back(std::move(dispatch));
}

static void writeCase(const Case &row, const std::string &directory, std::mt19937 &random) {
  auto writer = Writer::create(directory + "/" + row.name + ".aimc");
  ASSERT_TRUE(writer.ok());
  fb::ModelT model;
  model.producer = "write-layers";
  model.inputs.push_back(tensor("x", row.batch, row.shape == Case::Groups ? 3 * row.k : row.k));
  model.outputs.push_back(tensor("y", row.batch, 3));
  auto code = std::make_unique<fb::HostCodeT>();
#if defined(__x86_64__)
  code->triple = "x86_64-unknown-linux-gnu";
#else
  code->triple = "aarch64-unknown-linux-gnu";
#endif
  code->cpu = "generic";
  code->section = test::addSection(**writer, SectionKind::HostCode, test::hostCode("multiply"));
  model.host_code.push_back(std::move(code));
  auto target = std::make_unique<fb::TargetT>();
  target->name = "any";
  target->array_rows = target->array_columns = 256;
  target->device = fb::DeviceModel::Pcm;
  target->g_max = 25;
  target->programming_noise = true;
  target->output_noise = 0.5f;
  model.target = std::move(target);
  describeLayer(row, **writer, model, random);
  test::finish(**writer, model);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "write-layers DIR\n");
    return 1;
  }
  testing::InitGoogleTest();
  std::mt19937 random(1);
  for (const Case &row : cases)
    writeCase(row, argv[1], random);
  return testing::Test::HasFailure();
}
