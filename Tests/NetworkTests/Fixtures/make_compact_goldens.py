"""Writes compact-goldens.safetensors: layers 1 to 3 of the compact network, written in PyTorch, on two small inputs.

Weights and inputs come from the integer hash of make_resnet_goldens.py, which the test computes too; the weights are
rounded to float16 as in the package's own file, and kept as float16. Layers are computed in float64 and rounded to
float32:

    square.layerN   1 image of 32 x 32, every channel
    wide.layerN     4 images of 24 x 40; image i keeps the channels c with c mod 4 = i

The metadata tells how far PyTorch's own float32 result lies from these (relative L2).

Needs torch, numpy, safetensors. Run it in this folder.
"""

import numpy as np
import torch
from torch import nn
from safetensors.numpy import save_file

torch.set_num_threads(1)
torch.set_grad_enabled(False)


class Block(nn.Module):
    def __init__(self, channels, kernel):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.expand = nn.Conv2d(channels, 2 * channels, 1)
        self.project = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x):
        return x + self.project(torch.relu(self.expand(self.depthwise(x))))


class Separable(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride=2, padding=1, groups=inputs)
        self.expand = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return torch.relu(self.expand(self.depthwise(x)))


class Full(nn.Conv2d):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, stride=2, padding=1)

    def forward(self, x):
        return torch.relu(super().forward(x))


class Scale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class Layer(nn.Sequential):
    """Entry and blocks by number, and `output`, which only the tap goes through."""

    def __init__(self, entry, channels, blocks, kernel):
        super().__init__(entry, *[Block(channels, kernel) for _ in range(blocks)])
        self.output = Scale(channels)

    def forward(self, x):
        for name, module in self.named_children():
            if name != "output":
                x = module(x)
        return x


class Compact(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Full(3, 24)
        self.layer1 = Layer(Full(24, 48), 48, 1, 3)
        self.layer2 = Layer(Separable(48, 96), 96, 3, 5)
        self.layer3 = Layer(Separable(96, 192), 192, 5, 5)

    def forward(self, x):
        outputs = {}
        x = self.stem(x)
        for name in ["layer1", "layer2", "layer3"]:
            layer = getattr(self, name)
            x = layer(x)
            outputs[name] = layer.output(x).numpy()
        return outputs


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


def parameter(name, shape):
    """One tensor: weights of convolutions in float16, the rest in float32."""
    u = unit(name, int(np.prod(shape)))
    if len(shape) == 4:
        return ((2 * u - 1) * np.sqrt(6 / (shape[1] * shape[2] * shape[3]))).astype(np.float16).reshape(shape)
    if name.endswith(".bias"):
        return ((2 * u - 1) * 0.25).astype(np.float32)
    return (0.75 + 0.5 * u).astype(np.float32)


def image(name, shape):
    return ((2 * unit(name, int(np.prod(shape))) - 1) * 2).astype(np.float32).reshape(shape)


model = Compact()
checkpoint = {key: parameter(key, tensor.shape) for key, tensor in model.state_dict().items()}
model.load_state_dict({key: torch.from_numpy(value.astype(np.float32)) for key, value in checkpoint.items()})
model.eval()
inputs = {"square": image("square", (1, 3, 32, 32)), "wide": image("wide", (4, 3, 24, 40))}
single = {key: model(torch.from_numpy(x)) for key, x in inputs.items()}
model.double()
tensors, metadata = {}, {}
for key, x in inputs.items():
    for layer, exact in model(torch.from_numpy(x).double()).items():
        difference = np.linalg.norm(single[key][layer] - exact) / np.linalg.norm(exact)
        metadata[f"{key}.{layer}"] = f"{difference:.2e}"
        if key == "wide":
            exact = np.stack([exact[i, i::4] for i in range(4)])
        tensors[f"{key}.{layer}"] = np.ascontiguousarray(exact.astype(np.float32))
        print(key, layer, exact.shape, f"rms {np.sqrt((exact**2).mean()):.3f} float32 {difference:.2e}")
save_file(tensors, "compact-goldens.safetensors", metadata=metadata)
