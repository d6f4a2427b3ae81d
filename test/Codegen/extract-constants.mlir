// RUN: aimc-opt %s --host-extract-constants | FileCheck %s

// CHECK: module attributes {host.section = [dense_resource<w> : tensor<2x3xf32>, dense_resource<v> : tensor<1x1xf32>]}
// CHECK-LABEL: func @constants
func.func @constants() -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x1xf32>, tensor<2xf32>, tensor<1024xf32>) {
  // Resources move to the section, at multiples of 64 bytes; equal ones share a place.
  // CHECK-DAG: host.constant 0 : tensor<2x3xf32>
  %0 = arith.constant dense_resource<w> : tensor<2x3xf32>
  %1 = arith.constant dense_resource<w> : tensor<2x3xf32>
  // CHECK-DAG: host.constant 64 : tensor<1x1xf32>
  %2 = arith.constant dense_resource<v> : tensor<1x1xf32>
  // CHECK-DAG: arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %3 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // CHECK-DAG: linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1024xf32>)
  %4 = arith.constant dense<0.5> : tensor<1024xf32>
  return %0, %1, %2, %3, %4 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x1xf32>, tensor<2xf32>, tensor<1024xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F000000400000404000008040000000A00000C040",
      v: "0x040000000000803F"
    }
  }
#-}
