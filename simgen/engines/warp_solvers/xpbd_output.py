"""Records and verdicts of an XPBD run: states per element, strain, inversion, tunnelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simgen.crossing import first_overlap
from simgen.engines.warp_solvers.xpbd_mesh import enclosed_volumes, tetrahedron_volumes
from simgen.engines.warp_solvers.xpbd_part import Part, rest_lengths
from simgen.errors import Rejected
from simgen.record import MeshStates
from simgen.scene import Scene
from simgen.valve import specific_energy

if TYPE_CHECKING:
    from simgen.engines.warp_solvers.collider import Colliders

Floats = NDArray[np.float64]
MAX_STRETCH, MAX_FLOW = 4.0, 12.0
"""Largest edge length over rest length of an elastic solid, and of one that flows, whose shape at
the start is not its rest; beyond it the run has exploded."""
MAX_INVERTED = 0.01
"""Largest share of inverted tetrahedra at a frame."""
MAX_DEPTH = 0.5
"""Deepest vertex or face centre inside an obstacle, in mean edges."""


def starts_inside(parts: Sequence[Part], colliders: Colliders) -> str:
    """What is inside an obstacle at t = 0, '' when nothing free is."""
    for part in parts:
        free = np.setdiff1d(np.arange(len(part.position)), part.held)
        if not len(colliders) or not len(free):
            continue
        depth = -colliders.distances(part.position[free], 0.0, reach=part.spacing)[0]
        if depth.max() > 0.1 * part.spacing:
            where = int(free[int(depth.argmax())])
            return (
                f"{part.name}: vertex {where} starts {1e3 * depth.max():.1f} mm inside an obstacle"
            )
    return ""


def starts_overlapping(parts: Sequence[Part]) -> str:
    """Which two elements are in each other at t = 0, '' when none are."""
    return first_overlap([(p.name, p.position, p.faces, p.tetrahedra) for p in parts])


def record(
    scene: Scene,
    parts: Sequence[Part],
    offsets: NDArray[np.int64],
    position: NDArray[np.float32],
    velocity: NDArray[np.float32],
    amount: Floats,
    colliders: Colliders,
) -> tuple[dict[str, MeshStates], Rejected | None]:
    """States of every element, and the first reason why they cannot be used.

    `amount` (T, G) is absolute pressure times volume of every gas [J].
    """
    states: dict[str, MeshStates] = {}
    gases = iter(amount.T)
    for part, low, high in zip(parts, offsets[:-1], offsets[1:], strict=True):
        x, v = position[:, low:high].copy(), velocity[:, low:high].copy()
        if not (np.isfinite(x).all() and np.isfinite(v).all()):
            return {}, Rejected("simulation/not_finite", f"{part.name}: NaN or inf")
        trouble = _strain(part, x) or _inversion(part, x) or _tunnelling(scene, part, x, colliders)
        if trouble is not None:
            return {}, trouble
        volume = pressure = gas = None
        if part.tetrahedra is not None:
            volume = tetrahedron_volumes(x.astype(float), part.tetrahedra).sum(axis=1)
        elif part.gas_amount is not None:
            volume = enclosed_volumes(x.astype(float), part.faces)
            held = next(gases)
            pressure = held / volume - scene.ambient.pressure
            if part.valves or part.supply:
                gas = held / specific_energy(scene.ambient)
        states[part.name] = MeshStates(
            position=x, velocity=v, volume=volume, pressure=pressure, gas=gas
        )
    return states, None


def stretches(part: Part, x: NDArray[np.float32]) -> Floats:
    """(T, E) edge length over rest length."""
    edges, rest = rest_lengths(part)
    return np.linalg.norm(x[:, edges[:, 0]] - x[:, edges[:, 1]], axis=-1) / rest


def measured(
    parts: Sequence[Part], offsets: NDArray[np.int64], position: NDArray[np.float32]
) -> dict[str, float]:
    """Largest and mean stretch of the run, for the record."""
    found = [
        stretches(p, position[:, a:b])
        for p, a, b in zip(parts, offsets[:-1], offsets[1:], strict=True)
    ]
    return {
        "max_stretch": round(max(float(s.max()) for s in found), 4),
        "mean_stretch": round(float(np.mean([s[-1].mean() for s in found])), 5),
    }


def _strain(part: Part, x: NDArray[np.float32]) -> Rejected | None:
    limit = part.largest_stretch if part.tetrahedra is None else MAX_STRETCH
    if "plastic" in part.blocks:
        limit = MAX_FLOW
    stretch = stretches(part, x).max(axis=1)
    if stretch.max() <= limit:
        return None
    frame = int(np.argmax(stretch > limit))
    return Rejected(
        "simulation/strain",
        f"{part.name}: an edge is {stretch[frame]:.2f} of its rest length at frame {frame}, "
        f"limit {limit}",
    )


def _inversion(part: Part, x: NDArray[np.float32]) -> Rejected | None:
    if part.tetrahedra is None:
        return None
    inverted = (tetrahedron_volumes(x.astype(float), part.tetrahedra) <= 0).mean(axis=1)
    if inverted.max() <= MAX_INVERTED:
        return None
    frame = int(inverted.argmax())
    return Rejected(
        "simulation/inverted",
        f"{part.name}: {inverted[frame]:.1%} of the tetrahedra are inverted at frame {frame}, "
        f"limit {MAX_INVERTED:.0%}",
    )


def _tunnelling(
    scene: Scene, part: Part, x: NDArray[np.float32], colliders: Colliders
) -> Rejected | None:
    """Vertices and face centres deep inside an obstacle at a frame; held vertices may be."""
    if not len(colliders):
        return None
    free = np.setdiff1d(np.arange(int(x.shape[1])), part.held)
    faces = part.faces[np.isin(part.faces, free).all(axis=1)]
    for frame, time in enumerate(scene.clock.times):
        points = np.concatenate([x[frame, free], x[frame, faces].mean(axis=1)])
        depth = -colliders.distances(points, float(time), reach=part.spacing)[0].min(initial=0.0)
        if depth > MAX_DEPTH * part.spacing:
            return Rejected(
                "simulation/tunnelling",
                f"{part.name}: {1e3 * depth:.1f} mm inside an obstacle at frame {frame}, "
                f"limit {1e3 * MAX_DEPTH * part.spacing:.1f} mm",
            )
    return None
