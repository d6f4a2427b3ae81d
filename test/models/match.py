#!/usr/bin/python3
"""Whole models against their reference logits.

    match.py BUILD_DIR [MODEL ...]

Digital and exact match the reference to 1e-4 of its range; quantized, calibrated on training images, is within 1.5 points of
the float accuracy (resnet14 within 1.0). QDQ files match what the reference implementation makes of them likewise.
"""
import sys

import numpy as np

from models import IMAGES, LABELS, NAMES, QDQ_NAMES, Build, Checks, accuracy, reference, relative_error

TOLERANCE = 1e-4
POINTS = {"resnet14": 1.0}  # of accuracy that quantizing may cost; others 1.5
NOISY_POINTS = {"resnet14": 4.0}


def check_model(build, name, checks):
    expected, labels = reference(name), np.load(LABELS)
    wanted = accuracy(expected, labels)
    digital = build.outputs(build.compile(name, "--digital", calibrate=False), f"{name}-digital")
    error = relative_error(digital, expected)
    checks.check(error <= TOLERANCE, f"{name} digital: largest error {error:.1e} of the range")
    container = build.compile(name)
    exact = build.outputs(container, f"{name}-exact", "--fidelity=exact")
    error = relative_error(exact, expected)
    checks.check(error <= TOLERANCE, f"{name} exact: largest error {error:.1e} of the range")
    report = build.run(container, f"--labels={LABELS}", inputs=IMAGES)
    quantized = report["top1_accuracy"]["mean"]
    allowed = POINTS.get(name, 1.5)
    checks.check(100 * abs(wanted - quantized) <= allowed + 1e-9,
                 f"{name} quantized: accuracy {quantized:.3f}, float {wanted:.3f}, {allowed} points allowed")
    if name in NOISY_POINTS:
        report = build.run(container, f"--labels={LABELS}", "--fidelity=noisy", "--trials=5", inputs=IMAGES)
        noisy = report["top1_accuracy"]["mean"]
        checks.check(100 * (wanted - noisy) <= NOISY_POINTS[name] + 1e-9,
                     f"{name} noisy: accuracy {noisy:.3f} over 5 trials, {NOISY_POINTS[name]} points allowed")


def check_qdq(build, name, checks):
    """A value on the border between two codes may fall to either side and then travels on, so that single images may differ."""
    expected, labels = reference(name, file="logits_qdq_1000.npy"), np.load(LABELS)
    wanted = accuracy(expected, labels)
    container = build.compile(name, "--digital", file="model_qdq_int8.onnx", calibrate=False)
    digital = build.outputs(container, f"{name}-qdq-digital")
    close = (np.abs(digital - expected).max(axis=1) <= TOLERANCE * (expected.max() - expected.min())).mean()
    worst = relative_error(digital, expected)
    checks.check(close >= 0.95 and worst <= 0.02,
                 f"{name} QDQ digital: {100 * close:.1f} % of the images match to {TOLERANCE}, the others to {worst:.1e}")
    found = accuracy(digital, labels)
    checks.check(abs(found - wanted) <= 0.002 + 1e-9, f"{name} QDQ digital: accuracy {found:.3f}, reference {wanted:.3f}")
    report = build.run(build.compile(name, file="model_qdq_int8.onnx"), f"--labels={LABELS}", inputs=IMAGES)
    quantized = report["top1_accuracy"]["mean"]
    checks.check(abs(quantized - wanted) <= 0.015 + 1e-9,
                 f"{name} QDQ quantized: accuracy {quantized:.3f}, reference {wanted:.3f}")


def main():
    build, checks = Build(sys.argv[1]), Checks()
    names = sys.argv[2:] or NAMES
    for name in names:
        check_model(build, name, checks)
        if name in QDQ_NAMES:
            check_qdq(build, name, checks)
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
