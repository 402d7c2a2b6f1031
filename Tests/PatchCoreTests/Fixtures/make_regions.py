"""Makes regions.json: grids and their 8-connected regions as scipy.ndimage.label numbers them.

Run: python make_regions.py (numpy and scipy; the numbers committed are from scipy 1.17.1).
"""

import json
import pathlib

import numpy as np
from scipy.ndimage import label

random = np.random.default_rng(11)
cases = []


def add(name, grid):
    grid = np.asarray(grid, dtype=bool)
    labels, count = label(grid, structure=np.ones((3, 3)))
    cases.append({
        "name": name,
        "height": grid.shape[0],
        "width": grid.shape[1],
        "grid": "".join("1" if value else "0" for value in grid.ravel()),
        "labels": labels.ravel().tolist(),
        "count": int(count),
    })


def drawn(*rows):
    return [[mark == "#" for mark in row] for row in rows]


add("one pixel", [[1]])
add("nothing", np.zeros((4, 5)))
add("everything", np.ones((5, 4)))
add("one row", random.random((1, 40)) < 0.5)
add("one column", random.random((40, 1)) < 0.5)
add("corners touch", np.indices((6, 7)).sum(0) % 2)
add("points apart", (np.indices((7, 9)) % 2).sum(0) == 0)
add("comb that joins at the end", drawn("#.#.#.#", "#.#.#.#", "#######"))
add("comb that joins at the start", drawn("#######", "#.#.#.#", "#.#.#.#"))
add("joined from the right", drawn("....#", "#..#.", ".##..", "#...#"))
add("spiral", drawn("#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######"))
add("ring around a point", drawn("#####", "#...#", "#.#.#", "#...#", "#####"))
for density in (0.1, 0.25, 0.35, 0.45, 0.6):
    add(f"random, {density}", random.random((23, 31)) < density)

path = pathlib.Path(__file__).with_name("regions.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
