#include "DataSet.h"

#include <algorithm>
#include <cstring>

namespace aimc::tools {

TensorInfo::TensorInfo(const aimc_tensor_info &info)
    : name(info.name), type(info.type), dims(info.dims, info.dims + info.rank), batchDim(info.batch_dim) {
  for (int32_t i = 0; i < info.rank; ++i)
    dimNames.emplace_back(info.dim_names ? info.dim_names[i] : "");
}

std::string TensorInfo::toString() const {
  std::string text = std::string(nameOf(type)) + "[";
  for (size_t i = 0; i < dims.size(); ++i) {
    std::string size = dims[i] >= 0 ? std::to_string(dims[i]) : i < dimNames.size() ? dimNames[i] : "";
    text += (i ? ", " : "") + (size.empty() ? "?" : size);
  }
  return text + "]";
}

static std::vector<int64_t> withoutOnes(std::vector<int64_t> shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
  return shape;
}

static std::vector<int64_t> rowMajorStrides(const std::vector<int64_t> &shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Result<DataSet> DataSet::open(const std::string &path, const TensorInfo &input, const std::optional<InputScale> &scale) {
  Result<NpyFile> file = NpyFile::open(path);
  if (!file)
    return file.failure();
  if (isFloat(file->type()) && !isFloat(input.type))
    return Failure{path + ": input '" + input.name + "' takes " + input.toString() + ", the file holds " +
                   nameOf(file->type()) + "; save it again with .astype('" + nameOf(input.type) + "')"};
  DataSet set(std::move(*file), input, scale.value_or(InputScale()));
  if (Status status = set.fit(); !status)
    return status.failure();
  if (!scale)
    set.doubtBytes();
  return set;
}

Status DataSet::fit() {
  const std::vector<int64_t> &shape = file.shape();
  int32_t batch = tensor.batchDim;
  first = static_cast<const char *>(file.data());

  // As it is?
  bool same = shape.size() == tensor.dims.size();
  for (size_t i = 0; same && i < shape.size(); ++i)
    same = static_cast<int32_t>(i) == batch || tensor.dims[i] < 0 || tensor.dims[i] == shape[i];
  if (same) {
    view = shape;
    strides = file.strides();
    if (samples() == 0)
      return Failure{file.path() + ": it holds no sample, its shape is " + toString(shape)};
    return {};
  }

  // Reshaped?
  std::vector<int64_t> sample = tensor.dims;
  if (batch >= 0)
    sample.erase(sample.begin() + batch);
  int64_t each = elementCount(sample);
  int64_t count = 0;
  if (each > 0 && batch < 0)
    count = file.size() == each ? 1 : 0;
  else if (each > 0 && !shape.empty() && shape[0] > 0 && file.size() / shape[0] == each && file.size() % shape[0] == 0)
    count = shape[0];
  else if (file.size() == each)
    count = 1;
  if (count == 0) {
    std::string way =
        each < 0    ? "; dimensions known only at run time allow no reshaping, save the file in the input's shape"
        : batch < 0 ? "; the input has no batch dimension and takes " + std::to_string(each) + " elements"
                    : "; a sample has " + std::to_string(each) + " elements: give an array [samples, …] with as many in each";
    return Failure{file.path() + ": input '" + tensor.name + "' takes " + tensor.toString() + ", the file holds " +
                   nameOf(file.type()) + toString(shape) + way};
  }
  if (!file.isRowMajor()) {
    // Elements in row-major order first: reshaping means that order.
    reordered.resize(static_cast<size_t>(file.size()) * sizeOf(file.type()));
    size_t width = sizeOf(file.type());
    std::vector<int64_t> index(shape.size(), 0);
    for (int64_t i = 0; i < file.size(); ++i) {
      int64_t at = 0;
      for (size_t axis = 0; axis < shape.size(); ++axis)
        at += index[axis] * file.strides()[axis];
      std::memcpy(&reordered[i * width], first + at * width, width);
      for (size_t axis = shape.size(); axis-- > 0 && ++index[axis] == shape[axis];)
        index[axis] = 0;
    }
    first = reordered.data();
  }
  view = sample;
  strides = rowMajorStrides(sample);
  if (batch >= 0) {
    view.insert(view.begin() + batch, count);
    strides.insert(strides.begin() + batch, each);
  }

  // Same sizes in another order look like a transpose that was forgotten.
  std::vector<int64_t> from =
      withoutOnes(!shape.empty() && count == shape[0] ? std::vector<int64_t>(shape.begin() + 1, shape.end()) : shape);
  std::vector<int64_t> to = withoutOnes(sample);
  if (from != to && std::is_permutation(from.begin(), from.end(), to.begin(), to.end()))
    warnings.push_back(file.path() + ": samples " + toString(from) + " were reshaped, not transposed, to " + toString(to) +
                       " of input '" + tensor.name + "'");
  return {};
}

/// Images in bytes, and a network that was most likely trained on 0..1.
void DataSet::doubtBytes() {
  if (file.type() != AIMC_U8 || !isFloat(tensor.type))
    return;
  const auto *bytes = static_cast<const uint8_t *>(file.data());
  if (std::any_of(bytes, bytes + file.size(), [](uint8_t value) { return value > 1; }))
    warnings.push_back(file.path() + ": bytes go into input '" + tensor.name + "' as numbers up to 255; a network that was " +
                       "trained on 0..1 wants --input-scale=1/255");
}

std::vector<int64_t> DataSet::dims(int64_t count) const {
  std::vector<int64_t> shape = view;
  if (tensor.batchDim >= 0)
    shape[tensor.batchDim] = count;
  return shape;
}

/// The part of axes [axis, rank), `from` being its first element.
Status DataSet::readBlock(const char *from, size_t axis, int64_t begin, int64_t count, char *&to) const {
  bool isBatch = static_cast<int32_t>(axis) == tensor.batchDim;
  int64_t size = axis == view.size() ? 1 : isBatch ? count : view[axis];
  auto width = static_cast<int64_t>(sizeOf(file.type()));

  // The rest at once, when it is evenly spaced.
  int64_t stride = axis == view.size() ? 1 : strides.back();
  int64_t run = size;
  bool even = axis == view.size() || !isBatch || begin + count <= view[axis];
  for (size_t i = axis; i + 1 < view.size(); ++i) {
    even &= static_cast<int32_t>(i + 1) != tensor.batchDim && strides[i] == strides[i + 1] * view[i + 1];
    run *= view[i + 1];
  }
  if (even) {
    int64_t skip = isBatch ? begin * strides[axis] : 0;
    Status status = convertElements(from + skip * width, file.type(), stride, run, to, tensor.type, scale);
    to += run * static_cast<int64_t>(sizeOf(tensor.type));
    return status;
  }
  for (int64_t i = 0; i < size; ++i) {
    int64_t index = isBatch ? std::min(begin + i, view[axis] - 1) : i;
    if (Status status = readBlock(from + index * strides[axis] * width, axis + 1, begin, count, to); !status)
      return status;
  }
  return {};
}

Status DataSet::read(int64_t begin, int64_t count, std::vector<char> &out) const {
  out.resize(static_cast<size_t>(elementCount(dims(count))) * sizeOf(tensor.type));
  char *to = out.data();
  if (out.empty())
    return {};
  if (Status status = readBlock(first, 0, begin, count, to); !status)
    return Failure{file.path() + ", for input '" + tensor.name + "': " + status.error()};
  return {};
}

} // namespace aimc::tools
