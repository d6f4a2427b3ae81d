#!/usr/bin/python3
"""Peak memory and time of aimc-compile, relative to the bytes of a model's weights.

    compile-memory.py AIMC_COMPILE [--megabytes=N] [MODEL.onnx ...]

Without models it writes a chain of matrix products with random weights of N megabytes (512) twice, with external data and with
embedded weights. Each model is compiled --digital and for the default target with as many chips as it needs. A line for each: the
resident set's high-water mark, which counts mapped weights too, and (mark - 150 MB) / weights; it should stay below 1.3 for
external data and 2.3 for embedded weights. Weights of a given model are its external files, or the file itself.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy as np

WIDTH, HIDDEN = 2048, 5632
BASE = 150e6  # the compiler itself


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A protobuf field: an integer, or the bytes of a text or message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def value_info(name):
    shape = field(1, field(2, 1)) + field(1, field(2, WIDTH))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def entry(key, value):
    return field(13, field(1, key) + field(2, str(value)))


def write_model(folder, layers, external):
    """Relu(x W1) W2 ..., one file of weights beside the model or all in one."""
    random = np.random.default_rng(0)
    nodes, tensors, last = [], [], "x"
    folder.mkdir(parents=True)
    with open(folder / "weights.bin", "wb") as data:
        for layer in range(layers):
            shape = (WIDTH, HIDDEN) if layer % 2 == 0 else (HIDDEN, WIDTH)
            weights = random.standard_normal(shape, np.float32).tobytes()
            tensor = b"".join(field(1, size) for size in shape) + field(2, 1) + field(8, f"w{layer}")
            if external:
                tensor += entry("location", "weights.bin") + entry("offset", data.tell()) + field(14, 1)
                data.write(weights)
            else:
                tensor += field(9, weights)
            tensors.append(field(5, tensor))
            name = "y" if layer == layers - 1 else f"m{layer}"
            nodes.append(field(1, field(1, last) + field(1, f"w{layer}") + field(2, name) + field(4, "MatMul")))
            last = name
            if layer % 2 == 0:
                nodes.append(field(1, field(1, last) + field(2, f"r{layer}") + field(4, "Relu")))
                last = f"r{layer}"
    parts = nodes + tensors + [field(11, value_info("x")), field(12, value_info("y"))]
    with open(folder / "model.onnx", "wb") as file:
        file.write(field(1, 8) + field(8, field(2, 17)) + b"\x3a" + varint(sum(map(len, parts))))
        file.writelines(parts)
    return folder / "model.onnx"


def compile_once(compiler, model, options, out):
    """Exit status, what it printed, peak bytes, seconds."""
    begin = time.monotonic()
    process = subprocess.Popen([compiler, model, "--quiet", "-o", out, *options], stderr=subprocess.PIPE)
    printed = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, printed, usage.ru_maxrss * 1024, time.monotonic() - begin


def measure(compiler, model, options, out):
    status, printed, peak, seconds = compile_once(compiler, model, options, out)
    needed = re.search(r"--chips=\d+", printed)
    if status and needed:
        status, printed, peak, seconds = compile_once(compiler, model, [*options, needed[0]], out)
    if status:
        sys.exit(printed)
    beside = [file for file in model.parent.iterdir() if file.suffix in (".bin", ".data")]
    external = sum(file.stat().st_size for file in beside)
    weights = external or model.stat().st_size
    ratio, limit = (peak - BASE) / weights, 1.3 if external else 2.3
    print(f"{model.parent.name:12} {' '.join(options) or 'analog':10} weights {weights / 1e6:7.1f} MB  peak {peak / 1e6:7.1f} MB  "
          f"ratio {ratio:5.2f} ({'within' if ratio <= limit else 'ABOVE'} {limit})  {seconds:5.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compiler")
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        layers = max(1, options.megabytes * 10**6 // (4 * WIDTH * HIDDEN))
        models = options.models or [write_model(folder / kind, layers, kind == "external") for kind in ("external", "embedded")]
        for model in models:
            for each in (["--digital"], []):
                measure(options.compiler, model.resolve(), each, folder / "out.aimc")


if __name__ == "__main__":
    main()
