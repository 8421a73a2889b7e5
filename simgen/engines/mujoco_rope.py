"""Ropes in MuJoCo: 1D flexes, discrete elastic rods (Bergou et al. 2008) of fixed length.

Bending and twist follow Young's modulus and the round section; edges are held at their length by
equality constraints. A textile rope is a bundle of yarns that slide on each other: it bends with a
modulus far below the one of its fibres under tension (McKenna, Hearle & O'Hear 2004, ch. 3).
"""

from __future__ import annotations

from typing import Any

import mujoco as _mujoco
import numpy as np
from numpy.typing import NDArray

from simgen.engines.rope import DAMPING, bending_modulus, check, length, line_density, ropes
from simgen.geometry import Array
from simgen.material import pair_friction
from simgen.record import MeshStates
from simgen.rotation import conjugate, rotate
from simgen.scene import RigidBody, Scene

Ints = NDArray[np.intp]
mujoco: Any = _mujoco  # the library ships no type stubs

TAUT = "0.9999 0.9999 0.001 0.5 2"
"""Impedance of the length constraints: at 0.999 a heavy load stretches a light rope."""
GEOM_BIT, ROPE_BIT = 2, 4
"""Collision classes: geoms meet ropes by class, each other by explicit pairs only."""


def rope_friction(scene: Scene) -> dict[str, float]:
    """Friction of each rope's flex. MuJoCo takes the larger of geom and flex: the geom carries the
    pair's coefficient, so the flex's own, which acts rope on rope, must not exceed any of those."""
    touched = [s.material for b in scene.bodies for s in b.shapes if s.collides]
    found: dict[str, float] = {}
    for rope in ropes(scene):
        own = pair_friction(rope.material, rope.material)
        found[rope.name] = min([own, *(pair_friction(rope.material, m) for m in touched)])
    return found


def flexcomps(scene: Scene, dt: float, solimp: str, margin: float) -> str:
    """MJCF of all ropes, to start a model from."""
    parts: list[str] = []
    friction = rope_friction(scene)
    bodies = {b.name for b in scene.bodies}
    for rope in ropes(scene):
        points = check(rope, bodies)
        n = len(points)
        mass = line_density(rope) * length(rope) * n / (n - 1)
        coordinates = " ".join(f"{x:.17g}" for x in points.ravel())
        elements = " ".join(f"{i} {i + 1}" for i in range(n - 1))
        pins = f'<pin id="{" ".join(map(str, rope.pinned))}"/>' if rope.pinned else ""
        parts.append(
            f'<flexcomp name="{rope.name}" type="direct" dim="1" point="{coordinates}" '
            f'element="{elements}" radius="{rope.radius:.17g}" mass="{mass:.17g}">'
            f'<edge equality="true" solref="{dt:.17g} 1" solimp="{TAUT}"/>'
            f'<elasticity young="{bending_modulus(rope):.17g}" poisson="0.3" '
            f'damping="{DAMPING}"/>{pins}'
            f'<contact selfcollide="auto" condim="3" friction="{friction[rope.name]:.17g} 0 0" '
            f'contype="{ROPE_BIT}" conaffinity="{ROPE_BIT | GEOM_BIT}" margin="{margin}" '
            f'solref="-1 -1" solimp="{solimp}"/></flexcomp>'
        )
    return f"<mujoco><worldbody>{''.join(parts)}</worldbody></mujoco>"


def attach(spec: Any, scene: Scene, dt: float) -> None:
    """Tie rope points to bodies; give end points half the mass of the others."""
    bodies = {b.name: b for b in scene.bodies}
    for rope in ropes(scene):
        for end in (0, len(rope.points) - 1):
            if end not in rope.pinned:
                node = spec.body(f"{rope.name}_{end}")
                node.mass, node.inertia = 0.5 * node.mass, 0.5 * np.asarray(node.inertia)
        for point, name in rope.attachments:
            made = spec.add_equality(
                name=f"{rope.name}/{point}/{name}",
                type=mujoco.mjtEq.mjEQ_CONNECT,
                objtype=mujoco.mjtObj.mjOBJ_BODY,
                name1=name,
                name2=f"{rope.name}_{point}",
                solref=[dt, 1.0],
                solimp=[float(x) for x in TAUT.split()],
            )
            made.data[:3] = _local(bodies[name], np.asarray(rope.points[point], float))


def _local(body: RigidBody, point: Array) -> Array:
    return rotate(conjugate(body.quaternion), point - np.asarray(body.position, float))


def straighten(model: Any, scene: Scene) -> None:
    """Ropes that are straight at rest lose the curvature of the shape they are placed in. Bending
    data of a flex: the number of inner points, then ten numbers each, the reference curvature in
    the material frame as numbers 5 and 6."""
    for f, rope in enumerate(ropes(scene)):
        if rope.straight_at_rest and len(rope.points) > 2:
            first = int(model.flex_bendingadr[f]) + 1
            for k in range(len(rope.points) - 2):
                model.flex_bending[first + 10 * k + 5 : first + 10 * k + 7] = 0.0


