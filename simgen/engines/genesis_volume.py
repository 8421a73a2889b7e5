"""Keeps the volume ratio of a liquid's material points true to the space they really take.

The ratio is integrated from the divergence of the grid velocity; splashing lets it drift, and
settled liquid would lose volume. It is relaxed towards what the density of points on the grid says
(density reinitialisation of weakly compressible SPH, Colagrossi & Landrini 2003), where that can be
trusted: the engine `warp` does the same.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array

RELAXATION_TIME = 0.05
"""[s] in which the ratio follows the density."""
FULL = 0.6
EVEN = 0.85
"""Inside the liquid every node around is filled to this share of the mean, and the mean to FULL."""


def relaxed(
    position: Array,
    ratio: Array,
    volume: Array,
    cell: float,
    cells: NDArray[np.int64],
    time: float,
) -> Array:
    """(N,) volume ratios `time` [s] later, at positions (N, 3) [m] from the domain's corner, of
    points of rest volume (N,) [m^3].

    Beside empty space and bodies the density is too low; there it may only lower the ratio.
    """
    nodes = cells + 3  # one beyond each wall
    u = position / cell + 1.0
    base = np.clip(np.floor(u - 0.5).astype(np.int64), 0, nodes - 3)
    f = u - base
    weights = np.stack([0.5 * (1.5 - f) ** 2, 0.75 - (f - 1.0) ** 2, 0.5 * (f - 0.5) ** 2])
    stencil = list(itertools.product(range(3), repeat=3))
    rows = [np.ravel_multi_index(tuple((base + o).T), tuple(nodes)) for o in stencil]
    shares = [weights[i, :, 0] * weights[j, :, 1] * weights[k, :, 2] for i, j, k in stencil]
    fill: Array = np.zeros(int(np.prod(nodes)))
    for row, share in zip(rows, shares, strict=True):
        fill += np.bincount(row, share * volume, len(fill))
    fill = _mirrored(fill.reshape(nodes) / cell**3).ravel()
    around = np.stack([fill[row] for row in rows])
    mean: Array = np.sum(around * np.stack(shares), axis=0)
    difference: Array = 1.0 / np.maximum(mean, 1e-3) - ratio
    inside = (around.min(axis=0) > EVEN * mean) & (mean > FULL)
    change: Array = np.where(inside, difference, np.minimum(difference, 0.0))
    return ratio + (1.0 - np.exp(-time / RELAXATION_TIME)) * change


def _mirrored(fill: Array) -> Array:
    """The filling of nodes at and beyond the walls completed by the mirror image of the liquid."""
    for axis in range(3):
        sides = np.moveaxis(fill, axis, 0)
        for beyond, wall, inner in ((0, 1, 2), (-1, -2, -3)):
            sides[inner] += sides[beyond]
            sides[beyond] = sides[inner]
            sides[wall] *= 2.0
    return fill
