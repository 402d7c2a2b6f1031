"""Scores and maps of PaDiM and SPADE by NumPy, SciPy and PyTorch, on drawn features of a few small images.

    python make_baseline_goldens.py baseline-goldens.safetensors
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist, mahalanobis

TRAIN, TEST, SIDE, SIGMA = 7, 5, 32, 4
# Channels, height, width. The third grid does not divide the first.
LAYERS = [(6, 8, 8), (10, 4, 4), (14, 3, 2), (9, 2, 2)]
MASK = (1 << 64) - 1


class SplitMix64:
    """The package's generator, after Docs/Numerics.md."""

    def __init__(self, seed):
        self.state = seed

    @staticmethod
    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    @classmethod
    def subseed(cls, seed, name):
        value = 0xCBF29CE484222325
        for byte in name.encode():
            value = ((value ^ byte) * 0x100000001B3) & MASK
        return cls.mix(cls.mix((seed + 0x9E3779B97F4A7C15) & MASK) ^ value)

    def below(self, bound):
        threshold = (1 << 64) % bound
        while True:
            self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
            product = self.mix(self.state) * bound
            if product & MASK >= threshold:
                return product >> 64

    def sample(self, count, bound):
        values = list(range(bound))
        for position in range(count):
            other = position + self.below(bound - position)
            values[position], values[other] = values[other], values[position]
        return values[:count]


def joined(layers):
    """Every layer at the grid of the first, coarse cells repeated."""
    size = layers[0].shape[2:]
    return np.concatenate(
        [layers[0]] + [F.interpolate(torch.from_numpy(x), size=size, mode="nearest").numpy() for x in layers[1:]], 1)


def rendered(grid):
    tensor = torch.from_numpy(grid.astype(np.float64))[None, None]
    map = F.interpolate(tensor, size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0, 0].numpy()
    return gaussian_filter(map, sigma=SIGMA)


def padim(features, channels):
    x = features[:, channels].astype(np.float64).reshape(len(features), len(channels), -1)
    grid = np.zeros((TEST, x.shape[2]))
    for position in range(x.shape[2]):
        train = x[:TRAIN, :, position]
        inverse = np.linalg.inv(np.cov(train, rowvar=False) + 0.01 * np.eye(len(channels)))
        for image in range(TEST):
            grid[image, position] = mahalanobis(x[TRAIN + image, :, position], train.mean(0), inverse)
    maps = np.stack([rendered(g.reshape(features.shape[2:])) for g in grid])
    return maps, maps.reshape(TEST, -1).max(1)


def spade(layers, neighbours, pixel_neighbours):
    pooled = layers[-1].astype(np.float64).mean((2, 3))
    distances = cdist(pooled[TRAIN:], pooled[:TRAIN])
    order = np.argsort(distances, 1)[:, :neighbours]
    scores = np.take_along_axis(distances, order, 1).mean(1)
    features = joined(layers[:-1])
    pixels = features.astype(np.float64).reshape(*features.shape[:2], -1).transpose(0, 2, 1)
    maps = []
    for image in range(TEST):
        gallery = pixels[order[image]].reshape(-1, pixels.shape[2])
        nearest = np.sort(cdist(pixels[TRAIN + image], gallery), 1)[:, :pixel_neighbours].mean(1)
        maps.append(rendered(nearest.reshape(features.shape[2:])))
    return np.stack(maps), scores


random = np.random.default_rng(5)
layers = []
for channels, height, width in LAYERS:
    # Correlated channels, as features are.
    mixing = random.normal(size=(channels, channels)) * 0.7
    base = random.normal(size=(TRAIN + TEST, channels, height, width))
    layers.append(np.einsum("cd,ndhw->nchw", mixing, base).clip(-0.5).astype(np.float32))

result = {f"layer{number + 1}": layer for number, layer in enumerate(layers)}
features = joined(layers[:3])
total = features.shape[1]
chosen = sorted(SplitMix64(SplitMix64.subseed(3, "padim")).sample(12, total))
result["padim_channels"] = np.array(chosen, np.int32)
for name, channels in [("padim_all", list(range(total))), ("padim_chosen", chosen)]:
    result[f"{name}_maps"], result[f"{name}_scores"] = padim(features, channels)
for name, counts in [("spade", (50, 1)), ("spade_few", (3, 2))]:
    result[f"{name}_maps"], result[f"{name}_scores"] = spade(layers, *counts)
save_file({k: np.ascontiguousarray(v.astype(np.float32) if v.dtype == np.float64 else v) for k, v in result.items()},
          sys.argv[1])
