"""A rope that a circling hand lets down lays itself in coils."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Box, Capsule
from simgen.key import Key
from simgen.scene import Element, Keyframes, RigidBody, Scene, Shape
from simgen.scenes.rope._parts import ROPES, body, path, rope, solid
from simgen.shapes import open_box, plate
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words


class RopeCoiling(SceneTemplate):
    """A rope that a circling hand lets down lays itself in coils."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "a {rope_material} is [let down in circles|lowered, its upper end circling,|paid "
            "out from above] onto {ground.short}"
        ),
        setup="a {rope_material} hangs straight down from above, its end just over {ground}",
        event=(
            "[the rope is let down while its upper end circles|from above a circling handle "
            "lowers the rope]"
        ),
        parameters=(
            "a {rope_material}, radius {rope_radius} and {length} long, let down by {share} of "
            "its length from a handle of {hand_material} that circles with a radius of {circle}"
        ),
        terms={
            "ground": {
                "table": "a low {table_material} table",
                "plate": "a porcelain plate",
                "box": "an open {table_material} box",
                "floor": "the ground",
            },
            "ground.short": {
                "table": "a low table",
                "plate": "a plate",
                "box": "the bottom of a box",
                "floor": "the ground",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.35, 0.7)]
    length: Annotated[Metre, Uniform(1.7, 2.1)]
    """Of the rope that hangs at the start."""
    share: Annotated[Ratio, Uniform(0.82, 0.9)]
    """Of that length that is let down."""
    circle: Annotated[Metre, Uniform(0.085, 0.125)]
    """Radius the hand turns on: about that at which ropes bend under their own weight."""
    lay: Annotated[Ratio, Uniform(0.85, 1.1)]
    """Way of the hand around the circle over its way down."""
    ground: Annotated[str, Choice("table", "plate", "floor", "box")]
    height: Annotated[Metre, Uniform(0.03, 0.08)]
    """Of the table."""
    table_material: Annotated[
        str, Choice("wood/oak", "wood/walnut", "stone/marble", "plastic/abs", "metal/aluminium")
    ]
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.012, 0.016)]
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
                self.circle + wave * np.cos(phase + 9.0 * s) * s * (1 - s) * 4,
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
        wide = self.circle + 0.1
        coil = corners((-wide, -wide, 0.0), (wide, wide, level + 0.15))
        return self.stage(key, props, focus=Focus.around(coil, (self.circle, 0.0, level + 0.5)))

    def _hand(self, key: Key, top: float) -> RigidBody:
        """A handle that goes down in a helix, steadily after a soft start."""
        end = self.duration
        times = np.linspace(0.0, end + 0.1, 200)
        soon = 0.15
        way = np.where(times < soon, times**2 / (2 * soon), times - soon / 2)
        way *= self.share * self.length / (end - soon / 2)
        angle = self.lay * way / self.circle
        x, y = self.circle * np.cos(angle), self.circle * np.sin(angle)
        route = np.stack([x, y, top + 0.02 - way], axis=1)
        grip: Shape = solid(key.child("hand"), Capsule(0.025, 0.09), self.hand_material,
                     quaternion=(math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0))  # fmt: skip
        return body(
            "hand",
            grip,
            position=route[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
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
