"""Writes bfloat16.safetensors: 32-bit floats and what PyTorch rounds them to in bfloat16.

Numbers that PyTorch rounds up to infinity are left out: ours stay finite.
"""
import os

import numpy
import torch
from safetensors.torch import save_file

random = numpy.random.default_rng(5)
bits = random.integers(0, 2**32, 600, dtype=numpy.uint32)
# Halfway between two numbers of 16 bits, and beside it, for even and odd lower neighbours; subnormal numbers; zeros.
ties = (random.integers(0, 0x7F7F, 100, dtype=numpy.uint32) << 16) | 0x8000
near = numpy.concatenate([ties, ties - 1, ties + 1, ties | 0x80000000])
small = random.integers(0, 0x00900000, 100, dtype=numpy.uint32)
values = numpy.concatenate([bits, near, small, numpy.array([0, 0x80000000], dtype=numpy.uint32)]).view(numpy.float32)
values = torch.from_numpy(values.copy())
values = values[torch.isfinite(values) & torch.isfinite(values.to(torch.bfloat16))]
values = values[: len(values) // 37 * 37].reshape(-1, 37).contiguous()
save_file(
    {"values": values, "rounded": values.to(torch.bfloat16)},
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "bfloat16.safetensors"))
