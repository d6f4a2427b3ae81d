// RUN: aimc-opt %s | aimc-opt | FileCheck %s
// A layer of 2 groups, K = 3, N = 2, tiles of 2 rows (T = 2), one weight slice, at each stage of its way.

#target = #analog.target<name = "small", tile_rows = 2, tile_columns = 4, array_rows = 4, array_columns = 8,
                         arrays_per_chip = 16, adc_bits = 0, device = pcm_hermes_pair, g_max = 20.5, programming_noise = true,
                         stuck_at_g_min = 0.01, read_noise = proportional, read_magnitude = 0.02, wire_resistance = 0.35,
                         ir_drop = exact>
// CHECK: module attributes {analog.target = #analog.target<name = "small", tile_rows = 2, tile_columns = 4,
// CHECK-SAME: array_rows = 4, array_columns = 8,
// CHECK-SAME: arrays_per_chip = 16, adc_bits = 0, device = pcm_hermes_pair, g_max = 2.050000e+01, programming_noise = true,
// CHECK-SAME: read_noise = proportional, ir_drop = exact, stuck_at_g_min = 1.000000e-02, read_magnitude = 2.000000e-02,
// CHECK-SAME: wire_resistance = 3.500000e-01>
module attributes {analog.target = #target} {

// CHECK-LABEL: analog.crossbar @plain node "fc1" [1, 3, 2] weights {
analog.crossbar @plain node "fc1" [1, 3, 2] weights {
  // CHECK: analog.yield %{{.*}} : tensor<1x3x2xf32>
  %w = arith.constant dense<1.0> : tensor<1x3x2xf32>
  analog.yield %w : tensor<1x3x2xf32>
} {tile_base = 0 : i64}

// CHECK-LABEL: analog.crossbar @conv node "conv1" [2, 3, 2] weights {
// CHECK: coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>
// CHECK-SAME: grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>
// CHECK-SAME: placement = [#analog.placement<group = 0, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 0,
// CHECK-SAME: rows = 2, columns = 2, column_stride = 2>
analog.crossbar @conv node "conv1" [2, 3, 2] weights {
  %w = arith.constant dense<1.0> : tensor<2x3x2xf32>
  analog.yield %w : tensor<2x3x2xf32>
} {tile_base = 2 : i64,
   grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
   coding = #analog.coding<encoding = differential, weight_bits = 8, cell_bits = 7, slices = 1>,
   levels = dense<127> : tensor<2x3x2xi8>, weight_scale = dense<1.0> : tensor<2x2x2xf32>,
   placement = [
     #analog.placement<group = 0, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 0, rows = 2, columns = 2,
         column_stride = 2>,
     #analog.placement<group = 0, row_tile = 0, column_tile = 0, polarity = 1, array = 0, row = 0, column = 1, rows = 2,
         columns = 2, column_stride = 2>,
     #analog.placement<group = 0, row_tile = 1, column_tile = 0, array = 1, row = 0, column = 0, rows = 1, columns = 2,
         column_stride = 2>,
     #analog.placement<group = 0, row_tile = 1, column_tile = 0, polarity = 1, array = 1, row = 0, column = 1, rows = 1,
         columns = 2, column_stride = 2>,
     #analog.placement<group = 1, row_tile = 0, column_tile = 0, array = 2, row = 0, column = 0, rows = 2, columns = 2,
         column_stride = 2>,
     #analog.placement<group = 1, row_tile = 0, column_tile = 0, polarity = 1, array = 2, row = 0, column = 1, rows = 2,
         columns = 2, column_stride = 2>,
     #analog.placement<group = 1, row_tile = 1, column_tile = 0, array = 3, row = 0, column = 0, rows = 1, columns = 2,
         column_stride = 2>,
     #analog.placement<group = 1, row_tile = 1, column_tile = 0, polarity = 1, array = 3, row = 0, column = 1, rows = 1,
         columns = 2, column_stride = 2>]}

// Weights that have been written out leave no region.
// CHECK-LABEL: analog.crossbar @written node "fc2" [1, 1, 1] {tile_base = 6 : i64}
analog.crossbar @written node "fc2" [1, 1, 1] {tile_base = 6 : i64}

// CHECK-LABEL: func @matmul
func.func @matmul(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  // CHECK: analog.matmul @plain(%{{.*}}) {tile_base = 0 : i64} : tensor<?x3xf32> -> tensor<?x2xf32>
  %y = analog.matmul @plain(%x) {tile_base = 0 : i64} : tensor<?x3xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// A one-dimensional convolution, kernel 3, padding 1, on two channels that are groups of their own.
// CHECK-LABEL: func @gather
func.func @gather(%x: tensor<?x2x5xf32>, %n: index) -> tensor<?x5x2x2x2xf32> {
  // CHECK: %[[P:.*]] = analog.gather %{{.*}}[%{{.*}}] {k_sizes = array<i64: 3>, x_map = #{{.*}}} : tensor<?x2x5xf32>
  // CHECK-SAME: -> tensor<?x5x2x3xf32>
  %p = analog.gather %x[%n] {k_sizes = array<i64: 3>, x_map = affine_map<(n, w, g, k) -> (n, g, w + k - 1)>}
      : tensor<?x2x5xf32> -> tensor<?x5x2x3xf32>
  // CHECK: analog.tiled_matmul @conv(%[[P]]) {kind = #analog.kind<convolution>, tile_base = 2 : i64}
  // CHECK-SAME: : tensor<?x5x2x3xf32> -> tensor<?x5x2x2x2xf32>
  %y = analog.tiled_matmul @conv(%p) {kind = #analog.kind<convolution>, tile_base = 2 : i64}
      : tensor<?x5x2x3xf32> -> tensor<?x5x2x2x2xf32>
  return %y : tensor<?x5x2x2x2xf32>
}

// Bit-serial input: 7 slices of one bit.
// CHECK-LABEL: func @converters
func.func @converters(%x: tensor<?x5x2x3xf32>) -> tensor<?x5x2x2x2xf32> {
  // CHECK: analog.dac %{{.*}} {input_bits = 8 : i64, input_signed = true, input_slice_bits = 1 : i64, input_slices = 7
  // CHECK-SAME: : i64, scale_dims = 1 : i64} : tensor<?x5x2x3xf32> -> tensor<?x5x2x3x7x!analog.voltage>, tensor<?x5x2xf32>
  %v, %alpha = analog.dac %x {input_bits = 8 : i64, input_signed = true, input_slice_bits = 1 : i64, input_slices = 7 : i64,
      scale_dims = 1 : i64} : tensor<?x5x2x3xf32> -> tensor<?x5x2x3x7x!analog.voltage>, tensor<?x5x2xf32>
  // CHECK: analog.mvm @conv
  %i = analog.mvm @conv(%v) {tile_base = 2 : i64} : tensor<?x5x2x3x7x!analog.voltage> -> tensor<?x5x2x2x2x1x7x!analog.current>
  // CHECK: analog.adc @conv
  %q = analog.adc @conv(%i) {adc_bits = 8 : i64, adc_unsigned = false, adc_range = dense<99.0> : tensor<2x2x2x1xf32>}
      : tensor<?x5x2x2x2x1x7x!analog.current> -> tensor<?x5x2x2x2x1x7xi32>
  // CHECK: analog.recombine @conv
  %y = analog.recombine @conv(%q, %alpha) {input_bits = 8 : i64, input_signed = true, input_slice_bits = 1 : i64}
      : tensor<?x5x2x2x2x1x7xi32>, tensor<?x5x2xf32> -> tensor<?x5x2x2x2xf32>
  return %y : tensor<?x5x2x2x2xf32>
}

// The whole layer in one operation, channels before pixels in y.
// CHECK-LABEL: func @dispatch
func.func @dispatch(%x: tensor<?x2x5xf32>, %init: tensor<?x4x5xf32>) -> tensor<?x4x5xf32> {
  // CHECK: analog.dispatch @conv ins(%{{.*}} : tensor<?x2x5xf32>) outs(%{{.*}} : tensor<?x4x5xf32>) {
  // CHECK-SAME: -> tensor<?x4x5xf32>
  %r = analog.dispatch @conv ins(%x : tensor<?x2x5xf32>) outs(%init : tensor<?x4x5xf32>) {
      node = "conv1", site = 0 : i64, kind = #analog.kind<convolution>,
      x_map = affine_map<(n, w, g, k) -> (n, g, w + k - 1)>, y_map = affine_map<(n, w, g, c) -> (n, g * 2 + c, w)>,
      k_sizes = array<i64: 3>, scale_dims = 1 : i64, batch_dim = 0 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, alpha = 0.5 : f32, adc_bits = 0 : i64, adc_unsigned = false,
      bias = dense<1.0> : tensor<2x2xf32>, tile_base = 2 : i64} -> tensor<?x4x5xf32>
  return %r : tensor<?x4x5xf32>
}
}
