"""Triangle and tetrahedron bookkeeping of the XPBD solver: edges, hinges, rest frames, colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


def triangle_areas(vertices: Floats, faces: Ints) -> Floats:
    """(F,) [m^2]."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def tetrahedron_volumes(vertices: Floats, tets: Ints) -> Floats:
    """(K,) signed [m^3]; vertices may be (V, 3) or (T, V, 3), then (T, K)."""
    a, b, c, d = (vertices[..., tets[:, k], :] for k in range(4))
    return np.einsum("...i,...i->...", np.cross(b - a, c - a), d - a) / 6


def enclosed_volumes(vertices: Floats, faces: Ints) -> Floats:
    """Volume [m^3] inside a closed surface by the divergence theorem; (T, V, 3) gives (T,)."""
    v = np.asarray(vertices, float)
    v = v - v[..., :1, :]
    a, b, c = (v[..., faces[:, k], :] for k in range(3))
    return np.einsum("...fi,...fi->...", a, np.cross(b, c)) / 6


def edge_lengths(corners: Floats, faces: Ints) -> Floats:
    """(E,) lengths [m] of `unique_edges`, means over the triangles (F, 3, 3) at each."""
    sides = [(a, b) for a in range(3) for b in range(a)]
    pairs = np.concatenate([np.sort(faces[:, [a, b]], axis=1) for a, b in sides]).astype(np.int64)
    length = np.concatenate(
        [np.linalg.norm(corners[:, a] - corners[:, b], axis=1) for a, b in sides]
    )
    code = pairs[:, 0] * (int(faces.max()) + 1) + pairs[:, 1]
    _, place, count = np.unique(code, return_inverse=True, return_counts=True)
    return np.bincount(place, weights=length) / count


def unfolded(corners: Floats, faces: Ints, hinges: Ints) -> tuple[Floats, Ints]:
    """Every hinge laid flat by the sides of its two triangles, as points (4 H, 3) and hinges."""
    edges, opposite = half_edges(faces)
    wing = np.concatenate([corners[:, [0, 1, 2]], corners[:, [1, 2, 0]], corners[:, [2, 0, 1]]])
    row = {(int(a), int(b), int(c)): k for k, ((a, b), c) in enumerate(zip(edges, opposite))}
    points = np.zeros((len(hinges), 4, 3))
    for h, (a, b, c, d) in enumerate(hinges.tolist()):
        for corner, tip in ((2, c), (3, d)):
            forward = row.get((a, b, tip))
            p0, p1, p2 = wing[row[(b, a, tip)] if forward is None else forward]
            if forward is None:
                p0, p1 = p1, p0
            along = (p1 - p0) / np.linalg.norm(p1 - p0)
            x = float((p2 - p0) @ along)
            y = float(np.linalg.norm(p2 - p0 - x * along))
            points[h, corner] = (x, y if corner == 2 else -y, 0.0)
            points[h, 1, 0] += 0.5 * float(np.linalg.norm(p1 - p0))
    return points.reshape(-1, 3), np.arange(4 * len(hinges), dtype=np.int32).reshape(-1, 4)


def half_edges(faces: Ints) -> tuple[Ints, Ints]:
    """(3F, 2) directed edges in face order and (3F,) the vertex opposite to each."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return edges, np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])


def interior_edges(faces: Ints) -> Ints:
    """(H, 4) edge ends and the two opposite vertices of every edge that two triangles share."""
    edges, opposite = half_edges(faces)
    low = np.sort(edges, axis=1)
    order = np.lexsort((low[:, 1], low[:, 0]))
    same = (low[order][1:] == low[order][:-1]).all(axis=1)
    if (same[1:] & same[:-1]).any():
        raise SimgenError("a sheet has an edge with more than two triangles; split it there")
    first, second = order[:-1][same], order[1:][same]
    return np.column_stack([edges[first], opposite[first], opposite[second]]).astype(np.int32)


def membrane_frames(rest: Floats, faces: Ints) -> Floats:
    """(F, 2, 2) inverses of the rest edge matrix [[u1, u2], [v1, v2]] [1/m].

    u runs along the rest shape's x axis in the plane of the triangle (along y where x is normal to
    it).
    """
    a, b, c = (rest[faces[:, k]] for k in range(3))
    e1, e2 = b - a, c - a
    n = np.cross(e1, e2)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    axis = np.where(np.abs(n[:, :1]) > 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    u = axis - n * np.sum(n * axis, axis=1, keepdims=True)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(n, u)
    rows = [[np.sum(e * d, axis=1) for e in (e1, e2)] for d in (u, v)]
    return np.linalg.inv(np.moveaxis(np.array(rows), -1, 0))


def hinge_stencils(rest: Floats, hinges: Ints) -> tuple[Floats, Floats, Floats]:
    """Cotangent stencil k (H, 4), rest value of the signed |sum k x| (H,) and area A0 + A1 (H,).

    |sum k x| = |edge| * fold angle. With the energy B/2 (|edge| angle)^2 / (A0 + A1) a strip bent
    to a cylinder along a regular mesh has the bending moment B * curvature per width, B the
    flexural rigidity.
    """
    x0, x1, x2, x3 = (rest[hinges[:, k]] for k in range(4))

    def cotangent(a: Floats, b: Floats) -> Floats:
        return np.sum(a * b, axis=1) / np.linalg.norm(np.cross(a, b), axis=1)

    c1, c2 = cotangent(x1 - x0, x2 - x0), cotangent(x1 - x0, x3 - x0)
    c3, c4 = cotangent(x0 - x1, x2 - x1), cotangent(x0 - x1, x3 - x1)
    stencil = np.column_stack([c3 + c4, c1 + c2, -c1 - c3, -c2 - c4])
    bend = sum(stencil[:, k, None] * x for k, x in enumerate((x0, x1, x2, x3)))
    n1, n2 = np.cross(x1 - x0, x2 - x0), -np.cross(x1 - x0, x3 - x0)
    area = (np.linalg.norm(n1, axis=1) + np.linalg.norm(n2, axis=1)) / 2
    target = np.linalg.norm(bend, axis=1) * np.sign(np.sum(bend * (n1 + n2), axis=1))
    edge = np.linalg.norm(x1 - x0, axis=1)
    return stencil, np.where(np.abs(target) < 1e-9 * edge, 0.0, target), area


def color_order(cells: Ints) -> tuple[Ints, list[int]]:
    """Greedy colouring of constraints that share vertices: the order by colour, and colour
    starts."""
    used: list[int] = [0] * (int(cells.max()) + 1)
    color = np.zeros(len(cells), np.int32)
    listed: list[list[int]] = cells.tolist()
    for index, cell in enumerate(listed):
        taken = 0
        for vertex in cell:
            taken |= used[vertex]
        free = (~taken & (taken + 1)).bit_length() - 1
        color[index] = free
        for vertex in cell:
            used[vertex] |= 1 << free
    order = np.argsort(color, kind="stable").astype(np.int32)
    return order, [0, *np.cumsum(np.bincount(color)).tolist()]
