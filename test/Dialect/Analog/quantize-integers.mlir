// What tiles cannot hold of a quantized network's integers is said.
// RUN: aimc-opt %s --analog-quantize-weights --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: analog.crossbar @clipped
// CHECK{LITERAL}: levels = dense<[[[-127], [127]]]> : tensor<1x2x1xi8>
// CHECK-SAME{LITERAL}: weight_scale = dense<1.270000e+02>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 1, array_rows = 2, array_columns = 2>} {
// expected-remark @below {{'fc': 1 weights of -128 become -127, the least level of a differential pair}}
analog.crossbar @clipped node "fc" [1, 2, 1] weights {
  %q = arith.constant dense<[[[-128], [127]]]> : tensor<1x2x1xi8>
  %e = tensor.empty() : tensor<1x2x1xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(g, i, j) -> (g, i, j)>, affine_map<(g, i, j) -> (g, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<1x2x1xi8>) outs(%e : tensor<1x2x1xf32>) {
  ^bb0(%level: i8, %out: f32):
    %number = arith.sitofp %level : i8 to f32
    linalg.yield %number : f32
  } -> tensor<1x2x1xf32>
  analog.yield %g : tensor<1x2x1xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 1, row_tiles = 1, column_tiles = 1>}
}

// -----

// Offset encoding holds it.
// CHECK: analog.crossbar @offset
// CHECK{LITERAL}: levels = dense<[[[-128], [127]]]> : tensor<1x2x1xi8>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 1, array_rows = 2, array_columns = 2,
    encoding = offset>} {
analog.crossbar @offset node "fc" [1, 2, 1] weights {
  %q = arith.constant dense<[[[-128], [127]]]> : tensor<1x2x1xi8>
  %e = tensor.empty() : tensor<1x2x1xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(g, i, j) -> (g, i, j)>, affine_map<(g, i, j) -> (g, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<1x2x1xi8>) outs(%e : tensor<1x2x1xf32>) {
  ^bb0(%level: i8, %out: f32):
    %number = arith.sitofp %level : i8 to f32
    linalg.yield %number : f32
  } -> tensor<1x2x1xf32>
  analog.yield %g : tensor<1x2x1xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 1, row_tiles = 1, column_tiles = 1>}
}

// -----

// u8 weights around 10 need 9 bits: -10 * 127/240 = -5.3 -> -5.
// CHECK: analog.crossbar @wide
// CHECK{LITERAL}: levels = dense<[[[-5], [127]]]> : tensor<1x2x1xi8>
// CHECK-SAME{LITERAL}: weight_scale = dense<2.400000e+02>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 1, array_rows = 2, array_columns = 2>} {
// expected-remark @below {{'fc': its integer weights are quantized again: they lie in -10..240, those of tiles in -127..127}}
analog.crossbar @wide node "fc" [1, 2, 1] weights {
  %q = arith.constant dense<[[[0], [250]]]> : tensor<1x2x1xi8>
  %e = tensor.empty() : tensor<1x2x1xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(g, i, j) -> (g, i, j)>, affine_map<(g, i, j) -> (g, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<1x2x1xi8>) outs(%e : tensor<1x2x1xf32>) {
  ^bb0(%level: i8, %out: f32):
    %z = arith.constant 10 : i32
    %wideLevel = arith.extui %level : i8 to i32
    %centered = arith.subi %wideLevel, %z : i32
    %number = arith.sitofp %centered : i32 to f32
    linalg.yield %number : f32
  } -> tensor<1x2x1xf32>
  analog.yield %g : tensor<1x2x1xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 1, row_tiles = 1, column_tiles = 1>}
}

// -----

// Two scales in one column.
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 1, array_rows = 2, array_columns = 2>} {
// expected-remark @below {{'fc': its integer weights are quantized again: their scales differ where those of tiles do not (scale = column)}}
analog.crossbar @blocks node "fc" [1, 2, 1] weights {
  %q = arith.constant dense<[[[1], [1]]]> : tensor<1x2x1xi8>
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2x1xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(g, i, j) -> (g, i, j)>, affine_map<(g, i, j) -> (i)>,
      affine_map<(g, i, j) -> (g, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %s : tensor<1x2x1xi8>, tensor<2xf32>) outs(%e : tensor<1x2x1xf32>) {
  ^bb0(%level: i8, %scale: f32, %out: f32):
    %number = arith.sitofp %level : i8 to f32
    %scaled = arith.mulf %number, %scale : f32
    linalg.yield %scaled : f32
  } -> tensor<1x2x1xf32>
  analog.yield %g : tensor<1x2x1xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 1, row_tiles = 1, column_tiles = 1>}
}
