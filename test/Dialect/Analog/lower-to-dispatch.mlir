// RUN: aimc-opt %s --analog-lower-to-dispatch --split-input-file --verify-diagnostics | FileCheck %s
// A layer's chain becomes one operation with everything in it.

// CHECK: #[[$XY:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// Rows of x already drive the crossbar, and nothing follows the reduction.
// CHECK-LABEL: func @plain(
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>
// CHECK: %[[INIT:.*]] = tensor.empty(%{{.*}}) : tensor<?x2xf32>
// CHECK-NEXT: %[[Y:.*]] = analog.dispatch @w ins(%[[X]] : tensor<?x3xf32>) outs(%[[INIT]] : tensor<?x2xf32>) {
// CHECK-SAME: adc_bits = 0 : i64, adc_unsigned = false, alpha = 5.000000e-01 : f32, batch_dim = 0 : i64, input_bits = 8 : i64,
// CHECK-SAME: input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64, k_sizes = array<i64: 3>, node = "fc",
// CHECK-SAME: scale_dims = 0 : i64, site = 0 : i64, tile_base = 4 : i64, x_map = #[[$XY]], y_map = #[[$XY]]} -> tensor<?x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @plain(%x: tensor<?x3xf32>, %e: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, alpha = 0.5 : f32} : tensor<?x3xf32> -> tensor<?x3x1x!analog.voltage>, tensor<?xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<?x3x1x!analog.voltage> -> tensor<?x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<?x2x2x1x1x!analog.current> -> tensor<?x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<?x2x2x1x1xi32>, tensor<?xf32> -> tensor<?x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<?x2x2xf32>) outs(%init : tensor<?x2xf32>) dimensions = [1]
  return %y : tensor<?x2xf32>
}

// Row tiles with input scales of their own.
// CHECK-LABEL: func @tiles(
// CHECK: analog.dispatch @w
// CHECK-SAME: scale_dims = 0 : i64, site = 1 : i64, tile_alpha = array<f32: 5.000000e-01, 2.000000e+00>, tile_base = 4 : i64
func.func @tiles(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 0 : i64, tile_alpha = array<f32: 0.5, 2.0>, tile_rows = 2 : i64}
      : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x2xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5x2xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}

// The bias comes along, here as a broadcast of a constant; the addition of %residual after it stays digital. Sites count on.
// CHECK-LABEL: func @bias(
// CHECK: %[[Y:.*]] = analog.dispatch @w
// CHECK-SAME{LITERAL}: bias = dense<[[5.000000e+00, 6.000000e+00]]> : tensor<1x2xf32>
// CHECK-SAME: site = 2 : i64
// CHECK: linalg.add ins(%[[Y]], %{{.*}} : tensor<5x2xf32>, tensor<5x2xf32>)
func.func @bias(%x: tensor<5x3xf32>, %residual: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %b = arith.constant dense<[5.0, 6.0]> : tensor<2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  %e = tensor.empty() : tensor<5x2xf32>
  %bb = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<5x2xf32>) dimensions = [0]
  %s = linalg.add ins(%bb, %y : tensor<5x2xf32>, tensor<5x2xf32>) outs(%e : tensor<5x2xf32>) -> tensor<5x2xf32>
  %r = linalg.add ins(%s, %residual : tensor<5x2xf32>, tensor<5x2xf32>) outs(%e : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %r : tensor<5x2xf32>
}

// Rows that are split apart before the bias is added do not hide it.
// CHECK-LABEL: func @bias_after_expansion(
// CHECK: %[[Y:.*]] = analog.dispatch @w
// CHECK-SAME{LITERAL}: bias = dense<[[5.000000e+00, 6.000000e+00]]> : tensor<1x2xf32>
// CHECK: %[[E:.*]] = tensor.expand_shape %[[Y]]
// CHECK-NEXT: return %[[E]]
func.func @bias_after_expansion(%x: tensor<5x3xf32>) -> tensor<1x5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %b = arith.constant dense<[5.0, 6.0]> : tensor<2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  %r = tensor.expand_shape %y [[0, 1], [2]] output_shape [1, 5, 2] : tensor<5x2xf32> into tensor<1x5x2xf32>
  %e = tensor.empty() : tensor<1x5x2xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, m, n) -> (n)>, affine_map<(b, m, n) -> (b, m, n)>,
                                        affine_map<(b, m, n) -> (b, m, n)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b, %r : tensor<2xf32>, tensor<1x5x2xf32>) outs(%e : tensor<1x5x2xf32>) {
  ^bb0(%p0: f32, %p1: f32, %p2: f32):
    %sum = arith.addf %p0, %p1 : f32
    linalg.yield %sum : f32
  } -> tensor<1x5x2xf32>
  return %s : tensor<1x5x2xf32>
}

