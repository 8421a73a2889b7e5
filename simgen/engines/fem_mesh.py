"""Tetrahedra of a thermal body: a rectilinear lattice cut into Kuhn's tetrahedra, its outer nodes
moved onto the surface.

Kuhn's six tetrahedra of a box have no obtuse angle, so linear elements keep the maximum principle
(Brandts, Korotov & Krizek 2008). Nodes close to the surface are snapped onto it before the lattice
is cut, as in isosurface stuffing (Labelle & Shewchuk 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import spatial as _spatial
from scipy.sparse import coo_array

from simgen.errors import SimgenError
from simgen.geometry import Array, Box, bounds
from simgen.rotation import to_matrix
from simgen.scene import Shape, ThermalBody

spatial: Any = _spatial  # partly typed
Index = NDArray[np.int64]
CELL_BUDGET = 12_000
"""Lattice cells in the bounding box of a body that does not choose its cell."""
LAYERS = 2
"""Least number of cells across a body that is thinner than that many."""
SNAP = 0.45
"""Nodes closer to the surface than this share of a cell are moved onto it."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """The elements of one body, body frame; nodes are numbered 0..N-1."""

    element: ThermalBody
    solid: Any
    nodes: Array
    """(N, 3) [m]."""
    volume: Array
    """(N,) [m^3] of the body that each node stands for."""
    capacity: Array
    """(N,) rho c V [J/K]."""
    stiffness: Any
    """(N, N) sparse: heat flow between nodes per temperature difference [W/K]."""
    faces: Index
    """(F, 3) outer triangles, outward."""
    areas: Array
    """(F,) [m^2]."""
    normals: Array
    """(F, 3)."""
    emissivity: Array
    """(F,)."""

    @property
    def samples(self) -> Array:
        """(F, 3, 3) points of the faces, one near each corner."""
        corner = self.nodes[self.faces]
        return 0.5 * corner + 0.5 * corner.mean(1, keepdims=True)

    def locate(self, points: Array) -> tuple[Index, Array]:
        """Face (M,) nearest to each point and the barycentric weights (M, 3) of its foot there."""
        tree = spatial.KDTree(self.samples.reshape(-1, 3))
        near = np.asarray(tree.query(points, k=min(4, 3 * len(self.faces)))[1]) // 3
        best, weights, least = near[:, 0], np.zeros((len(points), 3)), np.full(len(points), np.inf)
        for column in near.T:
            w = _barycentric(self.nodes[self.faces[column]], points)
            foot = np.einsum("mk,mkd->md", w, self.nodes[self.faces[column]])
            gap = np.linalg.norm(points - foot, axis=1)
            closer = gap < least
            best = np.where(closer, column, best)
            weights = np.where(closer[:, None], w, weights)
            least = np.minimum(least, gap)
        return best, weights


def _barycentric(corners: Array, points: Array) -> Array:
    """(M, 3) weights of the points' feet in triangles (M, 3, 3), cut off at their edges."""
    e, f = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    d = points - corners[:, 0]
    ee, ef, ff = ((a * b).sum(1) for a, b in ((e, e), (e, f), (f, f)))
    de, df = (d * e).sum(1), (d * f).sum(1)
    det = np.maximum(ee * ff - ef * ef, 1e-300)
    v, w = (ff * de - ef * df) / det, (ee * df - ef * de) / det
    weights = np.clip(np.stack([1 - v - w, v, w], 1), 0.0, None)
    return weights / weights.sum(1, keepdims=True)


def _planes(shapes: tuple[Shape, ...], cell: float | None) -> list[Array]:
    """Lattice planes along each axis [m]: on the faces of aligned boxes, evenly between them."""
    boxes: list[tuple[Array, bool]] = []
    for shape in shapes:
        turn = to_matrix(shape.quaternion)
        low, high = bounds(shape.geometry)
        corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)])
        moved = corners @ turn.T + np.asarray(shape.position)
        square = bool(np.isclose(np.abs(turn), np.round(np.abs(turn)), atol=1e-9).all())
        box = np.stack([moved.min(0), moved.max(0)])
        boxes.append((box, square and isinstance(shape.geometry, Box)))
    lower: Array = np.min([b[0] for b, _ in boxes], axis=0)
    upper: Array = np.max([b[1] for b, _ in boxes], axis=0)
    h = cell or float(np.prod(upper - lower) / CELL_BUDGET) ** (1 / 3)
    found: list[Array] = []
    for axis in range(3):
        step: float = min(h, float(upper[axis] - lower[axis]) / LAYERS)
        marks = [float(lower[axis]), float(upper[axis])]
        for box, square in boxes:
            for mark in box[:, axis] if square else ():
                if min(abs(mark - m) for m in marks) > 0.3 * step:
                    marks.append(float(mark))
        marks.sort()
        cuts = [np.array(marks[:1])]
        for a, b in pairwise(marks):
            cuts.append(np.linspace(a, b, max(1, int(np.ceil((b - a) / step - 1e-6))) + 1)[1:])
        found.append(np.concatenate(cuts))
    return found


