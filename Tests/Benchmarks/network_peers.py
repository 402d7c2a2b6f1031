"""Times a backbone on this package and on its peers, in turn on the same machine, one image at a time.

WideResNet-50-2 up to layer 3 with random weights, its layers 2 and 3 as float32 arrays, on images of random numbers.
Needs openvino, onnxruntime, torch, torchvision, onnx and numpy, and this folder's program `networks`:

    swift build -c release --product networks
    python network_peers.py [--threads 1] [--rounds 40]

Printed are medians of wall and processor time, and the median over the rounds of each contender's time divided by the
peer's in the same round, with the range. --json FILE keeps every round. Weights and images differ from side to side; no
time depends on them.
"""

import io
import json
import time

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--rounds", type=int, default=40)
parser.add_argument("--size", type=int, default=224)
parser.add_argument("--peers", default="openvino,onnxruntime,pytorch", help="comma-separated")
parser.add_argument("--json")
options = in_turn.parsed(parser)
wanted = options.peers.split(",")


def backbone(torch, torchvision):
    """Layers 2 and 3, nothing behind them."""

    class Backbone(torch.nn.Module):
        def __init__(self):
            super().__init__()
            network = torchvision.models.wide_resnet50_2(weights=None)
            self.stem = torch.nn.Sequential(
                network.conv1, network.bn1, network.relu, network.maxpool, network.layer1)
            self.layer2, self.layer3 = network.layer2, network.layer3

        def forward(self, image):
            second = self.layer2(self.stem(image))
            return second, self.layer3(second)

    return Backbone().eval()


def in_openvino(openvino, model, image, pixels):
    size = [1, 3, options.size, options.size]
    converted = openvino.convert_model(model, example_input=image, input=size)
    core = openvino.Core()
    for precision in ["f32", "bf16"]:
        request = core.compile_model(
            converted, "CPU",
            {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY",
             "INFERENCE_NUM_THREADS": options.threads}).create_infer_request()
        request.set_input_tensor(openvino.Tensor(pixels, shared_memory=True))
        yield f"openvino {precision}", request.infer


def in_onnxruntime(onnxruntime, torch, model, image, pixels):
    file = io.BytesIO()
    torch.onnx.export(model, (image,), file, input_names=["image"], dynamo=False)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = onnxruntime.InferenceSession(file.getvalue(), settings, providers=["CPUExecutionProvider"])
    yield "onnxruntime f32", lambda: session.run(None, {"image": pixels})


def in_pytorch(torch, model, image):
    with torch.inference_mode():
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, image)))

    def work(bfloat16):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            return (model if bfloat16 else frozen)(image)

    yield "pytorch f32", lambda: work(False)
    yield "pytorch bf16", lambda: work(True)


def peers():
    """Functions that compute the image, by name, and lines on those that are not there."""
    found, missing = {}, []
    try:
        torch, torchvision = in_turn.need("torch"), in_turn.need("torchvision")
    except in_turn.Missing as error:
        return found, [f"Not measured: {error}."]
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model, image = backbone(torch, torchvision), torch.randn(1, 3, options.size, options.size)
    makers = {
        "openvino": lambda: in_openvino(in_turn.need("openvino"), model, image, image.numpy()),
        "onnxruntime": lambda: in_onnxruntime(in_turn.need("onnx", "onnxruntime"), torch, model, image, image.numpy()),
        "pytorch": lambda: in_pytorch(torch, model, image),
    }
    for name, make in makers.items():
        try:
            found |= dict(make()) if name in wanted else {}
        except in_turn.Missing as error:
            missing.append(f"Not measured: {error}.")
    return found, missing


def timed(body):
    """A side: seconds of wall time and of processor time."""

    def side():
        wall, processor = time.perf_counter(), time.process_time()
        body()
        return {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}

    return side


def ours(program, precision, convolution):
    setting = json.dumps({
        "network": "wide_resnet50_2", "precision": precision, "convolution": convolution,
        "threads": options.threads, "batch": 1, "size": options.size, "runs": 1})
    return lambda: json.loads(program.ask(setting))


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
    in_turn.title(f"Networks: WideResNet-50-2 to layer 3, {options.size} x {options.size}, one image, "
                  f"threads: {options.threads}")
    program = in_turn.Program(in_turn.built("networks"), "--serve", greets=False)
    contenders, missing = peers()
    sides = {name: timed(body) for name, body in contenders.items()}
    sides |= {name: ours(program, *setting) for name, setting in OURS.items()}
    rounds = in_turn.run(sides, options.rounds, warm=3)
    program.close()

    def shares(name, peer, kind):
        return in_turn.middle([mine[kind] / theirs[kind] for mine, theirs in zip(rounds[name], rounds[peer])])

    columns = [name for name in ("openvino f32", "openvino bf16") if name in sides]
    print("| | " + " | ".join(["wall ms", "processor ms"] + [f"wall, of {name} (range)" for name in columns]) + " |")
    print("|---|---|---|" + "---|" * len(columns))
    for name in sides:
        medians = {kind: in_turn.middle([taken[kind] for taken in rounds[name]])[0] for kind in ("wall", "processor")}
        row = [f"{1000 * value:.2f}" for value in medians.values()]
        row += ["{:.3f} ({:.3f} to {:.3f})".format(*shares(name, column, "wall")) for column in columns]
        print(f"| {name} | " + " | ".join(row) + " |")
        in_turn.record("network", side=name, threads=options.threads, size=options.size, seconds=medians["wall"])
    print("\n" + " ".join([f"{options.rounds} rounds.", *missing]))
    for name, peer, most in TARGETS:
        if peer in sides:
            value, low, high = shares(name, peer, "wall")
            in_turn.target(f"time of {name} as a share of {peer}, threads: {options.threads}", value, most,
                           least=False, range=[low, high])
    in_turn.closing(options.threads, "openvino", "onnxruntime", "torch")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"threads": options.threads, "rounds": rounds}, file)


if __name__ == "__main__":
    in_turn.main(main)
