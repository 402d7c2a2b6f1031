"""Runs the suite and keeps its output, as it is, in Docs/Benchmarks/results, one page and one JSON file a benchmark.

    python run.py [--only coreset,search] [--output FOLDER] [--all] [--quick] [--summary]

Each benchmark run replaces its own page and leaves the others; Docs/Benchmarks/results.md, the list of pages and of all
targets, is made anew from what lies there. Needs the programs of this package and of the package above, both built for
release (run.sh builds them and calls this), and the peers of setup.sh. A benchmark whose peer or program is missing
says so in a line; one that fails is shown with its last lines, and the others go on.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
import in_turn


def networks():
    counts = sorted({1, in_turn.THREADS})
    return [["network_peers.py", "--threads", count, *quick("--rounds", 3)] for count in counts]


def images():
    """The folder that the scripts of whole images share, and what they are called with."""
    folder = in_turn.WORK / f"whole-{data.kind()}{'-trial' if options.quick else ''}"
    return folder, ["--source", data.images(213)] if data.is_real() else [], quick("--images", 6, "--tested", 4)


def whole():
    folder, source, few = images()
    # Random WideResNet-50-2 weights: no time depends on them.
    commands = [["whole_images.py", "prepare", folder, *source, *few],
                ["whole_images.py", "predict", folder, *quick("--rounds", 2)]]
    if data.weights():
        commands.append(["whole_images.py", "fit", folder, *source, "--weights", data.weights(), *few,
                         *quick("--rounds", 1)])
    return commands + [["compare.py", *quick("--images", 6, "--rounds", 1)]]


def official():
    folder, source, few = images()
    if not data.weights():
        raise in_turn.Missing("the official code needs ResNet-18's weights, which PATCHCORE_TEST_DATA does not have")
    return [["whole_images.py", "fit", folder, *source, "--weights", data.weights(), "--official", *few,
             *quick("--rounds", 1)]]


def search():
    small = quick("--rows", 1600, "--rounds", 2)
    # FAISS as it comes, and with the best kernels that it has.
    return [["search.py", "--no-approximate", *small],
            ["search.py", *(small or ["--rows", 16384, 160000]), "--kernels", "SkylakeX"]]


def precisions():
    if not data.weights() or not data.datasets():
        raise in_turn.Missing("PATCHCORE_TEST_DATA has no real images with weights")
    commands = []
    for architecture, weights in data.checkpoints():
        for dataset, lines in data.datasets()[:1 if options.quick else None]:
            commands.append(["precision_price.py", "--architecture", architecture, "--weights", weights, "--dataset",
                             dataset, *(["--lines", lines] if lines else [])])
    return commands


def quick(*arguments):
    """Arguments that a trial has and a run does not."""
    return list(arguments) if options.quick else []


# What each benchmark runs, each of these commands can be given alone, and the seconds that one of them may take.
BENCHMARKS = {
    "coreset": (lambda: [["coreset.py", *quick("--rows", 20000, "--rounds", 2)]], 900),
    "search": (search, 900),
    "networks": (networks, 900),
    "stages": (lambda: [["stages.py", *quick("--rounds", 2)]], 900),
    "whole": (whole, 1200),
    "loading": (lambda: [["loading.py", *quick("--images", 2)]], 900),
    "memory": (lambda: [["memory.py", "--budget", "512M", *quick("--images", 10)]], 900),
    "precisions": (precisions, 900),
    "allocations": (lambda: [["allocations"]], 300),
    "growth": (lambda: [["growth.py", "--svg", pages, *quick("--quick")]], 3600),
    "official": (official, 1800),
    # Last: it sets what the others took beside what the machine can do.
    "limits": (lambda: [["limits.py", "--results", pages]], 300),
}
# Only with --all or by name: they take a quarter of an hour.
LONG = {"growth", "official"}


def commit():
    """The commit, and whether the code differs from it."""

    def git(*words):
        found = subprocess.run(["git", *words], cwd=in_turn.HERE.parent.parent, capture_output=True, text=True)
        return found.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "Sources", "Plugins", "Tests/Benchmarks")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" and changes" if changed else "")


def replaced(text):
    """Text without the folders of this machine."""
    folders = [(in_turn.WORK, "WORK"), (in_turn.DATA, "DATA"), (in_turn.HERE / ".build/release", "."),
               (in_turn.HERE, "."), (pages, "PAGES"), (options.output, "OUTPUT"),
               (Path(in_turn.PATCHCORE).parent, "."), (in_turn.HERE.parent.parent, "."), (sys.prefix, "PYTHON"),
               (sys.base_prefix, "PYTHON"), (tempfile.gettempdir(), "TEMPORARY"), (Path.home(), "HOME")]
    for folder, name in folders:
        for path in {str(folder), str(Path(folder).resolve())} if folder else ():
            if len(path) > 1:
                text = re.sub(re.escape(path) + r"(?![\w.-])", name, text)
    return text


def shown(command):
    return " ".join(f"'{word}'" if " " in word else word for word in (replaced(str(w)) for w in command))


def output_of(command, limit):
    """What a benchmark printed, and a line that says why not all."""
    try:
        if command[0].endswith(".py"):
            line = [sys.executable, str(in_turn.HERE / command[0]), *command[1:]]
        else:
            line = [in_turn.built(command[0]), *command[1:]]
    except in_turn.Missing as missing:
        return f"Not measured: {missing}"
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        # Not kept back: what was printed stays if the time is up.
        process = subprocess.Popen(line, cwd=in_turn.HERE, stdout=output, stderr=errors, start_new_session=True,
                                   env={**os.environ, "PYTHONUNBUFFERED": "1"})
        late = False
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            late = True
        if late or process.returncode:
            try:
                # And what it started.
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        output.seek(0), errors.seek(0)
        text, error = replaced(output.read().strip("\n")), replaced(errors.read().strip())
    if text and not text.startswith("Not measured") and "|---" not in text and "\n## " not in f"\n{text}":
        text = f"```\n{text}\n```"
    if "## " not in text:
        text = f"## {Path(command[0]).stem.replace('_', ' ').capitalize()}\n\n{text}"
    if late:
        text += f"\n\nNot measured further: it took more than {limit} s."
    elif process.returncode:
        # What is left of a path is where something is installed, which says nothing.
        last = re.sub(r"(?<![\w.])/(?:[\w.+@-]+/)+", "", "\n".join(error.splitlines()[-12:]))
        text += f"\n\nFailed with status {process.returncode}:\n\n```\n{last}\n```"
    return re.sub(r"\n{3,}", "\n\n", text.strip("\n"))


def benchmark(name):
    """Runs one, and writes its page and its numbers."""
    begin, revision = time.monotonic(), commit()
    numbers = in_turn.WORK / "numbers.jsonl"
    numbers.unlink(missing_ok=True)
    os.environ["BENCHMARK_JSON"] = str(numbers)
    make, limit = BENCHMARKS[name]
    parts, commands = [], []
    try:
        commands = [[str(word) for word in command] for command in make()]
    except in_turn.Missing as missing:
        parts.append(f"Not measured: {missing}")
    for command in commands:
        print(f"{name}: {shown(command)}", file=sys.stderr, flush=True)
        parts.append(f"{output_of(command, limit)}\n\nCommand: `{shown(command)}`")
    found = [json.loads(line) for line in numbers.read_text().splitlines()] if numbers.exists() else []
    minutes = (time.monotonic() - begin) / 60
    state = {"commit": revision, "machine": in_turn.machine(), "python": sys.version.split()[0], "peers": VERSIONS,
             "trial": options.quick, "minutes": round(minutes, 1), "numbers": found}
    text = [f"# Results: {name}", "",
            f"What `Tests/Benchmarks/run.sh --only {name}{' --quick' if options.quick else ''}` printed, not edited"
            f"{'; a trial with small sizes' if options.quick else ''}. It took {minutes:.1f} minutes.", "",
            f"- Commit: {state['commit']}", f"- Machine: {state['machine']}, {in_turn.THREADS} threads unless stated",
            f"- Peers: Python {state['python']}, {VERSIONS}", f"- {RANGE}", ""]
    (pages / f"{name}.md").write_text("\n".join(text) + "\n" + "\n\n".join(parts) + "\n")
    (pages / f"{name}.json").write_text(json.dumps(state, indent=1) + "\n")


def summary():
    """The list of pages and all targets, from the files that are there."""
    states = {name: json.loads((pages / f"{name}.json").read_text())
              for name in BENCHMARKS if (pages / f"{name}.json").exists()}
    text = ["# Results", "",
            "Made by `Tests/Benchmarks/run.sh` from the pages below, each of which is what a benchmark printed on the "
            f"machine that it names. {RANGE}", "", "| page | commit | machine | minutes |", "|---|---|---|---|"]
    for name, state in states.items():
        trial = " (a trial)" if state.get("trial") else ""
        text.append(f"| [{name}](results/{name}.md){trial} | {state['commit']} | {state['machine']} | "
                    f"{'-' if state['minutes'] is None else state['minutes']} |")
    targets = [(name, entry) for name, state in states.items() for entry in state["numbers"] if "wanted" in entry]
    met = sum(entry["met"] for _, entry in targets)
    text += ["", "## Targets", "",
             f"{met} of {len(targets)} are met. What the machine does at most, and why some are missed: "
             "[how far from the limit](README.md#how-far-from-the-limit).", "",
             "| | target | wanted | measured (range) | met |", "|---|---|---|---|---|"]
    for name, entry in targets:
        sign = "at least" if entry["least"] else "at most"
        found = in_turn.number(entry["value"]) + (f" {in_turn.spread(*entry['range'])}" if entry.get("range") else "")
        text.append(f"| {name} | {entry['name']} | {sign} {entry['wanted']:g} | {found} | "
                    f"{'yes' if entry['met'] else 'no'} |")
    (options.output / "results.md").write_text("\n".join(text) + "\n")


RANGE = ("Ratios are medians over rounds in which both sides took turns; a range leaves out a tenth of the rounds at "
         "either end, none where there are fewer than ten.")
VERSIONS = in_turn.versions(
    "torch", "anomalib", "openvino", "onnxruntime", "faiss-cpu", "pillow", "opencv-python-headless", "scikit-learn",
    "scipy", "numpy")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--only", help="names, separated by commas: " + ", ".join(BENCHMARKS))
parser.add_argument("--output", type=Path, help="in place of Docs/Benchmarks")
parser.add_argument("--all", action="store_true", help="growth and the official code too: half an hour more")
parser.add_argument("--summary", action="store_true", help="run nothing, make results.md anew from the pages")
parser.add_argument("--quick", action="store_true", help="a trial, which needs --output: small sizes, few rounds")
options = parser.parse_args()
if options.quick and not options.output:
    parser.error("--quick needs --output, so that a trial replaces no results")
options.output = options.output or in_turn.HERE.parent.parent / "Docs/Benchmarks"
pages = options.output.resolve() / "results"
chosen = options.only.split(",") if options.only else [n for n in BENCHMARKS if n not in LONG or options.all]
for name in chosen:
    if name not in BENCHMARKS:
        raise SystemExit(f"no benchmark is called {name}; there are {', '.join(BENCHMARKS)}")
pages.mkdir(parents=True, exist_ok=True)
in_turn.WORK.mkdir(parents=True, exist_ok=True)
for name in [] if options.summary else chosen:
    benchmark(name)
    summary()
summary()
print(options.output / "results.md", file=sys.stderr)
