"""Times this package and its peers in turn on the same input; what all scripts of this folder share.

A side is a function that does the work once and returns the seconds it took. Sides take turns, so whatever else the
machine does falls on all of them; what is reported is the median, over the rounds, of the ratio of two sides in the
same round. A range leaves out a tenth of the rounds at either end; with fewer than ten rounds it leaves out none.
"""

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Threads of both sides, unless a script's own --threads says otherwise.
THREADS = int(os.environ.get("BENCHMARK_THREADS", os.cpu_count() or 1))
# What is needed twice is kept here: images, features, models.
WORK = Path(os.environ.get("BENCHMARK_WORK", HERE / ".work"))
# Real images and weights, if there are any: data/magnetic-tile/MT_Free/Imgs and weights/*.safetensors.
DATA = Path(os.environ["PATCHCORE_TEST_DATA"]) if os.environ.get("PATCHCORE_TEST_DATA") else None
PATCHCORE = os.environ.get("PATCHCORE", str(HERE.parent.parent / ".build/release/patchcore"))


class Missing(Exception):
    """A peer or a program is not there; the line says which."""


kept = []  # What must live as long as the program.


def parser(text):
    """A parser of arguments that knows --threads and shows a script's own words."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--threads", type=int, default=THREADS, help="of each side")
    return made


def parsed(parser):
    """The arguments; OpenMP's threads follow them, which must be set before NumPy and PyTorch are imported."""
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    return options


def allow_torchvision():
    """Makes torchvision importable where its build leaves out operators that its import refers to."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        import torch

        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        kept.append(library)


def need(*modules):
    """The module of a peer, the last of several, or `Missing`."""
    found = None
    for module in modules:
        try:
            if module.split(".")[0] in ("anomalib", "torchvision"):
                allow_torchvision()
            found = importlib.import_module(module)
        except ImportError as error:
            raise Missing(f"{module} cannot be imported ({error}); setup.sh installs the peers") from None
    return found


def built(name):
    """The path of one of this folder's programs."""
    path = HERE / ".build/release" / name
    if not path.exists():
        raise Missing(f"the program {name} is not built: swift build -c release --product {name} in Tests/Benchmarks")
    return str(path)


class Program:
    """A side that is a process: it prints a line when it is ready and answers each line with the seconds of a round.

    `ready` is the first line, as a value if it is JSON; a program that greets nobody has none.
    """

    def __init__(self, *command, greets=True, **options):
        self.name = Path(command[0]).name
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
        first = self.line() if greets else "{}"
        self.ready = json.loads(first) if first.startswith("{") else first

    def line(self):
        found = self.process.stdout.readline().strip()
        if not found:
            raise SystemExit(f"{self.name} ended with status {self.process.wait()}")
        return found

    def ask(self, question=""):
        """The program's whole answer to a line."""
        try:
            self.process.stdin.write(f"{question}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise SystemExit(f"{self.name} ended with status {self.process.wait()}") from None
        return self.line()

    def __call__(self, question=""):
        return float(self.ask(question).split()[0])

    def close(self):
        """Ends the program, and returns the most memory that it held, in bytes."""
        peak = 0
        try:
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = int(line.split()[1]) * 1024
        except OSError:
            pass  # Not Linux: the peak stays unknown.
        self.process.stdin.close()
        self.process.wait()
        return peak


def program(name, *arguments, threads=THREADS):
    """A side that is one of this folder's programs."""
    return Program(built(name), *arguments, "--threads", threads)


def timed(work):
    """A side made of a function: its seconds of wall time."""

    def side():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return side


# Between two sides: threads of the one before may wait for more work for a while, and take the processor meanwhile.
PAUSE = 0.1


def turn(side):
    """What a side returns after a pause; short work is done twice, and the second time counts.

    The first wakes threads and fills caches, which the work before it in an inspection does.
    """
    time.sleep(PAUSE)
    start = time.perf_counter()
    value = side()
    return side() if time.perf_counter() - start < 1 else value


def run(sides, rounds, warm=1):
    """What each side returned in each round, in turn, after rounds that do not count."""
    found = {name: [] for name in sides}
    for number in range(warm + rounds):
        for name, side in sides.items():
            value = turn(side)
            if number >= warm:
                found[name].append(value)
    return found


def middle(values):
    """Median, and the range without a tenth of the values at either end."""
    ordered = sorted(values)
    cut = len(ordered) // 10
    return statistics.median(ordered), ordered[cut], ordered[-1 - cut]


def ratio(theirs, ours):
    """How many times as long the peer took: median and range over the rounds."""
    return middle([t / o for t, o in zip(theirs, ours)])


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.{1 if seconds >= 0.01 else 3}f} ms"


