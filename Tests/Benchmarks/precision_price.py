"""Fits and evaluates one description in every precision and prints what each costs in detection.

    python precision_price.py --weights resnet18.safetensors --dataset mvtec:HAZELNUT
    python precision_price.py --weights resnet18.safetensors --dataset magnetic-tile:TILES \\
        --lines "split: {nominal_test_fraction: 0.2, shots: 100}"

The bank is a random one by default: it holds the same patches by number in every precision, so that all that differs is
arithmetic (a coreset may pick other patches, which moves scores without being worse). Printed for each setting: image
and pixel AUROC and PRO, and how image scores moved from those of direct float32: median and largest change as a part
of the score, and Spearman's rank correlation.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--dataset", required=True, help="KIND:PATH")
parser.add_argument("--weights", required=True)
parser.add_argument("--architecture", default="resnet18")
parser.add_argument("--subsampler", default="{kind: random, fraction: 0.05}")
parser.add_argument("--lines", default="", help="more of the description")
parser.add_argument("--json")
options = in_turn.parsed(parser)

import numpy as np  # noqa: E402

import data  # noqa: E402

SETTINGS = [
    "precision: float32", "convolution: winograd", "precision: bfloat16",
    "precision: bfloat16, convolution: winograd", "precision: int8",
]
MEASURES = {"image_auroc": "image AUROC", "pixel_auroc": "pixel AUROC", "pro": "PRO"}


def report(setting, folder):
    """What `evaluate` finds with a setting; or `Missing` where this processor does not compute it."""
    config, model, result = folder / "pipeline.yaml", folder / "model", folder / "report.json"
    config.write_text(
        f"preset: official\nextractor: {{kind: resnet, architecture: {options.architecture}}}\n"
        f"subsampler: {options.subsampler}\ncompute: {{engine: onednn, {setting}}}\n{options.lines}\n")
    try:
        data.patchcore("fit", config, "--weights", options.weights, "-o", model, "--dataset", options.dataset,
                       threads=options.threads)
        data.patchcore("evaluate", model, "--json", result, "--dataset", options.dataset, threads=options.threads)
    except subprocess.CalledProcessError as error:
        raise in_turn.Missing(f"`{setting}`: {Path(error.cmd[0]).name} {error.cmd[1]} ended with status "
                              f"{error.returncode}") from None
    return json.loads(result.read_text())


def main():
    spearmanr = in_turn.need("scipy.stats").spearmanr
    kind, _, path = options.dataset.partition(":")
    results, notes = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for setting in SETTINGS:
            try:
                results[setting] = report(setting, Path(folder))
            except in_turn.Missing as missing:
                if setting == SETTINGS[0]:
                    raise
                notes.append(f"Not measured: {missing}.")
    base = np.array([image["score"] for image in results[SETTINGS[0]]["images"]])
    name = f"{options.architecture}, {Path(path).name}"
    in_turn.title(f"Price of precisions: {name}, {len(base)} test images")
    print("| setting | " + " | ".join(MEASURES.values()) + " | score change, median | largest | rank correlation |")
    print("|---|---|---|---|---|---|---|")
    for setting, found in results.items():
        scores = np.array([image["score"] for image in found["images"]])
        change = np.abs(scores - base) / np.abs(base)
        row = ["-" if found[key] is None else f"{found[key]:.4f}" for key in MEASURES]
        row += [f"{np.median(change):.1e}", f"{change.max():.1e}", f"{spearmanr(scores, base)[0]:.5f}"]
        print(f"| `{setting}` | " + " | ".join(row) + " |", flush=True)
        in_turn.record("precision", network=options.architecture, data=Path(path).name, setting=setting,
                       largest=float(change.max()), median=float(np.median(change)),
                       **{key: found[key] for key in MEASURES})
    more = [f"`{options.lines}`."] if options.lines else []
    print("\n" + " ".join([f"Preset `official`; subsampler `{options.subsampler}`.", *more, *notes]))
    in_turn.closing(options.threads)
    if options.json:
        Path(options.json).write_text(json.dumps(results))


in_turn.main(main)
