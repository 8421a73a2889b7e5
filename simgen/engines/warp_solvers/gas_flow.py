"""The state of one gas and its time step; see `gas` for the equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simgen.engines.warp_solvers import gas_faces as _faces
from simgen.engines.warp_solvers import gas_kernels as _kernels
from simgen.engines.warp_solvers import gas_matter_kernels as _matter_kernels
from simgen.engines.warp_solvers import gas_molecular as _molecular
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.gas import DIVERGENCE, FLAME_SPEED, OUTFLOW, grid_size
from simgen.engines.warp_solvers.gas_matter import DIFFUSION, make_matter
from simgen.engines.warp_solvers.gas_pressure import PressureSolver, remove_mean
from simgen.geometry import Array
from simgen.key import Key
from simgen.scene import Gas, GasSource, Scene

faces: Any = _faces
kernels: Any = _kernels
molecular: Any = _molecular
_matter: Any = _matter_kernels
_OFFSETS = ((0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))


class GasFlow:
    """Velocity on faces; scalars in cells, as the gas's matter has them."""

    def __init__(self, wp: Any, scene: Scene, gas: Gas, dt: float, device: str) -> None:
        self.wp, self.scene, self.gas, self.dt, self.device = wp, scene, gas, dt, device
        self.size = grid_size(gas)
        self.origin = np.asarray(gas.domain.lower, float)
        self.obstacles = Colliders(scene, device)
        self.moving = any(b.keyframes is not None for b in scene.bodies)
        self.shapes = [
            tuple(n + (1 if a == axis else 0) for a, n in enumerate(self.size)) for axis in range(3)
        ]
        self.wind = gas.wind(0.0, scene.ambient.wind)
        """[m/s] what blows in through the sides now."""
        self.velocity = [wp.zeros(s, dtype=float, device=device) for s in self.shapes]
        for axis, face in enumerate(self.velocity):
            face.fill_(self.wind[axis])
        self.first, self.next, self.share, self.wall, self.flux, self.free = (
            [wp.zeros(s, dtype=float, device=device) for s in self.shapes] for _ in range(6)
        )
        self.departure = [wp.zeros(s, dtype=wp.vec3, device=device) for s in self.shapes]
        self.q = wp.zeros(self.size, dtype=float, device=device)
        self.b = wp.zeros(self.size, dtype=float, device=device)
        self.nodes = wp.zeros([n + 1 for n in self.size], dtype=float, device=device)
        self.columns = wp.zeros(self.size[:2], dtype=float, device=device)
        self.speed = wp.zeros(1, dtype=float, device=device)
        self._voxelise(0.0)
        self.matter = make_matter(self)
        self.pressure = PressureSolver(self.matter.weights, device)
        self.closed = not self._ends_open()
        self.steps, self.iterations, self.most_iterations = 0, 0, 0
        self.worst = 0.0
        """Largest relative change of a cell's volume that a projection left."""
        self.flickers = [_Flicker(gas, n) for n in range(len(gas.sources))]
        self.lit = [True] * len(gas.sources)
        """Which sources' flames have not gone out."""
        self._hold_sources(0.0)
        self.matter.settle()
        self._project()

    @property
    def scalars(self) -> Any:
        """Excess temperature and smoke of every cell; per density of the air where it burns."""
        return self.matter.heat

    def launch(self, kernel: Any, dim: Any, inputs: list[Any]) -> None:
        """Run a kernel over `dim`."""
        self.wp.launch(kernel, dim=dim, inputs=inputs, device=self.device)

    def _ends(self, axis: int) -> tuple[bool, bool]:
        """Whether the low and the high end of the domain are open; air blows in through closed
        ends."""
        if axis == 2:
            return False, self.gas.domain.open_top
        sides = self.gas.open_sides
        return sides and self.wind[axis] <= 0.0, sides and self.wind[axis] >= 0.0

    def _ends_open(self) -> bool:
        return any(any(self._ends(axis)) for axis in range(3))

    def _voxelise(self, time: float) -> None:
        """Open shares and wall velocities of all faces with the bodies where they are at `time`."""
        data = self.obstacles.at(time)
        origin = self.wp.vec3(*self.origin)
        cell = self.gas.cell
        self.launch(faces.node_distance, self.nodes.shape, [data, origin, cell, self.nodes])
        for axis in range(3):
            inputs = [data, origin, cell, self.nodes, axis, *self._end(axis)]
            target = [self.free[axis], self.share[axis], self.wall[axis]]
            self.launch(faces.open_faces, self.shapes[axis], [*inputs, *target])

    def _end(self, axis: int) -> list[float]:
        """1 for an open end, low and high, and the wind at closed ones [m/s]."""
        low, high = self._ends(axis)
        blows = self.gas.open_sides and axis < 2
        return [float(low), float(high), self.wind[axis] if blows else 0.0]

    def _blow(self) -> None:
        """The ends of the domain after the wind changed."""
        for axis in range(2):
            across = [n for a, n in enumerate(self.size) if a != axis]
            target = [self.free[axis], self.share[axis], self.wall[axis]]
            self.launch(faces.set_ends, (*across, 2), [axis, *self._end(axis), *target])

    def step(self, time: float) -> None:
        """Advance by dt to `time` [s] of the clip (before the clip the bodies stand as at 0)."""
        wind = self.gas.wind(time, self.scene.ambient.wind)
        bodies = self.moving and time > 0.0
        changed, self.wind = wind != self.wind, wind
        if bodies:
            self._voxelise(time)
        elif changed:
            self._blow()
        if bodies or changed:
            self.pressure.refresh()
        self._transport()
        self._push()
        self._feed(time)
        self._project()
        self._carry()
        self._hold_sources(time)
        self.matter.settle()
        self.steps += 1

    def _transport(self) -> None:
        scale = self.dt / self.gas.cell
        for axis in range(3):
            offset = self.wp.vec3(*_OFFSETS[axis])
            own, first, start = self.velocity[axis], self.first[axis], self.departure[axis]
            inputs = [*self.velocity, own, offset, scale, start, first]
            self.launch(kernels.trace_back, self.shapes[axis], inputs)
        for axis in range(3):
            offset = self.wp.vec3(*_OFFSETS[axis])
            own, first, start = self.velocity[axis], self.first[axis], self.departure[axis]
            inputs = [own, first, start, offset, self.next[axis]]
            self.launch(kernels.correct, self.shapes[axis], inputs)
        self.velocity, self.next = self.next, self.velocity
        for axis in range(3):
            across = [n for a, n in enumerate(self.size) if a != axis]
            inputs = [axis, *self._end(axis)[:2], scale, self.velocity[axis]]
            self.launch(faces.draw_in, (*across, 2), inputs)
        self._drag()

    def _drag(self) -> None:
        """Viscosity, in as many explicit parts as are stable."""
        number = self.gas.viscosity * self.dt / self.gas.cell**2
        if number == 0.0:
            return
        parts = math.ceil(number * self.matter.diffused / DIFFUSION)
        for _ in range(parts):
            for axis in range(3):
                inputs = [self.velocity[axis], self.matter.excess, self.matter.conduct]
                out = [self.matter.air, number / parts, DIFFUSION, self.next[axis]]
                self.launch(molecular.drag, self.shapes[axis], [*inputs, *out])
            self.velocity, self.next = self.next, self.velocity

    def _push(self) -> None:
        self.matter.push()

    def _place(self, source: GasSource, time: float) -> list[Any]:
        """Centre, radius and half thickness (0: a ball) in cells."""
        center = (np.asarray(source.center(time)) - self.origin) / self.gas.cell
        half = 0.0 if source.thickness is None else 0.5 * source.thickness / self.gas.cell
        return [self.wp.vec3(*center), source.radius / self.gas.cell, half]

    def _active(self, time: float) -> list[tuple[int, GasSource]]:
        return [
            (n, s) for n, s in enumerate(self.gas.sources) if s.active[0] <= time <= s.active[1]
        ]

    def _feed(self, time: float) -> None:
        """Sources drive the gas inside them; their flicker is across gravity."""
        for n, source in self._active(time):
            place = self._place(source, time)
            speed = source_speed(self.scene, source)
            turnover = speed / source.radius
            flicker = self.flickers[n].at((self.steps + 1) * self.dt, turnover)
            kicks = self.gas.turbulence * speed * flicker
            for axis in range(3):
                rate = 1.0 if any(source.velocity) else min(1.0, self.dt * turnover)
                sway, swirl = kicks[:, axis] * (self.scene.gravity[axis] == 0.0)
                if not any(source.velocity) and sway == 0.0 and swirl == 0.0:
                    continue
                offset = self.wp.vec3(*_OFFSETS[axis])
                inputs = [offset, *place, rate, source.velocity[axis], sway, swirl]
                self.launch(
                    kernels.feed_velocity, self.shapes[axis], [*inputs, self.velocity[axis]]
                )

    def _hold_sources(self, time: float) -> None:
        """Feed the scalars of what is active; from frame 0 on, too strong a wind puts flames
        out."""
        for n, source in self._active(time):
            place = self._place(source, time)
            if source.extinction_strain < math.inf and self.lit[n] and time > 0.0:
                self.lit[n] = self._strain(source, place) < source.extinction_strain
            if self.lit[n]:
                self.matter.hold(source, place)
                self.matter.give(source, place)
            elif source.smoulder > 0.0:
                self.matter.smoulder(source, place)

    def _strain(self, source: GasSource, place: list[Any]) -> float:
        """2 V / radius [1/s] of the cross wind at a source."""
        up = self.wp.vec3(*(-np.asarray(self.scene.gravity) / np.linalg.norm(self.scene.gravity)))
        self.launch(_matter.cross_wind, 1, [*self.velocity, up, *place, self.speed])
        return 2.0 * float(self.speed.numpy()[0]) / source.radius

    def _fluxes(self) -> None:
        for axis in range(3):
            inputs = [self.share[axis], self.wall[axis], self.velocity[axis], self.flux[axis]]
            self.launch(faces.flux, self.shapes[axis], inputs)

    def _project(self) -> None:
        """Make the flow free of divergence to DIVERGENCE of a cell's volume per step, expansion
        apart."""
        for axis in range(3):
            inputs = [self.share[axis], self.wall[axis], self.velocity[axis]]
            self.launch(faces.shut, self.shapes[axis], inputs)
        self._fluxes()
        self.launch(faces.inflow, self.size, [*self.flux, self.b])
        self.matter.expand(self.b)
        if self.closed:
            remove_mean(self.b, self.share)
        self.matter.weigh()
        if self.matter.weights is not self.share:
            self.pressure.refresh()
        rate = self.gas.cell / self.dt
        count, residual = self.pressure.solve(self.q, self.b, DIVERGENCE * rate)
        self.matter.project(self.q)
        self._fluxes()
        self.iterations += count
        self.most_iterations = max(self.most_iterations, count)
        self.worst = max(self.worst, residual / rate)

    def _carry(self) -> None:
        """Transport scalars with the projected flow in parts that no cell loses too much in."""
        self.launch(faces.leaving, self.size[:2], [*self.flux, self.columns])
        fastest = float(self.columns.numpy().max())
        parts = max(1, math.ceil(fastest * self.dt / self.gas.cell / OUTFLOW))
        parts = max(parts, self.matter.parts(self.dt))
        for _ in range(parts):
            self.matter.carry(self.dt / parts)

    def record(self) -> dict[str, Array]:
        """Fields of `GridStates` at the cell centres, copied."""
        u, v, w = (f.numpy() for f in self.velocity)
        mean = [(u[1:] + u[:-1]) / 2, (v[:, 1:] + v[:, :-1]) / 2, (w[:, :, 1:] + w[:, :, :-1]) / 2]
        return {**self.matter.record(), "velocity": np.stack(mean, -1)}


def source_speed(scene: Scene, source: GasSource) -> float:
    """What the gas in a source moves at [m/s]: its own speed or that of free rise over its size."""
    if source.power > 0.0:
        return FLAME_SPEED * math.sqrt(source.radius)
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
