"""Times faiss-cpu on the indexes, bank and queries of a `patchcore compare-indexes`, and writes what its --peer reads.

    patchcore compare-indexes MODEL --dataset KIND:PATH --json comparison.json --queries queries.npy
    python faiss_peer.py MODEL queries.npy comparison.json --threads 2 -o peer.json
    patchcore compare-indexes MODEL --dataset KIND:PATH --peer peer.json

Needs faiss-cpu, numpy and safetensors from PyPI. Each index is built with the settings of the comparison, on the same
threads as the searches; indexes that differ only in how they search are built once. A latency is the median over images
of one search for all patches of an image, after one search that is not counted.
"""

import json
import statistics

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("model")
parser.add_argument("queries")
parser.add_argument("comparison")
parser.add_argument("-o", "--output", required=True)
arguments = in_turn.parsed(parser)

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from safetensors import safe_open  # noqa: E402

faiss.omp_set_num_threads(arguments.threads)

with safe_open(arguments.model, "np") as file:
    bank = np.ascontiguousarray(file.get_tensor("bank.vectors"))
queries = np.load(arguments.queries)
with open(arguments.comparison) as file:
    comparison = json.load(file)
rows, dimension = bank.shape
images = np.array_split(queries, comparison["test_images"])
builds = {}
alive = []  # What indexes refer to and do not own.


def lists_of(settings):
    return settings["lists"] or max(1, min(round(4 * rows ** 0.5), rows // 39))


def built(key, make):
    """An index, made once for all settings that build the same one, and the seconds of its build."""
    if key not in builds:
        index = None

        def build():
            nonlocal index
            index = make()
            if not index.is_trained:
                index.train(bank)
            index.add(bank)

        seconds = in_turn.timed(build)()
        builds[key] = index, seconds
    return builds[key]


def ivf(settings, make):
    quantiser = faiss.IndexFlatL2(dimension)
    alive.append(quantiser)
    return make(quantiser, lists_of(settings))


def index_of(settings):
    """The index of a description, and the seconds of its build."""
    kind = settings["kind"]
    if kind in ("exact", "faiss_flat"):
        return built((kind,), lambda: faiss.IndexFlatL2(dimension))
    if kind == "faiss_ivfflat":
        index, seconds = built(
            (kind, lists_of(settings)),
            lambda: ivf(settings, lambda quantiser, lists: faiss.IndexIVFFlat(quantiser, dimension, lists)))
        index.nprobe = min(settings["probes"], lists_of(settings))
    elif kind == "faiss_ivfpq":
        parts, bits = settings["sub_quantisers"], settings["bits"]
        index, seconds = built(
            (kind, lists_of(settings), parts, bits),
            lambda: ivf(settings, lambda quantiser, lists: faiss.IndexIVFPQ(quantiser, dimension, lists, parts, bits)))
        index.nprobe = min(settings["probes"], lists_of(settings))
    elif kind == "faiss_hnsw":
        def make():
            index = faiss.IndexHNSWFlat(dimension, settings["links"])
            index.hnsw.efConstruction = settings["build_depth"]
            return index
        index, seconds = built((kind, settings["links"], settings["build_depth"]), make)
        index.hnsw.efSearch = settings["search_depth"]
    elif kind == "reranked":
        base, seconds = index_of(settings["index"])
        index = faiss.IndexRefineFlat(base, faiss.swig_ptr(bank))
        alive.append(base)
        index.k_factor = settings["candidates"]
    else:
        raise SystemExit(f"faiss-cpu has no {kind}")
    return index, seconds


truth = index_of({"kind": "exact"})[0].search(queries, 1)[1][:, 0]
results = []
for row in comparison["indexes"]:
    index, seconds = index_of(row["index"])
    index.search(images[0], 1)
    times, found = [], []
    for image in images:
        times.append(in_turn.timed(lambda: found.append(index.search(image, 1)[1][:, 0]))())
    results.append({
        "yaml": row["yaml"],
        "milliseconds_per_image": 1000 * statistics.median(times),
        "build_seconds": seconds,
        "recall_at_1": float(np.mean(np.concatenate(found) == truth)),
    })
    last = results[-1]
    print(f"{last['milliseconds_per_image']:10.2f} ms {last['recall_at_1']:.4f} {row['yaml']}", flush=True)
library = f"faiss-cpu {faiss.__version__}, {faiss.get_compile_options().strip()}"
with open(arguments.output, "w") as file:
    json.dump({"library": library, "threads": arguments.threads, "indexes": results}, file, indent=2)
    file.write("\n")
