"""Two soft shapes of jelly drop on each other in a tray that shakes, bounces or rocks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Keyframes, RigidBody, Scene, Shape, SoftBody, Vector
from simgen.scenes.deformable._parts import distinct, form_mesh, usual
from simgen.scenes.rigid._things import Color
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Unit
from simgen.words import Words

FORMS = ("cube", "pudding", "ring", "ball", "star", "bear")

TRAYS = ("wood/walnut", "wood/oak", "plastic/abs", "stone/granite", "metal/copper")
BEGIN = 0.3
"""When the tray begins to move [s]."""
WIDE, DEEP, RIM = 1.3, 0.68, 0.24
"""Half-width, half-depth and rim of the tray, over the size of the first shape."""


class JellyDrop(SceneTemplate):
    """Two shapes of jelly drop on each other and wobble in a tray that shakes, bounces or rocks."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "[{listed} of {stuff} are dropped|two soft shapes of {stuff} are dropped|two pieces "
            "of {stuff} drop one above the other] into a tray that {motion.short}"
        ),
        setup=(
            "{listed} of {stuff} hang in the air, one higher than the other, over a "
            "{tray.material} tray"
        ),
        event=(
            "[they are dropped into the tray, which then {motion}|both drop, and soon the tray "
            "{motion}]"
        ),
        parameters=(
            "{listed} of {stuff} with {softness} times its usual Young's modulus, about {size} "
            "large; the tray of {tray.material} {motion} at {rate:Hz}"
        ),
        terms={
            "motion": {
                "shake": "shakes from side to side",
                "bounce": "moves up and down",
                "rock": "rocks about its foot",
            },
            "motion.short": {"shake": "shakes", "bounce": "moves up and down", "rock": "rocks"},
        },
        kinds={
            "cube": "cube/cubes",
            "pudding": "pudding/puddings",
            "ring": "ring/rings",
            "ball": "ball/balls",
            "star": "star/stars",
            "bear": "bear/bears",
        },
    )

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
        colours = [usual(material(self.floor)), tray[0].shapes[0].look.color]
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
        self, key: Key, index: int, bed: float, below: list[SoftBody], colours: list[Color]
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
            look=distinct(stuff, key.child("look", index), colours),
            velocity=(side * self.speed if falls else 0.0, 0.0, 0.0),
        )

    def _tray(self, key: Key) -> tuple[list[RigidBody], float]:
        """A tray with a rim, what carries it, and the height of its bed [m]."""
        rng = key.child("tray").rng()
        s = self.size
        stuff = material(TRAYS[int(rng.integers(len(TRAYS)))])
        look = distinct(stuff, key.child("tray_look"), [usual(material(self.floor))])
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
