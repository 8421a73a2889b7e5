"""Balls drop into a tray of grains, throw up a crater and stop."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.scene import Domain, Element, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio

COUNT = 1_900
G = 9.81
BALLS = (
    "metal/steel",
    "wood/oak",
    "stone/granite",
    "glass/coloured",
    "rubber/natural",
    "metal/brass",
)


class BallIntoSand(SceneTemplate):
    """Balls drop into a tray of grains, throw up a crater and stop.

    The depth grows with the density of the ball and with the height it fell from: Uehara et al.,
    Phys. Rev. Lett. 90, 194301 (2003).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    frame_count: Annotated[int, Field(ge=1, le=100_000)] = 26
    camera_elevation: Annotated[Radian, Uniform(0.5, 0.8)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("rice",))]
    dye: Annotated[int, Integers(-8, 9)]
    """Colour of the grains; below zero, their own."""
    half_width: Annotated[Metre, Uniform(0.11, 0.14)]
    """Of the tray."""
    depth: Annotated[Ratio, Uniform(0.5, 0.7)]
    """Of the grains, in half widths."""
    ball: Annotated[str, Choice(*BALLS)]
    ball_radius: Annotated[Metre, Uniform(0.022, 0.036)]
    balls: Annotated[int, Integers(2, 4)]
    speed: Annotated[MetrePerSecond, Uniform(1.6, 2.6)]
    """Of the first impact."""
    tray: Annotated[str, Choice("wood/pine", "wood/walnut", "plastic/abs", "metal/steel")]

    def build(self, key: Key) -> Scene:
        rng = key.child("balls").rng()
        a, deep, wall = self.half_width, self.depth * self.half_width, 0.01
        radius = parts.radius_for(4 * a * a * deep, COUNT)
        floor = 0.008
        rim = floor + deep + 0.025
        tray = [parts.at(Box((2 * a + 2 * wall, 2 * a + 2 * wall, floor)), 0, 0, floor / 2)]
        for sign in (-1, 1):
            tray.append(
                parts.at(Box((wall, 2 * a + 2 * wall, rim)), sign * (a + wall / 2), 0, rim / 2)
            )
            tray.append(parts.at(Box((2 * a, wall, rim)), 0, sign * (a + wall / 2), rim / 2))
        stuff = material(f"granular/{self.grains}")
        elements: list[Element] = [
            parts.heap(
                "grains",
                key,
                stuff,
                lower=(-a, -a, floor),
                upper=(a, a, floor + deep),
                radius=radius,
                domain=Domain(lower=(-0.8, -0.8, 0.0), upper=(0.8, 0.8, 1.5)),
                look=parts.grain_look(stuff, key.child("grains"), self.dye),
            ),
            parts.solid("tray", key, self.tray, tray),
        ]
        angle = float(rng.uniform(0, 2 * np.pi))
        away = 0.45 * a
        for k in range(self.balls):
            when = 0.1 + 0.4 * k / (self.balls - 1)
            hit = max(self.speed, 0.55 * G * when + 0.4)
            bearing = angle + 2 * np.pi * k / self.balls
            size = self.ball_radius * (1.0 if k == 0 else float(rng.uniform(0.75, 1.1)))
            size = min(size, 0.3 * a)
            spot = np.array([away * np.cos(bearing), away * np.sin(bearing), floor + deep + size])
            level = rng.uniform(-0.35, 0.35, 2)
            start = np.array([level[0], level[1], G * when - hit])
            origin = spot - start * when + [0, 0, 0.5 * G * when**2]
            elements.append(
                parts.solid(
                    f"ball-{k}",
                    key,
                    self.ball if k == 0 else str(rng.choice(BALLS)),
                    [parts.at(Sphere(size), 0, 0, 0)],
                    position=parts.vector(origin),
                    velocity=parts.vector(start),
                    dynamic=True,
                )
            )
        reach = a + 2 * wall
        high = rim + 0.26
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, reach, high))
        return self.stage(key, elements, focus=focus)
