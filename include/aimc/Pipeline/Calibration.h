//===- Calibration.h - converter ranges by running the program --------------------------------------------------===//
//
// The program runs over the calibration data twice: exact, observing |x| at every DAC, which gives the input scales; then
// quantized with those scales and ideal ADCs, observing the column sums, which gives the ADC ranges. Each pass goes over the
// data once for the maxima and once (or, when the histograms would not fit, several times) for the histograms.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_PIPELINE_CALIBRATION_H
#define AIMC_PIPELINE_CALIBRATION_H

#include "aimc/Pipeline/RangeEstimator.h"
#include "aimc/Pipeline/Ranges.h"
#include "aimc/aimc.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace aimc {

/// One dispatch of the program, in order of its site number.
struct CalibrationSite {
  std::string node;
  int64_t groups, rows, rowTiles, columns, slices, inputSlices; ///< G, K, T, N, S, V
  int64_t tileRows, tileColumns;                                ///< R, C
  double inputSteps;                                            ///< Q
  double adcSteps;                                              ///< largest ADC code; 0: the ADC is ideal
};

struct CalibrationTask {
  llvm::SmallVector<CalibrationSite> sites;
  RangeRule rule;
  bool tileScales = false; ///< an input scale for each row tile, not for each layer
  AdcSharing adcSharing = AdcSharing::Column;
  /// Builds the program with the given ranges and returns it loaded.
  llvm::function_ref<llvm::Expected<aimc_model *>(const Ranges &)> build;
  /// Runs the whole data set; `what` names the pass for a progress display.
  llvm::function_ref<llvm::Error(aimc_model *, aimc_chip *, const aimc_run_options &, llvm::StringRef what)> run;
};

/// Ranges of every layer that the data reach; one behind a branch that no sample takes has no entry and keeps the data-free
/// defaults. Input scales are those of the float network's inputs (fidelity exact), found in two passes over the data; ADC
/// ranges, unless every ADC is ideal, are those of column sums that quantized inputs with these scales give, in two passes for
/// each share of the columns whose histograms fit in memory. Errors are those of `build` and `run`, and the driver's.
llvm::Expected<Ranges> calibrate(const CalibrationTask &task);

} // namespace aimc

#endif // AIMC_PIPELINE_CALIBRATION_H
