// Wire resistance: the transfer matrix against elimination of the whole network, closed forms, Kirchhoff's law and reciprocity.
#include "Isa.h"
#include "Kernels.h"
#include "Wires.h"
#include "simulator_support.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <math.h>
#include <random>
#include <thread>
#include <vector>

using namespace aimc::simulator;
using aimc::test::eliminatedTransfer;

static bool inOrder(int64_t count, const std::function<bool(int64_t)> &body) {
  bool fine = true;
  for (int64_t i = 0; i < count; ++i)
    fine &= body(i);
  return fine;
}

static ParallelFor onThreads(int threads) {
  return [threads](int64_t count, const std::function<bool(int64_t)> &body) {
    std::atomic<int64_t> next{0};
    std::atomic<bool> fine{true};
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; ++t)
      pool.emplace_back([&] {
        for (int64_t i; (i = next++) < count;)
          if (!body(i))
            fine = false;
      });
    for (std::thread &thread : pool)
      thread.join();
    return bool(fine);
  };
}

static std::vector<double> randomCells(int64_t rows, int64_t columns, double largest, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<double> cells(size_t(rows * columns));
  for (double &cell : cells)
    cell = random() % 8 == 0 ? 0.0 : largest * double(random()) / 4294967296.0;
  return cells;
}

static std::vector<double> transfer(const WireArray &array, const ParallelFor &parallelFor = inOrder,
                                    const Kernels &kernels = kernelsGeneric(), WireReport *report = nullptr) {
  std::vector<double> out(size_t(array.rows * array.columns), -1.0);
  EXPECT_EQ(solveWires(array, kernels, parallelFor, out.data(), report), WireStatus::Solved);
  return out;
}

/// Largest current in microamperes that a node lacks, for the given potentials with one volt on `drivenRow`.
static double kirchhoff(const WireArray &array, int64_t drivenRow, const std::vector<double> &rowVolt,
                        const std::vector<double> &columnVolt) {
  const int64_t rows = array.rows, columns = array.columns;
  const double rowWire = 1e6 / array.rowOhm, columnWire = 1e6 / array.columnOhm;
  double worst = 0;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      int64_t cell = i * columns + j;
      double r = rowVolt[size_t(cell)], c = columnVolt[size_t(cell)];
      double through = array.conductanceMicrosiemens[cell] * (r - c);
      double left = j > 0 ? rowVolt[size_t(cell - 1)] : double(i == drivenRow);
      double intoRow = rowWire * (left - r) - through;
      if (j + 1 < columns)
        intoRow -= rowWire * (r - rowVolt[size_t(cell + 1)]);
      double intoColumn = through - columnWire * (c - (i + 1 < rows ? columnVolt[size_t(cell + columns)] : 0.0));
      if (i > 0)
        intoColumn -= columnWire * (c - columnVolt[size_t(cell - columns)]);
      worst = std::max({worst, fabs(intoRow), fabs(intoColumn)});
    }
  return worst;
}

static double largest(const std::vector<double> &values) { return *std::max_element(values.begin(), values.end()); }

TEST(Wires, EqualsEliminationOfTheNetwork) {
  struct {
    int64_t rows, columns;
    double gMax, rowOhm, columnOhm;
  } cases[] = {{1, 1, 25, 0.35, 0.35}, {1, 6, 25, 2, 1},   {6, 1, 25, 2, 1},     {3, 5, 25, 0.35, 0.35},
               {5, 3, 25, 20, 70},     {17, 9, 100, 5, 5}, {9, 18, 225, 30, 10}, {19, 20, 1000, 3, 8}};
  for (const auto &c : cases) {
    SCOPED_TRACE(testing::Message() << c.rows << " x " << c.columns << ", " << c.rowOhm << " and " << c.columnOhm << " ohm");
    std::vector<double> cells = randomCells(c.rows, c.columns, c.gMax, 1);
    WireArray array = {c.rows, c.columns, cells.data(), c.rowOhm, c.columnOhm};
    std::vector<double> expected = eliminatedTransfer(array), solved = transfer(array);
    for (size_t i = 0; i < cells.size(); ++i)
      ASSERT_NEAR(solved[i], expected[i], 1e-9 * c.gMax) << "cell " << i;
  }
}

