#!/usr/bin/python3
"""Every network under cases/ of a zoo directory, all on the host, against its reference outputs.

    AIMC_ZOO=DIR cases.py BUILD_DIR [NAME ...]

DIR/cases/NAME holds model.onnx, test_data_set_K/{input_J,output_J}.pb and info.json. Skipped (exit status 77) without AIMC_ZOO.
Outputs match to 10 times what the reference's own optimizations change, but at least to 1e-5 of the range and to 1e-6.
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
# Voice detectors whose branches agree in rank only for fixed sizes; those of silero_v5 are for two sampling rates, of which only
# one has these sizes.
OPTIONS = {"silero_v5": ["--dim=input.0=1", "--dim=input.1=576", "--dim=state.1=1"],
           "silero_half": ["--dim=batch=1", "--dim=sequence=576"]}


def read_set(folder, kind):
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
    return [read_tensor(path) for path in files]


def check_case(build, folder, checks):
    container = build.work / f"zoo-case-{folder.name}.aimc"
    build.call("aimc-compile", folder / "model.onnx", "-o", container, "--digital", *OPTIONS.get(folder.name, []))
    floor = json.loads((folder / "info.json").read_text()).get("opt_all_vs_disabled", {}).get("max_abs", 0)
    network = Network(build.directory / "lib" / "libaimc.so", container)
    worst, matching = 0.0, True
    for data in sorted(folder.glob("test_data_set_*")):
        for got, expected in zip(network.run(read_set(data, "input")), read_set(data, "output")):
            matching &= got.shape == expected.shape and got.dtype == expected.dtype
            if not matching or expected.size == 0:
                continue
            scale = float(np.max(expected) - np.min(expected)) or float(np.max(np.abs(expected))) or 1.0
            error = float(np.max(np.abs(got.astype("f8") - expected.astype("f8"))))
            worst = max(worst, error / max(10 * floor, 1e-5 * scale, 1e-6))
    checks.check(matching and worst <= 1, f"{folder.name}: largest error {worst:.2g} of what is allowed"
                 + ("" if matching else "; types or shapes differ"))


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
