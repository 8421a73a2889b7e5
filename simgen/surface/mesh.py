"""Triangle meshes for drawing: sharp edges, shading normals, tubes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array

Ints = NDArray[np.int32]
SHARP = math.radians(40.0)
"""Neighbouring facets at a larger angle keep an edge between them."""


@dataclass(frozen=True, eq=False)
class SplitMesh:
    """Triangles with vertices doubled along sharp edges, so that each has one shading normal."""

    source: Ints
    """(V,) index of the original vertex each one is a copy of."""
    faces: Ints
    """(F, 3) into the split vertices; same order as the original faces."""


def split_sharp(
    vertices: Array, faces: Ints, *, angle: float = SHARP, weld: bool = False
) -> SplitMesh:
    """Double vertices where facets meet at more than `angle` [rad].

    With `weld`, vertices at one place count as one (for facets that do not share vertices).
    Corners of facets that meet smoothly along an edge are joined; what is joined becomes a vertex.
    """
    from scipy.sparse import coo_array
    from scipy.sparse import csgraph as _csgraph

    csgraph: Any = _csgraph  # partly typed
    count = len(faces)
    ids = faces.astype(np.int64)
    if weld:
        _, same = np.unique(np.round(vertices, 9), axis=0, return_inverse=True)
        ids = same.reshape(-1)[ids]
    normal = face_normals(vertices, faces)
    corner = np.arange(3 * count).reshape(count, 3)
    start, end = ids, np.roll(ids, -1, axis=1)
    low, high = np.minimum(start, end).ravel(), np.maximum(start, end).ravel()
    order = np.lexsort((high, low))
    pair = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    a, b = order[:-1][pair], order[1:][pair]
    cosine = np.sum(normal[a // 3] * normal[b // 3], axis=1)
    smooth = cosine > math.cos(angle) - 1e-9
    a, b = a[smooth], b[smooth]
    flipped = start.ravel()[a] != start.ravel()[b]
    a_end, b_end = np.roll(corner, -1, axis=1).ravel()[a], np.roll(corner, -1, axis=1).ravel()[b]
    left = np.concatenate([a, a_end])
    right = np.concatenate([np.where(flipped, b_end, b), np.where(flipped, b, b_end)])
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(3 * count, 3 * count))
    _, group = csgraph.connected_components(graph, directed=False)
    _, first, new = np.unique(group, return_index=True, return_inverse=True)
    return SplitMesh(faces.ravel()[first].astype(np.int32), new.reshape(count, 3).astype(np.int32))


def refine_to(vertices: Array, faces: Ints, edge: float) -> tuple[Array, Ints, Ints]:
    """Split every edge longer than `edge` [m] at its middle until none is left, longest first.

    Returns vertices (V, 3), faces (F, 3) and the original face of each. Edges are split for both
    facets at once, so no cracks open; thin triangles become short ones, not many.
    """
    parent = np.arange(len(faces), dtype=np.int32)
    while True:
        ends = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1).astype(np.int64)
        key, index = np.unique(ends[:, 0] * len(vertices) + ends[:, 1], return_inverse=True)
        a, b = key // len(vertices), key % len(vertices)
        length = np.linalg.norm(vertices[a] - vertices[b], axis=1)
        if not (length > edge).any():
            return vertices, faces, parent
        sides = length[index].reshape(-1, 3)
        leading = np.zeros(len(length), bool)
        leading[index[(sides >= 0.75 * sides.max(axis=1, keepdims=True)).ravel()]] = True
        long = (length > edge) & leading
        number = np.where(long, len(vertices) + np.cumsum(long) - 1, -1)
        middle = number[index].reshape(-1, 3).astype(np.int32)
        vertices = np.concatenate([vertices, (vertices[a] + vertices[b])[long] / 2])
        faces, parent = _split_faces(vertices, faces, middle, parent)


def _split_faces(vertices: Array, faces: Ints, middle: Ints, parent: Ints) -> tuple[Ints, Ints]:
    """Faces with new vertices `middle` (F, 3) on edges 01, 12, 20 (-1: none) cut into 1 to 4."""
    marks = (middle >= 0).sum(axis=1)
    parts, owners = [faces[marks == 0]], [parent[marks == 0]]

    def turned(count: int, first: Ints) -> tuple[Ints, Ints, Ints]:
        """Corners and middles of the faces with `count` marks, rotated so that `first` leads."""
        pick = np.nonzero(marks == count)[0]
        order = (first[pick][:, None] + np.arange(3)) % 3
        return faces[pick[:, None], order], middle[pick[:, None], order], parent[pick]

    def add(owner: Ints, *triangles: tuple[Ints, Ints, Ints]) -> None:
        for triangle in triangles:
            parts.append(np.stack(triangle, axis=1))
            owners.append(owner)

    present = middle >= 0
    f, m, owner = turned(1, present.argmax(axis=1))
    add(owner, (f[:, 0], m[:, 0], f[:, 2]), (m[:, 0], f[:, 1], f[:, 2]))
    f, m, owner = turned(2, ((~present).argmax(axis=1) + 1) % 3)
    add(owner, (m[:, 0], f[:, 1], m[:, 1]))
    one = np.linalg.norm(vertices[f[:, 0]] - vertices[m[:, 1]], axis=1)
    short = one < np.linalg.norm(vertices[m[:, 0]] - vertices[f[:, 2]], axis=1)
    cut = np.where(short, m[:, 1], f[:, 2])
    add(owner, (f[:, 0], m[:, 0], cut))
    start = np.where(short, f[:, 0], m[:, 0])
    add(owner, (start, m[:, 1], f[:, 2]))
    f, m, owner = turned(3, np.zeros(len(faces), np.int32))
    add(owner, (f[:, 0], m[:, 0], m[:, 2]), (m[:, 0], f[:, 1], m[:, 1]))
    add(owner, (m[:, 2], m[:, 1], f[:, 2]), (m[:, 0], m[:, 1], m[:, 2]))
    return np.concatenate(parts).astype(np.int32), np.concatenate(owners)


def face_normals(vertices: Array, faces: Ints) -> Array:
    """(F, 3) unit facet normals by winding; zero for a facet without area."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)


