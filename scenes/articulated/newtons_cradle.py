"""Newton's cradle: balls on pairs of strings hand momentum along the row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Clock, Joint, RigidBody, Scene
from simgen.scenes.articulated._parts import fixture, rod, shape, turn, vector
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

_GAP = 6e-4
"""Distance of hanging balls [m]: shocks pass one by one, as Hertz contacts nearly do
(Hutzler et al., Am. J. Phys. 72, 1508 (2004))."""
_STEP = 2.5e-4
"""Solver step [s] in which no shock crosses a gap at 2 m/s."""


class NewtonsCradle(SceneTemplate):
    """Newton's cradle: some balls are lifted and let go, as many leave at the other end."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    physics_iq: ClassVar[str] = "single-cradle"
    words: ClassVar[Words] = Words(
        short=(
            "[{_raised ball/balls} of a Newton's cradle {_raised? is/are} let go|a Newton's "
            "cradle with {balls ball/balls} starts|the first {_raised? ball/balls} of a "
            "Newton's cradle {_raised? is/are} released]{both_ends.short}"
        ),
        setup=(
            "a Newton's cradle with {balls ball/balls} of {ball_material} on a {base_material} "
            "base stands with {_raised ball/balls} pulled aside at one end{both_ends}"
        ),
        event="{both_ends.event}",
        parameters=(
            "{balls} balls of {ball_material}, radius {ball_radius}, hang "
            "{string_length*ball_radius:m} below rails of {rail_material}; {_raised} at one "
            "end{both_ends.numbers} raised by {lift_angle}"
        ),
        terms={
            "both_ends": {"0": "", "1": " and one at the other end"},
            "both_ends.short": {"0": "", "1": " from both sides"},
            "both_ends.event": {
                "0": (
                    "[the raised {_raised? ball is/balls are} let go|the raised {_raised? ball "
                    "is/balls are} released]"
                ),
                "1": (
                    "[all raised balls are let go at the same moment|the balls at both ends are "
                    "released together]"
                ),
            },
            "both_ends.numbers": {"0": "", "1": " and 1 at the other"},
        },
    )

    balls: Annotated[int, Integers(4, 7)]
    lifted: Annotated[int, Integers(1, 3)]
    both_ends: Annotated[int, Choice(0, 0, 0, 1)]
    """1 lifts one more ball at the other end."""
    ball_radius: Annotated[Metre, Uniform(0.018, 0.03)]
    string_length: Annotated[Ratio, Uniform(5.0, 7.5)]
    """Height of the rails above the balls' centres over the ball radius."""
    lift_angle: Annotated[Radian, Uniform(0.45, 0.95)]
    ball_material: Annotated[
        str, Choice("metal/bearing_steel", "metal/bearing_steel", "plastic/phenolic")
    ]
    base_material: Annotated[
        str, Choice("wood/walnut", "wood/ebony", "stone/marble", "wood/oak", "stone/granite")
    ]
    rail_material: Annotated[str, Choice("metal/stainless_steel", "metal/brass", "metal/copper")]

    def build(self, key: Key) -> Scene:
        r = self.ball_radius
        length = self.string_length * r
        pitch = 2 * r + _GAP
        base = 0.6 * r
        height = base + 2.2 * r + length
        xs = (np.arange(self.balls) - (self.balls - 1) / 2) * pitch
        swing = length * math.sin(self.lift_angle)
        half = float(xs[-1]) + max(swing, 2.2 * r) + 1.4 * r
        frame = self._frame(key, float(xs[-1]) + 3.0 * r, height, base)
        cradle = self._cradle(key, xs, height, length)
        focus = Focus(lower=(-half, -2.6 * r, 0.0), upper=(half, 2.6 * r, height + 0.3 * r))
        scene = self.stage(key, [frame, cradle], focus=focus)
        substeps = math.ceil(1.0 / (self.fps * _STEP))
        return replace(scene, clock=Clock(frames=self.frame_count, fps=self.fps, substeps=substeps))

    @property
    def _raised(self) -> int:
        """Balls lifted at the left end; one always hangs at rest."""
        return min(self.lifted, self.balls - 1 - self.both_ends)

    def _angle(self, number: int) -> float:
        """Lift of ball `number` from the left [rad], positive towards -x."""
        if number < self._raised:
            return self.lift_angle
        return -self.lift_angle if self.both_ends and number == self.balls - 1 else 0.0

    def _cradle(self, key: Key, xs: np.ndarray, height: float, length: float) -> Articulation:
        r, depth = self.ball_radius, 2.2 * self.ball_radius
        links: list[RigidBody] = []
        joints: list[Joint] = []
        for i, x in enumerate(xs):
            pivot = np.array([float(x), 0.0, height])
            name = f"ball_{i}"
            strings = [
                rod(
                    (0, s * depth, 0),
                    (0, 0, -length),
                    0.02 * r,
                    "textile/nylon_rope",
                    key,
                    collides=False,
                )
                for s in (-1, 1)
            ]
            ball = shape(Sphere(r), self.ball_material, key, position=(0, 0, -length))
            links.append(
                RigidBody(
                    name=name,
                    shapes=(ball, *strings),
                    position=vector(pivot),
                    quaternion=turn((0, 1, 0), self._angle(i)),
                )
            )
            joints.append(
                Joint(
                    name=f"string_{i}",
                    kind="hinge",
                    child=name,
                    position=vector(pivot),
                    axis=(0.0, 1.0, 0.0),
                )
            )
        return Articulation(name="cradle", links=tuple(links), joints=tuple(joints))

    def _frame(self, key: Key, half: float, height: float, base: float) -> RigidBody:
        r, depth = self.ball_radius, 2.2 * self.ball_radius
        plate = Box((2 * half, 2 * depth + 1.6 * r, base))
        parts = [shape(plate, self.base_material, key, position=(0, 0, base / 2))]
        bar, x = 0.16 * r, half - 0.6 * r
        for s in (-1, 1):
            y = s * depth
            ends = ((-x, y, height), (x, y, height))
            parts.append(rod(ends[0], ends[1], bar, self.rail_material, key, rounded=True))
            parts += [rod((e[0], y, base), e, bar, self.rail_material, key) for e in ends]
        return fixture("frame", *parts)
