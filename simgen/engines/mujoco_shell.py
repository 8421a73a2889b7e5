"""Inflatables in MuJoCo: 2D flexes of Saint Venant-Kirchhoff film around gas.

Every vertex is a point mass on three slides, in the rest shape at zero coordinates. MuJoCo takes
the elasticity implicitly (discrete integrator). Gas, air drag and buoyancy are applied as forces
on the vertices. The gas is taken implicitly along its own push: the pressure that acts is
p - p_abs / V * dt dV/dt / (1 + D), D = dt^2 p_abs / V sum |dV/dx|^2 / m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import mujoco as _mujoco
import numpy as np
from numpy.typing import NDArray

from simgen.engines.mujoco_flex import SKIN, flexes, shells, soft_friction, vertex_bodies
from simgen.engines.mujoco_rope import GEOM_BIT, ROPE_BIT
from simgen.engines.warp_solvers.xpbd_mesh import enclosed_volumes
from simgen.engines.warp_solvers.xpbd_part import Part, air_density, loss_factor
from simgen.engines.warp_solvers.xpbd_sheet import inflatable
from simgen.geometry import Array
from simgen.record import MeshStates
from simgen.scene import Ambient, Inflatable, Scene
from simgen.valve import pump_flow, specific_energy, valve_flow

Ints = NDArray[np.intp]
mujoco: Any = _mujoco  # the library ships no type stubs

SHELL_DT, SHORTEST = 1e-3, 2.5e-4
"""Longest and shortest step [s] of films."""
BREATH = 1.0
"""Largest breathing frequency of a gas times the step: the push of a gas that is at rest is taken
in full, which D < 2.56 bears (see above)."""


def film_time(part: Part) -> float:
    """Time [s] that a stretching wave takes across the shortest part of a film."""
    return part.spacing / part.wave_speed


def shell_dt(scene: Scene) -> float:
    """Step [s] in which films do not hide their own damping, within bounds, and gases are
    stable."""
    parts = [inflatable(ball, scene.ambient) for ball in shells(scene)]
    films = [max(4.0 * film_time(part), SHORTEST) for part in parts]
    breaths = [BREATH / part.breathing for part in parts]
    return min([SHELL_DT, *films, *breaths]) if parts else math.inf


def rest_shape(ball: Inflatable, part: Part) -> Array:
    """(V, 3) unstressed film; as placed and shrunk about its centre where none is given."""
    if ball.rest_vertices is not None:
        return np.asarray(ball.rest_vertices, float)
    inverse = part.blocks["triangles"].parameters["inverse_rest"]
    corner = part.position[part.faces]
    sides = np.stack([corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]], -1)
    strain = float(np.linalg.norm(sides @ inverse, axis=1).mean())
    center = part.position.mean(0)
    return center + (part.position - center) / strain


def add_shells(spec: Any, scene: Scene, dt: float, solimp: Any, margin: float) -> None:
    """Bodies of all vertices and the films on them; the scene's rigid bodies are there already."""
    for ball in shells(scene):
        part = inflatable(ball, scene.ambient)
        (stretch,) = ball.material.require("stretch_stiffness")
        thickness = ball.material.thickness or 1e-3
        mu = soft_friction(scene, ball)
        touch: dict[str, Any] = {"contype": 0, "conaffinity": GEOM_BIT, "friction": [mu, 0.0, 0.0]}
        touch |= {"solref": [-1.0, -1.0], "solimp": solimp, "margin": margin, "mass": 0.0}
        touch |= {"type": mujoco.mjtGeom.mjGEOM_SPHERE, "size": [SKIN, 0, 0], "condim": 3}
        owner, local = vertex_bodies(
            spec, scene, ball, rest_shape(ball, part), part.mass, touch, 1.0 - part.weight
        )
        flex = spec.add_flex(name=ball.name, dim=2, radius=SKIN)
        flex.vertbody, flex.vert = owner, local.ravel()
        flex.elem = part.faces.ravel().astype(np.int32)
        flex.young = stretch / thickness
        flex.poisson = min(ball.material.poissons_ratio or 0.3, 0.49)
        flex.thickness, flex.elastic2d = thickness, 3
        size = float(np.ptp(part.rest, axis=0).max())
        speed = math.sqrt(stretch / (ball.material.areal_density or 1.0))
        beta = loss_factor(ball.material) * size / (math.pi * speed)
        flex.damping = max(0.0, beta - dt)
        flex.contype, flex.conaffinity = ROPE_BIT, ROPE_BIT | GEOM_BIT
        flex.selfcollide = mujoco.mjtFlexSelf.mjFLEXSELF_NONE
        flex.condim, flex.friction = 3, [mu, 0.0, 0.0]
        flex.margin, flex.solref, flex.solimp = margin, [-1.0, -1.0], solimp