// A constant that depends on the row is no bias, and a layout after it is no part of the layer.
// CHECK-LABEL: func @not_bias(
// CHECK-NOT: bias =
// CHECK: linalg.add
// CHECK: linalg.transpose
func.func @not_bias(%x: tensor<5x3xf32>) -> tensor<2x5xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %position = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 0.0]]> : tensor<5x2xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  %e = tensor.empty() : tensor<5x2xf32>
  %s = linalg.add ins(%y, %position : tensor<5x2xf32>, tensor<5x2xf32>) outs(%e : tensor<5x2xf32>) -> tensor<5x2xf32>
  %et = tensor.empty() : tensor<2x5xf32>
  %t = linalg.transpose ins(%s : tensor<5x2xf32>) outs(%et : tensor<2x5xf32>) permutation = [1, 0]
  return %t : tensor<2x5xf32>
}

// x is the same for every sample: there is no batch to follow, and nothing to warn of.
// CHECK-LABEL: func @no_batch(
// CHECK: analog.dispatch @w
// CHECK-NOT: batch_dim
// CHECK: return
func.func @no_batch() -> tensor<5x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<5x2xf32>
  %x = arith.constant dense<1.0> : tensor<5x3xf32>
  %v, %a = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5xf32>
  %i = analog.mvm @w(%v) {tile_base = 4 : i64}
      : tensor<5x3x1x!analog.voltage> -> tensor<5x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<5x2x2x1x1x!analog.current> -> tensor<5x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<5x2x2x1x1xi32>, tensor<5xf32> -> tensor<5x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<5x2x2xf32>) outs(%zeros : tensor<5x2xf32>) dimensions = [1]
  return %y : tensor<5x2xf32>
}
}

// -----

// A convolution on two groups: patches, channels before pixels, groups and columns collapsed to channels, bias by channel.
// CHECK: #[[$X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1 + d3 - 1)>
// CHECK: #[[$Y:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2 * 2 + d3, d1)>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [2, 3, 2] {tile_base = 4 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// CHECK-LABEL: func @convolution(
// CHECK-SAME: %[[X:.*]]: tensor<?x2x5xf32>, %[[N:.*]]: index
// CHECK: %[[INIT:.*]] = tensor.empty(%[[N]]) : tensor<?x4x5xf32>
// CHECK: analog.dispatch @w ins(%[[X]] : tensor<?x2x5xf32>) outs(%[[INIT]] : tensor<?x4x5xf32>) {
// CHECK-SAME{LITERAL}: bias = dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-SAME: k_sizes = array<i64: 3>, kind = #analog.kind<convolution>, node = "fc"
// CHECK-SAME: x_map = #[[$X]], y_map = #[[$Y]]}
// CHECK-NEXT: return
func.func @convolution(%x: tensor<?x2x5xf32>, %n: index, %e0: tensor<?x5x2x2xf32>) -> tensor<?x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %init = linalg.fill ins(%zero : f32) outs(%e0 : tensor<?x5x2x2xf32>) -> tensor<?x5x2x2xf32>
  %g = analog.gather %x[%n] {k_sizes = array<i64: 3>, x_map = affine_map<(n, w, g, k) -> (n, g, w + k - 1)>}
      : tensor<?x2x5xf32> -> tensor<?x5x2x3xf32>
  %v, %a = analog.dac %g {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64, input_slices = 1 : i64,
      scale_dims = 1 : i64} : tensor<?x5x2x3xf32> -> tensor<?x5x2x3x1x!analog.voltage>, tensor<?x5x2xf32>
  %i = analog.mvm @w(%v) {kind = #analog.kind<convolution>, tile_base = 4 : i64}
      : tensor<?x5x2x3x1x!analog.voltage> -> tensor<?x5x2x2x2x1x1x!analog.current>
  %c = analog.adc @w(%i) {adc_bits = 0 : i64, adc_unsigned = false}
      : tensor<?x5x2x2x2x1x1x!analog.current> -> tensor<?x5x2x2x2x1x1xi32>
  %p = analog.recombine @w(%c, %a) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64}
      : tensor<?x5x2x2x2x1x1xi32>, tensor<?x5x2xf32> -> tensor<?x5x2x2x2xf32>
  %y = linalg.reduce {arith.addf} ins(%p : tensor<?x5x2x2x2xf32>) outs(%init : tensor<?x5x2x2xf32>) dimensions = [3]
  %e1 = tensor.empty(%n) : tensor<?x2x2x5xf32>
  %t = linalg.transpose ins(%y : tensor<?x5x2x2xf32>) outs(%e1 : tensor<?x2x2x5xf32>) permutation = [0, 2, 3, 1]
  %r = tensor.collapse_shape %t [[0], [1, 2], [3]] : tensor<?x2x2x5xf32> into tensor<?x4x5xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e2 = tensor.empty(%n) : tensor<?x4x5xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(n, c, w) -> (c)>, affine_map<(n, c, w) -> (n, c, w)>,
                                        affine_map<(n, c, w) -> (n, c, w)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%b, %r : tensor<4xf32>, tensor<?x4x5xf32>) outs(%e2 : tensor<?x4x5xf32>) {
  ^bb0(%p0: f32, %p1: f32, %p2: f32):
    %sum = arith.addf %p1, %p0 : f32
    linalg.yield %sum : f32
  } -> tensor<?x4x5xf32>
  return %s : tensor<?x4x5xf32>
}
}
