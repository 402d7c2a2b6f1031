"""Compares trained networks on public photographs: the only data that chose between them.

    python probe.py --teacher resnet18.pth run/checkpoint.pt other/checkpoint.pt

The photographs come with scikit-image and scikit-learn. None is used in training, none is of an inspection data set.
Each makes two small inspection tasks: `surface` (good images are crops from one half, test images crops from the other)
and `part` (one region again and again, a little moved, turned and lit). Defects are drawn into 12 of 22 test images.
Printed: the error of the student's prediction of the teacher's features as a share of their variance, then, for the
teacher and for the student's features, the mean image and pixel AUROC over the tasks.
"""

import argparse
import os

import cv2
import draw
import numpy as np
import skimage.data
import sklearn.datasets
import torch
import torch.nn.functional as F
from export import round_weights
from network import Heads, Student, Teacher, normalised
from sklearn.metrics import roc_auc_score
from train import channel_statistics, forward, pooled

SIZE = 224
FITTED, GOOD, BAD = 8, 10, 12


def photographs():
    """Public photographs: uint8, RGB, the shorter side scaled to between 460 and 700 pixels."""
    folder = os.path.dirname(skimage.data.__file__)
    names = "brick grass gravel coins ihc moon page camera motorcycle_left retina hubble_deep_field chelsea coffee astronaut rocket"
    found = {}
    for name in names.split():
        path = next(p for p in (os.path.join(folder, name + e) for e in (".png", ".jpg")) if os.path.exists(p))
        found[name] = cv2.imread(path)[..., ::-1]
    samples = sklearn.datasets.load_sample_images()
    found.update((os.path.basename(path), picture) for path, picture in zip(samples.filenames, samples.images))
    for name, picture in found.items():
        side = min(picture.shape[:2])
        scale = min(max(side, 460), 700) / side
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        found[name] = cv2.resize(np.ascontiguousarray(picture), None, fx=scale, fy=scale, interpolation=method)
    return found


