"""Writes thresholds.json: scores and the thresholds that NumPy takes from them.

Run with a Python that has numpy: python make_thresholds.py
"""

import json
import pathlib

import numpy

random = numpy.random.default_rng(20)


def rate_threshold(scores, rate):
    """The least observed score above which at most that share of the scores lies, by trying all."""
    for score in numpy.sort(scores):
        if numpy.count_nonzero(scores > score) / len(scores) <= rate:
            return score
    raise AssertionError


def case(name, scores):
    scores = scores.astype(numpy.float32)
    wide = scores.astype(numpy.float64)
    return {
        "name": name,
        "scores": wide.tolist(),
        "maximum": float(wide.max()),
        "quantiles": [[q, float(numpy.quantile(wide, q))] for q in (0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999)],
        "mean": float(wide.mean()),
        "deviation": float(wide.std(ddof=1)) if len(wide) > 1 else None,
        "rates": [[r, float(rate_threshold(wide, r))] for r in (0.001, 0.01, 0.1, 0.29, 0.5, 0.7, 0.999)],
    }


cases = [
    case("one", numpy.array([3.25])),
    case("two", numpy.array([-1.5, 2.5])),
    case("all equal", numpy.full(9, 7.125)),
    case("zeros and negatives", numpy.array([0.0, -0.0, -3.5, 2.0, -0.0, -1e-30, 1e-30, 5.0])),
    case("ties", random.integers(0, 5, 40).astype(float)),
    case("a hundred", random.permutation(numpy.arange(100) / 7)),
    case("normal", random.normal(0, 3, 211)),
    case("wide range", numpy.exp(random.normal(0, 20, 97))),
    case("close together", 1000 + random.random(120) * 1e-2),
]
path = pathlib.Path(__file__).parent / "thresholds.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
