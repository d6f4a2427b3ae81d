#!/usr/bin/python3
"""Every trained network of a zoo directory, in all its exports, against its reference logits.

    AIMC_ZOO=DIR trained.py BUILD_DIR [NAME ...]

DIR/trained/NAME holds model*.onnx, x_1000_u8.npy, y_1000.npy and logits_1000.f32; DIR/trained has the calibration images.
Skipped (exit status 77) without AIMC_ZOO. Digital and exact match to 1e-4 of the range, quantized accuracy is within 1.5 points.
"""
import os
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
from models import Build, Checks, accuracy, relative_error  # noqa: E402

SKIPPED = 77
# Other exports of the same network, and how many images they are tried on: a batch of one makes a run of each.
VARIANTS = {"model_n1.onnx": 50, "model_bnfold.onnx": 1000, "model_op17.onnx": 1000, "model_op17_n1.onnx": 50}


def check_network(build, folder, checks):
    name, trained = folder.name, folder.parent
    images, labels = folder / "x_1000_u8.npy", np.load(folder / "y_1000.npy")
    expected = np.fromfile(folder / "logits_1000.f32", "<f4").reshape(len(labels), -1)
    calibration = trained / f"{name.split('_')[-1]}_calibration_u8.npy"
    wanted = accuracy(expected, labels)

    def digital(file, count, tag):
        container = build.compile(name, "--digital", file=file, calibrate=False, folder=trained)
        subset = build.work / f"{name}-{count}.npy"
        np.save(subset, np.load(images)[:count])
        error = relative_error(build.outputs(container, f"zoo-{name}-{tag}", inputs=subset), expected[:count])
        checks.check(error <= 1e-4, f"{name} {file} digital: largest error {error:.1e} of the range")

    digital("model.onnx", 1000, "digital")
    for file, count in VARIANTS.items():
        if (folder / file).exists():
            digital(file, count, "variant")
    container = build.compile(name, folder=trained, calibration=calibration)
    error = relative_error(build.outputs(container, f"zoo-{name}-exact", "--fidelity=exact", inputs=images), expected)
    checks.check(error <= 1e-4, f"{name} exact: largest error {error:.1e} of the range")
    found = accuracy(build.outputs(container, f"zoo-{name}-quantized", inputs=images), labels)
    checks.check(abs(found - wanted) <= 0.015 + 1e-9, f"{name} quantized: accuracy {found:.3f}, float {wanted:.3f}")


def main():
    zoo = os.environ.get("AIMC_ZOO")
    if not zoo:
        print("AIMC_ZOO names no directory: skipped")
        return SKIPPED
    build, checks = Build(sys.argv[1]), Checks()
    folders = sorted(path for path in (pathlib.Path(zoo) / "trained").iterdir() if (path / "model.onnx").exists())
    for folder in folders:
        if not sys.argv[2:] or folder.name in sys.argv[2:]:
            check_network(build, folder, checks)
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
