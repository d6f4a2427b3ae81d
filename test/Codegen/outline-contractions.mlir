// RUN: aimc-opt %s --split-input-file --host-outline-contractions | FileCheck %s
// RUN: aimc-opt %s --split-input-file --host-outline-contractions=library | FileCheck %s --check-prefix=LIBRARY

// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @matmul
// LIBRARY-LABEL: func @matmul
func.func @matmul(%x: tensor<?x3xf32>, %w: tensor<3x4xf32>, %e: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  // A zero-filled destination is overwritten.
  // CHECK: host.contract 0 "fc1" dims [0, 1, 1, 1] ins(%arg0, %arg1 : tensor<?x3xf32>, tensor<3x4xf32>)
  // CHECK-SAME: outs(%arg2 : tensor<?x4xf32>) {a_map = #[[A]], b_map = #[[B]], c_map = #[[C]]}
  // LIBRARY: host.contract 0 "fc1" dims [0, 1, 1, 1] library
  %y = linalg.matmul ins(%x, %w : tensor<?x3xf32>, tensor<3x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32> loc("fc1")
  return %y : tensor<?x4xf32>
}

// -----

// The image is read before its padding, with offsets; the destination's values are added to.
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d1 * 2 + d5 - 1, d2 + d6)>
// CHECK-LABEL: func @convolution
func.func @convolution(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %init: tensor<?x4x4x6xf32>) -> tensor<?x4x4x6xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1, 0] high[0, 0, 0, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<?x3x8x8xf32> to tensor<?x3x9x8xf32>
  // CHECK: host.contract 0 "{{.*}}" dims [0, 3, 1, 3] accumulate ins(%arg0, %arg1 : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>)
  // CHECK-SAME: a_map = #[[A]]
  %y = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<[2, 1]> : tensor<2xi64>}
      ins(%p, %w : tensor<?x3x9x8xf32>, tensor<4x3x3x3xf32>) outs(%init : tensor<?x4x4x6xf32>) -> tensor<?x4x4x6xf32>
  return %y : tensor<?x4x4x6xf32>
}

// -----

// Groups are a batch dimension, a transposed right side a permuted map.
// CHECK-LABEL: func @attention
// CHECK: host.contract 0 "{{.*}}" dims [2, 1, 1, 1] accumulate
func.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>, %s: tensor<2x4x5x6xf32>) -> tensor<2x4x5x6xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(b, h, m, n, k) -> (b, h, m, k)>,
                                        affine_map<(b, h, m, n, k) -> (b, h, n, k)>,
                                        affine_map<(b, h, m, n, k) -> (b, h, m, n)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>) outs(%s : tensor<2x4x5x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %r = arith.addf %c, %p : f32
    linalg.yield %r : f32
  } -> tensor<2x4x5x6xf32>
  return %y : tensor<2x4x5x6xf32>
}

// -----

// The vector of a matrix-vector product becomes a, so that there is an n dimension.
// CHECK-LABEL: func @matvec
// CHECK: host.contract 0 "{{.*}}" dims [0, 0, 1, 1] accumulate ins(%arg1, %arg0 : tensor<3xf32>, tensor<4x3xf32>)
func.func @matvec(%w: tensor<4x3xf32>, %x: tensor<3xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.matvec ins(%w, %x : tensor<4x3xf32>, tensor<3xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A depthwise convolution has no n: channels are a batch dimension.
// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d0, d2 + d4, d3 + d5)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d5)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d0, d2, d3)>
// CHECK-LABEL: func @depthwise
// CHECK: host.contract 0 "{{.*}}" dims [1, 3, 0, 2] accumulate
// CHECK-SAME: a_map = #[[A]], b_map = #[[B]], c_map = #[[C]]
func.func @depthwise(%x: tensor<1x3x8x8xf32>, %w: tensor<3x3x3xf32>, %i: tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32> {
  %y = linalg.depthwise_conv_2d_nchw_chw ins(%x, %w : tensor<1x3x8x8xf32>, tensor<3x3x3xf32>)
      outs(%i : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  return %y : tensor<1x3x6x6xf32>
}

// -----

// Products of vectors, maxima and integers stay.
// CHECK-LABEL: func @others
// CHECK-NOT: host.contract
// CHECK: linalg.dot
// CHECK: linalg.pooling_nchw_max
// CHECK: linalg.matmul
func.func @others(%x: tensor<1x3x8x8xf32>, %i: tensor<1x3x6x6xf32>, %window: tensor<3x3xf32>, %u: tensor<4xf32>,
                  %v: tensor<4xf32>, %s: tensor<f32>, %a: tensor<2x3xi32>, %b: tensor<3x4xi32>, %c: tensor<2x4xi32>)
    -> (tensor<f32>, tensor<1x3x6x6xf32>, tensor<2x4xi32>) {
  %0 = linalg.dot ins(%u, %v : tensor<4xf32>, tensor<4xf32>) outs(%s : tensor<f32>) -> tensor<f32>
  %1 = linalg.pooling_nchw_max ins(%x, %window : tensor<1x3x8x8xf32>, tensor<3x3xf32>)
      outs(%i : tensor<1x3x6x6xf32>) -> tensor<1x3x6x6xf32>
  %2 = linalg.matmul ins(%a, %b : tensor<2x3xi32>, tensor<3x4xi32>) outs(%c : tensor<2x4xi32>) -> tensor<2x4xi32>
  return %0, %1, %2 : tensor<f32>, tensor<1x3x6x6xf32>, tensor<2x4xi32>
}
