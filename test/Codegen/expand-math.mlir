// RUN: aimc-opt %s --host-expand-math | FileCheck %s

// What is an instruction stays, everything else becomes arithmetic.
// CHECK-LABEL: func @instructions
// CHECK: math.sqrt
// CHECK: math.floor
// CHECK: math.absf
func.func @instructions(%x: f32) -> (f32, f32, f32) {
  %0 = math.sqrt %x : f32
  %1 = math.floor %x : f32
  %2 = math.absf %x : f32
  return %0, %1, %2 : f32, f32, f32
}

// CHECK-LABEL: func @functions
// CHECK-NOT: math.{{exp|log|tanh|erf|powf|sin}}
// CHECK-NOT: arith.remf
// CHECK: return
func.func @functions(%x: f32, %y: f32, %h: f16, %d: f64) -> (f32, f32, f32, f32, f32, f32, f32, f16, f64) {
  %0 = math.exp %x : f32
  %1 = math.log %x : f32
  %2 = math.tanh %x : f32
  %3 = math.erf %x : f32
  %4 = math.powf %x, %y : f32
  %5 = math.sin %x : f32
  %6 = arith.remf %x, %y : f32
  %7 = math.exp %h : f16
  %8 = math.erf %d : f64
  return %0, %1, %2, %3, %4, %5, %6, %7, %8 : f32, f32, f32, f32, f32, f32, f32, f16, f64
}

// A half type goes through float32, whose exponent has 8 bits.
// CHECK-LABEL: func @half
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: arith.shli %{{.*}} : i32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half(%h: f16) -> f16 {
  %0 = math.exp %h : f16
  return %0 : f16
}

// A power needs more digits inside than float32 has.
// CHECK-LABEL: func @power
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.truncf %{{.*}} : f64 to f32
func.func @power(%x: f32, %y: f32) -> f32 {
  %0 = math.powf %x, %y : f32
  return %0 : f32
}

// CHECK-LABEL: func @integers
// CHECK: scf.for
// CHECK-NOT: math.ipowi
func.func @integers(%x: i32, %n: i32) -> i32 {
  %0 = math.ipowi %x, %n : i32
  return %0 : i32
}
