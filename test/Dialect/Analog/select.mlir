// RUN: aimc-opt %s --analog-select --split-input-file 2>/dev/null | FileCheck %s
// What analog-select makes of contractions from any producer; tiles are 4 x 4. select-digital.mlir has what it leaves alone.

#target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>
module attributes {analog.target = #target} {

// CHECK: #[[$LEFT:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK: #[[$BATCH:.*]] = affine_map<(d0, d1, d2) -> (d1, d0, d2)>
// CHECK: #[[$TWO:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3)>

// CHECK: analog.crossbar @fc1 node "fc1" [1, 5, 2] weights {
// CHECK-NEXT:   %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<5x2xf32>
// CHECK-NEXT:   %[[E:.*]] = tensor.expand_shape %[[W]] {{\[\[}}0, 1], [2]] output_shape [1, 5, 2]
// CHECK-NEXT:   analog.yield %[[E]] : tensor<1x5x2xf32>
// CHECK-NEXT: } {tile_base = 0 : i64}

// A matrix of 5 rows takes two tiles: the next one begins at tile 2.
// CHECK: analog.crossbar @fc2_a node "fc2/a" [1, 3, 2] weights {
// CHECK-NEXT:   %[[W:.*]] = arith.constant {{.*}} : tensor<2x3xf32>
// CHECK:        linalg.transpose ins(%[[W]] : tensor<2x3xf32>) {{.*}} permutation = [1, 0]
// CHECK: } {tile_base = 2 : i64}

// CHECK-LABEL: func @matmul(
// CHECK-SAME: %[[X:.*]]: tensor<?x5xf32>
// CHECK-NEXT: %[[Y:.*]] = analog.matmul @fc1(%[[X]]) {tile_base = 0 : i64} : tensor<?x5xf32> -> tensor<?x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @matmul(%x: tensor<?x5xf32>, %n: index) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]> : tensor<5x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x5xf32>, tensor<5x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32> loc("fc1")
  return %y : tensor<?x2xf32>
}

// Weights on the left: columns of y are rows that drive the crossbar. What y held is added digitally.
// CHECK-LABEL: func @left(
// CHECK-SAME: %[[X:.*]]: tensor<3x7xf32>, %[[ACC:.*]]: tensor<2x7xf32>
// CHECK: %[[P:.*]] = analog.gather %[[X]] {k_sizes = array<i64: 3>, x_map = #[[$LEFT]]} : tensor<3x7xf32> -> tensor<7x3xf32>
// CHECK: %[[M:.*]] = analog.matmul @fc2_a(%[[P]]) {tile_base = 2 : i64} : tensor<7x3xf32> -> tensor<7x2xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[M]] : tensor<7x2xf32>) outs(%{{.*}} : tensor<2x7xf32>) permutation = [1, 0]
// CHECK: linalg.add ins(%[[ACC]], %[[T]] : tensor<2x7xf32>, tensor<2x7xf32>)
func.func @left(%x: tensor<3x7xf32>, %acc: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %y = linalg.matmul ins(%w, %x : tensor<2x3xf32>, tensor<3x7xf32>) outs(%acc : tensor<2x7xf32>) -> tensor<2x7xf32> loc("fc2/a")
  return %y : tensor<2x7xf32>
}

// The same constant through the same view is one crossbar, in a loop too. Each use has tiles of its own for its noise.
// CHECK-LABEL: func @tied(
// CHECK: analog.matmul @shared(%{{.*}}) {tile_base = 3 : i64}
// CHECK: scf.for
// CHECK:   analog.matmul @shared(%{{.*}}) {tile_base = 4 : i64}
func.func @tied(%x: tensor<5x3xf32>, %n: index) -> tensor<5x3xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]> : tensor<3x3xf32>
  %init = arith.constant dense<0.0> : tensor<5x3xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = linalg.matmul ins(%x, %w : tensor<5x3xf32>, tensor<3x3xf32>) outs(%init : tensor<5x3xf32>)
      -> tensor<5x3xf32> loc("shared")
  %z = scf.for %i = %c0 to %n step %c1 iter_args(%h = %y) -> tensor<5x3xf32> {
    %again = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]]> : tensor<3x3xf32>
    %step = linalg.matmul ins(%h, %again : tensor<5x3xf32>, tensor<3x3xf32>) outs(%init : tensor<5x3xf32>)
        -> tensor<5x3xf32> loc("again")
    scf.yield %step : tensor<5x3xf32>
  }
  return %z : tensor<5x3xf32>
}

