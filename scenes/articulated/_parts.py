"""Building blocks of the articulated templates: shapes with a look, rods, headings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array, Capsule, Cylinder, Geometry
from simgen.key import Key
from simgen.material import material
from simgen.rotation import IDENTITY, from_axis_angle, rotate
from simgen.scene import Articulation, Quaternion, RigidBody, Shape, Vector
from simgen.scenes.rigid._things import Color, painted

ALONG_X: Quaternion = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
"""Turns the z axis of a cylinder onto x."""
ALONG_Y: Quaternion = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
"""Turns the z axis of a cylinder onto -y."""


def vector(values: ArrayLike) -> Vector:
    """Three floats."""
    x, y, z = (float(v) for v in np.asarray(values, float))
    return (x, y, z)


def xyz(x: float, y: float, z: float) -> Array:
    """(3,) array, for sums with other points."""
    return np.array([x, y, z], float)


def turn(axis: ArrayLike, angle: float) -> Quaternion:
    """Quaternion of a turn by `angle` [rad]."""
    w, x, y, z = (float(v) for v in from_axis_angle(axis, angle))
    return (w, x, y, z)


def shape(
    geometry: Geometry,
    stuff: str,
    key: Key,
    *,
    position: ArrayLike = (0.0, 0.0, 0.0),
    quaternion: Quaternion = IDENTITY,
    collides: bool = True,
    color: Color | None = None,
) -> Shape:
    """A solid of the material called `stuff`; equal keys give equal looks, `color` paints it."""
    item = material(stuff)
    look = item.look(key.child("look", stuff))
    return Shape(
        geometry=geometry,
        material=item,
        look=look if color is None else painted(look, color),
        position=vector(position),
        quaternion=quaternion,
        collides=collides,
    )


def along(start: ArrayLike, end: ArrayLike) -> tuple[Vector, Quaternion, float]:
    """Middle, orientation (z towards `end`) and length [m] of the segment."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    d = b - a
    length = float(np.linalg.norm(d))
    d = d / length
    axis = np.cross([0.0, 0.0, 1.0], d)
    angle = math.atan2(float(np.linalg.norm(axis)), float(d[2]))
    if np.linalg.norm(axis) < 1e-12:
        axis = np.array([1.0, 0.0, 0.0])
    return vector((a + b) / 2), turn(axis, angle), length


def rod(
    start: ArrayLike,
    end: ArrayLike,
    radius: float,
    stuff: str,
    key: Key,
    *,
    rounded: bool = False,
    collides: bool = True,
) -> Shape:
    """A round bar from `start` to `end`; `rounded` adds caps beyond the ends."""
    middle, quaternion, length = along(start, end)
    geometry: Geometry = Capsule(radius, length) if rounded else Cylinder(radius, length)
    return shape(geometry, stuff, key, position=middle, quaternion=quaternion, collides=collides)


def heading(points: ArrayLike, yaw: float) -> Array:
    """Points (..., 3) turned about the z axis by `yaw` [rad]."""
    return rotate(turn((0, 0, 1), yaw), np.asarray(points, float))


def fixture(name: str, *shapes: Shape) -> RigidBody:
    """A body that never moves, its shapes given in the world frame."""
    return RigidBody(name=name, shapes=shapes, motion="static")


def copied(machine: Articulation, tag: str, shift: ArrayLike) -> Articulation:
    """The same machine `shift` [m] away; `tag` is added to every name."""

    def at(position: Vector) -> Vector:
        return vector(np.asarray(position) + np.asarray(shift))

    return replace(
        machine,
        name=f"{machine.name}_{tag}",
        links=tuple(
            replace(x, name=f"{x.name}_{tag}", position=at(x.position)) for x in machine.links
        ),
        joints=tuple(
            replace(
                x,
                name=f"{x.name}_{tag}",
                child=f"{x.child}_{tag}",
                parent=x.parent and f"{x.parent}_{tag}",
                position=at(x.position),
            )
            for x in machine.joints
        ),
        loops=tuple(
            replace(
                x,
                link_a=f"{x.link_a}_{tag}",
                link_b=f"{x.link_b}_{tag}",
                position=at(x.position),
            )
            for x in machine.loops
        ),
    )
