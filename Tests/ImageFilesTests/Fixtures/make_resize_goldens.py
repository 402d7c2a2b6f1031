"""Makes resize.json: what Pillow and torchvision make of drawn images. Needs pillow, torch and torchvision."""

import json
import pathlib
import random

import numpy as np
import torch

library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

from drawing import digest, drawn, mixed

torch.set_num_threads(1)
random.seed(20)
here = pathlib.Path(__file__).parent


def side(largest=3000):
    return max(1, min(largest, round(np.exp(random.uniform(0, np.log(largest))))))


def sizes(count, limit):
    fixed = [(1, 1, 1, 1), (1, 1, 7, 5), (3000, 1, 1, 1), (1, 3000, 1, 2), (3000, 2, 31, 64), (2, 3000, 64, 31),
             (64, 48, 64, 48), (64, 48, 64, 20), (64, 48, 20, 48), (1000, 700, 224, 224), (100, 70, 224, 256)]
    made = list(fixed)
    while len(made) < count:
        case = (side(), side(), side(), side())
        if case[0] * case[1] <= limit and case[2] * case[3] <= limit and case[2] * case[1] <= limit:
            made.append(case)
    return made


def image(values):
    return Image.fromarray(values)


def bits(values):
    return np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)


eight = []
for number, (w, h, nw, nh) in enumerate(sizes(320, 600_000)):
    channels = 3 if number % 2 else 1
    result = image(drawn(number, w, h, channels)).resize((nw, nh), Image.Resampling.BILINEAR)
    eight.append({"seed": number, "from": [w, h], "to": [nw, nh], "channels": channels, "digest": digest(np.asarray(result))})

floats = []
for number, (w, h, nw, nh) in enumerate(sizes(120, 400_000)):
    source = torch.from_numpy(drawn(number, w, h, 1)).float().div(255)[None]
    # PyTorch 2.13 gives an image one pixel wide other values than the same image turned, which are right.
    if nw == 1:
        result = functional.resize(source.transpose(1, 2), [nw, nh], antialias=True)[0].T.numpy().ravel()
    else:
        result = functional.resize(source, [nh, nw], antialias=True)[0].numpy().ravel()
    places = [int(mixed(number * 100 + i) % np.uint64(len(result))) for i in range(12)]
    floats.append({"seed": number, "from": [w, h], "to": [nw, nh], "places": places,
                   "values": [float(result[p]) for p in places], "sum": float(result.astype(np.float64).sum())})

nearest = []
for number, (w, h, nw, nh) in enumerate(sizes(160, 300_000)):
    source = drawn(number, w, h, 1)
    pillow = np.asarray(image(source).resize((nw, nh), Image.Resampling.NEAREST))
    torched = functional.resize(torch.from_numpy(source)[None], [nh, nw], functional.InterpolationMode.NEAREST)[0].numpy()
    nearest.append({"seed": number, "from": [w, h], "to": [nw, nh], "pillow": digest(pillow), "torch": digest(torched)})

pipelines = []
for number, (w, h) in enumerate(
        [(256, 256), (257, 256), (300, 211), (211, 300), (640, 480), (333, 1001), (1024, 1024), (30, 40), (500, 499), (91, 1500)]):
    for resize, crop in [(256, 224), (255, 224), (366, 320), (97, 64), ((180, 220), (151, 99)), (256, None), (None, (20, 25))]:
        channels = 1 if (number + (crop is None)) % 3 == 0 else 3
        steps = [transforms.Resize(resize)] if resize else []
        steps += [transforms.CenterCrop(crop)] if crop else []
        steps += [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
        picture = image(drawn(number, w, h, channels)).convert("RGB")
        result = transforms.Compose(steps)(picture).numpy()
        pipelines.append({
            "seed": number, "from": [w, h], "channels": channels,
            "resize": resize or "none" if not isinstance(resize, tuple) else {"height": resize[0], "width": resize[1]},
            "crop": crop or "none" if not isinstance(crop, tuple) else {"height": crop[0], "width": crop[1]},
            "size": [result.shape[2], result.shape[1]], "digest": digest(bits(result))})

normalised = []
for number, (w, h, bits_kept, channels) in enumerate(
        [(256, 256, 8, 3), (391, 403, 8, 3), (120, 77, 8, 1), (1200, 900, 8, 3), (333, 222, 16, 3), (97, 640, 16, 1)]):
    source = drawn(number, w, h, channels, bits_kept).astype(np.float32).reshape(h, w, channels)
    source = torch.from_numpy(source / np.float32(255 if bits_kept == 8 else 65535)).permute(2, 0, 1).expand(3, -1, -1)
    result = functional.resize(source.contiguous(), [256, 200], antialias=True)
    result = functional.normalize(result, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]).numpy().ravel()
    places = [int(mixed(number * 1000 + i) % np.uint64(len(result))) for i in range(60)]
    normalised.append({"seed": number, "from": [w, h], "bits": bits_kept, "channels": channels, "places": places,
                       "values": [float(result[p]) for p in places]})

lines = {"bilinear8": eight, "bilinearFloat": floats, "nearest": nearest, "pipelines": pipelines, "normalised": normalised}
with open(here / "resize.json", "w") as file:
    file.write("{\n")
    for i, (key, rows) in enumerate(lines.items()):
        file.write(f'"{key}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]" + (",\n" if i < 4 else "\n"))
    file.write("}\n")
