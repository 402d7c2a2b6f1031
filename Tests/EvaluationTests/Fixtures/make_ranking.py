"""Makes ranking.json: scores, truths and the metrics of their ranking by scikit-learn.

The F1-optimal threshold is searched in fractions, so that thresholds with the same F1 are known as such; the lowest of
them is taken.

Run: python make_ranking.py (numpy and scikit-learn; the numbers committed are from scikit-learn 1.9.1).
"""

import fractions
import json
import pathlib

import numpy as np
from sklearn.metrics import (average_precision_score, f1_score, precision_recall_curve, precision_score, recall_score,
                             roc_auc_score, roc_curve)

random = np.random.default_rng(23)
cases = []


def add(name, scores, truth):
    scores = np.asarray(scores, dtype=np.float32)
    truth = np.asarray(truth).astype(int)
    best = None
    for threshold in np.unique(scores):
        called = scores >= threshold
        hits = int((called & (truth == 1)).sum())
        f1 = fractions.Fraction(2 * hits, int(called.sum() + truth.sum()))
        if best is None or f1 > best[0]:
            best = (f1, threshold)
    called = scores >= best[1]
    lowest = scores[truth == 1].min()
    alarms = int(((scores >= lowest) & (truth == 0)).sum())
    false_rates, true_rates, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    precisions, recalls, pr_thresholds = precision_recall_curve(truth, scores)
    cases.append({
        "name": name,
        "scores": [float(str(score)) for score in scores],
        "anomalous": "".join(str(value) for value in truth),
        "auroc": float(roc_auc_score(truth, scores)),
        "averagePrecision": float(average_precision_score(truth, scores)),
        "f1": float(f1_score(truth, called)),
        "precision": float(precision_score(truth, called)),
        "recall": float(recall_score(truth, called)),
        "f1Threshold": float(str(best[1])),
        "falsePositives": int((called & (truth == 0)).sum()),
        "falseNegatives": int((~called & (truth == 1)).sum()),
        "fullRecallThreshold": float(str(lowest)),
        "fullRecallFalsePositives": alarms,
        "fullRecallError": alarms / len(truth),
        "rocThresholds": [float(str(value)) for value in thresholds[1:]],
        "falsePositiveRates": false_rates.tolist(),
        "truePositiveRates": true_rates.tolist(),
        "prThresholds": [float(str(value)) for value in pr_thresholds[::-1]],
        "precisions": precisions[::-1].tolist(),
        "recalls": recalls[::-1].tolist(),
    })


add("one of each, right", [0, 1], [0, 1])
add("one of each, wrong", [1, 0], [0, 1])
add("one of each, equal", [3, 3], [0, 1])
add("constant", np.full(30, 0.25), random.random(30) < 0.3)
add("separable", np.arange(30), np.arange(30) >= 20)
add("reversed", np.arange(30), np.arange(30) < 20)
add("both zeros are equal", [-0.0, 0.0, 0.0, -0.0, 1.0], [0, 1, 0, 1, 1])
# F1 is 2/3 at 4 (one of two found) and at 1 (both found, two alarms).
add("two thresholds with one F1", [4, 3, 2, 1], [1, 0, 0, 1])
add("negative and positive", np.round(random.normal(size=120), 5), random.random(120) < 0.2)
add("tiny and huge", 10.0 ** random.uniform(-37, 37, size=80), random.random(80) < 0.5)
add("three values", random.integers(0, 3, size=200), random.random(200) < 0.1)
add("two values, one anomalous", random.integers(0, 2, size=100), np.arange(100) == 77)
truth = random.random(150) < 0.4
add("rounded to tenths", np.round(random.normal(size=150) + truth, 1), truth)

path = pathlib.Path(__file__).with_name("ranking.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
