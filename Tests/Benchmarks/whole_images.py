"""Times whole images, PNG file of 1024x1024 to score and map of 1024x1024, beside anomalib in PyTorch and OpenVINO.

    python whole_images.py prepare FOLDER [--source DIR] [--weights FILE] [--images 213]
    python whole_images.py predict FOLDER [--rounds 5]
    python whole_images.py fit FOLDER --weights RESNET18 [--rounds 3] [--official]

`prepare` makes the images (enlarged from those of --source with the noise of a sensor, or drawn), fits WideResNet50-2,
layers 2 and 3, 224x224, 10% coreset, preset `anomalib`, with random weights unless --weights names torchvision's, and
gives anomalib a bank of the same rows. `predict` runs all sides in turn: each is a process that stays in memory; it
first scores one image that does not count, then images one at a time, then all images in bulk. Of anomalib that is its
TorchInferencer, in bulk in batches of eight; and the model that it exports to OpenVINO through its OpenVINOInferencer,
in bulk through an AsyncInferQueue compiled for throughput, with four threads that decode. anomalib's maps have the
network's size and are enlarged to the image's, bilinear, in the time. `fit` times `patchcore fit` with ResNet-18, preset
`official`, 10%; --official runs official_in_pytorch.py once beside it, which takes minutes.

Needs the peers (anomalib[openvino], which brings onnxscript, torch, Pillow, safetensors) and the programs `patchcore`
(`swift build -c release`) and `images` (in this folder: `swift build -c release --product images`).
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import in_turn

HERE = Path(__file__).resolve().parent
SIDE = 1024

parser = argparse.ArgumentParser()
parser.add_argument("step", choices=["prepare", "predict", "fit", "side"])
parser.add_argument("folder", type=Path)
parser.add_argument("--source", type=Path)
parser.add_argument("--weights")
parser.add_argument("--images", type=int, default=213)
parser.add_argument("--tested", type=int, default=16)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=int(os.environ.get("BENCHMARK_THREADS", os.cpu_count() or 1)))
parser.add_argument("--official", action="store_true")
parser.add_argument("--side", default="torch", help="of the step `side`, which the script calls itself: torch or openvino")
parser.add_argument("--patchcore", default=str(HERE.parent.parent / ".build/release/patchcore"))
parser.add_argument("--program", default=str(HERE / ".build/release/images"))
arguments = parser.parse_args()
folder = arguments.folder.resolve()
train, test = folder / "parts/train/good", folder / "parts/test/good"


def make_images():
    import numpy as np
    from PIL import Image, ImageFilter

    random = np.random.default_rng(0)
    found = sorted(p for p in arguments.source.rglob("*") if p.suffix.lower() in (".png", ".jpg")) if arguments.source else []
    for number in range(arguments.images + arguments.tested):
        target = train if number < arguments.images else test
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"{number:04d}.png"
        if path.exists():
            continue
        if found:
            picture = Image.open(found[number % len(found)]).convert("RGB").resize((SIDE, SIDE), Image.BICUBIC)
            turns = number // len(found)
            picture = picture.rotate(90 * (turns % 4))
            if turns >= 4:
                picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
        else:
            coarse = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.BICUBIC).filter(ImageFilter.GaussianBlur(6))
        # A photograph has noise, and noise is what a PNG file spends its bytes and its decoder's time on.
        noisy = np.asarray(picture).astype(np.int16) + random.normal(0, 2, (SIDE, SIDE, 3)).round().astype(np.int16)
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path)


def patchcore(*command):
    subprocess.run([arguments.patchcore, *map(str, command), "--quiet", "--threads", str(arguments.threads)],
                   check=True, stdout=subprocess.DEVNULL)


def anomalib_model():
    in_turn.allow_torchvision()
    import torch
    from anomalib.models import Patchcore
    from safetensors import safe_open

    model = Patchcore(pre_trained=False, pre_processor=Patchcore.configure_pre_processor((224, 224)), evaluator=False,
                      visualizer=False)
    if arguments.weights:
        if arguments.weights.endswith(".safetensors"):
            from safetensors.torch import load_file

            state = load_file(arguments.weights)
        else:
            state = torch.load(arguments.weights, weights_only=True)
        model.model.feature_extractor.feature_extractor.load_state_dict(state, strict=False)
    with safe_open(str(folder / "model.safetensors"), "pt") as file:
        model.model.memory_bank = file.get_tensor("bank.vectors").clone()
    return model.eval()


def prepare():
    make_images()
    weights = arguments.weights or "random"
    (folder / "anomalib.yaml").write_text(
        "preset: anomalib\npreprocess: {resize: {height: 224, width: 224}}\nmap: {size: original}\n"
        "extractor: {kind: resnet, architecture: wide_resnet50_2, layers: [layer2, layer3]"
        + (", weights: random}\n" if weights == "random" else "}\n") + "subsampler: {fraction: 0.1}\n")
    given = [] if weights == "random" else ["--weights", weights]
    if not (folder / "model.safetensors").exists():
        patchcore("fit", folder / "anomalib.yaml", "--images", train, "-o", folder / "model.safetensors", *given)
    model = anomalib_model()
    print("bank:", *model.model.memory_bank.shape)
    model.to_torch(folder)
    # A fixed batch of one: with a dynamic one, this version of anomalib exports a model of two images.
    model.to_openvino(folder, input_size=(SIDE, SIDE), onnx_kwargs={"dynamic_axes": None, "opset_version": 18})


def side():
    """A peer: prints a line when it is ready, then answers `all` or the number of an image with seconds and score."""
    in_turn.allow_torchvision()
    import torch
    import torch.nn.functional as functional

    os.environ["TRUST_REMOTE_CODE"] = "1"
    from anomalib.data.utils import read_image
    from anomalib.deploy import OpenVINOInferencer, TorchInferencer

    torch.set_num_threads(arguments.threads)
    files = sorted(test.iterdir())

    def enlarged(maps):
        maps = torch.as_tensor(maps).float()
        maps = maps.reshape(-1, 1, *maps.shape[-2:])
        return functional.interpolate(maps, size=(SIDE, SIDE), mode="bilinear")

    if arguments.side == "torch":
        inferencer = TorchInferencer(folder / "weights/torch/model.pt", device="cpu")

        @torch.inference_mode()
        def one(file):
            found = inferencer.predict(str(file))
            enlarged(found.anomaly_map)
            return float(found.pred_score.flatten()[-1])

        @torch.inference_mode()
        def bulk():
            score = 0
            for start in range(0, len(files), 8):
                images = torch.stack([read_image(str(file), as_tensor=True) for file in files[start : start + 8]])
                found = inferencer.model(images)
                enlarged(found.anomaly_map)
                score = float(found.pred_score.flatten()[-1])
            return score

    else:
        import openvino

        path = folder / "weights/openvino/model.xml"
        os.chdir(folder)  # OpenVINO's cache
        settings = {"INFERENCE_NUM_THREADS": arguments.threads, "INFERENCE_PRECISION_HINT": "f32"}
        inferencer = OpenVINOInferencer(path, device="CPU", config=settings | {"PERFORMANCE_HINT": "LATENCY"})
        many = openvino.Core().compile_model(path, "CPU", settings | {"PERFORMANCE_HINT": "THROUGHPUT"})

        def one(file):
            found = inferencer.predict(str(file))
            enlarged(found.anomaly_map)
            return float(found.pred_score.flatten()[-1])

        def bulk():
            scores = {}

            def take(request, number):
                results = {next(iter(output.names)): request.get_tensor(output).data for output in request.model_outputs}
                enlarged(results["anomaly_map"].copy())
                scores[number] = float(results["pred_score"].flatten()[-1])

            queue = openvino.AsyncInferQueue(many)
            queue.set_callback(take)

            def read(file):
                return inferencer.pre_process(read_image(str(file), as_tensor=False))

            with ThreadPoolExecutor(4) as readers:
                for start in range(0, len(files), 8):
                    for number, image in enumerate(readers.map(read, files[start : start + 8]), start):
                        queue.start_async({0: image}, number)
                queue.wait_all()
            return scores[len(files) - 1]

    one(files[0])
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        score = bulk() if line.strip() == "all" else one(files[int(line)])
        print(time.perf_counter() - start, score, flush=True)


class Process:
    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        self.ready = self.process.stdout.readline().strip()
        if not self.ready:
            raise SystemExit(f"{' '.join(command)}: ended with status {self.process.wait()}")

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def machine(*packages):
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
    print(f"{name}, {os.cpu_count()} cores, {arguments.threads} threads; {versions}")


def predict():
    files = sorted(map(str, test.iterdir()))
    again = [sys.executable, __file__, "side", str(folder), "--threads", str(arguments.threads), "--side"]
    sides = {
        "patchcore": Process([arguments.program, str(folder / "model.safetensors"), str(arguments.threads), *files]),
        "anomalib, PyTorch": Process([*again, "torch"]),
        "anomalib, OpenVINO": Process([*again, "openvino"]),
    }
    machine("anomalib", "torch", "openvino")
    print(sides["patchcore"].ready)
    alone = {name: [] for name in sides}
    bulk = {name: [] for name in sides}
    for number in range(arguments.rounds):
        # In turn image by image: whatever else the machine does falls on all sides.
        for name, process in sides.items():
            bulk[name].append(process.ask("all") / len(files))
        for image in range(len(files)):
            for name, process in sides.items():
                alone[name].append(process.ask(image))
    for process in sides.values():
        process.close()
    print("| | ms per image, alone | of patchcore's time | ms per image, in bulk | of patchcore's time |")
    print("|---|---|---|---|---|")
    for name in sides:
        cells = []
        for seconds in (alone, bulk):
            cells.append(f"{1000 * statistics.median(seconds[name]):.1f}")
            cells.append(spread([a / b for a, b in zip(seconds[name], seconds["patchcore"])]))
        print("|", name, "|", " | ".join(cells), "|")


def fit():
    make_images()
    machine("torch")
    (folder / "official.yaml").write_text(
        "preset: official\nextractor: {kind: resnet, architecture: resnet18}\nsubsampler: {fraction: 0.1}\n")
    if not arguments.weights:
        raise SystemExit("fit needs --weights, a ResNet-18 that both sides read")
    seconds = []
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        patchcore("fit", folder / "official.yaml", "--images", train, "-o", folder / "official.safetensors", "--weights",
                  arguments.weights)
        seconds.append(time.perf_counter() - start)
    print(f"patchcore fit, {arguments.images} images, whole process: {spread(seconds)} s")
    if arguments.official:
        command = [sys.executable, str(HERE / "official_in_pytorch.py"), str(folder / "parts"), arguments.weights,
                   "--threads", str(arguments.threads)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["seconds"]
        theirs = found["embedding"] + found["coreset"]
        print(f"official numerics in PyTorch: {theirs:.1f} s, ratio {theirs / statistics.median(seconds):.1f}")


{"prepare": prepare, "predict": predict, "fit": fit, "side": side}[arguments.step]()
