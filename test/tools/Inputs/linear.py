"""A layer of 40 inputs and 12 columns as model.mlir, 300 samples x.npy and its float results exact.npy."""
import numpy as np

random = np.random.default_rng(1)
x = random.uniform(-1, 2, (300, 40)).astype(np.float32)
w = random.normal(0, 1, (40, 12)).astype(np.float32)
b = random.normal(0, 1, 12).astype(np.float32)
np.save("x.npy", x)
np.save("exact.npy", (x.astype(np.float64) @ w + b).astype(np.float32))
open("model.mlir", "w").write(f"""
func.func @main(%x: tensor<?x40xf32> {{onnx.name = "x", onnx.dims = ["N", ""]}}) -> (tensor<?x12xf32> {{onnx.name = "y", onnx.dims = ["N", ""]}}) {{
  %w = arith.constant dense<{w.astype(np.float64).tolist()}> : tensor<40x12xf32>
  %b = arith.constant dense<{b.astype(np.float64).tolist()}> : tensor<12xf32>
  %y = onnx.node "Gemm"(%x, %w, %b) {{domain = "", opset = 13 : i64, attrs = {{}}}}
      : (tensor<?x40xf32>, tensor<40x12xf32>, tensor<12xf32>) -> tensor<?x12xf32> loc("fc")
  return %y : tensor<?x12xf32>
}}
""")
