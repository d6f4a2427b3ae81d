//===- Passes.td - conversions between dialects -----------------------------------------------------------------===//
#ifndef AIMC_CONVERSION_PASSES
#define AIMC_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertOnnxToLinalgPass : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Graphs become linalg, tensor, arith, math and scf on tensors";
  let description = [{
    Every `onnx.node` is replaced by what the operator table's lowering makes of it; everything made from a node has the
    node's location. Unsigned element types become signless ones, in function types too: such an argument or result carries the unit attribute
    `onnx.unsigned`. Weights stay constant expressions. Nodes that cannot be converted are all reported.

    ```mlir
    %y = onnx.node "Relu"(%x) {attrs = {}, domain = "", opset = 13 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    // becomes
    %y = linalg.generic … { arith.maximumf %in, %zero }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // AIMC_CONVERSION_PASSES
