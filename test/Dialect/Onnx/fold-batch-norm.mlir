// RUN: aimc-opt %s --onnx-fold-batch-norm --split-input-file --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s
// In every case scale = [2, 3], B = [10, 20], mean = [1, -2], var + epsilon = [4, 0.25]: s = [1, 6].

// The bias b = [5, 7] becomes (b - mean) * s + B = [14, 74].
// CHECK-LABEL: func @conv
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x3x8x8xf32>
// CHECK-DAG: %[[W:.*]] = arith.constant dense<5.000000e-01> : tensor<2x3x1x1xf32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[1.400000e+01, 7.400000e+01]> : tensor<2xf32>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}6.000000e+00]]]]> : tensor<2x1x1x1xf32>
// CHECK: %[[WS:.*]] = onnx.node "Mul"(%[[W]], %[[S]]){{.*}} -> tensor<2x3x1x1xf32> loc("bn1")
// CHECK: %[[Y:.*]] = onnx.node "Conv"(%[[X]], %[[WS]], %[[B]]){{.*}} loc("conv1")
// CHECK-NEXT: return %[[Y]]
func.func @conv(%x: tensor<1x3x8x8xf32>) -> tensor<1x2x8x8xf32> {
  %w = arith.constant dense<0.5> : tensor<2x3x1x1xf32>
  %b = arith.constant dense<[5.0, 7.0]> : tensor<2xf32>
  %scale = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %offset = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %var = arith.constant dense<[3.75, 0.0]> : tensor<2xf32>
  %0 = onnx.node "Conv"(%x, %w, %b) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32> loc("conv1")
  %1 = onnx.node "BatchNormalization"(%0, %scale, %offset, %mean, %var) {domain = "", opset = 13 : i64,
    attrs = {epsilon = 0.25 : f32}}
    : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32> loc("bn1")
  return %1 : tensor<1x2x8x8xf32>
}

// -----

// Output channels are a transposed convolution's second dimension; it had no bias.
// CHECK-LABEL: func @conv_transpose
// CHECK-DAG: arith.constant dense<[9.000000e+00, 3.200000e+01]> : tensor<2xf32>
// CHECK-DAG: arith.constant dense<{{\[\[\[\[}}1.000000e+00]], {{\[\[}}6.000000e+00]]]]> : tensor<1x2x1x1xf32>
// CHECK-NOT: BatchNormalization
func.func @conv_transpose(%x: tensor<1x3x8x8xf32>) -> tensor<1x2x8x8xf32> {
  %w = arith.constant dense<0.5> : tensor<3x2x1x1xf32>
  %scale = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %offset = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %var = arith.constant dense<[3.75, 0.0]> : tensor<2xf32>
  %0 = onnx.node "ConvTranspose"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<3x2x1x1xf32>) -> tensor<1x2x8x8xf32>
  %1 = onnx.node "BatchNormalization"(%0, %scale, %offset, %mean, %var) {domain = "", opset = 13 : i64,
    attrs = {epsilon = 0.25 : f32}}
    : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
  return %1 : tensor<1x2x8x8xf32>
}

// -----

// beta = 2 goes into the bias: (2 * [5, 7] - mean) * s + B = [19, 116]. alpha stays.
// CHECK-LABEL: func @gemm
// CHECK-DAG: arith.constant dense<[1.900000e+01, 1.160000e+02]> : tensor<2xf32>
// CHECK-DAG: arith.constant dense<{{\[\[}}1.000000e+00], [6.000000e+00]]> : tensor<2x1xf32>
// CHECK: onnx.node "Gemm"{{.*}}attrs = {alpha = 3.000000e+00 : f32, transB = 1 : i64}
// CHECK-NOT: BatchNormalization
func.func @gemm(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x3xf32>
  %b = arith.constant dense<[[5.0, 7.0]]> : tensor<1x2xf32>
  %scale = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %offset = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %var = arith.constant dense<[3.75, 0.0]> : tensor<2xf32>
  %0 = onnx.node "Gemm"(%x, %w, %b) {domain = "", opset = 13 : i64,
    attrs = {alpha = 3.0 : f32, beta = 2.0 : f32, transB = 1 : i64}}
    : (tensor<?x3xf32>, tensor<2x3xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  %1 = onnx.node "BatchNormalization"(%0, %scale, %offset, %mean, %var) {domain = "", opset = 13 : i64,
    attrs = {epsilon = 0.25 : f32}}
    : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// A MatMul has no bias: an Add takes the shift, under the normalization's name.
// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[B:.*]] = arith.constant dense<[9.000000e+00, 3.200000e+01]> : tensor<2xf32>
// CHECK: %[[Y:.*]] = onnx.node "MatMul"{{.*}} loc("fc")
// CHECK: onnx.node "Add"(%[[Y]], %[[B]]){{.*}} loc("bn")
// CHECK-NOT: BatchNormalization
func.func @matmul(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<0.5> : tensor<3x2xf32>
  %scale = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %offset = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %var = arith.constant dense<[3.75, 0.0]> : tensor<2xf32>
  %0 = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32> loc("fc")
  %1 = onnx.node "BatchNormalization"(%0, %scale, %offset, %mean, %var) {domain = "", opset = 13 : i64,
    attrs = {epsilon = 0.25 : f32}}
    : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2xf32> loc("bn")
  return %1 : tensor<?x2xf32>
}

// -----

// Someone else reads what the convolution computes: nothing folds.
// CHECK-LABEL: func @shared
// CHECK: BatchNormalization
func.func @shared(%x: tensor<1x3x8x8xf32>) -> (tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>) {
  %w = arith.constant dense<0.5> : tensor<2x3x1x1xf32>
  %p = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x8x8xf32>
  %1 = onnx.node "BatchNormalization"(%0, %p, %p, %p, %p) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
  return %0, %1 : tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>
}

// -----

// A weight computed at run time takes no scale.
// CHECK-LABEL: func @dynamic_weight
// CHECK: BatchNormalization
func.func @dynamic_weight(%x: tensor<1x3x8x8xf32>, %w: tensor<2x3x1x1xf32>) -> tensor<1x2x8x8xf32> {
  %p = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>) -> tensor<1x2x8x8xf32>
  %1 = onnx.node "BatchNormalization"(%0, %p, %p, %p, %p) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
  return %1 : tensor<1x2x8x8xf32>
}

// -----

// Of three dimensions the second is the channel, not the product's column.
// CHECK-LABEL: func @three_dimensions
// CHECK: BatchNormalization
func.func @three_dimensions(%x: tensor<?x2x3xf32>) -> tensor<?x2x2xf32> {
  %w = arith.constant dense<0.5> : tensor<3x2xf32>
  %p = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %0 = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x2x3xf32>, tensor<3x2xf32>) -> tensor<?x2x2xf32>
  %1 = onnx.node "BatchNormalization"(%0, %p, %p, %p, %p) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
  return %1 : tensor<?x2x2xf32>
}
