// RUN: aimc-opt %s --convert-onnx-to-linalg --mlir-print-debuginfo --mlir-print-local-scope --split-input-file | FileCheck %s

// The weight is read transposed where it is; the bias comes after the product.
// CHECK-LABEL: func.func @gemm
// CHECK:         %[[ZERO:.*]] = linalg.fill {{.*}} loc("fc")
// CHECK:         %[[PRODUCT:.*]] = linalg.matmul indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>]
// CHECK-SAME:      ins(%{{.*}}, %{{.*}} : tensor<?x3xf32>, tensor<2x3xf32>) outs(%[[ZERO]] : tensor<?x2xf32>) -> tensor<?x2xf32> loc("fc")
// CHECK:         linalg.generic {{.*}} ins(%[[PRODUCT]], %{{.*}} : tensor<?x2xf32>, tensor<2xf32>)
// CHECK:           arith.addf
func.func @gemm(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %bias = arith.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %y = onnx.node "Gemm"(%x, %w, %bias) {domain = "", opset = 13 : i64, attrs = {transB = 1 : i64}}
      : (tensor<?x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2xf32> loc("fc")
  return %y : tensor<?x2xf32>
}

// -----

// Leading dimensions are rows of one product with the matrix.
// CHECK-LABEL: func.func @matmul_rank3
// CHECK:         %[[ROWS:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<?x5x3xf32> into tensor<?x3xf32>
// CHECK:         %[[PRODUCT:.*]] = linalg.matmul ins(%[[ROWS]], %{{.*}} : tensor<?x3xf32>, tensor<3x2xf32>)
// CHECK:         tensor.expand_shape %[[PRODUCT]] {{\[\[}}0, 1], [2]] {{.*}} : tensor<?x2xf32> into tensor<?x5x2xf32>
func.func @matmul_rank3(%x: tensor<?x5x3xf32>, %w: tensor<3x2xf32>) -> tensor<?x5x2xf32> {
  %y = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<?x5x3xf32>, tensor<3x2xf32>) -> tensor<?x5x2xf32>
  return %y : tensor<?x5x2xf32>
}

// -----

// CHECK-LABEL: func.func @matmul_batched
// CHECK:         linalg.batch_matmul ins(%{{.*}}, %{{.*}} : tensor<8x3x4xf32>, tensor<8x4x2xf32>)
func.func @matmul_batched(%x: tensor<2x4x3x4xf32>, %y: tensor<2x4x4x2xf32>) -> tensor<2x4x3x2xf32> {
  %z = onnx.node "MatMul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<2x4x3x4xf32>, tensor<2x4x4x2xf32>) -> tensor<2x4x3x2xf32>
  return %z : tensor<2x4x3x2xf32>
}

// -----

// Batch dimensions that broadcast stay a contraction with maps.
// CHECK-LABEL: func.func @matmul_broadcast
// CHECK:         linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d1, d2, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d4, d3)>
func.func @matmul_broadcast(%x: tensor<4x3x5xf32>, %y: tensor<2x1x5x6xf32>) -> tensor<2x4x3x6xf32> {
  %z = onnx.node "MatMul"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<4x3x5xf32>, tensor<2x1x5x6xf32>) -> tensor<2x4x3x6xf32>
  return %z : tensor<2x4x3x6xf32>
}

// -----

// CHECK-LABEL: func.func @conv
// CHECK:         %[[PADDED:.*]] = tensor.pad %{{.*}} low[0, 0, 1, 1] high[0, 0, 1, 1]
// CHECK:         %[[SUM:.*]] = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
// CHECK-SAME:      ins(%[[PADDED]], %{{.*}} : tensor<?x3x10x10xf32>, tensor<4x3x3x3xf32>) outs(%{{.*}} : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32> loc("conv1")
// CHECK:         linalg.generic {{.*}}affine_map<(d0, d1, d2, d3) -> (d1)>{{.*}} ins(%[[SUM]], %{{.*}} : tensor<?x4x4x4xf32>, tensor<4xf32>)
func.func @conv(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %bias: tensor<4xf32>) -> tensor<?x4x4x4xf32> {
  %y = onnx.node "Conv"(%x, %w, %bias) {domain = "", opset = 13 : i64,
      attrs = {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}}
      : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x4x4xf32> loc("conv1")
  return %y : tensor<?x4x4x4xf32>
}

