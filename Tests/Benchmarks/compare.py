"""Runs `patchcore` and the official numerics in PyTorch in turn on one data set, and prints the median ratios.

    python compare.py PARTS WEIGHTS [--patchcore .build/release/patchcore] [--rounds 5] [--fraction 0.1]

Needs torch, torchvision, faiss-cpu, safetensors, scipy and Pillow from PyPI. PARTS is a category in MVTec AD's layout,
such as `demo/parts` after `patchcore demo --output demo`. Both sides are whole processes with two threads; the time of
starting Python and importing PyTorch is not counted, that of starting patchcore is.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("parts")
parser.add_argument("weights")
parser.add_argument("--patchcore", default=".build/release/patchcore")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--fraction", default="0.1")
arguments = parser.parse_args()


def ours(folder):
    config, model = Path(folder, "pipeline.yaml"), Path(folder, "model.safetensors")
    config.write_text(
        "preset: official\nextractor: {kind: resnet, architecture: resnet18}\n"
        f"subsampler: {{fraction: {arguments.fraction}}}\n")
    fit = [arguments.patchcore, "fit", str(config), "--dataset", f"mvtec:{arguments.parts}", "--weights",
           arguments.weights, "--output", str(model), "--threads", "2", "--quiet"]
    predict = [arguments.patchcore, "predict", str(model), f"{arguments.parts}/test", "--threads", "2", "--quiet"]
    seconds = []
    for command in (fit, predict):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return {"fit": seconds[0], "predict": seconds[1]}


def theirs():
    script = Path(__file__).with_name("official_in_pytorch.py")
    command = [sys.executable, str(script), arguments.parts, arguments.weights, "--fraction", arguments.fraction]
    seconds = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["seconds"]
    return {"fit": seconds["embedding"] + seconds["coreset"], "predict": seconds["predict"]}


rounds = []
with tempfile.TemporaryDirectory() as folder:
    for _ in range(arguments.rounds):
        rounds.append((ours(folder), theirs()))
for step in ("fit", "predict"):
    mine = [a[step] for a, _ in rounds]
    other = [b[step] for _, b in rounds]
    ratios = [b / a for a, b in zip(mine, other)]
    print(f"{step}: patchcore {statistics.median(mine):.2f} s, PyTorch {statistics.median(other):.2f} s, "
          f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")
