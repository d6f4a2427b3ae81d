// RUN: aimc-opt %s --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// Sums are added up in f64.
// CHECK-LABEL: func.func @mean
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]{{.*}} ins(%{{.*}} : tensor<?x4xf32>) outs(%{{.*}} : tensor<?xf64>)
// CHECK:           arith.extf %{{.*}} : f32 to f64
// CHECK:         arith.divf
// CHECK:         arith.truncf %{{.*}} : f64 to f32
// CHECK:         tensor.expand_shape {{.*}} : tensor<?xf32> into tensor<?x1xf32>
func.func @mean(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %y = onnx.node "ReduceMean"(%x) {domain = "", opset = 13 : i64, attrs = {axes = array<i64: -1>}} : (tensor<?x4xf32>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

// The largest element goes first: the exponentials cannot overflow.
// CHECK-LABEL: func.func @softmax
// CHECK:         arith.maximumf
// CHECK:         arith.subf
// CHECK:         math.exp
// CHECK:         arith.addf
// CHECK:         arith.divf
func.func @softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = onnx.node "Softmax"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Before operator set 13 everything from the axis on is one vector.
// CHECK-LABEL: func.func @softmax_flattened
// CHECK:         iterator_types = ["parallel", "reduction", "reduction"]
func.func @softmax_flattened(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %y = onnx.node "Softmax"(%x) {domain = "", opset = 11 : i64, attrs = {}} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @max_pool
// CHECK:         tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK:           tensor.yield %[[LEAST:.*]] : f32
// CHECK:         linalg.fill ins(%[[LEAST]] : f32)
// CHECK:         linalg.pooling_nchw_max
func.func @max_pool(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  %y = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64,
      attrs = {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}} : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}

// -----

// The scale and offset of a channel come from the constants alone.
// CHECK-LABEL: func.func @batch_normalization
// CHECK:         math.sqrt
// CHECK:         linalg.generic {{.*}}affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d1)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK:           arith.mulf
// CHECK:           arith.addf
func.func @batch_normalization(%x: tensor<?x2x4xf32>, %s: tensor<2xf32>, %b: tensor<2xf32>, %m: tensor<2xf32>, %v: tensor<2xf32>) -> tensor<?x2x4xf32> {
  %y = onnx.node "BatchNormalization"(%x, %s, %b, %m, %v) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<?x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4xf32>
  return %y : tensor<?x2x4xf32>
}

// -----

// Which dimensions go only a run can tell: each stands beside its reduction, and one of both is read.
// CHECK-LABEL: func.func @runtime_axes
// CHECK-COUNT-2: tensor.concat
// CHECK:         arith.mulf
func.func @runtime_axes(%x: tensor<2x3xf32>, %axes: tensor<1xi64>) -> tensor<?x?xf32> {
  %0 = onnx.node "ReduceSum"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  %1 = onnx.node "Mul"(%0, %0) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}