@dataclass(eq=False)
class _Gas:
    """One film and its gas while it is stepped."""

    ball: Inflatable
    part: Part
    start: int
    """First vertex in MuJoCo's list."""
    bodies: Ints
    dofs: Ints
    """First velocity of every vertex, -1 where it has none of its own."""
    amount: float
    """Absolute pressure times volume [J]."""
    positions: list[Array] = field(default_factory=list[Array])
    velocities: list[Array] = field(default_factory=list[Array])
    amounts: list[float] = field(default_factory=list[float])


class Shells:
    """Pushes the films of a scene with gas and air, and records them."""

    def __init__(self, scene: Scene, model: Any, data: Any, dt: float) -> None:
        self.ambient: Ambient = scene.ambient
        self.model, self.data, self.dt, self.time = model, data, dt, 0.0
        self.air = air_density(scene.ambient)
        self.energy = specific_energy(scene.ambient)
        self.gases: list[_Gas] = []
        first = len(flexes(scene)) - len(shells(scene))
        for k, ball in enumerate(shells(scene)):
            part = inflatable(ball, scene.ambient)
            start = int(model.flex_vertadr[first + k])
            bodies = model.flex_vertbodyid[start : start + len(part.position)]
            dofs = np.where(model.body_dofnum[bodies] == 3, model.body_dofadr[bodies], -1)
            gas = _Gas(ball, part, start, bodies, dofs, float(part.gas_amount or 0.0))
            free = dofs >= 0
            data.qvel[dofs[free][:, None] + np.arange(3)] = part.velocity[free]
            shift = part.position[free] - rest_shape(ball, part)[free]
            places = model.jnt_qposadr[model.body_jntadr[bodies[free]]]
            data.qpos[places[:, None] + np.arange(3)] = shift
            self.gases.append(gas)

    def push(self) -> None:
        """Forces of this step on all vertices; call when kinematics are fresh."""
        for gas in self.gases:
            x, v = self._state(gas)
            force = self._pressure(gas, x, v) + self._drag(gas, x, v)
            self.data.xfrc_applied[gas.bodies, :3] = force
        if self.gases:
            self.data.xfrc_applied[0] = 0.0
        self.time += self.dt

    def record(self) -> None:
        """Keep this instant; call when kinematics are fresh."""
        for gas in self.gases:
            x, v = self._state(gas)
            gas.positions.append(x)
            gas.velocities.append(v)
            gas.amounts.append(gas.amount)

    def states(self) -> dict[str, MeshStates]:
        """All frames of every film."""
        found: dict[str, MeshStates] = {}
        for gas in self.gases:
            x = np.array(gas.positions, np.float32)
            volume = enclosed_volumes(x.astype(float), gas.part.faces)
            amount = np.array(gas.amounts)
            found[gas.ball.name] = MeshStates(
                position=x,
                velocity=np.array(gas.velocities),
                volume=volume,
                pressure=amount / volume - self.ambient.pressure,
                gas=None if gas.ball.gas_is_constant else amount / self.energy,
            )
        return found

    def _state(self, gas: _Gas) -> tuple[Array, Array]:
        """Positions and velocities (V, 3) of a film's vertices."""
        x = self.data.flexvert_xpos[gas.start : gas.start + len(gas.dofs)].copy()
        twist = self.data.cvel[gas.bodies]
        arm = x - self.data.subtree_com[self.model.body_rootid[gas.bodies]]
        v = twist[:, 3:] + np.cross(twist[:, :3], arm)
        free = gas.dofs >= 0
        v[free] = self.data.qvel[gas.dofs[free][:, None] + np.arange(3)]
        v[gas.bodies == 0] = 0.0
        return x, v

    def _pressure(self, gas: _Gas, x: Array, v: Array) -> Array:
        """(V, 3) force [N] of the gas, and of the jets that leave."""
        faces = gas.part.faces
        gradient = volume_gradient(x, faces)
        volume = float(np.sum(gradient * (x - x[0]))) / 3.0
        mobility = np.where(gas.dofs >= 0, 1.0 / gas.part.mass, 0.0)
        inside = gas.amount / volume
        stiff = inside / volume * self.dt**2 * float(np.sum(mobility * np.sum(gradient**2, 1)))
        gauge = inside - self.ambient.pressure
        growth = self.dt * float(np.sum(gradient * v))
        force = gradient * (gauge - inside / volume * growth / (1.0 + stiff))
        gained = float(pump_flow(gas.ball.supply, self.time)) * self.dt
        for valve in gas.ball.valves:
            out, slope, thrust = valve_flow(valve, gauge, self.time, self.ambient)
            gained -= out * self.dt / (1.0 + self.dt * slope * self.energy / volume)
            rim = list(valve.vertices)
            if thrust > 0.0 and rim:
                outward = gradient[rim].sum(axis=0)
                share = gas.part.mass[rim] / gas.part.mass[rim].sum()
                force[rim] -= np.outer(share, outward * (thrust / np.linalg.norm(outward)))
        gas.amount += gained * self.energy
        if not gas.ball.gas_is_constant:
            self._carry(gas, volume)
        return force

    def _carry(self, gas: _Gas, volume: float) -> None:
        """Mass of the vertices: film, their share of the gas, half the air displaced; and lift."""
        film, share = gas.part.film, gas.part.share
        if film is None or share is None:
            return
        inside, aside = gas.amount / self.energy, self.air * volume
        gas.part.mass = film + share * (inside + 0.5 * aside)
        free = gas.dofs >= 0
        self.model.body_mass[gas.bodies[free]] = gas.part.mass[free]
        lift = share * 1.5 * aside / gas.part.mass
        self.model.body_gravcomp[gas.bodies[free]] = lift[free]

    def _drag(self, gas: _Gas, x: Array, v: Array) -> Array:
        """(V, 3) Newtonian impact pressure [N] on the windward side, Cp = cos^2."""
        faces = gas.part.faces
        corner = x[faces]
        area = 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        size = np.linalg.norm(area, axis=1)
        flow = np.asarray(self.ambient.wind, float) - v[faces].mean(axis=1)
        across = np.minimum(np.sum(flow * area, axis=1) / np.maximum(size, 1e-12), 0.0)
        push = area * (-0.5 * self.air * across**2 / 3.0)[:, None]
        return spread(push[:, None].repeat(3, axis=1), faces, len(x))


def volume_gradient(x: Array, faces: Any) -> Array:
    """(V, 3) derivative of the enclosed volume by each vertex [m^2]."""
    a, b, c = (x[faces[:, k]] - x[0] for k in range(3))
    return spread(
        np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1) / 6.0, faces, len(x)
    )


def spread(values: Array, faces: Any, count: int) -> Array:
    """(V, 3) sums of what (F, 3, 3) gives to each corner."""
    index = faces.ravel()
    flat = values.reshape(-1, 3)
    sums = [np.bincount(index, flat[:, k], minlength=count).astype(float) for k in range(3)]
    return np.stack(sums, axis=-1)
