//===- Evaluator.h - values of constant expressions ---------------------------------------------------*- C++ -*-===//
#ifndef AIMC_ANALYSIS_EVALUATOR_H
#define AIMC_ANALYSIS_EVALUATOR_H

#include "Payload.h"
#include "aimc/Analysis/StridedView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace aimc {

struct LinalgOperands;

/// Whether the value of `op` is known once those of its operands are.
bool isComputable(mlir::Operation *op);

/// Whether a tensor of these sizes takes at most `maxComputedBytes`.
bool fitsBytes(mlir::Type elementType, llvm::ArrayRef<int64_t> sizes);

/// Whether loops of these extents take at most `maxComputedIterations`.
bool fitsIterations(llvm::ArrayRef<int64_t> extents);

/// `scalar` (rank 0) as every element of a tensor.
StridedView splatOf(const StridedView &scalar, llvm::ArrayRef<int64_t> sizes);

/// Evaluates one expression; remembers what it has evaluated.
class Evaluator {
public:
  /// Without `mayCompute` only what needs no arithmetic on elements and no copy.
  explicit Evaluator(bool mayCompute) : mayCompute(mayCompute) {}

  llvm::FailureOr<StridedView> get(mlir::Value value);

  /// Whether it failed since something would take too much memory or time.
  bool isTooLarge() const { return tooLarge; }

private:
  llvm::LogicalResult evaluate(mlir::Operation *op);

  bool isAffordable(mlir::Type elementType, llvm::ArrayRef<int64_t> sizes) {
    tooLarge |= !fitsBytes(elementType, sizes);
    return !tooLarge;
  }
  bool isAffordable(llvm::ArrayRef<int64_t> extents) {
    tooLarge |= !fitsIterations(extents);
    return !tooLarge;
  }

  llvm::FailureOr<StridedView> evaluateOne(mlir::arith::ConstantOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::ExpandShapeOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::CollapseShapeOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::ReshapeOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::ExtractSliceOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::InsertSliceOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::ConcatOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::PadOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::EmptyOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::SplatOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::FromElementsOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::ExtractOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::DimOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::GenerateOp op);
  llvm::FailureOr<StridedView> evaluateOne(mlir::tensor::CastOp op) { return get(op.getSource()); }
  llvm::FailureOr<StridedView> evaluateElementwise(mlir::Operation *op);

  // EvaluateLinalg.cpp
  llvm::LogicalResult evaluateLinalg(mlir::linalg::LinalgOp op);
  llvm::FailureOr<LinalgOperands> readOperands(mlir::linalg::LinalgOp op);
  llvm::FailureOr<std::optional<StridedView>> viewOfResult(LinalgOperands &operands, mlir::OpOperand &init);
  llvm::LogicalResult compute(LinalgOperands &operands, llvm::ArrayRef<mlir::OpOperand *> inits);

  llvm::FailureOr<int64_t> getInteger(mlir::Value value);
  llvm::FailureOr<llvm::SmallVector<int64_t>> getIntegers(llvm::ArrayRef<mlir::OpFoldResult> values);
  llvm::FailureOr<StridedView> reshape(const StridedView &view, llvm::ArrayRef<int64_t> sizes);

  bool mayCompute;
  bool tooLarge = false;
  llvm::DenseMap<mlir::Value, StridedView> known;
};

} // namespace aimc

#endif // AIMC_ANALYSIS_EVALUATOR_H
