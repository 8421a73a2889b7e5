"""Furniture and fixtures: stool, chair, table, shelf, stairs, ramp, tray, book. Base on z = 0."""

from __future__ import annotations

import math

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import TriangleMesh
from simgen.shapes.build import box, hull_points, joined, loft, positive, solid, tube, turned

_SINK = 0.002
"""How deep parts that meet reach into each other [m], so that no faces coincide."""


def stool(*, radius: float = 0.16, height: float = 0.45, legs: int = 3) -> TriangleMesh:
    """A round stool on splayed legs."""
    positive(radius=radius, height=height)
    if legs < 3:
        raise SimgenError(f"stool: legs={legs} must be at least 3")
    thick = 0.08 * height
    low = height - thick
    seat = turned(
        [
            (0, low),
            (0.94 * radius, low),
            (radius, low + 0.3 * thick),
            (radius, low + 0.7 * thick),
            (0.94 * radius, height),
            (0, height),
        ],
        tolerance=0.02,
    )
    parts = [seat]
    for i in range(legs):
        a = 2 * math.pi * i / legs
        out = np.array([math.cos(a), math.sin(a), 0.0])
        bottom, top = 0.92 * radius * out, 0.62 * radius * out + [0, 0, low + _SINK]
        path = np.linspace(bottom, top, 3)
        parts.append(_flat_foot(tube(path, 0.085 * radius, sides=12, hulls=1)))
    return joined(*parts)


def _flat_foot(leg: TriangleMesh) -> TriangleMesh:
    """A leg whose lowest points are pressed onto z = 0."""

    def flat(points: np.ndarray) -> np.ndarray:
        out = np.array(points)
        low = out[:, 2] < 0.05 * np.ptp(out[:, 2])
        out[low, 2] = 0.0
        return out

    hulls = None if leg.hulls is None else tuple(flat(h) for h in leg.hulls)
    return TriangleMesh(flat(leg.vertices), leg.faces, hulls=hulls, smooth=leg.smooth)


def _legs(width: float, depth: float, height: float, thick: float) -> list[TriangleMesh]:
    """Four square legs under a top of `width` times `depth`, `height` tall, `thick` wide [m]."""
    x, y = width / 2 - 0.7 * thick, depth / 2 - 0.7 * thick
    size = (thick, thick, height + _SINK)
    return [box(size, center=(sx * x, sy * y, size[2] / 2)) for sx in (-1, 1) for sy in (-1, 1)]


def table(
    *,
    width: float = 1.0,
    depth: float = 0.6,
    height: float = 0.72,
    thickness: float = 0.03,
    leg: float = 0.05,
) -> TriangleMesh:
    """A four-legged table; `width` along x, `depth` along y, `leg` is a leg's thickness [m]."""
    positive(width=width, depth=depth, height=height, thickness=thickness, leg=leg)
    top = box((width, depth, thickness), center=(0, 0, height - thickness / 2))
    return joined(top, *_legs(width, depth, height - thickness, leg))


def chair(
    *, width: float = 0.42, depth: float = 0.42, seat: float = 0.45, height: float = 0.85
) -> TriangleMesh:
    """A chair whose back rises at +y; `seat` is the seat's height [m]."""
    positive(width=width, depth=depth, seat=seat, height=height)
    thick = 0.07 * seat
    top = box((width, depth, thick), center=(0, 0, seat - thick / 2))
    post = 0.09 * width
    x, y = width / 2 - 0.6 * post, depth / 2 - 0.6 * post
    rise = height - seat
    posts = [
        box((post, post, rise + _SINK), center=(s * x, y, seat + rise / 2 - _SINK / 2))
        for s in (-1, 1)
    ]
    slats = [
        box((2 * x, 0.5 * post, 0.18 * rise), center=(0, y, seat + share * rise))
        for share in (0.45, 0.85)
    ]
    return joined(top, *_legs(width, depth, seat - thick, 0.09 * width), *posts, *slats)


