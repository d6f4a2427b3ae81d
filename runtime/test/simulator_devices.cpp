// Devices and time: drift, 1/f noise and their compensation against closed forms (4 standard errors, fixed seeds).
#include "simulator_support.h"

#include "Elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <math.h>

using namespace aimc::test;
using Model = aimc::fb::DeviceModel;

static const double hour = 3600, day = 86400, year = 365 * day;

static uint32_t without(std::initializer_list<aimc_effect> effects) {
  uint32_t bits = 0;
  for (aimc_effect effect : effects)
    bits |= 1u << effect;
  return bits;
}

/// 128 x 128 cells of one level in offset encoding, each read alone at full scale through an ideal ADC. Results are
/// conductances over Gmax: a level's digit U = level + 128 has the target Gmin + (Gmax - Gmin) U / 255.
struct Cells {
  Spec spec;
  Cells(Model device, double gMin, double gMax, int digit) {
    spec = oneTile(128, 128);
    spec.device = device;
    spec.gMin = float(gMin);
    spec.gMax = float(gMax);
    spec.offset = true;
    spec.c = 8;
    spec.programmingNoise = true;
    std::fill(spec.levels.begin(), spec.levels.end(), digit - 128);
    std::fill(spec.weightScale.begin(), spec.weightScale.end(), float(spec.L()));
  }
  std::vector<double> read(uint32_t disabled, double seconds, aimc_compensation compensation = AIMC_COMPENSATE_NONE) const {
    std::vector<double> conductance;
    const double gMin = double(spec.gMin) / double(spec.gMax);
    for (float value : OneRun(spec).seed(42).disable(disabled).after(seconds, compensation).outputs(identity(128)))
      conductance.push_back(gMin + (1 - gMin) * (double(value) + 128) / 255);
    return conductance;
  }
};

static const double cells = 128 * 128;

/// E[f(N)] of a standard Gaussian N.
static double expectation(const std::function<double(double)> &f) {
  double sum = 0, step = 1e-3;
  for (double x = -8; x < 8; x += step)
    sum += f(x) * std::exp(-x * x / 2) * step / std::sqrt(2 * M_PI);
  return sum;
}

static double clip(double v, double low, double high) { return std::min(std::max(v, low), high); }

namespace {
/// The drift models as docs/numerics.md has them.
struct Law {
  Model model;
  double gMax, t0, tr;
  double (*mu)(double u), (*spread)(double u), (*flicker)(double u);
  double ratio(double seconds) const { return (seconds + t0) / t0; }
  double factor(double seconds) const { return std::sqrt(std::log((seconds + t0 + tr) / (2 * tr))); }
};
} // namespace

static double hermesMu(double u) {
  return clip(u < .0945 ? -.0387 * std::log(u) - .0182 : -.0436 * u * u - .0126 * u + .0736, .072, .13);
}

static const Law laws[] = {
    {Model::Pcm, 25, 20, 250e-9, [](double u) { return clip(-.0155 * std::log(u) + .0244, .049, .1); },
     [](double u) { return clip(-.0125 * std::log(u) - .0059, .008, .045); },
     [](double u) { return std::min(.0088 / std::pow(u, .65), .2); }},
    {Model::PcmHermes, 10.35, 200, 512e-9, hermesMu,
     [](double u) { return clip(u < .3039 ? -.0120 * std::log(u) - .0023 : -.0165 * u * u + .0116 * u + .0104, .0124, .04); },
     [](double u) {
       double q = u < .1591 ? -.0078 * std::log(u) + .0038 : .0664 * u * u * u - .1352 * u * u + .0768 * u + .0088;
       return clip(q, .0179, .04);
     }},
    {Model::PcmHermesPair, 20.7, 300, 512e-9, hermesMu,
     [](double u) { return clip(u < .3055 ? -.0117 * std::log(u) - .0057 : -.0118 * u * u + .0093 * u + .0073, .0091, .04); },
     [](double u) {
       double q = u < .16 ? -.0117 * std::log(u) - .0069 : .0069 * u * u * u - .0280 * u * u + .0211 * u + .0123;
       return clip(q, .015, .04);
     }},
};

