"""Writes precision-goldens.safetensors: a small residual network in bfloat16 and in int8, computed in float64.

The values of every step are rounded as the precision says and all sums are exact (PyTorch, float64), so an engine must
give the same numbers but for those that its own float32 sums bring to the other side of a rounding. Weights and image
come from the hash of make_resnet_goldens.py; the first layer's are whole sixteenths, so that float32 computes it
exactly.

    bfloat16.NODE   the node's output: weights and outputs rounded to bfloat16
    int8.NODE       the node's output in float32: 8-bit inputs and weights, on scales of LIMITS

Needs what make_resnet_goldens.py needs. Run it in this folder.
"""

import numpy as np
import torch
from make_resnet_goldens import unit
from safetensors.numpy import save_file

SIDE = 12
# Name: input, outputs, kernel, stride, added, relu.
NODES = {
    "stem": ("input", 16, 1, 1, None, True),
    "a": ("stem", 24, 3, 1, None, True),
    "shortcut": ("stem", 32, 1, 1, None, False),
    "b": ("a", 32, 1, 1, "shortcut", True),
    "c": ("b", 20, 3, 2, None, False),
}
# Some of each node's numbers are larger, so that the cut is met too.
LIMITS = {"stem": 1.37, "a": 1.0, "shortcut": 1.25, "b": 1.5, "c": 1.0}


def sixteenths(values):
    return torch.round(values * 16) / 16


def parameters(name, inputs, outputs, kernel):
    """Weight and bias as float32 values in float64."""
    count = outputs * inputs * kernel * kernel
    weight = torch.tensor(unit(f"{name}.weight", count)).reshape(outputs, inputs, kernel, kernel) * 2 - 1
    bias = (torch.tensor(unit(f"{name}.bias", outputs)) * 2 - 1) / 4
    if name == "stem":
        return sixteenths(weight), sixteenths(bias)
    weight = weight * (3 / (inputs * kernel * kernel)) ** 0.5
    return weight.float().double(), bias.float().double()


def bfloat16(values):
    return values.float().bfloat16().double()


def convolution(x, weight, bias, stride):
    return torch.nn.functional.conv2d(x, weight, bias, stride=stride, padding=weight.shape[-1] // 2)


def in_bfloat16(image):
    values = {"input": bfloat16(image)}
    for name, (source, outputs, kernel, stride, added, relu) in NODES.items():
        weight, bias = parameters(name, values[source].shape[1], outputs, kernel)
        result = convolution(values[source], bfloat16(weight), bias, stride)
        result = result + (values[added] if added else 0)
        values[name] = bfloat16(result.relu() if relu else result)
    return values


def in_int8(image):
    def scale(name):
        relu = NODES[name][5]
        return float(np.float32(LIMITS[name]) / np.float32(255 if relu else 127))

    def steps(name, values):
        least, most = (0, 255) if NODES[name][5] else (-127 - 1, 127)
        return torch.clamp(torch.round(values / scale(name)), least, most)

    values, quantised = {}, {}
    for name, (source, outputs, kernel, stride, added, relu) in NODES.items():
        weight, bias = parameters(name, image.shape[1] if source == "input" else values[source].shape[1], outputs, kernel)
        if source == "input":
            # The image's own layer stays float32; those behind it take it in steps.
            values[name] = convolution(image, weight, bias, stride).relu()
            quantised[name] = steps(name, values[name])
            continue
        # Divided in float32, as the engine does, so that both round to the same steps.
        largest = weight.float().abs().amax(dim=(1, 2, 3), keepdim=True) / 127
        result = convolution(quantised[source], torch.round(weight.float() / largest).double(), None, stride)
        result = result * largest.double().reshape(1, -1, 1, 1) * scale(source) + bias.reshape(1, -1, 1, 1)
        result = result + (quantised[added] * scale(added) if added else 0)
        result = result.relu() if relu else result
        if name == "c":
            # Nothing takes it in steps, so it is written as it is.
            values[name] = result
        else:
            quantised[name] = steps(name, result)
            values[name] = quantised[name] * scale(name)
    return values


image = sixteenths(torch.tensor(unit("precision.image", 3 * SIDE * SIDE)).reshape(1, 3, SIDE, SIDE) * 2 - 1)
goldens = {}
for kind, values in [("bfloat16", in_bfloat16(image)), ("int8", in_int8(image))]:
    for name in NODES:
        goldens[f"{kind}.{name}"] = values[name].float().numpy()
        cut = (values[name].abs() >= LIMITS[name] * 0.999).double().mean() if kind == "int8" else 0
        print(kind, name, f"largest {values[name].abs().max():.3f}, cut {cut:.4f}")
save_file(goldens, "precision-goldens.safetensors")
