"""Records and verdicts of a run of the rod solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgen.engines.warp_solvers.rod_build import LOOSE, Strands
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.record import MeshStates
from simgen.scene import Scene

if TYPE_CHECKING:
    from simgen.engines.warp_solvers.collider import Colliders

Floats = NDArray[np.float32]
MAX_STRETCH = 2.0
"""Longest edge over its length at rest; ropes of any material have broken before."""
MAX_DEPTH = 1.0
"""Deepest point inside an obstacle, in radii of the rope: its axis is at the surface."""


def _noisy(made: Strands, solids: list[int], points: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(P, S) whether a point may touch a solid."""
    quiet = made.quiet[points]
    body = np.asarray(solids)
    return (quiet[:, :1] != -2) & (quiet[:, :1] != body) & (quiet[:, 1:] != body)


def _depths(
    scene: Scene, made: Strands, colliders: Colliders, line: Array, time: float
) -> tuple[Array, NDArray[np.intp]]:
    """How far the surface of free points is inside what they may touch [m], and those points."""
    points = np.flatnonzero(made.held == LOOSE)
    if not len(colliders) or not len(points):
        return np.zeros(0), points
    number = {id(b): i for i, b in enumerate(scene.bodies)}
    solids = [number[id(body)] for body, _ in colliders.solids]
    distance, _, _, shape = colliders.distances(line[points], time, reach=0.1)
    loud = _noisy(made, solids, points)
    met = (shape >= 0) & loud[np.arange(len(points)), np.maximum(shape, 0)]
    return np.where(met, made.radius[points] - distance, 0.0), points


def starts_inside(scene: Scene, made: Strands, colliders: Colliders) -> str:
    """What is inside an obstacle at t = 0, '' when nothing is."""
    depth, points = _depths(scene, made, colliders, made.point, 0.0)
    if not len(depth):
        return ""
    allowed = np.maximum(1e-3, 0.04 * made.radius[points])
    excess: Array = depth - allowed
    worst = int(excess.argmax())
    if depth[worst] <= allowed[worst]:
        return ""
    rope = made.ropes[int(np.searchsorted(made.first, int(points[worst]), side="right")) - 1]
    return f"{rope.name} starts {1e3 * depth[worst]:.1f} mm inside an obstacle"


def stretches(made: Strands, position: Floats) -> Array:
    """(T, S) length of every edge over its length at rest."""
    edges = made.segments
    now = np.linalg.norm(position[:, edges + 1].astype(float) - position[:, edges], axis=-1)
    return now / made.length[edges]


def measured(made: Strands, position: Floats, velocity: Floats) -> dict[str, float]:
    """For the record."""
    found = stretches(made, position)
    return {
        "max_stretch": round(float(found.max()), 5),
        "min_stretch": round(float(found.min()), 5),
    }


def record(
    scene: Scene, made: Strands, position: Floats, velocity: Floats, colliders: Colliders
) -> dict[str, MeshStates] | Rejected:
    """States of every rope, or the reason why they cannot be used."""
    if not (np.isfinite(position).all() and np.isfinite(velocity).all()):
        return Rejected("simulation/not_finite", "a point of a rope is NaN or inf")
    worst = stretches(made, position).max(axis=1)
    if worst.max() > MAX_STRETCH:
        frame = int(np.argmax(worst > MAX_STRETCH))
        return Rejected(
            "simulation/strain",
            f"an edge is {worst[frame]:.2f} of its rest length at frame {frame}, "
            f"limit {MAX_STRETCH}",
        )
    for frame, time in enumerate(scene.clock.times):
        depth, points = _depths(scene, made, colliders, position[frame].astype(float), float(time))
        if not len(depth):
            break
        inside = depth / made.radius[points]
        if inside.max() > MAX_DEPTH:
            return Rejected(
                "simulation/tunnelling",
                f"a rope's surface is {1e3 * depth.max():.1f} mm inside an obstacle at frame "
                f"{frame}, limit {MAX_DEPTH} radii",
            )
    return {
        rope.name: MeshStates(position=position[:, part].copy(), velocity=velocity[:, part].copy())
        for rope, part in zip(made.ropes, made.slices(), strict=True)
    }
