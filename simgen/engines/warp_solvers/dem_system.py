"""Grains on the device: arrays, lists of neighbours, and the launches of one step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import warp as _wp

from simgen.engines.warp_solvers import dem_kernels as _kernels
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.dem_setup import (
    SHEAR,
    Bedding,
    damping_table,
    friction_table,
)
from simgen.geometry import Array

wp: Any = _wp  # partly typed
kernels: Any = _kernels
SKIN = 0.5
"""Neighbours are listed up to this far from touching, in radii of the smallest grain."""
CHUNK = 8
"""Steps between two looks at whether the lists still hold."""


class System:
    """The state of all grains and how it moves; obstacles are read at the row of a clock."""

    def __init__(self, bedding: Bedding, colliders: Colliders, gravity: Array, dt: float) -> None:
        self.bedding, self.colliders, self.dt = bedding, colliders, dt
        self.device = colliders.device
        self.gravity = wp.vec3(*(float(g) for g in gravity))
        self.lead = 0.5 * dt * np.asarray(gravity, float)
        """Leapfrog: a recorded velocity is ahead of the stored one by this [m/s]."""
        self.count = len(bedding.position)
        self.largest = float(bedding.radius.max())
        self.skin = SKIN * float(bedding.radius.min())
        self.bed = self._fill()
        self._old = self._copies()
        self.points = wp.zeros(self.count, dtype=wp.vec3, device=self.device)
        self.grid = wp.HashGrid(64, 64, 64, device=self.device)
        self.grid.reserve(self.count)
        self.listings = 0
        self.missing = 0.0
        self._graphs: dict[int, Any] = {}
        self._drift = 0.0
        self._fresh = False
        self.fastest = 0.0
        self.moves = any(b.motion == "kinematic" for b, _ in colliders.solids)
        """Whether an obstacle follows a path."""

    def _put(self, values: Any, dtype: Any) -> Any:
        scalar = getattr(dtype, "_wp_scalar_type_", dtype)
        array = np.ascontiguousarray(values, dtype=wp.dtype_to_numpy(scalar))
        return wp.array(array, dtype=dtype, device=self.device)

    def _fill(self) -> Any:
        b, n = self.bedding, self.count
        bed = kernels.Bed()
        bed.x = self._put(b.position, wp.vec3d)
        bed.built = self._put(b.position, wp.vec3d)
        bed.v = self._put(b.velocity - self.lead, wp.vec3)
        bed.turn = self._put(np.tile([0.0, 0.0, 0.0, 1.0], (n, 1)), wp.quat)
        for name in ("spin", "force", "torque"):
            setattr(bed, name, wp.zeros(n, dtype=wp.vec3, device=self.device))
        bed.radius, bed.mass = self._put(b.radius, wp.float32), self._put(b.mass, wp.float32)
        bed.kind = self._put(b.kind, wp.int32)
        bed.overlap = wp.zeros(n, dtype=float, device=self.device)
        bed.kinds, bed.stiffness, bed.shear = len(b.grains), b.stiffness, SHEAR
        for name in ("damping", "friction", "rolling"):
            setattr(bed, name, self._put(getattr(b, name).ravel(), wp.float32))
        stuff = [g.material for g in b.grains]
        solids = [shape.material for _, shape in self.colliders.solids]
        if solids:
            bed.wall_damping = self._put(damping_table(solids, stuff).ravel(), wp.float32)
            bed.wall_friction = self._put(friction_table(solids, stuff).ravel(), wp.float32)
        else:
            bed.wall_damping = wp.zeros(0, dtype=float, device=self.device)
            bed.wall_friction = wp.zeros(0, dtype=float, device=self.device)
        self._slots(bed, "pairs", "partner", ("slide", "twist"), int(kernels.PAIRS))
        self._slots(bed, "walls", "wall", ("wall_slide", "wall_twist"), int(kernels.WALLS))
        bed.status = wp.zeros(3, dtype=float, device=self.device)
        bed.wall_gap = wp.zeros(bed.wall.shape, dtype=float, device=self.device)
        bed.drift = wp.zeros(1, dtype=float, device=self.device)
        bed.clock = wp.zeros(1, dtype=int, device=self.device)
        return bed

    def _slots(self, bed: Any, used: str, who: str, springs: tuple[str, str], most: int) -> None:
        shape = (self.count, most)
        setattr(bed, used, wp.zeros(self.count, dtype=int, device=self.device))
        setattr(bed, who, wp.zeros(shape, dtype=int, device=self.device))
        for spring in springs:
            setattr(bed, spring, wp.zeros(shape, dtype=wp.vec3, device=self.device))

    def _copies(self) -> dict[str, Any]:
        names = ("pairs", "partner", "slide", "twist", "walls", "wall", "wall_slide", "wall_twist")
        return {name: wp.empty_like(getattr(self.bed, name)) for name in names}

    def _launch(self, kernel: Any, *inputs: Any) -> None:
        wp.launch(kernel, dim=self.count, inputs=[self.bed, *inputs], device=self.device)

    def _step(self) -> None:
        self._launch(kernels.press_grains, self.dt)
        if len(self.colliders):
            self._launch(kernels.press_walls, self.colliders.data, self.dt)
        self._launch(kernels.advance, self.gravity, self.dt)

    def _graph(self, steps: int) -> Any:
        if steps not in self._graphs:
            wp.load_module(kernels, device=self.device)
            with wp.ScopedCapture(device=self.device) as capture:
                for _ in range(steps):
                    self._step()
            self._graphs[steps] = capture.graph
        return self._graphs[steps]

    def start_rows(self, fastest: float) -> None:
        """Read obstacles from row 0 on; their surfaces move at most at `fastest` [m/s]."""
        self.bed.clock.zero_()
        self.fastest = fastest

    def run(self, steps: int) -> None:
        """Move by some steps; neighbours are listed anew before they can be missed."""
        done = 0
        while done < steps:
            chunk = min(CHUNK, steps - done)
            self._relist(chunk)
            self._drift += self.fastest * self.dt * chunk
            self.bed.drift.fill_(self._drift)
            wp.capture_launch(self._graph(chunk))
            done += chunk

    def _relist(self, chunk: int) -> None:
        """List neighbours if within the coming steps one could come from beyond the skin."""
        if self._fresh:
            self.bed.status.zero_()
            self._launch(kernels.survey)
            square, speed, _ = (float(s) for s in self.bed.status.numpy())
            shift = math.sqrt(square) + 1.5 * chunk * self.dt * math.sqrt(speed)
            wall = self._drift + 1.5 * chunk * self.dt * self.fastest
            if max(shift, wall) < 0.5 * self.skin:
                return
        for name, copy in self._old.items():
            wp.copy(copy, getattr(self.bed, name))
        old = self._old
        self._launch(kernels.single, self.points)
        self.grid.build(self.points, 2.0 * self.largest + self.skin)
        reach = (self.grid.id, self.points, self.largest, self.skin)
        self.bed.status.zero_()
        grains = (old["pairs"], old["partner"], old["slide"], old["twist"])
        self._launch(kernels.list_grains, *reach, *grains)
        if len(self.colliders):
            walls = (old["walls"], old["wall"], old["wall_slide"], old["wall_twist"])
            around = (self.colliders.data, self.points, self.skin)
            self._launch(kernels.list_walls, *around, *walls)
        self.missing += float(self.bed.status.numpy()[2])
        self.listings += 1
        self._drift, self._fresh = 0.0, True

    def state(self) -> tuple[Array, Array, Array]:
        """Copies of positions (N, 3) [m], velocities (N, 3) [m/s] and turns (N, 4) wxyz."""
        x = np.array(self.bed.x.numpy())
        v = np.array(self.bed.v.numpy(), float) + self.lead
        q = np.array(self.bed.turn.numpy(), float)
        return x, v, np.roll(q, 1, axis=1)

    @property
    def overlap(self) -> float:
        """Deepest contact so far, in radii."""
        return float(self.bed.overlap.numpy().max())
