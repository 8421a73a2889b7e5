"""What garment templates share: fabrics and their looks, sheets, bodies of one shape, paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, TriangleMesh
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import IDENTITY, from_axis_angle
from simgen.scene import Cloth, Keyframes, Motion, RigidBody, Shape, Vector
from simgen.scenes.rigid._things import Color
from simgen.scenes.rigid._things import quat as quat
from simgen.scenes.rigid._things import vec as vec
from simgen.shapes.build import turned
from simgen.shapes.garment import Garment

LIGHT = ("textile/cotton", "textile/polyester", "textile/silk")
"""Fabrics that flutter."""
FABRICS = (*LIGHT, "textile/denim", "textile/wool", "textile/felt")
PATTERNS = {
    "gingham": (0.03, 0.045),
    "tartan": (0.12, 0.2),
    "stripes": (0.06, 0.12),
    "checker": (0.05, 0.09),
}
"""Patterns of household linen and the range of their scales [m]."""
AIR, PLATE_DRAG = 1.204, 1.17
"""Density [kg/m^3] and the coefficient of a flat plate (Hoerner 1965), as in the solvers."""


def usual(stuff: Material) -> Color:
    """Mean colour of a material, sRGB."""
    r, g, b = np.mean(stuff.appearance.colors, axis=0)
    return (float(r), float(g), float(b))


def distinct(stuff: Material, key: Key, others: Sequence[Color]) -> Look:
    """Of eight looks of a material the one that differs most from the `others` colours."""

    def apart(look: Look) -> float:
        seen = np.asarray(look.color)
        if look.texture in ("weave", "stripes", "checker", "dots"):
            seen = 0.6 * seen + 0.4 * np.asarray(look.accent)
        return min(float(np.linalg.norm(seen - np.asarray(c))) for c in others)

    return max((stuff.look(key.child(i)) for i in range(8)), key=apart)


def patterned(look: Look, key: Key) -> Look:
    """The look with a pattern that shows how the cloth moves, dark on light or light on dark."""
    rng = key.child("pattern").rng()
    name = str(rng.choice(list(PATTERNS)))
    bright = float(np.dot(look.color, (0.2126, 0.7152, 0.0722)))
    accent = (0.95, 0.93, 0.88) if bright < 0.6 else (0.12, 0.2, 0.38)
    return replace(look, texture=name, accent=accent, scale=float(rng.uniform(*PATTERNS[name])))


def body(
    key: Key,
    name: str,
    geometry: Geometry | Sequence[tuple[Geometry, ArrayLike]],
    stuff: str,
    *,
    position: ArrayLike = (0.0, 0.0, 0.0),
    quaternion: ArrayLike = IDENTITY,
    motion: Motion = "static",
    keyframes: Keyframes | None = None,
    look: Look | None = None,
    mass: float | None = None,
) -> RigidBody:
    """A rigid body of one material: one geometry, or several at places in the body frame."""
    made = material(stuff)
    seen = look or made.look(key.child(name))
    parts: Sequence[tuple[Geometry, ArrayLike]] = (
        geometry if isinstance(geometry, Sequence) else [(geometry, (0.0, 0.0, 0.0))]
    )
    return RigidBody(
        name=name,
        shapes=tuple(
            Shape(geometry=g, material=made, look=seen, position=vec(at)) for g, at in parts
        ),
        position=vec(position),
        quaternion=quat(quaternion),
        motion=motion,
        keyframes=keyframes,
        mass=mass,
    )


def rack(key: Key, left: float, right: float, height: float, stuff: str) -> list[RigidBody]:
    """A rail along x, its axis at `height` [m], from one post on a foot to the other."""
    ends, turn = (left, right), from_axis_angle((0, 1, 0), math.pi / 2)
    middle = (0.5 * (left + right), 0.0, height)
    bar = Capsule(0.011, right - left)
    parts: list[tuple[Geometry, ArrayLike]] = [
        (Cylinder(0.015, height), (x, 0.0, 0.5 * height)) for x in ends
    ]
    parts += [(Box((0.05, 0.36, 0.03)), (x, 0.0, 0.015)) for x in ends]
    return [
        body(key, "rail", bar, stuff, position=middle, quaternion=turn),
        body(key, "posts", parts, stuff),
    ]


def sinking_speed(stuff: Material) -> float:
    """Terminal speed of a flat horizontal sheet [m/s]: weight = 1/2 rho 1.17 v^2 per area."""
    (areal,) = stuff.require("areal_density")
    return math.sqrt(2 * areal * 9.81 / (AIR * PLATE_DRAG))


def rumpled(points: Array, normal: ArrayLike, key: Key, height: float = 0.003) -> Array:
    """Points moved along a normal by a few waves [m]: no cloth is quite flat, and the waves decide
    where folds begin."""
    rng = key.child("rumpled").rng()
    size = float(np.ptp(points, axis=0).max())
    off = np.zeros(len(points))
    for _ in range(6):
        wave = rng.normal(size=3) * 2 * math.pi / size
        off += height / 3 * np.sin(points @ wave + rng.uniform(0, 2 * math.pi))
    return points + off[:, None] * np.asarray(normal, float)


def worn(
    name: str,
    garment: Garment,
    placed: Array,
    stuff: Material,
    look: Look,
    *,
    velocity: Vector = (0.0, 0.0, 0.0),
    angular_velocity: Vector = (0.0, 0.0, 0.0),
    attachments: tuple[tuple[int, str], ...] = (),
) -> Cloth:
    """A garment as a cloth of a material, its vertices `placed` in the world."""
    return Cloth(
        name=name,
        vertices=placed,
        faces=garment.faces,
        pattern=garment.pattern,
        material=stuff,
        look=look,
        self_collision=True,
        velocity=velocity,
        angular_velocity=angular_velocity,
        attachments=attachments,
    )


def eased(times: Array, begin: float, end: float) -> Array:
    """0 before `begin`, 1 after `end` [s], with no jump of speed or acceleration between."""
    s = np.clip((times - begin) / (end - begin), 0.0, 1.0)
    return s**3 * (10.0 - 15.0 * s + 6.0 * s**2)


def instants(duration: float) -> Array:
    """Times [s] close enough for a smooth path through a clip."""
    end = max(duration, 1.0)
    return np.linspace(0.0, end, 1 + round(96 * end))


FORM = np.array(
    [
        (0.0, -0.24), (0.11, -0.24), (0.145, -0.2), (0.16, -0.14), (0.14, -0.06), (0.115, 0.0),
        (0.125, 0.1), (0.145, 0.2), (0.145, 0.25), (0.12, 0.31), (0.06, 0.35), (0.045, 0.38),
        (0.045, 0.44), (0.0, 0.44),
    ]
)  # fmt: skip
"""Profile (r, z) of a dress form [m], its waist at z = 0."""


def dress_form(size: float = 1.0) -> TriangleMesh:
    """The trunk of a mannequin turned of wood, its waist at the origin."""
    return turned(size * FORM, tolerance=0.03)
