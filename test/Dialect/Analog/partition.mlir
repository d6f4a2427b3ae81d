// RUN: aimc-opt %s --analog-partition | FileCheck %s
// 5 rows in tiles of 2 are three row tiles; 5 columns in tiles of 4 two column tiles.

module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
// CHECK: analog.crossbar @fc1
// CHECK: } {grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 3, column_tiles = 2>, tile_base = 0 : i64}
analog.crossbar @fc1 node "fc1" [1, 5, 5] weights {
  %w = arith.constant dense<1.0> : tensor<1x5x5xf32>
  analog.yield %w : tensor<1x5x5xf32>
} {tile_base = 0 : i64}

// CHECK: func @matmul(%[[X:.*]]: tensor<?x5xf32>)
func.func @matmul(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  // CHECK: %[[P:.*]] = analog.tiled_matmul @fc1(%[[X]]) {tile_base = 0 : i64} : tensor<?x5xf32> -> tensor<?x3x5xf32>
  // CHECK: %[[ZERO:.*]] = linalg.fill
  // CHECK: %[[Y:.*]] = linalg.reduce ins(%[[P]] : tensor<?x3x5xf32>) outs(%[[ZERO]] : tensor<?x5xf32>) dimensions = [1]
  // CHECK: arith.addf
  // CHECK: return %[[Y]]
  %y = analog.matmul @fc1(%x) {tile_base = 0 : i64} : tensor<?x5xf32> -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
}
