// As much of SVG as a plot needs.
#ifndef AIMC_TOOLS_SWEEP_SVG_H
#define AIMC_TOOLS_SWEEP_SVG_H

#include <string>
#include <vector>

namespace aimc::tools {

struct SvgPoint {
  double x, y;
};

/// How something is drawn; colours are CSS's. Without a background and in middle tones, so that it reads on light and dark.
struct SvgStyle {
  std::string stroke = "none", fill = "none";
  double width = 1, opacity = 1;
  std::string dashes = ""; // stroke-dasharray, empty: solid
};

struct SvgText {
  std::string anchor = "start"; // "middle", "end"
  double size = 12, rotation = 0;
  bool bold = false;
  std::string fill = "";
};

class Svg {
public:
  Svg(double width, double height) : width(width), height(height) {}

  void line(SvgPoint from, SvgPoint to, const SvgStyle &style);
  void polyline(const std::vector<SvgPoint> &points, const SvgStyle &style);
  void polygon(const std::vector<SvgPoint> &points, const SvgStyle &style);
  void circle(SvgPoint center, double radius, const SvgStyle &style);
  /// `at`: on the base line.
  void text(SvgPoint at, const std::string &words, const SvgText &style = {});
  /// The whole document; `title` is for readers that cannot see.
  std::string document(const std::string &title) const;

private:
  double width, height;
  std::string body;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_SVG_H
