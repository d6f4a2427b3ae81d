// RUN: aimc-opt %s --analog-insert-converters --split-input-file | FileCheck %s
// Levels are [[7, 5], [-4, -7], [0, 7]] in tiles of 2 rows: T = 2. Ranges recomputed in Python.

// Signed 4-bit input in one slice: Xi = 7, A = min(7 Σ|D|, 4 · 7/3 · √ΣD²); the all-zero column has 1.
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8,
                                                  weight_bits = 4, cell_bits = 3, input_bits = 4>} {
analog.crossbar @fc node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 4, cell_bits = 3, slices = 1>,
  levels = dense<[[[7, 5], [-4, -7], [0, 7]]]> : tensor<1x3x2xi8>, weight_scale = dense<1.0> : tensor<1x2x2xf32>}

// CHECK-LABEL: func @signed(
// CHECK-SAME: %[[X:.*]]: tensor<?x3xf32>
// CHECK-NEXT: %[[V:.*]], %[[ALPHA:.*]] = analog.dac %[[X]] {input_bits = 4 : i64, input_signed = true,
// CHECK-SAME: input_slice_bits = 3 : i64,
// CHECK-SAME: input_slices = 1 : i64, scale_dims = 1 : i64} : tensor<?x3xf32> -> tensor<?x3x1x!analog.voltage>, tensor<?xf32>
// CHECK-NEXT: %[[I:.*]] = analog.mvm @fc(%[[V]]) {tile_base = 0 : i64}
// CHECK-SAME: tensor<?x3x1x!analog.voltage> -> tensor<?x2x2x1x1x!analog.current>
// CHECK-NEXT: %[[C:.*]] = analog.adc @fc(%[[I]]) {adc_bits = 8 : i64, adc_range = dense<
// CHECK-SAME{LITERAL}: [[[[75.2477417], [80.2883682]], [[1.000000e+00], [4.900000e+01]]]]
// CHECK-SAME: adc_unsigned = false}
// CHECK-NEXT: %[[Y:.*]] = analog.recombine @fc(%[[C]], %[[ALPHA]]) {input_bits = 4 : i64, input_signed = true,
// CHECK-SAME: input_slice_bits = 3 : i64}
// CHECK-SAME: tensor<?x2x2x1x1xi32>, tensor<?xf32> -> tensor<?x2x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @signed(%x: tensor<?x3xf32>) -> tensor<?x2x2xf32> {
  %y = analog.tiled_matmul @fc(%x) {tile_base = 0 : i64} : tensor<?x3xf32> -> tensor<?x2x2xf32>
  return %y : tensor<?x2x2xf32>
}

// A convolution's samples have one scale each: the row dimensions that move a window over x share it.
// CHECK-LABEL: func @convolution(
// CHECK: analog.dac {{.*}} scale_dims = 2 : i64} : tensor<4x5x3xf32>
func.func @convolution(%x: tensor<5x6xf32>) -> tensor<4x5x2x2xf32> {
  %p = analog.gather %x {k_sizes = array<i64: 3>, x_map = affine_map<(w, n, g, k) -> (n, w + k)>} : tensor<5x6xf32>
      -> tensor<4x5x3xf32>
  %y = analog.tiled_matmul @fc(%p) {kind = #analog.kind<convolution>, tile_base = 0 : i64}
      : tensor<4x5x3xf32> -> tensor<4x5x2x2xf32>
  return %y : tensor<4x5x2x2xf32>
}

// Each row of a product has its own.
// CHECK-LABEL: func @three_row_dims(
// CHECK: analog.dac {{.*}} scale_dims = 7 : i64} : tensor<5x4x4x3xf32>
func.func @three_row_dims(%x: tensor<5x4x4x3xf32>) -> tensor<5x4x4x2x2xf32> {
  %y = analog.tiled_matmul @fc(%x) {tile_base = 0 : i64} : tensor<5x4x4x3xf32> -> tensor<5x4x4x2x2xf32>
  return %y : tensor<5x4x4x2x2xf32>
}
}

// -----

// x is a ReLU's result, so that its codes are unsigned: four slices of one bit, Xi = 1, A = min(Σ|D_s|, ΣD_s/4 + √ΣD_s²).
// Offset encoding makes digits of D + 8, two slices of 2 bits, and unsigned ADC codes.
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8,
    encoding = offset, weight_bits = 4, cell_bits = 2, input_bits = 4, input_slice_bits = 1, adc_bits = 6>} {
analog.crossbar @fc node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<encoding = offset, weight_bits = 4, cell_bits = 2, slices = 2>,
  levels = dense<[[[7, 5], [-4, -7], [0, 7]]]> : tensor<1x3x2xi8>, weight_scale = dense<1.0> : tensor<1x2x2xf32>}

// CHECK-LABEL: func @unsigned(
// CHECK: analog.dac %{{.*}} {input_bits = 4 : i64, input_signed = false, input_slice_bits = 1 : i64, input_slices = 4 : i64
// CHECK: analog.adc @fc(%{{.*}}) {adc_bits = 6 : i64, adc_range = dense<
// CHECK-SAME{LITERAL}: [[[[3.000000e+00, 4.000000e+00], [1.91421354, 3.000000e+00]],
// CHECK-SAME{LITERAL}: [[1.000000e+00, 2.000000e+00], [3.000000e+00, 3.000000e+00]]]]
// CHECK-SAME: adc_unsigned = true} : tensor<5x2x2x2x4x!analog.current> -> tensor<5x2x2x2x4xi32>
func.func @unsigned(%z: tensor<5x3xf32>) -> tensor<5x2x2xf32> {
  %zero = arith.constant dense<0.0> : tensor<5x3xf32>
  %x = arith.maximumf %z, %zero : tensor<5x3xf32>
  %y = analog.tiled_matmul @fc(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x2x2xf32>
  return %y : tensor<5x2x2xf32>
}
}

// -----

// An ideal ADC has no range.
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8,
                                                  weight_bits = 4, cell_bits = 3, adc_bits = 0>} {
analog.crossbar @fc node "fc" [1, 1, 1] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 4, cell_bits = 3, slices = 1>,
  levels = dense<7> : tensor<1x1x1xi8>, weight_scale = dense<1.0> : tensor<1x1x1xf32>}
// CHECK-LABEL: func @ideal(
// CHECK: analog.adc @fc(%{{.*}}) {adc_bits = 0 : i64, adc_unsigned = false} :
func.func @ideal(%x: tensor<5x1xf32>) -> tensor<5x1x1xf32> {
  %y = analog.tiled_matmul @fc(%x) {tile_base = 0 : i64} : tensor<5x1xf32> -> tensor<5x1x1xf32>
  return %y : tensor<5x1x1xf32>
}
}
