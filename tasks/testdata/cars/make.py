#!/usr/bin/env python3
"""Writes the .mat files of this folder: annotations in the form of Stanford Cars, three of them wrong.

    python3 make.py        (scipy 1.11 or later)
"""
import os

import numpy as np
import scipy.io

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, **variables):
    path = os.path.join(HERE, name)
    scipy.io.savemat(path, variables, do_compression=True)
    with open(path, "r+b") as f:  # No date, so that a second run gives the same bytes.
        f.write(b"MATLAB 5.0 MAT-file, written by make.py".ljust(116))


def annotations(*rows, fields=("bbox_x1", "class", "fname")):
    a = np.zeros((1, len(rows)), dtype=[(f, object) for f in fields])
    for i, row in enumerate(rows):
        a[0, i] = row
    return a


def main():
    names = np.empty((1, 3), dtype=object)
    names[0, :] = ["AM General", "Ford", "Ram C/V 2012"]
    save("cars_meta.mat", class_names=names)
    save("cars_train_annos.mat", annotations=annotations((1, 3, "00001.jpg"), (1, 1, "00002.jpg"), (1, 3, "00003.jpg")))
    save("cars_test_annos_withlabels.mat", annotations=annotations((1, 3, "00001.jpg"), (1, 1, "00002.jpg")))
    save("cars_test_annos.mat", annotations=annotations((1, "00001.jpg"), (1, "00002.jpg"), fields=("bbox_x1", "fname")))
    save("range.mat", annotations=annotations((1, 1, "00001.jpg"), (1, 4, "00002.jpg")))
    save("outside.mat", annotations=annotations((1, 1, "../x.jpg")))
    save("twice.mat", annotations=annotations((1, 1, "00001.jpg"), (1, 1, "00001.jpg")))
    save("untrained.mat", annotations=annotations((1, 2, "00001.jpg")))


if __name__ == "__main__":
    main()
