"""Times a backbone on this package and on its peers, in turn on the same machine, one image at a time.

WideResNet-50-2 up to layer 3 with random weights, its layers 2 and 3 as float32 arrays, on images of random numbers.
Needs openvino, onnxruntime, torch, torchvision, onnx and numpy, and this package's program:

    swift build -c release --product networks
    python network_peers.py --program .build/release/networks --threads 1
    python network_peers.py --program .build/release/networks --threads 2

Each round runs every contender once, so that whatever else the machine does falls on all of them. Printed are medians
of wall and processor time, and the median over the rounds of each contender's time divided by the peer's in the same
round. --json FILE keeps every round. Weights and images differ from side to side; no time depends on them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--program", required=True, help="the built networks program")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=40)
parser.add_argument("--size", type=int, default=224)
parser.add_argument("--peers", default="openvino,onnxruntime,pytorch", help="comma-separated")
parser.add_argument("--json")
options = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(options.threads)

import numpy as np
import torch

# Some builds of torchvision come without their native operators; networks need none of them.
library = torch.library.Library("torchvision", "DEF")
for operator in ["nms(Tensor a, Tensor b, float c) -> Tensor", "qnms(Tensor a, Tensor b, float c) -> Tensor"]:
    try:
        library.define(operator)
    except RuntimeError:
        pass
import torchvision

torch.set_num_threads(options.threads)
torch.manual_seed(0)


class Backbone(torch.nn.Module):
    """Layers 2 and 3, nothing behind them."""

    def __init__(self):
        super().__init__()
        network = torchvision.models.wide_resnet50_2(weights=None)
        self.stem = torch.nn.Sequential(
            network.conv1, network.bn1, network.relu, network.maxpool, network.layer1)
        self.layer2, self.layer3 = network.layer2, network.layer3

    def forward(self, image):
        second = self.layer2(self.stem(image))
        return second, self.layer3(second)


model = Backbone().eval()
image = torch.randn(1, 3, options.size, options.size)
pixels = image.numpy()
contenders = {}
versions = {"torch": torch.__version__, "python": platform.python_version()}
wanted = options.peers.split(",")

if "openvino" in wanted:
    import openvino

    versions["openvino"] = openvino.__version__
    converted = openvino.convert_model(model, example_input=image, input=[1, 3, options.size, options.size])
    core = openvino.Core()
    for precision in ["f32", "bf16"]:
        request = core.compile_model(
            converted, "CPU",
            {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY",
             "INFERENCE_NUM_THREADS": options.threads}).create_infer_request()
        request.set_input_tensor(openvino.Tensor(pixels, shared_memory=True))
        contenders[f"openvino {precision}"] = request.infer

if "onnxruntime" in wanted:
    import io

    import onnxruntime

    versions["onnxruntime"] = onnxruntime.__version__
    file = io.BytesIO()
    torch.onnx.export(model, (image,), file, input_names=["image"], dynamo=False)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(file.getvalue(), settings, providers=["CPUExecutionProvider"])
    contenders["onnxruntime f32"] = lambda: session.run(None, {"image": pixels})

if "pytorch" in wanted:
    with torch.inference_mode():
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, image)))

    def run_pytorch(bfloat16):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            return (model if bfloat16 else frozen)(image)

    contenders["pytorch f32"] = lambda: run_pytorch(False)
    contenders["pytorch bf16"] = lambda: run_pytorch(True)


def timed(body):
    """Seconds of wall time and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    body()
    return {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}


program = subprocess.Popen([options.program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ours(precision, convolution):
    setting = {
        "network": "wide_resnet50_2", "precision": precision, "convolution": convolution,
        "threads": options.threads, "batch": 1, "size": options.size, "runs": 1}
    print(json.dumps(setting), file=program.stdin, flush=True)
    answer = program.stdout.readline()
    if not answer:
        sys.exit("the networks program ended; see its message above")
    return json.loads(answer)


timers = {name: (lambda body=body: timed(body)) for name, body in contenders.items()}
for precision, convolution in [
    ("float32", "direct"), ("float32", "winograd"), ("bfloat16", "direct"), ("int8", "direct")]:
    timers[f"patchcore {precision} {convolution}"] = (
        lambda precision=precision, convolution=convolution: ours(precision, convolution))

for timer in timers.values():
    for _ in range(3):
        timer()
rounds = []
for _ in range(options.rounds):
    taken = {}
    for name, timer in timers.items():
        # Threads that another side left spinning go to sleep first.
        time.sleep(0.01)
        taken[name] = timer()
    rounds.append(taken)
program.stdin.close()
program.wait()


def median(values):
    return float(np.median(values))


processor_name = next(
    (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
print(f"{processor_name}, {options.threads} thread(s), {options.rounds} rounds, {options.size} x {options.size}, "
      + ", ".join(f"{name} {version}" for name, version in sorted(versions.items())))
columns = [name for name in ["openvino f32", "openvino bf16"] if name in timers]
print("| contender | wall ms | processor ms | " + " | ".join(f"wall (processor) of {name}" for name in columns) + " |")
print("|---|---|---|" + "---|" * len(columns))
for name in timers:
    row = [f"{median([r[name][kind] for r in rounds]) * 1000:.2f}" for kind in ["wall", "processor"]]
    for column in columns:
        ratios = [median([r[name][kind] / r[column][kind] for r in rounds]) for kind in ["wall", "processor"]]
        row.append(f"{ratios[0]:.3f} ({ratios[1]:.3f})")
    print(f"| {name} | " + " | ".join(row) + " |")
if options.json:
    with open(options.json, "w") as file:
        json.dump({"versions": versions, "machine": processor_name, "threads": options.threads, "rounds": rounds}, file)
