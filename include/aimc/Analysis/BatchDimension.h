//===- BatchDimension.h - the batch's way through a program -----------------------------------------------------===//
//
// Noise is addressed by the index of the sample. This analysis says where in a tensor that index is.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_BATCHDIMENSION_H
#define AIMC_ANALYSIS_BATCHDIMENSION_H

#include "mlir/IR/Value.h"

#include <memory>
#include <optional>

namespace aimc {

/// Dimension `dim` of a tensor has `outer` · batch · `inner` elements; sample b is at (o · batch + b) · inner + i.
struct BatchPosition {
  int64_t dim = 0;
  int64_t outer = 1;
  int64_t inner = 1;

  bool operator==(const BatchPosition &other) const { return dim == other.dim && outer == other.outer && inner == other.inner; }
};

/// Positions of the batch in values of a program, found on demand and remembered; the program must not change meanwhile.
///
/// The batch is dimension 0 of each function argument; an argument's attribute `analog.batch_dim` names another (an integer;
/// -1: this argument has none). An argument without the attribute whose dimension 0 differs in size from the batch of
/// the first one has none either. The batch is followed through indexing maps, reshapes, slices and concatenation along other
/// dimensions, padding, loops, branches and the analog dialect. Where it cannot be followed but is known to hold one sample,
/// that sample is everything.
class BatchDimension {
public:
  BatchDimension();
  ~BatchDimension();

  /// Where the batch is in `value`; nothing when `value` is the same for every sample or the batch cannot be followed there.
  std::optional<BatchPosition> get(mlir::Value value);
  /// Whether `value` is the same for every sample.
  bool isIndependent(mlir::Value value);

private:
  class Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace aimc

#endif // AIMC_ANALYSIS_BATCHDIMENSION_H
