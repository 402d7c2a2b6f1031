"""Makes files/ and decode.json: small image files and the pixels Pillow reads from them. Needs pillow and tifffile."""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageOps

from drawing import digest, drawn

here = pathlib.Path(__file__).parent
files = here / "files"
files.mkdir(exist_ok=True)
for old in files.iterdir():
    old.unlink()
goldens = []
upright = []


def add(name, data, width, height, form, expected, orientation=1):
    (files / name).write_bytes(data)
    goldens.append({"file": name, "size": [width, height], "format": form, "digest": digest(expected), "orientation": orientation})


def by_pillow(name, data, grey=False, orientation=1):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    pixels = np.asarray(picture.convert("L" if grey else "RGB"))
    add(name, data, pixels.shape[1], pixels.shape[0], "grey8" if grey else "rgb8", pixels, orientation)
    if name.startswith("orientation"):
        turned = ImageOps.exif_transpose(picture).convert("RGB")
        upright.append({"file": name, "size": list(turned.size), "digest": digest(np.asarray(turned))})


# PNG, written here because Pillow does not write every kind.

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def packed(rows, bits):
    if bits == 8:
        return [row.astype(np.uint8).tobytes() for row in rows]
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in rows]
    result = []
    for row in rows:
        flags = (row.ravel()[:, None] >> np.arange(bits - 1, -1, -1)) & 1
        result.append(np.packbits(flags.astype(np.uint8).ravel()).tobytes())
    return result


def png(pixels, kind, bits, interlaced=False, before=(), after=()):
    """`pixels` is height x width x samples; extra chunks stand before and after the data."""
    height, width = pixels.shape[:2]
    stream = b""
    for x, y, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        part = pixels[y::dy, x::dx]
        if part.size:
            stream += b"".join(b"\0" + row for row in packed(part, bits))
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(k, b) for k, b in before)
            + chunk(b"IDAT", zlib.compress(stream)) + b"".join(chunk(k, b) for k, b in after) + chunk(b"IEND", b""))


def exif(orientation, order="<"):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return (mark + struct.pack(order + "IH", 8, 2) + struct.pack(order + "HHIHH", 0x0100, 3, 1, 9, 0)
            + struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0) + struct.pack(order + "I", 0))


def picture(seed, width, height, samples, bits):
    return drawn(seed, width, height, samples, max(bits, 1)).reshape(height, width, samples)


PALETTE = drawn(99, 256, 1, 3).tobytes()
seed = 0
for kind, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
    for bits in depths:
        for interlaced in (False, True):
            seed += 1
            pixels = picture(seed, 37, 23, CHANNELS[kind], bits)
            before = [(b"PLTE", PALETTE[: 3 << bits])] if kind == 3 else []
            data = png(pixels, kind, bits, interlaced, before)
            name = f"kind{kind}-{bits}bit{'-interlaced' if interlaced else ''}.png"
            if bits == 16:
                kept = pixels[:, :, : 3 if kind in (2, 6) else 1]
                add(name, data, 37, 23, "rgb16" if kind in (2, 6) else "grey16", kept)
            else:
                by_pillow(name, data, grey=kind in (0, 4))

grey, rgb, indexed = picture(50, 19, 31, 1, 8), picture(51, 19, 31, 3, 8), picture(52, 19, 31, 1, 4)
by_pillow("transparent-grey.png", png(grey, 0, 8, before=[(b"tRNS", struct.pack(">H", int(grey[0, 0, 0])))]), grey=True)
by_pillow("transparent-rgb.png", png(rgb, 2, 8, before=[(b"tRNS", struct.pack(">HHH", *map(int, rgb[0, 0])))]))
by_pillow("transparent-palette.png", png(indexed, 3, 4, before=[(b"PLTE", PALETTE[:48]), (b"tRNS", bytes(range(0, 160, 10)))]))
by_pillow("gamma-background.png", png(rgb, 2, 8, before=[(b"gAMA", struct.pack(">I", 30000)), (b"bKGD", struct.pack(">HHH", 9, 8, 7)),
                                                         (b"tEXt", b"Comment\0drawn")]))
for value in range(1, 9):
    by_pillow(f"orientation{value}.png", png(rgb, 2, 8, before=[(b"eXIf", exif(value, "<>"[value % 2]))]), orientation=value)
by_pillow("orientation-last.png", png(rgb, 2, 8, after=[(b"eXIf", exif(6))]), orientation=6)
by_pillow("one-pixel.png", png(rgb[:1, :1], 2, 8))
by_pillow("one-pixel-interlaced.png", png(rgb[:1, :1], 2, 8, interlaced=True))

# JPEG. Smooth colours beside noise, so that upsampling and rounding both count.


