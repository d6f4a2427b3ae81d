// RUN: aimc-opt %s --analog-quantize-weights --split-input-file | FileCheck %s
// RUN: aimc-opt %s --analog-quantize-weights=clip=1.25 --split-input-file | FileCheck %s --check-prefix=CLIP
// RUN: aimc-opt %s --analog-quantize-weights=clip=mse --split-input-file | FileCheck %s --check-prefix=MSE
// Levels D = clip(rint(W · L/w), L) and scales w = max |W|, recomputed by hand. Tiles have 2 rows: 3 rows make T = 2.

// Per column of a tile, 4 bits: L = 7. Tile 0: w = (2, 4), tile 1: w = (0 -> 1, 8).
// Column 0: 2 * 7/2 = 7, -1 * 7/2 = -3.5 -> -4 (ties to even); column 1: 3 * 7/4 = 5.25 -> 5, -4 * 7/4 = -7; 8 * 7/8 = 7.
// CHECK: analog.crossbar @column
// CHECK: coding = #analog.coding<weight_bits = 4, cell_bits = 3, slices = 1>
// CHECK-SAME{LITERAL}: levels = dense<[[[7, 5], [-4, -7], [0, 7]]]> : tensor<1x3x2xi8>
// CHECK-SAME{LITERAL}: weight_scale = dense<[[[2.000000e+00, 4.000000e+00], [1.000000e+00, 8.000000e+00]]]> : tensor<1x2x2xf32>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8,
                                                  weight_bits = 4, cell_bits = 3>} {
analog.crossbar @column node "fc" [1, 3, 2] weights {
  %w = arith.constant dense<[[[2.0, 3.0], [-1.0, -4.0], [0.0, 8.0]]]> : tensor<1x3x2xf32>
  analog.yield %w : tensor<1x3x2xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 2, column_tiles = 1>}
}

// -----

// Per tile, tiles of one column: w of a tile is its column's; offset encoding of 4 bits on 2-bit cells has S = 2.
// Then weights that are a view: a transposed constant. 1 * 7/3 = 2.33 -> 2, 3 -> 7; 2 * 7/2 = 7, 0.5 * 7/2 = 1.75 -> 2.
// CHECK: analog.crossbar @tile
// CHECK: coding = #analog.coding<encoding = offset, weight_bits = 4, cell_bits = 2, slices = 2, unit_column = true,
// CHECK-SAME: scale = tile>
// CHECK-SAME{LITERAL}: levels = dense<[[[2, 7], [7, 2]]]> : tensor<1x2x2xi8>
// CHECK-SAME{LITERAL}: weight_scale = dense<[[[3.000000e+00, 2.000000e+00]]]> : tensor<1x1x2xf32>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 1, array_rows = 2,
    array_columns = 8,
    encoding = offset, weight_bits = 4, cell_bits = 2, unit_column = true, scale = tile>} {
analog.crossbar @tile node "fc" [1, 2, 2] weights {
  %w = arith.constant dense<[[1.0, 3.0], [2.0, 0.5]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  %x = tensor.expand_shape %t [[0, 1], [2]] output_shape [1, 2, 2] : tensor<2x2xf32> into tensor<1x2x2xf32>
  analog.yield %x : tensor<1x2x2xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 1, row_tiles = 1, column_tiles = 2>}
}

// -----

// One scale for each matrix: groups have their own, row tiles share. 9 bits need 16-bit levels: L = 255, 1 * 255/2 = 127.5 ->
// 128.
// CHECK: analog.crossbar @matrix
// CHECK-SAME{LITERAL}: [2, 2, 1] weights
// CHECK: levels = dense
// CHECK-SAME{LITERAL}: <[[[128], [255]], [[255], [0]]]> : tensor<2x2x1xi16>
// CHECK-SAME{LITERAL}: weight_scale = dense<[[[2.000000e+00], [2.000000e+00]], [[5.000000e-01], [5.000000e-01]]]>
// CHECK-SAME{LITERAL}: : tensor<2x2x1xf32>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 1, tile_columns = 4, array_rows = 2,
    array_columns = 8,
                                                  weight_bits = 9, cell_bits = 8, scale = matrix>} {
analog.crossbar @matrix node "fc" [2, 2, 1] weights {
  %w = arith.constant dense<[[[1.0], [2.0]], [[0.5], [0.0]]]> : tensor<2x2x1xf32>
  analog.yield %w : tensor<2x2x1xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 1, tile_columns = 4, row_tiles = 2, column_tiles = 1>}
}

