# pyright: basic, reportIndexIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportInvalidTypeForm=false
# pyright: reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Vertices that are fixed to bodies: they follow them, and what pulls on them pulls on the body.

A tied vertex stands where its body has it while the constraints are solved, with next to no
mobility. The way that the sweep moves it all the same, times that small mobility's inverse, is the
impulse of its neighbours; the body takes it, and the vertex' weight, drag and inertia with it.
"""

from typing import Any

import numpy as np
import warp as wp

from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.obstacles import Obstacles, react
from simgen.engines.warp_solvers.xpbd_part import Part
from simgen.errors import SimgenError
from simgen.rotation import conjugate, rotate
from simgen.scene import Articulation, Clock, RigidBody, Scene

Real = wp.float64
Vec3 = wp.vec3d
GIVE = 0.25
"""Largest k dt^2 / m of a body on its ties, k the stiffness of the matter at them: at 2 the
staggered exchange would swing up."""
BURDEN = 1.0 / 3.0
"""Largest inertia of tied vertices over that of their free body. The body learns of their
acceleration one step late and they make up for its own: z^2 + 2 r z - r = 0 has |z| < 1 for r below
that, at any step (added-mass instability; Causin, Gerbeau & Nobile 2005)."""
MOST_STEPS = 2000
"""Steps of a body per frame at 24 frames per second beyond which its ties are refused."""


@wp.kernel
def carry(
    obstacles: Obstacles,
    vertex: wp.array(dtype=int),
    shape: wp.array(dtype=int),
    target: wp.array2d(dtype=Vec3),
    step: int,
    x: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    mass: wp.array(dtype=Real),
    force: wp.array(dtype=Vec3),
    dt: Real,
):
    """Put tied vertices where their bodies have them; weight, drag and inertia go to the body."""
    t = wp.tid()
    i = vertex[t]
    goal = target[step, t]
    if w[i] > Real(0.0):
        alone = x[i] + force[i] * ((Real(1.0) / mass[i] - w[i]) * dt * dt)
        react(obstacles, shape[t], goal, (goal - alone) * (mass[i] / dt))
    x[i] = goal


@wp.kernel
def hold(
    obstacles: Obstacles,
    vertex: wp.array(dtype=int),
    shape: wp.array(dtype=int),
    target: wp.array2d(dtype=Vec3),
    step: int,
    x: wp.array(dtype=Vec3),
    p: wp.array(dtype=Vec3),
    v: wp.array(dtype=Vec3),
    w: wp.array(dtype=Real),
    shift: wp.array(dtype=Vec3),
    dt: Real,
):
    """Take the impulse of the constraints from tied vertices; their velocity is the body's."""
    t = wp.tid()
    i = vertex[t]
    goal = target[step, t]
    if w[i] > Real(0.0):
        react(obstacles, shape[t], goal, (goal - x[i] - shift[i]) / (w[i] * dt))
    x[i] = goal
    v[i] = (goal - p[i]) / dt


