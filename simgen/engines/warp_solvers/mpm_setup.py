"""Liquid set-up: grid, sound speed, time step and the hydrostatic start, in plain numpy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.scene import Fluid, Scene

Floats = NDArray[np.float32]
MACH = 7.0
"""Sound speed over the fastest expected motion: density varies by 1 to 2 % (Monaghan 1994)."""
CFL = 0.6
"""Share of a cell that sound and matter may cross in a step."""
MEMORY = 1.0
"""Crossings of a cell at the fastest expected motion for which particles keep what the grid lost:
the short steps of sound would each smooth it away, and a slot of six particles passed a seventh."""
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
    release: Floats
    """(N,) when a particle leaves its pipe [s], 0 for one that is in none; empty without pipes."""
    mouth: Floats
    """(N, 3) where it does."""
    rate: Floats
    """(N, 3) velocity of its plug [m/s]."""
    longest: Floats
    """(N,) time [s] it spends in the pipe."""
    start: Floats
    """(N,) when its plug sets out [s]."""
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
    def memory(self) -> float:
        """Time [s] for which particles keep motion that the grid cannot hold; viscosity ends it."""
        shortest = float(self.cell.min())
        crossing = MEMORY * shortest / self.speed
        nu = float((self.viscosity * self.volume / self.mass).max())
        return min(crossing, shortest**2 / nu) if nu > 0 else crossing

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
    cells = np.maximum(np.round(size / cell_edge(fluids)), 4).astype(np.int64)
    counts = [f.count for f in fluids]
    gap = np.full(sum(counts), math.inf) if distance is None else distance
    _check(fluids, cells, gap)
    gravity = np.asarray(scene.gravity, float)
    density, viscosity = np.array([f.material.require("density", "viscosity") for f in fluids]).T
    speed = max(expected_speed(gravity, fluids, lower, upper), 2.0 * obstacle_speed)
    sound = sound_speed(fluids, speed)
    volume = np.array([f.spacing**3 for f in fluids])
    bulk = density * sound**2
    starts = np.cumsum([0, *counts])
    strain = hydrostatic_strain(fluids, -gravity[2] * density / bulk, gap, starts)
    return Liquid(
        lower=lower,
        size=size,
        cells=cells,
        cell=size / cells,
        open_top=all(f.domain.open_top for f in fluids),
        gravity=gravity,
        positions=(np.concatenate([f.start_positions for f in fluids]) - lower).astype(np.float32),
        velocities=np.concatenate([f.start_velocities for f in fluids]).astype(np.float32),
        **_pipes(fluids, lower),
        strain=strain.astype(np.float32),
        kind=np.repeat(np.arange(len(fluids), dtype=np.int32), counts),
        mass=(density * volume).astype(np.float32),
        volume=volume.astype(np.float32),
        bulk=bulk.astype(np.float32),
        viscosity=viscosity.astype(np.float32),
        speed=speed,
        sound=sound,
        grip=_grip(fluids, wall_grip(viscosity / density, gravity, size, size / cells)),
    )


def cell_edge(fluids: list[Fluid]) -> float:
    """Edge [m] that cells should have: eight particles fill one."""
    return 2.0 * max(f.spacing for f in fluids)


def _grip(fluids: list[Fluid], grip: float) -> float:
    """What the fluids ask for, else `grip`; one that sticks lets no other slide."""
    asked = {f.no_slip for f in fluids}
    if True in asked:
        return -1.0
    return 1.0 if asked == {False} else grip


def _pipes(fluids: list[Fluid], lower: Array) -> dict[str, Floats]:
    """How the particles of inflows come, by the names of `Liquid`; empty arrays without any."""
    if not any(f.inflows for f in fluids):
        none, flat = np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
        return {"release": none, "longest": none, "start": none, "mouth": flat, "rate": flat}
    parts: dict[str, list[Array]] = {}
    for fluid in fluids:
        pool, way = len(fluid.positions), fluid.conveyor
        speed = np.maximum(np.linalg.norm(way.rate, axis=1), 1e-12)
        columns = {
            "release": way.release,
            "longest": way.pipe / speed,
            "start": way.start,
            "mouth": way.places - lower,
            "rate": way.rate,
        }
        for name, values in columns.items():
            rest = np.zeros((pool, *values.shape[1:]))
            parts.setdefault(name, []).append(np.concatenate([rest, values]))
    return {name: np.concatenate(rows).astype(np.float32) for name, rows in parts.items()}


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
        p = np.asarray(fluid.positions).reshape(-1, 3)
        low, high = np.asarray(fluid.domain.lower), np.asarray(fluid.domain.upper)
        outside = int(((p < low) | (p > high)).any(axis=1).sum())
        for inflow in fluid.inflows:
            mouth = np.asarray(inflow.position, float)
            if (mouth < low).any() or (mouth > high).any():
                raise SimgenError(
                    f"fluid {fluid.name!r}: the mouth of an inflow at {inflow.position} is outside "
                    f"its domain {fluid.domain.lower}..{fluid.domain.upper}; move one of them"
                )
        if outside or not fluid.count:
            raise SimgenError(
                f"fluid {fluid.name!r}: {outside} of {len(p)} particles start outside its domain "
                f"{fluid.domain.lower}..{fluid.domain.upper}; sample positions inside it"
            )
        inside = int((gap[start : start + len(p)] < -0.25 * fluid.spacing).sum())
        start += fluid.count
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
        for points, speed in _starts(fluid):
            fall = float(((deepest - points) @ gravity).max())
            fastest = max(fastest, speed**2 + 2.0 * max(fall, 0.0))
    return math.sqrt(fastest)


def _starts(fluid: Fluid) -> Iterator[tuple[Array, float]]:
    """Places (N, 3) [m] where parts of a fluid start to move freely, and their speeds [m/s]."""
    pool = len(fluid.positions)
    if pool:
        speeds = np.linalg.norm(fluid.start_velocities[:pool], axis=1)
        yield np.asarray(fluid.positions, float), float(speeds.max())
    for inflow in fluid.inflows:
        yield np.asarray([inflow.position], float), inflow.speed


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


def hydrostatic_strain(
    fluids: list[Fluid], slopes: Array, gap: Array, starts: NDArray[np.int64]
) -> Array:
    """(N,) ln J = -ln(1 + p / K) under the weight above, so that standing liquid starts at rest.

    `slopes` are rho g / K [1/m] of each fluid, `gap` [m] the particles' distance to the nearest
    obstacle, `starts` where each fluid's particles begin. A column is a stack of particles without
    a hole whose lowest one stands on the domain's bottom, on an obstacle or on another fluid's
    column; in the air there is no pressure, and none in pipes.
    """
    strain = np.zeros(int(starts[-1]))
    for fluid, slope, first in zip(fluids, slopes, starts):
        here = slice(int(first), int(first) + len(fluid.positions))
        if len(fluid.positions):
            depth = _depth(fluids, fluid, gap[here])
            strain[here] = -np.log1p(max(float(slope), 0.0) * depth)
    return strain


def _depth(fluids: list[Fluid], fluid: Fluid, gap: Array) -> Array:
    """(N,) depth [m] of a fluid's particles below the surface, in units of its own density."""
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
    load = np.zeros(len(first))
    for other in fluids:
        if other is not fluid and len(other.positions):
            below, above = _stacked(points[order], first, last, s, other)
            held |= below
            load = np.maximum(load, above * _density(other) / _density(fluid))
    top = z[last] + s / 2 + load
    depth = np.empty(len(z))
    depth[order] = np.where(held[run], top[run] - z, 0.0)
    return depth


