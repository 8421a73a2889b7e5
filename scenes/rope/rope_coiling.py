"""A rope that is let down on a table lays itself in coils."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule
from simgen.key import Key
from simgen.scene import Element, RigidBody, Scene, Shape
from simgen.scenes.rope._parts import ROPES, body, path, rope, smooth, solid
from simgen.shapes import open_box, plate
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Ratio


class RopeCoiling(SceneTemplate):
    """A rope that is let down on a table lays itself in coils."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")

    length: Annotated[Metre, Uniform(0.95, 1.2)]
    """Of the rope that hangs at the start."""
    share: Annotated[Ratio, Uniform(0.8, 0.92)]
    """Of that length that is let down."""
    slant: Annotated[Metre, Uniform(0.0, 0.12)]
    """Way of the hand to the side meanwhile."""
    circle: Annotated[Metre, Uniform(0.0, 0.04)]
    """Radius the hand turns on."""
    turns: Annotated[Ratio, Uniform(1.0, 4.0)]
    """Of the hand on that circle."""
    ground: Annotated[str, Choice("table", "plate", "floor", "box")]
    height: Annotated[Metre, Uniform(0.03, 0.08)]
    """Of the table."""
    table_material: Annotated[
        str, Choice("wood/oak", "wood/walnut", "stone/marble", "plastic/abs", "metal/aluminium")
    ]
    rope_material: Annotated[str, Choice(*ROPES, "rubber/neoprene")]
    rope_radius: Annotated[Metre, Uniform(0.013, 0.018)]
    hand_material: Annotated[str, Choice("wood/beech", "plastic/abs", "metal/brass")]

    def build(self, key: Key) -> Scene:
        level, ground = self._ground(key)
        foot = level + self.rope_radius + 4e-3
        top = foot + self.length
        rng = key.child("bend").rng()
        phase, wave = float(rng.uniform(0, 2 * math.pi)), 0.006
        s = np.linspace(0.0, 1.0, 400)
        curve: Array = np.stack(
            [
                wave * np.cos(phase + 9.0 * s) * s * (1 - s) * 4,
                wave * np.sin(phase + 9.0 * s) * s * (1 - s) * 4,
                top + (foot - top) * s,
            ],
            axis=1,
        )
        cord = rope(
            key,
            path(curve),
            self.rope_radius,
            self.rope_material,
            ties=[(0, "hand"), (1, "hand")],
        )
        props: list[Element] = [*ground, self._hand(key, top), cord]
        wide = 0.24
        return self.stage(
            key, props, focus=Focus(lower=(-wide, -wide, 0.0), upper=(wide, wide, 0.97 * top))
        )

    def _hand(self, key: Key, top: float) -> RigidBody:
        """A handle that goes down, steadily after a soft start, and turns on a small circle."""
        end = self.duration
        times = np.linspace(0.0, end + 0.1, 200)
        soon = 0.15
        way = np.where(times < soon, times**2 / (2 * soon), times - soon / 2)
        way *= self.share * self.length / (end - soon / 2)
        grow = np.clip(times / 0.3, 0, 1)
        angle = 2 * math.pi * self.turns * times / end
        route = np.stack(
            [
                self.slant * times / end + self.circle * grow * np.sin(angle),
                self.circle * grow * (1 - np.cos(angle)),
                top + 0.02 - way,
            ],
            axis=1,
        )
        grip: Shape = solid(key.child("hand"), Capsule(0.025, 0.09), self.hand_material,
                     quaternion=(math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0))  # fmt: skip
        return body(
            "hand", grip, position=route[0], motion="kinematic", keyframes=smooth(times, route)
        )

    def _ground(self, key: Key) -> tuple[float, list[RigidBody]]:
        """What the rope is laid on, and the height of its top."""
        where = key.child("ground")
        match self.ground:
            case "table":
                slab = solid(where, Box((0.6, 0.5, self.height)), self.table_material)
                at = (0.0, 0.0, self.height / 2)
                return self.height, [body("table", slab, position=at, motion="static")]
            case "plate":
                dish = solid(where, plate(radius=0.24), "ceramic/porcelain")
                return 0.012, [body("plate", dish, motion="static")]
            case "box":
                crate = solid(where, open_box(size=(0.42, 0.42, 0.16)), self.table_material)
                return 0.014, [body("box", crate, motion="static")]
            case _:
                return 0.0, []
