"""Toys and track parts: pins, tops, rings, stars, cell blocks, arches, channels. Metres."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import TriangleMesh
from simgen.rotation import from_axis_angle
from simgen.shapes.build import SEGMENTS, box, joined, loft, moved, positive, prism, ring, turned

_INCH = 0.0254
_TURN = from_axis_angle((0, 0, 1), math.pi / 2)
"""Turns +x to +y."""
PIN_PROFILE = tuple(
    (d / 2 * _INCH, h * _INCH)
    for h, d in (
        (0.0, 2.031),
        (0.75, 2.828),
        (2.25, 3.906),
        (3.375, 4.51),
        (4.5, 4.766),
        (5.875, 4.563),
        (7.25, 3.703),
        (8.625, 2.472),
        (9.375, 1.965),
        (10.0, 1.797),
        (10.875, 1.87),
        (11.75, 2.094),
        (12.625, 2.406),
        (13.5, 2.547),
    )
)
"""Radius and height [m] of a tenpin (USBC equipment specifications, dimensions of a pin)."""


def bowling_pin(*, height: float = 0.381) -> TriangleMesh:
    """A tenpin standing on z = 0, in the regulation proportions."""
    from scipy.interpolate import PchipInterpolator

    positive(height=height)
    r, z = np.array(PIN_PROFILE).T
    top = 1.273 * _INCH
    fine = np.linspace(0.0, float(z[-1]), 28)
    side = np.stack([PchipInterpolator(z, r)(fine), fine], -1)
    a = np.linspace(0.0, 0.5 * math.pi, 7)[1:]
    head = np.stack([top * np.cos(a), z[-1] + (15 * _INCH - z[-1]) * np.sin(a)], -1)
    head[-1, 0] = 0.0
    profile = np.concatenate([[[0.0, 0.0]], side, head])
    return turned(profile * (height / profile[-1, 1]), tolerance=0.05)


def spinning_top(*, radius: float = 0.03, height: float = 0.05, tip: float = 0.003) -> TriangleMesh:
    """A peg top standing on its rounded `tip` [m] at the origin, widest below its middle."""
    positive(radius=radius, height=height, tip=tip)
    r, h = radius, height
    a = np.linspace(0.0, 0.45 * math.pi, 5)
    point = [(tip * math.sin(x), tip * (1 - math.cos(x))) for x in a]
    body = [
        (0.55 * r, 0.3 * h),
        (0.95 * r, 0.46 * h),
        (r, 0.52 * h),
        (0.92 * r, 0.58 * h),
        (0.35 * r, 0.68 * h),
        (0.13 * r, 0.72 * h),
        (0.13 * r, 0.97 * h),
        (0.09 * r, h),
        (0.0, h),
    ]
    return turned([*point, *body], tolerance=0.03)


def torus(*, radius: float = 0.05, thickness: float = 0.012, wedges: int = 16) -> TriangleMesh:
    """A ring about z: `radius` [m] of its centre line, `thickness` [m] of its tube's radius."""
    positive(radius=radius, thickness=thickness)
    if thickness >= radius:
        raise SimgenError(f"torus: thickness {thickness} must be below radius {radius}")
    a = np.arange(20) * (2 * math.pi / 20)
    return ring(
        np.stack([radius + thickness * np.cos(a), thickness * np.sin(a)], -1), wedges=wedges
    )


def hoop(
    *, radius: float = 0.06, width: float = 0.04, thickness: float = 0.006, wedges: int = 16
) -> TriangleMesh:
    """A short open cylinder about z, centred: outer `radius`, wall `thickness` [m]."""
    positive(radius=radius, width=width, thickness=thickness)
    if thickness >= radius:
        raise SimgenError(f"hoop: thickness {thickness} must be below radius {radius}")
    low, high, w = radius - thickness, radius, width / 2
    return ring([(low, -w), (high, -w), (high, w), (low, w)], wedges=wedges, segments=2 * SEGMENTS)


