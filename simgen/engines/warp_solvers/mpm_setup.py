"""Liquid set-up: grid, sound speed, time step and the hydrostatic start, in plain numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.scene import Fluid, Scene

Floats = NDArray[np.float32]
MACH = 10.0
"""Sound speed over the fastest expected motion: density varies by about 1 % (Monaghan 1994)."""
CFL = 0.4
"""Share of a cell that sound and matter may cross in a step."""
MAX_NODES = 40_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Liquid:
    """Everything the stepper needs; positions [m] from `lower`, the domain's lower corner."""

    lower: Array
    size: Array
    cells: NDArray[np.int64]
    """(3,) cells between the walls; the walls run through nodes."""
    cell: Array
    """(3,) edges [m]; about twice the particle spacing, so eight particles fill a cell."""
    open_top: bool
    gravity: Array
    positions: Floats
    velocities: Floats
    strain: Floats
    """(N,) ln J at the start."""
    kind: NDArray[np.int32]
    """(N,) index of the particle's fluid in the tables below."""
    mass: Floats
    """(K,) of one particle [kg]."""
    volume: Floats
    """(K,) rest volume of one particle [m^3]."""
    bulk: Floats
    """(K,) artificial bulk modulus rho c^2 [Pa]."""
    viscosity: Floats
    """(K,) [Pa s]."""
    speed: float
    """Fastest expected motion [m/s]."""
    sound: float
    """Artificial speed of sound [m/s]."""
    grip: float
    """-1: liquid sticks to walls and obstacles, +1: it slides."""

    @cached_property
    def max_dt(self) -> float:
        """Largest stable step [s]: acoustic and viscous limits."""
        shortest = float(self.cell.min())
        nu = float((self.viscosity * self.volume / self.mass).max())
        acoustic = CFL * shortest / (self.sound + self.speed)
        return min(acoustic, shortest**2 / (8.0 * nu)) if nu > 0 else acoustic


def prepare(
    scene: Scene, fluids: list[Fluid], *, distance: Array | None = None, obstacle_speed: float = 0.0
) -> Liquid:
    """Grid and particle tables of the fluids of a scene.

    `distance` (N,) [m]: of all particles to the nearest obstacle; `obstacle_speed` [m/s].
    """
    lower, upper = domain_box(fluids)
    size = upper - lower
    cells = np.maximum(np.round(size / (2.0 * max(f.spacing for f in fluids))), 4).astype(np.int64)
    counts = [len(f.positions) for f in fluids]
    gap = np.full(sum(counts), math.inf) if distance is None else distance
    _check(fluids, cells, gap)
    gravity = np.asarray(scene.gravity, float)
    density, viscosity = np.array([f.material.require("density", "viscosity") for f in fluids]).T
    speed = max(expected_speed(gravity, fluids, lower, upper), 2.0 * obstacle_speed)
    sound = sound_speed(fluids, speed)
    volume = np.array([f.spacing**3 for f in fluids])
    bulk = density * sound**2
    starts = np.cumsum([0, *counts])
    strain = [
        hydrostatic_strain(f, -gravity[2] * rho / k, gap[a : a + n])
        for f, rho, k, a, n in zip(fluids, density, bulk, starts, counts)
    ]
    return Liquid(
        lower=lower,
        size=size,
        cells=cells,
        cell=size / cells,
        open_top=all(f.domain.open_top for f in fluids),
        gravity=gravity,
        positions=(np.concatenate([f.positions for f in fluids]) - lower).astype(np.float32),
        velocities=np.concatenate(
            [np.tile(f.velocity, (n, 1)) for f, n in zip(fluids, counts)]
        ).astype(np.float32),
        strain=np.concatenate(strain).astype(np.float32),
        kind=np.repeat(np.arange(len(fluids), dtype=np.int32), counts),
        mass=(density * volume).astype(np.float32),
        volume=volume.astype(np.float32),
        bulk=bulk.astype(np.float32),
        viscosity=viscosity.astype(np.float32),
        speed=speed,
        sound=sound,
        grip=wall_grip(viscosity / density, gravity, size, size / cells),
    )


