#!/usr/bin/env python3
"""Runs MODEL.onnx in onnxruntime on what onnxruntime_test.go writes to standard input, and says how far logits differ.

Standard input: for each batch five little-endian int32 n, c, h, w, k, then n*c*h*w float32 of images and n*k float32 of
logits. Standard output: one JSON line. The model must also pass onnx.checker with full_check.
"""
import json
import sys

import numpy as np
import onnx
import onnxruntime

onnx.checker.check_model(sys.argv[1], full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1])
name = session.get_inputs()[0].name
result = {"images": 0, "same_top1": 0, "difference": 0.0, "largest_logit": 0.0}
stdin = sys.stdin.buffer
while header := stdin.read(20):
    n, c, h, w, k = np.frombuffer(header, "<i4")
    images = np.frombuffer(stdin.read(4 * n * c * h * w), "<f4").reshape(n, c, h, w)
    want = np.frombuffer(stdin.read(4 * n * k), "<f4").reshape(n, k)
    got = session.run(None, {name: images})[0].reshape(n, k)
    result["images"] += int(n)
    result["same_top1"] += int((got.argmax(1) == want.argmax(1)).sum())
    result["difference"] = float(np.maximum(result["difference"], np.abs(got - want).max()))  # NaN stays.
    result["largest_logit"] = max(result["largest_logit"], float(np.abs(got).max()))
print(json.dumps(result))
