//===- DataSets.h - runs a model over calibration data ----------------------------------------------------------===//
#ifndef AIMC_LIB_PIPELINE_DATASETS_H
#define AIMC_LIB_PIPELINE_DATASETS_H

#include "aimc/aimc.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace aimc {

/// Runs all samples of `path` (a .npy file, or a folder whose .npy files in name order are the graph's inputs) through `chip`
/// in batches. What is left over when a fixed batch size does not divide the samples is left out; samples that do not fill even
/// one batch are filled up with the last one. Shows a progress bar with `label` on a terminal unless it is empty. `doubt` hears
/// what the data may not be meant to be.
llvm::Error runDataSet(const aimc_model *model, aimc_chip *chip, llvm::StringRef path, llvm::StringRef inputScale,
                       const aimc_run_options &options, const std::string &label,
                       llvm::function_ref<void(const std::string &)> doubt);

} // namespace aimc

#endif // AIMC_LIB_PIPELINE_DATASETS_H
