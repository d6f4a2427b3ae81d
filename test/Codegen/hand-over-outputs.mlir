// RUN: aimc-opt %s --host-hand-over-outputs | FileCheck %s

// An allocation that nothing else needs goes with the output; a second output of it, an input and a view are copied.
// Outputs come last.
// CHECK-LABEL: func @outputs
// CHECK: %[[X:.*]] = host.input 0
// CHECK: %[[Y:.*]] = memref.alloc() : memref<4x2xf32>
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[Y]]
// CHECK: %[[COPY1:.*]] = memref.alloc() : memref<4x2xf32>
// CHECK: linalg.generic
// CHECK: %[[COPY2:.*]] = memref.alloc(%{{.*}}) : memref<?xf32>
// CHECK: linalg.generic
// CHECK-NOT: memref.dealloc
// CHECK: host.output 0, %[[FLAT]] owned : memref<8xf32>
// CHECK: host.output 1, %[[COPY1]] owned : memref<4x2xf32>
// CHECK: host.output 2, %[[COPY2]] owned : memref<?xf32>
func.func @outputs() {
  %x = host.input 0 : memref<?xf32>
  %y = memref.alloc() : memref<4x2xf32>
  %flat = memref.collapse_shape %y [[0, 1]] : memref<4x2xf32> into memref<8xf32>
  host.output 0, %flat : memref<8xf32>
  host.output 1, %y : memref<4x2xf32>
  host.output 2, %x : memref<?xf32>
  memref.dealloc %y : memref<4x2xf32>
  return
}
