// RUN: aimc-opt %s --host-fuse-elementwise --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>

// A chain becomes one operation, which writes over the contraction's result.
// CHECK-LABEL: func @chain
// CHECK: %[[C:.*]] = host.contract
// CHECK: linalg.generic
// CHECK-SAME: outs(%[[C]] : tensor<2x4xf32>)
// CHECK: arith.addf
// CHECK-NEXT: arith.maximumf
// CHECK-NOT: linalg.generic
func.func @chain(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %bias: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4xf32>
  %c = host.contract 0 "fc" dims [0, 1, 1, 1] ins(%a, %b : tensor<2x3xf32>, tensor<3x4xf32>) outs(%e : tensor<2x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
      -> tensor<2x4xf32>
  %s = linalg.add ins(%c, %bias : tensor<2x4xf32>, tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) {
  ^bb0(%x: f32, %o: f32):
    %m = arith.maximumf %x, %zero : f32
    linalg.yield %m : f32
  } -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
#line = affine_map<(d0) -> (d0)>

// What is expensive and broadcast is computed once, not per element.
// CHECK-LABEL: func @broadcast
// CHECK: linalg.generic
// CHECK: math.rsqrt
// CHECK: linalg.generic
// CHECK: arith.mulf
func.func @broadcast(%x: tensor<2x4xf32>, %variance: tensor<2xf32>) -> tensor<2x4xf32> {
  %e1 = tensor.empty() : tensor<2xf32>
  %scale = linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%variance : tensor<2xf32>) outs(%e1 : tensor<2xf32>) {
  ^bb0(%v: f32, %o: f32):
    %s = math.rsqrt %v : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %e2 = tensor.empty() : tensor<2x4xf32>
  %y = linalg.generic {indexing_maps = [#id, #rows, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %scale : tensor<2x4xf32>, tensor<2xf32>) outs(%e2 : tensor<2x4xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %p = arith.mulf %a, %s : f32
    linalg.yield %p : f32
  } -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func @decomposed
// CHECK-NOT: linalg.softmax
// CHECK-NOT: tensor.concat
// CHECK: math.exp
// CHECK: tensor.insert_slice
func.func @decomposed(%x: tensor<2x4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<2x4xf32>
  %s = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%e : tensor<2x4xf32>) -> tensor<2x4xf32>
  %c = tensor.concat dim(0) %s, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
  return %c : tensor<4x4xf32>
}
