// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @power(%x: tensor<1x1x4xf32>) -> tensor<*xf32> {
  // expected-error @below {{(LpPool, opset 18): 'p' is 0, but must be positive}}
  %y = onnx.node "LpPool"(%x) {domain = "", opset = 18 : i64, attrs = {kernel_shape = array<i64: 2>, p = 0 : i64}} : (tensor<1x1x4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @integers(%x: tensor<1x1x4xi32>) -> tensor<*xf32> {
  // expected-error @below {{(GlobalLpPool, opset 18): takes floats, not 'tensor<1x1x4xi32>'}}
  %y = onnx.node "GlobalLpPool"(%x) {domain = "", opset = 18 : i64, attrs = {}} : (tensor<1x1x4xi32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @grid(%x: tensor<1x1x4x4x4xf32>, %g: tensor<1x2x2x2x2xf32>) -> tensor<*xf32> {
  // expected-error @below {{(GridSample, opset 20): takes an image [N, C, sizes…] and a grid [N, other sizes…, number of sizes], not 'tensor<1x1x4x4x4xf32>' and 'tensor<1x2x2x2x2xf32>'}}
  %y = onnx.node "GridSample"(%x, %g) {domain = "", opset = 20 : i64, attrs = {}} : (tensor<1x1x4x4x4xf32>, tensor<1x2x2x2x2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @theta(%t: tensor<1x3x4xf32>) -> tensor<*xf32> {
  %sizes = arith.constant dense<[1, 1, 2, 2]> : tensor<4xi64>
  // expected-error @below {{(AffineGrid, opset 20): takes theta [N, 2, 3] for 4 sizes or [N, 3, 4] for 5, not 'tensor<1x3x4xf32>' for 4}}
  %y = onnx.node "AffineGrid"(%t, %sizes) {domain = "", opset = 20 : i64, attrs = {}} : (tensor<1x3x4xf32>, tensor<4xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @crop(%x: tensor<4x4xf32>) -> tensor<*xf32> {
  %sizes = arith.constant dense<[1, 1, 2]> : tensor<3xi64>
  // expected-error @below {{(CenterCropPad, opset 18): has 3 sizes for 2 dimensions}}
  %y = onnx.node "CenterCropPad"(%x, %sizes) {domain = "", opset = 18 : i64, attrs = {}} : (tensor<4x4xf32>, tensor<3xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @patches(%x: tensor<1x4x4xf32>, %patch: tensor<2xi64>) -> tensor<*xf32> {
  %image = arith.constant dense<[3, 3]> : tensor<2xi64>
  // expected-error @below {{(Col2Im, opset 18): the patch sizes, input 2, must be known when compiling}}
  %y = onnx.node "Col2Im"(%x, %image, %patch) {domain = "", opset = 18 : i64, attrs = {}} : (tensor<1x4x4xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @columns(%x: tensor<1x5x4xf32>) -> tensor<*xf32> {
  %image = arith.constant dense<[3, 3]> : tensor<2xi64>
  %patch = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @below {{(Col2Im, opset 18): columns of type 'tensor<1x5x4xf32>' do not make images of 2 dimensions from patches of 4 elements}}
  %y = onnx.node "Col2Im"(%x, %image, %patch) {domain = "", opset = 18 : i64, attrs = {}} : (tensor<1x5x4xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @strides(%x: tensor<1x4x4xf32>) -> tensor<*xf32> {
  %image = arith.constant dense<[3, 3]> : tensor<2xi64>
  %patch = arith.constant dense<[2, 2]> : tensor<2xi64>
  // expected-error @below {{(Col2Im, opset 18): 'strides' is [1, 0]; 2 positive numbers of at most 2147483647 are needed}}
  %y = onnx.node "Col2Im"(%x, %image, %patch) {domain = "", opset = 18 : i64, attrs = {strides = array<i64: 1, 0>}} : (tensor<1x4x4xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @regions(%x: tensor<1x1x4x4xf32>, %r: tensor<2x5xf32>) -> tensor<*xf32> {
  // expected-error @below {{(MaxRoiPool, opset 1): 'pooled_shape' is [2], but must be two positive numbers}}
  %y = onnx.node "MaxRoiPool"(%x, %r) {domain = "", opset = 1 : i64, attrs = {pooled_shape = array<i64: 2>}} : (tensor<1x1x4x4xf32>, tensor<2x5xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @image(%x: tensor<1x4x4xf32>, %r: tensor<2x5xf32>) -> tensor<*xf32> {
  // expected-error @below {{(MaxRoiPool, opset 1): takes an image [N, C, H, W] and regions [R, 5] of one float type, not 'tensor<1x4x4xf32>' and 'tensor<2x5xf32>'}}
  %y = onnx.node "MaxRoiPool"(%x, %r) {domain = "", opset = 1 : i64, attrs = {pooled_shape = array<i64: 2, 2>}} : (tensor<1x4x4xf32>, tensor<2x5xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @offsets(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x2x2xf32>, %o: tensor<1x4x3x3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DeformConv, opset 19): input 2 has type 'tensor<1x4x3x3xf32>' where 8 channels of 3x3 are needed}}
  %y = onnx.node "DeformConv"(%x, %w, %o) {domain = "", opset = 19 : i64, attrs = {}} : (tensor<1x2x4x4xf32>, tensor<3x2x2x2xf32>, tensor<1x4x3x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @offset_groups(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x2x2xf32>, %o: tensor<1x24x3x3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(DeformConv, opset 19): 'offset_group' 3 does not divide 2 channels}}
  %y = onnx.node "DeformConv"(%x, %w, %o) {domain = "", opset = 19 : i64, attrs = {offset_group = 3 : i64}} : (tensor<1x2x4x4xf32>, tensor<3x2x2x2xf32>, tensor<1x24x3x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @types(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x2x2xf32>, %o: tensor<1x8x3x3xf64>) -> tensor<*xf32> {
  // expected-error @below {{(DeformConv, opset 19): input 2 has type 'tensor<1x8x3x3xf64>', input 0 'tensor<1x2x4x4xf32>'; their elements must be of one type}}
  %y = onnx.node "DeformConv"(%x, %w, %o) {domain = "", opset = 19 : i64, attrs = {}} : (tensor<1x2x4x4xf32>, tensor<3x2x2x2xf32>, tensor<1x8x3x3xf64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @mode(%x: tensor<1x2x4x4xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Attention, opset 23): 'qk_matmul_output_mode' is 4; 0 to 3 are known}}
  %y = onnx.node "Attention"(%x, %x, %x) {domain = "", opset = 23 : i64, attrs = {qk_matmul_output_mode = 4 : i64}} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @past(%x: tensor<1x3x8xf32>, %w: tensor<8x24xf32>, %p: tensor<2x1x2x5x3xf32>) -> tensor<*xf32> {
  %none = onnx.none
  // expected-error @below {{(Attention, opset 1): past keys and values 'tensor<2x1x2x5x3xf32>' do not fit 2 heads of 4 and 4}}
  %y = onnx.node "Attention"(%x, %w, %none, %none, %p) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64}} : (tensor<1x3x8xf32>, tensor<8x24xf32>, none, none, tensor<2x1x2x5x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @present(%x: tensor<1x3x8xf32>, %w: tensor<8x20xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  // expected-error @below {{(Attention, opset 1): keys of width 8 and values of width 4 do not stack in output 1}}
  %y:2 = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 2 : i64, qkv_hidden_sizes = array<i64: 8, 8, 4>}} : (tensor<1x3x8xf32>, tensor<8x20xf32>) -> (tensor<*xf32>, tensor<*xf32>)
  return %y#0, %y#1 : tensor<*xf32>, tensor<*xf32>
}

// -----

func.func @attribute_beyond_sizes(%x: tensor<1x2x6xf32>, %w: tensor<6x6xf32>) {
  // expected-error @unknown {{a (Attention, opset 1): 'qkv_hidden_sizes' [9223372036854775807, 9223372036854775807, 8] do not fit 1 heads and weights 'tensor<6x6xf32>'}}
  %y = onnx.node "Attention"(%x, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64, qkv_hidden_sizes = array<i64: 9223372036854775807, 9223372036854775807, 8>}}
    : (tensor<1x2x6xf32>, tensor<6x6xf32>) -> tensor<*xf32> loc("a")
  return
}

// -----

func.func @scalar(%x: tensor<f32>, %g: tensor<1xf32>) {
  // expected-error @unknown {{n (SkipLayerNormalization, opset 1): normalizes a scalar}}
  %y = onnx.node "SkipLayerNormalization"(%x, %x, %g) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<f32>, tensor<f32>, tensor<1xf32>) -> tensor<*xf32> loc("n")
  return
}

// -----

func.func @large_blocks(%x: tensor<1x4xf32>, %w: tensor<4x1x8xui8>, %s: tensor<4xf32>) {
  // expected-error @unknown {{m (MatMulNBits, opset 1): K 4, N 9223372036854775807, block_size 16 and bits 4; sizes must be positive, below 2^25, and bits 2, 4 or 8}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {K = 4 : i64, N = 9223372036854775807 : i64, block_size = 16 : i64}}
    : (tensor<1x4xf32>, tensor<4x1x8xui8>, tensor<4xf32>) -> tensor<*xf32> loc("m")
  return
}

// -----

func.func @far_stride(%x: tensor<1x1x2x2xf32>, %i: tensor<1x1x2x2xi64>) {
  // expected-error @unknown {{u (MaxUnpool, opset 11): 'kernel_shape', 'strides' or 'pads' holds -9223372036854775808, which is out of range}}
  %y = onnx.node "MaxUnpool"(%x, %i) {domain = "", opset = 11 : i64, attrs = {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, -9223372036854775808>}}
    : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi64>) -> tensor<*xf32> loc("u")
  return
}
