// RUN: aimc-opt %s --onnx-infer-shapes --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// Each class gives up to three boxes; the list has a row more, and is cut to what was found.
// CHECK-LABEL: func.func @suppression
// CHECK-SAME:    -> tensor<?x3xi64>
// CHECK:         tensor.empty() : tensor<7x3xi64>
// CHECK:         scf.for
// CHECK:         tensor.extract_slice {{.*}} : tensor<7x3xi64> to tensor<?x3xi64>
func.func @suppression(%boxes: tensor<1x6x4xf32>, %scores: tensor<1x2x6xf32>) -> tensor<*xf32> {
  %most = arith.constant dense<3> : tensor<1xi64>
  %y = onnx.node "NonMaxSuppression"(%boxes, %scores, %most) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// CHECK-LABEL: func.func @grid
// CHECK-SAME:    -> tensor<?x3x5x6xf32>
// CHECK:         linalg.generic
// CHECK:           tensor.extract %arg1
// CHECK:           math.floor
// CHECK-COUNT-4:   tensor.extract %arg0
func.func @grid(%x: tensor<?x3x4x4xf32>, %grid: tensor<?x5x6x2xf32>) -> tensor<*xf32> {
  %y = onnx.node "GridSample"(%x, %grid) {domain = "", opset = 16 : i64, attrs = {mode = "bilinear"}}
    : (tensor<?x3x4x4xf32>, tensor<?x5x6x2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
