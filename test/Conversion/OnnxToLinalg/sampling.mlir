// RUN: aimc-opt %s --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// A table says where each position of the result lies; only the dimension that changes is visited.
// CHECK-LABEL: func.func @nearest
// CHECK:         %[[PLACES:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<6xi64>)
// CHECK:         linalg.generic {{.*}} ins(%[[PLACES]] : tensor<6xi64>) outs(%{{.*}} : tensor<?x2x6xf32>)
// CHECK:           tensor.extract %arg0
func.func @nearest(%x: tensor<?x2x3xf32>) -> tensor<?x2x6xf32> {
  %none = onnx.none
  %scales = arith.constant dense<[1.0, 1.0, 2.0]> : tensor<3xf32>
  %y = onnx.node "Resize"(%x, %none, %scales) {domain = "", opset = 13 : i64, attrs = {coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"}}
    : (tensor<?x2x3xf32>, none, tensor<3xf32>) -> tensor<?x2x6xf32>
  return %y : tensor<?x2x6xf32>
}

// -----

// Two neighbours each way, one dimension after the other.
// CHECK-LABEL: func.func @linear
// CHECK:         outs(%{{.*}} : tensor<1x1x4x3xf32>)
// CHECK:         outs(%{{.*}} : tensor<1x1x4x5xf32>)
func.func @linear(%x: tensor<1x1x2x3xf32>) -> tensor<1x1x4x5xf32> {
  %none = onnx.none
  %sizes = arith.constant dense<[1, 1, 4, 5]> : tensor<4xi64>
  %y = onnx.node "Resize"(%x, %none, %none, %sizes) {domain = "", opset = 13 : i64, attrs = {mode = "linear"}}
    : (tensor<1x1x2x3xf32>, none, none, tensor<4xi64>) -> tensor<1x1x4x5xf32>
  return %y : tensor<1x1x4x5xf32>
}

// -----

// A window of 2^66 elements, most of them padding, that all count.
// CHECK-LABEL: func.func @huge_window
// CHECK:         arith.constant 7.37869762E+19 : f32
func.func @huge_window(%x: tensor<1x1x1x1x1xf32>) -> tensor<1x1x1x1x1xf32> {
  %y = onnx.node "AveragePool"(%x) {domain = "", opset = 13 : i64, attrs = {count_include_pad = 1 : i64,
      kernel_shape = array<i64: 4194304, 4194304, 4194304>, pads = array<i64: 4194303, 4194303, 4194303, 0, 0, 0>}}
    : (tensor<1x1x1x1x1xf32>) -> tensor<1x1x1x1x1xf32>
  return %y : tensor<1x1x1x1x1xf32>
}

// -----

// Scales decide, whatever stands beside them.
// CHECK-LABEL: func.func @scales_before_sizes
// CHECK-NOT:     tensor.extract %{{.*}} : tensor<65x
func.func @scales_before_sizes(%x: tensor<4xf32>, %sizes: tensor<65xi64>) -> tensor<8xf32> {
  %none = onnx.none
  %scales = arith.constant dense<2.0> : tensor<1xf32>
  %y = onnx.node "Resize"(%x, %none, %scales, %sizes) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<4xf32>, none, tensor<1xf32>, tensor<65xi64>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
