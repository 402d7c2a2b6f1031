"""Writes a trained network as the file that the extractor `compact` reads.

    python export.py run/checkpoint.pt compact.safetensors

Batch norms are folded into the convolutions before them; weights are rounded to float16. Each layer ends with a factor
and an offset for each channel, in float32, which give its features mean 0 and deviation 1 over drawn images.
"""

import argparse
import json

import torch
from network import ConvNorm, Student
from safetensors.torch import save
from train import channel_statistics, images_in

# Images of the size that a pipeline gives the network.
SIZE, COUNT = 224, 512


def normed(student):
    """The convolutions by path, each with the batch norm behind it."""
    return {p: m for p, m in student.named_modules() if isinstance(m, ConvNorm)}


def folded(pair):
    """A convolution's weight and bias with its batch norm folded in."""
    convolution, norm = pair
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    return convolution.weight * factor.view(-1, 1, 1, 1), norm.bias - norm.running_mean * factor


def rounded(weight, form):
    """The weight as a file of that form holds it; int8 has a factor for each output channel."""
    if form == "float16":
        return weight.half().float()
    step = weight.abs().amax((1, 2, 3), keepdim=True) / 127
    return (weight / step).round() * step


@torch.no_grad()
def round_weights(student, form):
    """Rounds the weights that a file would hold, those with batch norm folded in."""
    for pair in normed(student).values():
        weight, _ = folded(pair)
        pair[0].weight *= torch.where(weight == 0, 1, rounded(weight, form) / weight)


def sorted_header(data):
    """The same file with its header in one order, so that a network has one digest."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("output")
    parser.add_argument("--teacher", default="torchvision ResNet-18 IMAGENET1K_V1", help="the teacher's name, to be noted")
    parser.add_argument("--licence", default="Apache-2.0", help="of the file, to be noted")
    arguments = parser.parse_args()
    saved = torch.load(arguments.checkpoint, weights_only=True)
    student = Student.of(saved["averaged"])
    tensors = {}
    for path, pair in normed(student).items():
        weight, bias = folded(pair)
        tensors[path + ".weight"] = weight.half().contiguous()
        tensors[path + ".bias"] = bias.float()
    round_weights(student, "float16")
    for k, (mean, deviation) in enumerate(channel_statistics(student.every_layer, SIZE, COUNT)):
        tensors[f"layer{k + 1}.output.weight"] = (1 / deviation).flatten()
        tensors[f"layer{k + 1}.output.bias"] = (-mean / deviation).flatten()
    settings = argparse.Namespace(**saved["settings"])
    metadata = {
        "network": "compact",
        "teacher": arguments.teacher,
        "drawn_images": str(sum(images_in(settings, step)[1] for step in range(saved["step"]))),
        "licence": arguments.licence,
        "recipe": json.dumps({**saved["settings"], "steps": saved["step"]}, sort_keys=True),
    }
    with open(arguments.output, "wb") as file:
        file.write(sorted_header(save(tensors, metadata)))
    print(f"{arguments.output}: {len(tensors)} tensors, {sum(t.numel() for t in tensors.values())} numbers")


if __name__ == "__main__":
    main()
