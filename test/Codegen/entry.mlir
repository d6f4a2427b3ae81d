// RUN: aimc-opt %s --split-input-file --host-entry --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @aimc_entry(
// CHECK-SAME: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK: %[[X:.*]] = host.input 0 : tensor<?x3xf32>
// CHECK: %[[Y:.*]] = host.dispatch 0 ins(%[[X]] : tensor<?x3xf32>)
// CHECK: host.output 0, %[[Y]] : tensor<?x2xf32>
// CHECK: host.output 1, %[[X]] : tensor<?x3xf32>
// CHECK: %[[OK:.*]] = arith.constant 0 : i32
// CHECK: return %[[OK]]
// CHECK-NOT: analog.crossbar
analog.crossbar @fc1 node "fc1" [1, 3, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
func.func @main(%x: tensor<?x3xf32>, %init: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x3xf32>) {
  %y = analog.dispatch @fc1 ins(%x : tensor<?x3xf32>) outs(%init : tensor<?x2xf32>) {
      node = "fc1", site = 0 : i64, x_map = affine_map<(m, g, k) -> (m, k)>, y_map = affine_map<(m, g, n) -> (m, n)>,
      k_sizes = array<i64: 3>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
      input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<?x2xf32>
  return %y, %x : tensor<?x2xf32>, tensor<?x3xf32>
}

// -----

// expected-error @below {{host code is compiled from a function '@main', which this module lacks}}
module {
  func.func @other() { return }
}

// -----

// expected-error @below {{has an input or output of type 'f32'; host code exchanges ranked tensors}}
func.func @main(%x: f32) { return }

// -----

// expected-note @below {{a recursive function, or one with several blocks}}
func.func @again(%x: tensor<f32>) -> tensor<f32> {
  %y = func.call @again(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
// expected-error @below {{calls '@again', which cannot be inlined}}
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  %y = func.call @again(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// expected-error @below {{has 2 blocks; host code is compiled from one, with control flow in scf}}
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  cf.br ^next
^next:
  return %x : tensor<f32>
}
