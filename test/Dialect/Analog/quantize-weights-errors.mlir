// RUN: aimc-opt %s --analog-quantize-weights --split-input-file --verify-diagnostics
// RUN: not aimc-opt %s --analog-quantize-weights=clip=0 --split-input-file 2>&1 | FileCheck %s
// CHECK: error: weights are clipped to a number of root mean squares above 0 or by 'mse', not to '0'

#target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2, array_columns = 8>
module attributes {analog.target = #target} {
// expected-error @below {{has no grid; run analog-partition first}}
analog.crossbar @w node "fc" [1, 1, 1] {tile_base = 0 : i64}
}

// -----

#target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2, array_columns = 8>
module attributes {analog.target = #target} {
// expected-error @below {{'fc' has no weights that can be evaluated}}
analog.crossbar @w node "fc" [1, 1, 1] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
}

// -----

#target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2, array_columns = 8>
module attributes {analog.target = #target} {
// expected-error @below {{'fc' has weights that are not finite; keep it digital with --digital-nodes=fc}}
analog.crossbar @w node "fc" [1, 1, 2] weights {
  %w = arith.constant dense<[[[1.0, 0x7FC00000]]]> : tensor<1x1x2xf32>
  analog.yield %w : tensor<1x1x2xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
}
