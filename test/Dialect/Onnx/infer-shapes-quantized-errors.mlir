// RUN: aimc-opt %s --onnx-infer-shapes --split-input-file --verify-diagnostics
// Scales and zero points, integers that are none, and operators on quantized tensors.

func.func @scale_slices(%x: tensor<2x3xf32>, %y: tensor<2xf32>) {
  // expected-error @unknown {{node (QuantizeLinear, opset 13): input 1 has type 'tensor<2xf32>' for 3 slices along dimension 1}}
  %r = onnx.node "QuantizeLinear"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @scale_blocks(%x: tensor<2x6xf32>, %y: tensor<2x2xf32>) {
  // expected-error @unknown {{node (QuantizeLinear, opset 21): input 1 has type 'tensor<2x2xf32>' for blocks of 2 along dimension 1 of 'tensor<2x6xf32>'}}
  %r = onnx.node "QuantizeLinear"(%x, %y) {domain = "", opset = 21 : i64, attrs = {axis = 1 : i64, block_size = 2 : i64}}
    : (tensor<2x6xf32>, tensor<2x2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @block_size(%x: tensor<2x6xi8>, %y: tensor<2x2xf32>) {
  // expected-error @unknown {{node (DequantizeLinear, opset 21): 'block_size' is -2, but must be positive}}
  %r = onnx.node "DequantizeLinear"(%x, %y) {domain = "", opset = 21 : i64, attrs = {axis = 1 : i64, block_size = -2 : i64}}
    : (tensor<2x6xi8>, tensor<2x2xf32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @quantize_type(%x: tensor<2x3xf32>, %y: tensor<f32>) {
  // expected-error @unknown {{node (QuantizeLinear, opset 21): quantizes to a type that is not an integer}}
  %r = onnx.node "QuantizeLinear"(%x, %y) {domain = "", opset = 21 : i64, attrs = {output_dtype = 1 : i64}}
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @dequantize_type(%x: tensor<2x3xi8>, %y: tensor<f32>) {
  // expected-error @unknown {{node (DequantizeLinear, opset 23): dequantizes to a type that is not a float}}
  %r = onnx.node "DequantizeLinear"(%x, %y) {domain = "", opset = 23 : i64, attrs = {output_dtype = 3 : i64}}
    : (tensor<2x3xi8>, tensor<f32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @integer_matmul(%x: tensor<2x3xf32>, %y: tensor<3x4xi8>) {
  // expected-error @unknown {{node (MatMulInteger, opset 13): input 0 has elements of type 'f32'; the operator takes integers: insert a Cast}}
  %r = onnx.node "MatMulInteger"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<2x3xf32>, tensor<3x4xi8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @quantized_conv(%x: tensor<1x3x8x8xi32>, %y: tensor<4x3x3x3xi8>) {
  // expected-error @unknown {{node (ConvInteger, opset 13): input 0 has type 'tensor<1x3x8x8xi32>'; the operator takes 8-bit integers}}
  %r = onnx.node "ConvInteger"(%x, %y) {domain = "", opset = 13 : i64, attrs = {}}
    : (tensor<1x3x8x8xi32>, tensor<4x3x3x3xi8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @binary_omits(%x: tensor<2x3xui8>, %y: tensor<f32>, %z: tensor<ui8>, %u: tensor<f32>, %v: tensor<ui8>, %w: tensor<f32>, %s: tensor<ui8>) {
  %none = onnx.none
  // expected-error @unknown {{node (QLinearAdd, opset 1): omits input 3, which the operator needs}}
  %r = onnx.node "QLinearAdd"(%x, %y, %z, %none, %u, %v, %w, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xui8>, tensor<f32>, tensor<ui8>, none, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @unary_omits(%x: tensor<2x3xui8>, %y: tensor<f32>, %z: tensor<ui8>, %u: tensor<ui8>) {
  %none = onnx.none
  // expected-error @unknown {{node (QLinearSigmoid, opset 1): omits input 3, which the operator needs}}
  %r = onnx.node "QLinearSigmoid"(%x, %y, %z, %none, %u) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xui8>, tensor<f32>, tensor<ui8>, none, tensor<ui8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @concat_threes(%x: tensor<f32>, %y: tensor<ui8>, %z: tensor<2x3xui8>, %u: tensor<f32>) {
  // expected-error @unknown {{node (QLinearConcat, opset 1): has 4 inputs; the operator takes at least 5}}
  %r = onnx.node "QLinearConcat"(%x, %y, %z, %u) {domain = "com.microsoft", opset = 1 : i64, attrs = {axis = 0 : i64}}
    : (tensor<f32>, tensor<ui8>, tensor<2x3xui8>, tensor<f32>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @concat_join(%x: tensor<f32>, %y: tensor<ui8>, %z: tensor<2x3xui8>, %u: tensor<f32>, %v: tensor<ui8>, %w: tensor<2x4xui8>, %s: tensor<f32>, %t: tensor<ui8>) {
  // expected-error @unknown {{node (QLinearConcat, opset 1): inputs 'tensor<2x3xui8>' and 'tensor<2x4xui8>' do not join along dimension 0}}
  %r = onnx.node "QLinearConcat"(%x, %y, %z, %u, %v, %w, %s, %t) {domain = "com.microsoft", opset = 1 : i64, attrs = {axis = 0 : i64}}
    : (tensor<f32>, tensor<ui8>, tensor<2x3xui8>, tensor<f32>, tensor<ui8>, tensor<2x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @pool_rank(%x: tensor<2x3xui8>, %y: tensor<f32>, %z: tensor<ui8>, %u: tensor<f32>, %v: tensor<ui8>) {
  // expected-error @unknown {{node (QLinearGlobalAveragePool, opset 1): input 0 has 2 dimensions; the operator takes at least 3}}
  %r = onnx.node "QLinearGlobalAveragePool"(%x, %y, %z, %u, %v) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x3xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> tensor<*xf32> loc("node")
  return
}

// -----

func.func @zero_points_of_matrices(%a: tensor<4x3xui8>, %b: tensor<2x3x4xui8>, %z: tensor<2x3x4xui8>) {
  // expected-error @unknown {{m (MatMulInteger, opset 10): input 2 has type 'tensor<2x3x4xui8>', more dimensions than input 0 of type 'tensor<4x3xui8>'}}
  %y = onnx.node "MatMulInteger"(%a, %b, %z) {domain = "", opset = 10 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<2x3x4xui8>, tensor<2x3x4xui8>) -> tensor<*xi32> loc("m")
  return
}

// -----

func.func @gemm_result(%a: tensor<4x3xui8>, %s: tensor<f32>, %z: tensor<ui8>, %b: tensor<3x2xi8>, %t: tensor<f32>, %w: tensor<i8>) {
  %none = onnx.none
  // expected-error @unknown {{g (QGemm, opset 1): has only one of scale and zero point of the result; a result of floats needs none}}
  %y = onnx.node "QGemm"(%a, %s, %z, %b, %t, %w, %none, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<f32>, tensor<ui8>, tensor<3x2xi8>, tensor<f32>, tensor<i8>, none, tensor<f32>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @gemm_scales(%a: tensor<4x3xui8>, %s: tensor<f32>, %z: tensor<ui8>, %b: tensor<3x2xi8>, %t: tensor<3xf32>, %w: tensor<i8>) {
  // expected-error @unknown {{g (QGemm, opset 1): input 4 has type 'tensor<3xf32>' for 2 columns}}
  %y = onnx.node "QGemm"(%a, %s, %z, %b, %t, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<f32>, tensor<ui8>, tensor<3x2xi8>, tensor<3xf32>, tensor<i8>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @gemm_rank(%a: tensor<2x4x3xui8>, %s: tensor<f32>, %z: tensor<ui8>, %b: tensor<3x2xi8>, %t: tensor<f32>, %w: tensor<i8>) {
  // expected-error @unknown {{g (QGemm, opset 1): multiplies 'tensor<2x4x3xui8>' with 'tensor<3x2xi8>'; both need 2 dimensions}}
  %y = onnx.node "QGemm"(%a, %s, %z, %b, %t, %w) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<2x4x3xui8>, tensor<f32>, tensor<ui8>, tensor<3x2xi8>, tensor<f32>, tensor<i8>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @gemm_addend(%a: tensor<4x3xui8>, %s: tensor<f32>, %z: tensor<ui8>, %b: tensor<3x2xi8>, %t: tensor<f32>, %w: tensor<i8>, %c: tensor<3xi32>) {
  // expected-error @unknown {{g (QGemm, opset 1): input 6 has size 3 where the product has 2}}
  %y = onnx.node "QGemm"(%a, %s, %z, %b, %t, %w, %c) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<f32>, tensor<ui8>, tensor<3x2xi8>, tensor<f32>, tensor<i8>, tensor<3xi32>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @gemm_addend_type(%a: tensor<4x3xui8>, %s: tensor<f32>, %z: tensor<ui8>, %b: tensor<3x2xi8>, %t: tensor<f32>, %w: tensor<i8>, %c: tensor<2xi8>) {
  // expected-error @unknown {{g (QGemm, opset 1): input 6 has type 'tensor<2xi8>'; the operator adds 32-bit integers}}
  %y = onnx.node "QGemm"(%a, %s, %z, %b, %t, %w, %c) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<f32>, tensor<ui8>, tensor<3x2xi8>, tensor<f32>, tensor<i8>, tensor<2xi8>) -> tensor<*xf32> loc("g")
  return
}

// -----

func.func @scales_of_16_bits(%a: tensor<4x3xui8>, %b: tensor<3x2xi8>, %s: tensor<f16>) {
  // expected-error @unknown {{m (MatMulIntegerToFloat, opset 1): input 2 has type 'tensor<f16>'; the operator takes float32: insert a Cast}}
  %y = onnx.node "MatMulIntegerToFloat"(%a, %b, %s, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xui8>, tensor<3x2xi8>, tensor<f16>, tensor<f16>) -> tensor<*xf32> loc("m")
  return
}

// -----

func.func @dynamic_factor(%a: tensor<4x3xf32>, %b: tensor<3x2xi32>, %s: tensor<f32>) {
  // expected-error @unknown {{m (DynamicQuantizeMatMul, opset 1): input 1 has type 'tensor<3x2xi32>'; the operator takes 8-bit integers}}
  %y = onnx.node "DynamicQuantizeMatMul"(%a, %b, %s) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<3x2xi32>, tensor<f32>) -> tensor<*xf32> loc("m")
  return
}

// -----

func.func @dynamic_bias(%a: tensor<4x3xf32>, %b: tensor<3x2xi8>, %s: tensor<f32>, %c: tensor<3xf32>) {
  %none = onnx.none
  // expected-error @unknown {{m (DynamicQuantizeMatMul, opset 1): input 4 has size 3 where the product has 2}}
  %y = onnx.node "DynamicQuantizeMatMul"(%a, %b, %s, %none, %c) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
    : (tensor<4x3xf32>, tensor<3x2xi8>, tensor<f32>, none, tensor<3xf32>) -> tensor<*xf32> loc("m")
  return
}
