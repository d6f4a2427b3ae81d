#include "TestModel.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

using namespace aimc;
using namespace aimc::test;

TemporaryFile::TemporaryFile(const std::string &name)
    : full(::testing::TempDir() + "aimc-" + std::to_string(::getpid()) + "-" + name) {}

TemporaryFile::~TemporaryFile() { std::remove(full.c_str()); }

std::vector<uint8_t> test::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

void test::writeFile(const std::string &path, const std::vector<uint8_t> &bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::vector<uint8_t> test::hostCode(const std::string &name) {
  return readFile(std::string(AIMC_TEST_HOSTCODE_DIR) + "/" + name + ".so");
}

static void expectOk(const Status &status) { ASSERT_TRUE(status.ok()) << status.message(); }

uint32_t test::addSection(Writer &writer, SectionKind kind, const std::vector<uint8_t> &bytes, uint32_t flags) {
  Result<uint32_t> index = writer.beginSection(kind, flags);
  EXPECT_TRUE(index.ok());
  expectOk(writer.append(bytes.data(), bytes.size()));
  expectOk(writer.endSection());
  return *index;
}

void test::finish(Writer &writer, const fb::ModelT &model) {
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishModelBuffer(builder, fb::Model::Pack(builder, &model));
  addSection(writer, SectionKind::Metadata, {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()});
  expectOk(writer.finish());
}

static std::unique_ptr<fb::TensorT> tensor(const char *name, std::vector<int64_t> dims) {
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = name;
  tensor->type = AIMC_F32;
  tensor->dims = std::move(dims);
  tensor->dim_names = {"batch", ""};
  tensor->batch_dim = 0;
  return tensor;
}

static std::unique_ptr<fb::AffineIndexT> affine(std::vector<int64_t> offsets, std::vector<int64_t> coefficients) {
  auto index = std::make_unique<fb::AffineIndexT>();
  index->offsets = std::move(offsets);
  index->coefficients = std::move(coefficients);
  return index;
}

/// Everything but what is analog or digital: x, y and the host code.
static void describeProgram(fb::ModelT &model, Writer &writer, const char *name = "multiply") {
  model.producer = "test";
  model.inputs.push_back(tensor("x", {-1, 2}));
  model.outputs.push_back(tensor("y", {-1, 3}));
  auto code = std::make_unique<fb::HostCodeT>();
#if defined(__x86_64__)
  code->triple = "x86_64-unknown-linux-gnu";
  code->features = {"sse2"};
#else
  code->triple = "aarch64-unknown-linux-gnu";
#endif
  code->cpu = "generic";
  code->section = addSection(writer, SectionKind::HostCode, hostCode(name));
  model.host_code.push_back(std::move(code));
}

template <typename T> static fb::Blob blob(Writer &writer, const std::vector<T> &values) {
  return *writer.appendBlob(values.data(), values.size() * sizeof(T));
}

void test::writeDigitalModel(const std::string &path) {
  auto writer = Writer::create(path);
  ASSERT_TRUE(writer.ok());
  fb::ModelT model;
  describeProgram(model, **writer);
  const float weights[] = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> bytes(sizeof weights);
  std::memcpy(bytes.data(), weights, sizeof weights);
  model.constants_section = static_cast<int32_t>(addSection(**writer, SectionKind::Constants, bytes));
  auto contraction = std::make_unique<fb::ContractionT>();
  contraction->node = "fc";
  contraction->m_dims = contraction->n_dims = contraction->k_dims = 1;
  contraction->a = affine({0, 0}, {1, 0, 0, 0, 0, 1});
  contraction->b = affine({0, 0}, {0, 0, 1, 0, 1, 0});
  contraction->c = affine({0, 0}, {1, 0, 0, 0, 1, 0});
  contraction->type = AIMC_F32;
  model.contractions.push_back(std::move(contraction));
  finish(**writer, model);
}

static void writeLayer(const std::string &path, const char *code, void (*change)(fb::ModelT &)) {
  auto writer = Writer::create(path);
  ASSERT_TRUE(writer.ok());
  fb::ModelT model;
  describeProgram(model, **writer, code);

  auto target = std::make_unique<fb::TargetT>();
  target->name = "tiny";
  target->array_rows = 8;
  target->array_columns = 8;
  target->arrays_per_chip = 2;
  target->device = fb::DeviceModel::Pcm;
  target->g_min = 0;
  target->g_max = 25;
  model.target = std::move(target);

  auto crossbar = std::make_unique<fb::CrossbarT>();
  crossbar->symbol = "fc";
  crossbar->node = "fc";
  crossbar->rows = 2;
  crossbar->columns = 3;
  crossbar->tile_rows = 1;
  crossbar->tile_columns = 8;
  crossbar->row_tiles = 2;
  crossbar->column_tiles = 1;
  crossbar->weight_bits = 8;
  crossbar->cell_bits = 7;
  crossbar->slices = 1;
  ASSERT_TRUE((*writer)->beginSection(SectionKind::Tiles).ok());
  crossbar->levels = std::make_unique<fb::Blob>(blob<int8_t>(**writer, {127, -127, 1, 2, 3, 4}));
  crossbar->weight_scale = std::make_unique<fb::Blob>(blob<float>(**writer, {1, 1, 1, 2, 2, 2}));
  expectOk((*writer)->endSection());
  ASSERT_TRUE((*writer)->beginSection(SectionKind::Reference).ok());
  crossbar->reference = std::make_unique<fb::Blob>(blob<float>(**writer, {1, -1, 0.5, 0.25, 2, -2}));
  expectOk((*writer)->endSection());
  for (uint32_t tile = 0; tile < 2; ++tile)
    for (uint32_t polarity = 0; polarity < 2; ++polarity)
      crossbar->placements.emplace_back(0, tile, 0, 0, polarity, 0, 0, tile, polarity, 1, 3, 2);
  model.crossbars.push_back(std::move(crossbar));

  auto dispatch = std::make_unique<fb::DispatchT>();
  dispatch->node = "fc";
  dispatch->row_dims = 1;
  dispatch->k_sizes = {2};
  dispatch->x = affine({0, 0}, {1, 0, 0, 0, 0, 1});
  dispatch->y = affine({0, 0}, {1, 0, 0, 0, 3, 1});
  dispatch->scale_dims = 1;
  dispatch->batch_dim = 0;
  dispatch->input_bits = 8;
  dispatch->input_signed = true;
  dispatch->input_slice_bits = 7;
  dispatch->input_slices = 1;
  dispatch->alpha = 1;
  dispatch->adc_bits = 8;
  ASSERT_TRUE((*writer)->beginSection(SectionKind::Ranges).ok());
  dispatch->adc_range = std::make_unique<fb::Blob>(blob<float>(**writer, {100, 100, 100, 200, 200, 200}));
  dispatch->bias = std::make_unique<fb::Blob>(blob<float>(**writer, {1, 2, 3}));
  expectOk((*writer)->endSection());
  model.dispatches.push_back(std::move(dispatch));
  if (change)
    change(model);
  finish(**writer, model);
}

void test::writeAnalogModel(const std::string &path, void (*change)(fb::ModelT &)) { writeLayer(path, "multiply", change); }

void test::writeMisbehavingModel(const std::string &path) {
  writeLayer(path, "misbehave", [](fb::ModelT &model) {
    for (fb::TensorT *tensor : {model.inputs[0].get(), model.outputs[0].get()}) {
      tensor->dims.clear();
      tensor->dim_names.clear();
      tensor->batch_dim = -1;
    }
    model.inputs[0]->dims = {1};
  });
}
