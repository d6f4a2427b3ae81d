"""Compiles every fourth prefix of a model: exit status 1 and a message each time. Usage: cut.py MODEL COMPILER"""
import pathlib
import subprocess
import sys

model, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
data = model.read_bytes()
cut = model.with_suffix(".cut.onnx")
for length in range(0, len(data), 4):
    cut.write_bytes(data[:length])
    run = subprocess.run([compiler, "--emit=onnx", str(cut), "-o", "/dev/null"], capture_output=True, text=True)
    if run.returncode != 1 or "error:" not in run.stderr:
        sys.exit(f"{length} of {len(data)} bytes: exit status {run.returncode}, {run.stderr!r}")
print("an error each")
