// The bundled driver: an exact integer model of the chip that a container was compiled for.
#ifndef AIMC_SIMULATOR_SIMULATOR_H
#define AIMC_SIMULATOR_SIMULATOR_H

#include "aimc/driver.h"

namespace aimc {

/// Valid for ever.
const aimc_driver *aimc_simulator_driver();

} // namespace aimc

#endif
