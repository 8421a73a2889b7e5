"""Things on a board that is tilted."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rigid._things import (
    GAP,
    PALETTES,
    Color,
    band,
    body,
    colors,
    extent,
    fixed,
    middle,
    yaw,
)
from simgen.shapes import bevelled_box, can, cone, gear, mug, pyramid, regular_prism, star, wedge
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

STUFFS: tuple[tuple[str, Color | None], ...] = (
    ("ice/ice", None),
    ("plastic/phenolic", (0.85, 0.82, 0.74)),
    ("metal/cast_iron", None),
    ("plastic/hdpe", (0.2, 0.45, 0.7)),
    ("wood/beech", None),
    ("stone/granite", None),
    ("rubber/natural", (0.75, 0.2, 0.16)),
    ("metal/brass", None),
    ("wood/cork", None),
)
"""From slippery to grippy."""


class TiltBoard(SceneTemplate):
    """A board is lifted: slippery things slide first, round ones roll, tall ones topple."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a board with {form} is tilted|a {board} board carrying {form} is lifted at one "
            "end|{form} lie on a board that is tilted]"
        ),
        setup="{form} of different materials lie in rows on a gently sloping {board} board",
        event="[one end of the board is lifted|the board is tilted more and more steeply]",
        parameters=(
            "{form} of up to nine materials from ice to cork, about {size} large, on a board of "
            "{board}, {length} long, that is tilted from {start_angle} to {end_angle} in "
            "{lift:s}"
        ),
        terms={
            "form": {
                "blocks": "blocks",
                "mixed": "assorted shapes",
                "tall": "tall solids",
                "round": "balls",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.6, 0.6)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    form: Annotated[str, Choice("blocks", "mixed", "tall", "round", held_out=("tall",))]
    rows: Annotated[int, Integers(3, 5)]
    columns: Annotated[int, Integers(2, 3)]
    size: Annotated[Metre, Uniform(0.05, 0.075)]
    length: Annotated[Metre, Uniform(0.7, 0.95)]
    start_angle: Annotated[Radian, Uniform(0.05, 0.22)]
    end_angle: Annotated[Radian, Uniform(0.45, 0.75, held_out=(0.7, 0.75))]
    lift: Annotated[Ratio, Uniform(0.7, 1.3)]
    """Time the lift takes [s]."""
    board: Annotated[str, Choice("wood/pine", "wood/oak", "plastic/hdpe", "metal/stainless_steel")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        length, wide, thick = self.length, 0.1 + 1.7 * self.size * self.rows, 0.018
        elements: list[RigidBody] = [self._board(key, length, wide, thick)]
        elements += self._things(key, length, thick)
        stop = Box((0.03, wide + 0.1, 0.06))
        elements.append(fixed(key, "stop", stop, "wood/walnut", position=(0.36, 0, 0.03)))
        high = length * math.sin(self.end_angle) + 1.2 * self.size
        focus = Focus(lower=(-length * 0.97, -wide / 2, 0.0), upper=(0.38, wide / 2, 0.92 * high))
        return self.stage(key, elements, focus=focus)

    def _board(self, key: Key, length: float, wide: float, thick: float) -> RigidBody:
        """It turns about its lower right edge, on the floor at x = 0."""
        s = np.linspace(0.0, 1.0, 25)
        ease = s * s * (3 - 2 * s)
        angle = self.start_angle + (self.end_angle - self.start_angle) * ease
        turns = np.array([from_axis_angle((0, 1, 0), float(a)) for a in angle])
        centers = np.array([rotate(q, (-length / 2, 0.0, thick / 2)) for q in turns])
        return body(
            key,
            "board",
            Box((length, wide, thick)),
            self.board,
            position=centers[0] + [0, 0, 0.002],
            quaternion=turns[0],
            color=(0.3, 0.33, 0.36) if self.board.startswith("plastic") else None,
            motion="kinematic",
            keyframes=Keyframes(
                times=0.05 + self.lift * s,
                positions=centers + [0, 0, 0.002],
                quaternions=turns,
            ),
        )

    def _things(self, key: Key, length: float, thick: float) -> list[RigidBody]:
        rng = key.child("order").rng()
        order = rng.permutation(len(STUFFS))
        turn = from_axis_angle((0, 1, 0), self.start_angle)
        paint = colors(key.child("colors"), self.palette, self.rows * self.columns)
        found: list[RigidBody] = []
        for i in range(self.rows * self.columns):
            row, column = divmod(i, self.columns)
            stuff, color = STUFFS[int(order[i % len(order)])]
            geometry = self._form(key.child("form", i))
            span, mid = extent(geometry), middle(geometry)
            x = -length + (0.12 + 0.27 * column) * length + 0.02
            y = (row - (self.rows - 1) / 2) * 1.7 * self.size
            around = yaw(float(rng.uniform(-0.3, 0.3)) if self.form != "round" else 0.0)
            local = np.array([x, y, thick + span[2] / 2 + GAP / 2])
            spun = multiply(turn, around)
            at = rotate(turn, local) - rotate(spun, mid) + [0, 0, 0.002]
            trim = ()
            if isinstance(geometry, Sphere):
                shade = (0.92, 0.9, 0.85)
                trim = (
                    band(key.child("band", i), geometry.radius, "plastic/abs", shade, width=0.4),
                )
            painted = stuff in ("plastic/hdpe", "rubber/natural")
            found.append(
                body(
                    key,
                    f"{stuff.split('/')[1]}_{i}",
                    geometry,
                    stuff,
                    position=at,
                    quaternion=spun,
                    color=paint[i] if painted else color,
                    trim=trim,
                )
            )
        return found

    def _form(self, key: Key) -> Geometry:
        s = self.size
        pick = int(key.rng().integers(6))
        match self.form:
            case "blocks":
                return bevelled_box(size=(s, s, 0.7 * s), bevel=0.05 * s)
            case "tall":
                tall: list[Geometry] = [
                    bevelled_box(size=(0.5 * s, 0.7 * s, 1.9 * s), bevel=0.04 * s),
                    can(radius=0.35 * s, height=1.7 * s),
                    regular_prism(radius=0.4 * s, height=1.8 * s),
                    cone(radius=0.5 * s, height=1.7 * s),
                    pyramid(radius=0.55 * s, height=1.7 * s),
                    Cylinder(0.35 * s, 1.5 * s),
                ]
                return tall[pick]
            case "round":
                balls: list[Geometry] = [Sphere(0.5 * s), Sphere(0.42 * s), Sphere(0.6 * s)]
                return balls[pick % 3]
            case _:
                mixed: list[Geometry] = [
                    bevelled_box(size=(s, s, 0.7 * s), bevel=0.05 * s),
                    wedge(length=1.2 * s, width=0.8 * s, height=0.6 * s),
                    star(radius=0.65 * s, height=0.5 * s),
                    gear(radius=0.6 * s, teeth=7, thickness=0.35 * s),
                    mug(radius=0.4 * s, height=0.9 * s, thickness=0.06 * s, wedges=7),
                    Cylinder(0.55 * s, 0.5 * s),
                ]
                return mixed[pick]
