// RUN: aimc-opt %s --onnx-canonicalize | FileCheck %s

// CHECK-LABEL: func @nothing
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3xf32>
// CHECK-NEXT: return %[[X]]
func.func @nothing(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %shape = arith.constant dense<[2, -1]> : tensor<2xi64>
  %ones = arith.constant dense<1> : tensor<2xi64>
  %unused = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %0 = onnx.node "Identity"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.node "Dropout"(%0) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = onnx.node "Cast"(%1) {domain = "", opset = 13 : i64, attrs = {to = 1 : i64}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = onnx.node "Reshape"(%2, %shape) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %4 = onnx.node "Concat"(%3) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = onnx.node "Expand"(%4, %ones) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %5 : tensor<2x3xf32>
}

// There and back.
// CHECK-LABEL: func @pairs
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x3x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @pairs(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %flat = arith.constant dense<[0, -1]> : tensor<2xi64>
  %back = arith.constant dense<[-1, 3, 4]> : tensor<3xi64>
  %0 = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1, 2, 0>}}
    : (tensor<?x3x4xf32>) -> tensor<3x4x?xf32>
  %1 = onnx.node "Transpose"(%0) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 2, 0, 1>}}
    : (tensor<3x4x?xf32>) -> tensor<?x3x4xf32>
  %2 = onnx.node "Reshape"(%1, %flat) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x3x4xf32>, tensor<2xi64>) -> tensor<?x12xf32>
  %3 = onnx.node "Reshape"(%2, %back) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x12xf32>, tensor<3xi64>) -> tensor<?x3x4xf32>
  return %3 : tensor<?x3x4xf32>
}

// Two transposes are one: dimension d of the result is first[second[d]].
// CHECK-LABEL: func @composed
// CHECK-NEXT: onnx.node "Transpose"(%arg0) {attrs = {perm = array<i64: 2, 1, 0>}
// CHECK-NEXT: return
func.func @composed(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %0 = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1, 2, 0>}}
    : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = onnx.node "Transpose"(%0) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1, 0, 2>}}
    : (tensor<3x4x2xf32>) -> tensor<4x3x2xf32>
  return %1 : tensor<4x3x2xf32>
}

// The same type is not the same value: a reversed slice, a reshape with two open sizes, a mask that someone reads.
// CHECK-LABEL: func @kept
// CHECK: "Slice"
// CHECK: "Reshape"
// CHECK: "Dropout"
func.func @kept(%x: tensor<3xf32>, %y: tensor<?x?xf32>, %shape: tensor<2xi64>)
    -> (tensor<3xf32>, tensor<?x?xf32>, tensor<3xf32>, tensor<3xi1>) {
  %starts = arith.constant dense<-1> : tensor<1xi64>
  %ends = arith.constant dense<-9> : tensor<1xi64>
  %axes = arith.constant dense<0> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %starts, %ends, %axes, %starts) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  %1 = onnx.node "Reshape"(%y, %shape) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  %2:2 = onnx.node "Dropout"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3xf32>) -> (tensor<3xf32>, tensor<3xi1>)
  return %0, %1, %2#0, %2#1 : tensor<3xf32>, tensor<?x?xf32>, tensor<3xf32>, tensor<3xi1>
}

// A size that only the copy knows holds for the original.
// CHECK-LABEL: func @refined
// CHECK: %[[Y:.*]] = onnx.node "Relu"{{.*}} -> tensor<5x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @refined(%x: tensor<?x3xf32>) -> tensor<5x3xf32> {
  %0 = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = onnx.node "Identity"(%0) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x3xf32>) -> tensor<5x3xf32>
  return %1 : tensor<5x3xf32>
}

// Zeros as initial states are the default; a state that is given stays.
// CHECK-LABEL: func @initial_states
// CHECK: onnx.node "LSTM"(%arg0, %arg1, %arg2) {
// CHECK: %[[NONE:.*]] = onnx.none
// CHECK: onnx.node "LSTM"(%arg0, %arg1, %arg2, %{{.*}}, %{{.*}}, %[[NONE]], %arg3)
func.func @initial_states(%x: tensor<5x?x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>, %c: tensor<1x?x4xf32>,
                          %shape: tensor<3xi64>) -> (tensor<5x1x?x4xf32>, tensor<5x1x?x4xf32>) {
  %none = onnx.none
  %zeros = onnx.node "ConstantOfShape"(%shape) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xi64>) -> tensor<1x?x4xf32>
  %0 = onnx.node "LSTM"(%x, %w, %r, %none, %none, %zeros, %zeros) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x?x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, tensor<1x?x4xf32>, tensor<1x?x4xf32>)
      -> tensor<5x1x?x4xf32>
  %1 = onnx.node "LSTM"(%x, %w, %r, %none, %none, %zeros, %c) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<5x?x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, tensor<1x?x4xf32>, tensor<1x?x4xf32>)
      -> tensor<5x1x?x4xf32>
  return %0, %1 : tensor<5x1x?x4xf32>, tensor<5x1x?x4xf32>
}
