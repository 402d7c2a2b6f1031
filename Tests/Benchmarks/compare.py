"""Whole fits and predictions: `patchcore` and the official numerics in PyTorch, in turn on one data set.

    python compare.py [PARTS WEIGHTS] [--images 50] [--rounds 3] [--fraction 0.1] [--threads 2]

PARTS is a category in MVTec AD's layout, such as `demo/parts` after `patchcore demo --output demo`, WEIGHTS those of
ResNet-18. Without them real images and weights are taken from PATCHCORE_TEST_DATA. Ours are whole processes; of
PyTorch's the start and the imports are not counted.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import data
import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("parts", nargs="?")
parser.add_argument("weights", nargs="?")
parser.add_argument("--images", type=int, default=50)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--fraction", default="0.1")
options = in_turn.parsed(parser)


def category(folder):
    """So many good images to fit and ten to test, in MVTec AD's layout."""
    if options.parts:
        return options.parts, options.weights
    if not (data.is_real() and data.weights()):
        raise in_turn.Missing("PATCHCORE_TEST_DATA names no images and weights; give PARTS and WEIGHTS")
    found = sorted((in_turn.DATA / "data/magnetic-tile/MT_Free/Imgs").glob("*.jpg"))[::4][:options.images + 10]
    for name, paths in (("train/good", found[:-10]), ("test/good", found[-10:])):
        target = Path(folder, "parts", name)
        target.mkdir(parents=True)
        for path in paths:
            (target / path.name).symlink_to(path)
    return str(Path(folder, "parts")), str(data.weights())


def main():
    with tempfile.TemporaryDirectory() as folder:
        parts, weights = category(folder)
        config, model = Path(folder, "pipeline.yaml"), Path(folder, "model.safetensors")
        config.write_text(
            "preset: official\nextractor: {kind: resnet, architecture: resnet18}\n"
            f"subsampler: {{fraction: {options.fraction}}}\n")

        def program(*arguments):
            return in_turn.timed(lambda: data.patchcore(*arguments, threads=options.threads))

        theirs = {}

        def official():
            script = Path(__file__).with_name("official_in_pytorch.py")
            command = [sys.executable, script, parts, weights, "--fraction", options.fraction, "--threads",
                       str(options.threads)]
            theirs.update(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
            return theirs["seconds"]["embedding"] + theirs["seconds"]["coreset"]

        in_turn.need("torch", "torchvision", "faiss", "PIL.Image", "scipy.ndimage")
        fit = program("fit", config, "--dataset", f"mvtec:{parts}", "--weights", weights, "--output", model)
        fits = in_turn.run({"patchcore": fit, "official numerics in PyTorch": official}, options.rounds, warm=0)
        in_turn.title(f"Fit: {theirs['images'][0]} images, ResNet-18, a bank of {theirs['bank']}")
        note = f"Rounds: {options.rounds}; preset `official`, 224 x 224 pixels. Ours are whole processes."
        for name, (value, low, high) in in_turn.table(fits, note=note).items():
            in_turn.record(f"fit, times as long as ours: {name}", value=value, range=[low, high])

        def predictions():
            official()
            return theirs["seconds"]["predict"]

        predict = program("predict", model, f"{parts}/test")
        found = in_turn.run({"patchcore": predict, "official numerics in PyTorch": predictions}, options.rounds, warm=0)
        in_turn.title(f"Predict: {theirs['images'][1]} images, the start of our program included")
        for name, (value, low, high) in in_turn.table(found, note=note).items():
            in_turn.record(f"predict, times as long as ours: {name}", value=value, range=[low, high])
        in_turn.closing(options.threads, "torch", "faiss-cpu", "scipy")


in_turn.main(main)
