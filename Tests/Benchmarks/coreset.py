"""Coreset: picks a second of this package, of anomalib's KCenterGreedy and of the official sampler, on the same rows.

    python coreset.py [--rows 167000] [--dimension 128] [--fraction 0.1] [--peer-picks 100] [--rounds 5] [--threads 2]

This package picks all; the peers `--peer-picks`, for each pick costs them the same: a pass over all rows. The official
sampler is that of official_sampler.py. anomalib's is run as it is, on rows of three axes, which it does not project
again. The time of projecting is left out on all sides.
"""

import contextlib
import io

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--rows", type=int, default=167_000)
parser.add_argument("--dimension", type=int, default=128)
parser.add_argument("--fraction", type=float, default=0.1)
parser.add_argument("--peer-picks", type=int, default=100)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--check", type=int, default=300)
options = in_turn.parsed(parser)

import numpy as np  # noqa: E402

import data  # noqa: E402
import official_sampler  # noqa: E402


def main():
    path, all_real = data.projected(options.rows, options.dimension)
    picks = max(1, int(options.rows * options.fraction))
    in_turn.title(f"Coreset: {picks:,} of {options.rows:,} rows of {options.dimension} numbers")
    ours = in_turn.program("coreset", path, "--picks", picks, "--check", options.check, threads=options.threads)
    sides, work = {"patchcore": ours}, {"patchcore": picks}
    try:
        torch = in_turn.need("torch")
        torch.set_num_threads(options.threads)
        rows = torch.from_numpy(np.load(path))
        sides["official sampler"] = in_turn.timed(lambda: official_sampler.select(torch, rows, options.peer_picks))
        work["official sampler"] = options.peer_picks
        sampling = in_turn.need("anomalib.models.components.sampling.k_center_greedy")
        sampler = sampling.KCenterGreedy(rows[:, :, None], (options.peer_picks + 0.5) / options.rows)

        def anomalib():
            with contextlib.redirect_stderr(io.StringIO()):
                sampler.select_coreset_idxs()

        sides["anomalib KCenterGreedy"] = in_turn.timed(anomalib)
        work["anomalib KCenterGreedy"] = sampler.coreset_size
    except in_turn.Missing as missing:
        print(f"Not measured: {missing}\n")
    seconds = in_turn.run(sides, options.rounds)
    notes = "all are patches of images" if all_real else "patches are repeated with noise"
    ratios = in_turn.table(
        seconds, work=work,
        note=f"Seconds per pick; {options.threads} threads; {options.rounds} rounds. Rows: {data.source()}; {notes}. "
        f"The first {ours.ready['checked']} picks are those of the plain algorithm. "
        f"Peers made {options.peer_picks} picks.")
    for name, (value, low, high) in ratios.items():
        in_turn.target(f"picks a second, times those of {name}", value, 100, range=[low, high])
    in_turn.record("coreset", rows=options.rows, dimension=options.dimension, picks=picks, threads=options.threads,
                   seconds=in_turn.middle(seconds["patchcore"])[0])
    rates = {name: work[name] / in_turn.middle(values)[0] for name, values in seconds.items()}
    print("\nPicks a second: " + ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items()))
    in_turn.closing(options.threads, "torch", "anomalib", "numpy")
    ours.close()


in_turn.main(main)
