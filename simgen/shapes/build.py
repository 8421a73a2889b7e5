"""Building blocks of the shape library: lofts, turned solids, hollow vessels, tubes, prisms.

Every function returns a closed surface together with the convex hulls that stand for it in contact.
Round parts are cut into angular wedges and slices, so a vessel stays hollow for the engine too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from simgen.errors import SimgenError
from simgen.geometry import Array, TriangleMesh
from simgen.rotation import IDENTITY, to_matrix

SEGMENTS = 48
"""Facets around a circle of the drawn surface."""
WEDGES = 12
"""Hulls around a hollow round wall; each fills 1 - cos(pi / 12) = 3.4 % of the radius at most."""


def hull_points(points: ArrayLike) -> Array:
    """(H, 3) the corners of the convex hull of `points` (N, 3)."""
    from scipy.spatial import ConvexHull

    p = np.asarray(points, float).reshape(-1, 3)
    return p[np.sort(ConvexHull(p).vertices)]


def solid(points: ArrayLike, *, smooth: bool = False) -> TriangleMesh:
    """The convex hull of `points` (N, 3) [m] as a body of its own."""
    from scipy.spatial import ConvexHull

    p = hull_points(points)
    hull = ConvexHull(p)
    faces = hull.simplices.astype(np.int32)
    a, b, c = (p[faces[:, i]] for i in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    faces[inward] = faces[inward][:, ::-1]
    return TriangleMesh(p, faces, hulls=(p,), smooth=smooth)


def box(size: ArrayLike, *, center: ArrayLike = (0.0, 0.0, 0.0)) -> TriangleMesh:
    """A box of full edge lengths `size` [m] about `center`."""
    corners = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)]) - 0.5
    return solid(corners * np.asarray(size, float) + np.asarray(center, float))


def signed_volume(vertices: Array, faces: np.ndarray) -> float:
    """Volume enclosed by a closed surface [m^3], negative when its faces look inward."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def loft(
    rings: Sequence[ArrayLike],
    *,
    start: ArrayLike | None = None,
    end: ArrayLike | None = None,
    wrap: bool = False,
    hulls: Sequence[Array] = (),
    smooth: bool = True,
) -> TriangleMesh:
    """A closed surface through `rings`, each (N, 3) [m] with equal N.

    The first and last ring are closed by fans about `start` and `end` (default: the ring's mean);
    `wrap` joins the last ring to the first instead (a torus).
    """
    stack = [np.asarray(ring, float) for ring in rings]
    n, count = len(stack[0]), len(stack)
    if any(ring.shape != (n, 3) for ring in stack) or count < 2 or n < 3:
        raise SimgenError(f"loft: give >= 2 rings of equal shape (N >= 3, 3), got {count} rings")
    vertices = np.concatenate(stack)
    j = np.arange(n)
    k = (j + 1) % n
    faces: list[np.ndarray] = []
    for i in range(count if wrap else count - 1):
        low, high = i * n, (i + 1) % count * n
        faces.append(np.stack([low + j, low + k, high + k], -1))
        faces.append(np.stack([low + j, high + k, high + j], -1))
    if not wrap:
        tips = [stack[0].mean(0) if start is None else np.asarray(start, float)]
        tips.append(stack[-1].mean(0) if end is None else np.asarray(end, float))
        last, top = (count - 1) * n, len(vertices)
        faces.append(np.stack([np.full(n, top), k, j], -1))
        faces.append(np.stack([np.full(n, top + 1), last + j, last + k], -1))
        vertices = np.concatenate([vertices, np.array(tips)])
    f = np.concatenate(faces).astype(np.int32)
    if signed_volume(vertices, f) < 0:
        f = np.ascontiguousarray(f[:, ::-1])
    parts = tuple(hull_points(h) for h in hulls)
    return TriangleMesh(vertices, f, hulls=parts or None, smooth=smooth)


def circle(radius: float, z: float, *, segments: int = SEGMENTS) -> Array:
    """(segments, 3) points of a horizontal circle about the z axis."""
    a = np.arange(segments) * (2 * math.pi / segments)
    return np.stack([radius * np.cos(a), radius * np.sin(a), np.full(segments, z)], -1)


def _sweep(section: ArrayLike, angles: Array) -> Array:
    """The points of a section (K, 2) of (r, z) at every angle about z."""
    s = np.asarray(section, float)
    r, z = s[:, :1], np.broadcast_to(s[:, 1:], (len(s), len(angles)))
    return np.stack([r * np.cos(angles), r * np.sin(angles), z], -1).reshape(-1, 3)


