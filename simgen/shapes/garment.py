"""Garments from sewing patterns: flat panels, cut and meshed, stitched along their seams.

A panel is a polygon in the plane, its warp along y. Garments of two equal panels, front and back,
share the vertices of their seams and are open elsewhere; flared ones are sectors of a ring rolled
to a cone. The `pattern` keeps every triangle as it was cut, so that a garment is without stress
where it lies flat, and bends from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.shapes.build import positive

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Garment:
    """Stitched panels as a mesh, metres."""

    vertices: Array
    """(V, 3) as laid out or worn, z up."""
    faces: Ints
    """(F, 3)."""
    pattern: Array
    """(F, 3, 2) corners of every triangle as cut, the warp first."""
    loops: Mapping[str, Ints]
    """Vertices along openings and other lines by name."""


def inside(outline: Array, points: Array) -> NDArray[np.bool_]:
    """(N,) whether points (N, 2) lie in a polygon (K, 2), by crossings."""
    a, b = outline, np.roll(outline, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    spans = (a[:, 1] > y) != (b[:, 1] > y)
    rise = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
    cross = a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    return (np.sum(spans & (x < cross), axis=1) % 2).astype(bool)


def distance_to(lines: Array, points: Array) -> Array:
    """(N,) distance of points (N, 2) to the nearest of line segments (K, 2, 2) [m]."""
    a, d = lines[:, 0], lines[:, 1] - lines[:, 0]
    along = np.einsum("nkj,kj->nk", points[:, None] - a, d) / np.sum(d * d, axis=1)
    nearest = a + np.clip(along, 0.0, 1.0)[..., None] * d
    return np.linalg.norm(points[:, None] - nearest, axis=-1).min(axis=1)


def cut_panel(outline: ArrayLike, spacing: float) -> tuple[Array, Ints, list[Ints]]:
    """A polygon (K, 2) as points (V, 2), triangles (F, 3) counter-clockwise, and the points along
    each of its K sides.

    Hexagonal rows inside, evenly spaced points along the outline, Delaunay triangles between.
    """
    from scipy.spatial import Delaunay

    corners = np.asarray(outline, float)
    positive(spacing=spacing)
    rim: list[Array] = []
    sides: list[Ints] = []
    count = 0
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        pieces = max(1, round(float(np.linalg.norm(b - a)) / spacing))
        rim.append(a + np.arange(pieces)[:, None] / pieces * (b - a))
        sides.append(np.arange(count, count + pieces + 1, dtype=np.int32))
        count += pieces
    sides[-1][-1] = 0
    edge = np.concatenate(rim)
    low, high = corners.min(axis=0), corners.max(axis=0)
    rise = spacing * math.sqrt(3) / 2
    rows = [
        np.stack([x, np.full_like(x, low[1] + rise * (k + 0.5))], -1)
        for k in range(math.ceil((high[1] - low[1]) / rise))
        for x in [np.arange(low[0] + 0.5 * spacing * (k % 2), high[0], spacing)]
    ]
    fill = np.concatenate(rows)
    lines = np.stack([edge, np.roll(edge, -1, axis=0)], axis=1)
    fill = fill[inside(corners, fill)]
    points = np.concatenate([edge, fill[distance_to(lines, fill) > 0.6 * spacing]])
    faces = np.asarray(Delaunay(points).simplices, np.int32)
    a, b, c = (points[faces[:, k]] for k in range(3))
    twice = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    faces[twice < 0] = faces[twice < 0][:, ::-1]
    keep = (np.abs(twice) > 0.05 * spacing**2) & inside(corners, (a + b + c) / 3)
    faces = faces[keep]
    if len(np.unique(faces)) != len(points):
        raise SimgenError(f"panel: {len(points)} points cannot all be meshed; take a finer spacing")
    return points, faces, sides


def pillow(
    outline: ArrayLike,
    seams: Sequence[int],
    spacing: float,
    gap: float,
    openings: Mapping[str, int],
) -> Garment:
    """Two equal panels sewn together along the sides `seams` of the outline, `gap` [m] apart.

    It stands upright in the plane y = 0: x across, z along the warp. `openings` names sides.
    """
    points, faces, sides = cut_panel(outline, spacing)
    sewn = np.unique(np.concatenate([sides[k] for k in seams]))
    back = np.arange(len(points), dtype=np.int32) + len(points)
    back[sewn] = sewn
    fresh = np.setdiff1d(np.arange(len(points)), sewn)
    number = np.full(2 * len(points), -1, np.int32)
    number[: len(points)] = np.arange(len(points))
    number[fresh + len(points)] = len(points) + np.arange(len(fresh))
    rear = number[back]
    lines = np.concatenate(
        [np.stack([points[sides[k][:-1]], points[sides[k][1:]]], 1) for k in seams]
    )
    # From the seam the panels part at a slope that hardly stretches them.
    part = gap / 2 * (1.0 - np.exp(-distance_to(lines, points) / (3.0 * spacing)))
    front = np.stack([points[:, 0], -part, points[:, 1]], -1)
    behind = np.stack([points[fresh, 0], part[fresh], points[fresh, 1]], -1)
    flat = points[:, ::-1]
    return Garment(
        vertices=np.concatenate([front, behind]),
        faces=np.concatenate([faces, rear[faces][:, ::-1]]).astype(np.int32),
        pattern=np.concatenate([flat[faces], flat[faces[:, ::-1]]]),
        loops={
            name: np.unique(np.concatenate([sides[k], rear[sides[k]]])).astype(np.int32)
            for name, k in openings.items()
        },
    )


def t_shirt(
    *, chest: float = 0.46, length: float = 0.62, sleeve: float = 0.2, spacing: float = 0.024,
    gap: float = 0.02,
) -> Garment:  # fmt: skip
    """A T-shirt `chest` wide and `length` tall; its shoulders are at z = 0. Openings: neck, hem,
    left_cuff, right_cuff."""
    positive(chest=chest, length=length, sleeve=sleeve)
    half, neck, drop, wide = chest / 2, 0.17 * chest, 0.06 * length, 0.36 * chest
    tip = np.array([half + 0.85 * sleeve, -drop - 0.55 * sleeve])
    across = np.array([-0.55, -0.85]) * wide
    pit = np.array([half, -drop - 0.95 * wide])
    right = [(half, -drop), tip, tip + across * 0.8, pit, (0.97 * half, -length)]
    left = [(-x, y) for x, y in right[::-1]]
    scoop = [(-neck, 0.0), (-0.6 * neck, -0.55 * neck), (0.6 * neck, -0.55 * neck), (neck, 0.0)]
    outline = np.array([*scoop, *right, *left], float)
    # Sides: 0-2 neck, 3-4 shoulder, 5 cuff, 6-7 below, 8 hem, 9-10 side, 11 cuff, 12-13 shoulder.
    names = {"neck": 1, "right_cuff": 5, "hem": 8, "left_cuff": 11}
    return pillow(outline, (3, 4, 6, 7, 9, 10, 12, 13), spacing, gap, names)


def trousers(
    *, waist: float = 0.4, length: float = 0.85, hem: float = 0.18, spacing: float = 0.026,
    gap: float = 0.02,
) -> Garment:  # fmt: skip
    """Trousers with their waist at z = 0. Openings: waist, left_hem, right_hem."""
    positive(waist=waist, length=length, hem=hem)
    half, hip, rise = waist / 2, 0.6 * waist, 0.32 * length
    spread = 0.08 * length
    right = [(half, 0.0), (hip, -0.6 * rise), (hip + 0.5 * spread, -length),
             (hip + 0.5 * spread - hem, -length), (0.0, -rise)]  # fmt: skip
    left = [(-x, y) for x, y in right[-2::-1]]
    outline = np.array([*right, *left], float)[::-1]
    # Reversed: sides run left waist .. ; the waist closes the loop.
    k = len(outline)
    order = {"waist": k - 1, "left_hem": 2, "right_hem": k - 4}
    seams = [i for i in range(k) if i not in order.values()]
    return pillow(outline, seams, spacing, gap, order)


def flared(
    *, waist: float = 0.11, length: float = 0.5, fullness: float = 0.75, spacing: float = 0.022,
    tilt: float | None = None,
) -> Garment:  # fmt: skip
    """A skirt cut as a sector of a ring, `waist` its radius and `fullness` the share of the circle.

    It is rolled to a cone about z with the waist at z = 0. Openings: waist, hem.
    """
    positive(waist=waist, length=length, fullness=fullness)
    if fullness > 1.0:
        raise SimgenError(f"skirt: fullness={fullness} is at most 1, a whole circle")
    inner = waist / fullness
    along = max(2, round(length / spacing))
    middle = 2 * math.pi * fullness * (inner + length / 2)
    across = 2 * max(8, round(middle / spacing / 2))
    radius = inner + length * np.arange(along + 1) / along
    angle = 2 * math.pi * np.arange(across + 1) / across
    drop = math.sqrt(max(0.0, 1.0 - fullness**2)) * (radius - inner)
    ring = np.stack([np.cos(angle[:-1]), np.sin(angle[:-1])], -1)
    level = np.repeat(-drop, across)[:, None]
    vertices = np.concatenate([(fullness * radius[:, None, None] * ring).reshape(-1, 2), level], 1)
    faces: list[list[int]] = []
    corners: list[list[tuple[float, float]]] = []
    for i in range(along):
        for j in range(across):
            a, b, c, d = (i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)
            even = (i + j) % 2 == 0
            for t in ((a, b, c), (a, c, d)) if even else ((a, b, d), (b, c, d)):
                faces.append([r * across + q % across for r, q in t])
                turn = [(radius[r], fullness * angle[q]) for r, q in t]
                corners.append([(r * math.cos(q), r * math.sin(q)) for r, q in turn])
    rows = np.arange(len(vertices), dtype=np.int32).reshape(along + 1, across)
    return Garment(
        vertices=vertices,
        faces=np.array(faces, np.int32),
        pattern=np.array(corners, float),
        loops={"waist": rows[0], "hem": rows[-1]},
    )


def laid_flat(vertices: Array, faces: Ints) -> Array:
    """(F, 3, 2) every triangle turned into the plane as it is; the warp is what rises most."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    up = np.where(np.abs(n[:, 2:]) > 0.9, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    warp = up - n * np.sum(up * n, axis=1, keepdims=True)
    warp /= np.linalg.norm(warp, axis=1, keepdims=True)
    weft = np.cross(n, warp)
    corners = np.stack([a, b, c], axis=1) - a[:, None]
    along = np.einsum("fkj,fj->fk", corners, warp)
    return np.stack([along, np.einsum("fkj,fj->fk", corners, weft)], -1)


