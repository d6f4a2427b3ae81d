// RUN: aimc-opt %s --one-shot-bufferize="bufferize-function-boundaries" | FileCheck %s
// A dispatch bufferizes to itself: the destination is written in place, and its old contents are not copied.

analog.crossbar @fc1 node "fc1" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// CHECK-LABEL: func @layer(
// CHECK-SAME: %[[X:.*]]: memref<5x3xf32, strided<[?, ?], offset: ?>>)
func.func @layer(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  // CHECK: %[[Y:.*]] = memref.alloc() {alignment = 64 : i64} : memref<5x2xf32>
  // CHECK-NOT: memref.copy
  // CHECK: analog.dispatch @fc1 ins(%[[X]] : memref<5x3xf32, strided<[?, ?], offset: ?>>) outs(%[[Y]] : memref<5x2xf32>) {
  // CHECK-SAME: site = 0 : i64
  // CHECK-NOT: memref.copy
  // CHECK: return %[[Y]]
  %init = tensor.empty() : tensor<5x2xf32>
  %y = analog.dispatch @fc1 ins(%x : tensor<5x3xf32>) outs(%init : tensor<5x2xf32>) {
      node = "fc1", site = 0 : i64, x_map = affine_map<(m, g, k) -> (m, k)>, y_map = affine_map<(m, g, n) -> (m, n)>,
      k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
      input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}
