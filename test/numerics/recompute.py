#!/usr/bin/python3
"""Recomputes analog layers from what `aimc-run --dump-layers=DIR` wrote, with NumPy alone.

    recompute.py DIR [--rows=N]

Every ADC code must come out exactly, every y within 1e-5 of its column's full ADC range. Written from docs/numerics.md,
section 1, and nothing else: it shares no line with the simulator. Exit status 1 names the first differences.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

F32, F64, I64 = np.float32, np.float64, np.int64
SHOWN = 5  # differences named per layer
TOLERANCE = 1e-5


def input_codes(x, alpha, layer):
    """X = clip(rint(x · Q/α), Q), every step in float32; [m, k] integers. α is [m], or [m, t] for each row tile."""
    top = layer["Q"]
    alpha = np.repeat(alpha.reshape(len(x), -1), layer["R"] if alpha.ndim == 2 else x.shape[1], axis=1)[:, : x.shape[1]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kx = F32(top) / alpha
        scaled = np.rint(x * kx)
    scaled = np.where(np.isnan(scaled), F32(0), scaled)
    codes = np.clip(scaled, -top if layer["signed"] else 0, top).astype(I64)
    codes[(alpha == 0) | ~np.isfinite(kx)] = 0
    return codes


def digits(values, bits, count):
    """|values| in base 2^bits, least significant first, each digit with its value's sign; count arrays."""
    sign, rest = np.sign(values), np.abs(values)
    result = []
    for _ in range(count):
        result.append(sign * (rest % (1 << bits)))
        rest = rest >> bits
    if rest.any():
        raise ValueError(f"values up to {np.abs(values).max()} do not fit {count} digits of {bits} bits")
    return result


def column_sums(codes, stored, layer):
    """P[m, t, n, s, i]; `stored` is [K, N] what the cells hold. float64 holds the integers exactly."""
    m, k = codes.shape
    tiles = range(0, k, layer["R"])
    sums = np.empty((m, len(tiles), stored.shape[1], layer["S"], layer["V"]), I64)
    weight_digits = digits(stored, layer["c"], layer["S"])
    for i, x in enumerate(digits(codes, layer["v"], layer["V"])):
        for s, d in enumerate(weight_digits):
            for t, first in enumerate(tiles):
                rows = slice(first, first + layer["R"])
                sums[:, t, :, s, i] = (x[:, rows].astype(F64) @ d[rows].astype(F64)).astype(I64)
    return sums


def convert(sums, adc_range, layer):
    """ADC codes [m, t, n, s, i] and Δ [t, n, s]."""
    if layer["B"] == "ideal":
        return sums, np.ones(sums.shape[1:4], F32)
    unsigned = layer["encoding"] == "offset" and not layer["signed"]
    top = 2 ** layer["B"] - 1 if unsigned else 2 ** (layer["B"] - 1) - 1
    ka = F32(top) / adc_range
    scaled = np.rint(sums.astype(F32) * ka[None, :, :, :, None])
    codes = np.clip(scaled, 0 if unsigned else -top, top).astype(I64)
    return codes, (1.0 / ka.astype(F64)).astype(F32)


def accumulate(codes, delta, input_code, arrays, layer):
    """y [m, n] from ADC codes."""
    j = (codes << (layer["v"] * np.arange(layer["V"]))).sum(axis=4, dtype=I64)  # [m, t, n, s]
    acc = np.zeros((codes.shape[0], codes.shape[2]), F32)
    for t in range(codes.shape[1]):
        inner = np.zeros(acc.shape, F64)
        for s in range(layer["S"]):
            inner = inner + F64(2.0 ** (layer["c"] * s)) * delta[t, :, s].astype(F64) * j[:, t, :, s].astype(F64)
        if layer["encoding"] == "offset":
            rows = slice(t * layer["R"], (t + 1) * layer["R"])
            inner = inner - F64(2 ** (layer["bw"] - 1)) * input_code[:, rows].sum(axis=1, dtype=I64)[:, None].astype(F64)
        acc = acc + factor(t, arrays, layer) * inner.astype(F32)
    if layer["affine"]:
        acc = np.asarray(layer["affine"]["a"], F32) * acc + np.asarray(layer["affine"]["o"], F32)
    return acc + arrays["bias"]


def factor(t, arrays, layer):
    """f_t [m, n] = float32(w · α / (L · Q))."""
    alpha = arrays["alpha"].astype(F64)
    product = arrays["weight_scale"][t].astype(F64)[None, :] * (alpha[:, t] if alpha.ndim == 2 else alpha)[:, None]
    return (product / (F64(layer["L"]) * layer["Q"])).astype(F32)


def full_range(sums, arrays, layer):
    """What a column's converters can express at most, in units of y: [m, n]."""
    reach = arrays["adc_range"].astype(F64)  # [t, n, s]
    if layer["B"] == "ideal":
        reach = np.maximum(np.abs(sums).max(axis=(0, 4)), 1).astype(F64)
    column = reach @ (2.0 ** (layer["c"] * np.arange(layer["S"])))  # [t, n]
    total = sum(factor(t, arrays, layer).astype(F64) * column[t] for t in range(layer["T"]))
    total = total * sum(2.0 ** (layer["v"] * i) for i in range(layer["V"]))
    if layer["affine"]:
        total = total * np.abs(np.asarray(layer["affine"]["a"], F64))
    return total