// -----

// CHECK-LABEL: func.func @conv_grouped
// CHECK:         %[[X:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2], [3], [4]] {{.*}} : tensor<1x4x5x5xf32> into tensor<1x2x2x5x5xf32>
// CHECK:         %[[W:.*]] = tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2], [3], [4]] {{.*}} : tensor<6x2x3x3xf32> into tensor<2x3x2x3x3xf32>
// CHECK:         %[[Y:.*]] = linalg.conv_2d_ngchw_gfchw {{.*}} ins(%[[X]], %[[W]]
// CHECK:         tensor.collapse_shape %[[Y]] {{\[\[}}0], [1, 2], [3], [4]]
func.func @conv_grouped(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<1x6x3x3xf32> {
  %y = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {group = 2 : i64}}
      : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x3x3xf32>
  return %y : tensor<1x6x3x3xf32>
}

// -----

// CHECK-LABEL: func.func @conv_depthwise
// CHECK:         %[[W:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2], [3]] : tensor<4x1x3x3xf32> into tensor<4x3x3xf32>
// CHECK:         linalg.depthwise_conv_2d_nchw_chw {{.*}} ins(%{{.*}}, %[[W]]
func.func @conv_depthwise(%x: tensor<1x4x5x5xf32>, %w: tensor<4x1x3x3xf32>) -> tensor<1x4x3x3xf32> {
  %y = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {group = 4 : i64}}
      : (tensor<1x4x5x5xf32>, tensor<4x1x3x3xf32>) -> tensor<1x4x3x3xf32>
  return %y : tensor<1x4x3x3xf32>
}

// -----

// CHECK-LABEL: func.func @conv1d_same
// CHECK:         tensor.pad %{{.*}} low[0, 0, 1] high[0, 0, 2]
// CHECK:         linalg.conv_1d_ncw_fcw
func.func @conv1d_same(%x: tensor<1x2x?xf32>, %w: tensor<3x2x4xf32>) -> tensor<1x3x?xf32> {
  %y = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {auto_pad = "SAME_UPPER"}}
      : (tensor<1x2x?xf32>, tensor<3x2x4xf32>) -> tensor<1x3x?xf32>
  return %y : tensor<1x3x?xf32>
}

// -----

// CHECK-LABEL: func.func @conv3d
// CHECK:         linalg.conv_3d_ncdhw_fcdhw
func.func @conv3d(%x: tensor<1x2x4x4x4xf32>, %w: tensor<3x2x2x2x2xf32>) -> tensor<1x3x3x3x3xf32> {
  %y = onnx.node "Conv"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<1x2x4x4x4xf32>, tensor<3x2x2x2x2xf32>) -> tensor<1x3x3x3x3xf32>
  return %y : tensor<1x3x3x3x3xf32>
}

// -----

// The contraction, then a gather of the patches that reach an output.
// CHECK-LABEL: func.func @conv_transpose
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x1x2x3x3xf32>, tensor<1x2x12xf32>) outs(%{{.*}} : tensor<1x3x3x1x12xf32>)
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<1x3x6x6xf32>)
// CHECK:           tensor.extract
func.func @conv_transpose(%x: tensor<1x2x3x3xf32>, %w: tensor<2x3x2x2xf32>) -> tensor<1x3x6x6xf32> {
  %y = onnx.node "ConvTranspose"(%x, %w) {domain = "", opset = 13 : i64, attrs = {strides = array<i64: 2, 2>}}
      : (tensor<1x2x3x3xf32>, tensor<2x3x2x2xf32>) -> tensor<1x3x6x6xf32>
  return %y : tensor<1x3x6x6xf32>
}
