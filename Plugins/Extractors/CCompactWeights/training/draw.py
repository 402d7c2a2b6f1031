"""Drawn images: the only pictures that the compact network is trained on.

Every image is made of textures, shapes, marks, light and a camera, all drawn from random numbers; there is no
photograph in it. Image `index` of a `seed` is the same on every run, whatever was drawn before it.

    python draw.py sheet.png            a sheet of 8 x 12 images to look at
"""

import sys

import cv2
import numpy as np

cv2.setNumThreads(0)


def image(seed, index, size=128):
    """Image `index` of `seed`: uint8, size x size x 3, RGB."""
    if size < 48:
        raise ValueError(f"an image of {size} pixels has no room for shapes; 48 are the least")
    r = np.random.default_rng([seed, index])
    scene = SCENES[r.choice(len(SCENES), p=SCENE_SHARES)]
    return camera(r, scene(r, size))


# Fields: float32, n x n, about 0 to 1.


def stretch(x):
    low, high = float(x.min()), float(x.max())
    return (x - low) * np.float32(1 / (high - low + 1e-6))


def fractal(r, n, coarsest=None, roughness=None):
    """Value noise: random grids, each twice as fine as the one before, added with falling weight."""
    cells = coarsest or int(r.integers(2, 9))
    roughness = r.uniform(0.35, 0.95) if roughness is None else roughness
    total, weight = np.zeros((n, n), np.float32), 1.0
    while cells <= n and weight > 0.03:
        grid = r.random((cells + 1, cells + 1), dtype=np.float32)
        total += np.float32(weight) * cv2.resize(grid, (n, n), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * roughness
    return stretch(total)


def plane(r, n):
    """Coordinates of a turned, sometimes bent plane, in pixels."""
    y, x = np.mgrid[:n, :n].astype(np.float32)
    angle = r.uniform(0, np.pi) if r.random() < 0.6 else r.integers(2) * np.pi / 2 + r.normal(0, 0.03)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    u, v = x * c + y * s, y * c - x * s
    if r.random() < 0.35:
        u = u + np.float32(r.uniform(1, 0.2 * n)) * fractal(r, n, int(r.integers(2, 5)), 0.3)
    if r.random() < 0.2:
        v = v + np.float32(r.uniform(1, 0.1 * n)) * fractal(r, n, int(r.integers(2, 5)), 0.3)
    return u, v


def period(r, n):
    return np.exp(r.uniform(np.log(2.5), np.log(n / 3)))


def wave(r, t):
    """A periodic profile of phase `t` (1 is a turn): sine, triangle, square or narrow line."""
    kind = r.integers(4)
    if kind == 0:
        return 0.5 + 0.5 * np.sin(np.float32(2 * np.pi) * t)
    t = t - np.floor(t)
    if kind == 1:
        return np.abs(2 * t - 1)
    if kind == 2:
        return (t < r.uniform(0.2, 0.8)).astype(np.float32)
    return np.clip(np.abs(t - 0.5) * np.float32(r.uniform(4, 16)), 0, 1)


def grating(r, n):
    u, v = plane(r, n)
    field = wave(r, u / period(r, n) + r.random())
    if r.random() < 0.45:
        other = wave(r, v / period(r, n) + r.random())
        field = [field * other, np.maximum(field, other), np.abs(field - other)][r.integers(3)]
    return field.astype(np.float32)


def weave(r, n):
    """Threads that pass over and under each other."""
    u, v = plane(r, n)
    p = np.exp(r.uniform(np.log(4), np.log(n / 6)))
    q = p * r.uniform(0.6, 1.6)
    over = (np.floor(u / p) + np.floor(v / q) * r.integers(1, 3)) % r.integers(2, 4) < 1
    along = np.abs(np.sin(np.float32(np.pi) * u / p)) ** np.float32(r.uniform(0.4, 2))
    across = np.abs(np.sin(np.float32(np.pi) * v / q)) ** np.float32(r.uniform(0.4, 2))
    return np.where(over, along, across * np.float32(r.uniform(0.4, 1))).astype(np.float32)


def tiles(r, n):
    """Bricks or tiles with joints, each of its own shade."""
    u, v = plane(r, n)
    w, h = period(r, n) + 4, period(r, n) + 4
    row = np.floor(v / h)
    column = np.floor(u / w + row * r.choice([0, 0.5, 0.33]))
    fu, fv = (u / w + row * 0.5) % 1 if r.random() < 0.5 else (u / w) % 1, (v / h) % 1
    shades = r.random(256, dtype=np.float32)
    shade = shades[(column.astype(np.int64) * 57 + row.astype(np.int64) * 101) % 256]
    joint = np.minimum(np.minimum(fu, 1 - fu) * w, np.minimum(fv, 1 - fv) * h)
    body = np.float32(r.uniform(0.4, 0.8)) + np.float32(r.uniform(0, 0.5)) * (shade - 0.5)
    return (body * np.clip(joint / np.float32(r.uniform(0.5, 3)), 0, 1)).astype(np.float32)


def cells(r, n):
    """Distance to random seeds: leather, foam, pebbles, cracks."""
    mask = np.full((n, n), 255, np.uint8)
    count = int(np.exp(r.uniform(np.log(6), np.log(n * n / 40))))
    mask[r.integers(0, n, count), r.integers(0, n, count)] = 0
    distance, label = cv2.distanceTransformWithLabels(mask, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    kind = r.integers(3)
    if kind == 0:
        return stretch(distance)
    flat = r.random(count + 2, dtype=np.float32)[label % (count + 2)]
    if kind == 1:
        return flat
    edge = cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.clip(1 - edge * np.float32(r.uniform(1, 8)), 0, 1)


def rings(r, n):
    """Concentric or spiral bands: turned metal, wood, lenses."""
    y, x = np.mgrid[:n, :n].astype(np.float32)
    cx, cy = r.uniform(-0.3, 1.3, 2) * n
    x, y = x - np.float32(cx), (y - np.float32(cy)) * np.float32(r.uniform(0.5, 2))
    radius = np.sqrt(x * x + y * y)
    if r.random() < 0.6:
        radius = radius + np.float32(r.uniform(1, 0.15 * n)) * fractal(r, n, int(r.integers(2, 6)))
    t = radius / period(r, n)
    if r.random() < 0.3:
        t = t + np.arctan2(y, x) * np.float32(r.integers(1, 12) / (2 * np.pi))
    return wave(r, t).astype(np.float32)


def fibres(r, n):
    """Many short strokes of like direction: hair, brushed metal, felt."""
    field = np.full((n, n), r.random(), np.float32)
    count, angle, spread = int(r.integers(20, 160)), r.uniform(0, np.pi), r.choice([0.03, 0.2, 3])
    length, start = r.uniform(0.05, 0.7) * n, r.uniform(-0.1, 1.1, (count, 2)) * n
    turn = angle + r.normal(0, spread, count)
    end = start + np.stack([np.cos(turn), np.sin(turn)], 1) * length
    width = int(r.integers(1, 3))
    for (a, b), (c, d), shade in zip(start, end, r.random(count)):
        cv2.line(field, (int(a), int(b)), (int(c), int(d)), float(shade), width, cv2.LINE_AA)
    return field


def spots(r, n):
    field = np.full((n, n), r.random(), np.float32)
    largest = np.exp(r.uniform(np.log(2), np.log(n / 8)))
    count = int(np.clip(r.uniform(0.2, 1.2) * n * n / (6 * largest * largest), 3, 150))
    shade, thickness = r.random(count), -1 if r.random() < 0.75 else 1
    for (x, y), radius, s in zip(r.uniform(0, n, (count, 2)), r.uniform(0.4, 1, count) * largest, shade):
        cv2.circle(field, (int(x), int(y)), max(1, int(radius)), float(s), thickness, cv2.LINE_AA)
    return field


def grains(r, n):
    field = fractal(r, n, int(r.integers(4, 33)), r.uniform(0.3, 0.9))
    threshold, softness = r.uniform(0.35, 0.65), r.uniform(0.01, 0.2)
    return np.clip((field - np.float32(threshold)) / np.float32(softness) + 0.5, 0, 1)


def speckle(r, n):
    """Fine noise of one scale."""
    field = r.standard_normal((n, n), dtype=np.float32)
    return stretch(cv2.GaussianBlur(field, (0, 0), np.exp(r.uniform(np.log(0.4), np.log(4)))))


def organic(r, n, channels=1):
    """What a network of random weights makes of noise, from coarse to fine; float32, n x n (x channels)."""
    size, width = int(r.integers(3, 13)), 4
    x = r.standard_normal((size, size, width), dtype=np.float32)
    bend = r.integers(4)
    while size < n:
        size = min(n, size * 2)
        x = cv2.resize(x, (size, size), interpolation=cv2.INTER_LINEAR)
        kernel = r.standard_normal((3, 3)).astype(np.float32) * np.float32(r.uniform(0, 0.6))
        kernel[1, 1] += 1
        x = cv2.filter2D(x, -1, kernel, borderType=cv2.BORDER_REFLECT)
        if r.random() < 0.5:
            x += r.standard_normal((size, size, 1), dtype=np.float32) * np.float32(r.uniform(0, 0.5))
        mixing = (r.standard_normal((width, width)) / np.sqrt(width)).astype(np.float32)
        x = cv2.transform(x, mixing)
        if bend == 0:
            x = np.maximum(x, np.float32(0.2) * x)
        elif bend == 1:
            x = np.sin(x * np.float32(r.uniform(0.7, 2)))
        elif bend == 2:
            x = np.abs(x)
        else:
            x = np.tanh(x * np.float32(r.uniform(0.7, 2)))
        mean, deviation = cv2.meanStdDev(x)
        x = (x - mean[:, 0].astype(np.float32)) * (1 / (deviation[:, 0] + 1e-3)).astype(np.float32)
    x = np.clip(0.5 + x[..., :channels] * np.float32(r.uniform(0.15, 0.4)), 0, 1)
    return x if channels > 1 else x[..., 0]


def ripples(r, n):
    """Sines of sines of the coordinates."""
    u, v = plane(r, n)
    u, v = u * np.float32(1 / n), v * np.float32(1 / n)
    for _ in range(r.integers(2, 5)):
        a, b, c, d = r.normal(0, r.choice([2, 5, 12]), 4).astype(np.float32)
        e, f = r.uniform(0, 6, 2).astype(np.float32)
        u, v = np.sin(a * u + b * v + e), np.sin(c * u + d * v + f)
    return 0.5 + 0.5 * u


def slope(r, n):
    u, _ = plane(r, n)
    return stretch(u)


def flat(r, n):
    return np.full((n, n), r.random(), np.float32)


FIELDS = [flat, slope, fractal, speckle, grating, weave, tiles, cells, rings, fibres, spots, grains, organic, ripples]
FIELD_SHARES = np.array([0.12, 0.05, 0.14, 0.06, 0.10, 0.05, 0.04, 0.07, 0.05, 0.05, 0.04, 0.05, 0.11, 0.07])


def colour(r):
    """A colour; most made things are nearly grey."""
    grey = r.random()
    chroma = r.choice([0.03, 0.15, 0.6], p=[0.4, 0.35, 0.25])
    return np.clip(grey + chroma * r.normal(0, 1, 3), 0, 1).astype(np.float32)


def texture(r, n):
    """A coloured field: float32, n x n x 3."""
    if r.random() < 0.12:
        return colour(r) * np.float32(0.5) + organic(r, n, 3) * np.float32(r.uniform(0.2, 0.9))
    field = FIELDS[r.choice(len(FIELDS), p=FIELD_SHARES)](r, n)
    if r.random() < 0.3:
        other = FIELDS[r.choice(len(FIELDS), p=FIELD_SHARES)](r, n)
        share = np.float32(r.uniform(0.1, 0.6))
        field = field * other if r.random() < 0.4 else field * (1 - share) + other * share
    first, second = colour(r), colour(r)
    if r.random() < 0.6:  # low contrast
        second = first + (second - first) * np.float32(r.uniform(0.1, 0.6))
    return first + (second - first) * field[..., None]


# Shapes: uint8 masks of a small box, antialiased.


def outline(r, radius, turn):
    """A closed curve around 0, as points."""
    kind = r.integers(6)
    if kind == 0:  # ellipse
        t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        p = np.stack([np.cos(t), np.sin(t) * r.uniform(0.2, 1)], 1)
    elif kind == 1:  # rectangle
        w = r.uniform(0.1, 1)
        p = np.array([[-1, -w], [1, -w], [1, w], [-1, w]])
    elif kind == 2:  # regular polygon or star
        k = int(r.integers(3, 9)) * 2
        rho = np.where(np.arange(k) % 2 == 0, 1, r.uniform(0.4, 1))
        t = np.arange(k) * 2 * np.pi / k
        p = np.stack([np.cos(t), np.sin(t)], 1) * rho[:, None]
    elif kind == 3:  # ragged polygon
        t = np.sort(r.uniform(0, 2 * np.pi, r.integers(3, 10)))
        p = np.stack([np.cos(t), np.sin(t)], 1) * r.uniform(0.4, 1, len(t))[:, None]
    elif kind == 4:  # smooth blob
        t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        rho = 0.7 + sum(r.normal(0, 0.25 / k) * np.cos(k * t + r.uniform(0, 6)) for k in range(2, 6))
        p = np.stack([np.cos(t), np.sin(t) * r.uniform(0.3, 1)], 1) * rho[:, None]
    else:  # capsule
        t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        w = r.uniform(0.1, 0.5)
        p = np.stack([np.cos(t) * w + np.sign(np.cos(t)) * (1 - w), np.sin(t) * w], 1)
    c, s = np.cos(turn), np.sin(turn)
    return p @ np.array([[c, s], [-s, c]]) * radius


def curve(r, length):
    """An open smooth curve from 0, as points."""
    steps = int(np.clip(length / 4, 4, 60))
    turn = r.uniform(0, 2 * np.pi) + np.cumsum(r.normal(0, r.choice([0.02, 0.15, 0.4]), steps))
    return np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * (length / steps), 0)


GLYPHS = "ABCDEFGHKLMNPRSTUVXYZ0123456789abdefghknqrst+-=/%&#"


def stamp(n, points, draw, margin=3):
    """The box of `points` within the image, and what `draw` puts on an empty mask of it; `None` if it is outside."""
    low = np.floor(points.min(0)).astype(int) - margin
    high = np.ceil(points.max(0)).astype(int) + margin
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, n)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    draw(mask, np.round((points - [x0, y0]) * 16).astype(np.int32))
    return mask, (slice(y0, y1), slice(x0, x1))


