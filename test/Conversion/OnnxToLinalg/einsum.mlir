// RUN: aimc-opt %s --onnx-infer-shapes --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope | FileCheck %s

// Sums of products of two operands are contractions: a constant one can become a crossbar.
// CHECK-LABEL: func.func @heads
// CHECK-SAME:    -> tensor<?x5x2x4xf32>
// CHECK:         linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d4, d2, d3)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>]
// CHECK:           arith.mulf
// CHECK:           arith.addf
func.func @heads(%x: tensor<?x5x3xf32>, %w: tensor<3x2x4xf32>) -> tensor<*xf32> {
  %y = onnx.node "Einsum"(%x, %w) {domain = "", opset = 13 : i64, attrs = {equation = "bqd, dhk -> bqhk"}}
    : (tensor<?x5x3xf32>, tensor<3x2x4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
