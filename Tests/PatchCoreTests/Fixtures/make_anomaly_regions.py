"""Writes anomaly_regions.json: grids of whole numbers and the regions above 50, by scikit-image, SciPy and OpenCV.

Run with a Python that has numpy, scipy, scikit-image and opencv: python make_anomaly_regions.py
"""

import json
import pathlib

import cv2
import numpy
import scipy.ndimage
import skimage.measure

random = numpy.random.default_rng(9)


def boundary(filled):
    """The sides of pixels between a region without holes and what lies around it: column, row, right, below."""
    edges = []
    padded = numpy.pad(filled, 1)
    for row, column in zip(*numpy.nonzero(filled)):
        for down, right, edge in (
            (-1, 0, (column, row, 1, 0)),
            (1, 0, (column + 1, row + 1, -1, 0)),
            (0, -1, (column, row + 1, 0, -1)),
            (0, 1, (column + 1, row, 0, 1)),
        ):
            if not padded[row + 1 + down, column + 1 + right]:
                edges.append([int(value) for value in edge])
    return sorted(edges)


def case(name, values):
    values = numpy.asarray(values)
    mask = values > 50
    labels, count = skimage.measure.label(mask, connectivity=2, return_num=True)
    contours, hierarchy = cv2.findContours(mask.astype(numpy.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outer = [contour[:, 0] for contour, links in zip(contours, hierarchy[0] if count else []) if links[3] == -1]
    regions = []
    for region in skimage.measure.regionprops(labels):
        top, left, bottom, right = region.bbox
        row, column = scipy.ndimage.maximum_position(values, labels, region.label)
        of_this = [contour for contour in outer if labels[contour[0][1], contour[0][0]] == region.label]
        assert len(of_this) == 1
        filled = scipy.ndimage.binary_fill_holes(labels == region.label)
        regions.append({
            "box": [int(left), int(top), int(right - left), int(bottom - top)],
            "area": int(region.area),
            "filledArea": int(filled.sum()),
            "peak": [int(values[row, column]), int(column), int(row)],
            "edges": boundary(filled),
            "contourPixels": sorted({(int(x), int(y)) for x, y in of_this[0]}),
        })
    return {"name": name, "height": values.shape[0], "width": values.shape[1],
            "values": values.ravel().tolist(), "regions": regions}


def grid(text):
    return [[int(digit) * 10 for digit in row] for row in text.split()]


cases = [
    case("nothing", grid("000 050 000")),
    case("one pixel", grid("0000 0070 0000")),
    case("one pixel that is all", grid("9")),
    case("all", grid("6666 6967 6666")),
    case("corners touch", grid("9000 0800 0070 0006")),
    case("both diagonals", grid("606 070 606")),
    case("ring of corners", grid("0060 0606 0060")),
    case("ring in a ring", grid("6666666 6000006 6066606 6060606 6066606 6000006 6666666")),
    case("pixel in a ring", grid("66666 60006 60906 60006 66666")),
    case("borders", grid("60006 00000 60009")),
    case("spiral", grid("6666666 0000006 6666606 6000606 6066606 6000006 6666666")),
    case("comb", grid("6060606 6060606 6666666")),
]
for height, width, share in ((7, 9, 0.3), (9, 7, 0.5), (12, 13, 0.4), (16, 11, 0.6), (15, 15, 0.2), (1, 20, 0.5),
                             (20, 1, 0.5), (17, 18, 0.75)):
    cases.append(case(f"random {height} x {width}, {share}",
                      random.integers(0, 50, (height, width)) + 51 * (random.random((height, width)) < share)))
path = pathlib.Path(__file__).parent / "anomaly_regions.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
