// Recovery of a programmed chip: per-column digital corrections, fitted on calibration data to what the float layers give.
#ifndef AIMC_TOOLS_COMMON_RECOVERY_H
#define AIMC_TOOLS_COMMON_RECOVERY_H

#include "Network.h"

namespace aimc::tools {

/// Corrections of every layer. The chip, programmed by `chip`, runs the calibration data; column by column the float result of
/// the inputs that the layer really got is fitted to the chip's y: Bias adds the mean difference, Affine is the least squares
/// of scale * y + offset. About 2048 rows of each matrix count, evenly from all data. Noise of the calibration's conversions is
/// addressed by samples that no data set reaches. Only the simulator shows its layers. Errors when the float weights are
/// stripped.
Result<std::vector<Correction>> fitCorrections(const Network &calibration, const ChipSettings &chip, aimc_pool *pool);

/// Every how manieth row of a layer counts, which each sample drives `positions` times: about 2048 of all `samples`, and prime
/// to `positions`, so that all positions are met alike.
int64_t fittedStride(int64_t positions, int64_t samples);

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_RECOVERY_H
