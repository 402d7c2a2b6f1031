"""Peak memory of `patchcore fit` and `patchcore predict`, beside what the program says that it needs.

    python memory.py [--images 100] [--budget 512M ...] [--description FILE --folder IMAGES --weights FILE]

Fits images without a budget and with each budget (such as 512M), then inspects 1, 10 and 100 images with the model, a
process each. Printed is the greatest resident memory of each process as the system counts it (ru_maxrss), which
includes the pages of mapped files that were touched. Beside predictions stands the sum of what they should need by the
plan that `fit` prints: bank and neighbour index, network, images in work, program. The benchmark fails if a fit exceeds
its budget or if budgets change the model. Without --description that is ResNet-18 (or the network in the program where
there are no weights), preset `official`, a coreset of 10%.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import data
import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--images", type=int, default=100)
parser.add_argument("--budget", nargs="*", default=[], help="such as 512M or 2G")
parser.add_argument("--description")
parser.add_argument("--folder", type=Path, help="of images")
parser.add_argument("--weights")
options = in_turn.parsed(parser)

# What stays of a fit's plan when a detector inspects images.
PARTS = ["bank", "neighbour index", "network", "images in work", "program"]


def run(*arguments):
    """Runs the program; returns its status, what it wrote to standard error, its peak memory in MB, and its seconds."""
    command = [in_turn.PATCHCORE, *map(str, arguments), "--threads", str(options.threads)]
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        start = time.monotonic()
        # By a small process: the system counts the memory of the one that starts it as well.
        starter = "import os, resource, sys; code = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:]); " \
            "print('\\npeak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(abs(code))"
        try:
            status = subprocess.run(
                [sys.executable, "-c", starter, *command], stdout=output, stderr=errors).returncode
        except FileNotFoundError:
            raise in_turn.Missing("patchcore is not built: swift build -c release") from None
        taken = time.monotonic() - start
        output.seek(0), errors.seek(0)
        peak = int(output.read().split()[-1]) * 1024 / 1e6
        return status, errors.read().decode(errors="replace").replace("\r", "\n"), peak, taken


def size_of(budget):
    """A budget in MB."""
    unit = {"K": 10, "M": 20, "G": 30, "T": 40}.get(budget[-1].upper())
    return float(budget[:-1]) * 2**unit / 1e6 if unit else float(budget) / 1e6


def plan_of(text):
    """The line of memory that a fit prints, and its parts in MB."""
    line = re.search(r"memory: .*", text)
    if not line:
        raise SystemExit("the fit printed no plan of its memory")
    units = {"kB": 1e-3, "MB": 1, "GB": 1e3}
    found = re.findall(r"([a-z][a-z ]*) ([\d.]+) (kB|MB|GB)", line.group(0).split("at once: ")[-1])
    return line.group(0), {name: float(value) * units[unit] for name, value, unit in found}


def last(text):
    return (text.strip().splitlines() or ["nothing printed"])[-1]


def fits(model, config, images, more):
    """Fits without a budget and with each; returns the parts of the plan."""
    in_turn.title(f"Memory: fit, {len(list(images.iterdir()))} images")
    rows, notes, digests, shares, parts, failures = [], [], {}, {}, {}, []
    for budget in [None, *options.budget]:
        file = Path(f"{model}{budget or ''}")
        status, text, peak, seconds = run(
            "fit", config, "--images", images, "-o", file, *more, *(["--memory", budget] if budget else []))
        if status:
            if not budget:
                raise SystemExit(f"the fit ended with status {status}: {last(text)}")
            notes.append(f"With {budget} the fit ended with status {status}: {last(text)}")
            continue
        line, found = plan_of(text)
        parts = parts or found
        said = re.search(r"at most ([\d.]+ \w+)", line).group(1)
        rows.append(f"| {budget or 'none'} | {said} | {peak:.0f} MB | {seconds:.1f} s |")
        notes.append(f"Budget {budget or 'none'}: {line}.")
        digests[budget] = hashlib.sha256(file.read_bytes()).hexdigest()
        if budget:
            if peak > size_of(budget):
                failures.append(f"with a budget of {budget} the fit took {peak:.0f} of {size_of(budget):.0f} MB")
            shares[budget] = peak / size_of(budget)
    print("| budget | said before | peak | time |\n|---|---|---|---|", *rows, sep="\n")
    print("\n" + "\n\n".join(notes))
    if len(set(digests.values())) > 1:
        failures.append("the models differ from budget to budget")
    elif len(digests) > 1:
        print("\nThe models are the same, byte for byte.")
    for budget, share in shares.items():
        in_turn.target(f"peak memory of a fit as a share of its budget of {budget}", share, 1, least=False)
    return parts, failures


def predictions(model, images, parts):
    missing = [name for name in ("bank", "network", "images in work", "program") if name not in parts]
    if missing:
        raise SystemExit(f"the plan of the fit does not say how much {', '.join(missing)} takes")
    total = sum(parts.get(name, 0) for name in PARTS)
    in_turn.title("Memory: predict")
    print("| images | peak | of the sum | time |\n|---|---|---|---|")
    names = sorted(images.iterdir())
    share = 0
    for count in (1, 10, 100):
        status, text, peak, seconds = run("predict", model, *(names * 100)[:count])
        if status:
            raise SystemExit(f"the prediction ended with status {status}: {last(text)}")
        share = peak / total
        print(f"| {count} | {peak:.0f} MB | {share:.2f} | {seconds:.1f} s |", flush=True)
    said = ", ".join(f"{name} {parts[name]:.1f} MB" for name in PARTS if name in parts)
    print(f"\nThe sum: {said}: {total:.0f} MB. The model's file: {os.path.getsize(model) / 1e6:.1f} MB, mapped.")
    in_turn.target("peak memory of predict, 100 images, as a share of bank, index, network, images in work and program",
                   share, 1, least=False)


def main():
    images = options.folder or data.images(options.images)
    if options.description:
        config, more = options.description, ["--weights", options.weights] if options.weights else []
    else:
        config, more = data.description(subsampler={"fraction": 0.1})
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        parts, failures = fits(model, config, images, more)
        predictions(model, images, parts)
    in_turn.closing(options.threads, more=f". Images: {data.source()}" if not options.folder else "")
    if failures:
        raise SystemExit("; ".join(failures))


in_turn.main(main)