def filled(n, points):
    return stamp(n, points, lambda m, p: cv2.fillPoly(m, [p], 255, cv2.LINE_AA, 4))


def stroked(n, points, width, closed=False):
    def draw(m, p):
        cv2.polylines(m, [p], closed, 255, width, cv2.LINE_AA, 4)

    return stamp(n, points, draw, width + 2)


def paint(picture, stamped, fill, opacity=1.0, softness=0.0):
    """Lays a fill (a colour, or an image of the picture's size) over the picture where the mask is."""
    if stamped is None:
        return
    mask, box = stamped
    if softness > 0.2:
        mask = cv2.GaussianBlur(mask, (0, 0), softness)
    alpha = mask[..., None] * np.float32(opacity / 255)
    part = picture[box]
    part += alpha * ((fill[box] if fill.ndim == 3 else fill) - part)


def solid(r, picture, points, fill):
    """A shape with the signs of a body: a shadow beside it, light from one side, an edge."""
    n = len(picture)
    if r.random() < 0.25:
        offset = r.normal(0, 0.03 * n, 2)
        paint(picture, filled(n, points + offset), np.zeros(3, np.float32), r.uniform(0.2, 0.7), r.uniform(0.5, 4))
    stamped = filled(n, points)
    if stamped is None:
        return
    paint(picture, stamped, fill, 1 if r.random() < 0.85 else r.uniform(0.3, 1), r.uniform(0, 1.5) * (r.random() < 0.4))
    mask, box = stamped
    if r.random() < 0.3 and min(mask.shape) > 6:  # roundness
        height = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(1.0, r.uniform(0.05, 0.3) * min(mask.shape)))
        angle = r.uniform(0, 2 * np.pi)
        light = cv2.Sobel(height, cv2.CV_32F, 1, 0) * np.float32(np.cos(angle))
        light += cv2.Sobel(height, cv2.CV_32F, 0, 1) * np.float32(np.sin(angle))
        strength = np.float32(r.uniform(0.1, 0.6) / (np.abs(light).max() + 1e-3))
        picture[box] += (light * strength * mask * np.float32(1 / 255))[..., None]
    if r.random() < 0.25:
        paint(picture, stroked(n, points, int(r.integers(1, 4)), True), colour(r), r.uniform(0.4, 1))