// A batch of matrices is groups.
// CHECK-LABEL: func @batch(
// CHECK: %[[P:.*]] = analog.gather %{{.*}} {k_sizes = array<i64: 3>, x_map = #[[$BATCH]]} : tensor<2x5x3xf32>
// CHECK-SAME: -> tensor<5x2x3xf32>
// CHECK: %[[M:.*]] = analog.matmul @heads(%[[P]]) {tile_base = 5 : i64} : tensor<5x2x3xf32> -> tensor<5x2x6xf32>
// CHECK: linalg.transpose ins(%[[M]] : tensor<5x2x6xf32>) outs(%{{.*}} : tensor<2x5x6xf32>) permutation = [1, 0, 2]
func.func @batch(%x: tensor<2x5x3xf32>) -> tensor<2x5x6xf32> {
  %w = arith.constant dense<1.0> : tensor<2x3x6xf32>
  %init = arith.constant dense<0.0> : tensor<2x5x6xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x5x3xf32>, tensor<2x3x6xf32>) outs(%init : tensor<2x5x6xf32>)
      -> tensor<2x5x6xf32> loc("heads")
  return %y : tensor<2x5x6xf32>
}

// A generic contraction over two axes at once, x transposed before.
// CHECK-LABEL: func @generic(
// CHECK-SAME: %[[X:.*]]: tensor<5x2x3xf32>
// CHECK: analog.gather %[[X]] {k_sizes = array<i64: 2, 3>, x_map = #[[$TWO]]} : tensor<5x2x3xf32> -> tensor<5x6xf32>
// CHECK: analog.matmul @flat(%{{.*}}) {tile_base = 9 : i64} : tensor<5x6xf32> -> tensor<5x4xf32>
func.func @generic(%x: tensor<5x2x3xf32>) -> tensor<5x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x2x3xf32>
  %e = tensor.empty() : tensor<2x3x5xf32>
  %t = linalg.transpose ins(%x : tensor<5x2x3xf32>) outs(%e : tensor<2x3x5xf32>) permutation = [1, 2, 0]
  %init = arith.constant dense<0.0> : tensor<5x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, i, j) -> (i, j, m)>, affine_map<(m, n, i, j) -> (n, i, j)>,
                                        affine_map<(m, n, i, j) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%t, %w : tensor<2x3x5xf32>, tensor<4x2x3xf32>) outs(%init : tensor<5x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<5x4xf32> loc("flat")
  return %y : tensor<5x4xf32>
}

// Weights [2, 3] seen by two columns' axes: y is expanded after the product.
// CHECK-LABEL: func @two_column_axes(
// CHECK: %[[M:.*]] = analog.matmul @wide(%{{.*}}) {tile_base = 11 : i64} : tensor<?x3xf32> -> tensor<?x8xf32>
// CHECK: tensor.expand_shape %[[M]] {{\[\[}}0], [1, 2]] output_shape [%{{.*}}, 2, 4] : tensor<?x8xf32> into tensor<?x2x4xf32>
func.func @two_column_axes(%x: tensor<?x3xf32>, %init: tensor<?x2x4xf32>) -> tensor<?x2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2x4xf32>
  %zero = arith.constant 0.0 : f32
  %z = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2x4xf32>) -> tensor<?x2x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, i, j, k) -> (m, k)>, affine_map<(m, i, j, k) -> (k, i, j)>,
                                        affine_map<(m, i, j, k) -> (m, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<?x3xf32>, tensor<3x2x4xf32>) outs(%z : tensor<?x2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x2x4xf32> loc("wide")
  return %y : tensor<?x2x4xf32>
}

// No columns at all: a matrix times a vector.
// CHECK-LABEL: func @matvec(
// CHECK: %[[M:.*]] = analog.matmul @vector(%{{.*}}) {tile_base = 13 : i64} : tensor<5x3xf32> -> tensor<5x1xf32>
// CHECK: tensor.collapse_shape %[[M]] {{\[\[}}0, 1]] : tensor<5x1xf32> into tensor<5xf32>
func.func @matvec(%x: tensor<5x3xf32>) -> tensor<5xf32> {
  %w = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %init = arith.constant dense<0.0> : tensor<5xf32>
  %y = linalg.matvec ins(%x, %w : tensor<5x3xf32>, tensor<3xf32>) outs(%init : tensor<5xf32>) -> tensor<5xf32> loc("vector")
  return %y : tensor<5xf32>
}
}

// -----

