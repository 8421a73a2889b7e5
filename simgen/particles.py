"""Particles that fill a shape: where liquid and grains are at the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.key import Key
from simgen.scene import Vector

Inside = Callable[[Array], NDArray[np.bool_]]

JITTER = 0.3
"""Largest shift of a particle off its lattice point, in spacings.

A regular lattice that is drawn out opens gaps of whole cells between its rows; shifted particles
spread evenly, as matter does.
"""


def fill(
    lower: Vector,
    upper: Vector,
    spacing: float,
    key: Key,
    *,
    inside: Inside | None = None,
    jitter: float = JITTER,
) -> Array:
    """(N, 3) [m] particles of a box, or of the part where `inside(points)` is true.

    The lattice begins half a spacing from `lower` and holds a whole number of spacings, so choose
    extents that are multiples of `spacing` where the volume must be exact.
    """
    low, high = np.asarray(lower, float), np.asarray(upper, float)
    counts = [max(0, round(float(d) / spacing)) for d in high - low]
    if min(counts) < 1:
        raise SimgenError(f"fill: {lower}..{upper} holds no particle at a spacing of {spacing} m")
    axes = [a + spacing * (0.5 + np.arange(n)) for a, n in zip(low, counts)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    if inside is not None:
        lattice = lattice[inside(lattice)]
    shift = key.child("particles").rng().uniform(-jitter, jitter, lattice.shape)
    return lattice + spacing * shift


def cylinder(center: Vector, radius: float) -> Inside:
    """Whether points lie within `radius` [m] of the vertical axis through `center`."""
    return lambda points: np.hypot(points[:, 0] - center[0], points[:, 1] - center[1]) < radius


def ball(center: Vector, radius: float) -> Inside:
    """Whether points lie in the ball of `radius` [m] about `center`."""
    return lambda points: np.linalg.norm(points - np.asarray(center), axis=1) < radius


BULK = 0.6
"""Share of space that poured spheres fill: random loose 0.54 to random close 0.64 (Song, Wang &
Makse, Nature 453, 2008). Bulk over solid density of the granular materials."""
LOOSE = 0.54
"""Share at which `pack` places spheres: random loose packing."""
ROUNDS = 400
"""Passes of `pack` that push overlapping spheres apart, at most."""


def bulk_spacing(radius: float) -> float:
    """The `spacing` [m] of grains that are spheres of `radius` [m]: a sphere fills BULK of it."""
    return radius * (4.0 / 3.0 * np.pi / BULK) ** (1 / 3)


def pack(
    lower: Vector,
    upper: Vector,
    radius: float,
    key: Key,
    *,
    spread: float = 0.0,
    inside: Inside | None = None,
    fraction: float = LOOSE,
) -> tuple[Array, Array]:
    """(N, 3) centres [m] and (N,) radii [m] of spheres that lie loose and random in a box, as
    poured.

    Radii are uniform within `spread` of `radius`, relative. Overlaps of a random start are pushed
    apart (Jodrey & Tory 1985) within the walls; what is left overlaps by less than 4 % of a radius.
    With `inside`,
    spheres whose centres it does not hold are left out, so let it be true `radius` from the walls.
    """
    rng = key.child("pack").rng()
    low, high = np.asarray(lower, float) + radius, np.asarray(upper, float) - radius
    room = float(np.prod(np.maximum(high - low + 2 * radius, 0.0)))
    count = int(fraction * room / (4.0 / 3.0 * np.pi * radius**3 * (1.0 + spread**2)))
    if count < 1 or (high < low).any():
        raise SimgenError(f"pack: {lower}..{upper} holds no sphere of radius {radius} m")
    sizes = radius * (1.0 + spread * rng.uniform(-1.0, 1.0, count))
    points = _scatter(low, high, count, rng)
    pairs = np.zeros((0, 2), np.int64)
    for turn in range(ROUNDS):
        if turn % 5 == 0:
            reach = 2.0 * radius * (1.0 + spread) * 1.05
            pairs = neighbours(points, reach)
        a, b = pairs[:, 0], pairs[:, 1]
        apart = points[a] - points[b]
        distance = np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
        overlap = sizes[a] + sizes[b] - distance
        touching = overlap > 0
        if turn % 5 == 1 and float(overlap.max(initial=0.0)) < 0.04 * radius * (1.0 - spread):
            break
        push = (0.55 * overlap / distance)[touching, None] * apart[touching]
        for axis in range(3):
            points[:, axis] += np.bincount(a[touching], push[:, axis], count)
            points[:, axis] -= np.bincount(b[touching], push[:, axis], count)
        points = np.clip(points, low + sizes[:, None] - radius, high - sizes[:, None] + radius)
    pairs = neighbours(points, 2.0 * radius * (1.0 + spread))
    a, b = pairs[:, 0], pairs[:, 1]
    gap = np.linalg.norm(points[a] - points[b], axis=1) - sizes[a] - sizes[b]
    keep = np.ones(count, bool)
    keep[b[gap < -0.04 * np.minimum(sizes[a], sizes[b])]] = False
    if inside is not None:
        keep &= inside(points)
    return points[keep], sizes[keep]


def neighbours(points: Array, reach: float) -> NDArray[np.int64]:
    """(P, 2) pairs of points nearer than `reach` [m]."""
    from scipy import spatial

    library: Any = spatial
    return library.cKDTree(points).query_pairs(reach, output_type="ndarray")


def _scatter(low: Array, high: Array, count: int, rng: np.random.Generator) -> Array:
    """(count, 3) points spread over a box: one in each cell of a lattice, shaken."""
    size = np.maximum(high - low, 1e-9)
    cell = (float(np.prod(size)) / count) ** (1 / 3)
    numbers = np.maximum(1, np.ceil(size / cell).astype(int))
    axes = [np.arange(int(n), dtype=float) for n in numbers]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    chosen = np.sort(rng.permutation(len(lattice))[:count])
    return low + (lattice[chosen] + rng.uniform(0.1, 0.9, (count, 3))) / numbers * size
