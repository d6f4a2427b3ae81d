// Memory that grows and says when there is none, instead of throwing.
#ifndef AIMC_SIMULATOR_BUFFER_H
#define AIMC_SIMULATOR_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

namespace aimc::simulator {

/// 64-byte aligned elements of a trivial type, with 64 bytes of readable slack after the last. Contents are lost on growth.
template <typename T> class Buffer {
public:
  Buffer() = default;
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  Buffer(Buffer &&other) noexcept : elements(other.elements), capacity(other.capacity) {
    other.elements = nullptr;
    other.capacity = 0;
  }
  ~Buffer() { free(elements); }

  /// Room for `count` elements; false when there is no memory.
  bool reserve(uint64_t count) {
    if (count <= capacity)
      return true;
    if (count > (uint64_t(1) << 46) / sizeof(T))
      return false;
    free(elements);
    capacity = 0;
    uint64_t bytes = (count * sizeof(T) + 127) / 64 * 64;
    elements = static_cast<T *>(aligned_alloc(64, bytes));
    if (!elements)
      return false;
    capacity = count;
    return true;
  }

  T *data() { return elements; }
  const T *data() const { return elements; }
  T &operator[](int64_t i) { return elements[i]; }
  const T &operator[](int64_t i) const { return elements[i]; }

private:
  T *elements = nullptr;
  uint64_t capacity = 0;
};

} // namespace aimc::simulator

#endif
