"""Times a backbone on this package and on its peers, in turn on the same machine, one image at a time.

WideResNet-50-2 up to layer 3 with random weights, its layers 2 and 3 as float32 arrays, on images of random numbers.
Needs openvino, onnxruntime, torch, torchvision, onnx and numpy, and this package's program:

    swift build -c release --product networks
    python network_peers.py --program .build/release/networks --threads 1
    python network_peers.py --program .build/release/networks --threads 2

Each round runs every contender once, so that whatever else the machine does falls on all of them. Printed are medians
of wall and processor time, and the median over the rounds of each contender's time divided by the peer's in the same
round, with the range of the middle eight tenths. --json FILE keeps every round. Weights and images differ from side to side; no time depends on them.
"""

import argparse
import io
import json
import os
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

import numpy as np  # noqa: E402

import in_turn  # noqa: E402

try:
    torch, torchvision = in_turn.need("torch"), in_turn.need("torchvision")
except in_turn.Missing as missing:
    in_turn.title("Networks")
    sys.exit(f"Not measured: {missing}")
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
wanted = options.peers.split(",")
missing_peers = []


def peer(name):
    """The module of a peer that is asked for, or nothing."""
    try:
        return in_turn.need(name) if name in wanted else None
    except in_turn.Missing as missing:
        missing_peers.append(f"Not measured: {missing}.")
        return None


openvino, onnxruntime = peer("openvino"), peer("onnxruntime")
if openvino:
    converted = openvino.convert_model(model, example_input=image, input=[1, 3, options.size, options.size])
    core = openvino.Core()
    for precision in ["f32", "bf16"]:
        request = core.compile_model(
            converted, "CPU",
            {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY",
             "INFERENCE_NUM_THREADS": options.threads}).create_infer_request()
        request.set_input_tensor(openvino.Tensor(pixels, shared_memory=True))
        contenders[f"openvino {precision}"] = request.infer

if onnxruntime:
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
        raise in_turn.Missing(f"{precision} with {convolution} convolutions; the networks program ended, see its message")
    return json.loads(answer)


OURS = {
    "patchcore float32 direct": ("float32", "direct"), "patchcore float32 fastest": ("float32", "fastest"),
    "patchcore bfloat16 direct": ("bfloat16", "direct"), "patchcore bfloat16 fastest": ("bfloat16", "fastest"),
    "patchcore int8": ("int8", "direct"),
}
# Each of ours, the peer whose time counts, and the share of it that is wanted at most.
TARGETS = [
    ("patchcore float32 fastest", "openvino f32", 0.9), ("patchcore bfloat16 fastest", "openvino bf16", 0.95),
    ("patchcore int8", "openvino bf16", 0.55),
]


def main():
    timers = {name: (lambda body=body: timed(body)) for name, body in contenders.items()}
    timers |= {name: (lambda setting=setting: ours(*setting)) for name, setting in OURS.items()}
    for timer in timers.values():
        for _ in range(3):
            timer()
    rounds = []
    for _ in range(options.rounds):
        taken = {}
        for name, timer in timers.items():
            time.sleep(in_turn.PAUSE)
            taken[name] = timer()
        rounds.append(taken)
    program.stdin.close()
    program.wait()

    def shares(name, peer, kind):
        return in_turn.middle([taken[name][kind] / taken[peer][kind] for taken in rounds])

    in_turn.title(
        f"Networks: WideResNet-50-2 to layer 3, {options.size} x {options.size}, one image, {options.threads} thread(s)")
    columns = [name for name in ("openvino f32", "openvino bf16") if name in timers]
    print("| | wall ms | processor ms | " + " | ".join(f"wall, of {name} (range)" for name in columns) + " |")
    print("|---|---|---|" + "---|" * len(columns))
    for name in timers:
        row = [f"{in_turn.middle([r[name][kind] for r in rounds])[0] * 1000:.2f}" for kind in ("wall", "processor")]
        row += ["{:.3f} ({:.3f} to {:.3f})".format(*shares(name, column, "wall")) for column in columns]
        print(f"| {name} | " + " | ".join(row) + " |")
    print("\n" + " ".join([f"{options.rounds} rounds.", *missing_peers]))
    for name, peer, most in TARGETS:
        if peer in timers:
            value, low, high = shares(name, peer, "wall")
            in_turn.target(
                f"network, {options.threads} thread(s), time of {name} as a share of {peer}", value, most, least=False,
                range=[low, high])
    print(f"\n{in_turn.machine()}; {in_turn.versions('openvino', 'onnxruntime', 'torch')}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"threads": options.threads, "rounds": rounds}, file)


in_turn.main(main)
