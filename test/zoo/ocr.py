#!/usr/bin/python3
"""Does the text still read? The recognition network of a zoo directory reads its rendered lines.

    AIMC_ZOO=DIR ocr.py BUILD_DIR

DIR/ocr has ocr_rec_K.npy, float32 [1, 3, 48, W], and ocr_rec.json, their texts, which the float network reads without an error.
Skipped (exit status 77) without AIMC_ZOO. The classes' characters are learnt from the float network's lines: a class that stands for
two characters, or a character with two classes, fails. On tiles of generic-pcm, quantized, the character error rate (edits per
character) is reported, and below 5 % of the lines that calibration has not seen.
"""
import json
import os
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
from models import Build, Checks  # noqa: E402
from runtime import Network  # noqa: E402

SKIPPED = 77


def decode(probabilities):
    """Greedy: the best class of each step, repetitions once, without class 0, which is blank, and without the last class, which is
    a space, at both ends."""
    best, space = probabilities[0].argmax(axis=1), probabilities.shape[2] - 1
    line = [int(now) for last, now in zip([0, *best], best) if now != 0 and now != last]
    while line and space in (line[0], line[-1]):
        line = line[1:] if line[0] == space else line[:-1]
    return line


def edits(found, wanted):
    """Levenshtein's distance."""
    row = list(range(len(wanted) + 1))
    for i, f in enumerate(found, 1):
        previous, row = row, [i]
        for j, w in enumerate(wanted, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (f != w)))
    return row[-1]


def learn_characters(lines, texts):
    """The character of each class; None when lines and texts contradict each other."""
    pairs = {(c, character) for line, text in zip(lines, texts) for c, character in zip(line, text)}
    one_to_one = len(pairs) == len({c for c, _ in pairs}) == len({character for _, character in pairs})
    return dict(pairs) if one_to_one and all(len(line) == len(text) for line, text in zip(lines, texts)) else None


def main():
    zoo = os.environ.get("AIMC_ZOO")
    if not zoo:
        print("AIMC_ZOO names no directory: skipped")
        return SKIPPED
    zoo, build, checks = pathlib.Path(zoo), Build(sys.argv[1]), Checks()
    texts = json.loads((zoo / "ocr" / "ocr_rec.json").read_text())
    images = [np.load(zoo / "ocr" / f"ocr_rec_{k}.npy") for k in range(len(texts))]
    model, library = zoo / "cases" / "ppocrv4_rec" / "model.onnx", build.directory / "lib" / "libaimc.so"
    container = build.work / "zoo-ocr.aimc"

    def read(fidelity, *options):
        build.call("aimc-compile", model, "-o", container, *options)
        network = Network(library, container, fidelity)
        return [decode(network.run([image])[0]) for image in images]

    lines = read("exact", "--digital")
    characters = learn_characters(lines, texts)
    checks.check(characters is not None, f"digital: {len(texts)} lines read as the float network reads them")
    if characters is None:
        return checks.status()

    # The narrowest lines are of one width: they calibrate.
    narrow = min(image.shape[3] for image in images)
    seen = [image.shape[3] == narrow for image in images]
    data = build.work / "zoo-ocr.npy"
    np.save(data, np.concatenate([image for image, s in zip(images, seen) if s]))
    calibrated = [f"--calibrate={data}"]
    for fidelity, options in (("exact", []), ("quantized", calibrated), ("quantized", []), ("noisy", calibrated)):
        found = ["".join(characters.get(c, "\ufffd") for c in line) for line in read(fidelity, *options)]
        wrong = [edits(f, text) for f, text in zip(found, texts)]
        unseen = [(w, len(text)) for w, text, s in zip(wrong, texts, seen) if not s]
        rate = sum(w for w, _ in unseen) / sum(length for _, length in unseen)
        text = (f"{fidelity}{' calibrated' if options else ''}: {sum(w == 0 for w in wrong)} of {len(texts)} lines without error, "
                f"character error rate {sum(wrong) / sum(map(len, texts)):.2%}, of lines not calibrated on {rate:.2%}")
        if fidelity == "exact":
            checks.check(sum(wrong) == 0, text)
        elif fidelity == "quantized" and options:
            checks.check(rate < 0.05, text)
        else:
            print(f"     {text}", flush=True)
        for f, wanted in zip(found, texts):
            if f != wanted:
                print(f"       {wanted!r} read as {f!r}", flush=True)
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
