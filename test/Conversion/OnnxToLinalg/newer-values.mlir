// Numbers of operators that the ONNX suite has no cases of, by ONNX Runtime.
// RUN: aimc-opt %s --convert-onnx-to-linalg --one-shot-bufferize="bufferize-function-boundaries allow-return-allocs-from-loops" --convert-linalg-to-loops \
// RUN:   --expand-strided-metadata --lower-affine --convert-scf-to-cf --arith-expand --convert-math-to-llvm --convert-math-to-libm \
// RUN:   --convert-arith-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void --shared-libs=%llvm_libs/libmlir_runner_utils.so,%llvm_libs/libmlir_c_runner_utils.so,libm.so.6 \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

// Trilinear, between eight elements and partly outside.
// CHECK: [3.5,  0.875,  0]
func.func @grid_sample_3d() {
  %i0 = arith.constant dense<[[[[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [6.0, 7.0]]]]]> : tensor<1x1x2x2x2xf32>
  %i1 = arith.constant dense<[[[[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-0.5, 0.25, 1.5]]]]]> : tensor<1x1x1x3x3xf32>
  %y = onnx.node "GridSample"(%i0, %i1) {domain = "", opset = 20 : i64, attrs = {mode = "linear"}}
      : (tensor<1x1x2x2x2xf32>, tensor<1x1x1x3x3xf32>) -> tensor<1x1x1x1x3xf32>
  %out = tensor.cast %y : tensor<1x1x1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// An affine grid turned by a quarter, corners at the outer edges.
