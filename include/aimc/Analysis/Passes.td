//===- Passes.td - passes that analyses make possible -----------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_PASSES
#define AIMC_ANALYSIS_PASSES

include "mlir/Pass/PassBase.td"

def FoldConstantExpressionsPass : Pass<"fold-constant-expressions", "mlir::ModuleOp"> {
  let summary = "Computes what depends on constants only";
  let description = [{
    Replaces every constant expression that other code uses by an `arith.constant`: dense up to `inline-bytes`, a
    `dense_resource` above, and a splat where all elements are equal by construction. Only the last value of a chain is
    made; what led to it disappears unless it has other users.

    Weights stay views until the analog passes have taken theirs (crossbars keep their expression, which this pass does
    not touch); this pass is for what is left on the host. A reshape of a whole resource shares the resource. `tensor.empty`,
    `linalg.fill` and `tensor.splat` stay, and so does a broadcast above `inline-bytes`: they are cheaper at run time than a constant.

    ```mlir
    %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
    // becomes
    %t = arith.constant dense<[[…], [….], [….]]> : tensor<3x2xf32>
    ```
  }];
  let options = [Option<"inlineBytes", "inline-bytes", "int64_t", /*default=*/"1024",
                        "largest constant that is printed in the program instead of being a resource">];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::tensor::TensorDialect"];
}

#endif // AIMC_ANALYSIS_PASSES
