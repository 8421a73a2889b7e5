# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false, reportAssignmentType=false
"""One step of the incompressible liquid: particles, staggered grid, pressure, solids.

Affine particle-in-cell (Jiang et al. 2015) with a pressure projection between cut solids, coupled
strongly to free rigid bodies (Batty, Bertails & Bridson 2007). A second solve spreads particles
where they crowd, so volume is kept for ever (Kugelstadt et al. 2019); it moves them without
changing their velocities.
"""

import math
from typing import Any

import numpy as np
import warp as wp

from simgen.engines.warp_solvers import apic_cut, apic_faces, apic_particles, apic_rows, pipes
from simgen.engines.warp_solvers.apic_particles import Grid
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.conjugate import Conjugate
from simgen.engines.warp_solvers.mpm_setup import Liquid
from simgen.geometry import Array

LAYERS = 3
"""How far velocities are continued into the air and the solids, in cells."""
SPREAD = 0.3
"""Share of the crowding that one step takes away."""
SCREEN = 1e-4
"""Relative diagonal of the spreading: crowding reaches some 40 cells far in a step. A pocket that
solids enclose and that holds too much would have no solution without it."""
ACCURATE, ROUGH = 1e-5, 3e-2
"""Relative residuals of the pressure and of the spreading."""
MOST_ITERATIONS = 400
MOVED = 0.1
"""Share of a cell that prescribed solids may move before the grid is cut anew."""
GAP = 0.05
"""Particles stay this share of a cell off the solids."""
CFL = 0.5
"""Cells that the fastest expected particle crosses in a step."""
MOST_VISCOUS_STEPS = 60
"""Explicit steps of viscosity in one step of the liquid."""


def largest_step(liquid: Liquid) -> float:
    """Largest step [s]: matter crosses a share of a cell."""
    return CFL * float(liquid.cell.min()) / max(liquid.speed, 0.05)


def viscous_steps(liquid: Liquid, viscosity: float, dt: float) -> int:
    """Explicit steps of viscosity [m^2/s] within `dt` [s]: nu dt sum(2 / h^2) <= 1 each."""
    rate = viscosity * float((2.0 / liquid.cell**2).sum())
    return math.ceil(rate * dt) if rate * dt > 1e-3 else 0


def kinematic_viscosity(liquid: Liquid) -> float:
    """[m^2/s], the mean of the liquids by mass."""
    share = liquid.mass * np.bincount(liquid.kind, minlength=len(liquid.mass))
    nu = liquid.viscosity * liquid.volume / liquid.mass
    return float(nu @ share / share.sum())


class Free:
    """The free bodies of a step: centres (B, 3) [m], expected motion (6 B,) (velocity, spin each)
    and mobility (6 B, 6 B): change of that motion per force and moment."""

    def __init__(self, centers: Array, motion: Array, mobility: Array) -> None:
        self.centers, self.motion, self.mobility = centers, motion, mobility


