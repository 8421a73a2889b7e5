"""A ball on a rope is thrown around a pole and winds itself up."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import RigidBody, Scene
from simgen.scenes.rope._parts import ROPES, between, body, rope, solid
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words


class PoleWrap(SceneTemplate):
    """A ball on a rope is thrown around a pole and winds itself up."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "a {ball_material} ball on a rope is [thrown around|flung sideways around|swung "
            "past] a pole"
        ),
        setup=(
            "a {ball_material} ball on a {rope_material} is held away from the top of an "
            "upright {pole_material} pole that the rope is tied to"
        ),
        event=(
            "[the ball is thrown sideways around the pole|a throw sends the ball around the pole]"
        ),
        parameters=(
            "a ball of {ball_material}, radius {ball_radius}, on a {rope_material}, "
            "{reach*height:m} long, thrown at {speed} around a pole of {pole_material}, radius "
            "{pole_radius} and height {height}"
        ),
    )

    height: Annotated[Metre, Uniform(0.75, 0.95)]
    """Of the pole."""
    pole_radius: Annotated[Metre, Uniform(0.045, 0.08)]
    pole_material: Annotated[str, Choice("wood/beech", "metal/steel", "wood/pine", "plastic/pvc")]
    reach: Annotated[Ratio, Uniform(0.7, 0.82)]
    """Length of the rope over the height of the pole."""
    droop: Annotated[Radian, Uniform(0.1, 0.5)]
    """Angle of the rope below the horizon at the start."""
    heading: Annotated[Radian, Uniform(-2.6, -0.5)]
    """Direction in which the ball starts from the pole; -pi / 2 is towards the camera."""
    speed: Annotated[MetrePerSecond, Uniform(3.5, 5.5)]
    climb: Annotated[Ratio, Uniform(-0.1, 0.25)]
    """Upward share of the ball's speed."""
    ball_radius: Annotated[Metre, Uniform(0.075, 0.1)]
    ball_material: Annotated[str, Choice("rubber/natural", "wood/oak", "plastic/polyurethane")]
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.023)]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        flat = np.array([math.cos(self.heading), math.sin(self.heading), 0.0])
        down = np.array([0.0, 0.0, -1.0])
        out = math.cos(self.droop) * flat + math.sin(self.droop) * down
        length = self.reach * self.height
        hook = flat * (self.pole_radius + 0.06) + [0.0, 0.0, self.height - 0.05]
        end = hook + length * out
        line = hook + np.linspace(0.0, 1.0, 50)[:, None] * (end - hook)
        swing = np.cross([0.0, 0.0, side], flat)
        velocity = self.speed * (swing + [0.0, 0.0, self.climb])
        cord = rope(key, line, self.rope_radius, self.rope_material, first="pole", last="ball")
        ball = body(
            "ball",
            solid(key.child("ball"), Sphere(self.ball_radius), self.ball_material),
            position=end + out * (self.ball_radius + self.rope_radius),
            velocity=velocity,
            mass=0.5,
        )
        wide = length + 2 * self.ball_radius
        return self.stage(
            key,
            [self._pole(key, hook), cord, ball],
            focus=Focus(lower=(-wide, -0.3, 0.0), upper=(wide, 0.3, self.height + 0.1)),
        )

    def _pole(self, key: Key, hook: np.ndarray) -> RigidBody:
        """A pole on a foot, with an arm near its top that holds the rope."""
        stem = solid(key, Cylinder(self.pole_radius, self.height), self.pole_material,
                     position=(0, 0, self.height / 2))  # fmt: skip
        foot = solid(key, Box((0.34, 0.34, 0.04)), self.pole_material, position=(0, 0, 0.02))
        top = (0.0, 0.0, float(hook[2]))
        arm = between(key, top, hook, 0.012, "metal/steel", collides=False)
        knob = solid(key, Sphere(1.25 * self.pole_radius), self.pole_material,
                     position=(0, 0, self.height + 0.6 * self.pole_radius))  # fmt: skip
        return body("pole", stem, foot, arm, knob, motion="static")
