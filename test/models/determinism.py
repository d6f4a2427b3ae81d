#!/usr/bin/python3
"""Bits that must not change.

    determinism.py BUILD_DIR

Quantized and noisy outputs are the same for any number of threads, any batch and any instruction set; noisy with every effect
off is quantized; another seed is not the same.
"""
import sys

import numpy as np

from models import IMAGES, Build, Checks

# Calibrated, and with scales measured at run time: of a row, of a sample's input of a convolution.
CASES = [("resnet14", True), ("vit", True), ("lstm", True), ("resnet14", False), ("gru", False)]
SAMPLES = 20
VARIANTS = [
    ("2 threads", ["--threads=2"], {}),
    ("7 threads", ["--threads=7"], {}),
    ("batch 1", ["--batch=1"], {}),
    ("batch 3", ["--batch=3", "--threads=2"], {}),
    ("batch of all", [f"--batch={SAMPLES}"], {}),
    ("generic instructions", [], {"AIMC_SIMULATOR_ISA": "generic"}),
] + ([("AVX2 without VNNI", [], {"AIMC_SIMULATOR_ISA": "avx2"})] if " avx2 " in open("/proc/cpuinfo").read() else [])


def same_bits(a, b):
    return a.shape == b.shape and np.array_equal(a.view(np.uint32), b.view(np.uint32))


def main():
    build, checks = Build(sys.argv[1]), Checks()
    images = build.first(IMAGES, SAMPLES)
    for name, calibrated in CASES:
        container = build.compile(name, calibrate=calibrated)
        name += "" if calibrated else ", no data,"
        base = {}
        for fidelity in ("quantized", "noisy"):
            options = [f"--fidelity={fidelity}", "--seed=3"]
            base[fidelity] = build.outputs(container, f"{name}-base", *options, "--threads=1", "--batch=8", inputs=images)
            for what, extra, environment in VARIANTS:
                found = build.outputs(container, f"{name}-variant", *options, *extra, inputs=images, environment=environment)
                checks.check(same_bits(found, base[fidelity]), f"{name} {fidelity}: {what} gives the bits of 1 thread, batch 8")
        clean = build.outputs(container, f"{name}-clean", "--fidelity=noisy", "--disable=programming,output-noise",
                              inputs=images)
        checks.check(same_bits(clean, base["quantized"]), f"{name} noisy without any effect gives the bits of quantized")
        other = build.outputs(container, f"{name}-seed", "--fidelity=noisy", "--seed=4", inputs=images)
        checks.check(not same_bits(other, base["noisy"]), f"{name} noisy: another seed gives other values")
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