def dress(
    bodice: ArrayLike, *, length: float = 0.5, fullness: float = 0.75, spacing: float = 0.024
) -> Garment:
    """A strapless dress: a bodice of the profile (N, 2) of (r, z) [m], top first, above a flared
    skirt.

    The last point of the profile is the waist. Openings: bust, hem; and the line of the waist.
    """
    profile = np.asarray(bodice, float)
    waist, level = float(profile[-1, 0]), float(profile[-1, 1])
    skirt = flared(waist=waist, length=length, fullness=fullness, spacing=spacing)
    ring = skirt.loops["waist"]
    across = len(ring)
    steps = np.linalg.norm(np.diff(profile, axis=0), axis=1)
    way = np.asarray(np.concatenate([[0.0], np.cumsum(steps)]), float)
    rows = max(2, round(way[-1] / spacing))
    at = np.asarray(np.arange(rows) * (float(way[-1]) / rows), float)
    r, z = np.interp(at, way, profile[:, 0]), np.interp(at, way, profile[:, 1])
    circle = skirt.vertices[ring, :2] / waist
    height = np.repeat(z, across)[:, None]
    top = np.concatenate([(r[:, None, None] * circle).reshape(-1, 2), height], axis=1)
    vertices = np.concatenate([top, skirt.vertices + [0.0, 0.0, level]])
    faces: list[tuple[int, int, int]] = []
    for i in range(rows):
        for j in range(across):
            a, b = i * across + j, (i + 1) * across + j
            c, d = (i + 1) * across + (j + 1) % across, i * across + (j + 1) % across
            faces += [(a, b, c), (a, c, d)] if (i + j) % 2 == 0 else [(a, b, d), (b, c, d)]
    body = np.array(faces, np.int32)
    offset = len(top)
    return Garment(
        vertices=vertices,
        faces=np.concatenate([body, skirt.faces + offset]).astype(np.int32),
        pattern=np.concatenate([laid_flat(vertices, body), skirt.pattern]),
        loops={
            "bust": np.arange(across, dtype=np.int32),
            "waist": ring + offset,
            "hem": skirt.loops["hem"] + offset,
        },
    )
