"""Drawn test samples and digests, the same as in DrawnImage.swift."""

import numpy as np


def mixed(numbers):
    """A hash of each 64-bit number (the finaliser of MurmurHash3)."""
    x = np.asarray(numbers, dtype=np.uint64)
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


def samples(seed, count, bits=8):
    """`count` samples that look like noise."""
    with np.errstate(over="ignore"):
        start = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
        values = mixed(np.arange(count, dtype=np.uint64) + start) >> np.uint64(64 - bits)
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def drawn(seed, width, height, channels, bits=8):
    """Noise with flat areas and hard borders: every third block of 16 x 16 samples holds its first value."""
    picture = samples(seed, width * height * channels, bits).reshape(height, width, channels)
    rows, columns = np.arange(height) // 16, np.arange(width) // 16
    flat = (rows[:, None] + columns[None, :]) % 3 == 0
    corners = picture[(rows * 16)[:, None], (columns * 16)[None, :]]
    picture = np.where(flat[:, :, None], corners, picture)
    return picture[:, :, 0] if channels == 1 else picture


def digest(values):
    """A checksum of whole numbers that depends on their places."""
    values = np.asarray(values).astype(np.uint64).ravel()
    with np.errstate(over="ignore"):
        weights = mixed(np.arange(1, len(values) + 1, dtype=np.uint64))
        return f"{int((values * weights).sum(dtype=np.uint64)):016x}"
