"""Makes geometry_goldens.json: the authors' pooling on maps shaped as real networks shape them, in float64.

Every patch size, stride and set of layers below, each with a network and an image size; each pools to a length and to
three eighths of it, as 1024 to 1024 and 1024 to 384. Channels and dimensions are a sixteenth of the real ones, so every
pooling window is the real one; a few cases have real widths. Of each result only the dot product with hashed numbers
and eight elements are kept: the first because every element counts in it, the others because they say where to look.

Inputs come from the hash of make_aggregator_goldens.py. Run: python make_geometry_goldens.py
"""

import itertools
import json
import pathlib
import random

import torch
from make_aggregator_goldens import hashed, maps, official

PATCHES = [1, 3, 5, 7, 9]
STRIDES = [1, 2, 3]
SETS = [[1], [2], [3], [1, 2], [2, 3], [1, 2, 3], [3, 4]]
# Channels of layers 1 to 4, and whether their sizes are rounded up (residual networks) or down (dense ones).
NETWORKS = {
    "resnet18": ([64, 128, 256, 512], True),
    "wide_resnet50_2": ([256, 512, 1024, 2048], True),
    "densenet201": ([256, 512, 1792, 1920], False),
}
SIZES = [(224, 224), (250, 333), (256, 384), (280, 280), (288, 288), (320, 320), (360, 360), (416, 240), (448, 448)]
SEED = 99
LARGEST = 40_000_000  # elements of unfolded planes; beyond that the original formulation needs gigabytes

REAL = [
    # network, image, layers, patch, stride, dimension
    ("wide_resnet50_2", (224, 224), [2, 3], 3, 1, 1024),
    ("wide_resnet50_2", (224, 224), [1, 2, 3], 3, 2, 1024),
    ("wide_resnet50_2", (320, 320), [2, 3], 5, 1, 384),
    ("densenet201", (224, 224), [2, 3], 3, 1, 384),
    ("densenet201", (256, 384), [3, 4], 7, 2, 1024),
    ("resnet18", (448, 448), [3], 9, 2, 1024),
    ("resnet18", (360, 360), [2, 3], 3, 3, 384),
    ("resnet18", (416, 240), [3, 4], 5, 1, 1024),
]

ODD = [
    # layers, patch, stride, layer dimension, dimension: patches larger than the map, and even ones
    ([(6, 3, 2)], 9, 1, 8, 8),
    ([(4, 5, 3), (6, 3, 2)], 9, 1, 16, 12),
    ([(4, 5, 3), (6, 1, 1)], 7, 3, 16, 12),
    ([(3, 6, 5), (4, 3, 2)], 6, 2, 12, 9),
    ([(4, 4, 5)], 8, 1, 10, 10),
    ([(5, 14, 14), (9, 7, 7)], 4, 1, 16, 16),
]


def shapes(network, image, divisor):
    channels, rounds_up = NETWORKS[network]
    size = [(side + 3) // 4 for side in image]
    result = {}
    for layer in range(1, 5):
        result[layer] = (channels[layer - 1] // divisor, *size)
        size = [(side + 1) // 2 if rounds_up else side // 2 for side in size]
    return result


def cost(layers, patch, stride):
    _, height, width = layers[0]
    return (height // stride) * (width // stride) * sum(c for c, _, _ in layers) * patch * patch


def record(network, layers, patch, stride, layer_dimension, dimension):
    values, grid = official([m.double() for m in maps(layers, 1)], patch, stride, layer_dimension, dimension)
    values = values.reshape(-1)
    weights = torch.from_numpy(hashed(len(values), SEED)).double()
    samples = [values[(k * (len(values) - 1)) // 7].item() for k in range(8)]
    return {
        "network": network, "layers": [list(layer) for layer in layers], "patch_size": patch, "stride": stride,
        "layer_dimension": layer_dimension, "dimension": dimension, "grid": grid,
        "checksum": float(f"{torch.dot(values, weights).item():.9g}"), "samples": [float(f"{s:.8g}") for s in samples],
    }


def main():
    torch.set_num_threads(1)
    cases = []
    chance = random.Random(0)
    for patch, stride, chosen in itertools.product(PATCHES, STRIDES, SETS):
        while True:
            network, image = chance.choice(sorted(NETWORKS)), chance.choice(SIZES)
            layers = [shapes(network, image, 16)[layer] for layer in chosen]
            if cost(layers, patch, stride) <= LARGEST:
                break
        name = f"{network} {image[0]}x{image[1]}"
        for dimension in (64, 24):
            cases.append(record(name, layers, patch, stride, 64, dimension))
    for network, image, chosen, patch, stride, dimension in REAL:
        layers = [shapes(network, image, 1)[layer] for layer in chosen]
        cases.append(record(f"{network} {image[0]}x{image[1]}", layers, patch, stride, 1024, dimension))
    for layers, patch, stride, layer_dimension, dimension in ODD:
        cases.append(record("small", layers, patch, stride, layer_dimension, dimension))
    target = pathlib.Path(__file__).with_name("geometry_goldens.json")
    target.write_text("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]\n")


if __name__ == "__main__":
    main()
