#include "Grid.h"
#include "Parameters.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

namespace aimc::tools {

/// More than this is a mistake in the command line.
static constexpr size_t maxValues = 10000, maxCells = 1000000;

static std::vector<std::string> split(const std::string &text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);)
    parts.push_back(part);
  if (text.empty() || text.back() == at)
    parts.emplace_back();
  return parts;
}

namespace {
/// A number and what follows it.
struct Quantity {
  double number;
  std::string unit;
};
} // namespace

static std::optional<Quantity> parseQuantity(const std::string &text) {
  char *end = nullptr;
  double number = std::strtod(text.c_str(), &end);
  bool begins = !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-' || text[0] == '.');
  if (!begins || end == text.c_str() || !std::isfinite(number))
    return std::nullopt;
  return Quantity{number, end};
}

static std::string numberText(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

/// Writes a range out; `text` has a ".." in it. Nothing when it is none, since ".." is a folder as well.
static Result<std::vector<std::string>> expandRange(const std::string &text, bool isTime) {
  std::vector<std::string> values;
  size_t dots = text.find("..");
  std::string first = text.substr(0, dots), rest = text.substr(dots + 2), step;
  size_t sign = rest.find_first_of("+*", 1);
  // An exponent's sign is no step.
  while (sign != std::string::npos && rest[sign] == '+' && (rest[sign - 1] == 'e' || rest[sign - 1] == 'E'))
    sign = rest.find_first_of("+*", sign + 1);
  bool isFactor = sign != std::string::npos && rest[sign] == '*';
  if (sign != std::string::npos) {
    step = rest.substr(sign + 1);
    rest = rest.substr(0, sign);
  }
  std::optional<Quantity> from = parseQuantity(first), to = parseQuantity(rest), by = parseQuantity(step);
  if (!from || !to)
    return values;
  if (!step.empty() && !by)
    return Failure{"'" + text + "': the step '" + step + "' is no number"};
  std::string unit = to->unit;
  if (isTime) {
    Result<double> a = parseSeconds(first), b = parseSeconds(rest);
    if (!a || !b)
      return a ? b.failure() : a.failure();
    from->number = *a;
    to->number = *b;
    if (by && !isFactor) {
      Result<double> s = parseSeconds(step);
      if (!s)
        return s.failure();
      by->number = *s;
    }
    unit = "s";
  } else if (!from->unit.empty() && from->unit != unit) {
    return Failure{"'" + text + "' begins in '" + from->unit + "' and ends in '" + unit + "'; give both the same unit"};
  }
  double increment = by ? by->number : 1;
  if (to->number < from->number || (isFactor ? increment <= 1 || from->number <= 0 : increment <= 0))
    return Failure{"'" + text +
                   "' never ends; a range A..B, A..B+S or A..B*F rises from A to B, with S above 0, F above 1, and A "
                   "above 0 for factors"};
  double slack = 1e-9 * std::max(std::fabs(from->number), std::fabs(to->number));
  for (size_t i = 0;; ++i) {
    double value = isFactor ? from->number * std::pow(increment, static_cast<double>(i))
                            : from->number + increment * static_cast<double>(i);
    if (value > to->number + slack)
      break;
    if (i == maxValues)
      return Failure{"'" + text + "' has more than " + std::to_string(maxValues) + " values"};
    values.push_back(numberText(value) + unit);
  }
  return values;
}

std::string Axis::label() const {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : "+") + name;
  return text;
}

Result<Axis> parseAxis(const std::string &text) {
  Axis axis;
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return Failure{"'" + text + "' is no NAME=VALUE,VALUE,..."};
  axis.names = split(text.substr(0, equals), '+');
  for (const std::string &name : axis.names)
    if (Result<ParameterKind> kind = kindOf(name, /*isCompiled=*/true); !kind)
      return kind.failure();
  for (const std::string &value : split(text.substr(equals + 1), ',')) {
    if (value.empty())
      return Failure{"'" + text + "' has an empty value"};
    std::vector<std::string> expanded;
    if (value.find("..") != std::string::npos) {
      Result<std::vector<std::string>> range = expandRange(value, axis.isTime());
      if (!range)
        return range.failure();
      expanded = std::move(*range);
    }
    if (expanded.empty())
      expanded.push_back(value);
    for (std::string &one : expanded) {
      if (std::find(axis.values.begin(), axis.values.end(), one) != axis.values.end())
        return Failure{"'" + text + "' has the value " + one + " twice"};
      axis.values.push_back(std::move(one));
    }
  }
  return axis;
}

