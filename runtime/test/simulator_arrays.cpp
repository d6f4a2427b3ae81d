// Chips whose wires have a resistance: layers read through their arrays against elimination of each array's network, closed
// forms, and who shares what.
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <math.h>

using namespace aimc::test;
using aimc::fb::IrDrop;

namespace {
/// Where slices and polarities of a tile lie.
enum class Parts { Interleaved, Separate, Cell };
} // namespace

static Placement placement(const Spec &spec, int64_t rowTile, int64_t columnTile, int slice, int polarity, uint32_t array,
                           int64_t row, int64_t column, int64_t stride) {
  return {uint32_t(rowTile),
          uint32_t(columnTile),
          uint32_t(slice),
          uint32_t(polarity),
          array,
          uint32_t(row),
          uint32_t(column),
          uint32_t(std::min(spec.R, spec.K - rowTile * spec.R)),
          uint32_t(std::min(spec.C, spec.N - columnTile * spec.C)),
          uint32_t(stride)};
}

/// Every tile in an array of its own from cell (row, column) on; parts as said.
static void place(Spec &spec, Parts parts, int64_t row = 0, int64_t column = 0) {
  const int polarities = spec.offset ? 1 : 2, count = spec.S() * polarities;
  spec.placements.clear();
  uint32_t array = 0;
  for (int64_t t = 0; t < spec.T(); ++t)
    for (int64_t c = 0; c < spec.columnTiles(); ++c) {
      for (int s = 0; s < spec.S(); ++s)
        for (int p = 0; p < polarities; ++p) {
          int part = s * polarities + p;
          bool side = parts == Parts::Interleaved, apart = parts == Parts::Separate;
          spec.placements.push_back(placement(spec, t, c, s, p, array + uint32_t(apart ? part : 0), row,
                                              column + (side ? part : 0), side ? count : 1));
        }
      array += parts == Parts::Separate ? uint32_t(count) : 1;
    }
}

static Spec wiredSpec() {
  Spec spec;
  spec.K = 9;
  spec.R = 5;
  spec.N = 7;
  spec.C = 4;
  spec.B = 0;
  spec.wireOhm = 150.0f;
  spec.irDrop = IrDrop::Exact;
  spec.arrayRows = 8;
  spec.arrayColumns = 20;
  return spec;
}

static int digitOf(const Spec &spec, int64_t k, int64_t n, int s, int polarity) {
  int level = spec.levels[size_t(k * spec.N + n)];
  int value = spec.offset ? level + (1 << (spec.bw - 1)) : polarity ? std::max(-level, 0) : std::max(level, 0);
  return (value >> (s * spec.c)) & ((1 << spec.c) - 1);
}

/// y for codes X [M, K] by elimination of every array, whose cells conduct exactly what their digits say. `sharing`: parts of a
/// tile in one unit cell.
static std::vector<double> eliminatedOutputs(const Spec &spec, const std::vector<int> &X, int64_t M, int64_t sharing = 1) {
  const double F = spec.F, span = double(spec.gMax) - double(spec.gMin), full = (1 << spec.c) - 1;
  auto conductance = [&](int digit) { return F * (spec.gMin + span * digit / full); };
  std::map<uint32_t, std::vector<double>> cells;
  const int64_t width = spec.arrayColumns * sharing;
  std::map<std::vector<int64_t>, int64_t> taken;
  std::vector<int64_t> first;
  for (const Placement &p : spec.placements) {
    const std::vector<double> idle(size_t(spec.arrayRows * width), F * spec.gMin);
    std::vector<double> &array = cells.emplace(p.array, idle).first->second;
    first.push_back(p.column * sharing + taken[{p.array, p.row, p.column}]++);
    for (int64_t i = 0; i < p.rows; ++i)
      for (int64_t j = 0; j < p.columns; ++j)
        array[size_t((p.row + i) * width + first.back() + j * p.column_stride * sharing)] =
            conductance(digitOf(spec, p.row_tile * spec.R + i, p.column_tile * spec.C + j, int(p.slice), int(p.polarity)));
  }
  for (auto &array : cells)
    array.second =
        eliminatedTransfer({spec.arrayRows, width, array.second.data(), spec.wireOhm / double(sharing), spec.wireOhm});
  std::vector<double> y(size_t(M * spec.N));
  for (size_t index = 0; index < spec.placements.size(); ++index) {
    const Placement &p = spec.placements[index];
    for (int64_t m = 0; m < M; ++m)
      for (int64_t j = 0; j < p.columns; ++j) {
        int64_t n = p.column_tile * spec.C + j;
        double sum = 0;
        for (int64_t i = 0; i < p.rows; ++i) {
          double read = cells[p.array][size_t((p.row + i) * width + first[index] + j * p.column_stride * sharing)];
          // An ideal reference column takes the pedestal; differential pairs have it twice.
          double digits = spec.offset ? (read - F * spec.gMin) / (F * span) * full : read / (F * span) * full;
          int64_t k = p.row_tile * spec.R + i;
          sum += double(X[size_t(m * spec.K + k)]) * (p.polarity ? -digits : digits) * ldexp(1.0, int(p.slice) * spec.c);
          if (spec.offset && p.slice == 0)
            sum -= double(X[size_t(m * spec.K + k)]) * ldexp(1.0, spec.bw - 1);
        }
        double w = spec.weightScale[size_t(p.row_tile * spec.N + n)];
        y[size_t(m * spec.N + n)] += w * spec.alpha / (double(spec.L()) * spec.Q()) * sum;
      }
  }
  return y;
}