def _density(fluid: Fluid) -> float:
    return fluid.material.require("density")[0]


def _stacked(
    points: Array, first: NDArray[np.int64], last: NDArray[np.int64], spacing: float, other: Fluid
) -> tuple[NDArray[np.bool_], Array]:
    """Whether columns stand on another fluid, and the height of it on top of them, weighed in the
    columns' own density [m]."""
    from scipy.spatial import KDTree

    theirs = np.asarray(other.positions, float)
    tree: Any = KDTree(theirs)
    reach = 1.6 * max(spacing, other.spacing)
    below = np.isfinite(tree.query(points[first] - [0, 0, spacing], distance_upper_bound=reach)[0])
    on_top = np.isfinite(tree.query(points[last] + [0, 0, spacing], distance_upper_bound=reach)[0])
    below &= ~on_top | (theirs[:, 2].mean() < points[:, 2].mean())
    on_top &= theirs[:, 2].mean() > points[:, 2].mean()
    flat: Any = KDTree(theirs[:, :2])
    near = flat.query_ball_point(points[last, :2], 1.5 * other.spacing)
    highest = np.array([theirs[i, 2].max() if len(i) else -np.inf for i in near])
    height = np.where(on_top, highest + other.spacing / 2 - points[last, 2] - spacing / 2, 0.0)
    return below, np.maximum(height, 0.0)
