"""What stands about in houses, sheds and yards: cushion, pots, crate, barrel, cone. Base on
z = 0."""

from __future__ import annotations

import math

import numpy as np

from simgen.geometry import TriangleMesh
from simgen.shapes.build import WEDGES, box, joined, loft, positive, ring, turned, vessel


def cushion(*, width: float = 0.42, height: float = 0.14) -> TriangleMesh:
    """A stuffed square cushion lying flat: a superellipse of `width` [m], thin towards its
    edges."""
    positive(width=width, height=height)
    a = np.arange(48) * (2 * math.pi / 48)
    corner = np.stack([np.cos(a), np.sin(a)], -1)
    outline = 0.5 * width * np.sign(corner) * np.abs(corner) ** 0.5
    rise = np.linspace(-0.5 * math.pi, 0.5 * math.pi, 13)[1:-1]
    rings = [
        np.column_stack([outline * math.cos(t), np.full(48, 0.5 * height * (1 + math.sin(t)))])
        for t in rise
    ]
    ends = [[0.0, 0.0, 0.0], [0.0, 0.0, height]]
    return loft(rings, start=ends[0], end=ends[1], hulls=[np.concatenate([*rings, ends])])


def bucket(
    *, radius: float = 0.14, height: float = 0.28, thickness: float = 0.004, wedges: int = WEDGES
) -> TriangleMesh:
    """An open pail that widens to `radius` [m] at its rim, without its handle."""
    positive(radius=radius, height=height, thickness=thickness)
    foot = 0.74 * radius
    wall = [(foot, 0.0), (0.87 * radius, 0.5 * height), (radius, height - 0.6 * thickness)]
    outer = [(0.0, 0.0), (0.5 * foot, 0.0), *wall]
    return vessel(outer, thickness=thickness, base=2, slices=1, wedges=wedges, segments=48)


def plant_pot(*, radius: float = 0.11, height: float = 0.2) -> TriangleMesh:
    """A flower pot full of soil: a cone with a thick rim, closed on top a little below it."""
    positive(radius=radius, height=height)
    r, h = radius, height
    side = [(0.0, 0.0), (0.68 * r, 0.0), (0.9 * r, 0.78 * h), (r, 0.78 * h), (r, 0.995 * h)]
    return turned([*side, (0.9 * r, h), (0.0, h)])


def flask(
    *, radius: float = 0.045, height: float = 0.14, thickness: float = 0.002, wedges: int = WEDGES
) -> TriangleMesh:
    """An Erlenmeyer flask: a cone of `radius` [m] at its foot below a straight neck."""
    positive(radius=radius, height=height, thickness=thickness)
    neck = 0.36 * radius
    wall = [(0.93 * radius, 0.0), (radius, 0.05 * height), (0.97 * radius, 0.12 * height),
            (neck, 0.74 * height), (neck, 0.94 * height), (1.15 * neck, height)]  # fmt: skip
    outer = [(0.0, 0.0), (0.5 * radius, 0.0), *wall]
    return vessel(outer, thickness=thickness, base=2, slices=5, wedges=wedges, segments=48)


def barrel(*, radius: float = 0.29, height: float = 0.88) -> TriangleMesh:
    """A closed drum with two rolling hoops."""
    positive(radius=radius, height=height)
    body, low = 0.97 * radius, [(0.0, 0.0), (radius, 0.0), (radius, 0.02 * height)]
    profile = [*low, (body, 0.03 * height)]
    for middle in (0.35, 0.65):
        profile += [(body, (middle - 0.02) * height), (radius, middle * height)]
        profile += [(body, (middle + 0.02) * height)]
    top = [(body, 0.97 * height), (radius, 0.98 * height), (radius, height), (0.0, height)]
    return turned([*profile, *top], tolerance=0.035)


def traffic_cone(*, height: float = 0.5) -> TriangleMesh:
    """A road cone on its square foot."""
    positive(height=height)
    foot, h = 0.56 * height, height
    body = turned([(0.0, 0.03 * h), (0.2 * h, 0.03 * h), (0.045 * h, h), (0.0, h)])
    return joined(box((foot, foot, 0.045 * h), center=(0, 0, 0.0225 * h)), body)


def tyre(*, radius: float = 0.31, width: float = 0.2) -> TriangleMesh:
    """A car tyre lying flat, without its rim."""
    positive(radius=radius, width=width)
    r, w = radius, width
    tread = [(0.93 * r, 0.04 * w), (r, 0.2 * w), (r, 0.8 * w), (0.93 * r, 0.96 * w)]
    section = [(0.62 * r, 0.12 * w), (0.75 * r, 0.0), *tread, (0.75 * r, w), (0.62 * r, 0.88 * w)]
    return ring(section, segments=48)


def crate(
    *, size: tuple[float, float, float] = (0.5, 0.35, 0.3), slats: int = 3, thickness: float = 0.012
) -> TriangleMesh:
    """An open wooden crate of outer `size` [m]: corner posts, a floor, slats on four sides."""
    positive(x=size[0], y=size[1], z=size[2], slats=slats, thickness=thickness)
    (x, y, z), t = size, thickness
    post = 2.5 * t
    parts = [box((x - 2.2 * t, y - 2.2 * t, t), center=(0, 0, 0.6 * t))]
    for sx in (-1, 1):
        for sy in (-1, 1):
            center = (sx * (x / 2 - t - post / 2), sy * (y / 2 - t - post / 2), z / 2)
            parts.append(box((post, post, 0.98 * z), center=center))
    tall = 0.8 * z / slats
    for k in range(slats):
        level = tall / 2 + k * (z - tall) / max(slats - 1, 1)
        parts += [box((x, t, tall), center=(0, s * (y - t) / 2, level + 0.0004)) for s in (-1, 1)]
        parts += [box((t, y - 2 * t, tall), center=(s * (x - t) / 2, 0, level)) for s in (-1, 1)]
    return joined(*parts)


def pallet(*, length: float = 1.2, width: float = 0.8, height: float = 0.144) -> TriangleMesh:
    """A shipping pallet (EN 13698-1 proportions): five boards on nine blocks on three runners."""
    positive(length=length, width=width, height=height)
    board = 0.15 * height
    parts = [
        box((length, 0.16 * width, board), center=(0, y * width, height - board / 2))
        for y in np.linspace(-0.42, 0.42, 5)
    ]
    middle = height - 2 * board + 0.002
    for y in (-0.42, 0.0, 0.42):
        parts.append(box((length, 0.12 * width, board), center=(0, y * width, board / 2)))
        parts += [
            box((0.12 * length, 0.12 * width, middle), center=(x * length, y * width, height / 2))
            for x in (-0.43, 0.0, 0.43)
        ]
    return joined(*parts)
