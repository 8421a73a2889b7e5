"""Triangles for cloth and tetrahedra for soft bodies: sheets, blocks, and solids of any shape.

A shape is a function of points (N, 3) [m] that is negative inside and grows with the distance (a
signed distance or near to one). Its tetrahedra come from the body-centred cubic lattice of
isosurface stuffing (Labelle and Shewchuk 2007), whose surface is pulled onto the shape: they are
well shaped and look the same in every direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array

Field = Callable[[Array], Array]
Ints = NDArray[np.int32]
Index = NDArray[np.int64]
FLAT = 0.12
"""A tetrahedron keeps at least this share of a lattice tetrahedron's volume."""
INNER = 0.2
"""Depth, in cells, from which a lattice vertex stays inside; the others are pulled onto the
skin."""
ROUNDS = 12


def sheet(width: float, length: float, spacing: float) -> tuple[Array, Ints]:
    """Vertices (V, 3) [m] and triangles (F, 3) of a flat rectangle about the origin, `width` along
    x, `length` along y [m]; diagonals alternate, so no direction is stiff."""
    nx, ny = max(2, round(width / spacing)), max(2, round(length / spacing))
    x, y = np.linspace(-width / 2, width / 2, nx + 1), np.linspace(-length / 2, length / 2, ny + 1)
    points = np.stack(np.meshgrid(x, y, [0.0], indexing="ij"), -1).reshape(-1, 3)
    return points, triangles(np.arange(len(points)).reshape(nx + 1, ny + 1))


def triangles(grid: NDArray[np.integer[Any]], slash: NDArray[np.bool_] | None = None) -> Ints:
    """(F, 3) triangles over a grid of vertex numbers (X, Y), two to each of its cells.

    They face along x cross y. Diagonals alternate; `slash` (X - 1, Y - 1) says of each cell whether
    its diagonal starts at the corner of the lowest numbers in the grid.
    """
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    rising: Any = np.indices(a.shape).sum(axis=0) % 2 == 0 if slash is None else slash
    first = np.stack([a, b, np.where(rising, c, d)], -1)
    second = np.stack([np.where(rising, a, b), c, d], -1)
    return np.stack([first, second], -2).reshape(-1, 3).astype(np.int32)


def block(size: tuple[float, float, float], cells: tuple[int, int, int]) -> tuple[Array, Ints]:
    """Vertices (V, 3) [m] and tetrahedra (K, 4) of a box of `size` [m] about the origin with flat
    faces and straight edges: every cell in five, mirrored in turn."""
    axes = [np.linspace(-s / 2, s / 2, n + 1) for s, n in zip(size, cells, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    even = [(0, 3, 5, 6), (0, 1, 3, 5), (0, 2, 6, 3), (0, 4, 5, 6), (3, 5, 6, 7)]
    odd = [(1, 2, 4, 7), (0, 1, 2, 4), (1, 2, 3, 7), (1, 4, 5, 7), (2, 4, 6, 7)]
    tets: list[list[int]] = []
    for i, j, k in np.ndindex(*cells):
        corner = [
            ((i + a) * (cells[1] + 1) + j + b) * (cells[2] + 1) + k + c
            for a in (0, 1)
            for b in (0, 1)
            for c in (0, 1)
        ]
        tets += [[corner[q] for q in t] for t in (even if (i + j + k) % 2 == 0 else odd)]
    index = np.array(tets, np.int32)
    flip = volumes(points, index) < 0
    index[flip] = index[flip][:, [0, 2, 1, 3]]
    return points, index


def unique_edges(cells: NDArray[np.integer[Any]]) -> Ints:
    """(E, 2) edges of triangles (F, 3) or tetrahedra (K, 4), low index first, sorted."""
    corners = cells.shape[1]
    pairs = [cells[:, [a, b]] for a in range(corners) for b in range(a)]
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0).astype(np.int32)


def lattice(lower: Array, upper: Array, cell: float) -> tuple[Array, Ints]:
    """Body-centred cubic vertices and tetrahedra that cover a box: four around every inner cell
    face."""
    count = np.maximum(1, np.ceil((upper - lower) / cell)).astype(int) + 2
    origin = (lower + upper) / 2 - count * cell / 2
    corners = np.stack(np.meshgrid(*(np.arange(int(n) + 1) for n in count), indexing="ij"), -1)
    cells = np.stack(np.meshgrid(*(np.arange(int(n)) for n in count), indexing="ij"), -1)
    points = np.concatenate([corners.reshape(-1, 3), cells.reshape(-1, 3) + 0.5]) * cell + origin

    def corner(at: Index) -> Index:
        return (at[..., 0] * (count[1] + 1) + at[..., 1]) * (count[2] + 1) + at[..., 2]

    def middle(at: Index) -> Index:
        first = int(np.prod(count + 1))
        return first + (at[..., 0] * count[1] + at[..., 1]) * count[2] + at[..., 2]

    tets: list[Index] = []
    for axis in range(3):
        step = np.eye(3, dtype=int)
        ahead = cells[tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))]
        ahead = ahead.reshape(-1, 3)
        u, v = step[(axis + 1) % 3], step[(axis + 2) % 3]
        face = ahead + step[axis]
        ring = [face, face + u, face + u + v, face + v]
        for k in range(4):
            ends = (corner(ring[k]), corner(ring[(k + 1) % 4]))
            tets.append(np.stack([middle(ahead), middle(face), *ends], -1))
    return points, np.concatenate(tets).astype(np.int32)


