"""Lamps of a stage: static bodies of a few triangles or one ball whose look emits light.

A lamp is asked for the irradiance it shall give at a target, so stages of any size are lit alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.material import Look, material
from simgen.rotation import align_z
from simgen.scene import RigidBody, Shape, Vector
from simgen.spectrum import white

CASING = Look(color=(0.08, 0.08, 0.085), texture="plain", roughness=0.5)
METAL = Look(color=(0.75, 0.75, 0.76), texture="plain", roughness=0.35, metallic=1.0)
WAX = Look(color=(0.93, 0.9, 0.82), texture="plain", roughness=0.5)


@dataclass(frozen=True, kw_only=True)
class Bulb:
    """What a lamp gives: irradiance at its target, relative as everywhere, and a colour."""

    irradiance: float
    kelvin: float = 4000.0
    """Colour temperature [K]."""
    tint: Vector = (1.0, 1.0, 1.0)
    """Linear RGB factor: a coloured gel."""

    def __post_init__(self) -> None:
        if not (self.irradiance > 0.0 and math.isfinite(self.irradiance)):
            raise SimgenError(f"lamp: irradiance={self.irradiance} must be above 0 and finite")
        if not 1000.0 <= self.kelvin <= 20_000.0:
            raise SimgenError(f"lamp: kelvin={self.kelvin} must be in 1000..20000 K")

    def look(self, area: float, distance: float) -> Look:
        """The look of a lamp that shows `area` [m^2] to its target at `distance` [m]."""
        if not area > 0.0:
            raise SimgenError(f"lamp: it shows an area of {area} m^2 to its target; make it larger")
        radiance = self.irradiance * distance**2 / area
        r, g, b = (
            float(radiance * c * t) for c, t in zip(white(self.kelvin), self.tint, strict=True)
        )
        return Look(color=(0.9, 0.9, 0.9), texture="plain", roughness=0.6, emission=(r, g, b))


def panel(
    name: str, at: Vector, target: Vector, half: tuple[float, float], bulb: Bulb
) -> RigidBody:
    """A soft box of half-widths `half` [m] that faces `target`, black behind."""
    a, b = half
    thick = 0.08 * min(half)
    look = bulb.look(4 * a * b, math.dist(at, target))
    parts: list[tuple[Geometry, Vector, Look]] = [
        (Box((2 * a, 2 * b, thick)), (0.0, 0.0, 0.0), look),
        (Box((2.1 * a, 2.1 * b, 2 * thick)), (0.0, 0.0, -1.6 * thick), CASING),
    ]
    return _body(name, at, _toward(at, target), parts)


def spot(name: str, at: Vector, target: Vector, half: float, bulb: Bulb) -> RigidBody:
    """A square lamp of half-width `half` [m] at the end of a shaft, which makes a pool of light
    about four tenths of its distance wide."""
    deep, wall = 9.0 * half, 0.15 * half
    look = bulb.look(4 * half**2, math.dist(at, target))
    wide, middle = 2.6 * half, deep / 2
    parts: list[tuple[Geometry, Vector, Look]] = [
        (Box((2 * half, 2 * half, 0.1 * half)), (0.0, 0.0, 0.0), look),
        (Box((2 * wide, 2 * wide, wall)), (0.0, 0.0, -0.3 * half), CASING),
    ]
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        size = (wall, 2 * wide, deep) if x else (2 * wide, wall, deep)
        parts.append((Box(size), (x * wide, y * wide, middle), CASING))
    return _body(name, at, _toward(at, target), parts)


def tube(
    name: str, at: Vector, azimuth: float, length: float, target: Vector, bulb: Bulb
) -> RigidBody:
    """A level fluorescent tube of `length` [m] along `azimuth` under a white reflector."""
    wide = 0.035 * length
    down = abs(at[2] - target[2]) / max(math.dist(at, target), 1e-9)
    look = bulb.look(length * wide * max(down, 0.3), math.dist(at, target))
    parts: list[tuple[Geometry, Vector, Look]] = [
        (Box((length, wide, 0.6 * wide)), (0.0, 0.0, 0.0), look),
        (Box((1.04 * length, 2.6 * wide, 0.5 * wide)), (0.0, 0.0, 0.75 * wide), WAX),
    ]
    turn = azimuth - math.pi / 2
    return _body(name, at, (math.cos(turn / 2), 0.0, 0.0, math.sin(turn / 2)), parts)


def globe(name: str, at: Vector, radius: float, target: Vector, bulb: Bulb) -> RigidBody:
    """A ball of frosted glass on a metal stem from above."""
    look = bulb.look(math.pi * radius**2, math.dist(at, target))
    parts: list[tuple[Geometry, Vector, Look]] = [
        (Sphere(radius), (0.0, 0.0, 0.0), look),
        (Cylinder(0.35 * radius, 0.4 * radius), (0.0, 0.0, 1.15 * radius), METAL),
    ]
    return _body(name, at, (1.0, 0.0, 0.0, 0.0), parts)


def lantern(name: str, at: Vector, size: float, target: Vector, bulb: Bulb) -> RigidBody:
    """A flame at `at` on a wire under a metal roof of width `size` [m]."""
    flame, tall = 0.16 * size, 0.45 * size
    look = bulb.look(math.pi * flame**2, math.dist(at, target))
    parts: list[tuple[Geometry, Vector, Look]] = [
        (Sphere(flame), (0.0, 0.0, 0.0), look),
        (Box((size, size, 0.1 * size)), (0.0, 0.0, tall), CASING),
        (Cylinder(0.02 * size, tall - flame), (0.0, 0.0, 0.5 * (tall + flame)), CASING),
    ]
    return _body(name, at, (1.0, 0.0, 0.0, 0.0), parts)


def dimmed(body: RigidBody, share: float) -> RigidBody:
    """The body with `share` of the light it sends."""

    def less(look: Look) -> Look:
        r, g, b = (share * v for v in look.emission)
        return replace(look, emission=(r, g, b))

    shapes = tuple(replace(s, look=less(s.look)) for s in body.shapes)
    return replace(body, shapes=shapes)


def _toward(at: Vector, target: Vector) -> tuple[float, float, float, float]:
    w, x, y, z = align_z(np.subtract(target, at)).tolist()
    return (w, x, y, z)


def _body(
    name: str,
    at: Vector,
    quaternion: tuple[float, float, float, float],
    parts: list[tuple[Geometry, Vector, Look]],
) -> RigidBody:
    shapes = tuple(
        Shape(geometry=g, material=material("metal/steel"), look=look, position=p, collides=False)
        for g, p, look in parts
    )
    return RigidBody(name=name, shapes=shapes, position=at, quaternion=quaternion, motion="static")
