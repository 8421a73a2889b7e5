"""A passenger on a swing is let go from high up, and may run into a tower of blocks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Box, Capsule, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Element, RigidBody, Scene
from simgen.scenes.rope._parts import ALONG_Y, ROPES, body, gantry, quat, rope, solid, vec
from simgen.shapes import bevelled_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

_THICK = 0.03
"""Of the seat [m]."""


class RopeSwing(SceneTemplate):
    """A passenger on a swing is let go from high up, and may run into a tower of blocks."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short="{passenger.short} is let go [from high up|at the side|after being pulled aside]",
        setup="{passenger} is held up to the side below a {frame_material} frame{tower}",
        event="[the swing is let go|nothing holds the swing back any more]",
        parameters=(
            "{passenger} on a {rope_material}, radius {rope_radius}, from a beam {height} high, "
            "raised by {angle} from hanging{tower}"
        ),
        terms={
            "passenger": {
                "box": "a rope swing with a {passenger_material} box on its {seat_material} seat",
                "ball": "a rope swing with a {passenger_material} ball on its {seat_material} seat",
                "doll": "a rope swing with a {passenger_material} doll on its {seat_material} seat",
                "nobody": "an empty rope swing with a {seat_material} seat",
            },
            "passenger.short": {
                "box": "a swing with a box on it",
                "ball": "a swing with a ball on it",
                "doll": "a swing with a doll on it",
                "nobody": "an empty swing",
            },
            "tower": {"<1": "", "*": ", with {tower.count} in its way"},
            "tower.count": {"1": "one wooden block", "*": "a stack of wooden blocks"},
        },
    )

    height: Annotated[Metre, Uniform(1.1, 1.35)]
    """Of the beam over the floor."""
    clearance: Annotated[Metre, Uniform(0.12, 0.2)]
    """Of the seat over the floor where it hangs at rest."""
    angle: Annotated[Radian, Uniform(0.6, 1.0)]
    """Of the ropes from the vertical at the start."""
    seat: Annotated[Metre, Uniform(0.26, 0.34)]
    """Length of the seat, along the swing and across."""
    passenger: Annotated[str, Choice("box", "ball", "doll", "nobody")]
    passenger_material: Annotated[
        str, Choice("wood/beech", "rubber/natural", "plastic/abs", "textile/felt")
    ]
    tower: Annotated[int, Integers(0, 5)]
    """Blocks in the way of the swing."""
    tower_place: Annotated[Ratio, Uniform(0.15, 0.5)]
    """Place of the tower in units of the ropes' length."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.014, 0.018)]
    frame_material: Annotated[str, Choice("wood/oak", "wood/pine", "metal/steel", "plastic/pvc")]
    seat_material: Annotated[str, Choice("wood/oak", "wood/walnut", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        turn = from_axis_angle((0, 1, 0), -side * self.angle)
        length = self.height - self.clearance - _THICK
        top = np.array([0.0, 0.0, self.height])
        middle = top + rotate(turn, [0.0, 0.0, -length - _THICK / 2])
        wide = length * math.sin(self.angle) + 0.75 * self.seat
        props: list[Element] = [self._frame(key, wide + 0.02)]
        seat = Box((self.seat, self.seat, _THICK))
        props.append(
            body(
                "seat",
                solid(key.child("seat"), seat, self.seat_material),
                position=middle,
                quaternion=quat(turn),
            )
        )
        for i, corner in enumerate(((-1, -1), (1, -1), (-1, 1), (1, 1))):
            props.append(self._rope(key, i, corner, turn, middle))
        props += self._passenger(key, middle, turn)
        props += self._tower(key, -side * self.tower_place * length)
        turning = self.height - length * math.cos(self.angle) - 0.5 * self.seat
        return self.stage(
            key,
            props,
            focus=Focus.around(
                corners((-wide, -0.3, turning), (wide, 0.3, self.height + 0.06)),
                corners((-0.6 * wide, -0.3, 0.0), (0.6 * wide, 0.3, 0.0)),
            ),
        )

    def _rope(self, key: Key, number: int, corner: tuple[int, int], turn: Array, middle: Array):
        """One of the four ropes, from the beam to a corner of the seat."""
        inset = self.seat / 2 - 0.02
        y = corner[1] * inset
        low = middle + rotate(turn, [corner[0] * inset, y, _THICK / 2 + 1.2 * self.rope_radius])
        high = np.array([0.0, y, self.height - 0.03 - self.rope_radius])
        high[0] = 1.6 * corner[0] * self.rope_radius
        line = high + np.linspace(0.0, 1.0, 20)[:, None] * (low - high)
        step = 2.6 * self.rope_radius
        return rope(
            key,
            line,
            self.rope_radius,
            self.rope_material,
            name=f"rope_{number}",
            first="frame",
            last="seat",
            step=max(step, 0.04),
        )

    def _frame(self, key: Key, wide: float) -> RigidBody:
        """A gantry whose posts stand outside the swing, with a round beam across it."""
        stuff = self.frame_material
        beam = solid(key, Capsule(0.03, self.seat + 0.08), stuff, position=(0, 0, self.height),
                     quaternion=ALONG_Y)  # fmt: skip
        frame = gantry(key, 2 * wide, self.height + 0.025, stuff)
        return body("frame", beam, *frame.shapes, motion="static")

    def _passenger(self, key: Key, middle: Array, turn: Array) -> list[RigidBody]:
        """What sits on the seat."""
        where = key.child("passenger")
        lift = _THICK / 2 + 1e-3
        match self.passenger:
            case "box":
                size = 0.17
                shapes = [solid(where, bevelled_box(size=(size, size, size), bevel=0.01),
                                self.passenger_material)]  # fmt: skip
                lift += size / 2
            case "ball":
                shapes = [solid(where, Sphere(0.08), self.passenger_material)]
                lift += 0.08
            case "doll":
                shapes = [
                    solid(where, bevelled_box(size=(0.12, 0.16, 0.16), bevel=0.02),
                          self.passenger_material),
                    solid(where.child("head"), Sphere(0.055), "wood/beech",
                          position=(0, 0, 0.125)),
                ]  # fmt: skip
                lift += 0.08
            case _:
                return []
        at = middle + rotate(turn, [0.0, 0.0, lift])
        return [body("passenger", *shapes, position=at, quaternion=quat(turn), mass=1.2)]

    def _tower(self, key: Key, x: float) -> list[RigidBody]:
        """A stack of light blocks."""
        edge, found = 0.1, list[RigidBody]()
        for i in range(self.tower):
            where = key.child("block", i)
            block = solid(
                where, bevelled_box(size=(edge, 1.6 * edge, edge), bevel=0.005), "wood/pine"
            )
            at = vec((x, 0.0, (i + 0.5) * (edge + 4e-4) + 4e-4))
            found.append(body(f"block_{i}", block, position=at, mass=0.25))
        return found
