//===- OperatorTable.h - which ONNX operators exist ---------------------------------------------------*- C++ -*-===//
#ifndef AIMC_DIALECT_ONNX_OPERATORTABLE_H
#define AIMC_DIALECT_ONNX_OPERATORTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace aimc::onnx {

class ShapeInference;
class NodeOp;

/// As `maxInputs`: any number.
inline constexpr unsigned unbounded = std::numeric_limits<unsigned>::max();

/// Computes result types (and integer values where it can) of one node. Fails after emitting an error at the node.
using ShapeFunction = llvm::LogicalResult (*)(NodeOp node, ShapeInference &inference);

/// A row of Operators.def.
struct OperatorRow {
  llvm::StringLiteral domain;
  llvm::StringLiteral name;
  int64_t since;
  unsigned minInputs;
  unsigned maxInputs;
  ShapeFunction shape;
};

/// All rows, in the order of Operators.def: an array made from another column of it is indexed alike.
llvm::ArrayRef<OperatorRow> getOperatorTable();

/// The row of `name` in operator set `opset` of `domain`, null when there is none. "ai.onnx" is "".
const OperatorRow *lookupOperator(llvm::StringRef domain, llvm::StringRef name, int64_t opset);

/// Index of a row that `lookupOperator` returned.
inline size_t getOperatorIndex(const OperatorRow *row) { return row - getOperatorTable().data(); }

} // namespace aimc::onnx

#endif // AIMC_DIALECT_ONNX_OPERATORTABLE_H
