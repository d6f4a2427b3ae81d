// Plots of a sweep.
#ifndef AIMC_TOOLS_SWEEP_PLOT_H
#define AIMC_TOOLS_SWEEP_PLOT_H

#include "Results.h"

namespace aimc::tools {

/// Writes a plot of each metric, accuracy.svg and sqnr_db.svg, and returns the files' names: none when no axis has two
/// values. From left to right the axis called `leftToRight`, else time, else the axis with most numbers, else the first. The
/// last of the other axes makes lines, the rest make panels. Lines are means, bands one standard deviation, whiskers reach
/// from the 5 % to the 95 % quantile. Errors: there is no such axis, rsvg-convert failed.
/// `png`: the same as PNG files of twice the size on white, drawn by rsvg-convert.
Result<std::vector<std::string>> writePlots(const SweepResults &results, const std::optional<std::string> &leftToRight,
                                            const std::string &directory, bool png);

/// Why there can be no PNG files; success when there can.
Status checkPng();

/// Why the axis cannot be the one from left to right; success when it can.
Status checkPlotAxis(const Grid &grid, const std::optional<std::string> &leftToRight);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_PLOT_H
