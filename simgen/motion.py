"""Prescribed motion: where static and kinematic bodies are at any time, for every engine."""

from __future__ import annotations

import math

import numpy as np

from simgen.geometry import Array
from simgen.record import RigidStates
from simgen.rotation import conjugate, continuous, multiply, rotate
from simgen.scene import RigidBody, Scene


def pose_at(body: RigidBody, time: float) -> tuple[Array, Array]:
    """Position (3,) [m] and quaternion (4,) wxyz of a static or kinematic body at `time` [s]."""
    if body.keyframes is None:
        return np.asarray(body.position, float), np.asarray(body.quaternion, float)
    path = body.keyframes
    position = np.array([np.interp(time, path.times, path.positions[:, k]) for k in range(3)])
    if path.quaternions is None:
        return position, np.asarray(body.quaternion, float)
    i = int(np.clip(np.searchsorted(path.times, time, side="right") - 1, 0, len(path.times) - 2))
    span = path.times[i + 1] - path.times[i]
    s = float(np.clip((time - path.times[i]) / span, 0.0, 1.0))
    a, b = continuous(path.quaternions[i : i + 2])
    angle = math.acos(float(np.clip(a @ b, -1.0, 1.0)))
    if angle < 1e-9:
        mixed = (1 - s) * a + s * b
    else:
        mixed = (math.sin((1 - s) * angle) * a + math.sin(s * angle) * b) / math.sin(angle)
    return position, mixed / np.linalg.norm(mixed)


def velocity_at(body: RigidBody, time: float) -> tuple[Array, Array]:
    """Velocity of the centre of mass [m/s] and angular velocity [rad/s], world, of a prescribed
    body."""
    if body.keyframes is None:
        return np.zeros(3), np.zeros(3)
    h = 1e-4
    (p0, q0), (p1, q1) = pose_at(body, time - h), pose_at(body, time + h)
    center = body.mass_properties.center_of_mass
    c0, c1 = p0 + rotate(q0, center), p1 + rotate(q1, center)
    turn = multiply(q1, conjugate(q0))
    turn = turn if turn[0] >= 0 else -turn
    return (c1 - c0) / (2 * h), 2 * turn[1:] / (2 * h)


def center_of_mass(body: RigidBody) -> Array:
    """(3,) body frame [m]; the origin for bodies of infinite mass that need none."""
    return np.zeros(3) if body.motion == "static" else body.mass_properties.center_of_mass


def masses(scene: Scene) -> Array:
    """(B,) [kg]; inf for static and kinematic bodies."""
    return np.array(
        [b.mass_properties.mass if b.motion == "dynamic" else math.inf for b in scene.bodies]
    )


def rigid_states(
    scene: Scene, position: Array, quaternion: Array, velocity: Array, angular: Array
) -> RigidStates:
    """The record of all bodies from (T, B, ...) arrays; makes quaternion signs continuous."""
    return RigidStates(
        names=tuple(b.name for b in scene.bodies),
        position=position,
        quaternion=continuous(quaternion) if quaternion.size else quaternion,
        velocity=velocity,
        angular_velocity=angular,
        mass=masses(scene),
        center_of_mass=np.array([center_of_mass(b) for b in scene.bodies]).reshape(-1, 3),
    )


def prescribed_states(scene: Scene) -> RigidStates:
    """The record of bodies in an engine that moves none of them freely: dynamic ones keep their
    start pose."""
    times = scene.clock.times
    poses = [[pose_at(b, float(t)) for b in scene.bodies] for t in times]
    rates = [[velocity_at(b, float(t)) for b in scene.bodies] for t in times]
    shape = (len(times), len(scene.bodies))

    def gather(rows: list[list[tuple[Array, Array]]], part: int, width: int) -> Array:
        return np.array([[cell[part] for cell in row] for row in rows]).reshape(*shape, width)

    return rigid_states(
        scene, gather(poses, 0, 3), gather(poses, 1, 4), gather(rates, 0, 3), gather(rates, 1, 3)
    )
