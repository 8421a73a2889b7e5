"""Matter that melts on the device: its arrays and the launches of one step of motion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.engines.warp_solvers import melt_kernels as _kernels
from simgen.engines.warp_solvers import melt_rigid_kernels as _rigid_kernels
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.melt_frame import Level
from simgen.engines.warp_solvers.melt_pieces import MOST_PIECES, Labels
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.melt import Melt, molten_viscosity
from simgen.scene import Scene

kernels: Any = _kernels
rigid_kernels: Any = _rigid_kernels
MACH = 5.0
"""Artificial sound speed over sqrt(g h) of the highest matter: its density varies by 4 %."""
CFL = 0.4
"""Share of a cell that sound and matter may cross in a step."""
MAX_NODES = 20_000_000
SPREADING_TIME = 2.0
"""Time [s] in which a boundary layer grows in spreading matter; where it stays thinner than half a
cell, walls that held the outermost cell would brake far too much."""
TENSION_EVERY = 4
"""Steps between updates of the force of surface tension."""
MARK_EVERY = 4
"""Steps between updates of moving obstacles on the grid."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """Numbers of a scene's `Melt`s that do not change."""

    lower: Array
    size: Array
    cell: float
    density: float
    """Mean of all matter [kg/m^3]."""
    sound: float
    """[m/s]."""
    speed: float
    """Fastest expected motion [m/s]."""
    viscosity: Array
    """(K,) of the molten matter where it is stiffest [Pa s]."""
    film_friction: float
    """Viscosity over thickness of the film under solid pieces [Pa s/m]; the film is as thick as its
    conductance says, k / contact_conductance."""
    slides: bool
    """Whether the molten matter slides on bodies: its boundary layer is thinner than a cell."""
    tension: float
    """Mean surface tension [N/m]."""
    angle: float
    """Contact angle [rad]."""
    max_dt: float


def set_up(scene: Scene, melts: Sequence[Melt], obstacle_speed: float, face: float | None) -> Setup:
    """Grid, sound speed and time step of the matter of a scene; refuses what cannot be run. Nodes
    lie at the height `face` [m]."""
    lower: Array = np.min([m.domain.lower for m in melts], axis=0).astype(float)
    upper: Array = np.max([m.domain.upper for m in melts], axis=0).astype(float)
    spacing = max(m.spacing for m in melts)
    cell = 2.0 * spacing
    if face is not None:
        lower[2] = face - math.ceil((face - lower[2]) / cell - 1e-6) * cell
    nodes = float(np.prod((upper - lower) / cell + 5))
    if nodes > MAX_NODES:
        raise SimgenError(
            f"melt: the domain needs {nodes:.1e} cells of two particle spacings, more than "
            f"{MAX_NODES:.0e}; make the domain smaller or the spacing larger"
        )
    for melt in melts:
        p = np.asarray(melt.positions, float)
        low, high = np.asarray(melt.domain.lower), np.asarray(melt.domain.upper)
        outside = int(((p < low) | (p > high)).any(axis=1).sum()) if len(p) else 0
        if outside or not len(p):
            raise SimgenError(
                f"melt {melt.name!r}: {outside} of {len(p)} particles start outside its domain "
                f"{melt.domain.lower}..{melt.domain.upper}; sample positions inside it"
            )
    g = float(np.linalg.norm(scene.gravity))
    down = np.asarray(scene.gravity) / max(g, 1e-9)
    heights = np.concatenate([-np.asarray(m.positions, float) @ down for m in melts])
    floor = float(min(-(np.array([lower, upper]) @ down))) if face is None else face
    depth = float(np.ptp(heights)) + spacing
    start = max(float(np.linalg.norm(m.start_velocities, axis=1).max()) for m in melts)
    fall = math.sqrt(start**2 + 2 * g * max(float(heights.min()) - floor, depth / 2))
    speed = max(fall, 2 * obstacle_speed, 0.05)
    sound = max(MACH * math.sqrt(g * depth), 3 * start, 4 * obstacle_speed, 0.5)
    density = np.array([m.material.require("density")[0] for m in melts])
    thinnest = [molten_viscosity(m, m.material.require("melting_temperature")[0]) for m in melts]
    stiffest = np.array([float(molten_viscosity(m, m.curve.solidus)) for m in melts])
    nu = stiffest / density
    layer = math.sqrt(float(np.min(np.array(thinnest) / density)) * SPREADING_TIME)
    tension = float(np.mean([m.molten.surface_tension or 0.0 for m in melts]))
    limits = [CFL * cell / (sound + min(speed, sound)), cell**2 / (8.0 * float(nu.max()))]
    if tension > 0:
        limits.append(0.5 * math.sqrt(float(density.min()) * cell**3 / (2 * math.pi * tension)))
    return Setup(
        lower=lower,
        size=upper - lower,
        cell=cell,
        density=float(density.mean()),
        sound=sound,
        speed=speed,
        viscosity=stiffest,
        film_friction=max(
            float(mu) * m.contact_conductance / m.molten.require("thermal_conductivity")[0]
            for m, mu in zip(melts, thinnest, strict=True)
        ),
        slides=layer < 0.5 * cell,
        tension=tension,
        angle=float(np.mean([m.contact_angle for m in melts])),
        max_dt=min(limits),
    )


