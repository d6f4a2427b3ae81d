// A .npy file as the samples of one graph input.
#ifndef AIMC_TOOLS_COMMON_DATASET_H
#define AIMC_TOOLS_COMMON_DATASET_H

#include "Npy.h"

#include <optional>

namespace aimc::tools {

/// What a graph says about an input or output; an aimc_tensor_info that owns its parts.
struct TensorInfo {
  std::string name;
  aimc_type type = AIMC_F32;
  std::vector<int64_t> dims; // −1: known only at run time
  std::vector<std::string> dimNames;
  int32_t batchDim = -1; // the dimension that counts samples, −1: none

  TensorInfo() = default;
  explicit TensorInfo(const aimc_tensor_info &info);

  /// "float32[N, 1, 28, 28]".
  std::string toString() const;
};

class DataSet {
public:
  DataSet(DataSet &&) = default;
  DataSet &operator=(DataSet &&) = default;
  DataSet(const DataSet &) = delete;
  /// Fits the file's array to the input: as it is when the dimensions besides the batch agree, reshaped when each sample has
  /// the right number of elements (a single sample may lack the batch dimension). `scale`, if given, applies to integer data of
  /// a float input. Errors name the file, the input and both shapes.
  static Result<DataSet> open(const std::string &path, const TensorInfo &input, const std::optional<InputScale> &scale);

  const std::string &path() const { return file.path(); }
  /// Whether `scale` has something to scale: the file's elements are integers and the input's floats.
  bool isScaled() const { return !isFloat(file.type()) && isFloat(tensor.type); }
  /// How many samples there are; −1 when the input has no batch dimension.
  int64_t samples() const { return tensor.batchDim < 0 ? -1 : view[tensor.batchDim]; }
  /// What may not be meant: reshaping where a transpose was due, bytes for a float input without a scale.
  const std::vector<std::string> &doubts() const { return warnings; }

  /// Shape of an array of `count` samples.
  std::vector<int64_t> dims(int64_t count) const;
  /// Writes `count` samples from `begin` on into `out`, dense and of the input's type; indices beyond the last sample repeat
  /// it. Without a batch dimension: the whole array.
  Status read(int64_t begin, int64_t count, std::vector<char> &out) const;

private:
  DataSet(NpyFile file, TensorInfo tensor, const InputScale &scale)
      : file(std::move(file)), tensor(std::move(tensor)), scale(scale) {}
  Status fit();
  void doubtBytes();
  Status readBlock(const char *from, size_t axis, int64_t begin, int64_t count, char *&to) const;

  NpyFile file;
  TensorInfo tensor;
  InputScale scale;
  std::vector<int64_t> view, strides; // the file's elements in the input's dimensions
  std::vector<char> reordered;        // a row-major copy, when a column-major file had to be reshaped
  const char *first = nullptr;
  std::vector<std::string> warnings;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_DATASET_H
