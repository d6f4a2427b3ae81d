#include "TestModel.h"
#include "aimc/aimc.h"

#include <gtest/gtest.h>

using namespace aimc::test;

namespace {
struct Digital : testing::Test {
  TemporaryFile file{"digital.aimc"};
  aimc_model *model = nullptr;
  aimc_chip *chip = nullptr;
  aimc_session *session = nullptr;

  void SetUp() override {
    writeDigitalModel(file.path());
    ASSERT_EQ(aimc_model_open(file.path().c_str(), &model), AIMC_OK) << aimc_last_error();
    aimc_chip_options options = {};
    options.struct_size = sizeof options;
    options.driver = "trace";
    ASSERT_EQ(aimc_chip_create(model, &options, &chip), AIMC_OK) << aimc_last_error();
    ASSERT_EQ(aimc_session_create(chip, &session), AIMC_OK) << aimc_last_error();
  }
  void TearDown() override {
    // In any order: each handle keeps what it needs.
    aimc_model_release(model);
    aimc_chip_release(chip);
    aimc_session_release(session);
  }
};
} // namespace

TEST_F(Digital, RunsItsHostCode) {
  const float x[] = {1, 0, 0, 1, 1, 1};
  const int64_t dims[] = {3, 2};
  aimc_array input = {x, AIMC_F32, 2, dims}, output;
  ASSERT_EQ(aimc_session_run(session, &input, 1, nullptr), AIMC_OK) << aimc_last_error();
  ASSERT_EQ(aimc_session_output(session, 0, &output), AIMC_OK);
  ASSERT_EQ(output.rank, 2);
  EXPECT_EQ(output.dims[0], 3);
  EXPECT_EQ(output.dims[1], 3);
  const float *y = static_cast<const float *>(output.data);
  EXPECT_EQ(std::vector<float>(y, y + 9), (std::vector<float>{2, 4, 6, 8, 10, 12, 10, 14, 18}));
}