TEST(Wires, KirchhoffHoldsAtEveryNode) {
  std::vector<double> cells = randomCells(64, 96, 25, 2);
  for (double ohm : {0.35, 5.0, 50.0}) {
    WireArray array = {64, 96, cells.data(), ohm, ohm};
    std::vector<double> solved = transfer(array);
    for (int64_t k : {0, 31, 63}) {
      std::vector<double> rowVolt(cells.size()), columnVolt(cells.size());
      ASSERT_EQ(solveWirePotentials(array, kernelsGeneric(), k, rowVolt.data(), columnVolt.data()), WireStatus::Solved);
      std::vector<double> currents;
      for (int64_t n = 0; n < 96; ++n)
        currents.push_back(1e6 / ohm * columnVolt[size_t(63 * 96 + n)]);
      EXPECT_LE(kirchhoff(array, k, rowVolt, columnVolt), 1e-9 * largest(currents)) << ohm << " ohm, row " << k;
      for (int64_t n = 0; n < 96; ++n)
        EXPECT_NEAR(currents[size_t(n)], solved[size_t(k * 96 + n)], 1e-9 * largest(currents)) << ohm << " ohm, row " << k;
    }
  }
}

TEST(Wires, KirchhoffHoldsInALargeArray) {
  std::vector<double> cells = randomCells(256, 512, 25, 3), rowVolt(cells.size()), columnVolt(cells.size());
  WireArray array = {256, 512, cells.data(), 0.35, 0.35};
  const Isa *isa = findIsa("avx2") ? findIsa("avx2") : findIsa("generic");
  ASSERT_EQ(solveWirePotentials(array, isa->kernels(), 200, rowVolt.data(), columnVolt.data()), WireStatus::Solved);
  std::vector<double> bottom(columnVolt.end() - 512, columnVolt.end());
  EXPECT_LE(kirchhoff(array, 200, rowVolt, columnVolt), 1e-9 * 1e6 / 0.35 * largest(bottom));
}

TEST(Wires, OneCellIsInSeriesWithTwoWires) {
  double cell = 20; // 50 kilohm
  for (double ohm : {0.35, 1e3, 1e5})
    EXPECT_NEAR(transfer({1, 1, &cell, ohm, ohm})[0], 1e6 / (5e4 + 2 * ohm), 1e-9) << ohm << " ohm";
}

// All rows driven at one volt: N cells of 5 microsiemens along a column wire of 0.35 ohm. g R = 1.75e-6.
TEST(Wires, UniformColumnIsALadder) {
  struct {
    int64_t N;
    double fraction;
  } cases[] = {{128, 0.990441}, {256, 0.963238}, {512, 0.870410}};
  for (const auto &c : cases) {
    std::vector<double> cells(size_t(c.N), 5.0);
    double sum = 0;
    for (double current : transfer({c.N, 1, cells.data(), 0, 0.35}))
      sum += current;
    double theta = acosh(1 + 1.75e-6 / 2);
    EXPECT_NEAR(sum / (5.0 * double(c.N)), c.fraction, 5e-7) << c.N;
    EXPECT_NEAR(sum / (5.0 * double(c.N)),
                sinh(double(c.N) * theta) / (double(c.N) * sqrt(1.75e-6) * cosh((double(c.N) + 0.5) * theta)), 1e-9)
        << c.N;
  }
}

TEST(Wires, NearlyIdealRowsApproachIdealRows) {
  std::vector<double> cells = randomCells(40, 30, 25, 4);
  for (bool rowsIdeal : {false, true}) {
    std::vector<double> ideal = transfer({40, 30, cells.data(), rowsIdeal ? 0 : 2.0, rowsIdeal ? 2.0 : 0});
    std::vector<double> nearly = transfer({40, 30, cells.data(), rowsIdeal ? 1e-7 : 2.0, rowsIdeal ? 2.0 : 1e-7});
    for (size_t i = 0; i < cells.size(); ++i)
      ASSERT_NEAR(nearly[i], ideal[i], 1e-7) << i;
  }
}

