// RUN: aimc-opt %s --analog-select="digital-nodes=head|fc[0-9] min-weights=7" --split-input-file --verify-diagnostics | FileCheck %s
// RUN: not aimc-opt %s --analog-select="digital-nodes=(" --split-input-file 2>&1 | FileCheck %s --check-prefix=PATTERN
// What stays digital, and why.

// PATTERN: error: digital-nodes is no regular expression: {{.*}}

#target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>
// CHECK: analog.digital_nodes = ["scores: neither factor is constant",
// CHECK-SAME: "head: --digital-nodes=head|fc[0-9]",
// CHECK-SAME: "small: 6 weights, fewer than --min-weights=7",
// CHECK-SAME: "wide: its elements are i64; tiles take floats or 32-bit integers"]
module attributes {analog.target = #target} {

func.func @activations(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>, %init: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: linalg.matmul
  // expected-remark @unknown {{'scores' stays digital: neither factor is constant}}
  %y = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%init : tensor<2x2xf32>)
      -> tensor<2x2xf32> loc("scores")
  return %y : tensor<2x2xf32>
}

// 5 x 6 weights have 2 x 2 tiles: they count although the layer stays digital.
func.func @override(%x: tensor<2x5xf32>, %init: tensor<2x6xf32>) -> tensor<2x6xf32> {
  // CHECK: linalg.matmul
  %w = arith.constant dense<1.0> : tensor<5x6xf32>
  // expected-remark @unknown {{'head' stays digital: --digital-nodes=head|fc[0-9]}}
  %y = linalg.matmul ins(%x, %w : tensor<2x5xf32>, tensor<5x6xf32>) outs(%init : tensor<2x6xf32>) -> tensor<2x6xf32> loc("head")
  return %y : tensor<2x6xf32>
}

func.func @small(%x: tensor<2x3xf32>, %init: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: linalg.matmul
  %w = arith.constant dense<1.0> : tensor<3x2xf32>
  // expected-remark @unknown {{'small' stays digital: 6 weights, fewer than --min-weights=7}}
  %y = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>) outs(%init : tensor<2x2xf32>)
      -> tensor<2x2xf32> loc("small")
  return %y : tensor<2x2xf32>
}

func.func @wide(%x: tensor<2x3xi64>, %init: tensor<2x4xi64>) -> tensor<2x4xi64> {
  // CHECK: linalg.matmul
  %w = arith.constant dense<1> : tensor<3x4xi64>
  // expected-remark @unknown {{'wide' stays digital: its elements are i64; tiles take floats or 32-bit integers}}
  %y = linalg.matmul ins(%x, %w : tensor<2x3xi64>, tensor<3x4xi64>) outs(%init : tensor<2x4xi64>) -> tensor<2x4xi64> loc("wide")
  return %y : tensor<2x4xi64>
}

// A pattern matches whole names: "fc10" is not fc[0-9]. Tiles 0..3 belong to head, 4 to small.
func.func @not_matched(%x: tensor<2x4xf32>, %init: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: analog.matmul @fc10(%{{.*}}) {tile_base = 5 : i64}
  %w = arith.constant dense<1.0> : tensor<4x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x2xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32> loc("fc10")
  return %y : tensor<2x2xf32>
}
}

// -----

#target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8>
// expected-warning @below {{digital-nodes matches none of the 4 contractions; it must match a whole name, like 'back' 'bb' 'dw' 'sum'}}
module attributes {analog.target = #target} {
func.func @depthwise(%x: tensor<1x3x4x4xf32>, %init: tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32> {
  %w = arith.constant dense<1.0> : tensor<3x2x2xf32>
  // expected-remark @unknown {{'dw' stays digital: depthwise convolution, 3 matrices of 4 x 1 that share no input; --analog-nodes=dw puts it on tiles}}
  %y = linalg.depthwise_conv_2d_nchw_chw ins(%x, %w : tensor<1x3x4x4xf32>, tensor<3x2x2xf32>)
      outs(%init : tensor<1x3x3x3xf32>) -> tensor<1x3x3x3xf32> loc("dw")
  return %y : tensor<1x3x3x3xf32>
}

func.func @two_groups(%x: tensor<2x3x5x4xf32>, %init: tensor<2x3x5x2xf32>) -> tensor<2x3x5x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x3x4x2xf32>
  // expected-remark @unknown {{'bb' stays digital: it has 2 group dimensions; tiles take one}}
  %y = linalg.generic {indexing_maps = [affine_map<(a, b, m, n, k) -> (a, b, m, k)>, affine_map<(a, b, m, n, k) -> (a, b, k,
      n)>,
                                        affine_map<(a, b, m, n, k) -> (a, b, m, n)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3x5x4xf32>, tensor<2x3x4x2xf32>) outs(%init : tensor<2x3x5x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x3x5x2xf32> loc("bb")
  return %y : tensor<2x3x5x2xf32>
}

// The weights' first axis is read backwards.
func.func @indexed(%x: tensor<2x3xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<3x4xf32>
  // expected-remark @unknown {{'back' stays digital: its weights or results are indexed by (d0, d1, d2) -> (-d2 + 2, d1), not by one loop per axis}}
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (2 - k, n)>,
                                        affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%init : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32> loc("back")
  return %y : tensor<2x4xf32>
}

// The weights are read but what is multiplied comes from elsewhere: no product of the operands.
// CHECK-LABEL: func @factor_from_outside(
// CHECK: linalg.generic
// CHECK-NOT: analog.matmul
func.func @factor_from_outside(%x: tensor<2x3xf32>, %factor: f32, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<3x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                        affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3xf32>, tensor<3x4xf32>) outs(%init : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %factor : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

func.func @summed(%x: tensor<2x5x3xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<1.0> : tensor<3x4xf32>
  // expected-remark @unknown {{'sum' stays digital: loop 3 indexes only one of its operands}}
  %y = linalg.generic {indexing_maps = [affine_map<(m, n, k, j) -> (m, j, k)>, affine_map<(m, n, k, j) -> (k, n)>,
                                        affine_map<(m, n, k, j) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<2x5x3xf32>, tensor<3x4xf32>) outs(%init : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<2x4xf32> loc("sum")
  return %y : tensor<2x4xf32>
}
}

// -----

// expected-error @below {{the module has no target: give it the attribute analog.target = #analog.target<…>, or use --target}}
module {}
