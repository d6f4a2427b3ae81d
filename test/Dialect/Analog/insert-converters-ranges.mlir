// RUN: aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges.json 2>%t.warnings | FileCheck %s
// RUN: FileCheck %s --check-prefix=WARN < %t.warnings
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-count.json 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-tiles.json | FileCheck %s --check-prefix=TILES
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-tile-count.json 2>&1 | FileCheck %s --check-prefix=TILECOUNT
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-negative.json 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-list.json 2>&1 | FileCheck %s --check-prefix=LIST
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-entry.json 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/ranges-key.json 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%S/Inputs/none.json 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not aimc-opt %s --analog-insert-converters=ranges=%s 2>&1 | FileCheck %s --check-prefix=JSON
// Ranges from calibration: a static α has no scale dims, and a range of 0 (nothing ever reached the column) becomes 1.

// WARN: warning: {{.*}}ranges.json has ranges of 'other', which is on no tile
// COUNT: error: ranges of 'fc': adc_range has 3 numbers, but its crossbar has 4 converters
// COUNT-SAME: (1 groups x 2 row tiles x 2 columns x 1 slices); calibrate again for this target
// A list of α has one for each row tile.
// TILES: %[[V:.*]], %[[ALPHA:.*]] = analog.dac %{{.*}} {{{.*}}scale_dims = 0 : i64, tile_alpha = array<f32: 5.000000e-01, 1.000000e+00>,
// TILES-SAME: tile_rows = 2 : i64} : tensor<5x3xf32> -> tensor<5x3x1x!analog.voltage>, tensor<5x2xf32>
// TILES: analog.recombine @w(%{{.*}}, %[[ALPHA]]) {{.*}} tensor<5x2xf32> -> tensor<5x2x2xf32>
// TILECOUNT: error: ranges of 'fc': alpha has 3 numbers, but its crossbar has 2 row tiles; calibrate again for this target
// NEGATIVE: error: ranges of 'fc': alpha must be a number that is finite and not negative
// LIST: error: {{.*}}ranges-list.json: ranges are a JSON object with an entry for each node
// ENTRY: error: {{.*}}ranges-entry.json: 'fc' must be an object {"alpha": …, "adc_range": […]}
// KEY: error: {{.*}}ranges-key.json: 'fc' has an unknown key 'Alpha'; known are 'alpha' and 'adc_range'
// NONE: error: cannot read ranges from {{.*}}none.json: No such file or directory
// JSON: error: {{.*}}insert-converters-ranges.mlir: {{.*}}1:1{{.*}}Invalid JSON value
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>,
  levels = dense<1> : tensor<1x3x2xi8>, weight_scale = dense<1.0> : tensor<1x2x2xf32>}
// CHECK-LABEL: func @calibrated(
// CHECK: analog.dac %{{.*}} {alpha = 5.000000e-01 : f32, {{.*}} scale_dims = 0 : i64}
// CHECK: analog.adc @w(%{{.*}}) {adc_bits = 8 : i64, adc_range = dense<
// CHECK-SAME{LITERAL}: [[[[1.000000e+01], [2.000000e+01]], [[1.000000e+00], [4.000000e+01]]]]
func.func @calibrated(%x: tensor<5x3xf32>) -> tensor<5x2x2xf32> {
  %y = analog.tiled_matmul @w(%x) {tile_base = 0 : i64} : tensor<5x3xf32> -> tensor<5x2x2xf32>
  return %y : tensor<5x2x2xf32>
}
}
