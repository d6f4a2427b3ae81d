#include "Model.h"

using namespace aimc;

namespace {
struct TypeRow {
  const char *name;
  size_t size;
};
} // namespace

static const TypeRow types[] = {{"float32", 4}, {"float64", 8}, {"float16", 2}, {"bfloat16", 2}, {"int8", 1},
                                {"int16", 2},   {"int32", 4},   {"int64", 8},   {"uint8", 1},    {"uint16", 2},
                                {"uint32", 4},  {"uint64", 8},  {"bool", 1}};
static_assert(sizeof types / sizeof *types == AIMC_BOOL + 1);

size_t aimc::sizeOf(aimc_type type) { return types[type].size; }
const char *aimc::nameOf(aimc_type type) { return types[type].name; }

std::string aimc::formatDims(const int64_t *dims, int32_t rank) {
  std::string text;
  for (int32_t i = 0; i < rank; ++i)
    text += (i ? "x" : "") + (dims[i] < 0 ? "?" : std::to_string(dims[i]));
  return rank ? text : "scalar";
}

static std::vector<TensorInfo> describe(const flatbuffers::Vector<flatbuffers::Offset<fb::Tensor>> &tensors) {
  std::vector<TensorInfo> infos;
  for (const fb::Tensor *tensor : tensors) {
    TensorInfo info = {};
    info.name = tensor->name()->c_str();
    info.type = static_cast<aimc_type>(tensor->type());
    if (tensor->dims()) {
      info.rank = static_cast<int32_t>(tensor->dims()->size());
      info.dims = reinterpret_cast<const int64_t *>(tensor->dims()->Data());
    }
    info.dimNames.assign(info.rank, "");
    if (tensor->dim_names())
      for (flatbuffers::uoffset_t i = 0; i < tensor->dim_names()->size(); ++i)
        info.dimNames[i] = tensor->dim_names()->Get(i)->c_str();
    info.batchDim = tensor->batch_dim();
    infos.push_back(std::move(info));
  }
  return infos;
}

Model::Model(std::shared_ptr<const Container> container)
    : file(std::move(container)), inputInfos(describe(*metadata().inputs())), outputInfos(describe(*metadata().outputs())) {}

const void *Model::constants() const {
  int32_t section = metadata().constants_section();
  return section < 0 ? nullptr : file->sections()[section].data;
}
