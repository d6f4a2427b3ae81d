"""Quantized layers whose integers do not lie around zero as MLIR, their inputs, and their results by NumPy's int64 arithmetic.

    asymmetric.py FOLDER

writes model.mlir, q.npy with all int8 from -128 on, and per_column.npy, grouped.npy, least.npy: sums of a MatMulInteger with uint8
weights and a zero point for each column, of a ConvInteger of two groups with a zero point for each channel and padding, and of a
MatMulInteger with int8 weights of which some are -128.
"""
import pathlib
import sys

import numpy as np

from layers import constant, convolve

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(11)
N, ZERO = 4, -9
q = random.integers(-128, 128, (N, 4, 5, 5), dtype=np.int8)
q[:, 0] = -128
dense = random.integers(1, 256, (100, 7), dtype=np.uint8)
dense_zeros = random.integers(0, 256, 7, dtype=np.uint8)
kernel = random.integers(0, 255, (6, 2, 3, 3), dtype=np.uint8)
kernel_zeros = random.integers(0, 256, 6, dtype=np.uint8)
least = random.integers(-128, 127, (100, 3), dtype=np.int8)
least[0] = -128
x = q.astype(np.int64) - ZERO
wide = kernel.astype(np.int64) - kernel_zeros.astype(np.int64)[:, None, None, None]
np.save(folder / "q.npy", q)
np.save(folder / "per_column.npy", (x.reshape(N, -1) @ (dense.astype(np.int64) - dense_zeros)).astype(np.int32))
np.save(folder / "grouped.npy", convolve(x, wide, 1, 2).astype(np.int32))
np.save(folder / "least.npy", (x.reshape(N, -1) @ least.astype(np.int64)).astype(np.int32))
constants = "".join(constant(name, array) for name, array in {
    "dense": dense, "dense_zeros": dense_zeros, "kernel": kernel, "kernel_zeros": kernel_zeros, "least": least}.items())
(folder / "model.mlir").write_text(f"""
func.func @main(%q: tensor<?x4x5x5xi8> {{onnx.name = "q", onnx.dims = ["N", "", "", ""]}})
    -> (tensor<?x7xi32> {{onnx.name = "per_column", onnx.dims = ["N", ""]}}, tensor<?x6x5x5xi32> {{onnx.name = "grouped", onnx.dims = ["N", "", "", ""]}},
        tensor<?x3xi32> {{onnx.name = "least", onnx.dims = ["N", ""]}}) {{
  %zero = arith.constant dense<{ZERO}> : tensor<i8>
  %none = onnx.none
{constants}  %flat = onnx.node "Flatten"(%q) {{domain = "", opset = 13 : i64, attrs = {{}}}} : (tensor<?x4x5x5xi8>) -> tensor<?x100xi8>
  %per_column = onnx.node "MatMulInteger"(%flat, %dense, %zero, %dense_zeros) {{domain = "", opset = 13 : i64, attrs = {{}}}}
      : (tensor<?x100xi8>, tensor<100x7xui8>, tensor<i8>, tensor<7xui8>) -> tensor<?x7xi32> loc("per_column")
  %grouped = onnx.node "ConvInteger"(%q, %kernel, %zero, %kernel_zeros) {{domain = "", opset = 13 : i64,
      attrs = {{group = 2 : i64, pads = array<i64: 1, 1, 1, 1>}}}}
      : (tensor<?x4x5x5xi8>, tensor<6x2x3x3xui8>, tensor<i8>, tensor<6xui8>) -> tensor<?x6x5x5xi32> loc("grouped")
  %least_sums = onnx.node "MatMulInteger"(%flat, %least, %zero, %none) {{domain = "", opset = 13 : i64, attrs = {{}}}}
      : (tensor<?x100xi8>, tensor<100x3xi8>, tensor<i8>, none) -> tensor<?x3xi32> loc("least")
  return %per_column, %grouped, %least_sums : tensor<?x7xi32>, tensor<?x6x5x5xi32>, tensor<?x3xi32>
}}
""")
