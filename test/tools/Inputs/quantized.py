"""Five quantized layers as MLIR, their inputs, and their integer results by NumPy's int64 arithmetic.

    quantized.py FOLDER

writes model.mlir, q.npy, and matmul.npy, conv.npy, linear.npy, gemm.npy, scaled.npy: sums of MatMulInteger [N, 9], of ConvInteger
[N, 4, 5, 5] with padding, levels of QLinearConv [N, 4, 6, 6], levels of QGemm [N, 9] with transposed weights, and floats of
MatMulIntegerToFloat [N, 9]. Their scales are powers of two, so that float32 is exact.
"""
import pathlib
import sys

import numpy as np

from layers import constant, convolve

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(7)
N, ZERO, OUT_ZERO, SCALE = 5, 113, 100, np.float32(1 / 1024)
q = random.integers(0, 256, (N, 3, 6, 6), dtype=np.uint8)
dense = random.integers(-127, 128, (108, 9), dtype=np.int8)
kernel = random.integers(-127, 128, (4, 3, 3, 3), dtype=np.int8)
unsigned = random.integers(1, 256, (4, 3, 1, 1), dtype=np.uint8)  # minus 128: -127..127
x = q.astype(np.int64) - ZERO
linear = convolve(x, unsigned.astype(np.int64) - 128)
levels = np.rint(linear.astype(np.float32) * SCALE) + OUT_ZERO
np.save(folder / "q.npy", q)
np.save(folder / "matmul.npy", (x.reshape(N, -1) @ dense.astype(np.int64)).astype(np.int32))
np.save(folder / "conv.npy", convolve(x, kernel.astype(np.int64), 1)[:, :, :5, :5].astype(np.int32))
np.save(folder / "linear.npy", np.clip(levels, 0, 255).astype(np.uint8))
transposed = random.integers(-127, 128, (9, 108), dtype=np.int8)
addend = random.integers(-20000, 20000, 9, dtype=np.int32)
gemm = np.rint((x.reshape(N, -1) @ transposed.T.astype(np.int64) + addend) * float(SCALE)) + OUT_ZERO
np.save(folder / "gemm.npy", np.clip(gemm, 0, 255).astype(np.uint8))
third = random.integers(-127, 128, (108, 9), dtype=np.int8)
np.save(folder / "scaled.npy", (x.reshape(N, -1) @ third.astype(np.int64) / 64 + 0.5).astype(np.float32))
constants = (constant("dense", dense) + constant("kernel", kernel) + constant("unsigned", unsigned) + constant("transposed", transposed) +
             constant("addend", addend) + constant("third", third))
(folder / "model.mlir").write_text(f"""
func.func @main(%q: tensor<?x3x6x6xui8> {{onnx.name = "q", onnx.dims = ["N", "", "", ""]}})
    -> (tensor<?x9xi32> {{onnx.name = "matmul", onnx.dims = ["N", ""]}}, tensor<?x4x5x5xi32> {{onnx.name = "conv", onnx.dims = ["N", "", "", ""]}},
        tensor<?x4x6x6xui8> {{onnx.name = "linear", onnx.dims = ["N", "", "", ""]}}, tensor<?x9xui8> {{onnx.name = "gemm", onnx.dims = ["N", ""]}},
        tensor<?x9xf32> {{onnx.name = "scaled", onnx.dims = ["N", ""]}}) {{
  %zero = arith.constant dense<{ZERO}> : tensor<ui8>
  %one = arith.constant dense<1.0> : tensor<f32>
  %scale = arith.constant dense<{1 / float(SCALE)}> : tensor<f32>
  %half = arith.constant dense<128> : tensor<ui8>
  %outZero = arith.constant dense<{OUT_ZERO}> : tensor<ui8>
{constants}  %flat = onnx.node "Flatten"(%q) {{domain = "", opset = 13 : i64, attrs = {{}}}} : (tensor<?x3x6x6xui8>) -> tensor<?x108xui8>
  %matmul = onnx.node "MatMulInteger"(%flat, %dense, %zero) {{domain = "", opset = 13 : i64, attrs = {{}}}}
      : (tensor<?x108xui8>, tensor<108x9xi8>, tensor<ui8>) -> tensor<?x9xi32> loc("matmul")
  %conv = onnx.node "ConvInteger"(%q, %kernel, %zero) {{domain = "", opset = 13 : i64,
      attrs = {{pads = array<i64: 1, 1, 0, 0>}}}} : (tensor<?x3x6x6xui8>, tensor<4x3x3x3xi8>, tensor<ui8>) -> tensor<?x4x5x5xi32> loc("conv")
  %linear = onnx.node "QLinearConv"(%q, %one, %zero, %unsigned, %one, %half, %scale, %outZero) {{domain = "", opset = 13 : i64, attrs = {{}}}}
      : (tensor<?x3x6x6xui8>, tensor<f32>, tensor<ui8>, tensor<4x3x1x1xui8>, tensor<f32>, tensor<ui8>, tensor<f32>, tensor<ui8>)
      -> tensor<?x4x6x6xui8> loc("linear")
  %none = onnx.none
  %noZero = arith.constant dense<0> : tensor<i8>
  %gemm = onnx.node "QGemm"(%flat, %one, %zero, %transposed, %one, %noZero, %addend, %scale, %outZero) {{domain = "com.microsoft", opset = 1 : i64,
      attrs = {{transB = 1 : i64}}}} : (tensor<?x108xui8>, tensor<f32>, tensor<ui8>, tensor<9x108xi8>, tensor<f32>, tensor<i8>, tensor<9xi32>, tensor<f32>,
      tensor<ui8>) -> tensor<?x9xui8> loc("gemm")
  %eighth = arith.constant dense<0.125> : tensor<f32>
  %bias = arith.constant dense<0.5> : tensor<9xf32>
  %scaled = onnx.node "MatMulIntegerToFloat"(%flat, %third, %eighth, %eighth, %zero, %none, %bias) {{domain = "com.microsoft", opset = 1 : i64,
      attrs = {{}}}} : (tensor<?x108xui8>, tensor<108x9xi8>, tensor<f32>, tensor<f32>, tensor<ui8>, none, tensor<9xf32>) -> tensor<?x9xf32> loc("scaled")
  return %matmul, %conv, %linear, %gemm, %scaled : tensor<?x9xi32>, tensor<?x4x5x5xi32>, tensor<?x4x6x6xui8>, tensor<?x9xui8>, tensor<?x9xf32>
}}
""")
