"""Makes proxy_goldens.json: equation 8 and its training by PyTorch in float64, gradients by autograd, steps by its Adam.

Inputs come from an integer hash that the test computes too, first proxies and the order of rows from the package's
generator, computed apart from it. Run: python make_proxy_goldens.py
"""

import json
import pathlib
import sys

import torch

from make_aggregator_goldens import hashed

sys.path.append(str(pathlib.Path(__file__).parents[2] / "PatchCoreTests/Fixtures"))
from seeded_generator import Generator, subseed

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def data(rows, dimension, seed, scale):
    return torch.from_numpy(hashed(rows * dimension, seed)).reshape(rows, dimension).double() * scale


def error(rows, proxies, sign, temperature):
    """The mean of |m - sum_k softmax_k(sign |m - p_k| / temperature) p_k|^2; a distance of 0 has no derivative."""
    squares = ((rows[:, None] - proxies[None]) ** 2).sum(-1)
    distances = torch.where(squares > 0, squares, 1).sqrt() * (squares > 0)
    rebuilt = torch.softmax(sign * distances / temperature, 1) @ proxies
    return ((rows - rebuilt) ** 2).sum(1).mean()


def gradient_case(rows, proxies, dimension, sign, temperature, scale, shared):
    m = data(rows, dimension, 21, scale)
    p = data(proxies, dimension, 22, scale)
    # The first proxies equal rows.
    p[:shared] = m[:shared]
    p.requires_grad_(True)
    value = error(m, p, sign, temperature)
    value.backward()
    return {
        "rows": rows, "proxies": proxies, "dimension": dimension, "exponent": "printed" if sign > 0 else "negative_distance",
        "temperature": temperature, "scale": scale, "shared": shared, "error": value.item(),
        "gradient": p.grad.flatten().tolist(),
    }


def training_case(rows, proxies, dimension, sign, temperature, batch, samples, epochs, rate):
    m = data(rows, dimension, 23, 1)
    seed = 5
    starts, orders = Generator(subseed(seed, "start")), Generator(subseed(seed, "order"))
    p = m[starts.sample(proxies, rows)].clone().requires_grad_(True)
    spread = ((m - m.mean(0)) ** 2).mean().sqrt().item()
    adam = torch.optim.Adam([p], lr=rate * spread, eps=1e-8 * spread)
    errors = []
    for _ in range(epochs):
        order = orders.sample(samples, rows)
        total = 0.0
        for first in range(0, samples, batch):
            chosen = m[order[first : first + batch]]
            adam.zero_grad()
            value = error(chosen, p, sign, temperature)
            value.backward()
            adam.step()
            total += value.item() * len(chosen)
        errors.append(total / samples)
    return {
        "rows": rows, "proxies": proxies, "dimension": dimension, "exponent": "printed" if sign > 0 else "negative_distance",
        "temperature": temperature, "batch": batch, "samples": samples, "epochs": epochs, "rate": rate,
        "errors": errors, "trained": p.detach().flatten().tolist(),
    }


def main():
    goldens = {
        "gradients": [
            gradient_case(50, 7, 5, -1, 0.25, 1, 0),
            gradient_case(50, 7, 5, 1, 0.25, 1, 0),
            gradient_case(300, 18, 9, -1, 1, 2, 0),
            gradient_case(300, 18, 9, 1, 1, 2, 0),
            gradient_case(130, 33, 16, -1, 0.1, 1, 5),
            gradient_case(20, 1, 4, -1, 1, 1, 0),
            gradient_case(1, 3, 1, -1, 0.5, 1, 0),
            # Weights below e^-64.
            gradient_case(40, 20, 6, -1, 0.01, 4, 0),
        ],
        "trainings": [
            training_case(100, 6, 8, -1, 0.25, 32, 100, 4, 0.05),
            training_case(100, 6, 8, 1, 0.25, 32, 70, 4, 0.05),
            training_case(60, 17, 5, -1, 1, 60, 60, 6, 0.1),
        ],
    }
    path = pathlib.Path(__file__).with_name("proxy_goldens.json")

    def rounded(value):
        if isinstance(value, float):
            return float(f"{value:.12g}")
        if isinstance(value, list):
            return [rounded(v) for v in value]
        return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else value

    path.write_text(json.dumps(rounded(goldens)).replace('}, {', '},\n{') + "\n")


if __name__ == "__main__":
    main()
