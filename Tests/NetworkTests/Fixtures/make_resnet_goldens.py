"""Writes resnet-goldens/NAME.safetensors: layers 1 to 4 of torchvision's residual networks on two small inputs.

Weights, batch-norm statistics and inputs come from one integer hash of (tensor name, element index), which the test
computes too, so that only torchvision's outputs are kept. They are computed in float64 and rounded to float32:

    square.layerN   1 image of 32 x 32, every channel
    wide.layerN     4 images of 24 x 40; image i keeps the channels c with c mod 4 = i

Each file's metadata tells how far torchvision's own float32 result lies from these (relative L2).

Needs torch, torchvision, numpy, safetensors. Run it in this folder.
"""

import os

import numpy as np
import torch

# Builds of torchvision without its compiled operators lack these two, and fail on import.
library = torch.library.Library("torchvision", "FRAGMENT")
for operator in ("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor", "qnms(Tensor a) -> Tensor"):
    try:
        library.define(operator)
    except RuntimeError:
        pass
import torchvision
from safetensors.numpy import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2"]
LAYERS = ["layer1", "layer2", "layer3", "layer4"]


def unit(name, count):
    """count numbers in [0, 1) with 24 bits: SplitMix64 of the index, begun at the FNV-1a hash of the name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(state)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-24


def parameter(name, shape, closing):
    """One tensor of the checkpoint, float32. `closing` is the norm that ends a block: bn2 or bn3."""
    u = unit(name, int(np.prod(shape)))
    if len(shape) == 4:
        values = (2 * u - 1) * np.sqrt(6 / (shape[1] * shape[2] * shape[3]))
    elif name.endswith("running_var"):
        values = 0.5 + u
    elif name.endswith("running_mean") or name.endswith(".bias"):
        values = (2 * u - 1) * 0.25
    elif name.endswith(f".{closing}.weight"):
        values = (0.75 + 0.5 * u) * 0.25  # keeps the sum of up to 50 blocks in range
    else:
        values = 0.75 + 0.5 * u
    return values.astype(np.float32).reshape(shape)


def image(name, shape):
    return ((2 * unit(name, int(np.prod(shape))) - 1) * 2).astype(np.float32).reshape(shape)


def layers(model, x):
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    outputs = {}
    for name in LAYERS:
        x = getattr(model, name)(x)
        outputs[name] = x.numpy()
    return outputs


def main():
    os.makedirs("resnet-goldens", exist_ok=True)
    for name in NAMES:
        with torch.device("meta"):
            model = getattr(torchvision.models, name)(weights=None)
        closing = "bn3" if hasattr(model.layer1[0], "conv3") else "bn2"
        state = {
            key: torch.zeros(tensor.shape, dtype=torch.int64) if tensor.dtype == torch.int64
            else torch.from_numpy(parameter(key, tensor.shape, closing))
            for key, tensor in model.state_dict().items()
        }
        model.load_state_dict(state, strict=True, assign=True)
        model.eval()
        inputs = {"square": image("square", (1, 3, 32, 32)), "wide": image("wide", (4, 3, 24, 40))}
        single = {key: layers(model, torch.from_numpy(x)) for key, x in inputs.items()}
        model.double()
        tensors, metadata = {}, {}
        for key, x in inputs.items():
            for layer, exact in layers(model, torch.from_numpy(x).double()).items():
                difference = np.linalg.norm(single[key][layer] - exact) / np.linalg.norm(exact)
                metadata[f"{key}.{layer}"] = f"{difference:.2e}"
                if key == "wide":
                    exact = np.stack([exact[i, i::4] for i in range(4)])
                tensors[f"{key}.{layer}"] = np.ascontiguousarray(exact.astype(np.float32))
                print(name, key, layer, exact.shape, f"rms {np.sqrt((exact**2).mean()):.3f} float32 {difference:.2e}")
        save_file(tensors, f"resnet-goldens/{name}.safetensors", metadata=metadata)


if __name__ == "__main__":
    main()
