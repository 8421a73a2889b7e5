"""A shirt on a hanger that is jerked along a rail, swung or turned."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from simgen.camera import Focus
from simgen.geometry import Array, Capsule, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import align_z, from_axis_angle, rotate
from simgen.scene import Ambient, Keyframes, RigidBody, Scene, Shape
from simgen.scenes.garment._parts import (
    FABRICS,
    distinct,
    eased,
    instants,
    quat,
    rack,
    rumpled,
    usual,
    vec,
    worn,
)
from simgen.shapes.garment import t_shirt
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian
from simgen.words import Words

SPACING = 0.026
"""Edge of the mesh [m]."""
ARM = 0.012
"""Radius of the hanger's arms [m]."""
LOW = 0.05
"""How far they start below the seams of the shoulders [m]."""


class ShirtOnHanger(SceneTemplate):
    """A T-shirt drops onto its hanger, which is shoved along the rail, swung or spun."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} T-shirt drops onto a hanger that is [{move.short}|then "
            "{move.short}|soon {move.short}]"
        ),
        setup="a {fabric} T-shirt is held just above a {wood} hanger on a steel rail",
        event=(
            "[the shirt drops onto the hanger, which is then {move}|the shirt is let go, and "
            "the hanger is {move}]"
        ),
        parameters=(
            "a T-shirt of {fabric}, {chest} across the chest and {length} long, on a hanger of "
            "{wood} that is {move} at {pace} of the full pace, in a draught of {draught}"
        ),
        terms={
            "move": {
                "shove": "shoved along the rail",
                "swing": "swung to and fro",
                "spin": "spun about its hook",
            },
            "move.short": {"shove": "shoved along a rail", "swing": "swung", "spin": "spun"},
        },
    )

    fabric: Annotated[str, Choice(*FABRICS)]
    chest: Annotated[Metre, Uniform(0.4, 0.52)]
    length: Annotated[Metre, Uniform(0.52, 0.7)]
    sleeve: Annotated[Metre, Uniform(0.12, 0.24)]
    move: Annotated[str, Choice("shove", "swing", "spin")]
    pace: Annotated[float, Uniform(0.6, 1.0)]
    """Of the motion, 1 is the fastest."""
    draught: Annotated[MetrePerSecond, Uniform(0.0, 2.0)]
    wood: Annotated[str, Choice("wood/beech", "wood/walnut", "plastic/abs", "metal/steel")]
    camera_elevation: Annotated[Radian, Uniform(0.05, 0.3)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        seen = [usual(material(self.floor)), usual(material(self.wood))]
        look = distinct(stuff, key.child("shirt"), seen)
        cut = t_shirt(
            chest=self.chest, length=self.length, sleeve=self.sleeve, spacing=SPACING, gap=0.07
        )
        top = self.length + 0.35
        travel = 0.25 if self.move == "shove" else 0.0
        side = np.array([-travel, 0.0, 0.0])
        placed = rumpled(cut.vertices, (0, 1, 0), key, 0.003) + [0.0, 0.0, top] + side
        wind = self.draught * np.array([0.3, 1.0, 0.0])
        cloth = worn("shirt", cut, placed, stuff, look)
        hanger = self._hanger(key, np.array([0.0, 0.0, top]) + side)
        high = top + 0.14
        stand = rack(key, -0.85, 0.85, high + 0.006, "metal/steel")
        held = cut.vertices - [0.0, 0.0, LOW]
        positions, turns = self._path(key, hanger.position)
        moves = zip(positions[::8], turns[::8], strict=True)
        focus = Focus.around(*(rotate(q, held) + p for p, q in moves), placed, (0, 0, high + 0.03))
        ambient = Ambient(wind=vec(wind))
        return self.stage(key, (cloth, hanger, *stand), focus=focus, ambient=ambient)

    def _hanger(self, key: Key, at: Array) -> RigidBody:
        """Two arms just below the shoulder seams, a stem and a hook; moved by its hook."""
        stuff = material(self.wood)
        look = stuff.look(key.child("hanger"))
        half, drop = self.chest / 2, 0.06 * self.length
        neck = 0.17 * self.chest
        inner = np.array([0.0, 0.0, drop * neck / (half - neck) - LOW])
        parts: list[Shape] = []

        def rod(a: Array, b: Array, radius: float) -> None:
            axis = b - a
            parts.append(
                Shape(
                    geometry=Capsule(radius, float(np.linalg.norm(axis))),
                    material=stuff,
                    look=look,
                    position=vec((a + b) / 2),
                    quaternion=quat(align_z(axis)),
                )
            )

        for s in (-1.0, 1.0):
            rod(inner, np.array([s * 0.96 * half, 0.0, -drop - LOW]), ARM)
        rod(inner, np.array([0.0, 0.0, 0.12]), 0.004)
        parts.append(
            Shape(geometry=Sphere(0.009), material=stuff, look=look, position=(0.0, 0.0, 0.135))
        )
        positions, turns = self._path(key, at)
        return RigidBody(
            name="hanger",
            shapes=tuple(parts),
            position=vec(at),
            motion="kinematic",
            keyframes=Keyframes(
                times=instants(self.duration), positions=positions, quaternions=turns
            ),
        )

    def _path(self, key: Key, at: ArrayLike) -> tuple[Array, Array]:
        """Positions and turns about the hook, 0.14 m above the hanger's frame."""
        times = instants(self.duration)
        positions = np.tile(at, (len(times), 1))
        sign = float(key.child("move").rng().choice([-1.0, 1.0]))
        begin = 0.3
        late = np.maximum(times - begin, 0.0)
        up = np.array([0.0, 0.0, 1.0])
        match self.move:
            case "shove":
                end = begin + 0.75 / self.pace
                positions[:, 0] += 0.5 * eased(times, begin, end)
                # Friction in the hook lets it rock a little after the stop.
                rock = 0.12 * np.exp(-3.0 * np.maximum(times - end, 0.0))
                angles = rock * np.sin(7.0 * np.maximum(times - end, 0.0))
                axis = np.array([0.0, 1.0, 0.0])
            case "swing":
                rate = 2 * math.pi * (0.7 + 0.4 * self.pace)
                angles = sign * 0.4 * eased(times, begin, begin + 0.5) * np.sin(rate * late)
                axis = np.array([1.0, 0.0, 0.0])
            case _:
                angles = sign * 6.0 * self.pace * late**2 / (late + 0.6)
                axis = up
        turns = np.stack([from_axis_angle(axis, float(a)) for a in angles])
        hook = 0.14 * up
        if self.move != "spin":
            sine, cosine = np.sin(angles), np.cos(angles)
            back = np.outer(1.0 - cosine, hook)
            across = np.cross(axis, hook)
            positions = positions + back - np.outer(sine, across)
        return positions, turns
