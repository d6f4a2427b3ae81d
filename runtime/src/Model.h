//===- Model.h - A verified container as the C interface sees it -*- C++ -*-===//
#ifndef AIMC_RUNTIME_MODEL_H
#define AIMC_RUNTIME_MODEL_H

#include "container/Container.h"

namespace aimc {

/// One input or output; pointers go into the container.
struct TensorInfo {
  const char *name;
  aimc_type type;
  int32_t rank;
  const int64_t *dims;
  std::vector<const char *> dimNames;
  int32_t batchDim;
};

/// Bytes of one element of `type`.
size_t sizeOf(aimc_type type);
const char *nameOf(aimc_type type);
/// "2x?x3", "scalar".
std::string formatDims(const int64_t *dims, int32_t rank);

class Model {
public:
  explicit Model(std::shared_ptr<const Container> container);

  const Container &container() const { return *file; }
  const fb::Model &metadata() const { return file->model(); }
  const std::vector<TensorInfo> &inputs() const { return inputInfos; }
  const std::vector<TensorInfo> &outputs() const { return outputInfos; }
  /// Start of the constants section, null without one.
  const void *constants() const;

private:
  std::shared_ptr<const Container> file;
  std::vector<TensorInfo> inputInfos, outputInfos;
};

} // namespace aimc

#endif // AIMC_RUNTIME_MODEL_H