/// Inputs that the converter takes to codes X.
static std::vector<float> inputs(const Spec &spec, const std::vector<int> &X) {
  std::vector<float> x;
  for (int code : X)
    x.push_back(spec.alpha * float(code) / float(spec.Q()));
  return x;
}

static std::vector<int> randomCodes(const Spec &spec, int64_t M, uint32_t seed) {
  std::vector<int> codes;
  for (float value : randomInputs(size_t(M * spec.K), seed, -float(spec.Q()), float(spec.Q())))
    codes.push_back(int(rintf(value)));
  return codes;
}

/// What rounding every cell to a step of the fixed point may do to y.
static double roundingBound(const Spec &spec) {
  double steps = double((1 << 14) / ((1 << spec.c) - 1)), digits = 0;
  for (int s = 0; s < spec.S(); ++s)
    digits += 0.51 / steps * ldexp(1.0, s * spec.c);
  return 2.0 * spec.alpha / spec.L() * double(spec.K) * digits; // weight scales are below 2
}

TEST(Arrays, LayersEqualEliminationOfTheirArrays) {
  struct {
    bool offset;
    int c;
    Parts parts;
    uint32_t F;
    float gMin;
    int64_t sharing;
  } cases[] = {{false, 7, Parts::Interleaved, 1, 0.0f, 1}, {false, 4, Parts::Interleaved, 1, 1.0f, 1},
               {false, 7, Parts::Separate, 2, 0.0f, 1},    {false, 3, Parts::Separate, 1, 0.5f, 1},
               {false, 7, Parts::Cell, 1, 0.0f, 2},        {false, 4, Parts::Cell, 2, 1.0f, 4},
               {true, 8, Parts::Interleaved, 1, 0.0f, 1},  {true, 4, Parts::Separate, 1, 2.0f, 1}};
  for (const auto &c : cases) {
    SCOPED_TRACE(testing::Message() << (c.offset ? "offset" : "differential") << ", " << c.c << " bits, parts " << int(c.parts)
                                    << ", F " << c.F);
    Spec spec = wiredSpec();
    spec.offset = c.offset;
    spec.c = c.c;
    spec.F = c.F;
    spec.gMin = c.gMin;
    spec.fill(5);
    spec.bias.clear();
    place(spec, c.parts, 2, 1);
    std::vector<int> X = randomCodes(spec, 6, 3);
    std::vector<double> expected = eliminatedOutputs(spec, X, 6, c.sharing);
    const std::vector<float> x = inputs(spec, X), y = OneRun(spec).outputs(x), ideal = OneRun(spec).disable(~0u).outputs(x);
    double drop = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], roundingBound(spec)) << i;
      drop = std::max(drop, double(fabsf(ideal[i] - y[i])));
    }
    EXPECT_GT(drop, 3 * roundingBound(spec)); // wires matter here
  }
}

TEST(Arrays, OneCellIsInSeriesWithTwoWires) {
  Spec spec;
  spec.K = spec.N = spec.R = spec.C = 1;
  spec.B = 0;
  spec.wireOhm = 2000.0f;
  spec.irDrop = IrDrop::Exact;
  spec.arrayRows = 1;
  spec.arrayColumns = 2; // the negative device does not conduct
  spec.levels = {127};
  spec.weightScale = {1.0f};
  place(spec, Parts::Interleaved);
  EXPECT_NEAR(OneRun(spec).outputs({1})[0], 4e4 / 4.4e4, 0.51 / 16256); // 25 microsiemens are 40 kilohm
}