def fill_of(r, n, stock):
    """A plain colour, or one of the picture's few textures."""
    if r.random() < 0.45 or not stock:
        return colour(r)
    return stock[r.integers(len(stock))]


# Marks: what breaks a surface.


def mark(r, picture):
    n = len(picture)
    kind = r.integers(7)
    at = r.uniform(0, n, 2)
    ink = colour(r) if r.random() < 0.6 else np.full(3, r.integers(2), np.float32)
    opacity = r.uniform(0.2, 1)
    if kind == 0:  # scratch
        paint(picture, stroked(n, at + curve(r, r.uniform(0.05, 0.8) * n), int(r.integers(1, 3))), ink, opacity)
    elif kind == 1:  # spot or stain
        radius = np.exp(r.uniform(np.log(1), np.log(n / 8)))
        paint(picture, filled(n, at + outline(r, radius, 0)), ink, opacity, r.uniform(0, 3))
    elif kind == 2:  # crack: a scratch with branches
        points = at + curve(r, r.uniform(0.1, 0.6) * n)
        paint(picture, stroked(n, points, 1), ink, opacity)
        for _ in range(r.integers(1, 4)):
            branch = points[r.integers(len(points))] + curve(r, r.uniform(0.03, 0.2) * n)
            paint(picture, stroked(n, branch, 1), ink, opacity)
    elif kind == 3:  # print
        text = "".join(GLYPHS[k] for k in r.integers(0, len(GLYPHS), r.integers(1, 7)))
        scale, turn = np.exp(r.uniform(np.log(0.25), np.log(1.6))), r.choice([0, 90, 180, 270, r.uniform(0, 360)])
        font, thickness = int(r.choice([0, 1, 2, 3, 4, 6])), int(r.integers(1, 3))
        (w, h), _ = cv2.getTextSize(text, font, scale, thickness)
        side = int(np.hypot(w, h)) + 8
        mask = np.zeros((side, side), np.uint8)
        cv2.putText(mask, text, ((side - w) // 2, (side + h) // 2), font, scale, 255, thickness, cv2.LINE_AA)
        mask = cv2.warpAffine(mask, cv2.getRotationMatrix2D((side / 2, side / 2), turn, 1), (side, side))
        x0, y0 = (at - side / 2).astype(int)
        low_x, low_y, high_x, high_y = max(x0, 0), max(y0, 0), min(x0 + side, n), min(y0 + side, n)
        if high_x > low_x and high_y > low_y:
            mask = np.ascontiguousarray(mask[low_y - y0 : high_y - y0, low_x - x0 : high_x - x0])
            paint(picture, (mask, (slice(low_y, high_y), slice(low_x, high_x))), ink, opacity)
    elif kind == 4:  # wire
        points, width = at + curve(r, r.uniform(0.3, 1.5) * n), int(r.integers(2, max(3, n // 12)))
        paint(picture, stroked(n, points, width), ink)
        if width > 3:
            paint(picture, stroked(n, points - width / 6, max(1, width // 3)), np.minimum(ink + 0.3, 1), 0.6, 0.8)
    elif kind == 5:  # glint
        radius = r.uniform(1, 0.08 * n)
        paint(picture, filled(n, at + outline(r, radius, r.uniform(0, 6))), np.ones(3, np.float32), opacity, radius / 3)
    else:  # a patch from elsewhere in the picture
        w, h = (int(k) for k in np.exp(r.uniform(np.log(4), np.log(n / 3), 2)))
        x, y, u, v = (int(r.integers(0, n - k)) for k in (w, h, w, h))
        picture[y : y + h, x : x + w] = picture[v : v + h, u : u + w].copy()


# Scenes: float32, n x n x 3.


def leaves(r, n):
    """Dead leaves: shapes that cover each other."""
    picture = texture(r, n)
    stock = [texture(r, n) for _ in range(r.integers(0, 4))]
    count, largest = int(np.exp(r.uniform(np.log(3), np.log(90)))), r.uniform(0.15, 0.6) * n
    smallest = r.uniform(2, 6)
    for _ in range(count):
        # Sizes fall off as in natural images: the density goes with the inverse cube.
        radius = 1 / np.sqrt(r.uniform(1 / largest**2, 1 / smallest**2)) if r.random() < 0.6 else r.uniform(smallest, largest)
        points = r.uniform(-0.1 * n, 1.1 * n, 2) + outline(r, radius, r.uniform(0, 2 * np.pi))
        solid(r, picture, points, fill_of(r, n, stock))
    for _ in range(r.integers(0, 4)):
        mark(r, picture)
    return picture


def surface(r, n):
    """A texture over the whole image, with or without marks."""
    picture = texture(r, n)
    for _ in range(int(r.choice([0, 1, 3, 10], p=[0.3, 0.3, 0.25, 0.15]))):
        mark(r, picture)
    return picture


def part(r, n):
    """One object before a quiet ground, made of several pieces."""
    picture = texture(r, n) if r.random() < 0.5 else np.broadcast_to(colour(r), (n, n, 3)).copy()
    stock = [texture(r, n) for _ in range(r.integers(1, 3))]
    centre, turn, radius = n / 2 + r.normal(0, 0.06 * n, 2), r.choice([0, r.uniform(0, 6)]), r.uniform(0.2, 0.55) * n
    body = centre + outline(r, radius, turn)
    solid(r, picture, body, fill_of(r, n, stock))
    for _ in range(r.integers(0, 7)):
        kind = r.integers(3)
        if kind == 0:  # the same outline, smaller
            solid(r, picture, centre + (body - centre) * r.uniform(0.2, 0.9), fill_of(r, n, stock))
        elif kind == 1:  # something on it
            at = centre + r.normal(0, 0.35 * radius, 2)
            solid(r, picture, at + outline(r, r.uniform(0.05, 0.4) * radius, turn), fill_of(r, n, stock))
        else:  # its like, several times around the middle
            k, piece, ink = int(r.integers(2, 9)), outline(r, r.uniform(0.05, 0.25) * radius, turn), fill_of(r, n, stock)
            reach = r.uniform(0.3, 1.1) * radius
            for t in turn + np.arange(k) * 2 * np.pi / k:
                paint(picture, filled(n, centre + piece + reach * np.array([np.cos(t), np.sin(t)])), ink)
    for _ in range(r.integers(0, 5)):
        mark(r, picture)
    return picture


def array(r, n):
    """One piece repeated along lines: teeth, pins, holes, keys."""
    picture = texture(r, n)
    stock = [texture(r, n)]
    ground, ink = fill_of(r, n, stock), fill_of(r, n, stock)
    turn = r.choice([0, np.pi / 2, r.uniform(0, np.pi)])
    step, across = r.uniform(6, n / 3), r.uniform(6, n / 2)
    piece = outline(r, r.uniform(0.2, 0.7) * min(step, across), turn + r.choice([0, 0.3]))
    c, s = np.cos(turn), np.sin(turn)
    lines, jitter = int(r.choice([1, 2, 20])), r.choice([0, 0.03])
    if r.random() < 0.3:
        solid(r, picture, n / 2 + outline(r, 0.45 * n, turn), ground)
    for j in range(-(lines // 2), lines - lines // 2):
        for i in range(-int(n / step), int(n / step) + 1):
            u, v = i * step + (j % 2) * step / 2, j * across
            at = n / 2 + np.array([u * c - v * s, u * s + v * c]) + r.normal(0, 1, 2) * jitter * step
            if -across < at.min() and at.max() < n + across:
                paint(picture, filled(n, at + piece), ink)
    for _ in range(r.integers(0, 4)):
        mark(r, picture)
    return picture


def collage(r, n):
    """Two scenes side by side, or one seen through the shape of another."""
    first, second = leaves(r, n), surface(r, n)
    u, _ = plane(r, n)
    if r.random() < 0.5:
        alpha = np.clip((u - u.mean()) / np.float32(r.uniform(0.5, 0.3 * n)) + 0.5, 0, 1)
    else:
        alpha = grains(r, n)
    return first + (second - first) * alpha[..., None]


SCENES = [leaves, surface, part, array, collage]
SCENE_SHARES = [0.30, 0.22, 0.28, 0.12, 0.08]


# The camera: light, lens, sensor.


def camera(r, picture):
    n = len(picture)
    if r.random() < 0.4:
        light = np.float32(r.uniform(0.1, 0.8)) * (fractal(r, n, int(r.integers(2, 5)), 0.25) - np.float32(0.5))
        picture = picture * (1 + light[..., None])
    if r.random() < 0.25:  # vignette or lamp
        y, x = np.mgrid[:n, :n].astype(np.float32) / n
        cx, cy = np.float32(r.uniform(0, 1, 2))
        glow = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) * np.float32(r.uniform(1, 8)))
        picture = picture * (np.float32(r.uniform(0.3, 0.9)) + glow[..., None])
    blur = r.random()
    if blur < 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), np.exp(r.uniform(np.log(0.4), np.log(2.5))))
    elif blur < 0.4:  # motion
        length = int(r.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(r.integers(length))), (length - 1, int(r.integers(length))), 1.0)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    elif blur < 0.5:  # sharpened
        picture = picture + np.float32(r.uniform(0.3, 1.5)) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    if r.random() < 0.35:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
        if r.random() < 0.3:  # a tint over it
            picture = picture * (np.float32(0.7) + np.float32(0.3) * colour(r))
    picture = np.clip(picture, 0, 1)
    if r.random() < 0.4:
        picture = picture ** np.float32(np.exp(r.uniform(np.log(0.5), np.log(2))))
    low, high = np.float32(r.uniform(0, 0.25) * (r.random() < 0.4)), np.float32(1 - r.uniform(0, 0.4) * (r.random() < 0.4))
    picture = low + (high - low) * picture
    if r.random() < 0.7:
        noise = r.standard_normal((n, n, 3 if r.random() < 0.5 else 1), dtype=np.float32)
        picture = picture + np.float32(r.uniform(0, 0.04)) * noise
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


if __name__ == "__main__":
    drawn = [image(0, k) for k in range(96)]
    sheet = np.concatenate([np.concatenate(drawn[k : k + 12], 1) for k in range(0, 96, 12)], 0)
    cv2.imwrite(sys.argv[1], sheet[..., ::-1])
