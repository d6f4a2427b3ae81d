// RUN: aimc-opt %s --split-input-file | FileCheck %s

// CHECK-LABEL: func @program
func.func @program(%init: tensor<?x4x8x8xf32>) {
  // CHECK: %[[X:.*]] = host.input 0 : tensor<?x3x8x8xf32>
  %x = host.input 0 : tensor<?x3x8x8xf32>
  // CHECK: %[[W:.*]] = host.constant 128 : tensor<4x3x3x3xf32>
  %w = host.constant 128 : tensor<4x3x3x3xf32>
  // CHECK: host.contract 0 "conv1" dims [0, 3, 1, 3] ins(%[[X]], %[[W]] : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>)
  // CHECK-SAME: outs(%{{.*}} : tensor<?x4x8x8xf32>)
  %y = host.contract 0 "conv1" dims [0, 3, 1, 3]
      ins(%x, %w : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) outs(%init : tensor<?x4x8x8xf32>)
      {a_map = affine_map<(n, y, x, f, c, i, j) -> (n, c, y + i - 1, x + j - 1)>,
       b_map = affine_map<(n, y, x, f, c, i, j) -> (f, c, i, j)>,
       c_map = affine_map<(n, y, x, f, c, i, j) -> (n, f, y, x)>} -> tensor<?x4x8x8xf32>
  // CHECK: host.dispatch 3 ins(%{{.*}} : tensor<?x4x8x8xf32>) outs(%{{.*}} : tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  %z = host.dispatch 3 ins(%y : tensor<?x4x8x8xf32>) outs(%init : tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  // CHECK: host.output 0, %{{.*}} : tensor<?x4x8x8xf32>
  host.output 0, %z : tensor<?x4x8x8xf32>
  return
}

// -----

// CHECK-LABEL: func @loop
func.func @loop(%y: memref<?xf32>, %count: index, %grain: index, %zero: f32) {
  // CHECK: host.parallel %[[I:.*]] to %{{.*}} grain %{{.*}} : index {
  // CHECK:   memref.store %{{.*}}, %{{.*}}[%[[I]]]
  // CHECK:   host.yield
  host.parallel %i to %count grain %grain : index {
    memref.store %zero, %y[%i] : memref<?xf32>
    host.yield
  }
  return
}

// -----

// CHECK-LABEL: llvm.func @beside_llvm
llvm.func @beside_llvm(%good: i1, %status: i32, %bytes: i64, %index: i32, %a: !llvm.ptr) {
  // CHECK: host.check
  host.check %status
  // CHECK: host.expect %{{.*}}, "n: {} of {}"(%{{.*}}, %{{.*}}) : i64, i64
  host.expect %good, "n: {} of {}"(%bytes, %bytes) : i64, i64
  // CHECK: host.expect %{{.*}}, "n"
  host.expect %good, "n"
  // CHECK: %[[P:.*]] = host.allocate
  %p = host.allocate %bytes
  // CHECK: host.call contract(%{{.*}}, %{{.*}}, %{{.*}}, %[[P]]) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr
  host.call contract(%index, %a, %a, %p) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr
  // CHECK: host.release %[[P]]
  host.release %p
  // CHECK: host.disown
  %q = host.disown %a
  // CHECK: host.buffer 0
  %in = host.buffer 0
  // CHECK: host.buffer out 1
  %out = host.buffer out 1
  // CHECK: host.constants
  %base = host.constants
  llvm.return
}
