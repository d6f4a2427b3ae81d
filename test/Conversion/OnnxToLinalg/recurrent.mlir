// RUN: aimc-opt %s --convert-onnx-to-linalg --canonicalize --mlir-print-debuginfo --mlir-print-local-scope --split-input-file | FileCheck %s

// One product for the whole sequence, one per step.
// CHECK-LABEL: func.func @lstm
// CHECK:         %[[X:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<5x?x3xf32> into tensor<?x3xf32>
// CHECK:         linalg.matmul {{.*}} ins(%[[X]], %{{.*}} : tensor<?x3xf32>, tensor<8x3xf32>) outs(%{{.*}} : tensor<?x8xf32>) -> tensor<?x8xf32> loc("cell_W")
// CHECK:         scf.for %{{.*}} = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[H:[^ ]*]] = %{{.*}}, %[[C:[^ ]*]] = %{{.*}}, %[[Y:[^ ]*]] = %{{.*}}) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<5x1x?x2xf32>)
// CHECK:           linalg.matmul {{.*}} ins(%[[H]], %{{.*}} : tensor<?x2xf32>, tensor<8x2xf32>) {{.*}} loc("cell_R")
// CHECK:           math.tanh
// CHECK:           tensor.insert_slice %{{.*}} into %[[Y]]
func.func @lstm(%x: tensor<5x?x3xf32>, %w: tensor<1x8x3xf32>, %r: tensor<1x8x2xf32>) -> tensor<5x1x?x2xf32> {
  %y:3 = onnx.node "LSTM"(%x, %w, %r) {domain = "", opset = 13 : i64, attrs = {hidden_size = 2 : i64}}
      : (tensor<5x?x3xf32>, tensor<1x8x3xf32>, tensor<1x8x2xf32>) -> (tensor<5x1x?x2xf32>, tensor<1x?x2xf32>, tensor<1x?x2xf32>) loc("cell")
  return %y#0 : tensor<5x1x?x2xf32>
}

// -----

// Both directions share the product with W; the reset gate acts before the second product of a step.
// CHECK-LABEL: func.func @gru_bidirectional
// CHECK:         linalg.matmul {{.*}} outs(%{{.*}} : tensor<10x12xf32>) -> tensor<10x12xf32> loc("cell_W")
// CHECK:         scf.for
// CHECK:           linalg.matmul {{.*}} : tensor<2x2xf32>, tensor<4x2xf32>) {{.*}} loc("cell_R")
// CHECK:           linalg.matmul {{.*}} : tensor<2x2xf32>, tensor<2x2xf32>) {{.*}} loc("cell_R_hidden")
// CHECK:         scf.for
// CHECK:           linalg.matmul {{.*}} loc("cell_R_reverse")
// CHECK:           linalg.matmul {{.*}} loc("cell_R_reverse_hidden")
func.func @gru_bidirectional(%x: tensor<5x2x3xf32>, %w: tensor<2x6x3xf32>, %r: tensor<2x6x2xf32>) -> tensor<2x2x2xf32> {
  %y:2 = onnx.node "GRU"(%x, %w, %r) {domain = "", opset = 13 : i64, attrs = {hidden_size = 2 : i64, direction = "bidirectional"}}
      : (tensor<5x2x3xf32>, tensor<2x6x3xf32>, tensor<2x6x2xf32>) -> (tensor<5x2x2x2xf32>, tensor<2x2x2xf32>) loc("cell")
  return %y#1 : tensor<2x2x2xf32>
}
