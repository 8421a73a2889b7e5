"""What rope templates share: ropes along curves, hung loads, wheels, stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry
from simgen.key import Key
from simgen.material import Look, material
from simgen.rotation import IDENTITY, from_matrix
from simgen.scene import Keyframes, Motion, Quaternion, RigidBody, Rope, Shape, Vector

ALONG_Y: Quaternion = (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0)
"""Turns the axis of a cylinder from z to y."""
ALONG_X: Quaternion = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
"""Turns it to x."""
ROPES = (
    "textile/hemp_rope",
    "textile/nylon_rope",
    "textile/polypropylene_rope",
    "textile/cotton_rope",
)
SPACING = 2.5
"""Distance of a rope's points in radii, at least."""


def vec(values: ArrayLike) -> Vector:
    """Three numbers as a plain tuple."""
    x, y, z = (float(v) for v in np.asarray(values, float))
    return (x, y, z)


def quat(values: ArrayLike) -> Quaternion:
    """Four numbers wxyz as a plain tuple."""
    w, x, y, z = (float(v) for v in np.asarray(values, float))
    return (w, x, y, z)


def resample(curve: Array, step: float) -> Array:
    """(N, 3) points along a finely drawn `curve` whose chords are equal and at least `step` [m]."""
    arc: Array = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    whole = float(arc[-1])
    count = max(3, int(whole / step))
    at: Array = np.linspace(0.0, whole, count + 1)
    for _ in range(30):
        points = _lookup(at, arc, curve)
        chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
        walked: Array = np.r_[0.0, np.cumsum(chords)]
        at = np.asarray(np.interp(np.linspace(0.0, float(walked[-1]), count + 1), walked, at))
    return _lookup(at, arc, curve)


def _lookup(at: Array, arc: Array, curve: Array) -> Array:
    """(M, 3) points of a curve at arc lengths `at`; `arc` are those of its own points."""
    columns: list[Array] = [np.asarray(np.interp(at, arc, curve[:, k])) for k in range(3)]
    return np.stack(columns, axis=1)


def path(*pieces: ArrayLike) -> Array:
    """(N, 3) curve through all pieces, without doubled points."""
    curve = np.concatenate([np.atleast_2d(np.asarray(p, float)) for p in pieces])
    keep = np.r_[True, np.linalg.norm(np.diff(curve, axis=0), axis=1) > 1e-9]
    return curve[keep]


def arc(center: ArrayLike, radius: float, start: float, stop: float, count: int = 64) -> Array:
    """(count, 3) points of an arc in the x-z plane; angles [rad] from +x towards +z."""
    a = np.linspace(start, stop, count)
    flat = np.stack([np.cos(a), np.zeros(count), np.sin(a)], axis=1)
    return np.asarray(center, float) + radius * flat


def sag(start: ArrayLike, stop: ArrayLike, length: float, count: int = 200) -> Array:
    """(count, 3) points of equal spacing on the catenary of `length` [m] between two points."""
    a, b = np.asarray(start, float), np.asarray(stop, float)
    flat, rise = b - a, float(b[2] - a[2])
    flat[2] = 0.0
    width = float(np.linalg.norm(flat))
    if length <= 1.0005 * float(np.linalg.norm(b - a)):
        return a + np.linspace(0, 1, count)[:, None] * (b - a)
    ratio = math.sqrt(length**2 - rise**2) / width
    u = math.sqrt(6 * (ratio - 1)) + 1e-9
    for _ in range(60):  # sinh(u) / u = ratio
        u -= (math.sinh(u) - ratio * u) / (math.cosh(u) - ratio)
    scale = width / (2 * u)
    center = width / 2 - scale * math.atanh(rise / length)
    s = np.linspace(0.0, length, count)
    x = center + scale * np.arcsinh(s / scale + math.sinh(-center / scale))
    z = scale * (np.cosh((x - center) / scale) - math.cosh(center / scale))
    return a + (x / width)[:, None] * flat + z[:, None] * np.array([0.0, 0.0, 1.0])


