#include "Wires.h"

#include "Buffer.h"
#include "Kernels.h"

#include <algorithm>
#include <atomic>
#include <math.h>
#include <memory>
#include <mutex>
#include <string.h>
#include <vector>

// With the column potentials c given, each row is a ladder of its own; with the row potentials r given, each column is. So
//   r = A^-1 (drive + G c),  c = B^-1 G r,
// A and B tridiagonal in every row and column. Their iteration is a series: r0 = A^-1 drive, c_i = B^-1 G r_i,
// r_(i+1) = A^-1 G c_i, and the potentials are the sums. All terms are positive and the series converges, because G A^-1 G B^-1
// has its eigenvalues in [0, 1): they are small where wires drop little. Of the sums only the last row of c is kept, times the
// conductance of the wire to the sense amplifier it is T. What lacks at the nodes after a term is G c_i at the rows.
//
// Drives are solved in blocks of wireLanes, one per vector lane. A sweep passes over the array once: at each row it ends the
// elimination of the columns that the sweep before began, solves the row, and begins the columns' next elimination, in the same
// place. Sweeps go up and down in turns, so that an elimination ends in the direction in which it must.
//
// Eliminations are written with the conductance e that a node sees away from the elimination's end, e = g + (e' in series with
// a wire): sums of positive terms, without the differences that lose digits when cells conduct far less than wires.

