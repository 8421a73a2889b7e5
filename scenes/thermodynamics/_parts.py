"""Shared by the thermal templates: shapes of a material, smooth paths, hot tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, TriangleMesh
from simgen.key import Key
from simgen.material import material
from simgen.rotation import IDENTITY, from_axis_angle
from simgen.scene import Keyframes, Quaternion, RigidBody, Shape, Vector
from simgen.shapes.build import loft

TOOLS = ("flat_iron", "block", "stamp", "ring")


def turn(axis: Vector, angle: float) -> Quaternion:
    """The turn by `angle` [rad] about `axis`."""
    w, x, y, z = (float(v) for v in from_axis_angle(axis, angle))
    return (w, x, y, z)


def part(
    key: Key,
    geometry: Geometry,
    name: str,
    *,
    position: Vector = (0.0, 0.0, 0.0),
    quaternion: Quaternion = IDENTITY,
) -> Shape:
    """A shape of the material called `name` with one of its looks."""
    stuff = material(name)
    look = stuff.look(key.child("look", name))
    return Shape(
        geometry=geometry, material=stuff, look=look, position=position, quaternion=quaternion
    )


def fixed(name: str, position: Vector, *shapes: Shape) -> RigidBody:
    """A static body at `position` [m]."""
    return RigidBody(name=name, shapes=shapes, position=position, motion="static")


def path(times: Sequence[float], points: Sequence[Sequence[float]]) -> Keyframes:
    """A path that rests at every stop: each leg eases in and out (smoothstep)."""
    t: list[float] = [times[0]]
    p: list[Array] = [np.asarray(points[0], float)]
    for i in range(len(times) - 1):
        a, b = np.asarray(points[i], float), np.asarray(points[i + 1], float)
        legs = 16 if np.any(a != b) else 1
        for s in np.arange(1, legs + 1) / legs:
            t.append(times[i] + float(s) * (times[i + 1] - times[i]))
            p.append(a + (b - a) * s * s * (3 - 2 * s))
    return Keyframes(times=np.array(t), positions=np.array(p))


def sole(length: float, width: float, height: float) -> TriangleMesh:
    """The body of a flat iron: a pointed sole [m] with leaning sides, its base on z = 0."""
    n = 28
    s = np.linspace(0.0, 1.0, n)
    half = width / 2 * np.minimum(1.0, (1 - s) / 0.62) ** 0.62 * np.where(s < 0.06, 0.9, 1.0)
    x = length * (s - 0.45)
    side = np.stack([x, half, np.zeros(n)], 1)[:-1]
    tip = np.array([[x[-1], 0.0, 0.0]])
    outline = np.concatenate([side, tip, (side * [1, -1, 1])[::-1]])
    rings: list[Array] = []
    for z, scale in ((0.0, 0.97), (0.06, 1.0), (0.55, 0.97), (0.94, 0.84), (1.0, 0.78)):
        rings.append(outline * [scale, scale, 1.0] + [0.0, 0.0, z * height])
    return loft(rings[::-1], smooth=True)


def ring(outer: float, inner: float, height: float, segments: int = 48) -> TriangleMesh:
    """A flat ring [m] with its base on z = 0."""
    a = np.arange(segments) * (2 * np.pi / segments)
    circle = np.stack([np.cos(a), np.sin(a), 0 * a], 1)
    low, high = np.array([0, 0, 0.0]), np.array([0, 0, height])
    rings = [
        circle * outer + low,
        circle * outer + high,
        circle * inner + high,
        circle * inner + low,
    ]
    return loft(rings, wrap=True, smooth=False)


def tool(
    key: Key, kind: str, metal: str, size: float
) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """Hot shapes and cool grip shapes of a tool, base on z = 0; `size` is its longest edge [m]."""
    look = key.child("tool")
    if kind == "flat_iron":
        height = 0.2 * size
        hot = (part(look, sole(size, 0.56 * size, height), metal),)
        return hot, grip(look, 0.55 * size, height, 0.3 * size)
    if kind == "block":
        height = 0.3 * size
        body = Box((0.75 * size, 0.55 * size, height))
        hot = (part(look, body, metal, position=(0, 0, height / 2)),)
        return hot, grip(look, 0.5 * size, height, 0.3 * size)
    if kind == "stamp":
        height = 0.3 * size
        hot = (part(look, Cylinder(0.34 * size, height), metal, position=(0, 0, height / 2)),)
    else:
        height = 0.16 * size
        plate = Cylinder(0.38 * size, 0.4 * height)
        hot = (
            part(look, ring(0.38 * size, 0.26 * size, height), metal),
            part(look, plate, metal, position=(0, 0, 1.2 * height)),
        )
        height = 1.4 * height
    rod = 0.45 * size
    handle = part(
        look,
        Cylinder(0.035 * size, rod),
        "metal/stainless_steel",
        position=(0, 0, height + rod / 2),
    )
    knob = part(
        look, Capsule(0.07 * size, 0.22 * size), "wood/walnut", position=(0, 0, height + rod)
    )
    return hot, (handle, knob)


def grip(key: Key, length: float, base: float, rise: float) -> tuple[Shape, ...]:
    """A wooden bar on two posts [m] over a surface at z = base."""
    posts = [
        part(
            key,
            Cylinder(0.05 * length, rise),
            "metal/stainless_steel",
            position=(side * 0.4 * length, 0, base + rise / 2),
        )
        for side in (-1, 1)
    ]
    bar = Capsule(0.085 * length, length)
    q = turn((0, 1, 0), np.pi / 2)
    return (*posts, part(key, bar, "wood/beech", position=(0, 0, base + rise), quaternion=q))
