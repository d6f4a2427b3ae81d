// What the resistance of its wires makes of a crossbar array.
//
// Every cell joins a node of its row wire to a node of its column wire. A row's driver sits before column 0, a column's sense
// amplifier, a virtual ground, behind the last row; drivers of idle rows hold the reference potential. Neighbouring nodes,
// driver and first cell, last cell and sense amplifier are each one wire resistance apart. Such a network is linear: all it
// does is in its transfer matrix T, T(k, n) being the current of column n for one volt on row k. With ideal wires T is the
// conductances.
#ifndef AIMC_SIMULATOR_WIRES_H
#define AIMC_SIMULATOR_WIRES_H

#include <functional>
#include <stdint.h>
#include <vector>

namespace aimc::simulator {

struct Kernels;

/// Runs body(i) once for every i in [0, count), in any order, on any threads. False when a body returned false.
using ParallelFor = std::function<bool(int64_t count, const std::function<bool(int64_t i)> &body)>;

/// A physical array. Resistances are those between neighbours along a row wire and along a column wire; 0: an ideal wire.
struct WireArray {
  int64_t rows, columns;
  const double *conductanceMicrosiemens; // [rows, columns], finite and not negative
  double rowOhm, columnOhm;
  const uint8_t *wanted = nullptr; // [rows, columns], not 0: T is wanted there; null: everywhere
};

enum class WireStatus { Solved, InvalidArray, NoMemory, NotConverged };

/// How an array was solved.
struct WireReport {
  int64_t sweeps = 0;  // largest number of line solves over all rows and columns
  double residual = 0; // largest current that a node lacks, in parts of the drive's largest column current
};

/// Writes T, [rows, columns] in microsiemens. Kirchhoff's law holds at every node to 1e-9 of the drive's largest column
/// current, for the drive of each row or, where fewer columns than rows are wanted, each column of the reciprocal network. What
/// is not wanted is any number. The result does not depend on threads or kernels. `transfer` may be the conductances' memory.
/// `report` may be null. NotConverged: cells conduct so much better than wires that 10000 sweeps do not suffice; T is then not
/// written.
WireStatus solveWires(const WireArray &array, const Kernels &kernels, const ParallelFor &parallelFor, double *transfer,
                      WireReport *report = nullptr);

/// Cells of one slice and polarity of a tile in an array, as a container's Placement says.
struct CellBlock {
  int64_t row, column, rows, columns, columnStride;
  float *microsiemens; // [rows, columns], `pitch` elements from row to row
  int64_t pitch;
};

/// An array of which blocks take cells; the others conduct `idleMicrosiemens`. Resistances are as in WireArray.
struct WireGrid {
  int64_t rows, columns;
  double rowOhm, columnOhm;
  double idleMicrosiemens;
};

/// Replaces the conductances of all that lies in one array by the transfer of those cells. InvalidArray also where a block
/// leaves the array or two share a cell.
WireStatus readThroughWires(const WireGrid &grid, const std::vector<CellBlock> &blocks, const Kernels &kernels,
                            const ParallelFor &parallelFor);

/// Writes the potentials of the row nodes and of the column nodes, [rows, columns] each, in volts, with one volt on row
/// `drivenRow` and none on the others. Both resistances must be above 0.
WireStatus solveWirePotentials(const WireArray &array, const Kernels &kernels, int64_t drivenRow, double *rowVolt,
                               double *columnVolt);

} // namespace aimc::simulator

#endif
