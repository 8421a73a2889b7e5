"""What the fluid templates share: looks of liquids, round vessels, tanks, turning paths."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array, Box, TriangleMesh
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.particles import fill
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Keyframes, RigidBody, Shape, Vector
from simgen.shapes.build import vessel

DYES = (
    (0.12, 0.42, 0.78),
    (0.06, 0.55, 0.6),
    (0.14, 0.6, 0.3),
    (0.8, 0.2, 0.26),
    (0.5, 0.24, 0.72),
)
"""sRGB colours that clear liquids are dyed with, as in tank experiments: clear they hide."""
LIQUID_WORDS = {
    "water": "{liquid.colour} water",
    "brine": "{liquid.colour} salt water",
    "ethanol": "{liquid.colour} alcohol",
    "glycerol": "{liquid.colour} glycerol",
    "paint": "{liquid.colour} paint",
}
"""What liquids whose colour varies are called."""
VESSELS = ("glass/soda_lime", "glass/borosilicate", "ceramic/porcelain", "plastic/polycarbonate")
TANKS = ("stone/concrete", "plastic/abs", "metal/steel", "ceramic/porcelain", "wood/beech")


def liquid_look(stuff: Material, key: Key, *, strength: tuple[float, float] = (0.5, 0.8)) -> Look:
    """A look of a liquid; a clear one is dyed."""
    look = stuff.look(key.child("liquid"))
    if look.transmission < 0.9:
        return look
    rng = key.child("dye").rng()
    dye, share = DYES[int(rng.integers(len(DYES)))], float(rng.uniform(*strength))
    r, g, b = (c + share * (d - c) for c, d in zip(look.color, dye, strict=True))
    return replace(look, color=(r, g, b), transmission=0.6)


def spacing_for(volume: float, count: int) -> float:
    """Particle distance [m] at which `count` particles fill a volume [m^3]."""
    return (volume / count) ** (1.0 / 3.0)


def inset(points: Array, lower: Vector, upper: Vector, spacing: float) -> Array:
    """Points moved by the jitter at most, back into a box."""
    return np.clip(points, np.add(lower, 0.1 * spacing), np.subtract(upper, 0.1 * spacing))


@dataclass(frozen=True, eq=False)
class Vessel:
    """A hollow round vessel about the z axis, its foot on z = 0."""

    profile: Array
    """(N, 2) outer radius and height [m] of the wall, rising."""
    thickness: float
    """Of wall and floor [m]."""

    @property
    def height(self) -> float:
        """[m]."""
        return float(self.profile[-1, 1])

    @property
    def rim(self) -> float:
        """Inner radius [m] of the mouth."""
        return float(self.profile[-1, 0]) - self.thickness

    @property
    def mesh(self) -> TriangleMesh:
        """The closed surface."""
        foot = float(self.profile[0, 0])
        floor = [[0.0, 0.0], [0.5 * foot, 0.0], [0.92 * foot, 0.0]]
        outer = np.concatenate([floor, self.profile])
        return vessel(outer, thickness=self.thickness, base=3, slices=4)

    def inner_radius(self, z: Array) -> Array:
        """Radius [m] of the hollow at heights `z`, 0 below its floor and above the rim."""
        r = np.interp(z, self.profile[:, 1], self.profile[:, 0]) - 1.05 * self.thickness
        return np.where((z > self.thickness) & (z < self.height), np.maximum(r, 0.0), 0.0)

    def contains(self, points: Array, margin: float) -> NDArray[np.bool_]:
        """Whether points (N, 3) of the vessel's frame lie in its hollow, `margin` [m] inside."""
        z = points[:, 2]
        r = np.hypot(points[:, 0], points[:, 1])
        reach = 1.05 * self.thickness + margin
        inside = z < self.height
        for angle in np.linspace(0.0, math.pi / 2, 7):  # out and down, at every slope of the wall
            low = z - reach * math.sin(angle)
            wall = np.interp(low, self.profile[:, 1], self.profile[:, 0])
            inside &= (low > 0.0) & (r + reach * math.cos(angle) < wall)
        return inside

    def volume(self, level: float) -> float:
        """Of the hollow up to a height [m], in m^3."""
        z = np.linspace(self.thickness, level, 200)
        return float(np.trapezoid(math.pi * self.inner_radius(z) ** 2, z))

    def liquid(
        self, level: float, spacing: float, key: Key, *, pose: tuple[Array, Array] | None = None
    ) -> Array:
        """(N, 3) particles that fill the hollow up to a world height `level` [m], where the vessel
        stands at `pose` (position, quaternion)."""
        place, turn = pose or (np.zeros(3), np.array([1.0, 0, 0, 0]))
        reach = float(np.hypot(self.profile[:, 0].max(), self.height)) + spacing
        low, high = place - reach, place + reach
        high[2] = level
        cloud = fill(tuple(low), tuple(high), spacing, key)  # type: ignore[arg-type]
        back = turn * np.array([1.0, -1.0, -1.0, -1.0])
        return cloud[self.contains(rotate(back, cloud - place), 0.25 * spacing)]


