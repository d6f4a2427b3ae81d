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

// In the first iteration alone one branch could not run; the sizes of the others are open, and both branches stay.
// CHECK-LABEL: func.func @first_iteration
// CHECK:         "If"
// CHECK-NOT:     only_branch
// CHECK:       }
func.func @first_iteration(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> tensor<*xf32> {
  %true = arith.constant dense<true> : tensor<i1>
  %two = arith.constant dense<[2, -1]> : tensor<2xi64>
  %four = arith.constant dense<[4, -1]> : tensor<2xi64>
  %y = onnx.node "Loop"(%n, %true, %x) with {
  ^bb0(%i: tensor<*xi64>, %d: tensor<*xi1>, %v: tensor<*xf32>):
    // expected-warning @below {{If (If, opset 13): else_branch cannot run with these sizes and is left out: Reshape (Reshape, opset 13): reshapes 6 elements into rows of 4}}
    %b = onnx.node "If"(%c) with {
      %r = onnx.node "Reshape"(%v, %four) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<2xi64>) -> tensor<*xf32>
      onnx.yield %r : tensor<*xf32>
    }, {
      %r = onnx.node "Reshape"(%v, %two) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<2xi64>) -> tensor<*xf32>
      onnx.yield %r : tensor<*xf32>
    } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32>
    %f = onnx.node "Flatten"(%b) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<*xf32>) -> tensor<*xf32>
    %zero = arith.constant dense<0> : tensor<1xi64>
    %s = onnx.node "Squeeze"(%f, %zero) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
    %w = onnx.node "Concat"(%s, %v) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
    onnx.yield %d, %w : tensor<*xi1>, tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// A branch that would hand a sequence out cannot run. What works on its sequence stays until the branch goes.
// CHECK-LABEL: func.func @sequence_leaves
// CHECK-NOT:     "SequenceEmpty"
// CHECK:         "Relu"
// CHECK-NOT:     "SequenceEmpty"
func.func @sequence_leaves(%c: tensor<i1>, %x: tensor<6xf32>) -> tensor<*xf32> {
  // expected-warning @below {{If (If, opset 13): then_branch cannot run with these sizes and is left out: a sequence cannot leave its graph; its tensors are known in one graph only}}
  %y = onnx.node "If"(%c) with {
    %r = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<6xf32>) -> tensor<*xf32>
    onnx.yield %r : tensor<*xf32>
  }, {
    %s = onnx.node "SequenceEmpty"() {domain = "", opset = 13 : i64, attrs = {}} : () -> tensor<*xf32>
    onnx.yield %s : tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
