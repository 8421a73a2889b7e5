"""Implicit heat conduction on finite elements: SDIRK2 in time, Newton for radiation and melting.

M dH(T)/dt = -(K + C) T - A h (T - T_air) - A eps sigma (T^4 - T_air^4) + P with lumped M. The
two-stage method of Alexander (1977, SIAM J. Numer. Anal. 14) is of second order and L-stable. Steps
whose two stages disagree are halved. Latent heat enters through H(T), spread over at least
LEAST_RANGE (apparent heat capacity; source-based Newton as Voller & Swaminathan 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse as _sparse
from scipy.constants import Stefan_Boltzmann
from scipy.sparse import linalg as _linalg

from simgen.device import warp_device
from simgen.engines.fem_contact import Surface, SurfaceFinder
from simgen.engines.fem_mesh import Mesh, make_mesh
from simgen.errors import Rejected, SimgenError
from simgen.geometry import Array
from simgen.record import HeatStates
from simgen.scene import Scene, ThermalBody
from simgen.surface import surface_mesh

sparse: Any = _sparse  # partly typed
linalg: Any = _linalg
GAMMA = 1.0 - np.sqrt(0.5)
SUBSTEPS = 2
"""Steps per frame where the clock leaves them open; contacts are found anew in each."""
TOLERANCE = 0.01
"""Largest error of a step before it is halved, over the spread of temperatures."""
HALVINGS = 2
LEAST_RANGE = 0.5
"""Least temperature range of melting [K]."""
SOLVE = 1e-6
"""Temperature error [K] that linear solves leave."""
NEWTON = 40
"""Most Newton steps of a stage."""
Parameters = dict[str, float | int | str]


@dataclass(frozen=True, eq=False)
class _Curve:
    """Heat of every node against its temperature: C T below melting, plus latent heat above."""

    capacity: Array
    solidus: Array
    width: Array
    latent: Array

    def heat(self, t: Array) -> Array:
        share = np.clip((t - self.solidus) / self.width, 0.0, 1.0)
        return self.capacity * t + self.latent * share

    def slope(self, t: Array) -> Array:
        inside = (t >= self.solidus) & (t <= self.solidus + self.width)
        return self.capacity + np.where(inside, self.latent / self.width, 0.0)

    def held_at_edges(self, old: Array, new: Array) -> Array:
        """A Newton step stops where it crosses the beginning or the end of melting."""
        low, high = self.solidus, self.solidus + self.width
        melts = self.latent > 0
        for edge in (low, high):
            crossed = melts & ((old < edge) & (new > edge) | (old > edge) & (new < edge))
            new = np.where(crossed, edge, new)
        return new


def _curve(meshes: list[Mesh]) -> _Curve:
    rows: list[tuple[Array, Array, Array]] = []
    for mesh in meshes:
        count = len(mesh.nodes)
        solidus, width, latent = 0.0, 1.0, 0.0
        if mesh.element.melts:
            materials = {s.material.name: s.material for s in mesh.element.body.shapes}
            if len(materials) > 1:
                raise SimgenError(
                    f"thermal body {mesh.element.name!r} melts but has {len(materials)} materials "
                    f"({', '.join(materials)}); make one thermal body of each"
                )
            (material,) = materials.values()
            names = ("density", "melting_temperature", "latent_heat")
            density, melting, heat = material.require(*names)
            whole = material.melting_range or 0.0
            width = max(whole, LEAST_RANGE)
            solidus = melting - whole
            latent = density * heat
        rows.append((np.full(count, solidus), np.full(count, width), latent * mesh.volume))
    solidus_, width_, latent_ = (np.concatenate(a) for a in zip(*rows, strict=True))
    return _Curve(np.concatenate([m.capacity for m in meshes]), solidus_, width_, latent_)


class _System:
    """The semi-discrete equations of all bodies."""

    def __init__(self, scene: Scene, meshes: list[Mesh]) -> None:
        self.air, self.convection = scene.ambient.temperature, scene.ambient.convection
        self.conduction: Any = sparse.block_diag([m.stiffness for m in meshes], format="csr")
        self.curve = _curve(meshes)
        self.power = np.concatenate([m.element.power * m.volume / m.volume.sum() for m in meshes])
        self.held = np.concatenate([np.full(len(m.nodes), m.element.held) for m in meshes])
        self.free = np.flatnonzero(~self.held)
        self._last: tuple[Surface, Any, Any] | None = None

    def _exchange(self, surface: Surface) -> tuple[Any, Any]:
        """Heat flow matrix of all nodes, and of the free ones; kept while nothing moves."""
        if self._last is None or self._last[0] is not surface:
            matrix = (self.conduction + surface.contact).tocsr()
            self._last = (surface, matrix, matrix[self.free][:, self.free])
        return self._last[1], self._last[2]

    def leaving(self, surface: Surface, t: Array) -> Array:
        """Heat flow to the air [W] of every node."""
        radiation = Stefan_Boltzmann * (t**4 - self.air**4)
        return self.convection * surface.area * (t - self.air) + surface.radiant * radiation

    def stage(self, surface: Surface, known: Array, t: Array, step: float) -> Array:
        """T with H(T) = known + step F(T), held nodes as they are."""
        free, curve = self.free, self.curve
        if not len(free):
            return t
        matrix, inner = self._exchange(surface)
        diagonal = inner.diagonal()
        t = t.copy()
        for _ in range(NEWTON):
            flow = matrix @ t + self.leaving(surface, t) - self.power
            residual = (known - curve.heat(t) - step * flow)[free]
            loss = self.convection * surface.area + 4 * Stefan_Boltzmann * surface.radiant * t**3
            own = (curve.slope(t) + step * loss)[free]
            scale = 1.0 / (own + step * diagonal)
            system = inner * step + sparse.diags_array(own)
            least = SOLVE * float(np.linalg.norm(own))
            change, info = linalg.cg(
                system, residual, rtol=1e-4, atol=least, maxiter=2000, M=sparse.diags_array(scale)
            )
            if info != 0:
                return np.full_like(t, np.nan)
            new = t.copy()
            new[free] += change
            new = curve.held_at_edges(t, new)
            moved = float(np.abs(new - t).max())
            t = new
            if moved < 100 * SOLVE:
                break
        return t

    def flows(self, surface: Surface, t: Array) -> tuple[Array, Array, Array]:
        """(all that enters, what contacts and sources bring, what the air takes) [W] by node."""
        given = self.power - surface.contact @ t
        lost = self.leaving(surface, t)
        return given - lost - self.conduction @ t, given, lost


class _Roll:
    """The state of all bodies and the books of every body, frame by frame."""

    def __init__(self, scene: Scene, meshes: list[Mesh], finder: SurfaceFinder) -> None:
        self.scene, self.meshes, self.finder = scene, meshes, finder
        self.system = _System(scene, meshes)
        starts = [np.full(len(m.nodes), m.element.temperature) for m in meshes]
        self.t = np.concatenate(starts).astype(float)
        self.given, self.lost = np.zeros(len(self.t)), np.zeros(len(self.t))
        everything = [scene.ambient.temperature, *(float(m.element.temperature) for m in meshes)]
        self.spread = max(float(np.ptp(everything)), 1.0)
        self.smallest = np.inf
        self.rows: list[list[tuple[Array, float, float, float]]] = [[] for _ in meshes]
        self.places = [m.locate(surface_mesh(m.element.body, refine=True).vertices) for m in meshes]
        self.note()

    def advance(self, time: float, dt: float, level: int = 0) -> bool:
        """One step, in halves where its error is too large; False when a solve fails."""
        system, surface = self.system, self.finder.at(time + dt / 2)
        before = system.curve.heat(self.t)
        step = float(GAMMA) * dt
        first = system.stage(surface, before, self.t, step)
        if not np.isfinite(first).all():
            return False
        f1 = system.flows(surface, first)
        rest = dt - step
        second = system.stage(surface, before + rest * f1[0], first, step)
        if not np.isfinite(second).all():
            return False
        f2 = system.flows(surface, second)
        slope = np.maximum(system.curve.slope(second), system.curve.slope(first))
        jump = np.abs(step * (f2[0] - f1[0]) / slope)
        error = float(jump[system.free].max(initial=0.0)) * float(GAMMA) / self.spread
        if error > TOLERANCE and level < HALVINGS:
            return self.advance(time, dt / 2, level + 1) and self.advance(
                time + dt / 2, dt / 2, level + 1
            )
        self.smallest = min(self.smallest, dt)
        self.given += rest * f1[1] + step * f2[1]
        self.lost += rest * f1[2] + step * f2[2]
        self.t = second
        return True

    def note(self) -> None:
        """Keep one frame."""
        air = np.full(len(self.t), self.scene.ambient.temperature)
        heat = self.system.curve.heat(self.t) - self.system.curve.heat(air)
        for i, mesh in enumerate(self.meshes):
            span = slice(int(self.finder.first[i]), int(self.finder.first[i + 1]))
            face, weight = self.places[i]
            own = self.t[span]
            seen = np.einsum("vk,vk->v", weight, own[mesh.faces[face]])
            lost = float(self.lost[span].sum())
            given = lost if mesh.element.held else float(self.given[span].sum())
            self.rows[i].append((seen, float(heat[span].sum()), given, lost))

    def states(self) -> dict[str, HeatStates]:
        """The record of every body."""
        return {
            mesh.element.name: HeatStates(
                temperature=np.stack([row[0] for row in rows]),
                heat=np.array([row[1] for row in rows]),
                flow_in=np.array([row[2] for row in rows]),
                flow_out=np.array([row[3] for row in rows]),
            )
            for mesh, rows in zip(self.meshes, self.rows, strict=True)
        }


def solve(scene: Scene) -> tuple[dict[str, HeatStates], int, Parameters] | Rejected:
    """Temperatures and heat balance of the thermal bodies of a scene, steps per frame, numbers."""
    warp_device("cpu")
    from simgen.engines.warp_solvers.distance import make_solid

    bodies = [e for e in scene.elements if isinstance(e, ThermalBody)]
    substeps = scene.clock.substeps or SUBSTEPS
    if not bodies:
        return {}, substeps, {}
    meshes = [make_mesh(e, make_solid(e.body, "cpu")) for e in bodies]
    thermal = {e.name for e in bodies}
    others = [make_solid(b, "cpu") for b in scene.bodies if b.name not in thermal]
    roll = _Roll(scene, meshes, SurfaceFinder(meshes, others))
    dt = 1.0 / (scene.clock.fps * substeps)
    for frame in range(scene.clock.frames - 1):
        for k in range(substeps):
            time = frame / scene.clock.fps + k * dt
            if not roll.advance(time, dt):
                return Rejected("simulation/no_convergence", f"heat solve at {time:.3f} s")
        roll.note()
    parameters: Parameters = {
        "method": "linear tetrahedra, SDIRK2, Newton and conjugate gradients",
        "nodes": int(roll.finder.first[-1]),
        "smallest_step": float(roll.smallest) if np.isfinite(roll.smallest) else dt,
        "convection": scene.ambient.convection,
        "ambient_temperature": scene.ambient.temperature,
    }
    return roll.states(), substeps, parameters
