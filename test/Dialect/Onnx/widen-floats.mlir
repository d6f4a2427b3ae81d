// Operators that compute get float32 for 16-bit floats; nothing is narrowed between two of them.
// RUN: aimc-opt %s --onnx-widen-floats | FileCheck %s

// CHECK-LABEL: func @chain
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3xf16>
// CHECK: %[[WIDE:.*]] = onnx.node "Cast"(%[[X]]) {attrs = {to = 1 : i64}, domain = "", opset = 13 : i64} : (tensor<2x3xf16>) -> tensor<2x3xf32>
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}5.000000e-01{{.*}}> : tensor<3x2xf32>
// CHECK: %[[Y:.*]] = onnx.node "MatMul"(%[[WIDE]], %[[W]]) {{.*}} -> tensor<2x2xf32>
// CHECK: %[[Z:.*]] = onnx.node "Relu"(%[[Y]]) {{.*}} -> tensor<2x2xf32>
// CHECK: %[[NARROW:.*]] = onnx.node "Cast"(%[[Z]]) {attrs = {to = 10 : i64}, domain = "", opset = 13 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf16>
// CHECK: %[[T:.*]] = onnx.node "Transpose"(%[[NARROW]]) {{.*}} -> tensor<2x2xf16>
// CHECK: return %[[T]]
func.func @chain(%x: tensor<2x3xf16>) -> tensor<2x2xf16> {
  %w = arith.constant dense<[[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]]> : tensor<3x2xf16>
  %y = onnx.node "MatMul"(%x, %w) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf16>, tensor<3x2xf16>) -> tensor<2x2xf16>
  %z = onnx.node "Relu"(%y) {domain = "", opset = 14 : i64, attrs = {}} : (tensor<2x2xf16>) -> tensor<2x2xf16>
  %t = onnx.node "Transpose"(%z) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x2xf16>) -> tensor<2x2xf16>
  return %t : tensor<2x2xf16>
}

// bfloat16 in a subgraph; the condition stays.
// CHECK-LABEL: func @branch
// CHECK: onnx.node "If"
// CHECK: %[[WIDE:.*]] = onnx.node "Add"({{.*}}) {{.*}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
// CHECK: %[[NARROW:.*]] = onnx.node "Cast"(%[[WIDE]]) {attrs = {to = 16 : i64}, domain = "", opset = 13 : i64} : (tensor<2xf32>) -> tensor<2xbf16>
// CHECK: onnx.yield %[[NARROW]]
func.func @branch(%go: tensor<i1>, %x: tensor<2xbf16>) -> tensor<2xbf16> {
  %y = onnx.node "If"(%go) with {
    %s = onnx.node "Add"(%x, %x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xbf16>, tensor<2xbf16>) -> tensor<2xbf16>
    onnx.yield %s : tensor<2xbf16>
  }, {
    onnx.yield %x : tensor<2xbf16>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<2xbf16>
  return %y : tensor<2xbf16>
}

// float32 and integers are left alone.
// CHECK-LABEL: func @others
// CHECK-NOT: "Cast"
// CHECK: return
func.func @others(%x: tensor<2xf32>, %i: tensor<2xi64>) -> (tensor<2xf32>, tensor<2xi64>) {
  %y = onnx.node "Add"(%x, %x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %j = onnx.node "Add"(%i, %i) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xi64>, tensor<2xi64>) -> tensor<2xi64>
  return %y, %j : tensor<2xf32>, tensor<2xi64>
}
