// RUN: aimc-opt %s --host-finish-dispatches --split-input-file | FileCheck %s

// A ReLU over all of y. What else ends there ends behind.
// CHECK-LABEL: func @relu
// CHECK: %[[X:.*]] = memref.alloc
// CHECK: %[[Y:.*]] = memref.alloc
// CHECK: host.dispatch_finish 0 ins(%[[X]] : memref<?x3xf32>) outs(%[[Y]] : memref<?x4xf32>) rectify
// CHECK-NEXT: memref.dealloc %[[X]]
// CHECK-NOT: host.
// CHECK: return
func.func @relu(%n: index, %grain: index) {
  %zero = arith.constant 0.0 : f32
  %x = memref.alloc(%n) : memref<?x3xf32>
  %y = memref.alloc(%n) : memref<?x4xf32>
  host.dispatch 0 ins(%x : memref<?x3xf32>) outs(%y : memref<?x4xf32>)
  memref.dealloc %x : memref<?x3xf32>
  %c0 = arith.constant 0 : index
  %flat = memref.collapse_shape %y [[0, 1]] : memref<?x4xf32> into memref<?xf32>
  %count = memref.dim %flat, %c0 : memref<?xf32>
  host.parallel %i to %count grain %grain : index {
    %v = memref.load %flat[%i] : memref<?xf32>
    %w = arith.maximumf %v, %zero : f32
    memref.store %w, %flat[%i] : memref<?xf32>
    host.yield
  }
  return
}

// -----

// A sum with another array, in either order; x may be that array.
// CHECK-LABEL: func @residual
// CHECK: %[[X:.*]] = memref.alloc
// CHECK: %[[Y:.*]] = memref.alloc
// CHECK: host.dispatch_finish 0 ins(%[[X]] : memref<?xf32>) outs(%[[Y]] : memref<?xf32>) plus %[[X]] : memref<?xf32>{{$}}
// CHECK: %[[Z:.*]] = memref.alloc
// CHECK: host.dispatch_finish 1 ins(%[[Y]] : memref<?xf32>) outs(%[[Z]] : memref<?xf32>) plus %[[X]] : memref<?xf32> rectify
func.func @residual(%n: index, %grain: index) {
  %zero = arith.constant 0.0 : f32
  %x = memref.alloc(%n) : memref<?xf32>
  %y = memref.alloc(%n) : memref<?xf32>
  host.dispatch 0 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %a = memref.load %x[%i] : memref<?xf32>
    %b = memref.load %y[%i] : memref<?xf32>
    %c = arith.addf %a, %b : f32
    memref.store %c, %y[%i] : memref<?xf32>
    host.yield
  }
  %z = memref.alloc(%n) : memref<?xf32>
  host.dispatch 1 ins(%y : memref<?xf32>) outs(%z : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %a = memref.load %z[%i] : memref<?xf32>
    %b = memref.load %x[%i] : memref<?xf32>
    %c = arith.addf %a, %b : f32
    %d = arith.maximumf %zero, %c : f32
    memref.store %d, %z[%i] : memref<?xf32>
    host.yield
  }
  return
}

// -----

// Not what is written elsewhere, cut at another number, of another shape, scaled, or behind something else.
// CHECK-LABEL: func @others
// CHECK-NOT: dispatch_finish
// CHECK: return
func.func @others(%n: index, %grain: index) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %x = memref.alloc(%n) : memref<?xf32>
  %y = memref.alloc(%n) : memref<?xf32>
  %few = memref.alloc() : memref<4xf32>
  host.dispatch 0 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %v = memref.load %y[%i] : memref<?xf32>
    %w = arith.maximumf %v, %zero : f32
    memref.store %w, %x[%i] : memref<?xf32>
    host.yield
  }
  host.dispatch 1 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %v = memref.load %y[%i] : memref<?xf32>
    %w = arith.maximumf %v, %six : f32
    memref.store %w, %y[%i] : memref<?xf32>
    host.yield
  }
  host.dispatch 2 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %v = memref.load %y[%i] : memref<?xf32>
    %b = memref.load %few[%i] : memref<4xf32>
    %w = arith.addf %v, %b : f32
    memref.store %w, %y[%i] : memref<?xf32>
    host.yield
  }
  host.dispatch 3 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  host.parallel %i to %n grain %grain : index {
    %v = memref.load %y[%i] : memref<?xf32>
    %w = arith.mulf %v, %six : f32
    memref.store %w, %y[%i] : memref<?xf32>
    host.yield
  }
  host.dispatch 4 ins(%x : memref<?xf32>) outs(%y : memref<?xf32>)
  %first = memref.load %y[%c0] : memref<?xf32>
  memref.store %first, %x[%c0] : memref<?xf32>
  host.parallel %i to %n grain %grain : index {
    %v = memref.load %y[%i] : memref<?xf32>
    %w = arith.maximumf %v, %zero : f32
    memref.store %w, %y[%i] : memref<?xf32>
    host.yield
  }
  return
}
