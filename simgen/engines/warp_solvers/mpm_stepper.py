"""Liquid on the device: arrays of particles and nodes and the launches of one solver step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from simgen.engines.warp_solvers import mpm_kernels as _kernels
from simgen.engines.warp_solvers import mpm_solid as _solid
from simgen.engines.warp_solvers import mpm_volume as _volume
from simgen.engines.warp_solvers import pipes as _pipes
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.mpm_setup import Floats, Liquid
from simgen.geometry import Array

kernels: Any = _kernels
mpm_volume: Any = _volume
mpm_solid: Any = _solid
pipes: Any = _pipes
State = tuple[Floats, Floats, Floats]
"""Positions from the domain's lower corner [m], velocities [m/s], strains ln J."""


class Stepper:
    """The liquid's state and how it moves by one step."""

    def __init__(
        self,
        wp: Any,
        liquid: Liquid,
        device: str,
        colliders: Colliders | None,
        mark_every: int = 0,
    ) -> None:
        """`mark_every` steps the nodes learn anew where moving obstacles are; 0: none moves."""
        self.wp, self.liquid, self.device = wp, liquid, device
        self.colliders, self.mark_every = colliders, mark_every
        self.count = len(liquid.positions)

        def put(values: np.ndarray, kind: Any) -> Any:
            return wp.array(values, dtype=kind, device=device)

        self.x = put(liquid.positions, wp.vec3)
        self.v = put(liquid.velocities, wp.vec3)
        self.affine = wp.zeros(self.count, dtype=wp.mat33, device=device)
        self.strain = put(liquid.strain, float)
        self.kind = put(liquid.kind, int)
        self.mass, self.volume = put(liquid.mass, float), put(liquid.volume, float)
        self.bulk, self.viscosity = put(liquid.bulk, float), put(liquid.viscosity, float)
        g = self.lattice = kernels.Lattice()
        self.shape = tuple(int(n) + 1 + 2 * kernels.PAD for n in liquid.cells)
        g.nx, g.ny, g.nz = self.shape
        g.cell, g.inverse = wp.vec3(*liquid.cell), wp.vec3(*(1.0 / liquid.cell))
        g.ceiling = float(liquid.size[2]) if liquid.open_top else 2.0 * float(liquid.size[2])
        size = int(np.prod(self.shape))
        self.nodes = wp.zeros(size, dtype=wp.vec4, device=device)
        self.push = wp.zeros(size, dtype=wp.vec4, device=device)
        self.fill = wp.zeros(size, dtype=float, device=device)
        self.stretch = wp.zeros(size, dtype=float, device=device)
        blocked = size if colliders is not None else 0
        self.solid = wp.zeros(blocked, dtype=wp.vec4, device=device)
        self.drift = wp.zeros(blocked, dtype=wp.vec3, device=device)
        x, y, z = liquid.size
        self.upper = wp.vec3(x, y, 1e9 if liquid.open_top else z)
        self.origin = wp.vec3(*liquid.lower)
        self.gravity = wp.vec3(*liquid.gravity)
        self.shares = wp.zeros(size, dtype=wp.vec3, device=device)
        nearest = np.tile([0.0, 0.0, 0.0, 1e6], (self.count if blocked else 0, 1))
        self.near = put(nearest.astype(np.float32), wp.vec4)
        self.near_velocity = wp.zeros(len(nearest), dtype=wp.vec3, device=device)
        self.pipes = pipes.upload(liquid, device)
        self.reach = 2.5 * float(liquid.cell.max())
        if colliders is not None:
            self._mark(0)

    def _launch(self, kernel: Any, size: int | tuple[int, ...], *inputs: Any) -> None:
        self.wp.launch(kernel, size, inputs=list(inputs), device=self.device)

    def _mark(self, row: int) -> None:
        assert self.colliders is not None
        at = (self.origin, self.reach, self.upper, self.lattice)
        at = (*at, self.solid, self.drift, self.nodes)
        everywhere = int(row == 0)
        self._launch(
            mpm_solid.mark_obstacles, self.shape, self.colliders.data, row, *at, everywhere
        )

    def begin(self, start: float, times: Array) -> None:
        """Set out for the frame that begins at `start` [s], with the poses of moving obstacles at
        the ends of its substeps, `times` [s]."""
        self.pipes.now.fill_(start)
        if self.colliders is not None and self.mark_every:
            self.colliders.load(times)

    def _walls(self, kernel: Any, field: Any, order: Sequence[int], *extra: float) -> None:
        """Mirror a field of nodes at the walls, axis by axis: so edges and corners come right."""
        for axis in order:
            a, b = (self.shape[k] for k in range(3) if k != axis)
            high = int(axis != 2 or not self.liquid.open_top)
            last = self.shape[axis] - 1
            self._launch(kernel, (a, b), field, self.lattice, axis, last, high, *extra)

    def step(self, substep: int, dt: float) -> None:
        """One symplectic step of `dt` [s], the `substep`-th of its frame."""
        g, grip = self.lattice, self.liquid.grip
        ahead = substep * dt
        particles = (self.x, self.v, self.affine, self.strain)
        tables = (self.kind, self.mass, self.volume, self.bulk, self.viscosity)
        if self.mark_every and substep % self.mark_every == 0:
            self._mark(substep)
        self.nodes.zero_()
        self.push.zero_()
        self.shares.zero_()
        beside = (self.near, self.near_velocity, self.solid, self.pipes, grip)
        to_nodes = (*particles, *tables, self.nodes, self.push, self.shares, *beside, g, ahead, dt)
        self._launch(kernels.scatter, self.count, *to_nodes)
        self._walls(kernels.fold, self.nodes, (0, 1, 2), grip)
        self._walls(kernels.fold, self.push, (0, 1, 2), grip)
        closed = int(not self.liquid.open_top)
        node_args = (self.nodes, self.push, g, self.gravity, dt, grip, closed, self.shares)
        self._launch(kernels.advance, self.shape, *node_args)
        if self.colliders is not None:
            solid = (self.nodes, self.push, self.shares, self.solid, self.drift, g, grip)
            self._launch(mpm_solid.mirror_nodes, self.shape, *solid)
        self._walls(kernels.unfold, self.nodes, (2, 1, 0), grip)
        self._walls(kernels.unfold, self.push, (2, 1, 0), grip)
        kept = math.exp(-dt / self.liquid.memory)
        moved = (self.nodes, self.push, kept, self.pipes, g, self.gravity, self.upper, ahead, dt)
        self._launch(kernels.gather, self.count, *particles, *moved)
        if self.colliders is not None:
            at = (self.origin, self.reach, self.upper, self.solid)
            kept = (self.near, self.near_velocity, self.pipes, g, ahead + dt, dt)
            row = substep if self.mark_every else 0
            where = (self.x, self.v, self.colliders.data, row, *at, *kept)
            self._launch(mpm_solid.push_out, self.count, *where)

    def relax(self, share: float, ahead: float) -> None:
        """Move the volume strains by `share` of the way to the density measured on the grid,
        `ahead` [s] into the frame."""
        self.fill.zero_()
        self.stretch.zero_()
        g = self.lattice
        where = (
            self.x,
            self.kind,
            self.volume,
            self.strain,
            self.fill,
            self.stretch,
            self.near,
            self.solid,
        )
        self._launch(mpm_volume.scatter_volume, self.count, *where, self.pipes, g, ahead)
        self._walls(mpm_volume.mirror_volume, self.fill, (0, 1, 2))
        self._walls(mpm_volume.mirror_volume, self.stretch, (0, 1, 2))
        if self.colliders is not None:
            seen = (self.nodes, self.shares, self.solid, self.fill, self.stretch, g)
            self._launch(mpm_volume.mirror_fill, self.shape, *seen)
        measured = (self.x, self.strain, self.fill, self.stretch, self.pipes, g)
        self._launch(mpm_volume.relax_strain, self.count, *measured, share, ahead)

    def state(self) -> State:
        """A copy of the particles' state on the host."""
        x, v, strain = (np.array(a.numpy()) for a in (self.x, self.v, self.strain))
        return x, v, strain
