// RUN: aimc-opt %s --host-lower-to-loops="sequential-work=1000 grain-work=400" --canonicalize --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// Contiguous dimensions become one, a small loop runs in sequence, its iterations known to be independent.
// CHECK-LABEL: func @small
// CHECK: %[[X:.*]] = memref.collapse_shape %arg0 {{\[\[}}0, 1]] : memref<3x4xf32> into memref<12xf32>
// CHECK: scf.for %[[I:.*]] = %c0 to %c12 step %c1
// CHECK:   %[[V:.*]] = memref.load %[[X]][%[[I]]]
// CHECK:   arith.negf %[[V]]
// CHECK: } {llvm.loop_annotation
// CHECK-NOT: host.parallel
func.func @small(%x: memref<3x4xf32>, %y: memref<3x4xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<3x4xf32>) outs(%y : memref<3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#t = affine_map<(d0, d1, d2) -> (d1, d0, d2)>

// Leading dimensions are shared until an iteration is smaller than a share: 20 of 50 elements here.
// CHECK-LABEL: func @large
// CHECK: host.parallel %[[I:.*]] to %c20 grain %c4 : index {
// CHECK:   %[[B:.*]] = arith.remui %[[I]], %c5
// CHECK:   %[[A:.*]] = arith.divui %[[I]], %c5
// CHECK:   scf.for %[[J:.*]] = %c0 to %c50
// CHECK:     memref.load %arg0[%[[B]], %[[A]], %[[J]]]
// CHECK:   host.yield
func.func @large(%x: memref<5x4x50xf32>, %y: memref<4x5x50xf32>) {
  linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<5x4x50xf32>) outs(%y : memref<4x5x50xf32>) {
  ^bb0(%a: f32, %o: f32):
    %n = arith.negf %a : f32
    linalg.yield %n : f32
  }
  return
}

// -----

// The share of a loop over an unknown number of rows.
// CHECK-LABEL: func @rows
// CHECK: %[[N:.*]] = memref.dim %arg0, %c0
// CHECK: host.parallel %{{.*}} to %[[N]] grain %c4 : index
func.func @rows(%x: memref<?x100xf32, strided<[200, 1]>>, %y: memref<?x100xf32>) {
  memref.copy %x, %y : memref<?x100xf32, strided<[200, 1]>> to memref<?x100xf32>
  return
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>

// A sum runs in ascending order in a register.
// CHECK-LABEL: func @row_sums
// CHECK: scf.for %[[I:.*]] = %c0 to %c3
// CHECK:   %[[START:.*]] = memref.load %arg1[%[[I]]]
// CHECK:   %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %c5 step %c1 iter_args(%[[S:.*]] = %[[START]])
// CHECK:     %[[V:.*]] = memref.load %arg0[%[[I]], %[[J]]]
// CHECK:     %[[NEXT:.*]] = arith.addf %[[S]], %[[V]]
// CHECK:     scf.yield %[[NEXT]]
// CHECK:   memref.store %[[SUM]], %arg1[%[[I]]]
func.func @row_sums(%x: memref<3x5xf32>, %y: memref<3xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<3x5xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%a: f32, %s: f32):
    %r = arith.addf %s, %a : f32
    linalg.yield %r : f32
  }
  return
}

// -----

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d1)>

// A long sum over columns has the contiguous dimension inside.
// CHECK-LABEL: func @column_sums
// CHECK: scf.for %[[I:.*]] = %c0 to %c40
// CHECK:   scf.for %[[J:.*]] = %c0 to %c8
// CHECK-DAG: memref.load %arg0[%[[I]], %[[J]]]
// CHECK-DAG: memref.load %arg1[%[[J]]]
// CHECK:     memref.store %{{.*}}, %arg1[%[[J]]]
// CHECK:   } {llvm.loop_annotation
func.func @column_sums(%x: memref<40x8xf32>, %y: memref<8xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<40x8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %s: f32):
    %r = arith.addf %s, %a : f32
    linalg.yield %r : f32
  }
  return
}

// -----

func.func @tensors(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{is still on tensors; bufferize before loops}}
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
