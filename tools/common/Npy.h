// NumPy's .npy files: versions 1 to 3, little endian, both orders, every aimc_type. bfloat16, which NumPy lacks, is '<V2', as
// the ml_dtypes package writes it.
#ifndef AIMC_TOOLS_COMMON_NPY_H
#define AIMC_TOOLS_COMMON_NPY_H

#include "Types.h"

#include <memory>

namespace aimc::tools {

/// A file mapped for reading.
class NpyFile {
public:
  /// Errors name the file and what is wrong with it: not a .npy file, cut off, big endian, Python objects.
  static Result<NpyFile> open(const std::string &path);

  const std::string &path() const { return name; }
  aimc_type type() const { return elementType; }
  const std::vector<int64_t> &shape() const { return dims; }
  /// Distances between neighbours, in elements.
  const std::vector<int64_t> &strides() const { return steps; }
  /// Elements in all.
  int64_t size() const { return count; }
  bool isRowMajor() const { return rowMajor; }
  /// First element; not necessarily aligned.
  const void *data() const { return first; }

private:
  std::string name;
  aimc_type elementType = AIMC_F32;
  bool rowMajor = true;
  std::vector<int64_t> dims, steps;
  int64_t count = 0;
  std::shared_ptr<const void> mapping;
  const void *first = nullptr;
};

/// Writes a file piece by piece along its first dimension, whose size is known only at the end. The file is open during calls
/// only, so that there may be any number of writers.
class NpyWriter {
public:
  /// `inner`: the dimensions after the first.
  static Result<NpyWriter> create(const std::string &path, aimc_type type, std::vector<int64_t> inner);

  /// Appends rows · (product of inner) dense elements.
  Status append(const void *data, int64_t rows);
  int64_t rows() const { return written; }
  /// Puts the final shape into the header; until then it says 0 rows.
  Status close();

private:
  std::string name;
  aimc_type elementType = AIMC_F32;
  std::vector<int64_t> inner;
  int64_t written = 0;
};

/// Writes a dense array of any rank.
Status writeNpy(const std::string &path, aimc_type type, const std::vector<int64_t> &shape, const void *data);

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_NPY_H
