// RUN: aimc-opt %s --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @relu
func.func @relu(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
  // CHECK: onnx.node "Relu"(%{{.*}}) {attrs = {}, domain = "", opset = 13 : i64} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  %y = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x10xf32>) -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

// -----

// CHECK-LABEL: func @branches
func.func @branches(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: onnx.node "If"(%{{.*}}) with {
  // CHECK:   onnx.yield %{{.*}} : tensor<2xf32>
  %y = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<2xf32>
  }, {
    %z = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %z : tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @missing_graph(%c: tensor<i1>) {
  // expected-error @below {{lists 1 subgraphs in 'graphs' but has 0 regions}}
  onnx.node "If"(%c) {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch"]} : (tensor<i1>) -> ()
  return
}
