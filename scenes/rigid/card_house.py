"""A house of cards."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import PALETTES, body, colors, rolling
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

HAIR = 1e-4
"""Clearance between cards [m]: a house cannot fall far before it stands."""


class CardHouse(SceneTemplate):
    """A house of leaning boards stands for a moment, is struck by small balls and comes down."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[small balls are thrown and rolled at|a small ball flies towards|red balls "
            "approach] a house of {card} boards"
        ),
        setup="there is a house of leaning {card} boards, {storeys storey/storeys} high",
        event=(
            "[a small red ball is thrown at it, and two more roll towards it from both sides|a "
            "red ball flies towards the house while two others roll up from the left and the "
            "right]"
        ),
        parameters=(
            "{storeys} storeys of boards of {card}, {height} tall and {thickness*height:m} "
            "thick, leaning {lean} from upright; a ball of natural rubber is thrown at {speed}, "
            "two more roll at {0.5*speed:m/s}"
        ),
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    storeys: Annotated[int, Integers(3, 4)]
    height: Annotated[Metre, Uniform(0.18, 0.26)]
    """Of a card."""
    lean: Annotated[Radian, Uniform(0.26, 0.38)]
    """Of a card from upright; a pair stands while friction > tan(lean) / 2."""
    thickness: Annotated[Ratio, Uniform(0.025, 0.045)]
    """Over the height."""
    speed: Annotated[MetrePerSecond, Uniform(1.5, 2.5)]
    angle: Annotated[Radian, Uniform(-0.9, 0.9)]
    aim: Annotated[Ratio, Uniform(0.15, 0.9, held_out=(0.8, 0.9))]
    """Height of the hit, over the house's."""
    card: Annotated[str, Choice("wood/birch_plywood", "wood/balsa", "paper/cardboard", "wood/cork")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        h, t = self.height, self.thickness * self.height
        wide = 0.7 * h
        out = h / 2 * math.sin(self.lean) + t / 2 * math.cos(self.lean)
        up = h / 2 * math.cos(self.lean) + t / 2 * math.sin(self.lean)
        pitch = 4 * out + 0.25 * h
        storey = 2 * up + t + 2 * HAIR
        total = self.storeys * (self.storeys + 1)
        paint = colors(key.child("colors"), self.palette, total + 10)
        plain = self.card != "plastic/abs" and self.palette == "ivory"
        elements: list[RigidBody] = []

        def add(name: str, box: Box, at: tuple[float, float, float], lean: float) -> None:
            elements.append(
                body(
                    key,
                    name,
                    box,
                    self.card,
                    position=at,
                    quaternion=from_axis_angle((0, 1, 0), lean),
                    color=None if plain else paint[len(elements)],
                )
            )

        for level in range(self.storeys):
            count = self.storeys - level
            z = level * storey + HAIR
            for i in range(count):
                x = (i - (count - 1) / 2) * pitch
                for side in (-1, 1):
                    place = (x + side * (out + HAIR / 2), 0.0, z + up)
                    add(f"card_{level}_{i}_{side + 1}", Box((t, wide, h)), place, -side * self.lean)
            for i in range(count - 1):
                x = (i - (count - 2) / 2) * pitch
                floor = Box((pitch - HAIR, wide, t))
                add(f"floor_{level}_{i}", floor, (x, 0.0, z + 2 * up + HAIR + t / 2), 0.0)
        half, high = self.storeys * pitch / 2, self.storeys * storey
        elements += [self._ball(key, high, wide), *self._late(key, half, wide)]
        focus = Focus(
            lower=(-half - 0.4 * h, -1.4 * wide, 0.0), upper=(half + 0.4 * h, 1.4 * wide, high)
        )
        return self.stage(key, elements, focus=focus)

    def _late(self, key: Key, half: float, wide: float) -> list[RigidBody]:
        """Balls that roll into the house from both sides, the second when it lies on the floor."""
        found: list[RigidBody] = []
        r, slow = 0.2 * self.height, 0.5 * self.speed
        for name, side, delay in (("second", -1.0, 0.4), ("third", 1.0, 0.8)):
            y = float(key.child(name).rng().uniform(-0.3, 0.3)) * wide
            velocity = np.array([-side * slow, 0.0, 0.0])
            at = (side * (half + slow * delay), y, r + HAIR)
            found.append(
                body(
                    key,
                    f"{name}_ball",
                    Sphere(r),
                    "rubber/natural",
                    position=at,
                    velocity=velocity,
                    angular_velocity=rolling(velocity, r),
                    color=(0.76, 0.16, 0.13),
                )
            )
        return found

    def _ball(self, key: Key, high: float, wide: float) -> RigidBody:
        """Thrown so that it meets the house after about 0.2 s."""
        r, delay = 0.17 * self.height, 0.2
        flat = np.array([math.sin(self.angle), math.cos(self.angle), 0.0])
        target = np.array([0.0, 0.0, max(self.aim * high, 1.2 * r)])
        start = target - flat * (self.speed * delay + wide / 2 + r)
        start[2] += 0.5 * 9.81 * delay**2
        return body(
            key,
            "ball",
            Sphere(r),
            "rubber/natural",
            position=start,
            velocity=self.speed * flat,
            color=(0.76, 0.16, 0.13),
        )