// A layer with one column of full-scale weights, all inputs at full scale: every cell is in series with its row's wire, and the
// column is a ladder.
TEST(Arrays, ColumnOfALayerIsALadder) {
  struct {
    int64_t K;
    double fraction; // of docs/numerics.md, where rows are ideal
  } cases[] = {{128, 0.990441}, {256, 0.963238}, {512, 0.870410}};
  for (const auto &c : cases) {
    Spec spec;
    spec.K = spec.R = c.K;
    spec.N = spec.C = 1;
    spec.B = 0;
    spec.gMax = 5.0f;
    spec.wireOhm = 0.35f;
    spec.irDrop = IrDrop::Exact;
    spec.arrayRows = uint32_t(c.K);
    spec.arrayColumns = 2;
    spec.levels.assign(size_t(c.K), 127);
    spec.weightScale = {1.0f};
    place(spec, Parts::Interleaved);
    const double gR = 5e-6 * 0.35, inSeries = gR / (1 + gR), theta = acosh(1 + inSeries / 2), N = double(c.K);
    const double expected = sinh(N * theta) / (N * sqrt(inSeries) * cosh((N + 0.5) * theta)) / (1 + gR);
    const double fraction = OneRun(spec).outputs(std::vector<float>(size_t(c.K), 1))[0] / N;
    EXPECT_NEAR(fraction, expected, 0.51 / 16256) << c.K;
    EXPECT_NEAR(fraction, c.fraction, 0.51 / 16256 + 2e-6) << c.K;
  }
}

// Two row tiles below each other in one array, then each in its own: current of the upper one passes the lower one's wires.
TEST(Arrays, TilesOfOneArrayShareItsWires) {
  Spec spec = wiredSpec();
  spec.arrayRows = 10;
  spec.fill(7);
  spec.bias.clear();
  place(spec, Parts::Interleaved);
  std::vector<int> X = randomCodes(spec, 4, 3);
  const std::vector<float> x = inputs(spec, X), apart = OneRun(spec).outputs(x);
  for (Placement &p : spec.placements) {
    p.row = p.row_tile * 5;
    p.array = p.column_tile;
  }
  const std::vector<float> together = OneRun(spec).outputs(x);
  std::vector<double> expected = eliminatedOutputs(spec, X, 4);
  double difference = 0;
  for (size_t i = 0; i < together.size(); ++i) {
    ASSERT_NEAR(together[i], expected[i], roundingBound(spec)) << i;
    difference = std::max(difference, double(fabsf(apart[i] - together[i])));
  }
  EXPECT_GT(difference, 3 * roundingBound(spec));
}

TEST(Arrays, IdealWiresLeaveTheBits) {
  Spec spec = wiredSpec();
  spec.programmingNoise = true;
  spec.fill(8);
  place(spec, Parts::Interleaved);
  const std::vector<float> x = randomInputs(size_t(4 * spec.K), 3, -1.0f, 1.0f);
  Spec ideal = spec;
  ideal.irDrop = IrDrop::None;
  const std::vector<float> expected = OneRun(ideal).outputs(x);
  EXPECT_EQ(OneRun(spec).without(AIMC_EFFECT_IR_DROP).outputs(x), expected);
  EXPECT_NE(OneRun(spec).outputs(x), expected);
  spec.wireOhm = 0.0f;
  EXPECT_EQ(OneRun(spec).outputs(x), expected);
}

/// A day after programming, with any number of threads and on every instruction set.
static void expectSameBits(const Spec &spec, const std::vector<float> &x, aimc_compensation compensation) {
  const std::vector<float> expected = OneRun(spec).after(86400, compensation).outputs(x);
  for (int threads : {2, 7})
    EXPECT_EQ(OneRun(spec).after(86400, compensation).threads(threads).outputs(x), expected) << threads << " threads";
  onEveryInstructionSet(
      [&](const char *name) { EXPECT_EQ(OneRun(spec).after(86400, compensation).threads(2).outputs(x), expected) << name; });
}

// 24 arrays of a tile each, which threads take one by one; then two groups of four arrays, whose drives threads share.
TEST(Arrays, ThreadsAndInstructionSetsGiveTheSameBits) {
  for (Parts parts : {Parts::Interleaved, Parts::Separate}) {
    Spec spec = wiredSpec();
    spec.programmingNoise = true;
    spec.K = 60;
    spec.B = 8;
    spec.c = parts == Parts::Separate ? 4 : 7;
    spec.fill(9);
    place(spec, parts);
    if (parts == Parts::Separate) {
      spec.arrayRows = 60;
      for (Placement &p : spec.placements) {
        p.row = p.row_tile * 5;
        p.array = p.column_tile * 4 + p.slice * 2 + p.polarity;
      }
    }
    expectSameBits(spec, randomInputs(size_t(4 * spec.K), 3, -1.0f, 1.0f), AIMC_COMPENSATE_COLUMN);
  }
}

