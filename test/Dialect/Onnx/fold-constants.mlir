// RUN: aimc-opt %s --onnx-fold-constants --split-input-file | FileCheck %s

// A shape that the graph computes for itself.
// CHECK-LABEL: func @shape
// CHECK: %[[C:.*]] = arith.constant dense<[3, 4, 10]> : tensor<3xi64>
// CHECK-NOT: onnx.node
// CHECK: return %[[C]]
func.func @shape(%x: tensor<2x3x4xf32>) -> tensor<3xi64> {
  %starts = arith.constant dense<1> : tensor<1xi64>
  %ends = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %five = arith.constant dense<5> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %0 = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3x4xf32>) -> tensor<3xi64>
  %1 = onnx.node "Slice"(%0, %starts, %ends) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %2 = onnx.node "Mul"(%five, %two) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %3 = onnx.node "Concat"(%1, %2) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<2xi64>, tensor<1xi64>) -> tensor<3xi64>
  return %3 : tensor<3xi64>
}

// -----

// Integer division truncates, floats round to their own width: 1/3 in f32, 0.1 + 0.2 in f32 (not 0.30000000000000004).
// CHECK-LABEL: func @arithmetic
// CHECK-DAG: %[[DIV:.*]] = arith.constant dense<[-3, 3, 2]> : tensor<3xi64>
// CHECK-DAG: %[[MOD:.*]] = arith.constant dense<[1, 1, -1]> : tensor<3xi64>
// CHECK-DAG: %[[SUM:.*]] = arith.constant dense<3.000000e-01> : tensor<f32>
// CHECK-DAG: %[[REC:.*]] = arith.constant dense<0.333333343> : tensor<f32>
// CHECK-DAG: %[[CAST:.*]] = arith.constant dense<[-7, 7, -5]> : tensor<3xi32>
// CHECK-DAG: %[[WRAP:.*]] = arith.constant dense<-128> : tensor<i8>
// CHECK: return %[[DIV]], %[[MOD]], %[[SUM]], %[[REC]], %[[CAST]], %[[WRAP]]
func.func @arithmetic() -> (tensor<3xi64>, tensor<3xi64>, tensor<f32>, tensor<f32>, tensor<3xi32>, tensor<i8>) {
  %a = arith.constant dense<[-7, 7, -5]> : tensor<3xi64>
  %b = arith.constant dense<[2, 2, -2]> : tensor<3xi64>
  %x = arith.constant dense<0.1> : tensor<f32>
  %y = arith.constant dense<0.2> : tensor<f32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %i = arith.constant dense<127> : tensor<i8>
  %one = arith.constant dense<1> : tensor<i8>
  %0 = onnx.node "Div"(%a, %b) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3xi64>, tensor<3xi64>) -> tensor<3xi64>
  %1 = onnx.node "Mod"(%a, %b) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<3xi64>, tensor<3xi64>) -> tensor<3xi64>
  %2 = onnx.node "Add"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %3 = onnx.node "Reciprocal"(%three) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<f32>) -> tensor<f32>
  %4 = onnx.node "Cast"(%a) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<3xi64>) -> tensor<3xi32>
  %5 = onnx.node "Add"(%i, %one) {domain = "", opset = 14 : i64, attrs = {}} : (tensor<i8>, tensor<i8>) -> tensor<i8>
  return %0, %1, %2, %3, %4, %5 : tensor<3xi64>, tensor<3xi64>, tensor<f32>, tensor<f32>, tensor<3xi32>, tensor<i8>
}

// -----

// Elements that move: transposed, gathered along the second dimension, reversed, repeated, reduced.
// CHECK-LABEL: func @moves
// CHECK-DAG: %[[T:.*]] = arith.constant dense<{{\[}}[1, 4], [2, 5], [3, 6]]> : tensor<3x2xi64>
// CHECK-DAG: %[[G:.*]] = arith.constant dense<{{\[}}[3, 1], [6, 4]]> : tensor<2x2xi64>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<{{\[}}[6, 5, 4]]> : tensor<1x3xi64>
// CHECK-DAG: %[[R:.*]] = arith.constant dense<[6, 15]> : tensor<2xi64>
// CHECK-DAG: %[[P:.*]] = arith.constant dense<{{\[}}[3], [6]]> : tensor<2x1xi64>
// CHECK-DAG: %[[E:.*]] = arith.constant dense<{{\[}}[3, 3, 3], [6, 6, 6]]> : tensor<2x3xi64>
// CHECK: return %[[T]], %[[G]], %[[S]], %[[R]], %[[P]], %[[E]]
func.func @moves() -> (tensor<3x2xi64>, tensor<2x2xi64>, tensor<1x3xi64>, tensor<2xi64>, tensor<2x1xi64>, tensor<2x3xi64>) {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
  %which = arith.constant dense<[2, -3]> : tensor<2xi64>
  %starts = arith.constant dense<[-1, 2]> : tensor<2xi64>
  %ends = arith.constant dense<[2, -9]> : tensor<2xi64>
  %axes = arith.constant dense<[0, 1]> : tensor<2xi64>
  %steps = arith.constant dense<[1, -1]> : tensor<2xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %sizes = arith.constant dense<[2, 1]> : tensor<2xi64>
  %shape = arith.constant dense<[2, 3]> : tensor<2xi64>
  %0 = onnx.node "Transpose"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xi64>) -> tensor<3x2xi64>
  %1 = onnx.node "Gather"(%x, %which) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xi64>, tensor<2xi64>) -> tensor<2x2xi64>
  %2 = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x3xi64>
  %3 = onnx.node "ReduceSum"(%x, %one) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<2x3xi64>, tensor<1xi64>) -> tensor<2xi64>
  %4:2 = onnx.node "Split"(%x, %sizes) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}}
    : (tensor<2x3xi64>, tensor<2xi64>) -> (tensor<2x2xi64>, tensor<2x1xi64>)
  %5 = onnx.node "Expand"(%4#1, %shape) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x1xi64>, tensor<2xi64>) -> tensor<2x3xi64>
  return %0, %1, %2, %3, %4#1, %5
    : tensor<3x2xi64>, tensor<2x2xi64>, tensor<1x3xi64>, tensor<2xi64>, tensor<2x1xi64>, tensor<2x3xi64>
}

