#include "Plot.h"
#include "Command.h"
#include "Svg.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

namespace aimc::tools {

static constexpr size_t none = static_cast<size_t>(-1);
static constexpr size_t mostLines = 8, mostPanels = 24;
static const char *const gridColor = "#8c959f";
/// Told apart by most eyes, and readable on white and on black.
static const char *const colors[mostLines] = {"#3b82f6", "#ef8a1d", "#1fa371", "#d9488b",
                                              "#8b63f0", "#14a4b8", "#b98d10", "#7d858f"};

namespace {
struct Box {
  double left, top, right, bottom;
};

/// Where the values of the axis from left to right stand, as shares of the width.
struct Positions {
  std::vector<double> at;
  std::vector<size_t> labelled; // values that have a tick
  bool joined = true;           // numbers: lines join them
  double gap = -1;              // where a logarithmic axis breaks between 0 and the rest; none when negative
};

/// Which axes do what.
struct Layout {
  size_t across = none, lines = none;
  std::vector<size_t> panels; // axes that make panels
};
} // namespace

static Layout layoutOf(const Grid &grid, const std::optional<std::string> &leftToRight) {
  Layout layout;
  size_t most = 1;
  for (size_t i = 0; i < grid.axes.size(); ++i) {
    const Axis &axis = grid.axes[i];
    size_t count = axis.values.size();
    if (leftToRight ? axis.label() == *leftToRight : axis.isTime() && count > 1) {
      layout.across = i;
      break;
    }
    if (!leftToRight && count > most && numbersOf(axis)) {
      most = count;
      layout.across = i;
    }
  }
  for (size_t i = 0; i < grid.axes.size() && layout.across == none; ++i)
    if (grid.axes[i].values.size() > 1)
      layout.across = i;
  for (size_t i = grid.axes.size(); i-- > 0;)
    if (i != layout.across && grid.axes[i].values.size() > 1 && grid.axes[i].values.size() <= mostLines && layout.lines == none)
      layout.lines = i;
  for (size_t i = 0; i < grid.axes.size(); ++i)
    if (i != layout.across && i != layout.lines && grid.axes[i].values.size() > 1)
      layout.panels.push_back(i);
  return layout;
}

/// Numbers to their places: logarithmic where the positive ones span a factor of 30, with 0 at a distance on the left.
static Positions positionsOf(const Axis &axis) {
  Positions positions;
  size_t count = axis.values.size();
  std::optional<std::vector<double>> numbers = numbersOf(axis);
  if (!numbers) {
    positions.joined = false;
    for (size_t i = 0; i < count; ++i)
      positions.at.push_back((static_cast<double>(i) + .5) / static_cast<double>(count));
  } else {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    bool negative = false, zero = false;
    for (double number : *numbers) {
      negative |= number < 0;
      zero |= number == 0;
      if (number > 0) {
        least = std::min(least, number);
        most = std::max(most, number);
      }
    }
    bool logarithmic = !negative && most / least >= 30;
    auto place = [&](double number) { return logarithmic ? std::log(number) : number; };
    double low = logarithmic ? place(least) : *std::min_element(numbers->begin(), numbers->end());
    double high = logarithmic ? place(most) : *std::max_element(numbers->begin(), numbers->end());
    double margin = .04, start = margin;
    if (logarithmic && zero) {
      start = margin + .16;
      positions.gap = margin + .08;
    }
    for (double number : *numbers) {
      double share = high > low ? (place(number) - low) / (high - low) : .5;
      positions.at.push_back(logarithmic && number == 0 ? margin : start + share * (1 - margin - start));
    }
  }
  // As many labels as have room.
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return positions.at[a] < positions.at[b]; });
  double last = -1;
  for (size_t i : order)
    if (positions.at[i] - last > (positions.joined ? .07 : .03)) {
      positions.labelled.push_back(i);
      last = positions.at[i];
    }
  return positions;
}

/// Round numbers from `low` to `high`, about five.
static std::vector<double> ticksOf(double low, double high) {
  double raw = (high - low) / 5, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (double factor : {1., 2., 2.5, 5.})
    if (factor * power >= raw * .999) {
      step = factor * power;
      break;
    }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i)
    ticks.push_back(i * step);
  return ticks;
}

static std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", std::fabs(value) < 1e-12 ? 0 : value);
  return text;
}

