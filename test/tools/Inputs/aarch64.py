"""Compares what aimc-run computes here with what it computes built for 64-bit Arm.

aarch64.py EXAMPLES COMPILE RUN ARM_RUN: the last three are commands. Writes into the working directory.
"""
import pathlib
import subprocess
import sys

import numpy as np

NETWORKS = ["mlp", "lenet", "dscnn", "resnet14", "lstm", "gru", "vit"]
FIDELITIES = [["exact"], ["quantized"], ["noisy"], ["noisy", "--time=1d", "--seed=7"]]
WIRES = ["noisy", "--set=wires.resistance=0.35ohm,wires.ir_drop=exact,device.stuck_at_g_max=0.001"]


def main():
    examples, (compile_command, here, arm) = pathlib.Path(sys.argv[1]), [command.split() for command in sys.argv[2:5]]
    np.save("x.npy", np.load(examples / "images_1000_u8.npy")[:8])
    calibration = [f"--calibrate={examples / 'calibration_u8.npy'}", "--input-scale=1/255", "--save-ranges=ranges.json"]
    for network in NETWORKS:
        model = compile_command + [str(examples / network / "model.onnx"), "--quiet"]
        subprocess.run(model + calibration + ["-o", "here.aimc"], check=True)
        subprocess.run(model + ["--ranges=ranges.json", "--host-triple=aarch64-linux-gnu", "-o", "arm.aimc"], check=True)
        for fidelity, *options in FIDELITIES + ([WIRES] if network == "lenet" else []):
            outputs = []
            for run, container in (here, "here.aimc"), (arm, "arm.aimc"):
                command = run + [container, "x.npy", "--input-scale=1/255", f"--fidelity={fidelity}", "--output-dir=out"]
                subprocess.run(command + options, check=True, stdout=subprocess.DEVNULL)
                outputs.append(pathlib.Path("out/output_0.npy").read_bytes())
            print(network, fidelity, *options, "same bits" if outputs[0] == outputs[1] else "other bits")


main()
