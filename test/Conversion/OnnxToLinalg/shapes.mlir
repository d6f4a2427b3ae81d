// RUN: aimc-opt %s --convert-onnx-to-linalg --canonicalize --mlir-print-local-scope --split-input-file | FileCheck %s

// x.reshape(x.shape[0], -1), as exporters spell it: the batch is known to be the same dimension.
// CHECK-LABEL: func.func @flatten_by_shape
// CHECK-NEXT:    tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2]] : tensor<?x4x5xf32> into tensor<?x20xf32>
// CHECK-NEXT:    return
func.func @flatten_by_shape(%x: tensor<?x4x5xf32>) -> tensor<?x20xf32> {
  %zero = arith.constant dense<0> : tensor<i64>
  %axes = arith.constant dense<0> : tensor<1xi64>
  %rest = arith.constant dense<-1> : tensor<1xi64>
  %0 = onnx.node "Shape"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x4x5xf32>) -> tensor<3xi64>
  %1 = onnx.node "Gather"(%0, %zero) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<3xi64>, tensor<i64>) -> tensor<i64>
  %2 = onnx.node "Unsqueeze"(%1, %axes) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %3 = onnx.node "Concat"(%2, %rest) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %4 = onnx.node "Reshape"(%x, %3) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x4x5xf32>, tensor<2xi64>) -> tensor<?x20xf32>
  return %4 : tensor<?x20xf32>
}

// -----

// Products of sizes cancel: N * 6 elements in rows of 12.
// CHECK-LABEL: func.func @reshape_rest
// CHECK:         %[[N:.*]] = tensor.dim
// CHECK:         arith.divsi
// CHECK:         tensor.reshape
func.func @reshape_rest(%x: tensor<?x6xf32>) -> tensor<?x12xf32> {
  %shape = arith.constant dense<[-1, 12]> : tensor<2xi64>
  %y = onnx.node "Reshape"(%x, %shape) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x6xf32>, tensor<2xi64>) -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}

// -----

// What a -1 of a run stands for is a quotient by sizes that may be 0, by which nothing is divided.
// CHECK-LABEL: func.func @reshape_computed
// CHECK:         %[[BY:.*]] = arith.maxsi %{{.*}}, %{{.*}} : index
// CHECK-NEXT:    arith.divsi %{{.*}}, %[[BY]] : index
func.func @reshape_computed(%x: tensor<?x?xf32>, %shape: tensor<2xi64>) -> tensor<?x?xf32> {
  %y = onnx.node "Reshape"(%x, %shape) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// CHECK-LABEL: func.func @slice
// CHECK:         tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 2] : tensor<2x7xf32> to tensor<2x3xf32>
func.func @slice(%x: tensor<2x7xf32>) -> tensor<2x3xf32> {
  %starts = arith.constant dense<1> : tensor<1xi64>
  %ends = arith.constant dense<-1> : tensor<1xi64>
  %axes = arith.constant dense<1> : tensor<1xi64>
  %steps = arith.constant dense<2> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {domain = "", opset = 13 : i64, attrs = {}}
      : (tensor<2x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// One place of an axis is a slice, not a copy.
// CHECK-LABEL: func.func @gather_one
// CHECK:         tensor.extract_slice %{{.*}}[0, 4, 0] [2, 1, 3] [1, 1, 1] : tensor<2x5x3xf32> to tensor<2x3xf32>
func.func @gather_one(%x: tensor<2x5x3xf32>) -> tensor<2x3xf32> {
  %last = arith.constant dense<-1> : tensor<i64>
  %y = onnx.node "Gather"(%x, %last) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}} : (tensor<2x5x3xf32>, tensor<i64>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: func.func @split_transpose_concat
// CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 0] [2, 1]
// CHECK-DAG:     tensor.extract_slice %{{.*}}[0, 1] [2, 3]
// CHECK:         linalg.transpose {{.*}} permutation = [1, 0]
// CHECK:         linalg.transpose {{.*}} permutation = [1, 0]
// CHECK:         tensor.concat dim(0) {{.*}} : (tensor<3x2xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
func.func @split_transpose_concat(%x: tensor<2x4xf32>) -> tensor<4x2xf32> {
  %sizes = arith.constant dense<[1, 3]> : tensor<2xi64>
  %0:2 = onnx.node "Split"(%x, %sizes) {domain = "", opset = 13 : i64, attrs = {axis = 1 : i64}} : (tensor<2x4xf32>, tensor<2xi64>) -> (tensor<2x1xf32>, tensor<2x3xf32>)
  %1 = onnx.node "Transpose"(%0#0) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x1xf32>) -> tensor<1x2xf32>
  %2 = onnx.node "Transpose"(%0#1) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %3 = onnx.node "Concat"(%2, %1) {domain = "", opset = 13 : i64, attrs = {axis = 0 : i64}} : (tensor<3x2xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  return %3 : tensor<4x2xf32>
}

// -----

// CHECK-LABEL: func.func @branches
// CHECK:         %[[C:.*]] = tensor.extract
// CHECK:         scf.if %[[C]] -> (tensor<2xf32>) {
// CHECK:           arith.maximumf
// CHECK:         } else {
// CHECK:           scf.yield
func.func @branches(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %y = onnx.node "If"(%c) with {
    onnx.yield %x : tensor<2xf32>
  }, {
    %z = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2xf32>) -> tensor<2xf32>
    onnx.yield %z : tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["else_branch", "then_branch"]} : (tensor<i1>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// Parts of 5: 2, 2, 1 and nothing.
// CHECK-LABEL: func.func @uneven_parts
// CHECK:         tensor.extract_slice %{{.*}}[0] [2] [1]
// CHECK:         tensor.extract_slice %{{.*}}[2] [2] [1]
// CHECK:         tensor.extract_slice %{{.*}}[4] [1] [1]
// CHECK-NOT:     tensor.extract_slice
func.func @uneven_parts(%x: tensor<5xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<1xf32>, tensor<0xf32>) {
  %0:4 = onnx.node "Split"(%x) {domain = "", opset = 18 : i64, attrs = {num_outputs = 4 : i64}}
    : (tensor<5xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<1xf32>, tensor<0xf32>)
  return %0#0, %0#1, %0#2, %0#3 : tensor<2xf32>, tensor<2xf32>, tensor<1xf32>, tensor<0xf32>
}

// -----

// The smallest step has no opposite; its neighbour's takes as much of any tensor.
// CHECK-LABEL: func.func @smallest_step
// CHECK:         %[[STEP:.*]] = arith.constant 9223372036854775807 : index
// CHECK:         arith.divsi %{{.*}}, %[[STEP]] : index
func.func @smallest_step(%x: tensor<?xf32>) -> tensor<?xf32> {
  %starts = arith.constant dense<-1> : tensor<1xi64>
  %ends = arith.constant dense<-9223372036854775808> : tensor<1xi64>
  %axes = arith.constant dense<0> : tensor<1xi64>
  %steps = arith.constant dense<-9223372036854775808> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %starts, %ends, %axes, %steps) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
