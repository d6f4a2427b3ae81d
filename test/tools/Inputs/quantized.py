"""Three quantized layers as MLIR, their inputs, and their integer results by NumPy's int64 arithmetic.

    quantized.py FOLDER

writes model.mlir, q.npy, and matmul.npy, conv.npy, linear.npy: sums of MatMulInteger [N, 9], of ConvInteger [N, 4, 5, 5] with padding,
and levels of QLinearConv [N, 4, 6, 6].
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
constants = constant("dense", dense) + constant("kernel", kernel) + constant("unsigned", unsigned)
(folder / "model.mlir").write_text(f"""
func.func @main(%q: tensor<?x3x6x6xui8> {{onnx.name = "q", onnx.dims = ["N", "", "", ""]}})
    -> (tensor<?x9xi32> {{onnx.name = "matmul", onnx.dims = ["N", ""]}}, tensor<?x4x5x5xi32> {{onnx.name = "conv", onnx.dims = ["N", "", "", ""]}},
        tensor<?x4x6x6xui8> {{onnx.name = "linear", onnx.dims = ["N", "", "", ""]}}) {{
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
  return %matmul, %conv, %linear : tensor<?x9xi32>, tensor<?x4x5x5xi32>, tensor<?x4x6x6xui8>
}}
""")
