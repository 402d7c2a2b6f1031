"""Stages beside what a Python program would use, on the same input.

Decoding and resizing beside Pillow, patches and maps beside PyTorch and SciPy, metrics beside scikit-learn and
anomalib.

    python stages.py [--rounds 15] [--threads 2]
"""

import in_turn

parser = in_turn.parser(__doc__)
parser.add_argument("--rounds", type=int, default=15)
options = in_turn.parsed(parser)

import numpy as np  # noqa: E402

import data  # noqa: E402
from in_turn import Missing, need, timed  # noqa: E402

generator = np.random.default_rng(0)


def compare(title, program, peers, note, rounds=None):
    """One table: our stage and its peers. `program` is what to start; `peers` name functions that make a side.

    Rounds are never more than --rounds.
    """
    in_turn.title(title)
    try:
        ours = in_turn.program("stages", *program, threads=options.threads)
    except Missing as missing:
        print(f"Not measured: {missing}")
        return {}
    sides = {"patchcore": ours}
    for name, make in peers.items():
        try:
            sides[name] = timed(make())
        except Missing as missing:
            print(f"Not measured: {missing}\n")
    if len(sides) > 1:
        ratios = in_turn.table(in_turn.run(sides, min(rounds or options.rounds, options.rounds)), note=note)
        for name, (value, low, high) in ratios.items():
            in_turn.record(f"{title}, times as long as ours: {name}", value=value, range=[low, high])
    ready = ours.ready
    ours.close()
    return ready


def files():
    """One large image as PNG and as JPEG: real pixels, made 1024 x 1024."""
    Image = need("PIL.Image")
    folder = in_turn.WORK / f"stages-{data.kind()}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "large.jpg").exists():
        first = sorted(data.images(8).iterdir())[0]
        picture = Image.open(first).convert("RGB").resize((1024, 1024), Image.BICUBIC)
        noisy = np.asarray(picture, np.int16) + generator.integers(-3, 4, (1024, 1024, 3))
        picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        picture.save(folder / "large.png")
        picture.save(folder / "large.jpg", quality=92)
    return folder


def decoding(folder, suffix):
    def pillow():
        Image = need("PIL.Image")
        return lambda: np.asarray(Image.open(folder / f"large.{suffix}").convert("RGB"))

    def opencv():
        cv2 = need("cv2")
        cv2.setNumThreads(options.threads)
        return lambda: cv2.imread(str(folder / f"large.{suffix}"))

    compare(f"Decoding: {suffix.upper()} of 1024 x 1024", ["decode", folder / f"large.{suffix}"],
            {"Pillow": pillow, "OpenCV": opencv}, "File to RGB pixels.")


def preprocessing(folder):
    def pillow():
        Image = need("PIL.Image")
        image = Image.open(folder / "large.png").convert("RGB")
        mean = np.array([0.485, 0.456, 0.406], np.float32)
        deviation = np.array([0.229, 0.224, 0.225], np.float32)

        def work():
            small = np.asarray(image.resize((256, 256), Image.BILINEAR).crop((16, 16, 240, 240)), np.float32)
            np.ascontiguousarray(((small / 255 - mean) / deviation).transpose(2, 0, 1))

        return work

    compare("Resizing, cropping and normalising: 1024 x 1024 to 224 x 224", ["preprocess", folder / "large.png"],
            {"Pillow and NumPy": pillow}, "Pixels to numbers; the resized pixels are the same bit for bit.")


def aggregation(folder):
    shapes = [(8, 128, 28, 28), (8, 256, 14, 14)]
    layers = [generator.standard_normal(shape, dtype=np.float32) for shape in shapes]
    for number, layer in enumerate(layers):
        np.save(folder / f"layer{number}.npy", layer)

    def pytorch():
        torch = need("faiss", "torchvision", "PIL.Image", "scipy.ndimage", "torch")
        torch.set_num_threads(options.threads)
        from official_in_pytorch import patches

        tensors = [torch.from_numpy(layer) for layer in layers]
        return lambda: patches(tensors)

    compare("Patches: two layers of ResNet-18, 8 images", ["aggregate", folder / "layer0.npy", folder / "layer1.npy"],
            {"official numerics in PyTorch": pytorch}, "Preset `official`: 3 x 3 patches, pooled to 1024 numbers.")


def maps(folder):
    scores = generator.random((8, 28, 28), dtype=np.float32)
    np.save(folder / "scores.npy", scores)

    def scipy():
        torch, ndimage = need("torch"), need("scipy.ndimage")

        def work():
            large = torch.nn.functional.interpolate(
                torch.from_numpy(scores)[:, None], (224, 224), mode="bilinear", align_corners=False)
            for one in large.numpy():
                ndimage.gaussian_filter(one[0], 4)

        return work

    compare("Maps: 8 of 28 x 28 to 224 x 224, Gaussian of sigma 4", ["map", folder / "scores.npy"],
            {"PyTorch and SciPy": scipy}, "One thread on both sides.")


def metrics(folder):
    count, side = 40, 224
    masks = np.zeros((count, side, side), np.float32)
    for image in range(count // 2):
        for _ in range(3):
            top, left = generator.integers(0, side - 40, 2)
            height, width = generator.integers(5, 40, 2)
            masks[image, top:top + height, left:left + width] = 1
    scores = generator.random((count, side, side), dtype=np.float32) + 0.5 * masks
    np.save(folder / "maps.npy", scores)
    np.save(folder / "masks.npy", masks)
    inputs = [folder / "maps.npy", folder / "masks.npy"]
    found = {}

    def sklearn():
        area = need("sklearn.metrics").roc_auc_score

        def work():
            found["auroc"] = area(masks.ravel() > 0, scores.ravel())

        return work

    def anomalib():
        torch, module = need("torch"), need("anomalib.metrics.aupro")
        torch.set_num_threads(options.threads)

        def work():
            metric = module._AUPRO()
            metric.update(torch.from_numpy(scores), torch.from_numpy(masks).bool())
            found["pro"] = float(metric.compute())

        return work

    note = f"{count} maps of {side} x {side}, half with 3 defects; counting and sorting included."
    ours = compare("Pixel AUROC", ["auroc", *inputs], {"scikit-learn": sklearn}, note, rounds=7)
    if "auroc" in found:
        print(f"\nFound: {ours['value']:.9f}; scikit-learn {found['auroc']:.9f}.")
    ours = compare("Per-region overlap", ["pro", *inputs], {"anomalib": anomalib}, note, rounds=3)
    if "pro" in found:
        print(f"\nFound: {ours['value']:.6f}; anomalib {found['pro']:.6f}.")


def main():
    folder = files()
    for suffix in ("png", "jpg"):
        decoding(folder, suffix)
    preprocessing(folder)
    aggregation(folder)
    maps(folder)
    metrics(folder)
    in_turn.closing(options.threads, "pillow", "opencv-python-headless", "torch", "scipy", "scikit-learn", "anomalib")


in_turn.main(main)
