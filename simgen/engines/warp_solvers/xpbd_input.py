"""What the XPBD solver refuses before a run: meshes that no physics can be put on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.engines.warp_solvers.xpbd_mesh import (
    enclosed_volumes,
    half_edges,
    tetrahedron_volumes,
    triangle_areas,
)
from simgen.engines.warp_solvers.xpbd_part import Tie
from simgen.errors import SimgenError, unknown
from simgen.scene import Cloth, Inflatable, Scene, SoftBody

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
THIN = 1e-4
"""Area over squared longest edge below which a triangle counts as degenerate."""


def _points(name: str, vertices: Any, cells: Any, corners: int) -> tuple[Floats, Ints]:
    v, c = np.asarray(vertices, float), np.asarray(cells, np.int32)
    if v.ndim != 2 or v.shape[1] != 3 or c.ndim != 2 or c.shape[1] != corners or not len(c):
        raise SimgenError(
            f"{name!r}: vertices {v.shape} and cells {c.shape} must be (V, 3) and (N, {corners})"
        )
    if not np.isfinite(v).all():
        raise SimgenError(f"{name!r}: a vertex is not finite")
    if c.min() < 0 or c.max() >= len(v):
        raise SimgenError(
            f"{name!r}: cells index {c.min()}..{c.max()}, there are {len(v)} vertices"
        )
    loose = np.setdiff1d(np.arange(len(v)), c)
    if len(loose):
        raise SimgenError(f"{name!r}: {len(loose)} vertices belong to no cell; remove them")
    return v, c


def sheet(name: str, vertices: Any, faces: Any) -> tuple[Floats, Ints]:
    """Vertices and faces of a sheet without degenerate triangles."""
    v, f = _points(name, vertices, faces, 3)
    sides = np.stack([np.linalg.norm(v[f[:, k]] - v[f[:, k - 1]], axis=1) for k in range(3)])
    bad = np.flatnonzero(triangle_areas(v, f) <= THIN * sides.max(axis=0) ** 2)
    if len(bad):
        raise SimgenError(
            f"{name!r}: {len(bad)} triangles have no area (first: face {bad[0]}); clean the mesh"
        )
    return v, f


def pattern(name: str, corners: Any, count: int) -> Floats:
    """(F, 3, 3) flat unstressed triangles with area, z = 0."""
    c = np.asarray(corners, float)
    if c.shape != (count, 3, 2):
        raise SimgenError(f"{name!r}: pattern {c.shape} must be ({count}, 3, 2), one per face")
    flat = np.concatenate([c, np.zeros((count, 3, 1))], axis=-1)
    sheet(name, flat.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3))
    return flat


def solid(name: str, vertices: Any, tetrahedra: Any) -> tuple[Floats, Ints, Floats]:
    """Vertices, tetrahedra and their volumes, all positive."""
    v, t = _points(name, vertices, tetrahedra, 4)
    volumes = tetrahedron_volumes(v, t)
    spans = np.linalg.norm(v[t[:, 1:]] - v[t[:, :1]], axis=2).max(axis=1)
    bad = np.flatnonzero(volumes <= THIN * spans**3)
    if len(bad):
        raise SimgenError(
            f"{name!r}: {len(bad)} tetrahedra are flat or inverted (first: {bad[0]}); order their "
            f"corners so that (b - a) x (c - a) . (d - a) > 0"
        )
    return v, t, volumes


def enclosed(name: str, vertices: Floats, faces: Ints) -> float:
    """Volume [m^3] of a watertight, outward surface."""
    edges, _ = half_edges(faces)
    code = edges[:, 0].astype(np.int64) * len(vertices) + edges[:, 1]
    back = edges[:, 1].astype(np.int64) * len(vertices) + edges[:, 0]
    if len(np.unique(code)) != len(code) or not np.array_equal(np.sort(code), np.sort(back)):
        raise SimgenError(
            f"inflatable {name!r}: the membrane is not watertight: every edge needs exactly two "
            f"triangles of opposite direction; weld the vertices and close the holes"
        )
    volume = float(enclosed_volumes(vertices, faces))
    if volume <= 0:
        raise SimgenError(f"inflatable {name!r}: the faces look inward; reverse their vertex order")
    return volume


def pins(name: str, pinned: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The pinned vertex indices, inside the mesh."""
    if any(not 0 <= p < count for p in pinned):
        raise SimgenError(f"{name!r}: pinned vertices must lie in 0..{count - 1}, got {pinned}")
    return pinned


def ties(element: Cloth | SoftBody | Inflatable, scene: Scene, count: int) -> tuple[Tie, ...]:
    """The attachments of an element: distinct vertices of the mesh, fixed to bodies of the
    scene."""
    bodies = {body.name: body for body in scene.bodies}
    seen = set(element.pinned)
    found: list[Tie] = []
    for vertex, name in element.attachments:
        if name not in bodies:
            raise unknown(f"body that {element.name!r} is attached to", name, bodies)
        if not 0 <= vertex < count or vertex in seen:
            raise SimgenError(
                f"{element.name!r}: vertex {vertex} is attached to {name!r}; attach vertices in "
                f"0..{count - 1}, each once, and none that is pinned"
            )
        seen.add(vertex)
        found.append(Tie(vertex, name, bodies[name].motion == "dynamic"))
    return tuple(found)


def openings(ball: Inflatable, vertices: Floats) -> None:
    """Valves and pump of an inflatable that can be."""
    for valve in ball.valves:
        pins(f"{ball.name}: valve", valve.vertices, len(vertices))
    times = np.array([time for time, _ in ball.supply])
    if len(times) == 1 or (np.diff(times) <= 0).any() or any(flow < 0 for _, flow in ball.supply):
        raise SimgenError(
            f"inflatable {ball.name!r}: a supply needs two or more instants, increasing, and flows "
            f">= 0 kg/s, got {ball.supply}; let gas out through a Valve"
        )
    if ball.rest_vertices is not None and np.shape(ball.rest_vertices) != vertices.shape:
        raise SimgenError(
            f"inflatable {ball.name!r}: rest_vertices {np.shape(ball.rest_vertices)} and vertices "
            f"{vertices.shape} differ"
        )
