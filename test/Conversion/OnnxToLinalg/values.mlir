// Numbers of small operators, computed by hand.
// RUN: aimc-opt %s --convert-onnx-to-linalg --one-shot-bufferize="bufferize-function-boundaries" --convert-linalg-to-loops \
// RUN:   --expand-strided-metadata --lower-affine --convert-scf-to-cf --arith-expand --convert-math-to-llvm --convert-math-to-libm \
// RUN:   --convert-arith-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void --shared-libs=%llvm_libs/libmlir_runner_utils.so,%llvm_libs/libmlir_c_runner_utils.so \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}

// Elements two apart, with a zero on both sides.
// CHECK: [-2,  -2,  -2,  3]
func.func @conv_dilated() {
  %x = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0]]]> : tensor<1x1x4xf32>
  %w = arith.constant dense<[[[1.0, -1.0]]]> : tensor<1x1x2xf32>
  %y = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {dilations = array<i64: 2>, pads = array<i64: 1, 1>}}
      : (tensor<1x1x4xf32>, tensor<1x1x2xf32>) -> tensor<1x1x4xf32>
  %out = tensor.cast %y : tensor<1x1x4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Two kernels [1, 10, 100], the second doubled and two places on.
// CHECK: [1,  10,  102,  20,  200]
func.func @conv_transpose() {
  %x = arith.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %w = arith.constant dense<[[[1.0, 10.0, 100.0]]]> : tensor<1x1x3xf32>
  %y = onnx.node "ConvTranspose"(%x, %w) {domain = "", opset = 13 : i64, attrs = {strides = array<i64: 2>}}
      : (tensor<1x1x2xf32>, tensor<1x1x3xf32>) -> tensor<1x1x5xf32>
  %out = tensor.cast %y : tensor<1x1x5xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The last window has one element, and divides by one.
// CHECK: [1.5,  3.5,  5]
func.func @average_pool_ceil() {
  %x = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0, 5.0]]]> : tensor<1x1x5xf32>
  %y = onnx.node "AveragePool"(%x) {domain = "", opset = 13 : i64,
      attrs = {kernel_shape = array<i64: 2>, strides = array<i64: 2>, ceil_mode = 1 : i64}} : (tensor<1x1x5xf32>) -> tensor<1x1x3xf32>
  %out = tensor.cast %y : tensor<1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// x[-1:0:-2]
// CHECK: [5,  3]
func.func @slice_backwards() {
  %x = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0]> : tensor<5xf32>
  %starts = arith.constant dense<-1> : tensor<1xi64>
  %ends = arith.constant dense<0> : tensor<1xi64>
  %steps = arith.constant dense<-2> : tensor<1xi64>
  %axes = arith.constant dense<0> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xf32>
  %out = tensor.cast %y : tensor<2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// h = relu(x + h), from the last element to the first.
