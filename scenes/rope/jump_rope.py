"""Two hands turn a rope, which sweeps the floor between them."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Capsule, Sphere
from simgen.key import Key
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rope._parts import ROPES, body, rope, sag, solid, vec
from simgen.shapes import bevelled_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Unit
from simgen.words import Words


class JumpRope(SceneTemplate):
    """Two hands turn a rope, which sweeps the floor between them."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short="two handles [turn|swing|whirl] a {rope_material} in circles{toys.short}",
        setup="a {rope_material} hangs in an arc between two {hand_material} handles{toys}",
        event=(
            "[the handles start to turn the rope in circles|circling handles swing the rope around]"
        ),
        parameters=(
            "a {rope_material}, radius {rope_radius}, with a slack of {slack} over the {span} "
            "between handles of {hand_material} that turn {rate} on a circle of radius "
            "{circle}{toys}"
        ),
        terms={
            "toys": {"<1": "", "*": ", with {toy} on the ground near it"},
            "toys.short": {"<1": "", "*": " near {toy}"},
            "toy": {
                "ball": "{toys small ball/small balls}",
                "block": "{toys small block/small blocks}",
            },
        },
    )

    span: Annotated[Metre, Uniform(1.0, 1.3)]
    """Between the hands."""
    slack: Annotated[Ratio, Uniform(0.2, 0.4)]
    """Length of the rope over the span, less one."""
    rate: Annotated[float, Uniform(2.0, 2.7), Unit("1/s")]
    """Turns of the hands at full pace."""
    circle: Annotated[Metre, Uniform(0.1, 0.16)]
    """Radius the hands turn on."""
    phase: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Lead of one hand over the other."""
    clearance: Annotated[Metre, Uniform(-0.03, 0.04)]
    """Of the hanging rope over the floor; negative drags."""
    toys: Annotated[int, Integers(0, 5)]
    """Small things on the floor in the way of the rope."""
    toy: Annotated[str, Choice("ball", "block")]
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.024)]
    hand_material: Annotated[
        str, Choice("wood/beech", "plastic/abs", "wood/walnut", "rubber/natural")
    ]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        length = self.span * (1.0 + self.slack)
        start = np.array([-self.span / 2, 0.0, 0.0])
        depth = -float(sag(start, start * [-1, 1, 1], length)[:, 2].min())
        height = depth + self.rope_radius + self.clearance + self.circle
        if self.clearance < 0:
            height += self.rope_radius  # starts just free of the floor
        hands = [self._hand(key, k, height, side) for k in (0, 1)]
        first, last = (np.asarray(h.position) for h in hands)
        height += max(0.0, self.rope_radius + 2e-3 - float(sag(first, last, length)[:, 2].min()))
        hands = [self._hand(key, k, height, side) for k in (0, 1)]
        first, last = (np.asarray(h.position) for h in hands)
        curve = sag(first + [0.03, 0, 0], last - [0.03, 0, 0], length - 0.06)
        cord = rope(
            key, curve, self.rope_radius, self.rope_material, first="left", last="right", step=0.04
        )
        wide = self.span / 2 + 0.12
        return self.stage(
            key,
            [*hands, cord, *self._toys(key)],
            focus=Focus(lower=(-wide, -0.3, 0.0), upper=(wide, 0.3, 1.8 * height)),
        )

    def _hand(self, key: Key, number: int, height: float, side: float) -> RigidBody:
        """A handle whose end runs a circle about the line between the hands, from its lowest
        point, faster and faster over the first turn."""
        times = np.linspace(0.0, self.duration + 0.1, 240)
        soon = 0.4 / self.rate
        turned = np.where(times < soon, times**2 / (2 * soon), times - soon / 2)
        angle = 2 * math.pi * self.rate * turned + (self.phase if number else 0.0)
        x = (1 if number else -1) * self.span / 2
        route: Array = np.stack(
            [
                np.full(len(times), x),
                side * self.circle * np.sin(angle),
                height - self.circle * np.cos(angle),
            ],
            axis=1,
        )
        grip = solid(key.child("grip", number), Capsule(0.024, 0.1), self.hand_material,
                     position=((0.05 if number else -0.05), 0, 0),
                     quaternion=(math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0))  # fmt: skip
        name = "right" if number else "left"
        return body(
            name,
            grip,
            position=route[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
        )

    def _toys(self, key: Key) -> list[RigidBody]:
        """Things that the rope sweeps away."""
        rng = key.child("toys").rng()
        found: list[RigidBody] = []
        for i in range(self.toys):
            where = key.child("toy", i)
            x = (i - (self.toys - 1) / 2) * 0.16 + float(rng.uniform(-0.03, 0.03))
            y = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.07, 0.15))
            if self.toy == "ball":
                part, z = solid(where, Sphere(0.045), "plastic/abs"), 0.045
            else:
                block = bevelled_box(size=(0.08, 0.08, 0.08), bevel=0.006)
                part, z = solid(where, block, "wood/beech"), 0.04
            found.append(body(f"toy_{i}", part, position=vec((x, y, z + 4e-4)), mass=0.08))
        return found
