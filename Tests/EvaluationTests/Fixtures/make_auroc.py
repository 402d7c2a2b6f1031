"""Makes auroc.json: scores, truths and scikit-learn's roc_auc_score of them.

Run: python make_auroc.py (numpy and scikit-learn; the numbers committed are from scikit-learn 1.9.1).
"""

import json
import pathlib

import numpy as np
from sklearn.metrics import roc_auc_score

random = np.random.default_rng(7)
cases = []


def add(name, scores, truth):
    scores = np.asarray(scores, dtype=np.float32)
    truth = np.asarray(truth).astype(int)
    cases.append({
        "name": name,
        "scores": [float(str(score)) for score in scores],
        "anomalous": "".join(str(value) for value in truth),
        "auroc": float(roc_auc_score(truth, scores)),
    })


add("one of each, right", [0, 1], [0, 1])
add("one of each, wrong", [1, 0], [0, 1])
add("one of each, equal", [3, 3], [0, 1])
add("constant", np.full(40, 0.25), random.random(40) < 0.3)
add("separable", np.arange(30), np.arange(30) >= 20)
add("both zeros are equal", [-0.0, 0.0, 0.0, -0.0, 1.0], [0, 1, 0, 1, 1])
add("negative and positive", random.normal(size=300), random.random(300) < 0.2)
add("tiny and huge", 10.0 ** random.uniform(-37, 37, size=300), random.random(300) < 0.5)
add("neighbouring floats", np.float32(1) + np.arange(64) % 7 * np.float32(2.0 ** -23), random.random(64) < 0.4)
add("three values", random.integers(0, 3, size=1000), random.random(1000) < 0.1)
add("two values, one anomalous", random.integers(0, 2, size=500), np.arange(500) == 77)
truth = random.random(4000) < 0.05
add("rounded to hundredths", np.round(random.normal(size=4000) + truth, 2), truth)
truth = random.random(9000) < 0.3
add("more than the short sort takes", np.round(random.normal(size=9000) + truth, 3), truth)

path = pathlib.Path(__file__).with_name("auroc.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
