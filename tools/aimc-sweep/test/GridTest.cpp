#include "Grid.h"

#include <gtest/gtest.h>

using namespace aimc::tools;
using Texts = std::vector<std::string>;

static Texts valuesOf(const std::string &text) {
  Result<Axis> axis = parseAxis(text);
  EXPECT_TRUE(axis) << axis.error();
  return axis ? axis->values : Texts();
}

TEST(Axis, RangesAreWrittenOut) {
  EXPECT_EQ(valuesOf("adc.bits=4..7"), (Texts{"4", "5", "6", "7"}));
  EXPECT_EQ(valuesOf("adc.bits=ideal,4..5,9"), (Texts{"ideal", "4", "5", "9"}));
  EXPECT_EQ(valuesOf("noise.output=0..1LSB+0.25"), (Texts{"0LSB", "0.25LSB", "0.5LSB", "0.75LSB", "1LSB"}));
  EXPECT_EQ(valuesOf("device.g_max=5uS..25uS+10"), (Texts{"5uS", "15uS", "25uS"}));
  EXPECT_EQ(valuesOf("tile.rows=32..200*2"), (Texts{"32", "64", "128"}));
  EXPECT_EQ(valuesOf("noise.output=1e-3LSB..1e-1LSB*10"), (Texts{"0.001LSB", "0.01LSB", "0.1LSB"}));
}

TEST(Axis, TimesHaveUnitsOfTheirOwn) {
  EXPECT_EQ(valuesOf("time=0,1s..1d*100"), (Texts{"0", "1s", "100s", "10000s"}));
  EXPECT_EQ(valuesOf("time=1h..2h+30min"), (Texts{"3600s", "5400s", "7200s"}));
  Result<Axis> axis = parseAxis("time=0,1h,30d");
  EXPECT_EQ(*numbersOf(*axis), (std::vector<double>{0, 3600, 2592000}));
  EXPECT_EQ(displayOf(*axis, 2), "30 d");
}

TEST(Axis, FoldersAreNoRanges) { EXPECT_EQ(valuesOf("target=../a.yaml,b..c"), (Texts{"../a.yaml", "b..c"})); }

TEST(Axis, NumbersHaveOneUnit) {
  EXPECT_EQ(*numbersOf(*parseAxis("device.g_max=5uS,25uS")), (std::vector<double>{5, 25}));
  EXPECT_FALSE(numbersOf(*parseAxis("device.g_max=5uS,25nS")));
  EXPECT_FALSE(numbersOf(*parseAxis("adc.bits=8,ideal")));
}

TEST(Grid, TheLastAxisVariesFastest) {
  GridOptions options;
  options.models = {"a/net.onnx", "b/other.onnx"};
  options.vary = {"time=0,1h", "tile.rows+tile.columns=64,128"};
  options.trials = 3;
  options.baseline = true;
  Result<Grid> grid = Grid::build(options);
  ASSERT_TRUE(grid) << grid.error();
  ASSERT_EQ(grid->cells.size(), 8u);
  EXPECT_EQ(grid->axes[0].values, (Texts{"net", "other"}));
  EXPECT_EQ(grid->cells[3].choice, (std::vector<size_t>{0, 1, 1}));
  EXPECT_EQ(grid->cells[3].chip.timeSeconds, 3600);
  EXPECT_EQ(grid->cells[3].trials, 3u);
  // A container for each model and tile, whatever the time; the float network of each model once.
  ASSERT_EQ(grid->containers.size(), 4u);
  EXPECT_EQ(grid->cells[3].container, grid->cells[1].container);
  EXPECT_EQ(grid->containers[1].arguments, (Texts{"--target-set=tile.columns=128", "--target-set=tile.rows=128"}));
  ASSERT_EQ(grid->baselines.size(), 2u);
  EXPECT_EQ(grid->containers[grid->baselines[1].container].model, "b/other.onnx");
}

TEST(Grid, EffectsAreNamedOrLeftOut) {
  GridOptions options;
  options.models = {"net.aimc"};
  options.vary = {"effects=all,none,drift,all-programming+drift"};
  Result<Grid> grid = Grid::build(options);
  ASSERT_TRUE(grid) << grid.error();
  uint32_t every = 0;
  for (const auto &effect : effects())
    every |= 1u << effect.value;
  EXPECT_EQ(grid->cells[0].chip.disabledEffects, 0u);
  EXPECT_EQ(grid->cells[1].chip.disabledEffects, every);
  EXPECT_EQ(grid->cells[2].chip.disabledEffects, every & ~(1u << AIMC_EFFECT_DRIFT));
  EXPECT_EQ(grid->cells[3].chip.disabledEffects, 1u << AIMC_EFFECT_PROGRAMMING | 1u << AIMC_EFFECT_DRIFT);
}

TEST(Grid, KeysOfTheChipNeedNoContainerOfTheirOwn) {
  GridOptions options;
  options.models = {"net.onnx"};
  options.vary = {"noise.output=1 LSB,2 LSB", "adc.bits=6,8", "device.model=pcm"};
  Result<Grid> grid = Grid::build(options);
  ASSERT_TRUE(grid) << grid.error();
  ASSERT_EQ(grid->containers.size(), 2u);
  EXPECT_EQ(grid->containers[1].arguments, (Texts{"--target-set=adc.bits=8"}));
  EXPECT_EQ(grid->cells[2].chip.settings, "device.model=pcm,noise.output=2 LSB");
  options.models = {"net.aimc"};
  grid = Grid::build(options);
  ASSERT_TRUE(grid) << grid.error();
  ASSERT_EQ(grid->containers.size(), 1u);
  EXPECT_EQ(grid->cells[2].chip.settings, "adc.bits=6,device.model=pcm,noise.output=2 LSB");
}

TEST(Grid, VariantsSetSeveralParametersAtOnce) {
  GridOptions options;
  options.models = {"net.onnx"};
  options.vary = {"seed=1,2"};
  options.variants = {"a:tile.rows=64,time=1h", "b:device.model=pcm,device.g_max=10uS"};
  Result<Grid> grid = Grid::build(options);
  ASSERT_TRUE(grid) << grid.error();
  EXPECT_EQ(grid->axes[0].label(), "variant");
  EXPECT_EQ(grid->axes[0].values, (Texts{"a", "b"}));
  ASSERT_EQ(grid->cells.size(), 4u);
  EXPECT_EQ(grid->cells[1].chip.timeSeconds, 3600);
  EXPECT_EQ(grid->cells[1].chip.seed, 2u);
  EXPECT_EQ(grid->containers[0].arguments, (Texts{"--target-set=tile.rows=64"}));
  EXPECT_EQ(grid->cells[2].chip.settings, "device.g_max=10uS,device.model=pcm");
  EXPECT_EQ(grid->cells[2].chip.timeSeconds, 0);
  EXPECT_EQ(grid->containers[grid->cells[2].container].arguments, Texts());
  auto error = [&](const std::string &variant) {
    options.variants = {"a:time=1h", variant};
    return Grid::build(options).error();
  };
  EXPECT_EQ(error("b"), "--variant: 'b' is no NAME:KEY=VALUE,KEY=VALUE,...");
  EXPECT_EQ(error("a:time=1d"), "--variant: there are two variants called a");
  EXPECT_EQ(error("b:time=1h..2h+1h"), "--variant: 'time=1h..2h+1h' has several values; a variant has one of each");
  EXPECT_EQ(error("b:seed=3"), "parameter seed is given twice");
  EXPECT_EQ(error("b:time=1h,time=2h"), "parameter time is given twice");
}
