#!/usr/bin/env python3
"""Accuracy of an exported model on Flowers-102's test split by Pillow and onnxruntime: pillow.py MODEL.onnx FLOWERS_DIR

Decoding, cropping and resampling are Pillow's, as in a PyTorch pipeline, so that a difference from `finetune evaluate` would be
one of preprocessing. For EfficientNet-Lite0: 224 pixels, 224/256 of the short side, bicubic, (x - 127) / 128. Needs onnxruntime,
numpy, scipy and Pillow.
"""
import sys

import numpy as np
import onnxruntime
import scipy.io
from PIL import Image

SIZE, BATCH = 224, 32


def pixels(path):
    image = Image.open(path).convert("RGB")
    w, h = image.size
    side = min(w, h) * SIZE / 256
    x, y = (w - side) / 2, (h - side) / 2
    cropped = image.resize((SIZE, SIZE), Image.BICUBIC, box=(x, y, x + side, y + side))
    return (np.asarray(cropped).astype(np.float32) - 127) / 128


def main():
    model, root = sys.argv[1:]
    labels = scipy.io.loadmat(f"{root}/imagelabels.mat")["labels"].ravel().astype(int) - 1
    test = scipy.io.loadmat(f"{root}/setid.mat")["tstid"].ravel()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name, right = session.get_inputs()[0].name, 0
    for k in range(0, len(test), BATCH):
        ids = test[k : k + BATCH]
        images = np.stack([pixels(f"{root}/jpg/image_{i:05d}.jpg") for i in ids]).transpose(0, 3, 1, 2)
        right += (session.run(None, {name: images})[0].argmax(1) == labels[ids - 1]).sum()
    print(f"{right} of {len(test)}: {100 * right / len(test):.2f} %")


if __name__ == "__main__":
    main()
