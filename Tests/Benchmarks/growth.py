"""Growth: time and peak memory of the coreset, of search and of whole runs against their sizes, with exponents.

    python growth.py [--quick] [--only coreset,search,fit] [--threads 2] [--svg FOLDER]

Rows are patches of images projected to 128 numbers; where there are too few, patches again with noise of a tenth of
their spread, up to 5 million. An exponent is the slope of a straight line through the logarithms of the larger half of
the sizes (at least three); times are medians of up to five rounds. Peak memory is what the system counts for the
process, pages of mapped input files included (VmHWM, ru_maxrss). `--quick` makes every size a tenth: a trial of half a
minute, whose times are too short for exponents.
"""

import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--quick", action="store_true", help="a tenth of every size")
parser.add_argument("--only", default="coreset,search,fit")
parser.add_argument("--svg", help="a folder for a curve of each table")
options = in_turn.parsed(parser)

import numpy as np  # noqa: E402

import data  # noqa: E402

SCALE = 0.1 if options.quick else 1
# Timings of one thing differ by some per cent, and so do slopes through three of them.
NOISE = 0.1


def slope(sizes, values):
    """The exponent: least squares on the logarithms of the larger sizes."""
    if len(set(sizes)) < 3:
        raise in_turn.Missing(f"an exponent needs three sizes, and there are {len(set(sizes))}")
    keep = max(3, (len(sizes) + 1) // 2)
    x, y = [math.log(s) for s in sizes[-keep:]], [math.log(v) for v in values[-keep:]]
    mx, my = statistics.mean(x), statistics.mean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)


