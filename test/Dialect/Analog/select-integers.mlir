// Layers of quantized networks: tiles see the integers as they are stored.
// RUN: aimc-opt %s --analog-select | FileCheck %s
// RUN: aimc-opt %s --analog-select --analog-partition --analog-quantize-weights --analog-insert-converters | FileCheck %s --check-prefix=CODES

module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>} {

// CHECK: analog.crossbar @matmul_0
// CHECK{LITERAL}: arith.constant dense<[[1, 2], [3, -4]]> : tensor<2x2xi8>

// A zero point of 3 becomes a constant per column: -3 · Σ_k W = -3 · (1 + 3), -3 · (2 - 4). Codes are q: α = 255.
// CHECK-LABEL: func.func @zero_point
// CHECK-SAME:      %[[Q:.*]]: tensor<?x2xi8>
// CHECK:         %[[X:.*]] = linalg.generic {{.*}} ins(%[[Q]] : tensor<?x2xi8>)
// CHECK:           arith.uitofp
// CHECK:         %[[Y:.*]] = analog.matmul @{{.*}}(%[[X]])
// CHECK:         %[[C:.*]] = arith.constant dense<[-1.200000e+01, 6.000000e+00]> : tensor<2xf64>
// CHECK:         linalg.generic {{.*}} ins(%[[Y]], %[[C]] : tensor<?x2xf32>, tensor<2xf64>)
// CHECK:           arith.addf {{.*}} : f64
// CHECK:           math.roundeven
// CHECK:           arith.fptosi
// CODES-LABEL: func.func @zero_point
// CODES:         analog.dac {{.*}}alpha = 2.550000e+02 : f32, input_bits = 8 : i64, input_signed = false
func.func @zero_point(%q: tensor<?x2xi8>) -> tensor<?x2xi32> {
  %c0 = arith.constant 0 : index
  %w = arith.constant dense<[[1, 2], [3, -4]]> : tensor<2x2xi8>
  %n = tensor.dim %q, %c0 : tensor<?x2xi8>
  %ex = tensor.empty(%n) : tensor<?x2xi32>
  %x = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%q : tensor<?x2xi8>) outs(%ex : tensor<?x2xi32>) {
  ^bb0(%level: i8, %out: i32):
    %z = arith.constant 3 : i32
    %wide = arith.extui %level : i8 to i32
    %centered = arith.subi %wide, %z : i32
    linalg.yield %centered : i32
  } -> tensor<?x2xi32>
  %ew = tensor.empty() : tensor<2x2xi32>
  %wi = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%w : tensor<2x2xi8>) outs(%ew : tensor<2x2xi32>) {
  ^bb0(%level: i8, %out: i32):
    %wide = arith.extsi %level : i8 to i32
    linalg.yield %wide : i32
  } -> tensor<2x2xi32>
  %zero = arith.constant 0 : i32
  %init = linalg.fill ins(%zero : i32) outs(%ex : tensor<?x2xi32>) -> tensor<?x2xi32>
  %y = linalg.matmul ins(%x, %wi : tensor<?x2xi32>, tensor<2x2xi32>) outs(%init : tensor<?x2xi32>) -> tensor<?x2xi32>
  return %y : tensor<?x2xi32>
}

// Padding with 0 is padding with q = 5: 5 · 0.5. Signed q in -128..127, α = 127 · 0.5.
// CHECK-LABEL: func.func @padded
// CHECK:         %[[P:.*]] = arith.constant 2.500000e+00 : f32
// CHECK:         tensor.pad
// CHECK:           tensor.yield %[[P]] : f32
// CODES-LABEL: func.func @padded
// CODES:         analog.dac {{.*}}alpha = 6.350000e+01 : f32, input_bits = 8 : i64, input_signed = true
func.func @padded(%q: tensor<1x1x4xi8>) -> tensor<1x1x4xf32> {
  %w = arith.constant dense<[[[1.0, 2.0, 3.0]]]> : tensor<1x1x3xf32>
  %ex = tensor.empty() : tensor<1x1x4xf32>
  %x = linalg.generic {indexing_maps = [affine_map<(n, c, i) -> (n, c, i)>, affine_map<(n, c, i) -> (n, c, i)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%q : tensor<1x1x4xi8>) outs(%ex : tensor<1x1x4xf32>) {
  ^bb0(%level: i8, %out: f32):
    %z = arith.constant 5 : i32
    %s = arith.constant 0.5 : f32
    %wide = arith.extsi %level : i8 to i32
    %centered = arith.subi %wide, %z : i32
    %number = arith.sitofp %centered : i32 to f32
    %scaled = arith.mulf %number, %s : f32
    linalg.yield %scaled : f32
  } -> tensor<1x1x4xf32>
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 1] high[0, 0, 1] {
  ^bb0(%a: index, %b: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<1x1x4xf32> to tensor<1x1x6xf32>
  %init = linalg.fill ins(%zero : f32) outs(%ex : tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %y = linalg.conv_1d_ncw_fcw ins(%p, %w : tensor<1x1x6xf32>, tensor<1x1x3xf32>) outs(%init : tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  return %y : tensor<1x1x4xf32>
}
}