namespace aimc::simulator {

static constexpr int64_t maxSweeps = 10000;
static constexpr double residualGoal = 1e-10, currentGoal = 1e-9;

namespace {
/// The array that is driven from the side with fewer wires, and its factored lines, [rows, columns] each.
struct Network {
  int64_t rows = 0, columns = 0;
  bool transposed = false;            // rows are the array's columns in reverse, columns its rows in reverse
  double rowWire = 0, columnWire = 0; // microsiemens
  Buffer<double> conductance;
  Buffer<double> rowGain, rowStep, downGain, downStep, upGain, upStep;
};

/// What one block of drives needs.
struct Workspace {
  Buffer<double> field, line, scratch, current;
};

/// Sums of all terms for lane 0, when wanted.
struct Potentials {
  double *rowVolt, *columnVolt;
};
} // namespace

static bool isValid(const WireArray &array) {
  if (array.rows <= 0 || array.columns <= 0 || array.rows > (int64_t(1) << 40) / array.columns)
    return false;
  if (!(array.rowOhm >= 0 && array.columnOhm >= 0 && isfinite(array.rowOhm) && isfinite(array.columnOhm)))
    return false;
  for (int64_t i = 0; i < array.rows * array.columns; ++i)
    if (!(array.conductanceMicrosiemens[i] >= 0 && isfinite(array.conductanceMicrosiemens[i])))
      return false;
  return true;
}

/// Offset in the array of the network's cell (row, column).
static int64_t arrayOffset(const Network &network, int64_t row, int64_t column) {
  if (!network.transposed)
    return row * network.columns + column;
  return (network.columns - 1 - column) * network.rows + (network.rows - 1 - row);
}

/// Takes the array as it is, or seen from its sense amplifiers: by reciprocity the transfer is the same.
static bool orient(const WireArray &array, bool transposed, Network &network) {
  network.transposed = transposed;
  network.rows = transposed ? array.columns : array.rows;
  network.columns = transposed ? array.rows : array.columns;
  double rowOhm = transposed ? array.columnOhm : array.rowOhm, columnOhm = transposed ? array.rowOhm : array.columnOhm;
  network.rowWire = rowOhm > 0 ? 1e6 / rowOhm : 0;
  network.columnWire = columnOhm > 0 ? 1e6 / columnOhm : 0;
  if (!network.conductance.reserve(uint64_t(network.rows * network.columns)))
    return false;
  for (int64_t i = 0; i < network.rows; ++i)
    for (int64_t j = 0; j < network.columns; ++j)
      network.conductance[i * network.columns + j] = array.conductanceMicrosiemens[arrayOffset(network, i, j)];
  return true;
}

/// Blocks of wireLanes rows, or columns taken from the last one on, in which T is wanted somewhere.
static std::vector<int64_t> wantedBlocks(const WireArray &array, bool columns) {
  const int64_t lines = columns ? array.columns : array.rows;
  std::vector<uint8_t> found(size_t((lines + wireLanes - 1) / wireLanes), array.wanted ? 0 : 1);
  for (int64_t i = 0; array.wanted && i < array.rows; ++i)
    for (int64_t j = 0; j < array.columns; ++j)
      if (array.wanted[i * array.columns + j])
        found[size_t((columns ? array.columns - 1 - j : i) / wireLanes)] = 1;
  std::vector<int64_t> blocks;
  for (size_t block = 0; block < found.size(); ++block)
    if (found[block])
      blocks.push_back(int64_t(block));
  return blocks;
}

/// Rows are eliminated from their free end to the driver. An ideal wire passes potentials on as they are.
static bool factorRows(Network &network) {
  uint64_t cells = uint64_t(network.rows * network.columns);
  if (!network.rowGain.reserve(cells) || !network.rowStep.reserve(cells))
    return false;
  double wire = network.rowWire;
  for (int64_t i = 0; i < network.rows; ++i) {
    double seen = 0;
    for (int64_t j = network.columns - 1; j >= 0; --j) {
      int64_t cell = i * network.columns + j;
      double e = network.conductance[cell] + seen;
      network.rowStep[cell] = wire > 0 ? wire / (wire + e) : 1.0;
      network.rowGain[cell] = wire > 0 ? network.conductance[cell] / (wire + e) : 0.0;
      seen = e * network.rowStep[cell];
    }
  }
  return true;
}

/// Columns are eliminated both ways: down to the sense amplifiers, and up from them.
static bool factorColumns(Network &network) {
  const int64_t rows = network.rows, columns = network.columns;
  for (Buffer<double> *buffer : {&network.downGain, &network.downStep, &network.upGain, &network.upStep})
    if (!buffer->reserve(uint64_t(rows * columns)))
      return false;
  double wire = network.columnWire;
  std::vector<double> seen(size_t(columns), 0.0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      int64_t cell = i * columns + j;
      double e = network.conductance[cell] + seen[size_t(j)];
      network.downStep[cell] = wire > 0 ? wire / (wire + e) : 1.0;
      network.downGain[cell] = wire > 0 ? network.conductance[cell] / (wire + e) : 0.0;
      seen[size_t(j)] = e * network.downStep[cell];
    }
  seen.assign(size_t(columns), wire);
  for (int64_t i = rows - 1; i >= 0; --i)
    for (int64_t j = 0; j < columns; ++j) {
      int64_t cell = i * columns + j;
      double e = network.conductance[cell] + seen[size_t(j)];
      double diagonal = i > 0 ? wire + e : e;
      network.upStep[cell] = wire > 0 ? wire / diagonal : 1.0;
      network.upGain[cell] = wire > 0 ? network.conductance[cell] / diagonal : 0.0;
      seen[size_t(j)] = e * network.upStep[cell];
    }
  return true;
}

/// Eliminates downwards the columns of the series' first term: of row first + lane, at its own potentials.
static void begin(const Network &network, int64_t first, int64_t count, Workspace &work) {
  const int64_t columns = network.columns, pitch = columns * wireLanes;
  memset(work.field.data(), 0, size_t(first * pitch) * sizeof(double));
  memset(work.scratch.data(), 0, size_t(pitch) * sizeof(double));
  for (int64_t i = first; i < network.rows; ++i) {
    double *field = work.field.data() + i * pitch;
    const double *before = i > 0 ? field - pitch : work.scratch.data();
    const double *step = network.downStep.data() + i * columns;
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t lane = 0; lane < wireLanes; ++lane)
        field[j * wireLanes + lane] = step[j] * before[j * wireLanes + lane];
    if (i >= first + count)
      continue;
    double volt = 1.0;
    for (int64_t j = 0; j < columns; ++j) {
      volt = network.rowStep[i * columns + j] * volt;
      field[j * wireLanes + i - first] += network.downGain[i * columns + j] * volt;
    }
  }
}