TEST(Wires, IdealWiresLeaveTheConductances) {
  std::vector<double> cells = randomCells(20, 50, 25, 5);
  EXPECT_EQ(transfer({20, 50, cells.data(), 0, 0}), cells);
  std::vector<double> nearly = transfer({20, 50, cells.data(), 1e-6, 1e-6});
  for (size_t i = 0; i < cells.size(); ++i)
    ASSERT_NEAR(nearly[i], cells[i], 1e-6) << i;
}

// Three of 40 rows or of 50 columns: one block of drives, from either side.
TEST(Wires, OnlyWhatIsWantedIsSolved) {
  const int64_t rows = 40, columns = 50;
  const std::vector<double> cells = randomCells(rows, columns, 25, 9), all = transfer({rows, columns, cells.data(), 2, 3});
  for (bool tall : {false, true}) {
    std::vector<uint8_t> wanted(cells.size());
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        wanted[size_t(i * columns + j)] = tall ? j >= 20 && j < 23 : i >= 20 && i < 23;
    std::vector<double> some = cells;
    int64_t blocks = 0;
    ParallelFor counting = [&](int64_t count, const std::function<bool(int64_t)> &body) {
      blocks += count;
      return inOrder(count, body);
    };
    ASSERT_EQ(solveWires({rows, columns, some.data(), 2, 3, wanted.data()}, kernelsGeneric(), counting, some.data()),
              WireStatus::Solved);
    EXPECT_EQ(blocks, 1);
    for (size_t i = 0; i < cells.size(); ++i)
      ASSERT_TRUE(!wanted[i] || fabs(some[i] - all[i]) <= 1e-8) << i << ": " << some[i] << ", " << all[i];
  }
}

// Drive where the current was sensed and sense where it was driven: columns become rows, ends change places.
TEST(Wires, SwappingDriveAndSenseLeavesTheTransfer) {
  const int64_t rows = 21, columns = 34;
  std::vector<double> cells = randomCells(rows, columns, 50, 6), swapped(cells.size());
  auto other = [&](int64_t i, int64_t j) { return size_t((columns - 1 - j) * rows + (rows - 1 - i)); };
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      swapped[other(i, j)] = cells[size_t(i * columns + j)];
  // 21 drives either way: rows of the first, columns of the second. Driving all 34 rows of the second shows the law itself.
  std::vector<double> there = transfer({rows, columns, cells.data(), 4, 7});
  std::vector<double> back = transfer({columns, rows, swapped.data(), 7, 4});
  WireArray second = {columns, rows, swapped.data(), 7, 4};
  for (int64_t j = 0; j < columns; ++j) {
    std::vector<double> rowVolt(cells.size()), columnVolt(cells.size());
    ASSERT_EQ(solveWirePotentials(second, kernelsGeneric(), j, rowVolt.data(), columnVolt.data()), WireStatus::Solved);
    for (int64_t i = 0; i < rows; ++i) {
      size_t from = size_t((rows - 1 - i) * columns + (columns - 1 - j)), to = size_t(j * rows + i);
      EXPECT_EQ(there[from], back[to]);
      ASSERT_NEAR(1e6 / 4 * columnVolt[size_t((columns - 1) * rows + i)], there[from], 1e-8);
    }
  }
}

TEST(Wires, ThreadsAndInstructionSetsGiveTheSameBits) {
  std::vector<double> cells = randomCells(70, 83, 100, 7);
  WireArray array = {70, 83, cells.data(), 1, 3};
  std::vector<double> expected = transfer(array);
  for (const char *name : {"generic", "avx2", "onednn", "vnni"}) {
    const Isa *isa = findIsa(name);
    if (!isa)
      continue;
    for (int threads : {1, 2, 7})
      EXPECT_EQ(transfer(array, onThreads(threads), isa->kernels()), expected) << name << ", " << threads << " threads";
  }
}

