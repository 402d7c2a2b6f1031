"""Inputs of the benchmarks: images and features, real ones where PATCHCORE_TEST_DATA has them, else drawn ones."""

import json
import subprocess

import numpy as np

from in_turn import DATA, PATCHCORE, THREADS, WORK, Missing


def patchcore(*arguments, threads=THREADS):
    """Runs the program; returns what it printed."""
    try:
        return subprocess.run(
            [PATCHCORE, *map(str, arguments), "--threads", str(threads), "--quiet"], check=True, stdout=subprocess.PIPE,
            text=True).stdout
    except FileNotFoundError:
        raise Missing("patchcore is not built: swift build -c release, or say where it is in PATCHCORE") from None


def is_real():
    return DATA is not None and (DATA / "data/magnetic-tile/MT_Free/Imgs").is_dir()


def weights():
    """Weights of ResNet-18 to layer 3, or none."""
    path = DATA / "weights/resnet18-layers1-3.safetensors" if DATA else None
    return path if path and path.exists() else None


def kind():
    """What the features are, as a part of the names of what is kept: other images or weights give other numbers."""
    return "drawn" if not is_real() else "real" if weights() else "real-compact"


def state_dict(path):
    """Weights that PyTorch loads, from a file of either kind."""
    if str(path).endswith(".safetensors"):
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    return torch.load(path, weights_only=True)


def checkpoints():
    """Pretrained networks that are there: the architecture and its file."""
    found = [("resnet18", weights())] if weights() else []
    if DATA:
        found += [("wide_resnet50_2", path) for path in sorted((DATA / "weights").glob("wide_resnet50_2*"))[:1]]
    return found


def datasets():
    """Data sets with defects and their masks: how the program names them, and what a description needs beside."""
    found = []
    if DATA:
        found = [(f"mvtec:{folder}", "") for folder in sorted((DATA / "data").glob("mvtec*/*")) if folder.is_dir()]
    if is_real():
        tiles = DATA / "data/magnetic-tile"
        found.append((f"magnetic-tile:{tiles}", "split: {nominal_test_fraction: 0.2, shots: 100}"))
    return found


def source():
    """What the images are, in words."""
    if is_real():
        return "magnetic tiles (Huang et al. 2018), good ones, through " + (
            "ResNet-18 with its ImageNet weights" if weights() else "the embedded network")
    return "drawn parts (`patchcore demo`), through the embedded network"


def parts():
    """Drawn parts in MVTec AD's layout."""
    if not (WORK / "demo/parts").is_dir():
        WORK.mkdir(parents=True, exist_ok=True)
        patchcore("demo", "--output", WORK / "demo")
    return WORK / "demo/parts"


def images(count):
    """A folder with so many good images, or as many as there are."""
    if is_real():
        found = sorted((DATA / "data/magnetic-tile/MT_Free/Imgs").glob("*.jpg"))[::4]
    else:
        found = sorted((parts() / "train/good").iterdir())
    found = found[:count]
    folder = WORK / f"images-{'real' if is_real() else 'drawn'}-{len(found)}"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for path in found:
            (folder / path.name).symlink_to(path)
    return folder


def description(**stages):
    """Writes a description with the preset `official`; returns its path and the arguments that it needs."""
    extractor = {"kind": "resnet", "architecture": "resnet18"} if weights() else {"kind": "compact"}
    path = WORK / "description.yaml"
    path.write_text(json.dumps({"preset": "official", "extractor": extractor, **stages}))
    return path, (["--weights", weights()] if weights() else [])


def embeddings(count=213):
    """Every patch of so many images, `n x 1024` (784 patches each), as a .npy file; and its array, mapped."""
    folder = images(count)
    path = WORK / f"embeddings-{kind()}-{len(list(folder.iterdir()))}.npy"
    if not path.exists():
        config, more = description(subsampler={"kind": "none"})
        np.save(path, vectors(config, folder, more))
    return path, np.load(path, mmap_mode="r")


def projected(rows, dimension=128):
    """`rows x dimension`: patches, projected at random as the preset `official` does.

    Patches are taken again, with noise of a tenth of their spread, if the images have too few. Returns the file and
    whether all rows are patches of images.
    """
    path = WORK / f"projected-{kind()}-{rows}-{dimension}.npy"
    _, base = embeddings()
    if not path.exists():
        generator = np.random.default_rng(0)
        limit = 1 / base.shape[1] ** 0.5
        matrix = generator.uniform(-limit, limit, (dimension, base.shape[1])).astype(np.float32)
        few = np.concatenate([base[i:i + 8192] @ matrix.T for i in range(0, min(len(base), rows), 8192)])[:rows]
        grow(path, few, rows)
    return path, rows <= len(base)


def grow(path, few, rows):
    """Writes so many rows: those given, then the same ones with noise of a tenth of each column's spread."""
    generator = np.random.default_rng(1)
    part = path.with_suffix(".part.npy")
    result = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=(rows, few.shape[1]))
    result[:len(few)] = few
    spread = (few.std(axis=0) / 10).astype(np.float32)
    for first in range(len(few), rows, 65536):
        last = min(first + 65536, rows)
        again = few[generator.integers(0, len(few), last - first)]
        result[first:last] = again + spread * generator.standard_normal(again.shape, dtype=np.float32)
    result.flush()
    del result
    part.rename(path)


def bank(rows):
    """A bank of so many rows, as a .npy file: a coreset, or patches as they come if it is most of them."""
    path = WORK / f"bank-{kind()}-{rows}.npy"
    if path.exists():
        return path
    _, base = embeddings()
    if rows <= len(base) // 5:
        config, more = description(subsampler={"kind": "coreset", "fraction": (rows + 0.5) / len(base)})
        np.save(path, vectors(config, images(213), more)[:rows])
    else:
        grow(path, np.array(base[:rows]), rows)
    return path


def queries(defects):
    """Every fourth patch of four images that no bank saw, with or without defects, as a .npy file."""
    path = WORK / f"queries-{kind()}-{'defects' if defects else 'good'}.npy"
    if path.exists():
        return path
    if is_real():
        tiles = DATA / "data/magnetic-tile"
        kinds = ["MT_Blowhole", "MT_Break", "MT_Crack", "MT_Fray"] if defects else ["MT_Free"]
        each = 1 if defects else 4
        found = [image for kind in kinds for image in sorted((tiles / kind / "Imgs").glob("*.jpg"))[1::4][:each]]
    else:
        test = parts() / "test"
        found = sorted(p for p in test.glob("*/*.png") if (p.parent.name == "good") != defects)[:4]
    folder = WORK / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    for image in found:
        if not (folder / image.name).exists():
            (folder / image.name).symlink_to(image)
    config, more = description(subsampler={"kind": "none"})
    np.save(path, vectors(config, folder, more)[::len(found)])
    return path


def vectors(config, folder, more):
    """The bank of a fit on a folder."""
    from safetensors import safe_open

    model = WORK / "vectors.model"
    patchcore("fit", config, "--images", folder, *more, "--output", model)
    with safe_open(model, "np") as file:
        result = file.get_tensor("bank.vectors")
    model.unlink()
    return result