def dumbbell(*, length: float = 0.16, radius: float = 0.03, bar: float = 0.4) -> TriangleMesh:
    """Two heads of `radius` [m] on a bar of `bar` times that radius, along z from z = 0."""
    positive(length=length, radius=radius, bar=bar)
    r, h, b = radius, 0.3 * length, bar * radius
    low = [(0, 0), (0.85 * r, 0), (r, 0.15 * h), (r, 0.85 * h), (0.85 * r, h), (b, h)]
    return turned([*low, *((x, length - z) for x, z in low[::-1])], tolerance=0.02)


def star(
    *, tips: int = 5, radius: float = 0.04, inner: float = 0.45, height: float = 0.025
) -> TriangleMesh:
    """A star-shaped prism on z = 0; `inner` is the radius of its notches over that of its tips."""
    positive(radius=radius, inner=inner, height=height)
    if tips < 4 or inner >= 0.95:
        raise SimgenError(f"star: needs tips >= 4 and inner < 0.95, got {tips} and {inner}")
    a = np.arange(2 * tips) * (math.pi / tips)
    reach = np.where(np.arange(2 * tips) % 2 == 0, radius, inner * radius)
    outline = np.stack([reach * np.cos(a), reach * np.sin(a)], -1)
    kites = [
        np.array([(0.0, 0.0), outline[i - 1], outline[i], outline[(i + 1) % (2 * tips)]])
        for i in range(0, 2 * tips, 2)
    ]
    return prism(outline, height, parts=kites)


_CELLS: dict[str, tuple[tuple[int, int], ...]] = {
    "L": ((0, 0), (1, 0), (0, 1), (0, 2)),
    "T": ((0, 0), (-1, 0), (1, 0), (0, 1)),
    "cross": ((0, 0), (-1, 0), (1, 0), (0, 1), (0, -1)),
    "corner": ((0, 0), (1, 0), (0, 1)),
}
_OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "L": ((-1, -1), (3, -1), (3, 1), (1, 1), (1, 5), (-1, 5)),
    "T": ((-3, -1), (3, -1), (3, 1), (1, 1), (1, 3), (-1, 3), (-1, 1), (-3, 1)),
    "cross": (
        *((1, -1), (3, -1), (3, 1), (1, 1), (1, 3), (-1, 3)),
        *((-1, 1), (-3, 1), (-3, -1), (-1, -1), (-1, -3), (1, -3)),
    ),
    "corner": ((-1, -1), (3, -1), (3, 1), (1, 1), (1, 3), (-1, 3)),
}


def cells(
    *, kind: Literal["L", "T", "cross", "corner"] = "L", cell: float = 0.03, height: float = 0.03
) -> TriangleMesh:
    """A toy block of square cells of edge `cell` [m], on z = 0, its main cell about the origin."""
    positive(cell=cell, height=height)
    if kind not in _CELLS:
        raise SimgenError(f"cells: kind {kind!r} must be one of {', '.join(_CELLS)}")
    square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * cell / 2
    parts = [square + np.array(c) * cell for c in _CELLS[kind]]
    return prism(np.array(_OUTLINES[kind]) * cell / 2, height, parts=parts)


def arch(
    *, width: float = 0.1, height: float = 0.05, depth: float = 0.04, hole: float = 0.6
) -> TriangleMesh:
    """A toy arch standing on z = 0 across x; `hole` is the opening's radius over half the width."""
    positive(width=width, height=height, depth=depth, hole=hole)
    w, radius = width / 2, hole * width / 2
    if radius > 0.92 * height:
        raise SimgenError(f"arch: the opening {radius} must be below 0.92 of height {height}")
    a = np.linspace(math.pi, 0.0, 17)
    inside = np.stack([radius * np.cos(a), radius * np.sin(a)], -1)
    outside = [_on_rectangle(float(x), w, height) for x in a]
    quads = [np.array([inside[i], inside[i + 4], *outside[i : i + 5]]) for i in range(0, 16, 4)]
    mesh = _strip(inside, np.array(outside), depth)
    hulls = [
        np.concatenate([np.insert(q, 1, y, axis=1) for y in (-depth / 2, depth / 2)]) for q in quads
    ]
    return TriangleMesh(mesh.vertices, mesh.faces, hulls=tuple(hulls), smooth=True)


