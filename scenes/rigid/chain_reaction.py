"""A ball, dominoes and a finish: one thing sets off the next."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import GAP, PALETTES, band, body, colors, fixed, quat, vec, yaw
from simgen.shapes import bowling_pin, can, channel, cup
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words


def _moved(item: RigidBody, to: Array, angle: float) -> RigidBody:
    """The body turned by `angle` [rad] about z at the origin, then shifted by `to` [m]."""
    turn = yaw(angle)
    return replace(
        item,
        position=vec(to + rotate(turn, item.position)),
        quaternion=quat(multiply(turn, item.quaternion)),
    )


class ChainReaction(SceneTemplate):
    """A ball runs down a chute into dominoes; the last knocks a ball into pins, cans or cups."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a ball rolls down a chute towards|a rolling ball is sent at|a {ball} ball runs "
            "towards] a curved row of dominoes"
        ),
        setup=(
            "a plywood chute with a {ball} ball on it stands in front of a curved row of "
            "{dominoes growing domino/growing dominoes}, followed by another ball and {target}"
        ),
        event=(
            "[the ball rolls down the chute towards the first domino|the ball on the chute is "
            "let go]"
        ),
        parameters=(
            "a ball of {ball}, radius {ball_radius}, on a chute sloping {slope}; {dominoes} "
            "dominoes of {domino}, the first {height} tall, each {growth} times as tall as the "
            "one before, around a bend of {bend}; then {target}"
        ),
        terms={
            "target": {
                "pins": "six small pins",
                "cans": "six cans",
                "cups": "six upturned cups",
                "blocks": "six blocks",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.7, 0.3)]
    camera_elevation: Annotated[Radian, Uniform(0.4, 0.75)]
    bend: Annotated[Radian, Uniform(0.7, 1.7)]
    """How far the row of dominoes turns, towards the back."""
    slope: Annotated[Radian, Uniform(0.5, 0.8)]
    """Of the chute."""
    ball_radius: Annotated[Metre, Uniform(0.032, 0.042)]
    dominoes: Annotated[int, Integers(6, 8)]
    growth: Annotated[Ratio, Uniform(1.02, 1.1, held_out=(1.08, 1.1))]
    """Each domino over the one before."""
    height: Annotated[Metre, Uniform(0.12, 0.15)]
    """Of the first domino."""
    target: Annotated[str, Choice("pins", "cans", "cups", "blocks")]
    ball: Annotated[str, Choice("metal/steel", "metal/brass", "stone/granite")]
    domino: Annotated[str, Choice("wood/beech", "wood/oak", "plastic/abs")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        paint = colors(key.child("colors"), self.palette, self.dominoes + 12)
        elements, x = self._chute(key)
        row, end, tall = self._row(key, x, paint)
        elements += row
        runner, x = self._runner(key, tall, paint[-1])
        finish = [runner, *self._target(key, x + 0.035, paint[self.dominoes :])]
        finish = [_moved(b, end, self.bend) for b in finish]
        elements += finish
        places = np.array([b.position for b in (*row, *finish)])
        far = end + (x + 0.22) * np.array([math.cos(self.bend), math.sin(self.bend), 0.0])
        side = 0.12
        low = float(elements[0].position[0]) - 0.09
        high = float(elements[1].position[2]) + 1.5 * self.ball_radius
        focus = Focus(
            lower=(low, -side, 0.0),
            upper=(
                max(float(places[:, 0].max()), float(far[0])) + 0.06,
                max(float(places[:, 1].max()), float(far[1])) + 0.02,
                0.75 * max(high, tall),
            ),
        )
        return self.stage(key, elements, focus=focus)

    def _chute(self, key: Key) -> tuple[list[RigidBody], float]:
        """A tilted channel on a post with a ball half-way up, and where its mouth is."""
        r, length = self.ball_radius, 0.26
        geometry = channel(length=length, width=2.3 * r, height=0.9 * r, thickness=0.004)
        turn = from_axis_angle((0, 1, 0), self.slope)
        down = np.array([math.cos(self.slope), 0.0, -math.sin(self.slope)])
        normal = np.array([math.sin(self.slope), 0.0, math.cos(self.slope)])
        mouth = np.array([-0.4, 0.0, 0.012])
        middle = mouth - down * length / 2
        at = middle - down * 0.08 + normal * (r + GAP)
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
    ) -> tuple[list[RigidBody], Array, float]:
        """Dominoes that grow along an arc; the far face of the last and its height [m]."""
        made: list[RigidBody] = []
        h = self.height
        at, face = np.array([x + 0.02, 0.0, 0.0]), np.zeros(3)
        for i in range(self.dominoes):
            t, w = 0.15 * h, 0.5 * h
            angle = self.bend * i / (self.dominoes - 1)
            ahead = np.array([math.cos(angle), math.sin(angle), 0.0])
            middle = at + ahead * (t / 2)
            made.append(
                body(
                    key,
                    f"domino_{i:02d}",
                    Box((t, w, h)),
                    self.domino,
                    position=(middle[0], middle[1], h / 2 + GAP / 5),
                    quaternion=yaw(angle),
                    color=paint[i],
                )
            )
            face = at + ahead * t
            at = at + ahead * 0.55 * h
            h *= self.growth
        return made, face, h / self.growth

    def _runner(
        self, key: Key, tall: float, color: tuple[float, float, float]
    ) -> tuple[RigidBody, float]:
        """A ball waiting where the last domino falls, `tall` [m]; and where the ball ends."""
        r = min(0.36 * tall, 0.06)
        at = 0.4 * tall + r
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
