"""A pyramid of cups."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import GAP, PALETTES, body, colors, fixed, quat, rolling
from simgen.shapes import cup
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

FLIP = quat((0.0, 1.0, 0.0, 0.0))
"""Half a turn about x: the cups stand on their rims."""


class StackedCups(SceneTemplate):
    """A pyramid of hollow cups on a bench is hit by a ball and tumbles down."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a ball is thrown at|a red ball flies towards|a {ball} ball approaches] a pyramid "
            "of cups"
        ),
        setup="there is a {form} of upside-down {cup} cups, {_rows row/rows} high{bench}",
        event="[a red {ball} ball is thrown at it|a red ball flies towards the cups]",
        parameters=(
            "a {form} of cups of {cup}, {_rows row/rows} high, each {slimness*radius:m} tall "
            "with a rim of radius {radius}; a ball of {ball}, radius {ball_radius}, thrown at "
            "{speed}"
        ),
        terms={
            "form": {"wall": "flat pyramid", "tetrahedron": "three-sided pyramid"},
            "bench": {"<0.05": "", "*": ", on an oak wood bench"},
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.6, 0.6)]
    rows: Annotated[int, Integers(4, 5)]
    form: Annotated[str, Choice("wall", "tetrahedron", held_out=("tetrahedron",))]
    radius: Annotated[Metre, Uniform(0.032, 0.042)]
    slimness: Annotated[Ratio, Uniform(2.0, 2.6)]
    """Height over the rim's radius."""
    taper: Annotated[Ratio, Uniform(0.72, 0.85)]
    speed: Annotated[MetrePerSecond, Uniform(1.6, 3.0)]
    aim: Annotated[Ratio, Uniform(0.1, 0.6)]
    """Height the ball hits, over the pyramid's."""
    angle: Annotated[Radian, Uniform(-0.9, 0.9)]
    """Direction of the ball against the line of sight's across."""
    ball: Annotated[str, Choice("rubber/natural", "plastic/phenolic", "plastic/polyurethane")]
    ball_radius: Annotated[Metre, Uniform(0.03, 0.045)]
    cup: Annotated[
        str, Choice("plastic/abs", "plastic/hdpe", "plastic/polystyrene_foam", "paper/cardboard")
    ]
    bench: Annotated[Metre, Uniform(0.0, 0.12)]
    """Height of the bench; below 5 cm they stand on the floor."""
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        tall = self.slimness * self.radius
        ground = self.bench if self.bench >= 0.05 else 0.0
        mesh = cup(radius=self.radius, height=tall, taper=self.taper, thickness=0.0025, wedges=8)
        places = self._places(tall)
        paint = colors(key.child("colors"), self.palette, len(places))
        elements: list[RigidBody] = [
            body(
                key,
                f"cup_{i:02d}",
                mesh,
                self.cup,
                position=place + np.array([0.0, 0.0, ground + tall]),
                quaternion=FLIP,
                color=paint[i],
            )
            for i, place in enumerate(places)
        ]
        rows = self._rows
        wide = 2.1 * self.radius * rows
        size = (wide + 0.12, (0.2 if self.form == "wall" else wide) + 0.06)
        if ground:
            top = Box((*size, ground))
            elements.append(fixed(key, "bench", top, "wood/oak", position=(0, 0, ground / 2)))
        high = ground + rows * tall
        elements.append(self._ball(key, places, ground, rows * tall))
        x = wide / 2 + 0.09
        y, spilled = size[1] / 2, 0.5 * rows * tall
        focus = Focus.around(
            corners((-x, -y, 0.0), (x, y, high)),
            corners((-x - spilled, -y, 0.0), (x + spilled, y + spilled, 0.0)),
        )
        return self.stage(key, elements, focus=focus)

    @property
    def _rows(self) -> int:
        """Layers of cups; a tetrahedron needs fewer to look as large."""
        return self.rows if self.form == "wall" else self.rows - 1

    def _places(self, tall: float) -> list[Array]:
        """Where cups stand: every one over the gap between those below."""
        pitch, up = 2 * self.radius + 0.003, tall + GAP
        found: list[Array] = []
        rows = self._rows
        for level in range(rows):
            side = rows - level
            if self.form == "wall":
                for i in range(side):
                    found.append(np.array([(i - (side - 1) / 2) * pitch, 0.0, level * up + GAP]))
                continue
            depth = pitch * math.sqrt(3) / 2
            for row in range(side):
                count = side - row
                y = (row - (side - 1) / 3) * depth
                for i in range(count):
                    x = (i - (count - 1) / 2) * pitch
                    found.append(np.array([x, y, level * up + GAP]))
        return found

    def _ball(self, key: Key, places: list[Array], ground: float, high: float) -> RigidBody:
        """Thrown at a point of the pyramid, which it meets after about 0.14 s."""
        r, delay = self.ball_radius, 0.14
        flat = np.array([math.sin(self.angle), math.cos(self.angle), 0.0])
        z = max(self.aim * high, r + 0.01)
        shift = float(key.child("aim").rng().uniform(-0.5, 0.5))
        target = np.array([shift * self.radius, 0.0, ground + z])
        velocity = self.speed * flat
        start = target - velocity * delay - flat * (1.2 * self.radius + r)
        if self.form == "tetrahedron":
            start -= flat * 0.6 * self._rows * self.radius
        start[2] += 0.5 * 9.81 * delay**2
        return body(
            key,
            "ball",
            Sphere(r),
            self.ball,
            position=start,
            velocity=velocity,
            angular_velocity=rolling(velocity, r),
            color=(0.78, 0.2, 0.15),
        )
