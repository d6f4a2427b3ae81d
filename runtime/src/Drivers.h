//===- Drivers.h - Finds the driver a chip asks for -------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_DRIVERS_H
#define AIMC_RUNTIME_DRIVERS_H

#include "Status.h"
#include "aimc/driver.h"

#include <memory>

namespace aimc {

/// The built-in drivers.
const aimc_driver *aimc_simulator_driver();
const aimc_driver *aimc_trace_driver();

/// The driver of that name, or that the shared library at that path exports; null name: the simulator. A library stays
/// loaded for as long as the pointer lives.
Result<std::shared_ptr<const aimc_driver>> findDriver(const char *name);

} // namespace aimc

#endif // AIMC_RUNTIME_DRIVERS_H