def rope(
    key: Key,
    curve: Array,
    radius: float,
    stuff: str,
    *,
    name: str = "rope",
    pinned: tuple[int, ...] = (),
    first: str = "",
    last: str = "",
    ties: Sequence[tuple[int, str]] = (),
    velocity: ArrayLike = (0, 0, 0),
    step: float = 0.0,
) -> Rope:
    """A rope along a curve, tied to bodies at its ends; wound with a stripe, so that its sliding
    and turning is seen. Ropes of one key are of one look."""
    points = resample(curve, max(step, SPACING * radius))
    held = [(0, first)] * bool(first) + [(len(points) - 1, last)] * bool(last)
    return Rope(
        name=name,
        points=points,
        radius=radius,
        material=material(stuff),
        look=cord_look(key.child("cord"), stuff, radius),
        pinned=tuple(p % len(points) for p in pinned),
        attachments=(*held, *ties),
        velocity=vec(velocity),
        straight_at_rest=True,
    )


def cord_look(key: Key, stuff: str, radius: float) -> Look:
    """Strands as wide as a third of the rope, in two colours that differ."""
    look = material(stuff).look(key.child("look"))
    bright = float(np.dot(look.color, (0.2126, 0.7152, 0.0722)))
    rng = key.child("accent").rng()
    dark = [(0.1, 0.12, 0.2), (0.45, 0.08, 0.07), (0.07, 0.25, 0.16)]
    light = [(0.95, 0.93, 0.85), (0.97, 0.8, 0.25), (0.75, 0.85, 0.95)]
    accent = (dark if bright > 0.4 else light)[int(rng.integers(3))]
    return replace(look, accent=accent, scale=float(rng.uniform(0.5, 0.9)) * radius)


def solid(
    key: Key,
    geometry: Geometry,
    stuff: str,
    *,
    position: ArrayLike = (0, 0, 0),
    quaternion: ArrayLike = IDENTITY,
    collides: bool = True,
    look: Look | None = None,
) -> Shape:
    """One solid of a named material."""
    item = material(stuff)
    return Shape(
        geometry=geometry,
        material=item,
        look=look or item.look(key.child(stuff)),
        position=vec(position),
        quaternion=quat(quaternion),
        collides=collides,
    )


def body(
    name: str,
    *shapes: Shape,
    position: ArrayLike = (0, 0, 0),
    quaternion: ArrayLike = IDENTITY,
    velocity: ArrayLike = (0, 0, 0),
    motion: Motion = "dynamic",
    keyframes: Keyframes | None = None,
    mass: float | None = None,
) -> RigidBody:
    """A rigid body of several solids."""
    return RigidBody(
        name=name,
        shapes=shapes,
        position=vec(position),
        quaternion=quat(quaternion),
        velocity=vec(velocity),
        motion=motion,
        keyframes=keyframes,
        mass=mass,
    )


def between(
    key: Key,
    a: ArrayLike,
    b: ArrayLike,
    radius: float,
    stuff: str,
    *,
    collides: bool = True,
    capped: bool = False,
) -> Shape:
    """A round bar from one point to another."""
    start, stop = np.asarray(a, float), np.asarray(b, float)
    length = float(np.linalg.norm(stop - start))
    geometry = Capsule(radius, length) if capped else Cylinder(radius, length)
    turn = along((stop - start) / length)
    return solid(
        key, geometry, stuff, position=(start + stop) / 2, quaternion=turn, collides=collides
    )


def along(axis: ArrayLike) -> Quaternion:
    """The turn that takes z to a unit axis."""
    z = np.asarray(axis, float)
    side = np.eye(3)[int(np.argmin(np.abs(z)))]
    x = np.cross(side, z)
    x /= np.linalg.norm(x)
    return quat(from_matrix(np.stack([x, np.cross(z, x), z], axis=1)))


def gantry(
    key: Key, width: float, height: float, stuff: str, *, depth: float = 0.0, thick: float = 0.05
) -> RigidBody:
    """Two posts with feet and a beam on top, its underside at `height` [m], in the plane
    y = `depth`."""
    half = width / 2
    parts = [solid(key, Box((width + 3 * thick, thick, thick)), stuff,
                   position=(0, depth, height + thick / 2))]  # fmt: skip
    for side in (-1, 1):
        x = side * (half + thick / 2)
        parts.append(
            solid(key, Box((thick, thick, height)), stuff, position=(x, depth, height / 2))
        )
        foot = Box((thick * 1.6, 0.5, thick * 0.8))
        parts.append(solid(key, foot, stuff, position=(x, depth, thick * 0.4), collides=False))
    return body("gantry", *parts, motion="static")
