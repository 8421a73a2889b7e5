"""Ten pins and a ball."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.scene import RigidBody, Scene, Shape
from simgen.scenes.rigid._things import (
    GAP,
    PALETTES,
    band,
    body,
    colors,
    fixed,
    painted,
    rolling,
    shape,
    vec,
)
from simgen.shapes import bowling_pin
from simgen.shapes.build import revolve, round_hull
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words

PIN_SPACING = 0.3048
"""Distance between neighbouring pins [m]: 12 inches."""
LANE = 0.04
"""Height of the lane above the floor [m]."""
BOARD = 0.027
"""Width of the lane's boards [m]: 39 of them across 1.06 m."""


class Bowling(SceneTemplate):
    """A ball rolls or hooks into ten pins; those that fall knock others down."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a bowling ball rolls towards|a ball is bowled at|a {ball.colour} ball rolls down "
            "a lane at] ten {size}pins"
        ),
        setup="ten white {size}bowling pins with red stripes stand in a triangle on a {lane} lane",
        event=(
            "[a {ball.colour} ball rolls down the lane towards them|a {ball.colour} ball is "
            "bowled at them]"
        ),
        parameters=(
            "pins of {pin.material}, {size.numbers} of {ball}, sent down a lane of {lane} at "
            "{size.speed}, spinning at {side_spin} about its way"
        ),
        terms={
            "size": {"0.5": "toy ", "*": ""},
            "size.numbers": {
                "0.5": "0.19 m tall, and a ball of {0.125*ball_mass:kg}",
                "*": "0.381 m tall, and a ball of {ball_mass:kg}",
            },
            "size.speed": {"0.5": "{0.7071*speed:m/s}", "*": "{speed}"},
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(0.3, 1.25)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    speed: Annotated[MetrePerSecond, Uniform(3.5, 7.5, held_out=(6.8, 7.5))]
    offset: Annotated[Metre, Uniform(-0.2, 0.2)]
    """Where the ball would meet the pins' row, across the lane."""
    angle: Annotated[Radian, Uniform(-0.05, 0.05)]
    side_spin: Annotated[RadianPerSecond, Uniform(-25.0, 25.0)]
    """About the direction of travel; the ball hooks."""
    roll: Annotated[Ratio, Uniform(0.2, 1.0)]
    """Share of rolling without slipping at the start."""
    ball_mass: Annotated[float, Uniform(4.0, 7.2)]
    """[kg]."""
    size: Annotated[Ratio, Choice(1.0, 0.5, held_out=(0.5,))]
    """Of the whole set: 1 regulation, 0.5 a toy (masses shrink with its cube)."""
    ball: Annotated[str, Choice("plastic/polyurethane", "plastic/phenolic", "rubber/natural")]
    lane: Annotated[str, Choice("wood/beech", "wood/oak", "wood/pine")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        s = self.size
        spots = [
            (PIN_SPACING * s * (i - row / 2), PIN_SPACING * s * row * math.sqrt(3) / 2)
            for row in range(4)
            for i in range(row + 1)
        ]
        trim = self._collar(key)
        pins = [
            body(
                key,
                f"pin_{i}",
                bowling_pin(height=0.381 * s),
                "wood/beech",
                position=(x, y, LANE * s + GAP),
                color=(0.93, 0.92, 0.88),
                mass=1.55 * s**3,
                trim=(trim,),
            )
            for i, (x, y) in enumerate(spots)
        ]
        bed = Box((1.06 * s, 4.0 * s, LANE * s))
        pit = Box((1.9 * s, 0.12 * s, 0.55 * s))
        lane = fixed(key, "lane", bed, self.lane, position=(0, -0.75 * s, LANE * s / 2))
        (top,) = lane.shapes
        boards = replace(top.look, texture="planks", scale=BOARD * s)
        shades = sorted(PALETTES[self.palette], key=sum)
        dim = min(1.0, 0.6 / max(shades[0]))  # darker than the pins before it
        cloth, edge = vec(dim * np.asarray(shades[0])), shades[-1]
        stripe = Box((1.9 * s, 0.124 * s, 0.06 * s))
        trim = shape(key.child("edge"), stripe, "rubber/foam", color=edge, collides=False,
                     position=(0, 0, 0.2 * s))  # fmt: skip
        elements: list[RigidBody] = [
            *pins,
            self._ball(key),
            replace(lane, shapes=(replace(top, look=boards),)),
            body(
                key,
                "backstop",
                pit,
                "rubber/foam",
                position=(0, 1.75 * s, 0.275 * s),
                color=cloth,
                motion="static",
                trim=(trim,),
            ),
        ]
        focus = Focus.around(
            corners((-0.6 * s, -0.2 * s, 0.0), (0.6 * s, 1.45 * s, 0.42 * s)),
            corners((-0.15 * s, -0.7 * s, 0.0), (0.15 * s, -0.7 * s, 0.22 * s)),
        )
        return self.stage(key, elements, focus=focus)

    def _ball(self, key: Key) -> RigidBody:
        """It starts 0.25 s before the first pin, at most 1.2 m (times size) away."""
        s, r = self.size, 0.1085 * self.size
        speed = self.speed * math.sqrt(s)
        ahead = np.array([math.sin(self.angle), math.cos(self.angle), 0.0])
        away = min(0.22 * speed, 1.2 * s) + r + 0.08 * s
        start = np.array([self.offset * s, 0.0, LANE * s + r + GAP]) - away * ahead
        velocity = speed * ahead
        spin = np.asarray(rolling(velocity, r, spin=self.roll)) + self.side_spin * ahead
        paint = colors(key.child("ball"), self.palette, 2)
        return body(
            key,
            "ball",
            Sphere(r),
            self.ball,
            position=start,
            velocity=velocity,
            angular_velocity=spin,
            color=paint[0],
            mass=self.ball_mass * s**3,
            trim=(band(key.child("band"), r, "plastic/polyurethane", paint[1], width=0.25),),
        )

    def _collar(self, key: Key) -> Shape:
        """The red stripes around a pin's neck, paint that is never touched."""
        s = self.size
        r, z = 0.0247 * s, np.array([0.236, 0.242, 0.262, 0.268]) * s
        profile = [(0.9 * r, z[0]), (1.05 * r, z[1]), (1.02 * r, z[2]), (0.9 * r, z[3])]
        stuff = material("plastic/polyurethane")
        mesh = revolve(profile, hulls=[round_hull(profile)])
        return Shape(
            geometry=mesh,
            material=stuff,
            look=painted(stuff.look(key.child("collar")), (0.72, 0.1, 0.1)),
            position=vec((0, 0, 0)),
            collides=False,
        )
