"""ranges.py COLUMN.json TILE.json LAYER.json: ADC ranges of lenet on generic-rram by the maximum, however they are shared."""
import json
import sys

import numpy as np

columns, tiles, layers = (json.load(open(path)) for path in sys.argv[1:])
SHAPES = {"/c1/Conv": (25, 6), "/c2/Conv": (150, 16), "/f1/Gemm": (400, 120), "/f2/Gemm": (120, 84), "/f3/Gemm": (84, 10)}
TILE, SLICES = 128, 4
for node, (rows, width) in SHAPES.items():
    a, b, c = (np.array(ranges[node]["adc_range"]).reshape(-(-rows // TILE), width, SLICES) for ranges in (columns, tiles, layers))
    assert np.array_equal(b, np.broadcast_to(a.max(axis=1, keepdims=True), a.shape)), node
    assert np.array_equal(c, np.broadcast_to(a.max(axis=(0, 1), keepdims=True), a.shape)), node
    assert not np.array_equal(a, b), node
