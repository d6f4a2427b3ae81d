// RUN: aimc-opt %s --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @one_hot
// CHECK:         linalg.generic {{.*}} ins(%arg0 : tensor<?xi64>) outs(%{{.*}} : tensor<?x4xf32>)
// CHECK:           arith.cmpi eq
// CHECK:           arith.select
func.func @one_hot(%x: tensor<?xi64>, %values: tensor<2xf32>) -> tensor<?x4xf32> {
  %depth = arith.constant dense<4> : tensor<i64>
  %y = onnx.node "OneHot"(%x, %depth, %values) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Insertion into a list of the best three, and a place for what falls off.
// CHECK-LABEL: func.func @top_k
// CHECK:         scf.for {{.*}} -> (tensor<?x4xf32>, tensor<?x4xi64>)
// CHECK:           scf.while
// CHECK:             arith.cmpf ogt
// CHECK:         tensor.extract_slice {{.*}} : tensor<?x4xf32> to tensor<?x3xf32>
// CHECK:         tensor.extract_slice {{.*}} : tensor<?x4xi64> to tensor<?x3xi64>
func.func @top_k(%x: tensor<?x9xf32>) -> (tensor<?x3xf32>, tensor<?x3xi64>) {
  %k = arith.constant dense<3> : tensor<1xi64>
  %y, %i = onnx.node "TopK"(%x, %k) {domain = "", opset = 11 : i64, attrs = {}}
    : (tensor<?x9xf32>, tensor<1xi64>) -> (tensor<?x3xf32>, tensor<?x3xi64>)
  return %y, %i : tensor<?x3xf32>, tensor<?x3xi64>
}

// -----

// Updates come one after the other: the last one of a place stays, or all of them are added.
// CHECK-LABEL: func.func @scatter_add
// CHECK:         scf.for {{.*}} iter_args(%[[DATA:.*]] = %arg0)
// CHECK:           tensor.extract %arg2
// CHECK:           arith.addf
// CHECK:           tensor.insert
func.func @scatter_add(%data: tensor<5xf32>, %places: tensor<3xi64>, %updates: tensor<3xf32>) -> tensor<5xf32> {
  %y = onnx.node "ScatterElements"(%data, %places, %updates) {domain = "", opset = 16 : i64, attrs = {reduction = "add"}}
    : (tensor<5xf32>, tensor<3xi64>, tensor<3xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

// As many columns as there are elements other than zero.
// CHECK-LABEL: func.func @non_zero
// CHECK:         tensor.extract_slice {{.*}} : tensor<2x?xi64> to tensor<2x?xi64>
func.func @non_zero(%x: tensor<3x4xf32>) -> tensor<2x?xi64> {
  %y = onnx.node "NonZero"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3x4xf32>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}