TEST(Wires, TypicalArraysTakeFewSweeps) {
  std::vector<double> cells = randomCells(128, 256, 25, 8);
  WireReport report;
  transfer({128, 256, cells.data(), 0.35, 0.35}, inOrder, kernelsGeneric(), &report);
  EXPECT_LE(report.sweeps, 5);
  EXPECT_LE(report.residual, 1e-9);
}

TEST(Wires, RefusesWhatIsNoArray) {
  std::vector<double> cells = {1, 2, 3, -1};
  std::vector<double> out(4, 7.0);
  WireArray negative = {2, 2, cells.data(), 1, 1}, empty = {0, 2, cells.data(), 1, 1}, wire = {1, 3, cells.data(), 1, -1};
  for (const WireArray &array : {negative, empty, wire})
    EXPECT_EQ(solveWires(array, kernelsGeneric(), inOrder, out.data()), WireStatus::InvalidArray);
  // Cells that short the wires: the potentials spread over the whole array a little with every sweep.
  std::vector<double> shorts(32 * 32, 1e12);
  std::vector<double> untouched(shorts.size(), 7.0);
  EXPECT_EQ(solveWires({32, 32, shorts.data(), 10, 10}, kernelsGeneric(), inOrder, untouched.data()), WireStatus::NotConverged);
  EXPECT_EQ(untouched, std::vector<double>(shorts.size(), 7.0));
}

// A differential tile of 3 x 2 weights from cell (1, 2) on, another of 2 x 1 from (0, 0) on; the rest of the array idles.
TEST(Wires, EverythingInAnArrayIsReadThroughItsWires) {
  const int64_t rows = 5, columns = 7;
  float positive[] = {20, 1, 7, 12, 0, 3}, negative[] = {2, 15, 1, 0, 24, 9}, other[] = {11, -1, 23, -1};
  std::vector<CellBlock> blocks = {{1, 2, 3, 2, 2, positive, 2}, {1, 3, 3, 2, 2, negative, 2}, {0, 0, 2, 1, 1, other, 2}};
  const std::vector<double> cells = {11,  0.5, 0.5, 0.5, 0.5, 0.5, 0.5, //
                                     23,  0.5, 20,  2,   1,   15,  0.5, //
                                     0.5, 0.5, 7,   1,   12,  0,   0.5, //
                                     0.5, 0.5, 0,   24,  3,   9,   0.5, //
                                     0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
  std::vector<double> expected = eliminatedTransfer({rows, columns, cells.data(), 100, 100});
  ASSERT_EQ(readThroughWires({rows, columns, 100, 100, 0.5}, blocks, kernelsGeneric(), inOrder), WireStatus::Solved);
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 2; ++j) {
      EXPECT_NEAR(positive[i * 2 + j], expected[size_t((1 + i) * columns + 2 + 2 * j)], 2e-6) << i << ", " << j;
      EXPECT_NEAR(negative[i * 2 + j], expected[size_t((1 + i) * columns + 3 + 2 * j)], 2e-6) << i << ", " << j;
    }
  EXPECT_NEAR(other[0], expected[0], 2e-6);
  EXPECT_NEAR(other[2], expected[size_t(columns)], 2e-6);
  EXPECT_EQ(other[1], -1); // between the block's rows
  EXPECT_LT(positive[0], 19.9f);

  blocks[2].column = 2; // on the cell (1, 2) of the first
  EXPECT_EQ(readThroughWires({rows, columns, 100, 100, 0.5}, blocks, kernelsGeneric(), inOrder), WireStatus::InvalidArray);
  blocks[2].column = 7;
  EXPECT_EQ(readThroughWires({rows, columns, 100, 100, 0.5}, blocks, kernelsGeneric(), inOrder), WireStatus::InvalidArray);
}