namespace {
/// One metric's picture.
class Figure {
public:
  Figure(const SweepResults &results, const Metric &metric, const Layout &layout)
      : results(results), grid(*results.grid), metric(metric), layout(layout),
        positions(positionsOf(grid.axes[layout.across])) {
    for (size_t i = 0; i < results.cells.size(); ++i)
      points.push_back(results.distribution(i, metric));
    sortIntoPanels();
  }

  /// Nothing when no point is finite, or there are too many panels.
  std::optional<std::string> draw() {
    if (panels.size() > mostPanels || !findRange())
      return std::nullopt;
    size_t across = panels.size() == 1 ? 1 : panels.size() <= 4 ? 2 : 3, down = (panels.size() + across - 1) / across;
    double panelWidth = across == 1 ? 640 : across == 2 ? 460 : 380, panelHeight = across == 1 ? 360 : 270;
    double head = layout.lines == none ? 44 : 68;
    Svg svg(static_cast<double>(across) * panelWidth + 20, head + static_cast<double>(down) * panelHeight + 18);
    svg.text({20, 26}, title(), {"start", 15, 0, true});
    drawLegend(svg);
    for (size_t i = 0; i < panels.size(); ++i) {
      double left = 10 + static_cast<double>(i % across) * panelWidth,
             top = head + static_cast<double>(i / across) * panelHeight;
      drawPanel(svg, panels[i],
                {left + 52, top + (panels.size() > 1 ? 26 : 8), left + panelWidth - 14, top + panelHeight - 48});
    }
    svg.text({20, head + static_cast<double>(down) * panelHeight + 8}, footnote(), {"start", 11});
    return svg.document(title());
  }

private:
  struct Panel {
    std::string name;
    std::vector<std::vector<size_t>> lines; // cells of each line, by the value of the axis from left to right
  };

  void sortIntoPanels() {
    size_t lineCount = layout.lines == none ? 1 : grid.axes[layout.lines].values.size();
    std::vector<std::vector<size_t>> seen;
    for (size_t i = 0; i < grid.cells.size(); ++i) {
      const std::vector<size_t> &choice = grid.cells[i].choice;
      std::vector<size_t> key;
      std::string name;
      for (size_t axis : layout.panels) {
        key.push_back(choice[axis]);
        name += (name.empty() ? "" : ", ") + grid.axes[axis].label() + " " + displayOf(grid.axes[axis], choice[axis]);
      }
      size_t at = static_cast<size_t>(std::find(seen.begin(), seen.end(), key) - seen.begin());
      if (at == seen.size()) {
        seen.push_back(key);
        size_t values = grid.axes[layout.across].values.size();
        panels.push_back({name, std::vector<std::vector<size_t>>(lineCount, std::vector<size_t>(values, none))});
      }
      panels[at].lines[layout.lines == none ? 0 : choice[layout.lines]][choice[layout.across]] = i;
    }
  }

  bool isDrawn(size_t cell) const { return cell != none && std::isfinite(points[cell].mean); }
  double scaled(double value) const { return metric.factor * value; }

  bool findRange() {
    low = std::numeric_limits<double>::infinity();
    high = -low;
    auto see = [&](double value) {
      if (!std::isfinite(value))
        return;
      low = std::min(low, scaled(value));
      high = std::max(high, scaled(value));
    };
    for (const Distribution &point : points)
      for (double value : {point.q05, point.q95, point.mean - point.deviation, point.mean + point.deviation})
        see(value);
    for (const Outcome &baseline : results.baselines)
      if (baseline.ran())
        see(metric.of(baseline));
    if (!(low <= high))
      return false;
    double padding = std::max((high - low) * .06, std::max(std::fabs(high), 1.) * 1e-3);
    bool isShare = metric.factor == 100;
    low = isShare ? std::max(low - padding, 0.) : low - padding;
    high = isShare ? std::min(high + padding, 100.5) : high + padding;
    return true;
  }

  std::string title() const {
    std::string text = metric.title;
    for (const Axis &axis : grid.axes)
      if (axis.values.size() == 1)
        text += ", " + axis.label() + " " + displayOf(axis, 0);
    return text;
  }

  std::string footnote() const {
    size_t trials = 0;
    for (const Distribution &point : points)
      trials = std::max(trials, point.values.size());
    std::string text = std::to_string(results.samples) + " samples";
    if (trials > 1)
      text += ", " + std::to_string(trials) + " chips: mean, ± one deviation, whiskers 5 % to 95 %";
    return text + (results.baselines.empty() ? "" : "; dashed: float");
  }