Status addVariant(const std::string &text, Axis &axis) {
  size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size())
    return Failure{"'" + text + "' is no NAME:KEY=VALUE,KEY=VALUE,..."};
  std::string name = text.substr(0, colon);
  if (std::find(axis.values.begin(), axis.values.end(), name) != axis.values.end())
    return Failure{"there are two variants called " + name};
  axis.values.push_back(name);
  axis.variants.emplace_back();
  for (const std::string &setting : split(text.substr(colon + 1), ',')) {
    Result<Axis> parsed = parseAxis(setting);
    if (!parsed)
      return parsed.failure();
    if (parsed->values.size() > 1)
      return Failure{"'" + setting + "' has several values; a variant has one of each"};
    axis.variants.back().push_back(std::move(*parsed));
  }
  return {};
}

std::optional<std::vector<double>> numbersOf(const Axis &axis) {
  std::vector<double> numbers;
  std::string unit;
  for (size_t i = 0; i < axis.values.size(); ++i) {
    if (axis.isTime()) {
      Result<double> seconds = parseSeconds(axis.values[i]);
      if (!seconds)
        return std::nullopt;
      numbers.push_back(*seconds);
      continue;
    }
    std::optional<Quantity> quantity = parseQuantity(axis.values[i]);
    if (!quantity || (i > 0 && quantity->unit != unit))
      return std::nullopt;
    unit = quantity->unit;
    numbers.push_back(quantity->number);
  }
  return numbers;
}

std::string displayOf(const Axis &axis, size_t value) {
  if (axis.isTime())
    if (Result<double> seconds = parseSeconds(axis.values[value]); seconds)
      return secondsText(*seconds);
  return axis.values[value];
}

/// The files' names without folder and extension where these tell them apart, else the paths.
static std::vector<std::string> shortNames(const std::vector<std::string> &paths) {
  std::vector<std::string> names;
  for (const std::string &path : paths)
    names.push_back(std::filesystem::path(path).stem().string());
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end() ? names : paths;
}

namespace {
/// What a combination makes of the command line.
struct Choice {
  ChipSettings chip;
  std::vector<std::string> settings;  // of the chip, KEY=VALUE
  std::vector<std::string> arguments; // of the compiler
};
} // namespace

/// Gives an axis' parameters their value of this index.
static Status apply(const Axis &axis, size_t index, bool isCompiled, Choice &choice) {
  if (!axis.variants.empty()) {
    for (const Axis &setting : axis.variants[index])
      if (Status status = apply(setting, 0, isCompiled, choice); !status)
        return status;
    return {};
  }
  const std::string &value = axis.values[index];
  for (const std::string &name : axis.names) {
    switch (*kindOf(name, isCompiled)) {
    case ParameterKind::Run:
      if (Status status = findRunParameter(name)->set(choice.chip, value); !status)
        return Failure{name + ": " + status.error()};
      break;
    case ParameterKind::Setting:
      choice.settings.push_back(name + "=" + value);
      break;
    case ParameterKind::CompileOption:
    case ParameterKind::TargetKey:
      choice.arguments.push_back(compilerArgument(name, value));
      break;
    }
  }
  return {};
}

static size_t containerOf(Grid &grid, ContainerSource source) {
  for (size_t i = 0; i < grid.containers.size(); ++i)
    if (grid.containers[i].model == source.model && grid.containers[i].arguments == source.arguments)
      return i;
  grid.containers.push_back(std::move(source));
  return grid.containers.size() - 1;
}

/// All parameters that an axis sets; a variant's twice when it has one twice.
static std::vector<std::string> parametersOf(const Axis &axis) {
  if (axis.variants.empty())
    return axis.names;
  std::vector<std::string> all;
  for (const std::vector<Axis> &variant : axis.variants) {
    std::vector<std::string> own;
    for (const Axis &setting : variant)
      own.insert(own.end(), setting.names.begin(), setting.names.end());
    for (const std::string &name : own)
      if (std::count(own.begin(), own.end(), name) > std::count(all.begin(), all.end(), name))
        all.push_back(name);
  }
  return all;
}