#target = #analog.target<name = "t", tile_rows = 64, tile_columns = 4, array_rows = 64, array_columns = 8>
module attributes {analog.target = #target} {

// The padding becomes part of the gather: indices outside x read 0.
// CHECK: #[[$CONV:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d1 * 2 + d5 - 1, d2 * 2 + d6 - 1)>
// CHECK: #[[$GROUPED:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2 * 3 + d3, d1 + d4 - 1)>
// CHECK: analog.crossbar @conv1 node "conv1" [1, 27, 4]
// CHECK: linalg.transpose {{.*}} permutation = [1, 2, 3, 0]
// CHECK-LABEL: func @conv(
// CHECK-SAME: %[[X:.*]]: tensor<?x3x8x8xf32>
// CHECK: %[[P:.*]] = analog.gather %[[X]][%{{.*}}] {k_sizes = array<i64: 3, 3, 3>, x_map = #[[$CONV]]}
// CHECK-SAME: : tensor<?x3x8x8xf32> -> tensor<?x4x4x27xf32>
// CHECK: %[[M:.*]] = analog.matmul @conv1(%[[P]]) {kind = #analog.kind<convolution>, tile_base = 0 : i64}
// CHECK-SAME: : tensor<?x4x4x27xf32> -> tensor<?x4x4x4xf32>
// CHECK: linalg.transpose ins(%[[M]] : tensor<?x4x4x4xf32>) outs(%{{.*}}) permutation = [0, 3, 1, 2]
func.func @conv(%x: tensor<?x3x8x8xf32>, %n: index) -> tensor<?x4x4x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x3x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<?x3x8x8xf32> to tensor<?x3x10x10xf32>
  %e = tensor.empty(%n) : tensor<?x4x4x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
  %y = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%padded, %w : tensor<?x3x10x10xf32>, tensor<4x3x3x3xf32>) outs(%init : tensor<?x4x4x4xf32>)
          -> tensor<?x4x4x4xf32> loc("conv1")
  return %y : tensor<?x4x4x4xf32>
}

// Two groups of 3 channels with 2 filters each, expanded from 6 channels and collapsed to 4: the gather reads the 6.
// CHECK-LABEL: func @grouped(
// CHECK-SAME: %[[X:.*]]: tensor<5x6x7xf32>
// CHECK: %[[P:.*]] = analog.gather %[[X]] {k_sizes = array<i64: 3, 3>, x_map = #[[$GROUPED]]} : tensor<5x6x7xf32>
// CHECK-SAME: -> tensor<5x7x2x9xf32>
// CHECK: %[[M:.*]] = analog.matmul @conv2(%[[P]]) {kind = #analog.kind<convolution>, tile_base = 1 : i64}
// CHECK-SAME: : tensor<5x7x2x9xf32> -> tensor<5x7x2x2xf32>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[M]] : tensor<5x7x2x2xf32>) outs(
// CHECK-SAME: tensor<5x2x2x7xf32>) permutation = [0, 2, 3, 1]
// CHECK: tensor.collapse_shape %[[T]]
func.func @grouped(%x: tensor<5x6x7xf32>) -> tensor<5x4x7xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %init = arith.constant dense<0.0> : tensor<5x2x2x7xf32>
  %padded = tensor.pad %x low[0, 0, 1] high[0, 0, 1] {
  ^bb0(%a: index, %b: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<5x6x7xf32> to tensor<5x6x9xf32>
  %xg = tensor.expand_shape %padded [[0], [1, 2], [3]] output_shape [5, 2, 3, 9] : tensor<5x6x9xf32> into tensor<5x2x3x9xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, g, f, w, c, k) -> (n, g, c, w + k)>,
                                        affine_map<(n, g, f, w, c, k) -> (g, f, c, k)>,
                                        affine_map<(n, g, f, w, c, k) -> (n, g, f, w)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%xg, %w : tensor<5x2x3x9xf32>, tensor<2x2x3x3xf32>) outs(%init : tensor<5x2x2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<5x2x2x7xf32> loc("conv2")
  %r = tensor.collapse_shape %y [[0], [1, 2], [3]] : tensor<5x2x2x7xf32> into tensor<5x4x7xf32>
  return %r : tensor<5x4x7xf32>
}

// A recurrence: x·W before the loop, h·R in it.
// CHECK-LABEL: func @recurrence(
// CHECK: analog.matmul @lstm_W(%{{.*}}) {kind = #analog.kind<recurrent_input>
// CHECK: scf.for
// CHECK:   analog.matmul @lstm_R(%{{.*}}) {kind = #analog.kind<recurrent_state>
func.func @recurrence(%x: tensor<7x3xf32>, %h0: tensor<1x2xf32>, %n: index) -> (tensor<7x2xf32>, tensor<1x2xf32>) {
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  %r = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %initW = arith.constant dense<0.0> : tensor<7x2xf32>
  %initR = arith.constant dense<0.0> : tensor<1x2xf32>
  %xw = linalg.matmul ins(%x, %w : tensor<7x3xf32>, tensor<3x2xf32>) outs(%initW : tensor<7x2xf32>)
      -> tensor<7x2xf32> loc("lstm_W")
  %h = scf.for %i = %c0 to %n step %c1 iter_args(%state = %h0) -> tensor<1x2xf32> {
    %hr = linalg.matmul ins(%state, %r : tensor<1x2xf32>, tensor<2x2xf32>) outs(%initR : tensor<1x2xf32>)
        -> tensor<1x2xf32> loc("lstm_R")
    scf.yield %hr : tensor<1x2xf32>
  }
  return %xw, %h : tensor<7x2xf32>, tensor<1x2xf32>
}
}

