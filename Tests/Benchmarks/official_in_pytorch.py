"""The official PatchCore numerics in plain PyTorch, timed: what `patchcore fit` and `predict` are compared with.

    python official_in_pytorch.py PARTS WEIGHTS [--fraction 0.1] [--picks 1000] [--threads 2]

PARTS is a category in MVTec AD's layout, WEIGHTS a ResNet-18 state_dict (.pth or .safetensors) that covers conv1 to
layer3. Every step follows the description in Docs/Numerics.md for the preset `official`: unfolded 3 x 3 patches, two
adaptive poolings, projection to 128, greedy selection from ten random starts, FAISS IndexFlatL2, bilinear maps and a
Gaussian of sigma 4. Prints one JSON object with seconds per step.
"""

import json
import time
from pathlib import Path

import faiss
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import gaussian_filter

import data
import in_turn
import official_sampler

in_turn.allow_torchvision()
import torchvision  # noqa: E402

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
BATCH = 8


def load(path):
    image = Image.open(path).convert("RGB")
    short = min(image.size)
    image = image.resize([int(256 * side / short) for side in image.size], Image.BILINEAR)
    left, top = (round((side - 224) / 2) for side in image.size)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)))
    return (torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255 - MEAN) / DEVIATION


def network(weights):
    model = torchvision.models.resnet18()
    model.load_state_dict(data.state_dict(weights), strict=False)
    return model.eval()


@torch.no_grad()
def embed(model, images):
    x = model.maxpool(model.relu(model.bn1(model.conv1(images))))
    x = model.layer1(x)
    layers = [model.layer2(x)]
    layers.append(model.layer3(layers[0]))
    return patches(layers)


@torch.no_grad()
def patches(layers):
    """The patches of some layers, pooled to 1024 numbers each."""
    pooled = []
    for layer in layers:
        n, c, h, w = layer.shape
        unfolded = F.unfold(layer, 3, padding=1).view(n, c, 3, 3, h, w)
        if h != layers[0].shape[2]:
            flat = unfolded.reshape(n, c * 9, h, w)
            unfolded = F.interpolate(flat, layers[0].shape[2:], mode="bilinear", align_corners=False)
            unfolded = unfolded.view(n, c, 3, 3, *layers[0].shape[2:])
        rows = unfolded.permute(0, 4, 5, 1, 2, 3).reshape(-1, 1, c * 9)
        pooled.append(F.adaptive_avg_pool1d(rows, 1024).squeeze(1))
    stacked = torch.stack(pooled, 1).reshape(len(pooled[0]), 1, -1)
    return F.adaptive_avg_pool1d(stacked, 1024).reshape(len(pooled[0]), -1)


@torch.no_grad()
def coreset(rows, picks):
    projected = torch.nn.Linear(rows.shape[1], 128, bias=False)(rows)
    return rows[official_sampler.select(torch, projected, picks)]


def main():
    parser = in_turn.parser(__doc__)
    parser.add_argument("parts")
    parser.add_argument("weights")
    parser.add_argument("--fraction", type=float, default=0.1)
    parser.add_argument("--picks", type=int, help="make so many alone, and count the others as long as these")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    faiss.omp_set_num_threads(arguments.threads)
    torch.manual_seed(0)
    seconds = {}

    start = time.perf_counter()
    model = network(arguments.weights)
    train = sorted(Path(arguments.parts, "train", "good").iterdir())
    rows = torch.cat([embed(model, torch.stack([load(p) for p in train[i : i + BATCH]]))
                      for i in range(0, len(train), BATCH)])
    seconds["embedding"] = time.perf_counter() - start
    start = time.perf_counter()
    all_picks = int(len(rows) * arguments.fraction)
    picks = min(arguments.picks or all_picks, all_picks)
    bank = coreset(rows, picks)
    index = faiss.IndexFlatL2(bank.shape[1])
    index.add(bank.numpy())
    seconds["coreset"] = (time.perf_counter() - start) * all_picks / picks

    start = time.perf_counter()
    test = sorted(Path(arguments.parts, "test").glob("*/*"))
    for i in range(0, len(test), BATCH):
        batch = test[i : i + BATCH]
        distances, _ = index.search(embed(model, torch.stack([load(p) for p in batch])).numpy(), 1)
        scores = torch.from_numpy(distances).view(len(batch), 1, 28, 28)
        maps = F.interpolate(scores, (224, 224), mode="bilinear", align_corners=False)
        for grid in maps.numpy():
            gaussian_filter(grid[0], 4)
    seconds["predict"] = time.perf_counter() - start
    print(json.dumps({"images": [len(train), len(test)], "bank": len(bank), "seconds": seconds}))


if __name__ == "__main__":
    main()
