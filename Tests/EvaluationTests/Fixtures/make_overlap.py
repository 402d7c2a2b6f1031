"""Makes overlap.json: maps, masks and the metrics of their pixels.

The per-region overlap (PRO) is computed twice, by code that shares nothing with the package: as MVTec AD's evaluation
is defined, with numpy (all pixels sorted, cumulative sums, one point per distinct score, trapezoids up to the limit with
linear interpolation there), and in fractions from the definition of each threshold. Both must agree to 1e-12; the
fractions' result is written. Regions are scipy.ndimage's, with a 3 x 3 block of ones. AUROC, average precision and F1
are scikit-learn's.

Run: python make_overlap.py (numpy, scipy 1.17.1, scikit-learn 1.9.1).
"""

import json
import pathlib
from fractions import Fraction

import numpy as np
from scipy.ndimage import label
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

LIMITS = [0.3, 0.05, 1.0]
random = np.random.default_rng(5)
cases = []


def regions_of(masks):
    return [label(mask, structure=np.ones((3, 3)))[0] for mask in masks]


def overlap_by_sorting(maps, masks, limit):
    false, found, nominal, count = [], [], 0, 0
    for labels in regions_of(masks):
        areas = np.bincount(labels.ravel())
        false.append((labels == 0).astype(np.float64))
        share = np.zeros(labels.shape)
        for region in range(1, len(areas)):
            share[labels == region] = 1 / areas[region]
        found.append(share)
        nominal += int((labels == 0).sum())
        count += len(areas) - 1
    scores = np.concatenate([image.ravel() for image in maps])
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    rates = np.cumsum(np.concatenate([x.ravel() for x in false])[order]) / nominal
    overlaps = np.cumsum(np.concatenate([x.ravel() for x in found])[order]) / count
    last = np.append(np.diff(scores) != 0, True)
    x = np.concatenate([[0.0], rates[last], [1.0]])
    y = np.concatenate([[0.0], overlaps[last], [1.0]])
    inside = x <= limit
    area = np.sum(np.diff(x[inside]) * (y[inside][1:] + y[inside][:-1]) / 2)
    end = int(inside.sum())
    if end < len(x) and x[end - 1] < limit:
        at = y[end - 1] + (y[end] - y[end - 1]) * (limit - x[end - 1]) / (x[end] - x[end - 1])
        area += (at + y[end - 1]) / 2 * (limit - x[end - 1])
    return area / limit


def overlap_by_thresholds(maps, masks, limit):
    limit = Fraction(str(limit))
    labels = regions_of(masks)
    nominal = sum(int((one == 0).sum()) for one in labels)
    parts = [(image, one == region) for image, one in zip(maps, labels) for region in range(1, one.max() + 1)]
    points = [(Fraction(0), Fraction(0))]
    for threshold in sorted(set(np.concatenate([image.ravel() for image in maps]).tolist()), reverse=True):
        alarms = sum(int(((image >= threshold) & (one == 0)).sum()) for image, one in zip(maps, labels))
        share = sum(Fraction(int(((image >= threshold) & part).sum()), int(part.sum())) for image, part in parts)
        points.append((Fraction(alarms, nominal), share / len(parts)))
    area = Fraction(0)
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if x0 >= limit:
            break
        if x1 > limit:
            x1, y1 = limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
        area += (x1 - x0) * (y0 + y1) / 2
    return float(area / limit)


def overlap(maps, masks, limit):
    exact = overlap_by_thresholds(maps, masks, limit)
    assert abs(exact - overlap_by_sorting(maps, masks, limit)) < 1e-12
    return exact


def add(name, maps, masks):
    maps = [np.asarray(image, dtype=np.float32) for image in maps]
    masks = [np.asarray(mask, dtype=bool) for mask in masks]
    scores, truth = np.concatenate([x.ravel() for x in maps]), np.concatenate([x.ravel() for x in masks])
    with_defects = [(image, mask) for image, mask in zip(maps, masks) if mask.any()]
    precision, recall, _ = precision_recall_curve(truth, scores)
    both = precision + recall
    cases.append({
        "name": name,
        "images": [
            {
                "height": image.shape[0],
                "width": image.shape[1],
                "scores": [float(str(score)) for score in image.ravel()],
                "mask": "".join("1" if value else "0" for value in mask.ravel()),
            } for image, mask in zip(maps, masks)
        ],
        "limits": LIMITS,
        "pro": [overlap(maps, masks, limit) for limit in LIMITS],
        "proImageAveraged": [
            float(np.mean([overlap([image], [mask], limit) for image, mask in with_defects])) for limit in LIMITS
        ],
        "auroc": float(roc_auc_score(truth, scores)),
        "aurocOfImagesWithDefects": float(
            roc_auc_score(np.concatenate([x.ravel() for _, x in with_defects]),
                          np.concatenate([x.ravel() for x, _ in with_defects]))),
        "averagePrecision": float(average_precision_score(truth, scores)),
        "f1": float(np.max(2 * precision * recall / np.where(both > 0, both, 1))),
    })


def blobs(height, width, count, size):
    mask = np.zeros((height, width), dtype=bool)
    for _ in range(count):
        row, column = random.integers(0, height), random.integers(0, width)
        mask[row:row + size, column:column + size] = True
    return mask


def scored(mask, digits, gain=1.0):
    return np.round(random.normal(size=mask.shape) + gain * mask, digits)


masks = [blobs(12, 15, 3, 3), blobs(9, 20, 2, 4), np.zeros((12, 12))]
add("almost no ties", [scored(mask, 6) for mask in masks], masks)
masks = [blobs(14, 14, 4, 2), blobs(14, 14, 1, 6), np.zeros((14, 14)), blobs(14, 14, 8, 1)]
add("many ties", [scored(mask, 1) for mask in masks], masks)
add("three values", [random.integers(0, 3, size=mask.shape) + (mask > 0) for mask in masks], masks)
add("constant", [np.full(mask.shape, 0.5) for mask in masks], masks)
add("every defect found first", [mask * 2.0 + random.random(mask.shape).round(3) for mask in masks], masks)
add("every defect found last", [mask * -2.0 + random.random(mask.shape).round(3) for mask in masks], masks)
# Corners touch, so each of these is one region; the third has two, the fourth fills its image but for one pixel.
touching = [
    np.eye(6), np.indices((6, 6)).sum(0) % 2, [[1, 1, 0, 0, 1, 1]] * 6,
    [[0, 1, 1, 1, 1, 1]] + [[1] * 6] * 5, np.zeros((6, 6)),
]
touching = [np.asarray(mask, dtype=bool) for mask in touching]
add("touching regions", [scored(mask, 2) for mask in touching], touching)
# At the border of two images, and at both ends of a row: not the same region.
edges = [np.zeros((5, 7), dtype=bool) for _ in range(3)]
edges[0][4, :] = edges[1][0, :] = True
edges[2][2, 0] = edges[2][2, 6] = edges[2][1, 6] = True
add("regions at the edges", [scored(mask, 2, 0.5) for mask in edges], edges)
# 10 nominal pixels: the limit 0.3 falls on a point of the curve, on no point, and inside a tie.
line = np.array([[0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]], dtype=bool)
add("limit on a point", [np.arange(12)[::-1].reshape(1, 12)], [line])
add("limit inside a tie", [[[9, 9, 5, 5, 5, 5, 5, 5, 1, 1, 1, 1]]], [line])
add("limit before every defect", [np.where(line, -1.0, np.arange(12).reshape(1, 12))], [line])

path = pathlib.Path(__file__).with_name("overlap.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
