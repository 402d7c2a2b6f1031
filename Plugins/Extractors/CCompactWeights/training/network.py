"""The teacher (a ResNet by torchvision's tensor names) and the student (the compact network)."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

STEM = 24
# Channels, blocks, depthwise kernel, width of a block's middle in channels: strides 4, 8 and 16.
STAGES = [(48, 1, 3, 2), (96, 3, 5, 2), (192, 5, 5, 2)]


def normalised(images):
    """uint8 N x H x W x 3 to what both networks take: N x 3 x H x W, channels last in memory."""
    return (images.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


class Teacher(nn.Module):
    """Layers 2 and 3 of any torchvision ResNet, from the tensors of its checkpoint."""

    def __init__(self, path):
        super().__init__()
        tensors = load_file(path) if path.endswith(".safetensors") else torch.load(path, weights_only=True)
        self.tensors = tensors
        for name in [n[: -len(".weight")] for n, t in tensors.items() if n.endswith(".weight") and t.dim() == 4]:
            norm = name.replace("conv", "bn") if "conv" in name else name[:-1] + "1"  # downsample.0, downsample.1
            factor = tensors[norm + ".weight"] / (tensors[norm + ".running_var"] + 1e-5).sqrt()
            weight = tensors[name + ".weight"] * factor.view(-1, 1, 1, 1)
            bias = tensors[norm + ".bias"] - tensors[norm + ".running_mean"] * factor
            key = name.replace(".", "_")
            self.register_buffer(key + "_weight", weight.contiguous(memory_format=torch.channels_last))
            self.register_buffer(key + "_bias", bias)
        self.blocks = {
            stage: len({n.split(".")[1] for n in tensors if n.startswith(stage + ".")}) for stage in ("layer1", "layer2", "layer3")
        }
        self.channels = [self.last(stage) for stage in ("layer2", "layer3")]

    def last(self, stage):
        conv = "conv3" if f"{stage}.0.conv3.weight" in self.tensors else "conv2"
        return self.tensors[f"{stage}.0.{conv}.weight"].shape[0]

    def convolve(self, x, name, stride=1):
        key = name.replace(".", "_")
        weight = getattr(self, key + "_weight")
        groups = x.shape[1] // weight.shape[1]
        return F.conv2d(x, weight, getattr(self, key + "_bias"), stride, weight.shape[2] // 2, 1, groups)

    def block(self, x, path, stride):
        if f"{path}.conv3.weight" in self.tensors:
            y = F.relu(self.convolve(x, path + ".conv1"))
            y = F.relu(self.convolve(y, path + ".conv2", stride))
            y = self.convolve(y, path + ".conv3")
        else:
            y = self.convolve(F.relu(self.convolve(x, path + ".conv1", stride)), path + ".conv2")
        if f"{path}.downsample.0.weight" in self.tensors:
            x = self.convolve(x, path + ".downsample.0", stride)
        return F.relu(x + y)

    @torch.no_grad()
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.convolve(x, "conv1", 2)), 3, 2, 1)
        maps = []
        for stage, stride in (("layer1", 1), ("layer2", 2), ("layer3", 2)):
            for k in range(self.blocks[stage]):
                x = self.block(x, f"{stage}.{k}", stride if k == 0 else 1)
            maps.append(x)
        return maps[1], maps[2]


class ConvNorm(nn.Sequential):
    def __init__(self, inputs, outputs, kernel=1, stride=1, depthwise=False):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=inputs if depthwise else 1, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """x + project(relu(expand(depthwise(x)))): the wide middle is written once."""

    def __init__(self, channels, kernel, width):
        super().__init__()
        self.depthwise = ConvNorm(channels, channels, kernel, depthwise=True)
        self.expand = ConvNorm(channels, channels * width)
        self.project = ConvNorm(channels * width, channels)

    def forward(self, x):
        return x + self.project(F.relu(self.expand(self.depthwise(x))))


class Down(nn.Module):
    """Halves height and width: depthwise, then to the new channels."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = ConvNorm(inputs, inputs, 3, 2, depthwise=True)
        self.expand = ConvNorm(inputs, outputs)

    def forward(self, x):
        return F.relu(self.expand(self.depthwise(x)))


class Student(nn.Module):
    """The compact network; `forward` gives the trunk at strides 8 and 16."""

    def __init__(self, stem=STEM, stages=STAGES):
        super().__init__()
        self.stem = ConvNorm(3, stem, 3, 2)
        inputs = stem
        for k, (channels, blocks, kernel, width) in enumerate(stages):
            down = ConvNorm(inputs, channels, 3, 2) if k == 0 else Down(inputs, channels)
            setattr(self, f"layer{k + 1}", nn.Sequential(down, *[Block(channels, kernel, width) for _ in range(blocks)]))
            inputs = channels
        self.channels = [stages[1][0], stages[2][0]]

    @classmethod
    def of(cls, tensors):
        """The network that a checkpoint holds, whatever `STAGES` said when it was trained."""
        stages = []
        for layer in ("layer1", "layer2", "layer3"):
            projections = [t for n, t in tensors.items() if n.startswith(layer) and n.endswith("project.0.weight")]
            kernel = tensors[f"{layer}.1.depthwise.0.weight"].shape[-1]
            channels, middle = projections[0].shape[:2]
            stages.append((channels, len(projections), kernel, middle // channels))
        student = cls(tensors["stem.0.weight"].shape[0], stages)
        student.load_state_dict(tensors)
        return student.eval()

    def every_layer(self, x):
        first = self.layer1[1:](F.relu(self.layer1[0](F.relu(self.stem(x)))))
        second = self.layer2(first)
        return first, second, self.layer3(second)

    def forward(self, x):
        return self.every_layer(x)[1:]


class Heads(nn.Module):
    """From the trunk to the teacher's standardised channels; needed in training only."""

    def __init__(self, student, teacher):
        super().__init__()
        self.layer2 = nn.Conv2d(student.channels[0], teacher.channels[0], 1)
        self.layer3 = nn.Conv2d(student.channels[1], teacher.channels[1], 1)

    def forward(self, maps):
        return self.layer2(maps[0]), self.layer3(maps[1])
