"""Makes Tests/ReferenceTests/ImageReferenceTests+Tiles.swift: what Pillow and torchvision make of 200 magnetic tiles.

Needs pillow, torch, torchvision and the test data that PATCHCORE_TEST_DATA names.
"""

import os
import pathlib

import numpy as np
import torch

library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from PIL import Image
from torchvision.transforms import functional

from drawing import digest, mixed

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent
root = pathlib.Path(os.environ["PATCHCORE_TEST_DATA"]) / "data" / "magnetic-tile"
every = sorted(root.glob("*/Imgs/*.jpg"))
chosen = every[:: len(every) // 200][:200]
assert len(chosen) == 200

rows = []
for number, path in enumerate(chosen):
    picture = Image.open(path).convert("RGB")
    resized = np.asarray(functional.resize(picture, 256))
    floats = functional.resize(functional.to_tensor(picture), 256, antialias=True).numpy()
    places = [int(mixed(number * 10 + i) % np.uint64(floats[0].size)) for i in range(3)]
    samples = ", ".join(f"({p}, {floats[0].ravel()[p]!r})".replace("np.float32(", "").replace("))", ")") for p in places)
    relative = path.relative_to(root)
    rows.append(f'    Tile(\n      path: "{relative}", stored: "{digest(np.asarray(picture))}",\n'
                f'      resized: "{digest(resized)}",\n      samples: [{samples}]),')

(here / "../../ReferenceTests/ImageReferenceTests+Tiles.swift").write_text(
    "// Made by Tests/ImageFilesTests/Fixtures/make_tile_goldens.py.\n\n"
    "extension ImageReferenceTests {\n"
    "  /// Checksums of what Pillow decodes and resizes, and samples of the first channel of what torchvision resizes.\n"
    "  struct Tile {\n"
    "    var path: String\n"
    "    var stored, resized: String\n"
    "    var samples: [(place: Int, value: Float)]\n"
    "  }\n\n"
    "  static let tiles: [Tile] = [\n" + "\n".join(rows) + "\n  ]\n}\n")
