// RUN: aimc-opt %s --analog-place --split-input-file --verify-diagnostics

// expected-error @below {{the network needs 3 arrays; target 't' has 2 (2 chips of 1): use --chips=3, a target with more or larger arrays, or keep layers digital with --digital-nodes}}
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8, chips = 2>} {
analog.crossbar @small node "small" [1, 2, 4] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
// expected-note @below {{'large' is the largest: 1 x 4 x 4 weights on 2 tiles}}
analog.crossbar @large node "large" [1, 4, 4] {tile_base = 1 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
}

// -----

// expected-error @below {{a tile takes 2 arrays (slices and polarities apart); a chip of target 't' has 1}}
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8,
                                                  polarity_layout = separate>} {
analog.crossbar @w node "w" [1, 2, 4] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
// expected-error @below {{'w' has a tile of 3 x 8 cells; an array of target 't' has 2 x 8}}
analog.crossbar @w node "w" [1, 3, 4] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
}

// -----

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
// expected-error @below {{'w' has no coding; run analog-quantize-weights first}}
analog.crossbar @w node "w" [1, 3, 4] {tile_base = 0 : i64}
}