def vertex_normals(vertices: Array, faces: Ints) -> Array:
    """(V, 3) unit normals: facets weighted by the angle at the vertex (Thuermer Wuethrich 1998)."""
    normal = face_normals(vertices, faces)
    total = np.zeros_like(vertices)
    for k in range(3):
        at = vertices[faces[:, k]]
        one = vertices[faces[:, (k + 1) % 3]] - at
        two = vertices[faces[:, (k + 2) % 3]] - at
        cross = np.linalg.norm(np.cross(one, two), axis=1)
        weight = np.arctan2(cross, np.sum(one * two, axis=1))
        for axis in range(3):
            total[:, axis] += np.bincount(
                faces[:, k], weight * normal[:, axis], minlength=len(vertices)
            )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-12, total / np.maximum(length, 1e-300), [0.0, 0.0, 1.0])


def curve_matrix(count: int, pieces: int) -> Array:
    """(M, count) weights of a Catmull-Rom curve through `count` points, `pieces` per span."""
    s = np.arange(pieces) / pieces
    basis = 0.5 * np.stack(
        [-s + 2 * s**2 - s**3, 2 - 5 * s**2 + 3 * s**3, s + 4 * s**2 - 3 * s**3, s**3 - s**2], 1
    )
    matrix = np.zeros(((count - 1) * pieces + 1, count))
    for i in range(count - 1):
        rows = matrix[i * pieces : (i + 1) * pieces]
        for k, column in enumerate((i - 1, i, i + 1, i + 2)):
            if column < 0:
                rows[:, 0] += 2 * basis[:, k]
                rows[:, 1] -= basis[:, k]
            elif column >= count:
                rows[:, count - 1] += 2 * basis[:, k]
                rows[:, count - 2] -= basis[:, k]
            else:
                rows[:, column] += basis[:, k]
    matrix[-1, count - 1] = 1.0
    return matrix


