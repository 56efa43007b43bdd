#!/usr/bin/env python3
"""Writes the .mat files of this folder, and checks that scipy reads them as the tests want.

    python3 make.py        (scipy 1.11 or later)

little.mat and compressed.mat are scipy's; big.mat is written here byte by byte, since scipy writes no big-endian files.
"""
import os
import struct

import numpy as np
import scipy.io
import scipy.sparse

HERE = os.path.dirname(os.path.abspath(__file__))


def variables():
    annotations = np.zeros((1, 2), dtype=[("class", object), ("fname", object)])
    annotations[0, 0] = (14, "00001.jpg")
    annotations[0, 1] = (3, "00002.jpg")
    cell = np.empty((1, 3), dtype=object)
    cell[0, 0], cell[0, 1], cell[0, 2] = "AM General Hummer SUV 2000", np.array([[1.5, 2.5]]), np.zeros((0, 0))
    deep = np.empty((1, 1), dtype=object)
    deep[0, 0] = {"inner": {"leaf": 7}}
    return {
        "matrix": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]),
        "i8": np.array([[-128, 127]], np.int8),
        "u8": np.array([[0, 255]], np.uint8),
        "i16": np.array([[-32768, 32767]], np.int16),
        "u16": np.array([[0, 65535]], np.uint16),
        "i32": np.array([[-(2**31), 2**31 - 1]], np.int32),
        "u32": np.array([[0, 2**32 - 1]], np.uint32),
        "i64": np.array([[-(2**63), 2**63 - 1]], np.int64),
        "u64": np.array([[0, 2**64 - 1]], np.uint64),
        "f32": np.array([[0.25, -1e10]], np.float32),
        "logical": np.array([[True, False, True]]),
        "complex": np.array([[1 + 2j, 3 - 4j]]),
        "empty": np.zeros((0, 0)),
        "cube": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
        "text": "Jeep Wrangler",
        "unicode": "Škoda → 車",
        "rows": np.array(["ab", "cd"]),
        "class_names": cell,
        "annotations": annotations,
        "deep": deep,
        "sparse": scipy.sparse.csc_matrix(np.eye(2)),
    }


def element(kind, data):
    if 0 < len(data) <= 4:
        return struct.pack(">HH", len(data), kind) + data.ljust(4, b"\0")
    return struct.pack(">II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(name, kind, dims, *rest, flags=0):
    head = element(6, struct.pack(">II", kind | flags, 0)) + element(5, struct.pack(f">{len(dims)}i", *dims))
    body = head + element(1, name.encode()) + b"".join(rest)
    return element(14, body)


def big():
    scalar = lambda v: matrix("", 6, (1, 1), element(2, bytes([v])))
    text = lambda name, s: matrix(name, 4, (1, len(s)), element(17, s.encode("utf-16-be")))
    names = b"class".ljust(8, b"\0") + b"fname".ljust(8, b"\0")
    return b"".join([
        b"MATLAB 5.0 MAT-file, big-endian, written by make.py".ljust(124) + struct.pack(">H", 0x0100) + b"MI",
        matrix("matrix", 6, (2, 3), element(9, struct.pack(">6d", 1, 4, 2, 5, 3, 6.5))),
        matrix("u16", 11, (1, 2), element(4, struct.pack(">2H", 0, 65535))),
        matrix("i32", 12, (1, 2), element(5, struct.pack(">2i", -(2**31), 2**31 - 1))),
        text("text", "Jeep Wrangler"),
        matrix("class_names", 1, (1, 2), text("", "a"), text("", "bc")),
        matrix("annotations", 2, (1, 2), element(5, struct.pack(">i", 8)), element(1, names),
               scalar(14), text("", "00001.jpg"), scalar(3), text("", "00002.jpg")),
    ])


def main():
    for name, compressed in ("little.mat", False), ("compressed.mat", True):
        scipy.io.savemat(os.path.join(HERE, name), variables(), do_compression=compressed)
        with open(os.path.join(HERE, name), "r+b") as f:  # No date, so that a second run gives the same bytes.
            f.write(b"MATLAB 5.0 MAT-file, written by make.py".ljust(116))
    path = os.path.join(HERE, "big.mat")
    with open(path, "wb") as f:
        f.write(big())
    read = scipy.io.loadmat(path)
    want = variables()
    assert (read["matrix"] == want["matrix"]).all() and (read["i32"] == want["i32"]).all() and (read["u16"] == want["u16"]).all()
    assert read["text"] == ["Jeep Wrangler"] and read["class_names"][0, 1] == ["bc"]
    assert read["annotations"]["class"][0, 0] == 14 and read["annotations"]["fname"][0, 1] == ["00002.jpg"]


if __name__ == "__main__":
    main()