def volumes(points: Array, tets: Ints) -> Array:
    """(K,) signed volumes [m^3]."""
    a, b, c, d = (points[tets[:, k]] for k in range(4))
    return np.einsum("ki,ki->k", np.cross(b - a, c - a), d - a) / 6


def boundary(tets: Ints) -> Ints:
    """Vertices on the surface."""
    sides = np.sort(np.concatenate([tets[:, np.delete(np.arange(4), k)] for k in range(4)]), axis=1)
    faces, count = np.unique(sides, axis=0, return_counts=True)
    return np.unique(faces[count == 1]).astype(np.int32)


def onto(field: Field, points: Array, size: float) -> Array:
    """Points moved along the gradient until the field vanishes (Newton, six steps, central
    differences)."""
    p = points.copy()
    step = 1e-3 * size
    for _ in range(6):
        value = field(p)
        slope = np.stack(
            [(field(p + e) - field(p - e)) / (2 * step) for e in np.eye(3) * step], axis=-1
        )
        p -= slope * (value / np.maximum(np.sum(slope**2, axis=-1), 0.05))[:, None]
    return p


def tetrahedralize(field: Field, lower: Array, upper: Array, cell: float) -> tuple[Array, Ints]:
    """Vertices (V, 3) [m] and positive tetrahedra (K, 4) of the inside of `field`, cells of `cell`
    [m]."""
    points, tets = lattice(np.asarray(lower, float), np.asarray(upper, float), cell)
    # Around every inner vertex all its tetrahedra: none has all four corners on the skin, where a
    # floor would press it flat.
    inner = field(points) < -INNER * cell
    tets = tets[inner[tets].any(axis=1)]
    used, tets = np.unique(tets, return_inverse=True)
    points, tets = points[used], tets.reshape(-1, 4).astype(np.int32)
    flip = volumes(points, tets) < 0
    tets[flip] = tets[flip][:, [0, 2, 1, 3]]
    skin = boundary(tets)
    regular = cell**3 / 12
    edges = np.unique(
        np.sort(np.concatenate([tets[:, [a, b]] for a in range(4) for b in range(a)]), 1), axis=0
    )
    degree = np.bincount(edges.ravel(), minlength=len(points))[:, None]
    on_skin = np.zeros(len(points), bool)
    on_skin[skin] = True
    rim = edges[on_skin[edges].all(axis=1)]
    rim_degree = np.maximum(np.bincount(rim.ravel(), minlength=len(points)), 1)[:, None]
    for turn in range(ROUNDS):
        wanted = 0.5 * (points + _neighbours(points, edges) / degree)
        if turn:
            ring = _neighbours(points, rim) / rim_degree
            wanted[skin] = 0.6 * points[skin] + 0.4 * ring[skin]
        else:
            wanted = points.copy()
        wanted[skin] = onto(field, wanted[skin], cell)
        points = _safely(points, wanted, tets, FLAT * regular)
    return points, tets


def _neighbours(points: Array, edges: Ints) -> Array:
    """Sum of the positions of each vertex's neighbours."""
    total = np.zeros_like(points)
    np.add.at(total, edges[:, 0], points[edges[:, 1]])
    np.add.at(total, edges[:, 1], points[edges[:, 0]])
    return total


def _safely(points: Array, wanted: Array, tets: Ints, least: float) -> Array:
    """`wanted`, with the moves of flattened tetrahedra halved until none is flatter than
    `least`."""
    share, moved = np.ones(len(points)), wanted
    for _ in range(8):
        moved = points + share[:, None] * (wanted - points)
        flat = volumes(moved, tets) < least
        if not flat.any():
            return moved
        share[np.unique(tets[flat])] *= 0.5
    share[np.unique(tets[volumes(moved, tets) < least])] = 0.0
    moved = points + share[:, None] * (wanted - points)
    return moved if volumes(moved, tets).min() >= least else points
