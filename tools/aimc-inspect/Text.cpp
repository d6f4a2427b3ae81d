#include "Summary.h"
#include "Table.h"

#include <algorithm>
#include <cstdio>

namespace aimc::tools {

static std::string bytesText(uint64_t bytes) {
  char text[32];
  if (bytes < 10240)
    std::snprintf(text, sizeof text, "%llu B", static_cast<unsigned long long>(bytes));
  else if (bytes < (10u << 20))
    std::snprintf(text, sizeof text, "%.1f KiB", static_cast<double>(bytes) / 1024);
  else
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

static std::string percentText(const Json &share) {
  if (share.is_null())
    return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share.get<double>());
  return text;
}

static std::string numberText(const Json &number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", number.get<double>());
  return text;
}

static std::string integerText(const Json &number) { return std::to_string(number.get<int64_t>()); }

static std::string tensorText(const Json &tensor) {
  std::string shape;
  for (size_t i = 0; i < tensor["shape"].size(); ++i) {
    std::string name = i < tensor["dim_names"].size() ? tensor["dim_names"][i].get<std::string>() : "";
    std::string size = tensor["shape"][i].is_null() ? (name.empty() ? "?" : name) : integerText(tensor["shape"][i]);
    shape += (i ? ", " : "") + size;
  }
  return "'" + tensor["name"].get<std::string>() + "' " + tensor["type"].get<std::string>() + "[" + shape + "]";
}

static std::string tensorLines(const char *label, const Json &tensors) {
  std::string text;
  for (const Json &tensor : tensors)
    text += (text.empty() ? label : std::string(widthOf(label), ' ')) + tensorText(tensor) + "\n";
  return text;
}

static std::string targetLine(const Json &target) {
  if (target.is_null())
    return "target   none: everything runs on the host\n";
  std::string text = "target   " + target["name"].get<std::string>() + ": " + integerText(target["arrays_used"]) + " of " +
                     std::to_string(target["chips"].get<int64_t>() * target["arrays_per_chip"].get<int64_t>()) + " arrays of " +
                     integerText(target["array_rows"]) + " x " + integerText(target["array_columns"]) + " cells used, " +
                     percentText(target["utilisation"]) + " of their cells";
  if (target["chips"].get<int64_t>() > 1)
    text += ", on " + integerText(target["chips"]) + " chips";
  return text + "\n";
}

/// "u8 α 2.34", "u8 α 1.2..2.34 by tile", "s8 dynamic, 8 slices".
static std::string inputText(const Json &layer) {
  std::string text = (layer["signed"].get<bool>() ? "s" : "u") + integerText(layer["bx"]);
  if (const Json &alpha = layer["alpha"]; alpha.is_array()) {
    auto [least, most] = std::minmax_element(alpha.begin(), alpha.end());
    text += " α " + numberText(*least) + ".." + numberText(*most) + " by tile";
  } else {
    text += alpha.is_string() ? " dynamic" : " α " + numberText(alpha);
  }
  if (layer["V"].get<int64_t>() > 1)
    text += ", " + integerText(layer["V"]) + " slices";
  return text;
}

static std::string weightText(const Json &layer) {
  std::string text = integerText(layer["bw"]) + " bit " + layer["encoding"].get<std::string>();
  if (layer["S"].get<int64_t>() > 1)
    text += ", " + integerText(layer["S"]) + " slices";
  return text;
}

/// One line per site; groups are alike but for their weights.
static std::string layerTable(const Json &layers) {
  Table table("rllrrlllrlr");
  table.add({"#", "node", "kind", "matrix", "groups", "tiles", "weights", "input", "ADC", "arrays", "of their cells"});
  for (const Json &layer : layers) {
    if (layer["group"].get<int64_t>() > 0)
      continue;
    table.add({integerText(layer["site"]), layer["node"].get<std::string>(), layer["kind"].get<std::string>(),
               integerText(layer["K"]) + " x " + integerText(layer["N"]), integerText(layer["groups"]),
               integerText(layer["T"]) + " x " + integerText(layer["column_tiles"]), weightText(layer), inputText(layer),
               layer["B"].is_string() ? "ideal" : integerText(layer["B"]) + " bit", layer["arrays"].get<std::string>(),
               percentText(layer["utilisation"])});
  }
  return table.toString("  ");
}

std::string toText(const Json &summary) {
  std::string text = summary["file"].get<std::string>() + ": " + bytesText(summary["size"]) + ", format " +
                     summary["version"].get<std::string>() + ", by " + summary["producer"].get<std::string>() + "\n";
  text += tensorLines("inputs   ", summary["inputs"]) + tensorLines("outputs  ", summary["outputs"]);
  text += targetLine(summary["target"]);
  if (!summary["layers"].empty())
    text += "\nlayers on tiles (matrix K x N; tiles: row x column)\n" + layerTable(summary["layers"]);
  if (!summary["digital_nodes"].empty()) {
    Table table("ll");
    for (const Json &node : summary["digital_nodes"])
      table.add({node["node"].get<std::string>(), node["reason"].get<std::string>()});
    text += "\nlayers that stay digital\n" + table.toString("  ");
  }
  text += "\nhost code\n";
  for (const Json &code : summary["host_code"]) {
    text += "  " + code["triple"].get<std::string>() + ", " + code["cpu"].get<std::string>() + ", " + bytesText(code["size"]);
    for (size_t i = 0; i < code["features"].size(); ++i)
      text += (i ? " " : ", needs ") + code["features"][i].get<std::string>();
    text += "\n";
  }
  Table table("lrr");
  table.add({"section", "offset", "size"});
  for (const Json &section : summary["sections"])
    table.add({section["kind"].get<std::string>(), integerText(section["offset"]), bytesText(section["size"])});
  return text + "\n" + table.toString("  ");
}

} // namespace aimc::tools