class Stepper:
    """The state of the matter and how it moves by one step."""

    def __init__(
        self,
        wp: Any,
        level: Level,
        melts: Sequence[Melt],
        setup: Setup,
        colliders: Colliders,
        device: str,
        moving: bool,
    ) -> None:
        self.wp, self.setup, self.device, self.level = wp, setup, device, level
        self.colliders, self.moving = colliders, moving
        counts = [len(m.positions) for m in melts]
        self.count = sum(counts)
        self.kind_of = np.repeat(np.arange(len(melts), dtype=np.int32), counts)

        def put(values: Any, kind: Any, numpy_type: Any = np.float32) -> Any:
            return wp.array(np.ascontiguousarray(values, numpy_type), dtype=kind, device=device)

        start = np.concatenate([np.asarray(m.positions, float) for m in melts]) - setup.lower
        self.x = put(start, wp.vec3)
        self.v = put(np.concatenate([m.start_velocities for m in melts]), wp.vec3)
        turning = [np.cross(np.eye(3), m.angular_velocity) for m in melts]
        self.affine = put(np.repeat(turning, counts, axis=0), wp.mat33)
        self.strain = wp.zeros(self.count, dtype=float, device=device)
        self.normal = wp.zeros(self.count, dtype=wp.vec3, device=device)
        self.kind, self.piece = (
            put(self.kind_of, int, np.int32),
            put(-1 - 0 * self.kind_of, int, int),
        )
        self.viscosity = wp.zeros(self.count, dtype=float, device=device)
        volume = np.array([m.spacing**3 for m in melts])
        density = np.array([m.material.require("density")[0] for m in melts])
        self.mass_of = density * volume
        self.mass, self.volume = put(self.mass_of, float), put(volume, float)
        self.bulk = put(density * setup.sound**2, float)
        self._make_grid(melts)

    def _make_grid(self, melts: Sequence[Melt]) -> None:
        wp, device, setup = self.wp, self.device, self.setup
        g = self.grid = kernels.Grid()
        cells = np.ceil(setup.size / setup.cell - 1e-6).astype(int)
        self.shape = tuple(int(n) + 1 + 2 * kernels.PAD for n in cells)
        g.nx, g.ny, g.nz = self.shape
        g.cell, g.density = setup.cell, setup.density
        size = int(np.prod(self.shape))
        self.nodes = wp.zeros(size, dtype=wp.vec4, device=device)
        self.solid_mass = wp.zeros(size, dtype=float, device=device)
        self.solid = wp.zeros(size, dtype=wp.vec4, device=device)
        self.nearest = wp.zeros(size, dtype=int, device=device)
        self.drift = wp.zeros(size, dtype=wp.vec3, device=device)
        pulled = size if setup.tension > 0 else 0
        self.outward = wp.zeros(pulled, dtype=wp.vec4, device=device)
        self.pull = wp.zeros(pulled, dtype=wp.vec3, device=device)
        self.closed = int(not all(m.domain.open_top for m in melts))
        self.upper = wp.vec3(*(cells * setup.cell))
        self.origin, self.gravity = wp.vec3(*setup.lower), wp.vec3(*self.level.gravity)
        self.reach = 1.5 * setup.cell
        self.sums = rigid_kernels.Sums()
        for kind, names in {
            wp.float64: ("mass",),
            wp.vec3d: ("first", "momentum", "angular"),
            wp.mat33d: ("second",),
            wp.vec3: ("center", "velocity", "spin"),
            wp.quat: ("turn",),
        }.items():
            for name in names:
                setattr(self.sums, name, wp.zeros(MOST_PIECES, dtype=kind, device=device))
        self.active = self.shape
        self._mark(0)

    def _launch(self, kernel: Any, size: int | tuple[int, ...], *inputs: Any) -> None:
        self.wp.launch(kernel, size, inputs=list(inputs), device=self.device)

    def _mark(self, row: int) -> None:
        at = (self.origin, 2.0 * self.reach, self.grid, self.solid, self.drift, self.nearest)
        self._launch(kernels.mark_obstacles, self.shape, self.colliders.data, row, *at)

    def set_phase(self, piece: Labels, viscosity: Array) -> None:
        """Which rigid piece every particle belongs to, and its viscosity once molten."""
        strain = np.array(self.strain.numpy())
        melted = (self.piece.numpy() >= 0) & (piece < 0)
        strain[melted] = 0.0  # what held the piece was the contact's, not the liquid's
        self.strain.assign(strain)
        self.piece.assign(piece)
        self.viscosity.assign(viscosity.astype(np.float32))

    def step(self, row: int, dt: float) -> None:
        """One symplectic step of `dt` [s] against row `row` of the obstacles' poses."""
        g, state = self.grid, (self.x, self.v, self.affine)
        self.nodes.zero_()
        self.solid_mass.zero_()
        tables = (self.viscosity, self.mass, self.volume, self.bulk)
        phase, pressed = (self.kind, self.piece), (self.strain, self.normal)
        out = (g, dt, self.nodes, self.solid_mass)
        self._launch(kernels.scatter, self.count, *state, *pressed, *phase, *tables, *out)
        if self.moving and row % MARK_EVERY == 0:
            self._mark(row)
        if self.setup.tension > 0 and row % TENSION_EVERY == 0:
            by = (self.solid, self.setup.angle, self.outward)
            self._launch(kernels.normals, self.active, self.nodes, g, *by)
            pulled = (self.outward, g, self.setup.tension, self.pull)
            self._launch(kernels.tension, self.active, *pulled)
        hold = float(self.setup.slides)
        film = self.setup.film_friction * g.cell**2 * dt
        around = (self.solid, self.drift, self.pull, self.solid_mass, film, self.nodes)
        self._launch(kernels.advance, self.active, g, self.gravity, dt, hold, self.closed, *around)
        given = (dt, self.v, self.affine, self.strain)
        from_nodes = (self.count, self.x, self.piece, self.nodes, g)
        self._launch(kernels.gather, *from_nodes, *given)
        self._launch(rigid_kernels.clear, MOST_PIECES, self.sums)
        self._launch(rigid_kernels.collect, self.count, *state, *phase, self.mass, g, self.sums)
        self._launch(rigid_kernels.settle, MOST_PIECES, g, dt, self.sums)
        near = (self.colliders.data, row if self.moving else 0, self.origin, self.reach, self.upper)
        out = (self.solid, self.nearest, g, dt, *state, *pressed)
        self._launch(rigid_kernels.move, self.count, self.piece, self.sums, *near, *out)

    def focus(self, duration: float) -> tuple[int, ...]:
        """Launch over the nodes that matter may reach within `duration` [s] only: their box."""
        x, v = self.x.numpy(), self.v.numpy()
        fastest = float(np.linalg.norm(v, axis=1).max())
        margin = 4.0 + 2.0 * fastest * duration / self.setup.cell
        cells = np.array([x.min(0), x.max(0)]) / self.setup.cell + kernels.PAD
        low = np.clip(4 * np.floor((cells[0] - margin) / 4), 0, None).astype(int)
        high = 4 * np.ceil((cells[1] + margin) / 4)
        high = np.minimum(high, np.array(self.shape) - 1).astype(int)
        self.grid.first = self.wp.vec3i(*(int(n) for n in low))
        self.active = tuple(int(n) for n in high - low + 1)
        return (*(int(n) for n in low), *self.active)

    def relax(self, share: float) -> None:
        """Move the strains of molten matter by `share` of the way to the measured density."""
        around = (self.nodes, self.solid, self.grid, share, self.strain)
        self._launch(kernels.relax, self.count, self.x, self.piece, *around)

    def state(self) -> tuple[Array, Array, Any]:
        """Copies of positions and velocities (world) and strains on the host."""
        x, v, strain = (np.array(a.numpy()) for a in (self.x, self.v, self.strain))
        x = self.level.back(x.astype(float) + self.setup.lower)
        return x, self.level.back(v.astype(float)), strain
