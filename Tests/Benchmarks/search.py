"""Exact search beside FAISS's flat index, its IVFPQ and PyTorch's cdist: nearest rows of a bank for an image's patches.

    python search.py [--rows 1600 16384 160000] [--rounds 7] [--threads 2]

Banks of up to a fifth of all patches are coresets, as a fit makes them; larger ones are patches as they come. The 784
queries are patches of four images that the bank did not see: of good ones, and of images with defects, whose patches
are farther from the bank, so that bounds rule out less.

The wheel of FAISS holds an OpenBLAS that does not know the newest processors and takes slow kernels there; `--kernels
SkylakeX` gives it those for AVX-512, its best case.
"""

import os

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--rows", type=int, nargs="+", default=[1600, 16384, 160000])
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--kernels", help="kernels for FAISS's OpenBLAS (OPENBLAS_CORETYPE); by default its own choice")
parser.add_argument("--no-approximate", action="store_true", help="leave out IVFPQ, which takes a minute to train")
options = in_turn.parsed(parser)
os.environ.pop("OPENBLAS_CORETYPE", None)
if options.kernels:
    os.environ["OPENBLAS_CORETYPE"] = options.kernels

import numpy as np  # noqa: E402

import data  # noqa: E402

# Distances are float32 sums in another order: twice d * 2^-24 of the squared norms, at 1,024 dimensions.
TOLERANCE = 2 * 1024 * 2**-24


def compare(rows, kind, bank_path, query_path):
    bank, queries = np.load(bank_path), np.load(query_path)
    found_path = in_turn.WORK / "found.npy"
    ours = in_turn.program("search", bank_path, query_path, "--found", found_path, threads=options.threads)
    plain = in_turn.program("search", bank_path, query_path, "--search", "plain", threads=options.threads)
    if not ours.ready["same_as_plain"]:
        raise SystemExit("the search differs from the plain one")
    sides = {"patchcore": ours, "patchcore, every row": plain}
    notes, exact = [], []
    try:
        faiss = in_turn.need("faiss")
        faiss.omp_set_num_threads(options.threads)
        flat = faiss.IndexFlatL2(bank.shape[1])
        flat.add(bank)
        found = np.load(found_path)[:, 0]
        squares = ((queries.astype(np.float64) - bank[found]) ** 2).sum(1)
        theirs = ((queries.astype(np.float64) - bank[flat.search(queries, 1)[1][:, 0]]) ** 2).sum(1)
        scale = (queries.astype(np.float64) ** 2).sum(1) + (bank[found].astype(np.float64) ** 2).sum(1)
        if (squares > theirs + 1e-12 * scale).any():
            raise SystemExit("FAISS found a nearer row than this package")
        if (theirs > squares + TOLERANCE * scale).any():
            raise SystemExit("FAISS missed a nearer row by more than rounding")
        sides["faiss IndexFlatL2"] = in_turn.timed(lambda: flat.search(queries, 1))
        exact.append("faiss IndexFlatL2")
        if rows >= 100_000 and not options.no_approximate:
            ivf = faiss.IndexIVFPQ(faiss.IndexFlatL2(bank.shape[1]), bank.shape[1], 512, 64, 8)
            ivf.train(bank[:: max(1, rows // 40_000)])
            ivf.add(bank)
            ivf.nprobe = 1
            recall = (ivf.search(queries, 1)[1][:, 0] == found).mean()
            sides["faiss IVFPQ"] = in_turn.timed(lambda: ivf.search(queries, 1))
            notes.append(f"IVFPQ: 512 lists, 64 x 8 bits, 1 probe; it finds {recall:.0%} of the nearest rows.")
    except in_turn.Missing as missing:
        notes.append(f"Not measured: {missing}.")
    try:
        torch = in_turn.need("torch")
        torch.set_num_threads(options.threads)
        a, b = torch.from_numpy(queries), torch.from_numpy(bank)
        sides["PyTorch cdist"] = in_turn.timed(lambda: torch.cdist(a, b).min(1))
    except in_turn.Missing as missing:
        notes.append(f"Not measured: {missing}.")
    kernels = options.kernels or "its own choice of kernels"
    in_turn.title(
        f"Search: {len(queries)} patches of images {kind} in {rows:,} rows of {bank.shape[1]}; FAISS with {kernels}")
    seconds = in_turn.run(sides, options.rounds)
    ready = ours.ready
    notes.append(
        f"Sketches take {ready['bytes'] / 1e6:.1f} MB beside the bank's {ready['bank_bytes'] / 1e6:.1f} MB and "
        f"{ready['prepared']:.2f} s to make, once per fit. The rows found are those of the plain search, all of them.")
    ratios = in_turn.table(seconds, note=" ".join(notes))
    for name, least in (("faiss IndexFlatL2", {16384: 10, 160000: 20}.get(rows)), ("faiss IVFPQ", 1)):
        if name in ratios and least:
            in_turn.target(
                f"{rows:,} rows, images {kind}, times as fast as {name} ({kernels})", ratios[name][0], least,
                range=ratios[name][1:])
    in_turn.record("search", rows=rows, queries=len(queries), images=kind, threads=options.threads,
                   sketch_bytes=ready["bytes"], bank_bytes=ready["bank_bytes"],
                   seconds=in_turn.middle(seconds["patchcore"])[0])
    ours.close()
    plain.close()


def main():
    for rows in options.rows:
        bank = data.bank(rows)
        for kind in ("without defects", "with defects"):
            compare(rows, kind, bank, data.queries(kind == "with defects"))
    in_turn.closing(options.threads, "faiss-cpu", "torch", "numpy",
                    more=f", {options.rounds} rounds. Rows: {data.source()}")


in_turn.main(main)
