#include "Session.h"

#include "Environment.h"
#include "LastError.h"
#include "Structs.h"
#include "container/Verify.h"

#include <cstring>

using namespace aimc;

Session::Array::Array(int32_t rank, aimc_type type) : sizes(rank), strides(rank) {
  buffer.rank = rank;
  buffer.type = type;
}

/// `at` becomes this array, with this array's sizes and strides.
void Session::Array::point(aimc_buffer &at) {
  at = buffer;
  at.sizes = sizes.data();
  at.strides = strides.data();
}

/// Row-major strides in elements; returns the number of elements.
static int64_t denseStrides(const int64_t *sizes, int32_t rank, int64_t *strides) {
  int64_t elements = 1;
  for (int32_t i = rank; i-- > 0;) {
    strides[i] = elements;
    elements *= sizes[i];
  }
  return elements;
}

Session::Session(std::shared_ptr<const Chip> chip) : owner(std::move(chip)) {
  env = Environment::of(*this);
  for (const TensorInfo &info : owner->model().inputs())
    inputArrays.emplace_back(info.rank, info.type);
  for (const TensorInfo &info : owner->model().outputs())
    outputArrays.emplace_back(info.rank, info.type);
  invocations.resize(owner->model().metadata().dispatches()->size());
  outputs.resize(outputArrays.size());
  plans.resize(owner->model().metadata().contractions()->size());
}

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Chip> chip) {
  std::unique_ptr<Session> session(new Session(std::move(chip)));
  const aimc_driver &driver = session->owner->driver();
  std::string before = std::exchange(lastError(), "");
  if (aimc_status status = driver.create_scratch(session->owner->driverChip(), &session->scratch)) {
    session->scratch = nullptr;
    return Status(knownStatus(status), lastError().empty() ? "the driver has no scratch for a session" : lastError());
  }
  lastError() = before;
  return session;
}

Session::~Session() {
  if (scratch)
    owner->driver().destroy_scratch(owner->driverChip(), scratch);
}

static bool fits(const TensorInfo &info, const aimc_array &array) {
  if (array.rank != info.rank)
    return false;
  for (int32_t i = 0; i < info.rank; ++i)
    if (array.dims[i] < 0 || (info.dims[i] >= 0 && array.dims[i] != info.dims[i]))
      return false;
  return true;
}

static Status checkInput(const TensorInfo &info, const aimc_array &array) {
  if (int32_t type = rawValue(array.type); type < AIMC_F32 || type > AIMC_BOOL)
    return error(AIMC_INVALID_ARGUMENT, "input %s: type %d is not one of aimc.h", info.name, type);
  if (array.type != info.type)
    return error(AIMC_INVALID_ARGUMENT, "input %s: given as %s, the model takes %s", info.name, nameOf(array.type),
                 nameOf(info.type));
  if (array.rank < 0 || (array.rank > 0 && !array.dims))
    return error(AIMC_INVALID_ARGUMENT, "input %s: given with rank %d and no dims", info.name, array.rank);
  if (!fits(info, array))
    return error(AIMC_INVALID_ARGUMENT, "input %s: given as %s, the model takes %s", info.name,
                 formatDims(array.dims, array.rank).c_str(), formatDims(info.dims, info.rank).c_str());
  int64_t bytes = static_cast<int64_t>(sizeOf(info.type));
  for (int32_t i = 0; i < array.rank; ++i)
    if (__builtin_mul_overflow(bytes, array.dims[i], &bytes))
      return error(AIMC_INVALID_ARGUMENT, "input %s: %s is more than 2^63 bytes", info.name,
                   formatDims(array.dims, array.rank).c_str());
  if (bytes > 0 && !array.data)
    return error(AIMC_INVALID_ARGUMENT, "input %s: its data are null", info.name);
  if (reinterpret_cast<uintptr_t>(array.data) % sizeOf(info.type) != 0)
    return error(AIMC_INVALID_ARGUMENT, "input %s: its data at %p are not aligned to its elements of %zu bytes", info.name,
                 array.data, sizeOf(info.type));
  return Status();
}

/// Dimensions of one name have one extent.
static Status checkNamedDims(const std::vector<TensorInfo> &infos, const aimc_array *inputs) {
  for (size_t i = 0; i < infos.size(); ++i)
    for (int32_t d = 0; d < infos[i].rank; ++d) {
      if (!*infos[i].dimNames[d])
        continue;
      for (size_t other = 0; other <= i; ++other)
        for (int32_t e = 0; e < infos[other].rank; ++e)
          if (std::strcmp(infos[i].dimNames[d], infos[other].dimNames[e]) == 0 && inputs[i].dims[d] != inputs[other].dims[e])
            return error(AIMC_INVALID_ARGUMENT, "input %s, %s, and input %s, %s, differ in the dimension both call %s",
                         infos[other].name, formatDims(inputs[other].dims, inputs[other].rank).c_str(), infos[i].name,
                         formatDims(inputs[i].dims, inputs[i].rank).c_str(), infos[i].dimNames[d]);
    }
  return Status();
}

Status Session::checkInputs(const aimc_array *inputs, int32_t inputCount) const {
  const std::vector<TensorInfo> &infos = owner->model().inputs();
  if (inputCount != static_cast<int32_t>(infos.size()) || (inputCount > 0 && !inputs))
    return error(AIMC_INVALID_ARGUMENT, "%d inputs given, the model has %zu", inputs ? inputCount : 0, infos.size());
  for (size_t i = 0; i < infos.size(); ++i)
    AIMC_TRY(checkInput(infos[i], inputs[i]));
  return checkNamedDims(infos, inputs);
}