// -----

// Made from nothing.
// CHECK-LABEL: func @made
// CHECK-DAG: %[[R:.*]] = arith.constant dense<[10, 7, 4, 1]> : tensor<4xi64>
// CHECK-DAG: %[[F:.*]] = arith.constant dense<-1> : tensor<2xi64>
// CHECK-DAG: %[[W:.*]] = arith.constant dense_resource<w> : tensor<2x200xf32>
// CHECK: return %[[R]], %[[F]], %[[W]]
func.func @made() -> (tensor<4xi64>, tensor<2xi64>, tensor<2x200xf32>) {
  %a = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {value_int = 10 : i64}} : () -> tensor<i64>
  %b = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {value_int = -1 : i64}} : () -> tensor<i64>
  %d = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {value_int = -3 : i64}} : () -> tensor<i64>
  %two = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {value_ints = array<i64: 2>}} : () -> tensor<1xi64>
  %0 = onnx.node "Range"(%a, %b, %d) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<4xi64>
  %1 = onnx.node "ConstantOfShape"(%two) {domain = "", opset = 13 : i64, attrs = {value = dense<-1> : tensor<1xi64>}}
    : (tensor<1xi64>) -> tensor<2xi64>
  %w = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {value = dense_resource<w> : tensor<2x200xf32>}}
    : () -> tensor<2x200xf32>
  return %0, %1, %w : tensor<4xi64>, tensor<2xi64>, tensor<2x200xf32>
}

// -----

// A weight's transpose stays a view of the weight.
// CHECK-LABEL: func @weight
// CHECK: %[[W:.*]] = arith.constant dense_resource<w>
// CHECK: onnx.node "Transpose"(%[[W]])
func.func @weight() -> tensor<200x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<2x200xf32>
  %0 = onnx.node "Transpose"(%w) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x200xf32>) -> tensor<200x2xf32>
  return %0 : tensor<200x2xf32>
}

// -----

// One open size needs no computed shape.
// CHECK-LABEL: func @reshape
// CHECK: %[[SHAPE:.*]] = arith.constant dense<[-1, 6]> : tensor<2xi64>
// CHECK: %[[Y:.*]] = onnx.node "Reshape"(%arg0, %[[SHAPE]]){{.*}} -> tensor<?x6xf32>
// CHECK-NEXT: return %[[Y]]
func.func @reshape(%x: tensor<?x2x3xf32>) -> tensor<?x6xf32> {
  %first = arith.constant dense<0> : tensor<1xi64>
  %open = arith.constant dense<-1> : tensor<1xi64>
  %0 = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x2x3xf32>) -> tensor<3xi64>
  %1 = onnx.node "Gather"(%0, %first) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<3xi64>, tensor<1xi64>) -> tensor<1xi64>
  %2 = onnx.node "Concat"(%1, %open) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}}
    : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %3 = onnx.node "Reshape"(%x, %2) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?x2x3xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  return %3 : tensor<?x6xf32>
}

// -----

// A known condition, found inside the branch of another: both go. The branch not taken need not even make sense.
// CHECK-LABEL: func @branches
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>) -> tensor<6xf32>
// CHECK: %[[Y:.*]] = onnx.node "Reshape"(%[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @branches(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %rank = arith.constant dense<2> : tensor<i64>
  %0 = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {start = 1 : i64}} : (tensor<2x3xf32>) -> tensor<*xf32>
  %1 = onnx.node "Shape"(%0) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
  %c = onnx.node "Equal"(%1, %rank) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>, tensor<i64>) -> tensor<*xf32>
  %y = onnx.node "If"(%c) with {
    %d = onnx.node "Not"(%c) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<*xf32>) -> tensor<*xf32>
    %z = onnx.node "If"(%d) with {
      %bad = onnx.node "MatMul"(%x, %x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
      onnx.yield %bad : tensor<*xf32>
    }, {
      %flat = arith.constant dense<-1> : tensor<1xi64>
      %r = onnx.node "Reshape"(%x, %flat) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
      onnx.yield %r : tensor<*xf32>
    } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<*xf32>) -> tensor<*xf32>
    onnx.yield %z : tensor<*xf32>
  }, {
    onnx.yield %x : tensor<2x3xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<*xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

// A condition computed at run time stays.
// CHECK-LABEL: func @undecided
// CHECK: onnx.node "If"
func.func @undecided(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %y = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<2xf32>
  }, {
    %z = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %z : tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