def photo(width, height, channels):
    noise = drawn(width * height, width, height, channels).reshape(height, width, channels).astype(int)
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    return ((x * (5 + c) + y * (3 + 2 * c) + noise // 4) % 256).astype(np.uint8)


def jpeg(pixels, **options):
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[pixels.shape[2]]
    data = io.BytesIO()
    height, width = pixels.shape[:2]
    Image.frombytes(mode, (width, height), np.ascontiguousarray(pixels).tobytes()).save(data, "JPEG", **options)
    return data.getvalue()


def tag(value):
    result = Image.Exif()
    result[0x0112] = value
    return result


for subsampling, label in enumerate(["444", "422", "420"]):
    for progressive in (False, True):
        name = f"{label}{'-progressive' if progressive else ''}.jpg"
        by_pillow(name, jpeg(photo(61, 43, 3), quality=80, subsampling=subsampling, progressive=progressive))
by_pillow("grey.jpg", jpeg(photo(45, 51, 1), quality=70), grey=True)
by_pillow("cmyk.jpg", jpeg(photo(33, 27, 4), quality=90))
by_pillow("rgb-kept.jpg", jpeg(photo(33, 27, 3), quality=90, keep_rgb=True))
by_pillow("restarts.jpg", jpeg(photo(70, 40, 3), quality=60, restart_marker_rows=1))
by_pillow("quality5.jpg", jpeg(photo(64, 64, 3), quality=5))
by_pillow("one-pixel.jpg", jpeg(photo(1, 1, 3)))
for value in range(1, 9):
    by_pillow(f"orientation{value}.jpg", jpeg(photo(20, 12, 3), exif=tag(value)), orientation=value)

# TIFF.


def tiff(pixels, mode="RGB", **options):
    data = io.BytesIO()
    height, width = pixels.shape[:2]
    Image.frombytes(mode, (width, height), np.ascontiguousarray(pixels).tobytes()).save(data, "TIFF", **options)
    return data.getvalue()


def by_tifffile(name, values, form, **options):
    data = io.BytesIO()
    tifffile.imwrite(data, values, metadata=None, software=False, **options)
    data = data.getvalue()
    grey = form.startswith("grey")
    kept = values
    if options.get("planarconfig") == "separate":
        kept = np.moveaxis(values, 0, -1)
    if not grey:
        kept = kept[:, :, :3]
    if options.get("photometric") == "miniswhite":
        kept = np.iinfo(kept.dtype).max - kept
    height, width = kept.shape[:2]
    add(name, data, width, height, form, kept)
    if form == "rgb8" and options.get("planarconfig") != "separate":
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), kept), name


for compression in [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"]:
    label = compression or "raw"
    by_pillow(f"rgb-{label}.tif", tiff(photo(39, 29, 3), compression=compression))
    by_pillow(f"grey-{label}.tif", tiff(photo(39, 29, 1), "L", compression=compression), grey=True)
by_pillow("rgba.tif", tiff(photo(25, 18, 4), "RGBA"))
palette = Image.frombytes("P", (19, 31), grey.tobytes())
palette.putpalette(PALETTE)
data = io.BytesIO()
palette.save(data, "TIFF")
by_pillow("palette.tif", data.getvalue())
bilevel = Image.fromarray(grey[:, :, 0]).convert("1", dither=0)
for compression in [None, "group4"]:
    data = io.BytesIO()
    bilevel.save(data, "TIFF", compression=compression)
    by_pillow(f"bilevel-{compression or 'raw'}.tif", data.getvalue(), grey=True)
sixteen = drawn(60, 45, 37, 3, 16)
by_tifffile("rgb16.tif", sixteen, "rgb16", photometric="rgb")
by_tifffile("rgb16-bigendian.tif", sixteen, "rgb16", photometric="rgb", byteorder=">")
by_tifffile("rgb16-separate.tif", np.ascontiguousarray(np.moveaxis(sixteen, -1, 0)), "rgb16", photometric="rgb", planarconfig="separate")
by_tifffile("grey16-tiles.tif", sixteen[:, :, 0], "grey16", photometric="minisblack", tile=(16, 32))
by_tifffile("rgb-tiles.tif", photo(50, 40, 3), "rgb8", photometric="rgb", tile=(16, 16))
by_tifffile("rgb-strips-bigtiff.tif", photo(50, 40, 3), "rgb8", photometric="rgb", rowsperstrip=7, bigtiff=True)
by_tifffile("grey-white-is-zero.tif", photo(21, 22, 1)[:, :, 0], "grey8", photometric="miniswhite")
by_tifffile("grey16-deflate-predictor.tif", sixteen[:, :, 1], "grey16", photometric="minisblack", compression="deflate", predictor=2)
by_tifffile("rgb-tiles-separate.tif", np.moveaxis(photo(50, 40, 3), -1, 0).copy(), "rgb8", photometric="rgb", planarconfig="separate", tile=(16, 16))
data = io.BytesIO()
tifffile.imwrite(data, photo(20, 12, 3), photometric="rgb", metadata=None, software=False, extratags=[(274, 3, 1, 6, True)])
add("orientation6.tif", data.getvalue(), 20, 12, "rgb8", photo(20, 12, 3), orientation=6)
data = io.BytesIO()
tifffile.imwrite(data, np.zeros((4, 5), np.float32), photometric="minisblack", metadata=None, software=False)
(files / "float-refused.tif").write_bytes(data.getvalue())

with open(here / "decode.json", "w") as file:
    file.write('{\n"stored": [\n' + ",\n".join(json.dumps(row) for row in goldens))
    file.write('\n],\n"upright": [\n' + ",\n".join(json.dumps(row) for row in upright) + "\n]\n}\n")
