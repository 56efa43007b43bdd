#!/usr/bin/env python3
"""Compares this package with Pillow on real pictures.

go test -run TestData -dump DIR ./augment; parity.py DIR ../shared/data
DIR then holds, for every picture, its decoded and its evaluation pixels. Prints, for every folder, the number of pictures
and the mean over them and the worst of: mean |difference| decoded, largest, mean |difference| evaluated, largest; in 255ths.
"""
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

dump, data = Path(sys.argv[1]), Path(sys.argv[2])
rows = defaultdict(list)
for file in sorted(dump.rglob("*.decoded")):
    name = file.relative_to(dump).with_suffix("")
    image = Image.open(data / name).convert("RGB")
    w, h = image.size
    side = min(w, h) * 224 / 256
    x, y = (w - side) / 2, (h - side) / 2
    evaluated = image.resize((224, 224), Image.BICUBIC, box=(x, y, x + side, y + side))
    row = []
    for want, path in ((image, file), (evaluated, file.with_suffix(".evaluated"))):
        got = np.fromfile(path, np.uint8).reshape(want.height, want.width, 4)[..., :3].astype(int)
        difference = abs(got - np.asarray(want, int))
        row += [difference.mean(), difference.max()]
    rows[name.parts[0]].append(row)
for folder, values in rows.items():
    values = np.array(values)
    print(folder, len(values), "mean", values.mean(0).round(3), "worst", values.max(0).round(3))
