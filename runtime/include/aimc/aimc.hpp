// The runtime for C++17: handles that release themselves, errors as values. Header only, over aimc.h.
//
//   auto model = aimc::Model::open("network.aimc");
//   if (!model) return std::cerr << model.error() << '\n', 1;
//   auto chip = aimc::Chip::create(*model);                       // simulator, exact
//   auto session = aimc::Session::create(*chip);
//   auto outputs = session->run({aimc::Array::of(data, {1, 3, 224, 224})});
//   const float *logits = outputs->front().as<float>();
#ifndef AIMC_HPP
#define AIMC_HPP

#include "aimc/aimc.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace aimc {

/// A value, or the code and message of the call that failed.
template <typename T>
class Expected {
public:
  Expected(T value) : held(std::move(value)) {}
  Expected(aimc_status code, std::string message) : failure(code), text(std::move(message)) {}

  explicit operator bool() const { return held.has_value(); }
  T &operator*() { return *held; }
  const T &operator*() const { return *held; }
  T *operator->() { return &*held; }
  const T *operator->() const { return &*held; }

  aimc_status code() const { return failure; }
  const std::string &error() const { return text; }

private:
  std::optional<T> held;
  aimc_status failure = AIMC_OK;
  std::string text;
};

namespace detail {
template <typename Handle, void (*release)(Handle *)>
struct Releaser {
  void operator()(Handle *handle) const { release(handle); }
};
template <typename Handle, void (*release)(Handle *)>
using Owner = std::unique_ptr<Handle, Releaser<Handle, release>>;

template <typename T>
Expected<T> failed(aimc_status status) {
  return Expected<T>(status, aimc_last_error());
}

template <typename T>
constexpr aimc_type typeOf() {
  if constexpr (std::is_same_v<T, bool>)
    return AIMC_BOOL;
  else if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 4 ? AIMC_F32 : AIMC_F64;
  else if constexpr (std::is_signed_v<T>)
    return sizeof(T) == 1 ? AIMC_I8 : sizeof(T) == 2 ? AIMC_I16 : sizeof(T) == 4 ? AIMC_I32 : AIMC_I64;
  else
    return sizeof(T) == 1 ? AIMC_U8 : sizeof(T) == 2 ? AIMC_U16 : sizeof(T) == 4 ? AIMC_U32 : AIMC_U64;
}
} // namespace detail

/// A dense, row-major array that lies elsewhere: the caller's input, or a session's output until its next run.
struct Array {
  const void *data = nullptr;
  aimc_type type = AIMC_F32;
  std::vector<int64_t> dims;

  template <typename T>
  static Array of(const T *data, std::vector<int64_t> dims) {
    static_assert(std::is_arithmetic_v<T>, "half floats are given as Array{data, AIMC_F16, dims}");
    return {data, detail::typeOf<T>(), std::move(dims)};
  }

  int64_t size() const {
    int64_t elements = 1;
    for (int64_t extent : dims)
      elements *= extent;
    return elements;
  }
  /// Null when the elements are of another type.
  template <typename T>
  const T *as() const {
    return type == detail::typeOf<T>() ? static_cast<const T *>(data) : nullptr;
  }
};

class Pool {
public:
  /// 0: one worker per hardware thread.
  static Expected<Pool> create(int32_t threads) {
    aimc_pool *pool;
    aimc_status status = aimc_pool_create(threads, &pool);
    return status ? detail::failed<Pool>(status) : Expected<Pool>(Pool(pool));
  }
  aimc_pool *get() const { return handle.get(); }

private:
  explicit Pool(aimc_pool *pool) : handle(pool) {}
  detail::Owner<aimc_pool, aimc_pool_release> handle;
};

class Model {
public:
  static Expected<Model> open(const std::string &path) {
    aimc_model *model;
    aimc_status status = aimc_model_open(path.c_str(), &model);
    return status ? detail::failed<Model>(status) : Expected<Model>(Model(model));
  }
  /// `data` must outlive the model and everything made from it; 64-byte aligned.
  static Expected<Model> openMemory(const void *data, size_t size) {
    aimc_model *model;
    aimc_status status = aimc_model_open_memory(data, size, &model);
    return status ? detail::failed<Model>(status) : Expected<Model>(Model(model));
  }

  /// Names and dims in the infos belong to the model.
  std::vector<aimc_tensor_info> inputs() const { return infos(aimc_model_input_count(get()), aimc_model_input); }
  std::vector<aimc_tensor_info> outputs() const { return infos(aimc_model_output_count(get()), aimc_model_output); }

  aimc_model *get() const { return handle.get(); }

private:
  explicit Model(aimc_model *model) : handle(model) {}

  std::vector<aimc_tensor_info> infos(int32_t count,
                                      aimc_status (*read)(const aimc_model *, int32_t, aimc_tensor_info *)) const {
    std::vector<aimc_tensor_info> infos(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; ++i) {
      infos[i].struct_size = sizeof infos[i];
      read(get(), i, &infos[i]);
    }
    return infos;
  }

  detail::Owner<aimc_model, aimc_model_release> handle;
};

/// Options with every field at its default.
inline aimc_chip_options chipOptions() {
  aimc_chip_options options = {};
  options.struct_size = sizeof options;
  return options;
}
inline aimc_run_options runOptions() {
  aimc_run_options options = {};
  options.struct_size = sizeof options;
  return options;
}

class Chip {
public:
  static Expected<Chip> create(const Model &model, const aimc_chip_options &options = chipOptions()) {
    aimc_chip *chip;
    aimc_status status = aimc_chip_create(model.get(), &options, &chip);
    return status ? detail::failed<Chip>(status) : Expected<Chip>(Chip(chip));
  }
  Expected<aimc_statistics> statistics() const {
    aimc_statistics statistics = {};
    statistics.struct_size = sizeof statistics;
    aimc_status status = aimc_chip_statistics(get(), &statistics);
    return status ? detail::failed<aimc_statistics>(status) : Expected<aimc_statistics>(statistics);
  }
  aimc_chip *get() const { return handle.get(); }

private:
  explicit Chip(aimc_chip *chip) : handle(chip) {}
  detail::Owner<aimc_chip, aimc_chip_release> handle;
};

class Session {
public:
  static Expected<Session> create(const Chip &chip) {
    aimc_session *session;
    aimc_status status = aimc_session_create(chip.get(), &session);
    return status ? detail::failed<Session>(status) : Expected<Session>(Session(session));
  }

  /// Runs the network once on inputs in graph order. The outputs' data are valid until the next run.
  Expected<std::vector<Array>> run(const std::vector<Array> &inputs, const aimc_run_options &options = runOptions()) {
    std::vector<aimc_array> arrays;
    for (const Array &input : inputs)
      arrays.push_back({input.data, input.type, static_cast<int32_t>(input.dims.size()), input.dims.data()});
    if (aimc_status status = aimc_session_run(get(), arrays.data(), static_cast<int32_t>(arrays.size()), &options))
      return detail::failed<std::vector<Array>>(status);
    std::vector<Array> outputs;
    aimc_array array;
    for (int32_t i = 0; aimc_session_output(get(), i, &array) == AIMC_OK; ++i)
      outputs.push_back({array.data, array.type, std::vector<int64_t>(array.dims, array.dims + array.rank)});
    return outputs;
  }

  aimc_session *get() const { return handle.get(); }

private:
  explicit Session(aimc_session *session) : handle(session) {}
  detail::Owner<aimc_session, aimc_session_release> handle;
};

} // namespace aimc

#endif // AIMC_HPP