def number(value):
    """Three figures, none of them behind a power of ten."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def spread(low, high):
    return f"({number(low)} to {number(high)})"


def title(text):
    print(f"\n## {text}\n", flush=True)


def table(seconds, ours="patchcore", work=None, note=None):
    """Prints a table of all sides; `work` gives the units of work of each side where they differ (a rate is printed).

    Returns the ratio of each peer.
    """
    work = work or {name: 1 for name in seconds}
    mine = [value / work[ours] for value in seconds[ours]]
    unit = "per unit" if len(set(work.values())) > 1 else "median"
    print(f"| | {unit} | takes, of {ours} (range) |\n|---|---|---|")
    ratios = {}
    for name, values in seconds.items():
        each = [value / work[name] for value in values]
        if name == ours:
            print(f"| {name} | {duration(statistics.median(each))} | 1 |")
            continue
        ratios[name] = ratio(each, mine)
        found = f"{number(ratios[name][0])} {spread(*ratios[name][1:])}"
        print(f"| {name} | {duration(statistics.median(each))} | {found} |")
    if note:
        print(f"\n{note}")
    sys.stdout.flush()
    return ratios


def record(name, **values):
    """Keeps numbers for the summary: a line of JSON in the file that BENCHMARK_JSON names."""
    if os.environ.get("BENCHMARK_JSON"):
        with open(os.environ["BENCHMARK_JSON"], "a") as file:
            file.write(json.dumps({"name": name, **values}) + "\n")


def target(name, value, wanted, least=True, range=None, met=None):
    """Prints and keeps a target: the number found, that wanted, and whether it is met."""
    if met is None:
        met = value >= wanted if least else value <= wanted
    found = f"{number(value)} {spread(*range)}" if range else number(value)
    print(f"\nTarget: {name}, {'at least' if least else 'at most'} {wanted:g}: {found}, "
          f"{'met' if met else 'not met'}", flush=True)
    record(name, value=value, wanted=wanted, least=least, met=met, range=list(range) if range else None)


def machine():
    """The processor, its cores and the instructions that matter here."""
    model, flags = platform.processor() or platform.machine(), set()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = value.strip()
            if key.strip() in ("flags", "Features"):
                flags = set(value.split())
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, ValueError):
        memory = float("nan")
    wanted = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimddp", "bf16"]
    return (f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, "
            f"{' '.join(flag for flag in wanted if flag in flags) or 'no vector extensions known'}, "
            f"{platform.system()} {platform.release().split('-')[0]}")


def versions(*names):
    """Versions of installed packages, `-` for those that are not there."""
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} -")
    return ", ".join(found)


def closing(threads, *names, more=""):
    """Prints on what a script ran; run.py says machine and versions itself, once for a page."""
    line = f"{threads} thread{'' if threads == 1 else 's'}{more}."
    if not os.environ.get("BENCHMARK_JSON"):
        line += " " + "; ".join([machine(), *([versions(*names)] if names else [])]) + "."
    print(f"\n{line}")


def main(script):
    """Runs a script's function; a missing peer is a line, not a failure."""
    try:
        script()
    except Missing as missing:
        print(f"\nNot measured: {missing}")
        record(Path(sys.argv[0]).stem, missing=str(missing))