  void drawLegend(Svg &svg) const {
    if (layout.lines == none)
      return;
    const Axis &axis = grid.axes[layout.lines];
    svg.text({20, 50}, axis.label(), {"start", 12});
    double x = 30 + 7.2 * static_cast<double>(axis.label().size());
    for (size_t i = 0; i < axis.values.size(); ++i) {
      std::string name = displayOf(axis, i);
      svg.line({x, 46}, {x + 22, 46}, {colors[i], "none", 2.2});
      marker(svg, {x + 11, 46}, i);
      svg.text({x + 28, 50}, name, {"start", 12});
      x += 46 + 7.2 * static_cast<double>(name.size());
    }
  }

  /// Circles, squares, diamonds and triangles in turn: colour is not all that tells lines apart.
  static void marker(Svg &svg, SvgPoint at, size_t line) {
    SvgStyle style{"none", colors[line]};
    double r = 3.6;
    switch (line % 4) {
    case 0:
      svg.circle(at, r, style);
      return;
    case 1:
      svg.polygon({{at.x - r, at.y - r}, {at.x + r, at.y - r}, {at.x + r, at.y + r}, {at.x - r, at.y + r}}, style);
      return;
    case 2:
      svg.polygon({{at.x, at.y - 5}, {at.x + 5, at.y}, {at.x, at.y + 5}, {at.x - 5, at.y}}, style);
      return;
    case 3:
      svg.polygon({{at.x, at.y - 5}, {at.x + 4.6, at.y + 3.6}, {at.x - 4.6, at.y + 3.6}}, style);
      return;
    }
  }

  double xOf(const Box &box, size_t value) const { return box.left + positions.at[value] * (box.right - box.left); }
  double yOf(const Box &box, double value) const {
    double share = std::clamp((scaled(value) - low) / (high - low), 0., 1.);
    return box.bottom - share * (box.bottom - box.top);
  }

  void drawAxes(Svg &svg, const Panel &panel, const Box &box) const {
    for (double tick : ticksOf(low, high)) {
      double y = box.bottom - (tick - low) / (high - low) * (box.bottom - box.top);
      svg.line({box.left, y}, {box.right, y}, {gridColor, "none", .7, .35});
      svg.text({box.left - 8, y + 4}, shortNumber(tick), {"end", 12});
    }
    svg.line({box.left, box.bottom}, {box.right, box.bottom}, {gridColor, "none", 1});
    const Axis &axis = grid.axes[layout.across];
    for (size_t i : positions.labelled) {
      svg.line({xOf(box, i), box.bottom}, {xOf(box, i), box.bottom + 5}, {gridColor, "none", 1});
      svg.text({xOf(box, i), box.bottom + 19}, displayOf(axis, i), {"middle", 12});
    }
    if (positions.gap >= 0) {
      double x = box.left + positions.gap * (box.right - box.left);
      for (double shift : {-2.5, 2.5})
        svg.line({x + shift - 2, box.bottom + 5}, {x + shift + 2, box.bottom - 5}, {gridColor, "none", 1.2});
    }
    svg.text({(box.left + box.right) / 2, box.bottom + 38}, axis.isTime() ? "time since programming" : axis.label(),
             {"middle", 12});
    if (!panel.name.empty())
      svg.text({box.left, box.top - 8}, panel.name, {"start", 13, 0, true});
  }

  /// Dashed lines: grey when the panel has one, coloured like its line when there are several.
  void drawBaselines(Svg &svg, const Panel &panel, const Box &box) const {
    std::map<const Outcome *, size_t> first; // the line that it belongs to
    for (size_t i = 0; i < panel.lines.size(); ++i)
      for (size_t cell : panel.lines[i])
        if (cell != none)
          first.emplace(results.baselineOf(grid.cells[cell]), i);
    for (const auto &[baseline, line] : first) {
      if (!baseline || !std::isfinite(metric.of(*baseline)))
        continue;
      double y = yOf(box, metric.of(*baseline));
      svg.line({box.left, y}, {box.right, y}, {first.size() > 1 ? colors[line] : gridColor, "none", 1.4, .9, "6 4"});
    }
  }

