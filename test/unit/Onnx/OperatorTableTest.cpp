//===- OperatorTableTest.cpp - the operator table and its versions ----------------------------------------------===//
#include "aimc/Dialect/Onnx/OperatorTable.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

using namespace aimc::onnx;

TEST(OperatorTable, RowsAreDistinctAndPossible) {
  std::set<std::tuple<std::string, std::string, int64_t>> seen;
  for (const OperatorRow &row : getOperatorTable()) {
    EXPECT_TRUE(seen.insert({row.domain.str(), row.name.str(), row.since}).second) << row.name.str() << " " << row.since;
    EXPECT_LE(row.minInputs, row.maxInputs) << row.name.str();
    EXPECT_GE(row.since, 1) << row.name.str();
    EXPECT_EQ(&row, getOperatorTable().data() + getOperatorIndex(&row));
  }
}

TEST(OperatorTable, TakesTheNewestRowNotAboveTheOperatorSet) {
  EXPECT_EQ(lookupOperator("", "Softmax", 12)->since, 1);
  EXPECT_EQ(lookupOperator("", "Softmax", 13)->since, 13);
  EXPECT_EQ(lookupOperator("", "Softmax", 22)->since, 13);
  EXPECT_EQ(lookupOperator("", "Split", 13)->maxInputs, 2u);
  EXPECT_EQ(lookupOperator("", "Split", 12)->maxInputs, 1u);
  EXPECT_NE(lookupOperator("", "Add", 6), lookupOperator("", "Add", 7));
}

TEST(OperatorTable, KnowsNothingElse) {
  EXPECT_EQ(lookupOperator("", "Gelu", 19), nullptr);
  EXPECT_NE(lookupOperator("", "Gelu", 20), nullptr);
  EXPECT_EQ(lookupOperator("", "Add", 0), nullptr);
  EXPECT_EQ(lookupOperator("", "Where", 8), nullptr);
  EXPECT_EQ(lookupOperator("com.other", "Add", 13), nullptr);
  EXPECT_EQ(lookupOperator("", "add", 13), nullptr);
  EXPECT_EQ(lookupOperator("ai.onnx", "Add", 13), lookupOperator("", "Add", 13));
}
