"""Checks of aimc-sweep's files.

    sweep.py compare DIR RUN.json TIME EFFECTS  the point's trials are those that aimc-run --json gave
    sweep.py quantiles DIR                      every summary is NumPy's of the trials
    sweep.py kill DIR COMMAND...                starts a sweep and kills it once its journal has some outcomes
    sweep.py cut DIR                            takes the last outcome and half of the one before from the journal's end
    sweep.py lock FILE COMMAND...               runs a command while the file is locked
"""
import fcntl
import json
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np


def compare(directory, run, seconds, effects):
    points = json.loads(pathlib.Path(directory, "results.json").read_text())["points"]
    point = next(p for p in points if p["at"] == {"time": int(seconds), "effects": effects})
    expected = json.loads(pathlib.Path(run).read_text())
    assert point["accuracy"]["trials"] == expected["top1_accuracy"]["trials"]
    assert point["sqnr_db"]["trials"] == expected["expect"][0]["sqnr_db"]["trials"]
    assert point["max_relative"]["trials"] == expected["expect"][0]["max_relative_error"]["trials"]
    assert len(set(point["sqnr_db"]["trials"])) == 3


def quantiles(directory):
    results = json.loads(pathlib.Path(directory, "results.json").read_text())
    for point in results["points"]:
        for metric in ("accuracy", "sqnr_db", "max_relative"):
            found, values = point[metric], np.array([float(v) for v in point[metric]["trials"]])
            if np.isinf(values).all():  # equal to the reference in each trial
                assert found["mean"] == found["q05"] == "inf" and found["std"] == 0
                continue
            expected = {"mean": values.mean(), "std": values.std(ddof=1), "min": values.min(), "max": values.max(), "median": np.median(values)}
            expected.update({f"q{q:02}": np.quantile(values, q / 100) for q in (5, 25, 75, 95)})
            assert found.keys() == expected.keys() | {"trials"}
            for name, value in expected.items():
                assert abs(found[name] - value) <= 1e-12 * max(abs(value), 1), (metric, name, found[name], value)


def kill(directory, *command):
    journal = pathlib.Path(directory, "journal.jsonl")
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 20):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the sweep ended before it could be killed"


def cut(directory):
    journal = pathlib.Path(directory, "journal.jsonl")
    journal.write_bytes(journal.read_bytes()[:-40])


def lock(file, *command):
    with open(file) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    {"compare": compare, "quantiles": quantiles, "kill": kill, "cut": cut, "lock": lock}[sys.argv[1]](*sys.argv[2:])