def _kuhn(shape: tuple[int, int, int]) -> Index:
    """(6 cells, 4) nodes of the tetrahedra of a lattice of `shape` nodes, positive volume."""
    stride = np.array([shape[1] * shape[2], shape[2], 1])
    corner = np.stack(np.meshgrid(*(np.arange(n - 1) for n in shape), indexing="ij"), -1)
    first = corner.reshape(-1, 3) @ stride
    found: list[Index] = []
    for order in permutations(range(3)):
        path = np.cumsum([0, *(stride[axis] for axis in order)])
        sign = np.linalg.det(np.eye(3)[list(order)])
        if sign < 0:
            path = path[[0, 2, 1, 3]]
        found.append(first[:, None] + path[None])
    return np.concatenate(found).astype(np.int64)


def make_mesh(element: ThermalBody, solid: Any) -> Mesh:
    """Cut a thermal body into tetrahedra of about `element.cell`."""
    shapes = element.body.shapes
    planes = _planes(shapes, element.cell)
    size = (len(planes[0]), len(planes[1]), len(planes[2]))
    nodes = np.stack(np.meshgrid(*planes, indexing="ij"), -1).reshape(-1, 3)
    distance, normal, _ = solid.distance(nodes)
    step = min(float(np.diff(p).min()) for p in planes)
    near = np.abs(distance) < SNAP * step
    nodes = nodes - np.where(near, distance, 0.0)[:, None] * normal
    tets = _kuhn(size)
    corner = nodes[tets]
    volume = np.linalg.det(corner[:, 1:] - corner[:, :1]) / 6
    whole = step**3 / 6
    depth, _, owner = solid.distance(corner.mean(1))
    keep = (depth < 0) & (volume > 1e-3 * whole)
    if not keep.any():
        raise SimgenError(
            f"thermal body {element.name!r}: no element lies inside its shapes; give closed shapes "
            f"or a smaller `cell`"
        )
    used, tets = np.unique(tets[keep], return_inverse=True)
    tets = tets.reshape(-1, 4)
    return _assemble(element, solid, nodes[used], tets, volume[keep], owner[keep])


def _assemble(
    element: ThermalBody, solid: Any, nodes: Array, tets: Index, volume: Array, owner: Index
) -> Mesh:
    names = ("thermal_conductivity", "density", "specific_heat", "emissivity")
    table = np.array([s.material.require(*names) for s in element.body.shapes])[owner]
    corner = nodes[tets]
    inverse = np.linalg.inv(corner[:, 1:] - corner[:, :1])  # columns: gradients of corners 1..3
    slope = np.concatenate([-inverse.sum(2, keepdims=True), inverse], 2)  # (K, 3, 4)
    local = np.einsum("k,kda,kdb->kab", table[:, 0] * volume, slope, slope)
    rows, columns = np.repeat(tets, 4, axis=1), np.tile(tets, (1, 4))
    count = len(nodes)
    stiffness = coo_array(
        (local.ravel(), (rows.ravel(), columns.ravel())), shape=(count, count)
    ).tocsr()

    def lump(values: Array) -> Array:
        return np.bincount(tets.ravel(), np.repeat(values / 4, 4), count).astype(float)

    sides = np.concatenate([tets[:, c] for c in ([0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3])])
    ordered = np.sort(sides, axis=1)
    _, first, times = np.unique(ordered, axis=0, return_index=True, return_counts=True)
    outer = first[times == 1]
    faces = sides[outer]
    e, f = nodes[faces[:, 1]] - nodes[faces[:, 0]], nodes[faces[:, 2]] - nodes[faces[:, 0]]
    normals = np.cross(e, f)
    length = np.linalg.norm(normals, axis=1)
    return Mesh(
        element=element,
        solid=solid,
        nodes=nodes,
        volume=lump(volume),
        capacity=lump(table[:, 1] * table[:, 2] * volume),
        stiffness=stiffness,
        faces=faces,
        areas=length / 2,
        normals=normals / length[:, None],
        emissivity=table[outer % len(tets), 3],
    )