def round_hull(section: ArrayLike, *, segments: int = SEGMENTS // 2) -> Array:
    """The convex hull of a section (K, 2) of (r, z) turned fully about z."""
    return hull_points(_sweep(section, np.linspace(0.0, 2 * math.pi, segments, endpoint=False)))


def wedge_hulls(
    section: ArrayLike,
    *,
    wedges: int = WEDGES,
    start: float = 0.0,
    end: float = 2 * math.pi,
    segments: int = SEGMENTS,
) -> list[Array]:
    """A convex section (K, 2) of (r, z) turned from `start` to `end` [rad], in convex wedges.

    The outer side of a wedge follows the drawn facets, so a ring rolls as smoothly as it looks.
    """
    steps = max(1, round((end - start) / (2 * math.pi) * segments / wedges))
    edges = np.linspace(start, end, wedges + 1)
    return [
        hull_points(_sweep(section, np.linspace(float(a), float(b), steps + 1)))
        for a, b in itertools.pairwise(edges)
    ]


def revolve(
    profile: ArrayLike, *, hulls: Sequence[Array], segments: int = SEGMENTS, smooth: bool = True
) -> TriangleMesh:
    """The profile (N, 2) of (r, z) [m] turned about z; ends off the axis are capped flat."""
    p = np.asarray(profile, float)
    ends = [[0.0, 0.0, p[0, 1]], [0.0, 0.0, p[-1, 1]]]
    inner = p[p[:, 0] > 1e-9]
    rings = [circle(float(r), float(z), segments=segments) for r, z in inner]
    return loft(rings, start=ends[0], end=ends[1], hulls=hulls, smooth=smooth)


def turned(
    profile: ArrayLike, *, tolerance: float = 0.03, segments: int = SEGMENTS
) -> TriangleMesh:
    """A solid of revolution whose profile (N, 2) of (r, z) rises in z.

    Cut into slices; a slice's hull leaves the profile by at most `tolerance` of the largest radius.
    """
    p = np.asarray(profile, float)
    if np.any(np.diff(p[:, 1]) < 0):
        raise SimgenError("turned: the profile must rise in z from its first point to its last")
    allowed = tolerance * float(p[:, 0].max())
    hulls: list[Array] = []
    low = 0
    while low < len(p) - 1:
        high = low + 1
        while high + 1 < len(p) and _bulge(p[low : high + 2]) <= allowed:
            high += 1
        hulls.append(round_hull(p[low : high + 1], segments=segments // 2))
        low = high
    return revolve(p, hulls=hulls, segments=segments)


def _bulge(p: Array) -> float:
    """How far the concave envelope of r(z) rises above the points (N, 2) of (r, z)."""
    r, z = p[:, 0], p[:, 1]
    worst = 0.0
    for i in range(len(p)):
        for k in range(i + 2, len(p)):
            if z[k] > z[i]:
                chord = r[i] + (r[k] - r[i]) * (z[i + 1 : k] - z[i]) / (z[k] - z[i])
                worst = max(worst, float(np.max(chord - r[i + 1 : k])))
    return worst


def vessel(
    outer: ArrayLike,
    *,
    thickness: float,
    base: int,
    slices: int = 2,
    wedges: int = WEDGES,
    segments: int = SEGMENTS,
) -> TriangleMesh:
    """A hollow round vessel, open at the top.

    `outer` (N, 2) of (r, z) runs from the axis under the floor to the rim; its first `base`
    segments are the floor (one hull), the rest is the wall: `slices` times `wedges` hulls of
    `thickness` [m].
    """
    o = np.asarray(outer, float)
    d = np.gradient(o, axis=0)
    n = np.stack([-d[:, 1], d[:, 0]], -1)
    n[0] = (0.0, 1.0)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    inner = o + thickness * n
    inner[:, 0] = np.maximum(inner[:, 0], 0.0)
    inner[:base, 1] = inner[0, 1]
    inner[base:, 1] = np.maximum(inner[base:, 1], inner[0, 1])  # no slit where wall and floor meet
    inner[:base, 0] = np.minimum(inner[:base, 0], 0.98 * inner[base, 0])
    a = np.linspace(0.0, math.pi, 5)[1:-1, None]
    middle, half = (o[-1] + inner[-1]) / 2, (o[-1] - inner[-1]) / 2
    up = np.array([-half[1], half[0]])
    up = up if up[1] > 0 else -up
    rim = middle + half * np.cos(a) + up * np.sin(a)
    profile = np.concatenate([o, rim, inner[::-1]])
    hulls = [round_hull(np.concatenate([o[: base + 1], inner[: base + 1]]))]
    cuts = np.unique(np.linspace(base, len(o) - 1, slices + 1).round().astype(int))
    for low, high in itertools.pairwise(cuts):
        part = [o[low : high + 1], inner[low : high + 1]] + ([rim] if high == cuts[-1] else [])
        hulls += wedge_hulls(np.concatenate(part), wedges=wedges, segments=segments)
    return revolve(profile, hulls=hulls, segments=segments)


def ring(
    section: ArrayLike,
    *,
    wedges: int = WEDGES,
    start: float = 0.0,
    end: float = 2 * math.pi,
    segments: int = SEGMENTS,
) -> TriangleMesh:
    """A convex section (K, 2) of (r, z), r > 0, turned about z: a full ring or a sector of one."""
    s = np.asarray(section, float)
    hulls = wedge_hulls(s, wedges=wedges, start=start, end=end, segments=segments)
    full = end - start > 2 * math.pi - 1e-9
    count = max(2, round((end - start) / (2 * math.pi) * segments))
    angles = np.linspace(start, end, count, endpoint=False)
    if not full:
        angles = np.linspace(start, end, count + 1)
    rings = [_sweep(s, np.array([a])) for a in angles]
    return loft(rings, wrap=full, hulls=hulls)


def tube(
    path: ArrayLike, radius: float | ArrayLike, *, sides: int = 16, hulls: int = 6
) -> TriangleMesh:
    """A round bar of `radius` [m] (one, or one per point) along `path` (K, 3), ends capped flat."""
    p = np.asarray(path, float)
    r = np.broadcast_to(np.asarray(radius, float), (len(p),))
    tangent = np.gradient(p, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.cross(tangent[0], np.eye(3)[int(np.argmin(np.abs(tangent[0])))])
    a = np.arange(sides) * (2 * math.pi / sides)
    rings: list[Array] = []
    for centre, t, width in zip(p, tangent, r):
        side = side - t * (side @ t)
        side /= np.linalg.norm(side)
        other = np.cross(t, side)
        rings.append(centre + width * (np.outer(np.cos(a), side) + np.outer(np.sin(a), other)))
    cuts = np.unique(np.linspace(0, len(p) - 1, min(hulls, len(p) - 1) + 1).round().astype(int))
    parts = [np.concatenate(rings[i : k + 1]) for i, k in itertools.pairwise(cuts)]
    return loft(rings, hulls=parts)


def prism(
    outline: ArrayLike,
    height: float,
    *,
    center: ArrayLike = (0.0, 0.0),
    parts: Sequence[ArrayLike] | None = None,
    smooth: bool = False,
) -> TriangleMesh:
    """An outline (N, 2) [m], all of it seen from `center`, raised from z = 0 to `height`.

    `parts` are the convex outlines it is made of for contact; None: the outline itself is convex.
    """
    o = np.asarray(outline, float)
    hulls = [
        np.concatenate([np.insert(np.asarray(q, float), 2, z, axis=1) for z in (0.0, height)])
        for q in (parts if parts is not None else [o])
    ]
    rings = [np.insert(o, 2, z, axis=1) for z in (0.0, height)]
    c = np.asarray(center, float)
    return loft(rings, start=[*c, 0.0], end=[*c, height], hulls=hulls, smooth=smooth)


def moved(
    mesh: TriangleMesh,
    *,
    position: ArrayLike = (0.0, 0.0, 0.0),
    quaternion: ArrayLike = IDENTITY,
    scale: ArrayLike = 1.0,
) -> TriangleMesh:
    """The mesh and its hulls scaled per axis (all factors > 0), then turned, then shifted [m]."""
    turn, shift = to_matrix(quaternion), np.asarray(position, float)
    factor = np.broadcast_to(np.asarray(scale, float), (3,))
    if np.any(factor <= 0):
        raise SimgenError(f"moved: scale {tuple(factor)} must be positive on every axis")

    def carry(points: Array) -> Array:
        return (points * factor) @ turn.T + shift

    hulls = None if mesh.hulls is None else tuple(carry(h) for h in mesh.hulls)
    return TriangleMesh(carry(mesh.vertices), mesh.faces, hulls=hulls, smooth=mesh.smooth)


def joined(*meshes: TriangleMesh) -> TriangleMesh:
    """Several closed parts as one mesh; let them overlap by a little where they meet."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return TriangleMesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets)]),
        hulls=tuple(h for m in meshes for h in m.contact_hulls),
        smooth=any(m.smooth for m in meshes),
    )


def positive(**values: float) -> None:
    """Refuse sizes that are not finite and positive, by name."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise SimgenError(f"shape: {name}={value!r} must be a finite number above 0")
