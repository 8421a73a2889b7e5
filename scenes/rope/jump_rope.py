"""Two cranks turn a rope, which sweeps the floor between them."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rope._parts import ALONG_X, ROPES, between, body, rope, sag, solid, vec
from simgen.shapes import bevelled_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Unit
from simgen.words import Words

_ARM, _POST = 0.1, 0.135
"""Places of a crank's arm and of its post outside the end of the rope [m]."""


class JumpRope(SceneTemplate):
    """Two cranks turn a rope, which sweeps the floor between them."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short="two cranks [turn|swing|whirl] a {rope_material} in circles{toys.short}",
        setup=(
            "a {rope_material} hangs in an arc between the {hand_material} handles of two cranks"
            "{toys}"
        ),
        event=(
            "[the cranks start to turn the rope in circles|turning cranks swing the rope around]"
        ),
        parameters=(
            "a {rope_material}, radius {rope_radius}, with a slack of {slack} over the {span} "
            "between cranks with handles of {hand_material} that turn {rate} on a circle of radius "
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
    """Between the handles."""
    slack: Annotated[Ratio, Uniform(0.2, 0.4)]
    """Length of the rope over the span, less one."""
    rate: Annotated[float, Uniform(2.0, 2.7), Unit("1/s")]
    """Turns of the cranks at full pace."""
    circle: Annotated[Metre, Uniform(0.1, 0.16)]
    """Radius the handles turn on."""
    phase: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Lead of one crank over the other."""
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
        hands, curve = self._hung(key, height, side, length)
        low = float(curve[:, 2].min())
        if low < self.rope_radius + 2e-3:
            height += self.rope_radius + 2e-3 - low
            hands, curve = self._hung(key, height, side, length)
        cord = rope(
            key, curve, self.rope_radius, self.rope_material, first="left", last="right", step=0.04
        )
        wide = self.span / 2 + _POST + 0.03
        posts = [self._post(key, k, height) for k in (0, 1)]
        return self.stage(
            key,
            [*hands, *posts, cord, *self._toys(key, curve)],
            focus=Focus(lower=(-wide, -0.3, 0.0), upper=(wide, 0.3, 1.8 * height)),
        )

    def _hung(
        self, key: Key, height: float, side: float, length: float
    ) -> tuple[list[RigidBody], Array]:
        """Both hands, and the rope (N, 3) [m] that hangs between them."""
        hands = [self._hand(key, k, height, side) for k in (0, 1)]
        first, last = (np.asarray(h.position) for h in hands)
        return hands, sag(first + [0.03, 0, 0], last - [0.03, 0, 0], length - 0.06)

    def _hand(self, key: Key, number: int, height: float, side: float) -> RigidBody:
        """The handle of a crank: its end runs a circle about the line between the axles, from its
        lowest point, faster and faster over the first turn."""
        times = np.linspace(0.0, self.duration + 0.1, 240)
        soon = 0.4 / self.rate
        turned = np.where(times < soon, times**2 / (2 * soon), times - soon / 2)
        angle = side * (2 * math.pi * self.rate * turned + (self.phase if number else 0.0))
        turns = np.stack(
            [from_axis_angle((1, 0, 0), math.remainder(a, 4 * math.pi)) for a in angle]
        )
        out = 1.0 if number else -1.0
        axle = np.array([out * self.span / 2, 0.0, height])
        arm, post = ((out * x, 0.0, self.circle) for x in (_ARM, _POST))
        route = axle + np.stack([rotate(q, np.array([0.0, 0.0, -self.circle])) for q in turns])
        where = key.child("grip", number)
        steel = "metal/steel"
        parts = [
            solid(where, Capsule(0.024, 0.05), self.hand_material, position=(out * 0.04, 0, 0),
                  quaternion=ALONG_X),
            solid(where, Box((0.012, 0.03, self.circle + 0.04)), steel,
                  position=(out * _ARM, 0, self.circle / 2), collides=False),
            between(where, arm, post, 0.012, steel, collides=False),
        ]  # fmt: skip
        return body(
            "right" if number else "left",
            *parts,
            position=route[0],
            quaternion=turns[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route, quaternions=turns),
        )

    def _post(self, key: Key, number: int, height: float) -> RigidBody:
        """A post on a foot that carries the axle of a crank."""
        x = (1 if number else -1) * (self.span / 2 + _POST)
        tall = height + 0.04
        stuff = str(key.child("post").rng().choice(["wood/oak", "wood/pine", "wood/walnut"]))
        post = solid(key, Box((0.045, 0.06, tall)), stuff, position=(x, 0, tall / 2))
        foot = solid(key, Box((0.1, 0.34, 0.03)), stuff, position=(x, 0, 0.015))
        return body("right_post" if number else "left_post", post, foot, motion="static")

    def _toys(self, key: Key, curve: Array) -> list[RigidBody]:
        """Things that the rope, at first on the points `curve` (N, 3), sweeps away."""
        rng = key.child("toys").rng()
        found: list[RigidBody] = []
        for i in range(self.toys):
            where = key.child("toy", i)
            x = (i - (self.toys - 1) / 2) * 0.16 + float(rng.uniform(-0.03, 0.03))
            y = float(np.interp(x, curve[:, 0], curve[:, 1]))
            y += float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.08, 0.15))
            if self.toy == "ball":
                part, z = solid(where, Sphere(0.045), "plastic/abs"), 0.045
            else:
                block = bevelled_box(size=(0.08, 0.08, 0.08), bevel=0.006)
                part, z = solid(where, block, "wood/beech"), 0.04
            found.append(body(f"toy_{i}", part, position=vec((x, y, z + 4e-4)), mass=0.08))
        return found
