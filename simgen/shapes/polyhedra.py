"""Convex solids: polyhedra, wedge, pyramid, cone, rocks, bevelled boxes; centred unless stated."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import TriangleMesh
from simgen.key import Key
from simgen.rotation import random
from simgen.rotation import rotate as turn
from simgen.shapes.build import positive, prism, solid, turned

_GOLDEN = (1 + math.sqrt(5)) / 2
_REGULAR: dict[int, Sequence[tuple[float, float, float]]] = {
    4: [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)],
    6: [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)],
    8: [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
    12: [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    + [
        p
        for a in (-1, 1)
        for b in (-1, 1)
        for p in (
            (0, a / _GOLDEN, b * _GOLDEN),
            (a / _GOLDEN, b * _GOLDEN, 0),
            (a * _GOLDEN, 0, b / _GOLDEN),
        )
    ],
    20: [
        p
        for a in (-1, 1)
        for b in (-1, 1)
        for p in ((0, a, b * _GOLDEN), (a, b * _GOLDEN, 0), (a * _GOLDEN, 0, b))
    ],
}


def polyhedron(*, faces: int = 20, radius: float = 0.04) -> TriangleMesh:
    """A regular solid of 4, 6, 8, 12 or 20 faces whose corners lie at `radius` [m]."""
    positive(radius=radius)
    if faces not in _REGULAR:
        raise SimgenError(f"polyhedron: faces={faces} must be one of {sorted(_REGULAR)}")
    corners = np.array(_REGULAR[faces], float)
    return solid(corners * radius / np.linalg.norm(corners[0]))


def bevelled_box(
    *, size: tuple[float, float, float] = (0.05, 0.05, 0.05), bevel: float = 0.003
) -> TriangleMesh:
    """A box of outer `size` [m] whose edges are cut by `bevel` [m]."""
    half = np.asarray(size, float) / 2
    positive(x=half[0], y=half[1], z=half[2], bevel=bevel)
    if bevel >= half.min():
        raise SimgenError(f"bevelled_box: bevel {bevel} is too large for {size}")
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    points = [signs * (half - bevel * (1 - np.eye(3)[axis])) for axis in range(3)]
    return solid(np.concatenate(points))


def wedge(*, length: float = 0.08, width: float = 0.05, height: float = 0.04) -> TriangleMesh:
    """A triangular block, right-angled at its high end +x, base on z = 0, centred in x and y."""
    positive(length=length, width=width, height=height)
    x = length / 2
    return solid(
        [
            (px, py, pz)
            for px, pz in ((-x, 0), (x, 0), (x, height))
            for py in (-width / 2, width / 2)
        ]
    )


def fulcrum(*, length: float = 0.2, width: float = 0.1, height: float = 0.08) -> TriangleMesh:
    """A prism with its edge up, along y: the support of a seesaw. Base on z = 0."""
    positive(length=length, width=width, height=height)
    top = 0.04 * width
    ends = ((-width / 2, 0.0), (width / 2, 0.0), (top, height), (-top, height))
    return solid([(x, y, z) for x, z in ends for y in (-length / 2, length / 2)])


def pyramid(*, sides: int = 4, radius: float = 0.04, height: float = 0.06) -> TriangleMesh:
    """A pyramid over a regular polygon, base on z = 0."""
    positive(radius=radius, height=height)
    if sides < 3:
        raise SimgenError(f"pyramid: sides={sides} must be at least 3")
    a = np.arange(sides) * (2 * math.pi / sides)
    base = np.stack([radius * np.cos(a), radius * np.sin(a), 0 * a], -1)
    return solid(np.concatenate([base, [[0.0, 0.0, height]]]))


def cone(*, radius: float = 0.04, height: float = 0.08, tip: float = 0.02) -> TriangleMesh:
    """A cone on z = 0, its point blunted to `tip` times its radius."""
    positive(radius=radius, height=height, tip=tip)
    return turned([(0, 0), (radius, 0), (tip * radius, height), (0, height)])


def regular_prism(*, sides: int = 6, radius: float = 0.03, height: float = 0.06) -> TriangleMesh:
    """A prism over a regular polygon, base on z = 0."""
    positive(radius=radius, height=height)
    if sides < 3:
        raise SimgenError(f"regular_prism: sides={sides} must be at least 3")
    a = np.arange(sides) * (2 * math.pi / sides)
    return prism(radius * np.stack([np.cos(a), np.sin(a)], -1), height)


def rock(
    *, key: Key, radius: float = 0.04, roughness: float = 0.25, points: int = 36
) -> TriangleMesh:
    """A convex stone: the hull of noisy points on a random ellipsoid of about `radius` [m]."""
    positive(radius=radius, roughness=roughness)
    if points < 8 or roughness > 0.8:
        raise SimgenError(f"rock: points={points} must be >= 8, roughness={roughness} <= 0.8")
    rng = key.rng()
    p = rng.normal(size=(points, 3))
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    p *= radius * (1 - roughness * rng.random((points, 1)))
    p *= rng.uniform(0.65, 1.0, size=3)
    p = turn(random(rng), p)
    return solid(p - (p.max(0) + p.min(0)) / 2)
