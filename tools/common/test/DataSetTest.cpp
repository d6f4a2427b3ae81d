#include "DataSet.h"
#include "TempFile.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace aimc::tools;

static TensorInfo makeInput(aimc_type type, std::vector<int64_t> dims, int32_t batchDim = 0) {
  TensorInfo input;
  input.name = "x";
  input.type = type;
  input.dimNames.assign(dims.size(), "");
  if (batchDim >= 0)
    input.dimNames[batchDim] = "N";
  input.dims = std::move(dims);
  input.batchDim = batchDim;
  return input;
}

/// Bytes 0, 1, 2, … in this shape.
static void writeCounting(const TempFile &temp, const std::vector<int64_t> &shape) {
  std::string bytes;
  for (int64_t i = 0; i < elementCount(shape); ++i)
    bytes += static_cast<char>(i);
  ASSERT_TRUE(writeNpy(temp.path, AIMC_U8, shape, bytes.data()));
}

static std::vector<float> readFloats(const DataSet &set, int64_t begin, int64_t count) {
  std::vector<char> bytes;
  Status status = set.read(begin, count, bytes);
  EXPECT_TRUE(status);
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

TEST(DataSet, BatchesOfAMatchingArray) {
  TempFile temp;
  writeCounting(temp, {3, 2});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 2}), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->samples(), 3);
  EXPECT_EQ(set->dims(2), (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(readFloats(*set, 1, 2), (std::vector<float>{2, 3, 4, 5}));
}

TEST(DataSet, BeyondTheEndTheLastSampleRepeats) {
  TempFile temp;
  writeCounting(temp, {3, 2});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {4, 2}), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(readFloats(*set, 1, 4), (std::vector<float>{2, 3, 4, 5, 4, 5, 4, 5}));
}

TEST(DataSet, SamplesAreReshaped) {
  TempFile temp;
  writeCounting(temp, {2, 4});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 1, 2, 2}), *InputScale::parse("1/2"));
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->samples(), 2);
  EXPECT_EQ(set->dims(1), (std::vector<int64_t>{1, 1, 2, 2}));
  EXPECT_EQ(readFloats(*set, 1, 1), (std::vector<float>{2, 2.5, 3, 3.5}));
  EXPECT_TRUE(set->doubts().empty());
}

TEST(DataSet, OneSampleMayLackTheBatchDimension) {
  TempFile temp;
  writeCounting(temp, {2, 3});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {1, 1, 2, 3}), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->samples(), 1);
  EXPECT_EQ(readFloats(*set, 0, 1), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

TEST(DataSet, BatchInTheMiddle) {
  TempFile temp;
  writeCounting(temp, {2, 3, 2}); // steps, samples, features
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, -1, 2}, 1), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->samples(), 3);
  EXPECT_EQ(set->dims(2), (std::vector<int64_t>{2, 2, 2}));
  EXPECT_EQ(readFloats(*set, 1, 2), (std::vector<float>{2, 3, 4, 5, 8, 9, 10, 11}));
}

TEST(DataSet, ColumnMajorFilesReadTheSame) {
  // np.asfortranarray([[0, 1, 2], [3, 4, 5]])
  TempFile temp(npyBytes("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", std::string("\0\3\1\4\2\5", 6)));
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 3}), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(readFloats(*set, 0, 2), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 3, 1}), {}); // reshaped
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(readFloats(*set, 1, 1), (std::vector<float>{3, 4, 5}));
}

TEST(DataSet, WithoutABatchTheWholeArray) {
  TempFile temp;
  writeCounting(temp, {6});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_U8, {2, 3}, -1), {});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->samples(), -1);
  EXPECT_EQ(set->dims(7), (std::vector<int64_t>{2, 3}));
  std::vector<char> bytes;
  ASSERT_TRUE(set->read(0, 1, bytes));
  EXPECT_EQ(bytes, (std::vector<char>{0, 1, 2, 3, 4, 5}));
}

TEST(DataSet, ForgottenTransposeIsDoubted) {
  TempFile temp;
  writeCounting(temp, {2, 3, 3, 2});
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 2, 3, 3}), InputScale());
  ASSERT_TRUE(set) << set.error();
  ASSERT_EQ(set->doubts().size(), 1u);
  EXPECT_EQ(set->doubts()[0], temp.path + ": samples [3, 3, 2] were reshaped, not transposed, to [2, 3, 3] of input 'x'");
}

TEST(DataSet, BytesForFloatsWithoutAScaleAreDoubted) {
  auto doubtsOf = [](const char *bytes, aimc_type input, std::optional<InputScale> scale) {
    TempFile temp(npyBytes("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }\n", std::string(bytes, 2)));
    Result<DataSet> set = DataSet::open(temp.path, makeInput(input, {-1, 2}), scale);
    return set ? set->doubts().size() : 99;
  };
  EXPECT_EQ(doubtsOf("\0\2", AIMC_F32, {}), 1u);
  EXPECT_EQ(doubtsOf("\0\2", AIMC_F32, InputScale()), 0u); // it was said
  EXPECT_EQ(doubtsOf("\0\1", AIMC_F32, {}), 0u);
  EXPECT_EQ(doubtsOf("\0\2", AIMC_U8, {}), 0u);
}

TEST(DataSet, ErrorsNameBothSides) {
  TempFile temp;
  writeCounting(temp, {2, 5});
  EXPECT_EQ(DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 1, 2, 2}), {}).error(),
            temp.path + ": input 'x' takes float32[N, 1, 2, 2], the file holds uint8[2, 5]; a sample has 4 elements: give an "
                        "array [samples, …] with as many in each");
  EXPECT_EQ(DataSet::open(temp.path, makeInput(AIMC_F32, {2, 4}, -1), {}).error(),
            temp.path + ": input 'x' takes float32[2, 4], the file holds uint8[2, 5]; the input has no batch dimension and "
                        "takes 8 elements");
  EXPECT_EQ(DataSet::open(temp.path, makeInput(AIMC_F32, {-1, -1, 5}), {}).error(),
            temp.path + ": input 'x' takes float32[N, ?, 5], the file holds uint8[2, 5]; dimensions known only at run time "
                        "allow no reshaping, save the file in the input's shape");
  writeCounting(temp, {0, 5});
  EXPECT_EQ(DataSet::open(temp.path, makeInput(AIMC_F32, {-1, 5}), {}).error(),
            temp.path + ": it holds no sample, its shape is [0, 5]");
  float value = 1;
  ASSERT_TRUE(writeNpy(temp.path, AIMC_F32, {1, 1}, &value));
  EXPECT_EQ(DataSet::open(temp.path, makeInput(AIMC_I64, {-1, 1}), {}).error(),
            temp.path + ": input 'x' takes int64[N, 1], the file holds float32; save it again with .astype('int64')");
}

TEST(DataSet, ValuesThatDoNotFitAreNamed) {
  TempFile temp;
  int32_t values[] = {1, 300};
  ASSERT_TRUE(writeNpy(temp.path, AIMC_I32, {2, 1}, values));
  Result<DataSet> set = DataSet::open(temp.path, makeInput(AIMC_U8, {-1, 1}), {});
  ASSERT_TRUE(set) << set.error();
  std::vector<char> bytes;
  EXPECT_EQ(set->read(0, 2, bytes).error(), temp.path + ", for input 'x': value 300 of int32 data does not fit uint8");
}
