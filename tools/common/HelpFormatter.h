// How --help looks: names with their values in one column, wrapped descriptions in the other.
#ifndef AIMC_TOOLS_COMMON_HELPFORMATTER_H
#define AIMC_TOOLS_COMMON_HELPFORMATTER_H

#include <CLI/CLI.hpp>

namespace aimc::tools {

class HelpFormatter : public CLI::Formatter {
public:
  std::string make_option(const CLI::Option *option, bool isPositional) const override {
    std::string name = isPositional ? option->get_name(true, false) : option->get_name(false, true);
    if (!isPositional && option->get_items_expected_max() != 0)
      name += "=" + option->get_type_name();
    std::string description = option->get_description();
    if (!option->get_default_str().empty())
      description += " (default " + option->get_default_str() + ")";
    return wrapped("  " + name, description);
  }

private:
  static constexpr size_t indent = 28, width = 120;

  static std::string wrapped(std::string line, const std::string &description) {
    std::string text;
    if (line.size() + 2 > indent) {
      text = line + "\n";
      line.clear();
    }
    line.resize(indent, ' ');
    std::istringstream words(description);
    for (std::string word; words >> word;) {
      if (line.size() + 1 + word.size() > width) {
        text += line + "\n";
        line = std::string(indent, ' ');
      }
      line += (line.back() == ' ' ? "" : " ") + word;
    }
    return text + line + "\n";
  }
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_HELPFORMATTER_H
