"""Makes map_goldens.json: anomaly maps by PyTorch's interpolate and SciPy's gaussian_filter, or a torch convolution.

Inputs come from an integer hash that the test computes too. Run: python make_map_goldens.py
"""

import json
import math
import pathlib

import numpy as np
import scipy.ndimage
import torch
import torch.nn.functional as F


def hashed(count):
    """Multiples of 2^-24 in [0, 1): SplitMix64's finaliser of the index."""
    z = np.arange(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = (z + np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 24)).astype(np.float32)


def reflected(values, sigma):
    """A separable Gaussian over a map mirrored about its edge samples. torch pads where it can, numpy elsewhere."""
    radius = int(4 * sigma + 0.5)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, dtype=torch.float32) / sigma) ** 2)
    taps = taps / taps.sum()
    kernel = torch.outer(taps, taps)[None, None]
    if radius < min(values.shape):
        padded = F.pad(torch.from_numpy(values)[None, None], [radius] * 4, mode="reflect")
    else:
        padded = torch.from_numpy(np.pad(values, radius, mode="reflect"))[None, None]
    return F.conv2d(padded, kernel)[0, 0].numpy()


CASES = [
    # patch grid, map, upsampling, border, sigma
    ((28, 28), (224, 224), "bilinear", "repeat_edge", 4),
    ((28, 28), (224, 224), "nearest", "reflect", 4),
    ((28, 28), (224, 224), "nearest", "repeat_edge", 4),
    ((28, 28), (224, 224), "bilinear", "reflect", 4),
    ((5, 9), (40, 67), "bilinear", "repeat_edge", 4),
    ((5, 9), (40, 67), "nearest", "reflect", 4),
    ((5, 9), (40, 67), "bilinear", "repeat_edge", 1.3),
    ((7, 6), (30, 20), "nearest", "repeat_edge", 0),
    ((7, 6), (30, 20), "bilinear", "reflect", 0),
    # The Gaussian reaches beyond the mirrored map.
    ((2, 3), (6, 9), "bilinear", "repeat_edge", 4),
    ((2, 3), (6, 9), "bilinear", "reflect", 4),
    ((1, 1), (5, 1), "bilinear", "repeat_edge", 4),
    ((1, 4), (1, 11), "nearest", "repeat_edge", 2),
    # Fewer pixels than patches.
    ((12, 10), (5, 7), "bilinear", "repeat_edge", 1),
    ((12, 10), (5, 7), "nearest", "repeat_edge", 1),
]


def main():
    cases = []
    for grid, size, upsampling, border, sigma in CASES:
        scores = torch.from_numpy(hashed(grid[0] * grid[1])).reshape(1, 1, *grid)
        if upsampling == "bilinear":
            up = F.interpolate(scores, size=size, mode="bilinear", align_corners=False)
        else:
            up = F.interpolate(scores, size=size)
        up = up[0, 0].numpy()
        if sigma == 0:
            smooth = up
        elif border == "repeat_edge":
            smooth = scipy.ndimage.gaussian_filter(up, sigma=sigma)
        else:
            smooth = reflected(up, sigma)
        step = max(1, math.prod(size) // 900)
        step += 1 - step % 2
        cases.append({
            "grid": grid, "size": size, "upsampling": upsampling, "border": border, "sigma": sigma, "step": step,
            "values": [float(f"{v:.9g}") for v in smooth.reshape(-1)[::step].tolist()],
        })
    target = pathlib.Path(__file__).with_name("map_goldens.json")
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
