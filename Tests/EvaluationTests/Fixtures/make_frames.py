"""Makes the arrays of a video of 12 frames of 3 x 4 pixels in frames/, right and wrong ones, and frames.json.

Run: python make_frames.py (NumPy). frames.json holds what NumPy finds in the frames that every fifth one leaves.
"""

import json
import pathlib

import numpy as np

random = np.random.default_rng(7)
masks = random.random((12, 3, 4)) < 0.3
labels = masks.any(axis=(1, 2))
# One nominal frame among those taken, whatever the draw.
masks[5] = False
labels[5] = False

folder = pathlib.Path(__file__).with_name("frames")
folder.mkdir(exist_ok=True)
arrays = {
    "labels": labels.astype(np.uint8),
    "labels-bool": labels,
    "labels-int64": labels.astype(np.int64),
    "labels-short": labels[:11].astype(np.uint8),
    "labels-two": np.where(np.arange(12) == 3, 2, labels).astype(np.uint8),
    "labels-float": labels.astype(np.float32),
    "labels-column": labels.astype(np.uint8)[:, None],
    "masks": masks.astype(np.uint8),
    "masks-bool": masks,
    "masks-255": masks.astype(np.uint8) * 255,
    "masks-long": np.concatenate([masks, masks[:1]]).astype(np.uint8),
    "masks-float": masks.astype(np.float32),
    "masks-flat": masks.astype(np.uint8).reshape(12, 12),
    "masks-seven": np.where(masks, 7, 0).astype(np.uint8),
}
for name, array in arrays.items():
    np.save(folder / f"{name}.npy", array)
expected = [
    {"frame": frame, "anomalous": bool(labels[frame]), "mask": masks[frame].astype(int).ravel().tolist()}
    for frame in range(0, 12, 5)
]
pathlib.Path(__file__).with_name("frames.json").write_text(json.dumps(expected) + "\n")
