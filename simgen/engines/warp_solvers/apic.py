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

from simgen.engines.warp_solvers import (
    apic_blocks,
    apic_cut,
    apic_faces,
    apic_particles,
    apic_rows,
    pipes,
)
from simgen.engines.warp_solvers.apic_blocks import Chosen
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
BERTH = 0.3
"""And are moved off to this share, a little over half their spacing, in a few steps: nearer, no
flow that stops at the wall could take them back, and they would crowd there."""
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
        self.cut_at = colliders.poses.copy()

    def _allocate(self) -> None:
        def faces(kind: Any = float) -> Any:
            return wp.zeros((3, *self.shape), dtype=kind, device=self.device)

        def cells() -> Any:
            return wp.zeros(self.inner, dtype=float, device=self.device)

        self.near, self.fresh = (Chosen(self.inner, self.device) for _ in range(2))
        self.cut = wp.zeros_like(self.near.marks)
        size, bodies = int(np.prod(self.inner)), max(self.bodies, 1)
        self.momentum, self.weight, self.face_volume = faces(), faces(), faces()
        self.faces, self.spare, self.shift, self.lightness = faces(), faces(), faces(), faces()
        self.open_share, self.taken_share, self.solid_flow = faces(), faces(), faces()
        self.walls, self.owner = faces(int), faces(int)
        self.valid, self.known = faces(int), faces(int)
        self.cell_volume, self.room, self.density, self.level = (cells() for _ in range(4))
        self.occupied = wp.zeros(self.inner, dtype=int, device=self.device)
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

    def _over(self, chosen: Chosen, kernel: Any, times: int, *inputs: Any) -> None:
        """Launch over the cells of blocks, so many times (0 for a kernel of cells alone)."""
        dim = (times, chosen.cells) if times else chosen.cells
        self._launch(kernel, dim, self.grid, chosen.blocks, *inputs)

    def _follow(self) -> None:
        """The blocks near the particles, and what the solids, where they are now, leave open of
        those that are new or that solids have moved in."""
        near, fresh, obstacles = self.near, self.fresh, self.colliders.data
        near.marks.zero_()
        self._launch(
            apic_blocks.mark_near, self.count, self.grid, self.pipes, self.x, near.along, near.marks
        )
        near.list()
        if self.colliders.moved(self.cut_at) > MOVED * self.liquid.cell.min():
            self.cut_at = self.colliders.poses.copy()
            self.cut.zero_()
        self._launch(apic_blocks.mark_new, len(self.cut), near.marks, self.cut, fresh.marks)
        fresh.list()
        again = near if self.bodies else fresh
        if again.cells:
            self._cut(again)
        if not self.still:
            self._over(
                near, apic_cut.follow_solids, 3, obstacles, self.taken_share, self.owner,
                self.solid_flow,
            )  # fmt: skip

    def _cut(self, again: Chosen) -> None:
        """What the solids leave open of blocks; walls are sought in fresh ones alone."""
        obstacles, groups = self.colliders.data, 1 + self.bodies
        reach = 2.0 * float(np.linalg.norm(self.liquid.cell))
        self._over(again, apic_cut.node_distances, groups, obstacles, reach, self.distance)
        self._over(
            again, apic_cut.openings, 3, obstacles, self.distance, self.bodies, self.open_share,
            self.taken_share, self.owner, self.body_share,
        )  # fmt: skip
        self._over(again, apic_cut.cell_room, 0, obstacles, self.distance, groups, self.room)
        if self.fresh.cells:
            self._over(self.fresh, apic_cut.find_walls, 3, obstacles, self.room, self.walls)
        self._over(
            self.near, apic_cut.seal, 3, obstacles, self.walls, self.open_share, self.taken_share,
            self.owner,
        )  # fmt: skip

    def press(self, time: float, dt: float, free: Free | None) -> Array:
        """From particles to divergence-free faces at the end of a step that ends at `time` [s];
        the force [N] and moment [N m] on each free body, (6 B,)."""
        self.pipes.now.fill_(time - dt)
        if not self.still:
            self.colliders.load(np.array([time]))
        near = self.near
        self._scatter()
        for array in (self.valid, self.known, self.wet):
            array.zero_()
        self._over(
            near, apic_faces.start_velocity, 3, self.momentum, self.weight, self.face_volume,
            self.gravity, dt, self.faces, self.valid,
        )  # fmt: skip
        self._diffuse(dt)
        rest = float(self.liquid.mass[0] / self.liquid.volume[0])
        self._over(
            near, apic_rows.lighten, 3, self.weight, self.face_volume, rest, dt, self.lightness
        )
        self._over(
            near, apic_rows.choose_cells, 0, self.found, self.room, self.open_share, self.level,
            self.wet,
        )  # fmt: skip
        wp.utils.array_scan(self.wet, self.before, inclusive=False)
        count = int(self.before.numpy()[-1] + self.wet.numpy()[-1])
        force = self._project(count, dt, free) if count else np.zeros(6 * self.bodies)
        self._over(
            near, apic_rows.accelerate, 3, self.wet, self.before, self.level, self.room,
            self.open_share, self.lightness, self.pressing.vectors.x, self.spreading.vectors.x,
            self.faces, self.shift, self.valid,
        )  # fmt: skip
        self._over(
            near, apic_faces.attach, 3, self.face_volume, self.valid, self.known, self.faces,
            self.shift,
        )  # fmt: skip
        self.valid, self.known = self.known, self.valid
        for _ in range(LAYERS):
            self._over(
                near, apic_faces.extrapolate, 3, self.valid, self.known, self.faces, self.shift
            )
            self.valid, self.known = self.known, self.valid
        return force

    def _scatter(self) -> None:
        """From particles to faces and cells."""
        self._follow()
        for array in (
            self.momentum, self.weight, self.face_volume, self.cell_volume, self.occupied,
            self.found,
        ):  # fmt: skip
            array.zero_()
        self._launch(
            apic_particles.scatter, self.count, self.grid, self.pipes, self.x, self.v, self.affine,
            self.kind, self.mass, self.volume, self.momentum, self.weight, self.face_volume,
            self.cell_volume, self.occupied,
        )  # fmt: skip
        self._over(
            self.near, apic_rows.measure_cells, 0, self.cell_volume, self.occupied, self.room,
            self.density, self.level, self.found,
        )  # fmt: skip

    def _diffuse(self, dt: float) -> None:
        steps = viscous_steps(self.liquid, self.viscosity, dt)
        for _ in range(steps):
            self._over(
                self.near, apic_faces.diffuse, 3, self.weight, self.open_share, self.solid_flow,
                self.viscosity, self.sticky, dt / steps, self.faces, self.spare,
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
        self._over(
            self.near, apic_rows.build_rows, 0, self.wet, self.before, self.level,
            self.density, self.room, self.open_share, self.solid_flow, self.body_share,
            self.centers, self.bodies, self.faces, self.lightness, dt, SPREAD, self.rows,
        )  # fmt: skip
        if self.bodies:
            self._launch(apic_rows.add_bodies_flow, count, self.rows, self.motion, self.bodies)
        self.pressing.solve(count, self.rows.flow, tolerance=ACCURATE, iterations=MOST_ITERATIONS)
        self.spreading.solve(count, self.rows.excess, tolerance=ROUGH, iterations=MOST_ITERATIONS)
        self._force(count, self.pressing.vectors.x, self.pressing.sums.count)
        return np.array(self.force.numpy()[: 6 * self.bodies], float)

    def _force(self, size: int, pressure: Any, count: Any) -> None:
        """Of a pressure on the free bodies, into `force`; `size` rows at most."""
        if self.bodies:
            self.force.zero_()
            self._launch(
                apic_rows.forces, size, self.rows, pressure, count, self.bodies,
                self.force,
            )  # fmt: skip

    def _multiply(self, size: int, vectors: Any, sums: Any) -> None:
        """The pressure equation, the free bodies included."""
        if self.bodies:
            self._force(size, vectors.p, sums.count)
            self._launch(apic_rows.reply_of, 6 * self.bodies, self.mobility, self.force, self.reply)
        self._launch(
            apic_rows.multiply, size, self.rows, self.reply, self.bodies, 0.0, vectors, sums,
        )  # fmt: skip

    def _multiply_still(self, size: int, vectors: Any, sums: Any) -> None:
        """The same equation with the free bodies held, screened."""
        self._launch(apic_rows.multiply, size, self.rows, self.reply, 0, SCREEN, vectors, sums)

    def move(self, dt: float) -> None:
        """Particles follow the faces, and keep out of the solids where they are now."""
        self._over(
            self.near, apic_faces.constrain, 3, self.colliders.data, self.open_share,
            self.sticky, self.faces, self.shift, self.spare,
        )  # fmt: skip
        self.faces, self.spare = self.spare, self.faces
        cell = float(self.liquid.cell.min())
        self._launch(
            apic_particles.gather, self.count, self.grid, self.pipes, self.colliders.data,
            self.faces, self.shift, self.gravity, dt, GAP * cell, BERTH * cell, SPREAD, self.wet,
            self.kind, self.mass, self.x, self.v, self.affine,
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
