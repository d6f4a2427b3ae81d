#include "TestModel.h"
#include "container/Checksum.h"
#include "container/Container.h"

#include <gtest/gtest.h>

using namespace aimc;
using namespace aimc::test;

TEST(Checksum, KnownAnswersOfXxh64) {
  EXPECT_EQ(xxh64("", 0), 0xEF46DB3751D8E999u);
  EXPECT_EQ(xxh64("a", 1), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(xxh64("abc", 3), 0x44BC2CF5AD770999u);
  EXPECT_EQ(xxh64("Call me Ishmael. Some years ago--never mind how long precisely-", 63), 0x02A2E85470D6FD96u);
}

TEST(Container, ReadsWhatTheWriterWrote) {
  TemporaryFile file("round-trip.aimc");
  writeAnalogModel(file.path());
  auto container = Container::open(file.path());
  ASSERT_TRUE(container.ok()) << container.status().message();
  const fb::Crossbar &crossbar = *(*container)->model().crossbars()->Get(0);
  const int8_t *levels = static_cast<const int8_t *>((*container)->blob(crossbar.levels()));
  EXPECT_EQ(std::vector<int8_t>(levels, levels + 6), (std::vector<int8_t>{127, -127, 1, 2, 3, 4}));
  EXPECT_EQ((*container)->blob((*container)->model().dispatches()->Get(0)->affine_scale()), nullptr);
}
