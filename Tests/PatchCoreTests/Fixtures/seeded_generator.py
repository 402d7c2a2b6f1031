"""Writes seeded_generator.json: numbers of the package's random generator, computed apart from it.

The outputs for seed 1234567 are also those that the authors of SplitMix64's reference code publish
(6457827717110365317, 3203168211198807973, 9817491932198370423, ...).
"""

import json
import pathlib
import struct

MASK = (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Generator:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return mix(self.state)

    def below(self, bound):
        # Exact in whole numbers: reject the first 2^64 mod bound values of the low half.
        while True:
            product = self.next() * bound
            if product % (1 << 64) >= (1 << 64) % bound:
                return product >> 64

    def unit(self):
        return (self.next() >> 11) / 2**53

    def uniform(self, limit):
        return struct.unpack("f", struct.pack("f", (2 * self.unit() - 1) * limit))[0]

    def sample(self, count, bound):
        # A whole array and real swaps, where the package keeps only what moved.
        items = list(range(bound))
        for position in range(count):
            other = position + self.below(bound - position)
            items[position], items[other] = items[other], items[position]
        return items[:count]


def subseed(seed, name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return mix(mix((seed + 0x9E3779B97F4A7C15) & MASK) ^ value)


def many(seed, count, call):
    generator = Generator(seed)
    return [call(generator) for _ in range(count)]


if __name__ == "__main__":
    seeds = [0, 1, 42, 1234567, MASK]
    vectors = {
        "next": {str(s): [str(v) for v in many(s, 8, Generator.next)] for s in seeds},
        "below": {str(b): many(42, 12, lambda g: g.below(b)) for b in [1, 2, 7, 60, 1000003, 2**62 + 2**61 + 1]},
        "unit": many(42, 8, Generator.unit),
        "uniform": many(42, 8, lambda g: g.uniform(1 / 32)),
        "sample": {f"{c} {b}": Generator(42).sample(c, b) for c, b in [(0, 5), (1, 1), (5, 5), (12, 60), (10, 39200)]},
        "subseed": {n: str(subseed(7, n)) for n in ["", "subsampler", "projection", "größe"]},
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n")
