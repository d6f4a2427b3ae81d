#!/usr/bin/python3
"""Networks of 8-bit integers on tiles of 8 bits with ideal ADCs, against their integer arithmetic in NumPy, bit by bit.

    integers.py BUILD_DIR [NAME ...]

Reads examples/fashion-mnist/NAME/model_qdq_int8.onnx itself. A layer whose inputs and weights are dequantized is float32(Σ (q - z)(w - v)) times the
float32 product of both scales, plus its bias; everything between layers is float32, rounded operation by operation.
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "zoo"))
from models import DATA, IMAGES, QDQ_NAMES, Build, Checks  # noqa: E402
from runtime import parse_tensor, read_fields, read_integers  # noqa: E402

COUNT = 48


def read_attribute(data):
    """Name and value: an integer, a float, a list of integers, a tensor."""
    name, value = "", None
    for field, content in read_fields(data):
        if field == 1:
            name = content.decode()
        elif field == 2:
            value = np.frombuffer(content, "<f4")[0]
        elif field == 3:
            value = content
        elif field == 5:
            value = parse_tensor(content)
        elif field == 8:
            value = (value or []) + read_integers(content)
    return name, value


def read_model(path):
    """Nodes (operator, inputs, outputs, attributes) in order, initializers, names of inputs and outputs."""
    nodes, constants, inputs, outputs = [], {}, [], []
    graph = next(content for field, content in read_fields(path.read_bytes()) if field == 7)
    for field, content in read_fields(graph):
        parts = list(read_fields(content)) if field in (1, 5, 11, 12) else []
        names = [value.decode() for number, value in parts if number == 1 and field != 5]
        if field == 1:
            nodes.append((next(value.decode() for number, value in parts if number == 4), names,
                          [value.decode() for number, value in parts if number == 2],
                          dict(read_attribute(value) for number, value in parts if number == 5)))
        elif field == 5:
            constants[next(value.decode() for number, value in parts if number == 8)] = parse_tensor(content)
        elif field in (11, 12):
            (inputs if field == 11 else outputs).append(names[0])
    return nodes, constants, [name for name in inputs if name not in constants], outputs


class Dequantized:
    """(q - z) · s, s for all or along an axis."""

    def __init__(self, q, scale, zero, axis):
        def along(parameter):
            return parameter.reshape([-1 if i == axis else 1 for i in range(q.ndim)]) if parameter.size > 1 else parameter.reshape(())
        self.integers, self.scale = q.astype("i8") - along(zero).astype("i8"), along(scale)

    def numbers(self):
        return self.integers.astype("f4") * self.scale


def numbers(value):
    return value.numbers() if isinstance(value, Dequantized) else value


def patches(x, kernel, attributes):
    """[N, C, H, W, kh, kw] of the padded input."""
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))
    down, across = attributes.get("strides", [1, 1])
    return windows[:, :, ::down, ::across]


def multiply(x, w):
    """Products of integers, in float64: exact below 2^53."""
    return (x.astype("f8") @ w.astype("f8")).astype("i8")


def convolve(x, w, attributes):
    results = []
    for part, kernel in zip(np.split(x, attributes["group"], 1), np.split(w, attributes["group"])):
        rows = patches(part, kernel.shape[2:], attributes).transpose(0, 2, 3, 1, 4, 5)
        sums = multiply(rows.reshape(*rows.shape[:3], -1), kernel.reshape(len(kernel), -1).T)
        results.append(sums.transpose(0, 3, 1, 2))
    return np.concatenate(results, 1)


def compute(operator, inputs, attributes):
    if operator == "Constant":
        return attributes["value"]
    if operator == "DequantizeLinear":
        return Dequantized(*inputs, attributes.get("axis", 1))
    if operator in ("Conv", "Gemm"):
        x, w = inputs[:2]
        sums = convolve(x.integers, w.integers, attributes) if operator == "Conv" else multiply(x.integers, w.integers.T)
        scale = x.scale * (w.scale.reshape(-1) if w.scale.ndim else w.scale)
        trailing = (slice(None),) + (None,) * (sums.ndim - 2)
        y = sums.astype("f4") * (scale[trailing] if scale.ndim else scale)
        return y + numbers(inputs[2])[trailing] if len(inputs) > 2 else y
    values = [numbers(value) for value in inputs]
    x = values[0]
    if operator == "QuantizeLinear":
        limits = np.iinfo(values[2].dtype)
        return np.clip(np.rint(x / values[1]) + values[2].astype("f4"), limits.min, limits.max).astype(values[2].dtype)
    if operator == "Relu":
        return np.maximum(x, np.float32(0))
    if operator == "Clip":
        return np.minimum(np.maximum(x, values[1]), values[2])
    if operator == "Add":
        return x + values[1]
    if operator == "MaxPool":
        return patches(x, tuple(attributes["kernel_shape"]), attributes).max((4, 5))
    if operator == "GlobalAveragePool":
        return x.astype("f8").mean((2, 3), keepdims=True).astype("f4")
    if operator == "Flatten":
        return x.reshape(len(x), -1)
    raise ValueError(f"operator {operator}")


def run_model(path, images):
    nodes, values, inputs, outputs = read_model(path)
    values[inputs[0]] = images
    for operator, names, results, attributes in nodes:
        values[results[0]] = compute(operator, [values[name] for name in names if name], attributes)
    return numbers(values[outputs[0]])


def main():
    build, checks = Build(sys.argv[1]), Checks()
    images = (np.load(IMAGES)[:COUNT].astype("f4") / np.float32(255)).reshape(COUNT, 1, 28, 28)
    for name in sys.argv[2:] or QDQ_NAMES:
        path = DATA / name / "model_qdq_int8.onnx"
        if not path.exists():
            continue
        expected = run_model(path, images)
        container = build.compile(name, "--target=ideal", "--analog-nodes=.*", file=path.name, calibrate=False)
        found = build.outputs(container, f"{name}-integers", inputs=build.first(IMAGES, COUNT))
        checks.check(np.array_equal(found, expected),
                     f"{name}: {(found == expected).all(1).mean():.1%} of {COUNT} images equal the integer arithmetic")
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
