"""Two soft shapes of jelly drop on each other in a tray that shakes, bounces or rocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Keyframes, RigidBody, Scene, Shape, SoftBody, Vector
from simgen.scenes.deformable._tetrahedra import tetrahedralize
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Unit

Colour = tuple[float, float, float]
FORMS = ("cube", "pudding", "ring", "ball", "star", "bear")


CELLS = {"cube": 7, "pudding": 7, "ring": 9, "ball": 7, "star": 8, "bear": 8}
"""Lattice cells along a form."""
TRAYS = ("wood/walnut", "wood/oak", "plastic/abs", "stone/granite", "metal/copper")
BEGIN = 0.3
"""When the tray begins to move [s]."""
WIDE, DEEP, RIM = 1.3, 0.68, 0.24
"""Half-width, half-depth and rim of the tray, over the size of the first shape."""


def _cube(p: Array) -> Array:
    q = np.abs(p) - 0.36
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.1


def _pudding(p: Array) -> Array:
    """A fluted, tapering mould."""
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = (0.4 - 0.16 * p[..., 2]) * (1.0 + 0.05 * np.cos(10 * angle))
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall + 0.06, np.abs(p[..., 2]) - 0.3], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


def _ring(p: Array) -> Array:
    return np.hypot(np.hypot(p[..., 0], p[..., 1]) - 0.33, p[..., 2]) - 0.17


def _ball(p: Array) -> Array:
    return np.linalg.norm(p, axis=-1) - 0.45


def _star(p: Array) -> Array:
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = 0.35 + 0.08 * np.cos(5 * angle)
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall, np.abs(p[..., 2]) - 0.2], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


_BEAR = np.array(
    [
        (0.0, 0.0, -0.1, 0.24), (0.0, 0.02, 0.24, 0.17), (0.13, 0.0, 0.4, 0.075),
        (-0.13, 0.0, 0.4, 0.075), (0.24, 0.1, 0.02, 0.1), (-0.24, 0.1, 0.02, 0.1),
        (0.15, 0.1, -0.34, 0.12), (-0.15, 0.1, -0.34, 0.12), (0.0, 0.17, 0.2, 0.085),
    ]
)  # fmt: skip
"""Balls of a gummy bear: centre and radius."""


def _bear(p: Array) -> Array:
    """Balls joined by a smooth minimum."""
    distance = np.stack([np.linalg.norm(p - b[:3], axis=-1) - b[3] for b in _BEAR])
    return -0.04 * np.log(np.exp(-distance / 0.04).sum(axis=0))


_FIELDS: dict[str, Callable[[Array], Array]] = {
    "cube": _cube,
    "pudding": _pudding,
    "ring": _ring,
    "ball": _ball,
    "star": _star,
    "bear": _bear,
}
"""Form -> function of points in a box of unit size, negative inside."""


def form_mesh(form: str, size: float) -> tuple[Array, np.ndarray]:
    """Vertices [m] about the origin and tetrahedra of a form whose longest side is about `size`
    [m]."""
    field = _FIELDS[form]
    box = np.full(3, 0.56)
    points, tets = tetrahedralize(field, -box, box, 1.0 / CELLS[form])
    return points * size, tets


class JellyDrop(SceneTemplate):
    """Two shapes of jelly drop on each other and wobble in a tray that shakes, bounces or rocks."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    form: Annotated[str, Choice(*FORMS, held_out=("bear",))]
    """Of the lower shape; that of the upper one is drawn."""
    stuff: Annotated[str, Choice("food/gelatin", "food/gelatin", "food/gelatin", "food/tofu")]
    softness: Annotated[float, Uniform(0.42, 0.75)]
    """Young's modulus over the material's: gelatin of 5 to 9 kPa, tofu of 8 to 15 kPa."""
    size: Annotated[Metre, Uniform(0.13, 0.18)]
    impact: Annotated[float, Uniform(0.3, 0.45)]
    """Speed of the landing over sqrt(E / density), the speed of sound of a bar: sets the squash."""
    speed: Annotated[MetrePerSecond, Uniform(0.0, 0.25)]
    """Horizontal, of the upper shapes at the start."""
    motion: Annotated[str, Choice("shake", "bounce", "rock")]
    """What the tray does."""
    rate: Annotated[float, Unit("1/s"), Uniform(1.4, 2.4)]
    """Of its motion."""
    camera_elevation: Annotated[Radian, Uniform(0.3, 0.55)]

    def build(self, key: Key) -> Scene:
        tray, bed = self._tray(key)
        colours = [_usual(material(self.floor)), tray[0].shapes[0].look.color]
        shapes: list[SoftBody] = []
        for i in range(2):
            shape = self._shape(key, i, bed, shapes, colours)
            colours.append(shape.look.color)
            shapes.append(shape)
        high = max(float(np.asarray(s.vertices)[:, 2].max()) for s in shapes)
        wide, deep = (WIDE + 0.1) * self.size, DEEP * self.size
        focus = Focus(lower=(-wide, -deep, 0.0), upper=(wide, deep, high))
        return self.stage(key, (*shapes, *tray), focus=focus)

    def _shape(
        self, key: Key, index: int, bed: float, below: list[SoftBody], colours: list[Colour]
    ) -> SoftBody:
        """One shape; the second falls on the shoulder of the first."""
        rng = key.child("shape", index).rng()
        form = self.form if index == 0 else FORMS[int(rng.integers(len(FORMS)))]
        size = self.size * (1.0 if index == 0 else float(rng.uniform(0.8, 0.95)))
        points, tets = form_mesh(form, size)
        if form == "bear":
            points = rotate(from_axis_angle((1, 0, 0), -math.pi / 2), points)
        way = rng.uniform(-math.pi, math.pi)
        lean = from_axis_angle((math.cos(way), math.sin(way), 0), rng.uniform(0.05, 0.35))
        yaw = from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi))
        points = rotate(multiply(lean if index else np.array([1.0, 0, 0, 0]), yaw), points)
        raw = material(self.stuff)
        young, density = raw.require("youngs_modulus", "density")
        stuff = replace(raw, youngs_modulus=self.softness * young)
        landing = self.impact * math.sqrt(self.softness * young / density)
        side = float(key.child("side").rng().choice([-1.0, 1.0]))
        along = (-0.3, 0.3)[index]
        points[:, 0] += side * along * self.size
        points[:, 1] += rng.uniform(-0.08, 0.08) * self.size
        falls = index == 1
        tops = [float(np.asarray(b.vertices)[:, 2].max()) for b in below] if falls else []
        under = max([bed, *tops])
        # Two soft shapes share the squash.
        drop = ((0.9 if falls else 0.6) * landing) ** 2 / (2 * 9.81)
        points[:, 2] += under + drop + 0.01 - points[:, 2].min()
        return SoftBody(
            name=f"{form}_{index}",
            vertices=points,
            tetrahedra=tets,
            material=stuff,
            look=_distinct(stuff, key.child("look", index), colours),
            velocity=(side * self.speed if falls else 0.0, 0.0, 0.0),
        )

    def _tray(self, key: Key) -> tuple[list[RigidBody], float]:
        """A tray with a rim, what carries it, and the height of its bed [m]."""
        rng = key.child("tray").rng()
        s = self.size
        stuff = material(TRAYS[int(rng.integers(len(TRAYS)))])
        look = _distinct(stuff, key.child("tray_look"), [_usual(material(self.floor))])
        thick, edge, rim = 0.08 * s, 0.06 * s, RIM * s
        base = 0.0 if self.motion == "shake" else 0.4 * s
        sides = [(Box((2 * WIDE * s, 2 * DEEP * s, thick)), (0.0, 0.0, thick / 2))]
        for sign in (-1.0, 1.0):
            x, y, z = sign * (WIDE * s - edge / 2), sign * (DEEP * s - edge / 2), rim / 2
            sides.append((Box((edge, 2 * DEEP * s, rim)), (x, 0.0, z)))
            sides.append((Box((2 * (WIDE * s - edge), edge, rim)), (0.0, y, z)))
        shapes = [Shape(geometry=g, material=stuff, look=look, position=p) for g, p in sides]
        carried: list[RigidBody] = []
        if self.motion == "rock":
            shapes.append(_steel(Sphere(0.1 * s), (0.0, 0.0, 0.0)))
        if self.motion == "bounce":
            shapes.append(_steel(Cylinder(0.12 * s, 0.3 * s), (0.0, 0.0, -0.15 * s)))
        if base > 0.0:
            tall = base - (0.06 if self.motion == "rock" else 0.2) * s
            foot = _steel(Cylinder(0.3 * s, tall), (0.0, 0.0, 0.0))
            at = (0.0, 0.0, tall / 2)
            carried.append(RigidBody(name="foot", shapes=(foot,), position=at, motion="static"))
        path = self._path(key, base)
        tray = RigidBody(
            name="tray",
            shapes=tuple(shapes),
            position=(0.0, 0.0, base),
            motion="kinematic",
            keyframes=path,
        )
        return [tray, *carried], base + thick

    def _path(self, key: Key, base: float) -> Keyframes:
        """To and fro, up and down or about its foot, growing in half a second from BEGIN on."""
        rng = key.child("path").rng()
        end = max(self.duration, 1.0)
        times = np.linspace(0.0, end, 1 + round(192 * end))
        late = np.maximum(times - BEGIN, 0.0)
        grown = np.clip(late / 0.5, 0.0, 1.0)
        pulse = 2 * math.pi * self.rate
        swing = grown**2 * (3 - 2 * grown) * np.sin(pulse * late)
        positions = np.tile(np.array([0.0, 0.0, base]), (len(times), 1))
        strength = rng.uniform(0.8, 1.0)
        if self.motion == "rock":
            turn = rng.uniform(0.5, 1.0)
            axis = (math.sqrt(1 - turn**2), turn, 0.0)
            reach = 0.17 * strength
            turns = np.array([from_axis_angle(axis, reach * float(a)) for a in swing])
            return Keyframes(times=times, positions=positions, quaternions=turns)
        if self.motion == "shake":
            positions[:, 0] += strength * min(4.0 / pulse**2, 0.25 * self.size) * swing
        else:
            positions[:, 2] += strength * min(4.5 / pulse**2, 0.15 * self.size) * swing
        return Keyframes(times=times, positions=positions)


def _steel(geometry: Geometry, at: Vector) -> Shape:
    stuff = material("metal/steel")
    return Shape(geometry=geometry, material=stuff, look=stuff.look(Key(0)), position=at)


def _usual(stuff: Material) -> Colour:
    """Mean colour of a material, sRGB."""
    r, g, b = np.mean(stuff.appearance.colors, axis=0)
    return (float(r), float(g), float(b))


def _distinct(stuff: Material, key: Key, others: list[Colour]) -> Look:
    """Of eight looks of a material the one that differs most from the `others` colours."""

    def apart(look: Look) -> float:
        return min(float(np.linalg.norm(np.subtract(look.color, c))) for c in others)

    return max((stuff.look(key.child(i)) for i in range(8)), key=apart)