def crop(r, picture, half):
    """A crop from the left (0) or right (1) half."""
    h, w = picture.shape[:2]
    low = 0 if half == 0 else max(0, min(w // 2, w - SIZE))
    high = max(low, (w // 2 if half == 0 else w) - SIZE)
    x, y = int(r.integers(low, high + 1)), int(r.integers(0, h - SIZE + 1))
    return picture[y : y + SIZE, x : x + SIZE]


def moved(r, picture, centre):
    """The region around `centre`, a little moved, turned and lit."""
    turn = cv2.getRotationMatrix2D(centre, r.normal(0, 2), np.exp(r.normal(0, 0.02)))
    turn[:, 2] += SIZE / 2 - np.array(centre) + r.normal(0, 4, 2)
    region = cv2.warpAffine(picture, turn, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    lit = region * r.normal(1, 0.06) + r.normal(0, 2) + r.normal(0, 2, region.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


def damaged(r, picture, other):
    """A copy with a defect drawn into it, and the defect's mask."""
    picture = picture.astype(np.float32)
    at, radius = r.uniform(30, SIZE - 30, 2), np.exp(r.uniform(np.log(5), np.log(28)))
    kind = r.integers(6)
    points = at + (draw.curve(r, 4 * radius) if kind == 0 else draw.outline(r, radius, r.uniform(0, 6)))
    stamped = draw.stroked(SIZE, points, int(r.integers(1, 4))) if kind == 0 else draw.filled(SIZE, points)
    mask, box = np.zeros((SIZE, SIZE), np.uint8), stamped[1]
    mask[box] = stamped[0]
    alpha = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None] / np.float32(255)
    mean = picture[mask > 0].mean(0) if mask.any() else picture.mean((0, 1))
    if kind in (0, 1):  # scratch, stain
        fill = mean + r.choice([-1, 1]) * r.uniform(25, 70)
        alpha = alpha * np.float32(r.uniform(0.4, 1))
    elif kind == 2:  # foreign matter
        fill = crop(r, other, r.integers(2)).astype(np.float32)
    elif kind == 3:  # smeared
        fill = cv2.GaussianBlur(picture, (0, 0), r.uniform(2, 5))
    elif kind == 4:  # something displaced
        fill = np.roll(picture, tuple(int(k) for k in r.integers(-30, 31, 2)), (0, 1))
    else:  # missing
        fill = np.broadcast_to(mean, picture.shape)
    return np.clip(picture + alpha * (fill - picture), 0, 255).astype(np.uint8), mask > 127


def tasks(seed=7):
    """Name, images to fit, test images, masks."""
    pictures = photographs()
    names = sorted(pictures)
    for k, name in enumerate(names):
        picture, other = pictures[name], pictures[names[(k + 5) % len(names)]]
        for mode in ("surface", "part"):
            r = np.random.default_rng([seed, k, mode == "part"])
            h, w = picture.shape[:2]
            centre = (float(r.uniform(0.4, 0.6) * w), float(r.uniform(0.4, 0.6) * h))
            shot = (lambda half: crop(r, picture, half)) if mode == "surface" else (lambda half: moved(r, picture, centre))
            fitted = [shot(0) for _ in range(FITTED)]
            good = [shot(1) for _ in range(GOOD)]
            bad = [damaged(r, shot(1), other) for _ in range(BAD)]
            masks = [np.zeros((SIZE, SIZE), bool)] * GOOD + [m for _, m in bad]
            yield f"{name}/{mode}", np.stack(fitted), np.stack(good + [b for b, _ in bad]), np.stack(masks)


def embeddings(maps):
    """3 x 3 means of both layers on the finer grid, one row per patch."""
    second, third = (F.avg_pool2d(m, 3, 1, 1) for m in maps)
    third = F.interpolate(third, second.shape[2:], mode="bilinear", align_corners=False)
    joined = torch.cat([second, third], 1)
    return joined.permute(0, 2, 3, 1)


def aurocs(fitted, tests, masks, r):
    bank = embeddings(fitted).flatten(0, 2)
    bank = bank[torch.from_numpy(r.choice(len(bank), len(bank) // 10, replace=False))]
    rows = embeddings(tests)
    n, h, w, _ = rows.shape
    distances = torch.cat([torch.cdist(rows[i].flatten(0, 1), bank).min(1).values for i in range(n)]).view(n, 1, h, w)
    scores = distances.amax((1, 2, 3)).numpy()
    maps = F.interpolate(distances, masks.shape[1:], mode="bilinear", align_corners=False)[:, 0].numpy()
    maps = np.stack([cv2.GaussianBlur(m, (0, 0), 4) for m in maps])
    return roc_auc_score(masks.any((1, 2)), scores), roc_auc_score(masks[:, ::2, ::2].ravel(), maps[:, ::2, ::2].ravel())


class Candidate:
    """A trained network from a checkpoint, with averaged weights."""

    def __init__(self, path, teacher, form):
        saved = torch.load(path, weights_only=True)
        self.name, self.statistics = os.path.basename(os.path.dirname(os.path.abspath(path))), saved["statistics"]
        self.student = Student.of(saved["averaged"]).to(memory_format=torch.channels_last)
        if form:
            round_weights(self.student, form)
        self.heads = Heads(self.student, teacher)
        self.heads.load_state_dict(saved["heads"])
        self.heads.eval()
        self.trunk = channel_statistics(self.student, SIZE, 128)

    @torch.no_grad()
    def variants(self, x):
        trunk = [m.float() for m in self.student(x)]
        heads = self.heads(trunk)
        return {
            "trunk": [(m - mean) / deviation for m, (mean, deviation) in zip(trunk, self.trunk)],
            "heads": heads,
            "scaled": [m * deviation for m, (_, deviation) in zip(heads, self.statistics)],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--tasks", action="store_true", help="print every task")
    parser.add_argument("--rounding", choices=["float16", "int8"], help="round the weights as a file would")
    parser.add_argument("checkpoints", nargs="+")
    arguments = parser.parse_args()
    teacher = Teacher(arguments.teacher).eval()
    candidates = [Candidate(path, teacher, arguments.rounding) for path in arguments.checkpoints]
    results, shares = {}, {c.name: [] for c in candidates}
    for name, fitted, tests, masks in tasks():
        x = normalised(torch.from_numpy(np.concatenate([fitted, tests])))
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            target = [m.float() for m in teacher(x)]
        every = {"teacher": target}
        for c in candidates:
            found = c.variants(x)
            every.update({f"{c.name} {kind}": maps for kind, maps in found.items()})
            share = []
            for head, t, (mean, deviation) in zip(found["heads"], target, c.statistics):
                t, p = (pooled(m) - pooled(m).mean((0, 2, 3), keepdim=True) for m in ((t - mean) / deviation, head))
                share.append(((p - t).square().mean() / t.square().mean()).item())
            shares[c.name].append(share)
        for kind, maps in every.items():
            found = aurocs([m[:FITTED] for m in maps], [m[FITTED:] for m in maps], masks, np.random.default_rng(0))
            results.setdefault(kind, []).append(found)
            if arguments.tasks:
                print(f"{name:28s} {kind:24s} {found[0]:.4f} {found[1]:.4f}")
    for c in candidates:
        print(f"{c.name}: error as a share of the variance within a task, layer2, layer3:", np.round(np.mean(shares[c.name], 0), 4))
    for kind, found in results.items():
        print(f"{kind:28s} image AUROC {np.mean(found, 0)[0]:.4f}  pixel AUROC {np.mean(found, 0)[1]:.4f}")


if __name__ == "__main__":
    main()
