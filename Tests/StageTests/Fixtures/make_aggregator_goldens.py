"""Makes aggregator_goldens.json: patch embeddings by the formulations of the two original codes, in PyTorch.

Inputs come from an integer hash that the test computes too. Run: python make_aggregator_goldens.py
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

MASK = (1 << 64) - 1


def hashed(count, seed):
    """Multiples of 2^-23 in [-1, 1): SplitMix64's finaliser of seed * 2^32 + index."""
    z = np.arange(count, dtype=np.uint64) + np.uint64((seed << 32) & MASK)
    with np.errstate(over="ignore"):
        z = (z + np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1).astype(np.float32)


def maps(shapes, batch):
    return [
        torch.from_numpy(hashed(batch * c * h * w, index + 1)).reshape(batch, c, h, w)
        for index, (c, h, w) in enumerate(shapes)
    ]


def official(layers, patch, stride, layer_dimension, dimension):
    pad = int((patch - 1) / 2)
    unfold = torch.nn.Unfold(kernel_size=patch, stride=stride, padding=pad, dilation=1)
    patches, grids = [], []
    for layer in layers:
        grid = [int((side + 2 * pad - (patch - 1) - 1) / stride + 1) for side in layer.shape[-2:]]
        columns = unfold(layer)
        patches.append(columns.reshape(*layer.shape[:2], patch, patch, -1).permute(0, 4, 1, 2, 3))
        grids.append(grid)
    reference = grids[0]
    pooled = []
    for each, grid in zip(patches, grids):
        if grid != reference:
            batch, _, channels = each.shape[:3]
            planes = each.reshape(batch, *grid, channels, patch, patch).permute(0, 3, 4, 5, 1, 2)
            planes = planes.reshape(-1, 1, *grid)
            planes = F.interpolate(planes, size=reference, mode="bilinear", align_corners=False)
            each = planes.reshape(batch, channels, patch, patch, -1).permute(0, 4, 1, 2, 3)
        rows = each.reshape(each.shape[0] * each.shape[1], 1, -1)
        pooled.append(F.adaptive_avg_pool1d(rows, layer_dimension).squeeze(1))
    stacked = torch.stack(pooled, dim=1)
    joined = F.adaptive_avg_pool1d(stacked.reshape(len(stacked), 1, -1), dimension)
    return joined.reshape(len(joined), -1), reference


def concatenate(layers, patch):
    pooled = [torch.nn.AvgPool2d(patch, 1, (patch - 1) // 2)(layer) for layer in layers]
    size = pooled[0].shape[-2:]
    joined = torch.cat([F.interpolate(p, size=size, mode="bilinear", align_corners=False) for p in pooled], 1)
    return joined.permute(0, 2, 3, 1).reshape(-1, joined.shape[1]), list(size)


OFFICIAL = [
    # layers, batch, patch, stride, layer dimension, dimension
    ([(6, 5, 5)], 1, 3, 1, 8, 8),
    ([(6, 5, 4), (12, 3, 2)], 2, 3, 1, 16, 16),
    ([(4, 6, 6), (8, 3, 3)], 1, 3, 1, 9, 9),
    ([(4, 6, 6), (8, 3, 3)], 1, 3, 1, 9, 7),
    ([(4, 8, 6), (6, 4, 3), (10, 2, 2)], 2, 3, 1, 24, 17),
    ([(4, 8, 6), (6, 4, 3), (10, 2, 2)], 1, 5, 1, 20, 20),
    ([(4, 7, 9), (8, 4, 5)], 1, 1, 1, 4, 6),
    ([(3, 9, 7), (5, 5, 4)], 1, 7, 1, 10, 12),
    ([(3, 7, 6), (5, 4, 3)], 1, 2, 1, 8, 9),
    ([(3, 8, 8), (5, 4, 4)], 1, 4, 1, 11, 5),
    ([(4, 9, 8), (6, 5, 4)], 2, 3, 2, 13, 11),
    ([(4, 11, 10), (6, 6, 5)], 1, 3, 3, 12, 12),
    ([(3, 9, 9), (4, 5, 5)], 1, 5, 2, 6, 4),
    # More numbers asked for than there are.
    ([(2, 4, 4), (3, 2, 2)], 1, 3, 1, 64, 96),
    ([(2, 4, 4)], 1, 1, 1, 5, 7),
    # The coarse layer first: the others are brought down to its grid.
    ([(6, 3, 3), (4, 6, 6)], 1, 3, 1, 9, 9),
    # Many outputs from whole channels, as in WideResNet50-2 with layers 2 and 3 (C and 2 C channels, C + C outputs).
    ([(70, 3, 4), (140, 2, 2)], 1, 3, 1, 140, 140),
    ([(70, 3, 3), (140, 2, 2)], 1, 5, 1, 140, 140),
    # One number from everything.
    ([(3, 4, 4), (4, 2, 2)], 1, 3, 1, 1, 1),
    ([(3, 4, 4), (4, 2, 2)], 1, 3, 1, 7, 1),
]

CONCATENATE = [
    ([(5, 6, 6), (7, 3, 3)], 2, 3),
    ([(4, 7, 5), (6, 4, 3), (3, 2, 2)], 1, 3),
    ([(4, 6, 5), (6, 3, 3)], 1, 1),
    ([(4, 6, 5), (66, 3, 3)], 1, 5),
    ([(3, 3, 3), (4, 6, 6)], 1, 3),
]


def record(layers, batch, values, grid, **settings):
    return {
        "layers": [list(layer) for layer in layers], "batch": batch, **settings, "grid": grid,
        "values": [float(f"{v:.9g}") for v in values.reshape(-1).tolist()],
    }


def main():
    cases = {"official": [], "concatenate": []}
    for layers, batch, patch, stride, layer_dimension, dimension in OFFICIAL:
        values, grid = official(maps(layers, batch), patch, stride, layer_dimension, dimension)
        cases["official"].append(
            record(layers, batch, values, grid, patch_size=patch, stride=stride, layer_dimension=layer_dimension,
                   dimension=dimension))
    for layers, batch, patch in CONCATENATE:
        values, grid = concatenate(maps(layers, batch), patch)
        cases["concatenate"].append(record(layers, batch, values, grid, patch_size=patch))
    target = pathlib.Path(__file__).with_name("aggregator_goldens.json")
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
