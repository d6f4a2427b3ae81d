#!/usr/bin/python3
"""Builds the fuzzers with clang-22 under AddressSanitizer and UBSan, and runs them one after the other.

    fuzz.py BUILD_DIR [--seconds=N] [--built] [import|container ...]

Without --seconds each runs a fixed number of inputs from a fixed seed: the short run that belongs to the tests. With it, each runs
that long from chance and from what earlier runs have gathered in BUILD_DIR/fuzz/corpus. An input that is a finding stays in
BUILD_DIR/fuzz/findings; the fuzzer with that file as its only argument repeats it, and AIMC_FUZZ_VERBOSE=1 prints the diagnostics.
--built runs the fuzzers that BUILD_DIR/bin has, without sanitizers: each seed, and models that are a few changes away from one.
Returns 77 when clang-22 is not installed.
"""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MODELS = pathlib.Path("/usr/share/libonnx-testdata/data")
RUNS = {"import": 60000, "container": 200000}
LARGEST = {"import": 8192, "container": 1 << 17}
TARGETS = {"import": ["aimc-import-fuzzer"], "container": ["aimc-container-fuzzer", "aimc-container-seeds"]}
LIMITS = ["-timeout=120", "-rss_limit_mb=3000", "-malloc_limit_mb=1500"]


def build(folder, names):
    """The fuzzers, in a build directory of their own."""
    targets = [target for name in names for target in TARGETS[name]]
    options = ["-DAIMC_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"]
    with open(folder / "build.log", "w", encoding="utf-8") as log:
        for command in (["cmake", "-S", SOURCE, "-B", folder, "-G", "Ninja", *options], ["ninja", "-C", folder, *targets]):
            if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
                sys.exit(f"fuzz.py: the fuzzers do not build: see {log.name}")


def seed_import(folder, _):
    """The small models of libonnx-testdata, once each."""
    for model in MODELS.rglob("model.onnx"):
        if model.stat().st_size <= 4096:
            content = model.read_bytes()
            (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def seed_container(folder, binaries):
    subprocess.run([binaries / "aimc-container-seeds", folder], check=True)


def run(name, folder, binaries, seconds):
    seeds, corpus, findings = (folder / part / name for part in ("seeds", "corpus", "findings"))
    shutil.rmtree(seeds, ignore_errors=True)
    for each in (seeds, corpus, findings):
        each.mkdir(parents=True, exist_ok=True)
    {"import": seed_import, "container": seed_container}[name](seeds, binaries)
    length = [f"-max_total_time={seconds}", corpus] if seconds else ["-seed=1", f"-runs={RUNS[name]}"]
    command = [binaries / f"aimc-{name}-fuzzer", *LIMITS, f"-max_len={LARGEST[name]}", "-print_final_stats=1", "-keep_seed=1",
               f"-artifact_prefix={findings}/", *length, seeds]
    print(f"fuzz.py: {name}", flush=True)
    log = subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    if log.returncode:
        sys.stderr.write(log.stderr[-8000:])
        sys.exit(f"fuzz.py: {name}: a finding")
    print("\n".join(line for line in log.stderr.splitlines() if line.startswith("stat::") or "DONE" in line), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--built", action="store_true")
    parser.add_argument("fuzzers", nargs="*", metavar="import|container")
    options = parser.parse_intermixed_args()
    names = options.fuzzers or list(RUNS)
    if unknown := set(names) - set(RUNS):
        parser.error(f"no fuzzer is called {', '.join(unknown)}")
    folder = options.build.resolve() / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    if not options.built:
        if not shutil.which("clang++-22"):
            print("fuzz.py: clang++-22 is not installed")
            return 77
        build(folder, names)
    for name in names:
        run(name, folder, options.build.resolve() / "bin" if options.built else folder / "bin", options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
