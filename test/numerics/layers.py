#!/usr/bin/python3
"""Single layers of every kind of slicing, encoding, converter and gather, recomputed with NumPy.

    layers.py WRITE_LAYERS AIMC_RUN WORK_DIR
"""
import pathlib
import subprocess
import sys

import numpy as np

RECOMPUTE = pathlib.Path(__file__).with_name("recompute.py")
ROWS = 40


def inputs(name, width):
    """Values over the whole input range and beyond; for some layers with a fixed scale NaN and infinities too."""
    random = np.random.default_rng(len(name))
    x = random.normal(0, 0.7, (ROWS, width)).astype(np.float32)
    if name in ("plain", "ideal-adc", "window"):
        x[1, 0], x[2, 1], x[3, 2] = np.nan, np.inf, -np.inf
    x[4] = 0
    return x


def main():
    writer, run, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([writer, work], check=True)
    failed = 0
    containers = sorted(work.glob("*.aimc"))
    for container in containers:
        data, dump = work / "x.npy", work / container.stem
        listing = subprocess.run([str(pathlib.Path(run).with_name("aimc-inspect")), container], capture_output=True, text=True)
        width = int(listing.stdout.split("'x' float32[batch, ")[1].split("]")[0])
        np.save(data, inputs(container.stem, width))
        subprocess.run([run, container, data, f"--dump-layers={dump}", "--batch=17"], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([sys.executable, RECOMPUTE, dump], capture_output=True, text=True)
        print(f"{container.stem}: {done.stdout.splitlines()[-1] if done.stdout else done.stderr}")
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            failed += 1
    return 1 if failed or not containers else 0


if __name__ == "__main__":
    sys.exit(main())
