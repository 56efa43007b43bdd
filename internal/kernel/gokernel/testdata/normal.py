#!/usr/bin/env python3
"""Fits the coefficients of tail32 and of its assembly.  normal.py [TERMS [SCALE]]

(1 − Φ(x))·e^(x²/2), for x from 0 to 14, is t·P(t) with t = 1/(1 + scale·x). Prints
the coefficients of P, the highest power first, and the largest relative error.
"""
import math
import sys

import numpy as np

terms = int(sys.argv[1]) if len(sys.argv) > 1 else 9
scales = [float(sys.argv[2])] if len(sys.argv) > 2 else np.arange(0.2, 0.35, 0.01)


def fit(scale):
    """The polynomial of least relative error at the extremes of Chebyshev's, by repeated weighting (Lawson's way)."""
    least = 1 / (1 + 14 * scale)
    t = least + (1 - least) * (1 - np.cos(np.pi * np.arange(1001) / 1000)) / 2
    x = (1 / t - 1) / scale
    want = np.array([0.5 * math.erfc(v / math.sqrt(2)) * math.exp(v * v / 2) for v in x])
    a = np.vander(t, terms) * (t / want)[:, None]
    weights = np.ones(len(t))
    best = (np.inf, None)
    for _ in range(100):
        w = np.sqrt(weights)
        p = np.linalg.lstsq(a * w[:, None], w, rcond=None)[0]
        error = np.abs(a @ p - 1)
        if error.max() < best[0]:
            best = (error.max(), p)
        weights *= error
        weights /= weights.sum()
    return best


(error, p), scale = min(((fit(s), s) for s in scales), key=lambda r: r[0][0])
print(f"scale {scale:.4g}, relative error {error:.2g}")
print(", ".join(f"{c:.9g}" for c in p))
