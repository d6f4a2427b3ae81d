// RUN: aimc-opt %s --analog-select="analog-nodes=dw" | FileCheck %s
// A depthwise convolution on tiles, by request: each channel is a group with one column.

// CHECK: #[[MAP:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1 + d4, d2 + d5)>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4,
    array_columns = 8>} {
// CHECK: analog.crossbar @dw node "dw" [3, 4, 1] weights {
func.func @depthwise(%x: tensor<1x3x4x5xf32>) -> tensor<1x3x3x4xf32> {
  // CHECK: analog.gather %{{.*}} {k_sizes = array<i64: 2, 2>, x_map = #[[MAP]]} : tensor<1x3x4x5xf32> -> tensor<1x3x4x3x4xf32>
  // CHECK: analog.matmul @dw(%{{.*}}) {kind = #analog.kind<convolution>, tile_base = 0 : i64} : tensor<1x3x4x3x4xf32>
  // CHECK-SAME: -> tensor<1x3x4x3x1xf32>
  // CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2], [3, 4]] : tensor<1x3x4x3x1xf32> into tensor<1x3x4x3xf32>
  // CHECK: linalg.transpose {{.*}} permutation = [0, 3, 1, 2]
  %w = arith.constant dense<1.0> : tensor<3x2x2xf32>
  %init = arith.constant dense<0.0> : tensor<1x3x3x4xf32>
  %y = linalg.depthwise_conv_2d_nchw_chw ins(%x, %w : tensor<1x3x4x5xf32>, tensor<3x2x2xf32>)
      outs(%init : tensor<1x3x3x4xf32>) -> tensor<1x3x3x4xf32> loc("dw")
  return %y : tensor<1x3x3x4xf32>
}
}
