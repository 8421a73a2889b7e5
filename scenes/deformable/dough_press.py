"""Lumps of dough are rolled out, stamped or pressed flat and stay so."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry
from simgen.key import Key
from simgen.lattice import Ints
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Keyframes, RigidBody, Scene, Shape, SoftBody, Vector
from simgen.scenes.deformable._parts import (
    distinct,
    form_mesh,
    path,
    placed,
    ring_mesh,
    usual,
)
from simgen.scenes.rigid._things import quat
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

LYING = from_axis_angle((1, 0, 0), math.pi / 2)
"""Turns what stands along z to lie along y."""


class DoughPress(SceneTemplate):
    """Lumps of dough are rolled out, stamped or pressed flat and stay so."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{tool.short} [is pressed onto|comes down on|works on] {count lump/lumps} of {stuff}",
        setup="{tool}",
        event="{tool.event}",
        parameters=(
            "{tool.count} of {stuff}, {size} large, {tool.do} with a tool of {wood} to "
            "{flatness} of the height, {pace} for each stroke"
        ),
        terms={
            "form": {"ball": "round", "loaf": "long", "ring": "ring-shaped", "star": "star-shaped"},
            "tool": {
                "pin": "a {form} lump of {stuff} lies beside a {wood} rolling pin",
                "*": (
                    "{count} {form} {count? lump/lumps} of {stuff} {count? lies/lie} below a "
                    "{wood} {tool.name}"
                ),
            },
            "tool.name": {
                "plate": "press plate",
                "stamp": "stamp with round knobs",
                "edge": "blunt blade",
            },
            "tool.short": {
                "pin": "a rolling pin",
                "plate": "a flat press",
                "stamp": "a knobbed stamp",
                "edge": "a blunt blade",
            },
            "tool.event": {
                "pin": (
                    "[the rolling pin rolls over the dough to and fro|the pin is rolled across "
                    "the lump and back]"
                ),
                "plate": (
                    "[the plate is pressed down on the dough and raised again|the plate moves "
                    "down and up once]"
                ),
                "stamp": (
                    "[the stamp is pressed down on the dough and raised again|the stamp moves "
                    "down and up once]"
                ),
                "edge": (
                    "[the blade is pressed down into the dough and raised again|the blade moves "
                    "down and up once]"
                ),
            },
            "tool.count": {"pin": "1 {form} lump", "*": "{count} {form} {count? lump/lumps}"},
            "tool.do": {"pin": "rolled", "*": "pressed"},
        },
    )

    stuff: Annotated[str, Choice("food/bread_dough", "organic/modelling_dough")]
    tool: Annotated[str, Choice("pin", "plate", "stamp", "edge")]
    form: Annotated[str, Choice("ball", "loaf", "ring", "star", held_out=("star",))]
    count: Annotated[int, Integers(1, 2)]
    size: Annotated[Metre, Uniform(0.1, 0.15)]
    flatness: Annotated[Ratio, Uniform(0.45, 0.6)]
    """Height left under the tool over the height of the lump."""
    pace: Annotated[Second, Uniform(0.65, 0.85)]
    """Time of pressing, or of one stroke of the pin."""
    wood: Annotated[str, Choice("wood/beech", "wood/oak", "wood/walnut", "stone/marble")]
    camera_elevation: Annotated[Radian, Uniform(0.16, 0.42)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        colours = [usual(material(self.floor)), usual(material(self.wood))]
        count = 1 if self.tool == "pin" else self.count
        size = self.size * (1.0 if count == 1 else 0.85)
        pitch = 1.55 * size
        elements: list[SoftBody | RigidBody] = []
        tall = 0.0
        for i in range(count):
            stuff = material(self.stuff)
            points, tets = _lump(self.form, size)
            points = rotate(from_axis_angle((0, 0, 1), float(rng.uniform(-0.5, 0.5))), points)
            if self.form == "ball":
                points[:, 2] *= 0.75
            along = (i - (count - 1) / 2) * pitch
            points = placed(points, (along, 0.0, 0.0003))
            tall = max(tall, float(points[:, 2].max()))
            look = distinct(stuff, key.child("look", i), colours)
            colours.append(look.color)
            elements.append(
                SoftBody(
                    name=f"dough_{i}", vertices=points, tetrahedra=tets, material=stuff, look=look
                )
            )
        wide = count * pitch
        elements.append(self._tool(key, wide, size, tall))
        reach = 0.5 * wide + (0.45 * size if self.tool == "pin" else 0.25 * size)
        focus = Focus(
            lower=(-reach, -0.75 * size, 0.0),
            upper=(reach, 0.75 * size, tall + 0.45 * size),
        )
        return self.stage(key, elements, focus=focus)

    def _tool(self, key: Key, wide: float, s: float, tall: float) -> RigidBody:
        stuff = material(self.wood)
        look = stuff.look(key.child("tool"))
        if self.tool == "pin":
            return self._pin(stuff.name, key, s, tall)
        parts: list[tuple[Geometry, Vector]]
        match self.tool:
            case "plate":
                parts = [(Box((wide, 1.1 * s, 0.08 * s)), (0, 0, 0.04 * s))]
            case "stamp":
                parts = [(Box((wide + 0.2 * s, 0.9 * s, 0.08 * s)), (0, 0, 0.24 * s))]
                for x in np.arange(-wide / 2 + 0.15 * s, wide / 2, 0.4 * s):
                    for y in (-0.22 * s, 0.22 * s):
                        parts.append((Cylinder(0.12 * s, 0.22 * s), (float(x), y, 0.11 * s)))
            case _:
                parts = [(Box((wide + 0.2 * s, 0.12 * s, 0.4 * s)), (0, 0, 0.2 * s))]
        lift = max(float(p[2]) for _, p in parts)
        parts.append((Cylinder(0.08 * s, 0.5 * s), (0, 0, lift + 0.27 * s)))
        shapes = tuple(Shape(geometry=g, material=stuff, look=look, position=p) for g, p in parts)
        above, below = tall + 0.02, self.flatness * tall
        times = (0.0, 0.1, 0.1 + self.pace, 0.2 + self.pace, 0.2 + 2.0 * self.pace, 9.0)
        heights = (above, above, below, below, above + 0.15 * s, above + 0.15 * s)
        return RigidBody(
            name=self.tool,
            shapes=shapes,
            position=(0.0, 0.0, above),
            motion="kinematic",
            keyframes=path(times, [(0.0, 0.0, h) for h in heights]),
        )

    def _pin(self, stuff: str, key: Key, s: float, tall: float) -> RigidBody:
        """A rolling pin that goes over the lump and back, lower each time."""
        wood = material(stuff)
        look = wood.look(key.child("tool"))
        r = 0.24 * s
        shapes = (
            Shape(geometry=Cylinder(r, 1.7 * s), material=wood, look=look, quaternion=quat(LYING)),
            Shape(
                geometry=Capsule(0.35 * r, 2.3 * s),
                material=wood,
                look=look,
                quaternion=quat(LYING),
                collides=False,
            ),
        )
        side = 0.95 * s
        times = np.linspace(0.0, max(self.duration, 2.0) + 0.1, 400)
        stroke = np.clip(times - 0.05, 0.0, None) / self.pace
        x = -side * np.cos(np.pi * stroke)
        low = self.flatness * tall
        floor = np.interp(stroke, [0.0, 1.0, 2.0, 3.0], [0.62 * tall, 0.5 * tall, low, low])
        heights = np.maximum(floor, low) + r
        turns = np.array(
            [multiply(from_axis_angle((0, 1, 0), float(v + side) / r), np.array([1.0, 0, 0, 0]))
             for v in x]
        )  # fmt: skip
        way = np.stack([x, np.zeros_like(x), heights], -1)
        return RigidBody(
            name="pin",
            shapes=shapes,
            position=(float(way[0, 0]), 0.0, float(way[0, 2])),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=way, quaternions=turns),
        )


def _lump(form: str, size: float) -> tuple[Array, Ints]:
    """Vertices [m] and tetrahedra; a ring is thick, so that enough of them lie under the press."""
    if form == "ring":
        return ring_mesh(0.28 * size, 0.22 * size, cells=9)
    return form_mesh(form, size, cells=8)