Status Session::callHostCode(const aimc_array *inputs, std::vector<aimc_buffer> &outs) {
  std::vector<aimc_buffer> ins(inputArrays.size());
  for (size_t i = 0; i < ins.size(); ++i) {
    Array &array = inputArrays[i];
    array.sizes.assign(inputs[i].dims, inputs[i].dims + inputs[i].rank);
    denseStrides(array.sizes.data(), inputs[i].rank, array.strides.data());
    array.buffer.data = const_cast<void *>(inputs[i].data);
    array.point(ins[i]);
  }
  for (size_t i = 0; i < outs.size(); ++i)
    outputArrays[i].point(outs[i]);
  int32_t status = owner->hostCode().entry()(&env, ins.data(), outs.data());
  if (status == AIMC_OK)
    return Status();
  if (lastError().empty())
    return error(knownStatus(status), status == AIMC_OUT_OF_MEMORY ? "out of memory" : "host code failed with status %d",
                 status);
  return Status(knownStatus(status), lastError());
}

/// Copies elements of `width` bytes from a strided array to a dense one.
static void copyDense(const aimc_buffer &from, int32_t axis, const char *source, char *&to, size_t width) {
  if (axis == from.rank) {
    std::memcpy(to, source, width);
    to += width;
    return;
  }
  int64_t step = from.strides[axis] * static_cast<int64_t>(width);
  if (axis == from.rank - 1 && from.strides[axis] == 1) {
    std::memcpy(to, source, from.sizes[axis] * width);
    to += from.sizes[axis] * width;
    return;
  }
  for (int64_t i = 0; i < from.sizes[axis]; ++i)
    copyDense(from, axis + 1, source + i * step, to, width);
}

/// Host code's result becomes the session's: kept where it lies when it is dense and its block ours to keep, copied otherwise
/// (an input, a constant, a transposed view).
Status Session::adopt(const aimc_buffer &buffer, const TensorInfo &info, Output &output) {
  if (!fits(info, {buffer.data, info.type, buffer.rank, buffer.sizes}))
    return error(AIMC_FAILED, "output %s: host code made %s, the model says %s", info.name,
                 formatDims(buffer.sizes, buffer.rank).c_str(), formatDims(info.dims, info.rank).c_str());
  output.dims.assign(buffer.sizes, buffer.sizes + buffer.rank);
  int64_t strides[maxRank];
  int64_t elements = denseStrides(buffer.sizes, buffer.rank, strides);
  uint64_t bytes = static_cast<uint64_t>(elements) * sizeOf(info.type);
  bool dense = true;
  for (int32_t i = 0; i < buffer.rank; ++i)
    dense &= buffer.sizes[i] == 1 || buffer.strides[i] == strides[i];
  if (dense && buffer.allocation && arena.holds(buffer.allocation, buffer.data, bytes)) {
    output.data = buffer.data;
    output.allocation = buffer.allocation;
    return Status();
  }
  output.data = output.allocation = arena.allocate(bytes);
  if (!output.data)
    return error(AIMC_OUT_OF_MEMORY, "output %s: no memory for its %llu bytes", info.name,
                 static_cast<unsigned long long>(bytes));
  char *to = static_cast<char *>(output.data);
  if (elements > 0)
    copyDense(buffer, 0, static_cast<const char *>(buffer.data), to, sizeOf(info.type));
  return Status();
}

Status Session::run(const aimc_array *inputs, int32_t inputCount, const aimc_run_options &options) {
  finished = false;
  AIMC_TRY(checkInputs(inputs, inputCount));
  if (options.ideal_adc && owner->fidelity() != AIMC_QUANTIZED)
    return error(AIMC_INVALID_ARGUMENT, "ideal_adc needs fidelity quantized; the chip's is %s",
                 owner->fidelity() == AIMC_EXACT ? "exact" : "noisy");
  if (options.observe && !options.observer)
    return error(AIMC_INVALID_ARGUMENT, "observe is 0x%x and there is no observer", options.observe);
  runOptions = &options;
  invocations.assign(invocations.size(), 0);
  arena.releaseAllBut({});

  // Whether host code or a driver leaves a message decides what a failure says.
  std::string before = std::exchange(lastError(), "");
  std::vector<aimc_buffer> outs(outputArrays.size());
  Status status = callHostCode(inputs, outs);
  runOptions = nullptr;
  std::vector<void *> kept;
  for (size_t i = 0; i < outs.size() && status.ok(); ++i) {
    status = adopt(outs[i], owner->model().outputs()[i], outputs[i]);
    kept.push_back(outputs[i].allocation);
  }
  arena.releaseAllBut(kept);
  lastError() = before;
  finished = status.ok();
  return status;
}

Result<aimc_array> Session::output(int32_t index) const {
  const std::vector<TensorInfo> &infos = owner->model().outputs();
  if (index < 0 || index >= static_cast<int32_t>(infos.size()))
    return error(AIMC_INVALID_ARGUMENT, "output %d of %zu", index, infos.size());
  if (!finished)
    return error(AIMC_INVALID_ARGUMENT, "output %d: the session has not run, or its last run failed", index);
  const Output &output = outputs[index];
  return aimc_array{output.data, infos[index].type, infos[index].rank, output.dims.data()};
}