def tumbler(radius: float, height: float, thickness: float, *, taper: float = 0.85) -> Vessel:
    """A drinking glass: straight walls, `taper` is the foot's radius over the rim's."""
    z = np.linspace(0.0, height, 6)
    return Vessel(np.stack([radius * (taper + (1 - taper) * z / height), z], -1), thickness)


def carafe(
    radius: float, height: float, thickness: float, *, neck: float = 0.6, flare: float = 1.15
) -> Vessel:
    """A bottle with a round belly, a neck of `neck` times its radius and a flared lip."""
    s = np.linspace(0.0, 1.0, 22)
    knots = (
        [0.0, 0.06, 0.3, 0.5, 0.75, 0.9, 1.0],
        [0.86, 0.96, 1.0, 0.94, neck, neck, neck * flare],
    )
    from scipy.interpolate import PchipInterpolator

    return Vessel(np.stack([radius * PchipInterpolator(*knots)(s), height * s], -1), thickness)


def bowl_vessel(radius: float, height: float, thickness: float) -> Vessel:
    """A round basin whose walls rise steeply from a flat floor."""
    a = np.linspace(0.0, 0.5 * math.pi, 14)
    r = 0.7 * radius + 0.3 * radius * np.sin(a)
    return Vessel(np.stack([r, height * (1.0 - np.cos(a))], -1), thickness)


def round_body(
    name: str,
    form: Vessel,
    stuff: Material,
    look: Look,
    *,
    position: Vector = (0.0, 0.0, 0.0),
    keyframes: Keyframes | None = None,
) -> RigidBody:
    """A vessel as a body that stands still or follows a path."""
    return RigidBody(
        name=name,
        shapes=(Shape(geometry=form.mesh, material=stuff, look=look),),
        position=position,
        motion="kinematic" if keyframes else "static",
        keyframes=keyframes,
    )


def turning(pivot: Vector, start: Array, axis: Vector, times: Array, angles: Array) -> Keyframes:
    """The path of a body whose origin is at `start` (3,) [m] at angle 0, turned about `pivot` by
    `angles` (K,) [rad] at `times` (K,) [s]."""
    arm = np.asarray(start, float) - np.asarray(pivot)
    turns = np.array([from_axis_angle(axis, float(a)) for a in angles])
    return Keyframes(
        times=times, positions=np.asarray(pivot) + rotate(turns, arm), quaternions=turns
    )


def pose_of(keyframes: Keyframes, index: int = 0) -> tuple[Array, Array]:
    """Position (3,) [m] and quaternion (4,) at a keyframe."""
    assert keyframes.quaternions is not None
    return keyframes.positions[index], keyframes.quaternions[index]


def smoothstep(times: Array, start: float, end: float) -> Array:
    """0 before `start`, 1 after `end`, smooth between [s]."""
    s = np.clip((times - start) / (end - start), 0.0, 1.0)
    return s * s * (3.0 - 2.0 * s)


