"""What rigid templates share: bodies of one shape, palettes, rolling starts, layouts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array, Geometry, TriangleMesh, bounds
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import IDENTITY, from_axis_angle, rotate
from simgen.scene import Keyframes, Motion, Quaternion, RigidBody, Shape, Vector
from simgen.shapes.build import ring

Color = tuple[float, float, float]

GAP = 5e-4
"""Clearance [m] between things that start next to each other: no overlap, and no visible drop."""

PALETTES: dict[str, tuple[Color, ...]] = {
    "primary": ((0.8, 0.16, 0.14), (0.12, 0.35, 0.68), (0.93, 0.72, 0.13), (0.16, 0.52, 0.3)),
    "nordic": ((0.18, 0.29, 0.37), (0.87, 0.85, 0.78), (0.76, 0.36, 0.28), (0.49, 0.6, 0.62)),
    "candy": ((0.93, 0.42, 0.5), (0.42, 0.72, 0.77), (0.98, 0.8, 0.42), (0.62, 0.5, 0.74)),
    "earth": ((0.58, 0.34, 0.2), (0.8, 0.64, 0.42), (0.36, 0.38, 0.26), (0.86, 0.8, 0.7)),
    "ocean": ((0.05, 0.25, 0.4), (0.1, 0.5, 0.58), (0.55, 0.8, 0.78), (0.95, 0.93, 0.85)),
    "ivory": ((0.92, 0.89, 0.82), (0.85, 0.81, 0.72), (0.95, 0.93, 0.88)),
}
"""Small sets of sRGB colours that go together."""

PALETTE_WORDS = {
    "primary": "red, blue, yellow and green",
    "nordic": "slate blue, cream, brick red and grey",
    "candy": "pink, light blue, pale yellow and lilac",
    "earth": "brown, tan, olive and cream",
    "ocean": "navy blue, teal, aqua and cream",
    "ivory": "ivory white",
}
"""What the palettes look like."""


def vec(values: ArrayLike) -> Vector:
    """Three numbers as a plain tuple."""
    x, y, z = (float(v) for v in np.asarray(values, float))
    return (x, y, z)


def quat(values: ArrayLike) -> Quaternion:
    """Four numbers wxyz as a plain tuple."""
    w, x, y, z = (float(v) for v in np.asarray(values, float))
    return (w, x, y, z)


def yaw(angle: float) -> Quaternion:
    """A turn by `angle` [rad] about z."""
    return quat(from_axis_angle((0, 0, 1), angle))


def painted(look: Look, color: Color) -> Look:
    """The look in another colour: plain paint that keeps the surface's gloss."""
    r, g, b = color
    return replace(look, color=color, accent=(0.75 * r, 0.75 * g, 0.75 * b), texture="plain")


def shape(
    key: Key,
    geometry: Geometry,
    stuff: str | Material,
    *,
    color: Color | None = None,
    position: ArrayLike = (0, 0, 0),
    quaternion: ArrayLike = IDENTITY,
    collides: bool = True,
) -> Shape:
    """One solid of a named material; `color` paints it, else it looks as the material does."""
    m = material(stuff) if isinstance(stuff, str) else stuff
    look = m.look(key.child("look"))
    return Shape(
        geometry=geometry,
        material=m,
        look=look if color is None else painted(look, color),
        position=vec(position),
        quaternion=quat(quaternion),
        collides=collides,
    )


def body(
    key: Key,
    name: str,
    geometry: Geometry,
    stuff: str | Material,
    *,
    position: ArrayLike = (0, 0, 0),
    quaternion: ArrayLike = IDENTITY,
    velocity: ArrayLike = (0, 0, 0),
    angular_velocity: ArrayLike = (0, 0, 0),
    color: Color | None = None,
    motion: Motion = "dynamic",
    keyframes: Keyframes | None = None,
    mass: float | None = None,
    trim: Sequence[Shape] = (),
) -> RigidBody:
    """A rigid body of one solid; `trim` adds shapes that are drawn on it."""
    return RigidBody(
        name=name,
        shapes=(shape(key.child(name), geometry, stuff, color=color), *trim),
        position=vec(position),
        quaternion=quat(quaternion),
        velocity=vec(velocity),
        angular_velocity=vec(angular_velocity),
        motion=motion,
        keyframes=keyframes,
        mass=mass,
    )


