#!/usr/bin/python3
"""What our binaries link.

    linkage.py BUILD_DIR

The runtime and the tools built on it alone need no LLVM, MLIR, protobuf or ONNX library; nothing links a static MLIR library,
which beside libMLIR.so would register everything twice.
"""
import pathlib
import re
import subprocess
import sys

ALONE = ["lib/libaimc.so", "bin/aimc-run", "bin/aimc-sweep", "bin/aimc-inspect"]
FORBIDDEN = re.compile(r"LLVM|MLIR|protobuf|onnx", re.IGNORECASE)
STATIC = re.compile(r"\S*libMLIR\w*\.a\b")


def main():
    build = pathlib.Path(sys.argv[1])
    failed = False
    for name in ALONE:
        libraries = subprocess.run(["ldd", build / name], capture_output=True, text=True, check=True).stdout
        wrong = [line.strip() for line in libraries.splitlines() if FORBIDDEN.search(line.split("=>")[0])]
        print(f"{name}: {len(libraries.splitlines())} libraries, " + (f"among them {wrong}" if wrong else "none forbidden"))
        failed |= bool(wrong)
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands"], capture_output=True, text=True, check=True).stdout
    static = sorted(set(STATIC.findall(commands)))
    print(f"{len(commands.splitlines())} build commands, "
          + (f"static MLIR libraries: {static}" if static else "no static MLIR library"))
    return 1 if failed or static or not commands else 0


if __name__ == "__main__":
    sys.exit(main())
