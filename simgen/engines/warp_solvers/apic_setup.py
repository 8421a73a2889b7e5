"""Set-up of the incompressible liquid: grid, particles, time step, in plain numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.engines.warp_solvers.mpm_setup import domain_box, expected_speed, wall_grip
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.scene import Fluid, Scene

Floats = NDArray[np.float32]
CFL = 0.5
"""Cells that the fastest expected particle crosses in a step."""
MAX_CELLS = 20_000_000
MOST_VISCOUS_STEPS = 60
"""Explicit steps of viscosity in one step of the liquid."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pool:
    """Everything the stepper needs; positions [m] from `lower`, the domain's lower corner."""

    lower: Array
    cells: NDArray[np.int64]
    """(3,) cells between the walls, about two particle spacings wide."""
    edge: Array
    """(3,) of a cell [m]."""
    open_top: bool
    gravity: Array
    positions: Floats
    velocities: Floats
    kind: NDArray[np.int32]
    """(N,) index of the particle's fluid in the tables below."""
    mass: Floats
    """(K,) of one particle [kg]."""
    volume: Floats
    """(K,) [m^3]."""
    viscosity: float
    """Kinematic [m^2/s], the mean of the liquids by mass."""
    sticky: bool
    """Whether the liquid sticks to walls and solids."""
    spacing: float
    """Smallest particle spacing [m]."""
    speed: float
    """Fastest expected motion [m/s]."""

    @property
    def max_dt(self) -> float:
        """Largest step [s]: the fastest particle crosses a cell."""
        return CFL * float(self.edge.min()) / self.speed

    def viscous_steps(self, dt: float) -> int:
        """Explicit steps of viscosity within `dt` [s]: nu dt sum(2 / h^2) <= 1 each."""
        rate = self.viscosity * float((2.0 / self.edge**2).sum())
        return math.ceil(rate * dt) if rate * dt > 1e-3 else 0


def prepare(scene: Scene, fluids: list[Fluid], *, gap: Array | None, solid_speed: float) -> Pool:
    """Grid and particles; `gap` (N,) [m] from all particles to the nearest solid."""
    lower, upper = domain_box(fluids)
    spacing = max(f.spacing for f in fluids)
    cells = np.maximum(np.round((upper - lower) / (2.0 * spacing)), 4).astype(np.int64)
    counts = [len(f.positions) for f in fluids]
    if float(np.prod(cells.astype(float))) > MAX_CELLS:
        raise SimgenError(
            f"liquid: the domain needs {'x'.join(map(str, cells))} cells of two particle spacings, "
            f"more than {MAX_CELLS:.0e}; make the domain smaller or the spacing larger"
        )
    _check(fluids, gap)
    gravity = np.asarray(scene.gravity, float)
    density, viscosity = np.array([f.material.require("density", "viscosity") for f in fluids]).T
    volume = np.array([f.spacing**3 for f in fluids])
    share = density * volume * counts
    edge = (upper - lower) / cells
    speed = max(expected_speed(gravity, fluids, lower, upper), 2.0 * solid_speed, 0.05)
    pool = Pool(
        lower=lower,
        cells=cells,
        edge=edge,
        open_top=all(f.domain.open_top for f in fluids),
        gravity=gravity,
        positions=(np.concatenate([f.positions for f in fluids]) - lower).astype(np.float32),
        velocities=np.concatenate(
            [np.tile(f.velocity, (n, 1)) for f, n in zip(fluids, counts)]
        ).astype(np.float32),
        kind=np.repeat(np.arange(len(fluids), dtype=np.int32), counts),
        mass=(density * volume).astype(np.float32),
        volume=volume.astype(np.float32),
        viscosity=float((viscosity / density) @ share / share.sum()),
        sticky=wall_grip(viscosity / density, gravity, upper - lower, edge) < 0,
        spacing=min(f.spacing for f in fluids),
        speed=speed,
    )
    if pool.viscous_steps(pool.max_dt) > MOST_VISCOUS_STEPS:
        names = ", ".join(f"{f.material.name} ({f.material.viscosity:g} Pa s)" for f in fluids)
        raise SimgenError(
            f"engine 'apic' takes viscosity in explicit steps, too many for {names}; "
            f"use engine 'warp', or a larger particle spacing"
        )
    return pool


def _check(fluids: list[Fluid], gap: Array | None) -> None:
    """Refuse particles outside their domain or inside a solid."""
    start = 0
    for fluid in fluids:
        p = np.asarray(fluid.positions)
        low, high = np.asarray(fluid.domain.lower), np.asarray(fluid.domain.upper)
        outside = int(((p < low) | (p > high)).any(axis=1).sum())
        if outside or not len(p):
            raise SimgenError(
                f"fluid {fluid.name!r}: {outside} of {len(p)} particles start outside its domain "
                f"{fluid.domain.lower}..{fluid.domain.upper}; sample positions inside it"
            )
        if gap is not None:
            inside = int((gap[start : start + len(p)] < -0.25 * fluid.spacing).sum())
            if inside:
                raise SimgenError(
                    f"fluid {fluid.name!r}: {inside} of {len(p)} particles start inside a body; "
                    f"leave them out or move the body"
                )
        start += len(p)
