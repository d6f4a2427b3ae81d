// RUN: aimc-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Levels of constants stay levels: (level - zero point) is a constant expression, a zero point of 0 subtracts nothing.
// CHECK-LABEL: func.func @conv_integer
// CHECK:         arith.extui %{{.*}} : i8 to i32
// CHECK:         arith.subi
// CHECK:         arith.extsi %{{.*}} : i8 to i32
// CHECK-NOT:     arith.subi
// CHECK:         %[[X:.*]] = tensor.pad
// CHECK:         linalg.conv_1d_ncw_fcw {{.*}} ins(%[[X]], %{{.*}} : tensor<?x1x6xi32>, tensor<2x1x3xi32>) outs({{.*}} : tensor<?x2x4xi32>)
func.func @conv_integer(%x: tensor<?x1x4xui8>) -> tensor<?x2x4xi32> {
  %w = arith.constant dense<[[[1, -2, 3]], [[0, 5, -127]]]> : tensor<2x1x3xi8>
  %xz = arith.constant dense<100> : tensor<ui8>
  %wz = arith.constant dense<0> : tensor<2xi8>
  %y = onnx.node "ConvInteger"(%x, %w, %xz, %wz) {domain = "", opset = 10 : i64, attrs = {pads = array<i64: 1, 1>}}
      : (tensor<?x1x4xui8>, tensor<2x1x3xi8>, tensor<ui8>, tensor<2xi8>) -> tensor<?x2x4xi32>
  return %y : tensor<?x2x4xi32>
}

// -----

// Weights lie around their zero point, whatever a tile can hold: analog-select sees to that.
// CHECK-LABEL: func.func @matmul_integer_around
// CHECK:         arith.extui %{{.*}} : i8 to i32
// CHECK:         arith.subi
// CHECK:         arith.extui %{{.*}} : i8 to i32
// CHECK:         %[[ZERO:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK:         arith.subi %{{.*}}, %[[ZERO]] : i32
// CHECK:         linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<?x2xi32>, tensor<2x2xi32>)
func.func @matmul_integer_around(%x: tensor<?x2xui8>) -> tensor<?x2xi32> {
  %w = arith.constant dense<[[0, 9], [250, 3]]> : tensor<2x2xui8>
  %xz = arith.constant dense<100> : tensor<ui8>
  %wz = arith.constant dense<5> : tensor<ui8>
  %y = onnx.node "MatMulInteger"(%x, %w, %xz, %wz) {domain = "", opset = 10 : i64, attrs = {}}
      : (tensor<?x2xui8>, tensor<2x2xui8>, tensor<ui8>, tensor<ui8>) -> tensor<?x2xi32>
  return %y : tensor<?x2xi32>
}

// -----

// One number for all channels, given for each, is one number.
// CHECK-LABEL: func.func @dequantize_channels
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x3x1xi8>, tensor<2x1x1xf32>) outs({{.*}} : tensor<2x3x1xf32>)
func.func @dequantize_channels(%x: tensor<2x3x1xi8>, %scale: tensor<2xf32>) -> tensor<2x3x1xf32> {
  %zero = arith.constant dense<5> : tensor<2xi8>
  %y = onnx.node "DequantizeLinear"(%x, %scale, %zero) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
      : (tensor<2x3x1xi8>, tensor<2xf32>, tensor<2xi8>) -> tensor<2x3x1xf32>
  return %y : tensor<2x3x1xf32>
}

// -----

// Blocks become a dimension of their own; the last one is filled up.
// CHECK-LABEL: func.func @dequantize_blocks
// CHECK:         tensor.pad %{{.*}} low[0, 0] high[0, 1]
// CHECK:         tensor.expand_shape {{.*}} : tensor<2x6xi8> into tensor<2x3x2xi8>
// CHECK:         linalg.generic
// CHECK:         tensor.collapse_shape {{.*}} : tensor<2x3x2xf32> into tensor<2x6xf32>
// CHECK:         tensor.extract_slice {{.*}} [2, 5] [1, 1]
func.func @dequantize_blocks(%x: tensor<2x5xi8>, %scale: tensor<2x3xf32>) -> tensor<2x5xf32> {
  %y = onnx.node "DequantizeLinear"(%x, %scale) {domain = "", opset = 21 : i64, attrs = {axis = 1 : i64, block_size = 2 : i64}}
      : (tensor<2x5xi8>, tensor<2x3xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

// A block that reaches behind the end ends there: nothing is padded.
// CHECK-LABEL: func.func @one_block
// CHECK-NOT:     tensor.pad
// CHECK:         linalg.generic
// CHECK-NOT:     tensor.pad
func.func @one_block(%x: tensor<3xi8>, %scale: tensor<1xf32>) -> tensor<3xf32> {
  %y = onnx.node "DequantizeLinear"(%x, %scale) {domain = "", opset = 21 : i64, attrs = {axis = 0 : i64, block_size = 9223372036854775807 : i64}}
    : (tensor<3xi8>, tensor<1xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
