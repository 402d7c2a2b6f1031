"""Makes faiss_ivfpq_index_N.bin and faiss_ivfpq_golden_N.json for codes of N = 4 and 8 bits with the Python package faiss-cpu.

The bank and the queries come from an integer hash that the Swift test repeats.
"""
import json
import pathlib

import faiss
import numpy as np

ROWS, DIMENSION, QUERIES, LISTS, SUB_QUANTISERS, PROBES, K = 400, 16, 20, 6, 4, 2, 5


def hashed(count, salt):
    state = np.arange(count, dtype=np.uint64) + np.uint64(salt)
    state = (state * np.uint64(0x9E3779B97F4A7C15)) ^ (state >> np.uint64(7))
    state = (state ^ (state >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return ((state >> np.uint64(48)).astype(np.float32)) / np.float32(65536)


with np.errstate(over="ignore"):
    bank = hashed(ROWS * DIMENSION, 1).reshape(ROWS, DIMENSION)
    queries = hashed(QUERIES * DIMENSION, 1_000_003).reshape(QUERIES, DIMENSION)
faiss.omp_set_num_threads(1)
here = pathlib.Path(__file__).parent
for bits in (4, 8):
    quantiser = faiss.IndexFlatL2(DIMENSION)
    index = faiss.IndexIVFPQ(quantiser, DIMENSION, LISTS, SUB_QUANTISERS, bits)
    index.train(bank)
    index.add(bank)
    (here / f"faiss_ivfpq_index_{bits}.bin").write_bytes(faiss.serialize_index(index).tobytes())
    index.nprobe = PROBES
    distances, rows = index.search(queries, K)
    golden = {"faiss": faiss.__version__, "rows": rows.ravel().tolist(), "distances": distances.ravel().tolist()}
    (here / f"faiss_ivfpq_golden_{bits}.json").write_text(json.dumps(golden) + "\n")
