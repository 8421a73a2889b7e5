"""Where triangle meshes pierce each other or themselves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array
from simgen.lattice import unique_edges

AnyArray = NDArray[Any]

NEAR = 1e-9
"""Share of an edge or a triangle at its rim within which a touch does not count."""
SHRUNK = 1e-3
"""By how much elements are shrunk before they are looked at for overlap."""
ASIDE = np.array([0.0031, 0.0017, 0.0023])
"""Step [m], before it is shrunk, by which they are moved."""
Surface = tuple[str, AnyArray, AnyArray, AnyArray | None]
"""Name, points (V, 3) [m], faces (F, 3) and tetrahedra (K, 4) or None of an element."""


def crossings(points: AnyArray, edges: AnyArray, faces: AnyArray) -> AnyArray:
    """(N, 2) numbers of an edge and a face that it pierces; they share no vertex.

    `points` (V, 3) [m], `edges` (E, 2), `faces` (F, 3). Segment against triangle after Moeller and
    Trumbore (1997), of those near each other.
    """
    from scipy.spatial import KDTree

    x = np.asarray(points, float)
    middle, centre = x[edges].mean(axis=1), x[faces].mean(axis=1)
    reach = np.linalg.norm(x[edges[:, 0]] - middle, axis=1).max()
    reach += np.linalg.norm(x[faces] - centre[:, None], axis=2).max()
    trees: tuple[Any, Any] = KDTree(middle), KDTree(centre)
    near: Any = trees[0].sparse_distance_matrix(trees[1], float(reach), output_type="coo_matrix")
    pair = np.stack([near.row, near.col], -1)
    kin = (edges[pair[:, 0], :, None] == faces[pair[:, 1], None, :]).any(axis=(1, 2))
    pair = pair[~kin]
    return pair[_pierce(x[edges[pair[:, 0]]], x[faces[pair[:, 1]]])]


def _pierce(edge: Array, face: Array) -> AnyArray:
    """(N,) whether segments (N, 2, 3) pass through the inside of triangles (N, 3, 3)."""
    way = edge[:, 1] - edge[:, 0]
    u, v = face[:, 1] - face[:, 0], face[:, 2] - face[:, 0]
    p = np.cross(way, v)
    span = np.sum(u * p, axis=1)
    flat = np.abs(span) < 1e-12 * np.linalg.norm(way, axis=1) * np.linalg.norm(
        np.cross(u, v), axis=1
    )
    span = np.where(flat, 1.0, span)
    off = edge[:, 0] - face[:, 0]
    q = np.cross(off, u)
    a, b = np.sum(off * p, axis=1) / span, np.sum(way * q, axis=1) / span
    t = np.sum(v * q, axis=1) / span
    inner = (np.minimum(a, b) > NEAR) & (a + b < 1 - NEAR)
    return ~flat & inner & (t > NEAR) & (t < 1 - NEAR)


def pierced(positions: AnyArray, faces: AnyArray) -> Array:
    """(T,) share of the faces of a sheet, vertices (T, V, 3), that its other layers pierce; NaN
    where points are.

    Edges within two edges of a face are left out: a crease sharper than the mesh crosses its own
    neighbours, which is no layer that passes through another.
    """
    from scipy.sparse import coo_matrix

    edges, count = unique_edges(faces), positions.shape[1]
    ones = np.ones(2 * len(edges), np.int32)
    ends = np.concatenate([edges, edges[:, ::-1]])
    ring: Any = coo_matrix((ones, (ends[:, 0], ends[:, 1])), (count, count)).tocsr()
    first, second = (ring @ ring + ring).nonzero()
    close = first.astype(np.int64) * count + second
    shares = np.full(len(positions), np.nan)
    for t in np.flatnonzero(np.isfinite(positions).all(axis=(1, 2))):
        pair = crossings(positions[t], edges, faces)
        near = np.zeros(len(pair), bool)
        for a in edges[pair[:, 0]].T:
            for b in faces[pair[:, 1]].T:
                near |= np.isin(a.astype(np.int64) * count + b, close)
        shares[t] = len(np.unique(pair[~near, 1])) / len(faces)
    return shares


def first_overlap(surfaces: Sequence[Surface]) -> str:
    """Which two elements are in each other, '' when none are.

    All are shrunk by SHRUNK, so that bodies that touch do not count, and moved a little by their
    number, so that no corner lies just on a face.
    """
    shrunk = [
        points + (points.mean(axis=0) - points + k * ASIDE) * SHRUNK
        for k, (_, points, _, _) in enumerate(surfaces)
    ]
    for a, b in combinations(range(len(surfaces)), 2):
        within = [
            holds((shrunk[i], cells), shrunk[j][0])
            for i, j in ((a, b), (b, a))
            for cells in [surfaces[i][3]]
            if cells is not None
        ]
        if any(within) or overlap((shrunk[a], surfaces[a][2]), (shrunk[b], surfaces[b][2])):
            names = f"{surfaces[a][0]} and {surfaces[b][0]}"
            return f"{names} are in each other at the start; move them apart"
    return ""


def overlap(first: tuple[AnyArray, AnyArray], second: tuple[AnyArray, AnyArray]) -> bool:
    """Whether two surfaces (points (V, 3), faces (F, 3)) pierce each other."""
    (a, f), (b, g) = first, second
    if (a.min(axis=0) > b.max(axis=0)).any() or (b.min(axis=0) > a.max(axis=0)).any():
        return False
    points, other = np.concatenate([a, b]), g + len(a)
    return bool(
        len(crossings(points, unique_edges(f), other))
        or len(crossings(points, unique_edges(other), f))
    )


def holds(tetrahedra: tuple[AnyArray, AnyArray], point: AnyArray) -> bool:
    """Whether a point lies in a solid of points (V, 3) and tetrahedra (K, 4)."""
    corner = tetrahedra[0][tetrahedra[1]].astype(float)
    frame = np.swapaxes(corner[:, 1:] - corner[:, :1], 1, 2)
    local = np.linalg.solve(frame, (np.asarray(point, float) - corner[:, 0])[..., None])[..., 0]
    return bool(((local > 0).all(axis=1) & (local.sum(axis=1) < 1)).any())
