#include "container/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace aimc;

static Status ioError(const std::string &path, const char *verb) {
  return error(AIMC_IO, "%s: cannot %s: %s", path.c_str(), verb, std::strerror(errno));
}

Result<MappedFile> MappedFile::open(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return ioError(path, "open");
  struct stat info;
  if (::fstat(descriptor, &info) != 0) {
    Status failure = ioError(path, "read its size");
    ::close(descriptor);
    return failure;
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return error(AIMC_IO, "%s: not a regular file", path.c_str());
  }
  size_t size = static_cast<size_t>(info.st_size);
  if (size == 0) {
    ::close(descriptor);
    return MappedFile();
  }
  void *start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  Status failure = start == MAP_FAILED ? ioError(path, "map") : Status();
  ::close(descriptor);
  if (!failure.ok())
    return failure;
  return MappedFile(start, size);
}

MappedFile::~MappedFile() {
  if (start)
    ::munmap(start, length);
}
