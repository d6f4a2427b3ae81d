// RUN: aimc-opt %s --analog-insert-converters --verify-diagnostics

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @w node "fc" [1, 1, 1] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
func.func @no_levels(%x: tensor<5x1xf32>) -> tensor<5x1x1xf32> {
  // expected-error @below {{drives crossbar @w without levels; run analog-quantize-weights first}}
  %y = analog.tiled_matmul @w(%x) {tile_base = 0 : i64} : tensor<5x1xf32> -> tensor<5x1x1xf32>
  return %y : tensor<5x1x1xf32>
}
}