/// What may not stand together, before anything is computed.
static Status checkParameters(const GridOptions &options, const std::vector<Axis> &axes) {
  std::vector<std::string> seen;
  for (const Axis &axis : axes)
    for (const std::string &name : parametersOf(axis)) {
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        return Failure{"parameter " + name + " is given twice"};
      seen.push_back(name);
      for (const std::string &model : options.models)
        if (ContainerSource{model, {}}.isCompiled() && *kindOf(name, true) >= ParameterKind::CompileOption)
          return Failure{name + " is fixed when a model is compiled, and " + model +
                         " is compiled; give the ONNX model instead"};
    }
  for (const std::string &model : options.models)
    if (!options.compilerArguments.empty() && ContainerSource{model, {}}.isCompiled())
      return Failure{"--compile: " + model + " is compiled; give the ONNX model instead"};
  return {};
}

Result<Grid> Grid::build(const GridOptions &options) {
  Grid grid;
  grid.trials = options.trials;
  std::vector<Axis> fixed;
  for (const std::string &text : options.fixed) {
    Result<Axis> axis = parseAxis(text);
    if (!axis)
      return Failure{"--set: " + axis.error()};
    if (axis->values.size() > 1)
      return Failure{"--set: '" + text + "' has several values; --vary takes them"};
    fixed.push_back(std::move(*axis));
  }
  if (!options.variants.empty()) {
    grid.axes.push_back(Axis{{"variant"}, {}});
    for (const std::string &text : options.variants)
      if (Status status = addVariant(text, grid.axes[0]); !status)
        return Failure{"--variant: " + status.error()};
  }
  for (const std::string &text : options.vary) {
    Result<Axis> axis = parseAxis(text);
    if (!axis)
      return Failure{"--vary: " + axis.error()};
    grid.axes.push_back(std::move(*axis));
  }
  std::vector<Axis> all = fixed;
  all.insert(all.end(), grid.axes.begin(), grid.axes.end());
  if (Status status = checkParameters(options, all); !status)
    return status.failure();
  if (options.models.size() > 1)
    grid.axes.insert(grid.axes.begin(), Axis{{"model"}, shortNames(options.models)});
  bool severalModels = options.models.size() > 1, anyNoise = false;

  std::vector<size_t> choice(grid.axes.size(), 0);
  for (;;) {
    ContainerSource source{options.models[severalModels ? choice[0] : 0], {}};
    Choice made;
    made.chip.fidelity = AIMC_NOISY;
    for (const Axis &axis : fixed)
      if (Status status = apply(axis, 0, source.isCompiled(), made); !status)
        return Failure{"--set: " + status.error()};
    for (size_t i = severalModels ? 1 : 0; i < grid.axes.size(); ++i)
      if (Status status = apply(grid.axes[i], choice[i], source.isCompiled(), made); !status)
        return Failure{"--vary: " + status.error()};
    // Parameters have no order: the same ones give the same container and the same chip.
    std::sort(made.settings.begin(), made.settings.end());
    for (const std::string &setting : made.settings)
      made.chip.settings += (made.chip.settings.empty() ? "" : ",") + setting;
    std::sort(made.arguments.begin(), made.arguments.end());
    source.arguments = options.compilerArguments;
    source.arguments.insert(source.arguments.end(), made.arguments.begin(), made.arguments.end());

    Cell cell;
    cell.choice = choice;
    cell.chip = made.chip;
    cell.container = containerOf(grid, std::move(source));
    bool isNoisy = cell.chip.fidelity == AIMC_NOISY;
    anyNoise |= isNoisy;
    cell.trials = isNoisy ? options.trials : 1;
    grid.cells.push_back(std::move(cell));
    if (grid.cells.size() > maxCells)
      return Failure{"the axes have more than " + std::to_string(maxCells) + " combinations"};
    size_t axis = grid.axes.size();
    while (axis > 0 && ++choice[axis - 1] == grid.axes[axis - 1].values.size())
      choice[--axis] = 0;
    if (axis == 0)
      break;
  }
  if (!anyNoise) {
    for (const Axis &axis : all)
      for (const std::string &name : parametersOf(axis))
        if (const RunParameter *parameter = findRunParameter(name); parameter && parameter->ofNoise)
          return Failure{name + " means nothing unless the fidelity is noisy, which is the default; leave one of both out"};
  }
  // The float network of a model is the same in each of its containers.
  std::set<std::string> seen;
  for (size_t i = 0; options.baseline && i < grid.containers.size(); ++i) {
    if (!seen.insert(grid.containers[i].model).second)
      continue;
    Cell cell;
    cell.container = i;
    cell.chip.fidelity = AIMC_EXACT;
    grid.baselines.push_back(std::move(cell));
  }
  return grid;
}

} // namespace aimc::tools
