"""Two-way coupling: MuJoCo moves the free bodies while a Warp solver moves the matter.

Staggered: over one step of the bodies the matter sees them fly on with their velocities; the
impulses that it gave them on the way act on them as a constant force over the same step. Momentum
is exchanged exactly; the error is of first order in the step of the bodies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from simgen.engines.warp_solvers.collider import Colliders, Motion
from simgen.errors import Rejected
from simgen.geometry import bounds
from simgen.record import Trajectory
from simgen.rotation import rotate
from simgen.scene import Articulation, RigidBody, Scene


def has_free_bodies(scene: Scene) -> bool:
    """Whether anything in the scene is rigid and moves by itself."""
    return any(body.motion == "dynamic" for body in scene.bodies)


def _size(body: RigidBody) -> float:
    """Largest distance of a body's matter from its centre of mass [m], at most."""
    center = body.mass_properties.center_of_mass
    return max(
        float(np.linalg.norm(np.abs(bounds(s.geometry)).max(axis=0)))
        + float(np.linalg.norm(s.position - center))
        for s in body.shapes
    )


class Partner:
    """The rigid bodies of a scene and their exchange with one matter solver.

    After `join`, per step of the bodies: `begin`, then `rows` steps of the matter against rows
    0..rows - 1 of the colliders, then `end`.
    """

    def __init__(self, scene: Scene, wanted: int, *, least: int = 1, cycle: int = 1) -> None:
        """`wanted` matter steps and `least` steps of the bodies are done per frame, or more; in
        whole cycles per step of the bodies, where that is not shorter than one."""
        from simgen.engines.mujoco_rollout import World, choose_substeps

        rigid = tuple(e for e in scene.elements if isinstance(e, RigidBody | Articulation))
        bodies = replace(scene, elements=rigid)
        self.steps = max(least, choose_substeps(bodies))
        """Steps of the bodies per frame."""
        self.rows = -(-wanted // self.steps)
        if self.rows > cycle:
            self.rows = cycle * -(-self.rows // cycle)
        """Matter steps in each of them."""
        self._world: Any = World(bodies, self.steps, whole=scene)
        self._dt = 1.0 / (scene.clock.fps * self.steps)
        self._ahead = self._dt * (1.0 + np.arange(self.rows)) / self.rows
        self._which = [i for i, b in enumerate(scene.bodies) if b.motion == "dynamic"]
        free = [scene.bodies[i] for i in self._which]
        self._arms = np.array([b.mass_properties.center_of_mass for b in free])
        self._size = np.array([_size(b) for b in free])
        self._count = 0

    def join(self, colliders: Colliders) -> None:
        """Exchange with the matter through these, made with `rows` steps."""
        self._colliders = colliders

    def begin(self) -> Rejected | None:
        """Put the bodies where they are over the coming step."""
        trouble = self._world.begin()
        if trouble is not None:
            return trouble
        self._colliders.load(self._count * self._dt + self._ahead)
        self._now = self._motion()
        self._colliders.place(self._now, self._ahead)
        return None

    @property
    def now(self) -> Motion:
        """Where the free bodies are at the start of the step, and how they move."""
        return self._now

    def response(self) -> tuple[np.ndarray, np.ndarray]:
        """Twists (F, 6) of the free bodies after the step if nothing touches them [m/s, rad/s], and
        their mobilities (F, 6, 6) to impulses at the centre of mass [1/kg, 1/(kg m^2)]."""
        return self._world.response(self._which)

    @property
    def speed(self) -> float:
        """Fastest point of a free body's surface over the coming step [m/s], at most."""
        spin = np.linalg.norm(self._now.angular_velocity, axis=1)
        return float((np.linalg.norm(self._now.velocity, axis=1) + spin * self._size).max())

    def end(self) -> Rejected | None:
        """Give the bodies what they took from the matter, and move them."""
        impulse, angular = self._colliders.collect(self._now.center)
        self._world.push(self._which, impulse / self._dt, angular / self._dt)
        self._count += 1
        return self._world.end()

    def finish(self) -> Trajectory | Rejected:
        """The record of the bodies, which the colliders follow from now on."""
        record = self._world.trajectory()
        if isinstance(record, Rejected):
            return record
        states, which = record.bodies, self._which
        turned = rotate(states.quaternion[:, which], self._arms)
        motions = [
            Motion(
                center=states.position[t, which] + turned[t],
                quaternion=states.quaternion[t, which],
                velocity=states.velocity[t, which],
                angular_velocity=states.angular_velocity[t, which],
                center_of_mass=self._arms,
            )
            for t in range(len(record.time))
        ]
        self._colliders.follow(record.time, motions)
        return record

    def _motion(self) -> Motion:
        center, quaternion, velocity, angular = self._world.motion(self._which)
        return Motion(
            center=center,
            quaternion=quaternion,
            velocity=velocity,
            angular_velocity=angular,
            center_of_mass=self._arms,
        )