def domain_box(fluids: list[Fluid]) -> tuple[Array, Array]:
    """Lower and upper corner (3,) [m] of the box around the domains of all fluids."""
    lower = np.min([f.domain.lower for f in fluids], axis=0).astype(float)
    upper = np.max([f.domain.upper for f in fluids], axis=0).astype(float)
    return lower, upper


def _check(fluids: list[Fluid], cells: NDArray[np.int64], gap: Array) -> None:
    if np.prod(cells.astype(float) + 3) > MAX_NODES:
        raise SimgenError(
            f"liquid: the domain needs {'x'.join(map(str, cells))} cells of two particle spacings, "
            f"more than {MAX_NODES:.0e}; make the domain smaller or the spacing larger"
        )
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
        inside = int((gap[start : start + len(p)] < -0.25 * fluid.spacing).sum())
        start += len(p)
        if inside:
            raise SimgenError(
                f"fluid {fluid.name!r}: {inside} of {len(p)} particles start inside a static or "
                f"kinematic body; leave them out or move the body"
            )


def expected_speed(gravity: Array, fluids: list[Fluid], lower: Array, upper: Array) -> float:
    """Fastest motion energy allows [m/s]: v^2 = v0^2 + 2 g h for the longest fall in the domain."""
    fastest = 1e-4
    deepest = np.where(gravity > 0, upper, lower)
    for fluid in fluids:
        fall = float(((deepest - np.asarray(fluid.positions, float)) @ gravity).max())
        start = float(np.dot(fluid.velocity, fluid.velocity))
        fastest = max(fastest, start + 2.0 * max(fall, 0.0))
    return math.sqrt(fastest)


def sound_speed(fluids: list[Fluid], speed: float) -> float:
    """Artificial speed of sound [m/s], never above that of the real liquids, sqrt(K / rho)."""
    sound = MACH * speed
    for fluid in fluids:
        bulk, density = fluid.material.bulk_modulus, fluid.material.density
        if bulk is not None and density:
            sound = min(sound, math.sqrt(bulk / density))
    return sound


def wall_grip(kinematic_viscosity: Array, gravity: Array, size: Array, cell: Array) -> float:
    """-1 (no slip) when the viscous layer sqrt(nu sqrt(L / g)) is a cell or thicker, else +1.

    Thinner boundary layers cannot be resolved, and a wall that held the outermost cell of water
    would brake far too much of it.
    """
    time = math.sqrt(float(size.max()) / max(float(np.linalg.norm(gravity)), 1e-3))
    layer = math.sqrt(float(np.max(kinematic_viscosity)) * time)
    return -1.0 if layer >= float(cell.min()) else 1.0


def hydrostatic_strain(fluid: Fluid, slope: float, gap: Array) -> Array:
    """(N,) ln J = -ln(1 + p / K) under the weight above, so that standing liquid starts at rest.

    `slope` is rho g / K [1/m]. A column is a stack of particles without a hole whose lowest one
    stands on the domain's bottom or on an obstacle (`gap` [m] to the nearest); in the air there is
    no pressure.
    """
    points, s = np.asarray(fluid.positions, float), fluid.spacing
    column = np.floor(points[:, :2] / (1.01 * s)).astype(np.int64)
    which = np.unique(column, axis=0, return_inverse=True)[1].ravel()
    order = np.lexsort((points[:, 2], which))
    z, owner = points[order, 2], which[order]
    same = np.concatenate([[False], (np.diff(owner) == 0) & (np.diff(z) < 1.6 * s)])
    run = np.cumsum(~same) - 1
    first = np.flatnonzero(~same)
    last = np.append(first[1:], len(z)) - 1
    held = (z[first] - fluid.domain.lower[2] < 1.1 * s) | (gap[order][first] < 1.1 * s)
    depth = np.where(held[run], z[last][run] + s / 2 - z, 0.0)
    strain = np.empty(len(z))
    strain[order] = -np.log1p(max(slope, 0.0) * depth)
    return strain
