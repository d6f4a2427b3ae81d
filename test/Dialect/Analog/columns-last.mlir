// RUN: aimc-opt %s --analog-columns-last --canonicalize --split-input-file | FileCheck %s

#x = affine_map<(b, h, w, g, c, i, j) -> (b, c, h + i, w + j)>
#y = affine_map<(b, h, w, g, n) -> (b, n, h, w)>
#id = affine_map<(b, n, h, w) -> (b, n, h, w)>
#channel = affine_map<(b, n, h, w) -> (n)>
#kept = affine_map<(b, n, h, w) -> (b, n)>
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d1 + d5, d2 + d6)>
// CHECK-DAG: #[[$Y:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d4)>
// CHECK-DAG: #[[$X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d5, d2 + d6, d4)>
// CHECK-DAG: #[[$LAST:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d1, d2)>
// CHECK-DAG: #[[$CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 256, tile_columns = 256, array_rows = 256,
    array_columns = 512>} {
analog.crossbar @a node "a" [1, 12, 5] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 256, tile_columns = 256, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
analog.crossbar @b node "b" [1, 20, 5] {tile_base = 1 : i64,
  grid = #analog.grid<tile_rows = 256, tile_columns = 256, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}

// What lies between two layers, with a slope for each channel. Inputs and outputs of the network stay as they are.
// CHECK-LABEL: func @between(
// CHECK: analog.dispatch @a
// CHECK-SAME: x_map = #[[$FIRST]], y_map = #[[$Y]]} -> tensor<?x8x7x5xf32>
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<?x8x7x5xf32>, tensor<5xf32>) outs(%{{.*}} : tensor<?x8x7x5xf32>)
// CHECK: analog.dispatch @b
// CHECK-SAME: x_map = #[[$X]], y_map = #[[$LAST]]} -> tensor<?x5x7x6xf32>
func.func @between(%image: tensor<?x3x9x8xf32>, %slope: tensor<5xf32>) -> tensor<?x5x7x6xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %image, %c0 : tensor<?x3x9x8xf32>
  %e = tensor.empty(%b) : tensor<?x5x8x7xf32>
  %0 = analog.dispatch @a ins(%image : tensor<?x3x9x8xf32>) outs(%e : tensor<?x5x8x7xf32>) {node = "a", site = 0 : i64,
      x_map = #x, y_map = #y, k_sizes = array<i64: 3, 2, 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64}
      -> tensor<?x5x8x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0, %slope : tensor<?x5x8x7xf32>, tensor<5xf32>) outs(%e : tensor<?x5x8x7xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %m = arith.mulf %a, %s : f32
    linalg.yield %m : f32
  } -> tensor<?x5x8x7xf32>
  %f = tensor.empty(%b) : tensor<?x5x7x6xf32>
  %2 = analog.dispatch @b ins(%1 : tensor<?x5x8x7xf32>) outs(%f : tensor<?x5x7x6xf32>) {node = "b", site = 1 : i64,
      x_map = #x, y_map = #y, k_sizes = array<i64: 5, 2, 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 1 : i64}
      -> tensor<?x5x7x6xf32>
  return %2 : tensor<?x5x7x6xf32>
}

// Padding and pooling run along channels; a mean over pixels reads what they leave. Sizes are those of the other axes now.
// CHECK-LABEL: func @pooled(
// CHECK: analog.dispatch @a
// CHECK-SAME: -> tensor<?x?x7x5xf32>
// CHECK: tensor.pad %{{.*}} low[0, 1, 1, 0] high[0, 0, 1, 0]
// CHECK: tensor<?x?x7x5xf32> to tensor<?x?x9x5xf32>
// CHECK: %[[FILLED:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<?x?x8x5xf32>)
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]
// CHECK-SAME: outs(%[[FILLED]] : tensor<?x?x8x5xf32>)
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction", "reduction"]
// CHECK-SAME: outs(%{{.*}} : tensor<?x5xf32>)
func.func @pooled(%image: tensor<?x3x?x8xf32>, %rows: index) -> tensor<?x5xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %image, %c0 : tensor<?x3x?x8xf32>
  %e = tensor.empty(%b, %rows) : tensor<?x5x?x7xf32>
  %0 = analog.dispatch @a ins(%image : tensor<?x3x?x8xf32>) outs(%e : tensor<?x5x?x7xf32>) {node = "a", site = 0 : i64,
      x_map = #x, y_map = #y, k_sizes = array<i64: 3, 2, 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64}
      -> tensor<?x5x?x7xf32>
  %padded = tensor.pad %0 low[0, 0, 1, 1] high[0, 0, 0, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<?x5x?x7xf32> to tensor<?x5x?x9xf32>
  %h = tensor.dim %0, %c2 : tensor<?x5x?x7xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %p = tensor.empty(%b, %h) : tensor<?x5x?x8xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%p : tensor<?x5x?x8xf32>) -> tensor<?x5x?x8xf32>
  %1 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%padded, %window : tensor<?x5x?x9xf32>, tensor<2x2xf32>) outs(%filled : tensor<?x5x?x8xf32>) -> tensor<?x5x?x8xf32>
  %m = tensor.empty(%b) : tensor<?x5xf32>
  %none = linalg.fill ins(%zero : f32) outs(%m : tensor<?x5xf32>) -> tensor<?x5xf32>
  %2 = linalg.generic {indexing_maps = [#id, #kept], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%1 : tensor<?x5x?x8xf32>) outs(%none : tensor<?x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<?x5xf32>
  return %2 : tensor<?x5xf32>
}

// What is joined to an array in another order stays as it is.
// CHECK-LABEL: func @mixed(
// CHECK: analog.dispatch @a
// CHECK-SAME: y_map = #[[$LAST]]} -> tensor<?x5x8x7xf32>
// CHECK: linalg.add
func.func @mixed(%image: tensor<?x3x9x8xf32>, %other: tensor<?x5x8x7xf32>) -> tensor<?x5x7x6xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %image, %c0 : tensor<?x3x9x8xf32>
  %e = tensor.empty(%b) : tensor<?x5x8x7xf32>
  %0 = analog.dispatch @a ins(%image : tensor<?x3x9x8xf32>) outs(%e : tensor<?x5x8x7xf32>) {node = "a", site = 0 : i64,
      x_map = #x, y_map = #y, k_sizes = array<i64: 3, 2, 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64}
      -> tensor<?x5x8x7xf32>
  %1 = linalg.add ins(%0, %other : tensor<?x5x8x7xf32>, tensor<?x5x8x7xf32>) outs(%e : tensor<?x5x8x7xf32>)
      -> tensor<?x5x8x7xf32>
  %f = tensor.empty(%b) : tensor<?x5x7x6xf32>
  %2 = analog.dispatch @b ins(%1 : tensor<?x5x8x7xf32>) outs(%f : tensor<?x5x7x6xf32>) {node = "b", site = 1 : i64,
      x_map = #x, y_map = #y, k_sizes = array<i64: 5, 2, 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true,
      input_slice_bits = 7 : i64, input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 1 : i64}
      -> tensor<?x5x7x6xf32>
  return %2 : tensor<?x5x7x6xf32>
}
}
