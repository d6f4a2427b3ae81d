#!/usr/bin/python3
"""Single layers of every kind of slicing, encoding, converter and gather, recomputed with NumPy; the same bits, noisy or
not, for any batch, number of threads and instruction set; noisy without effects is quantized.

    layers.py WRITE_LAYERS AIMC_RUN WORK_DIR
"""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

RECOMPUTE = pathlib.Path(__file__).with_name("recompute.py")
ROWS = 40


def inputs(name, width, top):
    """Values over the whole input range and beyond; for some layers with a fixed scale NaN and infinities too. Where scales are
    dynamic, one row lies halfway between codes, of which the largest is `top`."""
    random = np.random.default_rng(len(name))
    x = random.normal(0, 0.7, (ROWS, width)).astype(np.float32)
    if name in ("plain", "ideal-adc", "window"):
        x[1, 0], x[2, 1], x[3, 2] = np.nan, np.inf, -np.inf
    x[4] = 0
    x[5] = (np.arange(width) % top - top // 2) + 0.5
    x[5, ::3] = top
    return x


def instruction_sets():
    """Values of AIMC_SIMULATOR_ISA besides the best one, which is the default."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return ["generic"] + (["avx2"] if " avx2 " in flags else [])


def batch(container, size):
    return [] if container.stem == "fixed-batch" else [f"--batch={size}"]


def dump(run, container, data, folder, isa=None):
    environment = {**os.environ, **({"AIMC_SIMULATOR_ISA": isa} if isa else {})}
    subprocess.run([run, container, data, f"--dump-layers={folder}", *batch(container, 17)], check=True,
                   stdout=subprocess.DEVNULL, env=environment)
    return folder


def same_files(one, other):
    names = sorted(path.relative_to(one) for path in one.glob("*/*"))
    return bool(names) and all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def output(run, container, data, work, *options, isa=None):
    """Bytes of the first output's file."""
    environment = {**os.environ, **({"AIMC_SIMULATOR_ISA": isa} if isa else {})}
    subprocess.run([run, container, data, f"--output-dir={work}", *options], check=True, stdout=subprocess.DEVNULL,
                   env=environment)
    return (work / "output_0.npy").read_bytes()


def check_noise(run, container, data, work):
    """What is wrong with the noisy outputs of a layer, one line each."""
    work = work / "out"
    quantized = output(run, container, data, work)
    noisy = output(run, container, data, work, "--fidelity=noisy", "--seed=5", "--threads=1")
    if noisy == quantized:
        yield "noisy equals quantized"
    if output(run, container, data, work, "--fidelity=noisy", "--seed=5", "--disable=programming,output-noise") != quantized:
        yield "noisy without effects differs from quantized"
    # Programming errors alone need not move any code of a two-bit converter.
    for effect in ("programming", "output-noise") if container.stem != "two-bit-adc" else ():
        if output(run, container, data, work, "--fidelity=noisy", "--seed=5", f"--disable={effect}") in (noisy, quantized):
            yield f"disabling {effect} changes nothing"
    if output(run, container, data, work, "--fidelity=noisy", "--seed=6") == noisy:
        yield "another seed gives the same noise"
    for options in (["--threads=2", *batch(container, 3)], ["--threads=7", *batch(container, 1)]):
        if output(run, container, data, work, "--fidelity=noisy", "--seed=5", *options) != noisy:
            yield f"noisy with {' '.join(options)} differs"
    for isa in instruction_sets():
        if output(run, container, data, work, "--fidelity=noisy", "--seed=5", isa=isa) != noisy:
            yield f"noisy with {isa} instructions differs"


def main():
    writer, run, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([writer, work], check=True)
    failed = 0
    containers = sorted(work.glob("*.aimc"))
    for container in containers:
        listing = subprocess.run([str(pathlib.Path(run).with_name("aimc-inspect")), container, "--json"], capture_output=True,
                                 text=True, check=True)
        static = json.loads(listing.stdout)
        width, top = static["inputs"][0]["shape"][1], static["layers"][0]["Q"]
        data = work / "x.npy"
        np.save(data, inputs(container.stem, width, top))
        dumped = dump(run, container, data, work / container.stem)
        done = subprocess.run([sys.executable, RECOMPUTE, dumped], capture_output=True, text=True)
        print(f"{container.stem}: {done.stdout.splitlines()[-1] if done.stdout else done.stderr}")
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            failed += 1
        for isa in instruction_sets():
            if not same_files(dumped, dump(run, container, data, work / f"{container.stem}-{isa}", isa)):
                print(f"{container.stem}: {isa} instructions give other bits")
                failed += 1
        for problem in check_noise(run, container, data, work):
            print(f"{container.stem}: {problem}")
            failed += 1
    return 1 if failed or not containers else 0


if __name__ == "__main__":
    sys.exit(main())
