#!/usr/bin/python3
"""Every layer of three models on two targets, and of one with depthwise convolutions on tiles, recomputed with NumPy from what
--dump-layers writes.

    recompute_models.py BUILD_DIR [--rows=N]

One of the targets slices weights and inputs; one model of each is compiled without calibration, so that its input scales are
dynamic.
"""
import argparse
import subprocess
import sys

from models import CALIBRATION, IMAGES, SCALE, SOURCE, Build, Checks

CASES = [  # model, target, calibrated, further options
    ("resnet14", "generic-pcm", True, []),
    ("resnet14", "generic-rram", True, []),
    ("vit", "generic-pcm", True, []),
    ("vit", "generic-rram", False, []),
    ("lstm", "generic-pcm", False, []),
    ("lstm", "generic-rram", True, []),
    ("dscnn", "hermes", False, ["--analog-nodes=.*"]),  # 168 matrices of depthwise convolutions
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rows", type=int, default=150)
    options = parser.parse_args()
    build, checks = Build(options.build), Checks()
    images, calibration = build.first(IMAGES, 12), build.first(CALIBRATION, 100)
    for name, target, calibrated, further in CASES:
        container = build.compile(name, f"--target={target}", *further, calibrate=calibrated, calibration=calibration)
        dump = build.work / "dump" / f"{name}-{target}"
        # Two batches, the second smaller: rows follow the calls.
        build.call("aimc-run", container, images, SCALE, "--batch=8", f"--dump-layers={dump}", f"--dump-rows={options.rows}")
        done = subprocess.run(["/usr/bin/python3", SOURCE / "test" / "numerics" / "recompute.py", dump],
                              capture_output=True, text=True)
        checks.check(done.returncode == 0, f"{name} on {target}, {'calibrated' if calibrated else 'without data'}: "
                     f"{(done.stdout.splitlines() or [done.stderr])[-1]}")
        if done.returncode != 0:
            print(done.stdout + done.stderr)
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
