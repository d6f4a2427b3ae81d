// Numbers of quantized operators, computed by hand.
// RUN: aimc-opt %s --convert-onnx-to-linalg --one-shot-bufferize="bufferize-function-boundaries" --convert-linalg-to-loops \
// RUN:   --expand-strided-metadata --lower-affine --convert-scf-to-cf --arith-expand --convert-math-to-llvm --convert-math-to-libm \
// RUN:   --convert-arith-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=void --shared-libs=%llvm_libs/libmlir_runner_utils.so,%llvm_libs/libmlir_c_runner_utils.so,libm.so.6 \
// RUN: | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}

// [-98, 100] · [1, 2] and [1, 155] · [1, 2], minus the weights' zero point 1: [0, 1] of both.
// CHECK: {{\[\[}}100],
// CHECK-NEXT: [155]]
func.func @matmul_integer() {
  %a = arith.constant dense<[[2, 200], [101, 255]]> : tensor<2x2xui8>
  %b = arith.constant dense<[[1], [2]]> : tensor<2x1xui8>
  %az = arith.constant dense<100> : tensor<ui8>
  %bz = arith.constant dense<1> : tensor<ui8>
  %y = onnx.node "MatMulInteger"(%a, %b, %az, %bz) {domain = "", opset = 10 : i64, attrs = {}}
      : (tensor<2x2xui8>, tensor<2x1xui8>, tensor<ui8>, tensor<ui8>) -> tensor<2x1xi32>
  %out = tensor.cast %y : tensor<2x1xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Sums 8 and -300 by 0.5 · 0.25 / 0.5 = 0.25, and by 0.5 · 0.5 / 0.5: 2 + 10, and -150 + 10 that saturates.
// CHECK: [12,  0]
func.func @qlinear_matmul() {
  %a = arith.constant dense<[[4, 2]]> : tensor<1x2xui8>
  %b = arith.constant dense<[[1, -75], [2, 0]]> : tensor<2x2xi8>
  %as = arith.constant dense<0.5> : tensor<f32>
  %bs = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %ys = arith.constant dense<0.5> : tensor<f32>
  %zero = arith.constant dense<0> : tensor<ui8>
  %bz = arith.constant dense<0> : tensor<2xi8>
  %yz = arith.constant dense<10> : tensor<ui8>
  %y = onnx.node "QLinearMatMul"(%a, %as, %zero, %b, %bs, %bz, %ys, %yz) {domain = "", opset = 10 : i64, attrs = {}}
      : (tensor<1x2xui8>, tensor<f32>, tensor<ui8>, tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>, tensor<f32>, tensor<ui8>) -> tensor<1x2xui8>
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<1x2xui8>) -> tensor<1x2xi32>
  %out = tensor.cast %wide : tensor<1x2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Padding is the zero point 3: (0, 1) and (1, 2) by [1, 10], plus 5, times 0.5 per channel scale; 7.5 and 13 round to even.
// CHECK: [8,  13]
func.func @qlinear_conv() {
  %x = arith.constant dense<[[[4, 5]]]> : tensor<1x1x2xui8>
  %w = arith.constant dense<[[[1, 10]]]> : tensor<1x1x2xi8>
  %one = arith.constant dense<1.0> : tensor<f32>
  %xz = arith.constant dense<3> : tensor<ui8>
  %ws = arith.constant dense<[0.5]> : tensor<1xf32>
  %wz = arith.constant dense<[0]> : tensor<1xi8>
  %yz = arith.constant dense<0> : tensor<ui8>
  %bias = arith.constant dense<[5]> : tensor<1xi32>
  %y = onnx.node "QLinearConv"(%x, %one, %xz, %w, %ws, %wz, %one, %yz, %bias) {domain = "", opset = 10 : i64,
      attrs = {pads = array<i64: 1, 0>}}
      : (tensor<1x1x2xui8>, tensor<f32>, tensor<ui8>, tensor<1x1x2xi8>, tensor<1xf32>, tensor<1xi8>, tensor<f32>, tensor<ui8>, tensor<1xi32>)
      -> tensor<1x1x2xui8>
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<1x1x2xui8>) -> tensor<1x1x2xi32>
  %out = tensor.cast %wide : tensor<1x1x2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// From -1 to 4: scale 5 / 255, zero point 51; 4 is 204 + 51.
// CHECK: [51,  0,  255]
func.func @dynamic_quantize() {
  %x = arith.constant dense<[0.0, -1.0, 4.0]> : tensor<3xf32>
  %y, %scale, %zero = onnx.node "DynamicQuantizeLinear"(%x) {domain = "", opset = 11 : i64, attrs = {}}
      : (tensor<3xf32>) -> (tensor<3xui8>, tensor<f32>, tensor<ui8>)
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<3xui8>) -> tensor<3xi32>
  %out = tensor.cast %wide : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Two blocks of two and one of one, each with its scale.
// CHECK: [1,  2,  30,  40,  500]
func.func @dequantize_blocks() {
  %x = arith.constant dense<[[1, 2, 3, 4, 5]]> : tensor<1x5xi8>
  %scale = arith.constant dense<[[1.0, 10.0, 100.0]]> : tensor<1x3xf32>
  %y = onnx.node "DequantizeLinear"(%x, %scale) {domain = "", opset = 21 : i64, attrs = {axis = 1 : i64, block_size = 2 : i64}}
      : (tensor<1x5xi8>, tensor<1x3xf32>) -> tensor<1x5xf32>
  %out = tensor.cast %y : tensor<1x5xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// (10 - 2) · 0.5 + (3 - 0) · 2 = 10, and by 4: rounds 2.5 to 2, plus 1. The second: 0 + 6 = 6, 1.5 to 2, plus 1.
// CHECK: [3,  3]
func.func @qlinear_add() {
  %a = arith.constant dense<[10, 2]> : tensor<2xui8>
  %as = arith.constant dense<0.5> : tensor<f32>
  %az = arith.constant dense<2> : tensor<ui8>
  %b = arith.constant dense<3> : tensor<1xui8>
  %bs = arith.constant dense<2.0> : tensor<f32>
  %none = onnx.none
  %cs = arith.constant dense<4.0> : tensor<f32>
  %cz = arith.constant dense<1> : tensor<ui8>
  %y = onnx.node "QLinearAdd"(%a, %as, %az, %b, %bs, %none, %cs, %cz) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<2xui8>, tensor<f32>, tensor<ui8>, tensor<1xui8>, tensor<f32>, none, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<2xui8>) -> tensor<2xi32>
  %out = tensor.cast %wide : tensor<2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Averages over [N, spatial, C]: 2 and 20 in steps of 2.
// CHECK: {{\[\[}}[1,  10]]]
func.func @qlinear_global_average_pool() {
  %x = arith.constant dense<[[[1, 10], [3, 30]]]> : tensor<1x2x2xui8>
  %xs = arith.constant dense<1.0> : tensor<f32>
  %zero = arith.constant dense<0> : tensor<ui8>
  %ys = arith.constant dense<2.0> : tensor<f32>
  %y = onnx.node "QLinearGlobalAveragePool"(%x, %xs, %zero, %ys, %zero) {domain = "com.microsoft", opset = 1 : i64,
      attrs = {channels_last = 1 : i64}}
      : (tensor<1x2x2xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> tensor<1x1x2xui8>
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<1x1x2xui8>) -> tensor<1x1x2xi32>
  %out = tensor.cast %wide : tensor<1x1x2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// e^0 : e^0 = one half each, in steps of 1/256.
// CHECK: [128,  128]
func.func @qlinear_softmax() {
  %x = arith.constant dense<[[7, 7]]> : tensor<1x2xui8>
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<7> : tensor<ui8>
  %ys = arith.constant dense<0.00390625> : tensor<f32>
  %yz = arith.constant dense<0> : tensor<ui8>
  %y = onnx.node "QLinearSoftmax"(%x, %s, %z, %ys, %yz) {domain = "com.microsoft", opset = 1 : i64, attrs = {opset = 13 : i64}}
      : (tensor<1x2xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>) -> tensor<1x2xui8>
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<1x2xui8>) -> tensor<1x2xi32>
  %out = tensor.cast %wide : tensor<1x2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Four bits reach from -8 to 7, or from 0 to 15.
// CHECK: [-8,  -3,  4,  7]
// CHECK: [0,  0,  4,  15]
func.func @quantize_4_bits() {
  %x = arith.constant dense<[-100.0, -3.4, 3.6, 100.0]> : tensor<4xf32>
  %s = arith.constant dense<1.0> : tensor<f32>
  %a = onnx.node "QuantizeLinear"(%x, %s) {domain = "", opset = 21 : i64, attrs = {output_dtype = 22 : i64}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  %b = onnx.node "QuantizeLinear"(%x, %s) {domain = "", opset = 21 : i64, attrs = {output_dtype = 21 : i64}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xui8>
  %wa = onnx.node "Cast"(%a) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<4xi8>) -> tensor<4xi32>
  %wb = onnx.node "Cast"(%b) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<4xui8>) -> tensor<4xi32>
  %outa = tensor.cast %wa : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%outa) : (tensor<*xi32>) -> ()
  %outb = tensor.cast %wb : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%outb) : (tensor<*xi32>) -> ()
  return
}

// A cast to 4 bits keeps the low ones; floats are rounded before, halves away from zero: -9 is 7, 20 is 4.
// CHECK: [7,  -2,  1,  -8,  4]
// CHECK: [7,  14,  1,  8,  4]
// CHECK: [-8,  -1,  7]
func.func @cast_to_4_bits() {
  %x = arith.constant dense<[-9.0, -1.5, 0.5, 7.5, 20.0]> : tensor<5xf32>
  %i = arith.constant dense<[8, -1, 119]> : tensor<3xi8>
  %a = onnx.node "Cast"(%x) {domain = "", opset = 21 : i64, attrs = {to = 22 : i64}} : (tensor<5xf32>) -> tensor<5xi8>
  %b = onnx.node "Cast"(%x) {domain = "", opset = 21 : i64, attrs = {to = 21 : i64}} : (tensor<5xf32>) -> tensor<5xui8>
  %c = onnx.node "Cast"(%i) {domain = "", opset = 21 : i64, attrs = {to = 22 : i64}} : (tensor<3xi8>) -> tensor<3xi8>
  %wa = onnx.node "Cast"(%a) {domain = "", opset = 21 : i64, attrs = {to = 6 : i64}} : (tensor<5xi8>) -> tensor<5xi32>
  %wb = onnx.node "Cast"(%b) {domain = "", opset = 21 : i64, attrs = {to = 6 : i64}} : (tensor<5xui8>) -> tensor<5xi32>
  %wc = onnx.node "Cast"(%c) {domain = "", opset = 21 : i64, attrs = {to = 6 : i64}} : (tensor<3xi8>) -> tensor<3xi32>
  %outa = tensor.cast %wa : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%outa) : (tensor<*xi32>) -> ()
  %outb = tensor.cast %wb : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%outb) : (tensor<*xi32>) -> ()
  %outc = tensor.cast %wc : tensor<3xi32> to tensor<*xi32>
  call @printMemrefI32(%outc) : (tensor<*xi32>) -> ()
  return
}

