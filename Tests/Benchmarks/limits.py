"""What this machine does at most, and how near to it the coreset, search and the networks come.

    python limits.py [--results Docs/Benchmarks/results] [--threads 2]

Compiles limits.c with the C compiler (`cc`, or what CC names) and measures float32 products and sums, those in bfloat16
and of 8-bit integers where the processor has instructions for them, and reading from memory: the best of 25 rounds,
on one thread and on all. Matrix units (AMX, SME) are not measured.

With --results the times that the other benchmarks have left there stand beside the least time that their operations
need: counted operations over the measured peak. A product and its sum are two operations. Counted is

- of the coreset: every pair of a row and a pick that is compared, with the products of its sketches in bfloat16; the
  share of pairs that is compared is that of decision 5, on these rows (--compared);
- of search: the first sketch alone, 128 products of 8-bit integers for each query and row, half of which are skipped
  where the first half decides, and its bytes;
- of a network: the products of all convolutions, from their shapes, and reading their weights once. Winograd's
  algorithm needs fewer products than are counted, so it may come out above the limit.
"""

import json
import os
import subprocess
from pathlib import Path

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--results", type=Path)
parser.add_argument("--compared", type=float, default=0.59, help="the coreset's pairs that are compared, as a share")
options = in_turn.parsed(parser)


def peaks(threads):
    """Operations, or bytes of memory, a second by kind of number, and the lines that say so."""
    source, program = in_turn.HERE / "limits.c", in_turn.WORK / "limits"
    in_turn.WORK.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([os.environ.get("CC", "cc"), "-O3", "-pthread", source, "-lm", "-o", program], check=True)
    except FileNotFoundError:
        raise in_turn.Missing("no C compiler: install one, or name it in CC") from None
    except subprocess.CalledProcessError:
        raise SystemExit("limits.c does not compile here") from None
    output = subprocess.run([program, str(threads)], check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.rsplit(": ", 1) for line in output.splitlines()]
    return {name.split(",")[0]: float(rate) for name, rate in lines}, [name for name, _ in lines]


def convolutions(side):
    """Products and weights of WideResNet-50-2 to layer 3: inputs, outputs, kernel and side of each output map."""
    side = -(-side // 2)
    layers = [(3, 64, 7, side)]
    side = -(-side // 2)
    channels = 64
    for blocks, width, stride in ((3, 128, 1), (4, 256, 2), (6, 512, 2)):
        for block in range(blocks):
            after = -(-side // stride) if block == 0 else side
            layers += [(channels, width, 1, side), (width, width, 3, after), (width, 2 * width, 1, after)]
            if block == 0:
                layers.append((channels, 2 * width, 1, after))
            channels, side = 2 * width, after
    weights = [before * after * kernel**2 for before, after, kernel, _ in layers]
    return sum(count * layer[3] ** 2 for count, layer in zip(weights, layers)), sum(weights)


def left(name):
    """What a benchmark left in its file."""
    path = options.results / f"{name}.json" if options.results else None
    return json.loads(path.read_text())["numbers"] if path and path.exists() else []


def work():
    """Of each measured time: what, threads, kind of number, operations, bytes to read, seconds."""
    for entry in left("coreset"):
        if entry["name"] == "coreset":
            pairs = entry["rows"] * entry["picks"] * options.compared
            yield (f"coreset: {entry['picks']:,} of {entry['rows']:,} rows of {entry['dimension']}", entry["threads"],
                   "bfloat16", 2 * pairs * entry["dimension"], 0, entry["seconds"])
    seen = set()
    for entry in left("search"):
        if entry["name"] == "search" and (entry["rows"], entry["images"]) not in seen:
            seen.add((entry["rows"], entry["images"]))
            yield (f"search: {entry['queries']} patches of images {entry['images']} in {entry['rows']:,} rows",
                   entry["threads"], "int8", 2 * 128 * entry["queries"] * entry["rows"], 128 * entry["rows"],
                   entry["seconds"])
    for entry in left("networks"):
        side = entry.get("side", "")
        if entry["name"] == "network" and side.startswith("patchcore"):
            kind = side.split()[1]
            products, weights = convolutions(entry["size"])
            width = {"float32": 4, "bfloat16": 2, "int8": 1}[kind]
            yield (f"WideResNet-50-2 to layer 3, {' '.join(side.split()[1:])}", entry["threads"], kind, 2 * products,
                   width * weights, entry["seconds"])


def main():
    in_turn.title("Limits: what the machine does at most")
    counts = sorted({1, options.threads})
    found, names = {}, []
    for threads in counts:
        found[threads], names = peaks(threads)
    print("| | " + " | ".join(f"threads: {threads}" for threads in counts) + " |\n|---|" + "---|" * len(counts))
    for name in names:
        kind = name.split(",")[0]
        unit = "GB/s" if kind == "memory" else "10^9 operations/s"
        print(f"| {name}, {unit} | " + " | ".join(f"{found[t][kind] / 1e9:,.0f}" for t in counts) + " |")
        for threads in counts:
            in_turn.record("peak", kind=name, threads=threads, rate=found[threads][kind])
    products, weights = convolutions(224)
    print(f"\nWideResNet-50-2 to layer 3 at 224 x 224: {2 * products / 1e9:.1f} thousand million operations, "
          f"{weights / 1e6:.1f} million weights.")
    rows, beyond = [], False
    for what, threads, kind, operations, size, seconds in work():
        if threads not in found or kind not in found[threads]:
            continue
        least, reading = operations / found[threads][kind], size / found[threads]["memory"]
        cells = [what, str(threads), f"{operations / 1e9:,.1f}", kind, in_turn.duration(least),
                 in_turn.duration(reading) if size else "-", in_turn.duration(seconds),
                 f"{max(least, reading) / seconds:.0%}"]
        rows.append("| " + " | ".join(cells) + " |")
        beyond = beyond or least > seconds and "fastest" not in what
        in_turn.record("limit", what=what, threads=threads, least=max(least, reading), seconds=seconds)
    if rows:
        in_turn.title("How far from the limit")
        print("| | threads | 10^9 operations | in | take at least | reading | measured | limit, of measured |")
        print("|---|---|---|---|---|---|---|---|", *rows, sep="\n")
        if beyond:
            print("\nMore than 100% without Winograd's algorithm: other programs held the processor while its peaks "
                  "were measured.")
    elif options.results:
        print("\nNo benchmark has left a time yet.")
    in_turn.closing(options.threads)


in_turn.main(main)
