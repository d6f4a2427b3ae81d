#!/usr/bin/python3
"""What the compiler makes of weights without data, recomputed with NumPy: weight scales, levels and ADC ranges, to the bit, for
every granularity of scales and both encodings.

    levels.py AIMC_COMPILE AIMC_RUN WORK_DIR

Written from docs/numerics.md, section 1. Some weights lie halfway between levels or so near that the order of operations counts;
one column is zero.
"""
import functools
import json
import pathlib
import subprocess
import sys

import numpy as np

F32, F64, I64 = np.float32, np.float64, np.int64
K, N = 70, 20
TARGET = """\
name: test
array: {{rows: 32, columns: 128, per_chip: 64}}
tile: {{rows: 32, columns: 8}}
weights: {{bits: {bits}, cell_bits: {cell_bits}, encoding: {encoding}, scale: {scale}}}
input: {{bits: 8, slice_bits: {slice_bits}}}
adc: {{bits: 8}}
device: {{model: ideal, g_min: 0 uS, g_max: 25 uS}}
"""
NETWORK = """\
func.func @main(%x: tensor<?x{k}xf32> {{onnx.name = "x"{promise}}}) -> tensor<?x{n}xf32> {{
  %w = arith.constant dense<"0x{weights}"> : tensor<{k}x{n}xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x{k}xf32>
  %empty = tensor.empty(%m) : tensor<?x{n}xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x{k}xf32>, tensor<{k}x{n}xf32>) outs(%init : tensor<?x{n}xf32>) -> tensor<?x{n}xf32> loc("fc")
  return %y : tensor<?x{n}xf32>
}}
"""
CASES = [  # encoding, bits, cell bits, scale, input slice bits, inputs >= 0
    ("differential", 8, 7, "column", "all", False),
    ("differential", 8, 2, "tile", "1", True),
    ("differential", 12, 4, "matrix", "3", False),
    ("offset", 8, 2, "column", "all", True),
    ("offset", 5, 5, "tile", "2", False),
]


@functools.lru_cache(maxsize=None)
def weights():
    w = np.random.default_rng(1).normal(0, 0.3, (K, N)).astype(F32)
    w[:, 3] = 0
    w[:, 4] = (np.arange(K) % 100 - 50) + 0.5  # with its largest weight 127 the levels of 8 bits are rint of these halves
    w[::32, 4] = 127
    # W · (L/w) and (W · L)/w give other levels for these.
    largest = F32(0.3)
    halves = ((np.arange(-126, 126) + 0.5) / (127 / 0.3)).astype(F32)
    pool = np.concatenate([halves, np.nextafter(halves, F32(1)), np.nextafter(halves, F32(-1))])
    subtle = pool[np.rint(pool * (F32(127) / largest)) != np.rint(pool * F32(127) / largest)][:K // 2]
    assert len(subtle) >= 10
    w[:, 5] = 0.1
    w[:len(subtle), 5] = subtle
    w[::32, 5] = largest
    return w


def scales(w, tile_rows, tile_columns, granularity):
    """w [T, N]."""
    tiles = range(0, K, tile_rows)
    largest = np.stack([np.abs(w[t:t + tile_rows]).max(axis=0) for t in tiles])
    if granularity == "tile":
        for n in range(0, N, tile_columns):
            largest[:, n:n + tile_columns] = largest[:, n:n + tile_columns].max(axis=1, keepdims=True)
    if granularity == "matrix":
        largest[:] = largest.max()
    largest[largest == 0] = 1
    return largest


def digits(stored, bits, count):
    return [np.sign(stored) * ((np.abs(stored) >> (bits * s)) & ((1 << bits) - 1)) for s in range(count)]


def default_range(column, largest_digit, signed):
    """A for the digits of one slice of one column of a tile."""
    if not column.any():
        return F32(1)
    mean, deviation = (0.0, largest_digit / 3) if signed else (largest_digit / 4, largest_digit / 4)
    expected = abs(mean * column.sum()) + 4 * deviation * np.sqrt(F64((column * column).sum()))
    return F32(min(F64(largest_digit) * np.abs(column).sum(), expected))


def check(folder):
    """What is wrong, one line each."""
    layer = json.loads((folder / "layer.json").read_text())
    w, rows = weights(), layer["R"]
    expected_scale = scales(w, rows, layer["C"], layer["weight_scale_per"])
    if not np.array_equal(np.load(folder / "weight_scale.npy"), expected_scale):
        yield "weight scales differ"
    kw = (F32(layer["L"]) / expected_scale).repeat(rows, axis=0)[:K]
    expected_levels = np.clip(np.rint(w * kw), -layer["L"], layer["L"]).astype(I64)
    levels = np.load(folder / "levels.npy").astype(I64)
    for k, n in np.argwhere(levels != expected_levels)[:3]:
        yield f"level [{k}, {n}] is {levels[k, n]}, recomputed {expected_levels[k, n]} from {w[k, n] * kw[k, n]}"
    stored = expected_levels + (1 << (layer["bw"] - 1) if layer["encoding"] == "offset" else 0)
    magnitude_bits = layer["bx"] - layer["signed"]
    largest_digit = min(2 ** layer["v"], 2 ** magnitude_bits) - 1
    ranges = np.load(folder / "adc_range.npy")
    for s, digit in enumerate(digits(stored, layer["c"], layer["S"])):
        for t in range(layer["T"]):
            for n in range(N):
                expected = default_range(digit[t * rows:(t + 1) * rows, n], largest_digit, layer["signed"])
                if ranges[t, n, s] != expected:
                    yield f"ADC range [{t}, {n}, {s}] is {ranges[t, n, s]}, recomputed {expected}"


def main():
    compiler, run, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    np.save(work / "x.npy", np.random.default_rng(2).uniform(0, 1, (3, K)).astype(F32))
    failed = 0
    for encoding, bits, cell_bits, scale, slice_bits, positive in CASES:
        name = f"{encoding}-{bits}-{cell_bits}-{scale}"
        target, network, container = (work / f"{name}.{end}" for end in ("yaml", "mlir", "aimc"))
        target.write_text(TARGET.format(encoding=encoding, bits=bits, cell_bits=cell_bits, scale=scale, slice_bits=slice_bits))
        promise = ", analog.input_range = [0.0, 1.0]" if positive else ""
        network.write_text(NETWORK.format(k=K, n=N, weights=weights().tobytes().hex(), promise=promise))
        subprocess.run([compiler, network, "-o", container, f"--target={target}", "--quiet"], check=True)
        subprocess.run([run, container, work / "x.npy", f"--dump-layers={work / name}"], check=True, stdout=subprocess.DEVNULL)
        problems = list(check(work / name / "0_fc"))
        print(f"{name}: {'DIFFERS' if problems else 'scales, levels and ranges recomputed exactly'}")
        for problem in problems[:5]:
            print(f"  {problem}")
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