// Weights 250 - 10 and 0 - 10 do not fit 8 bits around 0: 2 · 240 + 3 · -10, and with zero points 10 | 250: 2 · 0 + 3 · -250.
// CHECK: [450,  -750]
func.func @matmul_integer_asymmetric() {
  %x = arith.constant dense<[[2, 3]]> : tensor<1x2xui8>
  %w = arith.constant dense<[[250, 250], [0, 0]]> : tensor<2x2xui8>
  %none = onnx.none
  %z = arith.constant dense<[10, 250]> : tensor<2xui8>
  %y = onnx.node "MatMulInteger"(%x, %w, %none, %z) {domain = "", opset = 10 : i64, attrs = {}}
      : (tensor<1x2xui8>, tensor<2x2xui8>, none, tensor<2xui8>) -> tensor<1x2xi32>
  %out = tensor.cast %y : tensor<1x2xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Padded windows of two channels [1, 2], [10, 20] with weights [0, 200], [255, 3] - 5: -5 · 0 + 195 · 1 + 250 · 0 - 2 · 10, ….
// CHECK: [175,  2845,  4990]
func.func @conv_integer_asymmetric() {
  %x = arith.constant dense<[[[1, 2], [10, 20]]]> : tensor<1x2x2xui8>
  %w = arith.constant dense<[[[0, 200], [255, 3]]]> : tensor<1x2x2xui8>
  %none = onnx.none
  %z = arith.constant dense<5> : tensor<1xui8>
  %y = onnx.node "ConvInteger"(%x, %w, %none, %z) {domain = "", opset = 10 : i64, attrs = {pads = array<i64: 1, 1>}}
      : (tensor<1x2x2xui8>, tensor<1x2x2xui8>, none, tensor<1xui8>) -> tensor<1x1x3xi32>
  %out = tensor.cast %y : tensor<1x1x3xi32> to tensor<*xi32>
  call @printMemrefI32(%out) : (tensor<*xi32>) -> ()
  return
}

// Levels [3, 1], [0, 4] by the columns [1, -2] and [3, 0] - 1: 1, 5 and -8, -4; plus [10, -1]; by 2 · 0.5 · 0.25 and 2 · 0.5 · 1.
// Then in steps of 0.5 from 128 on: 5.5 rounds to 6.
// CHECK: [2.75,  4]
// CHECK-NEXT: [0.5,  -5]
// CHECK: [134,  136]
// CHECK-NEXT: [129,  118]
func.func @qgemm() {
  %a = arith.constant dense<[[4, 2], [1, 5]]> : tensor<2x2xui8>
  %as = arith.constant dense<0.5> : tensor<f32>
  %az = arith.constant dense<1> : tensor<ui8>
  %b = arith.constant dense<[[1, -2], [3, 0]]> : tensor<2x2xi8>
  %bs = arith.constant dense<[0.25, 1.0]> : tensor<2xf32>
  %bz = arith.constant dense<[0, 1]> : tensor<2xi8>
  %c = arith.constant dense<[10, -1]> : tensor<2xi32>
  %ys = arith.constant dense<0.5> : tensor<f32>
  %yz = arith.constant dense<128> : tensor<ui8>
  %x = onnx.node "QGemm"(%a, %as, %az, %b, %bs, %bz, %c) {domain = "com.microsoft", opset = 1 : i64, attrs = {alpha = 2.0 : f32, transB = 1 : i64}}
      : (tensor<2x2xui8>, tensor<f32>, tensor<ui8>, tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>, tensor<2xi32>) -> tensor<2x2xf32>
  %y = onnx.node "QGemm"(%a, %as, %az, %b, %bs, %bz, %c, %ys, %yz) {domain = "com.microsoft", opset = 1 : i64, attrs = {alpha = 2.0 : f32, transB = 1 : i64}}
      : (tensor<2x2xui8>, tensor<f32>, tensor<ui8>, tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8>, tensor<2xi32>, tensor<f32>, tensor<ui8>) -> tensor<2x2xui8>
  %outx = tensor.cast %x : tensor<2x2xf32> to tensor<*xf32>
  call @printMemrefF32(%outx) : (tensor<*xf32>) -> ()
  %wide = onnx.node "Cast"(%y) {domain = "", opset = 13 : i64, attrs = {to = 6 : i64}} : (tensor<2x2xui8>) -> tensor<2x2xi32>
  %outy = tensor.cast %wide : tensor<2x2xi32> to tensor<*xi32>
  call @printMemrefI32(%outy) : (tensor<*xi32>) -> ()
  return
}

// [0, -1, 4] in steps of 5 / 255 is [0, -51, 204]; by [1, 2, 3] - 1 it is 357, by 5 / 255 · 0.5 and plus 1.
// CHECK: [4.5]
func.func @dynamic_quantize_matmul() {
  %a = arith.constant dense<[[0.0, -1.0, 4.0]]> : tensor<1x3xf32>
  %b = arith.constant dense<[[1], [2], [3]]> : tensor<3x1xi8>
  %bs = arith.constant dense<0.5> : tensor<1xf32>
  %bz = arith.constant dense<1> : tensor<1xi8>
  %bias = arith.constant dense<1.0> : tensor<1xf32>
  %y = onnx.node "DynamicQuantizeMatMul"(%a, %b, %bs, %bz, %bias) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x3xf32>, tensor<3x1xi8>, tensor<1xf32>, tensor<1xi8>, tensor<1xf32>) -> tensor<1x1xf32>
  %out = tensor.cast %y : tensor<1x1xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

// [2, 0] by the columns [1, 2] and [-75, 0]: 2 and -150, by 0.125 and 0.25, plus [1, 0.5].
// CHECK: [1.25,  -37]
func.func @matmul_integer_to_float() {
  %a = arith.constant dense<[[4, 2]]> : tensor<1x2xui8>
  %b = arith.constant dense<[[1, -75], [2, 0]]> : tensor<2x2xi8>
  %as = arith.constant dense<0.5> : tensor<f32>
  %bs = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %az = arith.constant dense<2> : tensor<ui8>
  %none = onnx.none
  %bias = arith.constant dense<[1.0, 0.5]> : tensor<2xf32>
  %y = onnx.node "MatMulIntegerToFloat"(%a, %b, %as, %bs, %az, %none, %bias) {domain = "com.microsoft", opset = 1 : i64, attrs = {}}
      : (tensor<1x2xui8>, tensor<2x2xi8>, tensor<f32>, tensor<2xf32>, tensor<ui8>, none, tensor<2xf32>) -> tensor<1x2xf32>
  %out = tensor.cast %y : tensor<1x2xf32> to tensor<*xf32>
  call @printMemrefF32(%out) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  call @matmul_integer() : () -> ()
  call @qlinear_matmul() : () -> ()
  call @qlinear_conv() : () -> ()
  call @dynamic_quantize() : () -> ()
  call @dequantize_blocks() : () -> ()
  call @qlinear_add() : () -> ()
  call @qlinear_global_average_pool() : () -> ()
  call @qlinear_softmax() : () -> ()
  call @quantize_4_bits() : () -> ()
  call @cast_to_4_bits() : () -> ()
  call @matmul_integer_asymmetric() : () -> ()
  call @conv_integer_asymmetric() : () -> ()
  call @qgemm() : () -> ()
  call @dynamic_quantize_matmul() : () -> ()
  call @matmul_integer_to_float() : () -> ()
  return
}
