// RUN: aimc-opt %s --convert-onnx-to-linalg --mlir-print-local-scope --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @relu
// CHECK:         linalg.generic
// CHECK:           %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:           arith.maximumf %{{.*}}, %[[ZERO]] : f32
func.func @relu(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %y = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// A dimension of size 1 is read at 0.
// CHECK-LABEL: func.func @broadcast
// CHECK:         affine_map<(d0, d1, d2) -> (d0, 0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-SAME:    ins(%{{.*}}, %{{.*}} : tensor<2x1x4xf32>, tensor<3x4xf32>) outs(%{{.*}} : tensor<2x3x4xf32>)
func.func @broadcast(%x: tensor<2x1x4xf32>, %y: tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  %z = onnx.node "Add"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x1x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32>
  return %z : tensor<2x3x4xf32>
}

// -----

// The same size at run time: nothing to ask.
// CHECK-LABEL: func.func @same_batch
// CHECK-NOT:     arith.cmpi
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<?x3xf32>, tensor<?x3xf32>)
// CHECK-NOT:     tensor.extract
func.func @same_batch(%x: tensor<?x3xf32> {onnx.dims = ["N", ""]}, %y: tensor<?x3xf32> {onnx.dims = ["N", ""]}) -> tensor<?x3xf32> {
  %z = onnx.node "Mul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  return %z : tensor<?x3xf32>
}

// -----

// Either size may be 1 at run time: both operands are read through the smaller of the index and their last element.
// A run ends where neither they are equal nor one is 1.
// CHECK-LABEL: func.func @unknown_sizes
// CHECK:         %[[IS_ONE:.*]] = arith.cmpi eq
// CHECK:         %[[SIZE:.*]] = arith.select %[[IS_ONE]]
// CHECK-COUNT-2: cf.assert %{{.*}}, "sizes of dimension -1 differ and none is 1"
// CHECK:         tensor.empty(%[[SIZE]]) : tensor<?xf32>
// CHECK:           %[[I:.*]] = linalg.index 0
// CHECK:           %[[AT:.*]] = arith.minsi %[[I]]
// CHECK:           tensor.extract %{{.*}}[%[[AT]]]
func.func @unknown_sizes(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %z = onnx.node "Sub"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}

// -----

// Constant exponents are products and roots.
// CHECK-LABEL: func.func @square
// CHECK:         ^bb0(%[[X:.*]]: f32, %{{.*}}: f32):
// CHECK:           arith.mulf %[[X]], %[[X]] : f32
func.func @square(%x: tensor<4xf32>) -> tensor<4xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %y = onnx.node "Pow"(%x, %two) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Unsigned elements become signless; the function says which of its values were unsigned.
// CHECK-LABEL: func.func @unsigned
// CHECK-SAME:    (%{{.*}}: tensor<4xi8> {onnx.unsigned}, %{{.*}}: tensor<4xi8> {onnx.unsigned}) -> (tensor<4xi8> {onnx.unsigned})
// CHECK:         arith.maxui
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %z = onnx.node "Max"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %z : tensor<4xui8>
}

// -----

// Round to even, then saturate.
// CHECK-LABEL: func.func @quantize
// CHECK:         arith.divf
// CHECK:         math.roundeven
// CHECK:         arith.addf
// CHECK:         arith.minimumf
// CHECK:         arith.maximumf
// CHECK:         arith.fptoui
func.func @quantize(%x: tensor<4xf32>) -> tensor<4xui8> {
  %scale = arith.constant dense<0.5> : tensor<f32>
  %zero = arith.constant dense<128> : tensor<ui8>
  %y = onnx.node "QuantizeLinear"(%x, %scale, %zero) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  return %y : tensor<4xui8>
}

// -----

// Before operator set 7 the operand began at a dimension that the node names.
// CHECK-LABEL: func.func @aligned
// CHECK:         %[[B:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0, 1]] output_shape [3, 1] : tensor<3xf32> into tensor<3x1xf32>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[B]] : tensor<2x3x4xf32>, tensor<3x1xf32>)
func.func @aligned(%x: tensor<2x3x4xf32>, %b: tensor<3xf32>) -> tensor<2x3x4xf32> {
  %y = onnx.node "Add"(%x, %b) {domain = "", opset = 6 : i64, attrs = {axis = 1 : i64, broadcast = 1 : i64}}
    : (tensor<2x3x4xf32>, tensor<3xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

// A number that the integers cannot hold is cut off, no number is 0: the limits, then the bias.
// CHECK-LABEL: func.func @numbers_of_integers
// CHECK-DAG:     arith.constant 9223372036854775807 : i64
// CHECK-DAG:     arith.constant 0 : i64
// CHECK-NOT:     arith.constant -9223372036854775808 : i64
func.func @numbers_of_integers(%x: tensor<3xi64>) -> tensor<3xi64> {
  %y = onnx.node "Shrink"(%x) {domain = "", opset = 9 : i64, attrs = {bias = 1.0e+30 : f32, lambd = 0x7FC00000 : f32}}
    : (tensor<3xi64>) -> tensor<3xi64>
  return %y : tensor<3xi64>
}

// -----

// An attribute of another kind is none.
// CHECK-LABEL: func.func @limit_of_another_kind
// CHECK-NOT:     arith.maximumf
// CHECK:         arith.minimumf
func.func @limit_of_another_kind(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = onnx.node "Clip"(%x) {domain = "", opset = 6 : i64, attrs = {max = 1.0 : f32, min = 0 : i64}} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
