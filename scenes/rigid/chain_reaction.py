"""A ball, dominoes and a finish: one thing sets off the next."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import GAP, PALETTES, band, body, colors, fixed, vec
from simgen.shapes import bowling_pin, can, channel, cup
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio


class ChainReaction(SceneTemplate):
    """A ball runs down a chute into dominoes; the last knocks a ball into pins, cans or cups."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")

    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    slope: Annotated[Radian, Uniform(0.5, 0.8)]
    """Of the chute."""
    ball_radius: Annotated[Metre, Uniform(0.024, 0.034)]
    dominoes: Annotated[int, Integers(5, 8)]
    growth: Annotated[Ratio, Uniform(1.0, 1.14, held_out=(1.1, 1.14))]
    """Each domino over the one before."""
    height: Annotated[Metre, Uniform(0.085, 0.11)]
    """Of the first domino."""
    target: Annotated[str, Choice("pins", "cans", "cups", "blocks")]
    ball: Annotated[str, Choice("metal/steel", "metal/brass", "stone/granite")]
    domino: Annotated[str, Choice("wood/beech", "wood/oak", "plastic/abs")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        paint = colors(key.child("colors"), self.palette, self.dominoes + 12)
        elements, x = self._chute(key)
        row, x, tall = self._row(key, x, paint)
        elements += row
        runner, x = self._runner(key, x, tall, paint[-1])
        elements.append(runner)
        elements += self._target(key, x + 0.06, paint[self.dominoes :])
        low = float(elements[0].position[0]) - 0.12
        high = float(elements[1].position[2]) + 1.5 * self.ball_radius
        focus = Focus(lower=(low, -0.12, 0.0), upper=(x + 0.36, 0.12, max(high, 1.05 * tall)))
        return self.stage(key, elements, focus=focus)

    def _chute(self, key: Key) -> tuple[list[RigidBody], float]:
        """A tilted channel on a post with a ball half-way up, and where its mouth is."""
        r, length = self.ball_radius, 0.32
        geometry = channel(length=length, width=2.3 * r, height=0.9 * r, thickness=0.004)
        turn = from_axis_angle((0, 1, 0), self.slope)
        down = np.array([math.cos(self.slope), 0.0, -math.sin(self.slope)])
        normal = np.array([math.sin(self.slope), 0.0, math.cos(self.slope)])
        mouth = np.array([-0.45, 0.0, 0.012])
        middle = mouth - down * length / 2
        at = middle - down * 0.06 + normal * (r + GAP)
        velocity = 0.5 * down
        made = [
            fixed(key, "chute", geometry, "wood/birch_plywood", position=middle, quaternion=turn),
            body(
                key,
                "ball",
                Sphere(r),
                self.ball,
                position=at,
                velocity=velocity,
                angular_velocity=vec(np.cross(normal, velocity) / r),
            ),
        ]
        top = middle - down * 0.1
        post = Box((0.012, 2.4 * r, float(top[2]) - 0.012))
        post_at = (float(top[0]), 0.0, (float(top[2]) - 0.012) / 2)
        made.append(fixed(key, "post", post, "wood/oak", position=post_at))
        return made, float(mouth[0]) + 0.05

    def _row(
        self, key: Key, x: float, paint: list[tuple[float, float, float]]
    ) -> tuple[list[RigidBody], float, float]:
        """Dominoes that may grow; where the row ends and how tall it got."""
        made: list[RigidBody] = []
        h = self.height
        x += 0.02
        for i in range(self.dominoes):
            t, w = 0.15 * h, 0.5 * h
            made.append(
                body(
                    key,
                    f"domino_{i:02d}",
                    Box((t, w, h)),
                    self.domino,
                    position=(x + t / 2, 0, h / 2 + GAP / 5),
                    color=paint[i],
                )
            )
            x += 0.55 * h
            h *= self.growth
        last = h / self.growth
        return made, x - 0.55 * last + 0.15 * last, last

    def _runner(
        self, key: Key, x: float, tall: float, color: tuple[float, float, float]
    ) -> tuple[RigidBody, float]:
        """A ball waiting where the last domino falls."""
        r = min(0.33 * tall, 0.045)
        at = x + 0.45 * tall + r
        runner = body(
            key,
            "runner",
            Sphere(r),
            "plastic/phenolic",
            position=(at, 0, r + GAP / 5),
            color=color,
            trim=(band(key.child("band"), r, "plastic/abs", (0.95, 0.93, 0.88), width=0.4),),
        )
        return runner, at + r

    def _target(
        self, key: Key, x: float, paint: list[tuple[float, float, float]]
    ) -> list[RigidBody]:
        """A triangle of six light things, point first."""
        makes = {
            "pins": (bowling_pin(height=0.15), "wood/balsa", 0.072, 0.0),
            "cans": (can(radius=0.03, height=0.09), "plastic/polystyrene_foam", 0.075, 0.0),
            "cups": (
                cup(radius=0.033, height=0.09, thickness=0.002, wedges=8),
                "paper/cardboard",
                0.08,
                0.09,
            ),
            "blocks": (Box((0.03, 0.045, 0.11)), "wood/balsa", 0.07, 0.055),
        }
        geometry, stuff, pitch, lift = makes[self.target]
        flip = (0.0, 1.0, 0.0, 0.0) if self.target == "cups" else (1.0, 0.0, 0.0, 0.0)
        spots = [(row, k - row / 2) for row in range(3) for k in range(row + 1)]
        return [
            body(
                key,
                f"{self.target[:-1]}_{i}",
                geometry,
                stuff,
                position=(x + row * 0.87 * pitch, side * pitch, lift + GAP / 2),
                quaternion=multiply((1.0, 0.0, 0.0, 0.0), flip),
                color=paint[i],
            )
            for i, (row, side) in enumerate(spots)
        ]
