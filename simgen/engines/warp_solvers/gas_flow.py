"""The state of one gas and its time step; see `gas` for the equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simgen.engines.warp_solvers import gas_kernels as _kernels
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.gas import DIVERGENCE, OUTFLOW, grid_size
from simgen.engines.warp_solvers.gas_pressure import PressureSolver, remove_mean
from simgen.geometry import Array
from simgen.key import Key
from simgen.scene import Gas, GasSource, Scene

kernels: Any = _kernels
_OFFSETS = ((0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))


class GasFlow:
    """Velocity on faces, excess temperature and smoke in cells."""

    def __init__(self, wp: Any, scene: Scene, gas: Gas, dt: float, device: str) -> None:
        self.wp, self.scene, self.gas, self.dt, self.device = wp, scene, gas, dt, device
        self.size = grid_size(gas)
        self.origin = np.asarray(gas.domain.lower, float)
        self.obstacles = Colliders(scene, device)
        self.moving = any(b.keyframes is not None for b in scene.bodies)
        self.shapes = [
            tuple(n + (1 if a == axis else 0) for a, n in enumerate(self.size)) for axis in range(3)
        ]
        self.velocity = [wp.zeros(s, dtype=float, device=device) for s in self.shapes]
        for axis, face in enumerate(self.velocity):
            face.fill_(scene.ambient.wind[axis])
        self.first, self.next, self.share, self.wall, self.flux = (
            [wp.zeros(s, dtype=float, device=device) for s in self.shapes] for _ in range(5)
        )
        self.departure = [wp.zeros(s, dtype=wp.vec3, device=device) for s in self.shapes]
        self.scalars = wp.zeros(self.size, dtype=wp.vec2, device=device)
        self.spare = wp.zeros_like(self.scalars)
        self.q = wp.zeros(self.size, dtype=float, device=device)
        self.b = wp.zeros(self.size, dtype=float, device=device)
        self.nodes = wp.zeros([n + 1 for n in self.size], dtype=float, device=device)
        self.columns = wp.zeros(self.size[:2], dtype=float, device=device)
        self._voxelise(0.0)
        self.pressure = PressureSolver(self.share, device)
        self.closed = not self._ends_open()
        self.steps, self.iterations, self.most_iterations = 0, 0, 0
        self.worst = 0.0
        """Largest relative change of a cell's volume that a projection left."""
        self.flickers = [_Flicker(gas, n) for n in range(len(gas.sources))]
        self._hold_sources()
        self._project()

    def _launch(self, kernel: Any, dim: Any, inputs: list[Any]) -> None:
        self.wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)

    def _ends(self, axis: int) -> tuple[bool, bool]:
        """Whether the low and the high end of the domain are open; air blows in through closed
        ends."""
        if axis == 2:
            return False, self.gas.domain.open_top
        wind = self.scene.ambient.wind[axis]
        sides = self.gas.open_sides
        return sides and wind <= 0.0, sides and wind >= 0.0

    def _ends_open(self) -> bool:
        return any(any(self._ends(axis)) for axis in range(3))

    def _voxelise(self, time: float) -> None:
        """Open shares and wall velocities of all faces with the bodies where they are at `time`."""
        data = self.obstacles.at(time)
        origin = self.wp.vec3(*self.origin)
        cell = self.gas.cell
        self._launch(kernels.node_distance, self.nodes.shape, [data, origin, cell, self.nodes])
        for axis in range(3):
            low, high = self._ends(axis)
            sides = self.gas.open_sides and axis < 2
            wind = self.scene.ambient.wind[axis] if sides else 0.0
            inputs = [data, origin, cell, self.nodes, axis, float(low), float(high), wind]
            target = [self.share[axis], self.wall[axis]]
            self._launch(kernels.open_faces, self.shapes[axis], [*inputs, *target])

    def step(self, time: float) -> None:
        """Advance by dt to `time` [s] of the clip (before the clip the bodies stand as at 0)."""
        if self.moving and time > 0.0:
            self._voxelise(time)
            self.pressure.refresh()
        self._transport()
        self._push()
        self._feed()
        self._project()
        self._carry()
        self._hold_sources()
        self.steps += 1

    def _transport(self) -> None:
        scale = self.dt / self.gas.cell
        for axis in range(3):
            offset = self.wp.vec3(*_OFFSETS[axis])
            own, first, start = self.velocity[axis], self.first[axis], self.departure[axis]
            inputs = [*self.velocity, own, offset, scale, start, first]
            self._launch(kernels.trace_back, self.shapes[axis], inputs)
        for axis in range(3):
            offset = self.wp.vec3(*_OFFSETS[axis])
            own, first, start = self.velocity[axis], self.first[axis], self.departure[axis]
            inputs = [own, first, start, offset, self.next[axis]]
            self._launch(kernels.correct, self.shapes[axis], inputs)
        self.velocity, self.next = self.next, self.velocity

    def _push(self) -> None:
        for axis, g in enumerate(self.scene.gravity):
            if g != 0.0:
                heat = -g / self.scene.ambient.temperature * self.dt
                inputs = [self.scalars, axis, heat, g * self.gas.smoke_weight * self.dt]
                self._launch(kernels.push, self.shapes[axis], [*inputs, self.velocity[axis]])

    def _place(self, source: GasSource) -> tuple[Any, float]:
        """Centre and radius in cells."""
        center = (np.asarray(source.position) - self.origin) / self.gas.cell
        return self.wp.vec3(*center), source.radius / self.gas.cell

    def _feed(self) -> None:
        """Sources drive the gas inside them; their flicker is across gravity."""
        for source, flicker in zip(self.gas.sources, self.flickers, strict=True):
            center, radius = self._place(source)
            speed = _source_speed(self.scene, source)
            turnover = speed / source.radius
            kicks = self.gas.turbulence * speed * flicker.at((self.steps + 1) * self.dt, turnover)
            for axis in range(3):
                rate = 1.0 if any(source.velocity) else min(1.0, self.dt * turnover)
                sway, swirl = kicks[:, axis] * (self.scene.gravity[axis] == 0.0)
                if not any(source.velocity) and sway == 0.0 and swirl == 0.0:
                    continue
                offset = self.wp.vec3(*_OFFSETS[axis])
                inputs = [offset, center, radius, rate, source.velocity[axis], sway, swirl]
                self._launch(
                    kernels.feed_velocity, self.shapes[axis], [*inputs, self.velocity[axis]]
                )

    def _hold_sources(self) -> None:
        for source in self.gas.sources:
            center, radius = self._place(source)
            excess = source.temperature - self.scene.ambient.temperature
            value = self.wp.vec2(excess, source.smoke)
            self._launch(kernels.feed_scalars, self.size, [center, radius, value, self.scalars])

    def _fluxes(self) -> None:
        for axis in range(3):
            inputs = [self.share[axis], self.wall[axis], self.velocity[axis], self.flux[axis]]
            self._launch(kernels.flux, self.shapes[axis], inputs)

    def _project(self) -> None:
        """Make the flow free of divergence to DIVERGENCE of a cell's volume per step."""
        for axis in range(3):
            inputs = [self.share[axis], self.wall[axis], self.velocity[axis]]
            self._launch(kernels.shut, self.shapes[axis], inputs)
        self._fluxes()
        self._launch(kernels.inflow, self.size, [*self.flux, self.b])
        if self.closed:
            remove_mean(self.b, self.share)
        rate = self.gas.cell / self.dt
        count, residual = self.pressure.solve(self.q, self.b, DIVERGENCE * rate)
        for axis in range(3):
            inputs = [self.q, self.share[axis], axis, self.velocity[axis]]
            self._launch(kernels.project, self.shapes[axis], inputs)
        self._fluxes()
        self.iterations += count
        self.most_iterations = max(self.most_iterations, count)
        self.worst = max(self.worst, residual / rate)

    def _carry(self) -> None:
        """Transport excess temperature and smoke with the projected flow, and cool."""
        self._launch(kernels.leaving, self.size[:2], [*self.flux, self.columns])
        fastest = float(self.columns.numpy().max())
        parts = max(1, math.ceil(fastest * self.dt / self.gas.cell / OUTFLOW))
        scale = self.dt / parts / self.gas.cell
        keep = math.exp(-self.gas.cooling * self.dt / parts)
        for _ in range(parts):
            inputs = [*self.flux, self.scalars, scale, keep, self.spare]
            self._launch(kernels.carry, self.size, inputs)
            self.scalars, self.spare = self.spare, self.scalars

    def record(self) -> tuple[Array, Array, Array]:
        """Smoke, temperature [K] and velocity [m/s] at the cell centres, copied."""
        scalars = self.scalars.numpy()
        u, v, w = (f.numpy() for f in self.velocity)
        mean = [(u[1:] + u[:-1]) / 2, (v[:, 1:] + v[:, :-1]) / 2, (w[:, :, 1:] + w[:, :, :-1]) / 2]
        temperature = scalars[..., 0] + np.float32(self.scene.ambient.temperature)
        return scalars[..., 1].copy(), temperature, np.stack(mean, -1)


def _source_speed(scene: Scene, source: GasSource) -> float:
    """What the gas in a source moves at [m/s]: its own speed or that of free rise over its size."""
    g = float(np.linalg.norm(scene.gravity))
    lift = g * abs(source.temperature / scene.ambient.temperature - 1.0)
    return max(float(np.linalg.norm(source.velocity)), math.sqrt(2 * lift * source.radius), 1e-3)


class _Flicker:
    """Two smooth random directions per source: sums of three sines of incommensurate rates."""

    def __init__(self, gas: Gas, number: int) -> None:
        rng = Key(gas.seed).child("flicker", number).rng()
        self.amplitude = rng.normal(size=(3, 2, 3)) * np.array([1.0, 1.0, 0.3])
        self.rate = np.array([0.6, 1.3, 2.9])[:, None, None] * rng.uniform(0.8, 1.25, (3, 2, 3))
        self.phase = rng.uniform(0, 2 * math.pi, (3, 2, 3))

    def at(self, time: float, rate: float) -> Array:
        """(2, 3) at `time` [s] for eddies that turn at `rate` [1/s]."""
        return (self.amplitude * np.sin(self.rate * rate * time + self.phase)).sum(0)
