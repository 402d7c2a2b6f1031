"""Prints the metrics of real maps, which Tests/ReferenceTests/MetricReferenceTests.swift holds.

The maps are those of the authors' code and of anomalib for MVTec AD's hazelnuts, the masks the data set's own: PRO by
the functions of make_overlap.py, the rest by scikit-learn.

Run: PATCHCORE_TEST_DATA=FOLDER python make_real_map_numbers.py (as make_overlap.py, and Pillow).
"""

import json
import os
import pathlib

import numpy as np
from PIL import Image
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from make_overlap import overlap_by_sorting

folder = pathlib.Path(os.environ["PATCHCORE_TEST_DATA"])
data = folder / "data/mvtec-reduced/hazelnut_reduced"


def mask_of(path, crop):
    """The masks have one bit and lie at 256 x 256 already, so both mask rules only cut them."""
    if path.split("/")[1] == "good":
        return np.zeros((crop, crop), dtype=bool)
    name = path.replace("test/", "ground_truth/").replace(".png", "_mask.png")
    mask = np.asarray(Image.open(data / name).convert("L")) == 255
    start = (256 - crop) // 2
    return mask[start:start + crop, start:start + crop]


def number(value):
    return float(value)


for name, crop in [("official", 224), ("anomalib", 256)]:
    run = json.loads((folder / "reference" / name / "run.json").read_text())
    maps = np.load(folder / "reference" / name / "maps.npy").astype(np.float32)
    masks = np.stack([mask_of(path, crop) for path in run["test"]])
    defective = masks.any(axis=(1, 2))
    scores, truth = np.asarray(run["scores"], dtype=np.float32), np.asarray(run["labels"])
    precision, recall, _ = precision_recall_curve(masks.ravel(), maps.ravel())
    print(name, {
        "imageAUROC": number(roc_auc_score(truth, scores)),
        "imageAveragePrecision": number(average_precision_score(truth, scores)),
        "pixelAUROC": number(roc_auc_score(masks.ravel(), maps.ravel())),
        "pixelAUROCOfImagesWithDefects": number(roc_auc_score(masks[defective].ravel(), maps[defective].ravel())),
        "pixelAveragePrecision": number(average_precision_score(masks.ravel(), maps.ravel())),
        "pixelF1": number(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-30))),
        "pro": number(overlap_by_sorting(maps, masks, 0.3)),
        "proTo005": number(overlap_by_sorting(maps, masks, 0.05)),
        "proImageAveraged": number(
            np.mean([overlap_by_sorting([image], [mask], 0.3) for image, mask in zip(maps[defective], masks[defective])])),
    })
