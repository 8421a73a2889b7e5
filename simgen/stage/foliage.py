"""What grows: leaves, tufts of grass, potted plants, bushes and trees as meshes to draw."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from simgen.geometry import Array, TriangleMesh
from simgen.scene import Ints


def merged(meshes: list[tuple[Array, Ints]], *, smooth: bool = True) -> TriangleMesh:
    """Vertices (V, 3) and faces (F, 3) of several surfaces as one mesh."""
    offsets = np.cumsum([0] + [len(v) for v, _ in meshes[:-1]])
    faces = [f + o for (_, f), o in zip(meshes, offsets, strict=True)]
    return TriangleMesh(
        np.concatenate([v for v, _ in meshes]),
        np.concatenate(faces).astype(np.int32),
        smooth=smooth,
    )


def blades(rng: np.random.Generator, roots: Array, *, height: float, width: float) -> TriangleMesh:
    """Bent blades of grass, four triangles each, at roots (N, 3); about `height` tall [m]."""
    count = len(roots)
    turn = rng.uniform(0.0, 2 * math.pi, count)
    tall = height * rng.uniform(0.5, 1.1, count)
    lean = tall * rng.uniform(0.1, 0.8, count)
    side = np.stack([np.cos(turn), np.sin(turn), 0 * turn], -1)
    ahead = np.stack([-np.sin(turn), np.cos(turn), 0 * turn], -1)
    half = 0.5 * width * rng.uniform(0.6, 1.2, count)[:, None] * side
    middle = roots + 0.3 * lean[:, None] * ahead + [0, 0, 0.55] * tall[:, None]
    tip = roots + lean[:, None] * ahead + [0, 0, 1.0] * tall[:, None]
    rows = [roots - half, roots + half, middle - 0.75 * half, middle + 0.75 * half, tip]
    vertices = np.stack(rows, 1).reshape(-1, 3)
    one = np.array([(0, 1, 3), (0, 3, 2), (2, 3, 4)], np.int32)
    faces = (one[None] + 5 * np.arange(count)[:, None, None]).reshape(-1, 3)
    return TriangleMesh(vertices, faces.astype(np.int32))


OUTLINE = (
    (0.1, 0.4, 0.03),
    (0.32, 0.95, 0.05),
    (0.55, 0.9, 0.02),
    (0.8, 0.5, -0.1),
    (1.0, 0.0, -0.3),
)
"""Of a leaf: share of its length, of its width there, and lift in lengths."""


def leaves(
    rng: np.random.Generator, stems: Array, ways: Array, *, length: float, width: float
) -> TriangleMesh:
    """Folded leaves, sixteen triangles each, that leave stems (N, 3) towards ways (N, 3)."""
    count = len(stems)
    along = ways / np.linalg.norm(ways, axis=1, keepdims=True)
    side = np.cross(along, [0.0, 0.0, 1.0]) + 1e-6 * rng.normal(size=(count, 3))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, along)
    size = rng.uniform(0.7, 1.2, (count, 1))
    rows = [stems]
    for share, spread, droop in OUTLINE:
        middle = stems + size * length * (share * along + droop * up)
        if spread == 0.0:
            rows.append(middle)
            continue
        fold = 0.5 * width * spread * size * (side * 0.95 + 0.3 * up)
        other = 0.5 * width * spread * size * (-side * 0.95 + 0.3 * up)
        rows += [middle + fold, middle, middle + other]
    vertices = np.stack(rows, 1).reshape(-1, 3)
    rings = len(OUTLINE) - 1
    last = 3 * rings + 1
    one = [(0, 2, 1), (0, 3, 2), (last - 3, last - 2, last), (last - 2, last - 1, last)]
    for a in range(1, last - 3, 3):
        one += [(a, a + 1, a + 4), (a, a + 4, a + 3), (a + 1, a + 2, a + 5), (a + 1, a + 5, a + 4)]
    faces = (np.array(one)[None] + (last + 1) * np.arange(count)[:, None, None]).reshape(-1, 3)
    return TriangleMesh(vertices, faces.astype(np.int32))


def potted(rng: np.random.Generator, *, height: float, spread: float) -> TriangleMesh:
    """The leaves of a house plant of `height` [m] above its pot, one of three habits."""
    habit = int(rng.integers(3))
    if habit == 0:  # long leaves from one heart, as of a dracaena
        count = int(rng.integers(16, 28))
        turn = rng.uniform(0, 2 * math.pi, count) + np.arange(count) * 2.4
        rise = rng.uniform(0.6, 1.9, count)
        ways = np.stack([np.cos(turn), np.sin(turn), rise], -1)
        stems = np.zeros((count, 3)) + 0.02 * height * ways
        return leaves(rng, stems, ways, length=0.9 * height, width=0.16 * height)
    count = int(rng.integers(50, 90))
    turn = np.arange(count) * 2.4 + rng.uniform(0, 1, count)
    level = rng.uniform(0.15, 0.95, count)
    out = spread * (0.9 * np.sin(math.pi * level) ** 0.7 if habit == 1 else 1.0 - 0.7 * level)
    out = out * rng.uniform(0.3, 1.0, count)
    stems = np.stack([out * np.cos(turn), out * np.sin(turn), level * height], -1)
    ways = np.stack([np.cos(turn), np.sin(turn), rng.uniform(-0.2, 0.8, count)], -1)
    return leaves(rng, stems, ways, length=0.24 * height, width=0.12 * height)


def litter(rng: np.random.Generator, spots: Array, *, length: float) -> TriangleMesh:
    """Fallen leaves flat on the ground at spots (N, 3)."""
    turn = rng.uniform(0, 2 * math.pi, len(spots))
    ways = np.stack([np.cos(turn), np.sin(turn), rng.uniform(0.0, 0.25, len(spots))], -1)
    lift = np.array([0.0, 0.0, 0.12 * length])
    return leaves(rng, spots + lift, ways, length=length, width=0.6 * length)


@cache
def _ball(subdivisions: int) -> tuple[Array, Ints]:
    import trimesh as _trimesh

    trimesh: Any = _trimesh  # partly typed
    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    return np.array(ball.vertices, float), np.asarray(ball.faces, np.int32)


def clump(
    rng: np.random.Generator, radius: float, height: float, *, detail: int = 3
) -> tuple[Array, Ints]:
    """Vertices and faces of one crown or bush about the origin: a ball with leafy lumps [m]."""
    v, faces = _ball(detail)
    lumps = np.zeros(len(v))
    for frequency in (2.5, 5.0, 9.0, 17.0):
        for _ in range(3):
            way = rng.normal(size=3)
            way /= np.linalg.norm(way)
            lumps += np.sin(frequency * (v @ way) + rng.uniform(0, 6.28)) * 0.15 / frequency**0.55
    return v * (1.0 + lumps)[:, None] * (radius, radius, height), faces


def _sprays(
    rng: np.random.Generator, surface: tuple[Array, Ints], count: int, size: float
) -> tuple[Array, Ints]:
    """Sprays of leaves, two triangles each and about `size` [m], all over a surface."""
    v, f = surface
    a, b, c = (v[f[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    pick = rng.choice(len(f), count, p=area / area.sum())
    w = rng.dirichlet((1.0, 1.0, 1.0), count)
    root = w[:, :1] * a[pick] + w[:, 1:2] * b[pick] + w[:, 2:] * c[pick]
    out = normal[pick] / np.maximum(area[pick, None], 1e-12)
    along = out * rng.uniform(0.2, 1.0, (count, 1)) + 0.7 * rng.normal(size=(count, 3))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, rng.normal(size=(count, 3)))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    long = size * rng.uniform(0.5, 1.3, (count, 1))
    middle = root + 0.5 * long * along
    corners = [root, middle + 0.3 * long * side, middle - 0.3 * long * side, root + long * along]
    vertices = np.stack(corners, 1).reshape(-1, 3)
    one = np.array([(0, 1, 2), (1, 3, 2)], np.int32)
    faces = (one[None] + 4 * np.arange(count)[:, None, None]).reshape(-1, 3)
    return vertices, faces.astype(np.int32)


def _leafy(
    rng: np.random.Generator, parts: list[tuple[Array, Ints]], size: float, count: int
) -> TriangleMesh:
    """Clumps with sprays of leaves all over them."""
    body = merged(parts)
    surface = (body.vertices, body.faces)
    return merged([surface, _sprays(rng, surface, count, size)])


def bush(rng: np.random.Generator, *, radius: float, height: float) -> TriangleMesh:
    """A bush of a few clumps standing on z = 0 [m]."""
    parts: list[tuple[Array, Ints]] = []
    for _ in range(int(rng.integers(3, 6))):
        share = float(rng.uniform(0.5, 0.8))
        v, f = clump(rng, share * radius, 0.5 * share * height, detail=2)
        x, y = rng.uniform(-0.4, 0.4, 2) * radius
        parts.append((v + np.array([x, y, 0.42 * share * height]), f))
    return _leafy(rng, parts, 0.14 * radius, 1700)


def crown(
    rng: np.random.Generator, *, radius: float, height: float, detail: float = 1.0
) -> TriangleMesh:
    """The crown of a broad-leaved tree about the origin: many overlapping clumps [m]; far ones need
    a smaller share of the leaves (`detail`), which are the larger."""
    parts: list[tuple[Array, Ints]] = []
    for _ in range(int(rng.integers(9, 14))):
        way = rng.normal(size=3)
        way *= rng.uniform(0.25, 0.75) / np.linalg.norm(way)
        share = float(rng.uniform(0.32, 0.5))
        v, f = clump(rng, share * radius, share * height, detail=1)
        parts.append((v + way * (radius, radius, height), f))
    return _leafy(rng, parts, 0.075 / math.sqrt(detail) * radius, int(4400 * detail))


def conifer(
    rng: np.random.Generator, *, radius: float, height: float, detail: float = 1.0
) -> TriangleMesh:
    """A spruce from z = 0 up: whorls of drooping branches, long at the foot, with twigs to both
    sides [m], fewer and broader ones where a smaller `detail` will do."""
    tiers = int(rng.integers(16, 21))
    stems: list[Array] = []
    ways: list[Array] = []
    for k in range(tiers):
        share = k / tiers
        count = int(16 - 9 * share)
        turn = rng.uniform(0, 6.3) + np.arange(count) * (2 * math.pi / count)
        turn = turn + rng.normal(0.0, 0.15, count)
        long = radius * (1.05 - share) * rng.uniform(0.7, 1.1, count)
        level = height * (0.1 + 0.88 * share) + rng.normal(0.0, 0.012 * height, count)
        flat = np.stack([np.cos(turn), np.sin(turn)], -1)
        stems.append(np.column_stack([0 * flat, level]))
        ways.append(np.column_stack([flat * long[:, None], -0.35 * long + 0.3 * share * long]))
    pairs = int(2 + 10 * detail)
    return _needled(rng, np.concatenate(stems), np.concatenate(ways), pairs)


def _needled(rng: np.random.Generator, stems: Array, ways: Array, pairs: int) -> TriangleMesh:
    """Branches from stems (N, 3) to stems + ways as pairs of needled twigs, two triangles each."""
    share = np.repeat(np.linspace(0.12, 1.0, pairs), 2)
    side = np.cross(ways, [0.0, 0.0, 1.0])[:, None] * np.tile([1.0, -1.0], pairs)[:, None]
    shape = (len(stems), 2 * pairs, 1)
    root = stems[:, None] + share[:, None] * ways[:, None]
    root[..., 2] += 0.12 * np.linalg.norm(ways, axis=1)[:, None] * share * (share - 0.6)
    along = 0.8 * ways[:, None] + side * rng.uniform(0.3, 1.0, shape)
    along[..., 2] += rng.normal(-0.15, 0.2, shape[:2]) * np.linalg.norm(ways, axis=1)[:, None]
    long = (0.42 - 0.26 * share[:, None]) * rng.uniform(0.7, 1.2, shape)
    twig = (along * long).reshape(-1, 3)
    root = root.reshape(-1, 3)
    broad = np.cross(twig, [0.0, 0.0, 1.0] + 0.5 * rng.normal(size=(len(twig), 3)))
    wide = (0.05 + 1.04 / pairs) * np.linalg.norm(twig, axis=1, keepdims=True)
    broad *= wide / np.linalg.norm(broad, axis=1, keepdims=True)
    rows = [root, root + 0.45 * twig + broad, root + 0.45 * twig - broad, root + twig]
    faces = np.array([(0, 1, 2), (2, 1, 3)], np.int32)
    faces = (faces[None] + 4 * np.arange(len(twig))[:, None, None]).reshape(-1, 3)
    return TriangleMesh(np.stack(rows, 1).reshape(-1, 3), faces.astype(np.int32))


def pebble(rng: np.random.Generator, *, detail: int = 3) -> TriangleMesh:
    """A rounded stone of about unit radius that stands on z = 0, a little sunk."""
    v, faces = _ball(detail)
    lumps = np.zeros(len(v))
    for frequency in (1.5, 2.5, 4.0, 8.0, 15.0):
        for _ in range(2):
            way = rng.normal(size=3)
            way /= np.linalg.norm(way)
            lumps += np.sin(frequency * (v @ way) + rng.uniform(0, 6.28)) * 0.17 / frequency
    v = v * (1.0 + lumps)[:, None] * rng.uniform(0.6, 1.0, 3)
    return TriangleMesh(v - (0.0, 0.0, 0.88 * float(v[:, 2].min())), faces)


def sheet(rows: Array) -> TriangleMesh:
    """A surface through rows of points (N, K, 3)."""
    count, width = len(rows), len(rows[0])
    index = np.arange(count * width).reshape(count, width)
    a, b = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    c, d = index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    return TriangleMesh(rows.reshape(-1, 3), faces)
