#!/usr/bin/env python3
"""Writes the files beside it: procedural pictures and what Pillow makes of them. Needs Pillow and NumPy.

golden.json lists the cases: "decode" (file, expected), "resample" (file, box, size, filter, expected) and "adjust"
(file, enhancement, factor, expected). Expected files are RGB PNGs. Resampling is asked of Pillow in two calls, across and
then down, because Pillow 13 on its own swaps them for some tall pictures (and then rounds differently).
"""
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

HERE = Path(__file__).parent
FILTERS = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}


def picture(w, h, seed):
    """Gradients, waves, hard-edged shapes in pure colours, and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w].astype(float)
    channels = [x / w * 255, y / h * 255, 127 + 127 * np.sin(x * y / 40)]
    pixels = np.stack(channels, -1)
    pixels[(x - w / 3) ** 2 + (y - h / 3) ** 2 < (min(w, h) / 4) ** 2] = [255, 0, 0]
    pixels[(abs(x - 0.7 * w) < w / 8) & (abs(y - 0.6 * h) < h / 6)] = [0, 0, 255]
    pixels[h // 2 :, : w // 4] += rng.normal(0, 60, (h - h // 2, w // 4, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def encode(image, name, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    (HERE / name).write_bytes(buffer.getvalue())
    return Image.open(HERE / name)


def expect(pixels, name):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(HERE / name, optimize=True)
    return name


def on_white(image):
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def decode_cases():
    odd, even = picture(45, 31, 1), picture(48, 32, 2)
    jpegs = {
        "rgb444.jpg": (odd, dict(subsampling="4:4:4")),
        "rgb422.jpg": (odd, dict(subsampling="4:2:2")),
        "rgb420.jpg": (odd, dict(subsampling="4:2:0")),
        "even420.jpg": (even, dict(subsampling="4:2:0")),
        "narrow420.jpg": (odd.crop((0, 0, 3, 31)), dict(subsampling="4:2:0")),
        "progressive.jpg": (odd, dict(progressive=True)),
        "grey.jpg": (odd.convert("L"), {}),
        "adobe_rgb.jpg": (odd, dict(keep_rgb=True)),
        "cmyk.jpg": (odd.convert("CMYK"), {}),
    }
    for name, (image, options) in jpegs.items():
        yield name, encode(image, name, "JPEG", quality=85, **options).convert("RGB")
    ycck = (HERE / "cmyk.jpg").read_bytes()  # The same samples, declared Y Cb Cr K by the last byte of the Adobe marker.
    at = ycck.index(b"Adobe") + 11
    (HERE / "ycck.jpg").write_bytes(ycck[:at] + b"\x02" + ycck[at + 1 :])
    yield "ycck.jpg", Image.open(HERE / "ycck.jpg").convert("RGB")
    alpha = odd.convert("RGBA")
    alpha.putalpha(Image.fromarray(np.linspace(0, 255, 45 * 31).astype(np.uint8).reshape(31, 45)))
    palette = odd.quantize(16)
    for name, image in {"rgb.png": odd, "alpha.png": alpha, "grey.png": odd.convert("L"), "grey_alpha.png": alpha.convert("LA")}.items():
        yield name, on_white(encode(image, name, "PNG"))
    yield "palette.png", on_white(encode(palette, "palette.png", "PNG", transparency=3))
    yield "palette.gif", on_white(encode(palette, "palette.gif", "GIF", transparency=3))
    yield "rgb.bmp", encode(odd, "rgb.bmp", "BMP").convert("RGB")
    yield "lossless.webp", on_white(encode(alpha, "lossless.webp", "WEBP", lossless=True, exact=True))
    yield "lossy.webp", encode(odd, "lossy.webp", "WEBP", quality=90).convert("RGB")
    deep = np.linspace(0, 65535, 45 * 31).astype(np.uint16).reshape(31, 45)
    encode(Image.fromarray(deep), "grey16.png", "PNG")
    yield "grey16.png", Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")


def resample_cases():
    """Yields (w, h of the source, seed, box, output w, output h); sizes at the edges, boxes between pixels."""
    yield 90, 67, 3, (0, 0, 90, 67), 32, 32
    yield 90, 67, 3, (15.6875, 4.1875, 74.3125, 62.8125), 56, 56
    yield 90, 67, 3, (10, 20, 57, 41), 24, 24
    yield 90, 67, 3, (0, 0.5, 89.25, 67), 17, 9
    yield 50, 83, 4, (3.125, 19.625, 46.875, 63.375), 28, 28
    yield 90, 67, 3, (33, 7, 89, 63), 56, 56
    yield 5, 3, 5, (0, 0, 5, 3), 16, 16
    yield 5, 3, 5, (1.25, 0.5, 3.75, 2.75), 8, 7
    yield 90, 67, 3, (40, 30, 41, 31), 8, 8
    yield 90, 67, 3, (0, 0, 90, 67), 1, 1


def resample(image, box, w, h, filter):
    x0, y0, x1, y1 = box
    across = image.resize((w, image.height), filter, box=(x0, 0, x1, image.height))
    return across.resize((w, h), filter, box=(0, y0, w, y1))


def main():
    golden = {"decode": [], "resample": [], "adjust": [], "orient": []}
    for name, pixels in decode_cases():
        golden["decode"].append({"file": name, "expected": expect(pixels, name.replace(".", "_") + ".want.png")})

    for i, (w, h, seed, box, out_w, out_h) in enumerate(resample_cases()):
        source = picture(w, h, seed)
        file = expect(source, f"source_{w}x{h}.png")
        for name, filter in FILTERS.items():
            want = expect(resample(source, box, out_w, out_h, filter), f"resample_{i}_{name}.want.png")
            golden["resample"].append({"file": file, "box": box, "size": [out_w, out_h], "filter": name, "expected": want})

    enhancements = {"brightness": ImageEnhance.Brightness, "contrast": ImageEnhance.Contrast, "saturation": ImageEnhance.Color}
    source = picture(45, 31, 1)
    file = expect(source, "source_45x31.png")
    for name, enhancement in enhancements.items():
        for factor in (0.0, 0.7, 1.0, 1.6):
            want = expect(enhancement(source).enhance(factor), f"adjust_{name}_{factor}.want.png")
            golden["adjust"].append({"file": file, "enhancement": name, "factor": factor, "expected": want})

    upright = Image.open(HERE / "rgb444.jpg").convert("RGB")
    turns = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}
    for orientation, turn in turns.items():
        want = expect(upright.transpose(Image.Transpose[turn]), f"orient_{orientation}.want.png")
        golden["orient"].append({"orientation": orientation, "expected": want})
    lines = ",\n".join(f' "{k}": [\n' + ",\n".join("  " + json.dumps(c) for c in v) + "\n ]" for k, v in golden.items())
    (HERE / "golden.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
