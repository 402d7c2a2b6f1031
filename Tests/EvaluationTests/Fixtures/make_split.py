"""Makes split.json and shots.json: which of n images a split holds out or draws, from the written definition.

Run: python make_split.py (no packages). SplitMix64 seeded by the FNV-1a hash of "split" or "shots" mixed with the seed; numbers
below a bound by Lemire's multiplication with rejection; the first steps of a Fisher-Yates shuffle; positions sorted.
"""

import json
import math
import pathlib

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def subseed(seed, name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return mix(mix((seed + GOLDEN) & MASK) ^ value)


def held_out(fraction, count, seed):
    return drawn(min(math.floor(fraction * count + 0.5), count - 1), count, seed, "split")


def drawn(wanted, count, seed, part):
    state = subseed(seed, part)
    places = list(range(count))
    for place in range(wanted):
        bound = count - place
        while True:
            state = (state + GOLDEN) & MASK
            product = mix(state) * bound
            if product & MASK >= (1 << 64) % bound:
                break
        other = place + (product >> 64)
        places[place], places[other] = places[other], places[place]
    return sorted(places[:wanted])


vectors = [
    {"fraction": fraction, "count": count, "seed": seed, "heldOut": held_out(fraction, count, seed)}
    for fraction, count, seed in [
        (0.2, 10, 0), (0.2, 10, 1), (0.2, 12, 0), (0.25, 10, 0), (0.5, 7, 42), (0.2, 952, 0), (0.9, 3, 0),
        (0.1, 50, 2**64 - 1),
    ]
]
path = pathlib.Path(__file__).with_name("split.json")
path.write_text("[\n" + ",\n".join(json.dumps(vector) for vector in vectors) + "\n]\n")

vectors = [
    {"shots": shots, "count": count, "seed": seed, "drawn": drawn(shots, count, seed, "shots")}
    for shots, count, seed in [
        (1, 209, 0), (1, 209, 1), (2, 209, 0), (5, 209, 0), (10, 209, 0), (16, 209, 0), (20, 209, 0), (50, 209, 0),
        (5, 5, 3), (1, 1, 0), (5, 209, 2**64 - 1),
    ]
]
path = pathlib.Path(__file__).with_name("shots.json")
path.write_text("[\n" + ",\n".join(json.dumps(vector) for vector in vectors) + "\n]\n")
