#include "Drivers.h"

#include <cstring>
#include <dlfcn.h>

using namespace aimc;

namespace {
struct BuiltIn {
  const char *name;
  const aimc_driver *(*driver)();
};
} // namespace

static const BuiltIn builtIns[] = {
    {"simulator", aimc_simulator_driver},
    {"trace", aimc_trace_driver},
};

/// Everything this runtime calls is there.
static Status checkDriver(const std::string &name, const aimc_driver &driver) {
  if (driver.size < sizeof(aimc_driver) || driver.version != AIMC_DRIVER_VERSION)
    return error(AIMC_UNSUPPORTED, "driver %s has interface version %u with %u bytes; this runtime needs version %u with %zu",
                 name.c_str(), driver.version, driver.size, AIMC_DRIVER_VERSION, sizeof(aimc_driver));
  if (!driver.program || !driver.destroy || !driver.create_scratch || !driver.destroy_scratch || !driver.dispatch ||
      !driver.statistics)
    return error(AIMC_UNSUPPORTED, "driver %s leaves a function of its table null", name.c_str());
  return Status();
}

static Result<std::shared_ptr<const aimc_driver>> loadDriver(const std::string &path) {
  void *opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened)
    return error(AIMC_UNSUPPORTED, "cannot load the driver: %s", ::dlerror());
  std::shared_ptr<void> library(opened, [](void *handle) { ::dlclose(handle); });
  auto query = reinterpret_cast<aimc_driver_query_fn>(::dlsym(opened, AIMC_DRIVER_QUERY));
  if (!query)
    return error(AIMC_UNSUPPORTED, "%s is not a driver: it does not export %s", path.c_str(), AIMC_DRIVER_QUERY);
  const char *reason = nullptr;
  const aimc_driver *driver = query(AIMC_DRIVER_VERSION, &reason);
  if (!driver)
    return error(AIMC_UNSUPPORTED, "driver %s: %s", path.c_str(), reason ? reason : "cannot serve this runtime");
  AIMC_TRY(checkDriver(path, *driver));
  return std::shared_ptr<const aimc_driver>(std::move(library), driver);
}

Result<std::shared_ptr<const aimc_driver>> aimc::findDriver(const char *name) {
  if (!name)
    name = "simulator";
  if (std::strchr(name, '/'))
    return loadDriver(name);
  std::string known;
  for (const BuiltIn &each : builtIns) {
    if (std::strcmp(each.name, name) == 0)
      return std::shared_ptr<const aimc_driver>(std::shared_ptr<void>(), each.driver());
    known += std::string(known.empty() ? "" : ", ") + each.name;
  }
  return error(AIMC_INVALID_ARGUMENT, "no driver %s; there are %s, or give a shared library's path with a '/' in it", name,
               known.c_str());
}
