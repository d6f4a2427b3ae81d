//===- Contraction.h - a layer as analog-select reads it --------------------------------------------------------===//
#ifndef AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CONTRACTION_H
#define AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/STLExtras.h"

#include <optional>
#include <string>

namespace aimc::analog {

/// A linalg operation y += Σ x · W, its loops sorted by what they index.
struct Contraction {
  mlir::linalg::LinalgOp op;
  mlir::Value x, weights, init;
  mlir::AffineMap xMap, weightMap, yMap;
  llvm::SmallVector<unsigned> rows;    ///< x and y, in the order of y
  llvm::SmallVector<unsigned> groups;  ///< x, weights and y: at most one, of extent above 1
  llvm::SmallVector<unsigned> ks;      ///< x and weights, in the order of the loops
  llvm::SmallVector<unsigned> columns; ///< weights and y, in the order of the loops
  llvm::SmallVector<int64_t> extents;  ///< of every loop; rows may be dynamic
  unsigned weightInput = 1;            ///< which of the operation's inputs are the weights
  bool convolution = false;            ///< a k moves a window over x
  bool depthwise = false;              ///< a convolution whose columns share no input
  bool integers = false;               ///< 32-bit integers, not floats

  int64_t count(llvm::ArrayRef<unsigned> loops) const {
    int64_t product = 1;
    for (unsigned loop : loops)
      product *= extents[loop];
    return product;
  }
  int64_t getGroups() const { return count(groups); }
  int64_t getRows() const { return count(ks); }
  int64_t getColumns() const { return count(columns); }

  /// The loops of groups, then those of columns.
  llvm::SmallVector<unsigned> getColumnLoops() const { return llvm::to_vector(llvm::concat<const unsigned>(groups, columns)); }
};

/// Whether `op` is a product of two tensors in the sense of a contraction: not inner products of equally indexed operands, one
/// for each of many rows, and not the sum of a tensor's squares.
bool isCandidate(mlir::linalg::LinalgOp op);

/// Sorts the loops of `op` with its weights at input `weightInput`. Returns why it cannot be a crossbar, or nothing.
std::optional<std::string> readContraction(mlir::linalg::LinalgOp op, unsigned weightInput, Contraction &c);

} // namespace aimc::analog

#endif // AIMC_LIB_DIALECT_ANALOG_TRANSFORMS_CONTRACTION_H