TEST(Time, KnownFactors) {
  // (T / t0)^-.049 and sqrt(ln((T + tr) / (2 tr))) of pcm.
  const double times[] = {hour, day, 30 * day, year}, drift[] = {.77513, .66352, .56167, .49695};
  for (int i = 0; i < 4; ++i) {
    double ratio = (times[i] + 20) / 20;
    EXPECT_NEAR(aimc::simulator::expOf(-.049f * aimc::simulator::logUnit(float(ratio))), drift[i], 1e-5);
  }
  EXPECT_NEAR(laws[0].factor(0), 4.184, 5e-4);
  EXPECT_NEAR(laws[0].factor(hour), 4.765, 5e-4);
  EXPECT_NEAR(laws[0].factor(day), 5.087, 5e-4);
  EXPECT_NEAR(laws[0].factor(year), 5.637, 5e-4);
}

TEST(Time, ExponentialIsAccurate) {
  for (double x = -20; x < 20; x += 0.0371)
    EXPECT_NEAR(double(aimc::simulator::expOf(float(x))) / std::exp(double(float(x))), 1, 2e-7) << x;
}

TEST(Time, MeanDecayOfPcm) {
  // At u = 1 and at u = .1: devices programmed exactly, drift alone.
  const double times[] = {hour, day, year}, one[] = {.7758, .6650, .5002}, tenth[] = {.7366, .6154, .4465};
  const uint32_t only = without({AIMC_EFFECT_PROGRAMMING, AIMC_EFFECT_FLICKER});
  for (int i = 0; i < 3; ++i) {
    Moments full(Cells(Model::Pcm, 2.5, 25, 255).read(only, times[i]));
    EXPECT_NEAR(full.mean, one[i], 4 * full.deviation / std::sqrt(cells) + 5e-5) << times[i];
    Moments low(Cells(Model::Pcm, 2.5, 25, 0).read(only, times[i]));
    EXPECT_NEAR(low.mean / .1, tenth[i], 4 * low.deviation / .1 / std::sqrt(cells) + 5e-5) << times[i];
  }
}

TEST(Time, DriftOfEveryModelAtFiveConductances) {
  const uint32_t only = without({AIMC_EFFECT_PROGRAMMING, AIMC_EFFECT_FLICKER});
  for (const Law &law : laws)
    for (int digit : {15, 40, 100, 180, 255}) {
      const double u = digit / 255.0, seconds = day, ratio = std::log(law.ratio(seconds));
      Moments m(Cells(law.model, 0, law.gMax, digit).read(only, seconds));
      auto decay = [&](double n) { return u * std::exp(-std::abs(law.mu(u) + law.spread(u) * n) * ratio); };
      double mean = expectation(decay);
      double variance = expectation([&](double n) { return std::pow(decay(n) - mean, 2); });
      double fourth = expectation([&](double n) { return std::pow(decay(n) - mean, 4); });
      EXPECT_NEAR(m.mean, mean, 4 * std::sqrt(variance / cells)) << law.gMax << " " << digit;
      EXPECT_NEAR(m.deviation * m.deviation, variance, 4 * std::sqrt((fourth - variance * variance) / cells) + 1e-9)
          << law.gMax << " " << digit;
    }
}

TEST(Time, FlickerOfEveryModelAtFiveConductances) {
  const uint32_t only = without({AIMC_EFFECT_PROGRAMMING, AIMC_EFFECT_DRIFT});
  for (const Law &law : laws)
    for (int digit : {15, 40, 100, 180, 255}) {
      const double u = digit / 255.0;
      // Far below Gmax the error is a few sixteen-bit steps; the cut at 0 is 5 deviations away or more.
      const double expected = u * law.flicker(u) * law.factor(hour);
      Moments m(Cells(law.model, 0, law.gMax, digit).read(only, hour));
      if (expected < u / 5) {
        EXPECT_NEAR(m.mean, u, 4 * expected / std::sqrt(cells)) << law.gMax << " " << digit;
        EXPECT_NEAR(m.deviation, expected, 4 * expected / std::sqrt(2 * cells)) << law.gMax << " " << digit;
      } else {
        double mean = expectation([&](double n) { return std::max(0.0, u + expected * n); });
        EXPECT_NEAR(m.mean, mean, 4 * expected / std::sqrt(cells)) << law.gMax << " " << digit;
      }
    }
}

