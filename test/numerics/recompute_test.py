#!/usr/bin/python3
"""recompute.py on two layers worked out by hand, and on the same with one number spoilt."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

RECOMPUTE = pathlib.Path(__file__).with_name("recompute.py")

# X = 50 -25 127 (200 clipped). Row tile 0: 50·1 − 25·3 = −25 and 50·2 + 25·4 = 200, clipped to 127. Row tile 1:
# −635 and 762, in steps of 10: −63.5 goes to the even −64, 76.2 to 76. f = 1e-4: y = 1e-4·(−25 − 640) + 1, 1e-4·(127 + 760) − 1.
DIFFERENTIAL = {
    "scalars": dict(node="gemm", kind="matmul", M=1, K=3, N=2, R=2, C=2, T=2, encoding="differential", bw=8, c=7, S=1, bx=8,
                    signed=True, v=7, V=1, Q=127, L=127, alpha=float(np.float32(1.27)), B=8, group=0, affine=None),
    "x": np.float32([[0.5, -0.25, 2]]),
    "alpha": np.float32([1.27]),
    "levels": np.int8([[1, 2], [3, -4], [-5, 6]]),
    "weight_scale": np.float32([[1.27, 1.27], [1.27, 1.27]]),
    "adc_range": np.float32([[[127], [127]], [[1270], [1270]]]),
    "bias": np.float32([1, -1]),
    "codes": np.int32([[[[[-25]], [[127]]], [[[-64]], [[76]]]]]),
    "y": np.float32([[0.9335, -0.9113]]),
}

# X = 3 1, bits (1 1) and (1 0). U = D + 4 = 2 7, digits base 4 (2 3) and (0 1). Sums 5 2 for the low digit, 1 0 for the high
# one. J = 5 + 2·2 = 9 and 1; 9 + 4·1 − 4·(3 + 1) = −3 = 3·(−2) + 1·3; f = 3·3/(3·3); y = 2·(−3) + 0.5 + 1.
OFFSET = {
    "scalars": dict(node="conv", kind="convolution", M=1, K=2, N=1, R=2, C=1, T=1, encoding="offset", bw=3, c=2, S=2, bx=2,
                    signed=False, v=1, V=2, Q=3, L=3, alpha="dynamic", B=3, group=0, affine={"a": [2.0], "o": [0.5]}),
    "x": np.float32([[3, 1]]),
    "alpha": np.float32([3]),
    "levels": np.int8([[-2], [3]]),
    "weight_scale": np.float32([[3]]),
    "adc_range": np.float32([[[7, 7]]]),
    "bias": np.float32([1]),
    "codes": np.int32([[[[[5, 2], [1, 0]]]]]),
    "y": np.float32([[-4.5]]),
}

# Scales 1.27 and 2.54 of the two row tiles: X = 50 -25 100, f = 1e-4 and 2e-4. Sums −25 and 127 as before, −500 and 600 in steps
# of 10: y = 1e-4·(−25) + 2e-4·(−500) + 1, 1e-4·127 + 2e-4·600 − 1.
TILES = dict(
    DIFFERENTIAL,
    scalars=dict(DIFFERENTIAL["scalars"], alpha=[float(np.float32(1.27)), float(np.float32(2.54))]),
    alpha=np.float32([[1.27, 2.54]]),
    codes=np.int32([[[[[-25]], [[127]]], [[[-50]], [[60]]]]]),
    y=np.float32([[0.8975, -0.8673]]),
)


def run(layer):
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder) / "0_layer"
        place.mkdir()
        for name, array in layer.items():
            if name == "scalars":
                (place / "layer.json").write_text(json.dumps(array))
            else:
                np.save(place / f"{name}.npy", array)
        done = subprocess.run([sys.executable, RECOMPUTE, folder], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def spoilt(layer, name, index, value):
    array = layer[name].copy()
    array[index] = value
    return {**layer, name: array}


class RecomputeTest(unittest.TestCase):
    def test_layers_by_hand(self):
        for layer in (DIFFERENTIAL, OFFSET, TILES):
            status, text = run(layer)
            self.assertEqual(status, 0, text)
            self.assertIn("1 of 1 layers recomputed exactly", text)

    def test_wrong_code_is_named(self):
        status, text = run(spoilt(DIFFERENTIAL, "codes", (0, 1, 0, 0, 0), -63))
        self.assertEqual(status, 1)
        self.assertIn("code [m=0, t=1, n=0, s=0, i=0] is -63, recomputed -64 (column sum -635)", text)

    def test_wrong_result_is_named(self):
        status, text = run(spoilt(OFFSET, "y", (0, 0), -4.49))
        self.assertEqual(status, 1)
        self.assertIn("y [m=0, n=0] is -4.48", text)

    def test_contradicting_scalars_are_named(self):
        layer = {**OFFSET, "scalars": {**OFFSET["scalars"], "S": 1}}
        status, text = run({**layer, "adc_range": OFFSET["adc_range"][:, :, :1], "codes": OFFSET["codes"][:, :, :, :1]})
        self.assertEqual(status, 1)
        self.assertIn("S is 1, the other numbers of layer.json make it 2", text)

    def test_wrong_input_scale_is_named(self):
        status, text = run(spoilt(OFFSET, "alpha", 0, 2.5))
        self.assertEqual(status, 1)
        self.assertIn("dynamic alpha[0] is 2.5, the largest |x| of that row 3.0", text)
        status, text = run(spoilt(TILES, "alpha", (0, 1), 2.5))
        self.assertEqual(status, 1)
        self.assertRegex(text, r"alpha\[0\] is \[1.27 2.5 *\], layer.json says \[1.26")

    def test_nothing_to_check_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, RECOMPUTE, folder], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("no layer in it", done.stderr)


if __name__ == "__main__":
    unittest.main()