/// Adds lane 0 of a row's term to the potentials.
static void record(const Network &network, const Workspace &work, int64_t i, const Potentials &to) {
  double volt = 0;
  for (int64_t j = 0; j < network.columns; ++j) {
    int64_t cell = i * network.columns + j;
    volt = work.scratch[j * wireLanes] + network.rowStep[cell] * volt;
    to.rowVolt[cell] += volt;
    to.columnVolt[cell] += work.line[j * wireLanes];
  }
}

/// Passes over all rows; `line` ends the elimination of the last row when `up` is false, and begins with it otherwise. Writes
/// the currents of this term's potentials into `last`, and the largest that a node lacks per lane.
static void sweep(const Network &network, const Kernels &kernels, bool up, Workspace &work, const Potentials *potentials,
                  double *last, double *lacking) {
  const int64_t rows = network.rows, columns = network.columns, pitch = columns * wireLanes;
  memset(work.line.data(), 0, size_t(pitch) * sizeof(double));
  const double *none = work.line.data() + pitch;
  const Buffer<double> &endStep = up ? network.downStep : network.upStep;
  const Buffer<double> &beginStep = up ? network.upStep : network.downStep;
  const Buffer<double> &beginGain = up ? network.upGain : network.downGain;
  for (int64_t pass = 0; pass < rows; ++pass) {
    int64_t i = up ? rows - 1 - pass : pass;
    WireRow row;
    row.columns = columns;
    row.conductance = network.conductance.data() + i * columns;
    row.rowGain = network.rowGain.data() + i * columns;
    row.rowStep = network.rowStep.data() + i * columns;
    row.endStep = endStep.data() + i * columns;
    row.beginGain = beginGain.data() + i * columns;
    row.beginStep = beginStep.data() + i * columns;
    row.field = work.field.data() + i * pitch;
    row.before = pass == 0 ? none : row.field + (up ? pitch : -pitch);
    row.line = work.line.data();
    row.scratch = work.scratch.data();
    row.lacking = lacking;
    kernels.wireRow(row);
    if (potentials)
      record(network, work, i, *potentials);
    if (i == rows - 1)
      for (int64_t e = 0; e < pitch; ++e)
        last[e] = network.columnWire * work.line[e];
  }
}

/// Solves the drives of rows [first, first + count) and leaves their column currents in work.current, [columns, lanes].
static WireStatus solveBlock(const Network &network, const Kernels &kernels, int64_t first, int64_t count, Workspace &work,
                             const Potentials *potentials, WireReport &report) {
  const int64_t pitch = network.columns * wireLanes;
  if (!work.field.reserve(uint64_t(network.rows * pitch)) || !work.line.reserve(uint64_t(2 * pitch)) ||
      !work.scratch.reserve(uint64_t(pitch)) || !work.current.reserve(uint64_t(2 * pitch)))
    return WireStatus::NoMemory;
  memset(work.line.data() + pitch, 0, size_t(pitch) * sizeof(double));
  memset(work.current.data(), 0, size_t(pitch) * sizeof(double));
  double *current = work.current.data(), *term = current + pitch;
  begin(network, first, count, work);
  for (int64_t sweeps = 1; sweeps <= maxSweeps; ++sweeps) {
    double lacking[wireLanes] = {}, largest[wireLanes] = {}, change[wireLanes] = {};
    sweep(network, kernels, sweeps % 2 == 1, work, potentials, term, lacking);
    for (int64_t e = 0; e < pitch; ++e) {
      current[e] += term[e];
      int64_t lane = e % wireLanes;
      largest[lane] = std::max(largest[lane], current[e]);
      change[lane] = std::max(change[lane], term[e]);
    }
    bool done = true;
    double residual = 0;
    for (int64_t lane = 0; lane < count; ++lane) {
      done &= lacking[lane] <= residualGoal * largest[lane] && change[lane] <= currentGoal * largest[lane];
      if (largest[lane] > 0)
        residual = std::max(residual, lacking[lane] / largest[lane]);
    }
    if (done) {
      report.sweeps = sweeps;
      report.residual = residual;
      return WireStatus::Solved;
    }
  }
  return WireStatus::NotConverged;
}

