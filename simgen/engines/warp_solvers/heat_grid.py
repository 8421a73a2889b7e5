"""Finite volumes of a thermal body: a rectilinear grid whose planes meet the faces of its boxes.

Cells whose centre lies in the solid conduct through their shared faces with the series (harmonic
mean) conductance A / (d1 / k1 + d2 / k2), which keeps the flux continuous where materials meet
(Patankar 1980, section 4.2.3). Faces to the outside are patches. On a slanted or curved surface a
staircase face of normal e stands for the area A |n . e| of the true surface of normal n; these sum
to the true area exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import spatial as _spatial
from scipy.sparse import csr_matrix

from simgen.engines.warp_solvers.distance import Solid
from simgen.errors import SimgenError
from simgen.geometry import Array, Box, TriangleMesh, bounds
from simgen.rotation import to_matrix
from simgen.scene import Shape, ThermalBody

spatial: Any = _spatial  # partly typed

Index = NDArray[np.int64]
CELL_BUDGET = 40_000
"""Cells in the bounding box of a body when it does not choose its cell size."""
MOST_LAYERS = 4
"""Cells across an extent that is thinner than that many cells of the body's size."""
LAYER_TIME = 0.3
"""A layer evens out by conduction within this share of a frame: d^2 / alpha. Thinner ones would
show nothing more and cost steps with the square of their number."""
SAMPLES = 3
"""Contact samples along each edge of a patch."""
HELD_CONDUCTIVITY = 1e7
"""Of a body whose temperature is held [W/(m K)]: it has that temperature up to its surface."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Outer faces of the cells: where heat meets air and other bodies. Body frame."""

    cell: Index
    """(P,) the cell a patch closes."""
    area: Array
    """(P,) true area [m^2]."""
    conductance: Array
    """(P,) from the cell's centre to the surface, per area [W/(m^2 K)]."""
    depth: Array
    """(P,) of the cell's centre below the surface [m]."""
    normal: Array
    """(P, 3) outward."""
    samples: Array
    """(P, S, 3) points on the surface [m]."""


@dataclass(frozen=True, eq=False)
class CellGrid:
    """The cells of one body, numbered 0..N-1."""

    element: ThermalBody
    solid: Solid
    centers: Array
    """(N, 3) body frame [m]."""
    capacity: Array
    """(N,) heat capacity rho c V [J/K]."""
    emissivity: Array
    """(N,)."""
    volume: Array
    """(N,) [m^3]."""
    neighbour: Index
    """(N, 6) cell behind each face (-x, +x, -y, ...), -1 outside."""
    conductance: Array
    """(N, 6) [W/K], 0 outside."""
    patches: Patches
    spacing: float
    """Smallest cell edge [m]."""
    number: NDArray[np.int64]
    """(nx, ny, nz) cell at a grid position, -1 outside."""
    axes: tuple[Array, Array, Array]
    """Cell centres along each axis [m]."""

    def interpolation(self, points: Array) -> csr_matrix:
        """(len(points), N) weights: trilinear among the inside cells around a point, else the
        nearest."""
        low: list[Index] = []
        fraction: list[Array] = []
        for axis in range(3):
            c = self.axes[axis]
            i = np.clip(np.searchsorted(c, points[:, axis]) - 1, 0, max(len(c) - 2, 0))
            gap = c[np.minimum(i + 1, len(c) - 1)] - c[i]
            part = np.divide(points[:, axis] - c[i], gap, out=np.zeros(len(i)), where=gap > 0)
            low.append(i)
            fraction.append(np.clip(part, 0.0, 1.0))
        rows: list[Index] = []
        columns: list[Index] = []
        weights: list[Array] = []
        for corner in range(8):
            at, weight = list[Index](), np.ones(len(points))
            for axis in range(3):
                high = corner >> axis & 1
                at.append(np.minimum(low[axis] + high, len(self.axes[axis]) - 1))
                weight = weight * (fraction[axis] if high else 1 - fraction[axis])
            cell = self.number[at[0], at[1], at[2]]
            keep = (cell >= 0) & (weight > 1e-6)
            rows.append(np.flatnonzero(keep))
            columns.append(cell[keep])
            weights.append(weight[keep])
        r, c, w = np.concatenate(rows), np.concatenate(columns), np.concatenate(weights)
        total = np.bincount(r, w, minlength=len(points))
        lost = np.flatnonzero(total < 1e-6)
        nearest = spatial.KDTree(self.centers).query(points[lost])[1] if len(lost) else lost
        good = total[r] >= 1e-6
        r, c, w = r[good], c[good], w[good] / total[r[good]]
        r = np.concatenate([r, lost])
        c = np.concatenate([c, nearest])
        w = np.concatenate([w, np.ones(len(lost))])
        return csr_matrix((w, (r, c)), shape=(len(points), len(self.centers)))

    def extrapolation(self, points: Array, weights: csr_matrix) -> csr_matrix:
        """(len(points), P) shares of each patch's step from its cell's centre to the surface that a
        point interpolated by `weights` takes: as far as it lies beyond the centre."""
        entries: Any = weights.tocoo()
        row: Index = entries.row
        cell: Index = entries.col
        weight: Array = entries.data
        outside = (self.neighbour < 0).T
        number = np.full(outside.shape, -1)
        number[outside] = np.arange(outside.sum())  # patches come face by face
        rows: list[Index] = []
        patches: list[Index] = []
        shares: list[Array] = []
        for face in range(6):
            axis, side = face // 2, (-1.0, 1.0)[face % 2]
            patch = number[face, cell]
            beyond = side * (points[row, axis] - self.centers[cell, axis])
            share = np.clip(beyond / self.patches.depth[patch], 0.0, 1.0)
            keep = (patch >= 0) & (share > 0)
            rows.append(row[keep])
            patches.append(patch[keep])
            shares.append((weight * share)[keep])
        r, p, s = np.concatenate(rows), np.concatenate(patches), np.concatenate(shares)
        return csr_matrix((s, (r, p)), shape=(len(points), len(self.patches.cell)))


