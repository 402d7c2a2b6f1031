"""Makes the .pth, .safetensors and .npy files of this folder and expected.json, which says what they hold.

Run with PyTorch 2.13, NumPy and the safetensors library: python3 make_tensor_files.py
"""

import collections
import json
import os
import pathlib
import pickle
import struct
import zipfile

import numpy
import safetensors.numpy
import safetensors.torch
import torch

torch.set_num_threads(1)
torch.manual_seed(7)
folder = pathlib.Path(__file__).resolve().parent
expected = {}


def record(name, tensors):
    """Notes shape, type and numbers; floats as float64, which holds all of them exactly."""
    names = {"torch.bool": "BOOL", "torch.uint8": "U8", "torch.int8": "I8", "torch.int32": "I32", "torch.int64": "I64",
             "torch.float16": "F16", "torch.bfloat16": "BF16", "torch.float32": "F32", "torch.float64": "F64"}
    expected[name] = {
        key: {"type": names[str(value.dtype)], "shape": list(value.shape),
              "values": value.detach().reshape(-1).to(torch.float64).tolist()}
        for key, value in tensors.items()
    }


def save(name, value, tensors, **settings):
    torch.save(value, folder / name, **settings)
    record(name, tensors)


types = {
    "bool": torch.tensor([True, False, True]),
    "uint8": torch.tensor([[0, 1], [127, 255]], dtype=torch.uint8),
    "int8": torch.tensor([-128, 0, 127], dtype=torch.int8),
    "int32": torch.tensor([-(2**31), 5, 2**31 - 1], dtype=torch.int32),
    "int64": torch.tensor([-(2**52), 5, 2**52]),
    "float16": torch.randn(2, 3).half(),
    "bfloat16": torch.randn(5).bfloat16(),
    "float32": torch.randn(2, 3, 2),
    "float64": torch.randn(3, dtype=torch.float64),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 4),
}
base = torch.arange(24, dtype=torch.float32)
views = {
    "base": base,
    "transposed": base.reshape(4, 6).t(),
    "channels_last": torch.arange(24, dtype=torch.float32).reshape(1, 2, 3, 4).contiguous(
        memory_format=torch.channels_last),
    "slice": base[5:9],
    "every_other": base.reshape(4, 6)[:, ::2],
    "half_slice": torch.arange(6).half()[1:4],
}
model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
state = model.state_dict()
parameters = dict(model.named_parameters())
checkpoint = {"epoch": 3, "state_dict": state, "rate": 0.5, "arch": "small", "best": torch.tensor(0.5),
              "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "groups": [{"lr": 0.1, "betas": (0.9, 0.99)}]}}
for suffix, settings in {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}}.items():
    save(f"types_{suffix}.pth", types, types, **settings)
    save(f"views_{suffix}.pth", views, views, **settings)
    save(f"state_dict_{suffix}.pth", state, state, **settings)
    save(f"checkpoint_{suffix}.pth", checkpoint, state, **settings)
    save(f"protocol4_{suffix}.pth", state, state, pickle_protocol=4, **settings)
save("parameters_zip.pth", {"model": parameters, "epoch": 1}, parameters)
save("protocol5_zip.pth", state, state, pickle_protocol=5)
assert state._metadata  # so that the pickle sets OrderedDict attributes


class Call:
    def __reduce__(self):
        return os.system, ("true",)


torch.save({"weight": torch.ones(2), "evil": Call()}, folder / "refused_call_zip.pth")
torch.save({"weight": torch.ones(2), "evil": Call()}, folder / "refused_call_legacy.pth",
           _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(1, 1), folder / "refused_module.pth")
torch.save({"short": torch.ones(2, dtype=torch.int16)}, folder / "refused_int16.pth")
torch.save({"bytes": b"abc", "weight": torch.ones(2)}, folder / "refused_bytes.pth")
torch.save({"expanded": torch.ones(1).expand(1000, 1000)}, folder / "refused_expanded.pth")
torch.save({"epoch": 1}, folder / "refused_no_tensor.pth")
torch.save([torch.ones(2)], folder / "refused_list.pth")
(folder / "refused_pickle.pth").write_bytes(pickle.dumps({"a": 1}, protocol=2))


def rewrite(source, target, compression=zipfile.ZIP_STORED, replace=None, prefix=None, drop=()):
    """Copies an archive entry by entry, zip64 or compressed or changed."""
    with zipfile.ZipFile(folder / source) as old, zipfile.ZipFile(folder / target, "w", compression) as new:
        for info in old.infolist():
            name, data = info.filename, old.read(info)
            stem, rest = name.split("/", 1)
            if rest in drop:
                continue
            if replace and rest in replace:
                data = replace[rest]
            fresh = zipfile.ZipInfo(f"{prefix or stem}/{rest}", (2020, 1, 1, 0, 0, 0))
            fresh.compress_type = compression
            with new.open(fresh, "w", force_zip64=True) as entry:
                entry.write(data)


