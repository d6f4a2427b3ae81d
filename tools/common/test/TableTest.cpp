#include "Table.h"

#include <gtest/gtest.h>

using namespace aimc::tools;

TEST(Table, ColumnsAreAsWideAsATerminalShowsThem) {
  Table table("lr");
  table.add({"node", "± std"});
  table.add({"é", "1.25"});
  EXPECT_EQ(table.toString(), "node  ± std\n"
                              "é      1.25\n");
  EXPECT_EQ(widthOf("± µS"), 4u);
}

TEST(Table, LinesBeginIndentedAndEndWithoutBlanks) {
  Table table("ll");
  table.add({"a", "longer"});
  table.add({"b", ""});
  EXPECT_EQ(table.toString("  "), "  a  longer\n"
                                  "  b\n");
}
