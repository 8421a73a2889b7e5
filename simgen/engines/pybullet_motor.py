"""Spring, damper and drive of a joint in Bullet, applied as an effort every step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pybullet as _pybullet

from simgen.engines.pybullet_model import Axle, Built
from simgen.geometry import Array
from simgen.rotation import conjugate, rotate

pybullet: Any = _pybullet  # the library ships no type stubs


OBSERVE = 0.02
"""Share of the newest value in the estimate of other efforts; much larger shakes coupled joints."""


class Motor:
    """Spring, damper and drive of one joint, one step ahead (Tan, Liu & Turk 2011)."""

    def __init__(self, built: Built, axle: Axle, dt: float) -> None:
        joint = axle.joint
        self.axle, self.dt, self.client = axle, dt, built.client
        self.idle = not (joint.stiffness or joint.damping or joint.drive)
        self.inertia = math.inf
        self.other = 0.0
        """Smoothed effort of everything else on the joint."""
        self.before: tuple[float, float] | None = None
        """Velocity and effort of the step before."""

    def act(self, *, refresh: bool) -> None:
        """Apply this step's effort."""
        if self.idle:
            return
        if self.axle.joint.kind == "ball":
            self._act_ball()
            return
        if refresh:
            self.inertia = self._effective_inertia()
        q, v = self._state()
        effort = self._effort(q, v)
        self.before = (v, effort)
        pybullet.setJointMotorControl2(
            self.axle.body,
            self.axle.link,
            controlMode=pybullet.TORQUE_CONTROL,
            force=effort,
            physicsClientId=self.client,
        )

    def _effort(self, q: float, v: float) -> float:
        """Spring, damper and drive at the velocity they lead to after the step, so that stiff ones
        are stable. What else acts on the joint is a smoothed estimate from the steps before."""
        joint, dt = self.axle.joint, self.dt
        if self.before is not None:
            seen = self.inertia * (v - self.before[0]) / dt - self.before[1]
            self.other += OBSERVE * (seen - self.other)
        other = self.other
        # Passive and driven effort are `push - slope * velocity after`.
        push = joint.stiffness * (joint.rest - q)
        slope = joint.damping + dt * joint.stiffness
        after = self._after(v, push + other, slope)
        drive = joint.drive
        if drive is None:
            return push - slope * after
        if drive.kind == "velocity":
            drive_push, drive_slope = drive.gain * drive.target, drive.gain
        else:
            drive_push = drive.gain * (drive.target - q)
            drive_slope = drive.damping + dt * drive.gain
        after = self._after(v, push + drive_push + other, slope + drive_slope)
        driven = drive_push - drive_slope * after
        if abs(driven) > drive.limit:
            driven = math.copysign(drive.limit, driven)
            after = self._after(v, push + driven + other, slope)
        return push - slope * after + driven

    def _after(self, v: float, push: float, slope: float) -> float:
        """Velocity after a step under `push - slope * velocity after`."""
        pace = self.dt / self.inertia
        return (v + pace * push) / (1.0 + pace * slope)

    def _state(self) -> tuple[float, float]:
        q, v = pybullet.getJointState(self.axle.body, self.axle.link, physicsClientId=self.client)[
            :2
        ]
        return q, v

    def _act_ball(self) -> None:
        joint = self.axle.joint
        q, v = pybullet.getJointStateMultiDof(
            self.axle.body, self.axle.link, physicsClientId=self.client
        )[:2]
        turn = rotation_vector(np.roll(np.asarray(q, float), 1))
        torque = -joint.stiffness * turn - joint.damping * np.asarray(v, float)
        pybullet.setJointMotorControlMultiDof(
            self.axle.body,
            self.axle.link,
            controlMode=pybullet.TORQUE_CONTROL,
            force=torque.tolist(),
            physicsClientId=self.client,
        )

    def _effective_inertia(self) -> float:
        """1 / (M^-1)_ii of this joint, the other joints free."""
        count = pybullet.getNumJoints(self.axle.body, physicsClientId=self.client)
        infos = [
            pybullet.getJointInfo(self.axle.body, j, physicsClientId=self.client)
            for j in range(count)
        ]
        if any(info[2] == pybullet.JOINT_SPHERICAL for info in infos):
            return self._inertia_about_axis()
        free = [j for j, info in enumerate(infos) if info[2] != pybullet.JOINT_FIXED]
        angles = [
            pybullet.getJointState(self.axle.body, j, physicsClientId=self.client)[0] for j in free
        ]
        matrix = np.array(
            pybullet.calculateMassMatrix(self.axle.body, angles, physicsClientId=self.client)
        )
        row = free.index(self.axle.link) + len(matrix) - len(free)
        return 1.0 / float(np.linalg.inv(matrix)[row, row])

    def _inertia_about_axis(self) -> float:
        """The child's own inertia about its centre: a safe lower bound."""
        p = self.axle.child.mass_properties
        if self.axle.joint.kind == "slide":
            return p.mass
        axis = rotate(conjugate(self.axle.child.quaternion), self.axle.joint.axis)
        axis = axis / np.linalg.norm(axis)
        return float(axis @ p.inertia @ axis)

    def energy(self) -> float:
        """Energy in the spring [J]."""
        joint = self.axle.joint
        if not joint.stiffness:
            return 0.0
        if joint.kind == "ball":
            q = pybullet.getJointStateMultiDof(
                self.axle.body, self.axle.link, physicsClientId=self.client
            )[0]
            stretch = float(np.linalg.norm(rotation_vector(np.roll(np.asarray(q, float), 1))))
        else:
            stretch = self._state()[0] - joint.rest
        return 0.5 * joint.stiffness * stretch**2


def rotation_vector(quaternion: Array) -> Array:
    """(3,) axis times angle [rad] of a unit quaternion."""
    q = quaternion if quaternion[0] >= 0 else -quaternion
    sine = float(np.linalg.norm(q[1:]))
    return q[1:] * (2.0 * math.atan2(sine, float(q[0])) / sine) if sine > 1e-15 else np.zeros(3)