TEST(Time, FlickerIsFrozenPerReadout) {
  const Cells array(Model::Pcm, 0, 25, 200);
  const uint32_t only = without({AIMC_EFFECT_PROGRAMMING, AIMC_EFFECT_DRIFT});
  std::vector<double> first = array.read(only, hour), second = array.read(only, 2 * hour);
  EXPECT_EQ(array.read(only, hour), first);
  double product = 0;
  Moments a(first), b(second);
  for (size_t i = 0; i < first.size(); ++i)
    product += (first[i] - a.mean) * (second[i] - b.mean) / cells;
  EXPECT_NEAR(product / (a.deviation * b.deviation), 0, 4 / std::sqrt(cells));
}

TEST(Time, ProgrammingAloneDoesNotDependOnTime) {
  const Cells array(Model::Pcm, 0, 25, 200);
  const uint32_t timeless = without({AIMC_EFFECT_DRIFT, AIMC_EFFECT_FLICKER});
  EXPECT_EQ(array.read(timeless, day), array.read(0, 0));
  EXPECT_EQ(array.read(timeless, 0), array.read(0, 0));
}

TEST(Time, NeurramIsTabulated) {
  // 1 s and below, a day, two days, and the middle of ln t between 1 s and a day.
  auto sigma = [](const double *c, double u) { return c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * c[4]))); };
  const double second[] = {.348, 16.030, -43.853, 45.393, -16.815}, oneDay[] = {.701, 22.086, -50.773, 47.095, -16.458},
               twoDays[] = {.782, 20.274, -43.507, 37.062, -11.934};
  for (int digit : {60, 100, 140, 180, 255}) {
    const double u = digit / 255.0;
    const struct {
      double seconds, sigma;
    } expected[] = {{0, sigma(second, u)},
                    {.5, sigma(second, u)},
                    {std::sqrt(day), (sigma(second, u) + sigma(oneDay, u)) / 2},
                    {day, sigma(oneDay, u)},
                    {2 * day, sigma(twoDays, u)}};
    for (const auto &row : expected) {
      Moments m(Cells(Model::RramNeurram, 0, 40, digit).read(0, row.seconds));
      EXPECT_NEAR(m.mean * 40, u * 40, 4 * row.sigma / std::sqrt(cells)) << digit << " at " << row.seconds;
      EXPECT_NEAR(m.deviation * 40, row.sigma, 4 * row.sigma / std::sqrt(2 * cells)) << digit << " at " << row.seconds;
    }
  }
}

TEST(Programming, SonosAtFiveCurrents) {
  // nA; the mean shifts after 1 and 2 days at these currents are recomputed from the published polynomials.
  const double a[] = {19.88665, 25.59102, 28.72753}, b[] = {176.3115, 186.85544, 193.56834};
  const double shift[3][5] = {{0, 0, 0, 0, 0},
                              {0.793554, -2.054980, -4.798204, -8.393452, -11.532229},
                              {0.599474, -4.573253, -10.546725, -16.769865, -22.372338}};
  const int digits[] = {51, 102, 153, 204, 255};
  for (int i = 0; i < 5; ++i)
    for (int half = 0; half <= 4; ++half) {
      const int day = half / 2;
      const double part = (half % 2) / 2.0, current = 1600 * digits[i] / 255.0;
      auto between = [&](double early, double late) { return early + part * (late - early); };
      const int next = part > 0 ? day + 1 : day;
      const double mean = current + between(shift[day][i], shift[next][i]);
      auto sigma = [&](int d) { return a[d] * (1 - std::exp(-mean / b[d])); };
      const double expected = between(sigma(day), sigma(next));
      Moments m(Cells(Model::Sonos, 0, 1.6, digits[i]).read(0, half * 43200.0));
      EXPECT_NEAR(m.mean * 1600, mean, 4 * expected / std::sqrt(cells)) << i << " at " << half;
      EXPECT_NEAR(m.deviation * 1600, expected, 4 * expected / std::sqrt(2 * cells)) << i << " at " << half;
    }
}

