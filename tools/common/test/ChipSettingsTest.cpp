#include "ChipSettings.h"

#include <gtest/gtest.h>

using namespace aimc::tools;

TEST(ChipSettings, TimesHaveUnits) {
  EXPECT_EQ(*parseSeconds("90"), 90);
  EXPECT_EQ(*parseSeconds("10s"), 10);
  EXPECT_EQ(*parseSeconds("1.5min"), 90);
  EXPECT_EQ(*parseSeconds("2h"), 7200);
  EXPECT_EQ(*parseSeconds("30d"), 2592000);
  for (const char *text : {"", "h", "-1", "1w", "inf", "nan", "1 h", "1hh"})
    EXPECT_EQ(parseSeconds(text).error(),
              "'" + std::string(text) + "' is no time; write seconds or a unit, such as 90, 10s, 5min, 1h or 1d");
}

TEST(ChipSettings, TimesReadShortly) {
  EXPECT_EQ(secondsText(0), "0 s");
  EXPECT_EQ(secondsText(0.25), "0.25 s");
  EXPECT_EQ(secondsText(90), "1.5 min");
  EXPECT_EQ(secondsText(100), "100 s");
  EXPECT_EQ(secondsText(3600), "1 h");
  EXPECT_EQ(secondsText(86400), "1 d");
  EXPECT_EQ(secondsText(2592000), "30 d");
}

TEST(ChipSettings, OptionsCarryEverySetting) {
  ChipSettings settings;
  settings.driverArgument = "events";
  settings.fidelity = AIMC_NOISY;
  settings.seed = 3;
  settings.trial = 4;
  settings.disabledEffects = 1u << AIMC_EFFECT_DRIFT;
  settings.timeSeconds = 5;
  settings.compensation = AIMC_COMPENSATE_COLUMN;
  settings.settings = "adc.bits=6";
  settings.corrections = {{{1.5f, 2}, {0.25f, 0}}, {}};
  std::vector<aimc_correction> list;
  aimc_chip_options options = settings.options(nullptr, list);
  EXPECT_EQ(options.struct_size, sizeof options);
  EXPECT_STREQ(options.driver, "simulator");
  EXPECT_STREQ(options.driver_arg, "events");
  EXPECT_EQ(options.fidelity, AIMC_NOISY);
  EXPECT_EQ(options.seed, 3u);
  EXPECT_EQ(options.trial, 4u);
  EXPECT_EQ(options.disabled_effects, 1u << AIMC_EFFECT_DRIFT);
  EXPECT_EQ(options.time_seconds, 5);
  EXPECT_EQ(options.compensation, AIMC_COMPENSATE_COLUMN);
  EXPECT_STREQ(options.settings, "adc.bits=6");
  ASSERT_EQ(options.correction_count, 2u);
  EXPECT_EQ(options.corrections[0].scale[1], 2);
  EXPECT_EQ(options.corrections[0].offset[0], 0.25f);
}
