#include "hostcode/HostCode.h"

#include "hostcode/CpuFeatures.h"
#include "hostcode/Elf.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace aimc;

/// Why this machine cannot run the code, "" when it can.
static std::string obstacle(const fb::HostCode &code) {
  std::string triple = code.triple()->str();
  if (triple.substr(0, triple.find('-')) != hostArchitecture())
    return "is for another architecture";
  if (triple.find("linux") == std::string::npos)
    return "is for another operating system";
  std::string missing;
  if (code.features())
    for (const flatbuffers::String *feature : *code.features())
      if (!hostSupports({feature->c_str(), feature->size()}))
        missing += " " + feature->str();
  return missing.empty() ? "" : "needs processor features that this machine lacks:" + missing;
}

/// A file in memory that holds the bytes; its descriptor, or -1 with errno set.
static int copyToMemory(const uint8_t *data, uint64_t size) {
  int descriptor = ::memfd_create("aimc-host-code", MFD_CLOEXEC);
  if (descriptor < 0)
    return -1;
  for (uint64_t done = 0; done < size;) {
    ssize_t count = ::write(descriptor, data + done, size - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      ::close(descriptor);
      return -1;
    }
    done += static_cast<uint64_t>(count);
  }
  return descriptor;
}

Result<std::shared_ptr<const HostCode>> HostCode::load(const Container &container) {
  const auto &codes = *container.model().host_code();
  const fb::HostCode *chosen = nullptr;
  std::string reasons;
  for (const fb::HostCode *code : codes) {
    std::string reason = obstacle(*code);
    if (reason.empty()) {
      chosen = code;
      break;
    }
    reasons += "; the code for " + code->triple()->str() + " (" + code->cpu()->str() + ") " + reason;
  }
  if (!chosen)
    return Status(AIMC_UNSUPPORTED, "the model has no host code for this machine" + reasons +
                                        "; compile it with --host-triple and --host-cpu for this one");

  const Section &section = container.sections()[chosen->section()];
  AIMC_TRY(checkElf(section.data, section.size, AIMC_ENTRY_SYMBOL));
  int descriptor = copyToMemory(section.data, section.size);
  if (descriptor < 0)
    return error(AIMC_OUT_OF_MEMORY, "cannot copy the host code to memory: %s", std::strerror(errno));
  std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  void *library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    ::close(descriptor);
    return error(AIMC_INVALID_MODEL, "cannot map the host code: %s", ::dlerror());
  }
  // The descriptor stays open: the loader tells libraries apart by path, and another model must not get this number.
  std::shared_ptr<HostCode> code(new HostCode(library, descriptor));
  code->function = reinterpret_cast<aimc_entry_fn>(::dlsym(library, AIMC_ENTRY_SYMBOL));
  if (!code->function)
    return error(AIMC_INVALID_MODEL, "the host code does not export " AIMC_ENTRY_SYMBOL);
  return std::shared_ptr<const HostCode>(std::move(code));
}

HostCode::~HostCode() {
  ::dlclose(library);
  ::close(descriptor);
}