TEST(Programming, GenericDevicesAtFiveConductances) {
  // sigma in parts of Gmax: m, m u, m / u; a uniform error of range r has the deviation r / sqrt(12).
  struct Generic {
    Model model;
    double magnitude;
    double (*sigma)(double u);
  };
  const double uniform = 1 / std::sqrt(12.0);
  const Generic models[] = {
      {Model::NormalIndependent, .03, [](double) { return .03; }},
      {Model::NormalProportional, .05, [](double u) { return .05 * u; }},
      {Model::NormalInverse, .01, [](double u) { return .01 / u; }},
      {Model::UniformIndependent, .06, [](double) { return .06; }},
      {Model::UniformProportional, .05, [](double u) { return .05 * u; }},
      {Model::UniformInverse, .01, [](double u) { return .01 / u; }},
  };
  for (const Generic &generic : models)
    for (int digit : {60, 100, 140, 180, 220}) {
      Cells sample(generic.model, 2, 20, digit);
      sample.spec.changeTarget = [&](auto &target) { target.magnitude = float(generic.magnitude); };
      const bool isUniform = generic.model >= Model::UniformIndependent;
      const double u = .1 + .9 * digit / 255, range = generic.sigma(u), sigma = range * (isUniform ? uniform : 1);
      const std::vector<double> read = sample.read(0, 0);
      Moments m(read);
      EXPECT_NEAR(m.mean, u, 4 * sigma / std::sqrt(cells)) << int(generic.model) << " digit " << digit;
      // The standard error of a deviation is sigma sqrt((kurtosis - 1) / (4 n)): 3 and 1.8.
      EXPECT_NEAR(m.deviation, sigma, 4 * sigma * std::sqrt((isUniform ? .8 : 2) / (4 * cells))) << int(generic.model);
      double largest = 0;
      for (double g : read)
        largest = std::max(largest, std::abs(g - u));
      if (isUniform) {
        EXPECT_NEAR(largest, range / 2, 1e-3 * range + 1e-4) << int(generic.model);
      }
    }
}

TEST(Programming, InverseErrorsOfNothingAreNothing) {
  Cells sample(Model::NormalInverse, 0, 20, 0);
  sample.spec.changeTarget = [](auto &target) { target.magnitude = .1f; };
  Moments m(sample.read(0, 0));
  EXPECT_NEAR(m.mean, 0, 1e-6);
  EXPECT_NEAR(m.deviation, 0, 1e-6);
}

TEST(Residual, TakesWhatTheFirstPairLacks) {
  // Errors e of the first pair become those of the residual pair, r times as large: its level is about e / r.
  Spec spec = oneTile(128, 128);
  spec.programmingNoise = true;
  std::fill(spec.weightScale.begin(), spec.weightScale.end(), float(spec.L()));
  std::fill(spec.levels.begin(), spec.levels.end(), 64);
  auto read = [&](float residual, uint32_t disabled) {
    spec.changeTarget = [&](auto &target) { target.residual = residual; };
    return Moments(OneRun(spec).seed(7).disable(disabled).outputs(identity(128)));
  };
  auto sigma = [](double u) { return .26348 + 1.9650 * u - 1.1731 * u * u; };
  const double r = .25, unused = sigma(0), digit = 25.0 / 127;
  // An idle device is cut at 0: mean unused / sqrt(2 pi), deviation unused sqrt(1/2 - 1/(2 pi)).
  const double idle = unused / std::sqrt(2 * M_PI),
               first = std::sqrt(sigma(64 / 127.0) * sigma(64 / 127.0) + unused * unused * (.5 - .5 / M_PI));
  auto variance = [&](double e) {
    const double u = std::min(std::abs(first * e + idle) / r / 25, 1.0);
    return r * r * (sigma(u) * sigma(u) + unused * unused * (.5 - .5 / M_PI));
  };
  const double expected = std::sqrt(expectation(variance)) / digit;
  Moments without = read(0, 0), with = read(float(r), 0);
  EXPECT_NEAR(without.deviation, first / digit, 4 * first / digit / std::sqrt(2 * cells));
  // The residual's own level is a whole digit, and devices close to 0 are cut: 5 % of leeway.
  EXPECT_NEAR(with.deviation, expected, .05 * expected);
  EXPECT_LT(with.deviation, .5 * without.deviation);
  EXPECT_NEAR(read(float(r), 1).deviation, 0, 1e-4); // exact devices lack nothing
  spec.offset = true;
  spec.c = 8;
  EXPECT_EQ(OneRun(spec).refusal(), "layer: a residual pair needs two polarities, its cells have offset encoding");
}