def curve(name, label, sizes, seconds):
    """A picture of times against sizes, both axes logarithmic."""
    if not options.svg:
        return
    width, height, margin = 480, 320, 48
    lows, highs = (min(sizes), min(seconds)), (max(sizes), max(seconds))

    def place(value, axis):
        low, high = math.log10(lows[axis]), math.log10(highs[axis])
        share = (math.log10(value) - low) / (high - low or 1)
        return margin + share * (width - 2 * margin) if axis == 0 else height - margin - share * (height - 2 * margin)

    points = [(place(s, 0), place(t, 1)) for s, t in zip(sizes, seconds)]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="11">', f'<rect width="{width}" height="{height}" fill="white"/>',
             '<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="'
             + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>']
    for (x, y), size, value in zip(points, sizes, seconds):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f5fa8"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle">{in_turn.duration(value)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{height - margin + 16}" text-anchor="middle">{size:g}</text>')
    parts.append(f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">{label}, logarithmic</text></svg>')
    Path(options.svg).mkdir(parents=True, exist_ok=True)
    Path(options.svg, f"growth-{name}.svg").write_text("\n".join(parts) + "\n")
    print(f"\n![Seconds by {label}](growth-{name}.svg)")


def report(name, title, label, points, bound, reason):
    """A table of sizes, seconds and bytes, and the exponents."""
    sizes, seconds, memory = zip(*points)
    in_turn.title(title)
    print(f"| {label} | seconds | peak memory |\n|---|---|---|")
    for size, value, peak in points:
        print(f"| {size:,} | {value:.3g} | {peak / 1e6:,.0f} MB |")
    curve(name, label, sizes, seconds)
    try:
        found = slope(sizes, seconds)
    except in_turn.Missing as missing:
        print(f"\nNot measured: {missing}.")
        return
    print(f"\nSeconds grow with the power {found:.2f}, memory with {slope(sizes, memory):.2f}. "
          f"At most {bound:g} is due for seconds: {reason}", flush=True)
    in_turn.target(f"{title}: exponent of seconds ({NOISE:g} more is noise)", found, bound, least=False,
                   met=found <= bound + NOISE)


# Runs its arguments, and prints the seconds and the kilobytes that they took.
STARTER = """
import os, sys, time
start = time.perf_counter()
output = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=output)
_, status, usage = os.wait4(child, 0)
if status:
    sys.exit(f"{' '.join(sys.argv[1:])} ended with status {status}")
print(time.perf_counter() - start, usage.ru_maxrss)
"""


def scaled(size):
    return max(1000, int(size * SCALE))


def program(name, *arguments):
    """Median seconds of a program's rounds, five or as many as fit into two seconds, and its peak memory."""
    side = in_turn.program(name, *arguments, threads=options.threads)
    seconds = [side()]
    while len(seconds) < 5 and sum(seconds) < 2:
        seconds.append(side())
    return statistics.median(seconds), side.close()


def coreset():
    points = []
    for rows in [scaled(n) for n in (156_250, 312_500, 625_000, 1_250_000, 2_500_000, 5_000_000)]:
        path, _ = data.projected(rows)
        points.append((rows, *program("coreset", path, "--picks", min(2000, rows // 2))))
    report("coreset-rows", "Coreset: 2,000 picks, rows of 128 numbers", "rows", points, 1,
           "each pick may concern each row.")
    path, _ = data.projected(scaled(160_000))
    points = []
    for share in (0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2):
        picks = int(scaled(160_000) * share)
        points.append((picks, *program("coreset", path, "--picks", picks)))
    report("coreset-picks", f"Coreset of {scaled(160_000):,} rows, by picks", "picks", points, 1,
           "each pick may concern each row; fewer do, the more picks there are.")
    points = []
    for rows in [scaled(n) for n in (20_000, 40_000, 80_000, 160_000, 320_000)]:
        path, _ = data.projected(rows)
        points.append((rows, *program("coreset", path, "--picks", rows // 10)))
    report("coreset-tenth", "Coreset of a tenth of the rows", "rows", points, 2, "rows times picks.")


def search():
    generator = np.random.default_rng(5)
    banks = {128: (39_062, 156_250, 625_000, 2_500_000, 5_000_000), 1024: (5_000, 20_000, 80_000, 160_000)}
    for dimension, sizes in banks.items():
        points = []
        for rows in [scaled(n) for n in sizes]:
            if dimension == 128:
                path, _ = data.projected(rows)
            else:
                path, base = in_turn.WORK / f"some-{data.kind()}-{rows}.npy", data.embeddings()[1]
                if not path.exists():
                    np.save(path, base[np.sort(generator.permutation(len(base))[:rows])])
            queries = in_turn.WORK / f"queries-{data.kind()}-{dimension}.npy"
            bank = np.load(path, mmap_mode="r")
            near = np.asarray(bank[generator.integers(0, len(bank), 784)])
            np.save(queries, near + 0.05 * near.std() * generator.standard_normal(near.shape, dtype=np.float32))
            points.append((len(bank), *program("search", path, queries)))
        report(f"search-{dimension}", f"Exact search: 784 queries of {dimension} numbers", "rows of the bank", points,
               1, "each row may be the nearest.")


def whole(*arguments):
    """Seconds and peak memory of a run of the program.

    Started by a small process: the system counts the memory of the one that starts it as well.
    """
    command = [in_turn.PATCHCORE, *map(str, arguments), "--threads", str(options.threads), "--quiet"]
    found = subprocess.run([sys.executable, "-c", STARTER, *command], stdout=subprocess.PIPE, text=True)
    if found.returncode:
        raise SystemExit(f"patchcore {arguments[0]} failed")
    seconds, peak = found.stdout.split()[-2:]
    return float(seconds), int(peak) * 1024


def fit():
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        counts = [max(4, int(n * SCALE)) for n in (25, 50, 100, 200)]
        fits, predictions = [], []
        for count in counts:
            images = data.images(count)
            found = len(list(images.iterdir()))
            if fits and found == fits[-1][0]:
                break  # There are no more images.
            config, more = data.description(subsampler={"fraction": 0.01})
            fits.append((found, *whole("fit", config, "--images", images, *more, "--output", model)))
            predictions.append((found, *whole("predict", model, images)))
        report("fit-images", "Fit: a coreset of 1%", "images", fits, 2, "patches times picks, the rest once per image.")
        report("predict-images", "Predict, each with the bank of 1% of as many images", "images", predictions, 2,
               "a search per image, in a bank that grows with the images.")
        points, images = [], data.images(max(4, int(40 * SCALE)))
        for side in (128, 192, 256, 384):
            config, more = data.description(
                subsampler={"fraction": 0.01}, preprocess={"resize": {"height": side, "width": side}, "crop": "none"})
            points.append((side, *whole("fit", config, "--images", images, *more, "--output", model)))
        report("fit-side", f"Fit of {len(list(images.iterdir()))} images, by their side", "pixels a side", points, 4,
               "patches grow with the square of the side, and the coreset with theirs; the network with the square.")


def main():
    parts = {"coreset": coreset, "search": search, "fit": fit}
    for name in options.only.split(","):
        if name not in parts:
            raise SystemExit(f"no part is called {name}; there are {', '.join(parts)}")
        try:
            parts[name]()
        except in_turn.Missing as missing:
            print(f"\nNot measured: {missing}")
    in_turn.closing(options.threads, more=f". Rows and images: {data.source()}")


in_turn.main(main)
