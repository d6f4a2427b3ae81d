// RUN: aimc-opt %s --split-input-file --host-convert-to-llvm --canonicalize --verify-diagnostics | FileCheck %s

// CHECK-LABEL: llvm.func @aimc_entry
// CHECK: %[[IN:.*]] = host.buffer 0
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> !llvm.ptr
// CHECK: %[[Y:.*]] = host.allocate
// CHECK: host.call contract(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr
// CHECK: host.call dispatch(%{{.*}}, %{{.*}}, %{{.*}}) : i32, !llvm.ptr, !llvm.ptr
// CHECK: host.release
// CHECK: host.buffer out 0
// CHECK: host.disown %[[Y]]
func.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %c0 = arith.constant 0 : index
  %ok = arith.constant 0 : i32
  %x = host.input 0 : memref<?x3xf32>
  %w = host.constant 64 : memref<3x4xf32>
  %n = memref.dim %x, %c0 : memref<?x3xf32>
  %y = memref.alloc(%n) : memref<?x4xf32>
  %t = memref.alloc(%n) : memref<?x4xf32>
  host.contract 0 "fc" dims [0, 1, 1, 1] ins(%x, %w : memref<?x3xf32>, memref<3x4xf32>) outs(%t : memref<?x4xf32>)
      {a_map = affine_map<(m, n, k) -> (m, k)>, b_map = affine_map<(m, n, k) -> (k, n)>,
       c_map = affine_map<(m, n, k) -> (m, n)>}
  host.dispatch 3 ins(%t : memref<?x4xf32>) outs(%y : memref<?x4xf32>)
  memref.dealloc %t : memref<?x4xf32>
  host.output 0, %y owned : memref<?x4xf32>
  return %ok : i32
}

// -----

// A layer and what finishes its results: the addend's array or null, then whether they are cut at 0.
// CHECK-LABEL: llvm.func @finish
// CHECK-DAG: %[[NULL:.*]] = llvm.mlir.zero
// CHECK-DAG: host.call dispatch_finish(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32
// CHECK: host.call dispatch_finish(%{{.*}}, %{{.*}}, %{{.*}}, %[[NULL]], %{{.*}}) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32
func.func @finish(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %c0 = arith.constant 0 : index
  %ok = arith.constant 0 : i32
  %x = host.input 0 : memref<?x3xf32>
  %n = memref.dim %x, %c0 : memref<?x3xf32>
  %y = memref.alloc(%n) : memref<?x3xf32>
  host.dispatch_finish 3 ins(%x : memref<?x3xf32>) outs(%y : memref<?x3xf32>) plus %x : memref<?x3xf32>
  host.dispatch_finish 4 ins(%x : memref<?x3xf32>) outs(%y : memref<?x3xf32>) rectify
  host.output 0, %y owned : memref<?x3xf32>
  return %ok : i32
}

// -----

// CHECK-LABEL: llvm.func @loop
// CHECK: host.parallel %[[I:.*]] to %{{.*}} grain %{{.*}} : i64 {
// CHECK:   llvm.getelementptr {{.*}}[%[[I]]]
// CHECK:   llvm.store
func.func @loop(%data: memref<8xf32>, %count: index, %grain: index, %v: f32) {
  host.parallel %i to %count grain %grain : index {
    memref.store %v, %data[%i] : memref<8xf32>
    host.yield
  }
  return
}

// -----

func.func @output(%y: memref<4xf32>) {
  // expected-error @below {{does not own its buffer; run host-hand-over-outputs first}}
  // expected-error @below {{failed to legalize operation 'host.output'}}
  host.output 0, %y : memref<4xf32>
  return
}