def _aligned(matrix: Array) -> bool:
    return bool(np.all(np.isclose(np.abs(matrix), 0, atol=1e-9) | np.isclose(np.abs(matrix), 1)))


def _shape_bounds(shape: Shape) -> Array:
    """(2, 3) bounds in the body frame; exact for boxes and meshes, safe for the others."""
    turn = to_matrix(shape.quaternion)
    if isinstance(shape.geometry, TriangleMesh):
        corners = shape.geometry.vertices
    else:
        b = bounds(shape.geometry)
        corners = np.array([[b[i >> k & 1, k] for k in range(3)] for i in range(8)])
    moved = corners @ turn.T + np.asarray(shape.position)
    return np.stack([moved.min(0), moved.max(0)])


def _edges(shapes: tuple[Shape, ...], cell: float | None, layer: float) -> list[Array]:
    """Grid planes along each axis [m]: on every face of an aligned box, evenly between.

    Thin extents are cut to `layer` [m], into at most MOST_LAYERS.
    """
    boxes = [_shape_bounds(s) for s in shapes]
    lower: Array = np.min([b[0] for b in boxes], axis=0)
    upper: Array = np.max([b[1] for b in boxes], axis=0)
    h = cell or float(np.prod(upper - lower) / CELL_BUDGET) ** (1 / 3)
    found: list[Array] = []
    for axis in range(3):
        extent = upper[axis] - lower[axis]
        step = min(h, max(extent / MOST_LAYERS, layer))
        marks = [float(lower[axis]), float(upper[axis])]
        for shape, b in zip(shapes, boxes, strict=True):
            if isinstance(shape.geometry, Box) and _aligned(to_matrix(shape.quaternion)):
                for mark in b[:, axis]:
                    if min(abs(mark - m) for m in marks) > 0.3 * step:
                        marks.append(float(mark))
        marks.sort()
        planes = [np.array([marks[0]])]
        for a, b in pairwise(marks):
            planes.append(np.linspace(a, b, max(1, int(np.ceil((b - a) / step - 1e-6))) + 1)[1:])
        found.append(np.concatenate(planes))
    return found


def _layer(shapes: tuple[Shape, ...], fps: float) -> float:
    """Thickness [m] that the body's slowest material evens out in LAYER_TIME of a frame."""
    k, heat, _ = _constants(shapes, np.arange(len(shapes)))
    return float(np.sqrt((k / heat).min() * LAYER_TIME / fps))


