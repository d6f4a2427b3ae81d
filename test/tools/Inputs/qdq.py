"""Layers between QuantizeLinear and DequantizeLinear as MLIR, their inputs, and their results by NumPy's int64 arithmetic.

    qdq.py FOLDER

writes model.mlir, the inputs unsigned.npy, signed.npy and float.npy, and LAYER.npy for each of LAYERS, in order: float32(Σ (q - z)(w - v)) times
the float32 product of both scales. Weights have zero points far from the middle of their types; where `full`, a column has all of them.
"""
import pathlib
import sys

import numpy as np

from layers import constant, convolve, type_of

LAYERS = ["far", "channels", "grouped", "depthwise", "dynamic", "padded", "weights"]
N, K = 3, 300
random = np.random.default_rng(23)


def integers(kind, shape, full=False):
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    array = random.integers(low, high + 1, shape).astype(kind)
    if full:
        array[0], array[1] = low, high
    return array


def center(q, zero, axis=None):
    zero = np.asarray(zero, np.int64)
    return q.astype(np.int64) - (zero if axis is None else zero.reshape([-1 if i == axis else 1 for i in range(q.ndim)]))


def scaled(sums, x_scale, w_scale, axis):
    factors = np.float32(x_scale) * np.float32(w_scale)
    if factors.ndim:
        factors = factors.reshape([-1 if i == axis else 1 for i in range(sums.ndim)])
    return sums.astype(np.float32) * factors


folder = pathlib.Path(sys.argv[1])
unsigned, signed = integers(np.uint8, (N, 4, 15, 5)), integers(np.int8, (N, 4, 15, 5))
signed[:, 0, :2] = -128
number = random.standard_normal((N, 4, 15, 5)).astype(np.float32)
X_SCALE, U_ZERO, S_ZERO = np.float32(0.037), np.uint8(113), np.int8(-9)
u, s = center(unsigned, U_ZERO), center(signed, S_ZERO)
expected, body = {}, ""

# Per tensor, a zero point of 3, and all of 0..255 in every column.
far, far_scale, far_zero = integers(np.uint8, (K, 5), full=True), np.float32(0.0123), np.uint8(3)
expected["far"] = scaled(u.reshape(N, K) @ center(far, far_zero), X_SCALE, far_scale, 1)
# A zero point and a scale for each column, of a transposed matrix.
channels, channel_zeros = integers(np.int8, (6, K)), integers(np.int8, 6)
channel_scales = random.uniform(0.01, 0.1, 6).astype(np.float32)
expected["channels"] = scaled(s.reshape(N, K) @ center(channels, channel_zeros, 0).T, X_SCALE, channel_scales, 1)
# Symmetric, with weights of -128 and of 127 in every channel; two groups.
grouped, grouped_scale = integers(np.int8, (6, 2, 3, 3)), random.uniform(0.01, 0.1, 6).astype(np.float32)
grouped[:, 0, 0, 0], grouped[:, 0, 1, 1], grouped[::2, 1, 2, 2] = -128, 127, -128
expected["grouped"] = scaled(convolve(s, grouped.astype(np.int64), 1, 2), X_SCALE, grouped_scale, 1)
depthwise, depthwise_zero, depthwise_scale = integers(np.uint8, (4, 1, 3, 3)), np.uint8(250), np.float32(0.5)
depthwise[1, 0, 0, :2] = 0, 255
expected["depthwise"] = scaled(convolve(u, center(depthwise, depthwise_zero), 1, 4), X_SCALE, depthwise_scale, 1)


def quantize_dynamically(x):
    least, most = min(x.min(), np.float32(0)), max(x.max(), np.float32(0))
    scale = np.float32((most - least) / np.float32(255))
    zero = np.clip(np.rint(-least / scale), 0, 255)
    return np.clip(np.rint(x / scale) + zero, 0, 255).astype(np.int64) - int(zero)


# Zero points that only a run knows.
dynamic = quantize_dynamically(number)
expected["dynamic"] = (dynamic.reshape(N, K) @ center(far, far_zero)).astype(np.int32)
expected["padded"] = convolve(dynamic, center(grouped, np.int8(-100)), 1, 2).astype(np.int32)
# Inputs that are no integers: weights only.
expected["weights"] = (number.reshape(N, K).astype(np.float64) @ center(far, far_zero) * float(far_scale)).astype(np.float32)

for name, array in {"xScale": X_SCALE, "uZero": U_ZERO, "sZero": S_ZERO, "far": far, "farScale": far_scale, "farZero": far_zero,
                    "channels": channels, "channelScales": channel_scales, "channelZeros": channel_zeros, "grouped": grouped,
                    "groupedScale": grouped_scale, "groupedZeros": np.zeros(6, np.int8), "depthwise": depthwise,
                    "depthwiseScale": depthwise_scale, "depthwiseZero": depthwise_zero, "leastZero": np.int8(-100)}.items():
    body += constant(name, array)