def shelf(
    *,
    width: float = 0.8,
    depth: float = 0.25,
    height: float = 0.9,
    boards: int = 3,
    thickness: float = 0.02,
) -> TriangleMesh:
    """An open shelf: two sides along y and `boards` boards from near z = 0 up to `height` [m]."""
    positive(width=width, depth=depth, height=height, thickness=thickness)
    if boards < 2:
        raise SimgenError(f"shelf: boards={boards} must be at least 2")
    t = thickness
    sides = [box((t, depth, height), center=(s * (width - t) / 2, 0, height / 2)) for s in (-1, 1)]
    levels = np.linspace(0.04 * height, height - 0.6 * t, boards)
    inner = width - 2 * t + 2 * min(_SINK, t / 4)
    return joined(*sides, *(box((inner, 0.98 * depth, t), center=(0, 0, z)) for z in levels))


def stairs(
    *, steps: int = 5, width: float = 0.6, rise: float = 0.09, run: float = 0.14
) -> TriangleMesh:
    """A solid flight that climbs towards +x from x = 0; one hull per step."""
    positive(width=width, rise=rise, run=run)
    if steps < 1:
        raise SimgenError(f"stairs: steps={steps} must be at least 1")
    side: list[tuple[float, float]] = [(0.0, 0.0)]
    for i in range(steps):
        side += [(i * run, (i + 1) * rise), ((i + 1) * run, (i + 1) * rise)]
    side += [(steps * run, 0.0)]
    outline = np.array(side)
    rings = [
        np.stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]], -1)
        for y in (-width / 2, width / 2)
    ]
    hulls = [
        np.array(
            [
                (x, y, z)
                for x in (i * run, (i + 1) * run)
                for y in (-width / 2, width / 2)
                for z in (0.0, (i + 1) * rise)
            ]
        )
        for i in range(steps)
    ]
    # The outline is seen whole from its lowest far corner, so the side fans start there.
    tip = [(steps * run * 0.999, y, 0.001 * rise) for y in (-width / 2, width / 2)]
    return loft(rings, start=tip[0], end=tip[1], hulls=hulls, smooth=False)


def ramp(
    *, length: float = 1.0, width: float = 0.5, height: float = 0.3, base: float = 0.01
) -> TriangleMesh:
    """A solid wedge that climbs towards +x from x = 0 [m]; `base` is its height at the low end."""
    positive(length=length, width=width, height=height, base=base)
    ends = [(0.0, 0.0), (0.0, base), (length, 0.0), (length, height)]
    return solid([(x, y, z) for x, z in ends for y in (-width / 2, width / 2)])


def open_box(
    *, size: tuple[float, float, float] = (0.4, 0.3, 0.12), thickness: float = 0.012
) -> TriangleMesh:
    """A tray or crate of outer `size` [m] open at the top: a floor and four walls."""
    x, y, z = size
    t = thickness
    positive(x=x, y=y, z=z, thickness=t)
    if t >= z or 2 * t >= min(x, y):
        raise SimgenError(f"open_box: thickness {t} leaves nothing hollow in {size}")

    def loop(hx: float, hy: float, h: float) -> list[tuple[float, float, float]]:
        return [(-hx, -hy, h), (hx, -hy, h), (hx, hy, h), (-hx, hy, h)]

    ox, oy, ix, iy = x / 2, y / 2, x / 2 - t, y / 2 - t
    rings = [loop(ox, oy, 0), loop(ox, oy, z), loop(ix, iy, z), loop(ix, iy, t)]
    walls = [box((x, t, z), center=(0, s * (y - t) / 2, z / 2)).vertices for s in (-1, 1)] + [
        box((t, y, z), center=(s * (x - t) / 2, 0, z / 2)).vertices for s in (-1, 1)
    ]
    floor = box((x, y, t), center=(0, 0, t / 2)).vertices
    return loft(rings, hulls=[floor, *walls], smooth=False)


def book(*, width: float = 0.15, height: float = 0.21, thickness: float = 0.03) -> TriangleMesh:
    """A closed book flat on z = 0: covers, a spine at -x, pages; one hull for contact."""
    positive(width=width, height=height, thickness=thickness)
    t = 0.09 * thickness
    covers = [box((width, height, t), center=(0, 0, z)) for z in (t / 2, thickness - t / 2)]
    spine = box((t, height, thickness - t), center=(-width / 2 + t / 2 - 1e-4, 0, thickness / 2))
    inner = (0.955 * width, 0.95 * height, thickness - 1.9 * t)
    pages = box(inner, center=(-0.02 * width, 0, thickness / 2))
    drawn = joined(*covers, spine, pages)
    return TriangleMesh(
        drawn.vertices, drawn.faces, hulls=(hull_points(drawn.vertices),), smooth=False
    )