def boxes(
    name: str,
    parts: list[tuple[Vector, Vector]],
    stuff: Material,
    look: Look,
    *,
    keyframes: Keyframes | None = None,
    position: Vector = (0.0, 0.0, 0.0),
) -> RigidBody:
    """A body of boxes, each (size, centre) [m]."""
    return RigidBody(
        name=name,
        shapes=tuple(
            Shape(geometry=Box(size), material=stuff, look=look, position=at) for size, at in parts
        ),
        position=position,
        motion="kinematic" if keyframes else "static",
        keyframes=keyframes,
    )


def tank_parts(
    size: Vector, wall: float, *, base: float | None = None, front: bool = True
) -> list[tuple[Vector, Vector]]:
    """Boxes (size, centre) of an open tank of inner `size` [m]; the inside's lower middle is the
    origin. They overlap at the corners: matter could creep into seams. Without a front it is open
    towards -y."""
    x, y, z = size
    floor = wall if base is None else base
    tall = z + floor
    deep, back = (y + 2 * wall, 0.0) if front else (y, 0.0)
    parts: list[tuple[Vector, Vector]] = [
        ((x + 2 * wall, y + 2 * wall, floor), (0.0, 0.0, -floor / 2)),
        ((x + 2 * wall, wall, tall), (0.0, (y + wall) / 2, z / 2 - floor / 2)),
        ((wall, deep, tall), (-(x + wall) / 2, back, z / 2 - floor / 2)),
        ((wall, deep, tall), ((x + wall) / 2, back, z / 2 - floor / 2)),
    ]
    if front:
        parts.append(((x + 2 * wall, wall, tall), (0.0, -(y + wall) / 2, z / 2 - floor / 2)))
    return parts


def tank_mesh(
    size: Vector, wall: float, *, base: float, hole: tuple[float, float] | None = None
) -> TriangleMesh:
    """An open tank of inner `size` [m] as one closed surface; the inside's lower middle is the
    origin. `hole` is the x of the middle and the edge of a square hole in the bottom [m]."""
    x, y, z = size

    def ring(a: float, b: float, height: float) -> list[Vector]:
        return [(-a, -b, height), (a, -b, height), (a, b, height), (-a, b, height)]

    outer, inner = (x / 2 + wall, y / 2 + wall), (x / 2, y / 2)
    rings = [ring(*outer, -base), ring(*outer, z), ring(*inner, z), ring(*inner, 0.0)]
    if hole:
        middle, half = hole[0], hole[1] / 2
        rings += [[(a + middle, b, h) for a, b, h in ring(half, half, v)] for v in (0.0, -base)]
    points = np.array(rings).reshape(-1, 3)
    faces: list[tuple[int, int, int]] = []
    last = len(rings) - 1
    for low in range(last + 1 if hole else last):
        high = (low + 1) % len(rings)
        for k in range(4):
            a, b = 4 * low + k, 4 * low + (k + 1) % 4
            c, d = 4 * high + k, 4 * high + (k + 1) % 4
            faces += [(a, b, d), (a, d, c)]
    if not hole:
        top = 4 * last
        faces += [(0, 2, 1), (0, 3, 2), (top, top + 1, top + 2), (top, top + 2, top + 3)]
    hulls = tuple(
        np.array(ring(w / 2, d / 2, -t / 2) + ring(w / 2, d / 2, t / 2)) + at
        for (w, d, t), at in tank_parts(size, wall, base=base)[1 if hole else 0 :]
    )
    return TriangleMesh(points, np.array(faces, np.int32), hulls=hulls, smooth=False)


def tank_body(
    name: str,
    mesh: TriangleMesh,
    stuff: Material,
    look: Look,
    *,
    keyframes: Keyframes | None = None,
    position: Vector = (0.0, 0.0, 0.0),
) -> RigidBody:
    """A tank of one mesh."""
    return RigidBody(
        name=name,
        shapes=(Shape(geometry=mesh, material=stuff, look=look),),
        position=position,
        motion="kinematic" if keyframes else "static",
        keyframes=keyframes,
    )


def any_material(names: tuple[str, ...], key: Key) -> Material:
    """One of the named materials."""
    return material(names[int(key.rng().integers(len(names)))])
