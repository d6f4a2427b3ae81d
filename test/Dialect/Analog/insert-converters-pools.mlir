// A layer behind the padded pool of a rectified tensor has unsigned codes: no result of a maximum is padding, and the number of
// elements that an average divides by is never negative. Behind the pool of a signed tensor it has signed ones.
// RUN: aimc-compile %s --emit=analog --target=ideal --quiet -o - | FileCheck %s

// CHECK: analog.dac {{.*}} input_signed = false
// CHECK: analog.mvm @maximum
// CHECK: analog.dac {{.*}} input_signed = false
// CHECK: analog.mvm @average
// CHECK: analog.dac {{.*}} input_signed = true
// CHECK: analog.mvm @signed
func.func @main(%x: tensor<1x2x5x5xf32>) -> (tensor<1x3x5x5xf32>, tensor<1x3x5x5xf32>, tensor<1x3x5x5xf32>) {
  %w = arith.constant dense<[[[[1.0]], [[2.0]]], [[[-1.0]], [[0.5]]], [[[3.0]], [[4.0]]]]> : tensor<3x2x1x1xf32>
  %v = arith.constant dense<[[[[1.0]], [[3.0]]], [[[-2.0]], [[0.5]]], [[[3.0]], [[4.0]]]]> : tensor<3x2x1x1xf32>
  %u = arith.constant dense<[[[[2.0]], [[3.0]]], [[[-2.0]], [[0.5]]], [[[3.0]], [[4.0]]]]> : tensor<3x2x1x1xf32>
  %r = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %m = onnx.node "MaxPool"(%r) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}}
      : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %a = onnx.node "AveragePool"(%r) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}}
      : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %s = onnx.node "MaxPool"(%x) {domain = "", opset = 13 : i64, attrs = {kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}}
      : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %0 = onnx.node "Conv"(%m, %w) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1x2x5x5xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x5x5xf32> loc("maximum")
  %1 = onnx.node "Conv"(%a, %v) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1x2x5x5xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x5x5xf32> loc("average")
  %2 = onnx.node "Conv"(%s, %u) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<1x2x5x5xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x5x5xf32> loc("signed")
  return %0, %1, %2 : tensor<1x3x5x5xf32>, tensor<1x3x5x5xf32>, tensor<1x3x5x5xf32>
}
