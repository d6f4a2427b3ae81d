// RUN: aimc-opt %s --analog-select --analog-partition --analog-quantize-weights --analog-insert-converters --canonicalize --cse \
// RUN:   --analog-place --analog-lower-to-dispatch | FileCheck %s
// All passes after one another: two matrices that read the same patches (common subexpressions are shared), then a third on the
// rectified sum of both. Nothing analog but dispatches is left, and the third has unsigned codes.

// CHECK: analog.utilization
module attributes {analog.target = #analog.target<name = "t", tile_rows = 4, tile_columns = 4, array_rows = 8, array_columns = 8,
                                                  arrays_per_chip = 4, adc_bits = 0>} {
// CHECK: analog.crossbar @a
// CHECK: analog.crossbar @b
// CHECK: analog.crossbar @c
// CHECK-LABEL: func @network(
// CHECK-SAME: %[[X:.*]]: tensor<6x?xf32>
// CHECK-NOT: analog.gather
// CHECK: %[[A:.*]] = analog.dispatch @a ins(%[[X]] : tensor<6x?xf32>) {{.*}} input_signed = true, {{.*}} site = 0 : i64
// CHECK: %[[B:.*]] = analog.dispatch @b ins(%[[X]] : tensor<6x?xf32>) {{.*}} input_signed = true, {{.*}} site = 1 : i64
// CHECK: %[[SUM:.*]] = linalg.add ins(%[[A]], %[[B]]
// CHECK: %[[RELU:.*]] = linalg.max ins(%[[SUM]]
// CHECK: %[[C:.*]] = analog.dispatch @c ins(%[[RELU]] : tensor<?x3xf32>) {{.*}} input_signed = false, {{.*}} site = 2 : i64
// CHECK-NOT: analog.
// CHECK: return %[[C]]
func.func @network(%x: tensor<6x?xf32> {analog.batch_dim = 1 : i64}, %n: index) -> tensor<?x2xf32> {
  %wa = arith.constant dense<1.0> : tensor<6x3xf32>
  %wb = arith.constant dense<2.0> : tensor<6x3xf32>
  %wc = arith.constant dense<3.0> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e3 = tensor.empty(%n) : tensor<?x3xf32>
  %z3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<?x3xf32>) -> tensor<?x3xf32>
  %e2 = tensor.empty(%n) : tensor<?x2xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<?x2xf32>) -> tensor<?x2xf32>
  %a = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>,
                                      affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %wa : tensor<6x?xf32>, tensor<6x3xf32>) outs(%z3 : tensor<?x3xf32>) -> tensor<?x3xf32> loc("a")
  %b = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>,
                                      affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %wb : tensor<6x?xf32>, tensor<6x3xf32>) outs(%z3 : tensor<?x3xf32>) -> tensor<?x3xf32> loc("b")
  %s = linalg.add ins(%a, %b : tensor<?x3xf32>, tensor<?x3xf32>) outs(%e3 : tensor<?x3xf32>) -> tensor<?x3xf32>
  %r = linalg.max ins(%s, %z3 : tensor<?x3xf32>, tensor<?x3xf32>) outs(%e3 : tensor<?x3xf32>) -> tensor<?x3xf32>
  %c = linalg.matmul ins(%r, %wc : tensor<?x3xf32>, tensor<3x2xf32>) outs(%z2 : tensor<?x2xf32>) -> tensor<?x2xf32> loc("c")
  return %c : tensor<?x2xf32>
}
}
