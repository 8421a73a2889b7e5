"""What the engines of liquids read of a scene, and the record they make of the particles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from simgen.engines.warp_solvers.mpm_setup import Liquid, domain_box
from simgen.geometry import Array, Plane, bounds
from simgen.motion import pose_at, velocity_at
from simgen.record import AnyArray, ParticleStates
from simgen.rotation import multiply, rotate, to_matrix
from simgen.scene import Fluid, RigidBody, Scene, Shape

CORNERS = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])


def _corners(shape: Shape) -> Array:
    """(8, 3) corners of a shape's bounding box, body frame [m]."""
    box = bounds(shape.geometry)[CORNERS, np.arange(3)]
    return rotate(np.asarray(shape.quaternion, float), box) + np.asarray(shape.position)


def surface_speed(body: RigidBody, duration: float) -> float:
    """Fastest motion [m/s] of a body's surface: of a prescribed one during the clip, of a free one
    at the start."""
    solid = [s for s in body.shapes if s.collides and not isinstance(s.geometry, Plane)]
    if body.motion == "static" or not solid:
        return 0.0
    arms = np.concatenate([_corners(s) for s in solid]) - body.mass_properties.center_of_mass
    if body.keyframes is None:
        turn = np.asarray(body.quaternion, float)
        rates = [(turn, np.asarray(body.velocity), np.asarray(body.angular_velocity))]
    else:
        middles = [(a + b) / 2 for a, b in pairwise(body.keyframes.times) if a < duration]
        rates = [(pose_at(body, float(t))[1], *velocity_at(body, float(t))) for t in middles]
    return max(
        (
            float(np.linalg.norm(velocity + np.cross(spin, rotate(turn, arms)), axis=1).max())
            for turn, velocity, spin in rates
        ),
        default=0.0,
    )


def obstacles_in(scene: Scene, fluids: list[Fluid]) -> tuple[RigidBody, ...]:
    """The static bodies that reach into the fluids' domain, and every kinematic one.

    A floor or a wall at the domain's own boundary is left to the domain.
    """
    lower, upper = domain_box(fluids)
    slack = 0.1 * min(f.spacing for f in fluids)
    return tuple(
        body
        for body in scene.bodies
        if body.motion == "kinematic"
        or any(overlaps(body, s, lower + slack, upper - slack) for s in body.shapes if s.collides)
    )


def overlaps(body: RigidBody, shape: Shape, lower: Array, upper: Array) -> bool:
    """Whether a static shape reaches into a box (by its bounding box)."""
    turn = np.asarray(body.quaternion, float)
    if isinstance(shape.geometry, Plane):
        center = rotate(turn, shape.position) + np.asarray(body.position)
        normal = to_matrix(multiply(turn, shape.quaternion))[:, 2]
        box = np.where(CORNERS == 1, upper, lower)
        return bool(((box - center) @ normal).min() < 0.0)
    points = rotate(turn, _corners(shape)) + np.asarray(body.position)
    return bool((points.max(0) > lower).all() and (points.min(0) < upper).all())


def particle_states(
    fluids: Sequence[Fluid],
    liquid: Liquid,
    recorded: Sequence[tuple[AnyArray, AnyArray, AnyArray]],
) -> dict[str, ParticleStates]:
    """The record of each fluid; `recorded` has positions from the domain's lower corner [m],
    velocities [m/s] and volume ratios of all particles at every frame instant."""
    position, velocity, ratio = (np.stack(part) for part in zip(*recorded))
    position = (position.astype(float) + liquid.lower).astype(np.float32)
    found: dict[str, ParticleStates] = {}
    for index, fluid in enumerate(fluids):
        own = liquid.kind == index
        found[fluid.name] = ParticleStates(
            position=position[:, own],
            velocity=velocity[:, own],
            mass=np.full(int(own.sum()), liquid.mass[index]),
            volume_ratio=ratio[:, own],
        )
    return found