def check_static(arrays, levels, layer):
    """Sizes and scalars that must agree with each other; what is wrong, or None."""
    m, k, n, t, s, v = (layer[name] for name in "MKNTSV")
    shapes = {"x": (m, k), "weight_scale": (t, n), "adc_range": (t, n, s), "alpha": (m, t) if isinstance(layer["alpha"], list) else (m,), "bias": (n,),
              "codes": (m, t, n, s, v), "y": (m, n)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            return f"{name}.npy has shape {arrays[name].shape}, layer.json says {shape}"
    if levels.shape != (k, n):
        return f"levels.npy has shape {levels.shape}, layer.json says {(k, n)}"
    bx, bw = layer["bx"], layer["bw"]
    expected = {
        "L": 2 ** (bw - 1) - 1,
        "Q": max(2 ** (bx - 1) - 1, 1) if layer["signed"] else 2 ** bx - 1,
        "T": -(-k // layer["R"]),
        "S": -(-(bw if layer["encoding"] == "offset" else bw - 1) // layer["c"]),
        "V": max(-(-(bx - 1 if layer["signed"] else bx) // layer["v"]), 1),
    }
    for name, value in expected.items():
        if layer[name] != value:
            return f"{name} is {layer[name]}, the other numbers of layer.json make it {value}"
    if layer.get("unit_column"):
        return "an offset measured by a unit column cannot be recomputed from codes alone"
    return None


def check_alpha(x, alpha, layer):
    """The input scale is what the layer says; what is wrong, or None."""
    if layer["alpha"] != "dynamic":
        wrong = alpha != np.asarray(layer["alpha"], F32)
        row = np.argmax(wrong.reshape(len(x), -1).any(axis=1))
        return f"alpha[{row}] is {alpha[row]}, layer.json says {layer['alpha']}" if wrong.any() else None
    largest = np.abs(np.where(np.isfinite(x), x, 0)).max(axis=1)
    wrong = alpha < largest if layer["kind"] == "convolution" else alpha != largest
    row = np.argmax(wrong)
    return f"dynamic alpha[{row}] is {alpha[row]}, the largest |x| of that row {largest[row]}" if wrong.any() else None


def check_layer(folder, limit):
    """(summary, list of differences)."""
    layer = json.loads((folder / "layer.json").read_text())
    names = ["x", "weight_scale", "adc_range", "alpha", "bias", "codes", "y"]
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
    levels = np.load(folder / "levels.npy").astype(I64)
    problem = check_static(arrays, levels, layer)
    if problem:
        return "", [problem]
    offset = layer["encoding"] == "offset"
    stored = levels + 2 ** (layer["bw"] - 1) if offset else levels

    differences, worst, compared = [], 0.0, 0
    rows = min(layer["M"], limit)
    step = max(1, 2 ** 22 // max(1, arrays["codes"][0].size if layer["M"] else 1))
    for first in range(0, rows, step):
        part = dict(arrays)
        for name in ("x", "alpha", "codes", "y"):
            part[name] = np.asarray(arrays[name][first:min(first + step, rows)])
        problem = check_alpha(part["x"], part["alpha"], layer)
        if problem:
            return "", [problem]
        codes = input_codes(part["x"], part["alpha"], layer)
        sums = column_sums(codes, stored, layer)
        expected, delta = convert(sums, arrays["adc_range"], layer)
        compared += expected.size
        for m, t, n, s, i in np.argwhere(expected != part["codes"])[:SHOWN]:
            differences.append(f"code [m={first + m}, t={t}, n={n}, s={s}, i={i}] is {part['codes'][m, t, n, s, i]}, "
                               f"recomputed {expected[m, t, n, s, i]} (column sum {sums[m, t, n, s, i]})")
        y = accumulate(expected, delta, codes, part, layer)
        reach = full_range(sums, part, layer)
        error = np.abs(y.astype(F64) - part["y"])
        relative = np.where(error == 0, 0, error / np.where(reach > 0, reach, np.finfo(F64).tiny))
        worst = max(worst, relative.max(initial=0.0))
        for m, n in np.argwhere(~(relative <= TOLERANCE))[:SHOWN]:
            differences.append(f"y [m={first + m}, n={n}] is {part['y'][m, n]}, recomputed {y[m, n]}: "
                               f"{relative[m, n]:.1e} of the full range {reach[m, n]}")
        if len(differences) >= SHOWN:
            break
    summary = (f"{rows} rows, {layer['K']} x {layer['N']} in {layer['T']} row tiles, {layer['S']} x {layer['V']} slices: "
               f"{compared} codes, y within {worst:.1e} of the range")
    return summary, differences[:SHOWN]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=2 ** 62, help="check at most so many rows of a layer")
    options = parser.parse_args()
    folders = sorted((path.parent for path in options.directory.glob("*/layer.json")),
                     key=lambda path: (int(path.name.split("_")[0]), path.name))
    if not folders:
        print(f"{options.directory}: no layer in it", file=sys.stderr)
        return 1
    failed = 0
    for folder in folders:
        summary, differences = check_layer(folder, options.rows)
        print(f"{folder.name}: {'DIFFERS' if differences else summary}")
        for difference in differences:
            print(f"  {difference}")
        failed += bool(differences)
    print(f"{len(folders) - failed} of {len(folders)} layers recomputed exactly")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
