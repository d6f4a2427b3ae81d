// The points of a sweep: every combination of the axes' values.
#ifndef AIMC_TOOLS_SWEEP_GRID_H
#define AIMC_TOOLS_SWEEP_GRID_H

#include "ChipSettings.h"

namespace aimc::tools {

/// One --vary: parameters that always have the same value, and the values. Or all --variant: names of what is made of
/// several parameters each.
struct Axis {
  std::vector<std::string> names;
  std::vector<std::string> values;              // as written, ranges written out
  std::vector<std::vector<Axis>> variants = {}; // of each value: parameters with one value each; empty for --vary

  /// "tile.rows+tile.columns".
  std::string label() const;
  bool isTime() const { return names.size() == 1 && names[0] == "time"; }
};

/// NAME[+NAME...]=VALUE[,VALUE...]; a value A..B counts in ones, A..B+S in steps of S, A..B*F by factors of F, with the unit
/// that follows B (times: their own units), both ends included.
Result<Axis> parseAxis(const std::string &text);

/// Adds NAME:KEY=VALUE[,KEY=VALUE...] to an axis of variants.
Status addVariant(const std::string &text, Axis &axis);

/// The number at the value's beginning (a time in seconds), when all values of the axis begin with one and have the same
/// rest.
std::optional<std::vector<double>> numbersOf(const Axis &axis);

/// How a value reads: "1 d" for the time 86400; others as written.
std::string displayOf(const Axis &axis, size_t value);

/// One combination, without its trials.
struct Cell {
  std::vector<size_t> choice; // value of each axis
  size_t container = 0;       // index into Grid::containers
  ChipSettings chip;
  uint32_t trials = 1;
};

/// What the compiler makes a container of; arguments empty and `model` an .aimc file: it is one.
struct ContainerSource {
  std::string model;
  std::vector<std::string> arguments;
  bool isCompiled() const { return model.size() > 5 && model.compare(model.size() - 5, 5, ".aimc") == 0; }
};

struct GridOptions {
  std::vector<std::string> models;
  std::vector<std::string> vary, fixed, variants; // --vary, --set, --variant
  std::vector<std::string> compilerArguments;
  uint32_t trials = 10;
  bool baseline = false;
};

struct Grid {
  std::vector<Axis> axes;      // the models first, when there are several, then the variants
  std::vector<Cell> cells;     // the last axis varies fastest
  std::vector<Cell> baselines; // one exact run for each model, when asked for; no choice
  std::vector<ContainerSource> containers;
  uint32_t trials = 1;

  /// Fidelities below noisy have one trial: all would be equal.
  static Result<Grid> build(const GridOptions &options);
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_GRID_H