def transport(vector: Array, start: Array, end: Array) -> Array:
    """`vector` (..., 3), normal to `start`, after the shortest turn from unit `start` to `end`."""
    both = 1.0 + np.sum(start * end, axis=-1, keepdims=True)
    turned = vector - np.sum(vector * end, -1, keepdims=True) / np.maximum(both, 1e-9) * (
        start + end
    )
    turned -= np.sum(turned * end, axis=-1, keepdims=True) * end
    return turned / np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-12)


def tangents(curve: Array) -> Array:
    """(..., M, 3) unit tangents of curves (..., M, 3)."""
    step = np.gradient(curve, axis=-2)
    return step / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-12)


def twist_free_frames(curve: Array) -> Array:
    """(T, M, 3) unit normals of moving curves (T, M, 3) that do not twist along the curve.

    The first one follows its tangent through time without twist; the others are carried along the
    curve (Bishop frame; Bergou et al. 2010, Discrete viscous threads).
    """
    tangent = tangents(curve)
    normals = np.empty_like(curve)
    first = tangent[0, 0]
    seed = np.eye(3)[int(np.argmin(np.abs(first)))]
    seed = seed - (seed @ first) * first
    normals[0, 0] = seed / np.linalg.norm(seed)
    for t in range(1, len(curve)):
        normals[t, 0] = transport(normals[t - 1, 0], tangent[t - 1, 0], tangent[t, 0])
    for m in range(1, curve.shape[1]):
        normals[:, m] = transport(normals[:, m - 1], tangent[:, m - 1], tangent[:, m])
    return normals


@dataclass(frozen=True, eq=False)
class Tube:
    """Topology of a round tube with spherical caps around a curve of `rings` points."""

    rings: int
    sides: int = 16
    cap_rings: int = 4

    @property
    def profile(self) -> tuple[Ints, Array, Array]:
        """(curve index, share of the radius outwards, share along the tangent) of every ring."""
        theta = np.linspace(math.pi / 2, 0, self.cap_rings + 1)[:-1]
        theta[0] = math.pi / 2 - 1e-3
        index = np.r_[
            np.zeros(self.cap_rings), np.arange(self.rings), np.full(self.cap_rings, self.rings - 1)
        ]
        outward = np.r_[np.cos(theta), np.ones(self.rings), np.cos(theta)[::-1]]
        along = np.r_[-np.sin(theta), np.zeros(self.rings), np.sin(theta)[::-1]]
        return index.astype(np.int32), outward, along

    @property
    def faces(self) -> Ints:
        """(F, 3) outward triangles; the caps' last rings are closed by fans."""
        count = self.rings + 2 * self.cap_rings
        ring, side = np.meshgrid(np.arange(count - 1), np.arange(self.sides), indexing="ij")
        a = (ring * self.sides + side).ravel()
        b = (ring * self.sides + (side + 1) % self.sides).ravel()
        c, d = a + self.sides, b + self.sides
        k = np.arange(1, self.sides - 1)
        last = (count - 1) * self.sides
        fans = np.concatenate(
            [
                np.stack([0 * k, k + 1, k], 1),
                np.stack([0 * k + last, k + last, k + 1 + last], 1),
            ]
        )
        return np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1), fans]).astype(
            np.int32
        )

    def directions(self, tangent: Array, normal: Array) -> Array:
        """(V, 3) unit directions from the curve to the surface, given (M, 3) frames."""
        index, outward, along = self.profile
        phi = 2 * math.pi * np.arange(self.sides) / self.sides
        n, t = normal[index], tangent[index]
        b = np.cross(t, n)
        around = np.cos(phi)[None, :, None] * n[:, None] + np.sin(phi)[None, :, None] * b[:, None]
        direction = outward[:, None, None] * around + along[:, None, None] * t[:, None]
        return direction.reshape(-1, 3)

    def spread(self, curve: Array) -> Array:
        """(V, 3) the curve point of every vertex."""
        return np.repeat(curve[self.profile[0]], self.sides, axis=0)
