// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics

func.func @scales(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %none = onnx.none
  %scales = arith.constant dense<2.0> : tensor<1xf32>
  // expected-error @below {{(Resize, opset 13): has 1 scales for 2 dimensions}}
  %y = onnx.node "Resize"(%x, %none, %scales) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, none, tensor<1xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @equation(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Einsum, opset 13): equation 'i->i' names 1 dimensions of an operand of 2}}
  %y = onnx.node "Einsum"(%x) {domain = "", opset = 13 : i64, attrs = {equation = "i -> i"}} : (tensor<2x3xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @top(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %k = arith.constant dense<4> : tensor<1xi64>
  // expected-error @below {{(TopK, opset 13): selects 4 of 3 elements along dimension 1}}
  %y = onnx.node "TopK"(%x, %k) {domain = "", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @body(%n: tensor<i64>, %go: tensor<i1>, %x: tensor<2xf32>) -> tensor<*xf32> {
  // expected-error @below {{(Loop, opset 13): argument 2 of the body is 'tensor<2xf32>', but the body yields 'tensor<i64>'}}
  %y = onnx.node "Loop"(%n, %go, %x) with {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %v: tensor<*xf32>):
    onnx.yield %c, %i : tensor<i1>, tensor<i64>
  } {domain = "", opset = 13 : i64, attrs = {}, graphs = ["body"]} : (tensor<i64>, tensor<i1>, tensor<2xf32>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