// CHECK: [1,  -0.666667]
// CHECK: [1,  0]
// CHECK: [1,  0.666667]
// CHECK: [0,  -0.666667]
// CHECK: [0,  0]
// CHECK: [0,  0.666667]
func.func @affine_grid() {
  %i0 = arith.constant dense<[[[0.0, -1.0, 0.5], [1.0, 0.0, 0.0]]]> : tensor<1x2x3xf32>
  %i1 = arith.constant dense<[1, 1, 2, 3]> : tensor<4xi64>
  %y = onnx.node "AffineGrid"(%i0, %i1) {domain = "", opset = 20 : i64, attrs = {}}
      : (tensor<1x2x3xf32>, tensor<4xi64>) -> tensor<1x2x3x2xf32>
  %out = tensor.cast %y : tensor<1x2x3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// In three dimensions, corners at the centres.
// CHECK: [-2,  0,  -2]
// CHECK: [2,  0,  -2]
// CHECK: [-2,  2,  -2]
// CHECK: [2,  2,  -2]
// CHECK: [-2,  0,  0]
// CHECK: [2,  0,  0]
// CHECK: [-2,  2,  0]
// CHECK: [2,  2,  0]
func.func @affine_grid_3d() {
  %i0 = arith.constant dense<[[[2.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, -1.0]]]> : tensor<1x3x4xf32>
  %i1 = arith.constant dense<[1, 1, 2, 2, 2]> : tensor<5xi64>
  %y = onnx.node "AffineGrid"(%i0, %i1) {domain = "", opset = 20 : i64, attrs = {align_corners = 1 : i64}}
      : (tensor<1x3x4xf32>, tensor<5xi64>) -> tensor<1x2x2x2x3xf32>
  %out = tensor.cast %y : tensor<1x2x2x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Rows are cut (the smaller half before), columns stand amid zeros.
// CHECK: [0,  2,  3,  0,  0]
// CHECK: [0,  4,  5,  0,  0]
func.func @center_crop_pad() {
  %i0 = arith.constant dense<[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]]> : tensor<5x2xf32>
  %i1 = arith.constant dense<[2, 5]> : tensor<2xi64>
  %y = onnx.node "CenterCropPad"(%i0, %i1) {domain = "", opset = 18 : i64, attrs = {}}
      : (tensor<5x2xf32>, tensor<2xi64>) -> tensor<2x5xf32>
  %out = tensor.cast %y : tensor<2x5xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Patches that overlap by one, with padding.
// CHECK: [34,  22]
// CHECK: [27,  16]
func.func @col2im() {
  %i0 = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0], [13.0, 14.0, 15.0, 16.0]]]> : tensor<1x4x4xf32>
  %i1 = arith.constant dense<[2, 2]> : tensor<2xi64>
  %i2 = arith.constant dense<[2, 2]> : tensor<2xi64>
  %y = onnx.node "Col2Im"(%i0, %i1, %i2) {domain = "", opset = 18 : i64, attrs = {pads = array<i64: 1, 1, 0, 0>}}
      : (tensor<1x4x4xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x1x2x2xf32>
  %out = tensor.cast %y : tensor<1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Cubes of absolute values, with padding.
// CHECK: [1,  3.27107,  5.73879]
func.func @lp_pool() {
  %i0 = arith.constant dense<[[[1.0, -2.0, 3.0, -4.0, 5.0]]]> : tensor<1x1x5xf32>
  %y = onnx.node "LpPool"(%i0) {domain = "", opset = 18 : i64, attrs = {kernel_shape = array<i64: 2>, strides = array<i64: 2>, pads = array<i64: 1, 0>, p = 3 : i64}}
      : (tensor<1x1x5xf32>) -> tensor<1x1x3xf32>
  %out = tensor.cast %y : tensor<1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// All of them.
// CHECK: [5]
func.func @global_lp_pool() {
  %i0 = arith.constant dense<[[[1.0, -2.0, 2.0, 0.0, 4.0]]]> : tensor<1x1x5xf32>
  %y = onnx.node "GlobalLpPool"(%i0) {domain = "", opset = 2 : i64, attrs = {p = 2 : i64}}
      : (tensor<1x1x5xf32>) -> tensor<1x1x1xf32>
  %out = tensor.cast %y : tensor<1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// A region of 3 x 4 in bins of one and a half rows, and one outside of the image.
// CHECK: [7,  9]
// CHECK: [12,  14]
// CHECK: [0,  0]
// CHECK: [0,  0]
func.func @max_roi_pool() {
  %i0 = arith.constant dense<[[[[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0], [10.0, 11.0, 12.0, 13.0, 14.0], [15.0, 16.0, 17.0, 18.0, 19.0]]]]> : tensor<1x1x4x5xf32>
  %i1 = arith.constant dense<[[0.0, 1.0, 0.0, 4.0, 2.0], [0.0, 9.0, 9.0, 12.0, 12.0]]> : tensor<2x5xf32>
  %y = onnx.node "MaxRoiPool"(%i0, %i1) {domain = "", opset = 17 : i64, attrs = {pooled_shape = array<i64: 2, 2>}}
      : (tensor<1x1x4x5xf32>, tensor<2x5xf32>) -> tensor<2x1x2x2xf32>
  %out = tensor.cast %y : tensor<2x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Offsets move the second tap half a place down; the mask halves the first.
// CHECK: [145,  155.5,  166]
// CHECK: [131.5,  137,  142.5]
func.func @deform_conv() {
  %i0 = arith.constant dense<[[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]]> : tensor<1x1x3x3xf32>
  %i1 = arith.constant dense<[[[[1.0], [10.0]]]]> : tensor<1x1x2x1xf32>
  %i2 = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x4x2x3xf32>
  %i3 = arith.constant dense<[100.0]> : tensor<1xf32>
  %i4 = arith.constant dense<[[[[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]]> : tensor<1x2x2x3xf32>
  %y = onnx.node "DeformConv"(%i0, %i1, %i2, %i3, %i4) {domain = "", opset = 19 : i64, attrs = {}}
      : (tensor<1x1x3x3xf32>, tensor<1x1x2x1xf32>, tensor<1x4x2x3xf32>, tensor<1xf32>, tensor<1x2x2x3xf32>) -> tensor<1x1x2x3xf32>
  %out = tensor.cast %y : tensor<1x1x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The scores at stage 0: products.
// CHECK: [1,  2,  0]
// CHECK: [2,  0,  6]
func.func @attention_stage_0() {
  %i0 = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %i1 = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %i2 = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %i3 = arith.constant dense<[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %y:4 = onnx.node "Attention"(%i0, %i1, %i2, %i3) {domain = "", opset = 24 : i64, attrs = {qk_matmul_output_mode = 0 : i64, softcap = 1.5 : f32, scale = 1.0 : f32}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, tensor<2x3xf32>) -> (tensor<1x1x2x1xf32>, none, none, tensor<1x1x2x3xf32>)
  %out = tensor.cast %y#3 : tensor<1x1x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The scores at stage 1: capped products.
// CHECK: [0.874174,  1.30509,  0]
// CHECK: [1.30509,  0,  1.49899]
func.func @attention_stage_1() {
  %i0 = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %i1 = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %i2 = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %i3 = arith.constant dense<[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %y:4 = onnx.node "Attention"(%i0, %i1, %i2, %i3) {domain = "", opset = 24 : i64, attrs = {qk_matmul_output_mode = 1 : i64, softcap = 1.5 : f32, scale = 1.0 : f32}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, tensor<2x3xf32>) -> (tensor<1x1x2x1xf32>, none, none, tensor<1x1x2x3xf32>)
  %out = tensor.cast %y#3 : tensor<1x1x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The scores at stage 2: masked.
// CHECK: [0.874174,  2.30509,  0]
// CHECK: [0.305092,  0,  1.49899]
func.func @attention_stage_2() {
  %i0 = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %i1 = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %i2 = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %i3 = arith.constant dense<[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %y:4 = onnx.node "Attention"(%i0, %i1, %i2, %i3) {domain = "", opset = 24 : i64, attrs = {qk_matmul_output_mode = 2 : i64, softcap = 1.5 : f32, scale = 1.0 : f32}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, tensor<2x3xf32>) -> (tensor<1x1x2x1xf32>, none, none, tensor<1x1x2x3xf32>)
  %out = tensor.cast %y#3 : tensor<1x1x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// The scores at stage 3: softmax.
// CHECK: [0.17858,  0.746916,  0.0745045]
// CHECK: [0.198531,  0.146329,  0.65514]
func.func @attention_stage_3() {
  %i0 = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %i1 = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %i2 = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %i3 = arith.constant dense<[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %y:4 = onnx.node "Attention"(%i0, %i1, %i2, %i3) {domain = "", opset = 24 : i64, attrs = {qk_matmul_output_mode = 3 : i64, softcap = 1.5 : f32, scale = 1.0 : f32}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, tensor<2x3xf32>) -> (tensor<1x1x2x1xf32>, none, none, tensor<1x1x2x3xf32>)
  %out = tensor.cast %y#3 : tensor<1x1x2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Keys behind the sample's number of keys do not count.
// CHECK: [7.02785]
// CHECK: [2.76013]
func.func @attention_counts() {
  %i0 = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %i1 = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %i2 = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %none = onnx.none
  %i6 = arith.constant dense<[2]> : tensor<1xi64>
  %y = onnx.node "Attention"(%i0, %i1, %i2, %none, %none, %none, %i6) {domain = "", opset = 24 : i64, attrs = {}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, none, none, none, tensor<1xi64>) -> tensor<1x1x2x1xf32>
  %out = tensor.cast %y : tensor<1x1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// A mask of two keys for three: the third does not count. Row 0 as above, row 1 has one key left.
// CHECK: [7.02785]
// CHECK: [10]
func.func @attention_short_mask() {
  %q = arith.constant dense<[[[[1.0, 0.0], [0.0, 2.0]]]]> : tensor<1x1x2x2xf32>
  %k = arith.constant dense<[[[[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]]]> : tensor<1x1x3x2xf32>
  %v = arith.constant dense<[[[[1.0], [10.0], [100.0]]]]> : tensor<1x1x3x1xf32>
  %mask = arith.constant dense<[[true, true], [false, true]]> : tensor<2x2xi1>
  %y = onnx.node "Attention"(%q, %k, %v, %mask) {domain = "", opset = 24 : i64, attrs = {}}
      : (tensor<1x1x2x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x1xf32>, tensor<2x2xi1>) -> tensor<1x1x2x1xf32>
  %out = tensor.cast %y : tensor<1x1x2x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Keys and values of the past come first.
// CHECK: [3,  -1]
// CHECK: [2,  1]
// CHECK: [5,  7]
// CHECK: [1,  2]
func.func @fused_attention_past() {
  %i0 = arith.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %i1 = arith.constant dense<[[1.0, 0.0, 0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]]> : tensor<2x6xf32>
  %i2 = arith.constant dense<[0.0, 0.0, 0.0, 0.0, 0.0, 0.0]> : tensor<6xf32>
  %none = onnx.none
  %i4 = arith.constant dense<[[[[[3.0, -1.0]]]], [[[[5.0, 7.0]]]]]> : tensor<2x1x1x1x2xf32>
  %y:2 = onnx.node "Attention"(%i0, %i1, %i2, %none, %i4) {domain = "com.microsoft", opset = 1 : i64, attrs = {num_heads = 1 : i64}}
      : (tensor<1x1x2xf32>, tensor<2x6xf32>, tensor<6xf32>, none, tensor<2x1x1x1x2xf32>) -> (tensor<1x1x2xf32>, tensor<2x1x1x2x2xf32>)
  %out = tensor.cast %y#1 : tensor<2x1x1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Rows before the batch.
// CHECK: [2,  3]
// CHECK: [6,  11]
func.func @fused_matmul_batch() {
  %i0 = arith.constant dense<[[[0.0, 1.0]], [[2.0, 3.0]]]> : tensor<2x1x2xf32>
  %i1 = arith.constant dense<[[[0.0, 1.0], [2.0, 3.0]]]> : tensor<1x2x2xf32>
  %y = onnx.node "FusedMatMul"(%i0, %i1) {domain = "com.microsoft", opset = 1 : i64, attrs = {transBatchA = 1 : i64}}
      : (tensor<2x1x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %out = tensor.cast %y : tensor<1x2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// x sigmoid(2 x).
// CHECK: [-0.119203,  0,  0.880797,  1.96403]
func.func @quick_gelu() {
  %i0 = arith.constant dense<[-1.0, 0.0, 1.0, 2.0]> : tensor<4xf32>
  %y = onnx.node "QuickGelu"(%i0) {domain = "com.microsoft", opset = 1 : i64, attrs = {alpha = 2.0 : f32}}
      : (tensor<4xf32>) -> tensor<4xf32>
  %out = tensor.cast %y : tensor<4xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// [3, 4] has the root mean square of 3.5355.
// CHECK: [0.848528,  11.3137]
func.func @skip_simplified() {
  %i0 = arith.constant dense<[[[1.0, 4.0]]]> : tensor<1x1x2xf32>
  %i1 = arith.constant dense<[[[2.0, 0.0]]]> : tensor<1x1x2xf32>
  %i2 = arith.constant dense<[1.0, 10.0]> : tensor<2xf32>
  %y = onnx.node "SkipSimplifiedLayerNormalization"(%i0, %i1, %i2) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x1x2xf32>, tensor<1x1x2xf32>, tensor<2xf32>) -> tensor<1x1x2xf32>
  %out = tensor.cast %y : tensor<1x1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// Differences of neighbours, -1 each, plus the bias 2, plus [-3, 0, 1]: [-2, 1, 2], through three activations.
// CHECK: [0,  1,  2]
// CHECK: [-1,  1,  2]
// CHECK: [-1.5,  1,  1.25]
func.func @fused_conv() {
  %x = arith.constant dense<[[[1.0, 2.0, 3.0, 4.0]]]> : tensor<1x1x4xf32>
  %w = arith.constant dense<[[[1.0, -1.0]]]> : tensor<1x1x2xf32>
  %b = arith.constant dense<2.0> : tensor<1xf32>
  %z = arith.constant dense<[[[-3.0, 0.0, 1.0]]]> : tensor<1x1x3xf32>
  %y0 = onnx.node "FusedConv"(%x, %w, %b, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {activation = "Relu"}}
      : (tensor<1x1x4xf32>, tensor<1x1x2xf32>, tensor<1xf32>, tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %out0 = tensor.cast %y0 : tensor<1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out0) : (tensor<*xf32>) -> ()
  %y1 = onnx.node "FusedConv"(%x, %w, %b, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {activation = "LeakyRelu", activation_params = array<f32: 0.5>}}
      : (tensor<1x1x4xf32>, tensor<1x1x2xf32>, tensor<1xf32>, tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %out1 = tensor.cast %y1 : tensor<1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out1) : (tensor<*xf32>) -> ()
  %y2 = onnx.node "FusedConv"(%x, %w, %b, %z) {domain = "com.microsoft", opset = 1 : i64, attrs = {activation = "Clip", activation_params = array<f32: -1.5, 1.25>}}
      : (tensor<1x1x4xf32>, tensor<1x1x2xf32>, tensor<1xf32>, tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  %out2 = tensor.cast %y2 : tensor<1x1x3xf32> to tensor<*xf32>
  call @printMemrefF32(%out2) : (tensor<*xf32>) -> ()
  return
}

// The number of an image that is not there is that of the nearest one.
// CHECK: {{\[\[\[\[}}7]]]]
// CHECK: {{\[\[\[\[}}7]]]]
func.func @regions_of_no_image() {
  %x = arith.constant dense<[[[[3.0]]], [[[7.0]]]]> : tensor<2x1x1x1xf32>
  %r = arith.constant dense<[[0.0, 0.0, 1.0, 1.0]]> : tensor<1x4xf32>
  %n = arith.constant dense<[1000000000]> : tensor<1xi64>
  %y = onnx.node "RoiAlign"(%x, %r, %n) {domain = "", opset = 16 : i64, attrs = {}}
      : (tensor<2x1x1x1xf32>, tensor<1x4xf32>, tensor<1xi64>) -> tensor<1x1x1x1xf32>
  %out = tensor.cast %y : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  %q = arith.constant dense<[[1.0e9, 0.0, 0.0, 1.0, 1.0]]> : tensor<1x5xf32>
  %z = onnx.node "MaxRoiPool"(%x, %q) {domain = "", opset = 1 : i64, attrs = {pooled_shape = array<i64: 1, 1>}}
      : (tensor<2x1x1x1xf32>, tensor<1x5xf32>) -> tensor<1x1x1x1xf32>
  %outz = tensor.cast %z : tensor<1x1x1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%outz) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  call @grid_sample_3d() : () -> ()
  call @affine_grid() : () -> ()
  call @affine_grid_3d() : () -> ()
  call @center_crop_pad() : () -> ()
  call @col2im() : () -> ()
  call @lp_pool() : () -> ()
  call @global_lp_pool() : () -> ()
  call @max_roi_pool() : () -> ()
  call @deform_conv() : () -> ()
  call @attention_stage_0() : () -> ()
  call @attention_stage_1() : () -> ()
  call @attention_stage_2() : () -> ()
  call @attention_stage_3() : () -> ()
  call @attention_counts() : () -> ()
  call @attention_short_mask() : () -> ()
  call @fused_attention_past() : () -> ()
  call @fused_matmul_batch() : () -> ()
  call @quick_gelu() : () -> ()
  call @skip_simplified() : () -> ()
  call @fused_conv() : () -> ()
  call @regions_of_no_image() : () -> ()
  return
}
