"""Checks of aimc-sweep's files.

    sweep.py compare DIR RUN.json TIME EFFECTS  the point's trials are those that aimc-run --json gave
    sweep.py point DIR RUN.json AT              likewise, of the SQNR of the point AT, as JSON
    sweep.py plot DIR LINES POINTS COMMAND...   runs a sweep; its accuracy.svg has so many lines of so many points, each with a band
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
import xml.etree.ElementTree

import numpy as np


def compare(directory, run, seconds, effects):
    points = json.loads(pathlib.Path(directory, "results.json").read_text())["points"]
    point = next(p for p in points if p["at"] == {"time": int(seconds), "effects": effects})
    expected = json.loads(pathlib.Path(run).read_text())
    assert point["accuracy"]["trials"] == expected["top1_accuracy"]["trials"]
    assert point["sqnr_db"]["trials"] == expected["expect"][0]["sqnr_db"]["trials"]
    assert point["max_relative"]["trials"] == expected["expect"][0]["max_relative_error"]["trials"]
    assert len(set(point["sqnr_db"]["trials"])) == 3


def point(directory, run, at):
    points = json.loads(pathlib.Path(directory, "results.json").read_text())["points"]
    found = next(p for p in points if p["at"] == json.loads(at))
    assert found["sqnr_db"]["trials"] == json.loads(pathlib.Path(run).read_text())["expect"][0]["sqnr_db"]["trials"]


def plot(directory, lines, points, *command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    svg = "{http://www.w3.org/2000/svg}"
    root = xml.etree.ElementTree.parse(pathlib.Path(directory, "accuracy.svg")).getroot()
    means = [[tuple(map(float, p.split(","))) for p in e.get("points").split()] for e in root.iter(svg + "polyline")]
    bands = [e for e in root.iter(svg + "polygon") if len(e.get("points").split()) == 2 * int(points)]
    assert [len(mean) for mean in means] == [int(points)] * int(lines) and len(bands) >= int(lines)
    # A mean's height is linear in its value: two points of the picture and two of the table fix the scale for all others.
    summary = [line.split(",") for line in pathlib.Path(directory, "summary.csv").read_text().splitlines()]
    table = {tuple(row[:2]): float(row[summary[0].index("accuracy_mean")]) for row in summary[1:]}
    first = [row[0] for row in summary[1:]][:: int(lines)]
    second = [row[1] for row in summary[1:]][: int(lines)]
    pairs = [(table[a, b], mean[i][1]) for b, mean in zip(second, means) for i, a in enumerate(first)]
    values, heights = np.array(pairs).T
    slope, offset = np.polyfit(values, heights, 1)
    assert slope < 0 and np.abs(slope * values + offset - heights).max() < 0.02
    texts = [e.text for e in root.iter(svg + "text")]
    assert "top-1 accuracy in %" in texts and summary[0][0] in texts and summary[0][1] in texts and set(first) <= set(texts)


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
    {"compare": compare, "point": point, "plot": plot, "quantiles": quantiles, "kill": kill, "cut": cut, "lock": lock}[sys.argv[1]](*sys.argv[2:])
