"""A frame in which the plate that matter melts on is level, so that grid planes meet its face.

A plate that crosses the grid at an angle would be a staircase as high as a cell: higher than films
and puddles. Motion is solved in this frame and recorded in the world's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgen.geometry import Array, Box, Cylinder, bounds
from simgen.rotation import IDENTITY, conjugate, from_axis_angle, multiply, rotate, to_matrix
from simgen.scene import Domain, Melt, Quaternion, RigidBody, Scene, ThermalBody, Vector


@dataclass(frozen=True)
class Level:
    """Turns the world so that the plate is level."""

    turn: Quaternion
    """World to level, wxyz."""
    gravity: Vector
    """In the level frame [m/s^2]."""
    top: float | None = None
    """Height of the plate's face in the level frame [m]; a plane of grid nodes lies on it."""

    def vector(self, value: Vector) -> Vector:
        """A world vector in the level frame."""
        x, y, z = (float(v) for v in rotate(self.turn, np.asarray(value, float)))
        return (x, y, z)

    def back(self, values: Array) -> Array:
        """(..., 3) of the level frame in the world."""
        return rotate(conjugate(self.turn), values)

    def bodies(self, bodies: Sequence[RigidBody]) -> tuple[RigidBody, ...]:
        """Bodies as they stand in the level frame."""
        return tuple(self._body(b) for b in bodies)

    def _body(self, body: RigidBody) -> RigidBody:
        q = multiply(self.turn, body.quaternion)
        w, x, y, z = (float(v) for v in q)
        keyframes = body.keyframes
        if keyframes is not None:
            turns = keyframes.quaternions
            keyframes = replace(
                keyframes,
                positions=rotate(self.turn, np.asarray(keyframes.positions, float)),
                quaternions=None if turns is None else multiply(self.turn, np.asarray(turns)),
            )
        return replace(
            body,
            position=self.vector(body.position),
            quaternion=(w, x, y, z),
            velocity=self.vector(body.velocity),
            angular_velocity=self.vector(body.angular_velocity),
            keyframes=keyframes,
        )

    def melt(self, melt: Melt) -> Melt:
        """An element in the level frame, in the box around its turned domain."""
        if self.turn == IDENTITY:
            return melt
        box = np.array([melt.domain.lower, melt.domain.upper])
        corners = np.array([[box[i >> k & 1, k] for k in range(3)] for i in range(8)])
        turned = rotate(self.turn, corners)
        lower, upper = turned.min(0), turned.max(0)
        return replace(
            melt,
            positions=rotate(self.turn, np.asarray(melt.positions, float)),
            velocity=self.vector(melt.velocity),
            angular_velocity=self.vector(melt.angular_velocity),
            domain=Domain(
                lower=(float(lower[0]), float(lower[1]), float(lower[2])),
                upper=(float(upper[0]), float(upper[1]), float(upper[2])),
                open_top=melt.domain.open_top,
            ),
        )


def level_frame(scene: Scene) -> Level:
    """The frame of the first thermal body that is a box or a disc, near level, at rest."""
    for element in scene.elements:
        if not isinstance(element, ThermalBody) or element.body.motion != "static":
            continue
        body, shape = element.body, element.body.shapes[0]
        if not isinstance(shape.geometry, Box | Cylinder):
            continue
        up = (to_matrix(body.quaternion) @ to_matrix(shape.quaternion))[:, 2]
        angle = float(np.arccos(np.clip(up[2], -1.0, 1.0)))
        if angle > 0.5:
            continue
        level = Level(IDENTITY, scene.gravity)
        if angle > 1e-4:
            axis = np.cross(up, [0.0, 0.0, 1.0])
            w, x, y, z = (float(v) for v in from_axis_angle(axis / np.linalg.norm(axis), angle))
            level = Level((w, x, y, z), scene.gravity)
            level = replace(level, gravity=level.vector(scene.gravity))
        center = rotate(body.quaternion, np.asarray(shape.position)) + np.asarray(body.position)
        half = bounds(shape.geometry)[1, 2]
        return replace(level, top=float(rotate(level.turn, center + half * up)[2]))
    return Level(IDENTITY, scene.gravity)
