"""Times whole images, PNG file of 1024x1024 to score and map of 1024x1024, beside anomalib in PyTorch and OpenVINO.

    python whole_images.py prepare FOLDER [--source DIR] [--weights FILE] [--images 213]
    python whole_images.py predict FOLDER [--rounds 5]
    python whole_images.py fit FOLDER --weights RESNET18 [--rounds 3] [--official]

`prepare` makes the images (enlarged from those of --source with the noise of a sensor, or drawn), fits WideResNet50-2,
layers 2 and 3, 224x224, 10% coreset, preset `anomalib`, with random weights unless --weights names torchvision's, and
gives anomalib a bank of the same rows. `predict` runs all sides in turn: each is a process that stays in memory; it
first scores one image that does not count, then images one at a time, then all images in bulk. Of anomalib that is its
TorchInferencer, in bulk in batches of eight; and the model that it exports to OpenVINO through its
OpenVINOInferencer, in bulk through an AsyncInferQueue compiled for throughput, with four threads that decode.
anomalib's maps have the network's size and are enlarged to the image's, bilinear, in the time. `fit` times
`patchcore fit` with ResNet-18, preset `official`, 10%; --official runs official_in_pytorch.py once beside it, which
takes minutes.

Needs the peers (anomalib[openvino], which brings onnxscript, torch, Pillow, safetensors) and the programs `patchcore`
(`swift build -c release`) and `images` (in this folder: `swift build -c release --product images`).
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("step", choices=["prepare", "predict", "fit", "side"])
parser.add_argument("folder", type=Path)
parser.add_argument("--source", type=Path)
parser.add_argument("--weights")
parser.add_argument("--images", type=int, default=213)
parser.add_argument("--tested", type=int, default=16)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--official", action="store_true")
parser.add_argument("--side", default="torch", help="of the step `side`, which the script calls: torch or openvino")
arguments = in_turn.parsed(parser)

import data  # noqa: E402

SIDE = 1024
folder = arguments.folder.resolve()
parts, model = folder / "parts", folder / "model.safetensors"
train, test = parts / "train/good", parts / "test/good"
# Where anomalib's exports go, the one for OpenVINO last.
TORCH, EXPORTED = folder / "weights/torch/model.pt", folder / "weights/openvino/model.xml"


def make_images():
    import numpy as np
    from PIL import Image, ImageFilter

    random = np.random.default_rng(0)
    files = arguments.source.rglob("*") if arguments.source else []
    found = sorted(path for path in files if path.suffix.lower() in (".png", ".jpg"))
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


def anomalib_model():
    from anomalib.models import Patchcore
    from safetensors import safe_open

    made = Patchcore(pre_trained=False, pre_processor=Patchcore.configure_pre_processor((224, 224)), evaluator=False,
                     visualizer=False)
    if arguments.weights:
        made.model.feature_extractor.feature_extractor.load_state_dict(
            data.state_dict(arguments.weights), strict=False)
    with safe_open(str(model), "pt") as file:
        made.model.memory_bank = file.get_tensor("bank.vectors").clone()
    return made.eval()


def patchcore(*command):
    data.patchcore(*command, threads=arguments.threads)


def prepare():
    in_turn.need("openvino", "onnxscript", "anomalib")
    make_images()
    in_turn.title(f"Whole images: {arguments.images} of {SIDE} x {SIDE} to fit, {arguments.tested} to inspect")
    weights, description = arguments.weights or "random", folder / "anomalib.yaml"
    description.write_text(
        "preset: anomalib\npreprocess: {resize: {height: 224, width: 224}}\nmap: {size: original}\n"
        "extractor: {kind: resnet, architecture: wide_resnet50_2, layers: [layer2, layer3]"
        + (", weights: random}\n" if weights == "random" else "}\n") + "subsampler: {fraction: 0.1}\n")
    given = [] if weights == "random" else ["--weights", weights]
    patchcore("fit", description, "--images", train, "-o", model, *given)
    theirs = anomalib_model()
    rows, dimension = theirs.model.memory_bank.shape
    print(f"Both sides have a bank of {rows:,} rows of {dimension} numbers, the same.")
    with contextlib.redirect_stdout(io.StringIO()):
        theirs.to_torch(folder)
        # A fixed batch of one: with a dynamic one, this version of anomalib exports a model of two images.
        theirs.to_openvino(folder, input_size=(SIDE, SIDE), onnx_kwargs={"dynamic_axes": None, "opset_version": 18})


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
        inferencer = TorchInferencer(TORCH, device="cpu")

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

        os.chdir(folder)  # OpenVINO's cache
        settings = {"INFERENCE_NUM_THREADS": arguments.threads, "INFERENCE_PRECISION_HINT": "f32"}
        inferencer = OpenVINOInferencer(EXPORTED, device="CPU", config=settings | {"PERFORMANCE_HINT": "LATENCY"})
        many = openvino.Core().compile_model(EXPORTED, "CPU", settings | {"PERFORMANCE_HINT": "THROUGHPUT"})

        def one(file):
            found = inferencer.predict(str(file))
            enlarged(found.anomaly_map)
            return float(found.pred_score.flatten()[-1])

        def bulk():
            scores = {}

            def take(request, number):
                results = {next(iter(output.names)): request.get_tensor(output).data
                           for output in request.model_outputs}
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


def predict():
    files = sorted(map(str, test.iterdir())) if test.is_dir() else []
    if not (files and model.exists() and EXPORTED.exists()):
        raise in_turn.Missing("the step `prepare` has not made images, a model and its exports")
    again = [sys.executable, __file__, "side", folder, "--threads", arguments.threads]
    in_turn.need("openvino", "anomalib")
    quiet = {"stderr": subprocess.DEVNULL}
    sides = {
        "patchcore": in_turn.Program(in_turn.built("images"), model, arguments.threads, *files),
        "anomalib, PyTorch": in_turn.Program(*again, "--side", "torch", **quiet),
        "anomalib, OpenVINO": in_turn.Program(*again, "--side", "openvino", **quiet),
    }
    image = {name: 0 for name in sides}

    def alone(name):
        # In turn image by image: whatever else the machine does falls on all sides.
        image[name] = (image[name] + 1) % len(files)
        return sides[name](image[name])

    for kind, side, rounds in (
            ("one at a time", alone, arguments.rounds * len(files)),
            ("in bulk", lambda name: sides[name]("all") / len(files), arguments.rounds)):
        in_turn.title(f"Whole images {kind}: PNG file of {SIDE} x {SIDE} to score and map, 10% bank")
        seconds = in_turn.run({name: lambda name=name: side(name) for name in sides}, rounds)
        found = in_turn.table(seconds, note=f"Per image; {rounds} rounds. Ours: {sides['patchcore'].ready}.")
        for name, least in (("anomalib, PyTorch", 3), ("anomalib, OpenVINO", 1.5)):
            in_turn.target(f"images {kind}, times as fast as {name}", found[name][0], least, range=found[name][1:])
    for process in sides.values():
        process.close()
    in_turn.closing(arguments.threads, "anomalib", "torch", "openvino")


def fit():
    if not arguments.weights:
        raise SystemExit("fit needs --weights, a ResNet-18 that both sides read")
    make_images()
    count = len(list(train.iterdir()))
    in_turn.title(f"Fit: {count} images of {SIDE} x {SIDE}, ResNet-18, 10%, whole process")
    config = folder / "official.yaml"
    config.write_text(
        "preset: official\nextractor: {kind: resnet, architecture: resnet18}\nsubsampler: {fraction: 0.1}\n")
    work = in_turn.timed(lambda: patchcore(
        "fit", config, "--images", train, "-o", folder / "official.safetensors", "--weights", arguments.weights))
    seconds = in_turn.run({"patchcore": work}, arguments.rounds, warm=0)["patchcore"]
    value, low, high = in_turn.middle(seconds)
    print(f"patchcore: {in_turn.duration(value)} ({in_turn.duration(low)} to {in_turn.duration(high)}), "
          f"{len(seconds)} round{'s' if len(seconds) > 1 else ''}.")
    in_turn.record("fit", images=count, threads=arguments.threads, seconds=value)
    if arguments.official:
        in_turn.need("torch", "torchvision", "faiss", "PIL.Image", "scipy.ndimage")
        command = [sys.executable, in_turn.HERE / "official_in_pytorch.py", parts, arguments.weights,
                   "--threads", str(arguments.threads), "--picks", "1000"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["seconds"]
        theirs = found["embedding"] + found["coreset"]
        print(f"\nOfficial numerics in PyTorch, once: {theirs:.1f} s, of which the coreset "
              f"{found['coreset']:.1f} s: 1,000 picks, and the others counted as long as these. The start of Python "
              "and its imports are not counted.")
        in_turn.target("fit, times as fast as the official numerics in PyTorch", theirs / value, 40,
                       range=[theirs / high, theirs / low])
    in_turn.closing(arguments.threads, "torch", "faiss-cpu")


STEPS = {"prepare": prepare, "predict": predict, "fit": fit, "side": side}
in_turn.main(STEPS[arguments.step])