TEST(Residual, AtReadoutTakesWhatDriftTook) {
  // A day after programming the first pair has lost about a third, and each device another share. What it then lacks of the
  // target is what a fresh pair is told; only that pair's own error is left.
  Spec spec = oneTile(128, 128);
  spec.programmingNoise = true;
  std::fill(spec.weightScale.begin(), spec.weightScale.end(), float(spec.L()));
  std::fill(spec.levels.begin(), spec.levels.end(), 64);
  const double r = .25, digit = 25.0 / 127;
  auto read = [&](float residual, aimc::fb::ResidualAt at, double seconds, aimc_compensation compensation) {
    spec.changeTarget = [&](auto &target) { target.residual = residual, target.residual_at = at; };
    return Moments(OneRun(spec).seed(7).after(seconds, compensation).outputs(identity(128)));
  };
  const double day = 86400;
  Moments aged = read(0, aimc::fb::ResidualAt::Readout, day, AIMC_COMPENSATE_NONE);
  EXPECT_LT(aged.mean, 45);
  auto sigma = [](double u) { return .26348 + 1.9650 * u - 1.1731 * u * u; };
  const double unused = sigma(0), idle = unused / std::sqrt(2 * M_PI);
  auto expected = [&](double lackingMean, double lackingDeviation) {
    auto variance = [&](double e) {
      const double u = std::min(std::abs(lackingMean + lackingDeviation * e) / r / 25, 1.0);
      return r * r * (sigma(u) * sigma(u) + unused * unused * (.5 - .5 / M_PI));
    };
    return std::sqrt(expectation(variance)) / digit;
  };
  Moments fresh = read(float(r), aimc::fb::ResidualAt::Readout, day, AIMC_COMPENSATE_NONE);
  const double deviation = expected((64 - aged.mean) * digit, aged.deviation * digit);
  EXPECT_NEAR(fresh.deviation, deviation, .07 * deviation);
  // Towards 0 by the idle device of the fresh pair.
  EXPECT_NEAR(fresh.mean, 64 - r * idle / digit, .05);
  // With compensation the pair takes what gamma does not bring back, and gamma counts its errors too.
  Moments compensated = read(float(r), aimc::fb::ResidualAt::Readout, day, AIMC_COMPENSATE_TILE);
  const double gamma = 64 / aged.mean;
  EXPECT_NEAR(compensated.deviation, gamma * expected(0, aged.deviation * digit),
              .07 * gamma * expected(0, aged.deviation * digit));
  EXPECT_NEAR(compensated.mean, 64, .5);
  // A pair that is programmed with the first ages like it; just after programming both are the same.
  EXPECT_GT(read(float(r), aimc::fb::ResidualAt::Programming, day, AIMC_COMPENSATE_TILE).deviation, 2 * compensated.deviation);
  EXPECT_EQ(read(float(r), aimc::fb::ResidualAt::Programming, 0, AIMC_COMPENSATE_NONE).deviation,
            read(float(r), aimc::fb::ResidualAt::Readout, 0, AIMC_COMPENSATE_NONE).deviation);
}

