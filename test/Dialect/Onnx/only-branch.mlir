// RUN: aimc-opt %s --onnx-fold-constants --verify-diagnostics | FileCheck %s

// The else branch wants eight elements and there are six: it cannot run, so the other one is all there is.
// CHECK-LABEL: func.func @sizes
// CHECK-NOT:     "If"
// CHECK:         "Reshape"
// CHECK-NOT:     "If"
func.func @sizes(%c: tensor<i1>, %x: tensor<6xf32>) -> tensor<*xf32> {
  %two = arith.constant dense<[2, 3]> : tensor<2xi64>
  %four = arith.constant dense<[4, 2]> : tensor<2xi64>
  // expected-warning @below {{If (If, opset 13): else_branch cannot run with these sizes and is left out: Reshape (Reshape, opset 13): reshapes 6 elements into 8}}
  %y = onnx.node "If"(%c) with {
    %r = onnx.node "Reshape"(%x, %four) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<6xf32>, tensor<2xi64>) -> tensor<*xf32>
    onnx.yield %r : tensor<*xf32>
  }, {
    %r = onnx.node "Reshape"(%x, %two) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<6xf32>, tensor<2xi64>) -> tensor<*xf32>
    onnx.yield %r : tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
