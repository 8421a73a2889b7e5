"""Check 7 for liquids: as dense as they should be, moved by small steps, volume kept."""

from __future__ import annotations

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.geometry import Array
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.scene import Fluid, Scene

BIN = 4
"""Edge of the bins that are counted, in particle spacings: 64 particles each, so random positions
count to 5 % or better."""
FRAMES = 5
"""Instants that are counted."""
FILLED = 0.5
"""A bin is inside the liquid when it and the 26 around it are filled to this share."""
ENOUGH = 12
"""Bins inside, fewer of which say nothing."""


class LiquidInvariants(Check):
    """Density inside liquids counted from their particles, volume, and steps against cells.

    A liquid is never denser than at rest; where it splashes it holds air, so voids may be larger.
    """

    name = "liquid"

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return bool(_fluids(scene, trajectory))

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        fluids = _fluids(scene, trajectory)
        measured: dict[str, float] = {}
        density = inner_density(fluids, trajectory)
        if len(density):
            measured["crowding"] = float(density.max()) - 1.0
            measured["voids"] = 1.0 - float(density.min())
        cell = _parameter(trajectory, "cell")
        if cell:
            fastest = max(_fastest(trajectory.particles[f.name].velocity) for f in fluids)
            measured["cfl"] = fastest * trajectory.solver.dt / cell
        ratios = [
            r for r in (trajectory.particles[f.name].volume_ratio for f in fluids) if r is not None
        ]
        if ratios:  # above 1 is the air between spray: a liquid bears no tension
            last: Array = np.concatenate([np.minimum(r[-1].astype(float), 1.0) for r in ratios])
            measured["volume_change"] = abs(float(last.mean()) - 1.0)
        return finding(
            self.name,
            measured,
            {"crowding": 0.08, "voids": 0.35, "cfl": 1.0, "volume_change": 0.03},
            "densities relative to that of the liquid at rest; cells that matter crosses in a step",
        )


def _fluids(scene: Scene, trajectory: Trajectory) -> list[Fluid]:
    return [e for e in scene.elements if isinstance(e, Fluid) and e.name in trajectory.particles]


def _parameter(trajectory: Trajectory, name: str) -> float:
    """A number that the solver of the liquid noted, 0 without it."""
    for key, value in trajectory.solver.parameters.items():
        if key.split(".")[-1] == name:
            return float(value)
    return 0.0


def _fastest(velocity: AnyArray) -> float:
    """Largest speed [m/s] over (T, N, 3) of all but one particle in a thousand: single drops fly
    freely, however far in a step."""
    speed = np.linalg.norm(velocity.astype(float), axis=-1)
    return float(np.quantile(speed, 0.999, axis=1).max())


def inner_density(fluids: list[Fluid], trajectory: Trajectory) -> Array:
    """Mean volume of particles per volume of the bins inside the liquids, at FRAMES instants; those
    without such bins are left out."""
    lower = np.min([f.domain.lower for f in fluids], axis=0)
    upper = np.max([f.domain.upper for f in fluids], axis=0)
    edge = BIN * max(f.spacing for f in fluids)
    size: Array = upper - lower
    counts = tuple(int(extent / edge) for extent in size)
    found: list[float] = []
    for t in sorted({round(k * (trajectory.frames - 1) / (FRAMES - 1)) for k in range(FRAMES)}):
        filled: Array = np.zeros(counts)
        for fluid in fluids:
            out = fluid.release <= trajectory.time[t]
            points = np.asarray(trajectory.particles[fluid.name].position[t], float)[out]
            edges = [a + edge * np.arange(n + 1) for a, n in zip(lower, counts)]
            filled += np.histogramdd(points, edges)[0] * (fluid.spacing / edge) ** 3
        values: Array = filled[_inner(filled >= FILLED)]
        if len(values) >= ENOUGH:
            found.append(float(values.mean()))
    return np.array(found)


def _inner(filled: AnyArray) -> AnyArray:
    """Which bins have all 26 around them filled; the domain's walls bound liquid as well."""
    inner: AnyArray = filled.copy()
    padded: AnyArray = np.pad(filled, 1, constant_values=True)
    x, y, z = filled.shape
    for i in range(3):
        for j in range(3):
            for k in range(3):
                inner &= padded[i : i + x, j : j + y, k : k + z]
    return inner
