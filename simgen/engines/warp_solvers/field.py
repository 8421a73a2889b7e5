"""Signed distance of rigid bodies sampled on lattices: a query costs the same for any form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.engines.warp_solvers.distance import make_solid
from simgen.geometry import Array, TriangleMesh, bounds, triangulate
from simgen.rotation import to_matrix
from simgen.scene import RigidBody

MARGIN = 3
"""Samples around the body."""
MOST = 600_000
"""Samples of one body."""
COARSE = 4
"""Far from the surface only every fourth sample is exact, those between are interpolated."""
THIN = 0.5
"""Largest step in mean wall thicknesses: samples lie in every wall."""


@dataclass(frozen=True, eq=False)
class Field:
    """Samples of a signed distance, body frame."""

    lower: Array
    """(3,) place of the first sample [m]."""
    step: float
    """Between samples [m]."""
    values: Array
    """(X, Y, Z) [m], negative inside."""


def sample_body(body: RigidBody, step: float, device: str) -> Field:
    """The drawn surfaces of a body, sampled every `step` [m], or finer where its walls are thin."""
    from scipy import ndimage as _ndimage

    ndimage: Any = _ndimage  # partly typed

    low, high = _bounds(body)
    step = max(min(step, THIN * _thickness(body)), (float(np.prod(high - low)) / MOST) ** (1 / 3))
    lower = low - MARGIN * step
    counts: Array = np.ceil((high - low) / step) + 2 * MARGIN + 1
    solid = make_solid(body, device)
    coarse = _lattice(lower, COARSE * step, np.floor(counts / COARSE) + 2)
    about = solid.distance(coarse.reshape(-1, 3))[0].reshape(coarse.shape[:3])
    fine = _lattice(lower, step, counts)
    where: Array = (fine - lower) / (COARSE * step)
    values: Array = ndimage.map_coordinates(about, where.reshape(-1, 3).T, order=1)
    band = (1.0 + 0.9 * COARSE) * step
    near = np.abs(values) < band
    values[near] = solid.distance(fine.reshape(-1, 3)[near])[0]
    return Field(lower, step, values.reshape(fine.shape[:3]))


def _lattice(lower: Array, step: float, counts: Array) -> Array:
    """(X, Y, Z, 3) points [m]."""
    axes: list[Array] = [a + step * np.arange(n) for a, n in zip(lower, counts)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def _bounds(body: RigidBody) -> tuple[Array, Array]:
    """Lowest and highest corner (3,) [m] of all shapes, body frame."""
    corners = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    points: list[Array] = [
        bounds(s.geometry)[corners, np.arange(3)] @ to_matrix(s.quaternion).T
        + np.asarray(s.position)
        for s in body.shapes
    ]
    every = np.concatenate(points)
    return every.min(axis=0), every.max(axis=0)


def _thickness(body: RigidBody) -> float:
    """Mean thickness [m] of the thinnest mesh: 2 volume / area, right for a shell."""
    found = math.inf
    for shape in body.shapes:
        if isinstance(shape.geometry, TriangleMesh):
            mesh = triangulate(shape.geometry)
            a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
            cross = np.cross(b - a, c - a)
            area = float(np.linalg.norm(cross, axis=1).sum()) / 2
            found = min(found, 2.0 * abs(float(np.sum(a * cross))) / 6 / area)
    return found