def fixed(
    key: Key,
    name: str,
    geometry: Geometry,
    stuff: str | Material,
    *,
    position: ArrayLike = (0, 0, 0),
    quaternion: ArrayLike = IDENTITY,
    color: Color | None = None,
) -> RigidBody:
    """A static body of one solid."""
    return body(
        key,
        name,
        geometry,
        stuff,
        position=position,
        quaternion=quaternion,
        color=color,
        motion="static",
    )


def colors(key: Key, palette: str, count: int) -> list[Color]:
    """`count` colours: the palette in an order of this key's, over and over."""
    rng = key.rng()
    have = PALETTES[palette]
    order = [have[int(i)] for i in rng.permutation(len(have))]
    return [order[i % len(order)] for i in range(count)]


def against(color: Color) -> Color:
    """Cream on dark paint, near black on bright paint."""
    r, g, b = color
    bright = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return (0.07, 0.07, 0.09) if bright > 0.4 else (0.95, 0.92, 0.84)


def band(key: Key, radius: float, stuff: str, color: Color, *, width: float = 0.5) -> Shape:
    """A painted belt around a ball about its z axis, which shows its spin; it is never touched."""
    a = np.linspace(-0.5 * width, 0.5 * width, 7)
    out = np.stack([radius * np.cos(a), radius * np.sin(a)], -1)
    section = np.concatenate([1.004 * out, 0.97 * out[::-1]])
    return shape(key, ring(section), stuff, color=color, collides=False)


def rolling(velocity: ArrayLike, radius: float, *, spin: float = 1.0) -> Vector:
    """Angular velocity [rad/s] of a ball on a level floor; `spin` 1 rolls without slipping."""
    return vec(spin * np.cross((0.0, 0.0, 1.0), np.asarray(velocity, float)) / radius)


def extent(geometry: Geometry) -> Array:
    """(3,) size [m] of the geometry along its own axes."""
    low, high = bounds(geometry)
    return high - low


def middle(geometry: Geometry) -> Array:
    """(3,) centre of the geometry's bounding box in its own frame [m]."""
    return np.asarray(bounds(geometry)).mean(axis=0)


def reach(geometry: Geometry) -> float:
    """Radius [m] of the ball about `middle` that holds the geometry."""
    if isinstance(geometry, TriangleMesh):
        return float(np.linalg.norm(geometry.vertices - middle(geometry), axis=1).max())
    return float(np.linalg.norm(extent(geometry)) / 2)


def place_middle(geometry: Geometry, quaternion: ArrayLike, at: ArrayLike) -> Vector:
    """Where the body origin goes so that the turned geometry's `middle` is `at` [m]."""
    return vec(np.asarray(at, float) - rotate(quaternion, middle(geometry)))


def drop_layers(
    key: Key, radii: Sequence[float], *, half: tuple[float, float], start: float, gap: float = 0.004
) -> list[Array]:
    """Centres [m] of balls of `radii` that do not overlap: a random heap above z = `start` over the
    rectangle of half-widths `half`, each ball as low as the ones before it allow."""
    rng = key.rng()
    placed: list[Array] = []
    for i, r in enumerate(radii):
        best: Array | None = None
        for _ in range(24):
            x, y = (float(rng.uniform(-1, 1)) * max(h - r, 0.0) for h in half)
            z = start + r
            for other, other_r in zip(placed, radii[:i], strict=True):
                flat = (x - other[0]) ** 2 + (y - other[1]) ** 2
                touch = (r + other_r + gap) ** 2
                if flat < touch:
                    z = max(z, float(other[2]) + math.sqrt(touch - flat))
            if best is None or z < best[2]:
                best = np.array([x, y, z])
        assert best is not None
        placed.append(best)
    return placed
