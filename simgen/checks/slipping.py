"""Sheets that bodies have cut through: solvers that hold vertices let thin bars pass between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simgen.geometry import Array
from simgen.record import AnyArray, Trajectory
from simgen.rotation import to_matrix
from simgen.scene import Cloth

if TYPE_CHECKING:
    from simgen.engines.warp_solvers.distance import Solid

SAMPLES = 15
"""Points on every median of a triangle: bars of a tenth of it are met."""
OPPOSITE = -0.5
"""Cosine between the normals where a median enters a body and where it leaves it, below which it
goes in at one side and out at the other; cloth that lies over an edge of a box has about 0."""


def cut_share(cloth: Cloth, solids: list[Solid], trajectory: Trajectory, frame: int) -> float:
    """Share of the triangles of a cloth that pass through a body from side to side at a frame.

    A line across a triangle parts one corner from the others, so it crosses a median. Triangles
    with a vertex that is fixed to bodies or in space are left out.
    """
    faces = np.asarray(cloth.faces)
    held = [vertex for vertex, _ in cloth.attachments] + list(cloth.pinned)
    faces = faces[~np.isin(faces, held).any(axis=1)]
    corners = np.asarray(trajectory.meshes[cloth.name].position[frame], float)[faces]
    cut = np.zeros(len(faces), bool)
    bodies = trajectory.bodies
    for solid in solids:
        row = bodies.names.index(solid.body.name)
        turn = to_matrix(bodies.quaternion[frame, row])
        cut |= _cut(solid, (corners - bodies.position[frame, row]) @ turn)
    return float(cut.mean()) if len(cut) else 0.0


def _cut(solid: Solid, corners: Array) -> AnyArray:
    """(F,) whether a median of triangles (F, 3, 3) passes through a solid, body frame."""
    found = np.zeros(len(corners), bool)
    middle = corners.mean(axis=1)
    reach = float(np.linalg.norm(corners - middle[:, None], axis=2).max(initial=0.0))
    near = np.flatnonzero(solid.distance(middle, near=2.0 * reach)[0] < reach)
    if not len(near):
        return found
    start = corners[near]
    end = (start.sum(axis=1, keepdims=True) - start) / 2.0
    share = np.linspace(0.0, 1.0, SAMPLES)[:, None]
    points = start[:, :, None] * (1.0 - share) + end[:, :, None] * share
    distance, normal, _ = solid.distance(points.reshape(-1, 3))
    inside = distance.reshape(-1, SAMPLES) < 0.0
    normal = normal.reshape(-1, SAMPLES, 3)
    row = np.arange(len(inside))
    first, last = inside.argmax(axis=1), SAMPLES - 1 - inside[:, ::-1].argmax(axis=1)
    across = np.sum(normal[row, first] * normal[row, last], axis=1) < OPPOSITE
    through = inside.any(axis=1) & ~inside[:, 0] & ~inside[:, -1] & across
    found[near] = through.reshape(-1, 3).any(axis=1)
    return found