// -----

// More than 64 Ki levels become a resource. All weights are equal: each level is L = 127.
// CHECK: levels = dense_resource<large_levels> : tensor<1x257x256xi8>
// CHECK: dialect_resources
// CHECK: large_levels: "0x400000007F7F7F7F
module attributes {analog.target = #analog.target<name = "t", tile_rows = 512, tile_columns = 256, array_rows = 512,
    array_columns = 512>} {
analog.crossbar @large node "fc" [1, 257, 256] weights {
  %w = arith.constant dense<1.0> : tensor<1x257x256xf32>
  analog.yield %w : tensor<1x257x256xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 512, tile_columns = 256, row_tiles = 1, column_tiles = 1>}
}

// -----

// Integers of a quantized network stay: D = q - z and w = L · s of each column, 127 · (0.5, 0.25), although the largest is 3.
// CHECK: analog.crossbar @integers
// CHECK{LITERAL}: levels = dense<[[[-3, 1], [2, 0]]]> : tensor<1x2x2xi8>
// CHECK-SAME{LITERAL}: weight_scale = dense<[[[6.350000e+01, 3.175000e+01]]]> : tensor<1x1x2xf32>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 2, tile_columns = 4, array_rows = 2,
    array_columns = 8>} {
analog.crossbar @integers node "fc" [1, 2, 2] weights {
  %q = arith.constant dense<[[125, 130], [129, 128]]> : tensor<2x2xi8> // u8: columns of W are rows
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %w = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%q, %s : tensor<2x2xi8>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%level: i8, %scale: f32, %out: f32):
    %z = arith.constant 128 : i32
    %wide = arith.extui %level : i8 to i32
    %centered = arith.subi %wide, %z : i32
    %number = arith.sitofp %centered : i32 to f32
    %scaled = arith.mulf %number, %scale : f32
    linalg.yield %scaled : f32
  } -> tensor<2x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) permutation = [1, 0]
  %x = tensor.expand_shape %t [[0, 1], [2]] output_shape [1, 2, 2] : tensor<2x2xf32> into tensor<1x2x2xf32>
  analog.yield %x : tensor<1x2x2xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 2, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
}

// -----

// Clipped. Column 0: the root mean square of (2, 1, 1, 0) is sqrt(6/4) = 1.2247, 1.25 of them 1.5309: levels 7, 7/1.5309 = 4.57 -> 5
// twice, 0. Column 1 fits: (1, -1, 1, 1) has w = min(1, 1.25). Column 2 is zero.
// Least squares: column 1 keeps 1, an error of 0. Column 0 at w = 2 has 3.5 -> 4 for 1, an error of 2/49 = .0408; of the 48 scales
// 61/64 of 2 has the least, 0.0247 (recomputed with NumPy).
// CLIP-LABEL: analog.crossbar @clipped
// CLIP{LITERAL}: levels = dense<[[[7, 7, 0], [5, -7, 0], [5, 7, 0], [0, 7, 0]]]> : tensor<1x4x3xi8>
// CLIP-SAME{LITERAL}: weight_scale = dense<[[[1.53093112, 1.000000e+00, 1.000000e+00]]]> : tensor<1x1x3xf32>
// MSE-LABEL: analog.crossbar @clipped
// MSE{LITERAL}: levels = dense<[[[7, 7, 0], [4, -7, 0], [4, 7, 0], [0, 7, 0]]]> : tensor<1x4x3xi8>
// MSE-SAME{LITERAL}: weight_scale = dense<[[[1.906250e+00, 1.000000e+00, 1.000000e+00]]]> : tensor<1x1x3xf32>
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4,
    array_columns = 8, weight_bits = 4, cell_bits = 3>} {
analog.crossbar @clipped node "fc" [1, 4, 3] weights {
  %w = arith.constant dense<[[[2.0, 1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]]> : tensor<1x4x3xf32>
  analog.yield %w : tensor<1x4x3xf32>
} {tile_base = 0 : i64, grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>}
}