class Stepper:
    """The liquid's state on a device and how it moves."""

    def __init__(self, liquid: Liquid, colliders: Colliders, device: str) -> None:
        self.liquid, self.colliders, self.device = liquid, colliders, device
        self.count, self.bodies = len(liquid.positions), len(colliders.free)

        def put(values: np.ndarray, kind: Any) -> Any:
            return wp.array(values, dtype=kind, device=device)

        self.x = put(liquid.positions, wp.vec3)
        self.v = put(liquid.velocities, wp.vec3)
        self.affine = wp.zeros(self.count, dtype=wp.mat33, device=device)
        self.ratio = wp.zeros(self.count, dtype=float, device=device)
        self.kind = put(liquid.kind, int)
        self.mass, self.volume = put(liquid.mass, float), put(liquid.volume, float)
        self.pipes = pipes.upload(liquid, device)
        self.grid = Grid()
        self.grid.cells = wp.vec3i(*(int(n) for n in liquid.cells))
        self.grid.edge = wp.vec3(*liquid.cell)
        self.grid.lower = wp.vec3(*liquid.lower)
        self.grid.open_top = int(liquid.open_top)
        self.gravity = wp.vec3(*liquid.gravity)
        self.sticky = int(liquid.grip < 0)
        self.viscosity = kinematic_viscosity(liquid)
        self.shape = tuple(int(n) + 1 for n in liquid.cells)
        self.inner = tuple(int(n) for n in liquid.cells)
        self._allocate()
        self.still = not any(b.keyframes is not None for b, _ in colliders.solids)
        self._cut()

    def _allocate(self) -> None:
        def faces(kind: Any = float) -> Any:
            return wp.zeros((3, *self.shape), dtype=kind, device=self.device)

        def cells() -> Any:
            return wp.zeros(self.inner, dtype=float, device=self.device)

        size, bodies = int(np.prod(self.inner)), max(self.bodies, 1)
        self.momentum, self.weight, self.face_volume = faces(), faces(), faces()
        self.faces, self.spare, self.shift, self.lightness = faces(), faces(), faces(), faces()
        self.open_share, self.solid_flow = faces(), faces()
        self.valid, self.known = faces(int), faces(int)
        self.cell_volume, self.room, self.density, self.level = (cells() for _ in range(4))
        self.found = wp.zeros(size, dtype=int, device=self.device)
        self.wet = wp.zeros(size, dtype=int, device=self.device)
        self.before = wp.zeros(size, dtype=int, device=self.device)
        groups = (1 + self.bodies, *self.shape)
        self.distance = wp.zeros(groups, dtype=float, device=self.device)
        self.body_share = wp.zeros((3 * bodies, *self.shape), dtype=float, device=self.device)
        self.rows = apic_rows.Rows()
        r, most = self.rows, min(size, self.count)
        self.most_rows = most
        r.neighbour = wp.zeros((6, most), dtype=int, device=self.device)
        r.share = wp.zeros((6, most), dtype=float, device=self.device)
        for name in ("diagonal", "flow", "excess"):
            setattr(r, name, wp.zeros(most, dtype=float, device=self.device))
        r.push = wp.zeros((bodies, most), dtype=wp.vec3, device=self.device)
        r.twist = wp.zeros((bodies, most), dtype=wp.vec3, device=self.device)
        size = 6 * bodies
        self.centers = wp.zeros(bodies, dtype=wp.vec3, device=self.device)
        self.motion, self.force, self.reply = (
            wp.zeros(size, dtype=float, device=self.device) for _ in range(3)
        )
        self.mobility = wp.zeros((size, size), dtype=float, device=self.device)
        wp.load_module(apic_rows, device=self.device)  # its kernels are captured
        self.pressing = Conjugate(most, r.diagonal, self._multiply, self.device)
        self.spreading = Conjugate(most, r.diagonal, self._multiply_still, self.device)

    def _launch(self, kernel: Any, dim: Any, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)

    def _cut(self) -> None:
        """What the solids, where they are now, leave open of the grid."""
        g, obstacles = self.grid, self.colliders.data
        self.cut_at = self.colliders.poses.copy()
        reach = 2.0 * float(np.linalg.norm(self.liquid.cell))
        groups = 1 + self.bodies
        self._launch(
            apic_cut.node_distances, (groups, *self.shape), g, obstacles, reach, self.distance
        )
        self._launch(
            apic_cut.openings, (3, *self.shape), g, obstacles, self.distance, self.bodies,
            self.open_share, self.solid_flow, self.body_share,
        )  # fmt: skip
        self._launch(apic_cut.cell_room, self.inner, g, obstacles, self.distance, groups, self.room)
        self._launch(
            apic_cut.seal, self.inner, g, obstacles, self.room, self.open_share,
            self.solid_flow,
        )  # fmt: skip

    def press(self, time: float, dt: float, free: Free | None) -> Array:
        """From particles to divergence-free faces at the end of a step that ends at `time` [s];
        the force [N] and moment [N m] on each free body, (6 B,)."""
        self.pipes.now.fill_(time - dt)
        if not self.still:
            self.colliders.load(np.array([time]))
        if free is not None or self.colliders.moved(self.cut_at) > MOVED * self.liquid.cell.min():
            self._cut()
        g, wide = self.grid, (3, *self.shape)
        self._scatter()
        self._launch(
            apic_faces.start_velocity, wide, g, self.momentum, self.weight, self.gravity, dt,
            self.faces, self.valid,
        )  # fmt: skip
        self._diffuse(dt)
        rest = float(self.liquid.mass[0] / self.liquid.volume[0])
        self._launch(
            apic_rows.lighten, wide, self.weight, self.face_volume, rest, dt, self.lightness
        )
        self._launch(
            apic_rows.choose_cells, self.inner, g, self.found, self.room, self.open_share,
            self.level, self.wet,
        )  # fmt: skip
        wp.utils.array_scan(self.wet, self.before, inclusive=False)
        count = int(self.before.numpy()[-1] + self.wet.numpy()[-1])
        force = self._project(count, dt, free) if count else np.zeros(6 * self.bodies)
        self._launch(
            apic_rows.accelerate, wide, g, self.wet, self.before, self.level, self.room,
            self.open_share, self.lightness, self.pressing.vectors.x, self.spreading.vectors.x,
            self.faces, self.shift, self.valid,
        )  # fmt: skip
        self._launch(
            apic_faces.attach, wide, g, self.face_volume, self.valid, self.known, self.faces,
            self.shift,
        )  # fmt: skip
        self.valid, self.known = self.known, self.valid
        for _ in range(LAYERS):
            self._launch(
                apic_faces.extrapolate, wide, g, self.valid, self.known, self.faces, self.shift
            )
            self.valid, self.known = self.known, self.valid
        return force

    def _scatter(self) -> None:
        """From particles to faces and cells."""
        for array in (self.momentum, self.weight, self.face_volume, self.cell_volume):
            array.zero_()
        self._launch(
            apic_particles.scatter, self.count, self.grid, self.pipes, self.x, self.v, self.affine,
            self.kind, self.mass, self.volume, self.momentum, self.weight, self.face_volume,
            self.cell_volume,
        )  # fmt: skip
        self._launch(
            apic_rows.measure_cells, self.inner, self.grid, self.cell_volume, self.room,
            self.density, self.level, self.found,
        )  # fmt: skip

    def _diffuse(self, dt: float) -> None:
        steps = viscous_steps(self.liquid, self.viscosity, dt)
        for _ in range(steps):
            self._launch(
                apic_faces.diffuse, (3, *self.shape), self.grid, self.weight, self.open_share,
                self.solid_flow, self.viscosity, self.sticky, dt / steps, self.faces, self.spare,
            )  # fmt: skip
            self.faces, self.spare = self.spare, self.faces

    def _project(self, count: int, dt: float, free: Free | None) -> Array:
        """Pressure and spreading of the liquid cells; the force on the free bodies."""
        if count > self.most_rows:
            raise RuntimeError(f"{count} liquid cells, more than {self.most_rows}")
        if free is not None:
            self.centers.assign(free.centers.astype(np.float32))
            self.motion.assign(free.motion.astype(np.float32))
            self.mobility.assign((dt * free.mobility).astype(np.float32))
        self._launch(
            apic_rows.build_rows, self.inner, self.grid, self.wet, self.before, self.level,
            self.density, self.room, self.open_share, self.solid_flow, self.body_share,
            self.centers, self.bodies, self.faces, self.lightness, dt, SPREAD, self.rows,
        )  # fmt: skip
        if self.bodies:
            self._launch(apic_rows.add_bodies_flow, count, self.rows, self.motion, self.bodies)
        self.pressing.solve(count, self.rows.flow, tolerance=ACCURATE, iterations=MOST_ITERATIONS)
        self.spreading.solve(count, self.rows.excess, tolerance=ROUGH, iterations=MOST_ITERATIONS)
        self._force(self.pressing.vectors.x, self.pressing.sums.count)
        return np.array(self.force.numpy()[: 6 * self.bodies], float)

    def _force(self, pressure: Any, count: Any) -> None:
        """Of a pressure on the free bodies, into `force`."""
        if self.bodies:
            self.force.zero_()
            self._launch(
                apic_rows.forces, self.most_rows, self.rows, pressure, count, self.bodies,
                self.force,
            )  # fmt: skip

    def _multiply(self, vectors: Any, sums: Any) -> None:
        """The pressure equation, the free bodies included."""
        if self.bodies:
            self._force(vectors.p, sums.count)
            self._launch(apic_rows.reply_of, 6 * self.bodies, self.mobility, self.force, self.reply)
        self._launch(
            apic_rows.multiply, self.most_rows, self.rows, self.reply, self.bodies, 0.0, vectors,
            sums,
        )  # fmt: skip

    def _multiply_still(self, vectors: Any, sums: Any) -> None:
        """The same equation with the free bodies held, screened."""
        self._launch(
            apic_rows.multiply, self.most_rows, self.rows, self.reply, 0, SCREEN, vectors, sums
        )

    def move(self, dt: float) -> None:
        """Particles follow the faces, and keep out of the solids where they are now."""
        wide = (3, *self.shape)
        self._launch(
            apic_faces.constrain, wide, self.grid, self.colliders.data, self.open_share,
            self.sticky, self.faces, self.shift, self.spare,
        )  # fmt: skip
        self.faces, self.spare = self.spare, self.faces
        gap = GAP * float(self.liquid.cell.min())
        self._launch(
            apic_particles.gather, self.count, self.grid, self.pipes, self.colliders.data,
            self.faces, self.shift, self.gravity, dt, gap, self.wet, self.kind, self.mass, self.x,
            self.v, self.affine,
        )  # fmt: skip

    def state(self) -> tuple[Array, Array, Array]:
        """On the host: positions from the domain's lower corner [m], velocities [m/s], and the room
        around each particle over the liquid in it (above 1 at the surface)."""
        self._scatter()
        self._launch(
            apic_particles.sample_ratio, self.count, self.grid, self.pipes, self.density, self.x,
            self.ratio,
        )  # fmt: skip
        x, v, ratio = (np.array(a.numpy()) for a in (self.x, self.v, self.ratio))
        return x, v, ratio