/// T where rows or columns are ideal: a row's potentials do not depend on the columns', or there are none at the columns.
static void solveIdeal(const WireArray &array, Network &network, double *transfer) {
  const int64_t rows = array.rows, columns = array.columns;
  std::vector<double> share(size_t(columns), 1.0);
  for (int64_t i = rows - 1; i >= 0; --i) {
    double volt = 1.0;
    for (int64_t j = 0; j < columns; ++j) {
      int64_t cell = i * columns + j;
      volt = network.rowStep[cell] * volt;
      share[size_t(j)] = network.downStep[cell] * share[size_t(j)];
      transfer[cell] = network.conductance[cell] * volt * share[size_t(j)];
    }
  }
}

namespace {
/// Workspaces that tasks take in turns.
class Workspaces {
public:
  std::unique_ptr<Workspace> take() {
    std::lock_guard<std::mutex> lock(mutex);
    if (idle.empty())
      return std::make_unique<Workspace>();
    std::unique_ptr<Workspace> work = std::move(idle.back());
    idle.pop_back();
    return work;
  }
  void giveBack(std::unique_ptr<Workspace> work) {
    std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(work));
  }

private:
  std::mutex mutex;
  std::vector<std::unique_ptr<Workspace>> idle;
};
} // namespace

WireStatus solveWires(const WireArray &array, const Kernels &kernels, const ParallelFor &parallelFor, double *transfer,
                      WireReport *report) {
  if (!isValid(array))
    return WireStatus::InvalidArray;
  bool ideal = array.rowOhm == 0 || array.columnOhm == 0;
  std::vector<int64_t> blocks = wantedBlocks(array, false);
  std::vector<int64_t> ofColumns = wantedBlocks(array, true);
  const bool transposed =
      !ideal && (ofColumns.size() != blocks.size() ? ofColumns.size() < blocks.size() : array.columns < array.rows);
  if (transposed)
    blocks = ofColumns;
  Network network;
  if (!orient(array, transposed, network) || !factorRows(network) || !factorColumns(network))
    return WireStatus::NoMemory;
  if (report)
    *report = WireReport();
  if (ideal) {
    solveIdeal(array, network, transfer);
    return WireStatus::Solved;
  }

  // A block's drives stop together, so that the split must not depend on threads.
  std::vector<WireReport> reports(blocks.size());
  Buffer<double> solved; // the network's transfer: only a whole result is handed out
  if (!solved.reserve(uint64_t(network.rows * network.columns)))
    return WireStatus::NoMemory;
  Workspaces workspaces;
  std::atomic<WireStatus> failure{WireStatus::NoMemory};
  bool fine = parallelFor(int64_t(blocks.size()), [&](int64_t task) {
    std::unique_ptr<Workspace> work = workspaces.take();
    int64_t first = blocks[size_t(task)] * wireLanes, count = std::min(wireLanes, network.rows - first);
    WireStatus status = solveBlock(network, kernels, first, count, *work, nullptr, reports[size_t(task)]);
    if (status == WireStatus::Solved)
      for (int64_t lane = 0; lane < count; ++lane)
        for (int64_t j = 0; j < network.columns; ++j)
          solved[(first + lane) * network.columns + j] = work->current[j * wireLanes + lane];
    else
      failure = status;
    workspaces.giveBack(std::move(work));
    return status == WireStatus::Solved;
  });
  if (!fine)
    return failure;
  for (int64_t block : blocks)
    for (int64_t i = block * wireLanes; i < std::min((block + 1) * wireLanes, network.rows); ++i)
      for (int64_t j = 0; j < network.columns; ++j)
        transfer[arrayOffset(network, i, j)] = solved[i * network.columns + j];
  for (const WireReport &block : reports)
    if (report)
      *report = {std::max(report->sweeps, block.sweeps), std::max(report->residual, block.residual)};
  return WireStatus::Solved;
}

