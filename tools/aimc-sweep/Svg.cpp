#include "Svg.h"

#include <cstdio>

namespace aimc::tools {

static const char *const textColor = "#78808a";

static std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string result = text;
  while (result.back() == '0')
    result.pop_back();
  if (result.back() == '.')
    result.pop_back();
  return result == "-0" ? "0" : result;
}

static std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text)
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
  return result;
}

static std::string attributes(const SvgStyle &style) {
  std::string text = " fill=\"" + style.fill + "\"";
  if (style.stroke != "none")
    text += " stroke=\"" + style.stroke + "\" stroke-width=\"" + number(style.width) + "\"";
  if (style.opacity != 1)
    text += " opacity=\"" + number(style.opacity) + "\"";
  if (!style.dashes.empty())
    text += " stroke-dasharray=\"" + style.dashes + "\"";
  return text + "/>\n";
}

static std::string list(const std::vector<SvgPoint> &points) {
  std::string text;
  for (const SvgPoint &point : points)
    text += (text.empty() ? "" : " ") + number(point.x) + "," + number(point.y);
  return text;
}

void Svg::line(SvgPoint from, SvgPoint to, const SvgStyle &style) {
  body += "<line x1=\"" + number(from.x) + "\" y1=\"" + number(from.y) + "\" x2=\"" + number(to.x) + "\" y2=\"" + number(to.y) +
          "\"" + attributes(style);
}

void Svg::polyline(const std::vector<SvgPoint> &points, const SvgStyle &style) {
  body += "<polyline points=\"" + list(points) + "\" stroke-linejoin=\"round\"" + attributes(style);
}

void Svg::polygon(const std::vector<SvgPoint> &points, const SvgStyle &style) {
  body += "<polygon points=\"" + list(points) + "\"" + attributes(style);
}

void Svg::circle(SvgPoint center, double radius, const SvgStyle &style) {
  body += "<circle cx=\"" + number(center.x) + "\" cy=\"" + number(center.y) + "\" r=\"" + number(radius) + "\"" +
          attributes(style);
}

void Svg::text(SvgPoint at, const std::string &words, const SvgText &style) {
  body += "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" font-size=\"" + number(style.size) + "\" fill=\"" +
          (style.fill.empty() ? textColor : style.fill) + "\"";
  if (style.anchor != "start")
    body += " text-anchor=\"" + style.anchor + "\"";
  if (style.bold)
    body += " font-weight=\"600\"";
  if (style.rotation != 0)
    body += " transform=\"rotate(" + number(style.rotation) + " " + number(at.x) + " " + number(at.y) + ")\"";
  body += ">" + escaped(words) + "</text>\n";
}

std::string Svg::document(const std::string &title) const {
  std::string size = number(width) + " " + number(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" + number(width) + "\" height=\"" +
         number(height) + "\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" role=\"img\">\n<title>" + escaped(title) +
         "</title>\n" + body + "</svg>\n";
}

} // namespace aimc::tools
