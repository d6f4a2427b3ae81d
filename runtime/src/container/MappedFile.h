//===- MappedFile.h - A file's bytes, read only -----------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CONTAINER_MAPPEDFILE_H
#define AIMC_RUNTIME_CONTAINER_MAPPEDFILE_H

#include "Status.h"

#include <cstddef>
#include <cstdint>

namespace aimc {

/// Maps a whole regular file. The file must not be changed while it is mapped.
class MappedFile {
public:
  static Result<MappedFile> open(const std::string &path);

  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept
      : start(std::exchange(other.start, nullptr)), length(std::exchange(other.length, 0)) {}
  MappedFile &operator=(MappedFile &&other) noexcept {
    std::swap(start, other.start);
    std::swap(length, other.length);
    return *this;
  }
  ~MappedFile();

  const uint8_t *data() const { return static_cast<const uint8_t *>(start); }
  size_t size() const { return length; }

private:
  MappedFile(void *start, size_t length) : start(start), length(length) {}

  void *start = nullptr;
  size_t length = 0;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CONTAINER_MAPPEDFILE_H