def make_grid(element: ThermalBody, solid: Solid, *, fps: float) -> CellGrid:
    """Cut a thermal body into cells of about `element.cell` (None: CELL_BUDGET in its bounding
    box); through thin bodies as many as heat needs to cross within frames at `fps` [1/s]."""
    shapes = element.body.shapes
    edges = _edges(shapes, element.cell, _layer(shapes, fps))
    axes = [(e[1:] + e[:-1]) / 2 for e in edges]
    widths = [np.diff(e) for e in edges]
    everywhere = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    distance, _, owner = solid.distance(everywhere)
    inside = (distance <= 0).reshape([len(a) for a in axes])
    if not inside.any():
        raise SimgenError(
            f"thermal body {element.name!r}: no grid cell lies inside its shapes; "
            f"give closed shapes or a smaller `cell`"
        )
    number = np.full(inside.shape, -1, np.int64)
    number[inside] = np.arange(inside.sum())
    place = np.argwhere(inside)
    size = np.stack([widths[a][place[:, a]] for a in range(3)], 1)
    k, heat, emissivity = _constants(shapes, owner.reshape(inside.shape)[inside])
    if element.held:
        k = np.full_like(k, HELD_CONDUCTIVITY)
    volume = size.prod(1)
    neighbour = np.full((len(place), 6), -1, np.int64)
    conductance = np.zeros((len(place), 6))
    padded = np.pad(number, 1, constant_values=-1)
    for face in range(6):
        axis, step = face // 2, (-1, 1)[face % 2]
        at = place + 1
        at[:, axis] += step
        n = padded[at[:, 0], at[:, 1], at[:, 2]]
        neighbour[:, face] = n
        other = np.where(n >= 0, n, 0)
        half = size[:, axis] / 2
        series = half / k + half[other] / k[other]
        conductance[:, face] = np.where(n >= 0, volume / size[:, axis] / series, 0.0)
    centers = everywhere[inside.ravel()]
    return CellGrid(
        element=element,
        solid=solid,
        centers=centers,
        capacity=heat * volume,
        emissivity=emissivity,
        volume=volume,
        neighbour=neighbour,
        conductance=conductance,
        patches=_patches(solid, centers, size, k, neighbour),
        spacing=float(size.min()),
        number=number,
        axes=(axes[0], axes[1], axes[2]),
    )


def _constants(shapes: tuple[Shape, ...], owner: Any) -> tuple[Array, Array, Array]:
    """Conductivity [W/(m K)], volumetric heat capacity [J/(m^3 K)] and emissivity of cells by
    shape."""
    table = np.array(
        [
            s.material.require("thermal_conductivity", "density", "specific_heat", "emissivity")
            for s in shapes
        ]
    )[owner]
    return table[:, 0], table[:, 1] * table[:, 2], table[:, 3]


def _patches(solid: Solid, centers: Array, size: Array, k: Array, neighbour: Index) -> Patches:
    cells: list[Index] = []
    areas: list[Array] = []
    conductances: list[Array] = []
    depths: list[Array] = []
    normals: list[Array] = []
    samples: list[Array] = []
    offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    for face in range(6):
        axis, step = face // 2, (-1.0, 1.0)[face % 2]
        cell = np.flatnonzero(neighbour[:, face] < 0)
        middle = centers[cell].copy()
        middle[:, axis] += step * size[cell, axis] / 2
        distance, normal, _ = solid.distance(middle)
        across = [a for a in range(3) if a != axis]
        spread = np.zeros((len(cell), SAMPLES * SAMPLES, 3))
        grid = np.stack(np.meshgrid(offsets, offsets, indexing="ij"), -1).reshape(-1, 2)
        for column, a in enumerate(across):
            spread[:, :, a] = grid[None, :, column] * size[cell, a, None]
        on_surface = middle - distance[:, None] * normal
        spread -= np.einsum("psk,pk->ps", spread, normal)[:, :, None] * normal[:, None, :]
        cells.append(cell)
        areas.append(size[cell][:, across].prod(1) * np.abs(normal[:, axis]))
        depths.append(size[cell, axis] / 2)
        conductances.append(k[cell] / depths[-1])
        normals.append(normal)
        samples.append(on_surface[:, None, :] + spread)
    return Patches(
        np.concatenate(cells),
        *(np.concatenate(part) for part in (areas, conductances, depths, normals, samples)),
    )
