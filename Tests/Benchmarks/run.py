"""Runs the whole suite and writes its output, as it is, to Docs/Benchmarks/results.md, its numbers beside it as JSON.

    python run.py [--only coreset,search] [--output FOLDER] [--growth]

Needs the programs of this package and of the package above, both built for release (run.sh builds them and calls this),
and the peers of setup.sh. A benchmark whose peer or program is missing says so in a line; one that fails is shown with
its last lines, and the others go on.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import data
import in_turn


def networks():
    program = in_turn.built("networks")
    return [["network_peers.py", "--program", program, "--threads", count] for count in (1, in_turn.THREADS)]


def whole():
    folder, weights = in_turn.WORK / "whole", ["--weights", data.weights()] if data.weights() else []
    source = ["--source", data.images(213)] if data.is_real() else []
    # Random WideResNet-50-2 weights: no time depends on them.
    commands = [["whole_images.py", "prepare", folder, *source], ["whole_images.py", "predict", folder]]
    return commands + ([["whole_images.py", "fit", folder, *weights]] if weights else []) + [["compare.py"]]


def loading():
    config, more = data.description(subsampler={"fraction": 0.01})
    return [["loading"], ["memory.py", in_turn.PATCHCORE, config, data.images(213), *(more[1:] or ["-"]), "512M"]]


# What each benchmark runs; each of these commands can be given alone.
BENCHMARKS = {
    "coreset": lambda: [["coreset.py"]],
    # FAISS as it comes, and with the best kernels that it has.
    "search": lambda: [["search.py"], ["search.py", "--rows", "16384", "160000", "--kernels", "SkylakeX"]],
    "networks": networks,
    "stages": lambda: [["stages.py"]],
    "whole": whole,
    "loading": loading,
    "growth": lambda: [["growth.py", "--svg", options.output]],
}
LIMIT = 900

parser = argparse.ArgumentParser()
parser.add_argument("--only", help="names, separated by commas: " + ", ".join(BENCHMARKS))
parser.add_argument("--output", type=Path, default=in_turn.HERE.parent.parent / "Docs/Benchmarks")
parser.add_argument("--growth", action="store_true", help="growth too, which takes some ten minutes")
options = parser.parse_args()
names = options.only.split(",") if options.only else [n for n in BENCHMARKS if n != "growth" or options.growth]
for name in names:
    if name not in BENCHMARKS:
        raise SystemExit(f"no benchmark is called {name}; there are {', '.join(BENCHMARKS)}")


def commit():
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=in_turn.HERE, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def output_of(command):
    """What a benchmark printed, or a line that says why not."""
    try:
        if command[0].endswith(".py"):
            script = in_turn.HERE / command[0]
            if not script.exists():
                raise in_turn.Missing(f"{command[0]} is not there")
            line = [sys.executable, str(script), *command[1:]]
        else:
            line = [in_turn.built(command[0]), *command[1:]]
        found = subprocess.run(line, cwd=in_turn.HERE, capture_output=True, text=True, timeout=LIMIT)
    except in_turn.Missing as missing:
        return f"Not measured: {missing}"
    except subprocess.TimeoutExpired:
        return f"Not measured: it took more than {LIMIT} s"
    text = found.stdout.strip("\n")
    if "|---" not in text and "\n## " not in text and not text.startswith(("## ", "Not measured")):
        text = f"```\n{text}\n```"
    if found.returncode:
        last = "\n".join(found.stderr.strip().splitlines()[-12:])
        text += f"\n\nFailed with status {found.returncode}:\n\n```\n{last}\n```"
    return text


def shown(command):
    """A command without the paths of this machine."""
    folders = [(in_turn.WORK, "WORK"), (in_turn.DATA, "DATA"), (in_turn.HERE, "."), (options.output, "OUTPUT"),
               (Path(in_turn.PATCHCORE).parent, "")]
    words = []
    for word in map(str, command):
        for folder, name in folders:
            if folder is not None and word.startswith(str(folder)):
                word = (name + word[len(str(folder)):]).lstrip("/")
        words.append(word)
    return " ".join(words)


started = time.monotonic()
options.output.mkdir(parents=True, exist_ok=True)
name = "results" if names != ["growth"] else "growth"
numbers = in_turn.WORK / "numbers.jsonl"
in_turn.WORK.mkdir(parents=True, exist_ok=True)
numbers.unlink(missing_ok=True)
os.environ["BENCHMARK_JSON"] = str(numbers)
versions = in_turn.versions(
    "torch", "anomalib", "openvino", "onnxruntime", "faiss-cpu", "pillow", "scikit-learn", "scipy", "numpy")
text = [
    "# " + ("Growth" if name == "growth" else "Results"), "",
    f"Made by `Tests/Benchmarks/run.sh{' --only ' + options.only if options.only else ''}` at commit {commit()}, "
    f"{datetime.date.today():%d %B %Y}, and not edited.", "",
    f"- Machine: {in_turn.machine()}", f"- Peers: Python {sys.version.split()[0]}, {versions}",
    "- Ratios are medians over rounds in which both sides took turns, with the range of the middle eight tenths.",
]
for benchmark in names:
    try:
        commands = [[str(word) for word in command] for command in BENCHMARKS[benchmark]()]
    except in_turn.Missing as missing:
        text += ["", f"## {benchmark}", "", f"Not measured: {missing}"]
        continue
    for command in commands:
        print(f"{benchmark}: {' '.join(command)}", file=sys.stderr, flush=True)
        found = output_of(command)
        title = [] if found.startswith("## ") else ["", f"## {' '.join(shown(command).split()[:2])}", ""]
        text += [*(title or [""]), found, "", f"Command: `{shown(command)}`"]
found = [json.loads(line) for line in numbers.read_text().splitlines()] if numbers.exists() else []
targets = [entry for entry in found if "wanted" in entry]
if targets:
    rows = ["", "## Targets", "", "| target | wanted | found | met |", "|---|---|---|---|"]
    for entry in targets:
        sign = "at least" if entry["least"] else "at most"
        met = "yes" if entry["met"] else "no"
        rows.append(f"| {entry['name']} | {sign} {entry['wanted']:g} | {entry['value']:.3g} | {met} |")
    text += rows
text += ["", f"All of it took {(time.monotonic() - started) / 60:.1f} minutes."]
(options.output / f"{name}.md").write_text("\n".join(text) + "\n")
(options.output / f"{name}.json").write_text(json.dumps(
    {"commit": commit(), "machine": in_turn.machine(), "peers": versions, "numbers": found}, indent=1) + "\n")
print(f"{options.output / name}.md", file=sys.stderr)
