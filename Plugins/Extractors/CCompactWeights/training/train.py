"""Distils layers 2 and 3 of a torchvision ResNet into the compact network, on drawn images alone.

    python train.py --teacher resnet18.pth --out run

Everything goes into the folder `--out`: `checkpoint.pt` (what is needed to go on), `log.jsonl` (a line every 100
steps). Run the same command again and it goes on where it stopped; with a larger `--images`, it trains longer. One
process draws and asks the teacher, one trains the student, each on one thread.
"""

import argparse
import json
import os
import time

import draw
import torch
import torch.nn.functional as F
from network import Heads, Student, Teacher, normalised

# Drawn with another seed than any training image: for the error in the log.
HELD_OUT_SEED = 1 << 32


def images_in(arguments, step):
    """Size and number of a batch's images: the sizes take turns, and a batch of larger images has fewer of them."""
    size = arguments.sizes[step % len(arguments.sizes)]
    return size, max(1, round(arguments.batch * (min(arguments.sizes) / size) ** 2))


class Drawn(torch.utils.data.Dataset):
    """Batches of drawn images with the teacher's maps; the batch of a step is the same in every run."""

    def __init__(self, teacher, arguments, first, last):
        self.teacher, self.arguments, self.first, self.last = teacher, arguments, first, last

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, k):
        torch.set_num_threads(1)
        step, arguments = self.first + k, self.arguments
        size, count = images_in(arguments, step)
        drawn = [draw.image(arguments.seed, step * arguments.batch + i, size) for i in range(count)]
        images = torch.stack([torch.from_numpy(d) for d in drawn])
        with torch.no_grad():
            return images, forward(self.teacher, normalised(images))


def forward(network, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return [y.float() for y in network(x)]


def pooled(x):
    """What PatchCore sees of a map: the mean of 3 x 3 positions, padding left out."""
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def channel_statistics(network, size, count):
    """Mean and deviation of each channel of each map, over drawn images."""
    drawn = [torch.from_numpy(draw.image(HELD_OUT_SEED, k, size)) for k in range(count)]
    with torch.no_grad():
        maps = zip(*[forward(network, normalised(torch.stack(drawn[k : k + 32]))) for k in range(0, count, 32)])
    result = []
    for layer in maps:
        layer = torch.cat(layer)
        deviation = layer.std((0, 2, 3), keepdim=True)
        # A channel that is nearly always 0 would otherwise count as much as the others.
        result.append((layer.mean((0, 2, 3), keepdim=True), deviation + 0.1 * deviation.mean()))
    return result


def errors(arguments, predicted, target):
    """For each layer: the mean squared error of all, and of what varies within an image, as a share of its variance."""
    everything, within = [], []
    for p, t in zip(predicted, target):
        if arguments.pooled:
            p, t = pooled(p), pooled(t)
        everything.append(F.mse_loss(p, t))
        t = t - t.mean((2, 3), keepdim=True)
        p = p - p.mean((2, 3), keepdim=True)
        variance = t.square().mean((1, 2, 3))
        within.append(((p - t).square().mean((1, 2, 3)) / (variance + 0.05)).mean())
    return everything, within


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True, help="a checkpoint of a torchvision ResNet, .pth or .safetensors")
    parser.add_argument("--out", required=True, help="the folder of this run")
    parser.add_argument("--steps", type=int, default=10_000, help="batches in all (default 10000)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 224], help="sizes drawn in turn (default 128 224)")
    parser.add_argument("--batch", type=int, default=32, help="images of the smallest size in a batch (default 32)")
    parser.add_argument("--rate", type=float, default=3e-3, help="the highest learning rate (default 0.003)")
    parser.add_argument("--within", type=float, default=0.5, help="weight of the error within images (default 0.5)")
    parser.add_argument("--pooled", type=int, default=1, help="1: compare 3 x 3 means; 0: single positions (default 1)")
    parser.add_argument("--decay", type=float, default=0.3, help="the share of steps in which the rate falls (default 0.3)")
    parser.add_argument("--averaging", type=float, default=0.999, help="decay of the averaged weights (default 0.999)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw (default 1)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the process that trains (default 1)")
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)

    teacher = Teacher(arguments.teacher).eval()
    student = Student().to(memory_format=torch.channels_last)
    heads = Heads(student, teacher).to(memory_format=torch.channels_last)
    statistics = channel_statistics(teacher, max(arguments.sizes), 256)
    parameters = [*student.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=arguments.rate, weight_decay=1e-4)
    averaged = {name: value.clone() for name, value in student.state_dict().items()}
    steps, step, seconds = arguments.steps, 0, 0.0

    path = os.path.join(arguments.out, "checkpoint.pt")
    settings = {k: v for k, v in vars(arguments).items() if k not in ("teacher", "out", "steps", "decay", "workers", "threads")}
    if os.path.exists(path):
        saved = torch.load(path, weights_only=True)
        if saved["settings"] != settings:
            raise SystemExit(f"{path} is of another run: {saved['settings']}, asked for {settings}; choose another --out")
        student.load_state_dict(saved["student"])
        heads.load_state_dict(saved["heads"])
        optimiser.load_state_dict(saved["optimiser"])
        averaged, step, seconds = saved["averaged"], saved["step"], saved["seconds"]
        statistics = saved["statistics"]
        print(f"goes on after {step} of {steps} steps")

    def save():
        state = {
            "settings": settings, "step": step, "seconds": seconds, "student": student.state_dict(), "averaged": averaged,
            "heads": heads.state_dict(), "optimiser": optimiser.state_dict(), "statistics": statistics,
        }
        torch.save(state, path + ".part")
        os.replace(path + ".part", path)

    def log(record):
        with open(os.path.join(arguments.out, "log.jsonl"), "a") as file:
            file.write(json.dumps(record) + "\n")
        print(json.dumps(record), flush=True)

    def standardised(maps):
        return [(m - mean) / deviation for m, (mean, deviation) in zip(maps, statistics)]

    batches = torch.utils.data.DataLoader(
        Drawn(teacher, arguments, step, steps), batch_size=None, num_workers=arguments.workers,
        prefetch_factor=8 if arguments.workers else None)
    sums, start = torch.zeros(4), time.time()
    for images, maps in batches:
        rate = arguments.rate * min(1, (step + 1) / 300, (steps - step) / (steps * arguments.decay))
        for group in optimiser.param_groups:
            group["lr"] = rate
        x = normalised(images)
        everything, within = errors(arguments, forward(lambda x: heads(student(x)), x), standardised(maps))
        loss = sum(everything) + arguments.within * sum(within)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 2.0)
        optimiser.step()
        step += 1
        decay = min(arguments.averaging, step / (step + 9))
        for name, value in student.state_dict().items():
            if value.dtype.is_floating_point:
                averaged[name].lerp_(value, 1 - decay)
        sums += torch.tensor([e.item() for e in everything + within])
        if step % 100 == 0 or step == steps:
            seconds, start = seconds + time.time() - start, time.time()
            count = 100 if step % 100 == 0 else step % 100
            means = [round(v, 4) for v in (sums / count).tolist()]
            log({"step": step, "seconds": round(seconds), "rate": round(rate, 6),
                 "layer2": means[0], "layer3": means[1], "within2": means[2], "within3": means[3]})
            sums.zero_()
        if step % 500 == 0 or step == steps:
            save()


if __name__ == "__main__":
    main()
