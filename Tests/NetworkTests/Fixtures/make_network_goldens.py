"""Writes network-goldens/NAME.safetensors: tapped layers of further torchvision networks on two small inputs.

The networks are ResNeXts, a ResNet-50 whose bottlenecks stride in their first 1x1 convolution, and DenseNets. Weights
and inputs come from the hash of make_resnet_goldens.py. Outputs are computed in float64 and rounded to float32, and only
some channels are kept, of every layer that a block joins:

    square.LAYER   1 image of 32 x 32; the channels c with c mod 4 = 0
    odd.LAYER      4 images of 36 x 44, no multiples of 32; image i keeps the channels c with c mod 16 = i

Each file's metadata tells how far torchvision's own float32 result lies from these (relative L2).

Needs what make_resnet_goldens.py needs. Run it in this folder.
"""

import os
import re
import sys

import numpy as np
import torch
from make_resnet_goldens import image, parameter, torchvision
from safetensors.numpy import save_file

RESNETS = ["resnext50_32x4d", "resnext101_32x8d", "resnet50-first_conv1x1"]
DENSENETS = ["densenet121", "densenet161", "densenet169", "densenet201"]
INPUTS = {"square": (1, 3, 32, 32), "odd": (4, 3, 36, 44)}
# As torchvision renames the keys of the DenseNet files that it publishes.
FORMER = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$")


def build(name):
    """The network without weights, the modules that its layers are, and the norm that ends a residual block."""
    architecture, _, stride = name.partition("-")
    with torch.device("meta"):
        model = getattr(torchvision.models, architecture)(weights=None)
    if stride == "first_conv1x1":
        for stage in (model.layer2, model.layer3, model.layer4):
            stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
    if architecture.startswith("densenet"):
        return model, [f"features.denseblock{i}" for i in range(1, 5)], "none"
    return model, [f"layer{i}" for i in range(1, 5)], "bn3"


def layers(model, names, x):
    outputs = {}
    hooks = [
        model.get_submodule(name).register_forward_hook(
            lambda module, given, output, name=name: outputs.__setitem__(name, output.numpy().copy()))
        for name in names
    ]
    model(x)
    for hook in hooks:
        hook.remove()
    return outputs


def kept(key, values):
    if key == "square":
        return values[:, ::4]
    return np.stack([values[i, i::16] for i in range(4)])


def main():
    os.makedirs("network-goldens", exist_ok=True)
    for name in sys.argv[1:] or RESNETS + DENSENETS:
        model, taps, closing = build(name)
        assert not any(FORMER.match(key) for key in model.state_dict())
        state = {
            key: torch.zeros(tensor.shape, dtype=torch.int64) if tensor.dtype == torch.int64
            else torch.from_numpy(parameter(key, tensor.shape, closing))
            for key, tensor in model.state_dict().items()
        }
        model.load_state_dict(state, strict=True, assign=True)
        model.eval()
        inputs = {key: torch.from_numpy(image(key, shape)) for key, shape in INPUTS.items()}
        single = {key: layers(model, taps, x) for key, x in inputs.items()}
        model.double()
        tensors, metadata = {}, {}
        for key, x in inputs.items():
            for layer, exact in layers(model, taps, x.double()).items():
                difference = np.linalg.norm(single[key][layer] - exact) / np.linalg.norm(exact)
                metadata[f"{key}.{layer}"] = f"{difference:.2e}"
                tensors[f"{key}.{layer}"] = np.ascontiguousarray(kept(key, exact).astype(np.float32))
                print(name, key, layer, exact.shape, f"rms {np.sqrt((exact**2).mean()):.3f} float32 {difference:.2e}")
        save_file(tensors, f"network-goldens/{name}.safetensors", metadata=metadata)


if __name__ == "__main__":
    main()
