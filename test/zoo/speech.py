#!/usr/bin/python3
"""Do wake words still fire? The heads of a zoo directory slide over the embeddings of its clips.

    AIMC_ZOO=DIR speech.py BUILD_DIR [HEAD ...]

DIR/speech has wakeword_embeddings/CLIP.npy, [T, 96], and wakeword_scores.json with each head's largest score over a clip. A head
fires on a clip when that score reaches 0.5. Skipped (exit status 77) without AIMC_ZOO.
On the host every head has the reference's scores; on tiles of generic-pcm, quantized, the heads that work on these voices fire on
the same clips. Ranges are calibrated on every sixth clip.
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
# Rows of embeddings that a head looks at.
HEADS = {"alexa": 16, "hey_jarvis": 16, "hey_rhasspy": 16, "timer": 34, "weather": 22,
         "hey_mycroft": 16, "hello_deepa": 25, "hello_deepa_old": 24, "namaste_deepa": 24}
# The first five; of the others two never fire on these voices, one fires on anything.
WORKING = list(HEADS)[:5]


def windows(embeddings, rows):
    """[n, rows, 96]: every window that ends in the clip."""
    view = np.lib.stride_tricks.sliding_window_view(embeddings, rows, axis=0)
    return np.ascontiguousarray(view.transpose(0, 2, 1))


def score(output):
    """The one number, or what class 0, which stands for nothing, leaves to the others."""
    return float(output[0, 0] if output.shape[1] == 1 else 1 - output[0, 0])


def scores(network, clips, rows):
    """The largest score of each clip."""
    return np.array([max(score(network.run([window[None]])[0]) for window in windows(clip, rows)) for clip in clips])


def check_head(build, zoo, head, clips, wanted, checks):
    model, library = zoo / "cases" / f"oww_{head}" / "model.onnx", build.directory / "lib" / "libaimc.so"
    rows = HEADS[head]
    container = build.work / f"zoo-speech-{head}.aimc"
    build.call("aimc-compile", model, "-o", container, "--digital")
    error = np.abs(scores(Network(library, container), clips, rows) - wanted).max()
    checks.check(error <= 1e-4, f"{head} digital: scores differ by at most {error:.1e}; the reference has 4 digits")
    if head not in WORKING:
        return
    data = build.work / f"zoo-speech-{head}.npy"
    np.save(data, np.concatenate([windows(clip, rows) for clip in clips[::6]]))
    build.call("aimc-compile", model, "-o", container, f"--calibrate={data}")
    for fidelity in ("exact", "quantized", "noisy"):
        found = scores(Network(library, container, fidelity), clips, rows)
        wrong = int(((found >= 0.5) != (wanted >= 0.5)).sum())
        text = (f"{head} {fidelity}: fires on {int((found >= 0.5).sum())} of {len(clips)} clips, reference "
                f"{int((wanted >= 0.5).sum())}; {wrong} differ; scores by at most {np.abs(found - wanted).max():.2g}")
        if fidelity == "noisy":
            print(f"     {text}", flush=True)
        else:
            checks.check(wrong == 0, text)


def main():
    zoo = os.environ.get("AIMC_ZOO")
    if not zoo:
        print("AIMC_ZOO names no directory: skipped")
        return SKIPPED
    zoo, build, checks = pathlib.Path(zoo), Build(sys.argv[1]), Checks()
    reference = json.loads((zoo / "speech" / "wakeword_scores.json").read_text())
    clips = [np.load(zoo / "speech" / "wakeword_embeddings" / pathlib.Path(entry["f"]).with_suffix(".npy").name).astype("f4")
             for entry in reference]
    for head in HEADS:
        if not sys.argv[2:] or head in sys.argv[2:]:
            check_head(build, zoo, head, clips, np.array([entry[head] for entry in reference]), checks)
    return checks.status()


if __name__ == "__main__":
    sys.exit(main())
