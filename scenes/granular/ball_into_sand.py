"""A board is drawn from under balls, which drop into a tray of grains and throw up craters."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Domain, Element, Keyframes, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

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
    """A board is drawn from under balls, which drop into a tray of grains and throw up craters.

    The depth grows with the density of the ball and with the height it fell from: Uehara et al.,
    Phys. Rev. Lett. 90, 194301 (2003).
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    physics_iq: ClassVar[str] = "ball-in-sand"
    words: ClassVar[Words] = Words(
        short=(
            "{balls ball/balls} [drop into|are let go above|are freed above] a tray of "
            "{dye}{grains}"
        ),
        setup="{balls ball/balls} lie on a {board} board held above a {tray} tray of {dye}{grains}",
        event=(
            "[the board is drawn away sideways from under them|the board is pulled out from "
            "beneath the balls]"
        ),
        parameters=(
            "{balls} balls of {ball.materials}, the first of radius {ball_radius}, meet "
            "{grains}, {depth*half_width:m} deep, at about {speed}; tray of {tray}, "
            "{2*half_width:m} wide"
        ),
        terms={"dye": parts.DYE_WORDS},
    )

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
    speed: Annotated[MetrePerSecond, Uniform(1.3, 1.9)]
    """Of the impacts, by the height of the board."""
    heading: Annotated[Radian, Uniform(-0.6, 0.6)]
    """Which way the board goes; 0 is across the picture."""
    board: Annotated[str, Choice("wood/oak", "wood/birch_plywood", "plastic/abs", "metal/steel")]
    tray: Annotated[str, Choice("wood/pine", "wood/walnut", "plastic/abs", "metal/steel")]

    def build(self, key: Key) -> Scene:
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
        drop = self.speed**2 / (2 * G)
        elements += self._board(key, a, floor + deep + drop)
        reach = a + 2 * wall
        high = floor + deep + drop + 2.2 * self.ball_radius
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, reach, high))
        return self.stage(key, elements, focus=focus)

    def _board(self, key: Key, a: float, level: float) -> list[Element]:
        """A board with its top at `level` [m] that moves off at a steady pace, and balls on it.

        A ball on it rolls along at 2/7 of its speed (dragged at its contact, I = 2/5 m r^2),
        so that the edge that passes a place X at time t frees the ball from X - 2/7 v t.
        """
        rng = key.child("balls").rng()
        count, thick = self.balls, 0.012
        times = np.linspace(0.12, max(0.45 * self.duration, 0.3), count)
        places = np.linspace(-0.45, 0.45, count) * a
        pace = float((places[-1] - places[0]) / (times[-1] - times[0]))
        edge = float(places[0]) - pace * float(times[0])
        turned = parts.turn((0, 0, 1), self.heading)
        long, wide = 2.0 * a, 1.5 * a
        span = np.array([0.0, max(self.duration, 0.1)])
        middle = np.array([edge + long / 2, 0.0, level - thick / 2])
        way = np.array([[0.0, 0.0, 0.0], [pace * float(span[1]), 0.0, 0.0]])
        path = Keyframes(
            times=span,
            positions=rotate(np.asarray(turned), middle + way),
            quaternions=np.tile(turned, (2, 1)),
        )
        board = parts.at(Box((long, wide, thick)), 0, 0, 0)
        found: list[Element] = [parts.solid("board", key, self.board, [board], path=path)]
        most = (0.2 if count == 4 else 0.3) * a
        for k in range(count):
            size = self.ball_radius * (1.0 if k == 0 else float(rng.uniform(0.75, 1.1)))
            size = min(size, most)
            x = float(places[k] - 2 / 7 * pace * times[k])
            y = (0.35 if k % 2 else -0.35) * a * float(rng.uniform(0.85, 1.15))
            spot = rotate(np.asarray(turned), np.array([x, y, level + size + 5e-4]))
            stuff = self.ball if k == 0 else str(rng.choice(BALLS))
            ball = parts.at(Sphere(size), 0, 0, 0)
            found.append(
                parts.solid(
                    f"ball-{k}", key, stuff, [ball], position=parts.vector(spot), dynamic=True
                )
            )
        return found
