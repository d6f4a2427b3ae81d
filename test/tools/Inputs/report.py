"""aimc-run --report=layers against NumPy, which computes every ratio from the rows that --dump-layers writes.

    report.py AIMC_COMPILE AIMC_RUN

Two layers, 40 x 24 and 24 x 5, of known weights, a day after programming.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

EFFECTS = ["programming", "output-noise", "drift", "flicker"]  # of generic-pcm; the target lists no other
OTHERS = ["stuck", "read-noise", "input-noise", "adc-gain", "adc-offset", "adc-linearity", "nonlinearity", "ir-drop"]


def dense(matrix):
    return "dense<" + str([[float(v) for v in row] for row in matrix]) + f"> : tensor<{matrix.shape[0]}x{matrix.shape[1]}xf32>"


def network(first, second):
    k, n, m = *first.shape, second.shape[1]
    def layer(x, w, name, rows, columns):
        return f"""
  %e{name} = tensor.empty(%n) : tensor<?x{columns}xf32>
  %i{name} = linalg.fill ins(%zero : f32) outs(%e{name} : tensor<?x{columns}xf32>) -> tensor<?x{columns}xf32>
  %{name} = linalg.matmul ins({x}, {w} : tensor<?x{rows}xf32>, tensor<{rows}x{columns}xf32>)
      outs(%i{name} : tensor<?x{columns}xf32>) -> tensor<?x{columns}xf32> loc("{name}")"""
    return f"""func.func @main(%x: tensor<?x{k}xf32> {{onnx.name = "x"}}) -> (tensor<?x{m}xf32> {{onnx.name = "y"}}) {{
  %w1 = arith.constant {dense(first)}
  %w2 = arith.constant {dense(second)}
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x{k}xf32>{layer("%x", "%w1", "first", k, n)}{layer("%first", "%w2", "second", n, m)}
  return %second : tensor<?x{m}xf32>
}}
"""


def decibels(expected, found):
    expected, found = np.float64(expected), np.float64(found)
    return 10 * np.log10((expected**2).sum() / ((expected - found) ** 2).sum())


def main(compiler, runner):
    random = np.random.default_rng(5)
    first, second = (random.normal(size=shape).astype("f4") for shape in [(40, 24), (24, 5)])
    x = random.normal(size=(150, 40)).astype("f4")
    scores = np.float64(x) @ first @ second
    np.save("x.npy", x)
    np.save("labels.npy", scores.argmax(1))
    pathlib.Path("net.mlir").write_text(network(first, second))
    subprocess.run([compiler, "net.mlir", "-o", "net.aimc", "--calibrate=x.npy", "--quiet"], check=True)

    def run(*arguments):
        command = [runner, "net.aimc", "x.npy", "--labels=labels.npy", "--json", *arguments]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def dumped(name, *arguments):
        report = run("--dump-layers=" + name, *arguments)
        folders = [pathlib.Path(name, f"{i}_{node}") for i, node in enumerate(["first", "second"])]
        return [np.load(f / "x.npy") for f in folders], [np.load(f / "y.npy") for f in folders], report["top1_accuracy"]["trials"]

    noisy = ["--fidelity=noisy", "--time=1d", "--seed=3"]
    without = lambda effects: ["--disable=" + ",".join(effects)] if effects else []
    ways = {"converters": dumped("converters", *noisy, *without(EFFECTS + OTHERS))}
    for effect in EFFECTS:
        ways[effect] = dumped(effect, *noisy, *without([e for e in EFFECTS + OTHERS if e != effect]))
    ways["all"] = dumped("all", *noisy)

    report = run("--report=layers", "--batch=64", *noisy)
    assert [layer["node"] for layer in report["layers"]] == ["first", "second"]
    floats = [np.float64(x) @ first, scores]
    for i, (layer, weights) in enumerate(zip(report["layers"], [first, second])):
        assert list(layer["sqnr_db"]) == list(ways), (list(layer["sqnr_db"]), "effects that change nothing are left out")
        for way, (_, results, _) in ways.items():
            assert abs(layer["sqnr_db"][way] - decibels(floats[i], results[i])) < 1e-3, (i, way)
        inputs, results, _ = ways["all"]
        assert abs(layer["own_sqnr_db"] - decibels(np.float64(inputs[i]) @ weights, results[i])) < 1e-3, i
    for way, (_, results, accuracies) in ways.items():
        assert abs(report["output"]["sqnr_db"][way] - decibels(scores, results[1])) < 1e-3, way
        assert report["top1_accuracy"][way] == accuracies, way
    assert report["top1_accuracy"]["float"] == 1

    # Powers are added up over trials before the ratio is taken.
    quantized = run("--report=layers")
    assert list(quantized["layers"][0]["sqnr_db"]) == ["converters"]
    assert abs(quantized["layers"][0]["own_sqnr_db"] - quantized["layers"][0]["sqnr_db"]["converters"]) < 1e-3
    three = [run("--report=layers", *noisy, f"--trials={n}")["layers"][1]["sqnr_db"]["all"] for n in (1, 2, 3)]
    powers = 10 ** (-np.array(three) / 10) * [1, 2, 3]
    assert (np.diff(powers) > 0).all() and len(set(np.diff(powers).round(9))) == 2


if __name__ == "__main__":
    main(*sys.argv[1:])
