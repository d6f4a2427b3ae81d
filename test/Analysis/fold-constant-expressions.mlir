// RUN: aimc-opt %s --fold-constant-expressions="inline-bytes=16" | FileCheck %s

// Only the end of a chain is made; what only led to it disappears.
// CHECK-LABEL: func @chain
// CHECK-NEXT: %[[W:.*]] = arith.constant dense<{{\[}}[2.000000e+00], [4.000000e+00]]> : tensor<2x1xf32>
// CHECK-NEXT: return %[[W]]
func.func @chain() -> tensor<2x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %e = tensor.empty() : tensor<2x1xf32>
  %t = linalg.transpose ins(%w : tensor<1x2xf32>) outs(%e : tensor<2x1xf32>) permutation = [1, 0]
  %d = arith.addf %t, %t : tensor<2x1xf32>
  return %d : tensor<2x1xf32>
}

// Above the limit a constant is a resource; a reshape of a whole resource is the same resource.
// CHECK-LABEL: func @resources
func.func @resources() -> (tensor<8xf32>, tensor<4x2xf32>, tensor<4x4xf32>) {
  // CHECK-DAG: %[[SAME:.*]] = arith.constant dense_resource<weights> : tensor<8xf32>
  // CHECK-DAG: %[[NEW:.*]] = arith.constant dense_resource<folded> : tensor<4x2xf32>
  // CHECK-DAG: %[[SPLAT:.*]] = arith.constant dense<3.000000e+00> : tensor<4x4xf32>
  %w = arith.constant dense_resource<weights> : tensor<2x4xf32>
  %c = tensor.collapse_shape %w [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x4xf32>) outs(%e : tensor<4x2xf32>) permutation = [1, 0]
  %one = arith.constant dense<1.5> : tensor<4x4xf32>
  %s = arith.addf %one, %one : tensor<4x4xf32>
  // CHECK: return %[[SAME]], %[[NEW]], %[[SPLAT]]
  return %c, %t, %s : tensor<8xf32>, tensor<4x2xf32>, tensor<4x4xf32>
}

// Initial values of sums stay cheap; a dynamic type is kept by a cast.
// CHECK-LABEL: func @initial
func.func @initial(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<?xi32>) {
  %c0 = arith.constant 0.0 : f32
  // CHECK: %[[E:.*]] = tensor.empty() : tensor<3x2xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  // CHECK: %[[F:.*]] = linalg.fill ins({{.*}}) outs(%[[E]]
  %f = linalg.fill ins(%c0 : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  // CHECK: linalg.add ins(%arg0, %[[F]]
  %y = linalg.add ins(%x, %f : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  // CHECK: %[[I:.*]] = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  // CHECK: %[[D:.*]] = tensor.cast %[[I]] : tensor<4xi32> to tensor<?xi32>
  %i = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %shape = arith.constant dense<[4]> : tensor<1xindex>
  %r = tensor.reshape %i(%shape) : (tensor<2x2xi32>, tensor<1xindex>) -> tensor<?xi32>
  // CHECK: return %{{.*}}, %[[D]]
  return %y, %r : tensor<3x2xf32>, tensor<?xi32>
}

// A large broadcast is not written out; what it repeats is.
// CHECK-LABEL: func @broadcast
func.func @broadcast() -> tensor<4x2xf32> {
  // CHECK: %[[C:.*]] = arith.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
  // CHECK: %[[B:.*]] = linalg.broadcast ins(%[[C]] : tensor<2xf32>)
  // CHECK: return %[[B]]
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %d = arith.addf %c, %c : tensor<2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %b = linalg.broadcast ins(%d : tensor<2xf32>) outs(%e : tensor<4x2xf32>) dimensions = [0]
  return %b : tensor<4x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x040000000000803F0000004000004040000080400000A0400000C0400000E04000000041"
    }
  }
#-}

// transpose of [[1, 2, 3, 4], [5, 6, 7, 8]]: 1 5 2 6 3 7 4 8
// CHECK: folded: "0x040000000000803F0000A040000000400000C040000040400000E0400000804000000041"