TEST(Stuck, SharesAndMean) {
  // Programming is exact: a device is where it was told to be, or at Gmin, or at Gmax.
  const double p0 = .1, p1 = .05;
  Cells sample(Model::NormalIndependent, 2, 20, 102);
  sample.spec.changeTarget = [&](auto &target) { target.stuck_at_g_min = float(p0), target.stuck_at_g_max = float(p1); };
  const double u = .1 + .9 * 102 / 255;
  double low = 0, high = 0, programmed = 0;
  const std::vector<double> read = sample.read(0, 0);
  for (double g : read) {
    low += std::abs(g - .1) < 1e-3;
    high += std::abs(g - 1) < 1e-3;
    programmed += std::abs(g - u) < 1e-3;
  }
  EXPECT_EQ(low + high + programmed, cells);
  EXPECT_NEAR(low, p0 * cells, 4 * std::sqrt(cells * p0 * (1 - p0)));
  EXPECT_NEAR(high, p1 * cells, 4 * std::sqrt(cells * p1 * (1 - p1)));
  EXPECT_EQ(sample.read(without({AIMC_EFFECT_STUCK}), 0), std::vector<double>(size_t(cells), sample.read(16, 0)[0]));
}

TEST(Stuck, DifferentialWeightsShrink) {
  // E[w'] = (1 - p0 - p1) w: of a pair, both devices are stuck alike.
  Spec spec = oneTile(128, 128);
  spec.gMax = 20;
  spec.device = Model::Ideal;
  std::fill(spec.weightScale.begin(), spec.weightScale.end(), float(spec.L()));
  spec.changeTarget = [](auto &target) { target.stuck_at_g_min = .04f, target.stuck_at_g_max = .02f; };
  for (int level : {-90, 40, 127}) {
    std::fill(spec.levels.begin(), spec.levels.end(), level);
    Moments m(OneRun(spec).seed(7).outputs(identity(128)));
    EXPECT_NEAR(m.mean, .94 * level, 4 * m.deviation / std::sqrt(cells)) << level;
  }
}

TEST(Stuck, DevicesNeitherDriftNorFluctuate) {
  Cells sample(Model::Pcm, 0, 25, 128);
  sample.spec.changeTarget = [](auto &target) { target.stuck_at_g_max = .5f; };
  const std::vector<double> before = sample.read(0, 0), after = sample.read(0, day);
  int stuck = 0, moved = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    stuck +=
        before[i] == before[size_t(std::max_element(before.begin(), before.end()) - before.begin())] && before[i] == after[i];
    moved += before[i] != after[i];
  }
  EXPECT_EQ(stuck + moved, cells);
  EXPECT_NEAR(stuck, cells / 2, 4 * std::sqrt(cells / 4));
}

TEST(Stuck, ThreadsAndInstructionSetsDoNotChangeBits) {
  Spec spec;
  spec.K = 40;
  spec.N = 24;
  spec.R = 16;
  spec.C = 10;
  spec.F = 3;
  spec.device = Model::UniformProportional;
  spec.programmingNoise = true;
  spec.fill(3);
  spec.changeTarget = [](auto &target) { target.stuck_at_g_max = .1f, target.magnitude = .2f; };
  const std::vector<float> x = randomInputs(size_t(9 * spec.K), 3, -1.0f, 1.0f), whole = OneRun(spec).seed(7).outputs(x);
  EXPECT_EQ(OneRun(spec).seed(7).threads(7).outputs(x), whole);
  onEveryInstructionSet([&](const char *name) { EXPECT_EQ(OneRun(spec).seed(7).threads(2).outputs(x), whole) << name; });
}

