// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Reductions, constants, sums over labels, branches and bodies.

func.func @axes_unknown_count(%x: tensor<2x3xf32>, %y: tensor<3xi64>) {
  // expected-error @unknown {{node (ReduceSum, opset 13): 3 axes of a tensor of 2 dimensions}}
  %r = onnx.node "ReduceSum"(%x, %y) {domain = "", opset = 13 : i64, attrs = {keepdims = 0 : i64}}
    : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @constant_empty() {
  // expected-error @unknown {{node (Constant, opset 13): holds no tensor of numbers}}
  %r = onnx.node "Constant"() {domain = "", opset = 13 : i64, attrs = {}}
    : () -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fill_open(%x: tensor<?xi64>) {
  // expected-error @unknown {{node (ConstantOfShape, opset 13): input 0 has type 'tensor<?xi64>'; the number of sizes it holds must be known when compiling}}
  %r = onnx.node "ConstantOfShape"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<?xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fill_negative() {
  %c0 = arith.constant dense<[2, -3]> : tensor<2xi64>
  // expected-error @unknown {{node (ConstantOfShape, opset 13): size -3 is negative}}
  %r = onnx.node "ConstantOfShape"(%c0) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @fill_value() {
  %c0 = arith.constant dense<[2, 3]> : tensor<2xi64>
  // expected-error @unknown {{node (ConstantOfShape, opset 13): 'value' has 2 elements; the operator takes 1}}
  %r = onnx.node "ConstantOfShape"(%c0) {domain = "", opset = 13 : i64, attrs = {value = dense<[1.0, 2.0]> : tensor<2xf32>}}
    : (tensor<2xi64>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @where_condition(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %z: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Where, opset 16): input 0 has elements of type 'f32'; the operator takes booleans: insert a Cast}}
  %r = onnx.node "Where"(%x, %y, %z) {domain = "", opset = 16 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_operands(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): equation 'ij,jk->ik' has 2 terms for 1 operands}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "ij,jk->ik"}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_dimensions(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): equation 'ijk->i' names 3 dimensions of an operand of 2}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "ijk->i"}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_letters(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): equation 'i1->i' names 1 dimensions of an operand of 2}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "i1->i"}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_result(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): equation 'ij->k' has a result dimension that no operand has, or twice the same}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "ij->k"}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_right(%x: tensor<2x3xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): equation 'ij->i?' cannot be read; terms are letters and one '...'}}
  %r = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "ij->i?"}}
    : (tensor<2x3xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @einsum_sizes(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) {
  // expected-error @unknown {{node (Einsum, opset 13): one label stands for sizes 3 and 4}}
  %r = onnx.node "Einsum"(%x, %y) {domain = "", opset = 13 : i64, attrs = {equation = "ij,jk->ik"}}
    : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @if_branches(%x: tensor<i1>) {
  // expected-error @unknown {{node (If, opset 13): needs a then_branch and an else_branch}}
  %r = onnx.node "If"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<i1>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @omitted(%x: tensor<2x3xf32>) {
  %none = onnx.none
  // expected-error @unknown {{node (Add, opset 13): omits input 1, which the operator needs}}
  %r = onnx.node "Add"(%x, %none) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, none) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unranked(%x: tensor<*xf32>) {
  // expected-error @unknown {{node (Relu, opset 13): input 0 has type 'tensor<*xf32>', not a ranked tensor}}
  %r = onnx.node "Relu"(%x) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<*xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @if_yields(%c: tensor<i1>, %x: tensor<2xf32>) {
  // expected-error @below {{(If, opset 13): a branch yields 2 values for 1 outputs}}
  %r = onnx.node "If"(%c) with {
    onnx.yield %x, %x : tensor<2xf32>, tensor<2xf32>
  }, {
    onnx.yield %x : tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["then_branch", "else_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return
}

// -----

func.func @if_yields_none(%c: tensor<i1>, %x: tensor<2xf32>) {
  // expected-error @below {{(If, opset 13): a branch yields 'none' as output 0, not a tensor}}
  %r = onnx.node "If"(%c) with {
    %none = onnx.none
    onnx.yield %none : none
  }, {
    onnx.yield %x : tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["then_branch", "else_branch"]} : (tensor<i1>) -> tensor<*xf32>
  return
}

// -----

func.func @loop_without_body(%n: tensor<i64>, %go: tensor<i1>) {
  // expected-error @below {{(Loop, opset 13): needs the subgraph 'body'}}
  %r = onnx.node "Loop"(%n, %go) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<i64>, tensor<i1>) -> tensor<*xf32>
  return
}

// -----

func.func @loop_inputs(%n: tensor<i64>, %go: tensor<i1>, %x: tensor<2xf32>) {
  // expected-error @below {{(Loop, opset 13): the body has 2 inputs where the node gives 3}}
  %r = onnx.node "Loop"(%n, %go, %x) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>):
    onnx.yield %c, %x : tensor<i1>, tensor<2xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @loop_omits(%n: tensor<i64>, %go: tensor<i1>) {
  %none = onnx.none
  // expected-error @below {{(Loop, opset 13): omits input 2, a carried value}}
  %r = onnx.node "Loop"(%n, %go, %none) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    onnx.yield %c, %v : tensor<i1>, tensor<*xf32>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, none) -> tensor<*xf32>
  return
}