// -----

#target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>
module attributes {analog.target = #target} {
// Padding between an expansion and the convolution: an index beyond a row of 4 must not reach into the next one.
// CHECK-LABEL: func @padded_expansion(
// CHECK: %[[IMAGE:.*]] = tensor.expand_shape
// CHECK: analog.gather %[[IMAGE]]{{.*}} : tensor<2x1x4x4xf32> -> tensor<2x4x4x9xf32>
func.func @padded_expansion(%x: tensor<2x16xf32>) -> tensor<2x1x4x4xf32> {
  %w = arith.constant dense<1.0> : tensor<1x1x3x3xf32>
  %zero = arith.constant 0.0 : f32
  %init = arith.constant dense<0.0> : tensor<2x1x4x4xf32>
  %image = tensor.expand_shape %x [[0], [1, 2, 3]] output_shape [2, 1, 4, 4] : tensor<2x16xf32> into tensor<2x1x4x4xf32>
  %padded = tensor.pad %image low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<2x1x4x4xf32> to tensor<2x1x6x6xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%padded, %w : tensor<2x1x6x6xf32>, tensor<1x1x3x3xf32>)
      outs(%init : tensor<2x1x4x4xf32>) -> tensor<2x1x4x4xf32> loc("framed")
  return %y : tensor<2x1x4x4xf32>
}
}

// -----

#target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>
module attributes {analog.target = #target} {
// Tiles compute in float32; weights of other floats are converted in the crossbar, what goes in and out around it.
// CHECK: analog.crossbar @half
// CHECK:   arith.extf %{{.*}} : f16 to f32
// CHECK: analog.crossbar @double
// CHECK:   arith.truncf %{{.*}} : f64 to f32
// CHECK-LABEL: func @other_floats(
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: analog.matmul @half(%{{.*}}) {{.*}} : tensor<2x3xf32>
// CHECK: arith.truncf %{{.*}} : f32 to f16
// CHECK: arith.truncf %{{.*}} : f64 to f32
// CHECK: analog.matmul @double(%{{.*}}) {{.*}} : tensor<2x3xf32>
// CHECK: arith.extf %{{.*}} : f32 to f64
func.func @other_floats(%x: tensor<2x3xf16>, %v: tensor<2x3xf64>, %ix: tensor<2x4xf16>, %iv: tensor<2x4xf64>)
    -> (tensor<2x4xf16>, tensor<2x4xf64>) {
  %w = arith.constant dense<1.0> : tensor<3x4xf16>
  %u = arith.constant dense<2.0> : tensor<3x4xf64>
  %y = linalg.matmul ins(%x, %w : tensor<2x3xf16>, tensor<3x4xf16>) outs(%ix : tensor<2x4xf16>) -> tensor<2x4xf16> loc("half")
  %z = linalg.matmul ins(%v, %u : tensor<2x3xf64>, tensor<3x4xf64>) outs(%iv : tensor<2x4xf64>) -> tensor<2x4xf64> loc("double")
  return %y, %z : tensor<2x4xf16>, tensor<2x4xf64>
}
// A vector times a constant one is a matrix of one column; the sum of a vector's own squares is none.
// CHECK-LABEL: func @inner_products(
// CHECK: %[[Y:.*]] = analog.matmul @inner(%{{.*}}) {{.*}} : tensor<3xf32> -> tensor<1xf32>
// CHECK: tensor.collapse_shape %[[Y]] [] : tensor<1xf32> into tensor<f32>
// CHECK: linalg.dot
func.func @inner_products(%x: tensor<3xf32>, %init: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %w = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %y = linalg.dot ins(%x, %w : tensor<3xf32>, tensor<3xf32>) outs(%init : tensor<f32>) -> tensor<f32> loc("inner")
  %z = linalg.dot ins(%x, %x : tensor<3xf32>, tensor<3xf32>) outs(%init : tensor<f32>) -> tensor<f32> loc("squares")
  return %y, %z : tensor<f32>, tensor<f32>
}
}