// Devices drift, conduct less and so lose less in the wires; what compensation compares is read through them both times.
TEST(Arrays, CompensationReadsThroughTheWires) {
  Spec spec;
  spec.K = spec.R = 16;
  spec.N = spec.C = 8;
  spec.B = 0;
  spec.wireOhm = 300.0f;
  spec.irDrop = IrDrop::Exact;
  spec.arrayRows = 16;
  spec.arrayColumns = 16;
  spec.levels.assign(16 * 8, 127);
  spec.weightScale.assign(8, 1.0f);
  place(spec, Parts::Interleaved);
  auto sum = [](const OneRun &chip) {
    double total = 0;
    for (float value : chip.outputs(identity(16)))
      total += double(value);
    return total;
  };
  const double programmed = sum(OneRun(spec)), later = sum(OneRun(spec).after(86400));
  const double compensated = sum(OneRun(spec).after(86400, AIMC_COMPENSATE_TILE));
  EXPECT_LT(later, 0.95 * programmed);
  EXPECT_NEAR(compensated, programmed, 1e-6 * programmed);
  EXPECT_LT(programmed, 0.97 * 16 * 8); // ideal wires give 128
}

/// Of a chip that is fine where its wires are.
static std::string refusal(const Spec &spec, aimc_status status = AIMC_UNSUPPORTED) {
  Host host(spec);
  EXPECT_EQ(SimulatedChip(host, AIMC_NOISY, 0, 0, 1u << AIMC_EFFECT_IR_DROP).status, AIMC_OK);
  return OneRun(spec).refusal(status);
}

TEST(Arrays, RefusesWhatHasNoPlace) {
  Spec spec = wiredSpec();
  spec.fill(1);
  EXPECT_EQ(refusal(spec, AIMC_INVALID_MODEL),
            "layer: exact IR drop needs the place of every tile; the container lacks placements");
  place(spec, Parts::Interleaved);
  Spec twice = spec;
  twice.placements[1] = twice.placements[0];
  EXPECT_EQ(refusal(twice, AIMC_INVALID_MODEL), "layer: two placements of slice 0, polarity 0 of one tile");
  Spec smaller = spec;
  smaller.placements[1].rows = 3;
  EXPECT_EQ(refusal(smaller, AIMC_INVALID_MODEL), "layer: a tile of 5 x 4 weights placed on 3 x 4 cells, 2 columns apart");
  Spec overlapping = spec;
  for (Placement &p : overlapping.placements)
    p.array = 3;
  EXPECT_EQ(refusal(overlapping, AIMC_INVALID_MODEL), "target test: two tiles take the same cells of array 3 of chip 0");
  Spec unit = spec;
  unit.offset = unit.unitColumn = true;
  unit.c = 8;
  unit.fill(1);
  EXPECT_NE(refusal(unit).find("layer: exact IR drop needs the place of every column, and unit columns have none"),
            std::string::npos);
  Spec shorted = spec;
  shorted.gMax = 1e9f;
  EXPECT_EQ(refusal(shorted), "target test: cells of array 0 of chip 0 conduct too well against wires of 150 ohm to be solved; "
                              "lower wires.resistance or device.g_max");
}

/// aihwkit's polynomial for one column; row 0 is the nearest to the converter.
static double polynomialDrop(const std::vector<double> &w, const std::vector<double> &x, double wireRatio) {
  const double n = double(w.size());
  double a = 0, weighted = 0;
  for (size_t j = 0; j < w.size(); ++j) {
    a += n / wireRatio * fabs(w[j]) * fabs(x[j]);
    weighted += w[j] * x[j] * (1 - (1 - double(j) / n) * (1 - double(j) / n));
  }
  return a * (0.05 * a * a - 0.2 * a + 0.5) * weighted;
}

// The numbers are those of a computation in fractions.
TEST(ApproximateDrop, OracleIsThePolynomialOfAihwkit) {
  const std::vector<double> w = {1.0, -0.5, 0.25, 0.75}, x = {0.5, 1.0, -1.0, 0.25};
  EXPECT_DOUBLE_EQ(polynomialDrop(w, x, 8.0), -0.06329134106636047);
  EXPECT_NEAR(polynomialDrop(w, x, 1e6 / (0.35 * 5)), -1.1595412312769997e-06, 1e-20);
  EXPECT_EQ(polynomialDrop({0.5}, {1.0}, 8.0), 0.0); // the row beside the converter drops nothing
}

