"""Compares the embedded network with ResNet-18 in the same pipeline, over seeds, and prints Markdown tables.

    python embedded_network.py WEIGHTS --out results [--magnetic-tile DIR] [--mvtec CATEGORY_DIR ...]

WEIGHTS is torchvision's ResNet-18. Every run's result is kept in `--out`, and a run that is there is not done again, so
an interrupted comparison goes on. Pipeline: preset `official`, image resized to 224 x 224 without a crop, coreset of 1%
and 10%, seeds 0 to 2. Magnetic tiles: a fifth of the good images is held out, another fifth with each seed. MVTec
categories: their own test images; and, because few good ones may be among them, the image AUROC over splits that hold
out 15 more training images each, with a bootstrap interval. Needs NumPy and scikit-learn.
"""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

import data
import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("weights")
parser.add_argument("--out", required=True)
parser.add_argument("--magnetic-tile")
parser.add_argument("--mvtec", nargs="*", default=[])
parser.add_argument("--networks", nargs="+", default=["resnet18", "compact"])
parser.add_argument("--fractions", nargs="+", default=["0.01", "0.1"])
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--splits", type=int, default=5)
parser.add_argument("--held-out", type=int, default=15)
arguments = parser.parse_args()

EXTRACTORS = {"resnet18": "{kind: resnet, architecture: resnet18}", "compact": "{kind: compact}"}


def fit(network, fraction, seed, source, folder, held_out=0.0):
    config, model = Path(folder, "pipeline.yaml"), Path(folder, "model.safetensors")
    config.write_text(
        f"preset: official\npreprocess: {{resize: {{height: 224, width: 224}}, crop: none}}\n"
        f"extractor: {EXTRACTORS[network]}\nsubsampler: {{fraction: {fraction}}}\nseed: {seed}\n"
        f"split: {{nominal_test_fraction: {held_out}}}\n")
    weights = ["--weights", arguments.weights] if network == "resnet18" else []
    run("fit", str(config), *source, *weights, "--output", str(model))
    return model


def run(*command):
    return data.patchcore(*command, threads=arguments.threads)


def kept(name, compute):
    """The result of a run: from the folder, or computed and put there."""
    path = Path(arguments.out, name + ".json")
    if not path.exists():
        with tempfile.TemporaryDirectory() as folder:
            result = compute(folder)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(result))
        part.rename(path)
        print("#", name, {k: v for k, v in result.items() if isinstance(v, float)}, flush=True)
    return json.loads(path.read_text())


def evaluated(network, fraction, seed, dataset, held_out=0.0):
    def compute(folder):
        model = fit(network, fraction, seed, ["--dataset", dataset], folder, held_out)
        result = Path(folder, "result.json")
        run("evaluate", str(model), "--dataset", dataset, "--json", str(result))
        found = json.loads(result.read_text())
        return {"image": found["image_auroc"], "pixel": found["pixel_auroc"]}

    return kept(f"{Path(dataset.split(':', 1)[1]).name}-{network}-{fraction}-{seed}", compute)


def split(network, fraction, number, category):
    """Scores of the test images and of training images that the bank did not see."""

    def compute(folder):
        good = sorted((category / "train" / "good").iterdir())
        out = set(np.random.default_rng(number).choice(len(good), arguments.held_out, replace=False).tolist())
        place = Path(folder, "fitted")
        place.mkdir()
        for k, image in enumerate(good):
            if k not in out:
                os.symlink(image, place / image.name)
        model = fit(network, fraction, number, ["--images", str(place)], folder)
        groups = {"good": [good[k] for k in sorted(out)] + sorted((category / "test" / "good").iterdir())}
        groups["defect"] = sorted(p for d in (category / "test").iterdir() if d.name != "good" for p in d.iterdir())
        return {name: scores(model, images, Path(folder, name)) for name, images in groups.items()}

    return kept(f"split-{category.name}-{network}-{fraction}-{number}", compute)


def scores(model, images, folder):
    folder.mkdir()
    for k, image in enumerate(images):
        os.symlink(image, folder / f"{k:04d}{image.suffix}")
    found = [json.loads(line) for line in run("predict", str(model), str(folder), "--json").splitlines()]
    if len(found) != len(images):
        raise SystemExit(f"predict scored {len(found)} of {len(images)} images in {folder.name}")
    return [p["score"] for p in found]


def image_auroc(splits, good, defect):
    """The share of (good, defect) pairs in order, pairs of one split only; `good` and `defect` choose images."""
    return np.mean([
        roc_auc_score([0] * len(g) + [1] * len(defect), [s["good"][k] for k in g] + [s["defect"][k] for k in defect])
        for s, g in zip(splits, good)])


def pooled(splits):
    every = [np.arange(len(s["good"])) for s in splits], np.arange(len(splits[0]["defect"]))
    r = np.random.default_rng(0)
    draws = [
        image_auroc(splits, [r.choice(g, len(g)) for g in every[0]], r.choice(every[1], len(every[1])))
        for _ in range(1000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{image_auroc(splits, *every):.4f} ({low:.4f} to {high:.4f})"


def spread(values):
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else f"{values[0]:.4f}"


Path(arguments.out).mkdir(parents=True, exist_ok=True)
datasets = [(f"mvtec:{Path(c)}", 0.0) for c in arguments.mvtec]
if arguments.magnetic_tile:
    datasets.append((f"magnetic-tile:{arguments.magnetic_tile}", 0.2))
rows = []
for fraction in arguments.fractions:
    for dataset, held_out in datasets:
        for network in arguments.networks:
            found = [evaluated(network, fraction, seed, dataset, held_out) for seed in range(arguments.seeds)]
            name = Path(dataset.split(":", 1)[1]).name
            rows.append(f"| {name} | {float(fraction):.0%} | {network} | {spread([f['image'] for f in found])} "
                        f"| {spread([f['pixel'] for f in found])} |")
print("| data | coreset | network | image AUROC | pixel AUROC |\n|---|---|---|---|---|", *rows, sep="\n")
rows = []
for fraction in arguments.fractions:
    for category in map(Path, arguments.mvtec):
        for network in arguments.networks:
            splits = [split(network, fraction, number, category.absolute()) for number in range(arguments.splits)]
            rows.append(f"| {category.name} | {float(fraction):.0%} | {network} | {pooled(splits)} |")
if rows:
    print("\n| data | coreset | network | image AUROC over splits (95%) |\n|---|---|---|---|", *rows, sep="\n")