def bending_energy(model: Any, flex: int, line: Array) -> Array:
    """(T,) bending energy [J] of a rope's recorded points (T, N, 3): k |kb - kb0|^2 at every inner
    point, kb the curvature binormal (Bergou et al. 2008, eq. 1 and 8) and the plane of the
    reference kb0 taken to have turned with it; torsion is left out."""
    n = line.shape[1]
    if n < 3:
        return np.zeros(len(line))
    first = int(model.flex_bendingadr[flex]) + 1
    table = np.asarray(model.flex_bending[first : first + 10 * (n - 2)]).reshape(n - 2, 10)
    edge = np.diff(line, axis=1)
    size = np.linalg.norm(edge, axis=-1)
    turn = np.sum(edge[:, :-1] * edge[:, 1:], axis=-1) + size[:, :-1] * size[:, 1:]
    curvature = 2 * np.linalg.norm(np.cross(edge[:, :-1], edge[:, 1:]), axis=-1) / turn
    return np.sum(table[:, 4] * (curvature - np.hypot(table[:, 5], table[:, 6])) ** 2, axis=1)


class Quiet:
    """Contacts that carry no force: segments of a rope next to a tied point against what they are
    tied to, or against anything where a point is pinned to the world."""

    def __init__(self, scene: Scene, geom_body: Ints) -> None:
        self.geom_body = geom_body
        index = {b.name: i for i, b in enumerate(scene.bodies)}
        self.ties: list[tuple[int, int, int]] = []
        """Rope, point, scene body (-1: any)."""
        for r, rope in enumerate(ropes(scene)):
            self.ties += [(r, point, index[name]) for point, name in rope.attachments]
            self.ties += [(r, point, -1) for point in rope.pinned]

    def of(self, contact: Any) -> Any:
        """(C,) bool mask of a contact list."""
        quiet = np.zeros(len(contact.dist), bool)
        for rope, point, body in self.ties:
            for side in (0, 1):
                geom = contact.geom[:, 1 - side]
                near = (contact.flex[:, side] == rope) & (geom >= 0)
                elem, vert = contact.elem[:, side], contact.vert[:, side]
                beside = (elem >= 0) & (elem >= point - 2) & (elem <= point + 1)
                # A plane meets points, not segments: there the segment's number is -1.
                near &= beside | ((vert >= 0) & (np.abs(vert - point) <= 2))
                quiet |= near & ((self.geom_body[geom] == body) if body >= 0 else True)
        return quiet


class RopeReader:
    """Reads the centre lines of all ropes."""

    def __init__(self, scene: Scene, model: Any, data: Any) -> None:
        self.ropes, self.model, self.data = ropes(scene), model, data
        self.positions: list[list[Array]] = [[] for _ in self.ropes]
        self.velocities: list[list[Array]] = [[] for _ in self.ropes]
        self.dofs: list[Ints] = []
        self.frames = 0
        for f, rope in enumerate(self.ropes):
            start = model.flex_vertadr[f]
            bodies = model.flex_vertbodyid[start : start + len(rope.points)]
            first = np.where(bodies > 0, model.body_dofadr[bodies], -1)
            first = np.where(model.body_dofnum[bodies] >= 3, first, -1)
            self.dofs.append(first)
            for k in first[first >= 0]:
                data.qvel[k : k + 3] = rope.velocity

    def record(self) -> None:
        """Keep this instant; call when kinematics are fresh."""
        self.frames += 1
        for f, rope in enumerate(self.ropes):
            start = self.model.flex_vertadr[f]
            line = self.data.flexvert_xpos[start : start + len(rope.points)]
            speed = np.zeros((len(rope.points), 3))
            free = self.dofs[f] >= 0
            speed[free] = self.data.qvel[self.dofs[f][free][:, None] + np.arange(3)]
            self.positions[f].append(line.copy())
            self.velocities[f].append(speed)

    def states(self) -> dict[str, MeshStates]:
        """All frames of every rope."""
        return {
            rope.name: MeshStates(
                position=np.array(self.positions[f]), velocity=np.array(self.velocities[f])
            )
            for f, rope in enumerate(self.ropes)
        }

    def energy(self) -> Array:
        """(T,) kinetic, gravitational and bending energy [J] of the ropes."""
        total = np.zeros(self.frames)
        for f, rope in enumerate(self.ropes):
            start = self.model.flex_vertadr[f]
            bodies = self.model.flex_vertbodyid[start : start + len(rope.points)]
            mass = np.where(self.dofs[f] >= 0, self.model.body_mass[bodies], 0.0)
            x, v = np.array(self.positions[f]), np.array(self.velocities[f])
            total += 0.5 * np.sum(mass * np.sum(v**2, axis=2), axis=1)
            total -= np.sum(mass * (x @ self.model.opt.gravity), axis=1)
            total += bending_energy(self.model, f, x)
        return total