  void drawLine(Svg &svg, const Box &box, const std::vector<size_t> &cells, size_t line, size_t lines) const {
    std::vector<size_t> order;
    for (size_t i = 0; i < cells.size(); ++i)
      if (isDrawn(cells[i]))
        order.push_back(i);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return positions.at[a] < positions.at[b]; });
    double width = positions.joined ? 5 : 9;
    double shift = width * (static_cast<double>(line) - static_cast<double>(lines - 1) / 2);
    std::vector<SvgPoint> mean, upper, lower;
    for (size_t i : order) {
      const Distribution &point = points[cells[i]];
      double x = xOf(box, i);
      mean.push_back({positions.joined ? x : x + shift, yOf(box, point.mean)});
      upper.push_back({x, yOf(box, point.mean + point.deviation)});
      lower.push_back({x, yOf(box, point.mean - point.deviation)});
      if (point.values.size() < 2)
        continue;
      x += shift;
      double top = yOf(box, point.q95), bottom = yOf(box, point.q05);
      for (auto [a, b] : {std::pair<SvgPoint, SvgPoint>{{x, top}, {x, bottom}},
                          {{x - 2.5, top}, {x + 2.5, top}},
                          {{x - 2.5, bottom}, {x + 2.5, bottom}}})
        svg.line(a, b, {colors[line], "none", 1.2, .75});
      if (!positions.joined) {
        double high = upper.back().y, low = lower.back().y;
        svg.polygon({{x - 4, high}, {x + 4, high}, {x + 4, low}, {x - 4, low}}, {"none", colors[line], 1, .28});
      }
    }
    if (positions.joined) {
      std::vector<SvgPoint> band = upper;
      band.insert(band.end(), lower.rbegin(), lower.rend());
      svg.polygon(band, {"none", colors[line], 1, .16});
      svg.polyline(mean, {colors[line], "none", 2.2});
    }
    for (const SvgPoint &point : mean)
      marker(svg, point, line);
  }

  void drawPanel(Svg &svg, const Panel &panel, const Box &box) const {
    drawAxes(svg, panel, box);
    drawBaselines(svg, panel, box);
    for (size_t i = 0; i < panel.lines.size(); ++i)
      drawLine(svg, box, panel.lines[i], i, panel.lines.size());
  }

  const SweepResults &results;
  const Grid &grid;
  const Metric &metric;
  const Layout &layout;
  Positions positions;
  std::vector<Distribution> points; // by cell
  std::vector<Panel> panels;
  double low = 0, high = 1;
};
} // namespace

Status checkPlotAxis(const Grid &grid, const std::optional<std::string> &leftToRight) {
  std::vector<std::string> known;
  for (const Axis &axis : grid.axes)
    known.push_back(axis.label());
  if (!leftToRight || std::find(known.begin(), known.end(), *leftToRight) != known.end())
    return {};
  return Failure{"--plot: there is no axis '" + *leftToRight + "'; " +
                 (known.empty() ? "--vary makes one" : "axes are " + listOf(known))};
}

static const char *const pngProgram = "rsvg-convert";
static const char *const pngHint = "install librsvg2-bin, or leave --png out";

Status checkPng() {
  if (isOnPath(pngProgram))
    return {};
  return Failure{std::string("--png: there is no ") + pngProgram + " on PATH; " + pngHint};
}

/// DIRECTORY/NAME.png of DIRECTORY/NAME.svg; appears whole.
static Status writePng(const std::string &directory, const std::string &name) {
  const std::string path = directory + "/" + name, unfinished = path + ".unfinished.png", log = path + ".log";
  Status status = runCommand({pngProgram, "--zoom=2", "--background-color=white", "--output", unfinished, path + ".svg"}, log,
                             "drawing a PNG file", pngHint);
  std::error_code error;
  std::filesystem::remove(log, error);
  if (!status)
    return status;
  std::filesystem::rename(unfinished, path + ".png", error);
  return error ? Status(Failure{path + ".png: cannot write: " + error.message()}) : Status();
}

Result<std::vector<std::string>> writePlots(const SweepResults &results, const std::optional<std::string> &leftToRight,
                                            const std::string &directory, bool png) {
  std::vector<std::string> files;
  if (Status status = checkPlotAxis(*results.grid, leftToRight); !status)
    return status.failure();
  Layout layout = layoutOf(*results.grid, leftToRight);
  if (layout.across == none)
    return files;
  for (const Metric &metric : results.metrics) {
    if (!metric.isPlotted)
      continue;
    std::optional<std::string> picture = Figure(results, metric, layout).draw();
    if (!picture)
      continue;
    files.push_back(metric.name + ".svg");
    if (Status status = writeWhole(directory + "/" + files.back(), *picture); !status)
      return status.failure();
    if (!png)
      continue;
    files.push_back(metric.name + ".png");
    if (Status status = writePng(directory, metric.name); !status)
      return status.failure();
  }
  return files;
}

} // namespace aimc::tools
