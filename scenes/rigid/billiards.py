"""Balls on a cushioned table."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, random
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rigid._things import GAP, Color, band, body, fixed, rolling
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

BALLS: tuple[Color, ...] = (
    (0.9, 0.68, 0.08),
    (0.07, 0.2, 0.55),
    (0.75, 0.1, 0.09),
    (0.3, 0.12, 0.42),
    (0.9, 0.38, 0.08),
    (0.05, 0.36, 0.2),
    (0.42, 0.07, 0.09),
    (0.04, 0.04, 0.05),
)
CLOTHS: tuple[Color, ...] = (
    (0.05, 0.33, 0.2),
    (0.06, 0.24, 0.42),
    (0.42, 0.06, 0.1),
    (0.1, 0.3, 0.33),
)
IVORY: Color = (0.94, 0.92, 0.85)


class Billiards(SceneTemplate):
    """A cue ball breaks a rack or runs into scattered balls between the cushions of a table."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a cue ball is shot at|a white ball rolls towards|the cue ball runs towards] "
            "{rack.short} billiard balls"
        ),
        setup="{rack} on a small billiard table covered with {bed.colour} felt",
        event="{shot}",
        parameters=(
            "balls of {ball.material}, radius {radius}, on a field {length} by {0.52*length:m} "
            "between cushions of {cushion} in a frame of {frame}; the cue ball is shot at about "
            "{speed}"
        ),
        terms={
            "rack": {
                "triangle": "coloured billiard balls are racked in a triangle",
                "diamond": "coloured billiard balls are racked in a diamond",
                "scatter": "coloured billiard balls lie scattered",
            },
            "rack.short": {
                "triangle": "a triangle of",
                "diamond": "a diamond of",
                "scatter": "scattered",
            },
            "shot": {
                "rolling": "[the white cue ball rolls|a white cue ball is shot] towards them",
                "cue": (
                    "[a wooden cue pushes the white cue ball|the white cue ball is struck with "
                    "a wooden cue] towards them"
                ),
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]
    camera_elevation: Annotated[Radian, Uniform(0.45, 0.85)]
    rack: Annotated[str, Choice("triangle", "diamond", "scatter")]
    balls: Annotated[int, Integers(6, 15)]
    """Object balls; a triangle or a diamond takes as many whole rows as they fill."""
    radius: Annotated[Metre, Uniform(0.024, 0.032)]
    length: Annotated[Metre, Uniform(0.85, 1.2, held_out=(1.12, 1.2))]
    """Of the playing field."""
    speed: Annotated[MetrePerSecond, Uniform(2.0, 4.5)]
    aim: Annotated[Radian, Uniform(-0.06, 0.06)]
    follow: Annotated[Ratio, Uniform(-0.8, 1.2)]
    """Spin over that of rolling: below 0 draws the ball back, above 1 follows."""
    shot: Annotated[str, Choice("rolling", "cue")]
    cushion: Annotated[str, Choice("rubber/natural", "rubber/neoprene")]
    frame: Annotated[str, Choice("wood/oak", "wood/beech", "wood/pine")]

    def build(self, key: Key) -> Scene:
        r, length = self.radius, self.length
        wide = 0.52 * length
        places = self._places(key, wide)
        height = 0.06
        elements = [
            self._ball(
                key,
                f"ball_{i:02d}",
                BALLS[i % 8],
                i >= 8,
                place + np.array([0.0, 0.0, height + r + GAP / 5]),
            )
            for i, place in enumerate(places)
        ]
        elements += self._shot(key, height)
        elements += self._table(key, wide, height)
        half = np.array([length / 2 + 0.03, wide / 2 + 0.03])
        focus = Focus(lower=(-half[0], -half[1], 0.0), upper=(half[0], half[1], height + 3 * r))
        return self.stage(key, elements, focus=focus)

    def _ball(self, key: Key, name: str, color: Color, striped: bool, at: Array) -> RigidBody:
        turn = random(key.child(name, "turn").rng())
        belt = (
            BALLS[int(key.child(name, "belt").rng().integers(7))] if name == "cue_ball" else IVORY
        )
        width = 0.9 if striped else 0.22
        return body(
            key,
            name,
            Sphere(self.radius),
            "plastic/phenolic",
            position=at,
            quaternion=turn,
            color=color,
            trim=(band(key.child(name), self.radius, "plastic/phenolic", belt, width=width),),
        )

    def _places(self, key: Key, wide: float) -> list[Array]:
        r, gap = self.radius, 2 * self.radius + GAP
        spot = 0.16 * self.length
        if self.rack == "scatter":
            return self._scatter(key, wide)
        rows = int((math.sqrt(8 * self.balls + 1) - 1) / 2)
        counts = list(range(1, rows + 1))
        if self.rack == "diamond":
            side = max(2, math.isqrt(self.balls))
            counts = [*range(1, side + 1), *range(side - 1, 0, -1)]
        found = [
            np.array([spot + row * gap * math.sqrt(3) / 2, (i - (n - 1) / 2) * gap, 0.0])
            for row, n in enumerate(counts)
            for i in range(n)
        ]
        excess = found[-1][0] - (self.length / 2 - 2.5 * r)
        return [p - [max(0.0, excess), 0, 0] for p in found]

    def _scatter(self, key: Key, wide: float) -> list[Array]:
        """Random places apart from each other and from the cue ball's."""
        rng, r = key.child("scatter").rng(), self.radius
        found: list[Array] = [np.array([-0.32 * self.length, 0.0, 0.0])]
        for _ in range(4000):
            if len(found) > self.balls:
                break
            p = np.array(
                [
                    rng.uniform(-0.22 * self.length, self.length / 2 - 1.3 * r),
                    rng.uniform(-1, 1) * (wide / 2 - 1.3 * r),
                    0.0,
                ]
            )
            if all(np.linalg.norm(p - q) > 2.15 * r for q in found):
                found.append(p)
        return found[1:]

    def _shot(self, key: Key, height: float) -> list[RigidBody]:
        r = self.radius
        start = np.array([-0.32 * self.length, 0.0, height + r + GAP / 5])
        ahead = np.array([math.cos(self.aim), math.sin(self.aim), 0.0])
        velocity = self.speed * ahead
        ball = self._ball(key, "cue_ball", IVORY, False, start)
        if self.shot == "rolling":
            moving = RigidBody(
                name=ball.name,
                shapes=ball.shapes,
                position=ball.position,
                quaternion=ball.quaternion,
                velocity=(float(velocity[0]), float(velocity[1]), 0.0),
                angular_velocity=rolling(velocity, r, spin=self.follow),
            )
            return [moving]
        return [ball, self._cue(key, start, ahead)]

    def _cue(self, key: Key, start: Array, ahead: Array) -> RigidBody:
        """A stick that meets the ball after 0.1 s at about half its speed and draws back."""
        r, tip, span = self.radius, 0.0065, 0.5 * self.length
        push = 0.55 * self.speed
        lift = 0.13
        axis = np.array([ahead[0] * math.cos(lift), ahead[1] * math.cos(lift), -math.sin(lift)])
        touch = start - axis * (r + tip + span / 2) + np.array([0, 0, 0.15 * r])
        way = np.array([-0.1 * push, 0.004, 0.004, -0.22])
        times = np.array([0.0, 0.1 + 0.004 / push, 0.12 + 0.004 / push, 0.6])
        path = touch + np.outer(way, axis)
        side = np.cross((0.0, 0.0, 1.0), axis)
        turn = from_axis_angle(side, math.acos(float(np.clip(axis[2], -1, 1))))
        return body(
            key,
            "cue",
            Capsule(tip, span),
            "wood/beech",
            position=path[0],
            quaternion=turn,
            color=(0.72, 0.5, 0.28),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )

    def _table(self, key: Key, wide: float, height: float) -> list[RigidBody]:
        cloth = CLOTHS[int(key.child("cloth").rng().integers(len(CLOTHS)))]
        r, rail, edge = self.radius, 0.03, 0.045
        top = height + 1.35 * r
        x, y = self.length / 2, wide / 2
        bed = Box((self.length + 2 * rail, wide + 2 * rail, height))
        found = [fixed(key, "bed", bed, "textile/felt", position=(0, 0, height / 2), color=cloth)]
        sides = (
            ("left", (-1, 0), (rail, wide + 2 * rail)),
            ("right", (1, 0), (rail, wide + 2 * rail)),
            ("front", (0, -1), (self.length, rail)),
            ("back", (0, 1), (self.length, rail)),
        )
        for name, (sx, sy), size in sides:
            at = (sx * (x + rail / 2), sy * (y + rail / 2), (height + top) / 2)
            geometry = Box((*size, top - height))
            found.append(
                fixed(key, f"cushion_{name}", geometry, self.cushion, position=at, color=cloth)
            )
            long = (edge, wide + 2 * rail + 2 * edge) if sx else (self.length + 2 * rail, edge)
            out = (sx * (x + rail + edge / 2), sy * (y + rail + edge / 2), (top + 0.004) / 2)
            geometry = Box((*long, top + 0.004))
            found.append(fixed(key, f"rail_{name}", geometry, self.frame, position=out))
        return found
