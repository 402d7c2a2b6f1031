"""Opens .safetensors and .npy files with the libraries of those formats and compares them with expected.json.

    python3 check_written_files.py [FOLDER]

FOLDER holds files under the names used here; without it, this folder is checked, whose written.safetensors the tests
demand byte for byte of the Swift writer. Files that expected.json does not know are opened and listed.
"""

import json
import pathlib
import sys

import numpy
import safetensors
import safetensors.torch
import torch

here = pathlib.Path(__file__).resolve().parent
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
expected = json.loads((here / "expected.json").read_text())
files = sorted(path for path in folder.iterdir()
               if path.suffix in (".npy", ".safetensors") and not path.name.startswith("refused"))
assert files, f"{folder} holds no .npy and no .safetensors file"
for path in files:
    if path.suffix == ".npy":
        tensors = {"array": torch.from_numpy(numpy.load(path, allow_pickle=False))}
        text = None
    else:
        tensors = safetensors.torch.load_file(path)
        with safetensors.safe_open(path, "pt") as opened:
            text = opened.metadata()
    known = expected.get(path.name)
    if known is not None:
        assert sorted(known) == sorted(tensors), path
        for name, value in tensors.items():
            assert list(value.shape) == known[name]["shape"], (path, name)
            assert value.reshape(-1).to(torch.float64).tolist() == known[name]["values"], (path, name)
    shapes = {name: f"{value.dtype} {tuple(value.shape)}" for name, value in sorted(tensors.items())}
    print(f"{path.name}: {'as expected' if known is not None else 'opened'} {shapes} {text or ''}")
