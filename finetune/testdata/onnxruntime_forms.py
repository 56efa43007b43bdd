#!/usr/bin/env python3
"""Judges MODEL.onnx by onnx.checker, with full check and strict shape inference, and by onnxruntime.

Standard input, for each image: four little-endian int32, three of its shape and the number of classes k; the image, float32
[3,H,W] or, if the model reads uint8, that [H,W,3]; and the k float32 that are wanted. Standard output: one JSON line; the
difference is a share of the largest logit, or of 1 for probabilities.
"""
import json
import sys

import numpy as np
import onnx
import onnxruntime

model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
source = session.get_inputs()[0]
raw = source.type == "tensor(uint8)"
same, worst, largest, images = 0, 0.0, 1.0 if raw else 1e-30, 0
stdin = sys.stdin.buffer
while header := stdin.read(16):
    *shape, classes = np.frombuffer(header, "<i4").tolist()
    count = int(np.prod(shape))
    image = np.frombuffer(stdin.read(count if raw else 4 * count), "u1" if raw else "<f4").reshape(1, *shape)
    want = np.frombuffer(stdin.read(4 * classes), "<f4")
    got = session.run(None, {source.name: image})[0].reshape(-1)
    images += 1
    same += int(got.argmax() == want.argmax())
    worst = float(np.maximum(worst, np.abs(got - want).max()))  # NaN stays.
    largest = max(largest, float(np.abs(want).max()))
print(json.dumps({"images": images, "same_top1": same / images, "difference": worst / largest}))