class Ties:
    """All tied vertices of a system on a device."""

    def __init__(self, parts: list[Part], offsets: Any, colliders: Colliders, rows: int) -> None:
        found = [(int(o) + tie.vertex, tie) for p, o in zip(parts, offsets[:-1]) for tie in p.ties]
        self.count = len(found)
        if not found:
            return
        place = np.concatenate([p.position for p in parts])
        self.vertices = np.array([v for v, _ in found], np.int32)
        first: dict[str, int] = {}
        for number, (body, _) in enumerate(colliders.solids):
            first.setdefault(body.name, number)
        self._solid = np.array([first[tie.body] for _, tie in found], np.int32)
        self._free = np.array([tie.free for _, tie in found])
        pose = colliders.poses[0, self._solid]
        turn = np.roll(pose[:, 3:], 1, axis=-1)
        self.start = place[self.vertices]
        self._local = rotate(conjugate(turn), self.start - pose[:, :3])
        rates = colliders.rates[0, self._solid]
        self.velocity = rates[:, :3] + np.cross(rates[:, 3:], self.start - pose[:, :3])
        for row in np.flatnonzero(self._free):
            body = colliders.solids[self._solid[row]][0]
            center = rotate(body.quaternion, body.mass_properties.center_of_mass) + body.position
            spin = np.cross(body.angular_velocity, self.start[row] - center)
            self.velocity[row] = body.velocity + spin
        device = colliders.device
        self.vertex = wp.array(self.vertices, dtype=int, device=device)
        self.shape = wp.array(self._solid, dtype=int, device=device)
        self.target = wp.zeros((rows, self.count), dtype=wp.vec3d, device=device)
        self._last = self.start

    def load(self, colliders: Colliders) -> None:
        """Read from the poses now loaded where the vertices will be, row by row.

        A free body that was pushed begins its step a little away from where it was seen last; the
        vertices make up for it over the step.
        """
        if not self.count:
            return
        poses = colliders.poses[:, self._solid]
        goal = poses[..., :3] + rotate(np.roll(poses[..., 3:], 1, axis=-1), self._local)
        rows = len(goal)
        if self._free.any() and rows > 1:
            gap = self._last - (2.0 * goal[0] - goal[1])
            left = 1.0 - (1.0 + np.arange(rows)) / rows
            goal = goal + left[:, None, None] * np.where(self._free[:, None], gap, 0.0)
        self._last = goal[-1]
        self.target.assign(np.ascontiguousarray(goal))


def steps_of_ties(scene: Scene, parts: list[Part], clock: Clock) -> int:
    """Steps per frame that keep free bodies steady on the matter tied to them.

    A body gives way at its rim like a mass four times smaller, as it turns too.
    """
    most = 0.0
    bodies = {body.name: body for body in scene.bodies}
    links = {link.name for e in scene.elements if isinstance(e, Articulation) for link in e.links}
    for name in sorted({tie.body for p in parts for tie in p.ties if tie.free}):
        _require_heavy(bodies[name], parts, turns=name not in links)
        stiffness = sum(p.vertex_stiffness * sum(tie.body == name for tie in p.ties) for p in parts)
        at_rim = bodies[name].mass_properties.mass / 4.0
        steps = (stiffness / (GIVE * at_rim)) ** 0.5 / clock.fps
        if steps > MOST_STEPS * 24.0 / clock.fps:
            raise SimgenError(
                f"body {name!r} is too light for what is tied to it: it would need {steps:.0f} "
                f"steps per frame; make it heavier, tie fewer vertices or take a softer material"
            )
        most = max(most, steps)
    return int(np.ceil(most))


def _require_heavy(body: RigidBody, parts: list[Part], *, turns: bool) -> None:
    """Refuse a body that weighs too little for the vertices tied to it; `turns`: about any axis,
    which links, held by their joints, do not."""
    own = body.mass_properties
    center = rotate(body.quaternion, own.center_of_mass) + body.position
    tied = [(p, tie.vertex) for p in parts for tie in p.ties if tie.body == body.name]
    mass = np.array([p.mass[v] for p, v in tied])
    burden = float(mass.sum()) / own.mass
    if turns:
        arm = np.array([p.position[v] for p, v in tied]) - center
        arm = rotate(conjugate(body.quaternion), arm)
        inertia = np.einsum("k,k,ij->ij", mass, np.sum(arm**2, axis=1), np.eye(3))
        inertia -= np.einsum("k,ki,kj->ij", mass, arm, arm)
        ratios: np.ndarray = np.linalg.eigvals(np.linalg.solve(own.inertia, inertia))
        burden = max(burden, float(ratios.real.max()))
    if burden >= BURDEN:
        raise SimgenError(
            f"body {body.name!r} is too light for what is tied to it: the tied vertices have "
            f"{burden:.2f} of its inertia, less than {BURDEN:.2f} is stable; make it heavier, tie "
            f"fewer vertices or take a finer mesh"
        )
