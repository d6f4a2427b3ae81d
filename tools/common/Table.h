// Text in columns.
#ifndef AIMC_TOOLS_COMMON_TABLE_H
#define AIMC_TOOLS_COMMON_TABLE_H

#include <string>
#include <vector>

namespace aimc::tools {

/// Columns of a terminal that the text takes: UTF-8 continuation bytes take none.
size_t widthOf(const std::string &text);

/// Columns as wide as their widest entry, two blanks apart; the first row is the head.
class Table {
public:
  /// `alignment`: one letter for each column, 'r' or 'l'.
  explicit Table(std::string alignment) : alignment(std::move(alignment)) {}

  /// As many entries as there are columns.
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  /// A line for each row, begun by `indent`, without blanks at its end.
  std::string toString(const std::string &indent = "") const;

private:
  std::string alignment;
  std::vector<std::vector<std::string>> rows;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_TABLE_H
