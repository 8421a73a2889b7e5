"""Particles that fill a shape: where liquid and grains are at the start."""

from __future__ import annotations

from collections.abc import Callable

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
