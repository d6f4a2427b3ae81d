#!/usr/bin/python3
"""Every network under cases/ of a zoo directory, on the host and on crossbars, against its reference outputs.

    AIMC_ZOO=DIR cases.py BUILD_DIR [NAME ...]

DIR/cases/NAME holds model.onnx, test_data_set_K/{input_J,output_J}.pb and info.json. Skipped (exit status 77) without AIMC_ZOO.
On the host outputs match to 10 times what the reference's own optimizations change, but at least to 1e-5 of the output's range
over all data sets; on crossbars, fidelity exact, to 1e-4 of the range.
"""
import json
import os
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
from models import Build, Checks  # noqa: E402
from runtime import Network, read_tensor  # noqa: E402

SKIPPED = 77
# Voice detectors that squeeze a dimension when its size is 1: only fixed sizes decide. Those of silero_v5 are for two sampling rates, of
# which only one has these.
OPTIONS = {"silero_v5": ["--input-shape=input=1x576", "--input-shape=state=?x1x?"],
           "silero_half": ["--dim=batch=1", "--dim=sequence=576"]}
# What a reference in float32 itself lacks to the same network in float64, computed with NumPy: two float32 computations of that network
# are up to twice as far from each other. Scores of 0.0019 come from sums up to 3851, of which a mean over 128 takes most away: the
# reference's score is 1.30e-8 too small, ours 3.35e-8, and rounding nothing but the first layer's exact sums to float32, once, makes it
# 1.20e-8 too large. 1e-5 of the range is 1.89e-8.
REFERENCE_ERRORS = {"oww_hey_mycroft": 1.301e-8}


def read_set(folder, kind):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
    return [read_tensor(path) for path in files]


def range_of(arrays):
    """Of an output over all data sets; of one that is the same everywhere its largest number."""
    numbers = np.concatenate([array.ravel().astype("f8") for array in arrays])
    return (np.ptp(numbers) or np.abs(numbers).max() or 1.0) if numbers.size else 1.0


def largest_error(network, folder, allowed):
    """Of all data sets and outputs the largest error in parts of allowed(range); None when types or shapes differ."""
    sets = sorted(folder.glob("test_data_set_*"))
    expected = [read_set(data, "output") for data in sets]
    limits = [allowed(range_of(arrays)) for arrays in zip(*expected)]
    worst = 0.0
    for data, wanted in zip(sets, expected):
        for got, array, limit in zip(network.run(read_set(data, "input")), wanted, limits):
            if got.shape != array.shape or got.dtype != array.dtype:
                return None
            if array.size:
                worst = max(worst, float(np.abs(got.astype("f8") - array.astype("f8")).max()) / limit)
    return worst


def check_case(build, folder, checks):
    floor = json.loads((folder / "info.json").read_text()).get("opt_all_vs_disabled", {}).get("max_abs", 0)
    own = REFERENCE_ERRORS.get(folder.name, 0)

    def check(name, options, allowed, unit):
        container = build.work / f"zoo-case-{folder.name}-{name}.aimc"
        build.call("aimc-compile", folder / "model.onnx", "-o", container, *options, *OPTIONS.get(folder.name, []))
        worst = largest_error(Network(build.directory / "lib" / "libaimc.so", container), folder, allowed)
        checks.check(worst is not None and worst <= 1, f"{folder.name} {name}: "
                     + ("types or shapes differ" if worst is None else f"largest error {worst:.2g} {unit}"))

    check("digital", ["--digital"], lambda extent: max(10 * floor, 1e-5 * extent, 2 * own), "of what is allowed")
    check("exact", [], lambda extent: 1e-4 * extent, "of 1e-4 of the range")


def main():
    zoo = os.environ.get("AIMC_ZOO")
    if not zoo:
        print("AIMC_ZOO names no directory: skipped")
        return SKIPPED
    build, checks = Build(sys.argv[1]), Checks()
    for folder in sorted(path for path in (pathlib.Path(zoo) / "cases").iterdir() if (path / "model.onnx").exists()):
        if not sys.argv[2:] or folder.name in sys.argv[2:]:
            check_case(build, folder, checks)
    return checks.status()


sys.exit(main())
