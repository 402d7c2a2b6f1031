"""Makes masks.json: masks resized and cut by Pillow (as the official code does) and by torch (as anomalib does).

Also mask-1bit.png and mask-8bit.png: three pixels, of which the first and last are defects, and five grey ones.

Run: python make_masks.py (numpy, Pillow, torch). `official` is 1 where the official code's mask is exactly 1.0 after
Resize, CenterCrop and ToTensor; `anomalib` is 1 where the mask, brought to size by torch's `nearest`, is above 0.
"""

import json
import pathlib

import numpy as np
import torch
from PIL import Image

random = np.random.default_rng(11)
cases = []


def add(name, height, width, side, crop, one_bit, soft=False):
    y, x = np.mgrid[:height, :width]
    cy, cx = random.uniform(0.2, 0.8, 2) * (height, width)
    radius = random.uniform(0.15, 0.35) * min(height, width)
    distance = np.hypot(y - cy, x - cx)
    values = np.clip((radius - distance) * 60 + 128, 0, 255) if soft else (distance < radius) * 255.0
    values = np.where(random.random(values.shape) < 0.02, 255, values).astype(np.uint8)

    mask = Image.fromarray(values)
    if one_bit:
        mask = mask.point(lambda value: 255 if value > 127 else 0).convert("1")
        values = np.asarray(mask).astype(np.uint8) * 255
    # torchvision's Resize(side): the shorter side is exact, the longer one is cut to a whole number.
    size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
    resized = mask.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    cut = np.asarray(resized.crop((left, top, left + crop, top + crop)))
    official = cut if one_bit else cut == 255

    nearest = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None].float(), size=(size[1], size[0]), mode="nearest")
    anomalib = nearest[0, 0, top:top + crop, left:left + crop].numpy() > 0
    cases.append({
        "name": name, "height": height, "width": width, "side": side, "crop": crop, "oneBit": one_bit,
        "values": values.ravel().tolist(),
        "official": "".join("1" if value else "0" for value in official.ravel()),
        "anomalib": "".join("1" if value else "0" for value in anomalib.ravel()),
    })


add("8-bit, smaller", 61, 83, 32, 28, one_bit=False)
add("8-bit, larger", 20, 17, 40, 33, one_bit=False)
add("8-bit, grey rim", 70, 70, 32, 28, one_bit=False, soft=True)
add("8-bit, same size", 32, 32, 32, 28, one_bit=False)
add("1-bit, smaller", 61, 83, 32, 28, one_bit=True)
add("1-bit, larger", 23, 37, 40, 35, one_bit=True)

path = pathlib.Path(__file__).with_name("masks.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
Image.fromarray(np.array([[255, 0, 255]], np.uint8)).convert("1").save(path.with_name("mask-1bit.png"))
Image.fromarray(np.array([[0, 100, 127, 128, 255]], np.uint8)).save(path.with_name("mask-8bit.png"))
