// --report=layers: how far each layer is from the float network, and which effect takes it there.
#ifndef AIMC_TOOLS_RUN_LAYERREPORT_H
#define AIMC_TOOLS_RUN_LAYERREPORT_H

#include "Options.h"

namespace aimc::tools {

/// Runs the network in float (fidelity exact), on the chip of --fidelity with no effect but its converters, with each effect
/// alone and with all, and prints the signal-to-noise ratio of every layer's results against float's. Effects that change
/// nothing on the first batch, because the target does not list them or because of the time, are left out.
Status reportLayers(const RunOptions &options, const Network &network, aimc_pool *pool);

} // namespace aimc::tools

#endif // AIMC_TOOLS_RUN_LAYERREPORT_H