def _on_rectangle(angle: float, half: float, height: float) -> tuple[float, float]:
    """The point in direction `angle` on the upper half of a rectangle about the origin."""
    c, s = math.cos(angle), math.sin(angle)
    reach = min(half / abs(c) if abs(c) > 1e-9 else math.inf, height / s if s > 1e-9 else math.inf)
    return (reach * c, max(0.0, reach * s))


def _strip(inside: np.ndarray, outside: np.ndarray, depth: float) -> TriangleMesh:
    """The closed band between two curves (N, 2) in the xz plane, `depth` [m] thick about y = 0."""
    y = depth / 2
    rings = [
        [(p[0], -y, p[1]), (q[0], -y, q[1]), (q[0], y, q[1]), (p[0], y, p[1])]
        for p, q in zip(inside, outside)
    ]
    return loft(rings)


def channel(
    *, length: float = 0.4, width: float = 0.03, height: float = 0.015, thickness: float = 0.004
) -> TriangleMesh:
    """A straight U channel along x about the origin, open upwards; the floor's top is z = 0.

    `width` is the clear width, `height` the walls' above the floor [m].
    """
    positive(length=length, width=width, height=height, thickness=thickness)
    t, w = thickness, width / 2
    inside = np.array([(-w, height), (-w, 0.0), (w, 0.0), (w, height)])
    outside = np.array([(-w - t, height), (-w - t, -t), (w + t, -t), (w + t, height)])
    drawn = moved(_strip(inside, outside, length), quaternion=_TURN)
    side = (length, t, height + t)
    parts = [
        box((length, width + 2 * t, t), center=(0, 0, -t / 2)),
        box(side, center=(0, w + t / 2, (height - t) / 2)),
        box(side, center=(0, -w - t / 2, (height - t) / 2)),
    ]
    hulls = tuple(p.vertices for p in parts)
    return TriangleMesh(drawn.vertices, drawn.faces, hulls=hulls, smooth=False)


def half_pipe(
    *, length: float = 0.4, radius: float = 0.03, thickness: float = 0.004, wedges: int = 8
) -> TriangleMesh:
    """A half pipe along x, open upwards; its lowest inner line is z = 0, inner `radius` [m]."""
    positive(length=length, radius=radius, thickness=thickness)
    a = np.linspace(math.pi, 2 * math.pi, 4 * wedges + 1)

    def arc(r: float) -> np.ndarray:
        return np.stack([r * np.cos(a), r * np.sin(a) + radius], -1)

    inside, outside = arc(radius), arc(radius + thickness)
    mesh = _strip(inside, outside, length)
    hulls = [
        np.concatenate(
            [
                np.insert(np.concatenate([c[i : i + 5] for c in (inside, outside)]), 1, y, axis=1)
                for y in (-length / 2, length / 2)
            ]
        )
        for i in range(0, 4 * wedges, 4)
    ]
    whole = TriangleMesh(mesh.vertices, mesh.faces, hulls=tuple(hulls), smooth=True)
    return moved(whole, quaternion=_TURN)


def jack(*, radius: float = 0.02, thickness: float = 0.005) -> TriangleMesh:
    """Six round arms of length `radius` [m] about the origin, along the axes."""
    positive(radius=radius, thickness=thickness)
    t = thickness
    bar = turned(
        [
            (0, -radius),
            (0.8 * t, -radius),
            (t, -0.8 * radius),
            (0.7 * t, -0.5 * radius),
            (0.7 * t, 0.5 * radius),
            (t, 0.8 * radius),
            (0.8 * t, radius),
            (0, radius),
        ],
        segments=16,
        tolerance=0.1,
    )
    across = [from_axis_angle(axis, math.pi / 2) for axis in ((1, 0, 0), (0, 1, 0))]
    return joined(bar, *(moved(bar, quaternion=q) for q in across))
