//===- Structs.h - Structs of the C interface that may grow -----*- C++ -*-===//
#ifndef AIMC_RUNTIME_STRUCTS_H
#define AIMC_RUNTIME_STRUCTS_H

#include "Status.h"

#include <algorithm>
#include <cstring>

namespace aimc {

/// The number that a caller's enum field holds, which may be none of the enum's.
template <typename Enum> int32_t rawValue(const Enum &field) {
  static_assert(sizeof field == sizeof(int32_t));
  int32_t value;
  std::memcpy(&value, &field, sizeof value);
  return value;
}

/// Reads a caller's struct that begins with its size. A shorter one, of an older caller, has zeros at its end; of a longer
/// one, of a newer caller, the part beyond what this runtime knows must be zero. Null gives all defaults.
template <typename T> Status readStruct(const char *what, const T *given, T &out) {
  out = T();
  out.struct_size = sizeof(T);
  if (!given)
    return Status();
  size_t size = given->struct_size;
  if (size < sizeof(size_t) || size > 4096)
    return error(AIMC_INVALID_ARGUMENT, "%s: struct_size is %zu; set it to sizeof(%s)", what, size, what);
  const char *bytes = reinterpret_cast<const char *>(given);
  std::memcpy(static_cast<void *>(&out), bytes, std::min(size, sizeof(T)));
  out.struct_size = sizeof(T);
  for (size_t i = sizeof(T); i < size; ++i)
    if (bytes[i])
      return error(AIMC_UNSUPPORTED, "%s: a field that this runtime does not know is set, at byte %zu of %zu", what, i, size);
  return Status();
}

/// Fills a caller's struct as far as it reaches.
template <typename T> Status writeStruct(const char *what, const T &value, T *out) {
  if (!out)
    return error(AIMC_INVALID_ARGUMENT, "%s: the result's address is null", what);
  size_t size = out->struct_size;
  if (size < sizeof(size_t))
    return error(AIMC_INVALID_ARGUMENT, "%s: struct_size is %zu; set it to sizeof(%s)", what, size, what);
  std::memcpy(static_cast<void *>(out), &value, std::min(size, sizeof(T)));
  out->struct_size = size;
  return Status();
}

} // namespace aimc

#endif // AIMC_RUNTIME_STRUCTS_H
