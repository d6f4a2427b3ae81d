// RUN: aimc-opt %s --onnx-infer-shapes --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// The score of each target, and their mean.
// CHECK-LABEL: func.func @likelihood
// CHECK-SAME:    -> tensor<f32>
// CHECK:           tensor.extract %arg0
// CHECK:         iterator_types = ["reduction"]
// CHECK:         arith.divf
func.func @likelihood(%x: tensor<?x5xf32>, %t: tensor<?xi64>) -> tensor<*xf32> {
  %y = onnx.node "NegativeLogLikelihoodLoss"(%x, %t) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x5xf32>, tensor<?xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// The first of the largest is one, all others zero.
// CHECK-LABEL: func.func @hardmax
// CHECK:         arith.cmpf ogt
// CHECK:         arith.cmpi eq
func.func @hardmax(%x: tensor<?x5xf32>) -> tensor<*xf32> {
  %y = onnx.node "Hardmax"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x5xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// Scale and bias belong to groups.
// CHECK-LABEL: func.func @groups
// CHECK:         tensor.expand_shape %arg0 {{.*}} : tensor<?x6x4xf32> into tensor<?x2x3x4xf32>
// CHECK:         ins({{.*}}, %arg1, %arg2 : tensor<?x2x3x4xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>)
func.func @groups(%x: tensor<?x6x4xf32>, %s: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<*xf32> {
  %y = onnx.node "GroupNormalization"(%x, %s, %b) {domain = "", opset = 18 : i64, attrs = {num_groups = 2 : i64}}
    : (tensor<?x6x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// Before operator set 7 the second operand says where its dimensions lie.
// CHECK-LABEL: func.func @legacy
// CHECK:         tensor.expand_shape %arg1 {{.*}} : tensor<3xf32> into tensor<3x1xf32>
func.func @legacy(%x: tensor<?x3x4xf32>, %y: tensor<3xf32>) -> tensor<*xf32> {
  %z = onnx.node "Add"(%x, %y) {domain = "", opset = 6 : i64, attrs = {axis = 1 : i64, broadcast = 1 : i64}}
    : (tensor<?x3x4xf32>, tensor<3xf32>) -> tensor<*xf32>
  return %z : tensor<*xf32>
}