TEST(Time, DevicesWithoutTimeSaySo) {
  auto message = [](Model device, double gMin, double gMax, double seconds) {
    return OneRun(Cells(device, gMin, gMax, 200).spec).after(seconds).refusal();
  };
  EXPECT_EQ(message(Model::RramMilo, 50, 225, 1), "target test: RramMilo devices do not change with time; leave the time at 0");
  EXPECT_EQ(message(Model::Ideal, 0, 25, 1), "target test: Ideal devices do not change with time; leave the time at 0");
  EXPECT_EQ(message(Model::RramNeurram, 0, 40, 172801),
            "target test: RramNeurram devices were measured for 172800 s after programming, not for 172801 s");
}

TEST(Compensation, BringsMeansBack) {
  const Cells array(Model::Pcm, 0, 25, 255);
  const double programmed = Moments(array.read(0, 0)).mean;
  for (aimc_compensation kind : {AIMC_COMPENSATE_TILE, AIMC_COMPENSATE_COLUMN}) {
    Moments m(array.read(0, day, kind));
    // The offset 128 is taken away digitally and is not part of what gamma scales.
    EXPECT_NEAR(m.mean, programmed, 1e-4) << kind;
    EXPECT_LT(Moments(array.read(0, day)).mean, 0.7);
  }
}

TEST(Compensation, IsOneWithoutTime) {
  const Cells array(Model::Pcm, 0, 25, 100);
  EXPECT_EQ(array.read(0, 0, AIMC_COMPENSATE_TILE), array.read(0, 0));
  EXPECT_EQ(array.read(0, 0, AIMC_COMPENSATE_COLUMN), array.read(0, 0));
}

/// Sums of |digit| of every column of a chip whose columns hold levels of their own, before and after a day.
static std::vector<double> columnSums(const Spec &spec, double seconds, aimc_compensation compensation) {
  const std::vector<float> y = OneRun(spec).seed(3).after(seconds, compensation).outputs(identity(spec.K));
  std::vector<double> sums(size_t(spec.N), 0.0);
  for (int64_t k = 0; k < spec.K; ++k)
    for (int64_t n = 0; n < spec.N; ++n)
      sums[size_t(n)] += std::abs(double(y[size_t(k * spec.N + n)]));
  return sums;
}

TEST(Compensation, IsTheRatioOfReadings) {
  Spec spec = oneTile(32, 8, 4);
  spec.c = 3; // slices drift apart; their readings are put together
  spec.programmingNoise = true;
  std::fill(spec.weightScale.begin(), spec.weightScale.end(), 1.0f);
  std::vector<double> before = columnSums(spec, 0, AIMC_COMPENSATE_NONE), after = columnSums(spec, day, AIMC_COMPENSATE_NONE);
  std::vector<double> column = columnSums(spec, day, AIMC_COMPENSATE_COLUMN),
                      tile = columnSums(spec, day, AIMC_COMPENSATE_TILE);
  double wholeBefore = 0, wholeAfter = 0;
  for (size_t n = 0; n < 8; ++n) {
    wholeBefore += before[n];
    wholeAfter += after[n];
  }
  for (size_t n = 0; n < 8; ++n) {
    EXPECT_NEAR(column[n] / before[n], 1, 1e-5) << n;
    EXPECT_NEAR(tile[n] / (after[n] * wholeBefore / wholeAfter), 1, 1e-5) << n;
  }
}

TEST(Time, ThreadsAndInstructionSetsDoNotChangeBits) {
  Spec spec;
  spec.K = 40;
  spec.R = 16;
  spec.N = 24;
  spec.C = 10;
  spec.programmingNoise = true;
  spec.outputNoise = 1.0f;
  for (Model device : {Model::Pcm, Model::PcmHermes, Model::PcmHermesPair, Model::RramNeurram}) {
    spec.device = device;
    spec.fill(1);
    const std::vector<float> x = randomInputs(size_t(9 * spec.K), 3, -1.0f, 1.0f);
    const OneRun chip = OneRun(spec).seed(1).after(day, AIMC_COMPENSATE_COLUMN);
    const std::vector<float> best = chip.outputs(x);
    EXPECT_EQ(OneRun(chip).threads(7).outputs(x), best);
    onEveryInstructionSet([&](const char *name) { EXPECT_EQ(OneRun(chip).threads(2).outputs(x), best) << name; });
  }
}