// CHECK: {{\[\[\[\[}}6]]],
// CHECK: {{\[\[\[}}5]]],
// CHECK: {{\[\[\[}}3]]]]
func.func @rnn_reverse() {
  %x = arith.constant dense<[[[1.0]], [[2.0]], [[3.0]]]> : tensor<3x1x1xf32>
  %one = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %y = onnx.node "RNN"(%x, %one, %one) {domain = "", opset = 13 : i64,
      attrs = {hidden_size = 1 : i64, direction = "reverse", activations = ["Relu"]}}
      : (tensor<3x1x1xf32>, tensor<1x1x1xf32>, tensor<1x1x1xf32>) -> tensor<3x1x1x1xf32>
  %out = tensor.cast %y : tensor<3x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// All gates are 1/2 and the candidate is 0: the cell halves twice, from 2, and h = tanh(1/2) / 2.
// CHECK: [0.231059]
func.func @lstm() {
  %none = onnx.none
  %x = arith.constant dense<7.0> : tensor<2x1x1xf32>
  %w = arith.constant dense<0.0> : tensor<1x4x1xf32>
  %h = arith.constant dense<1.0> : tensor<1x1x1xf32>
  %c = arith.constant dense<2.0> : tensor<1x1x1xf32>
  %y:2 = onnx.node "LSTM"(%x, %w, %w, %none, %none, %h, %c) {domain = "", opset = 13 : i64, attrs = {hidden_size = 1 : i64}}
      : (tensor<2x1x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32>, none, none, tensor<1x1x1xf32>, tensor<1x1x1xf32>)
      -> (tensor<2x1x1x1xf32>, tensor<1x1x1xf32>)
  %out = tensor.cast %y#1 : tensor<1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Halves go to even numbers; what is outside saturates.
// CHECK: [0,  2,  2,  0,  255]
func.func @quantize() {
  %x = arith.constant dense<[0.5, 1.5, 2.5, -1.0, 300.0]> : tensor<5xf32>
  %scale = arith.constant dense<1.0> : tensor<f32>
  %zero = arith.constant dense<0> : tensor<ui8>
  %q = onnx.node "QuantizeLinear"(%x, %scale, %zero) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<5xf32>, tensor<f32>, tensor<ui8>) -> tensor<5xui8>
  %y = onnx.node "Cast"(%q) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<5xui8>) -> tensor<5xi32>
  %out = tensor.cast %y : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Truncation, saturation, and NaN as 0.
// CHECK: [1,  -1,  2147483647,  -2147483648,  0]
func.func @float_to_integer() {
  %x = arith.constant dense<[1.75, -1.75, 1.0e10, -1.0e10, 0x7FC00000]> : tensor<5xf32>
  %y = onnx.node "Cast"(%x) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<5xf32>) -> tensor<5xi32>
  %out = tensor.cast %y : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Sizes that are 1 only at run time broadcast too.
func.func @add(%x: tensor<?x?xf32>, %y: tensor<?xf32>) -> tensor<?x?xf32> {
  %z = onnx.node "Add"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  return %z : tensor<?x?xf32>
}

// CHECK: {{\[\[}}11,  21,  31],
// CHECK: [12,  22,  32]]
func.func @broadcast_at_run_time() {
  %x = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %y = arith.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %x_dynamic = tensor.cast %x : tensor<2x1xf32> to tensor<?x?xf32>
  %y_dynamic = tensor.cast %y : tensor<3xf32> to tensor<?xf32>
  %z = call @add(%x_dynamic, %y_dynamic) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
  %out = tensor.cast %z : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Float32 has no number between 2^24 and 2^24 + 2: one float32 accumulator would lose the ones.
// CHECK: [4]
// CHECK: [0.5]
func.func @many_numbers() {
  %x = arith.constant dense<[[[16777216.0, 1.0, 1.0, 1.0, 1.0, -16777216.0, 0.0, 0.0]]]> : tensor<1x1x8xf32>
  %axes = arith.constant dense<[1, 2]> : tensor<2xi64>
  %y = onnx.node "ReduceSum"(%x, %axes) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
      : (tensor<1x1x8xf32>, tensor<2xi64>) -> tensor<1xf32>
  %out = tensor.cast %y : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  %mean = onnx.node "GlobalAveragePool"(%x) {domain = "", opset = 1 : i64, attrs = {}} : (tensor<1x1x8xf32>) -> tensor<1x1x1xf32>
  %flat = tensor.collapse_shape %mean [[0, 1, 2]] : tensor<1x1x1xf32> into tensor<1xf32>
  %mean_out = tensor.cast %flat : tensor<1xf32> to tensor<*xf32>
  call @printMemrefF32(%mean_out) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  call @conv_dilated() : () -> ()
  call @conv_transpose() : () -> ()
  call @average_pool_ceil() : () -> ()
  call @slice_backwards() : () -> ()
  call @rnn_reverse() : () -> ()
  call @lstm() : () -> ()
  call @quantize() : () -> ()
  call @float_to_integer() : () -> ()
  call @broadcast_at_run_time() : () -> ()
  call @many_numbers() : () -> ()
  return
}