rewrite("state_dict_zip.pth", "renamed_unaligned.pth", prefix="any name", drop=["byteorder", ".data/serialization_id"])
record("renamed_unaligned.pth", state)
rewrite("state_dict_zip.pth", "refused_compressed.pth", compression=zipfile.ZIP_DEFLATED)
rewrite("state_dict_zip.pth", "refused_big_endian.pth", replace={"byteorder": b"big"})
(folder / "refused_torchscript.pth").write_bytes((folder / "state_dict_zip.pth").read_bytes())
with zipfile.ZipFile(folder / "refused_torchscript.pth", "a") as archive:
    archive.writestr("state_dict_zip/constants.pkl", pickle.dumps((), protocol=2))
with zipfile.ZipFile(folder / "refused_no_pickle.zip", "w") as archive:
    archive.writestr("a.txt", "text")
os_pickle = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
rewrite("state_dict_zip.pth", "refused_os_system.pth", replace={"data.pkl": os_pickle})


def make_zip64(source, target):
    """Gives an archive what a file beyond 4 GiB has: a zip64 end, and zip64 sizes and offsets in its directory."""
    data = (folder / source).read_bytes()
    end = data.rfind(b"PK\x05\x06")
    count, size, offset = struct.unpack("<HII", data[end + 10:end + 20])
    directory, position = b"", offset
    for _ in range(count):
        fields = bytearray(data[position:position + 46])
        lengths = struct.unpack("<HHH", fields[28:34])
        name = data[position + 46:position + 46 + lengths[0]]
        stored, whole = struct.unpack("<II", fields[20:28])
        place = struct.unpack("<I", fields[42:46])[0]
        extra = struct.pack("<HHQQQ", 1, 24, whole, stored, place)
        fields[20:28], fields[42:46] = b"\xff" * 8, b"\xff" * 4
        fields[30:34] = struct.pack("<HH", len(extra), 0)
        directory += bytes(fields) + name + extra
        position += 46 + sum(lengths)
    start = offset + len(directory)
    wide = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), offset)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, start, 1)
    last = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (folder / target).write_bytes(data[:offset] + directory + wide + locator + last)
    assert zipfile.ZipFile(folder / target).testzip() is None
    torch.load(folder / target)


make_zip64("state_dict_zip.pth", "zip64.pth")
record("zip64.pth", state)

safetensors.torch.save_file(types, folder / "types.safetensors", metadata={"format": "pt", "quote": 'a "b" \\ \n é 😀'})
record("types.safetensors", types)
odd = {"bytes": torch.tensor([1, 2, 3], dtype=torch.uint8), "numbers": torch.tensor([1.5, -2.0])}
header = json.dumps({"bytes": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]},
                     "numbers": {"dtype": "F32", "shape": [2], "data_offsets": [3, 11]}}).encode()
(folder / "unaligned.safetensors").write_bytes(
    struct.pack("<Q", len(header)) + header + bytes([1, 2, 3]) + numpy.array([1.5, -2.0], "<f4").tobytes())
assert torch.equal(safetensors.torch.load_file(folder / "unaligned.safetensors")["numbers"], odd["numbers"])
record("unaligned.safetensors", odd)

written = {"bank": torch.arange(12, dtype=torch.float32).reshape(3, 4), "b": torch.tensor([7, -8], dtype=torch.int64),
           "a\u00e9": torch.tensor([1.5, 2.5]), "z": torch.tensor([[True], [False]]), "half": torch.tensor(0.5).half(),
           "none": torch.zeros(0, 2)}
library = safetensors.torch.save(written, metadata={"patchcore": 'line\nquote " back\\slash \x01 \u00e9'})
length = struct.unpack("<Q", library[:8])[0]
header = library[8:8 + length].rstrip(b" ")
header += b" " * (-(8 + len(header)) % 64)
(folder / "written.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + library[8 + length:])
record("written.safetensors", written)

arrays = {key: value for key, value in types.items() if key != "bfloat16"}
for key, value in arrays.items():
    numpy.save(folder / f"{key}.npy", value.numpy())
    record(f"{key}.npy", {"array": value})
grid = numpy.arange(6, dtype="<f4").reshape(2, 3)
for version in [(2, 0), (3, 0)]:
    with open(folder / f"version{version[0]}.npy", "wb") as file:
        numpy.lib.format.write_array(file, grid, version)
    record(f"version{version[0]}.npy", {"array": torch.from_numpy(grid)})
numpy.save(folder / "refused_fortran.npy", numpy.asfortranarray(grid))
numpy.save(folder / "refused_big_endian.npy", grid.astype(">f4"))
numpy.save(folder / "refused_object.npy", numpy.array([1, "a"], dtype=object), allow_pickle=True)
numpy.save(folder / "refused_structured.npy", numpy.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
numpy.save(folder / "refused_uint16.npy", numpy.zeros(2, dtype="<u2"))
numpy.save(folder / "refused_text.npy", numpy.array(["ab", "c"]))

(folder / "expected.json").write_text(json.dumps(expected, indent=None, separators=(",", ":"), sort_keys=True) + "\n")
