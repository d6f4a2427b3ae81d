"""What the tests of whole models share: the networks of examples/fashion-mnist, the tools, and a cache of compiled files."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DATA = SOURCE / "examples" / "fashion-mnist"
IMAGES = DATA / "images_1000_u8.npy"
LABELS = DATA / "labels_1000.npy"
CALIBRATION = DATA / "calibration_u8.npy"
SCALE = "--input-scale=1/255"
NAMES = ["resnet14", "dscnn", "lenet", "mlp", "lstm", "gru", "vit"]
QDQ_NAMES = ["resnet14", "dscnn", "lenet", "mlp"]


class Build:
    """A build directory: its tools, and containers compiled once and kept until the compiler changes."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.work = self.directory / "test" / "models"
        self.work.mkdir(parents=True, exist_ok=True)

    def tool(self, name):
        return self.directory / "bin" / name

    def call(self, name, *arguments, environment=None):
        """Standard output of a tool; its errors end the test."""
        command = [str(self.tool(name)), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nexit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def compile(self, name, *options, file="model.onnx", calibrate=True, folder=DATA, calibration=CALIBRATION):
        """Path of the container of folder/name/file, compiled now unless it is newer than the compiler and the model."""
        model = folder / name / file
        words = [name, pathlib.Path(file).stem] + [option.strip("-").replace("=", "_") for option in options]
        out = self.work / ("-".join(words + ([] if calibrate else ["free"])) + ".aimc")
        sources = [self.tool("aimc-compile"), self.directory / "lib" / "libaimc.so", model]
        if out.exists() and all(out.stat().st_mtime > path.stat().st_mtime for path in sources):
            return out
        calibrating = [f"--calibrate={calibration}", SCALE] if calibrate else []
        self.call("aimc-compile", model, "-o", out, *options, *calibrating)
        return out

    def run(self, container, *options, inputs=IMAGES, environment=None):
        """The report of aimc-run --json."""
        return json.loads(self.call("aimc-run", container, inputs, SCALE, *options, "--json", environment=environment))

    def outputs(self, container, tag, *options, inputs=IMAGES, environment=None):
        """The first output's array."""
        folder = self.work / "out" / tag
        self.run(container, f"--output-dir={folder}", *options, inputs=inputs, environment=environment)
        return np.load(folder / "output_0.npy")

    def first(self, file, count):
        """A file with the first `count` samples of another."""
        path = self.work / f"{file.stem}-first-{count}.npy"
        if not path.exists():
            np.save(path, np.load(file)[:count])
        return path


class Checks:
    """Collects what failed, prints one line per check."""

    def __init__(self):
        self.failed = 0

    def check(self, passed, text):
        print(f"{'ok  ' if passed else 'FAIL'} {text}", flush=True)
        self.failed += not passed

    def status(self):
        return 1 if self.failed else 0


def reference(name, folder=DATA, file="logits_1000.npy"):
    return np.load(folder / name / file)


def accuracy(logits, labels):
    return float((logits.argmax(axis=1) == labels).mean())


def relative_error(output, expected):
    """Largest error relative to the expected values' range."""
    return float(np.abs(output.astype(np.float64) - expected).max() / (expected.max() - expected.min()))
