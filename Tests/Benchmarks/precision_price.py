"""Fits and evaluates one description in every precision and prints what each costs in detection.

    swift build -c release --product patchcore
    python precision_price.py --program .build/release/patchcore --weights resnet18.safetensors \\
        --dataset mvtec:HAZELNUT
    python precision_price.py --program .build/release/patchcore --weights resnet18.safetensors \\
        --dataset magnetic-tile:TILES --lines "split: {nominal_test_fraction: 0.2, shots: 100}"

The bank is a random one by default: it holds the same patches by number in every precision, so that all that differs is
arithmetic (a coreset may pick other patches, which moves scores without being worse). Printed for each setting: image and
pixel AUROC and PRO, and how image scores moved from those of direct float32: median and largest change as a part of the
score, and Spearman's rank correlation.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from scipy.stats import spearmanr

SETTINGS = [
    "precision: float32", "convolution: winograd", "precision: bfloat16",
    "precision: bfloat16, convolution: winograd", "precision: int8",
]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--program", required=True, help="the built patchcore program")
parser.add_argument("--dataset", required=True, help="KIND:PATH")
parser.add_argument("--weights", required=True)
parser.add_argument("--architecture", default="resnet18")
parser.add_argument("--subsampler", default="{kind: random, fraction: 0.05}")
parser.add_argument("--lines", default="", help="more of the description")
parser.add_argument("--json")
options = parser.parse_args()

results = {}
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for setting in SETTINGS:
        (folder / "pipeline.yaml").write_text(
            "preset: official\n"
            f"extractor: {{kind: resnet, architecture: {options.architecture}}}\n"
            f"subsampler: {options.subsampler}\ncompute: {{engine: onednn, {setting}}}\n{options.lines}\n")
        model = str(folder / "model")
        common = ["--dataset", options.dataset, "--quiet"]
        subprocess.run(
            [options.program, "fit", str(folder / "pipeline.yaml"), "--weights", options.weights, "-o", model] + common,
            check=True)
        subprocess.run(
            [options.program, "evaluate", model, "--json", str(folder / "report.json")] + common, check=True,
            stdout=subprocess.DEVNULL)
        results[setting] = json.loads((folder / "report.json").read_text())

base = [image["score"] for image in results[SETTINGS[0]]["images"]]
print(f"{options.architecture}, {len(base)} test images")
print("| setting | image AUROC | pixel AUROC | PRO | score change, median | largest | rank correlation |")
print("|---|---|---|---|---|---|---|")
for setting, report in results.items():
    scores = np.array([image["score"] for image in report["images"]])
    change = np.abs(scores - base) / np.abs(base)
    numbers = [report[key] for key in ["image_auroc", "pixel_auroc", "pro"]]
    row = ["-" if number is None else f"{number:.4f}" for number in numbers]
    row += [f"{np.median(change):.1e}", f"{change.max():.1e}", f"{spearmanr(scores, base)[0]:.5f}"]
    print(f"| `{setting}` | " + " | ".join(row) + " |", flush=True)
if options.json:
    pathlib.Path(options.json).write_text(json.dumps(results))
