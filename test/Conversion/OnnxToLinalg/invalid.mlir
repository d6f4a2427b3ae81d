// RUN: aimc-opt %s --convert-onnx-to-linalg --split-input-file --verify-diagnostics

func.func @everything_is_reported(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @below {{Frobnicate, opset 13): no such operator in the operator table for domain 'com.example'}}
  %0 = onnx.node "Frobnicate"(%x) {domain = "com.example", opset = 13 : i64, attrs = {}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // expected-error @below {{Transpose (Transpose, opset 13): 'perm' [1] does not permute the dimensions of 'tensor<2x3xf32>'}}
  %1 = onnx.node "Transpose"(%0) {domain = "", opset = 13 : i64, attrs = {perm = array<i64: 1>}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// -----

// What no shape function relates, the verifier of what the node becomes does.
func.func @lengths(%x: tensor<4x2xf32>, %lengths: tensor<3xi64>) -> tensor<4x2xf32> {
  // expected-error @below {{ReverseSequence (ReverseSequence, opset 10): its operands' sizes contradict each other: 'linalg.generic' op inferred input/output operand #1 has shape's dimension #1 to be 3, but found 2}}
  %0 = onnx.node "ReverseSequence"(%x, %lengths) {domain = "", opset = 10 : i64, attrs = {}} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @axes(%x: tensor<4x2xf32>, %lengths: tensor<2xi64>) -> tensor<4x2xf32> {
  // expected-error @below {{ReverseSequence (ReverseSequence, opset 10): 'batch_axis' 7 and 'time_axis' 0 must be two dimensions of 'tensor<4x2xf32>'}}
  %0 = onnx.node "ReverseSequence"(%x, %lengths) {domain = "", opset = 10 : i64, attrs = {batch_axis = 7 : i64}} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @long_region(%x: tensor<1x1x2x2xf32>, %roi: tensor<752218701xf32>, %sizes: tensor<4xi64>) -> tensor<?x?x?x?xf32> {
  %none = onnx.none
  // expected-error @below {{Resize (Resize, opset 13): 'roi' is 'tensor<752218701xf32>'; there are at most 128 numbers}}
  %0 = onnx.node "Resize"(%x, %roi, %none, %sizes) {domain = "", opset = 13 : i64, attrs = {coordinate_transformation_mode = "tf_crop_and_resize"}}
    : (tensor<1x1x2x2xf32>, tensor<752218701xf32>, none, tensor<4xi64>) -> tensor<?x?x?x?xf32>
  return %0 : tensor<?x?x?x?xf32>
}