// Every conversion of every encoding and slicing, tiles of different heights. Differential columns are one column of aihwkit's,
// offset ones that of U.
TEST(ApproximateDrop, IsThePolynomialOfEveryConversion) {
  struct {
    bool offset, unitColumn, isSigned;
    int c, v;
  } cases[] = {{false, false, true, 7, 7}, {false, false, false, 7, 8}, {false, false, true, 3, 2},
               {true, false, true, 8, 7},  {true, false, false, 3, 4},  {true, true, true, 4, 7}};
  for (const auto &c : cases) {
    SCOPED_TRACE(testing::Message() << (c.offset ? "offset" : "differential") << ", cells of " << c.c << " bits, inputs of "
                                    << c.v);
    Spec spec;
    spec.K = 19;
    spec.R = 12;
    spec.N = 6;
    spec.C = 4;
    spec.B = 0;
    spec.offset = c.offset;
    spec.unitColumn = c.unitColumn;
    spec.isSigned = c.isSigned;
    spec.c = c.c;
    spec.v = c.v;
    spec.F = 2;
    spec.wireOhm = 1000.0f; // 50 microsiemens: wireRatio 20
    spec.irDrop = IrDrop::Approximate;
    spec.fill(4);
    spec.bias.clear();
    const int64_t M = 5;
    std::vector<int> X;
    for (float value : randomInputs(size_t(M * spec.K), 6, c.isSigned ? -float(spec.Q()) : 0.0f, float(spec.Q())))
      X.push_back(int(rintf(value)));
    const std::vector<float> x = inputs(spec, X), y = OneRun(spec).outputs(x);
    const std::vector<float> without = OneRun(spec).without(AIMC_EFFECT_IR_DROP).outputs(x);
    const double full = (1 << spec.c) - 1, top = (1 << std::min(spec.v, spec.bx - spec.isSigned)) - 1;
    double largest = 0;
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < spec.N; ++n) {
        double expected = 0;
        for (int64_t t = 0; t < spec.T(); ++t) {
          double sum = 0;
          for (int s = 0; s < spec.S(); ++s)
            for (int i = 0; i < spec.V(); ++i) {
              // A column's drop, its rows from the converter on; the unit column's comes off what it takes away.
              auto drop = [&](bool unit) {
                std::vector<double> w, x;
                for (int64_t k = std::min((t + 1) * spec.R, spec.K) - 1; k >= t * spec.R; --k) {
                  const int code = X[size_t(m * spec.K + k)], size = (abs(code) >> (i * spec.v)) & int(top);
                  const int digit = unit ? ((1 << (spec.bw - 1)) >> (s * spec.c)) & int(full)
                                         : digitOf(spec, k, n, s, 0) - (spec.offset ? 0 : digitOf(spec, k, n, s, 1));
                  w.push_back(digit / full);
                  x.push_back((code < 0 ? -size : size) / top);
                }
                return polynomialDrop(w, x, 20.0) * full * top;
              };
              sum += ldexp(drop(false) - (spec.unitColumn ? drop(true) : 0.0), s * spec.c + i * spec.v);
            }
          expected += double(spec.weightScale[size_t(t * spec.N + n)]) / (double(spec.L()) * spec.Q()) * sum;
        }
        const double taken = double(without[size_t(m * spec.N + n)]) - double(y[size_t(m * spec.N + n)]);
        // A step of the fixed point in a conversion, and half a step in every weighted cell.
        double steps = double((1 << 14) / int(full)), rounding = 0;
        for (int i = 0; i < spec.V(); ++i)
          rounding += ldexp((1 + 0.5 * double(spec.R) * top * 0.05) / steps, i * spec.v);
        rounding *= 2 * double(spec.T()) * ldexp(1.0, spec.S() * spec.c) / (double(spec.L()) * spec.Q());
        ASSERT_NEAR(taken, expected, rounding * (spec.unitColumn ? 2 : 1) + 1e-6) << m << ", " << n;
        largest = std::max(largest, fabs(expected) / rounding);
      }
    EXPECT_GT(largest, 20.0);
  }
}

TEST(ApproximateDrop, ThreadsAndInstructionSetsGiveTheSameBits) {
  Spec spec = wiredSpec();
  spec.irDrop = IrDrop::Approximate;
  spec.wireOhm = 2.0f;
  spec.programmingNoise = true;
  spec.K = 60;
  spec.B = 8;
  spec.fill(9);
  expectSameBits(spec, randomInputs(size_t(40 * spec.K), 3, -1.0f, 1.0f), AIMC_COMPENSATE_TILE);
}
