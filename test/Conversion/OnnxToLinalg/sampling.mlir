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