def node(result, kind, operands, types, to, attributes="", where=None):
    global body
    body += (f'  {result} = onnx.node "{kind}"({", ".join("%" + o for o in operands)}) {{domain = "", opset = 13 : i64, attrs = '
             f'{{{attributes}}}}} : ({", ".join(types)}) -> {to}' + (f' loc("{where}")' if where else "") + "\n")


def dequantize(name, array, scale, zero, arrays, axis=0):
    node(f"%{name}F", "DequantizeLinear", [name, scale, zero], [type_of(array), type_of(arrays[0]), type_of(arrays[1])],
         type_of(np.zeros(array.shape, np.float32)), f"axis = {axis} : i64")


DATA = "tensor<?x4x15x5x"
node("%u", "DequantizeLinear", ["unsigned", "xScale", "uZero"], [DATA + "ui8>", "tensor<f32>", "tensor<ui8>"], DATA + "f32>")
node("%s", "DequantizeLinear", ["signed", "xScale", "sZero"], [DATA + "i8>", "tensor<f32>", "tensor<i8>"], DATA + "f32>")
for name in "us":
    node(f"%{name}Flat", "Flatten", [name], [DATA + "f32>"], f"tensor<?x{K}xf32>")
dequantize("far", far, "farScale", "farZero", (far_scale, far_zero))
dequantize("channels", channels, "channelScales", "channelZeros", (channel_scales, channel_zeros))
dequantize("grouped", grouped, "groupedScale", "groupedZeros", (grouped_scale, np.zeros(6, np.int8)))
dequantize("depthwise", depthwise, "depthwiseScale", "depthwiseZero", (depthwise_scale, depthwise_zero))
FLAT = f"tensor<?x{K}xf32>"
node("%yFar", "MatMul", ["uFlat", "farF"], [FLAT, f"tensor<{K}x5xf32>"], "tensor<?x5xf32>", where="far")
node("%yChannels", "Gemm", ["sFlat", "channelsF"], [FLAT, f"tensor<6x{K}xf32>"], "tensor<?x6xf32>", "transB = 1 : i64", "channels")
node("%yGrouped", "Conv", ["s", "groupedF"], [DATA + "f32>", "tensor<6x2x3x3xf32>"], "tensor<?x6x15x5xf32>",
     "group = 2 : i64, pads = array<i64: 1, 1, 1, 1>", "grouped")
node("%yDepthwise", "Conv", ["u", "depthwiseF"], [DATA + "f32>", "tensor<4x1x3x3xf32>"], "tensor<?x4x15x5xf32>",
     "group = 4 : i64, pads = array<i64: 1, 1, 1, 1>", "depthwise")
node("%q:3", "DynamicQuantizeLinear", ["float"], [DATA + "f32>"], f"({DATA}ui8>, tensor<f32>, tensor<ui8>)")
node("%qFlat", "Flatten", ["q#0"], [DATA + "ui8>"], f"tensor<?x{K}xui8>")
node("%yDynamic", "MatMulInteger", ["qFlat", "far", "q#2", "farZero"],
     [f"tensor<?x{K}xui8>", type_of(far), "tensor<ui8>", "tensor<ui8>"], "tensor<?x5xi32>", where="dynamic")
node("%yPadded", "ConvInteger", ["q#0", "grouped", "q#2", "leastZero"],
     [DATA + "ui8>", type_of(grouped), "tensor<ui8>", "tensor<i8>"], "tensor<?x6x15x5xi32>",
     "group = 2 : i64, pads = array<i64: 1, 1, 1, 1>", "padded")
node("%floatFlat", "Flatten", ["float"], [DATA + "f32>"], FLAT)
node("%yWeights", "MatMul", ["floatFlat", "farF"], [FLAT, f"tensor<{K}x5xf32>"], "tensor<?x5xf32>", where="weights")

TYPES = {"far": "tensor<?x5xf32>", "channels": "tensor<?x6xf32>", "grouped": "tensor<?x6x15x5xf32>", "depthwise": "tensor<?x4x15x5xf32>",
         "dynamic": "tensor<?x5xi32>", "padded": "tensor<?x6x15x5xi32>", "weights": "tensor<?x5xf32>"}


def named(name, kind):
    dims = ", ".join(['"N"'] + ['""'] * (kind.count("x") - 1))
    return f'{kind} {{onnx.name = "{name}", onnx.dims = [{dims}]}}'


arguments = ", ".join(f"%{name}: " + named(name, DATA + kind + ">") for name, kind in (("unsigned", "ui8"), ("signed", "i8"), ("float", "f32")))
results = ", ".join(named(name, TYPES[name]) for name in LAYERS)
values = ", ".join("%y" + name.capitalize() for name in LAYERS)
(folder / "model.mlir").write_text(f"func.func @main({arguments})\n    -> ({results}) {{\n{body}"
                                   f"  return {values} : {', '.join(TYPES[name] for name in LAYERS)}\n}}\n")
for name, array in {"unsigned": unsigned, "signed": signed, "float": number, **expected}.items():
    np.save(folder / f"{name}.npy", array)