WireStatus solveWirePotentials(const WireArray &array, const Kernels &kernels, int64_t drivenRow, double *rowVolt,
                               double *columnVolt) {
  if (!isValid(array) || array.rowOhm == 0 || array.columnOhm == 0 || drivenRow < 0 || drivenRow >= array.rows)
    return WireStatus::InvalidArray;
  Network network;
  if (!orient(array, false, network) || !factorRows(network) || !factorColumns(network))
    return WireStatus::NoMemory;
  int64_t cells = array.rows * array.columns;
  std::fill(rowVolt, rowVolt + cells, 0.0);
  std::fill(columnVolt, columnVolt + cells, 0.0);
  double volt = 1.0;
  for (int64_t cell = drivenRow * array.columns; cell < (drivenRow + 1) * array.columns; ++cell)
    rowVolt[cell] = volt = network.rowStep[cell] * volt;
  Potentials potentials = {rowVolt, columnVolt};
  Workspace work;
  WireReport report;
  return solveBlock(network, kernels, drivenRow, 1, work, &potentials, report);
}

static bool isWithin(const CellBlock &block, int64_t rows, int64_t columns) {
  return block.row >= 0 && block.column >= 0 && block.rows > 0 && block.columns > 0 && block.columnStride > 0 &&
         block.rows <= rows - block.row && block.column < columns &&
         block.columns - 1 <= (columns - 1 - block.column) / block.columnStride;
}

WireStatus readThroughWires(const WireGrid &grid, const std::vector<CellBlock> &blocks, const Kernels &kernels,
                            const ParallelFor &parallelFor) {
  const int64_t rows = grid.rows, columns = grid.columns;
  if (rows <= 0 || columns <= 0 || rows > (int64_t(1) << 40) / columns)
    return WireStatus::InvalidArray;
  std::vector<double> cells(size_t(rows * columns), grid.idleMicrosiemens);
  std::vector<uint8_t> taken(cells.size());
  auto cellOf = [&](const CellBlock &block, int64_t i, int64_t j) {
    return size_t((block.row + i) * columns + block.column + j * block.columnStride);
  };
  for (const CellBlock &block : blocks) {
    if (!isWithin(block, rows, columns))
      return WireStatus::InvalidArray;
    for (int64_t i = 0; i < block.rows; ++i)
      for (int64_t j = 0; j < block.columns; ++j) {
        size_t cell = cellOf(block, i, j);
        if (taken[cell])
          return WireStatus::InvalidArray;
        taken[cell] = 1;
        cells[cell] = double(block.microsiemens[i * block.pitch + j]);
      }
  }
  WireArray array = {rows, columns, cells.data(), grid.rowOhm, grid.columnOhm, taken.data()};
  WireStatus status = solveWires(array, kernels, parallelFor, cells.data());
  if (status != WireStatus::Solved)
    return status;
  for (const CellBlock &block : blocks)
    for (int64_t i = 0; i < block.rows; ++i)
      for (int64_t j = 0; j < block.columns; ++j)
        block.microsiemens[i * block.pitch + j] = float(cells[cellOf(block, i, j)]);
  return WireStatus::Solved;
}

} // namespace aimc::simulator
