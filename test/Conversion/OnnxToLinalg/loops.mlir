// RUN: aimc-opt %s --onnx-infer-shapes --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// Nothing ends the loop early: it counts. What each iteration yields is stacked in a tensor of the final length.
// CHECK-LABEL: func.func @counted
// CHECK-SAME:    -> (tensor<2xf32>, tensor<3x2xf32>)
// CHECK:         scf.for {{.*}} iter_args({{.*}}) -> (tensor<2xf32>, tensor<3x2xf32>)
// CHECK:           arith.addf
// CHECK:           tensor.insert_slice
func.func @counted(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  %n = arith.constant dense<3> : tensor<i64>
  %go = arith.constant dense<true> : tensor<i1>
  %last, %all = onnx.node "Loop"(%n, %go, %x) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    %next = onnx.node "Add"(%v, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<2xf32>) -> tensor<*xf32>
    onnx.yield %c, %next, %next : tensor<i1>, tensor<*xf32>, tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]}
    : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> (tensor<*xf32>, tensor<*xf32>)
  return %last, %all : tensor<*xf32>, tensor<*xf32>
}

// -----

// A size that changes from one iteration to the next is not known.
// CHECK-LABEL: func.func @growing
// CHECK-SAME:    -> tensor<?xf32>
// CHECK:         scf.while
func.func @growing(%n: tensor<i64>, %x: tensor<1xf32>) -> tensor<*xf32> {
  %go = arith.constant dense<true> : tensor<i1>
  %last = onnx.node "Loop"(%n, %go, %x) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    %next = onnx.node "Concat"(%v, %x) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<*xf32>, tensor<1xf32>) -> tensor<*xf32>
    onnx.yield %c, %next : tensor<i1>, tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]}
    : (tensor<i64>, tensor<i1>, tensor<1xf32>) -> tensor<*xf32>
  return %last : tensor<*xf32>
}

// -----

// CHECK-LABEL: func.func @scan
// CHECK:         scf.for {{.*}} -> (tensor<2xf32>, tensor<3x2xf32>)
// CHECK:           tensor.extract_slice %arg1{{.*}} : tensor<3x2xf32> to tensor<2xf32>
func.func @scan(%s: tensor<2xf32>, %x: tensor<3x2xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  %last, %all = onnx.node "Scan"(%s, %x) with {
  ^bb0(%v: tensor<*xf32>, %e: tensor<*xf32>):
    %next = onnx.node "Add"(%v, %e) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
    onnx.yield %next, %next : tensor<*xf32>, tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {num_scan_inputs = 1 : i64}, graphs = ["body"]}
    : (tensor<2xf32>, tensor<3x2xf32>) -> (tensor<*xf32>, tensor<*xf32>)
  return %last, %all : tensor<*xf32>, tensor<*xf32>
}

// -----

// A body whose elementwise operands may broadcast reads one by index. A Scan of old is a loop in a loop over samples, here one.
// CHECK-LABEL: func.func @batched_scan
// CHECK:       scf.for
// CHECK:         linalg.generic
// CHECK:           tensor.extract %
func.func @batched_scan(%initial: tensor<1x2xf32>, %x: tensor<1x3x?xf32>) -> tensor<1x2xf32> {
  %none = onnx.none
  %y = onnx.node "Scan"(%none, %initial, %x) with {
  ^bb0(%sum: tensor<2xf32>, %next: tensor<?xf32>):
    %s = onnx.node "Add"(%sum, %next) {domain = "", opset = 8 : i64, attrs = {}} : (tensor<2xf32>, tensor<?xf32>) -> tensor<2xf32>
    onnx.yield %s : tensor<2xf32>
  } {domain = "", opset = 8 : i64, attrs = {num_scan_inputs = 1 : i64}, graphs = ["body"]}
    : (none, tensor<1x2xf32>, tensor<1x3x?xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
