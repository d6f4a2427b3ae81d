// RUN: aimc-opt %s --analog-place --split-input-file | FileCheck %s

// Three matrices on arrays of 4 x 8 cells; differential pairs take two neighbouring columns. The tallest first: a (4 x 2
// cells),
// then the first tile of c (3 x 2). b (2 x 6) finds no room and opens an array, the second tile of c (1 x 2) finds some.
//
//   array 0:  a a c c C C . .     array 1:  b b b b b b . .
//             a a c c . . . .               b b b b b b . .
//             a a c c . . . .               . . . . . . . .
//             a a . . . . . .               . . . . . . . .
//
// CHECK: analog.utilization = {arrays = 2 : i64, available = 3 : i64, cells = 4.375000e-01 : f64}
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4,
    array_columns = 8,
                                                  arrays_per_chip = 3>} {
// CHECK: analog.crossbar @b
// CHECK-SAME: placement = [
// CHECK-SAME: #analog.placement<group = 0, row_tile = 0, column_tile = 0, array = 1, row = 0, column = 0, rows = 2,
// CHECK-SAME: columns = 3, column_stride = 2>,
// CHECK-SAME: #analog.placement<group = 0, row_tile = 0, column_tile = 0, polarity = 1, array = 1, row = 0, column = 1,
// CHECK-SAME: rows = 2, columns = 3, column_stride = 2>]
analog.crossbar @b node "b" [1, 2, 3] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
// CHECK: analog.crossbar @a
// CHECK-SAME: array = 0, row = 0, column = 0, rows = 4, columns = 1, column_stride = 2>
analog.crossbar @a node "a" [1, 4, 1] {tile_base = 1 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
// CHECK: analog.crossbar @c
// CHECK-SAME: row_tile = 0, column_tile = 0, array = 0, row = 0, column = 2, rows = 3, columns = 1, column_stride = 2>
// CHECK-SAME: row_tile = 1, column_tile = 0, array = 0, row = 0, column = 4, rows = 1, columns = 1, column_stride = 2>
analog.crossbar @c node "c" [1, 4, 1] {tile_base = 2 : i64,
  grid = #analog.grid<tile_rows = 3, tile_columns = 4, row_tiles = 2, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
}

// -----

// Two slices interleaved, polarities in arrays of their own; chips of 2 arrays hold one tile of 2 x 2 weights each. The second
// column tile is on chip 1.
// CHECK: analog.utilization = {arrays = 4 : i64, available = 4 : i64, cells = 7.500000e-01 : f64}
// CHECK: placement = [
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 0, rows = 2, columns = 2,
// CHECK-SAME: column_stride = 2>,
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, polarity = 1, array = 1, row = 0, column = 0, rows = 2,
// CHECK-SAME: columns = 2, column_stride = 2>,
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, slice = 1, array = 0, row = 0, column = 1, rows = 2, columns = 2,
// CHECK-SAME: column_stride = 2>,
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, slice = 1, polarity = 1, array = 1, row = 0, column = 1,
// CHECK-SAME: rows = 2, columns = 2, column_stride = 2>,
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 1, chip = 1, array = 0, row = 0, column = 0, rows = 2, columns = 1,
// CHECK-SAME: column_stride = 2>,
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 2, array_rows = 2,
    array_columns = 4,
    arrays_per_chip = 2, chips = 2, weight_bits = 7, cell_bits = 3, polarity_layout = separate>} {
analog.crossbar @w node "w" [1, 2, 3] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 2, row_tiles = 1, column_tiles = 2>,
  coding = #analog.coding<weight_bits = 7, cell_bits = 3, slices = 2>}
}

// -----

// Both polarities in one unit cell: the same place twice. Groups are placed one by one.
// CHECK: analog.utilization = {arrays = 1 : i64, available = 1 : i64, cells = 5.000000e-01 : f64}
// CHECK: placement = [
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 0, rows = 2, columns = 1>,
// CHECK-SAME: <group = 0, row_tile = 0, column_tile = 0, polarity = 1, array = 0, row = 0, column = 0, rows = 2, columns = 1>,
// CHECK-SAME: <group = 1, row_tile = 0, column_tile = 0, array = 0, row = 0, column = 1, rows = 2, columns = 1>,
// CHECK-SAME: <group = 1, row_tile = 0, column_tile = 0, polarity = 1, array = 0, row = 0, column = 1, rows = 2, columns = 1>]
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 4,
                                                  polarity_layout = cell>} {
analog.crossbar @w node "w" [2, 2, 1] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
}
