// RUN: aimc-opt %s --host-keep-loop-buffers | FileCheck %s

// CHECK-LABEL: func @same_shape
// CHECK: iter_args(%[[H:.*]] = %{{.*}})
// CHECK: %[[NEXT:.*]] = linalg.exp
// CHECK: %[[KEPT:.*]] = bufferization.materialize_in_destination %[[NEXT]] in %[[H]]
// CHECK: scf.yield %[[KEPT]]
func.func @same_shape(%init: tensor<?x4xf32>, %n: index, %rows: index) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%h = %init) -> tensor<?x4xf32> {
    %next = linalg.exp ins(%h : tensor<?x4xf32>) outs(%h : tensor<?x4xf32>) -> tensor<?x4xf32>
    scf.yield %next : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}

// An array that grows needs a new place each step.
// CHECK-LABEL: func @grows
// CHECK-NOT: bufferization.materialize_in_destination
func.func @grows(%init: tensor<?xf32>, %n: index, %x: tensor<4xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%all = %init) -> tensor<?xf32> {
    %next = tensor.concat dim(0) %all, %x : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}
