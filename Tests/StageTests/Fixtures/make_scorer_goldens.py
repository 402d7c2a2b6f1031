"""Makes scorer_goldens.json: image scores by NumPy in float64, equations 6 and 7 written out.

Inputs come from an integer hash that the test computes too. Run: python make_scorer_goldens.py
"""

import json
import pathlib

import numpy as np

from make_aggregator_goldens import hashed


def score(queries, bank, neighbours, b, squared):
    """Patch scores, deciding patch, nearest row, image score; b = 0 for the maximum alone."""
    distances = np.sqrt(((queries[:, None] - bank[None]) ** 2).sum(-1))
    order = np.argsort(distances, axis=1, kind="stable")[:, :neighbours]
    near = np.take_along_axis(distances, order, axis=1)
    patches = (near**2 if squared else near).mean(1)
    deciding = int(patches.argmax())
    nearest = int(order[deciding, 0])
    image = patches[deciding]
    b = min(b, len(bank))
    if b > 1:
        others = np.sqrt(((bank - bank[nearest]) ** 2).sum(-1))
        others[nearest] = -1
        neighbourhood = np.argsort(others, kind="stable")[:b]
        d = np.sqrt(((bank[neighbourhood] - queries[deciding]) ** 2).sum(-1))
        assert neighbourhood[0] == nearest
        share = np.exp(d - d.max())
        image *= 1 - share[0] / share.sum()
    return patches, deciding, nearest, image


CASES = [
    # bank rows, patches per image, dimension, neighbours, b, squared, scale of the data
    (40, 12, 7, 1, 0, True, 1),
    (40, 12, 7, 1, 0, False, 1),
    (40, 12, 7, 3, 0, True, 1),
    (40, 12, 7, 3, 0, False, 1),
    (4, 12, 7, 9, 0, True, 1),
    (40, 12, 7, 1, 9, False, 1),
    (40, 12, 7, 1, 9, True, 1),
    (40, 12, 7, 3, 5, False, 1),
    (600, 20, 70, 1, 9, False, 0.2),
    (600, 20, 130, 1, 2, False, 1),
    (5, 12, 7, 1, 9, False, 1),
    (40, 12, 7, 1, 1, False, 1),
    (1, 6, 7, 1, 9, False, 1),
    # exp of these distances overflows a float64.
    (40, 12, 7, 1, 9, False, 1024),
]


def main():
    cases = []
    for count, patches, dimension, neighbours, b, squared, scale in CASES:
        scale32 = np.float32(scale)
        bank = (hashed(count * dimension, 11).reshape(count, dimension) * scale32).astype(np.float64)
        images = (hashed(2 * patches * dimension, 12).reshape(2, patches, dimension) * scale32).astype(np.float64)
        results = [score(image, bank, neighbours, b, squared) for image in images]
        cases.append({
            "bank": count, "patches": patches, "dimension": dimension, "neighbours": neighbours, "bank_neighbours": b,
            "distance": "squared_euclidean" if squared else "euclidean", "scale": scale,
            "patch_scores": [float(f"{v:.12g}") for r in results for v in r[0]],
            "deciding": [r[1] for r in results], "nearest": [r[2] for r in results],
            "image_scores": [float(f"{r[3]:.12g}") for r in results],
        })
    target = pathlib.Path(__file__).with_name("scorer_goldens.json")
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
